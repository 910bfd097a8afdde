//! The value types of options beyond plain numbers and words (config.md, section 6): signals, exit codes, paths,
//! users, ports, names, URLs.

use std::net::Ipv6Addr;

use super::error::ValueError;
use super::source;
use super::world::{World, directory_of};
use super::{Account, Ownership};
use crate::base::level::Level;
use crate::base::signals::Signal;
use crate::base::units::{UnitError, boolean, integer, strip};
use crate::process::policy::Autorestart;

/// A signal by number or name (CFG-082).
pub(super) fn signal(text: &str) -> Result<Signal, ValueError> {
    match integer(text) {
        Ok(number) => {
            Signal::from_number(number).ok_or_else(|| ValueError::SignalNumber(text.to_owned()))
        }
        Err(_) => {
            Signal::from_name(strip(text)).ok_or_else(|| ValueError::SignalName(text.to_owned()))
        }
    }
}

/// Exit codes from 0 to 255; the empty text is the empty list (CFG-083).
pub(super) fn exit_codes(text: &str) -> Result<Vec<u8>, ValueError> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let codes = text
        .split(',')
        .map(|word| u8::try_from(integer(word).ok()?).ok());
    codes
        .collect::<Option<Vec<u8>>>()
        .ok_or_else(|| ValueError::ExitCodes(text.to_owned()))
}

/// A boolean or `unexpected` (CFG-085).
pub(super) fn autorestart(text: &str) -> Result<Autorestart, ValueError> {
    let lower = text.to_lowercase();
    match boolean(&lower) {
        Ok(true) => Ok(Autorestart::Always),
        Ok(false) => Ok(Autorestart::Never),
        Err(_) if lower == "unexpected" => Ok(Autorestart::Unexpected),
        Err(_) => Err(ValueError::Autorestart(lower)),
    }
}

/// A level of the main log (CFG-086).
pub(super) fn level(text: &str) -> Result<Level, ValueError> {
    Level::parse(text).ok_or_else(|| ValueError::Level(text.to_owned()))
}

/// A directory that exists; `~` is expanded (CFG-087).
pub(super) fn existing_directory(text: &str, world: &World<'_>) -> Result<String, ValueError> {
    let path = world.expand_user(text);
    if !path.is_empty() && source::is_directory(&world.at(&path)) {
        Ok(path)
    } else {
        Err(ValueError::Directory(text.to_owned()))
    }
}

/// A file in a directory that exists; `~` is expanded, a bare name passes (CFG-088).
pub(super) fn file_in_directory(text: &str, world: &World<'_>) -> Result<String, ValueError> {
    let path = world.expand_user(text);
    let directory = directory_of(&path);
    if directory.is_empty() || source::is_directory(&world.at(directory)) {
        Ok(path)
    } else {
        Err(ValueError::FileDirectory(text.to_owned()))
    }
}

/// A user by name or by an id that exists (CFG-090).
pub(super) fn user(text: &str, world: &World<'_>) -> Result<Account, ValueError> {
    let Ok(uid) = integer(text) else {
        let account = world.accounts.user_by_name(text);
        return account.ok_or_else(|| ValueError::UserName(text.to_owned()));
    };
    u32::try_from(uid)
        .ok()
        .and_then(|uid| world.accounts.user_by_uid(uid))
        .ok_or_else(|| ValueError::UserId(text.to_owned()))
}

/// `user` or `user:group`, names or ids that exist (CFG-091).
pub(super) fn ownership(text: &str, world: &World<'_>) -> Result<Ownership, ValueError> {
    let bad = || ValueError::UserGroup(text.to_owned());
    let (name, group) = match text.split_once(':') {
        Some((name, group)) => (name, Some(group)),
        None => (text, None),
    };
    let uid = user(name, world).map_err(|_| bad())?.uid;
    let gid = match group {
        Some(group) => Some(group_id(group, world).ok_or_else(bad)?),
        None => None,
    };
    let uid = Some(uid);
    Ok(Ownership { uid, gid })
}

fn group_id(text: &str, world: &World<'_>) -> Option<u32> {
    match integer(text) {
        Ok(gid) => {
            let gid = u32::try_from(gid).ok()?;
            world.accounts.group_exists(gid).then_some(gid)
        }
        Err(_) => world.accounts.group_by_name(text),
    }
}

/// A port from 1 to 65535.
pub(super) fn port(text: &str) -> Result<u16, ValueError> {
    match integer(text)? {
        number @ ..=0 => Err(ValueError::PortTooLow(number)),
        number => u16::try_from(number).map_err(|_| ValueError::PortTooHigh(number)),
    }
}

/// `port`, `:port`, `*:port`, `host:port` or `[IPv6 address]:port`; an empty host means all interfaces of IPv4
/// (CFG-092).
pub(super) fn inet_address(text: &str) -> Result<(String, u16), ValueError> {
    let Some((host, number)) = text.rsplit_once(':') else {
        let port = port(text).map_err(|_| ValueError::Port(text.to_owned()))?;
        return Ok((String::new(), port));
    };
    if number.is_empty() {
        return Err(ValueError::NoPort);
    }
    if host.contains([':', '[', ']']) {
        let bad = || ValueError::Ipv6(text.to_owned());
        let host = ipv6_host(host).ok_or_else(bad)?;
        // what stands behind the last colon may be a part of the address
        return Ok((host, port(number).map_err(|_| bad())?));
    }
    let port = port(number)?;
    let host = host.to_lowercase();
    Ok((if host == "*" { String::new() } else { host }, port))
}

/// An IPv6 address in brackets, perhaps with a zone, which keeps its case.
pub(super) fn ipv6_host(host: &str) -> Option<String> {
    let text = host.strip_prefix('[')?.strip_suffix(']')?;
    let (address, zone) = match text.split_once('%') {
        Some((_, "")) => return None,
        Some((address, zone)) => (address, format!("%{zone}")),
        None => (text, String::new()),
    };
    let address = address.parse::<Ipv6Addr>().ok()?;
    Some(format!("[{address}{zone}]"))
}

/// The name of a process or group: stripped, without blank, colon and slash (CFG-093).
pub(super) fn name(text: &str) -> Result<String, ValueError> {
    let name = strip(text);
    match [' ', ':', '/'].into_iter().find(|c| name.contains(*c)) {
        Some(c) => Err(ValueError::Name(text.to_owned(), c)),
        None => Ok(name.to_owned()),
    }
}

/// The identifier; blanks and colons would break the header of events (DEC-015).
pub(super) fn identifier(text: &str) -> Result<String, ValueError> {
    match text.chars().find(|c| *c == ':' || c.is_whitespace()) {
        Some(c) => Err(ValueError::Identifier(text.to_owned(), c)),
        None => Ok(text.to_owned()),
    }
}

/// A URL: a scheme, and a host or a path (CFG-094).
pub(super) fn url(text: &str) -> Result<String, ValueError> {
    let bad = || ValueError::Url(text.to_owned());
    let trimmed = text.trim_start_matches(|c| c <= ' ');
    let (scheme, rest) = trimmed.split_once(':').ok_or_else(bad)?;
    let in_scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.chars().all(in_scheme) {
        return Err(bad());
    }
    let (host, path) = match rest.strip_prefix("//") {
        Some(rest) => rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len())),
        None => ("", rest),
    };
    if host.contains('[') != host.contains(']') {
        return Err(ValueError::UrlBrackets);
    }
    if host.is_empty() && (path.is_empty() || path.starts_with(['?', '#', ';'])) {
        return Err(bad());
    }
    Ok(text.to_owned())
}

/// What was asked for cannot be negative; the reference takes such values and treats them as 0.
pub(super) fn at_least_zero<T: TryFrom<i64> + Limit>(
    number: Result<i64, UnitError>,
) -> Result<T, UnitError> {
    number.map(|number| T::try_from(number.max(0)).unwrap_or(T::MAX))
}

/// Types with a greatest value.
pub(super) trait Limit {
    /// The greatest value.
    const MAX: Self;
}

impl Limit for u32 {
    const MAX: Self = Self::MAX;
}

impl Limit for u64 {
    const MAX: Self = Self::MAX;
}

#[cfg(test)]
mod tests;
