//! `[fcgi-program:x]`: the socket that the processes of the section share (config.md, section 13).

use super::error::{ConfigError, SocketError, ValueError};
use super::expand::Names;
use super::options::{Opt, Scope, keep, put_some, unset};
use super::values::{self, ipv6_host, ownership, port, user};
use super::world::World;
use super::{Account, Ownership};
use crate::base::units::{integer, is_space, mode};
use crate::process::policy::{FcgiAddress, FcgiSocket};

/// How the names of the sections begin.
pub(super) const PREFIX: &str = "fcgi-program:";

/// The options of the socket.
#[derive(Debug, Default)]
pub(super) struct SocketValues {
    user: Option<Account>,
    backlog: Option<u16>,
    owner: Option<Ownership>,
    mode: Option<u32>,
    socket: Option<String>,
}

/// In the order of reading, before [`SOCKET`].
pub(super) static OPTIONS: [Opt<SocketValues>; 4] = [
    unset(
        "user",
        "nobody",
        "user to run as, a name or an id",
        |s, v, scope| put_some(&mut s.user, user(v, scope.world)),
    ),
    unset(
        "socket_backlog",
        "128",
        "connections that wait, 1 to 65535",
        |s, v, _| {
            let backlog = integer(v)?;
            s.backlog = u16::try_from(backlog).ok().filter(|backlog| *backlog > 0);
            s.backlog.map(|_| ()).ok_or(ConfigError::Backlog(backlog))
        },
    ),
    unset(
        "socket_owner",
        "nobody:nogroup",
        "owner of a Unix socket, user or user:group",
        |s, v, scope| {
            let bad = |_| ConfigError::SocketOwner(v.to_owned());
            put_some(&mut s.owner, ownership(v, scope.world).map_err(bad))
        },
    ),
    unset(
        "socket_mode",
        "0700",
        "octal mode of a Unix socket, by default 0700",
        |s, v, _| {
            let bad = |_| ConfigError::SocketMode(v.to_owned());
            put_some(&mut s.mode, mode(v).map_err(bad))
        },
    ),
];

/// The socket itself, which may use the program's name (CFG-054).
pub(super) static SOCKET: [Opt<SocketValues>; 1] = [unset(
    "socket",
    "unix:///tmp/fcgi.sock",
    "unix:///path or tcp://host:port, as stdin of the processes",
    |s, v, _| keep(&mut s.socket, v),
)];

/// The socket of a section; none if it has no `socket` line. `scope.names` are `here` and the environment.
pub(super) fn socket(scope: &Scope<'_>) -> Result<Option<FcgiSocket>, ConfigError> {
    let mut values = SocketValues::default();
    let (_, name) = scope.section.split_once(':').unwrap_or(("", scope.section));
    let names = Names::over(scope.names).with("program_name", &values::name(name)?);
    scope.fill(&OPTIONS, &mut values)?;
    scope.with(&names).fill(&SOCKET, &mut values)?;
    let Some(url) = values.socket.take().filter(|url| !url.is_empty()) else {
        return Ok(None);
    };
    let socket = parse(&url, values, scope.world).map_err(|error| {
        let section = scope.section.to_owned();
        scope.refuse("socket", ConfigError::Socket { error, section })
    });
    socket.map(Some)
}

fn parse(url: &str, values: SocketValues, world: &World<'_>) -> Result<FcgiSocket, SocketError> {
    if let Some(path) = url.strip_prefix("unix://") {
        return unix(path, values, world);
    }
    if values.owner.is_some() || values.mode.is_some() {
        return Err(SocketError::NotUnix);
    }
    let bad = || SocketError::Format(url.to_owned());
    let (host, number) = url
        .strip_prefix("tcp://")
        .and_then(|rest| rest.rsplit_once(':'))
        .ok_or_else(bad)?;
    let host = match ipv6_host(host) {
        Some(address) => address,
        None if host.is_empty() || host.contains(|c| c == ':' || is_space(c)) => return Err(bad()),
        None => host.to_lowercase(),
    };
    // the reference takes digits of any script, but neither sign nor blank nor underscore
    let is_number = !number.is_empty() && number.chars().all(char::is_numeric);
    if !is_number {
        return Err(bad());
    }
    let port = port(number).map_err(|error| match error {
        ValueError::Unit(_) => bad(),
        error => SocketError::Port(error),
    })?;
    Ok(FcgiSocket {
        url: format!("tcp://{host}:{port}"),
        address: FcgiAddress::Tcp { host, port },
        backlog: values.backlog,
    })
}

/// Without `socket_owner` a socket belongs to the user that the processes run as (CFG-183).
fn unix(path: &str, values: SocketValues, world: &World<'_>) -> Result<FcgiSocket, SocketError> {
    if !path.starts_with('/') {
        return Err(SocketError::Relative(path.to_owned()));
    }
    let path = world.normalise(path);
    let user = values.user.filter(|user| user.uid != world.uid);
    let owner = match (values.owner, user) {
        (Some(owner), _) => (owner.uid, owner.gid),
        (None, Some(user)) => (Some(user.uid), Some(user.gid)),
        (None, None) => (None, None),
    };
    Ok(FcgiSocket {
        url: format!("unix://{path}"),
        address: FcgiAddress::Unix {
            path: path.into(),
            mode: values.mode.unwrap_or(0o700),
            owner,
        },
        backlog: values.backlog,
    })
}

#[cfg(test)]
mod tests;
