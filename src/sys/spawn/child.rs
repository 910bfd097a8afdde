//! The child between its making and its exec. Nothing here may allocate, lock, panic or touch memory that was
//! not prepared: the memory may be our parent's, and another of its threads may hold any lock.

use std::ffi::{CStr, c_char, c_int, c_long};
use std::os::fd::RawFd;
use std::ptr::{null, null_mut};

use crate::base::errno::Errno;
use crate::sys::privileges::{Credentials, ProgramUser, Step};
use crate::sys::signals::{HANDLED, IGNORED};

use super::{SpawnPlan, pointers};

#[cfg(not(any(target_arch = "x86", target_arch = "arm")))]
mod calls {
    pub(super) use libc::{SYS_setgid, SYS_setgroups, SYS_setuid};
}
/// These two have calls of the same names that take 16-bit numbers.
#[cfg(any(target_arch = "x86", target_arch = "arm"))]
mod calls {
    pub(super) use libc::{
        SYS_setgid32 as SYS_setgid, SYS_setgroups32 as SYS_setgroups, SYS_setuid32 as SYS_setuid,
    };
}

/// All that the child needs, as `execve` and `write` take it.
pub(super) struct Child<'a> {
    file: &'a CStr,
    argv: Vec<*const c_char>,
    environment: Vec<*const c_char>,
    stdio: [RawFd; 3],
    /// It has its parent's descriptor table, not a copy.
    shares_files: bool,
    switch: Option<&'a Credentials>,
    directory: Option<&'a CStr>,
    umask: Option<libc::mode_t>,
    own_group: bool,
    texts: Texts,
}

/// What the child may have to say, up to the part that only it knows (PROC-074, PROC-076, PROC-078).
struct Texts {
    /// The whole line, if the user is refused already.
    refused: Option<String>,
    setuid: String,
    chdir: Vec<u8>,
    exec: Vec<u8>,
}

impl<'a> Child<'a> {
    /// `stdio` are the descriptors of the plan, moved so that none of them is 0, 1 or 2. If the child
    /// `shares_files`, it takes none of the descriptors above them along.
    pub(super) fn prepare(plan: &SpawnPlan<'a>, stdio: [RawFd; 3], shares_files: bool) -> Self {
        let prefix =
            |what: &[u8], whom: &[u8]| [b"supervisor: couldn't ", what, whom, b": "].concat();
        let setuid = |uid: u32| format!("supervisor: couldn't setuid to {uid}: ");
        let (switch, refused) = match plan.user {
            ProgramUser::Same => (None, None),
            ProgramUser::Switch(credentials) => (Some(credentials), None),
            ProgramUser::Refused { uid, error } => {
                (None, Some(format!("{}{error}\n", setuid(*uid))))
            }
        };
        let name = plan.argv.first().map_or(&b""[..], |name| name.to_bytes());
        let directory = plan.directory.map_or(&b""[..], CStr::to_bytes);
        Self {
            file: plan.file,
            argv: pointers(plan.argv),
            environment: pointers(plan.environment),
            stdio,
            shares_files,
            switch,
            directory: plan.directory,
            umask: plan.umask.map(|mask| mask & 0o777),
            own_group: plan.own_group,
            texts: Texts {
                refused,
                setuid: switch.map_or_else(String::new, |switch| setuid(switch.uid)),
                chdir: prefix(b"chdir to ", directory),
                exec: prefix(b"exec ", name),
            },
        }
    }

    /// Becomes the program, or says why not and exits with 127 (PROC-072 to PROC-081).
    pub(super) fn run(&self) -> ! {
        if self.shares_files && !self.take_own_files() {
            // SAFETY: ends this process without running anything; nothing may be done to our parent's table.
            unsafe { libc::_exit(127) }
        }
        reset_handlers();
        if self.own_group {
            // SAFETY: no memory is involved. It cannot fail for a process that just came to be.
            unsafe { libc::setpgid(0, 0) };
        }
        if self.connect() && self.become_user() && self.enter_directory() {
            if let Some(mask) = self.umask {
                // SAFETY: no memory is involved; the mask is this process's own.
                unsafe { libc::umask(mask) };
            }
            self.execute();
        }
        say(&[b"supervisor: child process was not spawned\n"]);
        // SAFETY: ends this process without running anything that is registered for a normal end.
        unsafe { libc::_exit(127) }
    }

    /// Takes a descriptor table of its own that ends with the last of `stdio`.
    fn take_own_files(&self) -> bool {
        /// `CLOSE_RANGE_UNSHARE`: what would be closed is not even copied.
        const UNSHARE: c_long = 2;
        let [stdin, stdout, stderr] = self.stdio;
        let first = c_long::from(stdin.max(stdout).max(stderr)) + 1;
        let last = c_long::from(u32::MAX);
        // SAFETY: no memory is involved, and our parent's descriptors stay open in its own table.
        unsafe { libc::syscall(libc::SYS_close_range, first, last, UNSHARE) == 0 }
    }

    /// PROC-073. The parent's ends of the pipes go away with the rest.
    fn connect(&self) -> bool {
        for (fd, number) in self.stdio.into_iter().zip(0..) {
            // SAFETY: no memory is involved; `fd` is open, as the parent holds it.
            if unsafe { libc::dup2(fd, number) } < 0 {
                return false;
            }
        }
        let (first, last, flags): (c_long, c_long, c_long) = (3, c_long::from(u32::MAX), 0);
        // An old kernel refuses; then there is close-on-exec, which everything of ours has.
        // SAFETY: no memory is involved, and nobody in this process uses these descriptors any more.
        unsafe { libc::syscall(libc::SYS_close_range, first, last, flags) };
        true
    }

    /// PROC-074, PROC-087. By raw calls: those of the C library would change all threads of our parent too.
    fn become_user(&self) -> bool {
        if let Some(line) = &self.texts.refused {
            say(&[line.as_bytes()]);
            return false;
        }
        let Some(Credentials { uid, gid, groups }) = self.switch else {
            return true;
        };
        // SAFETY: the list and its length belong together, and the call reads it only.
        let done = unsafe { libc::syscall(calls::SYS_setgroups, groups.len(), groups.as_ptr()) };
        if done != 0 {
            return self.refuse(Step::Groups);
        }
        // SAFETY: no memory is involved.
        if unsafe { libc::syscall(calls::SYS_setgid, *gid) } != 0 {
            return self.refuse(Step::Group);
        }
        // SAFETY: no memory is involved.
        if unsafe { libc::syscall(calls::SYS_setuid, *uid) } != 0 {
            return self.refuse(Step::User);
        }
        true
    }

    fn refuse(&self, step: Step) -> bool {
        say(&[
            self.texts.setuid.as_bytes(),
            step.refusal().as_bytes(),
            b"\n",
        ]);
        false
    }

    /// PROC-076.
    fn enter_directory(&self) -> bool {
        let Some(directory) = self.directory else {
            return true;
        };
        // SAFETY: the string ends with a null and outlives the call.
        if unsafe { libc::chdir(directory.as_ptr()) } == 0 {
            return true;
        }
        complain(&self.texts.chdir, errno());
        false
    }

    /// PROC-078. Returns only if the program cannot be executed. Signals that came meanwhile strike now, with
    /// the handlers that the program would have.
    fn execute(&self) {
        unblock();
        // SAFETY: both arrays end with a null and hold strings that end with one; all outlive the call.
        unsafe {
            libc::execve(
                self.file.as_ptr(),
                self.argv.as_ptr(),
                self.environment.as_ptr(),
            )
        };
        complain(&self.texts.exec, errno());
    }
}

/// Signals that our parent handles get their default effect back, ignored ones stay ignored, and two are
/// ignored in any case (DEC-027). Exec would do most of it, but a signal may come before.
fn reset_handlers() {
    // SAFETY: numbers and a bit set, for which zeroes are valid; zero is SIG_DFL.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    for signal in HANDLED {
        let mut current = action;
        // SAFETY: `current` is valid to write to; the call changes nothing.
        let known = unsafe { libc::sigaction(signal, null(), &raw mut current) } == 0;
        if known && current.sa_sigaction != libc::SIG_DFL && current.sa_sigaction != libc::SIG_IGN {
            // SAFETY: sets the default effect, in the table of this process alone.
            unsafe { libc::sigaction(signal, &raw const action, null_mut()) };
        }
    }
    action.sa_sigaction = libc::SIG_IGN;
    for signal in IGNORED {
        // SAFETY: as above; ignoring runs no code.
        unsafe { libc::sigaction(signal, &raw const action, null_mut()) };
    }
}

fn unblock() {
    // SAFETY: a signal set is plain bits, and all zeroes is the empty set on Linux.
    let none: libc::sigset_t = unsafe { std::mem::zeroed() };
    // SAFETY: the set is valid for the call, which changes this process's mask only.
    unsafe { libc::sigprocmask(libc::SIG_SETMASK, &raw const none, null_mut()) };
}

/// The error of the last call. Our parent's thread stands still or is in another memory, so nobody changes it.
fn errno() -> c_int {
    // SAFETY: no memory is touched to find the location.
    let location = unsafe { libc::__errno_location() };
    // SAFETY: the location is valid as long as the thread whose memory we use.
    unsafe { *location }
}

/// Says `prefix` and the name of the error, or its number if it has no name.
fn complain(prefix: &[u8], errno: c_int) {
    let mut digits = [b'0'; 10];
    let name = match Errno(errno).name() {
        Some(name) => name.as_bytes(),
        None => decimal(errno.unsigned_abs(), &mut digits),
    };
    say(&[prefix, name, b"\n"]);
}

/// The digits of `number`, in the room that the longest one needs.
fn decimal(mut number: u32, digits: &mut [u8; 10]) -> &[u8] {
    let mut used = 0;
    for digit in digits.iter_mut().rev() {
        // a remainder of ten fits a byte
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
        used += 1;
        if number == 0 {
            break;
        }
    }
    digits.get(10 - used..).unwrap_or(&[])
}

/// Writes one line to stderr in one piece. Nobody is left to hear of a failure.
fn say(parts: &[&[u8]]) {
    let mut pieces = [libc::iovec {
        iov_base: null_mut(),
        iov_len: 0,
    }; 3];
    for (piece, part) in pieces.iter_mut().zip(parts) {
        piece.iov_base = part.as_ptr().cast_mut().cast();
        piece.iov_len = part.len();
    }
    // SAFETY: each piece is a valid range that the call only reads; unused ones are empty.
    unsafe { libc::writev(2, pieces.as_ptr(), 3) };
}
