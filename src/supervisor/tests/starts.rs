//! Starting: by themselves, by clients, alone and many.

use super::play;

const ONE: &str =
    "[program:a]\ncommand=/bin/a\nautostart=false\nstartsecs=2\nstartretries=1\nautorestart=false";

#[test]
fn rpc_150_a_start_is_answered_by_what_became_of_it() {
    play(
        ONE,
        &[
            ("start nobody", "BAD_NAME: nobody"),
            ("start a", "spawn a; true"),
            ("start a", "ALREADY_STARTED: a"),
            ("pass 2", ""),
            ("start! a", "ALREADY_STARTED: a"),
            ("exit a 0", ""),
            ("start! a", "spawn a; #0"),
            ("pass 1", ""),
            ("pass 1", "#0: true"),
        ],
    );
}

#[test]
fn rpc_156_who_waits_hears_of_the_first_failure() {
    play(
        ONE,
        &[
            ("start! a", "spawn a; #0"),
            ("start! a", "ALREADY_STARTED: a"),
            ("exit a 1", "#0: SPAWN_ERROR: a"),
            ("start! a", "ALREADY_STARTED: a"),
        ],
    );
    play(
        ONE,
        &[
            ("start! a", "spawn a; #0"),
            ("stop a", "SIGTERM a; true; #0: ABNORMAL_TERMINATION: a"),
        ],
    );
}

#[test]
fn rpc_150_what_cannot_be_started() {
    play(
        ONE,
        &[
            ("break command", ""),
            ("start a", "NO_FILE: nosuch"),
            ("mend", ""),
            ("break spawn", ""),
            ("start a", "a fails; SPAWN_ERROR: a"),
            ("pass 1", "a fails"),
            ("start a", "a fails; SPAWN_ERROR: a"),
            ("mend", ""),
            ("pass 1", "spawn a"),
            ("break kill", ""),
            (
                "stop a",
                "SIGTERM a; FAILED: unknown problem killing a (101):broken",
            ),
            ("start a", "FAILED: a is in an unknown process state"),
        ],
    );
}

#[test]
fn proc_020_programs_start_by_themselves_in_order() {
    let text = "[program:late]\ncommand=/bin/x\npriority=9\n[program:no]\ncommand=/bin/x\nautostart=false\n\
                [program:early]\ncommand=/bin/x\npriority=1\nstartsecs=0\n[program:other]\ncommand=/bin/x\npriority=9";
    let play = play(
        text,
        &[
            ("wake", "spawn early; spawn late; spawn other"),
            ("wake", ""),
        ],
    );
    let states = "early RUNNING, late STARTING, no STOPPED, other STARTING";
    assert_eq!(play.states(), states);
}

#[test]
fn dec_019_a_start_that_has_not_had_its_turn_is_called_off() {
    let text = "[program:a]\ncommand=/bin/a\n[program:b]\ncommand=/bin/b";
    play(
        text,
        &[
            ("stop a", "true"),
            ("stop a", "NOT_RUNNING: a"),
            ("wake", "spawn b"),
            ("start a", "spawn a; true"),
        ],
    );
    play(text, &[("stop-all!", "[a OK, b OK]"), ("wake", "")]);
    // a start by hand before the turn is the only one
    play(text, &[("start a", "spawn a; true"), ("wake", "spawn b")]);
}

#[test]
fn rpc_172_rows_of_what_is_decided_come_before_those_that_are_waited_for() {
    let text = "[group:g]\nprograms=slow,quick,up\n\
                [program:slow]\ncommand=/bin/x\nautostart=false\nstartsecs=5\npriority=1\n\
                [program:quick]\ncommand=/bin/x\nautostart=false\nstartsecs=0\npriority=2\n\
                [program:up]\ncommand=/bin/x\nstartsecs=0\npriority=3";
    play(
        text,
        &[
            ("wake", "spawn up"),
            ("start! g:*", "spawn slow; spawn quick; #0"),
            ("pass 4", ""),
            ("pass 1", "#0: [quick OK, slow OK]"),
            ("start-all!", "[]"),
        ],
    );
}

#[test]
fn rpc_016_who_goes_away_undoes_nothing() {
    let play = play(
        ONE,
        &[("start! a", "spawn a; #0"), ("leave 0", ""), ("pass 2", "")],
    );
    assert_eq!(play.states(), "a RUNNING");
}
