//! Changing the configuration of a running daemon: reread, update, add, remove, reload.

use xmlrpc::Value;

use crate::common::daemon::Daemon;
use crate::common::home::Home;
use crate::common::wait::wait_until;
use crate::common::{ours_only, proc};

/// A program that stays, with more options.
fn stays(name: &str, options: &str) -> String {
    format!("[program:{name}]\ncommand=/bin/cat\nstartsecs=0\n{options}\n")
}

/// Starts a daemon whose programs stand in files of their own.
fn daemon_with(files: &[(&str, &str)]) -> Daemon {
    let home = Home::new();
    home.config("[include]\nfiles=conf.d/*.conf\n");
    for (name, text) in files {
        home.write(&format!("conf.d/{name}.conf"), text);
    }
    Daemon::of(home, &[])
}

/// Removes a program's file.
fn delete(daemon: &Daemon, name: &str) {
    std::fs::remove_file(daemon.path(&format!("conf.d/{name}.conf"))).expect("the file");
}

#[test]
fn cfg_232_update_adds_restarts_and_removes_just_what_changed() {
    let daemon = daemon_with(&[
        ("same", &stays("same", "")),
        ("changed", &stays("changed", "")),
        ("gone", &stays("gone", "")),
    ]);
    let same = daemon.wait_running("same");
    let changed = daemon.wait_running("changed");
    let gone = daemon.wait_running("gone");
    daemon.write("conf.d/changed.conf", &stays("changed", "priority=5"));
    daemon.write("conf.d/fresh.conf", &stays("fresh", ""));
    delete(&daemon, "gone");

    let reread = daemon.ctl(&["reread"]);
    assert_eq!(
        reread.lines(),
        ["changed: changed", "fresh: available", "gone: disappeared"]
    );
    assert_eq!(reread.code, Some(0));
    assert_eq!(
        daemon.names_listed(),
        ["changed:changed", "gone:gone", "same:same"]
    );
    assert_eq!(daemon.pid_of("changed"), changed);

    let update = daemon.ctl(&["update"]);
    let expected = [
        "gone: stopped",
        "gone: removed process group",
        "changed: stopped",
        "changed: updated process group",
        "fresh: added process group",
    ];
    assert_eq!(update.lines(), expected);
    assert_eq!(update.code, Some(0));
    assert_ne!(daemon.wait_running("changed"), changed);
    daemon.wait_running("fresh");
    assert_eq!(daemon.wait_running("same"), same);
    assert!(!proc::alive(gone) && !proc::alive(changed));

    let again = daemon.ctl(&["update"]);
    assert_eq!((again.out.as_str(), again.code), ("", Some(0)));
    let again = daemon.ctl(&["reread"]);
    assert_eq!(again.lines(), ["No config updates to processes"]);
}

#[test]
fn a_program_stopped_by_hand_stays_stopped_after_update() {
    let daemon = daemon_with(&[("x", &stays("x", "")), ("y", &stays("y", ""))]);
    daemon.wait_running("x");
    assert_eq!(daemon.ctl(&["stop", "x"]).lines(), ["x: stopped"]);
    daemon.write("conf.d/y.conf", &stays("y", "priority=3"));
    let update = daemon.ctl(&["update"]);
    assert_eq!(update.lines(), ["y: stopped", "y: updated process group"]);
    daemon.wait_running("y");
    assert_eq!(daemon.state("x"), "STOPPED");
}

#[test]
fn cfg_227_only_what_an_option_means_counts_as_a_change() {
    let daemon = daemon_with(&[("x", &stays("x", "stopsignal=TERM\nexitcodes=0"))]);
    let pid = daemon.wait_running("x");
    let same = "# moved and reworded\n[program:x]\nexitcodes = 0\nstopsignal=15\nstartsecs=0\n\
                command: /bin/cat ; the same\n";
    daemon.write("conf.d/x.conf", same);
    let reread = daemon.ctl(&["reread"]);
    assert_eq!(reread.lines(), ["No config updates to processes"]);
    assert_eq!(daemon.pid_of("x"), pid);
}

#[test]
fn cfg_229_a_change_of_the_global_environment_changes_everything() {
    let home = Home::new();
    home.config_with("environment=A=\"1\"", &stays("x", ""));
    let daemon = Daemon::of(home, &[]);
    daemon.wait_running("x");
    daemon.config_with("environment=A=\"2\"", &stays("x", ""));
    assert_eq!(daemon.ctl(&["reread"]).lines(), ["x: changed"]);
}

#[test]
fn cfg_224_a_broken_file_at_reread_leaves_everything_as_it_is() {
    let daemon = daemon_with(&[("x", &stays("x", ""))]);
    let pid = daemon.wait_running("x");
    daemon.write("conf.d/y.conf", &stays("y", "priority=high"));
    let reread = daemon.ctl(&["reread"]);
    let expected = "ERROR: CANT_REREAD: invalid literal for int() with base 10: 'high'";
    assert!(reread.out.starts_with(expected), "{reread:?}");
    assert_eq!(reread.code, Some(1));
    let update = daemon.ctl(&["update"]);
    assert!(
        update.out.contains("CANT_REREAD: invalid literal"),
        "{update:?}"
    );
    assert_eq!(update.code, Some(1));
    assert_eq!(daemon.pid_of("x"), pid);
    assert_eq!(daemon.names_listed(), ["x:x"]);
}

#[test]
fn cfg_233_add_and_remove_are_update_by_hand() {
    let daemon = daemon_with(&[("x", &stays("x", ""))]);
    daemon.wait_running("x");
    daemon.write("conf.d/y.conf", &stays("y", "autostart=false"));
    let early = daemon.ctl(&["add", "y"]);
    assert_eq!(early.lines(), ["ERROR: no such process/group: y"]);
    assert_eq!(early.code, Some(1));
    daemon.ctl(&["reread"]);
    assert_eq!(
        daemon.ctl(&["add", "y"]).lines(),
        ["y: added process group"]
    );
    assert_eq!(daemon.state("y"), "STOPPED");
    let again = daemon.ctl(&["add", "y"]);
    assert_eq!(again.lines(), ["ERROR: process group already active"]);
    let running = daemon.ctl(&["remove", "x"]);
    assert_eq!(running.lines(), ["ERROR: process/group still running: x"]);
    assert_eq!(running.code, Some(1));
    daemon.stop_process("x");
    assert_eq!(
        daemon.ctl(&["remove", "x"]).lines(),
        ["x: removed process group"]
    );
    assert_eq!(daemon.names_listed(), ["y:y"]);
    let avail = daemon.ctl(&["avail"]);
    let rows = [
        "x                                avail     auto      999:999",
        "y                                in use    manual    999:999",
    ];
    assert_eq!(avail.lines(), rows);
}

#[test]
fn ctl_144_update_can_be_limited_to_groups() {
    let daemon = daemon_with(&[("x", &stays("x", ""))]);
    daemon.wait_running("x");
    daemon.write("conf.d/y.conf", &stays("y", ""));
    daemon.write("conf.d/z.conf", &stays("z", ""));
    let update = daemon.ctl(&["update", "z"]);
    assert_eq!(update.lines(), ["z: added process group"]);
    assert_eq!(daemon.names_listed(), ["x:x", "z:z"]);
    let unknown = daemon.ctl(&["update", "nothing"]);
    assert_eq!(unknown.lines(), ["ERROR: no such group: nothing"]);
    assert_eq!(unknown.code, Some(1));
}

#[test]
fn cfg_230_a_new_group_takes_its_programs_along() {
    let daemon = daemon_with(&[("x", &stays("x", "")), ("y", &stays("y", ""))]);
    daemon.wait_running("x");
    daemon.write("conf.d/team.conf", "[group:team]\nprograms=x,y\n");
    let reread = daemon.ctl(&["reread"]);
    assert_eq!(
        reread.lines(),
        ["team: available", "x: disappeared", "y: disappeared"]
    );
    daemon.ctl(&["update"]);
    daemon.wait_running("team:x");
    daemon.wait_running("team:y");
    assert_eq!(daemon.names_listed(), ["team:x", "team:y"]);
}

#[test]
fn ctl_152_reload_starts_everything_again() {
    let daemon = daemon_with(&[("x", &stays("x", ""))]);
    let pid = daemon.wait_running("x");
    daemon.write("conf.d/y.conf", &stays("y", ""));
    let reload = daemon.ctl(&["reload"]);
    assert_eq!(reload.lines(), ["Restarted supervisord"]);
    assert_eq!(reload.code, Some(0));
    wait_until("the second start", || {
        daemon.log_lines("supervisord started").len() == 2
    });
    assert_ne!(daemon.wait_running("x"), pid);
    daemon.wait_running("y");
    assert!(daemon.log_lines("received").is_empty());
}

#[test]
fn dec_011_a_relative_file_is_found_again_from_another_folder() {
    ours_only!("DEC-011: a relative -c is made absolute at start");
    let home = Home::new();
    std::fs::create_dir(home.path("work")).expect("a folder");
    home.config_with("directory={dir}/work", &stays("x", ""));
    let daemon = Daemon::background(home, &[]);
    daemon.wait_running("x");
    let reread = daemon.ctl(&["reread"]);
    assert_eq!(reread.lines(), ["No config updates to processes"]);
}

#[test]
fn dec_012_reload_with_a_broken_file_is_refused() {
    ours_only!("DEC-012: a broken file at reload changes nothing");
    let daemon = daemon_with(&[("x", &stays("x", ""))]);
    let pid = daemon.wait_running("x");
    daemon.write("conf.d/y.conf", "[program:y]\n");
    let reload = daemon.ctl(&["reload"]);
    assert_eq!(reload.code, Some(1), "{reload:?}");
    assert!(
        reload.out.contains("does not specify a command"),
        "{reload:?}"
    );
    assert_eq!(daemon.wait_running("x"), pid);
}

/// The reference's next tick would start it, and the group could not be taken out.
/// A program that ends again and again is between two lives now and then when update stops it.
#[test]
fn update_takes_out_a_program_that_ends_and_starts_all_the_time() {
    ours_only!("the reference starts it again between the stop and the removal");
    let daemon = daemon_with(&[]);
    for round in 0..30 {
        let text = format!(
            "[program:restless]\ncommand=/bin/false {round}\nstartsecs=0\nautorestart=true\n"
        );
        daemon.write("conf.d/restless.conf", &text);
        let reply = daemon.ctl(&["update"]);
        assert_eq!(reply.code, Some(0), "round {round}: {:?}", reply.lines());
        wait_until("a life", || {
            daemon.log_lines("spawned: 'restless'").len() > round
        });
    }
}

#[test]
fn dec_019_what_is_stopped_before_its_turn_to_start_does_not_start() {
    ours_only!("DEC-019: a stop calls off an autostart that has not happened yet");
    let daemon = daemon_with(&[]);
    daemon.write("conf.d/fresh.conf", &stays("fresh", ""));
    assert_eq!(daemon.ctl(&["reread"]).lines(), ["fresh: available"]);
    let call = |method: &str, name: Option<&str>| {
        let params = name.map(Value::from).into_iter().collect();
        let members = [
            ("methodName".to_owned(), Value::from(method)),
            ("params".to_owned(), Value::Array(params)),
        ];
        Value::Struct(members.into_iter().collect())
    };
    let ways = [
        ("supervisor.stopProcess", Some("fresh")),
        ("supervisor.stopProcess", Some("fresh:*")),
        ("supervisor.stopProcessGroup", Some("fresh")),
        ("supervisor.stopAllProcesses", None),
    ];
    for (stop, name) in ways {
        let calls = vec![
            call("supervisor.addProcessGroup", Some("fresh")),
            call(stop, name),
        ];
        let answers = daemon
            .rpc("system.multicall", vec![Value::Array(calls)])
            .expect("answers");
        assert_eq!(answers[0], Value::Bool(true), "{stop}");
        // the one process is stopped, alone or as the only row
        match answers[1].as_array() {
            None => assert_eq!(answers[1], Value::Bool(true), "{stop}"),
            Some(rows) => {
                assert_eq!(rows.len(), 1, "{stop}");
                assert_eq!(rows[0]["status"], Value::Int(80), "{stop}");
            }
        }
        let status = daemon.ctl(&["status"]);
        assert_eq!(
            status.lines(),
            ["fresh                            STOPPED   Not started"],
            "{stop}"
        );
        let again = daemon.rpc("supervisor.stopProcess", vec!["fresh".into()]);
        assert_eq!(again, Err((70, "NOT_RUNNING: fresh".into())), "{stop}");
        let removed = daemon.ctl(&["remove", "fresh"]);
        assert_eq!(removed.lines(), ["fresh: removed process group"], "{stop}");
    }
    assert!(!daemon.log().contains("spawned: 'fresh'"));
}
