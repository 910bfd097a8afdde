//! One HTTP/1.1 response, read from bytes as they come. Pure: knows no socket.

use httparse::{EMPTY_HEADER, ParserConfig, Response, Status};

use super::error::ClientError;

/// The most that status line, headers and trailers may have, in bytes.
const MAX_HEAD: usize = 64 * 1024;

/// Status line and the headers that matter here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The status code.
    pub status: u16,
    /// The words after it.
    pub reason: String,
}

/// What the next bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Head,
    /// That many bytes of a body of known length.
    Counted(u64),
    /// The body goes on until the server closes the connection.
    UntilClose,
    ChunkSize,
    /// That many bytes of a chunk.
    Chunk(u64),
    /// The line end after a chunk.
    ChunkEnd,
    Trailer,
    Complete,
}

/// Takes the bytes of a connection and gives the body's bytes.
#[derive(Debug)]
pub struct Incoming {
    part: Part,
    /// Bytes that are not understood yet; at most [`MAX_HEAD`].
    pending: Vec<u8>,
    head: Option<Head>,
}

impl Default for Incoming {
    fn default() -> Self {
        Self {
            part: Part::Head,
            pending: Vec::new(),
            head: None,
        }
    }
}

impl Incoming {
    /// The status line, as soon as all headers have come.
    pub fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    /// Nothing more belongs to this response.
    pub fn is_complete(&self) -> bool {
        self.part == Part::Complete
    }

    /// How many bytes of the body must come next, before anything else; 0 if that is not known.
    pub fn left(&self) -> usize {
        match self.part {
            Part::Counted(left) | Part::Chunk(left) => usize::try_from(left).unwrap_or(usize::MAX),
            _ => 0,
        }
    }

    /// Somebody else took `count` bytes, at most [`left`](Self::left), and has them in the body.
    pub fn skip(&mut self, count: usize) {
        let count = count as u64;
        self.part = match self.part {
            Part::Counted(left) if left <= count => Part::Complete,
            Part::Counted(left) => Part::Counted(left - count),
            Part::Chunk(left) if left <= count => Part::ChunkEnd,
            Part::Chunk(left) => Part::Chunk(left - count),
            part => part,
        };
    }

    /// Takes `bytes` and appends what they add to the body. Bytes after the end are dropped.
    pub fn feed(&mut self, mut bytes: &[u8], body: &mut Vec<u8>) -> Result<(), ClientError> {
        while !bytes.is_empty() {
            match self.part {
                Part::Complete => return Ok(()),
                Part::UntilClose => {
                    body.extend_from_slice(bytes);
                    return Ok(());
                }
                Part::Counted(left) => {
                    let taken = take(&mut bytes, left, body);
                    self.part = match left - taken {
                        0 => Part::Complete,
                        left => Part::Counted(left),
                    };
                }
                Part::Chunk(left) => {
                    let taken = take(&mut bytes, left, body);
                    self.part = match left - taken {
                        0 => Part::ChunkEnd,
                        left => Part::Chunk(left),
                    };
                }
                Part::Head => self.feed_head(&mut bytes)?,
                Part::ChunkSize | Part::ChunkEnd | Part::Trailer => self.feed_line(&mut bytes)?,
            }
        }
        Ok(())
    }

    /// The connection was closed: fine after a body without a length, else an error.
    /// `read` is how much of the body had come.
    pub fn close(&mut self, read: usize) -> Result<(), ClientError> {
        match self.part {
            Part::Complete | Part::UntilClose => {
                self.part = Part::Complete;
                Ok(())
            }
            Part::Head if self.pending.is_empty() => Err(ClientError::HungUp),
            _ => Err(ClientError::Truncated(read)),
        }
    }

    fn feed_head(&mut self, bytes: &mut &[u8]) -> Result<(), ClientError> {
        let before = self.pending.len();
        self.pending.extend_from_slice(bytes);
        // whole lines alone, so that it is the same in whatever pieces they come
        let last = bytes.iter().rposition(|byte| *byte == b'\n');
        let lines = last.and_then(|last| self.pending.get(..=before + last));
        let read = lines.map_or(Ok(None), read_head)?;
        let Some((end, head, part)) = read else {
            *bytes = &[];
            return within_bound(self.pending.len());
        };
        within_bound(end)?;
        *bytes = bytes.get(end - before..).unwrap_or_default();
        self.pending.clear();
        // an interim response is followed by the real one
        if !(100..200).contains(&head.status) {
            self.head = Some(head);
            self.part = part;
        }
        Ok(())
    }

    fn feed_line(&mut self, bytes: &mut &[u8]) -> Result<(), ClientError> {
        let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
            self.pending.extend_from_slice(bytes);
            *bytes = &[];
            return within_bound(self.pending.len());
        };
        let (line, rest) = bytes.split_at(end + 1);
        *bytes = rest;
        self.pending.extend_from_slice(line);
        within_bound(self.pending.len())?;
        let is_empty = self.pending.trim_ascii().is_empty();
        self.part = match self.part {
            Part::ChunkEnd if is_empty => Part::ChunkSize,
            Part::ChunkSize => match chunk_size(&self.pending)? {
                0 => Part::Trailer,
                size => Part::Chunk(size),
            },
            Part::Trailer if is_empty => Part::Complete,
            Part::Trailer => Part::Trailer,
            _ => return Err(ClientError::BadResponse("chunk without an end")),
        };
        self.pending.clear();
        Ok(())
    }
}

/// Moves up to `left` bytes into `body` and says how many.
fn take(bytes: &mut &[u8], left: u64, body: &mut Vec<u8>) -> u64 {
    let count = usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()));
    body.extend_from_slice(&bytes[..count]);
    *bytes = &bytes[count..];
    count as u64
}

fn within_bound(length: usize) -> Result<(), ClientError> {
    if length > MAX_HEAD {
        return Err(ClientError::BadResponse("headers are too long"));
    }
    Ok(())
}

/// The head at the beginning of `bytes` and the place after it; none if its end has not come. As lenient as clients
/// in use are.
fn read_head(bytes: &[u8]) -> Result<Option<(usize, Head, Part)>, ClientError> {
    let most = bytes.split(|byte| *byte == b'\n').count();
    let mut headers = vec![EMPTY_HEADER; most];
    let mut response = Response::new(&mut headers);
    let read = ParserConfig::default()
        .allow_spaces_after_header_name_in_responses(true)
        .allow_obsolete_multiline_headers_in_responses(true)
        .ignore_invalid_headers_in_responses(true)
        .parse_response(&mut response, bytes);
    let no_http = ClientError::BadResponse("the answer is no HTTP");
    let end = match read {
        Ok(Status::Complete(end)) => end,
        Ok(Status::Partial) => return Ok(None),
        Err(_) => return Err(no_http),
    };
    let head = Head {
        status: response.code.ok_or(no_http)?,
        reason: response.reason.unwrap_or_default().trim().to_owned(),
    };
    let (mut length, mut chunked) = (None, false);
    for header in response.headers {
        let value = String::from_utf8_lossy(header.value);
        let value = value.trim();
        if header.name.eq_ignore_ascii_case("content-length") {
            let number = value.parse::<u64>();
            length = Some(number.map_err(|_| ClientError::BadResponse("bad Content-Length"))?);
        } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
            chunked = value.to_ascii_lowercase().ends_with("chunked");
        }
    }
    let part = match (chunked, length) {
        (true, _) => Part::ChunkSize,
        (false, Some(0)) => Part::Complete,
        (false, Some(length)) => Part::Counted(length),
        (false, None) => Part::UntilClose,
    };
    Ok(Some((end, head, part)))
}

/// The size in a chunk's first line, which may have extensions after a semicolon.
fn chunk_size(line: &[u8]) -> Result<u64, ClientError> {
    // for httparse a line without digits is a zero
    let begins = line.first().is_some_and(u8::is_ascii_hexdigit);
    match httparse::parse_chunk_size(line) {
        Ok(Status::Complete((_, size))) if begins => Ok(size),
        _ => Err(ClientError::BadResponse("bad size of a chunk")),
    }
}

#[cfg(test)]
mod tests {
    use super::{ClientError, Incoming, MAX_HEAD};

    /// Feeds `text` in pieces of `size` bytes: status, body, complete.
    fn read(text: &str, size: usize) -> Result<(u16, String, bool), ClientError> {
        let (mut incoming, mut body) = (Incoming::default(), Vec::new());
        for piece in text.as_bytes().chunks(size) {
            incoming.feed(piece, &mut body)?;
        }
        let head = incoming.head();
        Ok((
            head.map_or(0, |head| head.status),
            String::from_utf8(body).unwrap(),
            incoming.is_complete(),
        ))
    }

    #[test]
    fn responses_in_pieces_of_every_size() {
        let table = [
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
                (200, "hello", true),
            ),
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhel",
                (200, "hel", false),
            ),
            ("HTTP/1.0 200 OK\n\nrest", (200, "rest", false)),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0a\r\n0123456789\r\n0\r\nT: x\r\n\r\n",
                (200, "abc0123456789", true),
            ),
            (
                "HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
                (401, "", true),
            ),
            (
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxtoo much",
                (200, "x", true),
            ),
            ("HTTP/1.1 200", (0, "", false)),
        ];
        for (text, wanted) in table {
            for size in 1..=text.len() {
                let found = read(text, size).unwrap();
                let found = (found.0, found.1.as_str(), found.2);
                assert_eq!(found, wanted, "{text:?} by {size}");
            }
        }
    }

    #[test]
    fn others_may_take_the_body() {
        let table: [(&str, &[&str]); 2] = [
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n",
                &["hello", "!!", ""],
            ),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n",
                &["hello", "\r\n2\r\n", "!!", "\r\n0\r\n\r\n"],
            ),
        ];
        for (head, rest) in table {
            let (mut incoming, mut body) = (Incoming::default(), Vec::new());
            assert_eq!(incoming.left(), 0);
            incoming.feed(head.as_bytes(), &mut body).unwrap();
            for piece in rest {
                assert!(!incoming.is_complete() || piece.is_empty());
                if incoming.left() >= piece.len() {
                    let before = incoming.left();
                    body.extend_from_slice(piece.as_bytes());
                    incoming.skip(piece.len());
                    let after = before - piece.len();
                    assert_eq!(incoming.left(), after);
                } else {
                    incoming.feed(piece.as_bytes(), &mut body).unwrap();
                }
            }
            assert!(incoming.is_complete());
            assert_eq!(body, b"hello!!");
        }
    }

    #[test]
    fn refuses_what_is_no_http() {
        let table = [
            "SSH-2.0-OpenSSH\r\n\r\n".to_owned(),
            "HTTP/1.1 abc\r\n\r\n".to_owned(),
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n".to_owned(),
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n".to_owned(),
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n".to_owned(),
            format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(MAX_HEAD)),
        ];
        for text in table {
            for size in [1, text.len()] {
                assert!(
                    read(&text, size).is_err(),
                    "{:?} by {size}",
                    &text[..20.min(text.len())]
                );
            }
        }
    }

    #[test]
    fn closing() {
        let table = [
            (
                "",
                "closed the connection without an answer: it has ended, or is no supervisord",
            ),
            (
                "HTTP/1.1 200 O",
                "closed the connection after 0 bytes of its answer",
            ),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel",
                "closed the connection after 3 bytes of its answer",
            ),
            ("HTTP/1.1 200 OK\r\n\r\nhel", "fine"),
        ];
        for (text, wanted) in table {
            let (mut incoming, mut body) = (Incoming::default(), Vec::new());
            incoming.feed(text.as_bytes(), &mut body).unwrap();
            let found = match incoming.close(body.len()) {
                Ok(()) => "fine".to_owned(),
                Err(error) => error.to_string(),
            };
            assert_eq!(found, wanted, "{text:?}");
        }
    }
}
