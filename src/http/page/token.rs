//! The secret by which the page's own forms are known.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};

use subtle::ConstantTimeEq;

/// Random bytes of a token.
const LENGTH: usize = 16;

/// A text that only who can read the page can know: another site's page can send a form here, but cannot
/// look at ours (ACC-012). One for the whole life of the daemon.
#[derive(Debug)]
pub(in crate::http) struct Token(String);

impl Token {
    /// Makes a new one. Reads a few bytes, which never block.
    pub(in crate::http) fn random() -> io::Result<Self> {
        let mut bytes = [0; LENGTH];
        File::open("/dev/urandom")?.read_exact(&mut bytes)?;
        Ok(Self::of(bytes))
    }

    fn of(bytes: [u8; LENGTH]) -> Self {
        let text = bytes.iter().fold(String::new(), |mut text, byte| {
            // writing to a string cannot fail
            let _ = write!(text, "{byte:02x}");
            text
        });
        Self(text)
    }

    /// What forms carry.
    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// Whether it is the text, in a time that tells nothing about where they differ.
    pub(super) fn is(&self, text: &str) -> bool {
        self.0.as_bytes().ct_eq(text.as_bytes()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::Token;

    #[test]
    fn only_itself() {
        let token = Token::of([0xab; 16]);
        let text = "ab".repeat(16);
        assert_eq!(token.text(), text);
        assert!(token.is(&text));
        for other in [
            "",
            "ab",
            &text[1..],
            &text.to_uppercase(),
            &format!("{text}0"),
            &text.replacen('a', "c", 1),
            &format!("{}c", &text[..31]),
        ] {
            assert!(!token.is(other), "{other}");
        }
    }

    #[test]
    fn two_differ() {
        let (one, two) = (Token::random().unwrap(), Token::random().unwrap());
        assert_ne!(one.text(), two.text());
        assert_eq!(one.text().len(), 32);
    }
}
