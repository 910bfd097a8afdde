//! Removes ANSI control sequences from output; pure (LOG-111 to LOG-113, DEC-032).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

const ESCAPE: u8 = 0x1b;

/// Strips control sequences (`ESC [` to a byte from 0x40 to 0x7E) and keeps its state between chunks. Other
/// escapes stay.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stripper {
    state: State,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    #[default]
    Text,
    /// The last byte was an escape; what follows decides. It is not yet given out.
    Escape,
    /// Between `ESC [` and the final byte.
    Sequence,
}

impl Stripper {
    /// What is left of `chunk`, with an escape before it that the chunk before ended with.
    pub fn strip<'a>(&mut self, chunk: &'a [u8]) -> Cow<'a, [u8]> {
        if self.state == State::Text && !chunk.contains(&ESCAPE) {
            return Cow::Borrowed(chunk);
        }
        let mut left = Vec::with_capacity(chunk.len() + 1);
        for &byte in chunk {
            self.state = match (self.state, byte) {
                (State::Text | State::Sequence, ESCAPE) => State::Escape,
                (State::Escape, ESCAPE) => {
                    left.push(ESCAPE);
                    State::Escape
                }
                (State::Escape, b'[') => State::Sequence,
                (State::Escape, _) => {
                    left.extend([ESCAPE, byte]);
                    State::Text
                }
                (State::Text, _) => {
                    left.push(byte);
                    State::Text
                }
                (State::Sequence, 0x40..=0x7e) => State::Text,
                (State::Sequence, _) => State::Sequence,
            };
        }
        Cow::Owned(left)
    }

    /// The end of the output: an escape that nothing followed is text. Starts afresh.
    pub fn finish(&mut self) -> &'static [u8] {
        match std::mem::take(&mut self.state) {
            State::Escape => &[ESCAPE],
            State::Text | State::Sequence => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Stripper;

    fn strip(chunks: &[&[u8]]) -> Vec<u8> {
        let mut stripper = Stripper::default();
        let mut left = Vec::new();
        for chunk in chunks {
            left.extend_from_slice(&stripper.strip(chunk));
        }
        left.extend_from_slice(stripper.finish());
        left
    }

    #[test]
    fn sequences_go_and_the_rest_stays() {
        let table = [
            ("plain\n", "plain\n"),
            ("\x1b[31mred\x1b[0m", "red"),
            ("\x1b[2J\x1b[1;1Hx", "x"),
            ("\x1b[999qKEEP", "KEEP"),
            ("\x1b[?25lhidden\x1b[?25h", "hidden"),
            ("\x1b]0;title\x07", "\x1b]0;title\x07"),
            ("\x1b\x1b[1mx", "\x1bx"),
            ("\x1b[3\x1b[1mx", "x"),
            ("end\x1b", "end\x1b"),
            ("end\x1b[1", "end"),
            ("\x1b(Bé", "\x1b(Bé"),
        ];
        for (text, wanted) in table {
            let left = strip(&[text.as_bytes()]);
            assert_eq!(String::from_utf8_lossy(&left), wanted, "{text:?}");
        }
    }

    #[test]
    fn every_listed_final_ends_a_sequence() {
        for last in b"HfABCDRsuJKhlpm" {
            let text = [b"a\x1b[1;2".as_slice(), &[*last], b"b"].concat();
            assert_eq!(strip(&[&text]), b"ab", "{}", char::from(*last));
        }
    }

    proptest! {
        #[test]
        fn a_split_changes_nothing(text in "[\\x1b\\[m;1a\\n]{0,20}") {
            let bytes = text.as_bytes();
            let whole = strip(&[bytes]);
            for at in 0..=bytes.len() {
                let (left, right) = bytes.split_at(at);
                prop_assert_eq!(&strip(&[left, right]), &whole, "at {}", at);
            }
        }
    }
}
