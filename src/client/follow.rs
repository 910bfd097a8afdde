//! Streams of log bytes, as `tail -f`, `maintail -f` and `fg` show them.

use std::os::fd::{AsFd, BorrowedFd};

use nix::poll::{PollFlags, PollTimeout};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::address::Address;
use super::commands::request::Log;
use super::console::Console;
use super::error::ClientError;
use super::problem::Problem;
use super::render;
use super::report::{Entry, Report};
use super::response::Incoming;
use super::transport::{Interrupter, Remote, Socket, wait_any};

/// How much is read at a time, in bytes.
const CHUNK: usize = 64 * 1024;

/// What is said before something that only Ctrl-C ends.
pub const HOW_TO_END: &str = "==> Press Ctrl-C to exit <==";

/// One log that the server sends as it grows.
#[derive(Debug)]
pub struct Stream {
    /// What error lines call it (CTL-124).
    url: String,
    socket: Socket,
    incoming: Incoming,
    state: State,
}

/// How far a stream has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// More may come.
    Open,
    /// The server ended it.
    Ended,
    /// The server has no such log, or does not give it, and answered with this status.
    Refused(u16),
}

impl Stream {
    /// Asks for `log`.
    pub fn open(remote: &Remote, log: &Log, interrupt: &Interrupter) -> Result<Self, ClientError> {
        let address = Address::parse(&remote.url)?;
        let socket = Socket::connect(&address, interrupt)?;
        socket.send(request(remote, &address, &log.path()).as_bytes())?;
        Ok(Self {
            url: url(remote, log),
            socket,
            incoming: Incoming::default(),
            state: State::Open,
        })
    }

    /// How far it has come.
    pub fn state(&self) -> State {
        self.state
    }

    /// The bytes of the log that have come. Does not wait.
    pub fn advance(&mut self) -> Result<Vec<u8>, ClientError> {
        let mut buffer = vec![0; CHUNK];
        let mut body = Vec::new();
        let Some(count) = self.socket.try_receive(&mut buffer)? else {
            return Ok(body);
        };
        if count == 0 {
            self.state = State::Ended;
            return Ok(body);
        }
        self.incoming
            .feed(buffer.get(..count).unwrap_or_default(), &mut body)?;
        match self.incoming.head().map(|head| head.status) {
            None | Some(200) => {}
            Some(status) => {
                self.state = State::Refused(status);
                // what the server says about it
                body.clear();
            }
        }
        if self.state == State::Open && self.incoming.is_complete() {
            self.state = State::Ended;
        }
        Ok(body)
    }

    /// The problem that the server answered with `code`.
    pub fn refusal(&self, code: u16) -> Problem {
        Problem::NoStream {
            url: self.url.clone(),
            code,
        }
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

fn request(remote: &Remote, address: &Address, path: &str) -> String {
    let authorization = remote.authorization();
    let authorization = authorization
        .map(|value| format!("Authorization: {value}\r\n"))
        .unwrap_or_default();
    format!(
        "GET {} HTTP/1.1\r\n\
         Host: {}\r\n\
         Accept-Encoding: chunked\r\n\
         Accept: */*\r\n\
         User-agent: Supervisor HTTP Client\r\n\
         {authorization}\r\n",
        quoted(path),
        address.host_header(),
    )
}

/// What cannot stand in the path of a request line.
const NOT_IN_A_LINE: &AsciiSet = &CONTROLS.add(b' ').add(b'?').add(b'#');

/// A path with what cannot stand in a request line percent-encoded.
fn quoted(path: &str) -> String {
    utf8_percent_encode(path, NOT_IN_A_LINE).to_string()
}

/// What error lines call a log (CTL-124).
fn url(remote: &Remote, log: &Log) -> String {
    format!("{}{}", remote.url, log.path())
}

/// Shows a log as it grows, until the server ends it or Ctrl-C (CTL-123, CTL-124). One that is not there is a
/// problem (DEC-081), a connection that breaks is none.
pub fn follow(
    remote: &Remote,
    log: &Log,
    console: &mut Console,
    report: &mut Report<'_>,
) -> Result<(), ClientError> {
    console.catch_interrupts()?;
    report.add(Entry::Line(HOW_TO_END.to_owned()));
    let interrupt = console.interrupter();
    let stream = Stream::open(remote, log, &interrupt);
    match stream.and_then(|stream| run(stream, &interrupt, report)) {
        Ok(()) => {}
        Err(ClientError::Interrupted) => report.add(Entry::Line(String::new())),
        Err(error) => report.add(Entry::Remark(broken(remote, log, &error))),
    }
    Ok(())
}

fn run(
    mut stream: Stream,
    interrupt: &Interrupter,
    report: &mut Report<'_>,
) -> Result<(), ClientError> {
    while stream.state() == State::Open && report.is_read() {
        let fds = [(stream.as_fd(), PollFlags::POLLIN)];
        wait_any(&fds, PollTimeout::NONE, interrupt)?;
        let bytes = stream.advance()?;
        if !bytes.is_empty() {
            report.add(Entry::Log(bytes));
        }
    }
    if let State::Refused(code) = stream.state() {
        report.add(Entry::Problem(stream.refusal(code)));
    }
    Ok(())
}

/// The problem that the stream of a log failed in another way than by a status (CTL-124).
pub fn broken(remote: &Remote, log: &Log, error: &ClientError) -> Problem {
    Problem::BrokenStream {
        url: url(remote, log),
        why: render::sentence(error, remote),
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn paths_in_request_lines() {
        let table = [
            ("/logtail/web:a/stdout", "/logtail/web:a/stdout"),
            ("/logtail/ü/stdout", "/logtail/%C3%BC/stdout"),
            ("/logtail/a b?#\r\n/x", "/logtail/a%20b%3F%23%0D%0A/x"),
            ("/logtail/a%20b/x", "/logtail/a%20b/x"),
        ];
        for (path, wanted) in table {
            assert_eq!(quoted(path), wanted);
        }
    }
}
