//! What can happen, with all that its payload tells, frozen when it happens (EVT-024).

use serde::{Deserialize, Serialize};

use super::tick::Period;
use crate::base::channel::Channel;
use crate::base::event_names::EventName;
use crate::base::health::{CheckKind, Verdict};
use crate::base::pid::Pid;
use crate::base::states::ProcessState;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// A process changed its state (EVT-003 to EVT-010).
    ProcessState(Source, StateChange),
    /// A process wrote something, on a channel with `events_enabled` (EVT-014).
    ProcessLog(Source, Output),
    /// A process spoke between capture tokens (EVT-012).
    ProcessCommunication(Source, Output),
    /// A client called `sendRemoteCommEvent` (EVT-015).
    RemoteCommunication {
        /// The type, as the client gave it.
        kind: String,
        /// The data, as the client gave it.
        data: String,
    },
    /// The main loop starts (EVT-017).
    SupervisorRunning,
    /// A shutdown or restart begins (EVT-018).
    SupervisorStopping,
    /// Time passes (EVT-020).
    Tick {
        /// Which of the ticks.
        period: Period,
        /// Seconds since 1970, a multiple of the period.
        when: i64,
    },
    /// A group was activated (EVT-022).
    GroupAdded(String),
    /// A group was removed (EVT-022).
    GroupRemoved(String),
    /// A check of a process came to another verdict (HLT-107).
    ProcessHealth(Source, Health),
}

/// What a change of health tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Which check.
    pub check: CheckKind,
    /// What it found.
    pub verdict: Verdict,
    /// Failures in a row.
    pub failures: u32,
}

/// The process that an event is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its name.
    pub process: String,
    /// The name of its group.
    pub group: String,
}

/// What a change of state tells; which of it goes into the payload depends on the new state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateChange {
    /// The state before.
    pub from: ProcessState,
    /// The state now.
    pub to: ProcessState,
    /// Failed starts so far.
    pub tries: u32,
    /// The exit was expected.
    pub expected: bool,
    /// The child, if there is one.
    pub pid: Option<Pid>,
}

/// Something that a process wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// Where it came from.
    pub channel: Channel,
    /// The child that wrote it.
    pub pid: Option<Pid>,
    /// The bytes.
    pub data: Vec<u8>,
}

impl Event {
    /// The type of event, as its header names it.
    pub const fn name(&self) -> EventName {
        match self {
            Self::ProcessState(_, change) => state_event(change.to),
            Self::ProcessLog(_, output) => match output.channel {
                Channel::Stdout => EventName::ProcessLogStdout,
                Channel::Stderr => EventName::ProcessLogStderr,
            },
            Self::ProcessCommunication(_, output) => match output.channel {
                Channel::Stdout => EventName::ProcessCommunicationStdout,
                Channel::Stderr => EventName::ProcessCommunicationStderr,
            },
            Self::RemoteCommunication { .. } => EventName::RemoteCommunication,
            Self::SupervisorRunning => EventName::SupervisorStateChangeRunning,
            Self::SupervisorStopping => EventName::SupervisorStateChangeStopping,
            Self::Tick { period, .. } => period.event_name(),
            Self::GroupAdded(_) => EventName::ProcessGroupAdded,
            Self::GroupRemoved(_) => EventName::ProcessGroupRemoved,
            Self::ProcessHealth(..) => EventName::ProcessHealth,
        }
    }

    /// How long the texts are that it carries.
    pub fn text_bytes(&self) -> usize {
        let of = |source: &Source| source.process.len() + source.group.len();
        match self {
            Self::ProcessState(source, _) | Self::ProcessHealth(source, _) => of(source),
            Self::ProcessLog(source, output) | Self::ProcessCommunication(source, output) => {
                of(source) + output.data.len()
            }
            Self::RemoteCommunication { kind, data } => kind.len() + data.len(),
            Self::GroupAdded(name) | Self::GroupRemoved(name) => name.len(),
            Self::SupervisorRunning | Self::SupervisorStopping | Self::Tick { .. } => 0,
        }
    }

    /// Whether a full buffer drops it before others: more of the kind will come (DEC-074).
    pub const fn is_expendable(&self) -> bool {
        matches!(self, Self::Tick { .. } | Self::ProcessLog(..))
    }

    /// Whether it tells what a member of that group wrote.
    pub fn is_log_of(&self, group: &str) -> bool {
        matches!(self, Self::ProcessLog(source, _) if source.group == group)
    }
}

const fn state_event(state: ProcessState) -> EventName {
    match state {
        ProcessState::Stopped => EventName::ProcessStateStopped,
        ProcessState::Starting => EventName::ProcessStateStarting,
        ProcessState::Running => EventName::ProcessStateRunning,
        ProcessState::Backoff => EventName::ProcessStateBackoff,
        ProcessState::Stopping => EventName::ProcessStateStopping,
        ProcessState::Exited => EventName::ProcessStateExited,
        ProcessState::Fatal => EventName::ProcessStateFatal,
        ProcessState::Unknown => EventName::ProcessStateUnknown,
    }
}
