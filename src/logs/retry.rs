//! Holds what a target did not take and tries again, so that a full disk or a slow reader costs nothing but
//! memory within a bound (DEC-034).

use std::io;

pub use super::handle::Put;
use super::sink::{Outcome, Sink, Trouble};

/// How many bytes a log holds at most: more than one chunk (LOG-086), so a caller that stops reading while
/// the log is congested loses nothing.
pub const HELD_MAX: usize = 256 * 1024;

/// Something that takes bytes without waiting, perhaps not all of them.
pub trait Target {
    /// Its name in messages.
    fn name(&self) -> String;
    /// Writes as much as goes without waiting.
    fn put(&mut self, bytes: &[u8]) -> Put;
    /// Like [`Sink::reopen`].
    fn reopen(&mut self) -> io::Result<()>;
    /// Like [`Sink::clear`].
    fn clear(&mut self) -> io::Result<()>;
}

/// A sink over a target that may refuse bytes.
#[derive(Debug)]
pub struct Retry<T> {
    target: T,
    /// Bytes that come before anything written later.
    held: Vec<u8>,
    account: Account,
    lines: Option<Lines>,
}

/// That only whole lines may be dropped.
#[derive(Debug, Clone, Copy)]
struct Lines {
    /// The target has the beginning of a line whose end is held.
    begun: bool,
}

/// Keeps the books on a trouble, so that its begin and its end are said once each.
#[derive(Debug, Default)]
pub(super) struct Account {
    /// Failed attempts and lost bytes since the trouble was reported; none when all is well.
    ongoing: Option<(u64, u64)>,
}

impl Account {
    /// Notes an attempt: what stopped it, how many bytes had to be dropped, whether nothing is held now.
    /// A slow reader (`WouldBlock`) is no trouble as long as nothing is dropped. Returns the outcome but
    /// for `held`.
    pub(super) fn note(
        &mut self,
        log: impl FnOnce() -> String,
        error: Option<io::Error>,
        dropped: usize,
        all_out: bool,
    ) -> Outcome {
        let blocked = |error: &io::Error| error.kind() == io::ErrorKind::WouldBlock;
        let congested = error.as_ref().is_some_and(blocked);
        let failed = error.filter(|error| dropped > 0 || !blocked(error));
        let trouble = match (failed, self.ongoing) {
            (Some(error), before) => {
                let (failures, lost) = before.unwrap_or_default();
                self.ongoing = Some((failures + 1, lost + dropped as u64));
                before
                    .is_none()
                    .then(|| Trouble::Writing { log: log(), error })
            }
            (None, Some((failures, lost))) if all_out => {
                self.ongoing = None;
                Some(Trouble::Over {
                    log: log(),
                    failures,
                    lost,
                })
            }
            (None, _) => None,
        };
        Outcome {
            congested,
            troubles: trouble.into_iter().collect(),
            ..Outcome::default()
        }
    }
}

impl<T: Target> Retry<T> {
    /// A sink that writes to `target`.
    pub const fn new(target: T) -> Self {
        Self {
            target,
            held: Vec::new(),
            account: Account { ongoing: None },
            lines: None,
        }
    }

    /// From now on what does not fit is dropped in whole lines.
    pub(super) fn keep_lines_whole(&mut self) {
        self.lines.get_or_insert(Lines { begun: false });
    }

    /// What it writes to.
    pub const fn target(&self) -> &T {
        &self.target
    }

    /// The same, to change it.
    pub(super) const fn target_mut(&mut self) -> &mut T {
        &mut self.target
    }

    /// Offers held bytes to the target once more, without a word about how it goes.
    pub(super) fn offer_held(&mut self) {
        let put = self.target.put(&self.held);
        self.held.drain(..put.written.min(self.held.len()));
    }

    /// The same, and gives away what the target did not take.
    pub(super) fn take_held(&mut self) -> Vec<u8> {
        self.offer_held();
        std::mem::take(&mut self.held)
    }

    /// What waits to be written, oldest first.
    pub fn held(&self) -> &[u8] {
        &self.held
    }

    fn put_held(&mut self) -> Outcome {
        let put = self.target.put(&self.held);
        let written = put.written.min(self.held.len());
        note_begun(&mut self.lines, &self.held, written);
        self.held.drain(..written);
        self.settle(put)
    }

    /// Keeps the books after an attempt whose rest is in `held`.
    fn settle(&mut self, put: Put) -> Outcome {
        let excess = self.drop_excess();
        let name = || self.target.name();
        let mut outcome = self
            .account
            .note(name, put.error, excess, self.held.is_empty());
        if let Some(error) = put.rotation {
            outcome.troubles.push(Trouble::Rotating {
                log: self.target.name(),
                error,
            });
        }
        outcome.held = self.held.len();
        outcome
    }
}

/// Notes whether a line is begun after that many of these bytes went out.
fn note_begun(lines: &mut Option<Lines>, bytes: &[u8], written: usize) {
    let last = written.checked_sub(1).and_then(|last| bytes.get(last));
    if let (Some(lines), Some(last)) = (lines, last) {
        lines.begun = *last != b'\n';
    }
}

impl<T> Retry<T> {
    /// Drops what is too much, the oldest first. Returns how many bytes these were.
    fn drop_excess(&mut self) -> usize {
        let excess = self.held.len().saturating_sub(HELD_MAX);
        if excess == 0 {
            return 0;
        }
        let line_end = |from: usize| {
            let rest = self.held.get(from..).unwrap_or_default();
            let end = rest.iter().position(|byte| *byte == b'\n');
            end.map_or(self.held.len(), |end| from + end + 1)
        };
        let range = match self.lines {
            None => 0..excess,
            Some(Lines { begun }) => {
                let first = if begun { line_end(0) } else { 0 };
                // of one line without an end even the beginning has to go
                let first = if first + excess > self.held.len() {
                    0
                } else {
                    first
                };
                first..line_end(first + excess - 1)
            }
        };
        self.held.drain(range).len()
    }
}

impl<T: Target> Sink for Retry<T> {
    fn write(&mut self, chunk: &[u8]) -> Outcome {
        if !self.held.is_empty() {
            self.held.extend_from_slice(chunk);
            return self.put_held();
        }
        let put = self.target.put(chunk);
        note_begun(&mut self.lines, chunk, put.written);
        self.held
            .extend_from_slice(chunk.get(put.written..).unwrap_or_default());
        if self.held.is_empty() && self.held.capacity() > 0 {
            self.held = Vec::new();
        }
        self.settle(put)
    }

    fn flush(&mut self) -> Outcome {
        if self.held.is_empty() {
            return Outcome::default();
        }
        self.put_held()
    }

    fn reopen(&mut self) -> io::Result<()> {
        // Held bytes belong to the old file if it takes them now, else to the new one.
        self.offer_held();
        self.target.reopen()
    }

    fn clear(&mut self) -> io::Result<()> {
        self.held = Vec::new();
        self.target.clear()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, ErrorKind};

    use proptest::prelude::*;

    use super::{HELD_MAX, Put, Retry, Target};
    use crate::logs::sink::{Outcome, Sink, Trouble};

    /// Takes as many bytes as `room` says, then fails.
    struct Fake {
        taken: Vec<u8>,
        room: usize,
        failure: ErrorKind,
        reopened: bool,
    }

    impl Target for Fake {
        fn name(&self) -> String {
            "fake".to_owned()
        }

        fn put(&mut self, bytes: &[u8]) -> Put {
            let written = bytes.len().min(self.room);
            self.room -= written;
            self.taken.extend_from_slice(&bytes[..written]);
            let error = (written < bytes.len()).then(|| self.failure.into());
            Put {
                written,
                error,
                rotation: None,
            }
        }

        fn reopen(&mut self) -> io::Result<()> {
            self.reopened = true;
            Ok(())
        }

        fn clear(&mut self) -> io::Result<()> {
            self.taken.clear();
            Ok(())
        }
    }

    fn sink(room: usize, failure: ErrorKind) -> Retry<Fake> {
        Retry::new(Fake {
            taken: Vec::new(),
            room,
            failure,
            reopened: false,
        })
    }

    fn said(outcome: &Outcome) -> Vec<&'static str> {
        let word = |trouble: &Trouble| match trouble {
            Trouble::Writing { .. } => "writing",
            Trouble::Rotating { .. } => "rotating",
            Trouble::Over { .. } => "over",
        };
        outcome.troubles.iter().map(word).collect()
    }

    #[test]
    fn a_failure_is_said_once_and_nothing_is_lost() {
        let mut sink = sink(3, ErrorKind::StorageFull);
        let first = sink.write(b"abcdef");
        assert_eq!(
            (first.held, first.congested, said(&first)),
            (3, false, vec!["writing"])
        );
        let second = sink.write(b"ghi");
        assert_eq!((second.held, said(&second)), (6, vec![]));
        sink.target.room = 100;
        let third = sink.write(b"jkl");
        assert_eq!(third.held, 0);
        assert!(matches!(
            third.troubles[..],
            [Trouble::Over {
                failures: 2,
                lost: 0,
                ..
            }]
        ));
        assert_eq!(sink.target.taken, b"abcdefghijkl");
        assert!(said(&sink.write(b"m")).is_empty());
    }

    #[test]
    fn a_slow_reader_is_no_trouble_while_the_caller_waits() {
        let mut sink = sink(2, ErrorKind::WouldBlock);
        let first = sink.write(b"abcd");
        assert_eq!(
            (first.held, first.congested, said(&first)),
            (2, true, vec![])
        );
        assert!(sink.flush().congested);
        sink.target.room = 10;
        let last = sink.flush();
        assert_eq!((last.held, last.congested, said(&last)), (0, false, vec![]));
        assert_eq!(sink.target.taken, b"abcd");
    }

    #[test]
    fn what_is_held_has_a_bound() {
        for failure in [ErrorKind::WouldBlock, ErrorKind::StorageFull] {
            let mut sink = sink(0, failure);
            let first = sink.write(&vec![b'a'; HELD_MAX]);
            let second = sink.write(b"bcd");
            let said = [said(&first), said(&second)].concat();
            assert_eq!(said, ["writing"], "{failure}");
            assert_eq!(sink.held().len(), HELD_MAX);
            assert!(sink.held().ends_with(b"abcd"), "the oldest bytes go first");
            sink.target.room = usize::MAX;
            let over = sink.flush();
            assert!(
                matches!(over.troubles[..], [Trouble::Over { lost: 3, .. }]),
                "{failure}"
            );
        }
    }

    #[test]
    fn reopening_offers_held_bytes_to_the_old_file_and_clearing_drops_them() {
        let mut sink = sink(1, ErrorKind::StorageFull);
        let _ = sink.write(b"abc");
        sink.target.room = 1;
        sink.reopen().unwrap();
        assert!(sink.target.reopened);
        assert_eq!(
            (sink.target.taken.as_slice(), sink.held()),
            (&b"ab"[..], &b"c"[..])
        );
        sink.clear().unwrap();
        assert!(sink.held().is_empty());
    }

    /// What happens in a step: how much is written (nothing: it is tried again), how much there is room for, and
    /// what is said to the rest: a full disk, an I/O error, or a reader that is behind.
    fn step() -> impl Strategy<Value = (Option<usize>, usize, ErrorKind)> {
        const FAILURES: &[ErrorKind] = &[
            ErrorKind::StorageFull,
            ErrorKind::Other,
            ErrorKind::WouldBlock,
        ];
        (
            proptest::option::weighted(0.8, 0..HELD_MAX),
            prop_oneof![Just(0), 0..HELD_MAX, Just(usize::MAX)],
            proptest::sample::select(FAILURES),
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Whatever the target does: bytes come out in order, the newest are held, and what is gone is counted in
        /// the one message that ends a trouble.
        #[test]
        fn no_byte_is_lost_uncounted(steps in proptest::collection::vec(step(), 1..40)) {
            let mut sink = sink(0, ErrorKind::Other);
            let (mut number, mut out, mut held) = (0_u32, Vec::new(), Vec::new());
            let mut lost = None;
            for (size, room, failure) in steps {
                (sink.target.room, sink.target.failure) = (room, failure);
                let outcome = match size {
                    Some(size) => {
                        let chunk: Vec<u8> = (number..)
                            .flat_map(u32::to_be_bytes)
                            .take(size)
                            .collect();
                        number += u32::try_from(size).unwrap();
                        held.extend_from_slice(&chunk);
                        sink.write(&chunk)
                    }
                    None => sink.flush(),
                };
                out.extend(held.drain(..room.min(held.len())));
                let dropped = held.len().saturating_sub(HELD_MAX);
                held.drain(..dropped);
                let begins = lost.is_none() && (dropped > 0 || !held.is_empty() && failure != ErrorKind::WouldBlock);
                if begins {
                    lost = Some(0);
                }
                let total = lost.map(|lost| lost + dropped as u64);
                let ends = !begins && held.is_empty() && total.is_some();
                lost = total.filter(|_| !ends);
                prop_assert_eq!(sink.held(), &held);
                prop_assert_eq!(outcome.held, held.len());
                match &outcome.troubles[..] {
                    [] => prop_assert!(!begins && !ends),
                    [Trouble::Writing { .. }] => prop_assert!(begins),
                    [Trouble::Over { lost, .. }] => prop_assert!(ends && Some(*lost) == total),
                    other => prop_assert!(false, "{other:?}"),
                }
            }
            prop_assert_eq!(sink.target.taken, out);
        }
    }
}
