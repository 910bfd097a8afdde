//! The two output channels of a process.

use serde::{Deserialize, Serialize};

/// One of the two output channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Channel {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

impl Channel {
    /// The channel of that name, in any case.
    pub fn parse(name: &str) -> Option<Self> {
        match name.to_lowercase().as_str() {
            "stdout" => Some(Self::Stdout),
            "stderr" => Some(Self::Stderr),
            _ => None,
        }
    }

    /// The word for it in file names, events, log lines and commands.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
        }
    }
}
