//! Syslog as a log target, with a datagram socket of ours as `/dev/log` in a private mount namespace.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};

use nix::sys::signal::Signal;
use xmlrpc::Value;

use crate::common::daemon::Daemon;
use crate::common::home::Home;
use crate::common::wait::DEADLINE;
use crate::common::{ours_only, program, skip};

/// Replaces `/dev` for itself by a folder of links to the old one, but for `log`, and becomes the command.
const PRIVATE_DEV: &str = "set -e
mount --make-rprivate /
mkdir -p {dir}/dev
mount --rbind /dev {dir}/dev
mount -t tmpfs none /dev
for name in {dir}/dev/*; do ln -s \"$name\" /dev/; done
rm -f /dev/log
ln -s {dir}/log /dev/log
exec \"$@\"
";

/// A home in which daemons can have their own `/dev/log`; none means that the test is skipped.
fn home() -> Option<Home> {
    let home = Home::new();
    home.script("private-dev", PRIVATE_DEV);
    let probe = in_private_dev(&home, "true").stderr(Stdio::null()).status();
    if probe.is_ok_and(|status| status.success()) {
        return Some(home);
    }
    skip("needs root and mount namespaces (unshare -m)");
    None
}

fn in_private_dev(home: &Home, command: &str) -> Command {
    let mut unshare = home.marked("unshare");
    unshare
        .args(["-m", "sh"])
        .arg(home.path("private-dev"))
        .arg(command);
    unshare
}

/// The syslog daemon's end.
struct Syslog(UnixDatagram);

impl Syslog {
    fn listen(home: &Home) -> Self {
        let socket = UnixDatagram::bind(home.path("log")).expect("a socket");
        socket
            .set_read_timeout(Some(DEADLINE))
            .expect("a time limit");
        Self(socket)
    }

    /// The next message, as it came.
    fn next(&self) -> String {
        let mut buffer = [0; 4096];
        let length = self.0.recv(&mut buffer).expect("a message");
        let text = std::str::from_utf8(&buffer[..length]).expect("UTF-8");
        text.trim_end_matches('\0').to_owned()
    }

    /// The next text after `<14>Nov 22 15:04:05 supervisord: `, whose form is checked (LOG-109).
    fn text(&self) -> String {
        let message = self.next();
        let text = message.strip_prefix("<14>").expect("USER and INFO");
        let (time, text) = text.split_at(16);
        let form: String = time
            .chars()
            .map(|c| match c {
                '0'..='9' => '0',
                'a'..='z' => 'a',
                'A'..='Z' => 'A',
                other => other,
            })
            .collect();
        assert!(
            ["Aaa 00 00:00:00 ", "Aaa  0 00:00:00 "].contains(&form.as_str()),
            "{message}"
        );
        text.strip_prefix("supervisord: ")
            .expect("our name")
            .to_owned()
    }

    /// Reads until a text contains `part`, and returns that.
    fn wait(&self, part: &str) -> String {
        loop {
            let text = self.text();
            if text.contains(part) {
                return text;
            }
        }
    }
}

fn start(home: Home) -> Daemon {
    let mut command = in_private_dev(&home, program("supervisord").to_str().expect("UTF-8"));
    command.args(["-n", "-c", "supervisord.conf"]);
    Daemon::from_command(home, command)
}

/// LOG-107, LOG-108: lines with the process's name before them, beside the file.
#[test]
fn log_107_a_program_writes_to_syslog_and_file() {
    let Some(home) = home() else { return };
    let syslog = Syslog::listen(&home);
    home.config(
        "[program:talker]\ncommand=/bin/cat\nstartsecs=0\nstdout_syslog=true\n\
         stdout_logfile={dir}/talker.log\nnumprocs=1\n\n\
         [program:moaner]\ncommand=/bin/sh -c 'echo no stdout; cat >&2'\nstartsecs=0\n\
         stderr_syslog=true\nstderr_logfile=NONE\nstdout_logfile=NONE\n",
    );
    let daemon = start(home);
    daemon.wait_running("talker");
    daemon.feed("talker", "one\ntwo\n\n");
    assert_eq!([syslog.text(), syslog.text()], ["talker one", "talker two"]);
    daemon.feed("talker", "\n\n");
    assert_eq!(syslog.text(), "talker ");
    daemon.feed("talker", "\nhalf a line");
    assert_eq!(
        [syslog.text(), syslog.text()],
        ["talker ", "talker half a line"]
    );
    daemon.wait_file("talker.log", "one\ntwo\n\n\n\n\nhalf a line");
    daemon.wait_running("moaner");
    daemon.feed("moaner", "alas\n");
    assert_eq!(syslog.text(), "moaner alas");
    // LOG-110
    daemon.signal(Signal::SIGUSR2);
    daemon.wait_log("logreopen");
    daemon.feed("talker", " and more\n");
    assert_eq!(syslog.text(), "talker  and more");
}

/// LOG-106: each line of a message with time and level.
#[test]
fn log_106_the_main_log_goes_to_syslog() {
    let Some(home) = home() else { return };
    let syslog = Syslog::listen(&home);
    home.config_with(
        "loglevel=debug",
        "[program:talker]\ncommand=/bin/cat\nstartsecs=0\n",
    );
    let config = home
        .read("supervisord.conf")
        .replace(&home.fill("logfile={dir}/main.log"), "logfile=syslog");
    home.write("supervisord.conf", &config);
    let mut daemon = start(home);
    let line = syslog.wait("started with pid");
    assert_eq!(
        line.get(24..),
        Some(format!("INFO supervisord started with pid {}\n", daemon.pid).as_str())
    );
    assert_eq!(line.get(4..5), Some("-"), "{line}");
    daemon.wait_running("talker");
    daemon.feed("talker", "hello\n");
    let lines = [syslog.wait("stdout output:"), syslog.text()];
    let lines = lines.map(|line| line[24..].to_owned());
    assert_eq!(lines, ["DEBG 'talker' stdout output:\n", "DEBG hello\n"]);
    // LOG-083
    let args = vec![Value::Int(0), Value::Int(0)];
    let read = daemon.rpc("supervisor.readLog", args);
    assert_eq!(read, Err((20, "NO_FILE: syslog".to_owned())));
    let cleared = daemon.rpc("supervisor.clearLog", vec![]);
    assert_eq!(cleared, Err((20, "NO_FILE".to_owned())));
    assert!(daemon.stop().success());
    syslog.wait("stopped: talker (terminated by SIGTERM)");
    assert!(!daemon.has("syslog"));
}

/// The syslog daemon comes and goes, as at its own restart.
#[test]
fn syslog_may_be_missing_for_a_while() {
    ours_only!("the C library drops what it cannot send");
    let Some(home) = home() else { return };
    home.config(
        "[program:talker]\ncommand=/bin/cat\nstartsecs=0\nstdout_syslog=true\n\
         stdout_logfile={dir}/talker.log\n",
    );
    let daemon = start(home);
    daemon.wait_running("talker");
    daemon.feed("talker", "too early\n");
    daemon.wait_file("talker.log", "too early\n");
    assert_eq!(daemon.state("talker"), "RUNNING");
    let syslog = Syslog::listen(&daemon);
    assert_eq!(syslog.text(), "talker too early");
    drop(syslog);
    fs::remove_file(daemon.path("log")).expect("the socket");
    daemon.feed("talker", "between\n");
    daemon.wait_file("talker.log", "between\n");
    let syslog = Syslog::listen(&daemon);
    daemon.feed("talker", "late\n");
    assert_eq!(
        [syslog.text(), syslog.text()],
        ["talker between", "talker late"]
    );
}
