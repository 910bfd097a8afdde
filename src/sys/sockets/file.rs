//! The file of a listening Unix socket: how it comes to be, and how it goes.

use std::fs;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use nix::sys::socket::{AddressFamily, SockFlag, SockType, UnixAddr, bind, socket};
use nix::sys::stat::{Mode, fchmod};

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
    /// Remembers the file that we just made at `path`.
    pub(super) fn made(path: &Path) -> io::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            identity: identity(path)?,
        })
    }

    /// Whether it still is where we made it, and nothing else.
    pub fn is_there(&self) -> bool {
        identity(&self.path).is_ok_and(|identity| identity == self.identity)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64, i64, i64)> {
    let file = path.symlink_metadata()?;
    Ok((file.dev(), file.ino(), file.mtime(), file.mtime_nsec()))
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

/// Binds `socket` to `path`. The file never has more permissions than `mode`, and in the end exactly these
/// (DEC-042).
pub(super) fn bind_with_mode(
    socket: &OwnedFd,
    address: &UnixAddr,
    path: &Path,
    mode: u32,
) -> Result<(), Errno> {
    // on Linux the file gets the mode of the socket, less the file mode mask
    fchmod(socket, Mode::from_bits_truncate(mode))?;
    bind(socket.as_raw_fd(), address)?;
    Ok(set_mode(path, mode)?)
}

/// Gives the file exactly these permission bits.
pub(super) fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(mode & 0o7777))
}

/// Gives the file to that user and group, where they are given.
pub(super) fn set_owner(path: &Path, uid: Option<u32>, gid: Option<u32>) -> io::Result<()> {
    if uid.is_none() && gid.is_none() {
        return Ok(());
    }
    chown(path, uid, gid)
}
