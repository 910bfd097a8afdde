//! Who waits for whom, at the start and at the end (lifecycle.md, sections 2 to 6, 12 and 22).

use std::fmt::Write as _;

use xmlrpc::Value;

use crate::common::daemon::{Daemon, text};
use crate::common::home::Home;
use crate::common::wait::{now, wait_until};
use crate::common::{can_open, skip};

/// What ends on SIGTERM only after a moment, and writes down when it has.
const SLOW: &str = "trap 'sleep 1; date +%s.%N >{dir}/web.end; exit' TERM\n: >{dir}/web.up\nwhile :; do sleep 0.05; done\n";

/// What writes down when it was told to end.
const PROMPT: &str =
    "trap 'date +%s.%N >{dir}/db.told; exit' TERM\n: >{dir}/db.up\nwhile :; do sleep 0.05; done\n";

/// The `detail` of a process.
fn detail(daemon: &Daemon, name: &str) -> String {
    let info = daemon.rpc("ext.getProcessInfo", vec![name.into()]);
    text(&info.expect("a process"), "detail")
}

/// Where a line stands in the main log.
fn place(daemon: &Daemon, part: &str) -> usize {
    let log = daemon.log();
    log.find(part)
        .unwrap_or_else(|| panic!("no {part:?} in\n{log}"))
}

#[test]
fn lif_040_story_1_a_program_waits_for_what_it_depends_on() {
    let daemon = Daemon::start(
        "[program:db]\ncommand=sleep 1000\nstartsecs=2\npriority=9\n\
         [program:web]\ncommand=sleep 1000\nstartsecs=0\npriority=1\ndepends_on=db\n",
    );
    daemon.wait_state("db", "STARTING");
    assert_eq!(daemon.state("web"), "STOPPED");
    assert_eq!(daemon.description("web"), "Not started");
    assert_eq!(detail(&daemon, "web"), "waiting for db:running (starting)");
    daemon.wait_state("web", "RUNNING");
    let lines = [
        "web waits for db:running",
        "spawned: 'db'",
        "success: db entered RUNNING",
        "spawned: 'web'",
    ];
    let places = lines.map(|line| place(&daemon, line));
    assert!(places[1..].is_sorted() && places[0] < places[2]);
    assert_eq!(detail(&daemon, "web"), "");
}

#[test]
fn lif_018_story_2_a_cycle_over_three_files_is_refused() {
    let home = Home::new();
    home.write(
        "a.inc",
        "[program:db]\ncommand=sleep 1000\ndepends_on=cache\n",
    );
    home.write(
        "b.inc",
        "[program:cache]\ncommand=sleep 1000\ndepends_on=web\n",
    );
    home.config("[program:web]\ncommand=sleep 1000\ndepends_on=db\n[include]\nfiles=a.inc b.inc\n");
    let output = home.supervisord(&["-n", "-c", "supervisord.conf"]);
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8_lossy(&output.stderr);
    let cycle = "dependency cycle: cache -> web -> db -> cache in section 'program:cache'";
    assert!(told.contains(cycle), "{told}");
}

#[test]
fn lif_080_story_3_a_dependency_is_told_last() {
    let home = Home::new();
    home.write("web.sh", &home.fill(SLOW));
    home.write("db.sh", &home.fill(PROMPT));
    home.config(
        "[program:db]\ncommand=sh {dir}/db.sh\nstartsecs=0\npriority=1\nautorestart=true\n\
         [program:web]\ncommand=sh {dir}/web.sh\nstartsecs=0\npriority=9\ndepends_on=db\n",
    );
    let daemon = Daemon::of(home, &[]);
    wait_until("both to be up", || {
        daemon.has("web.up") && daemon.has("db.up")
    });
    let rows = daemon.rpc("supervisor.stopAllProcesses", vec![Value::Bool(false)]);
    assert_eq!(rows.expect("rows").as_array().map(<[_]>::len), Some(2));
    assert_eq!(daemon.state("db"), "RUNNING");
    assert_eq!(detail(&daemon, "db"), "waits for web to stop");
    daemon.wait_state("db", "STOPPED");
    let moment = |name: &str| -> f64 { daemon.read(name).trim().parse().expect("a time") };
    assert!(moment("web.end") <= moment("db.told"));
}

#[test]
fn lif_086_dependents_are_stopped_with_it_and_before_it() {
    let daemon = Daemon::start(
        "[program:db]\ncommand=sleep 1000\nstartsecs=0\n[program:web]\ncommand=sleep 1000\nstartsecs=0\ndepends_on=db\n\
         [program:other]\ncommand=sleep 1000\nstartsecs=0\n",
    );
    daemon.wait_running("web");
    let other = daemon.wait_running("other");
    let reply = daemon.ctl(&["stop", "--with-dependents", "db"]);
    assert_eq!(reply.lines(), ["web: stopped", "db: stopped"]);
    assert!(place(&daemon, "stopped: web") < place(&daemon, "stopped: db"));
    assert_eq!(daemon.pid_of("other"), other);
}

#[test]
fn lif_051_story_4_a_request_fails_with_its_dependency() {
    let daemon = Daemon::start(
        "[program:db]\ncommand=false\nautostart=false\nstartretries=0\n\
         [program:web]\ncommand=sleep 1000\nautostart=false\nstartsecs=0\ndepends_on=db\n",
    );
    let reply = daemon.ctl(&["start", "web"]);
    assert_eq!(reply.lines(), ["web: ERROR (spawn error)"]);
    let info = daemon.info("web");
    assert_eq!(text(&info, "spawnerr"), "dependency db is FATAL");
    assert_eq!(text(&info, "statename"), "STOPPED");
    daemon.wait_log("web is not started: dependency db is FATAL");
}

#[test]
fn lif_049_a_start_without_dependencies() {
    let daemon = Daemon::start(
        "[program:db]\ncommand=sleep 1000\nautostart=false\n\
         [program:web]\ncommand=sleep 1000\nautostart=false\nstartsecs=0\ndepends_on=db\n",
    );
    let arguments = vec!["web".into(), Value::Bool(true), Value::Bool(false)];
    assert_eq!(
        daemon.rpc("ext.startProcess", arguments),
        Ok(Value::Bool(true))
    );
    assert_eq!(daemon.state("db"), "STOPPED");
    assert_eq!(daemon.state("web"), "RUNNING");
}

#[test]
fn lif_191_story_10_copies_start_one_after_another() {
    let daemon = Daemon::start(
        "[program:w]\ncommand=sleep 1000\nprocess_name=w%(process_num)d\nnumprocs=3\nstartsecs=0\n\
         numprocs_start_interval=700ms\n[program:late]\ncommand=sleep 1000\nstartsecs=0\nstartdelay=60\n",
    );
    wait_until("a delay to be told", || {
        let detail = detail(&daemon, "w:w2");
        daemon.state("w:w2") == "RUNNING" || detail.ends_with(" s (numprocs_start_interval)")
    });
    daemon.wait_state("w:w2", "RUNNING");
    let log = daemon.log();
    let moments = (0..3).map(|copy| {
        let line = log
            .lines()
            .find(|line| line.contains(&format!("spawned: 'w{copy}'")));
        let time = &line.expect("a start")[11..23];
        let parts: Vec<f64> = time
            .replace(',', ".")
            .split(':')
            .map(|part| part.parse().expect("a number"))
            .collect();
        parts[1].mul_add(60.0, parts[2])
    });
    let moments: Vec<f64> = moments.collect();
    for pair in moments.windows(2) {
        let pause = (pair[1] - pair[0]).rem_euclid(3600.0);
        assert!((0.69..5.0).contains(&pause), "{moments:?}");
    }
    let told = detail(&daemon, "late");
    assert!(
        told.starts_with("starts in ") && told.ends_with(" s (startdelay)"),
        "{told}"
    );
    daemon.start_process("late");
    assert_eq!(daemon.state("late"), "RUNNING");
}

/// So many programs, each depending on what `on` says of its number.
fn many(count: usize, on: impl Fn(usize) -> Option<usize>) -> String {
    let mut body = String::new();
    for number in 0..count {
        let _ = write!(
            body,
            "[program:p{number:04}]\ncommand=sleep 1000\nstartsecs=0\nstdout_logfile=NONE\nstderr_logfile=NONE\n"
        );
        if let Some(other) = on(number) {
            let _ = writeln!(body, "depends_on=p{other:04}");
        }
    }
    body
}

/// Brings them up and down within the bounds of LIF-320, and returns the log.
fn up_and_down(body: &str, count: usize) -> Option<String> {
    if !can_open(4096) {
        skip("no 4,096 open files: ulimit -n 4096");
        return None;
    }
    let begin = now();
    let mut daemon = Daemon::start_with("minfds=4096", body);
    wait_until("all to be up", || {
        daemon.log_lines("success: ").len() == count
    });
    assert!(begin.elapsed().as_secs() < 10, "{:?}", begin.elapsed());
    let begin = now();
    assert!(daemon.stop().success());
    assert!(begin.elapsed().as_secs() < 20, "{:?}", begin.elapsed());
    Some(daemon.log())
}

#[test]
fn lif_320_a_chain_of_a_thousand() {
    let last = 999;
    let body = many(1000, |number| (number < last).then_some(number + 1));
    let Some(log) = up_and_down(&body, 1000) else {
        return;
    };
    let names = |part: &str| -> Vec<String> {
        let lines = log.lines().filter_map(|line| line.split_once(part));
        let names = lines.map(|(_, rest)| rest.chars().take(5).collect());
        names.collect()
    };
    let (started, stopped) = (names("spawned: '"), names("stopped: "));
    assert!(started.iter().rev().is_sorted() && stopped.is_sorted());
    assert_eq!((started.len(), stopped.len()), (1000, 1000));
}

#[test]
fn lif_007_a_thousand_dependents_of_one() {
    let body = many(1000, |number| (number > 0).then_some(0));
    let Some(log) = up_and_down(&body, 1000) else {
        return;
    };
    let last = log.lines().rfind(|line| line.contains("stopped: "));
    assert!(
        last.is_some_and(|line| line.contains("stopped: p0000 ")),
        "{last:?}"
    );
}
