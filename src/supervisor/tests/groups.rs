//! Reading again, and groups that come and go.

use super::{config, play};

const A: &str = "[program:a]\ncommand=/bin/a\nstartsecs=0\n";
const B: &str = "[program:b]\ncommand=/bin/b\nstartsecs=0\n";

#[test]
fn cfg_224_reading_again_tells_and_changes_nothing() {
    let mut play = play(&[A, B].concat(), &[("wake", "spawn a; spawn b")]);
    let changed = B.replace("/bin/b", "/bin/c");
    let new = format!("{changed}[program:n]\ncommand=/bin/n\n");
    play.port.0.borrow_mut().config = Some(config(&new));
    let steps = [
        ("reread", "+[\"n\"] ~[\"b\"] -[\"a\"]"),
        ("wake", ""),
        ("add nobody", "BAD_NAME: nobody"),
        ("add b", "ALREADY_ADDED: b"),
        ("remove a", "STILL_RUNNING: a"),
        ("add n", "true"),
        ("wake", "spawn n"),
        ("stop! a", "SIGTERM a; #0"),
        ("exit a 0", "#0: true"),
        ("remove a", "true"),
        ("remove a", "BAD_NAME: a"),
        ("add a", "BAD_NAME: a"),
        ("reread", "+[] ~[\"b\"] -[]"),
        ("break config", ""),
        ("reread", "CANT_REREAD: could not read config file s.conf"),
        ("add n", "ALREADY_ADDED: n"),
    ];
    for (step, wanted) in steps {
        assert_eq!(play.step(step), wanted, "{step}");
    }
}

#[test]
fn a_group_that_goes_takes_its_pending_start_along() {
    play(
        A,
        &[
            ("remove a", "true"),
            ("wake", ""),
            ("add a", "true"),
            ("wake", "spawn a"),
        ],
    );
}

#[test]
fn who_waits_for_a_member_of_a_group_that_goes_is_answered() {
    let text = "[program:a]\ncommand=/bin/a\nautostart=false\nstartsecs=9\nstartretries=0";
    play(
        text,
        &[
            ("start! a", "spawn a; #0"),
            ("break kill", ""),
            (
                "stop a",
                "SIGTERM a; FAILED: unknown problem killing a (101):broken; #0: ABNORMAL_TERMINATION: a",
            ),
            ("remove a", "true"),
        ],
    );
}

#[test]
fn rpc_132_logs_are_told_of_what_is_still_configured_as_it_runs() {
    let mut play = play(A, &[]);
    let logs = |play: &super::Play| {
        let infos = play.supervisor.all_config_info();
        infos
            .iter()
            .map(|info| info.logs.is_some())
            .collect::<Vec<_>>()
    };
    assert_eq!(logs(&play), [true]);
    play.step("reread");
    assert_eq!(logs(&play), [false]);
    play.step("remove a");
    play.step("add a");
    assert_eq!(logs(&play), [true]);
}
