//! One cell of the matrix: a daemon, a client, the way between them, and runs of commands.

use std::fs::File;
use std::io::Write as _;
use std::net::TcpListener;
use std::process::{Command, Stdio};

use nix::sys::signal::Signal;

use super::normal;
use crate::common::daemon::Daemon;
use crate::common::home::{Home, start};
use crate::common::wait::wait_until;
use crate::common::{proc, program, reference};

/// Whose program it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Ours,
    Python,
}

/// How the client reaches the daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Unix,
    Tcp,
}

/// A cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) daemon: Side,
    pub(crate) client: Side,
    pub(crate) way: Way,
}

/// A command, and what came of it with all that changes from run to run replaced.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) what: String,
    pub(crate) said: String,
}

/// A daemon under test and its client.
pub(crate) struct Pair {
    pub(crate) daemon: Daemon,
    pub(crate) port: u16,
    cell: Cell,
    pub(crate) entries: Vec<Entry>,
}

/// The path of a side's program; none if the reference is missing.
pub(crate) fn side_program(side: Side, name: &str) -> Option<std::path::PathBuf> {
    match side {
        Side::Ours => Some(program(name)),
        Side::Python => reference(name),
    }
}

/// A TCP port that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

impl Pair {
    /// Starts the daemon with `programs`; none if the reference is missing.
    pub(crate) fn start(cell: Cell, prepare: impl FnOnce(&Home), programs: &str) -> Option<Self> {
        let path = side_program(cell.daemon, "supervisord")?;
        side_program(cell.client, "supervisorctl")?;
        let home = Home::new();
        prepare(&home);
        let port = free_port();
        home.config(&format!("{}{programs}", inet(port)));
        let mut command = home.marked(path);
        command.args(["-n", "-c", "supervisord.conf"]);
        let daemon = Daemon::from_command(home, command);
        Some(Self {
            daemon,
            port,
            cell,
            entries: Vec::new(),
        })
    }

    /// Writes other programs into the configuration file.
    pub(crate) fn configure(&self, programs: &str) {
        self.daemon
            .config(&format!("{}{programs}", inet(self.port)));
    }

    /// The client without any argument.
    pub(crate) fn bare_client(&self) -> Command {
        let path = side_program(self.cell.client, "supervisorctl").expect("it was there");
        // where this runs in the background of a shell, Ctrl-C is ignored, and Python would keep it so
        let mut command = self.daemon.marked("env");
        command.arg("--default-signal=INT").arg(path);
        command
    }

    /// The client with the server's address and what opens it.
    pub(crate) fn client(&self) -> Command {
        let mut command = self.bare_client();
        command.args(["-c", "supervisord.conf"]);
        if self.cell.way == Way::Tcp {
            let url = format!("http://127.0.0.1:{}", self.port);
            command.args(["-s", &url, "-u", "ann", "-p", "secret"]);
        }
        command
    }

    /// Replaces what changes from run to run.
    fn normal(&self, text: &str) -> String {
        normal::text(text, self.daemon.folder(), self.port)
    }

    /// Runs a command to its end.
    pub(crate) fn run(&mut self, words: &[&str]) -> String {
        let client = self.client();
        self.run_with(client, words, "", |said| said)
    }

    /// Runs a command whose lines come in no fixed order. The last line that tells of a failure decides the
    /// exit status (CTL-020), so that this is no fixed one either.
    pub(crate) fn run_sorted(&mut self, words: &[&str]) {
        let client = self.client();
        self.run_with(client, words, "", normal::sorted);
        if let Some(entry) = self.entries.last_mut() {
            entry.said = entry.said.replace("exit Some(7)\n", "exit Some(1)\n");
        }
    }

    /// Runs a command of which only the lines with `part` count.
    pub(crate) fn run_for(&mut self, words: &[&str], part: &str) {
        let client = self.client();
        self.run_with(client, words, "", |said| normal::only(&said, part));
    }

    /// Runs a command with `input`.
    pub(crate) fn run_with_input(&mut self, words: &[&str], input: &str) {
        let client = self.client();
        self.run_with(client, words, input, |said| said);
    }

    /// Runs any client, and keeps what `view` makes of its output.
    pub(crate) fn run_with(
        &mut self,
        mut client: Command,
        words: &[&str],
        input: &str,
        view: impl FnOnce(String) -> String,
    ) -> String {
        let file = self.daemon.write("input", input);
        client
            .args(words)
            .stdin(File::open(file).expect("the input"));
        let output = client.output().expect("a client");
        let text = |bytes: &[u8]| self.normal(&String::from_utf8_lossy(bytes));
        let (out, err) = (view(text(&output.stdout)), text(&output.stderr));
        let code = output.status.code();
        self.note(&words.join(" "), &out, &err, code);
        out
    }

    fn note(&mut self, what: &str, out: &str, err: &str, code: Option<i32>) {
        let mark = if err.is_empty() { "" } else { "stderr: " };
        let said = format!("{out}exit {code:?}\n{mark}{err}");
        let what = self.normal(what);
        self.entries.push(Entry { what, said });
    }

    /// Runs a command that goes on until Ctrl-C, which comes when it has printed `part`.
    pub(crate) fn run_until(&mut self, words: &[&str], part: &str) {
        let out = self.daemon.path("until.out");
        let mut command = self.client();
        command
            .args(words)
            .stdout(File::create(&out).expect("a file"))
            .stderr(Stdio::null());
        let mut child = start(&mut command);
        wait_until(&format!("{part:?} of {words:?}"), || {
            self.daemon.read("until.out").contains(part)
        });
        let pid = i32::try_from(child.id()).expect("a pid");
        proc::signal(pid, Signal::SIGINT);
        let mut status = None;
        wait_until(&format!("the end of {words:?}"), || {
            status = child.try_wait().expect("our child");
            status.is_some()
        });
        let out = self.normal(&self.daemon.read("until.out"));
        let code = status.and_then(|status| status.code());
        self.note(&words.join(" "), &out, "", code);
    }

    /// Runs `fg` with a line, waits for its echo, and ends it. Python's often hangs then (CTL-F01), so that
    /// neither its last words nor its status count.
    pub(crate) fn run_fg(&mut self, name: &str) {
        let out = self.daemon.path("fg.out");
        let mut command = self.client();
        command
            .args(["fg", name])
            .stdin(Stdio::piped())
            .stdout(File::create(&out).expect("a file"))
            .stderr(Stdio::null());
        let mut child = start(&mut command);
        let said = |part: &str| {
            wait_until(&format!("{part:?} of fg"), || {
                self.daemon.read("fg.out").contains(part)
            });
        };
        said("==> Press Ctrl-C to exit <==\n");
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(b"typed\n").expect("a line");
        said("typed\n");
        let pid = i32::try_from(child.id()).expect("a pid");
        proc::signal(pid, Signal::SIGINT);
        if self.cell.client == Side::Ours {
            said("Exiting foreground\n");
            assert!(child.wait().expect("our child").success());
        }
        proc::signal(pid, Signal::SIGKILL);
        // it may be reaped already
        let _ = child.wait();
        let text = self.daemon.read("fg.out");
        let text = text.split("Exiting").next().unwrap_or_default();
        let out = normal::sorted(text.trim_end().to_owned() + "\n");
        self.note(&format!("fg {name}"), &out, "", None);
    }
}

fn inet(port: u16) -> String {
    format!("[inet_http_server]\nport=127.0.0.1:{port}\nusername=ann\npassword=secret\n")
}
