//! Lines for the main log that name a process as users do (LIF-008); the machine knows it by its own name only.

use std::time::Duration;

use crate::base::level::Level;
use crate::base::signals::Signal;
use crate::base::span::seconds;
use crate::process::lifecycle::StartLimit;

use super::ReadyBy;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// It does its work (LIF-153).
    Ready {
        /// So long after its spawn.
        after: Duration,
        /// Who said so last.
        by: ReadyBy,
    },
    /// It is stopped because it was not ready, or not done, in time (LIF-155).
    NotInTime(Bound),
    /// A signal was not enough (LIF-240).
    NextSignal {
        /// So long it was waited for.
        waited: Duration,
        /// What is sent now.
        signal: Signal,
    },
    /// It was started too often (LIF-185).
    StartLimit(StartLimit),
    /// It names another process as the main one (LIF-133).
    MainPid(i64),
}

/// The time that a start has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// `startwaitsecs`.
    pub span: Duration,
    /// It is to be done by then and not ready.
    pub oneshot: bool,
}

impl Bound {
    const fn aim(self) -> &'static str {
        if self.oneshot { "done" } else { "ready" }
    }
}

impl Line {
    /// How much it matters.
    pub const fn level(&self) -> Level {
        match self {
            Self::MainPid(_) => Level::Warn,
            Self::Ready { .. }
            | Self::NotInTime(_)
            | Self::NextSignal { .. }
            | Self::StartLimit(_) => Level::Info,
        }
    }

    /// The line for the process of that name.
    pub fn text(&self, name: &str) -> String {
        match self {
            Self::Ready { after, by } => {
                let how = match by {
                    ReadyBy::Notify => "READY=1",
                    ReadyBy::Line => "log line",
                    ReadyBy::Check => "readiness check",
                };
                format!(
                    "ready: {name} after {:.1} seconds ({how})",
                    after.as_secs_f64()
                )
            }
            Self::NotInTime(bound) => {
                let (aim, span) = (bound.aim(), seconds(bound.span));
                format!("stopping {name}: not {aim} within {span} seconds (startwaitsecs)")
            }
            Self::NextSignal { waited, signal } => {
                let span = seconds(*waited);
                format!("{name} has not stopped within {span} seconds: sending {signal}")
            }
            Self::StartLimit(StartLimit { burst, interval }) => format!(
                "gave up: {name} entered FATAL state, {burst} starts within {} seconds \
                 (start_limit_burst)",
                seconds(*interval)
            ),
            Self::MainPid(pid) => {
                format!("{name}: MAINPID={pid} ignored, a program must stay in the foreground")
            }
        }
    }

    /// What the process's `spawnerr` says of the same.
    pub(super) fn spawn_error(&self) -> String {
        match self {
            Self::NotInTime(bound) => {
                let aim = if bound.oneshot { "done" } else { "ready" };
                format!("Not {aim} within {} seconds", seconds(bound.span))
            }
            Self::StartLimit(StartLimit { burst, interval }) => {
                let span = seconds(*interval);
                format!("start limit reached: {burst} starts within {span} seconds")
            }
            Self::Ready { .. } | Self::NextSignal { .. } | Self::MainPid(_) => String::new(),
        }
    }
}
