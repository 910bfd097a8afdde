//! When the daemon ends by itself (lifecycle.md, section 13).

use super::{Play, play};

/// The last line that begins so.
fn why(play: &Play) -> Vec<String> {
    play.lines("shutting down")
}

#[test]
fn lif_201_an_essential_one_that_is_fatal_ends_the_daemon() {
    let text = "[program:app]\ncommand=/bin/x\nstartretries=0\nessential=fatal\n[program:helper]\ncommand=/bin/x\nstartsecs=0";
    let story = play(
        text,
        &[
            ("wake", "spawn app; spawn helper"),
            ("exit app 9", "SIGTERM helper"),
            ("exit helper 1", "finished"),
        ],
    );
    assert_eq!(
        why(&story),
        ["INFO shutting down: app entered FATAL state (essential=fatal)"]
    );
    assert_eq!(story.supervisor.exit_status(), Some(9));
}

#[test]
fn lif_202_any_end_of_its_own_counts_for_one_whose_end_is_essential() {
    let text = "[program:app]\ncommand=/bin/x\nstartsecs=5\nessential=exit";
    let table = [
        ("exit app 7", 7, "app exited with status 7 (essential=exit)"),
        ("exit app 0", 0, "app exited with status 0 (essential=exit)"),
    ];
    for (end, status, line) in table {
        for wait in ["wake", "pass 9"] {
            let mut story = play(
                text,
                &[("wake", "spawn app"), (wait, ""), (end, "finished")],
            );
            assert_eq!(why(&story), [format!("INFO shutting down: {line}")]);
            assert_eq!(story.supervisor.exit_status(), Some(status));
            assert_eq!(story.step("wake"), "");
        }
    }
}

#[test]
fn lif_210_without_a_child_the_status_says_why() {
    let text = "[program:app]\ncommand=/bin/x\nstartretries=0\nessential=fatal";
    for (broken, status) in [(&["spawn"][..], 1), (&["spawn", "command"], 127)] {
        let mut story = Play::new(super::config(text));
        for what in broken {
            story.step(&format!("break {what}"));
        }
        assert_eq!(story.step("wake"), "app fails; finished");
        assert_eq!(story.supervisor.exit_status(), Some(status));
    }
    let text = format!("exit_code_on_failure=42\n{text}");
    let story = play(&text, &[("wake", "spawn app"), ("exit app 9", "finished")]);
    assert_eq!(story.supervisor.exit_status(), Some(42));
}

#[test]
fn lif_203_exit_on_fatal_means_any_process() {
    let text =
        "exit_on_fatal=any\n[eventlistener:app]\ncommand=/bin/x\nevents=TICK_5\nstartretries=0";
    let story = play(text, &[("wake", "spawn app"), ("exit app 3", "finished")]);
    assert_eq!(
        why(&story),
        ["INFO shutting down: app entered FATAL state (exit_on_fatal=any)"]
    );
    assert_eq!(story.supervisor.exit_status(), Some(3));
}

#[test]
fn lif_211_what_comes_first_decides() {
    let text = "[program:app]\ncommand=/bin/x\nstartsecs=0\nessential=exit\n[program:too]\ncommand=/bin/x\nstartsecs=0\nessential=exit";
    let up = ("wake", "spawn app; spawn too");
    let story = play(
        text,
        &[
            up,
            ("exit app 3", "SIGTERM too"),
            ("TERM", ""),
            ("exit too 4", "finished"),
        ],
    );
    assert_eq!(story.supervisor.exit_status(), Some(3));
    let story = play(
        text,
        &[
            up,
            ("TERM", "SIGTERM too; SIGTERM app"),
            ("exit app 3", ""),
            ("exit too 4", "finished"),
        ],
    );
    assert_eq!(
        (why(&story), story.supervisor.exit_status()),
        (vec![], None)
    );
    // LIF-214
    let story = play(
        text,
        &[
            up,
            ("stop app", "SIGTERM app; true"),
            ("exit app 3", ""),
            ("wake", ""),
        ],
    );
    assert_eq!(why(&story), Vec::<String>::new());
}

#[test]
fn lif_204_the_daemon_ends_when_all_are_done() {
    let text = "exit_when_done=true\n[program:a]\ncommand=/bin/x\nstartsecs=0\nautorestart=false\n\
                [program:b]\ncommand=/bin/x\nstartsecs=0\nautorestart=false\n[program:never]\ncommand=/bin/x\nautostart=false\n\
                [eventlistener:ears]\ncommand=/bin/x\nevents=TICK_5\nstartsecs=0";
    let up = ("wake", "spawn ears; spawn a; spawn b");
    for (first, second, status) in [(0, 0, 0), (0, 5, 5), (4, 5, 4)] {
        let (first, second) = (format!("exit b {first}"), format!("exit a {second}"));
        let steps = [
            up,
            ("pass 1", ""),
            (first.as_str(), ""),
            ("reexec", ""),
            (second.as_str(), "SIGTERM ears"),
        ];
        let story = play(text, &steps);
        assert_eq!(
            why(&story),
            ["INFO shutting down: all programs are done (exit_when_done)"]
        );
        assert_eq!(story.supervisor.exit_status(), Some(status), "{steps:?}");
    }
    // a stop by hand is no end, and neither is one that is to be started again
    play(
        text,
        &[
            up,
            ("pass 1", ""),
            ("exit a 0", ""),
            ("stop b", "SIGTERM b; true"),
            ("exit b 0", ""),
            ("pass 9", ""),
        ],
    );
    let again = text.replacen("autorestart=false", "autorestart=true", 1);
    play(
        &again,
        &[
            up,
            ("pass 1", ""),
            ("exit b 0", ""),
            ("exit a 0", ""),
            ("pass 1", "spawn a"),
        ],
    );
}

#[test]
fn lif_217_an_essential_one_that_can_never_start_counts_as_fatal() {
    let text = "[program:db]\ncommand=/bin/x\nstartretries=0\n[program:mid]\ncommand=/bin/x\ndepends_on=db\n\
                [program:web]\ncommand=/bin/x\ndepends_on=mid\nessential=fatal";
    let story = play(
        text,
        &[
            ("wake", "spawn db"),
            ("exit db 6", ""),
            ("wake", "finished"),
        ],
    );
    let line = "INFO shutting down: web cannot start, dependency db is FATAL (essential=fatal)";
    assert_eq!(why(&story), [line]);
    assert_eq!(story.supervisor.exit_status(), Some(6));
}

#[test]
fn lif_375_blocked_ones_are_as_good_as_done() {
    let text = "exit_when_done=true\n[program:db]\ncommand=/bin/x\nstartretries=0\n[program:web]\ncommand=/bin/x\ndepends_on=db";
    let story = play(
        text,
        &[
            ("wake", "spawn db"),
            ("exit db 6", ""),
            ("wake", "finished"),
        ],
    );
    assert_eq!(story.supervisor.exit_status(), Some(6));
}
