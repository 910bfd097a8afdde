//! Making a child: everything is prepared before it exists, then it sets itself up and executes the program.
//!
//! Two ways to the same child. Usually it borrows our memory until it executes the program or gives up, and we
//! stand still for that long (as `vfork` does): the cost does not grow with our memory, and nothing of it is
//! copied. A child that changes its user gets a copy of our memory instead: from that moment on the other user
//! may send it signals, and one who stops it must not be able to stop us.

mod child;

use std::ffi::{CStr, CString, c_int, c_void};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr::{null, null_mut};

use crate::base::errno::Errno;
use crate::base::pid::Pid;
use crate::base::spawn_error::SpawnError;

use super::fds::Berths;
use super::pipes::above_stdio;
use super::privileges::ProgramUser;
use child::Child;

/// What the child shall become.
#[derive(Debug, Clone, Copy)]
pub struct SpawnPlan<'a> {
    /// The file to execute.
    pub file: &'a CStr,
    /// Its arguments, the first one being its name.
    pub argv: &'a [CString],
    /// `NAME=value` strings.
    pub environment: &'a [CString],
    /// What it has as 0, 1 and 2; it has nothing else open (PROC-073).
    pub stdio: [BorrowedFd<'a>; 3],
    /// Whom it runs as.
    pub user: &'a ProgramUser,
    /// Its working directory, entered as that user (PROC-076, PROC-080).
    pub directory: Option<&'a CStr>,
    /// Its file mode mask.
    pub umask: Option<u32>,
    /// It leads a process group of its own (PROC-072); else it stays in ours.
    pub own_group: bool,
}

/// Makes one child, without anything kept for it; see [`Spawner::spawn`].
pub fn spawn(plan: &SpawnPlan<'_>) -> Result<Pid, SpawnError> {
    let spawner = Spawner::new(None).map_err(SpawnError::Fork)?;
    spawner.spawn(plan)
}

/// What the making of children needs every time.
#[derive(Debug)]
pub struct Spawner {
    stack: Stack,
    berths: Option<Berths>,
}

impl Spawner {
    /// Prepares a stack. With `berths` the cost of a child does not grow with the number of open descriptors.
    pub fn new(berths: Option<Berths>) -> Result<Self, Errno> {
        let stack = Stack::new()?;
        Ok(Self { stack, berths })
    }

    /// Makes the child. A failure in it is no error here: it then says so on its stderr and exits with 127
    /// (PROC-079).
    pub fn spawn(&self, plan: &SpawnPlan<'_>) -> Result<Pid, SpawnError> {
        match (&self.berths, plan.user) {
            (Some(berths), ProgramUser::Same | ProgramUser::Refused { .. }) => {
                let _filled = berths.fill(plan.stdio).map_err(SpawnError::Files)?;
                let child = Child::prepare(plan, berths.numbers(), true);
                self.make(&child, SHARED_MEMORY | libc::CLONE_FILES)
            }
            _ => self.spawn_with_copies(plan),
        }
    }

    /// The child begins with copies of all our descriptors.
    fn spawn_with_copies(&self, plan: &SpawnPlan<'_>) -> Result<Pid, SpawnError> {
        let moved = plan.stdio.map(above_stdio);
        let mut stdio = plan.stdio.map(|fd| fd.as_raw_fd());
        for (number, moved) in stdio.iter_mut().zip(&moved) {
            match moved {
                Ok(Some(fd)) => *number = fd.as_raw_fd(),
                Ok(None) => {}
                Err(errno) => return Err(SpawnError::Files(*errno)),
            }
        }
        let memory = match plan.user {
            ProgramUser::Switch(_) => 0,
            ProgramUser::Same | ProgramUser::Refused { .. } => SHARED_MEMORY,
        };
        self.make(&Child::prepare(plan, stdio, false), memory)
    }

    fn make(&self, child: &Child<'_>, sharing: c_int) -> Result<Pid, SpawnError> {
        let _blocked = Blocked::everything();
        // SAFETY: the stack is ours alone and big enough for `enter`, nobody else runs on it since this type is
        // not `Sync`, and `child` outlives the child's use of it: with CLONE_VFORK this thread stands still
        // until the child has executed or exited, without CLONE_VM the child has its own copy. The child makes
        // async-signal-safe calls only, on memory prepared above, and writes to nothing but its stack and this
        // thread's errno, so other threads and their locks do not matter. It runs no signal handler of ours:
        // every signal is blocked until `Child` has reset the handlers, in a table of its own since
        // CLONE_SIGHAND is not set. With CLONE_FILES its first step is to take a descriptor table of its own.
        let number = unsafe {
            libc::clone(
                enter,
                self.stack.top(),
                sharing | libc::SIGCHLD,
                std::ptr::from_ref(child).cast_mut().cast::<c_void>(),
            )
        };
        Pid::new(number).ok_or_else(|| SpawnError::Fork(Errno::last()))
    }
}

/// As `vfork` does it.
const SHARED_MEMORY: c_int = libc::CLONE_VM | libc::CLONE_VFORK;

extern "C" fn enter(child: *mut c_void) -> c_int {
    // SAFETY: `spawn` passes a pointer to a `Child` that stays in place and unchanged as long as we run.
    let child = unsafe { &*child.cast_const().cast::<Child<'_>>() };
    child.run()
}

/// Memory for the child's stack, with a page below it that nobody can touch.
#[derive(Debug)]
struct Stack {
    base: *mut c_void,
}

impl Stack {
    const GUARD: usize = 64 * 1024; // a whole number of pages with every page size
    const SIZE: usize = Self::GUARD + 128 * 1024;

    fn new() -> Result<Self, Errno> {
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
    fn top(&self) -> *mut c_void {
        self.base.wrapping_byte_add(Self::SIZE)
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // SAFETY: exactly the mapping of `new`; the child that ran on it has executed, exited or has a copy.
        unsafe { libc::munmap(self.base, Self::SIZE) };
    }
}

/// Keeps all signals from this thread while it exists.
struct Blocked {
    before: libc::sigset_t,
}

impl Blocked {
    fn everything() -> Self {
        // SAFETY: a signal set is plain bits, for which zeroes are valid.
        let mut all: libc::sigset_t = unsafe { std::mem::zeroed() };
        let mut before = all;
        // SAFETY: `all` is a valid set to write to.
        unsafe { libc::sigfillset(&raw mut all) };
        // SAFETY: both sets are valid for the call, which fails for nothing but a bad first argument.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before) };
        Self { before }
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        let before = &raw const self.before;
        // SAFETY: the set is the one that `everything` got from the system.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before, null_mut()) };
    }
}

/// Pointers to the strings and a null at the end, as `execve` takes them.
fn pointers(strings: &[CString]) -> Vec<*const libc::c_char> {
    let strings = strings.iter().map(|string| string.as_ptr());
    strings.chain(std::iter::once(null())).collect()
}

#[cfg(test)]
mod tests;
