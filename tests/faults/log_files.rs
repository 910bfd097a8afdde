//! Log files that somebody deletes, replaces, turns into something else or takes away, and readers that stop.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{ErrorKind, Read as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _, chown};
use std::path::Path;

use nix::sys::signal::Signal;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use crate::common::daemon::Daemon;
use crate::common::home::Home;
use crate::common::wait::{DEADLINE, breathe, now, wait_until};
use crate::health::{Watch, config, start};

const ECHO: &str = "[program:a]\ncommand=/bin/cat\nstdout_logfile={dir}/log\nstartsecs=0\n";

fn echo(options: &str) -> (Daemon, i32, Watch) {
    let daemon = start(&format!("{ECHO}{options}\n"));
    let pid = daemon.wait_running("a");
    let watch = Watch::over(&daemon);
    (daemon, pid, watch)
}

/// What can be read through a file that was opened before it lost its name.
fn rest(file: &mut File) -> String {
    let mut text = String::new();
    file.read_to_string(&mut text).expect("text");
    text
}

#[test]
fn a_deleted_or_replaced_log_is_written_on_until_it_is_reopened() {
    type Change = fn(&Daemon);
    let table: [(&str, Change, &str); 2] = [
        (
            "deleted",
            |daemon| fs::remove_file(daemon.path("log")).expect("the log"),
            "",
        ),
        (
            "replaced",
            |daemon| {
                daemon.write("other", "theirs\n");
                fs::rename(daemon.path("other"), daemon.path("log")).expect("replaced");
            },
            "theirs\n",
        ),
    ];
    for (what, change, before) in table {
        let (daemon, pid, watch) = echo("");
        daemon.feed("a", "1\n");
        daemon.wait_file("log", "1\n");
        let mut old = File::open(daemon.path("log")).expect("the log");
        change(&daemon);
        daemon.feed("a", "2\n");
        let mut text = String::new();
        wait_until("the old file", || {
            text += &rest(&mut old);
            text == "1\n2\n"
        });
        daemon.signal(Signal::SIGUSR2);
        daemon.wait_log("supervisord logreopen");
        daemon.feed("a", "3\n");
        daemon.wait_file("log", "3\n");
        assert_eq!(daemon.read("log"), format!("{before}3\n"), "{what}");
        assert_eq!(daemon.pid_of("a"), pid, "{what}");
        watch.check(&daemon);
    }
}

#[test]
fn a_folder_in_the_place_of_a_log_is_reported_and_the_old_file_kept() {
    let (daemon, pid, watch) =
        echo("stdout_logfile_maxbytes=10\nstdout_logfile_backups=2\nstartretries=100");
    let mut old = File::open(daemon.path("log")).expect("the log");
    fs::remove_file(daemon.path("log")).expect("the log");
    fs::create_dir(daemon.path("log")).expect("a folder");
    daemon.signal(Signal::SIGUSR2);
    daemon.wait_log("cannot reopen a child log: Is a directory");
    // the limit is passed: a rotation cannot be, which is said, and the bytes stay
    daemon.feed("a", "0123456789abc\n");
    daemon.feed("a", "more\n");
    daemon.wait_log("/log': cannot rotate: Is a directory");
    let mut text = String::new();
    wait_until("the old file", || {
        text += &rest(&mut old);
        text == "0123456789abc\nmore\n"
    });
    assert_eq!(daemon.pid_of("a"), pid);
    watch.check(&daemon);
    // a new start needs the file: the program waits, with its reason, and starts when it can
    daemon.stop_process("a");
    let started = daemon.rpc("supervisor.startProcess", vec!["a".into()]);
    assert_eq!(started, Err((50, "SPAWN_ERROR: a".to_owned())));
    let reason = crate::common::daemon::text(&daemon.info("a"), "spawnerr");
    assert!(reason.contains("EISDIR"), "{reason}");
    fs::remove_dir(daemon.path("log")).expect("the folder");
    daemon.wait_running("a");
    daemon.feed("a", "new\n");
    daemon.wait_file("log", "new\n");
    watch.check(&daemon);
}

#[test]
fn a_folder_that_may_not_be_entered_any_more_stops_no_log() {
    const NOBODY: u32 = 65534;
    let home = Home::new();
    fs::create_dir(home.path("logs")).expect("a folder");
    let root = nix::unistd::geteuid().is_root();
    let user = if root { "user=nobody" } else { "" };
    config(&home, &ECHO.replace("/log", "/logs/log"));
    let text = home.read("supervisord.conf");
    let text = text.replace("[supervisord]", &format!("[supervisord]\n{user}"));
    fs::write(home.path("supervisord.conf"), text).expect("a file");
    if root {
        for path in [home.folder(), &home.path("logs")] {
            chown(path, Some(NOBODY), None).expect("an owner");
        }
    }
    let daemon = Daemon::of(home, &[]);
    let pid = daemon.wait_running("a");
    let watch = Watch::over(&daemon);
    daemon.feed("a", "1\n");
    daemon.wait_file("logs/log", "1\n");
    let allow = |mode| {
        fs::set_permissions(daemon.path("logs"), Permissions::from_mode(mode)).expect("a mode");
    };
    allow(0o000);
    daemon.signal(Signal::SIGUSR2);
    daemon.wait_log("cannot reopen a child log: Permission denied");
    daemon.feed("a", "2\n");
    watch.check(&daemon);
    allow(0o755);
    daemon.wait_file("logs/log", "1\n2\n");
    assert_eq!(daemon.pid_of("a"), pid);
    watch.check(&daemon);
}

/// Reads what is there; the end of the writers is no error.
fn take(reader: &mut File, bytes: &mut Vec<u8>) {
    match reader.read_to_end(bytes) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::WouldBlock => {}
        Err(error) => panic!("{error}"),
    }
}

fn open_reader(path: &Path) -> File {
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(nix::libc::O_NONBLOCK);
    options.open(path).expect("a reader")
}

#[test]
fn a_reader_that_stops_makes_only_its_own_program_wait() {
    const SENT: usize = 3_000_000;
    let home = Home::new();
    mkfifo(&home.path("log"), Mode::S_IRWXU).expect("a FIFO");
    let mut reader = open_reader(&home.path("log"));
    let body = format!(
        "[program:a]\ncommand=/bin/sh -c 'head -c {SENT} /dev/zero; echo end >&2; exec cat'\n\
         stdout_logfile={{dir}}/log\nstdout_logfile_maxbytes=0\nstderr_logfile={{dir}}/err\nstartsecs=0\n\
         [program:b]\ncommand=/bin/cat\nstdout_logfile={{dir}}/b\nstartsecs=0\n"
    );
    config(&home, &body);
    let daemon = Daemon::of(home, &[]);
    let (a, b) = (daemon.wait_running("a"), daemon.wait_running("b"));
    let watch = Watch::over(&daemon);
    daemon.feed("b", "not held up\n");
    daemon.wait_file("b", "not held up\n");
    assert_eq!(daemon.read("err"), "", "it cannot have come to its end");
    watch.check(&daemon);
    let mut bytes = Vec::new();
    let start = now();
    while bytes.len() < SENT && start.elapsed() < DEADLINE {
        take(&mut reader, &mut bytes);
        breathe();
    }
    assert_eq!(bytes.len(), SENT);
    daemon.wait_file("err", "end");
    // the reader goes for good, and another one comes
    drop(reader);
    daemon.feed("a", "unread\n");
    daemon.wait_log("/log': cannot write: Broken pipe");
    watch.check(&daemon);
    let mut reader = open_reader(&daemon.path("log"));
    daemon.feed("a", "read\n");
    let mut bytes = Vec::new();
    wait_until("both lines", || {
        take(&mut reader, &mut bytes);
        bytes == b"unread\nread\n"
    });
    assert_eq!((daemon.pid_of("a"), daemon.pid_of("b")), (a, b));
    watch.check(&daemon);
}
