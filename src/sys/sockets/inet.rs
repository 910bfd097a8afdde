//! TCP listeners, over IPv4 only (DMN-069).

use std::ffi::{CStr, CString};
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};
use std::os::fd::{AsRawFd, OwnedFd};
use std::ptr::{null, null_mut};

use nix::sys::socket::{
    AddressFamily, SockFlag, SockaddrIn, SockaddrLike, bind, setsockopt, sockopt,
};

use super::file::{self, stream};
use super::{BACKLOG, ServerError};
use crate::base::errno::Errno;

/// Opens a listener of an HTTP server, non-blocking and closed on exec. An empty host means all interfaces.
/// Looks host names up, which may wait for the network, so this is for the time before the loop.
pub fn listen(host: &str, port: u16) -> Result<TcpListener, ServerError> {
    let address = resolve(host).map_err(|error| match error {
        ResolveError::Code(code) => ServerError::Unresolved(code),
        ResolveError::System(errno) => ServerError::System(errno),
    })?;
    let address = SocketAddrV4::new(address, port);
    Ok(open(address, SockFlag::SOCK_NONBLOCK, BACKLOG)?.into())
}

/// A listening TCP socket.
pub(super) fn open(address: SocketAddrV4, flags: SockFlag, backlog: i32) -> Result<OwnedFd, Errno> {
    let socket = stream(AddressFamily::Inet, flags)?;
    setsockopt(&socket, sockopt::ReuseAddr, &true)?;
    bind(socket.as_raw_fd(), &SockaddrIn::from(address))?;
    file::listen(&socket, backlog)?;
    Ok(socket)
}

/// Why a host has no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ResolveError {
    /// The resolver's code, such as -2 for an unknown name.
    Code(i32),
    /// A system call failed in the resolver.
    System(Errno),
}

impl ResolveError {
    /// Number and description, as the reference prints them.
    pub(super) fn in_full(self) -> String {
        match self {
            Self::System(errno) => errno.in_full(),
            Self::Code(code) => {
                // SAFETY: the call takes a number and knows a text for every one.
                let text = unsafe { libc::gai_strerror(code) };
                // SAFETY: that text ends with a null and never changes.
                let text = unsafe { CStr::from_ptr(text) };
                format!("[Errno {code}] {}", text.to_string_lossy())
            }
        }
    }
}

/// The IPv4 address of a host name or of an address in text form; all interfaces for an empty one.
pub(super) fn resolve(host: &str) -> Result<Ipv4Addr, ResolveError> {
    if host.is_empty() {
        return Ok(Ipv4Addr::UNSPECIFIED);
    }
    let name = CString::new(host).map_err(|_| ResolveError::Code(libc::EAI_NONAME))?;
    // SAFETY: `addrinfo` is plain numbers and pointers, for which zeroes are valid.
    let mut hints: libc::addrinfo = unsafe { MaybeUninit::zeroed().assume_init() };
    hints.ai_family = libc::AF_INET;
    hints.ai_socktype = libc::SOCK_STREAM;
    let mut list: *mut libc::addrinfo = null_mut();
    // SAFETY: the name ends with a null, the hints are valid, and `list` is valid to write to.
    let code = unsafe { libc::getaddrinfo(name.as_ptr(), null(), &raw const hints, &raw mut list) };
    if code == libc::EAI_SYSTEM {
        return Err(ResolveError::System(Errno::last()));
    }
    if code != 0 {
        return Err(ResolveError::Code(code));
    }
    let address = first_address(list);
    // SAFETY: the list came from `getaddrinfo` and is not used any more.
    unsafe { libc::freeaddrinfo(list) };
    address.ok_or(ResolveError::Code(libc::EAI_NONAME))
}

fn first_address(list: *const libc::addrinfo) -> Option<Ipv4Addr> {
    // SAFETY: the pointer is null or the head of the list that `getaddrinfo` made.
    let first = unsafe { list.as_ref() }?;
    if first.ai_addr.is_null() {
        return None;
    }
    // SAFETY: an entry's address is as long as it says; its kind is checked in the call.
    let address = unsafe { SockaddrIn::from_raw(first.ai_addr, Some(first.ai_addrlen)) };
    address.map(|address| address.ip())
}

#[cfg(test)]
mod tests {
    use std::io::{ErrorKind, Read, Write};
    use std::net::TcpStream;

    use super::{ResolveError, listen, resolve};
    use crate::sys::sockets::ServerError;
    use crate::sys::testing::wait_readable;

    #[test]
    fn addresses() {
        let table = [
            ("", Ok([0, 0, 0, 0])),
            ("127.0.0.1", Ok([127, 0, 0, 1])),
            ("0.0.0.0", Ok([0, 0, 0, 0])),
            ("localhost", Ok([127, 0, 0, 1])),
            ("[::1]", Err(ResolveError::Code(-2))),
            ("a\0b", Err(ResolveError::Code(-2))),
        ];
        for (host, address) in table {
            assert_eq!(
                resolve(host).map(|address| address.octets()),
                address,
                "{host}"
            );
        }
        let text = ResolveError::Code(-2).in_full();
        assert_eq!(text, "[Errno -2] Name or service not known");
    }

    #[test]
    fn it_listens_without_blocking_and_once() {
        let listener = listen("127.0.0.1", 0).unwrap();
        let error = listener.accept().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        let port = listener.local_addr().unwrap().port();
        let mut client = TcpStream::connect(("127.0.0.1", port)).unwrap();
        wait_readable(&listener);
        let (mut server, _) = listener.accept().unwrap();
        client.write_all(b"x").unwrap();
        server.read_exact(&mut [0]).unwrap();
        assert_eq!(listen("127.0.0.1", port).unwrap_err(), ServerError::InUse);
        drop((server, client, listener));
        listen("127.0.0.1", port).unwrap();
    }

    #[test]
    fn refusals() {
        let not_ours = listen("192.0.2.1", 9001).unwrap_err();
        assert_eq!(
            not_ours.to_string(),
            "Cannot open an HTTP server: socket.error reported errno.EADDRNOTAVAIL (99)"
        );
        let unknown = listen("[::1]", 9001).unwrap_err();
        assert_eq!(unknown, ServerError::Unresolved(-2));
    }
}
