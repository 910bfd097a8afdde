//! The child between its making and its exec. Nothing here may allocate, lock, panic or touch memory that was
//! not prepared: the memory may be our parent's, who goes on in it, and other threads may hold any lock. For the
//! same reason no call goes through the C library, see [`raw`].

use std::ffi::{CStr, CString, c_char, c_int, c_long};
use std::fmt::{self, Write as _};
use std::os::fd::RawFd;
use std::ptr::null_mut;

use crate::base::errno::Errno;
use crate::sys::limits::Range;
use crate::sys::privileges::{Credentials, ProgramUser, Step};
use crate::sys::raw;
use crate::sys::signals::{HANDLED, IGNORED};

use super::lent::Progress;
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

/// What the child has in common with its parent until it executes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shares {
    /// Memory, and for its first step the descriptor table.
    All,
    /// Memory; it has copies of all descriptors.
    Memory,
    /// It has copies of everything.
    Nothing,
}

/// All that the child needs, as `execve` and `write` take it.
#[derive(Debug)]
pub(super) struct Child {
    pub(super) shares: Shares,
    pub(super) progress: Progress,
    files: Vec<CString>,
    argv: Strings,
    environment: Strings,
    stdio: [RawFd; 3],
    switch: Option<Credentials>,
    directory: Option<CString>,
    umask: Option<u32>,
    open_files: Option<Range>,
    pub(super) own_group: bool,
    texts: Texts,
}

/// Strings as `execve` takes them.
#[derive(Debug)]
struct Strings {
    pointers: Vec<*const c_char>,
    /// Where they point to.
    _strings: Vec<CString>,
}

/// What the child may have to say, up to the part that only it knows (PROC-074, PROC-076, PROC-078).
#[derive(Debug)]
struct Texts {
    /// The whole line, if the user is refused already.
    refused: Option<String>,
    setuid: String,
    chdir: Vec<u8>,
    exec: Vec<u8>,
}

impl Child {
    /// `stdio` are the descriptors of the plan, moved so that none of them is 0, 1 or 2. If the child shares
    /// all, it takes none of the descriptors above them along.
    pub(super) fn prepare(
        plan: SpawnPlan<'_>,
        stdio: [RawFd; 3],
        shares: Shares,
        open_files: Option<Range>,
    ) -> Self {
        let prefix =
            |what: &[u8], whom: &[u8]| [b"supervisor: couldn't ", what, whom, b": "].concat();
        let setuid = |uid: u32| format!("supervisor: couldn't setuid to {uid}: ");
        let (switch, refused) = match plan.user {
            ProgramUser::Same => (None, None),
            ProgramUser::Switch(credentials) => (Some(credentials), None),
            ProgramUser::Refused { uid, error } => {
                (None, Some(format!("{}{error}\n", setuid(uid))))
            }
        };
        let name = plan.argv.first().map_or(&b""[..], |name| name.to_bytes());
        let directory = plan.directory.as_deref().map_or(&b""[..], CStr::to_bytes);
        let texts = Texts {
            refused,
            setuid: switch
                .as_ref()
                .map_or_else(String::new, |switch| setuid(switch.uid)),
            chdir: prefix(b"chdir to ", directory),
            exec: prefix(b"exec ", name),
        };
        Self {
            shares,
            progress: Progress::new(),
            files: plan.files,
            argv: Strings::new(plan.argv),
            environment: Strings::new(plan.environment),
            stdio,
            switch,
            directory: plan.directory,
            umask: plan.umask.map(|mask| mask & 0o777),
            open_files,
            own_group: plan.own_group,
            texts,
        }
    }

    /// Becomes the program, or says why not and exits with 127 (PROC-072 to PROC-081).
    pub(super) fn run(&self) -> ! {
        if self.shares != Shares::Nothing {
            self.progress.follow();
        }
        if self.shares == Shares::All && !self.take_own_files() {
            // nothing may be done to our parent's table
            give_up();
        }
        reset_handlers();
        if self.own_group {
            // it cannot fail for a process that just came to be, unless our parent was faster
            let _ = call(libc::SYS_setpgid, [0; 6]);
        }
        if self.shares == Shares::All {
            self.progress.independent();
        }
        // from here on our parent does not wait, and so we may
        if self.connect() && self.become_user() && self.enter_directory() {
            if let Some(mask) = self.umask {
                let _ = call(libc::SYS_umask, [mask as usize, 0, 0, 0, 0, 0]);
            }
            self.limit_files();
            self.execute();
        }
        say(&[b"supervisor: child process was not spawned\n"]);
        give_up()
    }

    /// Takes a descriptor table of its own that ends with the last of `stdio`. Our parent's descriptors stay open
    /// in its own table.
    fn take_own_files(&self) -> bool {
        /// `CLOSE_RANGE_UNSHARE`: what would be closed is not even copied.
        const UNSHARE: usize = 2;
        let [stdin, stdout, stderr] = self.stdio;
        let last = stdin.max(stdout).max(stderr).cast_unsigned() as usize;
        call(
            libc::SYS_close_range,
            [last + 1, u32::MAX as usize, UNSHARE, 0, 0, 0],
        )
        .is_ok()
    }

    /// PROC-073. The parent's ends of the pipes go away with the rest.
    fn connect(&self) -> bool {
        for (fd, number) in self.stdio.into_iter().zip(0..) {
            let fd = fd.cast_unsigned() as usize;
            if call(libc::SYS_dup3, [fd, number, 0, 0, 0, 0]).is_err() {
                return false;
            }
        }
        // an old kernel refuses; then there is close-on-exec, which everything of ours has
        let _ = call(libc::SYS_close_range, [3, u32::MAX as usize, 0, 0, 0, 0]);
        true
    }

    /// PROC-074, PROC-087. By raw calls: those of the C library would change all threads of our parent too.
    fn become_user(&self) -> bool {
        if let Some(line) = &self.texts.refused {
            say(&[line.as_bytes()]);
            return false;
        }
        let Some(Credentials { uid, gid, groups }) = &self.switch else {
            return true;
        };
        let list = [groups.len(), groups.as_ptr() as usize, 0, 0, 0, 0];
        if call(calls::SYS_setgroups, list).is_err() {
            return self.refuse(Step::Groups);
        }
        if call(calls::SYS_setgid, [*gid as usize, 0, 0, 0, 0, 0]).is_err() {
            return self.refuse(Step::Group);
        }
        if call(calls::SYS_setuid, [*uid as usize, 0, 0, 0, 0, 0]).is_err() {
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
        let Some(directory) = &self.directory else {
            return true;
        };
        match call(
            libc::SYS_chdir,
            [directory.as_ptr() as usize, 0, 0, 0, 0, 0],
        ) {
            Ok(_) => true,
            Err(errno) => {
                complain(&self.texts.chdir, errno);
                false
            }
        }
    }

    /// What we raised for ourselves is not for programs. It is never more than we have, so it is not refused.
    fn limit_files(&self) {
        if let Some(range) = &self.open_files {
            let (ourselves, files) = (0, libc::RLIMIT_NOFILE as usize);
            let range = std::ptr::from_ref(range) as usize;
            let _ = call(libc::SYS_prlimit64, [ourselves, files, range, 0, 0, 0]);
        }
    }

    /// PROC-078. Returns only if the program cannot be executed. Signals that came meanwhile strike now, with
    /// the handlers that the program would have. Of several files it is the first one that can be executed
    /// (DEC-024).
    fn execute(&self) {
        unblock();
        let (argv, environment) = (&self.argv.pointers, &self.environment.pointers);
        let mut failure = libc::ENOENT;
        for file in &self.files {
            let words = [
                file.as_ptr() as usize,
                argv.as_ptr() as usize,
                environment.as_ptr() as usize,
                0,
                0,
                0,
            ];
            match call(libc::SYS_execve, words) {
                // the file is there, and this is what there is to say of it
                Err(errno @ (libc::ENOEXEC | libc::E2BIG | libc::ENOMEM | libc::ETXTBSY)) => {
                    failure = errno;
                    break;
                }
                Err(errno) if failure == libc::ENOENT => failure = errno,
                // it has become the program, or this was not the first failure
                Ok(_) | Err(_) => {}
            }
        }
        complain(&self.texts.exec, failure);
    }
}

impl Strings {
    fn new(strings: Vec<CString>) -> Self {
        Self {
            pointers: pointers(&strings),
            _strings: strings,
        }
    }
}

/// A call whose arguments are numbers, or point to what was prepared and outlives the call; it only reads that.
fn call(number: c_long, arguments: [usize; 6]) -> Result<usize, raw::Failure> {
    // SAFETY: see above; all callers are in this file.
    unsafe { raw::call(number, arguments) }
}

/// Ends this process without running anything that is registered for a normal end.
fn give_up() -> ! {
    loop {
        let _ = call(libc::SYS_exit_group, [127, 0, 0, 0, 0, 0]);
    }
}

/// How a signal is treated, as the kernel takes it: first the handler, then flags and masks, which are all zero
/// for us. It takes up to five words of it.
type Action = [usize; 8];

/// The kernel's signal sets have 64 bits.
const SET: usize = 8;

/// Signals that our parent handles get their default effect back, ignored ones stay ignored, and two are
/// ignored in any case (DEC-027). Exec would do most of it, but a signal may come before. All in the table of this
/// process alone.
fn reset_handlers() {
    let default: Action = [libc::SIG_DFL, 0, 0, 0, 0, 0, 0, 0];
    let ignore: Action = [libc::SIG_IGN, 0, 0, 0, 0, 0, 0, 0];
    for signal in HANDLED {
        let mut current: Action = default;
        let place = current.as_mut_ptr() as usize;
        // SAFETY: `current` is valid to write to; the call changes nothing else.
        let known =
            unsafe { raw::call(libc::SYS_rt_sigaction, [word(signal), 0, place, SET, 0, 0]) };
        if known.is_ok() && !matches!(current, [libc::SIG_DFL | libc::SIG_IGN, ..]) {
            set_action(signal, &default);
        }
    }
    for signal in IGNORED {
        set_action(signal, &ignore);
    }
}

fn set_action(signal: c_int, action: &Action) {
    let place = action.as_ptr() as usize;
    let _ = call(libc::SYS_rt_sigaction, [word(signal), place, 0, SET, 0, 0]);
}

/// A signal's number as an argument.
const fn word(signal: c_int) -> usize {
    signal.cast_unsigned() as usize
}

fn unblock() {
    let none = 0_u64;
    let (set, how) = (&raw const none as usize, libc::SIG_SETMASK as usize);
    let _ = call(libc::SYS_rt_sigprocmask, [how, set, 0, SET, 0, 0]);
}

/// Says `prefix` and the name of the error, or its number if it has no name.
fn complain(prefix: &[u8], errno: raw::Failure) {
    let mut name = Word::default();
    // there is room for the longest
    let _ = write!(name, "{}", Errno(errno));
    say(&[prefix, name.bytes(), b"\n"]);
}

/// A word that needs no allocation.
#[derive(Default)]
struct Word {
    room: [u8; 24],
    used: usize,
}

impl Word {
    fn bytes(&self) -> &[u8] {
        self.room.get(..self.used).unwrap_or_default()
    }
}

impl fmt::Write for Word {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.used + text.len();
        let place = self.room.get_mut(self.used..end).ok_or(fmt::Error)?;
        place.copy_from_slice(text.as_bytes());
        self.used = end;
        Ok(())
    }
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
    // unused pieces are empty
    let _ = call(libc::SYS_writev, [2, pieces.as_ptr() as usize, 3, 0, 0, 0]);
}
