//! Log lines that a stranger can cause come at most once a second (DEC-065).

use std::cell::Cell;
use std::time::Duration;

use crate::base::clock::Mono;

const PERIOD: Duration = Duration::from_secs(1);

/// Lets one line a second through and counts the others.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    last: Cell<Option<Mono>>,
    held_back: Cell<u32>,
}

impl Throttle {
    /// Whether the line may be written: then how many were held back since the last one.
    pub(super) fn pass(&self, now: Mono) -> Option<u32> {
        if self.last.get().is_some_and(|last| now.since(last) < PERIOD) {
            self.held_back.set(self.held_back.get().saturating_add(1));
            return None;
        }
        self.last.set(Some(now));
        Some(self.held_back.take())
    }
}

#[cfg(test)]
mod tests {
    use super::{Mono, PERIOD, Throttle};

    #[test]
    fn one_a_second() {
        let throttle = Throttle::default();
        let start = Mono(5);
        assert_eq!(throttle.pass(start), Some(0));
        assert_eq!(throttle.pass(start), None);
        assert_eq!(throttle.pass(start), None);
        assert_eq!(throttle.pass(start + PERIOD), Some(2));
        assert_eq!(throttle.pass(start + PERIOD + PERIOD), Some(0));
    }
}
