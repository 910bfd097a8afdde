//! Programs that behave badly.

use std::collections::BTreeSet;
use std::fs;

use nix::sys::resource::{Resource, getrlimit};
use nix::sys::signal::Signal;

use crate::common::daemon::Daemon;
use crate::common::proc;
use crate::common::wait::{now, wait_until, watch as let_pass};
use crate::health::{Watch, children, start};

#[test]
fn closed_outputs_are_no_end_and_no_work() {
    let daemon =
        start("[program:a]\ncommand=/bin/sh -c 'exec >&- 2>&-; exec sleep 1000'\nstartsecs=0\n");
    let pid = daemon.wait_running("a");
    wait_until("the outputs to close", || {
        !proc::descriptors(pid).contains_key(&1)
    });
    let watch = Watch::over(&daemon);
    let switches = || proc::number(daemon.pid, "voluntary_ctxt_switches");
    let before = switches();
    let_pass(std::time::Duration::from_millis(300));
    assert!(switches() - before < 30, "it turns round and round");
    assert_eq!(daemon.pid_of("a"), pid);
    watch.check(&daemon);
}

#[test]
fn whoever_ignores_signals_or_is_stopped_is_killed_in_time() {
    let daemon = start(
        "[program:deaf]\ncommand=/bin/sh -c 'trap \"\" 1 2 3 10 12 13 14 15; echo up; while :; do sleep 1; done'\n\
         stopwaitsecs=1\nkillasgroup=true\nstartsecs=0\nstdout_logfile={dir}/deaf\n\
         [program:frozen]\ncommand=/bin/sleep 1000\nstopwaitsecs=1\nstartsecs=0\n",
    );
    daemon.wait_file("deaf", "up");
    let frozen = daemon.wait_running("frozen");
    proc::signal(frozen, Signal::SIGSTOP);
    let watch = Watch::over(&daemon);
    assert_eq!(daemon.state("frozen"), "RUNNING");
    for name in ["deaf", "frozen"] {
        let old = daemon.pid_of(name);
        let start = now();
        daemon.stop_process(name);
        assert!(
            start.elapsed().as_millis() >= 900,
            "{name} was given its time"
        );
        assert!(!proc::alive(old));
        assert_eq!(daemon.state(name), "STOPPED");
        daemon.start_process(name);
    }
    watch.check(&daemon);
}

#[test]
fn grandchildren_that_keep_the_pipe_hold_nothing_up() {
    let daemon = start(
        "[program:a]\ncommand=/bin/sh -c 'sleep 1000 & echo $!; read x; echo last words'\nstartsecs=0\n\
         autorestart=true\nstdout_logfile={dir}/log\n",
    );
    daemon.wait_running("a");
    let watch = Watch::over(&daemon);
    for number in 1..=5 {
        let old = daemon.wait_running("a");
        wait_until("the grandchild", || {
            daemon.read("log").lines().count() == 2 * number - 1
        });
        daemon.feed("a", "go\n");
        wait_until("a new start", || {
            let pid = daemon.pid_of("a");
            pid != 0 && pid != old
        });
    }
    wait_until("all words", || daemon.read("log").lines().count() == 11);
    watch.check(&daemon);
}

#[test]
fn a_flood_without_a_line_end_stays_within_its_bounds() {
    const LIMIT: u64 = 5_000_000;
    const CHUNK: u64 = 128 * 1024;
    let daemon = start(
        "[program:a]\ncommand=/bin/sh -c 'read x; head -c 100000000 /dev/zero; echo end >&2; exec cat'\n\
         startsecs=0\nstdout_logfile={dir}/log\nstderr_logfile={dir}/err\n\
         stdout_logfile_maxbytes=5000000\nstdout_logfile_backups=2\n",
    );
    daemon.wait_running("a");
    let watch = Watch::over(&daemon);
    let memory = || proc::status(daemon.pid, "VmHWM").expect("a size");
    let kilobytes =
        |text: String| -> u64 { text.trim_end_matches(" kB").parse().expect("a number") };
    let before = kilobytes(memory());
    daemon.feed("a", "go\n");
    wait_until("the end", || daemon.read("err") == "end\n");
    let size = |name: &str| fs::metadata(daemon.path(name)).map_or(0, |file| file.len());
    let sizes = ["log", "log.1", "log.2", "log.3"].map(size);
    assert!(sizes.iter().all(|size| *size <= LIMIT + CHUNK), "{sizes:?}");
    assert_eq!(sizes[3], 0);
    let growth = kilobytes(memory()) - before;
    assert!(growth < 8 * 1024, "{growth} kB more memory");
    watch.check(&daemon);
}

/// How many programs die at the same instant: a thousand, or as many as the machine lets one user have;
/// `FAULTS_MANY` asks for another number.
fn many() -> usize {
    let asked = std::env::var("FAULTS_MANY").ok();
    if let Some(asked) = asked.and_then(|many| many.parse().ok()) {
        return asked;
    }
    let hard = |resource| getrlimit(resource).map_or(u64::MAX, |(_, hard)| hard);
    // the daemon has two pipes of each here, and raises its soft limit itself
    let by_pipes = hard(Resource::RLIMIT_NOFILE).saturating_sub(100) / 3;
    let by_processes = getrlimit(Resource::RLIMIT_NPROC).map_or(u64::MAX, |(soft, _)| soft) / 2;
    let least = by_pipes.min(by_processes).min(1000);
    usize::try_from(least).expect("at most a thousand").max(10)
}

fn running(daemon: &Daemon) -> Vec<i32> {
    let all = daemon
        .rpc("supervisor.getAllProcessInfo", vec![])
        .expect("the list");
    let all = all.as_array().expect("an array").iter();
    let running = all.filter(|info| info["statename"].as_str() == Some("RUNNING"));
    running
        .map(|info| info["pid"].as_i32().expect("a number"))
        .collect()
}

#[test]
fn many_that_die_in_the_same_instant_are_all_replaced() {
    let many = many();
    let daemon = start(&format!(
        "[program:m]\ncommand=/bin/sleep 1000\nprocess_name=%(process_num)d\nnumprocs={many}\nautorestart=true\n\
         startsecs=0\nredirect_stderr=true\nstdout_logfile=NONE\n"
    ));
    let witness = daemon.wait_running("witness");
    // by the log first: asking so often for so many would be a load of its own
    let all_run = |round: usize| {
        let started = || daemon.log_lines("entered RUNNING state").len();
        wait_until("all to run", || started() == many * round + 1);
        let pids: BTreeSet<_> = running(&daemon).into_iter().collect();
        assert_eq!(pids.len(), many + 1);
        pids
    };
    let mut old = all_run(1);
    let watch = Watch::over(&daemon);
    for round in 2..=3 {
        old.remove(&witness);
        // while the daemon cannot look, so that it finds them all at once
        daemon.signal(Signal::SIGSTOP);
        for pid in &old {
            proc::signal(*pid, Signal::SIGKILL);
        }
        wait_until("all to be dead", || {
            old.iter().all(|pid| !proc::alive(*pid))
        });
        daemon.signal(Signal::SIGCONT);
        let fresh = all_run(round);
        assert!(fresh.is_disjoint(&old), "a dead one is shown as running");
        old = fresh;
    }
    watch.check(&daemon);
}

#[test]
fn children_that_die_while_others_are_spawned_are_all_seen() {
    const MANY: usize = 100;
    let daemon = start(&format!(
        "[program:m]\ncommand=/bin/true\nprocess_name=%(process_num)d\nnumprocs={MANY}\nautostart=false\n\
         autorestart=false\nstartsecs=0\nstdout_logfile=NONE\nstderr_logfile=NONE\n"
    ));
    let watch = Watch::over(&daemon);
    for round in 1..=3 {
        let started = daemon.rpc("supervisor.startProcessGroup", vec!["m".into()]);
        let started = started.expect("the group");
        assert_eq!(started.as_array().map(<[_]>::len), Some(MANY));
        let ends = || daemon.log_lines("exited: ").len();
        wait_until("all to have ended", || ends() == MANY * round);
        assert_eq!(daemon.log_lines("spawned: '").len(), MANY * round + 1);
        for number in 0..MANY {
            assert_eq!(daemon.state(&format!("m:{number}")), "EXITED");
        }
    }
    watch.check(&daemon);
}

#[test]
fn a_child_that_is_killed_at_birth_is_no_loss() {
    let daemon = start(
        "[program:a]\ncommand=/bin/sleep 1000\nautostart=false\nautorestart=false\nstartsecs=0\n\
         stdout_logfile={dir}/log\n",
    );
    let witness = daemon.wait_running("witness");
    let watch = Watch::over(&daemon);
    for round in 1..=100 {
        // by hand, which does not wait as a restart would (DEC-021a)
        let arguments = vec!["a".into(), false.into()];
        std::thread::scope(|scope| {
            let asked = scope.spawn(|| daemon.rpc("supervisor.startProcess", arguments));
            // as the kernel shows them, so that some have not come to their exec yet; who looks for the command is
            // a child, too
            wait_until("its end to be seen", || {
                let born = children(daemon.pid).into_iter();
                for (pid, state) in born.filter(|(pid, _)| *pid != witness) {
                    if !state.starts_with('Z') {
                        proc::signal(pid, Signal::SIGKILL);
                    }
                }
                daemon.log_lines("exited: a ").len() == round
            });
            let started = asked.join().expect("an answer");
            assert!(started.is_ok(), "{started:?}");
        });
    }
    daemon.start_process("a");
    daemon.wait_running("a");
    daemon.stop_process("a");
    watch.check(&daemon);
}

/// Its program does `first`, joins another group of its session, and lives on.
fn leaver(name: &str, first: &str, options: &str) -> String {
    format!(
        "[program:{name}]\ncommand=python3 -c \"import os,signal,time; {first}; \
         os.setpgid(0,os.getpgid(os.getppid())); print('left',flush=True); time.sleep(1000)\"\n\
         startsecs=0\nstopwaitsecs=1\nstdout_logfile={{dir}}/{name}\n{options}=true\n"
    )
}

#[test]
fn whoever_leaves_its_process_group_can_be_stopped() {
    let deaf = "signal.signal(15,signal.SIG_IGN)";
    // what stays in the group takes a signal for it
    let helped = "os.fork() or time.sleep(1000); signal.signal(15,signal.SIG_IGN)";
    let sections = [
        leaver("killed", deaf, "killasgroup"),
        leaver("stopped", deaf, "stopasgroup"),
        leaver("asked", "pass", "stopasgroup"),
        leaver("helped", helped, "stopasgroup"),
    ];
    let names = ["killed", "stopped", "asked", "helped"];
    let mut daemon = start(&sections.concat());
    let wait_left = |daemon: &Daemon, times| {
        wait_until("all to leave their groups", || {
            let left = |name: &str| daemon.read(name).lines().count() == times;
            names.iter().all(|name| left(name))
        });
    };
    wait_left(&daemon, 1);
    let watch = Watch::over(&daemon);
    for name in names {
        let pid = daemon.wait_running(name);
        daemon.stop_process(name);
        assert!(!proc::alive(pid), "{name}");
        let helps = |other: &i32| proc::alive(*other) && proc::group_of(*other) == pid;
        wait_until("the end of the rest of its group", || {
            !proc::all().iter().any(helps)
        });
        daemon.start_process(name);
    }
    // what asks a program to end was enough for the one that listens
    assert_eq!(daemon.log_lines("killing 'asked'").len(), 0);
    wait_left(&daemon, 2);
    let asked = daemon.pid_of("asked");
    let told = daemon.rpc(
        "supervisor.signalProcess",
        vec!["asked".into(), "TERM".into()],
    );
    assert_eq!(told, Ok(true.into()));
    daemon.wait_replaced("asked", asked);
    watch.check(&daemon);
    daemon.signal(Signal::SIGTERM);
    assert!(daemon.wait().success());
}
