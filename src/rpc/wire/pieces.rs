//! The bytes of a body, given back to the system while they are being read.

use std::collections::VecDeque;
use std::io::{self, BufRead, Read};

/// Bytes of one piece at most. Large enough that the allocator maps each piece on its own, so that one that
/// was read is really gone.
const PIECE: usize = 256 * 1024;

/// A body in pieces. Reading frees what was read, so that a body and the values in it are never in memory
/// at the same time.
#[derive(Debug, Default)]
pub struct Pieces {
    queue: VecDeque<Vec<u8>>,
    /// Bytes of the first piece that were read.
    read: usize,
    /// Bytes to come at most, for the size of the next piece.
    expected: usize,
}

impl Pieces {
    /// Prepares for a body of about `expected` bytes.
    pub fn new(expected: usize) -> Self {
        Self {
            expected,
            ..Self::default()
        }
    }

    /// Appends bytes, however few, without keeping more than them.
    pub fn push(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.queue.back().is_none_or(|piece| piece.len() == PIECE) {
                let size = self.expected.max(bytes.len()).min(PIECE);
                self.queue.push_back(Vec::with_capacity(size));
            }
            let Some(piece) = self.queue.back_mut() else {
                return;
            };
            let (now, later) = bytes.split_at(bytes.len().min(PIECE - piece.len()));
            piece.extend_from_slice(now);
            self.expected = self.expected.saturating_sub(now.len());
            bytes = later;
        }
    }

    /// All that is to come, if it is in one piece.
    pub fn whole(&self) -> Option<&[u8]> {
        (self.queue.len() == 1).then(|| self.front())
    }

    /// The first bytes, as far as they are in one piece.
    pub fn front(&self) -> &[u8] {
        let piece = self.queue.front().map(Vec::as_slice);
        piece
            .and_then(|piece| piece.get(self.read..))
            .unwrap_or_default()
    }
}

impl BufRead for Pieces {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        Ok(self.front())
    }

    fn consume(&mut self, amount: usize) {
        self.read += amount;
        let length = self.queue.front().map_or(0, Vec::len);
        if self.read >= length {
            self.queue.pop_front();
            self.read = 0;
        }
    }
}

impl Read for Pieces {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut front = self.front();
        let amount = front.read(buf)?;
        self.consume(amount);
        Ok(amount)
    }
}

#[cfg(test)]
mod tests {
    use super::{BufRead, PIECE, Pieces, Read};

    #[test]
    fn what_goes_in_comes_out() {
        let bytes: Vec<u8> = (0..2 * PIECE + 5).map(|at| at.to_le_bytes()[0]).collect();
        for size in [1000, PIECE, PIECE + 1, bytes.len()] {
            let mut pieces = Pieces::new(7);
            bytes.chunks(size).for_each(|chunk| pieces.push(chunk));
            assert_eq!(pieces.front().len(), PIECE);
            assert_eq!(pieces.whole(), None);
            let mut again = Vec::new();
            pieces.read_to_end(&mut again).expect("memory");
            assert!(again == bytes, "{size}");
        }
    }

    #[test]
    fn what_was_read_is_gone() {
        let mut pieces = Pieces::new(0);
        pieces.push(&vec![b'x'; PIECE + 3]);
        pieces.consume(PIECE - 1);
        assert_eq!(pieces.fill_buf().expect("memory"), b"x");
        pieces.consume(1);
        assert_eq!(pieces.whole(), Some(&b"xxx"[..]));
        assert_eq!(pieces.fill_buf().expect("memory"), b"xxx");
        pieces.consume(3);
        assert_eq!(pieces.fill_buf().expect("memory"), b"");
    }
}
