//! `[inet_http_server]` and `[unix_http_server]`, any number of each (config.md, section 8).

use super::error::ConfigError;
use super::options::{Opt, Scope, keep, put, put_some, unset};
use super::values::{inet_address, ownership};
use super::{Credentials, Ownership, Server, ServerAddress};
use crate::base::units::{list, mode, strip};

/// How the names of sections with a Unix socket begin.
pub(super) const UNIX: &str = "unix_http_server";
/// How the names of sections with a port begin.
pub(super) const INET: &str = "inet_http_server";

/// The options of both kinds.
#[derive(Debug, Default)]
pub(super) struct ServerValues {
    file: Option<String>,
    port: Option<(String, u16)>,
    username: Option<String>,
    password: Option<String>,
    chown: Ownership,
    chmod: Option<u32>,
    allowed_hosts: Vec<String>,
}

/// The path, which alone may use `here` (CFG-047).
pub(super) static FILE: [Opt<ServerValues>; 1] = [unset(
    "file",
    "/tmp/supervisor.sock",
    "path of the socket",
    |s, v, _| keep(&mut s.file, v),
)];

/// The address of an inet server.
pub(super) static PORT: [Opt<ServerValues>; 1] = [unset(
    "port",
    "127.0.0.1:9001",
    "host:port, [IPv6 address]:port, or *:port for all interfaces",
    |s, v, _| put_some(&mut s.port, inet_address(v)),
)];

/// Who may talk to it.
pub(super) static LOGIN: [Opt<ServerValues>; 2] = [
    unset(
        "username",
        "user",
        "name that clients must give, by default none",
        |s, v, _| keep(&mut s.username, v),
    ),
    unset(
        "password",
        "123",
        "password, plain or {SHA} with its SHA-1 in hex",
        |s, v, _| keep(&mut s.password, v),
    ),
];

/// The file of a Unix socket.
pub(super) static SOCKET: [Opt<ServerValues>; 2] = [
    unset(
        "chown",
        "nobody:nogroup",
        "owner of the socket, user or user:group",
        |s, v, scope| {
            let bad = |_| ConfigError::Chown(v.to_owned());
            put(&mut s.chown, ownership(v, scope.world).map_err(bad))
        },
    ),
    unset(
        "chmod",
        "0700",
        "octal mode of the socket, by default 0700",
        |s, v, _| {
            let bad = |_| ConfigError::Chmod(v.to_owned());
            put_some(&mut s.chmod, mode(v).map_err(bad))
        },
    ),
];

/// Guards against DNS rebinding; not an option of the reference (ACC-030).
pub(super) static HOSTS: [Opt<ServerValues>; 1] = [unset(
    "allowed_hosts",
    "localhost,127.0.0.1",
    "names that clients may use for this server, * for any",
    |s, v, _| {
        s.allowed_hosts = list(&v.to_lowercase());
        s.allowed_hosts.retain(|host| !host.is_empty());
        Ok(())
    },
)];

/// Reads an inet server. `scope.names` are those of the environment (CFG-048).
pub(super) fn inet(scope: &Scope<'_>) -> Result<Server, ConfigError> {
    let mut values = ServerValues::default();
    scope.fill(&LOGIN, &mut values)?;
    let credentials = credentials(&mut values, scope.section)?;
    scope.fill(&PORT, &mut values)?;
    scope.fill(&HOSTS, &mut values)?;
    let no_port = || ConfigError::NoPort(scope.section.to_owned());
    let (host, port) = values.port.ok_or_else(no_port)?;
    Ok(Server {
        section: scope.section.to_owned(),
        address: ServerAddress::Inet { host, port },
        credentials,
        allowed_hosts: values.allowed_hosts,
    })
}

/// Reads a Unix server; `with_here` has `here` among its names.
pub(super) fn unix(scope: &Scope<'_>, with_here: &Scope<'_>) -> Result<Server, ConfigError> {
    let mut values = ServerValues::default();
    with_here.fill(&FILE, &mut values)?;
    let no_file = || ConfigError::NoFile(scope.section.to_owned());
    let file = values.file.take().ok_or_else(no_file)?;
    scope.fill(&LOGIN, &mut values)?;
    let credentials = credentials(&mut values, scope.section)?;
    scope.fill(&SOCKET, &mut values)?;
    scope.fill(&HOSTS, &mut values)?;
    Ok(Server {
        section: scope.section.to_owned(),
        address: ServerAddress::Unix {
            file: scope.world.normalise(strip(&file)).into(),
            chmod: values.chmod.unwrap_or(0o700),
            chown: values.chown,
        },
        credentials,
        allowed_hosts: values.allowed_hosts,
    })
}

/// Both or none; an empty name lets everybody in (CFG-127, CFG-128).
fn credentials(
    values: &mut ServerValues,
    section: &str,
) -> Result<Option<Credentials>, ConfigError> {
    match (values.username.take(), values.password.take()) {
        (None, None) => Ok(None),
        (Some(username), Some(password)) => {
            let credentials = Credentials { username, password };
            Ok(Some(credentials).filter(|credentials| !credentials.username.is_empty()))
        }
        _ => Err(ConfigError::Credentials(section.to_owned())),
    }
}

/// What children are told as the server's URL: the first Unix server, else the last inet server
/// (CFG-129, EVT-067).
pub fn url_for_children(servers: &[Server]) -> Option<String> {
    let unix = servers.iter().find_map(|server| match &server.address {
        ServerAddress::Unix { file, .. } => Some(format!("unix://{}", file.display())),
        ServerAddress::Inet { .. } => None,
    });
    unix.or_else(|| {
        servers
            .iter()
            .rev()
            .find_map(|server| match &server.address {
                ServerAddress::Inet { host, port } if host.is_empty() => {
                    Some(format!("http://localhost:{port}"))
                }
                // what is no address of its own is reached by the machine's
                ServerAddress::Inet { host, port } if host == "[::]" => {
                    Some(format!("http://[::1]:{port}"))
                }
                ServerAddress::Inet { host, port } => Some(format!("http://{host}:{port}")),
                ServerAddress::Unix { .. } => None,
            })
    })
}

#[cfg(test)]
#[path = "server_tests.rs"]
mod tests;
