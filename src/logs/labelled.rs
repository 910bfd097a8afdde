//! Lines of a program in a log that it shares with others: each with time, name and stream before it (LGX-072).

use std::io;
use std::time::Duration;

use super::sink::{Outcome, Sink};
use crate::base::calendar::LocalClock;

/// A sink that gets whole lines, each behind a label.
pub struct Labelled<S> {
    inner: S,
    /// `name stream | `.
    label: String,
    clock: LocalClock,
    /// The next byte begins a line.
    at_start: bool,
}

impl<S: Sink> Labelled<S> {
    /// Labels what goes to `inner`.
    pub fn new(inner: S, name: &str, stream: &str, clock: LocalClock) -> Self {
        Self {
            inner,
            label: format!("{name} {stream} | "),
            clock,
            at_start: true,
        }
    }

    /// The label, as of now.
    fn label(&self) -> String {
        let wall = (self.clock.wall)();
        let time = (self.clock.local)(wall);
        format!("{time},{:03} {}", wall.milliseconds(), self.label)
    }
}

impl<S: Sink> Sink for Labelled<S> {
    fn write(&mut self, chunk: &[u8]) -> Outcome {
        let label = self.label();
        let mut out = Vec::with_capacity(chunk.len() + 2 * label.len());
        for line in chunk.split_inclusive(|byte| *byte == b'\n') {
            if self.at_start {
                out.extend_from_slice(label.as_bytes());
            }
            out.extend_from_slice(line);
            self.at_start = line.ends_with(b"\n");
        }
        self.inner.write(&out)
    }

    fn is_congested(&self) -> bool {
        self.inner.is_congested()
    }

    fn flush(&mut self) -> Outcome {
        self.inner.flush()
    }

    fn pass(&mut self, waited: Duration) -> Outcome {
        self.inner.pass(waited)
    }

    /// A line without an end gets one, so that what comes next is a line of its own.
    fn finish(&mut self) -> Outcome {
        let mut troubles = Vec::new();
        if !self.at_start {
            self.at_start = true;
            troubles = self.inner.write(b"\n").troubles;
        }
        let mut outcome = self.inner.finish();
        outcome.troubles.splice(0..0, troubles);
        outcome
    }

    fn reopen(&mut self) -> io::Result<()> {
        self.inner.reopen()
    }

    fn clear(&mut self) -> io::Result<()> {
        self.inner.clear()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::io;
    use std::rc::Rc;

    use super::{Labelled, LocalClock, Outcome, Sink};
    use crate::base::calendar::LocalTime;
    use crate::base::clock::Wall;

    /// Keeps what it gets.
    struct Kept(Rc<RefCell<Vec<u8>>>);

    impl Sink for Kept {
        fn write(&mut self, chunk: &[u8]) -> Outcome {
            self.0.borrow_mut().extend_from_slice(chunk);
            Outcome::default()
        }

        fn flush(&mut self) -> Outcome {
            Outcome::default()
        }

        fn reopen(&mut self) -> io::Result<()> {
            Ok(())
        }

        fn clear(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn every_line_has_its_label_however_it_comes() {
        let clock = LocalClock {
            wall: || Wall(1_500_000_000),
            local: |_| LocalTime::default(),
        };
        let label = format!("{},500 g:a stdout | ", LocalTime::default());
        let want = format!("{label}one\n{label}\n{label}two\n");
        let text = b"one\n\ntwo";
        for split in 0..text.len() {
            let kept = Rc::default();
            let mut sink = Labelled::new(Kept(Rc::clone(&kept)), "g:a", "stdout", clock);
            let (first, second) = text.split_at(split);
            let _ = (sink.write(first), sink.write(second), sink.finish());
            // a line that has ended needs no second end
            let _ = sink.finish();
            assert_eq!(String::from_utf8_lossy(&kept.borrow()), want, "{split}");
        }
    }
}
