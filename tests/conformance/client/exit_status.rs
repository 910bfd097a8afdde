//! The exit statuses of `docs/commands.md`, each row against runs.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Command;

use nix::sys::signal::Signal;

use super::fake::{
    CONFIG, PROGRAM, Reply, Request, array, client, fault, process, raw, row, run, serve_while,
    text, value, with_version,
};
use crate::common::home::start;
use crate::common::proc;
use crate::common::wait::wait_until;

/// A file of the tree.
fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The rows of the first table of the manual: status and meaning.
fn manual() -> Vec<(i32, String)> {
    let text = read("docs/commands.md");
    let (_, rest) = text.split_once("### Exit status").unwrap();
    let (part, _) = rest.split_once("\n### ").unwrap();
    let cells = |line: &str| -> Option<(i32, String)> {
        let (status, when) = line.strip_prefix("| ")?.split_once(" | ")?;
        Some((status.parse().ok()?, when.trim_end_matches(" |").to_owned()))
    };
    part.lines().filter_map(cells).collect()
}

/// A server with one process, `up`, that runs, and one, `off`, that does not; a group `g` is not there.
fn usual(request: &Request) -> Reply {
    let about = |name: &str| request.has_argument(name);
    let stopped = process("off", "off", "0", "STOPPED", "Not started").replace("4711", "0");
    with_version(request, |request| match request.method() {
        "getAllProcessInfo" => array(&[
            process("up", "up", "20", "RUNNING", "fine"),
            stopped.clone(),
        ]),
        "getProcessInfo" if about("off") => value(&stopped),
        "getProcessInfo" if about("none") => fault("10", "BAD_NAME: none"),
        "getProcessInfo" => value(&process("up", "up", "20", "RUNNING", "fine")),
        "startProcess" if about("up") => fault("60", "ALREADY_STARTED: up"),
        "startProcess" if about("lost") => fault("50", "SPAWN_ERROR: lost"),
        "startProcess" if about("quick") => fault("40", "ABNORMAL_TERMINATION: quick"),
        "stopProcess" | "signalProcess" if about("off") => fault("70", "NOT_RUNNING: off"),
        "addProcessGroup" if about("up") => fault("90", "ALREADY_ADDED: up"),
        "shutdown" => fault("6", "SHUTDOWN_STATE"),
        "startProcess" | "stopProcess" | "signalProcess" | "removeProcessGroup"
            if about("none") =>
        {
            fault("10", "BAD_NAME: none")
        }
        "startProcessGroup" | "stopProcessGroup" => fault("10", "BAD_NAME: g"),
        "stopAllProcesses" => array(&[row("up", "up", "80", "OK")]),
        _ => value("<boolean>1</boolean>"),
    })
}

/// Exit status, words of its row in the manual, and a command that gives it.
const TABLE: [(i32, &str, &str); 24] = [
    (0, "done", "status up"),
    (0, "done", "stop all"),
    (0, "already started", "start up"),
    (0, "not running", "stop off"),
    (0, "already active", "add up"),
    (0, "already shutting down", "shutdown"),
    (1, "something was not done", "fg off"),
    (1, "a name", "stop none"),
    (1, "a name", "pid none"),
    (1, "a name", "stop g:*"),
    (1, "a name", "remove none"),
    (1, "an argument", "version now"),
    (1, "an argument", "tail -x up"),
    (1, "an action is unknown", "dance"),
    (2, "`start` without a name", "start"),
    (2, "no such group", "start g:*"),
    (2, "no such group", "restart g:*"),
    (3, "STOPPED", "status"),
    (3, "STOPPED", "status off none"),
    (4, "no such process", "status none"),
    (7, "a spawn error", "start lost"),
    (7, "ended too soon", "start quick"),
    (7, "it does not run", "signal HUP off"),
    (7, "it does not run", "pid off"),
];

/// Asserts the status of a run, and that its row in the manual has `words`.
fn check(seen: &mut Vec<i32>, wanted: i32, words: &str, status: i32, what: &str) {
    assert_eq!(status, wanted, "{what}");
    let rows = manual();
    let row = rows.iter().find(|row| row.0 == wanted);
    let row = row.unwrap_or_else(|| panic!("no row for {wanted}"));
    assert!(row.1.contains(words), "{what}: {words:?} is not in {row:?}");
    seen.push(wanted);
}

/// What a shell says of a client that Ctrl-C ended while it waited for an answer.
fn interrupted() -> i32 {
    let silent = |request: &Request| with_version(request, |_| raw(b"").kept());
    serve_while(silent, |url, requests| {
        // a shell's background jobs ignore Ctrl-C, and so would what they start
        let mut command = Command::new("env");
        command.args(["--default-signal=INT", PROGRAM]);
        let mut child = start(command.args(["-c", CONFIG, "-s", url, "pid"]));
        wait_until("the question", || requests.lock().unwrap().len() == 2);
        let pid = i32::try_from(child.id()).unwrap();
        proc::signal(pid, Signal::SIGINT);
        let status = child.wait().unwrap();
        status
            .code()
            .or_else(|| Some(128 + status.signal()?))
            .unwrap()
    })
}

#[test]
fn the_manual_tells_every_exit_status() {
    let mut seen = Vec::new();
    for (status, words, command) in TABLE {
        let ran = run(&[command], usual);
        check(&mut seen, status, words, ran.status, command);
    }
    let of = |words: &[&str]| client(words, "").status.code().unwrap();
    check(&mut seen, 2, "an option", of(&["--dance"]), "an option");

    let odd = run(&["pid"], |_| fault("1", "UNKNOWN_METHOD"));
    check(
        &mut seen,
        3,
        "[rpcinterface:supervisor]",
        odd.status,
        "no interface",
    );
    let odd = run(&["pid"], |_| text("2.0"));
    check(
        &mut seen,
        5,
        "another version",
        odd.status,
        "another version",
    );
    let guarded = run(&["pid"], |_| super::fake::status("401 Unauthorized"));
    check(
        &mut seen,
        1,
        "password is wrong",
        guarded.status,
        "a password",
    );

    // whose server is gone
    let gone = run(&["version"], usual).url;
    let lost = "unix:///nonexistent/socket";
    for command in [
        "avail", "reread", "update", "add x", "remove x", "reload", "shutdown",
    ] {
        for url in [&gone, lost] {
            check(
                &mut seen,
                1,
                "no daemon",
                of(&["-s", url, command]),
                command,
            );
        }
        let name = command.split(' ').next().unwrap();
        let row = &manual()[1].1;
        assert!(row.contains(&format!("`{name}`")), "{name} is not in {row}");
    }
    for url in [&gone, lost] {
        check(
            &mut seen,
            4,
            "no daemon",
            of(&["-s", url, "status"]),
            "status",
        );
    }
    for command in [
        "start x", "stop x", "pid", "tail x", "clear x", "fg x", "version",
    ] {
        let status = of(&["-s", &gone, command]);
        check(&mut seen, 4, "nobody listens", status, command);
        let status = of(&["-s", lost, command]);
        check(&mut seen, 7, "the socket does not exist", status, command);
    }

    check(&mut seen, 130, "Ctrl-C", interrupted(), "Ctrl-C");

    let listed: Vec<i32> = manual().into_iter().map(|row| row.0).collect();
    let shown = |status: &i32| seen.contains(status);
    assert!(listed.iter().all(shown), "{listed:?}");
    let page = read("docs/man/supervisorctl.1");
    let (_, page) = page.split_once(".Sh EXIT STATUS").unwrap();
    let items = page.lines().filter_map(|line| line.strip_prefix(".It "));
    let items: Vec<i32> = items.map(|item| item.parse().unwrap()).collect();
    assert_eq!(items, listed, "the man page");
}
