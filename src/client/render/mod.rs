//! Reports as text: every line that the client prints. Pure.
//!
//! Control characters in names, descriptions and faults are shown escaped, so that no process can write
//! to the operator's terminal through them (DEC-082). Logs are not rendered here; they are shown as they are.

use std::fmt::Write;

use crate::base::names::namespec;
use crate::base::version::API_VERSION;
pub use crate::base::visible::{escaped, escaped_lines};

use crate::config::ctl::Missing;
use crate::rpc::wire::RemoteFault;

use super::address::Address;
use super::api::{Changes, CheckInfo, ConfigInfo, ProcessInfo, ProcessResult};
use super::error::ClientError;
use super::problem::Problem;
use super::report::{Entry, GroupChange, Meaning};
use super::transport::Remote;
use crate::base::fault::code;

/// The least width of the first column of `status` (CTL-080).
const STATUS_NAME_WIDTH: usize = 30;

/// An entry as text, with its line ends. Bytes of a log are none; they are shown as they are.
pub fn text(entry: &Entry, remote: &Remote, on_terminal: bool) -> String {
    let mut text = match entry {
        Entry::Processes(processes) => return status_table(processes),
        Entry::Checks(checks) => return check_table(checks),
        Entry::Changes(found) => return changes(found),
        Entry::Log(bytes) => return String::from_utf8_lossy(bytes).into_owned(),
        Entry::ProcessResult(operation, row) => match operation.meaning(row) {
            Meaning::Unknown => trouble(&unknown_code(row), remote, on_terminal),
            meaning => row_text(row, meaning),
        },
        Entry::Group(name, operation) => named(name, group_word(*operation)),
        Entry::Config(config) => avail_row(config),
        Entry::Pid { pid, .. } => pid.to_string(),
        Entry::Line(line) => line.clone(),
        Entry::Problem(problem) | Entry::Remark(problem) => match problem {
            Problem::Unreachable { error, .. } => trouble(error, remote, on_terminal),
            problem => problem.to_string(),
        },
        Entry::Trouble(error) => trouble(error, remote, on_terminal),
    };
    text.push('\n');
    text
}

fn group_word(operation: GroupChange) -> &'static str {
    match operation {
        GroupChange::Stopped => "stopped",
        GroupChange::Updated => "updated process group",
        GroupChange::Added => "added process group",
        GroupChange::Removed => "removed process group",
    }
}

/// `NS: TEXT`.
pub fn named(name: &str, text: &str) -> String {
    format!("{}: {text}", escaped(name))
}

/// `NS: ERROR (TEXT)`.
pub fn named_error(name: &str, text: &str) -> String {
    format!("{}: ERROR ({text})", escaped(name))
}

/// The line for whatever was not foreseen (CTL-035, DEC-080), and for a server that is not there (CTL-031). In a pipe
/// it is or begins as the reference's, which scripts look for; on a terminal as all other errors do (CLX-101).
fn trouble(error: &ClientError, remote: &Remote, on_terminal: bool) -> String {
    if !on_terminal && let Some(line) = unreachable(error, &remote.url) {
        return line;
    }
    match error {
        // as `reread` prints it: what is wrong with a file may take several lines
        ClientError::Fault(fault) if fault.code == code::CANT_REREAD => {
            format!("ERROR: {}", escaped_lines(&fault.text))
        }
        error => {
            let word = if on_terminal { "ERROR" } else { "error" };
            format!("{word}: {}", sentence(error, remote))
        }
    }
}

/// What went wrong with `remote`, in one line.
pub fn sentence(error: &ClientError, remote: &Remote) -> String {
    let text = match (error, &remote.file) {
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
        _ if error.is_about_the_server() => format!("{} {error}", remote.url),
        _ => error.to_string(),
    };
    escaped(&text).into_owned()
}

/// The reference's line for a server that is not there, if that is the error (CTL-031).
pub fn unreachable(error: &ClientError, url: &str) -> Option<String> {
    let url = escaped(url);
    if error.is_refused() {
        Some(format!("{url} refused connection"))
    } else if error.is_missing() {
        Some(format!("{url} no such file"))
    } else {
        None
    }
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
fn status_table(processes: &[ProcessInfo]) -> String {
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

/// The table of `health`, a line for each check (HLT-103): columns two blanks apart, none at a line's end.
fn check_table(checks: &[CheckInfo]) -> String {
    let rows: Vec<[String; 4]> = checks
        .iter()
        .map(|check| {
            let name = namespec(&check.group, &check.name);
            [&name, &check.check, &check.verdict, &check.reason]
                .map(|cell| escaped(cell).into_owned())
        })
        .collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths = [width(0), width(1), width(2)];
    let mut table = String::new();
    for [name, check, verdict, reason] in &rows {
        let [first, second, third] = widths;
        let line = format!("{name:<first$}  {check:<second$}  {verdict:<third$}  {reason}");
        table.push_str(line.trim_end());
        table.push('\n');
    }
    table
}

/// What became of one process of several (CTL-092, CTL-101, CTL-111, CTL-135).
fn row_text(row: &ProcessResult, meaning: Meaning) -> String {
    let name = namespec(&row.group, &row.name);
    match meaning {
        Meaning::Done(word) => named(&name, word),
        Meaning::Not(why) => named_error(&name, why),
        Meaning::AsTold | Meaning::Unknown => escaped(&row.description).into_owned(),
    }
}

fn unknown_code(row: &ProcessResult) -> ClientError {
    ClientError::ResultCode {
        namespec: namespec(&row.group, &row.name),
        fault: RemoteFault {
            code: row.status,
            text: row.description.clone(),
        },
    }
}

/// One line of `avail` (CTL-140).
fn avail_row(config: &ConfigInfo) -> String {
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
fn changes(changes: &Changes) -> String {
    let kinds = [
        (&changes.added, "available"),
        (&changes.changed, "changed"),
        (&changes.removed, "disappeared"),
    ];
    let mut rows: Vec<(&String, &str)> = kinds
        .into_iter()
        .flat_map(|(groups, word)| groups.iter().map(move |group| (group, word)))
        .collect();
    rows.sort();
    if rows.is_empty() {
        return "No config updates to processes\n".to_owned();
    }
    rows.into_iter()
        .map(|(group, word)| named(group, word) + "\n")
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
