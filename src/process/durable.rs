//! What is known of one process, all of it plain data that survives a replacement of the binary.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::clock::{Mono, Wall};
use crate::base::exit::Exit;
use crate::base::pid::Pid;
use crate::base::states::ProcessState;

use super::past::Past;

/// One process: its state and what led there (PROC-012).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Its name within the group, for log lines.
    pub name: String,
    /// Where it is in its life.
    pub state: ProcessState,
    /// Its id while there is a child that was not reaped yet.
    pub pid: Option<Pid>,
    /// When the last start was tried; none if never (RPC-141).
    pub laststart: Option<Wall>,
    /// The same instant on the monotonic clock, for `startsecs` and the uptime.
    pub started: Mono,
    /// When a child of it was last reaped; none if never.
    pub laststop: Option<Wall>,
    /// Failed starts in a row (PROC-014).
    pub backoff: u32,
    /// A stop was asked for, so the next exit is no accident.
    pub killing: bool,
    /// The exit code of the last life, -1 for a death by signal; none while it runs or after a start that
    /// failed (RPC-097).
    pub exitstatus: Option<i32>,
    /// Why the last start failed or the last exit was wrong (RPC-096).
    pub spawnerr: Option<String>,
    /// When something has to happen by itself: `startsecs` are over, a retry is due, a stop takes too long.
    pub deadline: Option<Mono>,
    /// Its lives so far.
    #[serde(default)]
    pub past: Past,
    /// What options beyond Supervisor's own need to know; none while none of them is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub life: Option<Box<Life>>,
}

/// What a process with options beyond Supervisor's own is about.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Life {
    /// What is under way within its state.
    pub stage: Stage,
    /// Who has said that it is ready.
    pub said: Said,
    /// When it has to be ready, or done, at the latest (LIF-154).
    pub ready_by: Option<Mono>,
    /// It was not ready in time and is being stopped; its state stays STARTING (LIF-155).
    pub given_up: bool,
    /// What it says that it does (LIF-126).
    pub status: String,
    /// What it says beyond that.
    pub says: Says,
    /// What it says why it is about to fail (LIF-129).
    pub errno: Option<i32>,
    /// How often it has to give a sign of life (LIF-131).
    pub watchdog: Option<Watchdog>,
    /// The main log has heard of a MAINPID (LIF-133).
    pub main_pid_told: bool,
    /// The last starts, for `start_limit_burst` (LIF-185).
    pub starts: Vec<Mono>,
    /// Which was its last child and how it ended, for `post_stop_hook` (LIF-255).
    pub ended: Option<(Pid, Exit)>,
    /// Until then no start by itself is made (LIF-170).
    pub paused_until: Option<Mono>,
}

/// What is under way within a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Stage {
    /// Nothing beyond the state.
    #[default]
    Plain,
    /// `pre_start_hook` runs.
    PreStart,
    /// `pre_stop_hook` runs.
    PreStop,
    /// `stopcommand` was started.
    StopCommand,
    /// So many stop signals were sent.
    Signalled(usize),
    /// SIGKILL was sent.
    Killed,
}

/// What a process says that it is about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Says {
    /// Nothing.
    #[default]
    Nothing,
    /// It reads its configuration again (LIF-127).
    Reloading,
    /// It ends (LIF-128).
    Stopping,
}

/// Who has said that a process is ready (LIF-151).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Said {
    /// It, on its notify socket.
    pub notify: bool,
    /// A line of its output.
    pub line: bool,
    /// Its readiness check.
    pub check: bool,
}

/// Signs of life that a process has promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watchdog {
    /// At least so often.
    pub every: Duration,
    /// When the next one has to be there; none while nobody waits for it.
    pub due: Option<Mono>,
}

impl Process {
    /// A process that was never started.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            state: ProcessState::Stopped,
            pid: None,
            laststart: None,
            started: Mono::default(),
            laststop: None,
            backoff: 0,
            killing: false,
            exitstatus: None,
            spawnerr: None,
            deadline: None,
            past: Past::default(),
            life: None,
        }
    }

    /// When it has to be looked at by itself.
    pub fn wake(&self) -> Option<Mono> {
        let more = self.life.as_ref().and_then(|life| {
            let ready_by = life
                .ready_by
                .filter(|_| self.state == ProcessState::Starting);
            let watchdog = life.watchdog.and_then(|watchdog| watchdog.due);
            [ready_by, watchdog].into_iter().flatten().min()
        });
        [self.deadline, more].into_iter().flatten().min()
    }
}
