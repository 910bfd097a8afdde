//! Where log bytes go: the trait, what a sink has to say, and the fan-out to several sinks.

use std::fmt;
use std::io;
use std::time::Duration;

use crate::base::level::Level;

/// Who says nothing for so long has come to the end of a line, with a line end or without (LGX-052).
pub const LINE_PAUSE: Duration = Duration::from_millis(250);

/// Where the bytes of one channel go. Calls come in the order in which the child wrote.
pub trait Sink {
    /// Appends `chunk` as it is: nothing split, nothing added (LOG-085). Never waits; what cannot be
    /// written now is held within a bound and tried again by the next call.
    fn write(&mut self, chunk: &[u8]) -> Outcome;

    /// Whether what is written now would have to wait, because others wait already. A caller that can should not
    /// read anything then, but flush.
    fn is_congested(&self) -> bool {
        false
    }

    /// Tries again to write what is held.
    fn flush(&mut self) -> Outcome;

    /// Writes what waited for the end of a line, its own or another's, if that is long enough. The caller has
    /// waited for `waited`, and nothing came meanwhile.
    fn pass(&mut self, waited: Duration) -> Outcome {
        let _ = waited;
        self.flush()
    }

    /// Nothing more will be written: ends a line that was begun, where lines count.
    fn finish(&mut self) -> Outcome {
        self.flush()
    }

    /// Closes and opens the target again by its name, after an outside rotation (LOG-102). When that
    /// fails the old one stays in use.
    fn reopen(&mut self) -> io::Result<()>;

    /// Removes the file and starts an empty one under the same name (LOG-105).
    fn clear(&mut self) -> io::Result<()>;
}

/// What the caller of a sink has to know afterwards.
#[derive(Debug, Default)]
#[must_use = "troubles belong into the main log, and held bytes want a flush"]
pub struct Outcome {
    /// How many bytes are held. Not zero: call [`Sink::flush`] after a while, if nothing is written
    /// before.
    pub held: usize,
    /// The other side does not keep up. A caller that can should not read more from the child until a
    /// flush has made this false again: so nothing is lost, and only that child waits.
    pub congested: bool,
    /// The beginning of a line waits for its end. When nothing comes for [`LINE_PAUSE`]: [`Sink::pass`].
    pub unfinished: bool,
    /// What the main log should say; empty as long as things stay as they were.
    pub troubles: Vec<Trouble>,
}

impl Outcome {
    /// Adds what another sink said.
    pub fn merge(&mut self, other: Self) {
        self.held += other.held;
        self.congested |= other.congested;
        self.unfinished |= other.unfinished;
        self.troubles.extend(other.troubles);
    }
}

/// A change for the worse or the better in the life of a log (DEC-034). Displays as the line to log.
#[derive(Debug)]
pub enum Trouble {
    /// Writing has begun to fail, or the other side has been too slow for too long. Said once.
    Writing {
        /// The log's name.
        log: String,
        /// The first error.
        error: io::Error,
    },
    /// The file could not be rotated; it grows on and rotation is tried again later. Said once.
    Rotating {
        /// The log's name.
        log: String,
        /// The first error.
        error: io::Error,
    },
    /// Writing works again, and everything held is written.
    Over {
        /// The log's name.
        log: String,
        /// How many attempts failed.
        failures: u64,
        /// How many bytes did not fit into the bound and are gone.
        lost: u64,
    },
}

impl Trouble {
    /// The level of the line.
    pub const fn level(&self) -> Level {
        match self {
            Self::Writing { .. } | Self::Rotating { .. } => Level::Critical,
            Self::Over { .. } => Level::Warn,
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Writing { log, error } if error.kind() == io::ErrorKind::WouldBlock => {
                write!(
                    f,
                    "log '{log}': its reader does not keep up; dropping the oldest output"
                )
            }
            Self::Writing { log, error } => {
                write!(
                    f,
                    "log '{log}': cannot write: {error}; keeping what fits and trying again"
                )
            }
            Self::Rotating { log, error } => {
                write!(
                    f,
                    "log '{log}': cannot rotate: {error}; writing on and trying again later"
                )
            }
            Self::Over {
                log,
                failures,
                lost,
            } => write!(
                f,
                "log '{log}': writing works again after {failures} failed attempts; {lost} bytes lost"
            ),
        }
    }
}

/// Several sinks that get the same bytes: a file and syslog, or none at all.
#[derive(Default)]
pub struct Sinks(Vec<Box<dyn Sink>>);

impl Sinks {
    /// No sink: the bytes go nowhere (LOG-090).
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a sink.
    pub fn add(&mut self, sink: impl Sink + 'static) {
        self.0.push(Box::new(sink));
    }

    /// Whether written bytes go nowhere.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn outcomes(&mut self, act: impl FnMut(&mut Box<dyn Sink>) -> Outcome) -> Outcome {
        let mut all = Outcome::default();
        self.0.iter_mut().map(act).for_each(|one| all.merge(one));
        all
    }

    /// Does it to every sink, whatever the others said; the first error is the answer.
    fn every(&mut self, act: impl FnMut(&mut Box<dyn Sink>) -> io::Result<()>) -> io::Result<()> {
        self.0.iter_mut().map(act).fold(Ok(()), Result::and)
    }
}

impl fmt::Debug for Sinks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sinks({})", self.0.len())
    }
}

impl Sink for Sinks {
    fn write(&mut self, chunk: &[u8]) -> Outcome {
        self.outcomes(|sink| sink.write(chunk))
    }

    fn is_congested(&self) -> bool {
        self.0.iter().any(|sink| sink.is_congested())
    }

    fn flush(&mut self) -> Outcome {
        self.outcomes(|sink| sink.flush())
    }

    fn pass(&mut self, waited: Duration) -> Outcome {
        self.outcomes(|sink| sink.pass(waited))
    }

    fn finish(&mut self) -> Outcome {
        self.outcomes(|sink| sink.finish())
    }

    fn reopen(&mut self) -> io::Result<()> {
        self.every(|sink| sink.reopen())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.every(|sink| sink.clear())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::io;
    use std::rc::Rc;

    use super::{Outcome, Sink, Sinks, Trouble};

    type Calls = Rc<RefCell<Vec<String>>>;

    struct Fake {
        name: &'static str,
        calls: Calls,
        works: bool,
    }

    impl Fake {
        fn note(&self, what: &str) -> io::Result<()> {
            self.calls
                .borrow_mut()
                .push(format!("{} {what}", self.name));
            if self.works {
                Ok(())
            } else {
                Err(io::Error::other(self.name))
            }
        }
    }

    impl Sink for Fake {
        fn write(&mut self, chunk: &[u8]) -> Outcome {
            let worked = self.note(&String::from_utf8_lossy(chunk)).is_ok();
            Outcome {
                held: if worked { 0 } else { chunk.len() },
                congested: !worked,
                ..Outcome::default()
            }
        }

        fn flush(&mut self) -> Outcome {
            self.write(b"flush")
        }

        fn reopen(&mut self) -> io::Result<()> {
            self.note("reopen")
        }

        fn clear(&mut self) -> io::Result<()> {
            self.note("clear")
        }
    }

    #[test]
    fn every_sink_gets_everything() {
        let calls = Calls::default();
        let mut sinks = Sinks::new();
        assert!(sinks.is_empty());
        for (name, works) in [("a", true), ("b", false), ("c", false)] {
            let calls = Rc::clone(&calls);
            sinks.add(Fake { name, calls, works });
        }
        let outcome = sinks.write(b"text");
        assert_eq!((outcome.held, outcome.congested), (8, true));
        assert_eq!(sinks.reopen().unwrap_err().to_string(), "b");
        assert_eq!(sinks.clear().unwrap_err().to_string(), "b");
        let wanted = [
            "a text", "b text", "c text", "a reopen", "b reopen", "c reopen", "a clear", "b clear",
            "c clear",
        ];
        assert_eq!(*calls.borrow(), wanted);
    }

    #[test]
    fn troubles_are_lines() {
        let log = || "/var/log/a.log".to_owned();
        let error = || io::Error::from(io::ErrorKind::StorageFull);
        let table = [
            (
                Trouble::Writing {
                    log: log(),
                    error: error(),
                },
                "log '/var/log/a.log': cannot write: no storage space; keeping what fits and trying again",
            ),
            (
                Trouble::Writing {
                    log: log(),
                    error: io::ErrorKind::WouldBlock.into(),
                },
                "log '/var/log/a.log': its reader does not keep up; dropping the oldest output",
            ),
            (
                Trouble::Rotating {
                    log: log(),
                    error: error(),
                },
                "log '/var/log/a.log': cannot rotate: no storage space; writing on and trying again later",
            ),
            (
                Trouble::Over {
                    log: log(),
                    failures: 2,
                    lost: 7,
                },
                "log '/var/log/a.log': writing works again after 2 failed attempts; 7 bytes lost",
            ),
        ];
        for (trouble, text) in table {
            assert_eq!(trouble.to_string(), text);
        }
    }
}
