//! Every line that the client prints. Pure.
//!
//! Control characters in names, descriptions and faults are shown escaped, so that no process can write
//! to the operator's terminal through them (DEC-082). Logs are not rendered here; they are shown as they are.

use std::fmt::Write;

use crate::base::fault::code;
use crate::base::names::namespec;
use crate::base::version::API_VERSION;
pub use crate::base::visible::{escaped, escaped_lines};

use crate::config::ctl::Missing;
use crate::rpc::wire::RemoteFault;

use super::address::Address;
use super::api::{ConfigInfo, ProcessInfo, Row};
use super::error::ClientError;
use super::transport::Target;

/// The least width of the first column of `status` (CTL-080).
const STATUS_NAME_WIDTH: usize = 30;

/// `NS: TEXT`.
pub fn named(name: &str, text: &str) -> String {
    format!("{}: {text}", escaped(name))
}

/// `NS: ERROR (TEXT)`.
pub fn named_error(name: &str, text: &str) -> String {
    format!("{}: ERROR ({text})", escaped(name))
}

/// The line for whatever was not foreseen (CTL-035, DEC-080). In a pipe it begins as the reference's, which scripts
/// look for; on a terminal as all other errors do (CLX-101).
pub fn trouble(error: &ClientError, target: &Target, on_terminal: bool) -> String {
    match error {
        // as `reread` prints it: what is wrong with a file may take several lines
        ClientError::Fault(fault) if fault.code == code::CANT_REREAD => {
            format!("ERROR: {}", escaped_lines(&fault.text))
        }
        error => {
            let word = if on_terminal { "ERROR" } else { "error" };
            format!("{word}: {}", sentence(error, target))
        }
    }
}

/// What went wrong with `target`, in one line.
pub fn sentence(error: &ClientError, target: &Target) -> String {
    let text = match (error, &target.file) {
        (
            ClientError::Connect {
                address: Address::Unix(path),
                ..
            },
            Some(file),
        ) if error.is_missing() => format!(
            "no socket at {}; is supervisord running with this configuration ({})?",
            path.display(),
            file.display()
        ),
        _ if error.is_about_the_server() => format!("{} {error}", target.url),
        _ => error.to_string(),
    };
    escaped(&text).into_owned()
}

/// Credentials were given, but the server wants others.
pub const WRONG_CREDENTIALS: &str = "ERROR: user and password are wrong";

/// Nobody listens (CTL-031).
pub fn refused(url: &str) -> String {
    format!("{} refused connection", escaped(url))
}

/// The socket does not exist (CTL-031).
pub fn no_such_file(url: &str) -> String {
    format!("{} no such file", escaped(url))
}

/// The server speaks another version of the interface (CTL-033).
pub fn wrong_version(version: &str) -> String {
    let version = escaped(version);
    format!(
        "Sorry, this version of supervisorctl expects to talk to a server with API version \
         {API_VERSION}, but the remote version is {version}."
    )
}

/// The server has no `supervisor` namespace (CTL-034).
pub const NO_NAMESPACE: &str = "Sorry, supervisord responded but did not recognize the supervisor \
     namespace commands that supervisorctl uses to control it.  Please check that the \
     [rpcinterface:supervisor] section is enabled in the configuration file (see sample.conf).";

/// No such command (CTL-052).
pub fn unknown_syntax(line: &str) -> String {
    format!("*** Unknown syntax: {}", escaped(line))
}

/// Plugins are Python code, which nothing here can run (DEC-083). They are told in one line, whatever their number.
pub fn missing_plugins(missing: &[Missing]) -> String {
    let sections: Vec<String> = missing
        .iter()
        .map(|plugin| format!("[{}] ({})", plugin.section, plugin.factory))
        .collect();
    format!(
        "Warning: the commands of {} are missing: Python plug-ins cannot be loaded; all other commands work",
        sections.join(", ")
    )
}

/// The table of `status`, a line for each process (CTL-080); empty without processes.
pub fn status_table(processes: &[&ProcessInfo]) -> String {
    let names: Vec<String> = processes
        .iter()
        .map(|process| escaped(&namespec(&process.group, &process.name)).into_owned())
        .collect();
    let longest = names.iter().map(|name| name.chars().count()).max();
    let width = longest.unwrap_or(0).max(STATUS_NAME_WIDTH) + 3;
    let mut table = String::new();
    for (name, process) in names.iter().zip(processes) {
        let (state, description) = (escaped(&process.statename), escaped(&process.description));
        // writing into a String cannot fail
        let _ = writeln!(table, "{name:<width$}{state:<10}{description}");
    }
    table
}

/// What became of one process of `start` (CTL-092).
pub fn start_row(row: &Row) -> Result<String, ClientError> {
    let name = namespec(&row.group, &row.name);
    let problem = match row.status {
        code::SUCCESS => return Ok(named(&name, "started")),
        code::BAD_NAME => "no such process",
        code::NO_FILE => "no such file",
        code::NOT_EXECUTABLE => "file is not executable",
        code::ALREADY_STARTED => "already started",
        code::SPAWN_ERROR => "spawn error",
        code::ABNORMAL_TERMINATION => "abnormal termination",
        _ => return Err(unknown_code(row)),
    };
    Ok(named_error(&name, problem))
}

/// What became of one process of `stop` or `signal`; `done` is the word for success (CTL-101, CTL-111).
pub fn signal_row(row: &Row, done: &str) -> Result<String, ClientError> {
    let name = namespec(&row.group, &row.name);
    let problem = match row.status {
        code::SUCCESS => return Ok(named(&name, done)),
        code::FAILED => return Ok(escaped(&row.description).into_owned()),
        code::BAD_NAME => "no such process",
        code::BAD_SIGNAL => "bad signal name",
        code::NOT_RUNNING => "not running",
        _ => return Err(unknown_code(row)),
    };
    Ok(named_error(&name, problem))
}

/// What became of the logs of one process (CTL-135).
pub fn clear_row(row: &Row) -> Result<String, ClientError> {
    let name = namespec(&row.group, &row.name);
    let problem = match row.status {
        code::SUCCESS => return Ok(named(&name, "cleared")),
        code::BAD_NAME => "no such process",
        code::FAILED => "failed",
        _ => return Err(unknown_code(row)),
    };
    Ok(named_error(&name, problem))
}

fn unknown_code(row: &Row) -> ClientError {
    ClientError::ResultCode {
        namespec: namespec(&row.group, &row.name),
        fault: RemoteFault {
            code: row.status,
            text: row.description.clone(),
        },
    }
}

/// One line of `avail` (CTL-140).
pub fn avail_row(config: &ConfigInfo) -> String {
    let name = namespec(&config.group, &config.name);
    format!(
        "{:<32} {:<9} {:<9} {}:{}",
        escaped(&name),
        if config.in_use { "in use" } else { "avail" },
        if config.autostart { "auto" } else { "manual" },
        config.group_priority,
        config.process_priority,
    )
}

/// The lines of `reread`, sorted by group (CTL-141).
pub fn changes(added: &[String], changed: &[String], removed: &[String]) -> Vec<String> {
    let kinds = [
        (added, "available"),
        (changed, "changed"),
        (removed, "disappeared"),
    ];
    let mut rows: Vec<(&String, &str)> = kinds
        .into_iter()
        .flat_map(|(groups, word)| groups.iter().map(move |group| (group, word)))
        .collect();
    rows.sort();
    if rows.is_empty() {
        return vec!["No config updates to processes".to_owned()];
    }
    rows.into_iter()
        .map(|(group, word)| named(group, word))
        .collect()
}

/// Names in columns, filled downwards, as few rows as fit into `width` (CTL-070). Columns are padded and
/// two blanks apart; a row ends with its last name's padding.
pub fn columns(names: &[&str], width: usize) -> Vec<String> {
    for rows in 1..names.len() {
        let widths: Vec<usize> = names
            .chunks(rows)
            .map(|column| column.iter().map(|name| name.len()).max().unwrap_or(0))
            .collect();
        let total: usize = widths.iter().sum::<usize>() + 2 * (widths.len() - 1);
        if total <= width {
            return (0..rows)
                .map(|row| column_row(names, rows, row, &widths))
                .collect();
        }
    }
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn column_row(names: &[&str], rows: usize, row: usize, widths: &[usize]) -> String {
    let cells: Vec<String> = names
        .iter()
        .skip(row)
        .step_by(rows)
        .zip(widths)
        .map(|(name, width)| format!("{name:<width$}"))
        .collect();
    cells.join("  ")
}

#[cfg(test)]
mod tests;
