//! Stopping and signalling, from a polite request to SIGKILL for a whole group.

use nix::sys::signal::Signal;
use xmlrpc::Value;

use crate::common::daemon::Daemon;
use crate::common::home::Home;
use crate::common::wait::wait_until;
use crate::common::{ours_only, proc};

/// A program that takes no notice of SIGTERM, and says when it is ready not to.
const DEAF: &str = "trap '' TERM\necho ready\nread line\n";

/// A program with a child in the same process group, whose pid it writes down.
const PARENT: &str = "sh -c 'echo $$ >{dir}/child.part && mv {dir}/child.part {dir}/child; \
                      exec sleep 1000' &\nwait\n";

/// Starts a daemon whose program `x` runs `script`, with more `options`.
fn daemon_with(script: &str, options: &str) -> Daemon {
    let home = Home::new();
    home.write("x.sh", script);
    home.config(&format!(
        "[program:x]\ncommand=/bin/sh {{dir}}/x.sh\nstartsecs=0\nstdout_logfile={{dir}}/x.out\n{options}"
    ));
    let daemon = Daemon::of(home, &[]);
    daemon.wait_running("x");
    daemon
}

/// The pid of the program's own child, once there is one.
fn child_of(daemon: &Daemon) -> i32 {
    wait_until("the program's child", || daemon.has("child"));
    daemon.read("child").trim().parse().expect("a pid")
}

#[test]
fn proc_030_a_stop_sends_term_and_waits_for_the_end() {
    let daemon = Daemon::start_with(
        "loglevel=debug",
        "[program:x]\ncommand=/bin/cat\nstartsecs=0\n",
    );
    let pid = daemon.wait_running("x");
    daemon.stop_process("x");
    assert!(!proc::alive(pid));
    assert_eq!(daemon.state("x"), "STOPPED");
    assert_eq!(daemon.pid_of("x"), 0);
    let killing = format!("DEBG killing x (pid {pid}) with signal SIGTERM");
    assert_eq!(daemon.wait_log("killing x"), killing);
    let stopped = daemon.wait_log("stopped: x");
    assert_eq!(stopped, "WARN stopped: x (terminated by SIGTERM)");
}

#[test]
fn proc_032_an_answer_to_the_stop_signal_within_exitcodes_is_no_warning() {
    let script =
        "trap 'exit 4' USR1\necho ready\nwhile :; do read line || sleep 1000 & wait; done\n";
    let daemon = daemon_with(script, "stopsignal=USR1\nexitcodes=4\n");
    daemon.wait_file("x.out", "ready");
    daemon.stop_process("x");
    let stopped = daemon.wait_log("stopped: x");
    assert_eq!(stopped, "INFO stopped: x (exit status 4)");
    assert_eq!(daemon.info("x")["exitstatus"], Value::Int(4));
}

#[test]
fn proc_031_who_does_not_stop_in_stopwaitsecs_is_killed() {
    let daemon = daemon_with(DEAF, "stopwaitsecs=1\n");
    daemon.wait_file("x.out", "ready");
    let pid = daemon.pid_of("x");
    let asked = daemon.rpc(
        "supervisor.stopProcess",
        vec!["x".into(), Value::Bool(false)],
    );
    assert_eq!(asked, Ok(Value::Bool(true)));
    assert_eq!(daemon.state("x"), "STOPPING");
    assert_eq!(daemon.description("x"), "");
    daemon.wait_state("x", "STOPPED");
    let killing = format!("WARN killing 'x' ({pid}) with SIGKILL");
    assert_eq!(daemon.wait_log("killing 'x'"), killing);
    let stopped = daemon.wait_log("stopped: x");
    assert_eq!(stopped, "WARN stopped: x (terminated by SIGKILL)");
}

#[test]
fn proc_039_a_stopped_program_is_not_restarted() {
    let daemon = Daemon::start(
        "[program:x]\ncommand=/bin/cat\nstartsecs=0\nautorestart=true\n\
         [program:y]\ncommand=/bin/cat\nstartsecs=0\nautorestart=true\n",
    );
    daemon.wait_running("x");
    let y = daemon.wait_running("y");
    daemon.stop_process("x");
    proc::signal(y, Signal::SIGKILL);
    daemon.wait_replaced("y", y);
    assert_eq!(daemon.state("x"), "STOPPED");
}

#[test]
fn proc_098_by_default_the_children_of_a_program_are_not_signalled() {
    let daemon = daemon_with(PARENT, "");
    let child = child_of(&daemon);
    daemon.stop_process("x");
    assert_eq!(daemon.state("x"), "STOPPED");
    assert!(proc::alive(child));
}

#[test]
fn proc_090_stopasgroup_ends_the_whole_group() {
    let daemon = daemon_with(PARENT, "stopasgroup=true\n");
    let child = child_of(&daemon);
    daemon.stop_process("x");
    wait_until("the child's end", || !proc::alive(child));
}

#[test]
fn proc_090_killasgroup_spares_the_group_until_the_kill() {
    let script = format!("trap '' TERM\n{PARENT}while :; do wait; read line; done\n");
    let daemon = daemon_with(&script, "killasgroup=true\nstopwaitsecs=1\n");
    let child = child_of(&daemon);
    daemon.stop_process("x");
    assert_eq!(daemon.log_lines("with SIGKILL").len(), 1);
    wait_until("the child's end", || !proc::alive(child));
}

#[test]
fn proc_093_a_signal_goes_to_the_program_alone_and_its_death_is_an_exit() {
    let daemon = daemon_with(PARENT, "stopasgroup=true\nautorestart=false\n");
    let child = child_of(&daemon);
    let sent = daemon.rpc("supervisor.signalProcess", vec!["x".into(), "HUP".into()]);
    assert_eq!(sent, Ok(Value::Bool(true)));
    daemon.wait_state("x", "EXITED");
    assert!(proc::alive(child));
    let line = daemon.wait_log("exited: x");
    assert_eq!(line, "WARN exited: x (terminated by SIGHUP; not expected)");
}

#[test]
fn proc_096_what_does_not_run_can_be_neither_stopped_nor_signalled() {
    let daemon = Daemon::start("[program:x]\ncommand=/bin/cat\nautostart=false\n");
    let not_running = Err((70, "NOT_RUNNING: x".to_owned()));
    let stop = daemon.rpc("supervisor.stopProcess", vec!["x".into()]);
    assert_eq!(stop, not_running);
    let signal = |name: &str| daemon.rpc("supervisor.signalProcess", vec!["x".into(), name.into()]);
    assert_eq!(signal("HUP"), not_running);
    daemon.start_process("x");
    assert_eq!(signal("HURZ").map_err(|fault| fault.0), Err(11));
    assert_eq!(daemon.state("x"), "RUNNING");
}

#[test]
fn proc_096_a_second_stop_while_stopping_is_refused() {
    let daemon = daemon_with(DEAF, "stopwaitsecs=60\n");
    daemon.wait_file("x.out", "ready");
    let stop = || {
        daemon.rpc(
            "supervisor.stopProcess",
            vec!["x".into(), Value::Bool(false)],
        )
    };
    assert_eq!(stop(), Ok(Value::Bool(true)));
    assert_eq!(stop(), Err((70, "NOT_RUNNING: x".into())));
    assert_eq!(daemon.state("x"), "STOPPING");
}

#[test]
fn proc_042_a_running_program_cannot_be_started_again() {
    let daemon = Daemon::start("[program:x]\ncommand=/bin/cat\nstartsecs=0\n");
    let pid = daemon.wait_running("x");
    let again = daemon.rpc("supervisor.startProcess", vec!["x".into()]);
    assert_eq!(again, Err((60, "ALREADY_STARTED: x".into())));
    assert_eq!(daemon.pid_of("x"), pid);
}

#[test]
fn proc_094_a_core_less_death_by_any_signal_is_named() {
    let daemon = Daemon::start(
        "[program:x]\ncommand=/bin/cat\nstartsecs=0\nautorestart=false\nstopsignal=INT\n",
    );
    for (signal, name) in [
        (Signal::SIGINT, "SIGINT"),
        (Signal::SIGALRM, "SIGALRM"),
        (Signal::SIGUSR2, "SIGUSR2"),
    ] {
        proc::signal(daemon.wait_running("x"), signal);
        daemon.wait_state("x", "EXITED");
        daemon.wait_log(&format!("exited: x (terminated by {name}; not expected)"));
        daemon.start_process("x");
    }
    daemon.wait_running("x");
    daemon.stop_process("x");
    daemon.wait_log("stopped: x (terminated by SIGINT)");
}

#[test]
fn dec_027_a_stop_right_after_the_start_is_not_swallowed() {
    ours_only!("DEC-027: no stop signal is swallowed between fork and exec");
    let daemon = Daemon::start(
        "[program:x]\ncommand=/bin/cat\nstartsecs=0\nautostart=false\nstopwaitsecs=3600\n",
    );
    for round in 1..=20 {
        daemon.start_process("x");
        daemon.stop_process("x");
        assert_eq!(
            daemon.log_lines("stopped: x (terminated by SIGTERM)").len(),
            round
        );
    }
}
