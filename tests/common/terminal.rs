//! A terminal with a program on it, typed into and looked at as people do.

use std::fs::File;
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::Path;
use std::process::{Child, Command, ExitStatus};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{Winsize, openpty};

use super::home::start;
use super::wait::{DEADLINE, now};

/// What the test writes onto the screen behind the program's last words; no program of ours prints it.
const MARK: &str = "\0";

/// How long one look at the screen waits, in milliseconds, before it is time to look at something else.
const LOOK_MS: u8 = 10;

/// A program on a terminal of its own.
pub(crate) struct Terminal {
    /// The keyboard and the screen.
    master: File,
    /// The program's end. It stays open: where the last one is closed, the kernel may tell the reader that the
    /// terminal is gone before it has seen the last words.
    slave: File,
    child: Child,
    screen: Screen,
}

impl Terminal {
    /// Starts `program` with `words` on a terminal of kind `term`. `setsid` is the command of that name, in the
    /// folder and the environment that the program shall have: as the leader of a session it gets Ctrl-C as a
    /// signal.
    pub(crate) fn start(mut setsid: Command, term: &str, program: &Path, words: &[&str]) -> Self {
        let size = Winsize {
            ws_row: 50,
            ws_col: 120,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let pty = openpty(Some(&size), None).expect("a terminal");
        let descriptor = || -> OwnedFd { pty.slave.try_clone().expect("a descriptor") };
        setsid
            .args(["--ctty", "--wait"])
            .arg(program)
            .args(words)
            .env("TERM", term)
            .stdin(descriptor())
            .stdout(descriptor())
            .stderr(descriptor());
        let child = start(&mut setsid);
        Self {
            master: pty.master.into(),
            slave: pty.slave.into(),
            child,
            screen: Screen::default(),
        }
    }

    /// Types keys.
    pub(crate) fn keys(&mut self, keys: &str) {
        self.master.write_all(keys.as_bytes()).expect("a terminal");
    }

    /// Reads until `part` was printed, and returns all up to its end.
    pub(crate) fn expect(&mut self, part: &str) -> String {
        let begin = now();
        loop {
            if let Some(seen) = self.screen.take(part) {
                return seen;
            }
            self.look();
            let patient = begin.elapsed() < DEADLINE;
            assert!(patient, "no {part:?} but {:?}", self.screen.fresh());
        }
    }

    /// Waits for the program's end; its exit status, and all that it printed and nobody expected.
    pub(crate) fn end(mut self) -> (ExitStatus, String) {
        let begin = now();
        let status = loop {
            // a program that prints needs somebody who reads
            self.look();
            if let Some(status) = self.child.try_wait().expect("our child") {
                break status;
            }
            let patient = begin.elapsed() < DEADLINE;
            assert!(patient, "no end but {:?}", self.screen.fresh());
        };
        self.slave.write_all(MARK.as_bytes()).expect("a terminal");
        let rest = self.expect(MARK);
        let rest = rest.strip_suffix(MARK).expect("it ends so").to_owned();
        (status, rest)
    }

    /// Reads what there is, or comes within a moment.
    fn look(&mut self) {
        let mut ready = [PollFd::new(self.master.as_fd(), PollFlags::POLLIN)];
        if poll(&mut ready, PollTimeout::from(LOOK_MS)).expect("poll") == 0 {
            return;
        }
        let mut bytes = [0; 4096];
        match self.master.read(&mut bytes) {
            Ok(count) => self.screen.print(&bytes[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => panic!("{error}: the terminal, with {:?}", self.screen.fresh()),
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // gone already, if all went well
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What was printed and not yet expected, without the sequences that move the cursor or set colours.
#[derive(Default)]
struct Screen {
    fresh: Vec<u8>,
    sequence: Sequence,
}

/// How far a sequence has come; the rest of it may come with the next bytes.
#[derive(Default)]
enum Sequence {
    #[default]
    None,
    /// An escape sign.
    Begun,
    /// The sign and a bracket.
    Inside,
}

impl Screen {
    fn print(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.sequence = match (&self.sequence, byte) {
                (Sequence::None, b'\x1b') => Sequence::Begun,
                (Sequence::Begun, b'[') => Sequence::Inside,
                (Sequence::Inside, byte) if !byte.is_ascii_alphabetic() => Sequence::Inside,
                (Sequence::Inside, _) => Sequence::None,
                (Sequence::None | Sequence::Begun, byte) => {
                    self.fresh.push(*byte);
                    Sequence::None
                }
            };
        }
    }

    /// All up to the end of `part`, if it was printed.
    fn take(&mut self, part: &str) -> Option<String> {
        let mut windows = self.fresh.windows(part.len());
        let at = windows.position(|window| window == part.as_bytes())?;
        let seen = self.fresh.drain(..at + part.len()).collect::<Vec<_>>();
        Some(String::from_utf8_lossy(&seen).into_owned())
    }

    fn fresh(&self) -> String {
        String::from_utf8_lossy(&self.fresh).into_owned()
    }
}
