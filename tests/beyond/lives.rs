//! One life after the other: jobs, retries, hooks, signals, runs at certain times (lifecycle.md, sections 7, 11 and
//! 15 to 17).

use crate::common::daemon::{Daemon, text};
use crate::common::home::Home;
use crate::common::wait::wait_until;

/// The `detail` of a process.
fn detail(daemon: &Daemon, name: &str) -> String {
    let info = daemon.rpc("ext.getProcessInfo", vec![name.into()]);
    text(&info.expect("a process"), "detail")
}

#[test]
fn lif_101_story_5_a_job_is_done_before_what_needs_it() {
    let daemon = Daemon::start(
        "[program:migrate]\ncommand=/bin/sh -c \"test -f {dir}/go || exit 1\"\ntype=oneshot\n\
         startretries=1\n[program:web]\ncommand=sleep 1000\nstartsecs=0\ndepends_on=migrate\n",
    );
    daemon.wait_state("migrate", "FATAL");
    assert_eq!(daemon.log_lines("spawned: 'migrate'").len(), 2);
    assert_eq!(daemon.state("web"), "STOPPED");
    assert_eq!(detail(&daemon, "web"), "waiting for migrate:exited (fatal)");
    std::fs::write(daemon.path("go"), "").expect("a file");
    // started by hand it succeeds, and what waits for it goes on (LIF-360)
    daemon.start_process("migrate");
    assert_eq!(daemon.state("migrate"), "EXITED");
    daemon.wait_running("web");
    let log = daemon.log();
    let place = |part: &str| {
        log.find(part)
            .unwrap_or_else(|| panic!("no {part} in {log}"))
    };
    assert!(place("exited: migrate (exit status 0; expected)") < place("spawned: 'web'"));
    assert_eq!(daemon.log_lines("success: migrate"), [""; 0]);
}

#[test]
fn lif_180_story_7_retries_at_a_pace_of_their_own() {
    let daemon = Daemon::start(
        "[program:a]\ncommand=/bin/sh -c \"date +%%s.%%N >>{dir}/starts; exit 1\"\n\
         backoff_delay=200ms\nbackoff_factor=2\nbackoff_limit=0.5\nstartretries=4\n",
    );
    daemon.wait_state("a", "FATAL");
    let starts = std::fs::read_to_string(daemon.path("starts")).expect("starts");
    let starts: Vec<f64> = starts
        .lines()
        .map(|line| line.parse().expect("a time"))
        .collect();
    assert_eq!(starts.len(), 5);
    for (pair, least) in starts.windows(2).zip([0.2, 0.4, 0.5, 0.5]) {
        // a child needs a moment to write down when it began, some more and some less
        assert!(pair[1] - pair[0] > least - 0.15, "{starts:?}");
    }
}

#[test]
fn lif_250_story_9_a_hook_decides_about_a_start() {
    let daemon = Daemon::start(
        "[program:a]\ncommand=sleep 1000\nstartsecs=0\nstartretries=0\n\
         pre_start_hook=sh -c \"exit 3\"\n\
         [program:b]\ncommand=sleep 1000\nstartsecs=0\npre_start_hook=-sh -c \"exit 3\"\n",
    );
    daemon.wait_state("a", "FATAL");
    let spawnerr = text(&daemon.info("a"), "spawnerr");
    assert_eq!(spawnerr, "pre_start_hook failed: exit status 3");
    daemon.wait_running("b");
    daemon.wait_log("pre_start_hook of b failed: exit status 3 (ignored)");
    assert_eq!(daemon.log_lines("spawned: 'a'"), [""; 0]);
    assert_eq!(daemon.log_lines("unknown pid"), [""; 0]);
}

#[test]
fn lif_240_story_12_one_signal_after_the_other() {
    let home = Home::new();
    let script = "trap 'echo TERM >>{dir}/heard' TERM\ntrap 'echo INT >>{dir}/heard; exit' INT\n\
                  : >{dir}/up\nwhile :; do sleep 0.05; done\n";
    home.write("pg.sh", &home.fill(script));
    home.config(
        "[program:pg]\ncommand=/bin/sh {dir}/pg.sh\nstartsecs=0\nstopsignal=TERM INT QUIT\n\
         stopwaitsecs=1\n",
    );
    let daemon = Daemon::of(home, &[]);
    wait_until("it to be up", || daemon.has("up"));
    daemon.stop_process("pg");
    let heard = std::fs::read_to_string(daemon.path("heard")).expect("signals");
    assert_eq!(heard, "TERM\nINT\n");
    daemon.wait_log("pg has not stopped within 1 seconds: sending SIGINT");
    assert_eq!(daemon.log_lines("SIGKILL"), [""; 0]);
}

#[test]
fn lif_277_story_13_the_next_run_is_told() {
    let daemon = Daemon::start(
        "[program:backup]\ncommand=true\ntype=oneshot\nautostart=false\ncron=0 3 * * *\n\
         cron_timezone=Europe/Berlin\n\
         [program:often]\ncommand=true\ntype=oneshot\nautostart=false\ncron=* * * * * *\n",
    );
    daemon.wait_log("cron: starting often");
    daemon.wait_state("often", "EXITED");
    let next = detail(&daemon, "backup");
    let is_next = next.starts_with("next run 20")
        && (next.ends_with(" 03:00:00 +0100") || next.ends_with(" 03:00:00 +0200"));
    assert!(is_next, "{next}");
    assert_eq!(daemon.state("backup"), "STOPPED");
}
