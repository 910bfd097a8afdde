//! `tail`, `maintail` and `clear`: logs, as far as they do not follow them.

use crate::base::fault::code;
use crate::base::names::Namespec;
use crate::client::api::{ProcessResult, Server};
use crate::client::commands::request::Log;
use crate::client::error::ClientError;
use crate::client::problem::Problem;
use crate::client::report::{Entry, Operation, Report};

use super::has_all;

type Done = Result<(), ClientError>;

/// The offset for the last `bytes`.
fn offset(bytes: i64) -> Result<i32, ClientError> {
    i32::try_from(-i128::from(bytes)).map_err(|_| ClientError::Overflow)
}

/// Part of a log as it is and a line end, or why there is none (CTL-122 to CTL-127, CTL-130).
pub(super) fn tail(server: &Server, log: &Log, bytes: i64, report: &mut Report<'_>) -> Done {
    let offset = offset(bytes)?;
    let text = match log {
        Log::Main => server.read_main_log(offset),
        Log::Of { process, channel } => server.read_log(process, *channel, offset),
    };
    let why = match text {
        Ok(text) => {
            report.add(Entry::Line(text));
            return Ok(());
        }
        Err(ClientError::Fault(fault)) if fault.code == code::NO_FILE => "no log file",
        Err(ClientError::Fault(fault)) if fault.code == code::FAILED => "unknown error reading log",
        Err(ClientError::Fault(fault)) if fault.code == code::BAD_NAME => "no such process name",
        Err(error) => return Err(error),
    };
    report.add(Entry::Problem(Problem::named(log.name(), why)));
    Ok(())
}

/// `clear NAME…` (CTL-135); whole groups too (DEC-081).
pub(super) fn clear(server: &Server, names: &[String], report: &mut Report<'_>) -> Done {
    if has_all(names) {
        for row in server.clear_all_logs()? {
            report.add(Entry::ProcessResult(Operation::Clear, row));
        }
        return Ok(());
    }
    for name in names {
        let spec = Namespec::parse(name);
        match spec.process {
            Some(process) => clear_one(server, name, spec.group, process, report)?,
            None => clear_group(server, &spec.group, report)?,
        }
    }
    Ok(())
}

fn clear_group(server: &Server, group: &str, report: &mut Report<'_>) -> Done {
    let mut processes = server.processes()?;
    processes.retain(|process| process.group == group);
    if processes.is_empty() {
        report.add(Entry::Problem(Problem::named(group, "no such group")));
    }
    for process in processes {
        let name = format!("{}:{}", process.group, process.name);
        clear_one(server, &name, process.group, process.name, report)?;
    }
    Ok(())
}

fn clear_one(
    server: &Server,
    namespec: &str,
    group: String,
    name: String,
    report: &mut Report<'_>,
) -> Done {
    let row = ProcessResult::of(group, name, server.clear_logs(namespec))?;
    report.add(Entry::ProcessResult(Operation::Clear, row));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::offset;

    #[test]
    fn offsets() {
        let table = [
            (0, Some(0)),
            (5, Some(-5)),
            (-5, Some(5)),
            (1 << 31, Some(i32::MIN)),
            (1 << 40, None),
            (i64::MAX, None),
            (i64::MIN, None),
        ];
        for (bytes, wanted) in table {
            assert_eq!(offset(bytes).ok(), wanted, "{bytes}");
        }
    }
}
