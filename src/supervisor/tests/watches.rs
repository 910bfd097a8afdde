//! Files that restart a process when they change.

use super::play_with;
use crate::base::signals::Signal;
use crate::process::lifecycle::check::Script;
use crate::process::lifecycle::{Hook, Lifecycle, OnChange, Watch, Watched};

const ONE: &str =
    "[program:a]\ncommand=/bin/a\nautostart=false\nstartsecs=0\nstartretries=0\nautorestart=false";

/// Watches the binary, with what is done when it changes, and a directory that restarts.
fn watching(then: OnChange) -> impl Fn(&mut Lifecycle) {
    move |options| {
        options.watches = vec![
            Watch {
                what: Watched::Binary,
                then: then.clone(),
            },
            Watch {
                what: Watched::Directory {
                    path: "/srv".into(),
                    patterns: vec!["*".to_owned()],
                },
                then: OnChange::Restart,
            },
        ];
    }
}

#[test]
fn lif_281_282_a_change_restarts_what_is_up_and_nothing_else() {
    let play = play_with(
        ONE,
        watching(OnChange::Restart),
        &[
            ("change 0 a", ""),
            (
                "start a",
                "watch binary of a; watch /srv of a; spawn a; true",
            ),
            ("reexec", "watch binary of a; watch /srv of a"),
            ("change 1 a", "SIGTERM a; watch no more"),
            // the other watch has seen it, too
            ("change 0 a", ""),
            ("exit a SIG", ""),
            ("wake", "watch binary of a; watch /srv of a; spawn a"),
            ("states", "a RUNNING"),
            ("exit a 0", "watch no more"),
            ("change 0 a", ""),
            ("states", "a EXITED"),
        ],
    );
    let line = "INFO restarting a: /srv/x changed";
    assert_eq!(play.lines("changed"), [line]);
}

#[test]
fn lif_282_a_command_or_signals_instead() {
    let hook = Hook {
        script: Script::Command(vec!["hook".to_owned()]),
        may_fail: false,
        as_daemon: false,
    };
    let play = play_with(
        ONE,
        watching(OnChange::Run(hook)),
        &[
            (
                "start a",
                "watch binary of a; watch /srv of a; spawn a; true",
            ),
            ("change 0 a", "run a/restart_cmd_when_binary_changed"),
            ("change 0 a", ""),
            ("exit a/restart_cmd_when_binary_changed 0", ""),
            ("states", "a RUNNING"),
        ],
    );
    assert_eq!(
        play.lines("restart_cmd"),
        [
            "INFO running restart_cmd_when_binary_changed of a: /srv/x changed",
            "INFO restart_cmd_when_binary_changed of a succeeded"
        ]
    );
    let play = play_with(
        ONE,
        watching(OnChange::Signal(vec![Signal::USR1, Signal::HUP])),
        &[
            (
                "start a",
                "watch binary of a; watch /srv of a; spawn a; true",
            ),
            ("change 0 a", "SIGUSR1 a; SIGHUP a"),
            ("states", "a RUNNING"),
        ],
    );
    assert_eq!(
        play.lines("changed"),
        [
            "INFO sending SIGUSR1 to a: /srv/x changed",
            "INFO sending SIGHUP to a: /srv/x changed"
        ]
    );
}

#[test]
fn lif_283_what_is_too_large_is_no_start() {
    play_with(
        ONE,
        watching(OnChange::Restart),
        &[
            ("break watch", ""),
            ("start a", "watch no more; SPAWN_ERROR: a"),
            ("states", "a FATAL"),
        ],
    );
}
