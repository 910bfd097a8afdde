//! What a child said, as far as the supervisor has to hear it. Plain log bytes never come here.

use super::member::Channel;
use crate::process::notice::Notice;

/// Output of a child that means something beyond its log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// A piece of output of a channel with `events_enabled` (EVT-014).
    Log(Channel, Vec<u8>),
    /// What stood between the capture tokens (EVT-012).
    Communication(Channel, Vec<u8>),
    /// An event listener's stdout: its protocol (PROC-118).
    Protocol(Vec<u8>),
    /// It said how it is on its notify socket (LIF-125).
    Notice(Notice),
    /// It wrote the line that shows that it is ready (LIF-152).
    ReadyLine,
}
