//! The `Host` header: its form, and the names that a listener goes by.

/// Whether the text is a plain `host` or `host:port`, with nothing that could break out of a `Location`
/// header or of a page (DEC-061).
pub(super) fn is_plain(host: &str) -> bool {
    let (name, port) = split_port(host);
    let good_name = match name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'))
    {
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

/// Whether a listener that goes by the names in `allowed` is meant. An entry without a port stands for any
/// port; no entry allows everything (DEC-060).
pub(super) fn is_allowed(host: &str, allowed: &[String]) -> bool {
    let name = split_port(host).0;
    allowed.is_empty()
        || allowed
            .iter()
            .any(|entry| entry.eq_ignore_ascii_case(host) || entry.eq_ignore_ascii_case(name))
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
    use super::{is_allowed, is_plain};

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
            "", ":80", "evil\"x", "a/b", "a b", "a:b", "a:123456", "[::1", "[x]", "a@b", "a:1:2",
            "é",
        ];
        for host in bad {
            assert!(!is_plain(host), "{host}");
        }
    }

    #[test]
    fn names() {
        let allowed = [
            "Example.com".to_owned(),
            "localhost:9001".to_owned(),
            "[::1]".to_owned(),
        ];
        for host in [
            "example.com",
            "EXAMPLE.COM:80",
            "localhost:9001",
            "[::1]:9001",
        ] {
            assert!(is_allowed(host, &allowed), "{host}");
        }
        for host in [
            "evil.com",
            "localhost",
            "localhost:80",
            "example.com.evil.com",
            "",
        ] {
            assert!(!is_allowed(host, &allowed), "{host}");
        }
        assert!(is_allowed("anything", &[]));
    }
}
