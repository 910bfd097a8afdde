//! What commands have to tell, as values. A command adds an entry for each thing that it learns or does; whoever
//! reads the report prints it, and the exit status follows from the entries.

use crate::base::states::ProcessState;

use super::api::{Changes, CheckInfo, ConfigInfo, ProcessInfo, ProcessResult};
use super::error::ClientError;
use super::problem::Problem;
use super::status;
use crate::base::fault::code;

/// What came of a command.
///
/// Entries go to the reader one by one and are not kept: a stop can take long, a followed log has no end.
pub struct Report<'a> {
    reader: &'a mut dyn FnMut(&Entry) -> bool,
    is_read: bool,
    status: u8,
}

impl<'a> Report<'a> {
    /// An empty report for `reader`, which says whether it wants more.
    pub fn new(reader: &'a mut dyn FnMut(&Entry) -> bool) -> Self {
        Self {
            reader,
            is_read: true,
            status: 0,
        }
    }

    /// Adds an entry.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "what has been told is nobody's any more"
    )]
    pub fn add(&mut self, entry: Entry) {
        if let Some(status) = entry.status() {
            self.status = status;
        }
        self.is_read = (self.reader)(&entry);
    }

    /// Somebody still reads.
    pub fn is_read(&self) -> bool {
        self.is_read
    }

    /// The exit status: that of the last entry that has one (CTL-020).
    pub fn status(&self) -> u8 {
        self.status
    }
}

/// One thing that a command has to tell.
#[derive(Debug)]
pub enum Entry {
    /// How processes are, in this order.
    Processes(Vec<ProcessInfo>),
    /// What became of one process of several.
    ProcessResult(Operation, ProcessResult),
    /// What was done to a group.
    Group(String, GroupChange),
    /// What checks found, in this order.
    Checks(Vec<CheckInfo>),
    /// A process of the configuration.
    Config(ConfigInfo),
    /// What a new configuration changes.
    Changes(Changes),
    /// A pid on its own line.
    Pid {
        /// 0 if the process does not run.
        pid: i64,
        /// A process was asked for by name, so that it should run.
        is_named: bool,
    },
    /// Bytes of a log as they are.
    Log(Vec<u8>),
    /// A line as it is.
    Line(String),
    /// What was foreseen, but is not what the user wanted.
    Problem(Problem),
    /// A problem that leaves the exit status as it is.
    Remark(Problem),
    /// What was not foreseen (CTL-035).
    Trouble(ClientError),
}

impl Entry {
    /// The exit status that it asks for, if any.
    fn status(&self) -> Option<u8> {
        match self {
            Self::Processes(processes) => {
                processes.iter().any(is_stopped).then_some(status::STOPPED)
            }
            Self::ProcessResult(operation, row) => operation.status(row),
            Self::Checks(checks) => checks
                .iter()
                .any(|check| check.verdict == "unhealthy")
                .then_some(status::GENERIC),
            Self::Pid { pid: 0, is_named } => is_named.then_some(status::NOT_RUNNING),
            Self::Problem(problem) => Some(problem.status()),
            Self::Trouble(_) => Some(status::GENERIC),
            Self::Group(..)
            | Self::Config(_)
            | Self::Changes(_)
            | Self::Pid { .. }
            | Self::Log(_)
            | Self::Line(_)
            | Self::Remark(_) => None,
        }
    }
}

fn is_stopped(process: &ProcessInfo) -> bool {
    let state = i32::try_from(process.state).ok();
    state
        .and_then(ProcessState::from_code)
        .is_some_and(ProcessState::is_stopped)
}

/// What was done to a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupChange {
    /// All of it was told to stop.
    Stopped,
    /// Taken out and put in again with its new configuration.
    Updated,
    /// Made active.
    Added,
    /// Taken out.
    Removed,
}

/// What shall be done to each of several processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Start it.
    Start,
    /// Stop it.
    Stop,
    /// Signal it.
    Signal,
    /// Have it read its configuration again.
    Refresh,
    /// Empty its logs.
    Clear,
}

/// What the code of a row means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// Done; the word for it.
    Done(&'static str),
    /// Not done; why.
    Not(&'static str),
    /// Not done; the server's words say why.
    AsTold,
    /// The code means nothing for this operation (CTL-095).
    Unknown,
}

impl Operation {
    /// What the code of a row means (CTL-092, CTL-101, CTL-111, CTL-135).
    pub fn meaning(self, row: &ProcessResult) -> Meaning {
        match (self, row.status) {
            (Self::Start, code::SUCCESS) => Meaning::Done("started"),
            (Self::Stop, code::SUCCESS) => Meaning::Done("stopped"),
            (Self::Signal, code::SUCCESS) => Meaning::Done("signalled"),
            (Self::Refresh, code::SUCCESS) => Meaning::Done("refreshed"),
            (Self::Clear, code::SUCCESS) => Meaning::Done("cleared"),
            (_, code::BAD_NAME) => Meaning::Not("no such process"),
            (Self::Start, code::NO_FILE) => Meaning::Not("no such file"),
            (Self::Start, code::NOT_EXECUTABLE) => Meaning::Not("file is not executable"),
            (Self::Start, code::ALREADY_STARTED) => Meaning::Not("already started"),
            (Self::Start, code::SPAWN_ERROR) if is_disabled(row) => Meaning::Not("disabled"),
            (Self::Start, code::SPAWN_ERROR) => Meaning::Not("spawn error"),
            (Self::Start, code::ABNORMAL_TERMINATION) => Meaning::Not("abnormal termination"),
            (Self::Stop | Self::Signal, code::FAILED) => Meaning::AsTold,
            (Self::Stop | Self::Signal, code::BAD_SIGNAL) => Meaning::Not("bad signal name"),
            (Self::Refresh, code::FAILED) => Meaning::Not("no reloadsignal or reloadcommand"),
            (Self::Stop | Self::Signal | Self::Refresh, code::NOT_RUNNING) => {
                Meaning::Not("not running")
            }
            (Self::Clear, code::FAILED) => Meaning::Not("failed"),
            _ => Meaning::Unknown,
        }
    }

    /// The exit status for a row; none if nothing went wrong or there was nothing to do (CTL-020, CTL-021).
    fn status(self, row: &ProcessResult) -> Option<u8> {
        match (self, row.status) {
            (_, code::SUCCESS)
            | (Self::Start, code::ALREADY_STARTED)
            | (Self::Stop, code::NOT_RUNNING) => None,
            // LIF-290
            (Self::Start, code::SPAWN_ERROR) if is_disabled(row) => Some(status::GENERIC),
            (Self::Start, code::SPAWN_ERROR | code::ABNORMAL_TERMINATION)
            | (Self::Signal | Self::Refresh, code::NOT_RUNNING) => Some(status::NOT_RUNNING),
            _ => Some(status::GENERIC),
        }
    }
}

/// A start was refused because the process may not run (LIF-290); only the text says so.
fn is_disabled(row: &ProcessResult) -> bool {
    row.description.ends_with(" is disabled")
}

#[cfg(test)]
mod tests {
    use super::{Entry, Operation, ProcessResult, Report};

    #[test]
    fn ctl_020_last_failing_row_wins() {
        let table: [(&[i64], Operation, u8); 9] = [
            (&[80], Operation::Signal, 0),
            (&[60], Operation::Start, 0),
            (&[70], Operation::Stop, 0),
            (&[60], Operation::Clear, 1),
            (&[70], Operation::Signal, 7),
            (&[50, 80, 60], Operation::Start, 7),
            (&[21, 50], Operation::Start, 7),
            (&[50, 21], Operation::Start, 1),
            (&[40], Operation::Start, 7),
        ];
        for (codes, operation, status) in table {
            let mut heard = 0;
            let mut reader = |_: &Entry| {
                heard += 1;
                true
            };
            let mut report = Report::new(&mut reader);
            for code in codes {
                report.add(Entry::ProcessResult(
                    operation,
                    ProcessResult {
                        group: "g".to_owned(),
                        name: "p".to_owned(),
                        status: *code,
                        description: String::new(),
                    },
                ));
            }
            assert_eq!(report.status(), status, "{codes:?}");
            assert_eq!(heard, codes.len());
        }
    }
}
