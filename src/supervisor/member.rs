//! One process as the supervisor holds it: its state, its configuration and where its logs are.

use std::rc::Rc;

use serde::{Deserialize, Serialize};

pub use crate::base::channel::Channel;
use crate::base::exit::Exit;
use crate::base::names::namespec;
use crate::base::states::ProcessState;
use crate::logs::place::LogPath;
use crate::process::durable::Process;
use crate::process::past::Ending;
use crate::process::policy::{ChannelConfig, LogTarget, ProcessConfig};

use super::pending::Pending;
use super::upkeep::Upkeep;

/// Names one process for as long as the daemon lives; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ProcessId(pub u64);

impl Channel {
    /// The options of this channel.
    pub const fn config(self, config: &ProcessConfig) -> &ChannelConfig {
        match self {
            Self::Stdout => &config.stdout,
            Self::Stderr => &config.stderr,
        }
    }
}

/// The log files of a process; none where there is no file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LogPaths {
    /// Of stdout.
    pub stdout: Option<LogPath>,
    /// Of stderr; none with `redirect_stderr`.
    pub stderr: Option<LogPath>,
}

impl LogPaths {
    /// The file of one channel.
    pub const fn get(&self, channel: Channel) -> Option<&LogPath> {
        match channel {
            Channel::Stdout => self.stdout.as_ref(),
            Channel::Stderr => self.stderr.as_ref(),
        }
    }

    /// Sets the file of one channel.
    pub fn set(&mut self, channel: Channel, path: Option<LogPath>) {
        match channel {
            Channel::Stdout => self.stdout = path,
            Channel::Stderr => self.stderr = path,
        }
    }
}

/// What the configuration says of the log of one channel; stderr has none with `redirect_stderr` (CFG-156).
pub fn log_target(config: &ProcessConfig, channel: Channel) -> &LogTarget {
    if channel == Channel::Stderr && config.redirect_stderr {
        &LogTarget::None
    } else {
        &channel.config(config).logfile
    }
}

/// One process of a group.
#[derive(Debug)]
pub struct Member {
    /// Who it is.
    pub id: ProcessId,
    /// The group's name.
    pub group: Rc<str>,
    /// As configured.
    pub config: Rc<ProcessConfig>,
    /// Its state.
    pub process: Process,
    /// Where its output goes.
    pub logs: LogPaths,
    /// It belongs to an event listener pool.
    pub listener: bool,
    /// The wish to start it as soon as it may; none if it is up, or nobody wants it to come up.
    pub pending: Option<Box<Pending>>,
    /// What is done for it beside running it; none if there is nothing of it.
    pub upkeep: Option<Box<Upkeep>>,
}

impl Member {
    /// How users name it (RPC-075).
    pub fn namespec(&self) -> String {
        namespec(&self.group, &self.process.name)
    }

    /// Whether it does not run and is going to be started by itself or because somebody wants it: for the first time,
    /// or again.
    pub fn is_between_lives(&self) -> bool {
        self.pending.is_some() || self.process.is_to_restart()
    }

    /// Whether a start that comes now is one that nobody asks for: after an end, or after a start that failed.
    pub(super) fn starts_again(&self) -> bool {
        self.process.state == ProcessState::Backoff || self.process.is_to_restart()
    }

    /// What kind of end it was, from the state that it led to (API-041); `stopped` if a stop was under way.
    pub(super) fn ending(&self, exit: Exit, stopped: bool) -> Ending {
        let state = self.process.state;
        if stopped || state == ProcessState::Stopped {
            Ending::Requested
        } else if state == ProcessState::Exited && self.config.policy.expects(exit) {
            Ending::Expected
        } else {
            Ending::Unexpected
        }
    }
}
