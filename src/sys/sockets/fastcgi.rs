//! Sockets that the processes of a FastCGI program share as their stdin (PROC-111 to PROC-117).

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::Path;

use nix::errno::Errno as NixErrno;
use nix::sys::signal::kill;
use nix::sys::socket::sockopt::PeerCredentials;
use nix::sys::socket::{AddressFamily, SockFlag, UnixAddr, connect, getsockopt};
use nix::unistd::Pid;

use super::file::{Bound, FinishError, SocketFile, address, listen, stream};
use super::inet::{ResolveError, open};
use crate::base::errno::Errno;
use crate::process::policy::{FcgiAddress, FcgiSocket};

/// A socket that listens for a FastCGI program, blocking, closed on exec.
#[derive(Debug)]
pub struct FcgiListener {
    fd: OwnedFd,
    /// The file of a Unix socket. It outlives the listener and goes at the end of the daemon (PROC-113,
    /// DEC-026), so take it out before dropping the listener.
    pub file: Option<SocketFile>,
}

impl AsFd for FcgiListener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// A socket that cannot be made (PROC-112).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Could not create FastCGI socket {url}: {reason}")]
pub struct FcgiError {
    url: String,
    reason: String,
}

/// Makes the socket. Whatever is at the path of a Unix socket is unlinked first (PROC-113). Hosts are looked up by
/// `resolve`, which may be [`super::resolve`], or somebody who does not wait for the network.
pub fn create(
    socket: &FcgiSocket,
    resolve: impl FnOnce(&str, u16) -> Result<SocketAddr, ResolveError>,
) -> Result<FcgiListener, FcgiError> {
    let backlog = socket.backlog.map_or(libc::SOMAXCONN, i32::from);
    let made = match &socket.address {
        FcgiAddress::Tcp { host, port } => {
            let address = resolve(host, *port).map_err(ResolveError::in_full);
            address.and_then(|address| tcp(address, backlog))
        }
        FcgiAddress::Unix { path, mode, owner } => unix(path, *mode, *owner, backlog),
    };
    made.map_err(|reason| FcgiError {
        url: socket.url.clone(),
        reason,
    })
}

fn tcp(address: SocketAddr, backlog: i32) -> Result<FcgiListener, String> {
    let fd = open(address, false, SockFlag::empty(), backlog).map_err(Errno::in_full)?;
    Ok(FcgiListener { fd, file: None })
}

fn unix(
    path: &Path,
    mode: u32,
    (uid, gid): (Option<u32>, Option<u32>),
    backlog: i32,
) -> Result<FcgiListener, String> {
    let address = address(path).ok_or("AF_UNIX path too long")?;
    if is_another_daemons(&address) {
        return Err(Errno(libc::EADDRINUSE).in_full());
    }
    // what cannot be unlinked makes binding fail, which tells why
    let _ = fs::remove_file(path);
    let fd = stream(AddressFamily::Unix, SockFlag::empty());
    let fd = fd.map_err(|errno| Errno::from(errno).in_full())?;
    let bound = Bound::bind(&fd, &address, path, mode).map_err(Errno::in_full)?;
    // from here on the file goes with an error
    let file = SocketFile::made(path, &bound).map_err(|error| named(error, path))?;
    listen(&fd, backlog).map_err(Errno::in_full)?;
    let finished = bound.finish(&fd, mode, (uid, gid));
    finished.map_err(|error| {
        let (what, error) = match error {
            FinishError::Owner(error) => ("ownership", error),
            FinishError::Mode(error) => ("permissions", error),
        };
        let error = named(error, path);
        format!("Could not change {what} of socket file: {error}")
    })?;
    Ok(FcgiListener {
        fd,
        file: Some(file),
    })
}

/// Whether another process that lives has made the socket there. Children of a dead daemon may listen on theirs yet:
/// that one is taken over.
fn is_another_daemons(address: &UnixAddr) -> bool {
    let Ok(socket) = stream(AddressFamily::Unix, SockFlag::SOCK_NONBLOCK) else {
        return false;
    };
    if connect(socket.as_raw_fd(), address).is_err() {
        return false;
    }
    // the kernel keeps who it was that began to listen
    let maker = getsockopt(&socket, PeerCredentials);
    maker.is_ok_and(|maker| {
        let pid = Pid::from_raw(maker.pid());
        pid.as_raw() > 0 && pid != Pid::this() && lives(pid)
    })
}

/// One that has ended and was not waited for lives no more.
fn lives(pid: Pid) -> bool {
    let state = fs::read_to_string(format!("/proc/{pid}/stat"));
    let has_ended = state.is_ok_and(|state| {
        let (_, rest) = state.rsplit_once(')').unwrap_or_default();
        rest.trim_start().starts_with(['Z', 'X'])
    });
    !has_ended && kill(pid, None) != Err(NixErrno::ESRCH)
}

/// An error about a file, as the reference prints it.
fn named(error: io::Error, path: &Path) -> String {
    format!("{}: '{}'", Errno::from(error).in_full(), path.display())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::net::UnixStream;
    use std::path::Path;

    use super::{FcgiAddress, FcgiError, FcgiListener, FcgiSocket};
    use crate::base::scratch::Scratch;
    use crate::sys::testing::is_root;

    fn create(socket: &FcgiSocket) -> Result<FcgiListener, FcgiError> {
        super::create(socket, super::super::resolve)
    }

    fn unix(path: &Path, mode: u32, owner: (Option<u32>, Option<u32>)) -> FcgiSocket {
        FcgiSocket {
            url: format!("unix://{}", path.display()),
            address: FcgiAddress::Unix {
                path: path.to_owned(),
                mode,
                owner,
            },
            backlog: None,
        }
    }

    fn tcp(host: &str, port: u16) -> FcgiSocket {
        FcgiSocket {
            url: format!("tcp://{host}:{port}"),
            address: FcgiAddress::Tcp {
                host: host.to_owned(),
                port,
            },
            backlog: Some(5),
        }
    }

    #[test]
    fn a_file_takes_any_place_and_stays_until_the_end() {
        let folder = Scratch::new();
        let path = folder.file("s");
        fs::write(&path, "in the way").unwrap();
        let mut listener = create(&unix(&path, 0o640, (None, None))).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o640);
        UnixStream::connect(&path).unwrap();
        let file = listener.file.take();
        drop(listener);
        assert!(path.exists() && UnixStream::connect(&path).is_err());
        drop(file);
        assert!(!path.exists());
    }

    #[test]
    fn errors_name_the_socket() {
        let folder = Scratch::new();
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let long = folder.file(&"x".repeat(120));
        let table = [
            (
                unix(Path::new("/no/such/dir/s"), 0o700, (None, None)),
                "unix:///no/such/dir/s: [Errno 2] No such file or directory".to_owned(),
            ),
            (
                unix(&long, 0o700, (None, None)),
                format!("unix://{}: AF_UNIX path too long", long.display()),
            ),
            (
                tcp("127.0.0.1", port),
                format!("tcp://127.0.0.1:{port}: [Errno 98] Address already in use"),
            ),
            (
                tcp("[::x]", 9000),
                "tcp://[::x]:9000: [Errno -2] Name or service not known".to_owned(),
            ),
        ];
        for (socket, text) in table {
            let error = create(&socket).unwrap_err();
            let text = format!("Could not create FastCGI socket {text}");
            assert_eq!(error.to_string(), text);
        }
    }

    #[test]
    fn owners() {
        let folder = Scratch::new();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let path = folder.file("s");
        let of = |uid| unix(&path, 0o700, (Some(uid), None));
        if is_root("a FastCGI socket for somebody else") {
            let _listener = create(&of(65534)).unwrap();
            assert_eq!(fs::metadata(&path).unwrap().uid(), 65534);
        } else {
            let socket = of(0);
            let text = format!(
                "Could not create FastCGI socket {}: Could not change ownership of socket file: \
                 [Errno 1] Operation not permitted: '{}'",
                socket.url,
                path.display()
            );
            assert_eq!(create(&socket).unwrap_err().to_string(), text);
            assert!(!path.exists());
        }
    }
}
