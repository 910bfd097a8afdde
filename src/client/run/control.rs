//! `start`, `stop`, `restart`, `signal` and `refresh`: the same walk over names with different calls.

use std::collections::BTreeSet;

use crate::base::fault::code;
use crate::base::names::Namespec;
use crate::base::states::ProcessState;
use crate::client::api::{ProcessInfo, ProcessResult, Server};
use crate::client::error::ClientError;
use crate::client::problem::Problem;
use crate::client::report::{Entry, Operation, Report};
use crate::client::status;

use super::has_all;

/// What is done to each name.
#[derive(Debug, Clone, Copy)]
enum Control<'a> {
    Start,
    /// Whatever it depends on (LIF-049).
    StartAlone,
    Stop,
    /// And before it what depends on it (LIF-086).
    StopWithDependents,
    Signal(&'a str),
    Refresh,
}

type Rows = Result<Vec<ProcessResult>, ClientError>;
type Done = Result<(), ClientError>;

impl Control<'_> {
    /// For one process; a refusal is a row, too.
    fn one(self, server: &Server, name: &str, group: String, process: String) -> Rows {
        let done = match self {
            Self::Start => server.start(name),
            Self::StartAlone => server.start_alone(name),
            Self::Stop => server.stop(name),
            Self::StopWithDependents => match server.stop_with_dependents(name) {
                Ok(rows) => return Ok(rows),
                Err(error) => Err(error),
            },
            Self::Signal(signal) => server.signal(name, signal),
            Self::Refresh => server.refresh(name),
        };
        Ok(vec![ProcessResult::of(group, process, done)?])
    }

    fn group(self, server: &Server, group: &str) -> Rows {
        match self {
            Self::Start => server.start_group(group),
            Self::StartAlone => server.start_group_alone(group),
            Self::Stop => server.stop_group(group),
            Self::StopWithDependents => server.stop_with_dependents(&format!("{group}:*")),
            Self::Signal(signal) => server.signal_group(group, signal),
            Self::Refresh => self.each(server, |process| process.group == group),
        }
    }

    fn all(self, server: &Server) -> Rows {
        match self {
            Self::Start => server.start_all(),
            // nobody is left to depend on any
            Self::Stop | Self::StopWithDependents => server.stop_all(),
            Self::Signal(signal) => server.signal_all(signal),
            Self::StartAlone => self.each_group(server),
            Self::Refresh => self.each(server, |_| true),
        }
    }

    /// For one process after the other, where the server has no method for several.
    fn each(self, server: &Server, wanted: impl Fn(&ProcessInfo) -> bool) -> Rows {
        let mut rows = Vec::new();
        for process in server.processes()?.into_iter().filter(wanted) {
            let name = format!("{}:{}", process.group, process.name);
            rows.extend(self.one(server, &name, process.group, process.name)?);
        }
        Ok(rows)
    }

    /// For one group after the other, so that those that are up or disabled have no row (LIF-290).
    fn each_group(self, server: &Server) -> Rows {
        let processes = server.processes()?;
        let groups: BTreeSet<&str> = processes
            .iter()
            .map(|process| process.group.as_str())
            .collect();
        let mut rows = Vec::new();
        for group in groups {
            rows.extend(self.group(server, group)?);
        }
        Ok(rows)
    }

    fn operation(self) -> Operation {
        match self {
            Self::Start | Self::StartAlone => Operation::Start,
            Self::Stop | Self::StopWithDependents => Operation::Stop,
            Self::Signal(_) => Operation::Signal,
            Self::Refresh => Operation::Refresh,
        }
    }

    /// The exit status for a group that does not exist (CTL-093).
    fn no_such_group(self) -> u8 {
        match self {
            Self::Start | Self::StartAlone => status::INVALID_ARGS,
            Self::Stop | Self::StopWithDependents | Self::Signal(_) | Self::Refresh => {
                status::GENERIC
            }
        }
    }
}

/// Starts each (CTL-090 to CTL-095).
pub(super) fn start(
    server: &Server,
    names: &[String],
    deps: bool,
    report: &mut Report<'_>,
) -> Done {
    let control = if deps {
        Control::Start
    } else {
        Control::StartAlone
    };
    walk(server, control, names, report).map(drop)
}

/// Stops each (CTL-100, CTL-101).
pub(super) fn stop(
    server: &Server,
    names: &[String],
    dependents: bool,
    report: &mut Report<'_>,
) -> Done {
    let control = if dependents {
        Control::StopWithDependents
    } else {
        Control::Stop
    };
    walk(server, control, names, report).map(drop)
}

/// All stops, then all starts (CTL-105).
pub(super) fn restart(
    server: &Server,
    names: &[String],
    dependents: bool,
    report: &mut Report<'_>,
) -> Done {
    if !dependents || has_all(names) {
        walk(server, Control::Stop, names, report)?;
        return walk(server, Control::Start, names, report).map(drop);
    }
    let before = server.processes()?;
    let stopped = walk(server, Control::StopWithDependents, names, report)?;
    walk(server, Control::Start, names, report)?;
    // what was stopped last is what the others depend on
    for (group, name) in stopped.into_iter().rev() {
        let is_named = names.iter().any(|named| {
            let spec = Namespec::parse(named);
            spec.group == group && spec.process.is_none_or(|process| process == name)
        });
        let was_up = before
            .iter()
            .any(|process| process.group == group && process.name == name && is_up(process));
        if was_up && !is_named {
            let namespec = format!("{group}:{name}");
            for row in Control::Start.one(server, &namespec, group, name)? {
                report.add(Entry::ProcessResult(Operation::Start, row));
            }
        }
    }
    Ok(())
}

/// It runs or tries to.
fn is_up(process: &ProcessInfo) -> bool {
    use ProcessState::{Backoff, Running, Starting};
    [Starting, Running, Backoff]
        .iter()
        .any(|state| process.state == i64::from(state.code()))
}

/// Signals each (CTL-110, CTL-111).
pub(super) fn signal(
    server: &Server,
    signal: &str,
    names: &[String],
    report: &mut Report<'_>,
) -> Done {
    walk(server, Control::Signal(signal), names, report).map(drop)
}

/// Has each read its configuration again (LIF-244).
pub(super) fn refresh(server: &Server, names: &[String], report: &mut Report<'_>) -> Done {
    walk(server, Control::Refresh, names, report).map(drop)
}

/// Does `control` to one name after the other; `all` among them means everything (CTL-091). Gives group and name of
/// each process that there was a row for.
fn walk(
    server: &Server,
    control: Control<'_>,
    names: &[String],
    report: &mut Report<'_>,
) -> Result<Vec<(String, String)>, ClientError> {
    let mut told = Vec::new();
    let mut tell = |rows: Vec<ProcessResult>, report: &mut Report<'_>| {
        for row in rows {
            told.push((row.group.clone(), row.name.clone()));
            report.add(Entry::ProcessResult(control.operation(), row));
        }
    };
    if has_all(names) {
        tell(control.all(server)?, report);
        return Ok(told);
    }
    for name in names {
        let spec = Namespec::parse(name);
        let rows = match spec.process {
            None => rows_of_group(server, control, &spec.group, report)?,
            Some(process) => control.one(server, name, spec.group, process)?,
        };
        tell(rows, report);
    }
    Ok(told)
}

/// What became of a group's processes; of a group that does not exist that is told instead.
fn rows_of_group(
    server: &Server,
    control: Control<'_>,
    group: &str,
    report: &mut Report<'_>,
) -> Rows {
    let entry = match control.group(server, group) {
        // only where each process was asked by itself; no group is empty for the others
        Ok(rows) if rows.is_empty() && matches!(control, Control::Refresh) => {
            Entry::Problem(Problem::named(group, "no such group"))
        }
        Ok(rows) => return Ok(rows),
        Err(ClientError::Fault(fault)) if fault.code == code::BAD_NAME => {
            Entry::Problem(Problem::Named {
                name: group.to_owned(),
                why: "no such group",
                status: control.no_such_group(),
            })
        }
        // the other names get their turn (DEC-080)
        Err(error @ ClientError::Fault(_)) => Entry::Trouble(error),
        Err(error) => return Err(error),
    };
    report.add(entry);
    Ok(Vec::new())
}
