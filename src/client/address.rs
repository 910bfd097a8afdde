//! Where the server is: `http://host:port` or `unix:///path` (CTL-011).

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
            host: host.to_lowercase(),
            port: parse_port(port)?,
        })
    }

    /// What the `Host` header says (CTL-041).
    pub fn host_header(&self) -> String {
        match self {
            Self::Unix(_) => "localhost".to_owned(),
            Self::Inet { host, port } => {
                let host = if host.contains(':') {
                    format!("[{host}]")
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

fn parse_port(port: Option<&str>) -> Result<u16, ClientError> {
    let Some(text) = port.filter(|text| !text.is_empty()) else {
        return Ok(DEFAULT_PORT);
    };
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ClientError::BadPort(text.to_owned()));
    }
    text.parse().map_err(|_| ClientError::PortRange)
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
            (
                "http://:9001",
                "no host in serverurl http://:9001".to_owned(),
            ),
            ("http:///", "no host in serverurl http:///".to_owned()),
            ("http://h:", inet("h", 80)),
            ("http://[::1]:9001", inet("::1", 9001)),
            ("http://[::1]", inet("::1", 80)),
            ("unix:///tmp/s.sock", "/tmp/s.sock".to_owned()),
            ("unix://s.sock", "s.sock".to_owned()),
            (
                "https://h:1",
                "Unknown protocol for serverurl https://h:1".to_owned(),
            ),
            (
                "unix:/x",
                "Unknown protocol for serverurl unix:/x".to_owned(),
            ),
            ("foo", "Unknown protocol for serverurl foo".to_owned()),
            (
                "http://h:x",
                "Port could not be cast to integer value as 'x'".to_owned(),
            ),
            ("http://h:65536", "Port out of range 0-65535".to_owned()),
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
    fn host_headers() {
        let table = [
            ("http://h", "h"),
            ("http://h:9001", "h:9001"),
            ("http://[::1]:9001", "[::1]:9001"),
            ("unix:///tmp/s.sock", "localhost"),
        ];
        for (url, header) in table {
            assert_eq!(Address::parse(url).unwrap().host_header(), header, "{url}");
        }
    }
}
