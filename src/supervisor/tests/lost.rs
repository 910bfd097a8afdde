//! Starts that cannot be made, or are taken back (lifecycle.md, sections 4, 5 and 19).

use super::dependencies::{PAIR, by_hand};
use super::play;

#[test]
fn lif_051_a_request_fails_when_its_dependency_is_lost() {
    let mut story = play(
        &by_hand(PAIR),
        &[
            ("start! web", "#0"),
            ("wake", "spawn db"),
            ("exit db 1", ""),
            ("wake", "#0: SPAWN_ERROR: web"),
        ],
    );
    assert_eq!(story.step("spawnerr web"), "dependency db is FATAL");
    assert_eq!(
        story.lines("is not started"),
        ["INFO web is not started: dependency db is FATAL"]
    );
    assert_eq!(story.states(), "db FATAL, web STOPPED");
    // of a chain the nearest to the cause first
    let text = "[program:web]\ncommand=/bin/x\ndepends_on=app\n[program:app]\ncommand=/bin/x\ndepends_on=db\n\
                [program:db]\ncommand=/bin/x\nstartretries=0";
    let mut story = play(
        &by_hand(text),
        &[
            ("start! web", "#0"),
            ("wake", "spawn db"),
            ("exit db 1", ""),
            ("wake", "#0: SPAWN_ERROR: web"),
        ],
    );
    assert_eq!(story.step("spawnerr app"), "dependency db is FATAL");
    assert_eq!(story.step("spawnerr web"), "dependency app is STOPPED");
}

#[test]
fn lif_052_an_automatic_start_waits_on() {
    let story = play(
        PAIR,
        &[
            ("wake", "spawn db"),
            ("start! web", "#0"),
            ("exit db 1", ""),
            ("wake", "#0: SPAWN_ERROR: web"),
            ("detail web", "waiting for db:running (fatal)"),
            ("reexec", ""),
            ("start db", "spawn db; true"),
            ("wake", ""),
            ("exit db 1", ""),
            ("wake", ""),
            ("start db", "spawn db; true"),
            ("pass 3", "spawn web"),
        ],
    );
    let line = "INFO web cannot start yet: dependency db is FATAL";
    assert_eq!(story.lines("cannot start yet"), [line, line]);
    assert_eq!(story.lines("web waits"), ["INFO web waits for db:running"]);
}

#[test]
fn lif_053_a_stop_takes_the_wish_back() {
    let story = play(
        PAIR,
        &[
            ("wake", "spawn db"),
            ("start! web", "#0"),
            ("stop! web", "true; #0: ABNORMAL_TERMINATION: web"),
            ("stop web", "NOT_RUNNING: web"),
            ("pass 9", ""),
        ],
    );
    assert_eq!(
        story.lines("no longer"),
        ["INFO web no longer waits to start"]
    );
    // LIF-361
    play(
        PAIR,
        &[
            ("wake", "spawn db"),
            ("stop-all!", "SIGTERM db; #0"),
            ("exit db 0", "#0: [web OK, db OK]"),
            ("wake", ""),
        ],
    );
}

#[test]
fn lif_055_going_down_takes_all_wishes_back() {
    play(
        PAIR,
        &[
            ("wake", "spawn db"),
            ("start! web", "#0"),
            ("TERM", "SIGTERM db; #0: ABNORMAL_TERMINATION: web"),
            ("exit db 0", "finished"),
        ],
    );
    play(
        PAIR,
        &[
            ("wake", "spawn db"),
            ("start! web", "#0"),
            ("remove web", "true; #0: ABNORMAL_TERMINATION: web"),
        ],
    );
}

#[test]
fn lif_066_what_is_not_there_is_looked_up_when_it_comes() {
    let text = PAIR.replace("startsecs=3", "startsecs=0");
    play(
        &text,
        &[
            ("wake", "spawn db; spawn web"),
            ("stop-all", "SIGTERM web; [web OK, db OK]"),
            ("exit web 0", "SIGTERM db"),
            ("exit db 0", ""),
            ("remove db", "true"),
            ("start web", "SPAWN_ERROR: web"),
            ("spawnerr web", "dependency db is not there"),
            ("remove web", "true"),
            ("add web", "true"),
            ("wake", ""),
            ("detail web", "waiting for db:running (not there)"),
            ("add db", "true"),
            ("wake", "spawn db; spawn web"),
        ],
    );
}

#[test]
fn lif_068_what_is_gone_before_all_holds_is_gone() {
    let text = "[program:web]\ncommand=/bin/x\ndepends_on=db, slow\n[program:db]\ncommand=/bin/x\nstartsecs=0\nautorestart=false\n\
                [program:slow]\ncommand=/bin/x\nstartsecs=9";
    play(
        &by_hand(text),
        &[
            ("start! web", "#0"),
            ("wake", "spawn db; spawn slow"),
            ("exit db 0", ""),
            ("wake", "#0: SPAWN_ERROR: web"),
            ("spawnerr web", "dependency db is EXITED"),
        ],
    );
}

#[test]
fn lif_290_a_disabled_process_is_not_started() {
    let text = PAIR.replace("priority=9\n", "priority=9\nenabled=false\n");
    play(
        &text,
        &[
            ("wake", ""),
            ("detail db", "disabled"),
            ("detail web", "waiting for db:running (disabled)"),
            ("start db", "SPAWN_ERROR: db is disabled"),
            ("start-all!", "[web SPAWN_ERROR: web]"),
        ],
    );
    play(
        &by_hand(&text),
        &[
            ("start web", "SPAWN_ERROR: web"),
            ("spawnerr web", "dependency db is disabled"),
        ],
    );
}
