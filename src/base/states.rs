//! States of processes, of the supervisor and of event listeners: codes, names, predicates.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The state of a process (PROC-001 to PROC-008).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ProcessState {
    /// Never started, or stopped on request.
    Stopped,
    /// Spawned, not yet up for `startsecs`.
    Starting,
    /// Up longer than `startsecs`.
    Running,
    /// The start failed or the process exited too quickly; waiting for a retry.
    Backoff,
    /// The stop signal was sent; not yet reaped.
    Stopping,
    /// Exited from RUNNING.
    Exited,
    /// Gave up.
    Fatal,
    /// Signalling failed unexpectedly.
    Unknown,
}

impl ProcessState {
    /// Every state, in the order of the codes.
    pub const ALL: [Self; 8] = [
        Self::Stopped,
        Self::Starting,
        Self::Running,
        Self::Backoff,
        Self::Stopping,
        Self::Exited,
        Self::Fatal,
        Self::Unknown,
    ];

    /// The number that XML-RPC shows.
    pub const fn code(self) -> i32 {
        match self {
            Self::Stopped => 0,
            Self::Starting => 10,
            Self::Running => 20,
            Self::Backoff => 30,
            Self::Stopping => 40,
            Self::Exited => 100,
            Self::Fatal => 200,
            Self::Unknown => 1000,
        }
    }

    /// The state with that number.
    pub fn from_code(code: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// The name in upper case, as status lines and events show it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stopped => "STOPPED",
            Self::Starting => "STARTING",
            Self::Running => "RUNNING",
            Self::Backoff => "BACKOFF",
            Self::Stopping => "STOPPING",
            Self::Exited => "EXITED",
            Self::Fatal => "FATAL",
            Self::Unknown => "UNKNOWN",
        }
    }

    /// STOPPED, EXITED, FATAL or UNKNOWN (PROC-009).
    pub const fn is_stopped(self) -> bool {
        matches!(
            self,
            Self::Stopped | Self::Exited | Self::Fatal | Self::Unknown
        )
    }

    /// RUNNING, BACKOFF or STARTING: counts as started (PROC-009).
    pub const fn is_running(self) -> bool {
        matches!(self, Self::Running | Self::Backoff | Self::Starting)
    }

    /// RUNNING, STARTING or STOPPING: can be sent a signal (PROC-009).
    pub const fn is_signallable(self) -> bool {
        matches!(self, Self::Running | Self::Starting | Self::Stopping)
    }
}

impl fmt::Display for ProcessState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What the supervisor as a whole is about (PROC-010).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SupervisorState {
    /// Doing its work.
    Running,
    /// Stopping everything, to start again with the configuration read anew.
    Restarting,
    /// Stopping everything, to exit.
    Shutdown,
}

impl SupervisorState {
    /// The number that XML-RPC shows.
    pub const fn code(self) -> i32 {
        match self {
            Self::Running => 1,
            Self::Restarting => 0,
            Self::Shutdown => -1,
        }
    }

    /// The name in upper case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Restarting => "RESTARTING",
            Self::Shutdown => "SHUTDOWN",
        }
    }
}

/// The state of an event listener's protocol (PROC-011, EVT-080).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ListenerState {
    /// Said READY, can be sent an event.
    Ready,
    /// Has an event and owes a result.
    Busy,
    /// Gave a result, or is fresh; has to say READY.
    Acknowledged,
    /// Broke the protocol; gets no more events.
    Unknown,
}

impl ListenerState {
    /// The name in upper case, as debug lines show it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ready => "READY",
            Self::Busy => "BUSY",
            Self::Acknowledged => "ACKNOWLEDGED",
            Self::Unknown => "UNKNOWN",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ProcessState;

    #[test]
    fn codes_and_sets() {
        let table = [
            // state                  code  stopped running signallable
            (ProcessState::Stopped, 0, true, false, false),
            (ProcessState::Starting, 10, false, true, true),
            (ProcessState::Running, 20, false, true, true),
            (ProcessState::Backoff, 30, false, true, false),
            (ProcessState::Stopping, 40, false, false, true),
            (ProcessState::Exited, 100, true, false, false),
            (ProcessState::Fatal, 200, true, false, false),
            (ProcessState::Unknown, 1000, true, false, false),
        ];
        for (state, code, stopped, running, signallable) in table {
            assert_eq!(state.code(), code, "{state}");
            assert_eq!(ProcessState::from_code(code), Some(state), "{state}");
            assert_eq!(state.is_stopped(), stopped, "{state}");
            assert_eq!(state.is_running(), running, "{state}");
            assert_eq!(state.is_signallable(), signallable, "{state}");
        }
    }
}
