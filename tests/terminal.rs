//! The shell of `supervisorctl` on a real terminal, typed into as people do.

#[path = "common/mod.rs"]
#[allow(
    dead_code,
    unused_imports,
    unused_macros,
    reason = "each test program uses its part of the harness"
)]
mod common;

use std::fs::File;
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::process::Child;

use common::daemon::Daemon;
use common::home::{Home, start};
use common::wait::{DEADLINE, now, wait_until};
use common::{ours_only, proc};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{Winsize, openpty};

const PROMPT: &str = "supervisor> ";

const PROGRAMS: &str = "[program:cat]\ncommand=/bin/cat\nstartsecs=0\nstdout_logfile={dir}/cat.log\n\
     [program:off]\ncommand=/bin/cat\nstartsecs=0\nautostart=false\n\
     [program:pair]\ncommand=/bin/cat\nstartsecs=0\nautostart=false\nnumprocs=2\n\
     process_name=%(program_name)s_%(process_num)d\n";

/// A client on a terminal.
struct Terminal {
    master: File,
    child: Child,
    /// What was printed and not yet expected.
    fresh: String,
}

impl Terminal {
    /// Starts the client with `words` on a terminal of kind `term`.
    fn start(home: &Home, term: &str, words: &[&str]) -> Self {
        let size = Winsize {
            ws_row: 50,
            ws_col: 120,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let pty = openpty(Some(&size), None).expect("a terminal");
        let descriptor = || -> OwnedFd { pty.slave.try_clone().expect("a descriptor") };
        // setsid makes it the terminal of a session, so that Ctrl-C is a signal
        let mut command = home.marked("setsid");
        command
            .args(["--ctty", "--wait"])
            .arg(common::program("supervisorctl"))
            .args(["-c", "supervisord.conf"])
            .args(words)
            .env("TERM", term)
            .stdin(descriptor())
            .stdout(descriptor())
            .stderr(descriptor());
        let child = start(&mut command);
        Self {
            master: pty.master.into(),
            child,
            fresh: String::new(),
        }
    }

    /// Types keys.
    fn keys(&mut self, keys: &str) {
        self.master.write_all(keys.as_bytes()).expect("a terminal");
    }

    /// Reads until `part` was printed, and returns all up to its end.
    fn expect(&mut self, part: &str) -> String {
        let begin = now();
        loop {
            if let Some(at) = self.fresh.find(part) {
                let rest = self.fresh.split_off(at + part.len());
                return std::mem::replace(&mut self.fresh, rest);
            }
            let open = self.read();
            let patient = begin.elapsed() < DEADLINE;
            assert!(open && patient, "no {part:?} but {:?}", self.fresh);
        }
    }

    /// Reads what there is; false at the end.
    fn read(&mut self) -> bool {
        let mut ready = [PollFd::new(self.master.as_fd(), PollFlags::POLLIN)];
        let count = poll(&mut ready, PollTimeout::from(100u8)).expect("poll");
        if count == 0 {
            return true;
        }
        let mut bytes = [0; 4096];
        match self.master.read(&mut bytes) {
            Ok(0) => false,
            Ok(count) => {
                self.fresh += &plain(&String::from_utf8_lossy(&bytes[..count]));
                true
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => true,
            // the other side of a terminal is closed
            Err(_) => false,
        }
    }

    /// Waits for the client's end and expects success.
    fn end(mut self) -> String {
        while self.read() {
            if let Some(status) = self.child.try_wait().expect("our child") {
                assert!(status.success(), "{status}: {:?}", self.fresh);
                break;
            }
        }
        self.fresh.clone()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // gone already, if all went well
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Text without the sequences that move the cursor or set colours.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        if sign == '\u{1b}' && signs.next_if_eq(&'[').is_some() {
            while signs.next().is_some_and(|sign| !sign.is_ascii_alphabetic()) {}
        } else {
            plain.push(sign);
        }
    }
    plain
}

fn daemon() -> Daemon {
    let daemon = Daemon::start(PROGRAMS);
    daemon.wait_running("cat");
    daemon
}

/// Runs `test` in a shell, on a terminal that can do much and on one that can do nothing.
fn in_shell(test: impl Fn(&Daemon, &mut Terminal)) {
    for term in ["xterm", "dumb"] {
        let daemon = daemon();
        let mut terminal = Terminal::start(&daemon, term, &[]);
        terminal.expect("cat  ");
        terminal.expect(PROMPT);
        test(&daemon, &mut terminal);
        terminal.keys("exit\r");
        terminal.end();
    }
}

#[test]
fn ctl_050_commands() {
    in_shell(|daemon, terminal| {
        terminal.keys("stop cat\r");
        terminal.expect("cat: stopped");
        terminal.expect(PROMPT);
        terminal.keys("  dance  x \r");
        terminal.expect("*** Unknown syntax: dance  x");
        terminal.expect(PROMPT);
        terminal.keys("\r");
        terminal.expect(PROMPT);
        // mended while typing
        terminal.keys("stxx\u{7f}\u{7f}art cat\r");
        terminal.expect("cat: started");
        terminal.expect(PROMPT);
        assert_eq!(daemon.state("cat"), "RUNNING");
    });
}

#[test]
fn ctl_058_completion() {
    in_shell(|_, terminal| {
        // the only one
        terminal.keys("rel\t\r");
        terminal.expect("Really restart the remote supervisord process y/N? ");
        terminal.keys("n\r");
        terminal.expect(PROMPT);
        // one of several
        terminal.keys("sta\t\t");
        terminal.expect("start");
        terminal.expect("status");
        terminal.keys("tus of\t\r");
        terminal.expect("STOPPED");
        terminal.expect(PROMPT);
        // processes of a group, and the group
        terminal.keys("start pair:\t\t");
        terminal.expect("pair:*");
        terminal.expect("pair:pair_1");
        terminal.keys("pair_1\r");
        terminal.expect("pair:pair_1: started");
        terminal.expect(PROMPT);
        // actions after help, groups after remove
        terminal.keys("help mai\t\r");
        terminal.expect("maintail -f ");
        terminal.expect(PROMPT);
        terminal.keys("remove pa\t\r");
        terminal.expect("ERROR: process/group still running: pair");
        terminal.expect(PROMPT);
    });
}

#[test]
fn ctl_163_foreground() {
    in_shell(|daemon, terminal| {
        let pid = daemon.pid_of("cat");
        terminal.keys("fg cat\r");
        terminal.expect("==> Press Ctrl-C to exit <==");
        terminal.keys("good morning\r");
        // as typed, and as the program says it
        terminal.expect("good morning");
        terminal.expect("good morning");
        terminal.keys("\u{3}");
        terminal.expect("Exiting foreground");
        terminal.expect(PROMPT);
        assert_eq!(daemon.pid_of("cat"), pid);
        terminal.keys("fg cat\r");
        terminal.expect("good morning");
        proc::signal(pid, nix::sys::signal::Signal::SIGKILL);
        wait_until("another life of cat", || daemon.pid_of("cat") != pid);
        daemon.stop_process("cat");
        terminal.keys("anybody?\r");
        terminal.expect("Process got killed");
        terminal.expect("Exiting foreground");
        terminal.expect(PROMPT);
    });
}

#[test]
fn ctl_123_tails_until_ctrl_c() {
    in_shell(|daemon, terminal| {
        daemon.feed("cat", "first\n");
        terminal.keys("tail -f cat\r");
        terminal.expect("==> Press Ctrl-C to exit <==");
        terminal.expect("first");
        daemon.feed("cat", "second\n");
        terminal.expect("second");
        terminal.keys("\u{3}");
        terminal.expect(PROMPT);
        terminal.keys("maintail -f\r");
        terminal.expect("spawned: 'cat'");
        terminal.keys("\u{3}");
        terminal.expect(PROMPT);
    });
}

#[test]
fn ctl_054_ctrl_c_and_ctrl_d_at_the_prompt() {
    let daemon = daemon();
    for term in ["xterm", "dumb"] {
        for key in ["\u{3}", "\u{4}"] {
            let mut terminal = Terminal::start(&daemon, term, &[]);
            terminal.expect(PROMPT);
            terminal.keys(key);
            terminal.end();
        }
    }
}

#[test]
fn ctl_057_history() {
    let home = Home::new();
    let config = home.config(PROGRAMS);
    let text = std::fs::read_to_string(&config).expect("the file");
    let text = text.replace(
        "[supervisorctl]\n",
        "[supervisorctl]\nhistory_file={dir}/history\n",
    );
    home.write("supervisord.conf", &text);
    let daemon = Daemon::of(home, &[]);
    for term in ["xterm", "dumb"] {
        let mut terminal = Terminal::start(&daemon, term, &[]);
        terminal.expect(PROMPT);
        terminal.keys("pid off\r");
        terminal.expect(PROMPT);
        terminal.keys("exit\r");
        terminal.end();
        let history = daemon.read("history");
        assert!(history.ends_with("pid off\nexit\n"), "{term}: {history}");
        // the second last line of the session before
        let mut terminal = Terminal::start(&daemon, term, &[]);
        terminal.expect(PROMPT);
        terminal.keys("\u{10}\u{10}\r");
        terminal.expect("pid off\r");
        terminal.expect("0\r\n");
        terminal.expect(PROMPT);
        terminal.keys("exit\r");
        terminal.end();
    }
}

#[test]
fn ctl_038_asks_for_credentials() {
    let home = Home::new();
    let config = home.config(PROGRAMS);
    let text = std::fs::read_to_string(&config).expect("the file");
    let text = text.replace("file={dir}/sock\n", "");
    let socket = home.fill("file={dir}/sock\n");
    let text = text.replace(&socket, &format!("{socket}username=ann\npassword=secret\n"));
    home.write("supervisord.conf", &text);
    let daemon = Daemon::of(home, &[]);
    for term in ["xterm", "dumb"] {
        let mut terminal = Terminal::start(&daemon, term, &[]);
        for password in ["wrong", "secret"] {
            terminal.expect("Server requires authentication");
            terminal.expect("Username:");
            terminal.keys("ann\r");
            terminal.expect("Password:");
            terminal.keys(&format!("{password}\r"));
        }
        let shown = terminal.expect("off ");
        assert!(!shown.contains("secret"), "{shown:?}");
        terminal.expect(PROMPT);
        terminal.keys("pid\r");
        terminal.expect(&daemon.pid.to_string());
        terminal.keys("exit\r");
        terminal.end();
    }
}

#[test]
fn ctl_160_open_leads_to_another_daemon() {
    let other = Daemon::start("[program:elsewhere]\ncommand=/bin/cat\nautostart=false\n");
    let url = other.fill("unix://{dir}/sock");
    in_shell(|_, terminal| {
        terminal.keys(&format!("open {url}\r"));
        terminal.expect("elsewhere  ");
        terminal.expect(PROMPT);
        terminal.keys("pid\r");
        terminal.expect(&format!("{}\r\n", other.pid));
        terminal.expect(PROMPT);
    });
}

#[test]
fn ctl_150_questions() {
    in_shell(|daemon, terminal| {
        for answer in ["n", "", "x"] {
            terminal.keys("shutdown\r");
            terminal.expect("Really shut the remote supervisord process down y/N? ");
            terminal.keys(&format!("{answer}\r"));
            terminal.expect(PROMPT);
        }
        assert!(proc::alive(daemon.pid));
        terminal.keys("shutdown\r");
        terminal.expect("y/N? ");
        terminal.keys("yes\r");
        terminal.expect("Shut down");
        terminal.expect(PROMPT);
        wait_until("the end", || !daemon.has("pid"));
    });
}

#[test]
fn dec_080_an_option_keeps_history() {
    ours_only!("DEC-080");
    let daemon = daemon();
    let file = daemon.fill("{dir}/mine");
    let mut terminal = Terminal::start(&daemon, "xterm", &["-r", &file]);
    terminal.expect(PROMPT);
    terminal.keys("pid off\r");
    terminal.expect(PROMPT);
    terminal.keys("exit\r");
    terminal.end();
    assert_eq!(daemon.read("mine"), "pid off\nexit\n");
}
