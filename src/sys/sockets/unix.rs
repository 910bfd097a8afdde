//! Unix listeners of HTTP servers (DMN-062 to DMN-071, DEC-042).

use std::fs;
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use nix::errno::Errno as NixErrno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{AddressFamily, MsgFlags, SockFlag, UnixAddr, connect, recv, send};
use nix::unistd::{Uid, User, geteuid};

use super::file::{self, Bound, FinishError, SocketFile, address, beside, stream};
use super::{BACKLOG, ServerError};
use crate::base::errno::Errno;

/// How long somebody who accepted our probe may take to answer, in milliseconds (DEC-042).
const PROBE_MS: u16 = 2000;
/// How many stale sockets are removed before we believe that somebody keeps making them.
const ATTEMPTS: usize = 5;

/// A listener of an HTTP server and its file, which goes when this value is dropped.
#[derive(Debug)]
pub struct UnixServer {
    /// Non-blocking, closed on exec.
    pub listener: UnixListener,
    /// Its file.
    pub file: SocketFile,
}

/// Opens a listener at `path`, owned by that user and group where they are given. It is bound under a temporary
/// name, gets mode and owner there, and then appears at `path` in one step. A stale socket there is removed after
/// `notice` was given a line for stderr (DMN-063); anything but a socket stays and is an error.
pub fn listen(
    path: &Path,
    mode: u32,
    owner: (Option<u32>, Option<u32>),
    notice: &mut dyn FnMut(&str),
) -> Result<UnixServer, ServerError> {
    listen_with(path, mode, owner, PROBE_MS, notice)
}

/// The same for a daemon that runs and has no time to wait for an answer: any socket that takes connections is
/// somebody's.
pub fn listen_again(
    path: &Path,
    mode: u32,
    owner: (Option<u32>, Option<u32>),
) -> Result<UnixServer, ServerError> {
    listen_with(path, mode, owner, 0, &mut |_| {})
}

fn listen_with(
    path: &Path,
    mode: u32,
    (uid, gid): (Option<u32>, Option<u32>),
    patience_ms: u16,
    notice: &mut dyn FnMut(&str),
) -> Result<UnixServer, ServerError> {
    let (listener, bound, temporary) = prepare(path, mode)?;
    bound
        .finish(&listener, mode, (uid, gid))
        .map_err(|error| match error {
            FinishError::Owner(error) if error.kind() == ErrorKind::PermissionDenied => {
                chown_refused(path, uid, gid)
            }
            FinishError::Owner(error) | FinishError::Mode(error) => error.into(),
        })?;
    for _ in 0..ATTEMPTS {
        match temporary.appear_at(path) {
            Ok(()) => {
                let file = SocketFile::made(path, &bound)?;
                let listener = listener.into();
                return Ok(UnixServer { listener, file });
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                make_room(path, patience_ms, notice)?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(ServerError::InUse)
}

/// A socket that listens under a temporary name.
fn prepare(path: &Path, mode: u32) -> Result<(OwnedFd, Bound, Temporary), ServerError> {
    let mut in_the_way = PathBuf::new();
    for _ in 0..ATTEMPTS {
        let temporary = beside(path);
        let address = address(&temporary).ok_or(ServerError::PathTooLong)?;
        let socket = stream(AddressFamily::Unix, SockFlag::SOCK_NONBLOCK)?;
        match Bound::bind(&socket, &address, &temporary, mode) {
            Ok(bound) => {
                let temporary = Temporary(temporary);
                file::listen(&socket, BACKLOG)?;
                return Ok((socket, bound, temporary));
            }
            Err(Errno(libc::EADDRINUSE)) => in_the_way = temporary,
            Err(error) => return Err(error.into()),
        }
    }
    Err(ServerError::InTheWay(in_the_way))
}

/// The name under which the socket is prepared; removed when dropped.
struct Temporary(PathBuf);

impl Temporary {
    /// Gives the file its name, unless there is something of that name.
    fn appear_at(&self, path: &Path) -> io::Result<()> {
        match fs::hard_link(&self.0, path) {
            // a file system without links; the moment in between is the price
            Err(error)
                if matches!(error.raw_os_error(), Some(libc::EPERM | libc::EOPNOTSUPP))
                    && path.symlink_metadata().is_err() =>
            {
                fs::rename(&self.0, path)
            }
            result => result,
        }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // it may have been renamed, or never made
        let _ = fs::remove_file(&self.0);
    }
}

/// Removes a stale socket, or finds that it is none.
fn make_room(
    path: &Path,
    patience_ms: u16,
    notice: &mut dyn FnMut(&str),
) -> Result<(), ServerError> {
    match path.metadata() {
        Ok(found) if !found.file_type().is_socket() => {
            return Err(ServerError::NotASocket(path.to_owned()));
        }
        Ok(_) if in_use(path, patience_ms) => return Err(ServerError::InUse),
        // a link to nowhere is as stale as a socket that nobody serves
        Ok(_) | Err(_) => {}
    }
    notice(&format!("Unlinking stale socket {}", path.display()));
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// Whether somebody listens at `path`: takes a connection and answers, or takes too long for it.
fn in_use(path: &Path, patience_ms: u16) -> bool {
    match probe(path, patience_ms) {
        Ok(()) | Err(NixErrno::EAGAIN) => true,
        Err(_) => false,
    }
}

/// EAGAIN means that too many wait already, or that no answer came in time.
fn probe(path: &Path, patience_ms: u16) -> nix::Result<()> {
    let address = address(path).ok_or(NixErrno::ENAMETOOLONG)?;
    let socket = stream(AddressFamily::Unix, SockFlag::SOCK_NONBLOCK)?;
    connect(socket.as_raw_fd(), &address)?;
    let quiet = MsgFlags::MSG_NOSIGNAL;
    send(socket.as_raw_fd(), b"GET / HTTP/1.0\r\n\r\n", quiet)?;
    wait_for_answer(&socket, patience_ms)?;
    recv(socket.as_raw_fd(), &mut [0], quiet).map(drop)
}

fn wait_for_answer(socket: &OwnedFd, patience_ms: u16) -> nix::Result<()> {
    let mut fds = [PollFd::new(socket.as_fd(), PollFlags::POLLIN)];
    loop {
        match poll(&mut fds, PollTimeout::from(patience_ms)) {
            Ok(0) => return Err(NixErrno::EAGAIN),
            Err(NixErrno::EINTR) => {}
            result => return result.map(drop),
        }
    }
}

fn chown_refused(path: &Path, uid: Option<u32>, gid: Option<u32>) -> ServerError {
    let shown = |id: Option<u32>| id.map_or(-1, i64::from);
    ServerError::Chown {
        path: path.to_owned(),
        uid: shown(uid),
        gid: shown(gid),
        user: user_name(geteuid()),
    }
}

/// The name of a user, or the number of one without.
fn user_name(uid: Uid) -> String {
    let user = User::from_uid(uid).ok().flatten();
    user.map_or_else(|| uid.to_string(), |user| user.name)
}

/// Makes a connection to a stream socket, without waiting for its turn there, and closes it.
pub fn can_connect(path: &Path) -> Result<(), Errno> {
    let socket = stream(AddressFamily::Unix, SockFlag::SOCK_NONBLOCK)?;
    connect(socket.as_raw_fd(), &UnixAddr::new(path)?)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::{Read, Write};
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
    use std::os::unix::net::{UnixListener, UnixStream};
    use std::path::Path;

    use super::{UnixServer, listen, probe};
    use crate::base::scratch::Scratch;
    use crate::sys::sockets::ServerError;
    use crate::sys::testing::{is_root, wait_readable};

    fn open(path: &Path) -> (Result<UnixServer, ServerError>, Vec<String>) {
        let mut notices = Vec::new();
        let mut notice = |line: &str| notices.push(line.to_owned());
        let result = listen(path, 0o700, (None, None), &mut notice);
        (result, notices)
    }

    #[test]
    fn it_appears_with_its_mode_and_goes_with_its_owner() {
        let folder = Scratch::new();
        let path = folder.file("s");
        for mode in [0o700, 0o777, 0o600] {
            let server = listen(&path, mode, (None, None), &mut |_| ()).unwrap();
            assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, mode);
            assert_eq!(folder.names(), ["s"]);
            assert_eq!(server.file.path(), path);
            let mut client = UnixStream::connect(&path).unwrap();
            wait_readable(&server.listener);
            let (mut accepted, _) = server.listener.accept().unwrap();
            client.write_all(b"x").unwrap();
            accepted.read_exact(&mut [0]).unwrap();
            drop(server);
            assert_eq!(folder.names(), [""; 0]);
        }
    }

    #[test]
    fn a_stale_socket_is_replaced() {
        let folder = Scratch::new();
        let path = folder.file("s");
        drop(UnixListener::bind(&path).unwrap());
        let (result, notices) = open(&path);
        assert_eq!(
            notices,
            [format!("Unlinking stale socket {}", path.display())]
        );
        let _server = result.unwrap();
        UnixStream::connect(&path).unwrap();
        assert_eq!(folder.names(), ["s"]);
    }

    #[test]
    fn a_link_to_nowhere_is_stale() {
        let folder = Scratch::new();
        let path = folder.file("s");
        symlink("/no/such/socket", &path).unwrap();
        let (result, notices) = open(&path);
        assert!(result.is_ok());
        assert_eq!(notices.len(), 1);
    }

    #[test]
    fn a_used_one_is_left_alone() {
        let folder = Scratch::new();
        let path = folder.file("s");
        let other = UnixListener::bind(&path).unwrap();
        let inode = fs::metadata(&path).unwrap().ino();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let (mut peer, _) = other.accept().unwrap();
                peer.read_exact(&mut [0; 5]).unwrap();
                peer.write_all(b"HTTP/1.0 200 OK").unwrap();
            });
            let (result, notices) = open(&path);
            assert_eq!(result.unwrap_err(), ServerError::InUse);
            assert_eq!(notices, [""; 0]);
        });
        assert_eq!(fs::metadata(&path).unwrap().ino(), inode);
        assert_eq!(folder.names(), ["s"]);
    }

    /// DMN-085: the reference would wait for ever.
    #[test]
    fn one_that_does_not_answer_is_used_too() {
        let folder = Scratch::new();
        let path = folder.file("s");
        let _mute = UnixListener::bind(&path).unwrap();
        assert_eq!(probe(&path, 10), Err(nix::errno::Errno::EAGAIN));
    }

    /// DEC-042.
    #[test]
    fn what_is_no_socket_stays() {
        let folder = Scratch::new();
        let file = folder.file("file");
        fs::write(&file, "precious").unwrap();
        let directory = folder.file("directory");
        fs::create_dir(&directory).unwrap();
        for path in [&file, &directory] {
            let (result, notices) = open(path);
            assert_eq!(result.unwrap_err(), ServerError::NotASocket(path.clone()));
            assert_eq!(notices, [""; 0]);
        }
        assert_eq!(fs::read_to_string(&file).unwrap(), "precious");
        assert_eq!(folder.names().len(), 2);
    }

    #[test]
    fn refusals() {
        let folder = Scratch::new();
        let missing = folder.file("none/s");
        let (result, _) = open(&missing);
        let text = "Cannot open an HTTP server: socket.error reported errno.ENOENT (2)";
        assert_eq!(result.unwrap_err().to_string(), text);
        let (result, _) = open(&folder.file(&"x".repeat(120)));
        assert_eq!(result.unwrap_err(), ServerError::PathTooLong);
        assert_eq!(folder.names(), [""; 0]);
    }

    #[test]
    fn the_file_of_somebody_else_stays() {
        let folder = Scratch::new();
        let path = folder.file("s");
        let (result, _) = open(&path);
        let server = result.unwrap();
        fs::remove_file(&path).unwrap();
        fs::write(&path, "other").unwrap();
        drop(server);
        assert_eq!(fs::read_to_string(&path).unwrap(), "other");
    }

    #[test]
    fn it_is_given_to_its_owner() {
        let folder = Scratch::new();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let path = folder.file("s");
        if is_root("a socket for somebody else") {
            let owner = (Some(65534), Some(65533));
            let _server = listen(&path, 0o700, owner, &mut |_| ()).unwrap();
            let found = fs::metadata(&path).unwrap();
            assert_eq!((found.uid(), found.gid()), (65534, 65533));
        } else {
            let error = listen(&path, 0o700, (Some(0), None), &mut |_| ()).unwrap_err();
            let start = format!(
                "Not permitted to chown {} to uid/gid (0, -1); adjust \"sockchown\" value",
                path.display()
            );
            assert!(error.to_string().starts_with(&start), "{error}");
            assert_eq!(folder.names(), [""; 0]);
        }
    }
}
