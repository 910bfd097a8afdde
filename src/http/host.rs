//! The `Host` header: its form, and the names that a listener goes by (ACC-030 to ACC-033).

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::config::{Server, ServerAddress};

/// Whether the text is a plain `host` or `host:port`, with nothing that could break out of a `Location`
/// header or of a page (DEC-061).
pub(super) fn is_plain(host: &str) -> bool {
    let (name, port) = split_port(host);
    let good_name = match in_brackets(name) {
        Some(address) => {
            !address.is_empty()
                && address
                    .bytes()
                    .all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.'))
        }
        None => {
            !name.is_empty()
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
        }
    };
    good_name
        && port.is_none_or(|port| port.len() <= 5 && port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The name without its port.
pub(super) fn name(host: &str) -> &str {
    split_port(host).0
}

/// The names that a listener goes by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Names {
    /// Any: it was said so, or who comes has to show more than a name (ACC-030, ACC-033).
    Any,
    /// These, whoever asks; without a port it is any port (ACC-030).
    Listed(Vec<String>),
    /// Those that no stranger can have, and these. Only browsers are held to them: a page of a site whose name
    /// was made to lead here would read everything (ACC-031, ACC-032).
    Own {
        /// Lower case, without a dot at the end.
        exact: Vec<String>,
        /// With a dot at the front: what ends so.
        domains: Vec<String>,
    },
}

/// Endings of names that no stranger can have.
const LOCAL: [&str; 5] = [".localhost", ".local", ".internal", ".home.arpa", ".lan"];

impl Names {
    /// The names of a server on a machine that is called so.
    pub(super) fn of(server: &Server, machine: &[String]) -> Self {
        let allowed = &server.allowed_hosts;
        match &server.address {
            _ if allowed.iter().any(|entry| entry == "*") => Self::Any,
            _ if !allowed.is_empty() => Self::Listed(allowed.clone()),
            ServerAddress::Inet { host, .. } if server.credentials.is_none() => {
                Self::own(machine, host)
            }
            ServerAddress::Inet { .. } | ServerAddress::Unix { .. } => Self::Any,
        }
    }

    fn own(machine: &[String], host: &str) -> Self {
        let machine = machine.iter().map(|name| compared(name));
        let domains = machine.clone().filter_map(|name| {
            let domain = name.get(name.find('.')?..)?;
            // a domain that is one word may be everybody's
            domain[1..].contains('.').then(|| domain.to_owned())
        });
        let domains = domains.collect();
        let exact = machine.chain([compared(host)]);
        Self::Own {
            exact: exact.filter(|name| !name.is_empty()).collect(),
            domains,
        }
    }

    /// Whether the configuration has a list.
    pub(super) const fn are_listed(&self) -> bool {
        matches!(self, Self::Listed(_))
    }

    /// Whether a request for that host is let in.
    pub(super) fn admit(&self, host: Option<&str>, shows_browser: bool) -> bool {
        match (self, host) {
            (Self::Any, _) | (Self::Listed(_), None) => true,
            (Self::Listed(entries), Some(host)) => {
                entries.iter().any(|entry| is_entry(entry, host))
            }
            (Self::Own { .. }, _) if !shows_browser => true,
            (Self::Own { .. }, None) => false,
            (Self::Own { exact, domains }, Some(host)) => is_known(name(host), exact, domains),
        }
    }
}

/// Whether an entry of `allowed_hosts` is that host. IPv6 addresses stand there with or without brackets, and
/// have many forms.
fn is_entry(entry: &str, host: &str) -> bool {
    let same = |entry: &str, host: &str| {
        let address = |text: &str| in_brackets(text).unwrap_or(text).parse::<Ipv6Addr>().ok();
        entry.eq_ignore_ascii_case(host)
            || address(entry).is_some_and(|entry| address(host) == Some(entry))
    };
    if entry.parse::<Ipv6Addr>().is_ok() {
        return same(entry, name(host));
    }
    let ((entry, port), (host, asked)) = (split_port(entry), split_port(host));
    same(entry, host) && (port.is_none() || port == asked)
}

/// ACC-032.
fn is_known(name: &str, exact: &[String], domains: &[String]) -> bool {
    if let Some(address) = in_brackets(name) {
        return address.parse::<Ipv6Addr>().is_ok();
    }
    let name = compared(name);
    let ends = |ending: &str| name.len() > ending.len() && name.ends_with(ending);
    !name.contains('.')
        || name.parse::<Ipv4Addr>().is_ok()
        || LOCAL.into_iter().any(ends)
        || exact.contains(&name)
        || domains.iter().any(|domain| ends(domain))
}

/// A name as it is compared.
fn compared(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

fn in_brackets(name: &str) -> Option<&str> {
    name.strip_prefix('[')?.strip_suffix(']')
}

/// Splits at the colon before the port, not at those of an IPv6 address in brackets.
fn split_port(host: &str) -> (&str, Option<&str>) {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, Some(port)),
        _ => (host, None),
    }
}

#[cfg(test)]
mod tests {
    use super::{Names, is_plain};
    use crate::config::{Credentials, Ownership, Server, ServerAddress};

    #[test]
    fn forms() {
        for host in [
            "localhost",
            "example.com:9001",
            "127.0.0.1",
            "[::1]:80",
            "[::1]",
            "a_b-c",
            "x:",
        ] {
            assert!(is_plain(host), "{host}");
        }
        let bad = [
            "",
            ":80",
            "evil\"x",
            "a/b",
            "a b",
            "a:b",
            "a:123456",
            "[::1",
            "[x]",
            "a@b",
            "a:1:2",
            "é",
            "[]",
            "[fe80::1%eth0]",
        ];
        for host in bad {
            assert!(!is_plain(host), "{host}");
        }
    }

    fn inet(host: &str) -> Server {
        Server {
            section: "inet_http_server".to_owned(),
            address: ServerAddress::Inet {
                host: host.to_owned(),
                port: 9001,
            },
            credentials: None,
            allowed_hosts: Vec::new(),
        }
    }

    fn unix() -> Server {
        let address = ServerAddress::Unix {
            file: "/s".into(),
            chmod: 0o700,
            chown: Ownership::default(),
        };
        Server {
            address,
            ..inet("")
        }
    }

    fn listed(entries: &[&str]) -> Server {
        let allowed_hosts = entries.iter().map(|entry| (*entry).to_owned()).collect();
        Server {
            allowed_hosts,
            ..inet("")
        }
    }

    #[test]
    fn acc_030_names_that_are_listed() {
        let entries = [
            "example.com",
            "localhost:9001",
            "[::1]",
            "fd00::2",
            "[fd00::3]:9001",
        ];
        let names = Names::of(&listed(&entries), &[]);
        for host in [
            "example.com",
            "EXAMPLE.COM:80",
            "localhost:9001",
            "[::1]:9001",
            "[::1]",
            "[0:0::1]:1",
            "[FD00::2]:9001",
            "[fd00:0::2]",
            "[fd00::3]:9001",
        ] {
            assert!(names.admit(Some(host), false), "{host}");
            assert!(names.admit(Some(host), true), "{host}");
        }
        for host in [
            "evil.com",
            "localhost",
            "localhost:80",
            "example.com.evil.com",
            "127.0.0.1",
            "[::2]",
            "[fd00::3]:9002",
            "[fd00::3]",
        ] {
            assert!(!names.admit(Some(host), false), "{host}");
            assert!(!names.admit(Some(host), true), "{host}");
        }
        assert!(names.admit(None, false) && names.are_listed());
        let any = Names::of(&listed(&["example.com", "*"]), &[]);
        assert!(any.admit(Some("evil.com"), true) && any.admit(None, true));
    }

    #[test]
    fn acc_032_names_that_are_known() {
        let machine = ["web1.Example.org.".to_owned(), "db.lan".to_owned()];
        let names = Names::of(&inet("Sup.Example.net"), &machine);
        for host in [
            "127.0.0.1:9001",
            "10.1.2.3",
            "[::1]:9001",
            "[2001:db8::7]",
            "localhost",
            "localhost.:9001",
            "supervisor:9001",
            "x.localhost",
            "box.local",
            "a.b.internal",
            "x.home.arpa",
            "router.lan.",
            "web1.example.org",
            "WEB2.example.ORG:1",
            "deep.down.example.org",
            "sup.example.net:9001",
        ] {
            assert!(names.admit(Some(host), true), "{host}");
        }
        for host in [
            "rebind.evil.example",
            "rebind.evil.example:9001",
            "example.org.evil.example",
            "evilexample.org",
            "example.org",
            "www.example.net",
            "1.2.3.4.5",
            "1.2.3",
            "127.0.0.1.evil.example",
            ".local",
            "[1234]",
            "x.localhost.evil",
        ] {
            assert!(!names.admit(Some(host), true), "{host}");
            // who is no browser cannot be led astray
            assert!(names.admit(Some(host), false), "{host}");
        }
        assert!(!names.admit(None, true) && names.admit(None, false));
        // of a domain that is one word nobody knows whose it is
        let names = Names::of(&inet(""), &["web1.example".to_owned()]);
        assert!(names.admit(Some("web1.example"), true));
        assert!(!names.admit(Some("web2.example"), true));
    }

    #[test]
    fn acc_033_where_a_name_is_not_enough_any_will_do() {
        let credentials = Some(Credentials {
            username: "u".to_owned(),
            password: "p".to_owned(),
        });
        let locked = Server {
            credentials,
            ..inet("")
        };
        for server in [locked, unix()] {
            assert_eq!(Names::of(&server, &[]), Names::Any);
        }
    }
}
