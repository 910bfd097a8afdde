//! `environment=A="1",B='two words'`: the lexing of environment lists, as the reference's 4.4 does it, and as 4.3.0
//! does it where that helps (DEC-016, CFG-095 to CFG-103).

mod advice;
mod legacy;
mod remarks;

use std::collections::BTreeMap;

use super::error::ValueError;
pub(super) use advice::advice;
pub(super) use remarks::remark;

/// Variables, and what the list contained beyond them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EnvironmentList {
    /// Name to value; the last one of a name counts.
    pub variables: BTreeMap<String, String>,
    /// Tokens that stood where a comma should be; they have no effect (CFG-100).
    pub skipped: Vec<String>,
    /// The list is none for 4.4 and was read as 4.3.0 reads it (DEC-016): the variable at which they part.
    pub trouble: Option<String>,
}

/// Parses a whole value after its expansion.
pub fn parse(text: &str) -> Result<EnvironmentList, ValueError> {
    modern(text).or_else(|error| legacy::parse(text).ok_or(error))
}

fn modern(text: &str) -> Result<EnvironmentList, ValueError> {
    let pairs = pairs(tokens(text)?).ok_or_else(|| ValueError::Pairs(text.to_owned()))?;
    let mut list = EnvironmentList::default();
    for pair in pairs {
        list.variables.insert(pair.name, pair.value);
        list.skipped
            .extend(pair.behind.filter(|token| token != ","));
    }
    Ok(list)
}

/// A variable as tokens.
#[derive(Debug, PartialEq, Eq)]
struct Pair {
    name: String,
    value: String,
    /// The token where a comma should be; none at the end.
    behind: Option<String>,
}

/// Name, equals sign, value, and any token; again and again. None if that is not what there is.
fn pairs(tokens: Vec<String>) -> Option<Vec<Pair>> {
    let mut pairs = Vec::new();
    let mut tokens = tokens.into_iter();
    while let Some(name) = tokens.next() {
        let (equals, value) = (tokens.next()?, tokens.next()?);
        if equals != "=" {
            return None;
        }
        let behind = tokens.next();
        pairs.push(Pair {
            name,
            value,
            behind,
        });
    }
    Some(pairs)
}

/// Letters, digits and some signs make words; everything else outside quotes is a token by itself
/// (CFG-096). The letters beyond ASCII are those of Latin-1.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || "_/.+-():".contains(c)
        || (('\u{c0}'..='\u{ff}').contains(&c) && !matches!(c, '×' | '÷'))
}

const fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// What the next character is taken for.
#[derive(Clone, Copy)]
enum State {
    Between,
    Word,
    Quoted(char),
    /// Behind a backslash; with the quote that it stands in, if any.
    Escaped(Option<char>),
}

fn tokens(text: &str) -> Result<Vec<String>, ValueError> {
    let mut tokens = Vec::new();
    let mut token = String::new();
    let mut state = State::Between;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        state = match state {
            State::Quoted(quote) if c == quote => State::Word,
            State::Quoted('"') if c == '\\' => State::Escaped(Some('"')),
            State::Quoted(_) => {
                token.push(c);
                state
            }
            State::Escaped(Some(quote)) => {
                // within double quotes a backslash is one unless it escapes something
                if c != quote && c != '\\' {
                    token.push('\\');
                }
                token.push(c);
                State::Quoted(quote)
            }
            State::Escaped(None) => {
                token.push(c);
                State::Word
            }
            State::Between | State::Word => match c {
                '"' | '\'' => State::Quoted(c),
                '\\' => State::Escaped(None),
                c if is_word(c) => {
                    token.push(c);
                    State::Word
                }
                _ => {
                    if matches!(state, State::Word) {
                        tokens.push(std::mem::take(&mut token));
                    }
                    if c == '#' {
                        chars.by_ref().find(|c| *c == '\n');
                    } else if !is_blank(c) {
                        tokens.push(c.to_string());
                    }
                    State::Between
                }
            },
        };
    }
    match state {
        State::Between => {}
        State::Word => tokens.push(token),
        State::Quoted(_) => return Err(ValueError::Quotation(text.to_owned())),
        State::Escaped(_) => return Err(ValueError::Escape(text.to_owned())),
    }
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::proptest;

    use super::parse;

    fn shown(text: &str) -> String {
        match parse(text) {
            Err(error) => format!("error: {error}"),
            Ok(list) => {
                let pairs = list.variables.iter();
                let pairs: Vec<_> = pairs
                    .map(|(name, value)| format!("{name}={value}"))
                    .collect();
                pairs.join("|")
            }
        }
    }

    #[test]
    fn lists() {
        let table = [
            ("", ""),
            (" ", ""),
            ("A=1", "A=1"),
            ("A=1,", "A=1"),
            ("A=1,B=2", "A=1|B=2"),
            ("A=1;B=2", "A=1|B=2"),
            ("A = \"1\" ,\n  B='2'\n", "A=1|B=2"),
            ("A=\"\"", "A="),
            ("A='',B=1", "A=|B=1"),
            ("A=1,A=2", "A=2"),
            ("1=2,A-B=1", "1=2|A-B=1"),
            ("A=/path/to:1.2+3-4(5)", "A=/path/to:1.2+3-4(5)"),
            ("A=\"with space, and comma\"", "A=with space, and comma"),
            ("A='single \"double\" inside'", "A=single \"double\" inside"),
            // CFG-097
            ("A=a\"b\"c", "A=abc"),
            ("A=\"a\\\"b\\\\c\\d\"", "A=a\"b\\c\\d"),
            ("A=a\\ b\\,c", "A=a b,c"),
            ("A='a\\b'", "A=a\\b"),
            ("\"A B\"=1", "A B=1"),
            // CFG-099
            ("A=a#b\n,B=2", "A=a|B=2"),
            ("A=\"a#b\"", "A=a#b"),
            // CFG-100
            ("A=a b", "A=a"),
            ("A=$HOME", "A=$"),
            ("A=~/x", "A=~"),
            ("A=ü", "A=ü"),
            ("A=я", "A=я"),
            ("A=яю", "A=я"),
        ];
        for (text, want) in table {
            assert_eq!(shown(text), want, "{text:?}");
        }
    }

    #[test]
    fn errors() {
        for text in [
            "A", "A=", "A=1 B=2", "A=1,,B=2", "A=x=y", "A=a@b", "A=[1]", "=A", "A=1,B",
        ] {
            let want = format!("error: Unexpected end of key/value pairs in value '{text}'");
            assert_eq!(shown(text), want);
        }
        assert_eq!(shown("A=\"x"), "error: No closing quotation");
        assert_eq!(shown("A='x"), "error: No closing quotation");
        assert_eq!(shown("A=x y\"\\"), "error: No escaped character");
    }

    #[test]
    fn skipped_tokens() {
        let table = [
            ("A=1,B=2,", ""),
            ("A=a b", "b"),
            ("A=1;B=~/x", ";|/x"),
            ("A=$HOME", "HOME"),
        ];
        for (text, want) in table {
            assert_eq!(parse(text).unwrap().skipped.join("|"), want, "{text}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "([A-Z=,\"'\\\\# \n]|\\PC){0,24}") {
            let _ = parse(&text).map_err(|error| error.to_string());
        }
    }
}
