//! The disk is full: under a program's log, under the main log, and when a log is to be made.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use crate::common::daemon::Daemon;
use crate::common::home::Home;
use crate::common::skip;
use crate::common::wait::wait_until;
use crate::health::{Watch, config};

/// A daemon that alone sees a small disk in the folder `small`.
struct OnSmallDisk {
    daemon: Daemon,
    small: PathBuf,
}

/// Mounts `small` with `options`, in a mount namespace of its own, and starts a daemon there; none if that is
/// not allowed here.
fn on_small_disk(options: &str, body: &str, edit: fn(String) -> String) -> Option<OnSmallDisk> {
    let home = Home::new();
    fs::create_dir(home.path("small")).expect("a folder");
    config(&home, body);
    let text = edit(home.read("supervisord.conf"));
    fs::write(home.path("supervisord.conf"), text).expect("a file");
    let mount = format!("mount -t tmpfs -o {options} none {{dir}}/small");
    let mount = home.fill(&mount);
    let alone = |line: &str| {
        let mut command: Command = home.marked("unshare");
        command.args(["--mount", "/bin/sh", "-c", line]);
        command
    };
    if !alone(&mount)
        .output()
        .is_ok_and(|tried| tried.status.success())
    {
        skip("needs the right to mount; run the tests as root to include it");
        return None;
    }
    let program = crate::common::program("supervisord");
    let line = format!(
        "{mount} && exec {} -n -c supervisord.conf",
        program.display()
    );
    let command = alone(&line);
    let small = home.path("small");
    let daemon = Daemon::from_command(home, command);
    let small = format!("/proc/{}/root{}", daemon.pid, small.display());
    Some(OnSmallDisk {
        daemon,
        small: small.into(),
    })
}

impl OnSmallDisk {
    /// Takes all the room that is left.
    fn fill(&self) {
        let mut filler = File::create(self.small.join("filler")).expect("a file");
        while filler.write_all(&[b'f'; 4096]).is_ok() {}
    }

    fn make_room(&self) {
        fs::remove_file(self.small.join("filler")).expect("the filler");
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.small.join(name)).unwrap_or_default()
    }
}

#[test]
fn a_full_disk_under_a_log_loses_nothing_within_the_bound() {
    let body = "[program:a]\ncommand=/bin/cat\nstdout_logfile={dir}/small/log\nstdout_logfile_maxbytes=0\nstartsecs=0\n";
    let Some(disk) = on_small_disk("size=256k", body, |text| text) else {
        return;
    };
    let daemon = &disk.daemon;
    let pid = daemon.wait_running("a");
    let watch = Watch::over(daemon);
    disk.fill();
    let mut sent = String::new();
    for number in 0..60 {
        let line = format!("{number} {}\n", "x".repeat(2000));
        daemon.feed("a", &line);
        sent += &line;
    }
    daemon.wait_log("small/log': cannot write: No space left on device");
    watch.check(daemon);
    disk.make_room();
    wait_until("all that was sent", || disk.read("log") == sent);
    let over = daemon.wait_log("small/log': writing works again");
    assert!(over.ends_with("0 bytes lost"), "{over}");
    assert_eq!(daemon.log_lines("cannot write").len(), 1, "said once");
    assert_eq!(daemon.pid_of("a"), pid);
    watch.check(daemon);
}

#[test]
fn what_a_full_disk_cannot_hold_is_counted_and_nobody_waits() {
    const SENT: usize = 1_000_000;
    let body = format!(
        "[program:a]\ncommand=/bin/sh -c 'read go; head -c {SENT} /dev/zero; echo end >&2; exec sleep 1000'\n\
         stdout_logfile={{dir}}/small/log\nstdout_logfile_maxbytes=0\nstderr_logfile={{dir}}/a.err\nstartsecs=0\n"
    );
    let Some(disk) = on_small_disk("size=512k", &body, |text| text) else {
        return;
    };
    let daemon = &disk.daemon;
    daemon.wait_running("a");
    let watch = Watch::over(daemon);
    disk.fill();
    daemon.feed("a", "go\n");
    daemon.wait_file("a.err", "end");
    watch.check(daemon);
    disk.make_room();
    let over = daemon.wait_log("small/log': writing works again");
    let lost = over
        .rsplit("; ")
        .next()
        .and_then(|text| text.split(' ').next());
    let lost: usize = lost.and_then(|lost| lost.parse().ok()).expect("a number");
    assert_eq!(disk.read("log").len() + lost, SENT, "{over}");
}

#[test]
fn a_full_disk_under_the_main_log_harms_nobody_and_the_lines_come_later() {
    const TIMES: usize = 40;
    let body = "[program:a]\ncommand=/bin/sleep 1000\nstartsecs=0\nautostart=false\n";
    let edit = |text: String| text.replace("/main.log", "/small/main.log");
    let Some(disk) = on_small_disk("size=64k", body, edit) else {
        return;
    };
    let daemon = &disk.daemon;
    let watch = Watch::over(daemon);
    disk.fill();
    for _ in 0..TIMES {
        daemon.start_process("a");
        daemon.stop_process("a");
    }
    watch.check(daemon);
    let stopped = |text: &str| text.matches("stopped: a (").count();
    assert!(stopped(&disk.read("main.log")) < TIMES, "it was full");
    disk.make_room();
    wait_until("the lines", || stopped(&disk.read("main.log")) == TIMES);
    assert_eq!(daemon.read("stdout").matches("cannot write").count(), 1);
    watch.check(daemon);
}

#[test]
fn a_log_that_cannot_be_made_is_a_spawn_error_until_there_is_room() {
    let body = "[program:a]\ncommand=/bin/sleep 1000\nstdout_logfile={dir}/small/log\nstartsecs=0\n\
                autostart=false\nstartretries=100\n";
    let Some(disk) = on_small_disk("nr_inodes=4", body, |text| text) else {
        return;
    };
    let daemon = &disk.daemon;
    let mut number = 0;
    while File::create(disk.small.join(format!("n{number}"))).is_ok() {
        number += 1;
    }
    let watch = Watch::over(daemon);
    let started = daemon.rpc("supervisor.startProcess", vec!["a".into()]);
    assert_eq!(started, Err((50, "SPAWN_ERROR: a".to_owned())));
    watch.check(daemon);
    assert_eq!(daemon.state("a"), "BACKOFF");
    fs::remove_file(disk.small.join("n0")).expect("a file");
    daemon.wait_running("a");
    daemon.stop_process("a");
    watch.check(daemon);
}
