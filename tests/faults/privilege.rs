//! What somebody else can do through names in a shared folder, and what programs are given.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use nix::sys::signal::Signal;

use crate::common::daemon::{Daemon, text};
use crate::common::home::Home;
use crate::common::{needs_root, proc, skip};
use crate::health::{config, start};

const ECHO: &str = "[program:a]\ncommand=/bin/cat\nstartsecs=0\nstartretries=0\n";

#[test]
fn a_link_in_the_place_of_the_pid_file_is_not_followed() {
    let home = Home::new();
    config(&home, "");
    home.write("victim", "precious");
    symlink(home.path("victim"), home.path("pid")).expect("a link");
    let mut command = home.command("supervisord");
    command.args(["-n", "-c", "supervisord.conf"]);
    let mut child = crate::common::home::start(&mut command);
    drop(command);
    let complaint = crate::common::wait::wait_for("a complaint", || {
        let log = home.read("main.log");
        log.contains("could not write pidfile").then_some(log)
    });
    assert!(complaint.contains("CRIT"), "{complaint}");
    child.kill().expect("our child");
    child.wait().expect("our child");
    assert_eq!(home.read("victim"), "precious");
}

#[test]
fn a_link_in_the_place_of_the_socket_is_not_followed() {
    let home = Home::new();
    config(&home, "");
    home.write("victim", "precious");
    symlink(home.path("victim"), home.path("sock")).expect("a link");
    let output = home.supervisord(&["-n", "-c", "supervisord.conf"]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("is not a socket"), "{error}");
    assert_eq!(home.read("victim"), "precious");
}

/// The reference prepares its socket under a name with its pid, which others can guess.
#[test]
fn folders_in_the_way_of_a_guessed_name_keep_nothing_from_starting() {
    let home = Home::new();
    config(&home, "");
    let last = fs::read_to_string("/proc/loadavg").expect("the last pid");
    let last: u32 = last
        .split_whitespace()
        .last()
        .and_then(|pid| pid.parse().ok())
        .expect("a pid");
    for pid in last..last + 3000 {
        fs::create_dir(home.path(&format!("sock.{pid}"))).expect("a folder");
    }
    let daemon = Daemon::of(home, &[]);
    daemon.wait_running("witness");
    if !daemon.has(&format!("sock.{}", daemon.pid)) {
        skip("more than 3000 processes came in between, so the guess was wrong");
    }
    let guessed = |name: &&str| name.parse::<u32>().is_ok();
    let names = daemon.names();
    let others = names.iter().filter_map(|name| name.strip_prefix("sock."));
    assert_eq!(others.filter(|name| !guessed(name)).count(), 0);
}

#[test]
fn a_link_in_the_place_of_an_automatic_log_is_not_followed() {
    let daemon = start(ECHO);
    let pid = daemon.wait_running("a");
    let log = text(&daemon.info("a"), "stdout_logfile");
    let mode = || fs::metadata(&log).expect("the log").permissions().mode() & 0o777;
    assert_eq!(mode(), 0o600);
    daemon.write("victim", "precious");
    fs::remove_file(&log).expect("the log");
    symlink(daemon.path("victim"), &log).expect("a link");
    daemon.signal(Signal::SIGUSR2);
    daemon.wait_log("cannot reopen a child log");
    daemon.feed("a", "words\n");
    assert_eq!(daemon.pid_of("a"), pid, "it runs on");
    daemon.stop_process("a");
    let started = daemon.rpc("supervisor.startProcess", vec!["a".into()]);
    assert_eq!(started, Err((50, "SPAWN_ERROR: a".to_owned())));
    fs::remove_file(&log).expect("the link");
    daemon.start_process("a");
    assert_eq!(mode(), 0o600, "made anew, and private");
    assert_eq!(daemon.read("victim"), "precious");
}

#[test]
fn a_link_among_old_automatic_logs_goes_alone() {
    let home = Home::new();
    config(&home, "");
    home.write("victim", "precious");
    let link = home.path("a-stdout---supervisor-abcdefgh.log");
    symlink(home.path("victim"), &link).expect("a link");
    let daemon = Daemon::of(home, &[]);
    daemon.wait_running("witness");
    assert!(link.symlink_metadata().is_err());
    assert_eq!(daemon.read("victim"), "precious");
}

#[test]
fn a_program_of_another_user_keeps_no_way_back() {
    needs_root!();
    let daemon = start("[program:a]\ncommand=/bin/sleep 1000\nuser=nobody\nstartsecs=0\n");
    let pid = daemon.wait_running("a");
    let field = |name: &str| proc::status(pid, name).expect("a field");
    for name in ["Uid", "Gid"] {
        let ids = field(name);
        assert!(
            ids.split('\t').all(|id| id == "65534"),
            "{name}: real, effective, saved, file: {ids}"
        );
    }
    assert_eq!(field("Groups"), "65534");
    for name in ["CapPrm", "CapEff", "CapInh", "CapAmb", "SigBlk"] {
        assert!(field(name).trim_start_matches('0').is_empty(), "{name}");
    }
    let open: Vec<_> = proc::descriptors(pid).into_keys().collect();
    assert_eq!(open, [0, 1, 2]);
}
