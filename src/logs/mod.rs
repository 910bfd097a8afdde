//! Log files: the daemon's own, and those of its programs.
//!
//! Knows bytes and files, and nothing of processes, events or clients. What goes wrong in a sink comes back
//! as a value that the caller logs; nothing here waits for a slow disk reader, pipe or syslog daemon.

pub mod activity;
pub mod ansi;
pub mod auto;
pub mod capture;
pub mod file;
pub mod follow;
mod handle;
pub mod labelled;
pub mod place;
pub mod ready_line;
pub mod retry;
pub mod sink;
pub mod syslog;
pub mod tail;
mod writer;
pub mod writers;
