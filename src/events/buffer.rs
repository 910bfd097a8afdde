//! The events that wait in one pool, oldest first, and which of them goes when there is no room (EVT-117,
//! DEC-074).

use std::collections::VecDeque;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::event::Event;

/// What an event costs beside its text.
const OVERHEAD: usize = 256;

/// An event that a pool has accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Accepted {
    pub(super) event: Rc<Event>,
    pub(super) serial: u64,
    pub(super) pool_serial: u64,
    /// How often listeners of this pool have rejected it.
    pub(super) rejections: u32,
}

impl Accepted {
    fn bytes(&self) -> usize {
        OVERHEAD + self.event.text_bytes()
    }
}

/// A bounded queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Buffer {
    /// How many events wait at most.
    max: usize,
    waiting: VecDeque<Accepted>,
    /// What they take in memory, about.
    bytes: usize,
    /// How many of them go before others.
    expendable: usize,
}

impl Buffer {
    pub(super) const fn new(max: usize) -> Self {
        Self {
            max,
            waiting: VecDeque::new(),
            bytes: 0,
            expendable: 0,
        }
    }

    pub(super) const fn max(&self) -> usize {
        self.max
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    #[cfg(test)]
    pub(super) fn iter(&self) -> impl Iterator<Item = &Accepted> {
        self.waiting.iter()
    }

    /// Adds an event at the end. Returns the number of the one that is discarded for it, if any.
    pub(super) fn push_back(&mut self, newcomer: Accepted) -> Option<u64> {
        self.push(newcomer, VecDeque::push_back)
    }

    /// Puts an event at the head again; the same otherwise.
    pub(super) fn push_front(&mut self, newcomer: Accepted) -> Option<u64> {
        self.push(newcomer, VecDeque::push_front)
    }

    fn push(
        &mut self,
        newcomer: Accepted,
        place: fn(&mut VecDeque<Accepted>, Accepted),
    ) -> Option<u64> {
        let mut discarded = None;
        if self.waiting.len() >= self.max {
            if self.expendable == 0 && newcomer.event.is_expendable() {
                return Some(newcomer.serial);
            }
            discarded = self.discard();
        }
        self.bytes += newcomer.bytes();
        self.expendable += usize::from(newcomer.event.is_expendable());
        place(&mut self.waiting, newcomer);
        discarded
    }

    /// Takes out the oldest.
    pub(super) fn pop_front(&mut self) -> Option<Accepted> {
        self.take(0)
    }

    /// Takes out the oldest of those that are expendable, else the oldest, and returns its number.
    pub(super) fn discard(&mut self) -> Option<u64> {
        let expendable = |waiting: &Accepted| waiting.event.is_expendable();
        let at = match self.expendable {
            0 => 0,
            _ => self.waiting.iter().position(expendable).unwrap_or(0),
        };
        self.take(at).map(|discarded| discarded.serial)
    }

    fn take(&mut self, at: usize) -> Option<Accepted> {
        let taken = self.waiting.remove(at)?;
        self.bytes = self.bytes.saturating_sub(taken.bytes());
        let fewer = usize::from(taken.event.is_expendable());
        self.expendable = self.expendable.saturating_sub(fewer);
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tick::Period;
    use super::{Accepted, Buffer, Event, OVERHEAD};

    fn event(serial: u64, expendable: bool, length: usize) -> Accepted {
        let event = if expendable {
            Event::Tick {
                period: Period::Minute,
                when: 60,
            }
        } else {
            Event::RemoteCommunication {
                kind: String::new(),
                data: "x".repeat(length),
            }
        };
        Accepted {
            event: event.into(),
            serial,
            pool_serial: serial,
            rejections: 0,
        }
    }

    proptest! {
        /// The books are right whatever happens, and the number of events has its bound.
        #[test]
        fn the_books(max in 1..5_usize, steps in proptest::collection::vec((0..4, any::<bool>(), 0..99_usize), 0..40)) {
            let mut buffer = Buffer::new(max);
            for (serial, (what, expendable, length)) in (0..).zip(steps) {
                let newcomer = event(serial, expendable, length);
                match what {
                    0 => drop(buffer.push_back(newcomer)),
                    1 => drop(buffer.push_front(newcomer)),
                    2 => drop(buffer.pop_front()),
                    _ => drop(buffer.discard()),
                }
                prop_assert!(buffer.len() <= max);
                let bytes: usize = buffer.iter().map(|e| OVERHEAD + e.event.text_bytes()).sum();
                prop_assert_eq!(buffer.bytes(), bytes);
                let expendable = buffer.iter().filter(|e| e.event.is_expendable()).count();
                prop_assert_eq!(buffer.expendable, expendable);
            }
        }
    }
}
