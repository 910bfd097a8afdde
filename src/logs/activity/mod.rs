//! The daemon's own log: levels, line format, outputs, and the `tracing` layer that feeds it.
//!
//! Whoever has something to say calls [`log`], which emits a `tracing` event; [`ActivityLayer`] turns the
//! events of this crate into lines. Lines that come before the log is open are kept for it (LOG-015).

mod layer;
mod output;

use std::borrow::Cow;
use std::cmp::Reverse;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tracing::subscriber::SetGlobalDefaultError;
use tracing_subscriber::layer::SubscriberExt;

pub use layer::{ActivityLayer, enabled, log};
use output::Output;

use super::file::Rotation;
use super::handle::Handle;
use super::place::LogPath;
use super::sink::{Outcome, Sink, Trouble};
use super::syslog::Syslog;
use super::writers::Writers;
use crate::base::calendar::LocalClock;
use crate::base::level::Level;
use crate::base::visible::escaped_lines;

/// What is kept before the log opens. A configuration that gives more warnings can do without the rest.
const EARLY_LINES: usize = 10_000;

/// How the main log is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where it goes.
    pub destination: Destination,
    /// The least important level that is written (LOG-012).
    pub level: Level,
    /// Every line goes to standard output as well (LOG-013).
    pub echo: bool,
}

/// Where the main log goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// To this file (LOG-081).
    File(PathBuf, Rotation),
    /// To the syslog daemon that listens there (LOG-083).
    Syslog(PathBuf),
}

/// The daemon's own log. Clones are handles to the same log.
#[derive(Debug, Clone)]
pub struct Activity(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    clock: LocalClock,
    /// The number of the least important level that is written.
    threshold: AtomicU8,
    state: Mutex<State>,
    /// Who wants to know that bytes are held; see [`Activity::poll_held`].
    keeper: Mutex<Option<Waker>>,
    writers: Writers,
}

#[derive(Debug)]
enum State {
    /// Not open yet.
    Early(Vec<(Level, String)>),
    Open(Vec<Output>),
}

impl Activity {
    /// A log that is not open and collects what matters.
    pub fn new(clock: LocalClock) -> Self {
        Self(Arc::new(Shared {
            clock,
            threshold: AtomicU8::new(Level::Info.number()),
            state: Mutex::new(State::Early(Vec::new())),
            keeper: Mutex::new(None),
            writers: Writers::default(),
        }))
    }

    /// Who writes which file: the logs of programs belong there, too, because they may be the same files.
    pub fn writers(&self) -> Writers {
        self.0.writers.clone()
    }

    /// The layer that brings the events of a subscriber here.
    pub fn layer(&self) -> ActivityLayer {
        ActivityLayer(Arc::clone(&self.0))
    }

    /// Makes this log the one that [`log`] writes to, for the life of the process.
    pub fn install(&self) -> Result<(), SetGlobalDefaultError> {
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(self.layer()))
    }

    /// Opens the log and writes what was collected: the most important level first, each in the order in
    /// which it came (LOG-015). On an error nothing changes.
    pub fn open(&self, settings: &Settings) -> io::Result<()> {
        let echo = if settings.echo {
            Handle::inherited(io::stdout()).ok()
        } else {
            None
        };
        self.open_with(settings, echo)
    }

    fn open_with(&self, settings: &Settings, echo_handle: Option<Handle>) -> io::Result<()> {
        let destination = match &settings.destination {
            Destination::File(path, rotation) => {
                Output::text(self.0.writers.open(LogPath::named(path), *rotation)?)
            }
            Destination::Syslog(socket) => Output::lines(Syslog::for_daemon(socket, self.0.clock)),
        };
        // standard output is neither reopened nor cleared (LOG-102), so it has no name
        let echo = |handle| self.0.writers.attach(handle, None, Rotation::default());
        let echo = echo_handle.map(|handle| Output::text(echo(handle)));
        let outputs = echo.into_iter().chain([destination]).collect();
        let before = std::mem::replace(&mut *self.0.state(), State::Open(outputs));
        self.0
            .threshold
            .store(settings.level.number(), Ordering::Relaxed);
        if let State::Early(mut lines) = before {
            lines.sort_by_key(|line| Reverse(line.0));
            for (level, text) in lines {
                self.0.write(level, &text);
            }
        }
        Ok(())
    }

    /// Closes the outputs and collects again, until the next [`Self::open`].
    pub fn close(&self) {
        self.flush();
        self.0.writers.give_up_all();
        *self.0.state() = State::Early(Vec::new());
        self.0
            .threshold
            .store(Level::Info.number(), Ordering::Relaxed);
    }

    /// Opens the file again by its name (LOG-102).
    pub fn reopen(&self) -> io::Result<()> {
        self.0
            .state()
            .outputs()
            .iter_mut()
            .map(|output| output.sink.reopen())
            .fold(Ok(()), Result::and)
    }

    /// Removes the file and starts an empty one. As with the reference each output announces it, and only
    /// the echo keeps the announcements (LOG-072, LOG-105).
    pub fn clear(&self) -> io::Result<()> {
        let mut state = self.0.state();
        let Some((destination, echoes)) = state.outputs().split_last_mut() else {
            return Ok(());
        };
        destination.sink.clear()?;
        if self.0.is_written(Level::Info) {
            let prefix = self.0.prefix(Level::Info);
            for _ in 0..=echoes.len() {
                for echo in &mut *echoes {
                    // what goes wrong on standard output has been said before or will be said again
                    let _ = echo.write(&prefix, "reopening log file");
                }
            }
        }
        Ok(())
    }

    /// Tries again to write what could not be written. Returns how many bytes still wait.
    pub fn flush(&self) -> usize {
        self.try_again(|sink| sink.flush())
    }

    /// The same after `waited`, so that a line of somebody else that has no end yet need not be waited for.
    pub fn pass(&self, waited: Duration) -> usize {
        self.try_again(|sink| sink.pass(waited))
    }

    fn try_again(&self, act: impl Fn(&mut dyn Sink) -> Outcome) -> usize {
        let mut state = self.0.state();
        let outputs = state.outputs().iter_mut();
        let outcomes: Vec<Outcome> = outputs.map(|output| act(&mut *output.sink)).collect();
        let held = outcomes.iter().map(|outcome| outcome.held).sum();
        self.0.report(state.outputs(), outcomes);
        held
    }

    /// Ready once an output did not take all of a line, so that somebody has to call [`Self::flush`] after a
    /// while. One task at a time can wait for this.
    pub fn poll_held(&self, context: &Context<'_>) -> Poll<()> {
        *self.0.keeper() = Some(context.waker().clone());
        if self.flush() > 0 {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

impl State {
    fn outputs(&mut self) -> &mut [Output] {
        match self {
            Self::Early(_) => &mut [],
            Self::Open(outputs) => outputs,
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keeper(&self) -> MutexGuard<'_, Option<Waker>> {
        self.keeper.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_written(&self, level: Level) -> bool {
        level.number() >= self.threshold.load(Ordering::Relaxed)
    }

    /// `YYYY-MM-DD HH:MM:SS,mmm LEVL ` (LOG-001).
    fn prefix(&self, level: Level) -> String {
        let wall = (self.clock.wall)();
        let time = (self.clock.local)(wall);
        format!("{time},{:03} {} ", wall.milliseconds(), level.code())
    }

    fn write(&self, level: Level, text: &str) {
        if !self.is_written(level) {
            return;
        }
        match &mut *self.state() {
            State::Early(lines) if lines.len() < EARLY_LINES => {
                lines.push((level, text.to_owned()));
            }
            State::Early(_) => {}
            State::Open(outputs) => {
                let prefix = self.prefix(level);
                let text = shown(level, text);
                let outcomes: Vec<_> = outputs
                    .iter_mut()
                    .map(|output| output.write(&prefix, &text))
                    .collect();
                let held = outcomes.iter().any(|outcome| outcome.held > 0);
                self.report(outputs, outcomes);
                if held && let Some(keeper) = self.keeper().take() {
                    keeper.wake();
                }
            }
        }
    }

    /// Tells the troubles of each output to the others, or to standard error if there are none; that it is
    /// over is told to all. What goes wrong in doing so is told once more and then left.
    fn report(&self, outputs: &mut [Output], outcomes: Vec<Outcome>) {
        let mut outcomes = outcomes;
        for _ in 0..2 {
            let mut next: Vec<Outcome> = outputs.iter().map(|_| Outcome::default()).collect();
            for (from, outcome) in outcomes.into_iter().enumerate() {
                for trouble in outcome.troubles {
                    self.tell(outputs, from, &trouble, &mut next);
                }
            }
            outcomes = next;
        }
    }

    fn tell(&self, outputs: &mut [Output], from: usize, trouble: &Trouble, next: &mut [Outcome]) {
        let prefix = self.prefix(trouble.level());
        let text = trouble.to_string();
        let text = shown(trouble.level(), &text);
        let over = matches!(trouble, Trouble::Over { .. });
        if outputs.len() < 2
            && !over
            && let Ok(stderr) = Handle::inherited(io::stderr())
        {
            stderr.put(format!("{prefix}{text}\n").as_bytes());
        }
        for (to, (output, outcome)) in outputs.iter_mut().zip(next).enumerate() {
            if over || to != from {
                outcome.merge(output.write(&prefix, &text));
            }
        }
    }
}

/// A line as it is written: without control characters, which a name may carry to the terminal of whoever reads
/// it. Below INFO programs' output is shown as it is (LOG-062).
fn shown(level: Level, text: &str) -> Cow<'_, str> {
    if level >= Level::Info {
        escaped_lines(text)
    } else {
        text.into()
    }
}

#[cfg(test)]
mod tests;
