//! One output channel of one child: from bytes read to its log, its events and its captures.

use std::cell::{Cell, RefCell, RefMut};
use std::io;
use std::rc::Rc;
use std::time::Duration;

use regex::bytes::Regex;
use serde::{Deserialize, Serialize};

use crate::base::level::Level;
use crate::base::repr::{repr_bytes, text_or_undecodable};
use crate::base::states::ProcessState;
use crate::logs::activity;
use crate::logs::ansi::Stripper;
use crate::logs::capture::{Piece, Scanner};
use crate::logs::ready_line::ReadyLine;
use crate::logs::sink::{Outcome, Sink, Sinks};
use crate::supervisor::member::Channel as Which;
use crate::supervisor::output::Output;
use crate::sys::pipes::Read;

use super::child::OpenOutput;
use super::output_pipe::OutputPipe;

/// How much a child that ended may have left in its pipe: no pipe holds more without privilege.
const LAST_WORDS: usize = 1024 * 1024;

/// What a channel does with what it reads.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own"
)]
pub(super) struct ChannelOptions {
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
    pub(super) pipe: OutputPipe,
    options: ChannelOptions,
    state: RefCell<ChannelState>,
    sinks: RefCell<Sinks>,
    search: Option<Rc<ReadySearch>>,
    said_closed: Cell<bool>,
}

/// What a channel is in the middle of: plain data, with which another daemon could go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ChannelState {
    stripper: Stripper,
    scanner: Scanner,
    /// The end of the output was seen.
    closed: bool,
}

/// What both channels of one life look for while it starts (LIF-152).
#[derive(Debug)]
pub(super) struct ReadySearch {
    expression: Regex,
    found: Cell<bool>,
    /// The lines that stdout and stderr are in the middle of.
    lines: RefCell<[ReadyLine; 2]>,
}

impl ReadySearch {
    /// None where the expression is none, which was said when the configuration was read.
    pub(super) fn new(expression: &str) -> Option<Rc<Self>> {
        let expression = Regex::new(expression).ok()?;
        Some(Rc::new(Self {
            expression,
            found: Cell::new(false),
            lines: RefCell::default(),
        }))
    }

    /// Looks at what was read; true if it was found in it.
    fn look(&self, which: Which, text: &[u8]) -> bool {
        let right = |line: &[u8]| self.expression.is_match(line);
        self.note(self.line(which).feed(text, right))
    }

    /// Looks at the last line.
    fn finish(&self, which: Which) -> bool {
        let right = |line: &[u8]| self.expression.is_match(line);
        self.note(self.line(which).finish(right))
    }

    fn line(&self, which: Which) -> RefMut<'_, ReadyLine> {
        RefMut::map(self.lines.borrow_mut(), |[stdout, stderr]| match which {
            Which::Stdout => stdout,
            Which::Stderr => stderr,
        })
    }

    fn note(&self, found: bool) -> bool {
        found && !self.found.replace(true)
    }

    fn is_over(&self) -> bool {
        self.found.get()
    }
}

impl ChannelState {
    /// Nothing was read yet.
    pub(super) fn at_start(options: &ChannelOptions) -> Self {
        let capture = usize::try_from(options.capture_maxbytes).unwrap_or(usize::MAX);
        Self {
            stripper: Stripper::default(),
            scanner: Scanner::new(if options.protocol { 0 } else { capture }),
            closed: false,
        }
    }
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
    /// Goes on with an output where its state says.
    pub(super) fn new(output: OpenOutput) -> io::Result<Self> {
        Ok(Self {
            pipe: OutputPipe::watched(output.pipe)?,
            options: output.options,
            state: RefCell::new(output.state),
            sinks: RefCell::new(output.sinks),
            search: output.search,
            said_closed: Cell::new(false),
        })
    }

    /// Reads once and treats what came.
    pub(super) fn read(&self, buffer: &mut [u8]) -> Turn {
        let mut turn = Turn::default();
        match self.pipe.read_noticed(buffer) {
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
            match self.pipe.read(buffer) {
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
        if self.options.echo && !self.said_closed.replace(true) {
            let (name, which) = (&self.options.name, self.options.which.name());
            let kind = if self.options.protocol {
                "PEventListenerDispatcher"
            } else {
                "POutputDispatcher"
            };
            let fd = self.pipe.number();
            let text = format!(
                "fd {fd} closed, stopped monitoring <{kind} at {fd} for <Subprocess at {fd} with \
                 name {name} in state {state}> ({which})>"
            );
            activity::log(Level::Debug, &text);
        }
    }

    /// Whether nobody but a log waits for what comes.
    pub(super) const fn may_gather(&self) -> bool {
        let ChannelOptions {
            capture_maxbytes,
            events,
            protocol,
            ..
        } = self.options;
        capture_maxbytes == 0 && !events && !protocol
    }

    /// Whether the end of the output was seen.
    pub(super) fn is_closed(&self) -> bool {
        self.state.borrow().closed
    }

    /// Whether others wait for a log already, so that it is better not to read.
    pub(super) fn is_congested(&self) -> bool {
        self.sinks.borrow().is_congested()
    }

    /// Tries again to write what the sinks hold, after `waited`.
    pub(super) fn pass(&self, waited: Duration) -> Outcome {
        self.sinks.borrow_mut().pass(waited)
    }

    /// Opens the logs again by name.
    pub(super) fn reopen(&self) -> io::Result<()> {
        self.sinks.borrow_mut().reopen()
    }

    /// Removes the log files, starts empty ones, and forgets what was captured (LOG-105).
    pub(super) fn clear(&self) -> io::Result<()> {
        self.state.borrow_mut().scanner.clear();
        self.sinks.borrow_mut().clear()
    }

    /// The sinks, for a channel that is done and whose sinks hold bytes yet.
    pub(super) fn take_sinks(&self) -> Sinks {
        self.sinks.take()
    }

    fn take(&self, chunk: &[u8], turn: &mut Turn) {
        turn.read += chunk.len();
        let state = &mut *self.state.borrow_mut();
        let options = &self.options;
        if options.protocol {
            if options.echo {
                options.say_output(&repr_bytes(chunk));
            }
            turn.outputs.push(Output::Protocol(chunk.to_vec()));
        }
        let ChannelState {
            stripper, scanner, ..
        } = state;
        let sinks = &mut *self.sinks.borrow_mut();
        let text = if options.strip_ansi {
            stripper.strip(chunk)
        } else {
            chunk.into()
        };
        let search = self.search.as_ref().filter(|search| !search.is_over());
        if search.is_some_and(|search| search.look(options.which, &text)) {
            turn.outputs.push(Output::ReadyLine);
        }
        scanner.feed(&text, &mut |piece| options.treat(piece, sinks, turn));
    }

    /// The end of the output: nothing is held back any more.
    fn finish(&self, turn: &mut Turn) {
        let state = &mut *self.state.borrow_mut();
        if std::mem::replace(&mut state.closed, true) {
            return;
        }
        let sinks = &mut *self.sinks.borrow_mut();
        if let Some(search) = &self.search
            && search.finish(self.options.which)
        {
            turn.outputs.push(Output::ReadyLine);
        }
        let ChannelState {
            stripper, scanner, ..
        } = state;
        let options = &self.options;
        let mut treat = |piece: Piece<'_>| options.treat(piece, sinks, turn);
        scanner.feed(stripper.finish(), &mut treat);
        scanner.finish(&mut treat);
        let mut outcome = sinks.finish();
        outcome
            .troubles
            .splice(0..0, turn.outcome.troubles.drain(..));
        turn.outcome = outcome;
    }
}

impl ChannelOptions {
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

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::fd::OwnedFd;

    use nix::fcntl::{FcntlArg, OFlag, fcntl};
    use tokio::runtime::Builder;

    use super::{Channel, ChannelOptions, ChannelState, OpenOutput, Output, Sinks, Which};

    #[test]
    fn another_channel_goes_on_in_the_middle_of_a_capture() {
        let text = b"<!--XSUPERVISOR:BEGIN-->one two<!--XSUPERVISOR:END-->";
        let options = ChannelOptions {
            name: "cat".to_owned(),
            which: Which::Stdout,
            strip_ansi: true,
            capture_maxbytes: 100,
            events: false,
            protocol: false,
            echo: false,
        };
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let _inside = runtime.enter();
        for cut in 0..text.len() {
            let (reader, mut writer) = std::io::pipe().unwrap();
            let reader = OwnedFd::from(reader);
            fcntl(&reader, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).unwrap();
            let open = |state: ChannelState| {
                Channel::new(OpenOutput {
                    pipe: reader.try_clone().unwrap(),
                    options: options.clone(),
                    state,
                    sinks: Sinks::new(),
                    search: None,
                })
                .unwrap()
            };
            let mut buffer = [0; 256];
            let (before, after) = text.split_at(cut);
            let first = open(ChannelState::at_start(&options));
            writer.write_all(before).unwrap();
            let mut outputs = first.read(&mut buffer).outputs;
            let state = serde_json::to_string(&*first.state.borrow()).unwrap();
            drop(first);
            let second = open(serde_json::from_str(&state).unwrap());
            writer.write_all(after).unwrap();
            outputs.extend(second.read(&mut buffer).outputs);
            let wanted = Output::Communication(Which::Stdout, b"one two".to_vec());
            assert_eq!(outputs, [wanted], "cut at {cut}");
        }
    }
}
