//! Event listeners that do not read, do not answer, or talk nonsense, beside one that does its work.

use xmlrpc::Value;

use crate::common::daemon::Daemon;
use crate::common::home::Home;
use crate::common::proc;
use crate::common::wait::wait_until;
use crate::health::{Watch, config};

/// Notes the length of each event.
const GOOD: &str = "while :; do echo READY; read header; length=${header##*len:}\n\
    head -c $length | wc -c >> {dir}/seen; printf 'RESULT 2\\nOK'; done\n";

fn tell(daemon: &Daemon, size: usize) {
    let event = vec!["news".into(), "x".repeat(size).into()];
    let told = daemon.rpc("supervisor.sendRemoteCommEvent", event);
    assert_eq!(told, Ok(Value::Bool(true)));
}

#[test]
fn listeners_that_do_not_listen_harm_nobody_else() {
    const EVENTS: usize = 100;
    const SIZE: usize = 20_000;
    let home = Home::new();
    home.write("good", GOOD);
    let listener = |name: &str, command: &str| {
        format!(
            "[eventlistener:{name}]\ncommand=/bin/sh {command}\nevents=REMOTE_COMMUNICATION\nstartsecs=0\n\
             buffer_size=5\nautorestart=false\n"
        )
    };
    let body = [
        listener("deaf", "-c 'echo READY; exec sleep 1000'"),
        listener("mute", "-c 'exec sleep 1000'"),
        listener(
            "noisy",
            "-c 'echo READY; head -c 1000000 /dev/zero; exec sleep 1000'",
        ),
        listener("good", "{dir}/good").replace("buffer_size=5", "buffer_size=1000"),
    ];
    config(&home, &body.concat());
    let daemon = Daemon::of(home, &[]);
    let names = ["deaf", "mute", "noisy", "good"];
    let pids = names.map(|name| daemon.wait_running(name));
    let memory = || {
        let size = proc::status(daemon.pid, "VmRSS").expect("a size");
        let size = size.trim_end_matches(" kB").parse::<usize>();
        size.expect("a number")
    };
    let before = memory();
    // more than a pipe holds, so that whoever does not read leaves the rest of it with us
    tell(&daemon, 200_000);
    for _ in 0..EVENTS {
        tell(&daemon, SIZE);
    }
    wait_until("every event to be read", || {
        daemon.read("seen").lines().count() == EVENTS + 1
    });
    let lengths: Vec<usize> = daemon
        .read("seen")
        .lines()
        .map(|line| line.trim().parse().expect("a number"))
        .collect();
    assert!(lengths[0] > 200_000 && lengths[1..].iter().all(|length| *length > SIZE));
    for name in ["deaf", "mute"] {
        daemon.wait_log(&format!("pool {name} event buffer overflowed"));
    }
    daemon.wait_log("noisy: has entered the UNKNOWN state");
    // what is kept for the others is bounded by their buffers
    let grown = memory().saturating_sub(before);
    assert!(grown < 8 * 1024, "{grown} kB");
    assert_eq!(names.map(|name| daemon.pid_of(name)), pids, "nobody ended");
    // the next deaf one is sent the same event and leaves as much of it with us
    let watch = Watch::over(&daemon);
    for name in names {
        daemon.stop_process(name);
        daemon.start_process(name);
    }
    watch.check(&daemon);
}
