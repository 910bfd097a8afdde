//! What there is to know of one process, for whoever asks and through whatever door.

use std::borrow::Cow;

use super::states::ProcessState;

/// What `getProcessInfo` tells of a process (RPC-140).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessInfo<'a> {
    /// The process.
    pub name: Cow<'a, str>,
    /// Its group.
    pub group: Cow<'a, str>,
    /// Last start in seconds since 1970, 0 if never.
    pub start: i32,
    /// Last end in seconds since 1970, 0 if never.
    pub stop: i32,
    /// Now, in seconds since 1970.
    pub now: i32,
    /// The state.
    pub state: ProcessState,
    /// Why a start failed, or empty.
    pub spawnerr: Cow<'a, str>,
    /// Exit code, -1 for a death by signal, 0 if there is none (RPC-097).
    pub exitstatus: i32,
    /// Where stdout goes, empty if nowhere.
    pub stdout_logfile: Cow<'a, str>,
    /// Where stderr goes, empty if nowhere.
    pub stderr_logfile: Cow<'a, str>,
    /// The child, 0 if there is none.
    pub pid: i32,
    /// The state in words for people (RPC-092 to RPC-095).
    pub description: Cow<'a, str>,
}

impl ProcessInfo<'_> {
    /// The same, to keep.
    pub fn into_owned(self) -> ProcessInfo<'static> {
        let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        ProcessInfo {
            name: own(self.name),
            group: own(self.group),
            start: self.start,
            stop: self.stop,
            now: self.now,
            state: self.state,
            spawnerr: own(self.spawnerr),
            exitstatus: self.exitstatus,
            stdout_logfile: own(self.stdout_logfile),
            stderr_logfile: own(self.stderr_logfile),
            pid: self.pid,
            description: own(self.description),
        }
    }
}
