//! Groups of processes: names, orders, commands for all of them.

use nix::sys::signal::Signal;

use crate::common::daemon::Daemon;
use crate::common::home::Home;
use crate::common::wait::wait_until;
use crate::common::{ours_only, proc};

/// Programs that note their end in `order`, with the given priorities and more `options`.
fn noting(home: &Home, programs: &[(&str, u32)], options: &str) -> String {
    home.write(
        "note.sh",
        "trap 'echo $1 >>{dir}/order; exit 0' TERM\necho ready $1 >>{dir}/ready\n\
         while :; do sleep 1000 & wait; done\n",
    );
    let program = |(name, priority): &(&str, u32)| {
        format!(
            "[program:{name}]\ncommand=/bin/sh {{dir}}/note.sh {name}\nstartsecs=0\n\
             priority={priority}\n{options}\n"
        )
    };
    programs.iter().map(program).collect()
}

/// Waits until `count` programs are ready to note their end, and the log says that they started.
fn wait_ready(daemon: &Daemon, count: usize) {
    wait_until("the log of their starts", || spawned(daemon).len() == count);
    wait_until("the programs", || {
        daemon.read("ready").lines().count() == count
    });
}

/// The programs that the log says were started, in order.
fn spawned(daemon: &Daemon) -> Vec<String> {
    let lines = daemon.log_lines("spawned: '");
    let names = lines.iter().filter_map(|line| line.split('\'').nth(1));
    names.map(ToOwned::to_owned).collect()
}

#[test]
fn proc_105_programs_start_in_ascending_priority() {
    let home = Home::new();
    home.config(&noting(
        &home,
        &[("a", 30), ("b", 10), ("c", 20), ("d", 10)],
        "",
    ));
    let daemon = Daemon::of(home, &[]);
    wait_ready(&daemon, 4);
    assert_eq!(spawned(&daemon), ["b", "d", "c", "a"]);
    assert_eq!(daemon.names_listed(), ["a:a", "b:b", "c:c", "d:d"]);
}

#[test]
fn proc_108_shutdown_goes_from_the_highest_priority_down() {
    let home = Home::new();
    home.config(&noting(&home, &[("a", 30), ("b", 10), ("c", 20)], ""));
    let mut daemon = Daemon::of(home, &[]);
    wait_ready(&daemon, 3);
    assert!(daemon.stop().success());
    assert_eq!(daemon.read("order"), "a\nc\nb\n");
}

#[test]
fn dec_022_groups_of_one_priority_stop_together() {
    ours_only!("DEC-022: groups of equal priority are told to stop together");
    let deaf = |name| {
        format!(
            "[program:{name}]\nstartsecs=0\nstdout_logfile={{dir}}/out\n\
             command=/bin/sh -c 'trap \"\" TERM; echo {name}; read line'\n"
        )
    };
    let programs = deaf("a") + &deaf("b");
    let mut daemon = Daemon::start_with("loglevel=debug", &programs);
    let pids = [daemon.wait_running("a"), daemon.wait_running("b")];
    wait_until("both traps", || daemon.read("out").len() == 4);
    daemon.signal(Signal::SIGTERM);
    // Neither goes by itself, so the second request did not wait for the first one's end.
    for (name, pid) in ["a", "b"].into_iter().zip(pids) {
        daemon.wait_log(&format!("killing {name} (pid {pid}) with signal SIGTERM"));
    }
    for pid in pids {
        proc::signal(pid, Signal::SIGKILL);
    }
    assert!(daemon.wait().success());
    assert_eq!(daemon.log_lines("stopped: ").len(), 2);
}

#[test]
fn proc_104_a_pool_is_a_group_of_numbered_processes() {
    let daemon = Daemon::start(
        "[program:web]\ncommand=/bin/cat\nstartsecs=0\nnumprocs=3\n\
         process_name=%(program_name)s_%(process_num)02d\n",
    );
    for number in 0..3 {
        daemon.wait_running(&format!("web:web_0{number}"));
    }
    let stop = daemon.ctl(&["stop", "web:web_01"]);
    assert_eq!(stop.lines(), ["web:web_01: stopped"]);
    let status = daemon.ctl(&["status", "web:*"]);
    let rows: Vec<_> = status
        .lines()
        .iter()
        .map(|row| row.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        rows,
        [
            "web:web_00 RUNNING",
            "web:web_01 STOPPED",
            "web:web_02 RUNNING"
        ]
    );
    assert_eq!(status.code, Some(3));
    let start = daemon.ctl(&["start", "web:*"]);
    assert_eq!(start.lines(), ["web:web_01: started"]);
    let bare = daemon.ctl(&["status", "web"]);
    assert_eq!(bare.lines(), ["web: ERROR (no such process)"]);
    assert_eq!(bare.code, Some(4));
}

#[test]
fn proc_107_a_group_is_started_and_stopped_by_priority() {
    let home = Home::new();
    let programs = noting(&home, &[("a", 30), ("b", 10), ("c", 20)], "autostart=false");
    home.config(&format!(
        "[group:team]\nprograms=a,b,c\npriority=5\n{programs}"
    ));
    let daemon = Daemon::of(home, &[]);
    assert_eq!(daemon.names_listed(), ["team:a", "team:b", "team:c"]);
    let start = daemon.ctl(&["start", "team:*"]);
    let mut lines = start.lines();
    lines.sort_unstable();
    assert_eq!(
        lines,
        ["team:a: started", "team:b: started", "team:c: started"]
    );
    assert_eq!(spawned(&daemon), ["b", "c", "a"]);
    wait_ready(&daemon, 3);
    let stop = daemon.ctl(&["stop", "team:*"]);
    let mut lines = stop.lines();
    lines.sort_unstable();
    assert_eq!(
        lines,
        ["team:a: stopped", "team:b: stopped", "team:c: stopped"]
    );
}

#[test]
fn cfg_170_a_program_may_live_in_several_groups() {
    let daemon = Daemon::start(
        "[group:one]\nprograms=x\n[group:two]\nprograms=x,y\n[group:none]\nprograms=\n\
         [program:x]\ncommand=/bin/cat\nstartsecs=0\n[program:y]\ncommand=/bin/cat\nstartsecs=0\n",
    );
    let one = daemon.wait_running("one:x");
    let two = daemon.wait_running("two:x");
    assert_ne!(one, two);
    assert_eq!(daemon.names_listed(), ["one:x", "two:x", "two:y"]);
    let alone = daemon.ctl(&["status", "x"]);
    assert_eq!(alone.lines(), ["x: ERROR (no such process)"]);
}

#[test]
fn dec_023_members_start_by_their_own_priorities() {
    ours_only!("DEC-023: autostart inside a group follows the members' priorities");
    let home = Home::new();
    let programs = noting(&home, &[("a", 30), ("b", 10), ("c", 20)], "");
    home.config(&format!("[group:team]\nprograms=a,b,c\n{programs}"));
    let daemon = Daemon::of(home, &[]);
    wait_ready(&daemon, 3);
    assert_eq!(spawned(&daemon), ["b", "c", "a"]);
}
