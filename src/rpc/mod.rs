//! XML-RPC: text to calls, calls to the supervisor, answers to text.

pub mod reply;
pub mod wire;
