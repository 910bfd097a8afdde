//! Shell-style word splitting, and text in quotes as the reference's messages show it.

/// Why a command line cannot be split into words (PROC-057).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QuoteError {
    /// A quote is opened and never closed.
    #[error("No closing quotation")]
    NoClosingQuotation,
    /// A backslash is the last character.
    #[error("No escaped character")]
    NoEscapedCharacter,
}

/// Splits `line` into words like a POSIX shell that expands nothing: quotes and backslashes count, while
/// `#`, `$`, `*` and `;` are plain characters (PROC-056). Inside double quotes a backslash escapes only
/// `"` and itself. A backslash before a line end keeps the line end, unlike in a shell.
pub fn split(line: &str) -> Result<Vec<String>, QuoteError> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut rest = line.chars();
    while let Some(next) = rest.next() {
        if matches!(next, ' ' | '\t' | '\r' | '\n') {
            words.extend(word.take());
            continue;
        }
        let word = word.get_or_insert_default();
        match next {
            '\'' => single_quoted(&mut rest, word)?,
            '"' => double_quoted(&mut rest, word)?,
            '\\' => word.push(rest.next().ok_or(QuoteError::NoEscapedCharacter)?),
            plain => word.push(plain),
        }
    }
    words.extend(word);
    Ok(words)
}

fn single_quoted(rest: &mut std::str::Chars<'_>, word: &mut String) -> Result<(), QuoteError> {
    for next in rest {
        if next == '\'' {
            return Ok(());
        }
        word.push(next);
    }
    Err(QuoteError::NoClosingQuotation)
}

fn double_quoted(rest: &mut std::str::Chars<'_>, word: &mut String) -> Result<(), QuoteError> {
    while let Some(next) = rest.next() {
        match next {
            '"' => return Ok(()),
            '\\' => {
                let escaped = rest.next().ok_or(QuoteError::NoEscapedCharacter)?;
                if !matches!(escaped, '"' | '\\') {
                    word.push('\\');
                }
                word.push(escaped);
            }
            plain => word.push(plain),
        }
    }
    Err(QuoteError::NoClosingQuotation)
}

#[cfg(test)]
mod tests {
    use super::{QuoteError, quoted, split};

    #[test]
    fn words() {
        let table: [(&str, &[&str]); 16] = [
            ("", &[]),
            (" \t\r\n ", &[]),
            ("/bin/cat", &["/bin/cat"]),
            ("  a\tb\nc  ", &["a", "b", "c"]),
            ("a '' b", &["a", "", "b"]),
            ("x\"y'z\"", &["xy'z"]),
            ("'a \"b\\' c", &["a \"b\\", "c"]),
            ("\"a\\\"b\\\\\"", &["a\"b\\"]),
            ("a \"b\\c\" d", &["a", "b\\c", "d"]),
            ("a\\ b", &["a b"]),
            ("\\ ", &[" "]),
            ("a\\\nb", &["a\nb"]),
            ("a#b #c", &["a#b", "#c"]),
            (
                "$HOME *.txt; x | y > z",
                &["$HOME", "*.txt;", "x", "|", "y", ">", "z"],
            ),
            ("a\u{b}b\u{a0}c", &["a\u{b}b\u{a0}c"]),
            ("grüße 'ß ä'", &["grüße", "ß ä"]),
        ];
        for (line, words) in table {
            assert_eq!(split(line).unwrap(), words, "{line:?}");
        }
    }

    #[test]
    fn unfinished() {
        let table = [
            ("'a", QuoteError::NoClosingQuotation),
            ("a \"b", QuoteError::NoClosingQuotation),
            ("\"", QuoteError::NoClosingQuotation),
            ("a\\", QuoteError::NoEscapedCharacter),
            ("\"a\\", QuoteError::NoEscapedCharacter),
            ("'a\\", QuoteError::NoClosingQuotation),
        ];
        for (line, error) in table {
            assert_eq!(split(line), Err(error), "{line:?}");
        }
        assert_eq!(
            QuoteError::NoClosingQuotation.to_string(),
            "No closing quotation"
        );
        assert_eq!(
            QuoteError::NoEscapedCharacter.to_string(),
            "No escaped character"
        );
    }

    #[test]
    fn quotes() {
        let table = [
            ("", "''"),
            ("plain text", "'plain text'"),
            ("it's", "\"it's\""),
            ("say \"hi\"", "'say \"hi\"'"),
            ("it's \"hi\"", "'it\\'s \"hi\"'"),
            ("a\\b\n\r\t\u{1}\u{7f}", "'a\\\\b\\n\\r\\t\\x01\\x7f'"),
            ("ä€\u{a0}\u{200b}\u{e0001}", "'ä€\\xa0\\u200b\\U000e0001'"),
        ];
        for (text, shown) in table {
            assert_eq!(quoted(text), shown);
        }
    }
}
