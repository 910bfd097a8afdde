//! Who judges what event listeners answer, and how it is written in a configuration.

use serde::{Deserialize, Serialize};

/// A function that gets an event and the listener's result.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ResultHandler {
    /// `OK` is fine, anything else rejects the event (EVT-085, EVT-086).
    #[default]
    Ordinary,
    /// Prints the result on the daemon's standard output (DEC-076).
    Stdout,
}

impl ResultHandler {
    /// How the ordinary one is written.
    pub const ORDINARY: &str = "supervisor.dispatchers:default_handler";
    /// The handler of the package `supervisor-stdout`.
    pub const STDOUT: &str = "supervisor_stdout:event_handler";

    /// The handler of that name; none if it is Python code that we have nothing for (EVT-046).
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            Self::ORDINARY => Some(Self::Ordinary),
            Self::STDOUT => Some(Self::Stdout),
            _ => None,
        }
    }
}
