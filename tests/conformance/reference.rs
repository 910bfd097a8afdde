//! Texts that must be the reference's to the letter, compared with the reference itself.

use crate::common::home::{Home, Reply};
use crate::common::{foreign_programs, program, reference, skip};

/// Both sides' answers to the same words, each with its own path as `PROG`; none where the
/// reference is missing or under test itself.
fn both(name: &str, arguments: &[&str]) -> Option<(Reply, Reply)> {
    if foreign_programs().is_some() {
        return None;
    }
    let home = Home::new();
    home.config("");
    let answer = |path: std::path::PathBuf| {
        let mut command = home.marked(&path);
        let mut reply = Reply::from(command.args(arguments).output().expect("a program"));
        let path = path.to_str().expect("a UTF-8 path");
        reply.out = reply.out.replace(path, "PROG");
        reply.err = reply.err.replace(path, "PROG");
        reply
    };
    Some((answer(program(name)), answer(reference(name)?)))
}

/// Expects the same output, errors and exit status from both sides for each set of words.
fn same(name: &str, table: &[&[&str]]) {
    for arguments in table {
        let Some((ours, theirs)) = both(name, arguments) else {
            return skip("needs Python's Supervisor to compare with; run tests/fetch-reference.sh");
        };
        assert_eq!(ours.out, theirs.out, "{name} {arguments:?}");
        assert_eq!(ours.err, theirs.err, "{name} {arguments:?}");
        assert_eq!(ours.code, theirs.code, "{name} {arguments:?}");
    }
}

#[test]
fn cfg_220_the_help_of_the_daemon() {
    same(
        "supervisord",
        &[
            &["-h"],
            &["--help"],
            &["-?"],
            &["-x"],
            &["--log", "x"],
            &["--nodaemon=yes"],
            &["-m", "9"],
            &["-d", "/no/such/folder"],
            &["-l", "/no/such/folder/log"],
            &["-a", "many"],
        ],
    );
}

#[test]
fn ctl_003_mistakes_of_the_clients_caller() {
    let table: [&[&str]; 4] = [
        &["-x"],
        &["--nothing"],
        &["-s", "nothing"],
        &["-c", "none.conf"],
    ];
    same("supervisorctl", &table);
}

#[test]
fn ctl_072_the_help_of_each_command() {
    let commands = [
        "add", "exit", "open", "reload", "restart", "start", "tail", "avail", "fg", "pid",
        "remove", "shutdown", "status", "update", "clear", "maintail", "quit", "reread", "signal",
        "stop", "version", "help", "EOF", "nothing",
    ];
    let table = commands.map(|command| ["-c", "supervisord.conf", "help", command]);
    let table: Vec<&[&str]> = table.iter().map(<[&str; 4]>::as_slice).collect();
    same("supervisorctl", &table);
    same("supervisorctl", &[&["-c", "supervisord.conf", "help"]]);
}
