//! Runs at certain times. The plays begin at 00:16:40 on the first day of 1970, UTC.

use super::play;

const JOB: &str = "[program:a]\ncommand=/bin/a\nautostart=false\nstartsecs=0\nautorestart=false\n\
                   cron_timezone=UTC\n";

fn job(more: &str) -> String {
    format!("{JOB}{more}")
}

#[test]
fn lif_273_runs_at_its_times() {
    let play = play(
        &job("type=oneshot\ncron=18,20 * * * *"),
        &[
            ("wake", ""),
            ("detail a", "next run 1970-01-01 00:18:00 +0000"),
            ("pass 79", ""),
            ("pass 1", "spawn a"),
            ("detail a", "running once"),
            ("reexec", ""),
            ("pass 10", ""),
            ("exit a 0", ""),
            ("detail a", "next run 1970-01-01 00:20:00 +0000"),
            ("pass 109", ""),
            ("pass 1", "spawn a"),
            // a stop ends a run, and the next time starts it again (LIF-275)
            ("stop a", "SIGTERM a; true"),
            ("exit a 0", ""),
            ("pass 3479", ""),
            ("pass 1", "spawn a"),
        ],
    );
    let wanted = ["INFO cron: starting a"; 3];
    assert_eq!(play.lines("cron"), wanted);
}

#[test]
fn lif_274_what_a_run_does_to_the_one_before_it() {
    let skip = play(
        &job("cron=@every 5s"),
        &[("wake", ""), ("pass 5", "spawn a"), ("pass 10", "")],
    );
    let left_out = "INFO cron: a still runs, this run is left out";
    assert_eq!(skip.lines("cron")[1..], [left_out, left_out]);
    play(
        &job("cron=@every 5s\ncron_overlap=queue"),
        &[
            ("wake", ""),
            ("pass 5", "spawn a"),
            ("pass 11", ""),
            ("reexec", ""),
            ("exit a 0", ""),
            ("wake", "spawn a"),
            ("pass 5", ""),
            // a stop by hand drops it
            ("stop a", "SIGTERM a; true"),
            ("exit a 0", ""),
            ("wake", ""),
        ],
    );
    let kill = play(
        &job("cron=@every 5s\ncron_overlap=kill"),
        &[
            ("wake", ""),
            ("pass 5", "spawn a"),
            ("pass 5", "SIGTERM a"),
            ("detail a", "restarting: cron"),
            ("exit a SIGTERM", ""),
            ("wake", "spawn a"),
        ],
    );
    assert_eq!(kill.lines("restarting"), ["INFO cron: restarting a"]);
}

#[test]
fn lif_273_without_what_it_needs_a_run_is_left_out() {
    let text = job("cron=@every 5s\ndepends_on=b")
        + "\n[program:b]\ncommand=/bin/b\nautostart=false\nstartsecs=0";
    let play = play(
        &text,
        &[
            ("wake", ""),
            ("pass 5", ""),
            ("start b", "spawn b; true"),
            ("pass 5", "spawn a"),
        ],
    );
    let wanted = [
        "INFO cron: a is left out, b is STOPPED",
        "INFO cron: starting a",
    ];
    assert_eq!(play.lines("cron"), wanted);
}

#[test]
fn lif_276_a_clock_that_is_set() {
    play(
        &job("cron=20 * * * *"),
        &[
            ("wake", ""),
            // forward over many runs: they make one, noticed within a minute
            ("set-clock 86400", ""),
            ("pass 59", ""),
            ("pass 1", "spawn a"),
            ("exit a 0", ""),
            ("pass 60", ""),
            ("detail a", "next run 1970-01-02 00:20:00 +0000"),
            ("pass 80", "spawn a"),
            ("exit a 0", ""),
            // back by an hour: nothing comes twice
            ("set-clock 82800", ""),
            ("pass 3600", ""),
            ("detail a", "next run 1970-01-02 01:20:00 +0000"),
            // back by a day: it goes on from there
            ("set-clock 0", ""),
            ("pass 60", ""),
            ("detail a", "next run 1970-01-01 02:20:00 +0000"),
        ],
    );
}

#[test]
fn lif_244_a_process_reads_its_configuration_again() {
    let text = "[program:a]\ncommand=/bin/a\nautostart=false\nstartsecs=0\n";
    let signal = play(
        &format!("{text}reloadsignal=HUP"),
        &[
            ("refresh a", "NOT_RUNNING: a"),
            ("start a", "spawn a; true"),
            ("refresh a", "SIGHUP a; true"),
        ],
    );
    assert_eq!(signal.lines("refreshing"), ["INFO refreshing a: SIGHUP"]);
    let command = play(
        &format!("{text}reloadcommand=/bin/again"),
        &[
            ("start a", "spawn a; true"),
            ("refresh a", "run a/reloadcommand; true"),
            ("exit a/reloadcommand 1", ""),
        ],
    );
    let wanted = [
        "INFO refreshing a: reloadcommand",
        "WARN reloadcommand of a failed: exit status 1",
    ];
    assert_eq!(command.lines("reloadcommand"), wanted);
    play(
        text,
        &[
            ("start a", "spawn a; true"),
            ("refresh a", "FAILED: no reloadsignal or reloadcommand"),
        ],
    );
}
