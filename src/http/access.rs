//! Lines about requests in the main log.

use std::time::{Duration, UNIX_EPOCH};

use hyper::{Method, Uri, Version};

use crate::base::clock::Wall;
use crate::base::level::Level;

use super::answer::{self, Answer};

/// What an access line says of a request, kept while the request is answered.
pub(super) struct Access {
    method: Method,
    uri: Uri,
    version: Version,
}

impl Access {
    pub(super) const fn new(method: Method, uri: Uri, version: Version) -> Self {
        Self {
            method,
            uri,
            version,
        }
    }

    pub(super) const fn method(&self) -> &Method {
        &self.method
    }

    /// TRAC, or ERRO if the line contains the word "error" (LOG-075, LOG-076).
    pub(super) fn level(&self) -> Level {
        let says_so = |text: &str| {
            let mut words = text.as_bytes().windows(5);
            words.any(|word| word.eq_ignore_ascii_case(b"error"))
        };
        // a target is a path, unless it has more in front, which is rare
        let said = match (self.uri.scheme(), self.uri.path_and_query()) {
            (None, Some(path)) => says_so(path.as_str()),
            _ => says_so(&self.uri.to_string()),
        };
        if said { Level::Error } else { Level::Trace }
    }

    /// The line. hyper lets no control character into a target, so it needs no escaping (HTTP-F18).
    pub(super) fn line(&self, peer: &str, now: Wall, answer: &Answer) -> String {
        let version = if self.version == Version::HTTP_10 {
            "1.0"
        } else {
            "1.1"
        };
        let (method, uri) = (&self.method, &self.uri);
        let (date, status, bytes) = (date(now), answer.status().as_u16(), size(answer));
        format!("{peer} - - [{date}] \"{method} {uri} HTTP/{version}\" {status} {bytes}")
    }
}

/// Bytes of the answer, head and body; of a stream its head.
fn size(answer: &Answer) -> usize {
    let reason = answer.status().canonical_reason().unwrap_or_default();
    let fixed = "HTTP/1.1 200 \r\n".len()
        + reason.len()
        + "Date: Sun, 22 Nov 2026 11:48:15 GMT\r\n\r\n".len();
    let headers: usize = answer
        .headers()
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len())
        .sum();
    fixed + headers + answer.body().length().unwrap_or_default()
}

/// `22/Nov/2026:11:48:15 +0000`
fn date(now: Wall) -> String {
    let seconds = u64::try_from(now.seconds()).unwrap_or_default();
    let text = answer::http_date(UNIX_EPOCH + Duration::from_secs(seconds));
    let mut words = text.split(' ').skip(1);
    let mut word = || words.next().unwrap_or_default();
    let (day, month, year, time) = (word(), word(), word(), word());
    format!("{day}/{month}/{year}:{time} +0000")
}

/// How much of a body is shown, in bytes.
pub(super) const EXCERPT: usize = 1024;

/// The beginning of a request's body, for a line that says what is wrong with it (RPC-010).
pub(super) fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(EXCERPT)]);
    let more = if body.len() > EXCERPT { "..." } else { "" };
    let mut quoted = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '\'' => quoted.push_str("\\'"),
            '"' => quoted.push('"'),
            _ => quoted.extend(character.escape_debug()),
        }
    }
    format!("'{quoted}'{more}")
}

#[cfg(test)]
mod tests {
    use super::{Access, Level, Method, Version, Wall, date, excerpt};

    #[test]
    fn dates() {
        assert_eq!(
            date(Wall(1_795_348_095_000_000_000)),
            "22/Nov/2026:11:48:15 +0000"
        );
    }

    #[test]
    fn levels() {
        for (uri, level) in [
            ("/RPC2", Level::Trace),
            ("/Error", Level::Error),
            ("/?x=ERRORS", Level::Error),
            ("http://error.example/x", Level::Error),
            ("http://example/x", Level::Trace),
            ("*", Level::Trace),
        ] {
            let access = Access::new(Method::GET, uri.parse().unwrap(), Version::HTTP_11);
            assert_eq!(access.level(), level, "{uri}");
        }
    }

    #[test]
    fn excerpts() {
        assert_eq!(
            excerpt(b"<a b='c'>\n\"\xff\0"),
            "'<a b=\\'c\\'>\\n\"\u{fffd}\\0'"
        );
        assert!(excerpt(&[b'x'; 5000]).ends_with("xxx'..."));
        assert!(excerpt(&[b'x'; 5000]).len() < 1100);
    }
}
