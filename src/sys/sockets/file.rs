//! The file of a listening Unix socket: how it comes to be, and how it goes.
//!
//! Its folder may be another user's, who can put anything in its place at any moment. So mode and owner are never
//! given to a name: the file is held by a descriptor, and shown to be the socket's, before it is changed.

use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::errno::Errno as NixErrno;
use nix::fcntl::AtFlags;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::sockopt::PeerCredentials;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, UnixAddr, accept4, bind, connect, getsockopt, socket,
};
use nix::sys::stat::{Mode, fchmod};
use nix::unistd::{Gid, Uid, fchownat};

use crate::base::errno::Errno;

/// The file of a socket that we made. It is removed when this value is dropped, unless somebody else has put
/// another one in its place (DMN-036, DMN-017).
#[derive(Debug)]
pub struct SocketFile {
    path: PathBuf,
    /// Device, inode, and time of its making, because an inode number may be used again.
    identity: (u64, u64, i64, i64),
}

impl SocketFile {
    /// Remembers the file that we just made, whose name is `path`.
    pub(super) fn made(path: &Path, bound: &Bound) -> io::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            identity: identity(&bound.0.metadata()?),
        })
    }

    /// Whether it still is where we made it, and nothing else.
    pub fn is_there(&self) -> bool {
        let found = self.path.symlink_metadata();
        found.is_ok_and(|found| identity(&found) == self.identity)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn identity(file: &fs::Metadata) -> (u64, u64, i64, i64) {
    (file.dev(), file.ino(), file.mtime(), file.mtime_nsec())
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if self.is_there() {
            // what cannot be removed stays, as any stale socket does
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// The address of `path`; none if it is too long.
pub(super) fn address(path: &Path) -> Option<UnixAddr> {
    UnixAddr::new(path).ok()
}

/// A stream socket, closed on exec.
pub(super) fn stream(family: AddressFamily, flags: SockFlag) -> nix::Result<OwnedFd> {
    let flags = flags | SockFlag::SOCK_CLOEXEC;
    socket(family, SockType::Stream, flags, None)
}

/// Makes `socket` listen. The kernel cuts a backlog that is too long, which nix would refuse.
pub(super) fn listen(socket: &OwnedFd, backlog: i32) -> Result<(), Errno> {
    // SAFETY: the call takes two numbers and touches no memory.
    match unsafe { libc::listen(socket.as_raw_fd(), backlog) } {
        0 => Ok(()),
        _ => Err(Errno::last()),
    }
}

/// The file that a socket was bound to, whatever its name leads to by now.
pub(super) struct Bound(File);

/// Why mode and owner could not be set.
#[derive(Debug)]
pub(super) enum FinishError {
    Mode(io::Error),
    Owner(io::Error),
}

/// How many strangers may be before us in the row of those who connect.
const STRANGERS: usize = 100;

impl Bound {
    /// Binds `socket` to `path`. The file never has more permissions than `mode`, but that we may connect (DEC-042).
    pub(super) fn bind(
        socket: &OwnedFd,
        address: &UnixAddr,
        path: &Path,
        mode: u32,
    ) -> Result<Self, Errno> {
        // on Linux the file gets the mode of the socket, less the file mode mask
        fchmod(socket, Mode::from_bits_truncate(mode | 0o200))?;
        bind(socket.as_raw_fd(), address)?;
        let mut options = OpenOptions::new();
        options
            .read(true)
            .custom_flags(libc::O_PATH | libc::O_NOFOLLOW);
        let file = options.open(path).inspect_err(|_| {
            // nobody else would; if it is not there any more, all the better
            let _ = fs::remove_file(path);
        });
        Ok(Self(file?))
    }

    /// Gives the file of `socket`, which listens, exactly these permission bits and this owner.
    pub(super) fn finish(
        &self,
        socket: &OwnedFd,
        mode: u32,
        (uid, gid): (Option<u32>, Option<u32>),
    ) -> Result<(), FinishError> {
        let found = self.0.metadata().map_err(FinishError::Mode)?;
        let right_mode = found.mode() & 0o7777 == mode & 0o7777;
        let is = |wanted: Option<u32>, id| wanted.is_none_or(|wanted| wanted == id);
        let right_owner = is(uid, found.uid()) && is(gid, found.gid());
        if found.file_type().is_socket() && right_mode && right_owner {
            return Ok(());
        }
        self.prove(socket, &found).map_err(FinishError::Mode)?;
        if !right_mode {
            self.set_mode(mode).map_err(FinishError::Mode)?;
        }
        if !right_owner {
            let (uid, gid) = (uid.map(Uid::from_raw), gid.map(Gid::from_raw));
            fchownat(&self.0, "", uid, gid, AtFlags::AT_EMPTY_PATH)
                .map_err(|errno| FinishError::Owner(errno.into()))?;
            // a change of owner may take bits away
            if mode & 0o6000 != 0 {
                self.set_mode(mode).map_err(FinishError::Mode)?;
            }
        }
        Ok(())
    }

    fn set_mode(&self, mode: u32) -> io::Result<()> {
        fs::set_permissions(self.by_number(), fs::Permissions::from_mode(mode & 0o7777))
    }

    /// A name that leads to the very file.
    fn by_number(&self) -> String {
        format!("/proc/self/fd/{}", self.0.as_raw_fd())
    }

    /// Shows that it is the file of `socket`: who connects to the one arrives at the other.
    fn prove(&self, socket: &OwnedFd, found: &fs::Metadata) -> io::Result<()> {
        let swapped = || io::Error::from_raw_os_error(libc::ESTALE);
        if !found.file_type().is_socket() {
            return Err(swapped());
        }
        let probe = stream(AddressFamily::Unix, SockFlag::SOCK_NONBLOCK)?;
        connect(
            probe.as_raw_fd(),
            &UnixAddr::new(self.by_number().as_str())?,
        )?;
        for _ in 0..STRANGERS {
            let mut waiting = [PollFd::new(socket.as_fd(), PollFlags::POLLIN)];
            match poll(&mut waiting, PollTimeout::ZERO) {
                Err(NixErrno::EINTR) => continue,
                Ok(0) => return Err(swapped()),
                result => result?,
            };
            let arrived = accept4(socket.as_raw_fd(), SockFlag::SOCK_CLOEXEC)?;
            // SAFETY: the number was just given to us, and nobody else has it.
            let arrived = unsafe { OwnedFd::from_raw_fd(arrived) };
            let peer = getsockopt(&arrived, PeerCredentials)?;
            if u32::try_from(peer.pid()).is_ok_and(|pid| pid == std::process::id()) {
                return Ok(());
            }
        }
        Err(swapped())
    }
}

/// An unforeseeable name beside `path`, as long as one that ends with a pid: others may have put something in the
/// way of names that can be foretold.
pub(super) fn beside(path: &Path) -> PathBuf {
    let mut random = RandomState::new().build_hasher().finish();
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    for _ in 0..7 {
        let digit = u32::try_from(random % 36).unwrap_or(0);
        name.push(String::from(char::from_digit(digit, 36).unwrap_or('0')));
        random /= 36;
    }
    name.into()
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::fd::OwnedFd;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
    use std::os::unix::net::UnixListener;
    use std::path::Path;

    use super::{AddressFamily, Bound, FinishError, SockFlag, SocketFile, address, beside};
    use super::{listen, stream};
    use crate::base::scratch::Scratch;
    use crate::sys::testing::is_root;

    /// A socket that listens at `path`, and the file that it was bound to.
    fn made(path: &Path, mode: u32) -> (OwnedFd, Bound) {
        let socket = stream(AddressFamily::Unix, SockFlag::SOCK_NONBLOCK).unwrap();
        let bound = Bound::bind(&socket, &address(path).unwrap(), path, mode).unwrap();
        listen(&socket, 5).unwrap();
        (socket, bound)
    }

    fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).unwrap().mode() & 0o7777
    }

    #[test]
    fn any_mode_can_be_given() {
        let folder = Scratch::new();
        for wanted in [0o700, 0o777, 0o666, 0o600, 0o400, 0o077, 0, 0o4755, 0o2770] {
            let path = folder.file(&format!("{wanted:o}"));
            let (socket, bound) = made(&path, wanted);
            bound.finish(&socket, wanted, (None, None)).unwrap();
            assert_eq!(mode(&path), wanted, "{wanted:o}");
            let file = SocketFile::made(&path, &bound).unwrap();
            assert!(file.is_there());
        }
        assert_eq!(folder.names(), [""; 0]);
    }

    /// Whoever owns the folder puts something else in its place as soon as it is there.
    #[test]
    fn nothing_but_the_own_file_is_changed() {
        let folder = Scratch::new();
        let (path, moved, victim) = (
            folder.file("s"),
            folder.file("moved"),
            folder.file("victim"),
        );
        fs::write(&victim, "secret").unwrap();
        fs::set_permissions(&victim, Permissions::from_mode(0o600)).unwrap();
        let owner = is_root("a file with another owner").then_some(65534);
        let (socket, bound) = made(&path, 0o777);
        fs::rename(&path, &moved).unwrap();
        symlink(&victim, &path).unwrap();
        bound.finish(&socket, 0o777, (owner, None)).unwrap();
        assert_eq!((mode(&victim), mode(&moved)), (0o600, 0o777));
        assert_ne!(fs::metadata(&victim).unwrap().uid(), 65534);
        if let Some(owner) = owner {
            assert_eq!(fs::metadata(&moved).unwrap().uid(), owner);
        }
        let file = SocketFile::made(&path, &bound).unwrap();
        assert!(!file.is_there());
        drop(file);
        assert_eq!(folder.names(), ["moved", "s", "victim"]);
    }

    /// What was in its place already when we looked is not the socket's, be it a socket, too.
    #[test]
    fn another_ones_file_is_refused() {
        let folder = Scratch::new();
        let (socket, _bound) = made(&folder.file("ours"), 0o700);
        let other = folder.file("other");
        let _other = UnixListener::bind(&other).unwrap();
        let plain = folder.file("plain");
        fs::write(&plain, "").unwrap();
        for path in [&other, &plain] {
            fs::set_permissions(path, Permissions::from_mode(0o700)).unwrap();
            let mut options = fs::OpenOptions::new();
            std::os::unix::fs::OpenOptionsExt::custom_flags(options.read(true), libc::O_PATH);
            let bound = Bound(options.open(path).unwrap());
            let refused = bound.finish(&socket, 0o777, (None, None)).unwrap_err();
            assert!(matches!(refused, FinishError::Mode(_)), "{refused:?}");
            assert_eq!(mode(path), 0o700);
        }
    }

    #[test]
    fn names_that_cannot_be_foretold() {
        let path = Path::new("/run/s");
        let names: Vec<_> = (0..100).map(|_| beside(path)).collect();
        for name in &names {
            let name = name.to_str().unwrap();
            assert!(name.starts_with("/run/s.") && name.len() == 14, "{name}");
        }
        let mut different = names.clone();
        different.sort();
        different.dedup();
        assert_eq!(different.len(), names.len());
    }
}
