//! One output channel of one child: from bytes read to its log, its events and its captures.

use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use crate::base::level::Level;
use crate::base::repr::{repr_bytes, text_or_undecodable};
use crate::base::states::ProcessState;
use crate::logs::activity;
use crate::logs::ansi::Stripper;
use crate::logs::capture::{Piece, Scanner};
use crate::logs::sink::{Outcome, Sink, Sinks};
use crate::supervisor::member::Channel as Which;
use crate::supervisor::output::Output;
use crate::sys::pipes::Read;

use super::source::Source;

/// How much a child that ended may have left in its pipe: no pipe holds more without privilege.
const LAST_WORDS: usize = 1024 * 1024;

/// What a channel does with what it reads.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own"
)]
pub(super) struct Treatment {
    /// The process, for log lines.
    pub(super) name: String,
    /// Which channel it is.
    pub(super) which: Which,
    /// Remove ANSI sequences.
    pub(super) strip_ansi: bool,
    /// Size of the capture buffer; 0 switches capture mode off.
    pub(super) capture_maxbytes: u64,
    /// Output raises events.
    pub(super) events: bool,
    /// It is the event listener protocol: raw for the listener's pool, otherwise only logged (LOG-092).
    pub(super) protocol: bool,
    /// The main log shows all output (LOG-062).
    pub(super) echo: bool,
}

/// An open channel.
pub(super) struct Channel {
    pub(super) source: Source,
    treatment: Treatment,
    state: RefCell<State>,
    said_closed: Cell<bool>,
}

struct State {
    stripper: Stripper,
    scanner: Scanner,
    sinks: Sinks,
    closed: bool,
}

/// What one visit to the pipe gave.
#[derive(Debug, Default)]
pub(super) struct Turn {
    /// What the supervisor has to hear.
    pub(super) outputs: Vec<Output>,
    /// What the sinks said.
    pub(super) outcome: Outcome,
    /// How many bytes were read; 0 if there was nothing.
    pub(super) read: usize,
    /// Nobody can write any more.
    pub(super) closed: bool,
}

impl Channel {
    /// Takes the daemon's end of a pipe, which does not block.
    pub(super) fn new(fd: OwnedFd, treatment: Treatment, sinks: Sinks) -> io::Result<Self> {
        let capture = usize::try_from(treatment.capture_maxbytes).unwrap_or(usize::MAX);
        let state = State {
            stripper: Stripper::default(),
            scanner: Scanner::new(if treatment.protocol { 0 } else { capture }),
            sinks,
            closed: false,
        };
        Ok(Self {
            source: Source::watched(fd)?,
            treatment,
            state: RefCell::new(state),
            said_closed: Cell::new(false),
        })
    }

    /// Reads once and treats what came.
    pub(super) fn read(&self, buffer: &mut [u8]) -> Turn {
        let mut turn = Turn::default();
        match self.source.read_noticed(buffer) {
            Read::Bytes(count) => self.take(&buffer[..count], &mut turn),
            Read::Empty => {}
            Read::Closed => turn.closed = true,
        }
        if turn.closed {
            self.finish(&mut turn);
        }
        turn
    }

    /// Reads what a child that ended left behind, and closes.
    pub(super) fn drain(&self, buffer: &mut [u8]) -> Turn {
        let mut turn = Turn::default();
        let closed = self.state.borrow().closed;
        while !closed && turn.read < LAST_WORDS {
            match self.source.read(buffer) {
                Read::Bytes(count) => self.take(&buffer[..count], &mut turn),
                Read::Empty | Read::Closed => break,
            }
        }
        self.finish(&mut turn);
        turn
    }

    /// Tells the main log, once, that the channel came to its end. The form is the reference's, whose tools show
    /// objects and their places in memory; ours have numbers there (LOG-064).
    pub(super) fn say_closed(&self, state: ProcessState) {
        if self.treatment.echo && !self.said_closed.replace(true) {
            let (name, which) = (&self.treatment.name, self.treatment.which.name());
            let kind = if self.treatment.protocol {
                "PEventListenerDispatcher"
            } else {
                "POutputDispatcher"
            };
            let fd = self.source.number();
            let text = format!(
                "fd {fd} closed, stopped monitoring <{kind} at {fd} for <Subprocess at {fd} with \
                 name {name} in state {state}> ({which})>"
            );
            activity::log(Level::Debug, &text);
        }
    }

    /// Whether nobody but a log waits for what comes.
    pub(super) const fn may_gather(&self) -> bool {
        let Treatment {
            capture_maxbytes,
            events,
            protocol,
            ..
        } = self.treatment;
        capture_maxbytes == 0 && !events && !protocol
    }

    /// Whether the end of the output was seen.
    pub(super) fn is_closed(&self) -> bool {
        self.state.borrow().closed
    }

    /// Whether others wait for a log already, so that it is better not to read.
    pub(super) fn is_congested(&self) -> bool {
        self.state.borrow().sinks.is_congested()
    }

    /// Tries again to write what the sinks hold, after `waited`.
    pub(super) fn pass(&self, waited: Duration) -> Outcome {
        self.state.borrow_mut().sinks.pass(waited)
    }

    /// Opens the logs again by name.
    pub(super) fn reopen(&self) -> io::Result<()> {
        self.state.borrow_mut().sinks.reopen()
    }

    /// Removes the log files, starts empty ones, and forgets what was captured (LOG-105).
    pub(super) fn clear(&self) -> io::Result<()> {
        let state = &mut *self.state.borrow_mut();
        state.scanner.clear();
        state.sinks.clear()
    }

    /// The sinks, for a channel that is done and whose sinks hold bytes yet.
    pub(super) fn take_sinks(&self) -> Sinks {
        std::mem::take(&mut self.state.borrow_mut().sinks)
    }

    fn take(&self, chunk: &[u8], turn: &mut Turn) {
        turn.read += chunk.len();
        let state = &mut *self.state.borrow_mut();
        let treatment = &self.treatment;
        if treatment.protocol {
            if treatment.echo {
                treatment.say_output(&repr_bytes(chunk));
            }
            turn.outputs.push(Output::Protocol(chunk.to_vec()));
        }
        let State {
            stripper,
            scanner,
            sinks,
            ..
        } = state;
        let text = if treatment.strip_ansi {
            stripper.strip(chunk)
        } else {
            chunk.into()
        };
        scanner.feed(&text, &mut |piece| treatment.treat(piece, sinks, turn));
    }

    /// The end of the output: nothing is held back any more.
    fn finish(&self, turn: &mut Turn) {
        let state = &mut *self.state.borrow_mut();
        if std::mem::replace(&mut state.closed, true) {
            return;
        }
        let State {
            stripper,
            scanner,
            sinks,
            ..
        } = state;
        let treatment = &self.treatment;
        let mut treat = |piece: Piece<'_>| treatment.treat(piece, sinks, turn);
        scanner.feed(stripper.finish(), &mut treat);
        scanner.finish(&mut treat);
        let mut outcome = sinks.finish();
        outcome
            .troubles
            .splice(0..0, turn.outcome.troubles.drain(..));
        turn.outcome = outcome;
    }
}

impl Treatment {
    fn treat(&self, piece: Piece<'_>, sinks: &mut Sinks, turn: &mut Turn) {
        match piece {
            Piece::Log(text) => {
                // its log first: with both on one terminal the order shows
                let outcome = sinks.write(text);
                turn.outcome.troubles.extend(outcome.troubles);
                turn.outcome.held = outcome.held;
                turn.outcome.congested = outcome.congested;
                turn.outcome.unfinished = outcome.unfinished;
                if self.echo && !self.protocol {
                    self.say_output(&text_or_undecodable(text));
                }
                if self.events && !self.protocol {
                    turn.outputs.push(Output::Log(self.which, text.to_vec()));
                }
            }
            Piece::Communication(data) => {
                if self.echo {
                    self.say_output(&text_or_undecodable(&data));
                    let (name, which) = (&self.name, self.which.name());
                    activity::log(
                        Level::Debug,
                        &format!("'{name}' {which} emitted a comm event"),
                    );
                }
                turn.outputs.push(Output::Communication(self.which, data));
            }
        }
    }

    /// LOG-062, LOG-063.
    fn say_output(&self, text: &str) {
        let (name, which) = (&self.name, self.which.name());
        activity::log(Level::Debug, &format!("'{name}' {which} output:\n{text}"));
    }
}
