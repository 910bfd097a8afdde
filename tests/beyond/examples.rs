//! The files of `examples/` that show what Supervisor has not do what they say.

use crate::common::example::start;

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
    assert_eq!(daemon.state("job"), "STOPPED");
    assert!(
        !daemon.log().contains("unknown and ignored"),
        "{}",
        daemon.log()
    );
}
