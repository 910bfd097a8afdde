//! A long run under load: programs that crash, flood, hang and fork, and clients with a fixed seed that disturb them.
//!
//! Runs only when `SOAK_SECONDS` says for how long. `SOAK_SEED` throws other dice. Ends with a report, and fails if
//! anything was lost or left behind.

#[path = "common/mod.rs"]
#[allow(
    dead_code,
    unused_imports,
    unused_macros,
    reason = "each test program uses its part of the harness"
)]
mod common;

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::time::Duration;

use nix::sys::signal::Signal;
use xmlrpc::Value;

use common::daemon::{Daemon, text};
use common::home::Home;
use common::random::Random;
use common::wait::{breathe, now, wait_until};
use common::{not_in_this_run, proc};

/// How many programs of each of the five kinds there are.
const EACH: usize = 20;
/// How many clients disturb them.
const CLIENTS: u64 = 4;
/// How many lines a program of a kind writes in one run.
const LINES: [(&str, u64); 3] = [("crash", 50), ("flood", 4000), ("fork", 20)];
/// How much memory the daemon may take more after the warm-up, in kB.
const GROWTH: u64 = 1024;

/// Numbered lines, each with the run's own name, and a note beside the log once all are written.
const WRITE: &str = "read up rest < /proc/uptime; run=$$.$up; n=0\n\
    while [ $n -lt $2 ]; do echo \"$run $n ......................................\"; n=$((n+1)); done\n\
    echo $run >> {dir}/$1.done\n";

fn configuration(home: &Home) {
    let crash = format!("{WRITE}sleep 1; exit 1\n");
    let flood = format!("{WRITE}sleep 4\n");
    let fork = format!("{WRITE}sleep 2 & sleep 1\n");
    home.script("crash", &crash);
    home.script("flood", &flood);
    home.script("fork", &fork);
    let listener = "while :; do echo READY; read header; length=${header##*len:}\n\
                    head -c $length > /dev/null; printf 'RESULT 2\\nOK'; done\n";
    home.script("listener", listener);
    let mut body = String::new();
    for (kind, lines) in LINES {
        for number in 0..EACH {
            let name = format!("{kind}{number}");
            let program = format!(
                "[program:{name}]\ncommand=/bin/sh {{dir}}/{kind} {name} {lines}\nautorestart=true\nstartsecs=0\n\
                 stdout_logfile={{dir}}/{name}.log\nstdout_logfile_maxbytes=0\nstderr_logfile=NONE\n\
                 stopwaitsecs=2\n"
            );
            body.push_str(&program);
        }
    }
    let others = format!(
        "[program:hang]\ncommand=/bin/sh -c 'trap \"\" TERM; while :; do sleep 1; done'\nnumprocs={EACH}\n\
         process_name=hang%(process_num)d\nstopwaitsecs=1\nkillasgroup=true\nstartsecs=0\nautorestart=true\n\
         [program:steady]\ncommand=/bin/cat\nnumprocs={EACH}\nprocess_name=steady%(process_num)d\nstartsecs=0\n\
         autorestart=true\n\
         [eventlistener:good]\ncommand=/bin/sh {{dir}}/listener\nevents=PROCESS_STATE,TICK_5\nbuffer_size=50\n\
         [eventlistener:deaf]\ncommand=/bin/sh -c 'echo READY; exec sleep 100000'\nevents=EVENT\nbuffer_size=50\n"
    );
    body.push_str(&others);
    let main = "minfds=4096\nlogfile_maxbytes=5MB\nlogfile_backups=1";
    home.config_with(main, &body);
}

/// A process of any kind, as clients name it.
fn some_name(random: &mut Random) -> String {
    let number = random.place(EACH);
    match random.place(5) {
        0 => format!("hang:hang{number}"),
        1 => format!("steady:steady{number}"),
        kind => format!("{}{number}", LINES[kind - 2].0),
    }
}

/// Does random things for a while; returns how many of them could not be asked for.
fn disturb(daemon: &Daemon, seed: u64, span: Duration) -> u64 {
    let mut random = Random::new(seed);
    let start = now();
    let mut unanswered = 0;
    while start.elapsed() < span {
        let name = Value::from(some_name(&mut random));
        let wait = Value::Bool(random.chance(2));
        let (method, arguments) = match random.below(10) {
            0 => ("supervisor.startProcess", vec![name, wait]),
            1 => ("supervisor.stopProcess", vec![name, wait]),
            2 => ("supervisor.signalProcess", vec![name, "KILL".into()]),
            3 => ("supervisor.signalProcess", vec![name, "STOP".into()]),
            4 => ("supervisor.signalProcess", vec![name, "CONT".into()]),
            5 => ("supervisor.sendProcessStdin", vec![name, "words\n".into()]),
            6 => (
                "supervisor.tailProcessStdoutLog",
                vec![name, 0.into(), 1000.into()],
            ),
            7 => ("supervisor.reloadConfig", vec![]),
            8 => ("supervisor.readLog", vec![(-1000).into(), 0.into()]),
            _ => ("supervisor.getAllProcessInfo", vec![]),
        };
        // a fault is an answer
        if daemon.try_rpc(method, arguments).is_err() {
            unanswered += 1;
        }
        if random.chance(200) {
            daemon.signal(Signal::SIGUSR2);
        }
        for _ in 0..random.below(6) {
            breathe();
        }
    }
    unanswered
}

fn disturb_together(daemon: &Daemon, seed: u64, span: Duration) -> u64 {
    std::thread::scope(|scope| {
        let clients: Vec<_> = (1..=CLIENTS)
            .map(|client| scope.spawn(move || disturb(daemon, seed * 1000 + client, span)))
            .collect();
        let clients = clients.into_iter();
        clients.map(|client| client.join().expect("a client")).sum()
    })
}

/// What is left when everything is stopped.
struct Rest {
    fds: usize,
    memory: u64,
    zombies: usize,
    children: usize,
    wrong: Vec<String>,
}

fn stop_everything(daemon: &Daemon) -> Rest {
    let stopped = daemon.rpc("supervisor.stopAllProcesses", vec![]);
    stopped.expect("everything can be stopped");
    let all = daemon
        .rpc("supervisor.getAllProcessInfo", vec![])
        .expect("the list");
    let all = all.as_array().expect("an array").iter();
    let wrong = all
        .filter(|info| info["pid"].as_i32() != Some(0))
        .map(|info| format!("{} {}", text(info, "name"), text(info, "statename")))
        .collect();
    let states: Vec<_> = proc::all()
        .into_iter()
        .filter(|pid| {
            proc::status(*pid, "PPid").is_some_and(|parent| parent == daemon.pid.to_string())
        })
        .filter_map(|pid| proc::status(pid, "State"))
        .collect();
    let memory = proc::status(daemon.pid, "VmRSS").expect("a size");
    Rest {
        fds: proc::descriptors(daemon.pid).len(),
        memory: memory.trim_end_matches(" kB").parse().expect("a number"),
        zombies: states.iter().filter(|state| state.starts_with('Z')).count(),
        children: states.len(),
        wrong,
    }
}

/// What a log holds, compared with what was said.
#[derive(Default)]
struct Account {
    runs: usize,
    /// The bytes of the runs that came to their end: what they wrote, and what is found of it.
    expected: u64,
    found: u64,
    /// What is found of runs that were killed.
    cut_short: u64,
    /// The lines that are missing before one that is there.
    lost: u64,
}

/// What is found of one run.
#[derive(Default)]
struct Run {
    /// The number of the next line.
    next: u64,
    bytes: u64,
}

/// The dots at the end of a line of a program.
const DOTS: usize = 38;

/// How many bytes a run writes that comes to its end.
fn bytes_of(run: &str, lines: u64) -> u64 {
    let length = |number: u64| run.len() + 1 + number.to_string().len() + 1 + DOTS + 1;
    (0..lines).map(|number| length(number) as u64).sum()
}

/// Every run's lines stand in the log in their order from the first on, and all of them if it came to its end.
fn audit(folder: &Path, name: &str, lines: u64) -> Account {
    let mut runs: HashMap<String, Run> = HashMap::new();
    let mut account = Account::default();
    let log = File::open(folder.join(format!("{name}.log"))).expect("a log");
    for line in BufReader::new(log).lines() {
        let line = line.expect("a line");
        let mut words = line.split(' ');
        let (run, number) = (
            words.next(),
            words.next().and_then(|word| word.parse().ok()),
        );
        let (run, number): (_, u64) = (run.expect("a run"), number.expect("a number"));
        let run = runs.entry(run.to_owned()).or_default();
        account.lost += number.abs_diff(run.next);
        run.next = number + 1;
        run.bytes += line.len() as u64 + 1;
    }
    account.runs = runs.len();
    let done = fs::read_to_string(folder.join(format!("{name}.done"))).unwrap_or_default();
    for name in done.lines() {
        let run = runs.remove(name).unwrap_or_default();
        account.lost += lines - run.next;
        account.expected += bytes_of(name, lines);
        account.found += run.bytes;
    }
    account.cut_short = runs.values().map(|run| run.bytes).sum();
    account
}

#[test]
fn nothing_is_lost_under_load() {
    let Some(seconds) = std::env::var("SOAK_SECONDS")
        .ok()
        .and_then(|text| text.parse().ok())
    else {
        return not_in_this_run("runs only with SOAK_SECONDS=N");
    };
    let seed = std::env::var("SOAK_SEED")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(1);
    let span = Duration::from_secs(seconds);
    let home = Home::new();
    configuration(&home);
    let mut daemon = Daemon::of(home, &[]);
    wait_until("an answer", || {
        daemon.try_rpc("supervisor.getState", vec![]).is_ok()
    });
    let mut unanswered = disturb_together(&daemon, seed, span / 5);
    let before = stop_everything(&daemon);
    let started = daemon.rpc("supervisor.startAllProcesses", vec![false.into()]);
    started.expect("everything can be started");
    unanswered += disturb_together(&daemon, seed + 1, span * 4 / 5);
    let after = stop_everything(&daemon);
    assert!(daemon.stop().success());
    let mut total = Account::default();
    for (kind, lines) in LINES {
        for number in 0..EACH {
            let account = audit(daemon.folder(), &format!("{kind}{number}"), lines);
            total.runs += account.runs;
            total.expected += account.expected;
            total.found += account.found;
            total.cut_short += account.cut_short;
            total.lost += account.lost;
        }
    }
    eprintln!(
        "soak of {seconds} s, seed {seed}: {} runs of programs that write\n\
         bytes of whole runs: expected {}, found {}; of killed runs: found {}; lines missing: {}\n\
         calls without an answer: {unanswered}; not stopped in the end: {:?}\n\
         after the warm-up and in the end: zombies {} and {}, children {} and {}, descriptors {} and {}, \
         memory {} kB and {} kB",
        total.runs,
        total.expected,
        total.found,
        total.cut_short,
        total.lost,
        after.wrong,
        before.zombies,
        after.zombies,
        before.children,
        after.children,
        before.fds,
        after.fds,
        before.memory,
        after.memory,
    );
    assert_eq!((total.lost, unanswered), (0, 0));
    assert_eq!(total.expected, total.found, "bytes");
    assert_eq!((before.children, after.children), (0, 0));
    assert_eq!((&before.wrong, &after.wrong), (&vec![], &vec![]));
    assert_eq!(before.fds, after.fds, "descriptors");
    assert!(after.memory <= before.memory + GROWTH, "memory");
    assert!(total.runs > 0);
}
