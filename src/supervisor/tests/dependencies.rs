//! Starting what depends on others (lifecycle.md, sections 3 to 5).

use super::play;

pub(super) const PAIR: &str = "[program:web]\ncommand=/bin/x\nstartsecs=0\npriority=1\ndepends_on=db\n\
                    [program:db]\ncommand=/bin/x\nstartsecs=3\npriority=9\nstartretries=0\nautorestart=false";

/// The same, and nobody starts by itself.
pub(super) fn by_hand(text: &str) -> String {
    text.replace("command=/bin/x\n", "command=/bin/x\nautostart=false\n")
}

#[test]
fn lif_040_a_start_waits_for_its_conditions_against_the_priorities() {
    let play = play(
        PAIR,
        &[
            ("wake", "spawn db"),
            ("detail web", "waiting for db:running (starting)"),
            ("pass 2", ""),
            ("pass 1", "spawn web"),
            ("detail web", ""),
        ],
    );
    assert_eq!(play.lines("waits"), ["INFO web waits for db:running"]);
    assert_eq!(play.states(), "db RUNNING, web RUNNING");
}

#[test]
fn lif_030_each_condition_has_its_moment() {
    let table = [
        ("started", "spawn db; spawn web", "", ""),
        ("running", "spawn db", "spawn web", ""),
        ("exited", "spawn db", "", "spawn web"),
        ("ended", "spawn db", "", "spawn web"),
    ];
    for (condition, at_once, when_up, when_ended) in table {
        let text = PAIR.replace("=db", &format!("=db:{condition}"));
        play(
            &text,
            &[
                ("wake", at_once),
                ("pass 3", when_up),
                ("exit db 0", ""),
                ("wake", when_ended),
            ],
        );
    }
}

#[test]
fn lif_033_an_end_must_be_as_expected_for_one_condition_and_not_for_the_other() {
    let text = |condition| PAIR.replace("=db", &format!("=db:{condition}"));
    let ends = [("wake", "spawn db"), ("pass 3", ""), ("exit db 1", "")];
    let story = play(
        &text("exited"),
        &[
            &ends[..],
            &[
                ("wake", ""),
                ("detail web", "waiting for db:exited (exited)"),
            ],
        ]
        .concat(),
    );
    assert_eq!(
        story.lines("cannot start yet"),
        ["INFO web cannot start yet: dependency db is EXITED"]
    );
    play(
        &text("ended"),
        &[&ends[..], &[("wake", "spawn web")]].concat(),
    );
    let fails = [
        ("wake", "spawn db"),
        ("exit db 1", ""),
        ("wake", "spawn web"),
    ];
    play(&text("ended"), &fails);
}

#[test]
fn lif_013_an_item_holds_when_all_that_it_means_do() {
    let text = "[program:web]\ncommand=/bin/x\nstartsecs=0\ndepends_on=g:*, one:one_1\n\
                [group:g]\nprograms=a,b\n[program:a]\ncommand=/bin/x\nstartsecs=1\n\
                [program:b]\ncommand=/bin/x\nstartsecs=2\n\
                [program:one]\ncommand=/bin/x\nnumprocs=2\nprocess_name=one_%(process_num)d\nstartsecs=5";
    play(
        text,
        &[
            ("wake", "spawn a; spawn b; spawn one_0; spawn one_1"),
            (
                "detail web",
                "waiting for g:a:running (starting) and 2 more",
            ),
            ("pass 1", ""),
            (
                "detail web",
                "waiting for g:b:running (starting) and 1 more",
            ),
            ("pass 4", "spawn web"),
        ],
    );
}

#[test]
fn lif_042_a_start_pulls_what_it_needs() {
    let text = "[program:base]\ncommand=/bin/x\nstartsecs=0\n[program:db]\ncommand=/bin/x\nstartsecs=1\ndepends_on=base\n\
                [program:web]\ncommand=/bin/x\nstartsecs=0\ndepends_on=db\n[program:other]\ncommand=/bin/x\n";
    let story = play(
        &by_hand(text),
        &[
            ("wake", ""),
            ("start! web", "#0"),
            ("detail db", "waiting for base:running (pending)"),
            ("wake", "spawn base; spawn db"),
            ("pass 1", "spawn web; #0: true"),
        ],
    );
    let lines = [
        "INFO starting db: web depends on it",
        "INFO starting base: db depends on it",
    ];
    assert_eq!(story.lines("depends on it"), lines);
    // at boot all wish to start before anybody is pulled, so what starts anyway is not
    let text = text.replacen("command=/bin/x\n", "command=/bin/x\nautostart=false\n", 1);
    let story = play(
        &text,
        &[
            ("wake", "spawn other; spawn base; spawn db"),
            ("pass 1", "spawn web"),
        ],
    );
    assert_eq!(
        story.lines("depends on it"),
        ["INFO starting base: db depends on it"]
    );
}

#[test]
fn lif_044_a_restart_waits_for_what_is_up_and_pulls_nothing() {
    let text = "[program:web]\ncommand=/bin/x\nstartsecs=0\nautorestart=true\ndepends_on=db, job:exited\n\
                [program:db]\ncommand=/bin/x\nstartsecs=0\nautorestart=false\n\
                [program:job]\ncommand=/bin/x\nstartsecs=0\nautorestart=false";
    play(
        text,
        &[
            ("wake", "spawn db; spawn job"),
            ("exit job 0", ""),
            ("wake", "spawn web"),
            ("start job", "spawn job; true"),
            ("stop db", "SIGTERM db; true"),
            ("exit db 1", ""),
            ("exit web 0", ""),
            ("pass 2", ""),
            ("detail web", "waiting for db:running (stopped)"),
            ("start db", "spawn db; true"),
            // the job runs, but a completion gates a start and not each restart
            ("wake", "spawn web"),
            // an end that was expected does not hold up a restart
            ("exit db 0", ""),
            ("exit web 0", ""),
            ("pass 2", "spawn web"),
        ],
    );
}

#[test]
fn lif_044_a_retry_that_waits_uses_up_no_try() {
    let text = "[program:web]\ncommand=/bin/x\nstartsecs=1\nstartretries=1\ndepends_on=db\n\
                [program:db]\ncommand=/bin/x\nstartsecs=0";
    let story = play(
        text,
        &[
            ("wake", "spawn db; spawn web"),
            ("stop db", "SIGTERM db; true"),
            ("exit db 0", ""),
            ("exit web 1", ""),
            ("pass 9", ""),
            ("detail web", "waiting for db:running (stopped)"),
            ("reexec", ""),
            // a start by hand joins it
            ("start! web", "#0"),
            ("wake", "spawn db; spawn web"),
            ("pass 1", "#0: true"),
        ],
    );
    let line = "INFO web waits for db:running";
    assert_eq!(
        story.lines("web waits"),
        [line, line],
        "at boot, and for the retry"
    );
}

#[test]
fn lif_047_a_start_of_a_pending_process_joins_it() {
    let play = play(
        PAIR,
        &[
            ("wake", "spawn db"),
            ("start! web", "#0"),
            ("start web", "true"),
            ("start! web", "#1"),
            ("reexec", ""),
            ("pass 3", "spawn web; #0: true; #1: true"),
        ],
    );
    assert_eq!(play.lines("spawned: 'web'").len(), 1);
}

#[test]
fn lif_049_a_start_alone_looks_at_no_condition() {
    play(
        &by_hand(PAIR),
        &[("start-alone! web", "spawn web; true"), ("wake", "")],
    );
    // LIF-377: both are answered by that start
    play(
        PAIR,
        &[
            ("wake", "spawn db"),
            ("start! web", "#0"),
            ("start-alone! web", "spawn web; true; #0: true"),
            ("pass 3", ""),
        ],
    );
}

#[test]
fn lif_050_many_are_pending_before_any_is_looked_at() {
    play(
        &by_hand(PAIR),
        &[
            ("start-all!", "spawn db; #0"),
            ("pass 3", "spawn web; #0: [db OK, web OK]"),
        ],
    );
    // a finished job runs again before what needs it (LIF-035)
    let text = PAIR
        .replace("=db", "=db:exited")
        .replace("startsecs=3", "startsecs=0");
    play(
        &text,
        &[
            ("wake", "spawn db"),
            ("exit db 0", ""),
            ("wake", "spawn web"),
            ("stop web", "SIGTERM web; true"),
            ("exit web 0", ""),
            ("start-all", "spawn db; [web OK, db OK]"),
            ("detail web", "waiting for db:exited (running)"),
            ("exit db 0", ""),
            ("wake", "spawn web"),
        ],
    );
}

#[test]
fn lif_036_a_completion_that_was_seen_stays_seen() {
    let text = "[program:web]\ncommand=/bin/x\nstartsecs=0\ndepends_on=job:exited, db\n[program:db]\ncommand=/bin/x\nstartsecs=9\n\
                [program:job]\ncommand=/bin/x\nstartsecs=0\nautorestart=true";
    play(
        text,
        &[
            ("wake", "spawn db; spawn job"),
            ("exit job 0", ""),
            ("reexec", ""),
            ("pass 2", "spawn job"),
            ("detail web", "waiting for db:running (starting)"),
            ("pass 7", "spawn web"),
        ],
    );
}

#[test]
fn lif_037_a_dependency_that_passes_through_running_is_seen() {
    let text = PAIR.replace("startsecs=3", "startsecs=1");
    play(
        &text,
        &[("wake", "spawn db"), ("late db", ""), ("wake", "spawn web")],
    );
}

#[test]
fn lif_023_a_dependency_of_the_plug_in_gates_autostart_only() {
    let text = PAIR.replace(
        "depends_on=db",
        "dependent_startup_wait_for=db:running,exited",
    );
    play(
        &text,
        &[
            ("wake", "spawn db"),
            ("start web", "spawn web; true"),
            ("pass 3", ""),
        ],
    );
    play(
        &text,
        &[
            ("wake", "spawn db"),
            ("exit db 1", ""),
            ("wake", "spawn web"),
        ],
    );
    play(
        &by_hand(&text),
        &[("start web", "spawn web; true"), ("wake", "")],
    );
}
