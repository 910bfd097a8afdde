//! What can be asked of the daemon: one typed function for each verb, whoever asks and through whatever door.
//!
//! XML-RPC, the web page and what comes beside them are tables of (name or path, decode, verb, encode) over these
//! functions; none of them reaches into the supervisor for a deed by itself, and none calls a verb by a string.
//! [`verb::Verb`] names them all, with the right that each needs.

pub mod caller;
pub mod configuration;
pub mod daemon;
pub mod logs;
pub mod messages;
pub mod processes;
pub mod readiness;
pub mod selection;
pub mod selector;
pub mod status;
pub mod verb;
pub mod visit;
