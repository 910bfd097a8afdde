//! The only code that may be unsafe: thin, typed system calls. Knows nothing of programs or clients.
#![allow(
    unsafe_code,
    reason = "this module is where the calls live for which no safe wrapper does what we need"
)]

pub mod accounts;
pub mod aside;
pub mod changes;
pub mod clock;
pub mod daemonize;
pub mod fds;
pub mod files;
pub mod host;
pub mod interrupt;
pub mod limits;
pub mod memory;
pub mod notify;
pub mod notify_socket;
pub mod pipes;
pub mod privileges;
pub mod probe;
pub mod random;
mod raw;
pub mod reap;
pub mod signals;
pub mod sigwait;
pub mod sockets;
pub mod spawn;
pub mod watch;
pub mod worker;

#[cfg(test)]
mod testing;
