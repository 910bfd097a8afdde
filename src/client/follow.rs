//! Streams of log bytes, as `tail -f`, `maintail -f` and `fg` show them.

use std::os::fd::{AsFd, BorrowedFd};

use nix::poll::{PollFlags, PollTimeout};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::address::Address;
use super::error::ClientError;
use super::output::{self, Output};
use super::render;
use super::response::Incoming;
use super::session::Session;
use super::transport::{Interrupter, Socket, Target, wait_any};

/// How much is read at a time, in bytes.
const CHUNK: usize = 64 * 1024;

/// One log that the server sends as it grows.
#[derive(Debug)]
pub struct Stream {
    /// What error lines call it: the server's URL and the path (CTL-124).
    name: String,
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
    /// The server has no such log, or does not give it.
    Refused,
}

impl Stream {
    /// Asks for the log at `path`, for example `/logtail/web/stdout`.
    pub fn open(target: &Target, path: &str, interrupt: &Interrupter) -> Result<Self, ClientError> {
        let address = Address::parse(&target.url)?;
        let socket = Socket::connect(&address, interrupt)?;
        socket.send(request(target, &address, path).as_bytes())?;
        Ok(Self {
            name: format!("{}{path}", target.url),
            socket,
            incoming: Incoming::default(),
            state: State::Open,
        })
    }

    /// How far it has come.
    pub fn state(&self) -> State {
        self.state
    }

    /// Prints what has come. Does not wait.
    pub fn advance(&mut self, out: &mut Output) -> Result<(), ClientError> {
        let mut buffer = vec![0; CHUNK];
        let Some(count) = self.socket.try_receive(&mut buffer)? else {
            return Ok(());
        };
        if count == 0 {
            self.state = State::Ended;
            return Ok(());
        }
        let mut body = Vec::new();
        self.incoming
            .feed(buffer.get(..count).unwrap_or_default(), &mut body)?;
        match self.incoming.head().map(|head| head.status) {
            None => {}
            Some(200) => out.bytes(&body),
            Some(status) => {
                let name = &self.name;
                output::error_line(&format!("{name} Cannot read, status code {status}"));
                self.state = State::Refused;
            }
        }
        if self.state == State::Open && self.incoming.is_complete() {
            self.state = State::Ended;
        }
        Ok(())
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

fn request(target: &Target, address: &Address, path: &str) -> String {
    let authorization = target.authorization();
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

/// Prints the log at `path` as it grows, until the server ends it or Ctrl-C. Says whether the server had
/// it (CTL-123, CTL-124, DEC-081).
pub fn follow(session: &mut Session, path: &str) -> Result<State, ClientError> {
    session.catch_interrupts()?;
    session.out.line("==> Press Ctrl-C to exit <==");
    let stream = Stream::open(&session.target, path, &session.interrupt);
    match stream.and_then(|stream| run(session, stream)) {
        Err(ClientError::Interrupted) => {
            session.out.line("");
            Ok(State::Ended)
        }
        Err(error) => {
            cannot_connect(&session.target, path, &error);
            Ok(State::Ended)
        }
        other => other,
    }
}

fn run(session: &mut Session, mut stream: Stream) -> Result<State, ClientError> {
    while stream.state() == State::Open && !session.out.is_broken() {
        let fds = [(stream.as_fd(), PollFlags::POLLIN)];
        wait_any(&fds, PollTimeout::NONE, &session.interrupt)?;
        stream.advance(&mut session.out)?;
    }
    Ok(stream.state())
}

/// The line for a stream that failed in another way than by a status (CTL-124).
pub fn cannot_connect(target: &Target, path: &str, error: &ClientError) {
    let (url, why) = (&target.url, render::sentence(error, target));
    output::error_line(&format!("{url}{path} Cannot connect, error: {why}"));
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
