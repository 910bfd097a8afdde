//! RUNNING that means that it works: oneshots, readiness, what processes say of themselves, restarts.

use std::time::Duration;

use super::{play, play_with};
use crate::process::lifecycle::{Kind, Lifecycle, StartLimit};

const ONE: &str =
    "[program:a]\ncommand=/bin/a\nautostart=false\nstartsecs=0\nstartretries=1\nautorestart=false";

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn oneshot(options: &mut Lifecycle) {
    options.kind = Kind::Oneshot;
    options.startwaitsecs = Some(secs(5));
}

fn notify(options: &mut Lifecycle) {
    options.kind = Kind::Notify;
    options.startwaitsecs = Some(secs(5));
}

#[test]
fn lif_101_a_oneshot_is_starting_until_it_is_done() {
    let play = play_with(
        ONE,
        oneshot,
        &[
            ("start! a", "spawn a; #0"),
            ("pass 4", ""),
            ("states", "a STARTING"),
            ("detail a", "running once"),
            ("exit a 0", "#0: true"),
            ("states", "a EXITED"),
            ("pass 9", ""),
        ],
    );
    assert_eq!(play.lines("success:"), [""; 0]);
    assert_eq!(
        play.lines("exited:"),
        ["INFO exited: a (exit status 0; expected)"]
    );
    assert!(
        play.supervisor
            .is_ready(play.supervisor.find_process("a").expect("a").id)
    );
}

#[test]
fn lif_103_a_oneshot_that_fails_is_tried_again() {
    let play = play_with(
        ONE,
        oneshot,
        &[
            ("start! a", "spawn a; #0"),
            ("exit a 3", "#0: SPAWN_ERROR: a"),
            ("detail a", "next try in 1 s (1/1)"),
            ("pass 1", "spawn a"),
            ("exit a SIGTERM", ""),
            ("states", "a FATAL"),
        ],
    );
    let process = &play.supervisor.find_process("a").expect("a").process;
    assert_eq!(process.spawnerr.as_deref(), Some("Bad exit code -1"));
    assert_eq!(process.exitstatus, Some(-1));
}

#[test]
fn lif_155_a_job_that_takes_too_long_is_given_up() {
    let play = play_with(
        ONE,
        oneshot,
        &[
            ("start a", "spawn a; true"),
            ("pass 5", "SIGTERM a"),
            ("states", "a STARTING"),
            ("detail a", "not ready in time, being stopped"),
            ("reexec", ""),
            ("pass 10", "SIGKILL a"),
            ("exit a SIGTERM", ""),
            ("states", "a BACKOFF"),
            // a stop by hand is an ordinary one (LIF-156)
            ("pass 1", "spawn a"),
            ("pass 5", "SIGTERM a"),
            ("stop! a", "#0"),
            ("states", "a STOPPING"),
            ("exit a 0", "#0: true"),
            ("pass 9", ""),
        ],
    );
    let wanted = "INFO stopping a: not done within 5 seconds (startwaitsecs)";
    assert_eq!(play.lines("startwaitsecs"), [wanted, wanted]);
}

#[test]
fn lif_125_notify_makes_it_running() {
    let play = play_with(
        ONE,
        notify,
        &[
            ("start! a", "spawn a; #0"),
            ("pass 1", ""),
            ("detail a", "waiting for READY=1"),
            ("notify a STATUS=loading~10%", ""),
            ("detail a", "status: loading 10%"),
            ("pass 1", ""),
            ("notify a READY=1", "#0: true"),
            ("notify a STATUS=", ""),
            ("detail a", ""),
            ("notify a RELOADING=1", ""),
            ("detail a", "reloading"),
            ("notify a READY=1", ""),
            ("detail a", ""),
            ("notify a STOPPING=1", ""),
            ("detail a", "stopping by itself"),
            ("notify a MAINPID=1", ""),
            ("notify a MAINPID=2", ""),
            ("notify a MAINPID=101", ""),
        ],
    );
    assert_eq!(
        play.lines("ready: "),
        ["INFO ready: a after 2.0 seconds (READY=1)"]
    );
    let wanted = "WARN a: MAINPID=1 ignored, a program must stay in the foreground";
    assert_eq!(play.lines("MAINPID"), [wanted]);
}

#[test]
fn lif_135_an_end_before_readiness_is_a_failed_start() {
    let play = play_with(
        ONE,
        notify,
        &[
            ("start! a", "spawn a; #0"),
            ("pass 2", ""),
            ("notify a ERRNO=13", ""),
            ("exit a 0", "#0: SPAWN_ERROR: a"),
            ("states", "a BACKOFF"),
        ],
    );
    let process = &play.supervisor.find_process("a").expect("a").process;
    let wanted = "Exited before it was ready (errno 13: Permission denied)";
    assert_eq!(process.spawnerr.as_deref(), Some(wanted));
    assert_eq!(play.lines("not expected").len(), 1);
}

#[test]
fn lif_130_more_time_to_start_and_to_stop() {
    play_with(
        ONE,
        notify,
        &[
            ("start a", "spawn a; true"),
            ("pass 4", ""),
            ("notify a EXTEND_TIMEOUT_USEC=6000000", ""),
            ("pass 5", ""),
            ("notify a READY=1", ""),
            ("stop a", "SIGTERM a; true"),
            ("pass 9", ""),
            ("notify a EXTEND_TIMEOUT_USEC=5000000", ""),
            ("pass 4", ""),
            ("pass 1", "SIGKILL a"),
        ],
    );
}

#[test]
fn lif_151_all_that_is_set_has_to_say_so() {
    play_with(
        &ONE.replace("startsecs=0", "startsecs=3"),
        |options| {
            notify(options);
            options.ready_log_line = Some("up".to_owned());
        },
        &[
            ("start a", "spawn a; true"),
            ("notify a READY=1", ""),
            ("detail a", "waiting for its log line"),
            ("pass 1", ""),
            ("ready-line a", ""),
            // and it has to be up for startsecs
            ("states", "a STARTING"),
            ("pass 2", ""),
            ("states", "a RUNNING"),
        ],
    );
}

#[test]
fn lif_132_a_silent_watchdog_restarts() {
    let mut play = play_with(
        ONE,
        notify,
        &[
            ("start a", "spawn a; true"),
            ("notify a WATCHDOG_USEC=2000000", ""),
            ("pass 3", ""),
            ("notify a READY=1", ""),
            ("pass 1", ""),
            ("notify a WATCHDOG=1", ""),
            ("pass 1", ""),
            ("pass 1", "SIGTERM a"),
            ("detail a", "restarting: liveness check failed"),
            ("reexec", ""),
            ("exit a SIGTERM", ""),
            ("wake", "spawn a"),
            ("notify a READY=1", ""),
            ("pass 5", ""),
            ("notify a WATCHDOG=trigger", "SIGTERM a"),
            // a stop by hand wins (HLT-087)
            ("stop a", "true"),
            ("exit a SIGTERM", ""),
            ("pass 9", ""),
            ("states", "a STOPPED"),
        ],
    );
    let wanted = [
        "INFO restarting a: watchdog silent for 2 seconds",
        "INFO restarting a: watchdog triggered",
    ];
    assert_eq!(play.lines("restarting a"), wanted);
    play.steps(&[("start a", "spawn a; true")]);
}

#[test]
fn lif_176_after_a_while_in_fatal_it_begins_anew() {
    let mut play = play_with(
        &ONE.replace("startretries=1", "startretries=0"),
        |options| options.restarts.fatal_retry = Some(secs(3)),
        &[
            ("break spawn", ""),
            ("start a", "a fails; SPAWN_ERROR: a"),
            ("detail a", "next try in 3 s (fatal_retry_secs)"),
            ("reexec", ""),
            ("pass 3", "a fails"),
            ("states", "a FATAL"),
            // a stop takes it back (LIF-184)
            ("stop a", "NOT_RUNNING: a"),
            ("pass 9", ""),
            ("detail a", ""),
        ],
    );
    assert_eq!(
        play.lines("fatal_retry"),
        ["INFO starting a: 3 seconds in FATAL (fatal_retry_secs)"]
    );
    play.steps(&[("TERM", "finished")]);
}

#[test]
fn lif_185_too_many_starts_end_in_fatal() {
    let text = ONE.replace("autorestart=false", "autorestart=true");
    let limit = |options: &mut Lifecycle| {
        options.restarts.start_limit = Some(StartLimit {
            burst: 2,
            interval: secs(10),
        });
    };
    let play = play_with(
        &text,
        limit,
        &[
            ("start a", "spawn a; true"),
            ("exit a 0", ""),
            ("pass 1", "spawn a"),
            ("pass 1", ""),
            ("exit a 0", ""),
            ("wake", ""),
            ("states", "a FATAL"),
            // by hand it begins anew
            ("start a", "spawn a; true"),
            ("pass 12", ""),
            ("exit a 0", ""),
            ("wake", "spawn a"),
        ],
    );
    let line =
        "INFO gave up: a entered FATAL state, 2 starts within 10 seconds (start_limit_burst)";
    assert_eq!(play.lines("gave up"), [line]);
}

#[test]
fn lif_170_a_pause_before_starts_by_themselves() {
    let text = ONE.replace("autorestart=false", "autorestart=true");
    play_with(
        &text,
        |options| options.restarts.pause = secs(4),
        &[
            ("start a", "spawn a; true"),
            ("exit a 0", ""),
            ("detail a", "next start in 4 s (restartpause)"),
            ("pass 3", ""),
            ("pass 1", "spawn a"),
            ("exit a 0", ""),
            ("start a", "spawn a; true"),
        ],
    );
}

#[test]
fn lif_175_unlimited_never_gives_up() {
    let play = play_with(
        ONE,
        |options| options.restarts.unlimited = true,
        &[
            ("break spawn", ""),
            ("start a", "a fails; SPAWN_ERROR: a"),
            ("detail a", "next try in 1 s (1)"),
            ("pass 6", "a fails; a fails; a fails"),
            ("states", "a BACKOFF"),
        ],
    );
    assert!(play.lines("gave up").is_empty());
}

#[test]
fn bey_001_without_options_there_is_no_such_state() {
    let play = play(ONE, &[("start a", "spawn a; true"), ("exit a 1", "")]);
    let member = play.supervisor.find_process("a").expect("a");
    assert!(member.process.life.is_none() && member.upkeep.is_none());
}
