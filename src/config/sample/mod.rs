//! The sample configuration that `echo_supervisord_conf` prints: every option with its default and unit, made from the
//! option tables, so that it cannot fall behind them (CFG-222, CFG-223).

use super::kinds::Kind;
use super::options::Row;

/// What stands at the top.
const HEAD: &str = "\
; A configuration for supervisord and supervisorctl.
;
; Remove the semicolon before a line to use it. A value shown is the default, unless its comment names
; another default.
;  - A comment behind a value needs a blank before its semicolon: \"a=b ;so\", not \"a=b;so\". For the same
;    reason a command cannot contain a blank followed by a semicolon, not even within quotes.
;  - Quotes are part of a value, except in command= and environment=.
;  - %(ENV_HOME)s stands for the variable HOME, %(here)s for the folder of this file, %% for a percent sign.
;  - Paths in /tmp are there to try things out. Some systems clean that folder and take the socket away.
";

/// What is said about a kind of section.
const fn about(kind: Kind) -> &'static str {
    match kind {
        Kind::UnixServer => "supervisorctl talks to supervisord through this socket.",
        Kind::InetServer => {
            "The same over TCP. Nothing is encrypted, and without a password everybody who reaches the port\n\
             ; controls every program: keep it to this machine or to a network that you trust."
        }
        Kind::Supervisord => "The daemon itself.",
        Kind::RpcInterface => "supervisorctl and the web pages need this section as it is.",
        Kind::Supervisorctl => {
            "How supervisorctl finds the daemon; it has to fit one of the servers above."
        }
        Kind::CtlPlugin => "Actions of supervisorctl.",
        Kind::Program => "A program that is to be kept running, or several processes of it.",
        Kind::EventListener => {
            "A program that is told of events. The options of programs are the same, except for these."
        }
        Kind::FcgiProgram => {
            "Processes that share one FastCGI socket. The options of programs are the same; these are new."
        }
        Kind::Group => "Programs that are controlled together.",
        Kind::Include => "More files, read after this one; they cannot include others.",
    }
}

/// The whole text. It is a configuration that loads.
pub fn text() -> String {
    let mut out = String::from(HEAD);
    for kind in Kind::ALL {
        if kind == Kind::CtlPlugin {
            continue;
        }
        let active = active(kind);
        out.extend(["\n; ", about(kind), "\n"]);
        out += &line(!active.is_empty(), &format!("[{}]", header(kind)), "");
        for row in rows(kind) {
            let chosen = active.iter().find(|(name, _)| *name == row.name);
            let value = chosen.map_or(row.example, |(_, value)| value);
            let setting = format!("{}={value}", row.name);
            out += &line(chosen.is_some(), &setting, &comment(&row, value));
        }
    }
    out
}

/// The options that are shown: of listeners and FastCGI programs only those that a program has not.
fn rows(kind: Kind) -> Vec<Row> {
    let mut rows = kind.options();
    rows.retain(|row| !row.is_own);
    if matches!(kind, Kind::EventListener | Kind::FcgiProgram) {
        let program = Kind::Program.options();
        rows.retain(|row| !program.contains(row));
        let command = program.into_iter().find(|row| row.name == COMMAND);
        rows.splice(0..0, command);
    }
    if let Some(at) = rows.iter().position(|row| row.name == COMMAND) {
        let command = rows.remove(at);
        rows.insert(0, command);
    }
    rows
}

const COMMAND: &str = "command";

/// The sample's own name of the section.
fn header(kind: Kind) -> String {
    match kind {
        Kind::RpcInterface => "rpcinterface:supervisor".into(),
        Kind::Program => "program:name".into(),
        Kind::EventListener => "eventlistener:name".into(),
        Kind::FcgiProgram => "fcgi-program:name".into(),
        Kind::Group => "group:name".into(),
        kind => kind.prefix().into(),
    }
}

/// What is not commented out (CFG-223).
const fn active(kind: Kind) -> &'static [(&'static str, &'static str)] {
    match kind {
        Kind::UnixServer => &[("file", "/tmp/supervisor.sock")],
        Kind::Supervisord => &[
            ("logfile", "/tmp/supervisord.log"),
            ("logfile_maxbytes", "50MB"),
            ("logfile_backups", "10"),
            ("loglevel", "info"),
            ("pidfile", "/tmp/supervisord.pid"),
            ("nodaemon", "false"),
            ("silent", "false"),
            ("minfds", "1024"),
            ("minprocs", "200"),
        ],
        Kind::RpcInterface => &[(
            "supervisor.rpcinterface_factory",
            "supervisor.rpcinterface:make_main_rpcinterface",
        )],
        Kind::Supervisorctl => &[("serverurl", "unix:///tmp/supervisor.sock")],
        _ => &[],
    }
}

/// The explanation, and the default where the value shown is another one.
fn comment(row: &Row, value: &str) -> String {
    match row.default {
        Some("") => format!("{}; required", row.about),
        Some(default) if default == value => row.about.clone(),
        Some(default) => format!("{}; default {default}", row.about),
        None if is_required(row) => format!("{}; required", row.about),
        None if row.about.contains("default") => row.about.clone(),
        None => format!("{}; default unset", row.about),
    }
}

/// Options without which their section is refused.
fn is_required(row: &Row) -> bool {
    let names = ["command", "socket", "file", "port", "files"];
    names.contains(&row.name.as_ref()) || row.name.contains('.')
}

fn line(active: bool, text: &str, comment: &str) -> String {
    let text = if active {
        text.to_owned()
    } else {
        format!(";{text}")
    };
    if comment.is_empty() {
        return text + "\n";
    }
    format!("{text:<44} ; {comment}\n")
}

#[cfg(test)]
mod tests;
