//! TCP listeners (DMN-069), and over IPv6 too.

use std::ffi::{CStr, CString};
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, SocketAddrV6, TcpListener};
use std::os::fd::{AsRawFd, OwnedFd};
use std::ptr::{null, null_mut};

use nix::sys::socket::{
    AddressFamily, SockFlag, SockaddrIn, SockaddrIn6, SockaddrLike, SockaddrStorage, bind,
    setsockopt, sockopt,
};

use super::file::{self, stream};
use super::{BACKLOG, ServerError};
use crate::base::errno::Errno;

/// Opens a listener of an HTTP server, non-blocking and closed on exec. An empty host means all interfaces of
/// IPv4; `[::]` means all of IPv6, and of IPv4 unless `beside_ipv4`, when another listener has that port there.
/// Looks host names up, which may wait for the network, so this is for the time before the loop.
pub fn listen(host: &str, port: u16, beside_ipv4: bool) -> Result<TcpListener, ServerError> {
    let address = resolve(host, port).map_err(|error| match error {
        ResolveError::Code(code) => ServerError::Unresolved {
            host: host.to_owned(),
            code,
            text: error.text(),
        },
        ResolveError::System(errno) => ServerError::System(errno),
        // nobody but those who do not wait say so
        ResolveError::Late => ServerError::System(Errno(libc::EAGAIN)),
    })?;
    let opened = open(address, beside_ipv4, SockFlag::SOCK_NONBLOCK, BACKLOG);
    let opened = opened.map_err(|errno| match errno {
        Errno(libc::EADDRINUSE) => ServerError::InUse,
        errno if address.is_ipv6() => ServerError::Unusable(format!("{host}:{port}"), errno),
        errno => ServerError::System(errno),
    });
    Ok(opened?.into())
}

/// A listening TCP socket.
pub(super) fn open(
    address: SocketAddr,
    beside_ipv4: bool,
    flags: SockFlag,
    backlog: i32,
) -> Result<OwnedFd, Errno> {
    let family = match address {
        SocketAddr::V4(_) => AddressFamily::Inet,
        SocketAddr::V6(_) => AddressFamily::Inet6,
    };
    let socket = stream(family, flags)?;
    setsockopt(&socket, sockopt::ReuseAddr, &true)?;
    if address.is_ipv6() {
        // said in any case, or it would be up to the machine
        setsockopt(&socket, sockopt::Ipv6V6Only, &beside_ipv4)?;
    }
    bind(socket.as_raw_fd(), &SockaddrStorage::from(address))?;
    file::listen(&socket, backlog)?;
    Ok(socket)
}

/// Why a host has no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResolveError {
    /// The resolver's code, such as -2 for an unknown name.
    Code(i32),
    /// A system call failed in the resolver.
    System(Errno),
    /// There is no answer yet.
    Late,
}

impl ResolveError {
    /// Number and description, as the reference prints them.
    pub(super) fn in_full(self) -> String {
        match self {
            Self::System(errno) => errno.in_full(),
            Self::Late => self.text(),
            Self::Code(code) => format!("[Errno {code}] {}", self.text()),
        }
    }

    /// The description.
    fn text(self) -> String {
        match self {
            Self::System(errno) => errno.description(),
            Self::Late => "the look-up of the host takes its time".to_owned(),
            Self::Code(code) => {
                // SAFETY: the call takes a number and knows a text for every one.
                let text = unsafe { libc::gai_strerror(code) };
                // SAFETY: that text ends with a null and never changes.
                let text = unsafe { CStr::from_ptr(text) };
                text.to_string_lossy().into_owned()
            }
        }
    }
}

/// The address of a host name or of an address in text form, where IPv6 stands in brackets; all interfaces of
/// IPv4 for an empty one. Of a name that has both kinds it is the one of IPv4, as in the reference.
pub fn resolve(host: &str, port: u16) -> Result<SocketAddr, ResolveError> {
    if host.is_empty() {
        return Ok(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port).into());
    }
    let bracketed = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let mut address = match bracketed {
        Some(host) => look_up(host, libc::AF_INET6, libc::AI_NUMERICHOST)?,
        // not one kind after the other: asked for IPv4 alone, the file of hosts gives 127.0.0.1 for names of ::1
        None => look_up(host, libc::AF_UNSPEC, 0)?,
    };
    address.set_port(port);
    Ok(address)
}

fn look_up(host: &str, family: i32, flags: i32) -> Result<SocketAddr, ResolveError> {
    let name = CString::new(host).map_err(|_| ResolveError::Code(libc::EAI_NONAME))?;
    // SAFETY: `addrinfo` is plain numbers and pointers, for which zeroes are valid.
    let mut hints: libc::addrinfo = unsafe { MaybeUninit::zeroed().assume_init() };
    hints.ai_family = family;
    hints.ai_socktype = libc::SOCK_STREAM;
    hints.ai_flags = flags;
    let mut list: *mut libc::addrinfo = null_mut();
    // SAFETY: the name ends with a null, the hints are valid, and `list` is valid to write to.
    let code = unsafe { libc::getaddrinfo(name.as_ptr(), null(), &raw const hints, &raw mut list) };
    if code == libc::EAI_SYSTEM {
        return Err(ResolveError::System(Errno::last()));
    }
    if code != 0 {
        return Err(ResolveError::Code(code));
    }
    let address = best_address(list);
    // SAFETY: the list came from `getaddrinfo` and is not used any more.
    unsafe { libc::freeaddrinfo(list) };
    address.ok_or(ResolveError::Code(libc::EAI_NONAME))
}

/// The first address of IPv4, or else the first of all.
fn best_address(list: *const libc::addrinfo) -> Option<SocketAddr> {
    let mut best = None;
    // SAFETY: the pointer is null or the head of the list that `getaddrinfo` made.
    let mut entry = unsafe { list.as_ref() };
    while let Some(found) = entry {
        match address_of(found) {
            Some(address @ SocketAddr::V4(_)) => return Some(address),
            address => best = best.or(address),
        }
        // SAFETY: as above; null ends the list.
        entry = unsafe { found.ai_next.as_ref() };
    }
    best
}

fn address_of(entry: &libc::addrinfo) -> Option<SocketAddr> {
    if entry.ai_addr.is_null() {
        return None;
    }
    let length = Some(entry.ai_addrlen);
    // SAFETY: an entry's address is as long as it says; its kind is checked in the call.
    if let Some(address) = unsafe { SockaddrIn::from_raw(entry.ai_addr, length) } {
        return Some(SocketAddrV4::from(address).into());
    }
    // SAFETY: as above.
    let address = unsafe { SockaddrIn6::from_raw(entry.ai_addr, length) }?;
    Some(SocketAddrV6::from(address).into())
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
        let unknown = Err(ResolveError::Code(libc::EAI_NONAME));
        let table = [
            ("", Ok("0.0.0.0:7")),
            ("127.0.0.1", Ok("127.0.0.1:7")),
            ("0.0.0.0", Ok("0.0.0.0:7")),
            ("localhost", Ok("127.0.0.1:7")),
            ("[::1]", Ok("[::1]:7")),
            ("[::]", Ok("[::]:7")),
            ("[::ffff:127.0.0.1]", Ok("[::ffff:127.0.0.1]:7")),
            ("[fe80::1%lo]", Ok("[fe80::1%1]:7")),
            ("[fe80::1%no-such]", unknown),
            ("[localhost]", unknown),
            ("[]", unknown),
            ("a\0b", unknown),
        ];
        for (host, address) in table {
            let resolved = resolve(host, 7).map(|address| address.to_string());
            assert_eq!(resolved, address.map(str::to_owned), "{host}");
        }
        let text = ResolveError::Code(-2).in_full();
        assert_eq!(text, "[Errno -2] Name or service not known");
    }

    #[test]
    fn it_listens_without_blocking_and_once() {
        let listener = listen("127.0.0.1", 0, false).unwrap();
        let error = listener.accept().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        let port = listener.local_addr().unwrap().port();
        let mut client = TcpStream::connect(("127.0.0.1", port)).unwrap();
        wait_readable(&listener);
        let (mut server, _) = listener.accept().unwrap();
        client.write_all(b"x").unwrap();
        server.read_exact(&mut [0]).unwrap();
        let again = listen("127.0.0.1", port, false);
        assert_eq!(again.unwrap_err(), ServerError::InUse);
        drop((server, client, listener));
        listen("127.0.0.1", port, false).unwrap();
    }

    #[test]
    fn all_interfaces_of_ipv6_are_those_of_ipv4_too_unless_somebody_has_them() {
        if !has_ipv6() {
            return;
        }
        let both = listen("[::]", 0, false).unwrap();
        let port = both.local_addr().unwrap().port();
        TcpStream::connect(("127.0.0.1", port)).unwrap();
        TcpStream::connect(("::1", port)).unwrap();
        drop(both);
        let ipv4 = listen("", 0, false).unwrap();
        let port = ipv4.local_addr().unwrap().port();
        let ipv6 = listen("[::]", port, true).unwrap();
        TcpStream::connect(("::1", port)).unwrap();
        wait_readable(&ipv6);
        assert_eq!(ipv4.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
    }

    fn has_ipv6() -> bool {
        let has = std::net::TcpListener::bind("[::1]:0").is_ok();
        if !has {
            println!("skipped: no IPv6 here; give lo the address ::1 to include it");
        }
        has
    }

    #[test]
    fn refusals() {
        let not_ours = listen("192.0.2.1", 9001, false).unwrap_err();
        assert_eq!(
            not_ours.to_string(),
            "Cannot open an HTTP server: socket.error reported errno.EADDRNOTAVAIL (99)"
        );
        let unknown = listen("[x]", 9001, false).unwrap_err();
        assert_eq!(
            unknown.to_string(),
            "Cannot open an HTTP server: socket.error reported -2 ([x]: Name or service not known)"
        );
    }
}
