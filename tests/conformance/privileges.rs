//! Running programs, and the daemon itself, as somebody else.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use nix::unistd::{User, geteuid};

use crate::common::daemon::Daemon;
use crate::common::home::Home;
use crate::common::{needs_root, not_in_this_run, proc, skip};

/// A user without rights that every system has.
const NOBODY: &str = "nobody";

/// The four uids of a process, all alike.
fn uid_of(pid: i32) -> u32 {
    let uids = proc::status(pid, "Uid").expect("uids");
    let mut uids = uids.split_whitespace();
    let first = uids.next().expect("a uid");
    assert!(uids.all(|uid| uid == first));
    first.parse().expect("a number")
}

#[test]
fn proc_087_a_program_gets_user_group_and_supplementary_groups() {
    needs_root!();
    let Ok(Some(user)) = User::from_name(NOBODY) else {
        return skip("needs the user nobody");
    };
    let daemon = Daemon::start(&format!(
        "[program:x]\ncommand=/bin/cat\nstartsecs=0\nuser={NOBODY}\n\
         stdout_logfile={{dir}}/x.out\nstderr_logfile=NONE\n"
    ));
    let pid = daemon.wait_running("x");
    assert_eq!(uid_of(pid), user.uid.as_raw());
    let gid = user.gid.to_string();
    let gids = proc::status(pid, "Gid").expect("gids");
    assert!(gids.split_whitespace().all(|found| found == gid), "{gids}");
    let groups = proc::status(pid, "Groups").expect("groups");
    assert!(
        groups.split_whitespace().any(|found| found == gid),
        "{groups}"
    );
    assert!(
        !groups.split_whitespace().any(|found| found == "0"),
        "{groups}"
    );
    // The log belongs to the daemon, and the environment says nothing of the user (PROC-075).
    let log = fs::metadata(daemon.path("x.out")).expect("a log");
    assert_eq!(log.uid(), 0);
    assert_eq!(proc::environment_of(pid)["HOME"], daemon.fill("{dir}"));
    daemon.stop_process("x");
}

#[test]
fn proc_085_without_root_another_user_is_out_of_reach() {
    if geteuid().is_root() {
        return not_in_this_run("needs to run without root");
    }
    let daemon = Daemon::start(
        "[program:x]\ncommand=/bin/cat\nstartsecs=5\nstartretries=50\nuser=root\n\
         stderr_logfile={dir}/x.err\n",
    );
    daemon.wait_state("x", "BACKOFF");
    let said = daemon.wait_file("x.err", "not spawned");
    let expected = "supervisor: couldn't setuid to 0: Can't drop privilege as nonroot user\n\
                    supervisor: child process was not spawned\n";
    assert!(said.starts_with(expected), "{said}");
}

#[test]
fn dmn_051_the_daemon_itself_can_give_up_root() {
    needs_root!();
    let Ok(Some(user)) = User::from_name(NOBODY) else {
        return skip("needs the user nobody");
    };
    let home = Home::new();
    nix::unistd::chown(home.folder(), Some(user.uid), Some(user.gid)).expect("a new owner");
    home.config_with(
        &format!("user={NOBODY}"),
        "[program:x]\ncommand=/bin/cat\nstartsecs=0\n",
    );
    let daemon = Daemon::of(home, &[]);
    let pid = daemon.wait_running("x");
    assert_eq!(uid_of(daemon.pid), user.uid.as_raw());
    assert_eq!(uid_of(pid), user.uid.as_raw());
    let line = daemon.wait_log("Set uid");
    assert_eq!(line, format!("INFO Set uid to user {} succeeded", user.uid));
    for name in ["main.log", "sock", "pid"] {
        let owner = fs::metadata(daemon.path(name)).expect(name).uid();
        assert_eq!(owner, user.uid.as_raw(), "{name}");
    }
    assert!(!daemon.log().contains("running as root"));
}

#[test]
fn dmn_050_root_on_purpose_is_not_criticised() {
    needs_root!();
    let daemon = Daemon::start_with("user=root", "");
    let line = daemon.wait_log("Set uid");
    assert_eq!(line, "INFO Set uid to user 0 succeeded");
    assert!(!daemon.log().contains("running as root"));
}

#[test]
fn dmn_052_without_root_the_daemon_cannot_become_another() {
    if geteuid().is_root() {
        return not_in_this_run("needs to run without root");
    }
    let home = Home::new();
    home.config_with("user=root", "");
    let output = home.supervisord(&["-n", "-c", "supervisord.conf"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let expected = "Error: Can't drop privilege as nonroot user\nFor help, use ";
    assert!(said.starts_with(expected), "{said}");
}
