//! Bytes to the server and back: one connection over TCP or a Unix socket, without threads.
//!
//! Sockets never block; every wait is a `poll` that Ctrl-C can end (CTL-054). There are no time-outs: an
//! answer may take as long as the server needs (CTL-040).

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrLike, SockaddrStorage, UnixAddr, connect,
    getsockopt, socket, sockopt,
};
use nix::unistd::{read, write};

use crate::sys::interrupt::Interrupt;

use super::address::Address;
use super::error::ClientError;
use super::response::Incoming;

/// The largest answer to a call, in bytes: enough for any log that one would look at.
const MAX_BODY: usize = 512 * 1024 * 1024;

/// How much of a body is read at a time at most, in bytes.
const CHUNK: usize = 256 * 1024;

/// How much is read before it is known what comes, in bytes.
const FIRST_CHUNK: usize = 4 * 1024;

/// How long to wait before asking a Unix socket with a full queue again, in milliseconds.
const QUEUE_RETRY_MS: u16 = 20;

/// Who may end a wait; none if Ctrl-C ends the process.
pub type Interrupter = Option<Rc<Interrupt>>;

/// A server and how to introduce oneself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remote {
    /// The URL as the user wrote it.
    pub url: String,
    /// The configuration file that names the URL; none if the user does.
    pub file: Option<PathBuf>,
    /// User name, if any.
    pub username: Option<String>,
    /// Password, if any.
    pub password: Option<String>,
}

impl Remote {
    /// The value of the `Authorization` header: only with both user and password (CTL-041).
    pub fn authorization(&self) -> Option<String> {
        let (username, password) = (self.username.as_ref()?, self.password.as_ref()?);
        let encoded = base64(format!("{username}:{password}").as_bytes());
        Some(format!("Basic {encoded}"))
    }
}

/// An open connection.
#[derive(Debug)]
pub struct Socket {
    fd: OwnedFd,
    interrupt: Interrupter,
}

impl Socket {
    /// Connects to `address`; to the last error if a name has several addresses and none answers.
    pub fn connect(address: &Address, interrupt: &Interrupter) -> Result<Self, ClientError> {
        let connected = match address {
            Address::Unix(path) => connect_unix(path, interrupt),
            Address::Inet { host, port } => connect_inet(host, *port, interrupt),
        };
        let fd = connected.map_err(|error| match error {
            ClientError::Io(error) => ClientError::Connect {
                address: address.clone(),
                error,
            },
            other => other,
        })?;
        Ok(Self {
            fd,
            interrupt: interrupt.clone(),
        })
    }

    /// Sends all of `bytes`.
    pub fn send(&self, mut bytes: &[u8]) -> Result<(), ClientError> {
        while !bytes.is_empty() {
            match write(&self.fd, bytes) {
                Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
                Err(Errno::EAGAIN) => {
                    wait(self.fd.as_fd(), PollFlags::POLLOUT, &self.interrupt)?;
                }
                Err(Errno::EINTR) => {}
                Err(error) => return Err(ClientError::Lost(error.into())),
            }
        }
        Ok(())
    }

    /// Reads what is there, into `buffer`; waits if nothing is. Zero means that the server closed.
    pub fn receive(&self, buffer: &mut [u8]) -> Result<usize, ClientError> {
        loop {
            match self.try_receive(buffer)? {
                Some(count) => return Ok(count),
                None => wait(self.fd.as_fd(), PollFlags::POLLIN, &self.interrupt)?,
            }
        }
    }

    /// Reads what is there; none if nothing is.
    pub fn try_receive(&self, buffer: &mut [u8]) -> Result<Option<usize>, ClientError> {
        match read(&self.fd, buffer) {
            Ok(count) => Ok(Some(count)),
            Err(Errno::EAGAIN | Errno::EINTR) => Ok(None),
            Err(error) => Err(ClientError::Lost(error.into())),
        }
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Sends calls to `/RPC2`, each over a connection of its own: a server may close one after any answer, and
/// a call must not be sent twice (CTL-042).
#[derive(Debug)]
pub struct Endpoint {
    remote: Remote,
    interrupt: Interrupter,
}

impl Endpoint {
    /// Calls `remote`.
    pub fn new(remote: Remote, interrupt: Interrupter) -> Self {
        Self { remote, interrupt }
    }

    /// The URL of whom it calls.
    pub fn url(&self) -> &str {
        &self.remote.url
    }

    /// Sends the body of a call and waits for the body of the answer.
    pub fn exchange(&self, call: &[u8]) -> Result<Vec<u8>, ClientError> {
        let address = Address::parse(&self.remote.url)?;
        let socket = Socket::connect(&address, &self.interrupt)?;
        socket.send(&self.request(&address, call))?;
        let (mut incoming, mut body) = (Incoming::default(), Vec::new());
        let mut buffer = [0; FIRST_CHUNK];
        while !incoming.is_complete() {
            let left = incoming.left().min(CHUNK);
            if left > FIRST_CHUNK {
                // straight to its place
                let before = body.len();
                body.resize(before + left, 0);
                let received = socket.receive(body.get_mut(before..).unwrap_or_default());
                let count = *received.as_ref().unwrap_or(&0);
                body.truncate(before + count);
                match received? {
                    0 => incoming.close(body.len())?,
                    count => incoming.skip(count),
                }
            } else {
                let count = socket.receive(&mut buffer)?;
                match buffer.get(..count) {
                    Some(bytes) if !bytes.is_empty() => incoming.feed(bytes, &mut body)?,
                    _ => incoming.close(body.len())?,
                }
            }
            if body.len() > MAX_BODY {
                return Err(ClientError::BadResponse("the answer is too long"));
            }
        }
        match incoming.head() {
            Some(head) if head.status == 200 => Ok(body),
            Some(head) => Err(ClientError::Status {
                status: head.status,
                reason: head.reason.clone(),
            }),
            None => Err(ClientError::HungUp),
        }
    }

    fn request(&self, address: &Address, call: &[u8]) -> Vec<u8> {
        let authorization = self.remote.authorization();
        let authorization = authorization
            .map(|value| format!("Authorization: {value}\r\n"))
            .unwrap_or_default();
        let mut request = format!(
            "POST /RPC2 HTTP/1.1\r\n\
             Host: {}\r\n\
             Accept-Encoding: identity\r\n\
             User-Agent: supervisorctl/{}\r\n\
             Content-Type: text/xml\r\n\
             Accept: text/xml\r\n\
             {authorization}\
             Content-Length: {}\r\n\r\n",
            address.host_header(),
            env!("CARGO_PKG_VERSION"),
            call.len(),
        )
        .into_bytes();
        request.extend_from_slice(call);
        request
    }
}

/// Waits until `fd` can be read or written, as `events` says; Ctrl-C ends the wait.
pub fn wait(
    fd: BorrowedFd<'_>,
    events: PollFlags,
    interrupt: &Interrupter,
) -> Result<(), ClientError> {
    wait_any(&[(fd, events)], PollTimeout::NONE, interrupt).map(|_| ())
}

/// Waits until one of `fds` is ready and says which are; none are after a time-out.
pub fn wait_any(
    fds: &[(BorrowedFd<'_>, PollFlags)],
    timeout: PollTimeout,
    interrupt: &Interrupter,
) -> Result<Vec<bool>, ClientError> {
    let mut polled: Vec<PollFd<'_>> = fds
        .iter()
        .map(|(fd, events)| PollFd::new(*fd, *events))
        .collect();
    if let Some(interrupt) = interrupt {
        polled.push(PollFd::new(interrupt.as_fd(), PollFlags::POLLIN));
    }
    loop {
        match poll(&mut polled, timeout) {
            Err(Errno::EINTR) => {}
            Err(error) => return Err(io::Error::from(error).into()),
            Ok(_) => break,
        }
    }
    if interrupt.as_ref().is_some_and(|interrupt| interrupt.take()) {
        return Err(ClientError::Interrupted);
    }
    let ready = polled.iter().take(fds.len());
    Ok(ready
        .map(|fd| fd.revents().is_some_and(|events| !events.is_empty()))
        .collect())
}

fn open_socket(family: AddressFamily) -> Result<OwnedFd, ClientError> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    Ok(socket(family, SockType::Stream, flags, None).map_err(io::Error::from)?)
}

fn connect_unix(path: &Path, interrupt: &Interrupter) -> Result<OwnedFd, ClientError> {
    let address = UnixAddr::new(path).map_err(|_| ClientError::PathTooLong(path.to_owned()))?;
    let fd = open_socket(AddressFamily::Unix)?;
    loop {
        match connect(fd.as_raw_fd(), &address) {
            Ok(()) => return Ok(fd),
            // the server's queue is full; there is nothing to poll for
            Err(Errno::EAGAIN) => {
                wait_any(&[], PollTimeout::from(QUEUE_RETRY_MS), interrupt)?;
            }
            Err(Errno::EINTR) => {}
            Err(error) => return Err(io::Error::from(error).into()),
        }
    }
}

fn connect_inet(host: &str, port: u16, interrupt: &Interrupter) -> Result<OwnedFd, ClientError> {
    let unknown = |error| ClientError::Resolve {
        host: host.to_owned(),
        error,
    };
    let addresses = (host, port).to_socket_addrs().map_err(unknown)?;
    let mut last = unknown(io::Error::other("No address associated with hostname"));
    for address in addresses {
        match connect_one(address, interrupt) {
            Err(ClientError::Io(error)) => last = error.into(),
            other => return other,
        }
    }
    Err(last)
}

fn connect_one(address: SocketAddr, interrupt: &Interrupter) -> Result<OwnedFd, ClientError> {
    let address = SockaddrStorage::from(address);
    let fd = open_socket(address.family().unwrap_or(AddressFamily::Inet))?;
    match connect(fd.as_raw_fd(), &address) {
        Ok(()) => return Ok(fd),
        Err(Errno::EINPROGRESS | Errno::EINTR) => {}
        Err(error) => return Err(io::Error::from(error).into()),
    }
    wait(fd.as_fd(), PollFlags::POLLOUT, interrupt)?;
    match getsockopt(&fd, sockopt::SocketError).map_err(io::Error::from)? {
        0 => Ok(fd),
        error => Err(io::Error::from_raw_os_error(error).into()),
    }
}

/// Base 64 with padding and without line ends, whatever the length (DEC-080).
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |place: usize| u32::from(group.get(place).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let index = (bits >> (18 - 6 * place)) & 0x3f;
            if place <= group.len() {
                text.push(char::from(ALPHABET[index as usize]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Remote, base64};

    #[test]
    fn base64_as_in_rfc_4648() {
        let table = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
            ("\u{ff}\u{fe}?>", "w7/Dvj8+"),
        ];
        for (plain, encoded) in table {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
        assert_eq!(base64(&[b'x'; 90]).len(), 120);
    }

    #[test]
    fn credentials_need_both_halves() {
        let table = [
            (None, None, None),
            (Some("u"), None, None),
            (None, Some("p"), None),
            (Some("u"), Some("p"), Some("Basic dTpw")),
            (Some(""), Some(""), Some("Basic Og==")),
        ];
        for (username, password, header) in table {
            let remote = Remote {
                username: username.map(str::to_owned),
                password: password.map(str::to_owned),
                ..Remote::default()
            };
            assert_eq!(remote.authorization().as_deref(), header);
        }
    }
}
