//! Stopping what others depend on (lifecycle.md, section 6).

use super::play;

const CHAIN: &str = "[program:db]\ncommand=/bin/x\nstartsecs=0\npriority=9\nautorestart=true\n\
                     [program:app]\ncommand=/bin/x\nstartsecs=0\npriority=1\ndepends_on=db:started\n\
                     [program:web]\ncommand=/bin/x\nstartsecs=0\npriority=5\ndepends_on=app:started\n\
                     [program:alone]\ncommand=/bin/x\nstartsecs=0\npriority=7";

const UP: (&str, &str) = ("wake", "spawn alone; spawn db; spawn app; spawn web");

#[test]
fn lif_080_who_depends_on_others_of_the_act_stops_first() {
    let story = play(
        CHAIN,
        &[
            UP,
            ("stop-all!", "SIGTERM web; SIGTERM alone; #0"),
            ("detail db", "waits for app to stop"),
            ("reexec", ""),
            ("exit web 0", "SIGTERM app"),
            ("exit alone 0", ""),
            // it is not started again, although it was not told yet
            ("exit db 0", ""),
            ("exit app 0", "#0: [web OK, alone OK, db OK, app OK]"),
            ("pass 9", ""),
        ],
    );
    assert!(story.states().contains("db EXITED"));
    assert_eq!(story.lines("to stop").len(), 4);
    // web depends on db only by app, which is not part of the act
    play(
        CHAIN,
        &[
            UP,
            ("stop app", "SIGTERM app; true"),
            ("exit app 0", ""),
            (
                "stop-all",
                "SIGTERM web; SIGTERM alone; SIGTERM db; [web OK, alone OK, db OK]",
            ),
        ],
    );
}

#[test]
fn lif_085_a_stop_by_name_waits_for_nobody() {
    let story = play(
        CHAIN,
        &[
            UP,
            ("stop db", "SIGTERM db; true"),
            ("exit db 0", ""),
            ("start db", "spawn db; true"),
            (
                "stop-all",
                "SIGTERM web; SIGTERM alone; [app OK, web OK, alone OK, db OK]",
            ),
            ("stop db", "SIGTERM db; true"),
        ],
    );
    // LIF-064
    let lines = story.lines("is stopped while");
    assert_eq!(
        lines,
        [
            "INFO db is stopped while app depends on it",
            "INFO db is stopped while app depends on it"
        ]
    );
}

#[test]
fn lif_082_a_wave_takes_along_what_depends_on_it() {
    let text = CHAIN.replace("priority=1\n", "priority=0\n");
    play(
        &text,
        &[
            UP,
            ("TERM", "SIGTERM web"),
            ("exit web 0", "SIGTERM app"),
            ("exit app 0", "SIGTERM db"),
            ("exit db 0", "SIGTERM alone"),
            ("exit alone 0", "finished"),
        ],
    );
    play(
        &text,
        &[
            UP,
            ("TERM", "SIGTERM web"),
            ("TERM", ""),
            // LIF-367
            (
                "TERM",
                "SIGTERM alone; SIGTERM app; SIGTERM db; SIGKILL app; SIGKILL web; SIGKILL alone; SIGKILL db",
            ),
        ],
    );
}

#[test]
fn lif_086_dependents_go_with_it() {
    play(
        CHAIN,
        &[
            UP,
            ("stop-with-dependents! app", "SIGTERM web; #0"),
            ("exit web 0", "SIGTERM app"),
            ("exit app 0", "#0: [web OK, app OK]"),
        ],
    );
}

#[test]
fn lif_226_a_shutdown_that_takes_too_long_kills_what_is_left() {
    let text = format!("shutdown_timeout=4\n{CHAIN}");
    let story = play(
        &text,
        &[
            UP,
            ("TERM", "SIGTERM web"),
            ("reexec", ""),
            ("pass 3", ""),
            (
                "pass 1",
                "SIGTERM alone; SIGTERM app; SIGTERM db; SIGKILL app; SIGKILL web; SIGKILL alone; SIGKILL db",
            ),
        ],
    );
    let line =
        "INFO killing app, web, alone, db: shutdown takes more than 4 seconds (shutdown_timeout)";
    assert_eq!(story.lines("shutdown_timeout"), [line]);
}

#[test]
fn lif_080_a_hook_of_a_dependent_counts_as_it_does() {
    let text = "[program:db]\ncommand=/bin/x\nstartsecs=0\n\
                [program:web]\ncommand=/bin/x\nstartsecs=0\ndepends_on=db:started\npost_stop_hook=/bin/y";
    let up = ("wake", "spawn db; spawn web");
    play(
        text,
        &[
            up,
            ("stop-all", "SIGTERM web; [db OK, web OK]"),
            ("exit web 0", "run web/post_stop_hook"),
            ("detail db", "waits for web to stop"),
            ("exit web/post_stop_hook 0", "SIGTERM db"),
        ],
    );
    play(
        text,
        &[
            up,
            ("TERM", "SIGTERM web"),
            ("exit web 0", "run web/post_stop_hook"),
            ("exit web/post_stop_hook 0", "SIGTERM db"),
            ("exit db 0", "finished"),
        ],
    );
}

#[test]
fn circles_of_two_readings_hold_up_nobody() {
    let mut story = play(CHAIN, &[UP]);
    let turned = CHAIN.replace("depends_on=db:started\n", "").replace(
        "autorestart=true\n",
        "autorestart=true\ndepends_on=web:started\n",
    );
    story.port.0.borrow_mut().config = Some(super::config(&turned));
    for (step, wanted) in [
        ("reread", "+[] ~[\"app\", \"db\"] -[]"),
        ("stop db", "SIGTERM db; true"),
        ("exit db 0", ""),
        ("remove db", "true"),
        ("add db", "true"),
        ("wake", "spawn db"),
        (
            "stop-all",
            "SIGTERM app; SIGTERM web; SIGTERM alone; SIGTERM db; [app OK, web OK, alone OK, db OK]",
        ),
    ] {
        assert_eq!(story.step(step), wanted, "{step}");
    }
}
