//! Where the server is: `http://host:port` or `unix:///path` (CTL-011).

use std::fmt;
use std::path::PathBuf;

use super::error::ClientError;

/// The port of an `http://` URL that names none.
const DEFAULT_PORT: u16 = 80;

/// An address to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// TCP.
    Inet {
        /// Name or address, lower case, without brackets.
        host: String,
        /// 0 to 65535.
        port: u16,
    },
    /// A Unix socket, absolute or relative to the working directory.
    Unix(PathBuf),
}

impl Address {
    /// Reads a server's URL. Whatever follows the host and port is ignored, as are a user and a password
    /// before them.
    pub fn parse(url: &str) -> Result<Self, ClientError> {
        if let Some(path) = url.strip_prefix("unix://") {
            return Ok(Self::Unix(PathBuf::from(path)));
        }
        let rest = url
            .strip_prefix("http://")
            .ok_or_else(|| ClientError::UnknownProtocol(url.to_owned()))?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let authority = &rest[..end];
        let authority = authority
            .rsplit_once('@')
            .map_or(authority, |(_, host)| host);
        let (host, port) = split_port(authority);
        if host.is_empty() {
            return Err(ClientError::NoHost(url.to_owned()));
        }
        Ok(Self::Inet {
            host: host_name(host),
            port: parse_port(port).ok_or_else(|| ClientError::BadPort(url.to_owned()))?,
        })
    }

    /// What the `Host` header says (CTL-041).
    pub fn host_header(&self) -> String {
        match self {
            Self::Unix(_) => "localhost".to_owned(),
            Self::Inet { host, port } => {
                let host = if host.contains(':') {
                    // a zone is a name of this machine's, which is nobody else's business
                    format!("[{}]", host.split('%').next().unwrap_or_default())
                } else {
                    host.clone()
                };
                if *port == DEFAULT_PORT {
                    host
                } else {
                    format!("{host}:{port}")
                }
            }
        }
    }
}

/// As the user would write it.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Inet { .. } => write!(f, "http://{}", self.host_header()),
        }
    }
}

/// A host as it is looked up: in lower case, but for the zone of an IPv6 address, which may be encoded (`%25`).
fn host_name(host: &str) -> String {
    match host.split_once('%') {
        Some((address, zone)) => {
            let decoded = zone.strip_prefix("25").filter(|zone| !zone.is_empty());
            let zone = decoded.unwrap_or(zone);
            format!("{}%{zone}", address.to_lowercase())
        }
        None => host.to_lowercase(),
    }
}

/// Host and port of an authority; the host of IPv6 stands in brackets.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    if let Some((host, rest)) = authority
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    {
        return (host, rest.strip_prefix(':'));
    }
    match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    }
}

/// None if it is no port.
fn parse_port(port: Option<&str>) -> Option<u16> {
    let Some(text) = port.filter(|text| !text.is_empty()) else {
        return Some(DEFAULT_PORT);
    };
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

#[cfg(test)]
mod tests {
    use super::Address;

    fn inet(host: &str, port: u16) -> String {
        format!("{host} {port}")
    }

    #[test]
    fn urls() {
        let table = [
            ("http://localhost:9001", inet("localhost", 9001)),
            ("http://LocalHost", inet("localhost", 80)),
            ("http://h:1/any/path?x", inet("h", 1)),
            ("http://u:p@h:1/", inet("h", 1)),
            ("http://h:", inet("h", 80)),
            ("http://[::1]:9001", inet("::1", 9001)),
            ("http://[::1]", inet("::1", 80)),
            ("http://[FD00::1]:9001/RPC2", inet("fd00::1", 9001)),
            ("http://u:p@[::1]:9001", inet("::1", 9001)),
            ("http://[FE80::1%Eth0]:9001", inet("fe80::1%Eth0", 9001)),
            ("http://[fe80::1%25eth0]:9001", inet("fe80::1%eth0", 9001)),
            ("unix:///tmp/s.sock", "/tmp/s.sock".to_owned()),
            ("unix://s.sock", "s.sock".to_owned()),
        ];
        for (url, wanted) in table {
            let found = match Address::parse(url) {
                Ok(Address::Inet { host, port }) => inet(&host, port),
                Ok(Address::Unix(path)) => path.display().to_string(),
                Err(error) => error.to_string(),
            };
            assert_eq!(found, wanted, "{url}");
        }
    }

    #[test]
    fn ctl_010_urls_that_cannot_be_used() {
        let scheme = "it must begin with http:// or unix://";
        let port = "its port is no number from 0 to 65535";
        let table = [
            ("https://h:1", scheme),
            ("unix:/x", scheme),
            ("foo", scheme),
            ("http://h:x", port),
            ("http://h:+1", port),
            ("http://h:65536", port),
            ("http://:9001", "it names no host"),
            ("http:///", "it names no host"),
        ];
        for (url, why) in table {
            let error = Address::parse(url).unwrap_err().to_string();
            let start = format!("cannot use the server URL '{url}': {why}");
            assert!(error.starts_with(&start), "{error}");
        }
    }

    #[test]
    fn host_headers() {
        let table = [
            ("http://h", "h"),
            ("http://h:9001", "h:9001"),
            ("http://[::1]:9001", "[::1]:9001"),
            ("http://[fe80::1%25eth0]:9001", "[fe80::1]:9001"),
            ("unix:///tmp/s.sock", "localhost"),
        ];
        for (url, header) in table {
            assert_eq!(Address::parse(url).unwrap().host_header(), header, "{url}");
        }
    }
}
