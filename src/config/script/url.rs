//! Addresses of checks: what stands behind `http://`, `https://` and `tcp://`.

use std::net::Ipv6Addr;

use percent_encoding::percent_decode_str;

use super::ScriptError;

/// A URL without its scheme.
pub(super) struct Url {
    /// Name or address, without brackets.
    pub(super) host: String,
    pub(super) port: Option<u16>,
    /// Host and port as written.
    pub(super) authority: String,
    /// Path and query.
    pub(super) path: String,
    /// User and password, decoded.
    pub(super) credentials: Option<(String, String)>,
}

/// `[user[:password]@]HOST[:PORT][/PATH][?QUERY]`; a fragment is dropped.
pub(super) fn parse(text: &str) -> Result<Url, ScriptError> {
    if text.contains(|c: char| c.is_control() || c.is_whitespace()) {
        return Err(ScriptError::Character(text.to_owned()));
    }
    let (authority, path) = text.split_at(text.find(['/', '?', '#']).unwrap_or(text.len()));
    let path = path.split_once('#').map_or(path, |parts| parts.0);
    let path = match path {
        path if path.starts_with('/') => path.to_owned(),
        path => format!("/{path}"),
    };
    let (login, authority) = match authority.rsplit_once('@') {
        Some((login, authority)) => (Some(login), authority),
        None => (None, authority),
    };
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let credentials = login.map(|login| {
        let (user, password) = login.split_once(':').unwrap_or((login, ""));
        (decoded(user), decoded(password))
    });
    let (host, port) = host_and_port(authority)?;
    Ok(Url {
        host,
        port,
        authority: authority.to_owned(),
        path,
        credentials,
    })
}

/// `HOST[:PORT]`; an address of IPv6 stands in brackets.
pub(super) fn host_and_port(text: &str) -> Result<(String, Option<u16>), ScriptError> {
    if text.contains(|c: char| c.is_control() || c.is_whitespace() || c == '/') {
        return Err(ScriptError::Character(text.to_owned()));
    }
    let (host, behind) = match text.strip_prefix('[') {
        Some(rest) => {
            let bad = || ScriptError::Ipv6(text.to_owned());
            let (host, behind) = rest.split_once(']').ok_or_else(bad)?;
            let address = host.split_once('%').map_or(host, |parts| parts.0);
            address.parse::<Ipv6Addr>().map_err(|_| bad())?;
            (host, behind)
        }
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    if host.is_empty() {
        return Err(ScriptError::NoHost(text.to_owned()));
    }
    let port = match behind.strip_prefix(':') {
        Some(number) => Some(port(number)?),
        None if behind.is_empty() => None,
        None => return Err(ScriptError::NoPort(text.to_owned())),
    };
    Ok((host.to_owned(), port))
}

/// Digits only, 1 to 65535.
fn port(text: &str) -> Result<u16, ScriptError> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse::<u16>().ok().filter(|number| *number > 0);
    number
        .filter(|_| digits)
        .ok_or_else(|| ScriptError::Port(text.to_owned()))
}
