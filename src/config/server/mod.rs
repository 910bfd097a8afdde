//! `[inet_http_server]` and `[unix_http_server]`, any number of each (config.md, section 8).

use std::path::PathBuf;

use super::error::ConfigError;
use super::options::{Opt, Scope, keep, opt, put, unset};
use super::values::{inet_address, ownership};
use super::{Credentials, Ownership, Server, ServerAddress};
use crate::base::units::{list, mode, strip};

/// How the names of sections with a Unix socket begin.
pub(super) const UNIX: &str = "unix_http_server";
/// How the names of sections with a port begin.
pub(super) const INET: &str = "inet_http_server";

/// The path, which alone may use `here` (CFG-047).
pub(super) static FILE: [Opt<PathBuf>; 1] = [unset(
    "file",
    "/tmp/supervisor.sock",
    "path of the socket",
    |path, v, scope| {
        *path = scope.world.normalise(strip(v)).into();
        Ok(())
    },
)];

/// The address of an inet server.
pub(super) static PORT: [Opt<(String, u16)>; 1] = [unset(
    "port",
    "127.0.0.1:9001",
    "host:port, [IPv6 address]:port, or *:port for all interfaces",
    |address, v, _| put(address, inet_address(v)),
)];

/// Who may talk to it.
pub(super) static LOGIN: [Opt<Credentials>; 2] = [
    unset(
        "username",
        "user",
        "name that clients must give, by default none",
        |c, v, _| keep(&mut c.username, v),
    ),
    unset(
        "password",
        "123",
        "password, plain or {SHA} with its SHA-1 in hex",
        |c, v, _| keep(&mut c.password, v),
    ),
];

/// Whose a Unix socket is, and its mode.
#[derive(Debug, Default)]
pub(super) struct Access {
    chown: Ownership,
    chmod: u32,
}

/// The file of a Unix socket.
pub(super) static SOCKET: [Opt<Access>; 2] = [
    unset(
        "chown",
        "nobody:nogroup",
        "owner of the socket, user or user:group",
        |s, v, scope| {
            let bad = |_| ConfigError::Chown(v.to_owned());
            put(&mut s.chown, ownership(v, scope.world).map_err(bad))
        },
    ),
    opt("chmod", "0700", "octal mode of the socket", |s, v, _| {
        let bad = |_| ConfigError::Chmod(v.to_owned());
        put(&mut s.chmod, mode(v).map_err(bad))
    }),
];

/// Guards against DNS rebinding; not an option of the reference (ACC-030).
pub(super) static HOSTS: [Opt<Vec<String>>; 1] = [unset(
    "allowed_hosts",
    "localhost,127.0.0.1",
    "names that clients may use for this server, * for any",
    |hosts, v, _| {
        *hosts = list(&v.to_lowercase());
        hosts.retain(|host| !host.is_empty());
        Ok(())
    },
)];

/// Reads an inet server. `scope.names` are those of the environment (CFG-048).
pub(super) fn inet(scope: &Scope<'_>) -> Result<Server, ConfigError> {
    let credentials = credentials(scope)?;
    let mut address = Default::default();
    scope.fill(&PORT, &mut address)?;
    let allowed_hosts = hosts(scope)?;
    if !scope.has("port") {
        return Err(ConfigError::NoPort(scope.section.to_owned()));
    }
    let (host, port) = address;
    Ok(Server {
        section: scope.section.to_owned(),
        address: ServerAddress::Inet { host, port },
        credentials,
        allowed_hosts,
    })
}

/// Reads a Unix server; `with_here` has `here` among its names.
pub(super) fn unix(scope: &Scope<'_>, with_here: &Scope<'_>) -> Result<Server, ConfigError> {
    let mut file = PathBuf::new();
    with_here.fill(&FILE, &mut file)?;
    if !scope.has("file") {
        return Err(ConfigError::NoFile(scope.section.to_owned()));
    }
    let credentials = credentials(scope)?;
    let mut access = Access::default();
    scope.fill(&SOCKET, &mut access)?;
    let Access { chown, chmod } = access;
    Ok(Server {
        section: scope.section.to_owned(),
        address: ServerAddress::Unix { file, chmod, chown },
        credentials,
        allowed_hosts: hosts(scope)?,
    })
}

/// Both or none; an empty name lets everybody in (CFG-127, CFG-128).
fn credentials(scope: &Scope<'_>) -> Result<Option<Credentials>, ConfigError> {
    let mut credentials = Credentials::default();
    scope.fill(&LOGIN, &mut credentials)?;
    if scope.has("username") != scope.has("password") {
        return Err(ConfigError::Credentials(scope.section.to_owned()));
    }
    Ok(Some(credentials).filter(|credentials| !credentials.username.is_empty()))
}

fn hosts(scope: &Scope<'_>) -> Result<Vec<String>, ConfigError> {
    let mut hosts = Vec::new();
    scope.fill(&HOSTS, &mut hosts)?;
    Ok(hosts)
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
mod tests;
