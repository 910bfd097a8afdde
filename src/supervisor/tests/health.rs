//! Checks: what they gate, what their failures do, and when they run.

use std::time::Duration;

use super::play_with;
use crate::base::health::CheckKind;
use crate::process::lifecycle::check::{Check, Probe, Script};
use crate::process::lifecycle::{Essential, FailureAction, Hook, Lifecycle};

const ONE: &str =
    "[program:a]\ncommand=/bin/a\nautostart=false\nstartsecs=0\nstartretries=1\nautorestart=false";

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn command() -> Script {
    Script::Command(vec!["check".to_owned()])
}

fn check(delay: u64) -> Check {
    Check {
        script: command(),
        as_daemon: false,
        initial_delay: secs(delay),
        period: secs(10),
        timeout: secs(5),
        success_threshold: 1,
        failure_threshold: 2,
    }
}

fn readiness(options: &mut Lifecycle) {
    options.readiness_check = Some(check(0));
    options.startwaitsecs = Some(secs(90));
}

fn liveness(options: &mut Lifecycle) {
    options.liveness_check = Some(check(2));
}

fn action() -> Hook {
    Hook {
        script: command(),
        may_fail: false,
        as_daemon: false,
    }
}

#[test]
fn hlt_070_a_check_gates_running() {
    let play = play_with(
        ONE,
        readiness,
        &[
            ("start! a", "spawn a; #0"),
            ("wake", "run a/readiness_check"),
            ("detail a", "waiting for its readiness check"),
            ("mumble not_yet", ""),
            ("exit a/readiness_check 1", ""),
            // HLT-010: within a second while it is not ready
            ("pass 1", "run a/readiness_check"),
            ("reexec", ""),
            ("exit a/readiness_check 0", "#0: true"),
            ("pass 9", ""),
            ("pass 1", "run a/readiness_check"),
            ("exit a/readiness_check 1", ""),
            ("detail a", ""),
            ("pass 10", "run a/readiness_check"),
            ("mumble no", ""),
            ("exit a/readiness_check 1", ""),
            ("detail a", "not ready: exit status 1: no"),
            ("states", "a RUNNING"),
            ("pass 10", "run a/readiness_check"),
            ("exit a/readiness_check 0", ""),
            ("detail a", ""),
            ("stop a", "SIGTERM a; true"),
            ("pass 5", ""),
        ],
    );
    let wanted = [
        "INFO ready: a after 1.0 seconds (readiness check)",
        "INFO a is not ready: readiness check failed 2 times: exit status 1: no",
        "INFO a is ready again",
    ];
    let lines = play.lines("INFO");
    let lines: Vec<_> = lines.iter().filter(|line| line.contains("ready")).collect();
    assert_eq!(lines, wanted);
    let wanted = "DEBG readiness check of a failed (1 of 2): exit status 1: not_yet";
    assert_eq!(play.lines("DEBG readiness")[0], wanted);
}

#[test]
fn hlt_081_a_failed_check_restarts() {
    let mut play = play_with(
        ONE,
        liveness,
        &[
            ("start a", "spawn a; true"),
            ("pass 2", "run a/liveness_check"),
            // HLT-042
            ("pass 5", "SIGKILL a/liveness_check"),
            ("exit a/liveness_check SIGTERM", ""),
            ("pass 10", "run a/liveness_check"),
            ("exit a/liveness_check 1", "SIGTERM a"),
            ("detail a", "restarting: liveness check failed"),
            ("reexec", ""),
            ("exit a SIGTERM", ""),
            ("wake", "spawn a"),
            ("pass 1", ""),
            ("detail a", ""),
            ("pass 1", "run a/liveness_check"),
            // the result of an earlier life counts for nothing (HLT-047)
            ("stop a", "SIGTERM a; SIGKILL a/liveness_check; true"),
            ("exit a SIGTERM", ""),
            ("start a", "spawn a; true"),
            ("reexec", ""),
            ("exit a/liveness_check 1", ""),
        ],
    );
    let wanted = "INFO restarting a: liveness check failed 2 times: exit status 1";
    assert_eq!(play.lines("restarting"), [wanted]);
    let id = play.supervisor.find_process("a").expect("a").id;
    let reports = play.supervisor.check_reports(id);
    let told = reports.iter().map(|(kind, found)| (*kind, found.runs));
    assert_eq!(told.collect::<Vec<_>>(), [(CheckKind::Liveness, 0)]);
    play.steps(&[
        ("pass 2", "run a/liveness_check"),
        ("TERM", "SIGKILL a/liveness_check; SIGTERM a"),
    ]);
}

#[test]
fn hlt_082_a_failed_check_stops() {
    play_with(
        ONE,
        |options| {
            liveness(options);
            options.liveness_failure = FailureAction::Stop;
        },
        &[
            ("start a", "spawn a; true"),
            ("pass 2", "run a/liveness_check"),
            ("exit a/liveness_check 1", ""),
            ("pass 10", "run a/liveness_check"),
            ("exit a/liveness_check 1", "SIGTERM a"),
            ("exit a SIGTERM", ""),
            ("pass 9", ""),
            ("states", "a STOPPED"),
            ("detail a", "stopped: liveness check failed"),
            ("start a", "spawn a; true"),
            ("detail a", ""),
            ("stop a", "SIGTERM a; true"),
            ("exit a 0", ""),
            ("detail a", ""),
        ],
    );
}

#[test]
fn hlt_083_a_failed_check_may_be_no_more_than_a_line() {
    let play = play_with(
        ONE,
        |options| {
            liveness(options);
            options.liveness_failure = FailureAction::None;
        },
        &[
            ("start a", "spawn a; true"),
            ("pass 2", "run a/liveness_check"),
            ("exit a/liveness_check 1", ""),
            ("pass 10", "run a/liveness_check"),
            ("exit a/liveness_check 1", ""),
            ("detail a", "unhealthy: exit status 1"),
            ("pass 10", "run a/liveness_check"),
            ("exit a/liveness_check 1", ""),
            ("pass 10", "run a/liveness_check"),
            ("exit a/liveness_check 0", ""),
        ],
    );
    let wanted = [
        "INFO a is unhealthy: liveness check failed 2 times: exit status 1",
        "INFO a is healthy again",
    ];
    assert_eq!(play.lines("health"), wanted);
}

#[test]
fn hlt_084_actions_are_run() {
    let play = play_with(
        ONE,
        |options| {
            liveness(options);
            options.liveness_failure = FailureAction::Run(action());
            options.liveness_success = Some(action());
        },
        &[
            ("start a", "spawn a; true"),
            ("pass 2", "run a/liveness_check"),
            (
                "exit a/liveness_check 0",
                "run a/liveness_check_success_action",
            ),
            ("exit a/liveness_check_success_action 1", ""),
            ("pass 10", "run a/liveness_check"),
            ("exit a/liveness_check 1", ""),
            ("pass 10", "run a/liveness_check"),
            (
                "exit a/liveness_check 1",
                "run a/liveness_check_failure_action",
            ),
            ("reexec", ""),
            ("pass 1", ""),
            ("exit a/liveness_check_failure_action 0", ""),
            // it begins anew
            ("pass 1", ""),
            ("pass 1", "run a/liveness_check"),
        ],
    );
    let wanted = [
        "WARN liveness_check_success_action of a failed: exit status 1",
        "INFO liveness_check_failure_action of a succeeded",
    ];
    assert_eq!(play.lines("action"), wanted);
}

#[test]
fn hlt_123_what_cannot_be_checked_is_no_verdict() {
    let network = |options: &mut Lifecycle| {
        let script = Script::Network(Probe::Unix("/s".into()));
        options.liveness_check = Some(Check { script, ..check(2) });
    };
    play_with(
        ONE,
        network,
        &[
            ("start a", "spawn a; true"),
            ("pass 2", "ask"),
            ("reexec", ""),
            ("answer refused", ""),
            ("pass 10", "ask"),
            ("stop a", "SIGTERM a; do not ask; true"),
            ("exit a 0", ""),
        ],
    );
}

#[test]
fn hlt_045_sixteen_commands_at_a_time() {
    let text = "[program:a]\ncommand=/bin/a\nstartsecs=0\nnumprocs=20\n\
                process_name=p%(process_num)02d\nautorestart=false";
    let mut play = play_with(text, liveness, &[]);
    let begun = play.step("wake");
    assert_eq!(begun.matches("spawn").count(), 20);
    let begun = play.step("pass 2");
    assert_eq!(begun.matches("liveness_check").count(), 16);
    play.steps(&[
        ("exit p03/liveness_check 0", "run p16/liveness_check"),
        ("reexec", ""),
        ("pass 4", ""),
        ("exit p16/liveness_check 0", "run p17/liveness_check"),
    ]);
}

#[test]
fn lif_205_an_essential_that_a_check_stopped_ends_the_daemon() {
    let play = play_with(
        ONE,
        |options| {
            liveness(options);
            options.liveness_failure = FailureAction::Stop;
            options.essential = Essential::Fatal;
        },
        &[
            ("start a", "spawn a; true"),
            ("pass 2", "run a/liveness_check"),
            ("exit a/liveness_check 1", ""),
            ("pass 10", "run a/liveness_check"),
            ("exit a/liveness_check 1", "SIGTERM a"),
            ("exit a SIGTERM", "finished"),
        ],
    );
    let wanted = "INFO shutting down: a was stopped, its liveness check failed (essential=fatal)";
    assert_eq!(play.lines("shutting down"), [wanted]);
}
