//! A sink that speaks to the syslog daemon, as syslog(3) does but never waiting for it (LOG-106 to LOG-110).

use std::collections::VecDeque;
use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

use super::retry::{Account, HELD_MAX};
use super::sink::{Outcome, Sink};
use crate::base::calendar::LocalClock;

/// Where the syslog daemon listens.
pub const DEV_LOG: &str = "/dev/log";
/// Facility USER, priority INFO, for everything (LOG-109).
const PRIORITY: u8 = 14;
/// The program's name in each line; no pid (LOG-109).
const IDENT: &str = "supervisord";

/// Sends each line as a message of its own. Messages that the daemon does not take are held within a bound
/// and sent later; the connection is made anew when the daemon was restarted.
#[derive(Debug)]
pub struct Syslog {
    socket: PathBuf,
    clock: LocalClock,
    /// Put before each line.
    prefix: String,
    /// Put behind each line.
    suffix: &'static str,
    connection: Option<UnixDatagram>,
    held: VecDeque<Vec<u8>>,
    held_bytes: usize,
    account: Account,
}

impl Syslog {
    /// For a program's channel: lines are `<process name> <line>` (LOG-107). `socket` is [`DEV_LOG`]
    /// outside of tests.
    pub fn for_process(socket: impl Into<PathBuf>, process: &str, clock: LocalClock) -> Self {
        Self::with(socket.into(), format!("{process} "), "", clock)
    }

    /// For the main log: lines are sent as they are, with their line end (LOG-106).
    pub fn for_daemon(socket: impl Into<PathBuf>, clock: LocalClock) -> Self {
        Self::with(socket.into(), String::new(), "\n", clock)
    }

    fn with(socket: PathBuf, prefix: String, suffix: &'static str, clock: LocalClock) -> Self {
        Self {
            socket,
            clock,
            prefix,
            suffix,
            connection: None,
            held: VecDeque::new(),
            held_bytes: 0,
            account: Account::default(),
        }
    }

    /// `<14>Nov  2 11:31:39 supervisord: `, to which the line is added.
    fn header(&self) -> String {
        let time = (self.clock.local)((self.clock.wall)());
        format!(
            "<{PRIORITY}>{} {:2} {:02}:{:02}:{:02} {IDENT}: {}",
            time.month_name(),
            time.day,
            time.hour,
            time.minute,
            time.second,
            self.prefix
        )
    }

    fn hold(&mut self, message: Vec<u8>) {
        self.held_bytes += message.len();
        self.held.push_back(message);
    }

    fn drop_oldest(&mut self) -> usize {
        let bytes = self.held.pop_front().map_or(0, |message| message.len());
        self.held_bytes -= bytes;
        bytes
    }

    /// Sends what is held, oldest first, until something stops it. A message that is too long for the
    /// system is dropped.
    fn send_held(&mut self) -> Attempt {
        let mut attempt = Attempt::default();
        while let Some(message) = self.held.front() {
            let sent = send(&mut self.connection, &self.socket, message);
            match sent {
                Ok(()) => _ = self.drop_oldest(),
                Err(error) if is_too_long(&error) => {
                    attempt.dropped += self.drop_oldest();
                    attempt.error.get_or_insert(error);
                }
                Err(error) => {
                    attempt.stopped = true;
                    attempt.error = Some(error);
                    break;
                }
            }
        }
        attempt
    }

    fn settle(&mut self, mut attempt: Attempt) -> Outcome {
        while self.held_bytes > HELD_MAX {
            attempt.dropped += self.drop_oldest();
        }
        let name = || format!("syslog {}", self.socket.display());
        let all_out = self.held.is_empty();
        let mut outcome = self
            .account
            .note(name, attempt.error, attempt.dropped, all_out);
        outcome.held = self.held_bytes;
        outcome
    }
}

/// How far sending came.
#[derive(Default)]
struct Attempt {
    /// The daemon takes no more now.
    stopped: bool,
    error: Option<io::Error>,
    /// Lost bytes.
    dropped: usize,
}

impl Sink for Syslog {
    /// Each line of `chunk` is a message; line ends at its end count for nothing, and a chunk of nothing but
    /// line ends is one empty line (LOG-108).
    fn write(&mut self, chunk: &[u8]) -> Outcome {
        let header = self.header();
        let end = chunk
            .iter()
            .rposition(|&byte| byte != b'\n')
            .map_or(0, |last| last + 1);
        let mut all = Attempt::default();
        for line in chunk
            .get(..end)
            .unwrap_or_default()
            .split(|&byte| byte == b'\n')
        {
            self.hold([header.as_bytes(), line, self.suffix.as_bytes()].concat());
            if !all.stopped {
                let one = self.send_held();
                all.stopped = one.stopped;
                all.dropped += one.dropped;
                all.error = one.error.or(all.error);
            } else if self.held_bytes > HELD_MAX {
                all.dropped += self.drop_oldest();
            }
        }
        self.settle(all)
    }

    fn flush(&mut self) -> Outcome {
        let attempt = self.send_held();
        self.settle(attempt)
    }

    /// Nothing to reopen (LOG-110).
    fn reopen(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// What the syslog daemon has is not ours to clear.
    fn clear(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Sends one message, over a new connection if there is none or the old one is broken.
fn send(connection: &mut Option<UnixDatagram>, socket: &Path, message: &[u8]) -> io::Result<()> {
    if let Some(open) = connection {
        match open.send(message) {
            Ok(_) => return Ok(()),
            Err(error) if is_too_long(&error) || error.kind() == io::ErrorKind::WouldBlock => {
                return Err(error);
            }
            Err(_) => *connection = None,
        }
    }
    let fresh = UnixDatagram::unbound()?;
    fresh.set_nonblocking(true)?;
    fresh.connect(socket)?;
    connection.insert(fresh).send(message).map(|_| ())
}

fn is_too_long(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::EMSGSIZE)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::net::UnixDatagram;

    use super::Syslog;
    use crate::base::calendar::{LocalClock, LocalTime};
    use crate::base::clock::Wall;
    use crate::base::scratch::Scratch;
    use crate::logs::retry::HELD_MAX;
    use crate::logs::sink::{Sink, Trouble};

    const CLOCK: LocalClock = LocalClock {
        wall: || Wall(0),
        local: |_| LocalTime {
            year: 2024,
            month: 11,
            day: 2,
            hour: 11,
            minute: 31,
            second: 9,
            weekday: 6,
        },
    };

    fn daemon(scratch: &Scratch) -> UnixDatagram {
        let socket = UnixDatagram::bind(scratch.file("log")).unwrap();
        socket.set_nonblocking(true).unwrap();
        socket
    }

    fn received(daemon: &UnixDatagram) -> Vec<String> {
        let mut buffer = [0; 1000];
        std::iter::from_fn(|| {
            daemon
                .recv(&mut buffer)
                .ok()
                .map(|size| buffer[..size].to_vec())
        })
        .map(|message| String::from_utf8(message).unwrap())
        .collect()
    }

    #[test]
    fn lines_become_messages() {
        let scratch = Scratch::new();
        let daemon = daemon(&scratch);
        let table: [(&str, &[&str]); 6] = [
            ("text\n", &["text"]),
            ("a\nb\n\n", &["a", "b"]),
            ("a\n\nb", &["a", "", "b"]),
            ("\n\n", &[""]),
            ("", &[""]),
            ("\nx", &["", "x"]),
        ];
        let mut syslog = Syslog::for_process(scratch.file("log"), "web", CLOCK);
        for (chunk, lines) in table {
            let outcome = syslog.write(chunk.as_bytes());
            assert!(outcome.troubles.is_empty(), "{chunk:?} {outcome:?}");
            let header = "<14>Nov  2 11:31:09 supervisord: web ";
            let wanted: Vec<_> = lines.iter().map(|line| format!("{header}{line}")).collect();
            assert_eq!(received(&daemon), wanted, "{chunk:?}");
        }
        let _ = Syslog::for_daemon(scratch.file("log"), CLOCK).write(b"line");
        assert_eq!(
            received(&daemon),
            ["<14>Nov  2 11:31:09 supervisord: line\n"]
        );
    }

    #[test]
    fn a_restarted_daemon_gets_what_was_held() {
        let scratch = Scratch::new();
        let mut syslog = Syslog::for_process(scratch.file("log"), "web", CLOCK);
        let first = syslog.write(b"1\n2\n");
        assert!(matches!(first.troubles[..], [Trouble::Writing { .. }]));
        assert!(!first.congested && first.held > 0);
        let one = daemon(&scratch);
        let second = syslog.write(b"3\n");
        assert!(matches!(
            second.troubles[..],
            [Trouble::Over {
                failures: 1,
                lost: 0,
                ..
            }]
        ));
        assert_eq!(received(&one).len(), 3);
        drop(one);
        fs::remove_file(scratch.file("log")).unwrap();
        let two = daemon(&scratch);
        assert!(syslog.write(b"4\n").troubles.is_empty());
        assert_eq!(received(&two).len(), 1);
    }

    #[test]
    fn a_slow_daemon_is_not_waited_for_and_loses_nothing_within_the_bound() {
        let scratch = Scratch::new();
        let daemon = daemon(&scratch);
        let mut syslog = Syslog::for_process(scratch.file("log"), "web", CLOCK);
        let mut written = 0;
        let outcome = loop {
            let outcome = syslog.write(format!("{written}\n").as_bytes());
            written += 1;
            if outcome.congested {
                break outcome;
            }
        };
        assert!(outcome.held > 0 && outcome.troubles.is_empty());
        let mut seen = received(&daemon);
        assert_eq!(syslog.flush().held, 0);
        seen.extend(received(&daemon));
        for (number, message) in seen.iter().enumerate() {
            assert!(message.ends_with(&format!(" web {number}")), "{message}");
        }
        assert_eq!(seen.len(), written);
    }

    #[test]
    fn what_is_held_has_a_bound() {
        let scratch = Scratch::new();
        let mut syslog = Syslog::for_process(scratch.file("log"), "web", CLOCK);
        let outcome = syslog.write(&vec![b'\n'; HELD_MAX]);
        assert_eq!(outcome.troubles.len(), 1);
        let lines = [b"x\n".repeat(HELD_MAX / 2), b"last".to_vec()].concat();
        assert!(syslog.write(&lines).held <= HELD_MAX);
        assert!(syslog.held.back().unwrap().ends_with(b" last"));
        let bytes: usize = syslog.held.iter().map(Vec::len).sum();
        assert_eq!(bytes, syslog.held_bytes);
    }
}
