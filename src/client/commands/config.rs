//! `avail`, `reread`, `update`, `add` and `remove`: groups of the configuration.

use crate::base::fault::code;
use crate::client::api::{Changes, Server};
use crate::client::error::ClientError;
use crate::client::help;
use crate::client::render;
use crate::client::session::{Session, exit};

use super::usage_error;

/// `avail` (CTL-140).
pub(super) fn avail(session: &mut Session, arguments: &str) -> Result<(), ClientError> {
    if !arguments.is_empty() {
        let line = "Error: avail accepts no arguments";
        usage_error(session, exit::GENERIC, line, help::AVAIL);
        return Ok(());
    }
    match session.server().configs() {
        Ok(configs) => {
            for config in configs {
                session.out.line(&render::avail_row(&config));
            }
            Ok(())
        }
        Err(error) => shutting_down(session, error, "ERROR: supervisor shutting down"),
    }
}

/// `reread` (CTL-141).
pub(super) fn reread(session: &mut Session, arguments: &str) -> Result<(), ClientError> {
    if !arguments.is_empty() {
        let line = "Error: reread accepts no arguments";
        usage_error(session, exit::GENERIC, line, help::REREAD);
        return Ok(());
    }
    match session.server().reload_config() {
        Ok(changes) => {
            for line in render::changes(&changes.added, &changes.changed, &changes.removed) {
                session.out.line(&line);
            }
            Ok(())
        }
        Err(ClientError::Fault(fault)) if fault.code == code::CANT_REREAD => {
            let text = render::escaped_lines(&fault.text);
            session.fail(exit::GENERIC, &format!("ERROR: {text}"));
            Ok(())
        }
        Err(error) => shutting_down(session, error, "ERROR: supervisor shutting down"),
    }
}

/// Prints `line` if the error is that the server shuts down.
fn shutting_down(session: &mut Session, error: ClientError, line: &str) -> Result<(), ClientError> {
    match error {
        ClientError::Fault(fault) if fault.code == code::SHUTDOWN_STATE => {
            session.fail(exit::GENERIC, line);
            Ok(())
        }
        error => Err(error),
    }
}

/// `update [GROUP…]`: removed groups, then changed ones, then added ones (CTL-142 to CTL-145).
pub(super) fn update(session: &mut Session, arguments: &str) -> Result<(), ClientError> {
    let server = session.server();
    let changes = match server.reload_config() {
        Ok(changes) => changes,
        Err(error) => return shutting_down(session, error, "ERROR: already shutting down"),
    };
    let mut wanted: Vec<&str> = Vec::new();
    for name in arguments.split_whitespace() {
        if !wanted.contains(&name) {
            wanted.push(name);
        }
    }
    if wanted.contains(&"all") {
        wanted.clear();
    }
    if !wanted.is_empty() {
        name_unknown_groups(session, &server, &changes, &wanted)?;
    }
    let is_wanted = |group: &&String| wanted.is_empty() || wanted.contains(&group.as_str());
    for group in changes.removed.iter().filter(is_wanted) {
        remove_stopped(session, &server, group)?;
    }
    for group in changes.changed.iter().filter(is_wanted) {
        server.stop_group(group)?;
        session.out.line(&render::named(group, "stopped"));
        server.remove_group(group)?;
        server.add_group(group)?;
        session
            .out
            .line(&render::named(group, "updated process group"));
    }
    for group in changes.added.iter().filter(is_wanted) {
        server.add_group(group)?;
        session
            .out
            .line(&render::named(group, "added process group"));
    }
    Ok(())
}

/// Prints a line for each of `wanted` that is neither active nor added (CTL-144).
fn name_unknown_groups(
    session: &mut Session,
    server: &Server,
    changes: &Changes,
    wanted: &[&str],
) -> Result<(), ClientError> {
    let processes = server.processes()?;
    for name in wanted {
        let active = processes.iter().any(|process| process.group == *name);
        if !active && !changes.added.iter().any(|group| group == name) {
            let name = render::escaped(name);
            session.fail(exit::GENERIC, &format!("ERROR: no such group: {name}"));
        }
    }
    Ok(())
}

fn remove_stopped(session: &mut Session, server: &Server, group: &str) -> Result<(), ClientError> {
    let rows = server.stop_group(group)?;
    session.out.line(&render::named(group, "stopped"));
    if rows.iter().any(|row| row.status == code::FAILED) {
        let line = render::named(group, "has problems; not removing");
        session.fail(exit::GENERIC, &line);
        return Ok(());
    }
    server.remove_group(group)?;
    session
        .out
        .line(&render::named(group, "removed process group"));
    Ok(())
}

/// `add GROUP…` (CTL-146).
pub(super) fn add(session: &mut Session, arguments: &str) -> Result<(), ClientError> {
    let server = session.server();
    for name in arguments.split_whitespace() {
        let fault = match server.add_group(name) {
            Ok(()) => {
                session
                    .out
                    .line(&render::named(name, "added process group"));
                continue;
            }
            Err(ClientError::Fault(fault)) => fault,
            Err(error) => return Err(error),
        };
        match fault.code {
            code::SHUTDOWN_STATE => session.fail(exit::GENERIC, "ERROR: shutting down"),
            code::ALREADY_ADDED => session.out.line("ERROR: process group already active"),
            code::BAD_NAME => no_such_group(session, name),
            _ => session.report(&ClientError::Fault(fault)),
        }
    }
    Ok(())
}

/// `remove GROUP…` (CTL-147).
pub(super) fn remove(session: &mut Session, arguments: &str) -> Result<(), ClientError> {
    let server = session.server();
    for name in arguments.split_whitespace() {
        let fault = match server.remove_group(name) {
            Ok(()) => {
                session
                    .out
                    .line(&render::named(name, "removed process group"));
                continue;
            }
            Err(ClientError::Fault(fault)) => fault,
            Err(error) => return Err(error),
        };
        match fault.code {
            code::STILL_RUNNING => {
                let name = render::escaped(name);
                let line = format!("ERROR: process/group still running: {name}");
                session.fail(exit::GENERIC, &line);
            }
            code::BAD_NAME => no_such_group(session, name),
            _ => session.report(&ClientError::Fault(fault)),
        }
    }
    Ok(())
}

fn no_such_group(session: &mut Session, name: &str) {
    let name = render::escaped(name);
    session.fail(
        exit::GENERIC,
        &format!("ERROR: no such process/group: {name}"),
    );
}
