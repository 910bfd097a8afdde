//! What the daemon does not do: wake up for nothing, start threads, leave the house untidy.

use std::time::Duration;

use nix::sys::signal::Signal;

use crate::common::daemon::Daemon;
use crate::common::wait::{self, DEADLINE};
use crate::common::{ours_only, proc};

/// How long the idle daemon is watched at a time. A tick of one second would show thrice.
const WATCH: Duration = Duration::from_secs(3);

#[test]
fn idle_means_idle() {
    ours_only!("DEC-020: no one-second tick");
    let daemon = Daemon::start("[program:x]\ncommand=/bin/cat\nstartsecs=1\n");
    daemon.wait_running("x");
    let switches = || {
        proc::number(daemon.pid, "voluntary_ctxt_switches")
            + proc::number(daemon.pid, "nonvoluntary_ctxt_switches")
    };
    // A busy machine may disturb one span; a daemon that wakes up by itself disturbs every one.
    let start = wait::now();
    loop {
        let before = switches();
        wait::watch(WATCH);
        let count = switches() - before;
        if count <= 1 {
            break;
        }
        assert!(
            start.elapsed() < DEADLINE,
            "{count} wake-ups in {WATCH:?}, again and again"
        );
    }
}

#[test]
fn the_daemon_has_one_thread() {
    ours_only!("one thread, so that fork stays safe");
    let daemon = Daemon::start("[program:x]\ncommand=/bin/cat\nstartsecs=0\n");
    let first = daemon.wait_running("x");
    assert_eq!(proc::number(daemon.pid, "Threads"), 1);
    proc::signal(first, Signal::SIGKILL);
    daemon.wait_replaced("x", first);
    assert_eq!(proc::number(daemon.pid, "Threads"), 1);
}

#[test]
fn dec_020_a_dead_program_is_replaced_at_once() {
    ours_only!("DEC-020: things happen when they are due");
    let daemon = Daemon::start("[program:x]\ncommand=/bin/cat\nstartsecs=0\n");
    let mut pid = daemon.wait_running("x");
    // The best of several rounds: what one busy moment takes is not the daemon's.
    let mut best = DEADLINE;
    for _ in 0..3 {
        // one that ends sooner waits for the rest of its second (DEC-021a)
        wait::watch(Duration::from_millis(1100));
        let start = wait::now();
        proc::signal(pid, Signal::SIGKILL);
        pid = daemon.wait_replaced("x", pid);
        best = best.min(start.elapsed());
    }
    assert!(best < Duration::from_millis(200), "{best:?}");
}

#[test]
fn dec_020_a_daemon_with_nothing_to_wait_for_ends_at_once() {
    ours_only!("DEC-020: no second per group at shutdown");
    let program = |number| format!("[program:p{number}]\ncommand=/bin/cat\nstartsecs=0\n");
    let body: String = (0..20).map(program).collect();
    let mut daemon = Daemon::start(&body);
    daemon.wait_running("p19");
    let start = wait::now();
    assert!(daemon.stop().success());
    assert!(start.elapsed() < Duration::from_secs(5));
}
