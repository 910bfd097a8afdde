//! The daemon ends by itself, with a status (lifecycle.md, sections 13 and 14).

use nix::sys::signal::Signal;

use crate::common::daemon::Daemon;
use crate::common::home::Home;

const APP: &str = "[program:app]\ncommand=sh -c \"exit 7\"\nstartsecs=0\nautostart=false\nessential=exit\n\
                   [program:helper]\ncommand=sleep 1000\nstartsecs=0\n";

#[test]
fn lif_202_story_8_the_status_of_the_program_is_the_daemons() {
    let mut daemon = Daemon::start(APP);
    daemon.wait_running("helper");
    // it may be gone before it could answer
    let _ = daemon.try_rpc("supervisor.startProcess", vec!["app".into(), false.into()]);
    assert_eq!(daemon.wait().code(), Some(7));
    let log = daemon.log();
    let lines = [
        "shutting down: app exited with status 7 (essential=exit)",
        "stopped: helper",
        "exiting with status 7",
    ];
    let places = lines.map(|line| log.find(line));
    assert!(
        places.iter().all(Option::is_some) && places.is_sorted(),
        "{log}"
    );
    assert!(
        log.lines()
            .last()
            .is_some_and(|line| line.ends_with("INFO exiting with status 7"))
    );
}

#[test]
fn lif_206_a_signal_ends_the_daemon_with_0() {
    let mut daemon = Daemon::start(APP);
    daemon.wait_running("helper");
    assert_eq!(daemon.stop().code(), Some(0));
    assert!(!daemon.log().contains("exiting with status"));
}

#[test]
fn lif_210_a_command_that_is_not_there_is_127() {
    let body = "[program:app]\ncommand=/no/such/thing\nstartretries=0\n";
    let home = Home::new();
    home.config_with("exit_on_fatal=any", body);
    let output = home.supervisord(&["-n", "-c", "supervisord.conf"]);
    assert_eq!(output.status.code(), Some(127));
    let log = home.read("main.log");
    assert!(
        log.contains("shutting down: app entered FATAL state (exit_on_fatal=any)"),
        "{log}"
    );
}

#[test]
fn lif_204_the_daemon_ends_when_all_is_done() {
    for (second, status) in [(0, 0), (5, 5)] {
        let home = Home::new();
        home.config_with(
            "exit_when_done=true",
            &format!(
                "[program:a]\ncommand=true\nstartsecs=0\nautorestart=false\n[program:b]\ntype=oneshot\n\
                 command=sh -c \"exit {second}\"\nstartretries=0\ndepends_on=a:ended\n[program:never]\ncommand=true\nautostart=false\n"
            ),
        );
        let output = home.supervisord(&["-n", "-c", "supervisord.conf"]);
        assert_eq!(
            output.status.code(),
            Some(status),
            "{}",
            home.read("main.log")
        );
        let line = "shutting down: all programs are done (exit_when_done)";
        assert!(home.read("main.log").contains(line));
    }
}

#[test]
fn lif_226_a_shutdown_that_takes_too_long() {
    let home = Home::new();
    home.write(
        "deaf.sh",
        &home.fill("trap '' TERM\n: >{dir}/up\nwhile :; do sleep 1000; done\n"),
    );
    home.config_with(
        "shutdown_timeout=500ms",
        "[program:deaf]\ncommand=sh {dir}/deaf.sh\nstartsecs=0\nstopwaitsecs=1000\nstopasgroup=true\nkillasgroup=true\n",
    );
    let mut daemon = Daemon::of(home, &[]);
    crate::common::wait::wait_until("it to be deaf", || daemon.has("up"));
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait().code(), Some(0));
    daemon.wait_log("killing deaf: shutdown takes more than 0.5 seconds (shutdown_timeout)");
}
