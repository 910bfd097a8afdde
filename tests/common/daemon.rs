//! A running `supervisord`.

use std::fs::File;
use std::ops::Deref;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};

use nix::sys::signal::Signal;
use xmlrpc::Value;

use super::home::{Home, start};
use super::proc;
use super::rpc::{self, Fault};
use super::wait::{wait_for, wait_until};

/// A `supervisord` that has started, in its own folder.
pub(crate) struct Daemon {
    home: Home,
    /// Its process id.
    pub(crate) pid: i32,
    /// The child to wait for; none for a daemon in the background.
    child: Option<Child>,
}

impl Deref for Daemon {
    type Target = Home;

    fn deref(&self) -> &Home {
        &self.home
    }
}

impl Daemon {
    /// Starts `supervisord` in the foreground with the usual sections and `body`.
    pub(crate) fn start(body: &str) -> Self {
        Self::start_with("", body)
    }

    /// Like `start`, with more lines for `[supervisord]`.
    pub(crate) fn start_with(supervisord: &str, body: &str) -> Self {
        let home = Home::new();
        home.config_with(supervisord, body);
        Self::of(home, &[])
    }

    /// Starts `supervisord` in the foreground on the configuration of `home`.
    pub(crate) fn of(home: Home, arguments: &[&str]) -> Self {
        let mut command = home.command("supervisord");
        command
            .args(["-n", "-c", "supervisord.conf"])
            .args(arguments);
        Self::from_command(home, command)
    }

    /// Runs a command that becomes `supervisord` in the foreground, and waits for its pid file.
    pub(crate) fn from_command(home: Home, command: Command) -> Self {
        let stdout = File::create(home.path("stdout")).expect("a file for the output");
        Self::writing_to(home, command, stdout.into())
    }

    /// Like `from_command`, with the given standard output.
    pub(crate) fn writing_to(home: Home, mut command: Command, stdout: Stdio) -> Self {
        let stderr = File::create(home.path("stderr")).expect("a file for the output");
        command.stdout(stdout).stderr(stderr).process_group(0);
        let mut child = start(&mut command);
        drop(command);
        let pid = i32::try_from(child.id()).expect("a pid");
        wait_until("the pid file", || {
            if let Some(status) = child.try_wait().expect("our child") {
                panic!(
                    "{status} at start: {}{}",
                    home.read("stdout"),
                    home.read("stderr")
                );
            }
            home.read("pid") == format!("{pid}\n")
        });
        Self {
            home,
            pid,
            child: Some(child),
        }
    }

    /// Starts `supervisord` in the background and waits for its pid file.
    pub(crate) fn background(home: Home, arguments: &[&str]) -> Self {
        let output = home.supervisord(&[&["-c", "supervisord.conf"], arguments].concat());
        assert!(output.status.success(), "{output:?}");
        let pid = wait_for("the pid file", || {
            home.read("pid").strip_suffix('\n')?.parse().ok()
        });
        Self {
            home,
            pid,
            child: None,
        }
    }

    /// Sends the daemon a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        proc::signal(self.pid, signal);
    }

    /// Waits for the end of the daemon in the foreground.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let child = self.child.as_mut().expect("a daemon in the foreground");
        wait_for("the daemon's end", || child.try_wait().expect("our child"))
    }

    /// Ends the daemon by SIGTERM and returns its exit status.
    pub(crate) fn stop(&mut self) -> ExitStatus {
        self.signal(Signal::SIGTERM);
        self.wait()
    }

    /// Sends text to a program's standard input and expects success.
    pub(crate) fn feed(&self, name: &str, text: &str) {
        let arguments = vec![name.into(), text.into()];
        let sent = self.rpc("supervisor.sendProcessStdin", arguments);
        assert_eq!(sent, Ok(Value::Bool(true)), "feed {name}");
    }

    /// Calls a method; panics if the server cannot be reached.
    pub(crate) fn rpc(&self, method: &str, arguments: Vec<Value>) -> Result<Value, Fault> {
        self.try_rpc(method, arguments)
            .unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Calls a method; the outer error is a failing transport.
    pub(crate) fn try_rpc(
        &self,
        method: &str,
        arguments: Vec<Value>,
    ) -> Result<Result<Value, Fault>, String> {
        rpc::try_call(&self.path("sock"), method, arguments)
    }

    /// `supervisor.getProcessInfo` of a name; panics on a fault.
    pub(crate) fn info(&self, name: &str) -> Value {
        self.rpc("supervisor.getProcessInfo", vec![name.into()])
            .unwrap_or_else(|fault| panic!("{name}: {fault:?}"))
    }

    /// The state of a process, by its name.
    pub(crate) fn state(&self, name: &str) -> String {
        text(&self.info(name), "statename")
    }

    /// The description of a process.
    pub(crate) fn description(&self, name: &str) -> String {
        text(&self.info(name), "description")
    }

    /// The pid of a process; 0 if it does not run.
    pub(crate) fn pid_of(&self, name: &str) -> i32 {
        self.info(name)["pid"].as_i32().expect("a number")
    }

    /// The names of all processes with their groups, in the order of the list.
    pub(crate) fn names_listed(&self) -> Vec<String> {
        let all = self.rpc("supervisor.getAllProcessInfo", vec![]);
        let all = all.expect("the list");
        let entries = all.as_array().expect("an array").iter();
        entries
            .map(|entry| format!("{}:{}", text(entry, "group"), text(entry, "name")))
            .collect()
    }

    /// Waits for a state of a process.
    pub(crate) fn wait_state(&self, name: &str, state: &str) {
        let mut last = String::new();
        wait_until(&format!("{name} to be {state}"), || {
            last = self.state(name);
            last == state
        });
    }

    /// Waits until a process runs and its program has taken the place of the daemon's copy, and
    /// returns its pid.
    pub(crate) fn wait_running(&self, name: &str) -> i32 {
        self.wait_replaced(name, 0)
    }

    /// Waits until a process runs under another pid than `old`, and returns that.
    pub(crate) fn wait_replaced(&self, name: &str, old: i32) -> i32 {
        let forked = proc::words_of(self.pid);
        wait_for(&format!("{name} to run"), || {
            let info = self.info(name);
            let pid = info["pid"].as_i32().expect("a number");
            let runs = text(&info, "statename") == "RUNNING" && pid != old;
            let words = proc::words_of(pid);
            (runs && !words.is_empty() && words != forked).then_some(pid)
        })
    }

    /// The main log.
    pub(crate) fn log(&self) -> String {
        self.read("main.log")
    }

    /// Waits until the main log has a line that contains `part`, and returns its text after the
    /// time stamp.
    pub(crate) fn wait_log(&self, part: &str) -> String {
        wait_for(&format!("{part:?} in the main log"), || {
            let log = self.log();
            let line = log.lines().find(|line| line.contains(part))?;
            Some(message(line).to_owned())
        })
    }

    /// The lines of the main log that contain `part`, after their time stamps.
    pub(crate) fn log_lines(&self, part: &str) -> Vec<String> {
        let log = self.log();
        let lines = log.lines().filter(|line| line.contains(part));
        lines.map(|line| message(line).to_owned()).collect()
    }

    /// Waits until a file of the folder contains `part`, and returns the whole text.
    pub(crate) fn wait_file(&self, name: &str, part: &str) -> String {
        wait_for(&format!("{part:?} in {name}"), || {
            let text = self.read(name);
            text.contains(part).then_some(text)
        })
    }

    /// Starts a process through the daemon and expects success.
    pub(crate) fn start_process(&self, name: &str) {
        let started = self.rpc("supervisor.startProcess", vec![name.into()]);
        assert_eq!(started, Ok(Value::Bool(true)), "start {name}");
    }

    /// Stops a process through the daemon and expects success.
    pub(crate) fn stop_process(&self, name: &str) {
        let stopped = self.rpc("supervisor.stopProcess", vec![name.into()]);
        assert_eq!(stopped, Ok(Value::Bool(true)), "stop {name}");
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- main log\n{}---", last_lines(&self.log(), 40));
            eprintln!("--- stderr\n{}---", last_lines(&self.read("stderr"), 10));
        }
        proc::signal(self.pid, Signal::SIGKILL);
        if let Some(child) = &mut self.child {
            // The status of a killed daemon says nothing; what counts is that it is reaped.
            let _ = child.wait();
        }
    }
}

/// The end of a text: who looks at a failure wants to see it whole. The lines before are counted.
fn last_lines(text: &str, most: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let before = lines.len().saturating_sub(most);
    let count = (before > 0).then(|| format!("... {before} lines before\n"));
    let end = lines[before..].iter().map(|line| {
        let cut: String = line.chars().take(500).collect();
        cut + "\n"
    });
    count.into_iter().chain(end).collect()
}

/// A text member of a struct.
pub(crate) fn text(value: &Value, key: &str) -> String {
    value[key].as_str().expect("a text").to_owned()
}

/// A line of the main log after its time stamp: level and message.
fn message(line: &str) -> &str {
    line.get(24..).unwrap_or(line)
}
