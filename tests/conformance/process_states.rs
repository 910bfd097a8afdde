//! States, retries and automatic restarts of one process.

use std::time::Duration;

use nix::sys::signal::Signal;
use xmlrpc::Value;

use crate::common::daemon::{Daemon, text};
use crate::common::wait::{now, wait_until, watch};
use crate::common::{ours_only, proc};

/// A program that dies at once and may try again `retries` times.
fn dying(retries: u32) -> String {
    format!(
        "[program:x]\ncommand=/bin/sh -c 'exit 3'\nstartsecs=5\nstartretries={retries}\n\
         autostart=false\n"
    )
}

#[test]
fn proc_020_autostart_brings_a_program_up_and_autostart_false_does_not() {
    let daemon = Daemon::start(
        "[program:up]\ncommand=/bin/cat\nstartsecs=0\n\
         [program:down]\ncommand=/bin/cat\nautostart=false\n",
    );
    let pid = daemon.wait_running("up");
    assert_eq!(proc::words_of(pid), ["/bin/cat"]);
    let down = daemon.info("down");
    assert_eq!(text(&down, "statename"), "STOPPED");
    assert_eq!(text(&down, "description"), "Not started");
    assert_eq!(down["pid"], Value::Int(0));
    assert_eq!(down["state"], Value::Int(0));
}

#[test]
fn proc_022_a_program_is_starting_until_it_stayed_up_for_startsecs() {
    let daemon = Daemon::start("[program:x]\ncommand=/bin/cat\nstartsecs=1\n");
    daemon.wait_log("spawned: 'x' with pid ");
    daemon.wait_state("x", "STARTING");
    assert_eq!(daemon.description("x"), "");
    let pid = daemon.wait_running("x");
    let line = "INFO success: x entered RUNNING state, process has stayed up for > than 1 seconds \
                (startsecs)";
    assert_eq!(daemon.wait_log("success:"), line);
    let description = daemon.description("x");
    assert!(
        description.starts_with(&format!("pid {pid}, uptime 0:00:0")),
        "{description}"
    );
}

#[test]
fn proc_023_a_quick_exit_is_a_backoff_whatever_its_status() {
    let daemon =
        Daemon::start("[program:x]\ncommand=/bin/sh -c 'exit 0'\nstartsecs=5\nstartretries=50\n");
    daemon.wait_state("x", "BACKOFF");
    let too_quick = "Exited too quickly (process log may have details)";
    assert_eq!(daemon.description("x"), too_quick);
    assert_eq!(daemon.info("x")["exitstatus"], Value::Int(0));
    let line = daemon.wait_log("exited: x");
    assert_eq!(line, "WARN exited: x (exit status 0; not expected)");
}

#[test]
fn proc_025_a_program_is_fatal_after_its_first_attempt_and_all_retries() {
    let daemon = Daemon::start(&dying(1));
    let started = daemon.rpc("supervisor.startProcess", vec!["x".into()]);
    assert_eq!(started, Err((50, "SPAWN_ERROR: x".into())));
    daemon.wait_state("x", "FATAL");
    let line = "INFO gave up: x entered FATAL state, too many start retries too quickly";
    assert_eq!(daemon.wait_log("gave up"), line);
    assert_eq!(daemon.log_lines("spawned: 'x'").len(), 2);
    assert_eq!(daemon.log_lines("exited: x").len(), 2);
}

#[test]
fn proc_037_without_retries_one_attempt_is_all() {
    let daemon = Daemon::start(&dying(0));
    let started = daemon.rpc(
        "supervisor.startProcess",
        vec!["x".into(), Value::Bool(false)],
    );
    assert_eq!(started, Ok(Value::Bool(true)));
    daemon.wait_state("x", "FATAL");
    assert_eq!(daemon.log_lines("spawned: 'x'").len(), 1);
}

#[test]
fn proc_026_a_stop_in_backoff_needs_no_signal() {
    let daemon = Daemon::start(&dying(50));
    let started = daemon.rpc(
        "supervisor.startProcess",
        vec!["x".into(), Value::Bool(false)],
    );
    assert_eq!(started, Ok(Value::Bool(true)));
    daemon.wait_state("x", "BACKOFF");
    daemon.stop_process("x");
    assert_eq!(daemon.state("x"), "STOPPED");
    assert!(daemon.log_lines("stopped: x").is_empty());
}

#[test]
fn dec_021_a_start_by_hand_counts_its_failures_from_the_beginning() {
    ours_only!("DEC-021: a start by hand begins with a fresh backoff count");
    let daemon = Daemon::start(&dying(1));
    for round in 1..=3 {
        let started = daemon.rpc(
            "supervisor.startProcess",
            vec!["x".into(), Value::Bool(false)],
        );
        assert_eq!(started, Ok(Value::Bool(true)));
        daemon.wait_state("x", "BACKOFF");
        daemon.stop_process("x");
        assert_eq!(daemon.log_lines("exited: x").len(), round);
    }
    assert!(daemon.log_lines("gave up").is_empty());
}

#[test]
fn proc_028_exits_after_startsecs_are_expected_or_not() {
    let daemon = Daemon::start(
        "[program:good]\ncommand=/bin/sh -c 'read line; exit 7'\nstartsecs=0\nexitcodes=0,7\n\
         autorestart=unexpected\n\
         [program:bad]\ncommand=/bin/sh -c 'read line; exit 8'\nstartsecs=0\nexitcodes=0,7\n\
         autorestart=false\n",
    );
    for name in ["good", "bad"] {
        daemon.wait_running(name);
        let sent = daemon.rpc(
            "supervisor.sendProcessStdin",
            vec![name.into(), "go\n".into()],
        );
        assert_eq!(sent, Ok(Value::Bool(true)));
        daemon.wait_state(name, "EXITED");
    }
    let line = daemon.wait_log("exited: good");
    assert_eq!(line, "INFO exited: good (exit status 7; expected)");
    let line = daemon.wait_log("exited: bad");
    assert_eq!(line, "WARN exited: bad (exit status 8; not expected)");
    assert_eq!(daemon.info("good")["exitstatus"], Value::Int(7));
    assert_eq!(daemon.info("bad")["exitstatus"], Value::Int(8));
    assert_eq!(text(&daemon.info("bad"), "spawnerr"), "Bad exit code 8");
}

#[test]
fn proc_029_autorestart_true_restarts_after_an_expected_exit() {
    let daemon = Daemon::start(
        "[program:x]\ncommand=/bin/sh -c 'read line; exit 0'\nstartsecs=0\nautorestart=true\n",
    );
    let first = daemon.wait_running("x");
    daemon
        .rpc(
            "supervisor.sendProcessStdin",
            vec!["x".into(), "go\n".into()],
        )
        .expect("an open stdin");
    assert_ne!(daemon.wait_replaced("x", first), first);
    let line = daemon.wait_log("exited: x");
    assert_eq!(line, "INFO exited: x (exit status 0; expected)");
}

#[test]
fn proc_034_a_kill_from_outside_is_unexpected_and_answered_by_a_new_process() {
    let daemon = Daemon::start("[program:x]\ncommand=/bin/cat\nstartsecs=0\n");
    let first = daemon.wait_running("x");
    proc::signal(first, Signal::SIGKILL);
    let second = daemon.wait_replaced("x", first);
    assert!(!proc::alive(first) && proc::alive(second));
    let line = daemon.wait_log("exited: x");
    assert_eq!(line, "WARN exited: x (terminated by SIGKILL; not expected)");
}

#[test]
fn proc_039_autorestart_false_leaves_a_dead_program_alone() {
    let daemon = Daemon::start(
        "[program:x]\ncommand=/bin/cat\nstartsecs=0\nautorestart=false\n\
         [program:y]\ncommand=/bin/cat\nstartsecs=0\n",
    );
    proc::signal(daemon.wait_running("x"), Signal::SIGKILL);
    daemon.wait_state("x", "EXITED");
    assert_eq!(daemon.info("x")["exitstatus"], Value::Int(-1));
    // The restart of a later victim shows that the daemon has been through its rules since.
    let y = daemon.wait_running("y");
    proc::signal(y, Signal::SIGKILL);
    daemon.wait_replaced("y", y);
    assert_eq!(daemon.state("x"), "EXITED");
    assert_eq!(daemon.log_lines("spawned: 'x'").len(), 1);
}

#[test]
fn proc_036_startsecs_zero_makes_a_short_run_a_success() {
    let daemon =
        Daemon::start("[program:x]\ncommand=/bin/true\nstartsecs=0\nautorestart=unexpected\n");
    daemon.wait_state("x", "EXITED");
    let line = daemon.wait_log("exited: x");
    assert_eq!(line, "INFO exited: x (exit status 0; expected)");
    assert_eq!(daemon.log_lines("spawned: 'x'").len(), 1);
}

#[test]
fn proc_051_a_stopped_program_shows_when_it_stopped() {
    let daemon = Daemon::start("[program:x]\ncommand=/bin/cat\nstartsecs=0\n");
    daemon.wait_running("x");
    daemon.stop_process("x");
    let shown = daemon.description("x");
    let words: Vec<_> = shown.split(' ').collect();
    let [month, day, time, half] = words[..] else {
        panic!("{shown}");
    };
    assert!(
        month.len() == 3 && day.len() == 2 && time.len() == 5,
        "{shown}"
    );
    assert!(half == "AM" || half == "PM", "{shown}");
}

#[test]
fn proc_013_a_start_after_fatal_is_a_new_life() {
    let daemon = Daemon::start(
        "[program:x]\ncommand=/bin/sh -c 'test -e {dir}/ready && exec cat; exit 1'\n\
         startsecs=1\nstartretries=0\nautostart=false\n",
    );
    let started = daemon.rpc("supervisor.startProcess", vec!["x".into()]);
    assert_eq!(started, Err((50, "SPAWN_ERROR: x".into())));
    daemon.wait_state("x", "FATAL");
    daemon.write("ready", "");
    daemon.start_process("x");
    assert_eq!(daemon.state("x"), "RUNNING");
    assert_eq!(text(&daemon.info("x"), "spawnerr"), "");
}

#[test]
fn proc_105_a_hundred_programs_start_and_stop() {
    let mut daemon = Daemon::start(
        "[program:x]\ncommand=/bin/cat\nstartsecs=0\nnumprocs=100\nstdout_logfile=NONE\n\
         stderr_logfile=NONE\nprocess_name=%(program_name)s_%(process_num)03d\n",
    );
    let mut pids: Vec<_> = (0..100)
        .map(|number| daemon.wait_running(&format!("x:x_{number:03}")))
        .collect();
    pids.sort_unstable();
    pids.dedup();
    assert_eq!(pids.len(), 100);
    assert!(daemon.stop().success());
    assert!(pids.into_iter().all(|pid| !proc::alive(pid)));
}

/// The reference's tick was the brake: one start a second.
#[test]
fn dec_021a_what_ends_at_once_is_started_once_a_second() {
    ours_only!("DEC-021a: a second lies between two starts, and not the rest of one until a tick");
    let begin = now();
    let daemon = Daemon::start(
        "[program:quick]\ncommand=/bin/sh -c 'exit 1'\nstartsecs=0\nautorestart=true\n\
         [program:lost]\ncommand=/bin/cat\ndirectory=/no/such/folder\nstartsecs=0\nautorestart=true\n\
         [eventlistener:deaf]\ncommand=/bin/sh -c 'echo READY'\nevents=EVENT\nstartsecs=0\n\
         autorestart=true\n",
    );
    let starts = |name: &str| daemon.log_lines(&format!("spawned: '{name}'")).len();
    let names = ["quick", "lost", "deaf"];
    wait_until("three starts of each", || {
        names.iter().all(|name| starts(name) >= 3)
    });
    let most = usize::try_from(begin.elapsed().as_secs()).expect("short") + 1;
    for name in names {
        assert!(
            starts(name) <= most,
            "{} starts of {name} in {:?}",
            starts(name),
            begin.elapsed()
        );
    }
}

#[test]
fn dec_019_a_stop_between_two_lives_is_the_end() {
    ours_only!("DEC-019: the reference refuses the stop and starts it again");
    let daemon = Daemon::start(
        "[program:x]\ncommand=/bin/sh -c 'exit 1'\nstartsecs=0\nautorestart=true\nautostart=false\n",
    );
    for (round, whom) in ["x", "x:*"].into_iter().enumerate() {
        daemon.start_process("x");
        daemon.wait_state("x", "EXITED");
        let stopped = daemon.ctl(&["stop", whom]);
        assert_eq!(stopped.lines(), ["x: stopped"], "{whom}");
        let again = daemon.ctl(&["stop", "x"]);
        assert_eq!(again.lines(), ["x: ERROR (not running)"], "{whom}");
        // longer than the pause between two lives
        watch(Duration::from_millis(1200));
        assert_eq!(daemon.state("x"), "EXITED");
        assert_eq!(daemon.log_lines("spawned: 'x'").len(), round + 1);
    }
    // who asks for a start does not wait for the pause to end
    daemon.start_process("x");
    daemon.wait_state("x", "EXITED");
    daemon.start_process("x");
    assert_eq!(daemon.log_lines("spawned: 'x'").len(), 4);
}
