//! Signal names and numbers of Linux, real-time ones too.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The first real-time signal that programs can use.
const RTMIN: i32 = 34;
/// The last real-time signal.
const RTMAX: i32 = 64;

/// A signal number, 0 to 64. Zero only tests whether a process exists.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Signal(i32);

/// Name and number; of two names for one number the first is the one that we print (PROC-094).
const NAMES: [(&str, i32); 37] = [
    ("SIGHUP", 1),
    ("SIGINT", 2),
    ("SIGQUIT", 3),
    ("SIGILL", 4),
    ("SIGTRAP", 5),
    ("SIGABRT", 6),
    ("SIGIOT", 6),
    ("SIGBUS", 7),
    ("SIGFPE", 8),
    ("SIGKILL", 9),
    ("SIGUSR1", 10),
    ("SIGSEGV", 11),
    ("SIGUSR2", 12),
    ("SIGPIPE", 13),
    ("SIGALRM", 14),
    ("SIGTERM", 15),
    ("SIGSTKFLT", 16),
    ("SIGCHLD", 17),
    ("SIGCLD", 17),
    ("SIGCONT", 18),
    ("SIGSTOP", 19),
    ("SIGTSTP", 20),
    ("SIGTTIN", 21),
    ("SIGTTOU", 22),
    ("SIGURG", 23),
    ("SIGXCPU", 24),
    ("SIGXFSZ", 25),
    ("SIGVTALRM", 26),
    ("SIGPROF", 27),
    ("SIGWINCH", 28),
    ("SIGPOLL", 29),
    ("SIGIO", 29),
    ("SIGPWR", 30),
    ("SIGSYS", 31),
    ("SIGUNUSED", 31),
    ("SIGRTMIN", RTMIN),
    ("SIGRTMAX", RTMAX),
];

impl Signal {
    /// SIGHUP.
    pub const HUP: Self = Self(1);
    /// SIGINT.
    pub const INT: Self = Self(2);
    /// SIGQUIT.
    pub const QUIT: Self = Self(3);
    /// SIGKILL.
    pub const KILL: Self = Self(9);
    /// SIGUSR1.
    pub const USR1: Self = Self(10);
    /// SIGUSR2.
    pub const USR2: Self = Self(12);
    /// SIGTERM.
    pub const TERM: Self = Self(15);
    /// SIGCHLD.
    pub const CHLD: Self = Self(17);

    /// The signal with that number: 0 to 31 and the real-time ones, 34 to 64 (CFG-082, DEC-053).
    pub fn from_number(number: i64) -> Option<Self> {
        let number = i32::try_from(number).ok()?;
        ((0..=31).contains(&number) || (RTMIN..=RTMAX).contains(&number)).then_some(Self(number))
    }

    /// The signal of that name, with or without `SIG`, in any case, blanks around it ignored. Also
    /// `RTMIN+n` and `RTMAX-n` (DEC-053).
    pub fn from_name(name: &str) -> Option<Self> {
        let upper = name.trim().to_uppercase();
        let bare = upper.strip_prefix("SIG").unwrap_or(&upper);
        let named = |wanted: &str| {
            NAMES
                .iter()
                .find(|row| row.0.strip_prefix("SIG") == Some(wanted))
                .map(|row| row.1)
        };
        if let Some(number) = named(bare) {
            return Some(Self(number));
        }
        let offset = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            if digits {
                text.parse::<i32>().ok()
            } else {
                None
            }
        };
        let number = if let Some(rest) = bare.strip_prefix("RTMIN+") {
            RTMIN.checked_add(offset(rest)?)?
        } else if let Some(rest) = bare.strip_prefix("RTMAX-") {
            RTMAX.checked_sub(offset(rest)?)?
        } else {
            return None;
        };
        (RTMIN..=RTMAX).contains(&number).then_some(Self(number))
    }

    /// The signal that a death report names; any number that the kernel can give.
    pub const fn from_death(number: i32) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn number(self) -> i32 {
        self.0
    }
}

impl fmt::Display for Signal {
    /// The symbolic name, or `signal 35` where there is none (PROC-094).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match NAMES.iter().find(|row| row.1 == self.0) {
            Some((name, _)) => f.write_str(name),
            None => write!(f, "signal {}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Signal;

    #[test]
    fn names() {
        let table = [
            ("TERM", Some(15)),
            ("SIGTERM", Some(15)),
            (" sigHup ", Some(1)),
            ("cld", Some(17)),
            ("IOT", Some(6)),
            ("RTMIN", Some(34)),
            ("RTMIN+1", Some(35)),
            ("SIGRTMAX-1", Some(63)),
            ("RTMIN+31", None),
            ("RTMIN+-1", None),
            ("SIGSIGTERM", None),
            ("SIG_DFL", None),
            ("", None),
            ("15", None),
        ];
        for (name, number) in table {
            assert_eq!(
                Signal::from_name(name).map(Signal::number),
                number,
                "{name}"
            );
        }
    }

    #[test]
    fn numbers() {
        for (number, good) in [(0, true), (31, true), (32, false), (33, false), (34, true)] {
            assert_eq!(Signal::from_number(number).is_some(), good, "{number}");
        }
        for (number, good) in [(64, true), (65, false), (-1, false), (i64::MAX, false)] {
            assert_eq!(Signal::from_number(number).is_some(), good, "{number}");
        }
    }

    #[test]
    fn printed_names() {
        let table = [
            (6, "SIGABRT"),
            (17, "SIGCHLD"),
            (29, "SIGPOLL"),
            (34, "SIGRTMIN"),
            (35, "signal 35"),
            (64, "SIGRTMAX"),
        ];
        for (number, name) in table {
            assert_eq!(Signal::from_death(number).to_string(), name);
        }
    }
}
