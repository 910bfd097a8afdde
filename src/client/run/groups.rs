//! `avail`, `reread`, `update`, `add` and `remove`: groups of the configuration.

use crate::base::fault::code;
use crate::client::api::{Changes, Server};
use crate::client::error::ClientError;
use crate::client::problem::Problem;
use crate::client::report::{Entry, GroupChange, Report};

use super::has_all;

type Done = Result<(), ClientError>;

/// `avail` (CTL-140).
pub(super) fn available(server: &Server, report: &mut Report<'_>) -> Done {
    match server.configs() {
        Ok(configs) => {
            for config in configs {
                report.add(Entry::Config(config));
            }
            Ok(())
        }
        Err(error) => going_down(error, Problem::GoingDown, report),
    }
}

/// `reread` (CTL-141).
pub(super) fn reread(server: &Server, report: &mut Report<'_>) -> Done {
    match server.reload_config() {
        Ok(changes) => report.add(Entry::Changes(changes)),
        Err(ClientError::Fault(fault)) if fault.code == code::CANT_REREAD => {
            report.add(Entry::Problem(Problem::CannotReread(fault.text)));
        }
        Err(error) => return going_down(error, Problem::GoingDown, report),
    }
    Ok(())
}

/// Reports `problem` if the error is that the server shuts down.
fn going_down(error: ClientError, problem: Problem, report: &mut Report<'_>) -> Done {
    match error {
        ClientError::Fault(fault) if fault.code == code::SHUTDOWN_STATE => {
            report.add(Entry::Problem(problem));
            Ok(())
        }
        error => Err(error),
    }
}

/// `update [GROUP…]`: removed groups, then changed ones, then added ones (CTL-142 to CTL-145).
pub(super) fn update(server: &Server, names: &[String], report: &mut Report<'_>) -> Done {
    let changes = match server.reload_config() {
        Ok(changes) => changes,
        Err(error) => return going_down(error, Problem::AlreadyGoingDown, report),
    };
    let mut wanted: Vec<&str> = Vec::new();
    if !has_all(names) {
        for name in names {
            if !wanted.contains(&name.as_str()) {
                wanted.push(name);
            }
        }
    }
    if !wanted.is_empty() {
        name_unknown_groups(server, &changes, &wanted, report)?;
    }
    let is_wanted = |group: &&String| wanted.is_empty() || wanted.contains(&group.as_str());
    for group in changes.removed.iter().filter(is_wanted) {
        remove_stopped(server, group, report)?;
    }
    for group in changes.changed.iter().filter(is_wanted) {
        server.stop_group(group)?;
        report.add(Entry::Group(group.clone(), GroupChange::Stopped));
        server.remove_group(group)?;
        server.add_group(group)?;
        report.add(Entry::Group(group.clone(), GroupChange::Updated));
    }
    for group in changes.added.iter().filter(is_wanted) {
        server.add_group(group)?;
        report.add(Entry::Group(group.clone(), GroupChange::Added));
    }
    Ok(())
}

/// Reports each of `wanted` that is neither active nor added (CTL-144).
fn name_unknown_groups(
    server: &Server,
    changes: &Changes,
    wanted: &[&str],
    report: &mut Report<'_>,
) -> Done {
    let processes = server.processes()?;
    for name in wanted {
        let active = processes.iter().any(|process| process.group == *name);
        if !active && !changes.added.iter().any(|group| group == name) {
            report.add(Entry::Problem(Problem::NoGroup((*name).to_owned())));
        }
    }
    Ok(())
}

fn remove_stopped(server: &Server, group: &str, report: &mut Report<'_>) -> Done {
    let rows = server.stop_group(group)?;
    report.add(Entry::Group(group.to_owned(), GroupChange::Stopped));
    if rows.iter().any(|row| row.status == code::FAILED) {
        report.add(Entry::Problem(Problem::NotRemoved(group.to_owned())));
        return Ok(());
    }
    server.remove_group(group)?;
    report.add(Entry::Group(group.to_owned(), GroupChange::Removed));
    Ok(())
}

/// `add GROUP…` (CTL-146).
pub(super) fn add(server: &Server, names: &[String], report: &mut Report<'_>) -> Done {
    for name in names {
        let entry = match server.add_group(name) {
            Ok(()) => Entry::Group(name.clone(), GroupChange::Added),
            Err(ClientError::Fault(fault)) => match fault.code {
                code::SHUTDOWN_STATE => Entry::Problem(Problem::ShuttingDown),
                // the exit status stays as it is, as in the reference
                code::ALREADY_ADDED => Entry::Remark(Problem::AlreadyActive),
                code::BAD_NAME => Entry::Problem(Problem::NoProcessOrGroup(name.clone())),
                _ => Entry::Trouble(ClientError::Fault(fault)),
            },
            Err(error) => return Err(error),
        };
        report.add(entry);
    }
    Ok(())
}

/// `remove GROUP…` (CTL-147).
pub(super) fn remove(server: &Server, names: &[String], report: &mut Report<'_>) -> Done {
    for name in names {
        let entry = match server.remove_group(name) {
            Ok(()) => Entry::Group(name.clone(), GroupChange::Removed),
            Err(ClientError::Fault(fault)) => match fault.code {
                code::STILL_RUNNING => Entry::Problem(Problem::StillRunning(name.clone())),
                code::BAD_NAME => Entry::Problem(Problem::NoProcessOrGroup(name.clone())),
                _ => Entry::Trouble(ClientError::Fault(fault)),
            },
            Err(error) => return Err(error),
        };
        report.add(entry);
    }
    Ok(())
}
