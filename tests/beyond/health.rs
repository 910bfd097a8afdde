//! Checks by command: what they gate, and what their failures do (health.md, section 7).

use crate::common::daemon::{Daemon, text};
use crate::common::wait::wait_until;

/// The `detail` of a process.
fn detail(daemon: &Daemon, name: &str) -> String {
    let info = daemon.rpc("ext.getProcessInfo", vec![name.into()]);
    text(&info.expect("a process"), "detail")
}

#[test]
fn hlt_070_story_a_running_means_that_it_works() {
    let daemon = Daemon::start(
        "[program:db]\ncommand=sleep 1000\nstartsecs=0\nreadiness_check_period=100ms\n\
         readiness_check_script=test -f {dir}/db.ok\n\
         [program:web]\ncommand=sleep 1000\nstartsecs=0\ndepends_on=db:healthy\n",
    );
    daemon.wait_state("db", "STARTING");
    assert_eq!(daemon.description("db"), "waiting for its readiness check");
    assert_eq!(daemon.state("web"), "STOPPED");
    std::fs::write(daemon.path("db.ok"), "").expect("a file");
    let web = daemon.wait_running("web");
    let log = daemon.wait_log("ready: db after ");
    assert!(log.contains(" seconds (readiness check)"));
    std::fs::remove_file(daemon.path("db.ok")).expect("it is there");
    daemon.wait_log("db is not ready: readiness check failed 3 times: exit status 1");
    assert_eq!(detail(&daemon, "db"), "not ready: exit status 1");
    assert_eq!(daemon.pid_of("web"), web);
}

#[test]
fn hlt_042_story_c_a_check_that_hangs() {
    let daemon = Daemon::start(
        "[program:web]\ncommand=sleep 1000\nstartsecs=0\nliveness_check_initial_delay=100ms\n\
         liveness_check_period=100ms\nliveness_check_timeout=0.3\nliveness_check_failure_threshold=2\n\
         liveness_check_script=sh -c \"echo $$ >>{dir}/checks; sleep 1000 & wait\"\n",
    );
    let first = daemon.wait_running("web");
    daemon.wait_log("restarting web: liveness check failed 2 times: timed out after 0.3 seconds");
    daemon.wait_replaced("web", first);
    daemon.wait_log("stopped: web (terminated by SIGTERM)");
    assert_eq!(daemon.log_lines("unknown pid"), [""; 0]);
}

#[test]
fn hlt_045_story_d_sixteen_at_a_time() {
    let daemon = Daemon::start(
        "[program:w]\ncommand=sleep 1000\nnumprocs=40\nprocess_name=w%(process_num)02d\n\
         startsecs=0\nliveness_check_initial_delay=100ms\nliveness_check_period=100ms\n\
         liveness_check_script=/bin/sh -c \"mkdir {dir}/c%(process_num)s; ls -d {dir}/c* | wc -l \
         >>{dir}/counts; sleep 0.1; rmdir {dir}/c%(process_num)s\"\n",
    );
    wait_until("some checks", || {
        let counts = std::fs::read_to_string(daemon.path("counts")).unwrap_or_default();
        counts.lines().count() > 60
    });
    let counts = std::fs::read_to_string(daemon.path("counts")).expect("counts");
    let most = counts
        .lines()
        .filter_map(|line| line.trim().parse::<u32>().ok())
        .max();
    // counts is a folder entry of its own, and begins with a c too
    assert!(most.is_some_and(|most| most <= 17), "{most:?}");
    assert_eq!(daemon.log_lines("restarting"), [""; 0]);
}

#[test]
fn hlt_084_story_e_a_script_as_action() {
    let daemon = Daemon::start(
        "[program:web]\ncommand=sleep 1000\nstartsecs=0\nliveness_check_initial_delay=100ms\n\
         liveness_check_period=100ms\nliveness_check_failure_threshold=1\n\
         liveness_check_script=false\nliveness_check_failure_action=touch {dir}/alarm\n",
    );
    let pid = daemon.wait_running("web");
    wait_until("the alarm", || daemon.has("alarm"));
    daemon.wait_log("web is unhealthy: liveness check failed 1 times: exit status 1");
    daemon.wait_log("liveness_check_failure_action of web succeeded");
    assert_eq!(daemon.pid_of("web"), pid);
}
