//! Making a child: everything is prepared before it exists, then it sets itself up and executes the program.
//!
//! What a child waits for, we do not wait for: its folder, its command and the file system that they are on may
//! hang for ever. So it is not made as `vfork` does it, though that is as cheap as it can be. Two ways lead to the
//! same child. Usually it borrows our memory, on a stack of its own, until it executes the program or gives up:
//! the cost does not grow with our memory, nothing is copied, and we go on as soon as it has a descriptor table
//! and a process group of its own. All that it looks at stays where it is for that long, see `lent`. A child
//! that changes its user gets a copy of our memory instead: from that moment on the other user may send it
//! signals, and must not be able to do anything to us by that.

mod child;
pub(super) mod lent;

use std::cell::{Cell, RefCell};
use std::ffi::{CString, c_int, c_void};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr::{null, null_mut};
use std::rc::Rc;

use crate::base::errno::Errno;
use crate::base::pid::Pid;
use crate::base::spawn_error::SpawnError;

use super::fds::ReservedFds;
use super::limits::Range;
use super::pipes::above_stdio;
use super::privileges::ProgramUser;
use super::raw;
use child::{Child, Shares};
use lent::{LentMemory, Stack};

/// What the child shall become.
#[derive(Debug)]
pub struct SpawnPlan<'a> {
    /// The file to execute. If there are several, the first one that can be executed is, as a shell finds a
    /// command.
    pub files: Vec<CString>,
    /// Its arguments, the first one being its name.
    pub argv: Vec<CString>,
    /// `NAME=value` strings.
    pub environment: Vec<CString>,
    /// What it has as 0, 1 and 2; it has nothing else open (PROC-073).
    pub stdio: [BorrowedFd<'a>; 3],
    /// Whom it runs as.
    pub user: ProgramUser,
    /// Its working directory, entered as that user (PROC-076, PROC-080).
    pub directory: Option<CString>,
    /// Its file mode mask.
    pub umask: Option<u32>,
    /// It leads a process group of its own (PROC-072); else it stays in ours.
    pub own_group: bool,
}

/// Makes one child, without anything kept for it; see [`Spawner::spawn`].
pub fn spawn(plan: SpawnPlan<'_>) -> Result<Pid, SpawnError> {
    Spawner::new(None).spawn(plan)
}

/// What the making of children needs every time.
#[derive(Debug)]
pub struct Spawner {
    reserved: Option<ReservedFds>,
    /// How many files children may open; without it as many as we.
    open_files: Cell<Option<Range>>,
    /// Children that may be in our memory yet.
    lent: RefCell<Vec<Rc<LentMemory>>>,
    /// Stacks for the next ones.
    spare_stacks: RefCell<Vec<Stack>>,
}

/// How many stacks are kept.
const SPARE_STACKS: usize = 4;

impl Spawner {
    /// With `reserved` the cost of a child does not grow with the number of open descriptors.
    pub const fn new(reserved: Option<ReservedFds>) -> Self {
        Self {
            reserved,
            open_files: Cell::new(None),
            lent: RefCell::new(Vec::new()),
            spare_stacks: RefCell::new(Vec::new()),
        }
    }

    /// How many files children may open from now on, where that is less than we may.
    pub fn limit_open_files(&self, range: Range) {
        self.open_files.set(Some(range));
    }

    /// Makes the child. A failure in it is no error here: it then says so on its stderr and exits with 127
    /// (PROC-079).
    pub fn spawn(&self, plan: SpawnPlan<'_>) -> Result<Pid, SpawnError> {
        self.take_back();
        let memory = raw::PRIVATE && !matches!(plan.user, ProgramUser::Switch(_));
        match &self.reserved {
            Some(reserved) if memory => {
                let _filled = reserved.fill(plan.stdio).map_err(SpawnError::Files)?;
                let open_files = self.open_files.get();
                self.make(Child::prepare(
                    plan,
                    reserved.numbers(),
                    Shares::All,
                    open_files,
                ))
            }
            _ => self.spawn_with_copies(plan, memory),
        }
    }

    /// The child begins with copies of all our descriptors.
    fn spawn_with_copies(&self, plan: SpawnPlan<'_>, memory: bool) -> Result<Pid, SpawnError> {
        let moved = plan.stdio.map(above_stdio);
        let mut stdio = plan.stdio.map(|fd| fd.as_raw_fd());
        for (number, moved) in stdio.iter_mut().zip(&moved) {
            match moved {
                Ok(Some(fd)) => *number = fd.as_raw_fd(),
                Ok(None) => {}
                Err(errno) => return Err(SpawnError::Files(*errno)),
            }
        }
        let shares = if memory {
            Shares::Memory
        } else {
            Shares::Nothing
        };
        self.make(Child::prepare(plan, stdio, shares, self.open_files.get()))
    }

    fn make(&self, child: Child) -> Result<Pid, SpawnError> {
        let stack = self.spare_stacks.borrow_mut().pop();
        let stack = stack
            .map_or_else(Stack::new, Ok)
            .map_err(SpawnError::Fork)?;
        let own_group = child.own_group;
        let shares = child.shares;
        let lent = Rc::new(LentMemory { stack, child });
        let sharing = match shares {
            Shares::All => libc::CLONE_VM | libc::CLONE_FILES,
            Shares::Memory => libc::CLONE_VM,
            Shares::Nothing => 0,
        };
        let number = {
            let _blocked = Blocked::everything();
            // SAFETY: the stack belongs to this child alone and is big enough for `enter`. What `lent` holds
            // stays in place and unchanged while the child may look at it: with CLONE_VM until the kernel says
            // that it is out of our memory, without it the child has its own copy. The child makes
            // async-signal-safe calls only, past the C library where it is in our memory, and writes to nothing
            // but its stack and its progress, which is atomic; so other threads, their locks and their errno do not
            // matter. It runs no signal handler of ours: every signal is blocked until `Child` has reset the
            // handlers, in a table of its own since CLONE_SIGHAND is not set. With CLONE_FILES its first step is
            // to take a descriptor table of its own, and that is waited for below.
            unsafe {
                libc::clone(
                    enter,
                    lent.stack.top(),
                    sharing | libc::SIGCHLD,
                    std::ptr::from_ref(&lent.child).cast_mut().cast::<c_void>(),
                )
            }
        };
        let Some(pid) = Pid::new(number) else {
            let errno = Errno::last();
            self.reuse(lent);
            return Err(SpawnError::Fork(errno));
        };
        match shares {
            Shares::All => lent.child.progress.wait_for_independence(pid),
            // the child does it as well; whoever is first, its group is there when somebody signals it
            Shares::Memory | Shares::Nothing if own_group => join_own_group(pid),
            Shares::Memory | Shares::Nothing => {}
        }
        if shares == Shares::Nothing {
            self.reuse(lent);
        } else {
            self.lent.borrow_mut().push(lent);
        }
        Ok(pid)
    }

    /// Takes back what children had that are out of our memory now.
    fn take_back(&self) {
        let mut all = self.lent.borrow_mut();
        for lent in all.extract_if(.., |lent| lent.child.progress.is_gone()) {
            self.reuse(lent);
        }
    }

    /// Nobody is in that memory any more.
    fn reuse(&self, lent: Rc<LentMemory>) {
        let mut spare_stacks = self.spare_stacks.borrow_mut();
        if let Some(lent) = Rc::into_inner(lent)
            && spare_stacks.len() < SPARE_STACKS
        {
            spare_stacks.push(lent.stack);
        }
    }
}

impl Drop for Spawner {
    fn drop(&mut self) {
        for lent in self.lent.get_mut().drain(..) {
            if !lent.child.progress.is_gone() {
                // somebody is in there yet, and who makes children no more can spare the memory
                std::mem::forget(lent);
            }
        }
    }
}

extern "C" fn enter(child: *mut c_void) -> c_int {
    // SAFETY: `make` passes a pointer to a `Child` that stays in place and unchanged as long as we run.
    let child = unsafe { &*child.cast_const().cast::<Child>() };
    child.run()
}

fn join_own_group(pid: Pid) {
    // SAFETY: no memory is involved. If the child has executed already, it did this itself.
    unsafe { libc::setpgid(pid.number(), pid.number()) };
}

/// Keeps all signals from this thread while it exists.
pub(super) struct Blocked {
    before: libc::sigset_t,
}

impl Blocked {
    pub(super) fn everything() -> Self {
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
