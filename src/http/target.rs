//! Request targets without their leading slash, such as `ok.html`, which are no targets to hyper (HTTP-028).
//!
//! Such a target gets two slashes before hyper sees it: pages and files do not care how many there are, and the
//! other paths, which need just one, do not become theirs. For this the requests of a connection are told from
//! each other as they come; where that is not certain, all that follows goes on as it is.

/// What is put in front.
const SLASHES: &[u8] = b"//";

/// Bytes of a header line that are looked at; that is enough for the longest number.
const SEEN: usize = 48;

/// Where in its requests a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before a request; empty lines may come.
    Start,
    /// In the method.
    Method,
    /// At the first byte of the target.
    Target,
    /// In what is left of the request line.
    Line,
    /// In the head.
    Head,
    /// So many bytes of a body are to come.
    Body(u64),
    /// Nobody knows.
    Lost,
}

/// The requests of one connection.
#[derive(Debug)]
pub(super) struct Targets {
    state: State,
    /// The beginning of the header line that is coming.
    line: [u8; SEEN],
    /// How long that line is.
    length: usize,
    /// The length of the body, as declared.
    body: Option<u64>,
    /// The end of the body is told in another way.
    uncounted: bool,
}

impl Default for Targets {
    fn default() -> Self {
        Self {
            state: State::Start,
            line: [0; SEEN],
            length: 0,
            body: None,
            uncounted: false,
        }
    }
}

impl Targets {
    /// Goes on by these bytes. Gives what hyper shall see instead, if that is something else.
    pub(super) fn mend(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut mended = Vec::new();
        let mut taken = 0;
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            if let State::Body(left) = self.state {
                let here = u64::try_from(bytes.len() - at).unwrap_or(left).min(left);
                at += usize::try_from(here).unwrap_or_default();
                self.state = if here == left {
                    State::Start
                } else {
                    State::Body(left - here)
                };
                continue;
            }
            if self.state == State::Lost {
                break;
            }
            if self.state == State::Target && lacks_slash(*byte) {
                mended.extend_from_slice(&bytes[taken..at]);
                mended.extend_from_slice(SLASHES);
                taken = at;
            }
            self.step(*byte);
            at += 1;
        }
        if mended.is_empty() {
            return None;
        }
        mended.extend_from_slice(&bytes[taken..]);
        Some(mended)
    }

    fn step(&mut self, byte: u8) {
        self.state = match (self.state, byte) {
            (State::Start, b'\r' | b'\n') => State::Start,
            (State::Method, b' ') => State::Target,
            (State::Method | State::Target, b'\n') => State::Lost,
            (State::Start | State::Method, _) => State::Method,
            (State::Line, b'\n') => {
                (self.length, self.body, self.uncounted) = (0, None, false);
                State::Head
            }
            (State::Target | State::Line, _) => State::Line,
            (State::Head, b'\n') => self.header(),
            (State::Head, _) => {
                if let Some(place) = self.line.get_mut(self.length) {
                    *place = byte;
                }
                self.length += 1;
                State::Head
            }
            (state @ (State::Body(_) | State::Lost), _) => state,
        };
    }

    /// A header line has ended.
    fn header(&mut self) -> State {
        let length = std::mem::take(&mut self.length);
        let line = self
            .line
            .get(..length)
            .unwrap_or(&self.line)
            .trim_ascii_end();
        if line.is_empty() {
            return match self.body {
                _ if self.uncounted => State::Lost,
                None | Some(0) => State::Start,
                Some(body) => State::Body(body),
            };
        }
        let colon = line.iter().position(|byte| *byte == b':');
        let (name, value) = line.split_at(colon.unwrap_or(line.len()));
        if name.eq_ignore_ascii_case(b"transfer-encoding") {
            self.uncounted = true;
        } else if name.eq_ignore_ascii_case(b"content-length") {
            let value = value.get(1..).unwrap_or_default().trim_ascii();
            let number = str::from_utf8(value)
                .ok()
                .and_then(|text| text.parse().ok());
            // more than one, too long or no number at all: hyper judges that
            self.uncounted |= number.is_none() || self.body.is_some() || length > SEEN;
            self.body = number;
        }
        State::Head
    }
}

/// Whether a target that begins so is a path without its slash. One with an `h` may have `http://` in front, which is
/// served nowhere, as is anything else that begins so.
const fn lacks_slash(first: u8) -> bool {
    first.is_ascii_graphic() && !matches!(first, b'/' | b'*' | b'h' | b'H')
}

#[cfg(test)]
mod tests {
    use super::Targets;

    /// What hyper sees, with the bytes in pieces of that size.
    fn mended(text: &str, size: usize) -> String {
        let mut targets = Targets::default();
        let mut seen = Vec::new();
        for piece in text.as_bytes().chunks(size) {
            seen.extend(targets.mend(piece).unwrap_or_else(|| piece.to_vec()));
        }
        String::from_utf8(seen).expect("text")
    }

    #[test]
    fn http_028_slashes_are_put_in_front() {
        let table = [
            ("GET ok.html HTTP/1.1\r\nHost: x\r\n\r\n", true),
            ("GET ok.html HTTP/1.0\n\n", true),
            ("\r\n\r\nGET %6fk.html HTTP/1.0\r\n\r\n", true),
            ("GET ?message=x HTTP/1.1\r\n\r\n", true),
            ("GET tail.html?a=b HTTP/1.1\r\n\r\n", true),
            ("GET /ok.html HTTP/1.1\r\nX: GET a b\r\n\r\n", false),
            ("GET http://x/ok.html HTTP/1.1\r\n\r\n", false),
            ("OPTIONS * HTTP/1.1\r\n\r\n", false),
            ("GET  ok.html HTTP/1.1\r\n\r\n", false),
            ("GET", false),
            ("GET\nGET ok.html HTTP/1.1\r\n\r\n", false),
        ];
        let space = |text: &str| text.find(' ').map_or(0, |at| at + 1);
        for (text, lacks) in table {
            let mut wanted = text.to_owned();
            if lacks {
                wanted.insert_str(space(text), "//");
            }
            // a request is behind others, and each may have a body
            let post = "POST a HTTP/1.1\r\ncontent-LENGTH: 12 \r\n\r\nGET b HTTP/1";
            let both = format!("{post}{text}");
            let all = format!("POST //{}{wanted}", &post[5..]);
            for size in [1, 2, 3, 7, 1000] {
                assert_eq!(mended(text, size), wanted, "{size}");
                assert_eq!(mended(&both, size), all, "{size}");
            }
        }
    }

    #[test]
    fn what_is_not_certain_is_left_alone() {
        for head in [
            "Transfer-Encoding: chunked",
            "Content-Length: 1\r\nContent-Length: 2",
            "Content-Length: x",
            "Content-Length: 99999999999999999999999",
            "Content-Length: 0000000000000000000000000000000000000000000000000000000000000001",
        ] {
            let text = format!("POST /RPC2 HTTP/1.1\r\n{head}\r\n\r\nGET ok.html HTTP/1.1\r\n\r\n");
            assert_eq!(mended(&text, 5), text);
        }
    }
}
