//! HTTP: listeners, authentication, XML-RPC calls, log streams and the web page.
//!
//! One task for each connection on the daemon's one thread. Everything is bounded ([`Limits`]), and nothing
//! here holds the supervisor across an `.await`: what is needed of it stands in [`Site`].

mod access;
mod answer;
mod auth;
mod body;
mod bulk;
mod connection;
mod gate;
mod handler;
mod host;
mod logtail;
mod open_connections;
mod pace;
mod page;
mod probes;
mod refusal;
mod request;
mod route;
mod server;
mod site;
mod socket;
mod target;
mod throttle;

#[cfg(test)]
mod tests;

use std::time::Duration;

pub use pace::Pacer;
pub use server::{Listener, Servers};
pub use site::{Overview, Site};

/// What one client may cost. The reference has no limit at all (HTTP-F05, DEC-063).
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections of one server at a time that were let in; beyond, the one that is the least missed gives way.
    pub connections: usize,
    /// Bytes of all answers that their clients have not read yet, over all servers.
    pub unread: usize,
    /// From the first byte of a request's head, or from the connection's beginning, to the head's end.
    pub head: Duration,
    /// For the whole body of a request.
    pub body: Duration,
    /// For the whole of a large body while others wait to send theirs: few are read at a time.
    pub dawdle: Duration,
    /// Between two requests on one connection. Long, because an interactive supervisorctl keeps its
    /// connection and does not try again (HTTP-011).
    pub idle: Duration,
    /// How long a client may leave an answer unread.
    pub stall: Duration,
    /// Bytes of a request's head; beyond is 431.
    pub head_bytes: usize,
    /// Header lines of a request; beyond is 431.
    pub headers: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 256,
            unread: 128 * 1024 * 1024,
            head: Duration::from_secs(30),
            body: Duration::from_mins(1),
            dawdle: Duration::from_secs(5),
            idle: Duration::from_mins(30),
            stall: Duration::from_mins(5),
            head_bytes: 32 * 1024,
            headers: 100,
        }
    }
}
