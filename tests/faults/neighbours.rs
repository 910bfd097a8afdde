//! Daemons that use the same names: what is a living one's is left alone, what a dead one left is taken over.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use nix::sys::signal::Signal;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use crate::common::daemon::{Daemon, text};
use crate::common::home::Home;
use crate::common::wait::wait_until;
use crate::health::config;

const PROGRAMS: &str = "[program:runs]\ncommand=/bin/cat\nstartsecs=0\nstdout_logfile_maxbytes=10\n\
                        [program:rests]\ncommand=/bin/cat\nautostart=false\nstartsecs=0\n";

/// A daemon whose automatic logs are in `logs`.
fn daemon_with(logs: &Path) -> Daemon {
    let home = Home::new();
    config(&home, PROGRAMS);
    let text = home.read("supervisord.conf");
    let ours = home.fill("childlogdir={dir}\n");
    let theirs = format!("childlogdir={}\n", logs.display());
    fs::write(home.path("supervisord.conf"), text.replace(&ours, &theirs)).expect("a file");
    Daemon::of(home, &[])
}

fn logs_of(daemon: &Daemon) -> Vec<String> {
    let channel = |name: &str, key: &str| text(&daemon.info(name), key);
    let both = |name| {
        [
            channel(name, "stdout_logfile"),
            channel(name, "stderr_logfile"),
        ]
    };
    [both("runs"), both("rests")].concat()
}

#[test]
fn dec_030_the_automatic_logs_of_a_living_daemon_are_no_leftovers() {
    let folder = Home::new();
    let stale = folder.write("old-stdout---supervisor-abcdefgh.log", "old");
    let stale_backup = folder.write("old-stdout---supervisor-abcdefgh.log.1", "older");
    let foreign = folder.write("python-stdout---supervisor-abcdefgh.log", "");
    let foreign_backup = folder.write("python-stdout---supervisor-abcdefgh.log.1", "");
    let held = OpenOptions::new()
        .append(true)
        .open(&foreign)
        .expect("a log");
    let first = daemon_with(folder.folder());
    assert!(!stale.exists() && !stale_backup.exists(), "a dead one's");
    assert!(
        foreign.exists() && foreign_backup.exists(),
        "somebody has it open"
    );
    first.wait_running("runs");
    first.feed("runs", "0123456789\n");
    let backup = format!("{}.1", logs_of(&first)[0]);
    wait_until("a rotation", || Path::new(&backup).exists());
    // one that ran, and one that has run
    first.start_process("rests");
    first.feed("rests", "words\n");
    let rests = logs_of(&first)[2].clone();
    wait_until("its words", || {
        fs::read_to_string(&rests).unwrap_or_default() == "words\n"
    });
    first.stop_process("rests");
    let mut second = daemon_with(folder.folder());
    for log in logs_of(&first).iter().chain([&backup]) {
        assert!(Path::new(log).exists(), "{log}");
    }
    let arguments = vec!["rests".into(), 0.into(), 0.into()];
    let read = first.rpc("supervisor.readProcessStdoutLog", arguments);
    assert_eq!(read, Ok("words\n".into()));
    // those of the one that went are gone after the next start
    let left = logs_of(&second);
    assert!(second.stop().success());
    drop(held);
    let mut third = daemon_with(folder.folder());
    assert!(left.iter().all(|log| !Path::new(log).exists()), "{left:?}");
    assert!(!foreign.exists() && !foreign_backup.exists());
    assert!(logs_of(&first).iter().all(|log| Path::new(log).exists()));
    // and at a restart of its own a daemon takes its old ones for leftovers
    let left = logs_of(&third);
    third.signal(Signal::SIGHUP);
    wait_until("the restart", || {
        third.log().matches("supervisord started").count() == 2
    });
    third.wait_running("runs");
    assert!(left.iter().all(|log| !Path::new(log).exists()), "{left:?}");
    assert!(third.stop().success());
}

#[test]
fn dmn_018_a_pid_file_that_another_daemon_wrote_since_stays() {
    let mut daemon = crate::health::start("");
    daemon.write("pid", "1\n");
    assert!(daemon.stop().success());
    assert_eq!(daemon.read("pid"), "1\n");
}

#[test]
fn dmn_015_a_fifo_or_a_device_in_the_place_of_the_pid_file_is_told_and_not_waited_for() {
    let home = Home::new();
    config(&home, "");
    mkfifo(&home.path("pid"), Mode::S_IRWXU).expect("a FIFO");
    let mut command = home.command("supervisord");
    command.args(["-n", "-s", "-c", "supervisord.conf"]);
    let mut child = crate::common::home::start(&mut command);
    drop(command);
    let wanted = home.fill("CRIT could not write pidfile {dir}/pid: it is no regular file\n");
    wait_until("a complaint", || home.read("main.log").contains(&wanted));
    wait_until("an answer", || {
        home.ctl(&["status"]).out.contains("witness")
    });
    let pid = i32::try_from(child.id()).expect("a pid");
    crate::common::proc::signal(pid, Signal::SIGTERM);
    assert!(child.wait().expect("our child").success());
    assert!(home.has("pid"), "it is not ours to remove");
}

#[test]
fn proc_113_the_fastcgi_socket_of_a_living_daemon_is_left_alone_and_that_of_a_dead_one_taken_over()
{
    let folder = Home::new();
    let socket = folder.path("fcgi");
    let serve = || {
        let home = Home::new();
        config(
            &home,
            &format!(
                "[fcgi-program:f]\ncommand=/bin/sleep 1000\nsocket=unix://{}\nstartsecs=0\nstartretries=0\n",
                socket.display()
            ),
        );
        home
    };
    let first = Daemon::of(serve(), &[]);
    let child = first.wait_running("f");
    let inode = || fs::metadata(&socket).expect("the socket").ino();
    let made = inode();
    let output = serve().supervisord(&["-n", "-c", "supervisord.conf"]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("Address already in use"), "{error}");
    assert_eq!(inode(), made);
    // its program listens on, but nobody looks after it
    crate::common::proc::signal(first.pid, Signal::SIGKILL);
    wait_until("its end", || !crate::common::proc::alive(first.pid));
    assert!(crate::common::proc::alive(child));
    let third = Daemon::of(serve(), &[]);
    third.wait_running("f");
    assert_ne!(inode(), made);
}
