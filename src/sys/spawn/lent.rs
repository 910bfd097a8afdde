//! Where a child is while it borrows our memory: its stack and everything that it looks at.
//!
//! It may stay there for long, if its folder or its command is on a file system that hangs, and we go on
//! meanwhile. The kernel says when it has left: as for a thread, it clears a word in our memory when the child has
//! executed its program or is dead, however that came. So nobody has to wait or to be woken: whoever makes the
//! next child looks who has left.

use std::ffi::{c_long, c_void};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use nix::sys::time::TimeSpec;

use crate::base::errno::Errno;
use crate::base::pid::Pid;
use crate::sys::{clock, raw};

use super::child::Child;

/// A child that may be in our memory, and what it needs there. Not to be dropped before it is gone.
#[derive(Debug)]
pub(super) struct LentMemory {
    pub(super) stack: Stack,
    pub(super) child: Child,
}

/// How far a child has come that is in our memory.
#[derive(Debug)]
pub(in crate::sys) struct Progress(AtomicU32);

/// It has executed its program, or is dead; written by the kernel.
const GONE: u32 = 0;
/// It may have our descriptor table yet.
const BORN: u32 = 1;
/// It has a descriptor table and a process group of its own.
const INDEPENDENT: u32 = 2;

/// How often we look whether a child that does not become independent is dead: only one that somebody killed in
/// its first microsecond can be so without the kernel's telling us.
const LOOK: libc::timespec = libc::timespec {
    tv_sec: 0,
    tv_nsec: 100_000_000,
};

impl Progress {
    pub(in crate::sys) const fn new() -> Self {
        Self(AtomicU32::new(BORN))
    }

    /// Its memory is ours alone again.
    pub(in crate::sys) fn is_gone(&self) -> bool {
        self.0.load(Ordering::Acquire) == GONE
    }

    /// For the parent: waits until the child has left our descriptor table. Nothing that it does until then
    /// depends on anybody.
    pub(super) fn wait_for_independence(&self, pid: Pid) {
        while self.0.load(Ordering::Acquire) == BORN {
            if self.sleep_at(BORN, &LOOK) != 0
                && Errno::last() == Errno(libc::ETIMEDOUT)
                && has_ended(pid)
            {
                self.0.store(GONE, Ordering::Release);
            }
        }
    }

    /// For the parent: waits until the child is out of our memory, but not longer than `most`. Says whether it is.
    pub(in crate::sys) fn wait_for_end(&self, most: Duration) -> bool {
        let end = clock::now().mono + most;
        loop {
            let progress = self.0.load(Ordering::Acquire);
            let rest = end.since(clock::now().mono);
            if progress == GONE || rest.is_zero() {
                return progress == GONE;
            }
            self.sleep_at(progress, TimeSpec::from(rest).as_ref());
        }
    }

    /// Sleeps while the word is `progress`, for a time. What comes of it shows in the word.
    fn sleep_at(&self, progress: u32, most: &libc::timespec) -> c_long {
        let (word, most) = (self.0.as_ptr(), std::ptr::from_ref(most));
        // SAFETY: the word and the time are valid for the call, which reads them only. Not a private wait, since
        // the kernel does not wake those.
        unsafe {
            libc::syscall(
                libc::SYS_futex,
                word,
                libc::FUTEX_WAIT,
                progress,
                most,
                0,
                0,
            )
        }
    }

    /// For the child: has the kernel clear the word when it leaves our memory.
    pub(in crate::sys) fn follow(&self) {
        let word = self.0.as_ptr() as usize;
        // SAFETY: the word stays in place until the kernel has cleared it. The call cannot fail.
        let _ = unsafe { raw::call(libc::SYS_set_tid_address, [word, 0, 0, 0, 0, 0]) };
    }

    /// For the child: it has left our descriptor table.
    pub(super) fn independent(&self) {
        self.0.store(INDEPENDENT, Ordering::Release);
        let (word, wake) = (self.0.as_ptr() as usize, libc::FUTEX_WAKE as usize);
        // SAFETY: the word is valid; the call only looks for who waits there.
        let _ = unsafe { raw::call(libc::SYS_futex, [word, wake, 1, 0, 0, 0]) };
    }
}

/// The child is dead; it is left to be reaped.
fn has_ended(pid: Pid) -> bool {
    // SAFETY: plain numbers, for which zeroes are valid.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    let flags = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    let id = pid.number().cast_unsigned();
    // SAFETY: `info` is valid to write to.
    let done = unsafe { libc::waitid(libc::P_PID, id, &raw mut info, flags) };
    // SAFETY: the call has filled it in for a child, or left it zero.
    done == 0 && unsafe { info.si_pid() } != 0
}

/// Memory for the child's stack, with a page below it that nobody can touch.
#[derive(Debug)]
pub(in crate::sys) struct Stack {
    base: *mut c_void,
}

impl Stack {
    const GUARD: usize = 64 * 1024; // a whole number of pages with every page size
    const SIZE: usize = Self::GUARD + 128 * 1024;

    pub(in crate::sys) fn new() -> Result<Self, Errno> {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_STACK;
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new mapping at an address of the kernel's choice touches no memory in use.
        let base = unsafe { libc::mmap(null_mut(), Self::SIZE, access, flags, -1, 0) };
        if base == libc::MAP_FAILED {
            return Err(Errno::last());
        }
        let stack = Self { base };
        // SAFETY: the range is the beginning of the mapping made above, which nobody uses yet.
        match unsafe { libc::mprotect(stack.base, Self::GUARD, libc::PROT_NONE) } {
            0 => Ok(stack),
            _ => Err(Errno::last()),
        }
    }

    /// Where the stack begins; it grows downwards.
    pub(in crate::sys) fn top(&self) -> *mut c_void {
        self.base.wrapping_byte_add(Self::SIZE)
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // SAFETY: exactly the mapping of `new`; no child runs on it: see `LentMemory`.
        unsafe { libc::munmap(self.base, Self::SIZE) };
    }
}
