//! Plain HTTP requests, one per connection.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::Path;

use super::wait::DEADLINE;

/// An answer: status, head and body.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The number of the status line.
    pub(crate) status: u16,
    /// The head as it came.
    pub(crate) head: String,
    /// The bytes after the head.
    pub(crate) body: Vec<u8>,
}

/// Sends one request through a Unix socket and reads until the other side closes.
pub(crate) fn unix(
    socket: &Path,
    method: &str,
    target: &str,
    headers: &[&str],
    body: &[u8],
) -> io::Result<Answer> {
    let stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(DEADLINE))?;
    exchange(stream, method, target, headers, body)
}

/// Sends one request to a TCP port of this machine and reads until the other side closes.
pub(crate) fn tcp(
    port: u16,
    method: &str,
    target: &str,
    headers: &[&str],
    body: &[u8],
) -> io::Result<Answer> {
    let stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(DEADLINE))?;
    exchange(stream, method, target, headers, body)
}

fn exchange(
    mut stream: impl Read + Write,
    method: &str,
    target: &str,
    headers: &[&str],
    body: &[u8],
) -> io::Result<Answer> {
    let length = format!("Content-Length: {}", body.len());
    let mut lines = vec!["Host: localhost", "Connection: close"];
    lines.extend(headers);
    if method == "POST" {
        lines.extend(["Content-Type: text/xml", &length]);
    }
    let request = format!(
        "{method} {target} HTTP/1.1\r\n{}\r\n\r\n",
        lines.join("\r\n")
    );
    stream.write_all(&[request.as_bytes(), body].concat())?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    split(&bytes).ok_or_else(|| io::Error::other("no HTTP answer"))
}

fn split(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let body = bytes[end + 4..].to_vec();
    Some(Answer { status, head, body })
}
