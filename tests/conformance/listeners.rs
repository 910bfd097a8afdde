//! Event listeners as people write them: the examples, and what is copied from one container to the next.

use std::fs;
use std::path::Path;

use crate::common::daemon::Daemon;
use crate::common::home::Home;
use crate::common::wait::wait_for;
use crate::common::{proc, skip};

/// Starts the example of the listeners, with its paths moved and its programs quicker.
fn example() -> Daemon {
    let home = Home::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/listeners");
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect("the example");
    for name in ["alarm.py", "alarm.sh"] {
        home.write(name, &read(name));
    }
    let stem = "/tmp/supervisor-listeners";
    let config = read("listeners.conf")
        .replace(&format!("{stem}.sock"), "{dir}/sock")
        .replace(&format!("{stem}.pid"), "{dir}/pid")
        .replace(&format!("{stem}.log"), "{dir}/main.log")
        .replace(&format!("{stem}-"), "{dir}/")
        .replace("[supervisord]\n", "[supervisord]\nchildlogdir={dir}\n");
    assert!(!config.contains("/tmp/"), "{config}");
    home.write("supervisord.conf", &config);
    Daemon::of(home, &[])
}

/// The alarms about one program in a log.
fn alarms(log: &str, program: &str) -> Vec<String> {
    let about = |line: &&str| line.starts_with(&format!("{program}:{program} "));
    log.lines().filter(about).map(ToOwned::to_owned).collect()
}

#[test]
fn the_examples_alarm_on_unexpected_ends_and_on_nothing_else() {
    let daemon = example();
    let flaky = daemon.wait_running("flaky");
    daemon.wait_state("tidy", "EXITED");
    for log in ["python.log", "shell.log", "alarms.log"] {
        let text = wait_for("alarms", || {
            let text = daemon.read(log);
            let programs = ["flaky", "broken"];
            let all = programs.iter().all(|name| !alarms(&text, name).is_empty());
            all.then_some(text)
        });
        let flaky = format!("flaky:flaky ended unexpectedly (pid {flaky})");
        assert_eq!(alarms(&text, "flaky")[0], flaky, "{log}");
        let broken = ["broken:broken cannot be started and was given up"];
        assert_eq!(alarms(&text, "broken"), broken, "{log}");
        assert_eq!(alarms(&text, "tidy"), [""; 0], "{log}");
    }
    for listener in ["alarm-python", "alarm-shell"] {
        assert_eq!(daemon.state(listener), "RUNNING");
    }
}

#[test]
fn an_alarm_that_cannot_be_raised_harms_no_listener() {
    let home = Home::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/listeners");
    let listener = |name: &str, interpreter: &str| {
        let script = folder.join(name);
        format!(
            "[eventlistener:{interpreter}]\ncommand={interpreter} {} /bin/false\nstartsecs=0\n\
             events=PROCESS_STATE_EXITED\nstderr_logfile={{dir}}/{interpreter}.err\n\n",
            script.display()
        )
    };
    let mortal = "[program:mortal]\ncommand=/bin/sh -c 'read line'\nstartsecs=0\nexitcodes=9\n";
    home.config(&(listener("alarm.py", "python3") + &listener("alarm.sh", "sh") + mortal));
    let daemon = Daemon::of(home, &[]);
    for round in 1..=2 {
        daemon.wait_running("mortal");
        daemon.feed("mortal", "end\n");
        for log in ["python3.err", "sh.err"] {
            wait_for("the failing alarm", || {
                let text = daemon.read(log);
                (text.matches("cannot raise the alarm").count() == round).then_some(())
            });
        }
    }
}

/// One READY, no RESULT ever, headers read as lines and payloads not at all: it works because the first
/// event is the last that it needs (EVT-081, EVT-116).
#[test]
fn the_listener_of_one_line_ends_the_daemon_with_its_program() {
    let home = Home::new();
    if home.marked("bash").args(["-c", ":"]).status().is_err() {
        return skip("needs bash");
    }
    for listener in [
        r#"bash -c "printf 'READY\n' && while read line; do kill -SIGQUIT $PPID; done < /dev/stdin""#,
        r#"bash -c "echo READY; while read -r line; do kill -3 $(cat {dir}/pid); done""#,
    ] {
        let home = Home::new();
        home.config(&format!(
            "[program:server]\ncommand=/bin/sh -c 'read line; exit 1'\nstartsecs=0\n\
             autorestart=false\n\n[program:other]\ncommand=/bin/cat\nstartsecs=0\n\n\
             [eventlistener:processes]\ncommand={listener}\nstartsecs=0\n\
             events=PROCESS_STATE_STOPPED,PROCESS_STATE_EXITED,PROCESS_STATE_FATAL\n"
        ));
        let mut daemon = Daemon::of(home, &[]);
        let other = daemon.wait_running("other");
        daemon.wait_running("server");
        daemon.wait_running("processes");
        daemon.feed("server", "end\n");
        assert!(daemon.wait().success());
        assert!(!proc::alive(other));
        daemon.wait_log("received SIGQUIT indicating exit request");
        daemon.wait_log("exited: server (exit status 1; not expected)");
        daemon.wait_log("stopped: other (terminated by SIGTERM)");
    }
}

/// Notes what it is told, and takes its time over it.
const SLOW: &str = r"import sys, time
out = open(sys.argv[1], 'a', buffering=1)
while True:
    print('READY', flush=True)
    header = dict(item.split(':', 1) for item in sys.stdin.readline().split())
    payload = sys.stdin.read(int(header['len']))
    time.sleep(0.02)
    out.write(header['eventname'] + ' ' + payload.split()[0] + '\n')
    sys.stdout.write('RESULT 2\nOK')
";

#[test]
fn dmn_032_listeners_hear_of_the_end_of_all_others() {
    let home = Home::new();
    home.write("slow.py", SLOW);
    let programs: Vec<_> = (0..6)
        .map(|number| format!("[program:p{number}]\ncommand=/bin/cat\nstartsecs=0\n\n"))
        .collect();
    home.config(&format!(
        "[eventlistener:notes]\ncommand=python3 {{dir}}/slow.py {{dir}}/notes\nstartsecs=0\n\
         events=PROCESS_STATE_RUNNING,PROCESS_STATE_STOPPED\nbuffer_size=50\n\n{}",
        programs.concat()
    ));
    let mut daemon = Daemon::of(home, &[]);
    wait_for("the listener at work", || {
        let heard = daemon.read("notes").matches("STATE_RUNNING").count();
        (heard == 7).then_some(())
    });
    assert!(daemon.stop().success());
    let notes = daemon.read("notes");
    for number in 0..6 {
        let line = format!("PROCESS_STATE_STOPPED processname:p{number}\n");
        assert!(notes.contains(&line), "{notes}");
    }
}

/// One that never answers does not keep the daemon, and one that never asked is not waited for.
#[test]
fn dmn_032_a_listener_that_hangs_is_told_to_stop_all_the_same() {
    let home = Home::new();
    home.config(
        "[eventlistener:hangs]\ncommand=/bin/sh -c 'echo READY; exec sleep 1000'\nstartsecs=0\n\
         events=PROCESS_STATE\n\n[eventlistener:mute]\ncommand=/bin/sleep 1000\nstartsecs=0\n\
         events=PROCESS_STATE\n\n[program:cat]\ncommand=/bin/cat\nstartsecs=0\n",
    );
    let mut daemon = Daemon::of(home, &["-e", "debug"]);
    daemon.wait_log("sent to listener hangs");
    assert!(daemon.stop().success());
    for name in ["cat", "hangs", "mute"] {
        daemon.wait_log(&format!("stopped: {name} (terminated by SIGTERM)"));
    }
}
