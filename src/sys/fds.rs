//! Descriptors: owning them, and keeping them from programs.

use std::ffi::c_long;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};

/// Takes ownership of a descriptor that a system call just gave.
pub(super) fn own(number: RawFd) -> OwnedFd {
    // SAFETY: the callers pass what a system call just returned to them, so it is open and nobody else's.
    unsafe { OwnedFd::from_raw_fd(number) }
}

/// Marks everything but 0, 1 and 2 that the daemon's caller left open as closed on exec, so that no program
/// inherits it (DMN-079). For the start, before the daemon opens anything.
pub fn keep_strays_from_programs() {
    /// `CLOSE_RANGE_CLOEXEC`, since Linux 5.11.
    const CLOSE_ON_EXEC: c_long = 4;
    let (first, last): (c_long, c_long) = (3, c_long::from(u32::MAX));
    // SAFETY: no memory is involved, and no descriptor is closed now.
    let done = unsafe { libc::syscall(libc::SYS_close_range, first, last, CLOSE_ON_EXEC) };
    if done != 0 {
        mark_each();
    }
}

/// The same for older kernels, one by one.
fn mark_each() {
    let Ok(entries) = std::fs::read_dir("/proc/self/fd") else {
        return;
    };
    let numbers =
        entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<RawFd>().ok());
    for number in numbers.filter(|number| *number > 2) {
        // SAFETY: no memory is involved; a descriptor that is gone meanwhile is an error without effect.
        unsafe { libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use nix::fcntl::{FcntlArg, FdFlag, fcntl};

    use super::{keep_strays_from_programs, mark_each};

    /// Both ways at once harm no other test: what we open ourselves is closed on exec anyway.
    #[test]
    fn strays_are_marked() {
        for mark in [keep_strays_from_programs, mark_each] {
            let stray = File::open("/dev/null").unwrap();
            fcntl(&stray, FcntlArg::F_SETFD(FdFlag::empty())).unwrap();
            mark();
            let flags = fcntl(&stray, FcntlArg::F_GETFD).unwrap();
            assert_eq!(flags, FdFlag::FD_CLOEXEC.bits());
        }
    }
}
