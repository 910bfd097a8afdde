//! Commands of `supervisorctl` about logs: tail, maintail, clear.

use std::fs::File;

use nix::sys::signal::Signal;

use crate::common::home::start;
use crate::common::wait::wait_until;
use crate::common::{ours_only, proc};
use crate::ctl::{check, daemon};

#[test]
fn ctl_120_tail_shows_the_end_of_a_log() {
    let daemon = daemon();
    daemon.feed("up", "first\nlast\n");
    daemon.wait_file("up.log", "last\n");
    assert_eq!(daemon.ctl(&["tail", "up"]).out, "first\nlast\n\n");
    assert_eq!(daemon.ctl(&["tail", "-5", "up"]).out, "last\n\n");
    assert_eq!(
        daemon.ctl(&["tail", "-0", "up", "STDOUT"]).out,
        "first\nlast\n\n"
    );
    assert_eq!(daemon.ctl(&["tail", "up", "stderr"]).out, "\n");
    check(
        &daemon.ctl(&["tail", "up", "foo"]),
        &["Error: bad channel 'foo'"],
        1,
    );
    check(
        &daemon.ctl(&["tail", "none"]),
        &["none: ERROR (no such process name)"],
        1,
    );
    check(
        &daemon.ctl(&["tail", "-x", "up"]),
        &["Error: bad argument -x"],
        1,
    );
    let few = daemon.ctl(&["tail"]);
    assert_eq!(few.lines()[0], "Error: too few arguments");
    assert_eq!(few.code, Some(1));
}

#[test]
fn ctl_123_tail_f_follows_until_it_is_interrupted() {
    let daemon = daemon();
    daemon.feed("up", "old\n");
    daemon.wait_file("up.log", "old\n");
    for (arguments, log, new) in [
        (&["tail", "-f", "up"][..], "up.log", "new\n"),
        (&["maintail", "-f"], "main.log", "stopped: up "),
    ] {
        let mut command = daemon.command("supervisorctl");
        command.args(["-c", "supervisord.conf"]).args(arguments);
        let output = File::create(daemon.path("followed")).expect("a file");
        let mut follower = start(command.stdout(output));
        let header = "==> Press Ctrl-C to exit <==\n";
        wait_until("the beginning", || {
            let said = daemon.read("followed");
            said.starts_with(header) && said.len() > header.len()
        });
        // Something new for both logs, whichever is followed.
        daemon.feed("up", "new\n");
        wait_until("the echo", || daemon.read("up.log").ends_with("new\n"));
        daemon.ctl(&["restart", "up"]);
        wait_until("what is new", || {
            let said = daemon.read("followed");
            daemon
                .read(log)
                .ends_with(said.strip_prefix(header).unwrap_or("nothing yet"))
                && said.contains(new)
        });
        proc::signal(i32::try_from(follower.id()).expect("a pid"), Signal::SIGINT);
        assert_eq!(follower.wait().expect("our child").code(), Some(0));
    }
}

#[test]
fn ctl_130_maintail_shows_the_end_of_the_main_log() {
    let daemon = daemon();
    let tail = daemon.ctl(&["maintail", "-100000"]);
    assert_eq!(tail.out, daemon.log() + "\n");
    let tail = daemon.ctl(&["maintail", "-20"]);
    assert_eq!(tail.out.len(), 21);
    check(
        &daemon.ctl(&["maintail", "x"]),
        &["Error: bad argument x"],
        1,
    );
}

#[test]
fn ctl_135_clear_empties_logs() {
    let daemon = daemon();
    daemon.feed("up", "text\n");
    daemon.wait_file("up.log", "text\n");
    check(&daemon.ctl(&["clear", "up"]), &["up: cleared"], 0);
    assert_eq!(daemon.read("up.log"), "");
    check(
        &daemon.ctl(&["clear", "none"]),
        &["none: ERROR (no such process)"],
        1,
    );
    let all = daemon.ctl(&["clear", "all"]);
    assert_eq!(all.lines().len(), 4);
    assert_eq!(all.code, Some(0));
}

#[test]
fn dec_081_clear_knows_groups() {
    ours_only!("DEC-081: clear group:* works");
    let daemon = daemon();
    let cleared = ["pair:pair_0: cleared", "pair:pair_1: cleared"];
    check(&daemon.ctl(&["clear", "pair:*"]), &cleared, 0);
}
