//! What runs around a life: hooks, commands that stop, lists of signals.

use std::time::Duration;

use super::play_with;
use crate::base::signals::Signal;
use crate::process::lifecycle::check::{Probe, Script};
use crate::process::lifecycle::{Hook, Lifecycle};

const ONE: &str =
    "[program:a]\ncommand=/bin/a\nautostart=false\nstartsecs=0\nstartretries=1\nautorestart=false";

fn hook() -> Hook {
    Hook {
        script: Script::Command(vec!["hook".to_owned()]),
        may_fail: false,
        as_daemon: false,
    }
}

fn pre_start(options: &mut Lifecycle) {
    options.hooks.pre_start = Some(hook());
}

#[test]
fn lif_250_nothing_is_spawned_before_the_hook_has_ended() {
    let play = play_with(
        ONE,
        pre_start,
        &[
            ("start! a", "run a/pre_start_hook; #0"),
            ("detail a", "pre_start_hook runs"),
            ("states", "a STARTING"),
            ("reexec", ""),
            ("exit a/pre_start_hook 0", "spawn a"),
            ("wake", "#0: true"),
        ],
    );
    assert_eq!(play.lines("hook"), ["INFO pre_start_hook of a succeeded"]);
}

#[test]
fn lif_250_a_failed_hook_is_a_failed_start() {
    let play = play_with(
        ONE,
        pre_start,
        &[
            ("start! a", "run a/pre_start_hook; #0"),
            ("exit a/pre_start_hook 3", "#0: SPAWN_ERROR: a"),
            ("states", "a BACKOFF"),
            ("pass 1", "run a/pre_start_hook"),
            // LIF-257
            ("pass 60", "SIGKILL a/pre_start_hook"),
            ("exit a/pre_start_hook SIGTERM", ""),
            ("states", "a FATAL"),
            ("break hook", ""),
            ("start a", "SPAWN_ERROR: a"),
        ],
    );
    let wanted = [
        "WARN pre_start_hook of a failed: exit status 3",
        "INFO spawnerr: pre_start_hook failed: exit status 3",
        "WARN pre_start_hook of a failed: timed out after 60 seconds",
        "INFO spawnerr: pre_start_hook failed: timed out after 60 seconds",
        "WARN pre_start_hook of a failed: command is empty",
        "INFO spawnerr: pre_start_hook failed: command is empty",
    ];
    assert_eq!(play.lines("hook"), wanted);
    assert!(play.lines("unknown pid").is_empty());
}

#[test]
fn lif_254_a_failure_may_be_ignored() {
    let play = play_with(
        ONE,
        |options| {
            options.hooks.pre_start = Some(Hook {
                may_fail: true,
                ..hook()
            });
        },
        &[
            ("start a", "run a/pre_start_hook; true"),
            ("exit a/pre_start_hook 3", "spawn a"),
        ],
    );
    let wanted = "INFO pre_start_hook of a failed: exit status 3 (ignored)";
    assert_eq!(play.lines("hook"), [wanted]);
}

#[test]
fn lif_259_a_stop_kills_the_hook() {
    play_with(
        ONE,
        pre_start,
        &[
            ("start a", "run a/pre_start_hook; true"),
            ("stop! a", "SIGKILL a/pre_start_hook; #0"),
            ("states", "a STOPPING"),
            ("reexec", ""),
            ("exit a/pre_start_hook SIGTERM", "#0: true"),
            ("pass 9", ""),
            ("states", "a STOPPED"),
        ],
    );
}

#[test]
fn lif_254_a_hook_may_be_a_question() {
    let question = |options: &mut Lifecycle| {
        options.hooks.pre_start = Some(Hook {
            script: Script::Network(Probe::Unix("/s".into())),
            ..hook()
        });
    };
    play_with(
        ONE,
        question,
        &[
            ("start a", "ask; true"),
            ("stop! a", "do not ask; true"),
            ("start a", "ask; true"),
            ("reexec", ""),
            ("answer ok", "spawn a"),
        ],
    );
}

#[test]
fn lif_243_a_command_stops_it() {
    let command = |options: &mut Lifecycle| {
        options.stopping.command = Some(hook());
        options.stopping.is_told = true;
        options.hooks.pre_stop = Some(hook());
    };
    play_with(
        ONE,
        command,
        &[
            ("start a", "spawn a; true"),
            ("stop! a", "run a/pre_stop_hook; #0"),
            ("detail a", "pre_stop_hook runs"),
            ("pass 20", ""),
            ("exit a/pre_stop_hook 1", "run a/stopcommand"),
            ("detail a", "stopcommand runs"),
            ("exit a/stopcommand 0", ""),
            ("reexec", ""),
            ("detail a", "SIGTERM in 10 s"),
            ("pass 10", "SIGTERM a"),
            ("detail a", "SIGKILL in 10 s"),
            ("exit a 0", "#0: true"),
            // with a failure the signals begin at once
            ("start a", "spawn a; true"),
            ("stop a", "run a/pre_stop_hook; true"),
            ("exit a/pre_stop_hook 0", "run a/stopcommand"),
            ("exit a/stopcommand 1", "SIGTERM a"),
            ("exit a 0", ""),
        ],
    );
}

#[test]
fn lif_240_one_signal_after_the_other() {
    let signals = |options: &mut Lifecycle| {
        options.stopping.more_signals = vec![Signal::from_number(2).expect("SIGINT")];
        options.stopping.is_told = true;
        options.stopping.killwait = Some(Duration::from_secs(3));
    };
    let play = play_with(
        ONE,
        signals,
        &[
            ("start a", "spawn a; true"),
            ("stop a", "SIGTERM a; true"),
            ("detail a", "SIGINT in 10 s"),
            ("pass 10", "SIGINT a"),
            ("reexec", ""),
            ("pass 9", ""),
            ("pass 1", "SIGKILL a"),
            ("pass 3", "SIGKILL a"),
        ],
    );
    let wanted = "INFO a has not stopped within 10 seconds: sending SIGINT";
    assert_eq!(play.lines("has not stopped"), [wanted]);
}

#[test]
fn lif_241_never_does_not_kill() {
    let never = |options: &mut Lifecycle| {
        options.stopping.never_kill = true;
        options.stopping.is_told = true;
    };
    play_with(
        ONE,
        never,
        &[
            ("start a", "spawn a; true"),
            ("stop a", "SIGTERM a; true"),
            ("detail a", "no SIGKILL"),
            ("pass 99", ""),
            ("TERM", ""),
            ("TERM", ""),
            ("TERM", "SIGKILL a"),
            ("exit a 0", "finished"),
        ],
    );
}

#[test]
fn lif_260_the_next_start_waits_for_post_stop_hook() {
    let post_stop = |options: &mut Lifecycle| options.hooks.post_stop = Some(hook());
    let text = ONE.replace("autorestart=false", "autorestart=true");
    play_with(
        &text,
        post_stop,
        &[
            ("start a", "spawn a; true"),
            ("pass 3", ""),
            ("exit a 0", "run a/post_stop_hook"),
            ("pass 3", ""),
            ("detail a", "waiting for post_stop_hook"),
            ("reexec", ""),
            ("exit a/post_stop_hook 0", ""),
            ("wake", "spawn a"),
            ("pass 3", ""),
            // stop answers do not wait for it, the end of the daemon does
            ("stop! a", "SIGTERM a; #0"),
            ("exit a 0", "run a/post_stop_hook; #0: true"),
            ("TERM", ""),
            ("pass 2", ""),
            ("exit a/post_stop_hook 0", "finished"),
        ],
    );
}

#[test]
fn lif_251_post_start_hook_runs_beside_it() {
    let play = play_with(
        ONE,
        |options| options.hooks.post_start = Some(hook()),
        &[
            ("start a", "spawn a; run a/post_start_hook; true"),
            ("states", "a RUNNING"),
            ("exit a/post_start_hook 1", ""),
            ("states", "a RUNNING"),
        ],
    );
    let wanted = "WARN post_start_hook of a failed: exit status 1";
    assert_eq!(play.lines("hook"), [wanted]);
}

#[test]
fn hooks_of_processes_that_are_gone_end_as_they_should() {
    let play = play_with(
        ONE,
        |options| options.hooks.post_stop = Some(hook()),
        &[
            ("start a", "spawn a; true"),
            ("stop a", "SIGTERM a; true"),
            ("exit a 0", "run a/post_stop_hook"),
            ("remove a", "true"),
            ("reexec", ""),
            ("pass 60", "SIGKILL a/post_stop_hook"),
            ("exit a/post_stop_hook SIGTERM", ""),
        ],
    );
    assert!(play.lines("unknown pid").is_empty());
}
