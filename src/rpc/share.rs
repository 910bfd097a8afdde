//! What calls that take several turns hold meanwhile, over all of one server (DEC-084).

use std::cell::Cell;

/// Bytes that a call holds without being counted, so that small ones go on beside whatever large ones hold.
const FREE: usize = 256 * 1024;

/// Bytes that all calls of a server together hold beyond that at most: one that grows as large as an answer may be,
/// and what it came with.
const MOST: usize = 80 * 1024 * 1024;

/// What one call holds.
#[derive(Debug)]
pub(super) struct Share<'a> {
    /// What all of them hold.
    sum: &'a Cell<usize>,
    own: usize,
}

impl<'a> Share<'a> {
    pub(super) const fn new(sum: &'a Cell<usize>) -> Self {
        Self { sum, own: 0 }
    }

    /// The call holds so many bytes now; false, and all stays as it was, if that is too much.
    pub(super) fn hold(&mut self, bytes: usize) -> bool {
        let counted = bytes.saturating_sub(FREE);
        let others = self.sum.get().saturating_sub(self.own);
        let fits = counted <= self.own || counted <= MOST.saturating_sub(others);
        if fits {
            self.sum.set(others + counted);
            self.own = counted;
        }
        fits
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        self.sum.set(self.sum.get().saturating_sub(self.own));
    }
}

#[cfg(test)]
mod tests {
    use super::{Cell, FREE, MOST, Share};

    #[test]
    fn dec_084_large_calls_have_a_sum() {
        let sum = Cell::new(0);
        let mut one = Share::new(&sum);
        let mut other = Share::new(&sum);
        let mut small = Share::new(&sum);
        assert!(one.hold(FREE + MOST / 2));
        assert!(other.hold(FREE + MOST / 2));
        assert!(!other.hold(FREE + MOST / 2 + 1));
        assert!(!small.hold(FREE + 1) && small.hold(FREE));
        assert!(one.hold(FREE + 10) && small.hold(FREE + MOST / 2 - 10));
        drop((one, other, small));
        assert_eq!(sum.get(), 0);
    }
}
