//! `start`, `stop`, `restart` and `signal`: the same walk over names with different calls.

use crate::base::fault::code;
use crate::base::names::Namespec;
use crate::client::api::{ProcessResult, Server};
use crate::client::error::ClientError;
use crate::client::problem::Problem;
use crate::client::report::{Entry, Operation, Report};
use crate::client::status;

use super::has_all;

/// What is done to each name.
#[derive(Debug, Clone, Copy)]
enum Control<'a> {
    Start,
    Stop,
    Signal(&'a str),
}

impl Control<'_> {
    fn one(self, server: &Server, name: &str) -> Result<(), ClientError> {
        match self {
            Self::Start => server.start(name),
            Self::Stop => server.stop(name),
            Self::Signal(signal) => server.signal(name, signal),
        }
    }

    fn group(self, server: &Server, group: &str) -> Result<Vec<ProcessResult>, ClientError> {
        match self {
            Self::Start => server.start_group(group),
            Self::Stop => server.stop_group(group),
            Self::Signal(signal) => server.signal_group(group, signal),
        }
    }

    fn all(self, server: &Server) -> Result<Vec<ProcessResult>, ClientError> {
        match self {
            Self::Start => server.start_all(),
            Self::Stop => server.stop_all(),
            Self::Signal(signal) => server.signal_all(signal),
        }
    }

    fn operation(self) -> Operation {
        match self {
            Self::Start => Operation::Start,
            Self::Stop => Operation::Stop,
            Self::Signal(_) => Operation::Signal,
        }
    }

    /// The exit status for a group that does not exist (CTL-093).
    fn no_such_group(self) -> u8 {
        match self {
            Self::Start => status::INVALID_ARGS,
            Self::Stop | Self::Signal(_) => status::GENERIC,
        }
    }
}

type Done = Result<(), ClientError>;

/// Starts each (CTL-090 to CTL-095).
pub(super) fn start(server: &Server, names: &[String], report: &mut Report<'_>) -> Done {
    walk(server, Control::Start, names, report)
}

/// Stops each (CTL-100, CTL-101).
pub(super) fn stop(server: &Server, names: &[String], report: &mut Report<'_>) -> Done {
    walk(server, Control::Stop, names, report)
}

/// All stops, then all starts (CTL-105).
pub(super) fn restart(server: &Server, names: &[String], report: &mut Report<'_>) -> Done {
    walk(server, Control::Stop, names, report)?;
    walk(server, Control::Start, names, report)
}

/// Signals each (CTL-110, CTL-111).
pub(super) fn signal(
    server: &Server,
    signal: &str,
    names: &[String],
    report: &mut Report<'_>,
) -> Done {
    walk(server, Control::Signal(signal), names, report)
}

/// Does `control` to one name after the other; `all` among them means everything (CTL-091).
fn walk(server: &Server, control: Control<'_>, names: &[String], report: &mut Report<'_>) -> Done {
    if has_all(names) {
        for row in control.all(server)? {
            report.add(Entry::ProcessResult(control.operation(), row));
        }
        return Ok(());
    }
    for name in names {
        let spec = Namespec::parse(name);
        match spec.process {
            None => walk_group(server, control, &spec.group, report)?,
            Some(process) => {
                let done = control.one(server, name);
                let row = ProcessResult::of(spec.group, process, done)?;
                report.add(Entry::ProcessResult(control.operation(), row));
            }
        }
    }
    Ok(())
}

fn walk_group(server: &Server, control: Control<'_>, group: &str, report: &mut Report<'_>) -> Done {
    match control.group(server, group) {
        Ok(rows) => {
            for row in rows {
                report.add(Entry::ProcessResult(control.operation(), row));
            }
        }
        Err(ClientError::Fault(fault)) if fault.code == code::BAD_NAME => {
            report.add(Entry::Problem(Problem::Named {
                name: group.to_owned(),
                why: "no such group",
                status: control.no_such_group(),
            }));
        }
        // the other names get their turn (DEC-080)
        Err(error @ ClientError::Fault(_)) => report.add(Entry::Trouble(error)),
        Err(error) => return Err(error),
    }
    Ok(())
}
