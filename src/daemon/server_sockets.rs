//! The sockets of the HTTP servers: opened before anything else is touched, removed at the end.

use std::io::{self, Write};

use crate::config::{Config, Server, ServerAddress};
use crate::http::Listener;
use crate::sys::sockets::{ServerError, SocketFile, listen_inet, listen_unix};

/// Open listeners, and the files that stand for them as long as this lives.
pub(super) struct ServerSockets {
    /// With the servers that they belong to.
    pub(super) open: Vec<(Server, Listener)>,
    /// Each with the number of its server.
    pub(super) files: Vec<(usize, SocketFile)>,
}

impl ServerSockets {
    /// Opens all, or none.
    pub(super) fn open(config: &Config) -> Result<Self, ServerError> {
        let mut listeners = Self {
            open: Vec::new(),
            files: Vec::new(),
        };
        for server in &config.servers {
            let listener = match &server.address {
                ServerAddress::Inet { host, port } => {
                    let beside_ipv4 = has_ipv4(&config.servers, *port);
                    Listener::Tcp(listen_inet(host, *port, beside_ipv4)?)
                }
                ServerAddress::Unix { file, chmod, chown } => {
                    let server = listen_unix(file, *chmod, (chown.uid, chown.gid), &mut notice)?;
                    listeners.files.push((listeners.open.len(), server.file));
                    Listener::Unix(server.listener)
                }
            };
            listeners.open.push((server.clone(), listener));
        }
        Ok(listeners)
    }
}

/// Whether one of the servers wants the port on IPv4; a name may be one of there.
fn has_ipv4(servers: &[Server], port: u16) -> bool {
    servers.iter().any(|server| match &server.address {
        ServerAddress::Inet { host, port: other } => *other == port && !host.starts_with('['),
        ServerAddress::Unix { .. } => false,
    })
}

/// A line for whoever started us (DMN-063).
fn notice(line: &str) {
    // without a stderr there is nobody to tell
    let _ = writeln!(io::stderr(), "{line}");
}
