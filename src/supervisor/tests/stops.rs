//! Stopping: one, many, and those who wait for it.

use super::play;

const ONE: &str = "[program:a]\ncommand=/bin/a\nstartsecs=0\nstopwaitsecs=3";

#[test]
fn rpc_165_a_stop_is_answered_by_what_became_of_it() {
    play(
        ONE,
        &[
            ("wake", "spawn a"),
            ("stop! a", "SIGTERM a; #0"),
            ("stop a", "NOT_RUNNING: a"),
            ("exit a 0", "#0: true"),
            ("stop a", "NOT_RUNNING: a"),
            ("stop nobody", "BAD_NAME: nobody"),
        ],
    );
}

#[test]
fn proc_031_who_does_not_obey_is_killed() {
    let play = play(
        ONE,
        &[
            ("wake", "spawn a"),
            ("stop! a", "SIGTERM a; #0"),
            ("pass 2", ""),
            ("pass 1", "SIGKILL a"),
            ("pass 3", "SIGKILL a"),
            ("exit a 0", "#0: true"),
        ],
    );
    assert_eq!(play.states(), "a STOPPED");
}

#[test]
fn proc_095_the_log_hears_of_a_client_that_waits_every_two_seconds() {
    let waiting = "waiting for a to stop";
    let told = |steps: &[(&str, &str)]| play(ONE, steps).lines(waiting).len();
    let start = [("wake", "spawn a"), ("stop! a", "SIGTERM a; #0")];
    assert_eq!(told(&start), 1);
    assert_eq!(told(&[&start[..], &[("pass 2", "")]].concat()), 2);
    // whoever went away does not wait
    let left = [("leave 0", ""), ("pass 2", "")];
    assert_eq!(told(&[&start[..], &left].concat()), 1);
    let alone = [
        ("wake", "spawn a"),
        ("stop a", "SIGTERM a; true"),
        ("pass 2", ""),
    ];
    assert_eq!(told(&alone), 0);
}

#[test]
fn rpc_169_all_are_told_before_any_is_waited_for() {
    let text = "[program:a]\ncommand=/bin/a\nstartsecs=0\n[program:b]\ncommand=/bin/b\nstartsecs=0\n\
                [program:c]\ncommand=/bin/c\nautostart=false";
    play(
        text,
        &[
            ("wake", "spawn a; spawn b"),
            ("stop-all!", "SIGTERM a; SIGTERM b; #0"),
            ("exit b 0", ""),
            ("exit a 0", "#0: [b OK, a OK]"),
            ("stop-all!", "[]"),
        ],
    );
}

#[test]
fn a_stop_that_fails_is_a_row_and_no_wait() {
    play(
        ONE,
        &[
            ("wake", "spawn a"),
            ("break kill", ""),
            (
                "stop-all!",
                "SIGTERM a; [a FAILED: unknown problem killing a (101):broken]",
            ),
        ],
    );
}

#[test]
fn dec_019_a_program_between_two_lives_is_stopped_by_word_alone() {
    let text = "[program:a]\ncommand=/bin/a\nstartsecs=2\nautorestart=true\nstartretries=5";
    // it failed and waits for its next try
    let failed = [
        ("wake", "spawn a"),
        ("exit a 1", ""),
        ("stop! a", "true"),
        ("pass 9", ""),
    ];
    assert_eq!(play(text, &failed).states(), "a STOPPED");
}
