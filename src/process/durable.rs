//! What is known of one process, all of it plain data that survives a replacement of the binary.

use serde::{Deserialize, Serialize};

use crate::base::clock::{Mono, Wall};
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
        }
    }
}
