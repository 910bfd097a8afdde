//! The daemon's own log: its lines, their levels, where they go.

use xmlrpc::Value;

use crate::common::daemon::Daemon;
use crate::common::home::Home;
use crate::common::wait::wait_until;
use crate::common::{needs_root, program};

/// True for `2026-01-31 23:59:59,999 INFO text`.
fn is_a_line(line: &str) -> bool {
    let shape = "9999-99-99 99:99:99,999 ";
    let head_fits = shape.len() < line.len()
        && shape.bytes().zip(line.bytes()).all(|(wanted, found)| {
            if wanted == b'9' {
                found.is_ascii_digit()
            } else {
                wanted == found
            }
        });
    let levels = ["CRIT", "ERRO", "WARN", "INFO", "DEBG", "TRAC", "BLAT"];
    head_fits
        && levels
            .iter()
            .any(|level| line[24..].starts_with(&format!("{level} ")))
}

#[test]
fn log_001_every_line_has_a_time_and_a_level() {
    let daemon = Daemon::start_with(
        "loglevel=blather",
        "[program:x]\ncommand=/bin/sleep 1000\nstartsecs=0\n",
    );
    daemon.wait_running("x");
    let log = daemon.log();
    // What the HTTP layer says at its start spans lines, and so does its own report of them.
    let lines = log.lines().filter(|line| !line.starts_with('\t'));
    for line in lines {
        assert!(is_a_line(line), "{line}");
    }
}

#[test]
fn log_078_a_start_is_told_in_order() {
    let daemon = Daemon::start("[program:x]\ncommand=/bin/cat\nstartsecs=0\n");
    daemon.wait_running("x");
    let log = daemon.log();
    let mut lines: Vec<&str> = log.lines().map(|line| &line[24..]).collect();
    if nix::unistd::geteuid().is_root() {
        let root = lines.remove(0);
        let expected = "CRIT Supervisor is running as root.  Privileges were not dropped because no \
                        user is specified in the config file.  If you intend to run as root, you \
                        can set user=root in the config file to avoid this message.";
        assert_eq!(root, expected);
    }
    lines.retain(|line| !line.starts_with("INFO Increased RLIMIT_"));
    let started = format!("INFO supervisord started with pid {}", daemon.pid);
    let expected = [
        "INFO RPC interface 'supervisor' initialized",
        "CRIT Server 'unix_http_server' running without any HTTP authentication checking",
        &started,
    ];
    assert_eq!(lines[..3], expected);
    assert!(lines[3].starts_with("INFO spawned: 'x' with pid "), "{log}");
    assert!(
        lines[4].starts_with("INFO success: x entered RUNNING state, "),
        "{log}"
    );
    assert_eq!(lines.len(), 5);
}

#[test]
fn log_012_lines_below_the_level_are_not_written() {
    let daemon = Daemon::start_with(
        "loglevel=warn",
        "[program:x]\ncommand=/bin/cat\nstartsecs=0\n",
    );
    daemon.wait_running("x");
    daemon.stop_process("x");
    daemon.wait_log("WARN stopped: x");
    let log = daemon.log();
    assert!(
        log.lines().all(|line| !line[24..].starts_with("INFO")),
        "{log}"
    );
}

#[test]
fn log_013_in_the_foreground_stdout_shows_the_log() {
    let mut daemon = Daemon::start("[program:x]\ncommand=/bin/cat\nstartsecs=0\n");
    daemon.wait_running("x");
    assert!(daemon.stop().success());
    assert_eq!(daemon.read("stdout"), daemon.log());
    assert_eq!(daemon.read("stderr"), "");
}

#[test]
fn dmn_005_silent_keeps_stdout_empty() {
    let home = Home::new();
    home.config("[program:x]\ncommand=/bin/cat\nstartsecs=0\n");
    let mut daemon = Daemon::of(home, &["-s"]);
    daemon.wait_running("x");
    assert!(daemon.stop().success());
    assert_eq!(daemon.read("stdout"), "");
    assert!(daemon.log().contains("stopped: x"));
}

#[test]
fn log_094_the_main_log_rotates_too() {
    let daemon = Daemon::start_with(
        "logfile_maxbytes=400\nlogfile_backups=2\nloglevel=debug",
        "[program:x]\ncommand=/bin/cat\nstartsecs=0\nautostart=false\n",
    );
    wait_until("two old logs", || {
        daemon.start_process("x");
        daemon.stop_process("x");
        daemon.has("main.log.2")
    });
    assert!(!daemon.has("main.log.3"));
    assert!(daemon.read("main.log.1").len() >= 400);
    assert!(daemon.log().len() < 400);
}

#[test]
fn log_105_clear_log_starts_a_new_file() {
    let daemon = Daemon::start("[program:x]\ncommand=/bin/cat\nautostart=false\n");
    let read = |offset: i32, length: i32| {
        daemon.rpc(
            "supervisor.readLog",
            vec![Value::Int(offset), Value::Int(length)],
        )
    };
    let whole = read(0, 0).expect("the log");
    assert_eq!(whole.as_str(), Some(daemon.log().as_str()));
    let cleared = daemon.rpc("supervisor.clearLog", vec![]);
    assert_eq!(cleared, Ok(Value::Bool(true)));
    assert_eq!(daemon.log(), "");
    daemon.start_process("x");
    daemon.wait_log("spawned: 'x'");
    let end = read(-10, 0).expect("the log");
    assert!(daemon.log().ends_with(end.as_str().expect("a text")));
}

#[test]
fn log_035_a_shutdown_names_whom_it_waits_for() {
    let mut daemon = Daemon::start(
        "[program:a]\ncommand=/bin/cat\nstartsecs=0\n[program:b]\ncommand=/bin/cat\nstartsecs=0\n",
    );
    daemon.wait_running("a");
    daemon.wait_running("b");
    assert!(daemon.stop().success());
    let line = daemon.wait_log("to die");
    assert_eq!(line, "INFO waiting for a, b to die");
    let log = daemon.log();
    let received = log.find("WARN received SIGTERM indicating exit request");
    assert!(received < log.find("waiting for a, b to die"), "{log}");
    assert!(log.trim_end().ends_with("(terminated by SIGTERM)"), "{log}");
}

#[test]
fn log_015_lines_of_the_start_come_in_the_order_of_the_reference() {
    needs_root!();
    let home = Home::new();
    home.write(
        "x.d/b.conf",
        "[program:b]\ncommand=/bin/cat\nstderr_logfile=syslog\n",
    );
    home.config_with(
        "user=root",
        "[include]\nfiles={dir}/x.d/*.conf {dir}/y.d/*.conf\n",
    );
    let mut command = home.marked("sh");
    // a limit that is raised gives a line of its own
    let words = "ulimit -Sn 256; exec \"$0\" -n -c supervisord.conf";
    command.args(["-c", words]).arg(program("supervisord"));
    let daemon = Daemon::from_command(home, command);
    daemon.wait_log("supervisord started");
    let lines = daemon.log_lines("");
    let wanted = [
        "WARN No file matches via include",
        "WARN For [program:b], stderr_logfile=syslog but this is deprecated",
        "INFO Included extra file",
        "INFO Set uid to user 0 succeeded",
        "INFO Increased RLIMIT_NOFILE limit to ",
    ];
    for (at, want) in wanted.into_iter().enumerate() {
        assert!(lines[at].starts_with(want), "{want}: {lines:#?}");
    }
}
