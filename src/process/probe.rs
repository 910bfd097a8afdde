//! What an HTTP check sends, and what it makes of the answer; pure (HLT-025 to HLT-027).

use httparse::{EMPTY_HEADER, Error, Response, Status};

use crate::base::base64;

use super::lifecycle::check::Request;

/// The longest head of an answer (HLT-027).
pub const LONGEST_HEAD: usize = 64 * 1024;

/// How many of its headers are looked at; the status stands before them.
const HEADERS: usize = 256;

/// What an answer is so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// More is needed.
    More,
    /// Its head is there, with this status.
    Status(u16),
    /// It will not be HTTP, whatever comes.
    NotHttp,
}

impl Answer {
    /// Whether that status is a success (HLT-020).
    pub const fn is_good(status: u16) -> bool {
        matches!(status, 200..400)
    }

    /// Judges all that came so far. Heads that only announce another one are passed over.
    pub fn read(received: &[u8]) -> Self {
        let mut rest = received;
        loop {
            let mut headers = [EMPTY_HEADER; HEADERS];
            let mut response = Response::new(&mut headers);
            let head = match response.parse(rest) {
                Ok(Status::Complete(length)) => Some(length),
                Ok(Status::Partial) => None,
                Err(Error::TooManyHeaders) => end_of_head(rest),
                Err(_) => return Self::NotHttp,
            };
            return match (head, response.code) {
                (Some(length), Some(100 | 102..200)) => {
                    rest = rest.get(length..).unwrap_or_default();
                    continue;
                }
                (Some(_), Some(code)) => Self::Status(code),
                _ if received.len() >= LONGEST_HEAD => Self::NotHttp,
                _ => Self::More,
            };
        }
    }
}

/// The length of a head with more headers than are looked at.
fn end_of_head(text: &[u8]) -> Option<usize> {
    let end = text.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some(end + 4)
}

/// The bytes of a request with this body (HLT-026).
pub fn request(request: &Request, body: Option<&[u8]>) -> Vec<u8> {
    let mut headers = vec![
        ("Host", request.authority.clone()),
        ("User-Agent", "supervisord".to_owned()),
        ("Connection", "close".to_owned()),
    ];
    if let Some((user, password)) = &request.credentials {
        let credentials = base64::encode(format!("{user}:{password}").as_bytes());
        headers.push(("Authorization", format!("Basic {credentials}")));
    }
    if let Some(body) = body {
        headers.push(("Content-Length", body.len().to_string()));
    }
    let replaced = |name: &str| {
        let mut given = request.headers.iter();
        given.any(|(other, _)| other.eq_ignore_ascii_case(name))
    };
    headers.retain(|(name, _)| !replaced(name));
    let mut text = format!("{} {} HTTP/1.1\r\n", request.method, request.path);
    let given = request.headers.iter();
    let given = given.map(|(name, value)| (name.as_str(), value.clone()));
    for (name, value) in headers.into_iter().chain(given) {
        text.extend([name, ": ", &value, "\r\n"]);
    }
    text.push_str("\r\n");
    let mut bytes = text.into_bytes();
    bytes.extend(body.unwrap_or_default());
    bytes
}

#[cfg(test)]
mod tests {
    use super::{Answer, LONGEST_HEAD, Request, request};

    fn get() -> Request {
        Request {
            tls: false,
            host: "web".to_owned(),
            port: 8080,
            authority: "web:8080".to_owned(),
            path: "/ping?x=1".to_owned(),
            method: "GET".to_owned(),
            headers: Vec::new(),
            credentials: None,
            data: None,
            identity: None,
            ca_file: None,
            insecure: false,
        }
    }

    fn text(wanted: &Request, body: Option<&[u8]>) -> String {
        String::from_utf8(request(wanted, body)).unwrap()
    }

    #[test]
    fn hlt_026_requests() {
        let usual = "GET /ping?x=1 HTTP/1.1\r\nHost: web:8080\r\nUser-Agent: supervisord\r\n\
                     Connection: close\r\n\r\n";
        assert_eq!(text(&get(), None), usual);
        let post = Request {
            method: "POST".to_owned(),
            credentials: Some(("me".to_owned(), "p:w".to_owned())),
            headers: vec![
                ("HOST".to_owned(), "other".to_owned()),
                ("X-A".to_owned(), "1".to_owned()),
                ("X-A".to_owned(), "2".to_owned()),
            ],
            ..get()
        };
        assert_eq!(
            text(&post, Some(b"a=1")),
            "POST /ping?x=1 HTTP/1.1\r\nUser-Agent: supervisord\r\nConnection: close\r\n\
             Authorization: Basic bWU6cDp3\r\nContent-Length: 3\r\nHOST: other\r\nX-A: 1\r\n\
             X-A: 2\r\n\r\na=1"
        );
    }

    #[test]
    fn hlt_027_answers() {
        let many = format!(
            "HTTP/1.1 204 No Content\r\n{}\r\n",
            "X-H: 1\r\n".repeat(1000)
        );
        let endless = format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(LONGEST_HEAD));
        let table = [
            ("", Answer::More),
            ("HTTP/1.1 200 OK\r\n", Answer::More),
            ("HTTP/1.1 200 OK\r\n\r\nbody", Answer::Status(200)),
            ("HTTP/1.0 399 Odd\r\nA: b\r\n\r\n", Answer::Status(399)),
            ("HTTP/1.1 503 No\r\n\r\n", Answer::Status(503)),
            (
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 \r\n\r\n",
                Answer::Status(204),
            ),
            ("HTTP/1.1 100 Continue\r\n\r\n", Answer::More),
            (
                "HTTP/1.1 101 Switching Protocols\r\n\r\n",
                Answer::Status(101),
            ),
            ("SSH-2.0-OpenSSH\r\n", Answer::NotHttp),
            ("\0", Answer::NotHttp),
            (many.as_str(), Answer::Status(204)),
            (endless.as_str(), Answer::NotHttp),
        ];
        for (received, answer) in table {
            let shown: String = received.chars().take(40).collect();
            assert_eq!(Answer::read(received.as_bytes()), answer, "{shown:?}");
        }
        for (status, good) in [(199, false), (200, true), (399, true), (400, false)] {
            assert_eq!(Answer::is_good(status), good, "{status}");
        }
    }
}
