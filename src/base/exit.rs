//! How a process ended: decoding the raw wait status, and its wording.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::signals::Signal;

/// How a process ended, decoded from the status that `waitpid` gave (PROC-102).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Exit {
    /// It returned this code, 0 to 255.
    Code(u8),
    /// A signal ended it.
    Signal {
        /// The signal.
        signal: Signal,
        /// The kernel wrote a core file.
        core: bool,
    },
    /// Something else that the kernel said.
    Odd(i32),
}

impl Exit {
    /// Decodes a raw wait status. Real-time signals too, which is why this is not nix's decoder.
    pub fn from_wait_status(status: i32) -> Self {
        let signal = status & 0x7f;
        if signal == 0 {
            let [_, code, ..] = status.to_le_bytes();
            Self::Code(code)
        } else if signal == 0x7f {
            Self::Odd(status)
        } else {
            Self::Signal {
                signal: Signal::from_death(signal),
                core: status & 0x80 != 0,
            }
        }
    }

    /// The number that clients see as `exitstatus`: the code, or -1 for a death by signal (RPC-097).
    pub fn status(self) -> i32 {
        match self {
            Self::Code(code) => i32::from(code),
            Self::Signal { .. } | Self::Odd(_) => -1,
        }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit status {code}"),
            Self::Signal { signal, core } => {
                let core = if *core { " (core dumped)" } else { "" };
                write!(f, "terminated by {signal}{core}")
            }
            Self::Odd(status) => write!(f, "unknown termination cause 0x{status:04x}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Exit;

    #[test]
    fn texts_and_numbers() {
        let table = [
            (0, "exit status 0", 0),
            (3 << 8, "exit status 3", 3),
            (255 << 8, "exit status 255", 255),
            (15, "terminated by SIGTERM", -1),
            (6 | 0x80, "terminated by SIGABRT (core dumped)", -1),
            (35, "terminated by signal 35", -1),
            (0x137f, "unknown termination cause 0x137f", -1),
        ];
        for (raw, text, status) in table {
            let exit = Exit::from_wait_status(raw);
            assert_eq!(exit.to_string(), text);
            assert_eq!(exit.status(), status, "{text}");
        }
    }
}
