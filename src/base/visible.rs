//! Control characters shown instead of obeyed, so that a name or a text from elsewhere cannot write to the
//! terminal of whoever reads a line (DEC-082).

use std::borrow::Cow;
use std::fmt::Write as _;

/// Shows control characters as `\n`, `\x1b` and the like.
pub fn escaped(text: &str) -> Cow<'_, str> {
    escaped_but(text, |_| false)
}

/// Like [`escaped`], for texts of several lines: line ends and tabs stay.
pub fn escaped_lines(text: &str) -> Cow<'_, str> {
    escaped_but(text, |character| matches!(character, '\n' | '\t'))
}

fn escaped_but(text: &str, stays: fn(char) -> bool) -> Cow<'_, str> {
    let hides = |character: char| character.is_control() && !stays(character);
    if !text.contains(hides) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            _ if !hides(character) => out.push(character),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ => {
                // writing into a String cannot fail
                let _ = write!(out, "\\x{:02x}", u32::from(character));
            }
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::{escaped, escaped_lines};

    #[test]
    fn control_characters() {
        let table = [
            ("plain ü", "plain ü"),
            ("a\nb\tc\r", "a\\nb\\tc\\r"),
            ("\u{1b}[31m\u{7f}\u{9b}", "\\x1b[31m\\x7f\\x9b"),
            ("\0\u{80}\u{9f}\u{a0}", "\\x00\\x80\\x9f\u{a0}"),
            ("it's \\", "it's \\"),
        ];
        for (text, shown) in table {
            assert_eq!(escaped(text), shown);
        }
        assert_eq!(escaped_lines("a\n\tb\r\u{7}"), "a\n\tb\\r\\x07");
    }
}
