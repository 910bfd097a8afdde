//! Texts inside HTML and inside links.

use std::fmt::{self, Write as _};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// A text as HTML shows it, good for content and for attributes in quotation marks. Everything that is
/// markup is escaped (HTTP-F15); control characters become their pictures, and marks that turn the direction
/// of writing become U+FFFD, so that a text cannot hide or disguise a part of itself.
pub(super) struct Text<'a>(pub(super) &'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\t' | '\n' | '\r' => f.write_char(character)?,
                _ => f.write_char(visible(character))?,
            }
        }
        Ok(())
    }
}

/// The character, or what stands for it if it cannot be seen.
fn visible(character: char) -> char {
    match character {
        '\0'..='\x1f' => picture(character),
        '\x7f' => '\u{2421}',
        '\u{80}'..='\u{9f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        _ => character,
    }
}

/// The picture of a control character, such as ␛ for ESC.
fn picture(control: char) -> char {
    char::from_u32(0x2400 + u32::from(control)).unwrap_or('\u{fffd}')
}

/// What [`Encoded`] encodes of ASCII.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'_')
    .remove(b'.')
    .remove(b'-')
    .remove(b'~')
    .remove(b'/');

/// A text as a part of a link, percent-encoded; `/` stays as it is (HTTP-125, HTTP-142).
pub(super) struct Encoded<'a>(pub(super) &'a str);

impl fmt::Display for Encoded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        utf8_percent_encode(self.0, ENCODED).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::{Encoded, Text};

    #[test]
    fn texts() {
        let table = [
            ("plain", "plain"),
            ("a&b<c>\"d'", "a&amp;b&lt;c&gt;&quot;d&#39;"),
            ("&amp;", "&amp;amp;"),
            ("a\tb\r\nc", "a\tb\r\nc"),
            ("\0\x1b[31m\x7f", "\u{2400}\u{241b}[31m\u{2421}"),
            ("\u{85}\u{202e}x\u{2066}", "\u{fffd}\u{fffd}x\u{fffd}"),
            ("ä – 日本", "ä – 日本"),
        ];
        for (text, html) in table {
            assert_eq!(Text(text).to_string(), html, "{text:?}");
        }
    }

    #[test]
    fn links() {
        let table = [
            ("web:web_00", "web%3Aweb_00"),
            ("Process x started", "Process%20x%20started"),
            ("a/b~c.d-e", "a/b~c.d-e"),
            ("[70]&\"<\r\n", "%5B70%5D%26%22%3C%0D%0A"),
            ("ä", "%C3%A4"),
            ("*", "%2A"),
        ];
        for (text, link) in table {
            assert_eq!(Encoded(text).to_string(), link, "{text:?}");
        }
    }
}
