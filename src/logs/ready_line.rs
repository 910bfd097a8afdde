//! Looks for the line that shows that a program is ready, wherever the reads cut it; pure (LIF-152).

use serde::{Deserialize, Serialize};

/// How much of a line is looked at (LIF-152).
const LONGEST: usize = 8 * 1024;

/// The line that has no end yet. What is looked for in it is up to the caller.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadyLine {
    /// Its first bytes.
    begin: Vec<u8>,
}

impl ReadyLine {
    /// Takes what was read, and says whether one of the lines that ended in it is the right one.
    pub fn feed(&mut self, chunk: &[u8], is_right: impl Fn(&[u8]) -> bool) -> bool {
        let mut rest = chunk;
        while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
            let (line, others) = rest.split_at(end);
            rest = others.get(1..).unwrap_or_default();
            let right = if self.begin.is_empty() {
                is_right(without_end(cut(line)))
            } else {
                self.keep(line);
                is_right(without_end(&self.begin))
            };
            self.begin.clear();
            if right {
                return true;
            }
        }
        self.keep(rest);
        false
    }

    /// The end of the output, which ends the last line, too.
    pub fn finish(&mut self, is_right: impl Fn(&[u8]) -> bool) -> bool {
        let line = std::mem::take(&mut self.begin);
        !line.is_empty() && is_right(without_end(&line))
    }

    fn keep(&mut self, piece: &[u8]) {
        let room = LONGEST.saturating_sub(self.begin.len());
        let kept = piece.get(..room).unwrap_or(piece);
        self.begin.extend_from_slice(kept);
    }
}

fn cut(line: &[u8]) -> &[u8] {
    line.get(..LONGEST).unwrap_or(line)
}

/// Without the first half of a line end of two bytes.
fn without_end(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use proptest::prelude::*;

    use super::{LONGEST, ReadyLine};

    /// The lines that are looked at when the text comes in these pieces.
    fn lines(pieces: &[&[u8]]) -> Vec<Vec<u8>> {
        let seen = RefCell::new(Vec::new());
        let look = |line: &[u8]| {
            seen.borrow_mut().push(line.to_vec());
            false
        };
        let mut ready = ReadyLine::default();
        for piece in pieces {
            assert!(!ready.feed(piece, look));
        }
        assert!(!ready.finish(look));
        seen.into_inner()
    }

    type Pieces<'a> = &'a [&'a [u8]];

    #[test]
    fn lif_152_lines_without_their_ends() {
        let long = vec![b'x'; 3 * LONGEST];
        let table: [(Pieces<'_>, Pieces<'_>); 6] = [
            (&[b"one\ntwo\r\n\nthree"], &[b"one", b"two", b"", b"three"]),
            (
                &[b"o", b"", b"ne", b"\nt", b"wo\r", b"\n"],
                &[b"one", b"two"],
            ),
            (&[b"a\rb\n"], &[b"a\rb"]),
            (&[&long, b"\nnext\n"], &[&long[..LONGEST], b"next"]),
            (&[&long[..100], &long, b"y\n"], &[&long[..LONGEST]]),
            (&[b"", b""], &[]),
        ];
        for (pieces, wanted) in table {
            assert_eq!(lines(pieces), wanted);
        }
    }

    #[test]
    fn the_right_line_ends_the_search() {
        let is_right = |line: &[u8]| line == b"ready";
        let mut ready = ReadyLine::default();
        assert!(!ready.feed(b"not yet\nrea", is_right));
        assert!(ready.feed(b"dy\nmore\n", is_right));
        let mut last = ReadyLine::default();
        assert!(!last.feed(b"ready", is_right));
        assert!(last.finish(is_right));
    }

    proptest! {
        #[test]
        fn a_split_changes_nothing(text in "[ab\r\n]{0,40}", cut in 0..40_usize) {
            let text = text.as_bytes();
            let (before, after) = text.split_at(cut.min(text.len()));
            prop_assert_eq!(lines(&[text]), lines(&[before, after]));
        }
    }
}
