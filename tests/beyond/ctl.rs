//! What `supervisorctl` can do with our daemon beyond the reference's.

use nix::sys::signal::Signal;

use crate::common::daemon::Daemon;
use crate::common::proc;
use crate::common::wait::wait_until;

use super::examples::before;

/// A database, two that depend on it, and one that may not run.
const PROGRAMS: &str = "[program:db]\ncommand=/bin/sleep 1000\nstartsecs=0\n\
     [program:web]\ncommand=/bin/sleep 1000\nstartsecs=0\ndepends_on=db\n\
     [program:late]\ncommand=/bin/sleep 1000\nstartsecs=0\nautostart=false\ndepends_on=db\n\
     [program:off]\ncommand=/bin/sleep 1000\nenabled=false\n";

#[test]
fn lif_086_dependents_stop_before_and_come_back_if_they_were_up() {
    let daemon = Daemon::start(PROGRAMS);
    daemon.wait_running("web");
    let stop = daemon.ctl(&["stop", "--with-dependents", "db"]);
    assert_eq!(
        (stop.lines(), stop.code),
        (vec!["web: stopped", "db: stopped"], Some(0))
    );
    before(&daemon.log(), "stopped: web", "stopped: db");
    assert_eq!(daemon.ctl(&["start", "web"]).lines(), ["web: started"]);
    let (db, web) = (daemon.pid_of("db"), daemon.pid_of("web"));
    let restart = daemon.ctl(&["restart", "--with-dependents", "db"]);
    let lines = ["web: stopped", "db: stopped", "db: started", "web: started"];
    assert_eq!((restart.lines(), restart.code), (lines.to_vec(), Some(0)));
    daemon.wait_replaced("db", db);
    daemon.wait_replaced("web", web);
    // what was not up is left alone
    assert_eq!(daemon.state("late"), "STOPPED");
}

#[test]
fn lif_049_no_deps_brings_up_nothing_else() {
    let daemon = Daemon::start(PROGRAMS);
    daemon.wait_running("web");
    assert_eq!(daemon.ctl(&["stop", "all"]).code, Some(0));
    let start = daemon.ctl(&["start", "--no-deps", "late"]);
    assert_eq!(
        (start.lines(), start.code),
        (vec!["late: started"], Some(0))
    );
    assert_eq!(daemon.state("db"), "STOPPED");
    // those that are up or disabled have no row
    let start = daemon.ctl(&["start", "--no-deps", "all"]);
    assert_eq!(
        (start.lines(), start.code),
        (vec!["db: started", "web: started"], Some(0))
    );
}

#[test]
fn lif_290_what_is_disabled_says_so_by_name_only() {
    let daemon = Daemon::start(PROGRAMS);
    daemon.wait_running("web");
    let start = daemon.ctl(&["start", "off"]);
    assert_eq!(
        (start.lines(), start.code),
        (vec!["off: ERROR (disabled)"], Some(1))
    );
    assert_eq!(daemon.ctl(&["start", "all"]).lines(), ["late: started"]);
    assert_eq!(daemon.state("off"), "STOPPED");
}

#[test]
fn lif_244_refresh_leaves_the_process_as_it_is() {
    let daemon = Daemon::start(
        "[program:web]\n\
         command=/bin/sh -c \"trap 'echo read again' HUP; echo up; while :; do sleep 0.05; done\"\n\
         startsecs=0\nreloadsignal=HUP\nstdout_logfile={dir}/web.log\n\
         [program:plain]\ncommand=/bin/sleep 1000\nstartsecs=0\n",
    );
    let pid = daemon.wait_running("web");
    daemon.wait_running("plain");
    daemon.wait_file("web.log", "up\n");
    let refresh = daemon.ctl(&["refresh", "web", "plain"]);
    let lines = [
        "web: refreshed",
        "plain: ERROR (no reloadsignal or reloadcommand)",
    ];
    assert_eq!((refresh.lines(), refresh.code), (lines.to_vec(), Some(1)));
    daemon.wait_log("refreshing web: SIGHUP");
    daemon.wait_file("web.log", "read again\n");
    assert_eq!(
        (daemon.state("web"), daemon.pid_of("web")),
        ("RUNNING".to_owned(), pid)
    );
    daemon.stop_process("web");
    assert_eq!(
        daemon.ctl(&["refresh", "web"]).lines(),
        ["web: ERROR (not running)"]
    );
}

#[test]
fn hlt_103_health_tells_of_each_check() {
    let daemon = Daemon::start(
        "[program:web]\ncommand=/bin/sleep 1000\nstartsecs=0\ndirectory={dir}\n\
         readiness_check_script=true\n\
         liveness_check_script=test ! -e bad\nliveness_check_initial_delay=0\n\
         liveness_check_period=50ms\nliveness_check_failure_threshold=1\nliveness_check_failure_action=none\n\
         [program:plain]\ncommand=/bin/sleep 1000\nstartsecs=0\n",
    );
    let pid = daemon.wait_running("web");
    let good = ["web  liveness   healthy", "web  readiness  healthy"];
    wait_until("good checks", || daemon.ctl(&["health"]).lines() == good);
    assert_eq!(daemon.ctl(&["health", "plain"]).out, "");
    daemon.write("bad", "");
    daemon.wait_log("web is unhealthy: liveness check failed 1 times: exit status 1");
    let health = daemon.ctl(&["health", "web"]);
    let bad = [
        "web  liveness   unhealthy  exit status 1",
        "web  readiness  healthy",
    ];
    assert_eq!((health.lines(), health.code), (bad.to_vec(), Some(1)));
    assert_eq!(daemon.pid_of("web"), pid);
    proc::signal(pid, Signal::SIGKILL);
    daemon.wait_replaced("web", pid);
}
