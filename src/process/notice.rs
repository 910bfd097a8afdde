//! What a process says of itself on its notify socket (lifecycle.md, section 8).

use std::time::Duration;

/// One line of a message, if it means something to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// It does its work (LIF-125).
    Ready,
    /// What it does, as a text for people (LIF-126).
    Status(String),
    /// It reads its configuration again (LIF-127).
    Reloading,
    /// It is about to end (LIF-128).
    Stopping,
    /// Why it is about to fail (LIF-129).
    Errno(i32),
    /// It needs more time from now on (LIF-130).
    Extend(Duration),
    /// How often it gives a sign of life from now on; none is never (LIF-131).
    WatchdogEvery(Option<Duration>),
    /// A sign of life (LIF-132).
    Alive,
    /// It has failed (LIF-132).
    Trigger,
    /// Which process is the main one (LIF-133).
    MainPid(i64),
}

/// The longest text that a status keeps (LIF-126).
const STATUS: usize = 200;

/// How much more time can be had at once (LIF-130).
const EXTENSION: Duration = Duration::from_hours(1);

/// The shortest watchdog (LIF-131).
const WATCHDOG: Duration = Duration::from_millis(100);

impl Notice {
    /// All that a message says, in its order.
    pub fn read(message: &[u8]) -> Vec<Self> {
        let lines = message.split(|byte| *byte == b'\n');
        lines.filter_map(Self::read_line).collect()
    }

    fn read_line(line: &[u8]) -> Option<Self> {
        let line = String::from_utf8_lossy(line);
        let (name, value) = line.split_once('=')?;
        let micros = || value.parse().ok().map(Duration::from_micros);
        match (name, value) {
            ("READY", "1") => Some(Self::Ready),
            ("STATUS", text) => Some(Self::Status(status(text))),
            ("RELOADING", "1") => Some(Self::Reloading),
            ("STOPPING", "1") => Some(Self::Stopping),
            ("ERRNO", number) => number.parse().ok().map(Self::Errno),
            ("EXTEND_TIMEOUT_USEC", _) => micros().map(|span| Self::Extend(span.min(EXTENSION))),
            ("WATCHDOG_USEC", "0") => Some(Self::WatchdogEvery(None)),
            ("WATCHDOG_USEC", _) => {
                let span = micros().filter(|span| *span >= WATCHDOG)?;
                Some(Self::WatchdogEvery(Some(span)))
            }
            ("WATCHDOG", "1") => Some(Self::Alive),
            ("WATCHDOG", "trigger") => Some(Self::Trigger),
            ("MAINPID", pid) => pid.parse().ok().map(Self::MainPid),
            _ => None,
        }
    }
}

/// One short line without control characters.
fn status(text: &str) -> String {
    let clean = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    clean.take(STATUS).collect()
}

#[cfg(test)]
mod tests {
    use super::{Duration, Notice};

    #[test]
    fn lines() {
        let table: [(&str, &[Notice]); 16] = [
            ("READY=1", &[Notice::Ready]),
            ("READY=0", &[]),
            (
                "STATUS=10%\tdone\nREADY=1\n",
                &[Notice::Status("10% done".to_owned()), Notice::Ready],
            ),
            ("STATUS=", &[Notice::Status(String::new())]),
            ("RELOADING=1", &[Notice::Reloading]),
            ("STOPPING=1", &[Notice::Stopping]),
            ("ERRNO=13", &[Notice::Errno(13)]),
            (
                "EXTEND_TIMEOUT_USEC=1500000",
                &[Notice::Extend(Duration::from_millis(1500))],
            ),
            (
                "EXTEND_TIMEOUT_USEC=99999999999",
                &[Notice::Extend(Duration::from_hours(1))],
            ),
            (
                "WATCHDOG_USEC=100000",
                &[Notice::WatchdogEvery(Some(Duration::from_millis(100)))],
            ),
            ("WATCHDOG_USEC=99999", &[]),
            ("WATCHDOG_USEC=0", &[Notice::WatchdogEvery(None)]),
            ("WATCHDOG=1", &[Notice::Alive]),
            ("WATCHDOG=trigger", &[Notice::Trigger]),
            ("MAINPID=7", &[Notice::MainPid(7)]),
            ("BARRIER=1\nX\n=\nFDSTORE=1", &[]),
        ];
        for (message, notices) in table {
            assert_eq!(Notice::read(message.as_bytes()), notices, "{message}");
        }
        let long = Notice::read(format!("STATUS={}", "é".repeat(300)).as_bytes());
        assert_eq!(long, [Notice::Status("é".repeat(200))]);
    }
}
