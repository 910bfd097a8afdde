//! Descriptors: owning them, and keeping them from programs.

use std::ffi::c_long;
use std::fs::File;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use crate::base::errno::Errno;

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

/// Three low descriptors that are kept for children: what a child shall have as 0, 1 and 2 is put there for
/// the moment of its making. All that the daemon opens later is above them, so a child can leave it behind in
/// one step, whereas a copied descriptor table costs time for each open file of the daemon, twice.
#[derive(Debug)]
pub struct ReservedFds {
    reserved: [OwnedFd; 3],
    /// What lies there otherwise.
    nothing: OwnedFd,
}

impl ReservedFds {
    /// Reserves the lowest free descriptors; none with a kernel that does not know `close_range` (before 5.9).
    pub fn reserve() -> Option<Self> {
        let last = c_long::from(u32::MAX);
        // SAFETY: no memory is involved, and there is no such descriptor to close.
        let known = unsafe { libc::syscall(libc::SYS_close_range, last, last, 0) } == 0;
        let open = || File::open("/dev/null").map(OwnedFd::from).ok();
        let reserved = Self {
            reserved: [open()?, open()?, open()?],
            nothing: open()?,
        };
        (known && reserved.reserved.iter().all(|fd| fd.as_raw_fd() > 2)).then_some(reserved)
    }

    /// The reserved numbers.
    pub(super) fn numbers(&self) -> [RawFd; 3] {
        [0, 1, 2].map(|at: usize| self.reserved[at].as_raw_fd())
    }

    /// Puts copies of the three there.
    pub(super) fn fill(&self, stdio: [BorrowedFd<'_>; 3]) -> Result<Filled<'_>, Errno> {
        let filled = Filled(self);
        for (fd, slot) in stdio.iter().zip(&self.reserved) {
            copy_to(fd.as_raw_fd(), slot)?;
        }
        Ok(filled)
    }
}

/// While it lives, the reserved hold what a child shall get.
#[derive(Debug)]
pub(super) struct Filled<'a>(&'a ReservedFds);

impl Drop for Filled<'_> {
    fn drop(&mut self) {
        let ReservedFds { reserved, nothing } = self.0;
        for slot in reserved {
            // both are open, so it cannot fail
            let _ = copy_to(nothing.as_raw_fd(), slot);
        }
    }
}

fn copy_to(fd: RawFd, slot: &OwnedFd) -> Result<(), Errno> {
    // SAFETY: no memory is involved; the target is ours, and what it was before is closed.
    match unsafe { libc::dup3(fd, slot.as_raw_fd(), libc::O_CLOEXEC) } {
        -1 => Err(Errno::last()),
        _ => Ok(()),
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
