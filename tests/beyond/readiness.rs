//! `/readyz` and `/healthz`, asked as balancers ask.

use crate::common::daemon::Daemon;
use crate::common::http::unix;
use crate::common::wait::wait_until;

/// Status and text of an answer.
fn ask(daemon: &Daemon, path: &str) -> (u16, String) {
    let answer = unix(&daemon.path("sock"), "GET", path, &[], b"").expect("an answer");
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    (answer.status, text)
}

fn says(status: u16, text: &str) -> (u16, String) {
    (status, text.to_owned())
}

#[test]
fn hlt_104_what_starts_by_itself_counts() {
    let daemon = Daemon::start(
        "[program:up]\ncommand=/bin/cat\nstartsecs=0\n\
         [program:slow]\ncommand=/bin/cat\nstartsecs=1000\n\
         [program:done]\ncommand=/bin/true\nstartsecs=0\nautorestart=false\n\
         [program:off]\ncommand=/bin/cat\nautostart=false\n",
    );
    wait_until("all but one to be there", || {
        ask(&daemon, "/readyz") == says(503, "not ready\nslow: starting\n")
    });
    assert_eq!(ask(&daemon, "/readyz?select=up,done"), says(200, "ready\n"));
    assert_eq!(ask(&daemon, "/readyz?select=o*").0, 503);
    assert_eq!(ask(&daemon, "/readyz?select=none").0, 404);
    let json = "{\"ready\":false,\"counted\":3,\"not_ready\":[{\"namespec\":\"slow\",\
                \"state\":\"STARTING\",\"detail\":\"\"}]}\n";
    assert_eq!(ask(&daemon, "/readyz?format=json"), says(503, json));
    daemon.stop_process("slow");
    assert_eq!(
        ask(&daemon, "/readyz"),
        says(503, "not ready\nslow: stopped\n")
    );
    assert_eq!(ask(&daemon, "/healthz"), says(200, "ok\n"));
}

#[test]
fn hlt_106_a_daemon_that_goes_down_is_not_ready() {
    let mut daemon = Daemon::start(
        "[program:stubborn]\ncommand=/bin/sh -c \"trap '' TERM; echo ready; while :; do read x || \
         sleep 0.1; done\"\nstartsecs=0\nstopwaitsecs=5\nstdout_logfile={dir}/out\n",
    );
    daemon.wait_file("out", "ready");
    daemon.wait_state("stubborn", "RUNNING");
    assert_eq!(ask(&daemon, "/readyz").0, 200);
    let down = daemon.rpc("supervisor.shutdown", vec![]);
    assert!(down.is_ok(), "{down:?}");
    let (status, text) = ask(&daemon, "/readyz");
    assert_eq!(status, 503);
    assert!(text.starts_with("not ready\n"), "{text}");
    assert_eq!(ask(&daemon, "/healthz"), says(200, "ok\n"));
    assert!(daemon.wait().success());
}
