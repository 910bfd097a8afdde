//! What the file system says about a file: whether it can be executed, whether somebody has it open.

use std::ffi::c_int;
use std::fs::{File, TryLockError};
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::unistd::{AccessFlags, access};

use crate::base::errno::Errno;
use crate::base::file_kind::FileKind;

/// Looks at `path` with the daemon's own identity (PROC-060 to PROC-065).
pub fn executable(path: &Path) -> FileKind {
    let Ok(metadata) = path.metadata() else {
        return FileKind::Missing;
    };
    if metadata.is_dir() {
        FileKind::Directory
    } else if metadata.mode() & 0o111 == 0 {
        FileKind::NoExecuteBit
    } else if access(path, AccessFlags::X_OK).is_err() {
        FileKind::NoPermission
    } else {
        FileKind::Executable
    }
}

/// Whether another process has that regular file locked or open. The kernel knows, and grants a lease on a file
/// only to its one and only opener; where it does not tell, the file counts as nobody's.
pub fn is_used_by_others(file: &File) -> bool {
    if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
        return true;
    }
    // nothing to be done where this fails: closing the file unlocks it, too
    let _ = file.unlock();
    let refused = lease(file, libc::F_WRLCK) == Err(Errno(libc::EAGAIN));
    // a lease that was not granted need not be given back, and nobody should wait for one that was
    let _ = lease(file, libc::F_UNLCK);
    refused
}

/// Takes or gives back a lease. Whoever opens the file meanwhile makes the kernel send a signal, which has to be one
/// that is ignored by default: SIGIO would end the daemon.
fn lease(file: &File, kind: c_int) -> Result<(), Errno> {
    /// `F_SETSIG` of Linux, which libc does not name.
    const SET_SIGNAL: c_int = 10;
    // SAFETY: the descriptor is open, and no memory is involved.
    let prepared = unsafe { libc::fcntl(file.as_raw_fd(), SET_SIGNAL, libc::SIGURG) };
    if prepared == -1 {
        return Err(Errno::last());
    }
    // SAFETY: as above.
    match unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETLEASE, kind) } {
        -1 => Err(Errno::last()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{File, OpenOptions};
    use std::path::Path;

    use super::{executable, is_used_by_others};
    use crate::base::scratch::Scratch;

    #[test]
    fn open_and_locked_files_are_used() {
        let scratch = Scratch::new();
        let path = scratch.write("log", "text");
        let used = || is_used_by_others(&File::open(&path).unwrap());
        assert!(!used());
        let writer = OpenOptions::new().append(true).open(&path).unwrap();
        assert!(used());
        drop(writer);
        assert!(!used());
        let holder = File::open(&path).unwrap();
        holder.lock_shared().unwrap();
        assert!(used());
        drop(holder);
        assert!(!used());
    }
    use crate::base::file_kind::FileKind;

    #[test]
    fn kinds() {
        let table = [
            ("/bin/sh", FileKind::Executable),
            ("/", FileKind::Directory),
            ("/etc/passwd", FileKind::NoExecuteBit),
            ("/no/such/file", FileKind::Missing),
            ("/etc/passwd/x", FileKind::Missing),
            ("", FileKind::Missing),
        ];
        for (path, kind) in table {
            assert_eq!(executable(Path::new(path)), kind, "{path}");
        }
    }
}
