//! The way down: waves, listeners, hurry, and what a restart needs.

use super::play;

const WAVES: &str = "[program:base]\ncommand=/bin/x\nstartsecs=0\npriority=1\n\
                     [program:mid]\ncommand=/bin/x\nstartsecs=0\npriority=5\n\
                     [program:mid2]\ncommand=/bin/x\nstartsecs=0\npriority=5\n\
                     [program:top]\ncommand=/bin/x\nstartsecs=0\npriority=9";

const UP: (&str, &str) = ("wake", "spawn base; spawn mid; spawn mid2; spawn top");

#[test]
fn dec_022_groups_go_down_in_waves() {
    play(
        WAVES,
        &[
            UP,
            ("TERM", "SIGTERM top"),
            ("exit mid 0", ""),
            ("exit top 0", "SIGTERM mid2"),
            ("exit mid2 0", "SIGTERM base"),
            ("exit base 0", "finished"),
            ("pass 20", ""),
        ],
    );
}

#[test]
fn nobody_starts_on_the_way_down() {
    let text = "[program:a]\ncommand=/bin/a\nstartsecs=0\nautorestart=true\n[program:b]\ncommand=/bin/b\npriority=1";
    play(
        text,
        &[
            ("start a", "spawn a; true"),
            ("exit a 0", ""),
            ("TERM", "finished"),
            ("pass 3", ""),
        ],
    );
}

#[test]
fn dec_041_the_third_signal_kills_all_at_once() {
    play(
        WAVES,
        &[
            UP,
            ("TERM", "SIGTERM top"),
            ("TERM", ""),
            (
                "TERM",
                "SIGTERM mid2; SIGTERM mid; SIGTERM base; SIGKILL base; SIGKILL mid; SIGKILL mid2; SIGKILL top",
            ),
            ("exit base 0", ""),
            ("exit top 0", ""),
            ("exit mid 0", ""),
            ("exit mid2 0", "finished"),
        ],
    );
}

#[test]
fn log_035_the_log_hears_who_is_waited_for() {
    let play = play(WAVES, &[UP, ("TERM", "SIGTERM top"), ("pass 3", "")]);
    let line = "INFO waiting for base, mid, mid2, top to die";
    assert_eq!(play.lines("to die"), [line, line]);
}

#[test]
fn dmn_032_listeners_have_a_moment_for_the_last_events() {
    let text = "[program:a]\ncommand=/bin/a\nstartsecs=0\n\
                [eventlistener:ears]\ncommand=/bin/e\nevents=PROCESS_STATE\nstartsecs=0\npriority=-1";
    let up = ("wake", "spawn ears; spawn a");
    let at_work = [
        up,
        ("says ears READY", "event PROCESS_STATE_STARTING"),
        ("TERM", "SIGTERM a"),
        ("exit a 0", ""),
        ("pass 1", "SIGTERM ears"),
        ("exit ears 0", "finished"),
    ];
    play(text, &at_work);
    // one that never asked for an event is not waited for
    let deaf = [
        up,
        ("TERM", "SIGTERM a"),
        ("exit a 0", "SIGTERM ears"),
        ("exit ears 0", "finished"),
    ];
    play(text, &deaf);
}

#[test]
fn dec_012_a_restart_needs_a_configuration_that_can_be_read() {
    let mut play = play(
        WAVES,
        &[
            UP,
            ("break config", ""),
            ("restart", "CANT_REREAD: could not read config file s.conf"),
            ("HUP", ""),
            ("mend", ""),
            ("restart", "SIGTERM top; true"),
            ("exit top 0", "SIGTERM mid2; SIGTERM mid"),
            ("TERM", ""),
            ("HUP", ""),
        ],
    );
    assert_eq!(play.lines("restart refused").len(), 2);
    assert_eq!(play.lines("ignored SIGHUP").len(), 1);
    assert!(play.supervisor.spare_config().is_some());
}
