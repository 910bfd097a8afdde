//! The files of `examples/` that show what Supervisor has not do what they say.

use crate::common::daemon::text;
use crate::common::example::start;
use crate::common::wait::wait_until;

/// Where `first` stands in the main log, which must be before `second`.
pub(crate) fn before(log: &str, first: &str, second: &str) {
    let place = |text: &str| {
        log.find(text)
            .unwrap_or_else(|| panic!("no {text:?} in\n{log}"))
    };
    assert!(
        place(first) < place(second),
        "{first:?} not before {second:?} in\n{log}"
    );
}

#[test]
fn lif_023_a_file_of_the_plug_in_keeps_its_order() {
    let daemon = start("dependent-startup");
    daemon.wait_running("web");
    let log = daemon.log();
    before(&log, "success: db entered RUNNING", "spawned: 'migrate'");
    before(
        &log,
        "exited: migrate (exit status 0; expected)",
        "spawned: 'web'",
    );
    assert_eq!(daemon.ctl(&["stop", "all"]).code, Some(0));
    before(&daemon.log(), "stopped: web", "stopped: db");
}

#[test]
fn lif_310_a_file_of_the_go_supervisord_starts() {
    let daemon = start("from-go");
    daemon.wait_running("web");
    before(
        &daemon.log(),
        "success: db entered RUNNING",
        "spawned: 'web'",
    );
    assert_eq!(daemon.read("file-web.txt"), "web test\n");
    assert_eq!(daemon.state("job"), "STOPPED");
    assert!(
        !daemon.log().contains("unknown and ignored"),
        "{}",
        daemon.log()
    );
}

#[test]
fn lif_040_the_web_program_waits_for_its_database() {
    let daemon = start("wait-for-database");
    daemon.wait_running("web");
    let log = daemon.log();
    before(&log, "ready: db after", "spawned: 'migrate'");
    before(
        &log,
        "exited: migrate (exit status 0; expected)",
        "spawned: 'web'",
    );
    assert_eq!(daemon.read("file-migrate.log"), "migrated\n");
    let stopped = daemon.ctl(&["stop", "--with-dependents", "db"]);
    assert!(
        stopped.out.ends_with("web: stopped\ndb: stopped\n"),
        "{}",
        stopped.out
    );
    // a start by hand brings back what it needs
    assert_eq!(daemon.ctl(&["start", "web"]).lines(), ["web: started"]);
    assert_eq!(daemon.state("db"), "RUNNING");
    daemon.wait_log("starting db: web depends on it");
}

#[test]
fn lif_202_the_daemon_ends_with_the_program_and_its_status() {
    let mut daemon = start("end-container");
    assert_eq!(daemon.wait().code(), Some(7));
    assert_eq!(daemon.read("file-app.log"), "at work\n");
    let log = daemon.log();
    before(
        &log,
        "shutting down: app exited with status 7 (essential=exit)",
        "stopped: helper",
    );
    assert!(log.ends_with("exiting with status 7\n"), "{log}");
}

#[test]
fn lif_273_jobs_run_when_they_are_due() {
    let daemon = start("nightly-job");
    daemon.wait_file("file-poll.log", "polled\npolled\n");
    daemon.wait_log("cron: starting poll");
    assert_eq!(daemon.state("backup"), "STOPPED");
    let next = daemon
        .rpc("ext.getProcessInfo", vec!["backup".into()])
        .expect("the job");
    let next = text(&next, "detail");
    assert!(
        next.starts_with("next run ") && next.contains(" 03:00:00 +0"),
        "{next}"
    );
    assert_eq!(
        daemon.ctl(&["start", "backup"]).lines(),
        ["backup: started"]
    );
    daemon.wait_file("file-backup.log", "saved\n");
}

#[test]
fn hlt_081_a_worker_that_hangs_is_restarted() {
    let daemon = start("hanging-worker");
    let pid = daemon.wait_running("worker");
    wait_until("a good check", || {
        daemon.ctl(&["health"]).out == "worker  liveness  healthy\n"
    });
    daemon.wait_log("restarting worker: liveness check failed 2 times: exit status 1");
    daemon.wait_replaced("worker", pid);
}

#[test]
fn lif_250_hooks_run_around_a_life() {
    let daemon = start("hooks");
    let pid = daemon.wait_running("web");
    daemon.wait_log("post_start_hook of web failed: exit status 1 (ignored)");
    daemon.stop_process("web");
    daemon.wait_log("post_stop_hook of web succeeded");
    let said = daemon.read("file-web.log");
    let wanted = format!("before the start\nup with pid {pid}\nbefore the stop\nended with 0\n");
    assert_eq!(said, wanted);
}

#[test]
fn lif_180_waits_grow_and_starts_are_limited() {
    let daemon = start("retries");
    daemon.wait_log(
        "gave up: brief entered FATAL state, 3 starts within 60 seconds (start_limit_burst)",
    );
    assert_eq!(daemon.log_lines("spawned: 'brief'").len(), 3);
    wait_until("many tries", || {
        daemon.log_lines("spawned: 'stubborn'").len() > 5
    });
    assert_ne!(daemon.state("stubborn"), "FATAL");
}

#[test]
fn lif_313_what_is_common_is_said_once() {
    let daemon = start("defaults");
    for name in ["mail:mail_0", "mail:mail_1", "web"] {
        daemon.wait_running(name);
    }
    let said = ["file-0.txt", "file-1.txt", "file-web.txt"].map(|name| daemon.read(name));
    assert_eq!(said, ["worker test\n", "worker test\n", "web test\n"]);
    assert_eq!(
        daemon.ctl(&["start", "later"]).lines(),
        ["later: ERROR (disabled)"]
    );
}
