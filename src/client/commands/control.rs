//! `start`, `stop`, `restart` and `signal`: the same walk over names with different calls.

use crate::base::fault::code;
use crate::base::names::Namespec;
use crate::client::api::{Row, Server};
use crate::client::error::ClientError;
use crate::client::help;
use crate::client::render;
use crate::client::session::{Session, exit};

use super::usage_error;

/// What is done to each name.
#[derive(Debug, Clone, Copy)]
enum Verb<'a> {
    Start,
    Stop,
    Signal(&'a str),
}

impl Verb<'_> {
    fn one(self, server: &Server, name: &str) -> Result<(), ClientError> {
        match self {
            Self::Start => server.start(name),
            Self::Stop => server.stop(name),
            Self::Signal(signal) => server.signal(name, signal),
        }
    }

    fn group(self, server: &Server, group: &str) -> Result<Vec<Row>, ClientError> {
        match self {
            Self::Start => server.start_group(group),
            Self::Stop => server.stop_group(group),
            Self::Signal(signal) => server.signal_group(group, signal),
        }
    }

    fn all(self, server: &Server) -> Result<Vec<Row>, ClientError> {
        match self {
            Self::Start => server.start_all(),
            Self::Stop => server.stop_all(),
            Self::Signal(signal) => server.signal_all(signal),
        }
    }

    fn row(self, row: &Row) -> Result<String, ClientError> {
        match self {
            Self::Start => render::start_row(row),
            Self::Stop => render::signal_row(row, "stopped"),
            Self::Signal(_) => render::signal_row(row, "signalled"),
        }
    }

    /// The code that means that there was nothing to do (CTL-021).
    fn ignored(self) -> Option<i64> {
        match self {
            Self::Start => Some(code::ALREADY_STARTED),
            Self::Stop => Some(code::NOT_RUNNING),
            Self::Signal(_) => None,
        }
    }

    /// The exit status for a group that does not exist (CTL-093).
    fn no_such_group(self) -> u8 {
        match self {
            Self::Start => exit::INVALID_ARGS,
            Self::Stop | Self::Signal(_) => exit::GENERIC,
        }
    }
}

/// `start NAME…` (CTL-090 to CTL-095).
pub(super) fn start(session: &mut Session, arguments: &str) -> Result<(), ClientError> {
    let server = session.server();
    if !session.upcheck(&server)? {
        return Ok(());
    }
    let names: Vec<&str> = arguments.split_whitespace().collect();
    if names.is_empty() {
        let line = "Error: start requires a process name";
        usage_error(session, exit::INVALID_ARGS, line, help::START);
        return Ok(());
    }
    walk(session, &server, Verb::Start, &names)
}

/// `stop NAME…` (CTL-100, CTL-101).
pub(super) fn stop(session: &mut Session, arguments: &str) -> Result<(), ClientError> {
    let server = session.server();
    if !session.upcheck(&server)? {
        return Ok(());
    }
    let names: Vec<&str> = arguments.split_whitespace().collect();
    if names.is_empty() {
        let line = "Error: stop requires a process name";
        usage_error(session, exit::GENERIC, line, help::STOP);
        return Ok(());
    }
    walk(session, &server, Verb::Stop, &names)
}

/// `restart NAME…`: all stops, then all starts (CTL-105).
pub(super) fn restart(session: &mut Session, arguments: &str) -> Result<(), ClientError> {
    let server = session.server();
    if !session.upcheck(&server)? {
        return Ok(());
    }
    let names: Vec<&str> = arguments.split_whitespace().collect();
    if names.is_empty() {
        let line = "Error: restart requires a process name";
        usage_error(session, exit::GENERIC, line, help::RESTART);
        return Ok(());
    }
    walk(session, &server, Verb::Stop, &names)?;
    walk(session, &server, Verb::Start, &names)
}

/// `signal SIGNAL NAME…` (CTL-110, CTL-111).
pub(super) fn signal(session: &mut Session, arguments: &str) -> Result<(), ClientError> {
    let server = session.server();
    if !session.upcheck(&server)? {
        return Ok(());
    }
    let words: Vec<&str> = arguments.split_whitespace().collect();
    match words.split_first() {
        Some((signal, names)) if !names.is_empty() => {
            walk(session, &server, Verb::Signal(signal), names)
        }
        _ => {
            let line = "Error: signal requires a signal name and a process name";
            usage_error(session, exit::GENERIC, line, help::SIGNAL);
            Ok(())
        }
    }
}

/// Does `verb` to one name after the other; `all` among them means everything (CTL-091).
fn walk(
    session: &mut Session,
    server: &Server,
    verb: Verb<'_>,
    names: &[&str],
) -> Result<(), ClientError> {
    if names.contains(&"all") {
        for row in verb.all(server)? {
            show(session, verb, &row);
        }
        return Ok(());
    }
    for name in names {
        let spec = Namespec::parse(name);
        match spec.process {
            None => walk_group(session, server, verb, &spec.group)?,
            Some(process) => {
                let (status, description) = match verb.one(server, name) {
                    Ok(()) => (code::SUCCESS, String::new()),
                    Err(ClientError::Fault(fault)) => (fault.code, fault.text),
                    Err(error) => return Err(error),
                };
                let row = Row {
                    group: spec.group,
                    name: process,
                    status,
                    description,
                };
                show(session, verb, &row);
            }
        }
    }
    Ok(())
}

fn walk_group(
    session: &mut Session,
    server: &Server,
    verb: Verb<'_>,
    group: &str,
) -> Result<(), ClientError> {
    match verb.group(server, group) {
        Ok(rows) => {
            for row in rows {
                show(session, verb, &row);
            }
        }
        Err(ClientError::Fault(fault)) if fault.code == code::BAD_NAME => {
            let line = render::named_error(group, "no such group");
            session.fail(verb.no_such_group(), &line);
        }
        // the other names get their turn (DEC-080)
        Err(error @ ClientError::Fault(_)) => session.report(&error),
        Err(error) => return Err(error),
    }
    Ok(())
}

/// Prints a row and sets the exit status; a code that means nothing ends nothing (DEC-080).
fn show(session: &mut Session, verb: Verb<'_>, row: &Row) {
    match verb.row(row) {
        Ok(line) => {
            session.out.line(&line);
            session.note_code(row.status, verb.ignored());
        }
        Err(error) => session.report(&error),
    }
}
