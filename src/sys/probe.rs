//! Looking at files that may be on a file system that does not answer.
//!
//! A look-up there never ends, and nothing ends it but SIGKILL. A thread of ours could not be killed alone, and
//! while it waits, the kernel makes everybody wait who looks for the same name, beyond the reach of any signal: a
//! program that starts there could not be stopped. So a child of its own looks, in our memory like those that
//! become programs, and is killed when it takes too long.

use std::cell::RefCell;
use std::ffi::{CString, OsStr, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::rc::Rc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use crate::base::clock::Mono;
use crate::base::file_kind::FileKind;

use super::clock;
use super::files::executable;
use super::raw;
use super::spawn::Blocked;
use super::spawn::lent::{Progress, Stack};

/// How long the answer is waited for. A disk that answers at all does so within a fraction of it.
const PATIENCE: Duration = Duration::from_millis(100);

/// The same after somebody else's files gave no answer.
const LESS_PATIENCE: Duration = Duration::from_millis(20);

/// How long nobody looks again where there was no answer.
const PAUSE: Duration = Duration::from_secs(10);

/// How many places without an answer are remembered; where there are so many, nobody looks anywhere.
const SILENT: usize = 16;

/// For how long an answer holds: many programs that start together often have one command.
const FRESH: Duration = Duration::from_millis(10);

/// How often the end of a child that was killed is looked for at once.
const LOOKS: usize = 20;

/// Looks at files.
#[derive(Debug, Default)]
pub struct Prober(RefCell<State>);

#[derive(Debug, Default)]
struct State {
    last: Option<Answer>,
    /// Where there was no answer, and since when nobody looked.
    silent: Vec<(Vec<u8>, Mono)>,
    spare_stack: Option<Stack>,
    /// Children that were killed and are not dead yet.
    dying: Vec<(libc::pid_t, Rc<Look>)>,
}

#[derive(Debug)]
struct Answer {
    files: Vec<CString>,
    kinds: Vec<FileKind>,
    at: Mono,
}

/// What a child looks at.
#[derive(Debug)]
struct Look {
    stack: Stack,
    progress: Progress,
    files: Vec<CString>,
    /// What it saw, as numbers of [`KINDS`].
    seen: Vec<AtomicU8>,
}

/// Every answer.
const KINDS: [FileKind; 5] = [
    FileKind::Missing,
    FileKind::Executable,
    FileKind::Directory,
    FileKind::NoExecuteBit,
    FileKind::NoPermission,
];

const EXECUTABLE: u8 = 1;

impl Prober {
    /// What is at each of the places, up to the first that can be executed, as [`executable`] says it; none if no
    /// answer comes. Who asks for the same
    /// `topic` soon after that gets none at once.
    pub fn look(&self, topic: &[u8], files: &[CString]) -> Option<Vec<FileKind>> {
        let state = &mut *self.0.borrow_mut();
        let now = clock::now().mono;
        if let Some(Answer { kinds, .. }) = state.last.as_ref().filter(|answer| {
            answer.files == files && now.since(answer.at) < FRESH && now >= answer.at
        }) {
            return Some(kinds.clone());
        }
        state.bury();
        state.silent.retain(|(_, since)| now.since(*since) < PAUSE);
        let known = state.silent.iter().any(|(other, _)| other == topic);
        if known || state.silent.len() >= SILENT || state.dying.len() >= SILENT {
            return None;
        }
        let patience = if state.silent.is_empty() {
            PATIENCE
        } else {
            LESS_PATIENCE
        };
        let Some(kinds) = state.look(files, patience) else {
            state.silent.push((topic.to_vec(), clock::now().mono));
            return None;
        };
        state.last = Some(Answer {
            files: files.to_vec(),
            kinds: kinds.clone(),
            at: now,
        });
        Some(kinds)
    }

    /// Looks after children that were killed; for when children end.
    pub fn bury(&self) {
        self.0.borrow_mut().bury();
    }
}

impl State {
    fn look(&mut self, files: &[CString], patience: Duration) -> Option<Vec<FileKind>> {
        let here = || Some(files.iter().map(|file| executable(path(file))).collect());
        if !raw::PRIVATE {
            return here();
        }
        let Ok(stack) = self.spare_stack.take().map_or_else(Stack::new, Ok) else {
            return here();
        };
        let look = Rc::new(Look {
            stack,
            progress: Progress::new(),
            files: files.to_vec(),
            seen: files.iter().map(|_| AtomicU8::new(0)).collect(),
        });
        let Some(pid) = begin(&look) else {
            // no more processes: the start will fail for that, but not for want of a command
            return None;
        };
        if look.progress.wait_for_end(patience) {
            wait(pid, 0);
            let kind = |seen: &AtomicU8| KINDS.get(usize::from(seen.load(Ordering::Acquire)));
            let kinds = look.seen.iter().filter_map(kind).copied().collect();
            self.spare_stack = Rc::into_inner(look).map(|look| look.stack);
            return Some(kinds);
        }
        // SAFETY: no memory is involved, and the child is ours and not reaped.
        unsafe { libc::kill(pid, libc::SIGKILL) };
        self.dying.push((pid, look));
        for _ in 0..LOOKS {
            self.bury();
            let Some((_, look)) = self.dying.last() else {
                break;
            };
            look.progress.wait_for_end(Duration::from_millis(1));
        }
        None
    }

    fn bury(&mut self) {
        // a child that was killed before it could ask for it leaves our memory untold, but it leaves it
        self.dying.retain(|(pid, _)| !wait(*pid, libc::WNOHANG));
    }
}

/// Takes the end of such a child. Says whether it is gone.
fn wait(pid: libc::pid_t, flags: c_int) -> bool {
    loop {
        let mut status = 0;
        // SAFETY: `status` outlives the call, which writes one integer to it.
        match unsafe { libc::waitpid(pid, &raw mut status, libc::__WALL | flags) } {
            0 => return false,
            -1 if std::io::Error::last_os_error().kind() == std::io::ErrorKind::Interrupted => {}
            _ => return true,
        }
    }
}

/// Makes the child, which shares everything with us. Nobody is told of its end: those who wait for all children do
/// not see it.
fn begin(look: &Rc<Look>) -> Option<libc::pid_t> {
    let sharing = libc::CLONE_VM | libc::CLONE_FS | libc::CLONE_FILES;
    let _blocked = Blocked::everything();
    let place = std::ptr::from_ref(&**look).cast_mut().cast::<c_void>();
    // SAFETY: the stack is the child's alone, and `look` stays in place until the child has been reaped. It makes
    // system calls past the C library on memory that was prepared, and writes to nothing but its stack and atomic
    // numbers. It runs no handler: every signal is blocked.
    let pid = unsafe { libc::clone(enter, look.stack.top(), sharing, place) };
    (pid > 0).then_some(pid)
}

extern "C" fn enter(look: *mut c_void) -> c_int {
    // SAFETY: `begin` passes a pointer to a `Look` that stays in place and unchanged as long as we run.
    let look = unsafe { &*look.cast_const().cast::<Look>() };
    look.progress.follow();
    for (file, seen) in look.files.iter().zip(&look.seen) {
        let kind = glance(file);
        seen.store(kind, Ordering::Release);
        if kind == EXECUTABLE {
            break;
        }
    }
    loop {
        // SAFETY: ends this process.
        let _ = unsafe { raw::call(libc::SYS_exit_group, [0; 6]) };
    }
}

/// The number of what [`executable`] would say.
fn glance(file: &CString) -> u8 {
    const HERE: usize = (libc::AT_FDCWD as isize).cast_unsigned();
    // SAFETY: numbers, for which zeroes are valid.
    let mut status: libc::stat = unsafe { std::mem::zeroed() };
    let (name, place) = (file.as_ptr() as usize, &raw mut status as usize);
    // SAFETY: the name ends with a null, and there is room for the answer.
    if unsafe { raw::call(SYS_STAT, [HERE, name, place, 0, 0, 0]) }.is_err() {
        return 0;
    }
    if status.st_mode & libc::S_IFMT == libc::S_IFDIR {
        return 2;
    }
    if status.st_mode & 0o111 == 0 {
        return 3;
    }
    let execute = libc::X_OK as usize;
    // SAFETY: the name ends with a null.
    match unsafe { raw::call(libc::SYS_faccessat, [HERE, name, execute, 0, 0, 0]) } {
        Ok(_) => EXECUTABLE,
        Err(_) => 4,
    }
}

/// Not used where memory is not shared.
#[cfg(not(target_pointer_width = "64"))]
use libc::SYS_fstatat64 as SYS_STAT;
#[cfg(target_pointer_width = "64")]
use libc::SYS_newfstatat as SYS_STAT;

fn path(file: &CString) -> &Path {
    Path::new(OsStr::from_bytes(file.to_bytes()))
}

#[cfg(test)]
mod tests {
    use std::ffi::CString;

    use super::{FileKind, Prober, path};
    use crate::base::scratch::Scratch;
    use crate::sys::files::executable;

    #[test]
    fn it_sees_what_we_see() {
        let scratch = Scratch::new();
        let fifo = scratch.file("fifo");
        nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let names = [
            "/",
            "/etc/passwd",
            "/no/such/file",
            "/etc/passwd/x",
            "",
            "src",
            fifo.to_str().unwrap(),
        ];
        let files = names.map(|name| CString::new(name).unwrap());
        let prober = Prober::default();
        for _ in 0..3 {
            let kinds = prober.look(b"names", &files).unwrap();
            let ours: Vec<_> = files.iter().map(|file| executable(path(file))).collect();
            assert_eq!(kinds, ours);
        }
        let both = [c"/bin/sh".to_owned(), c"/".to_owned()];
        let kinds = [FileKind::Executable, FileKind::Missing];
        assert_eq!(prober.look(b"both", &both).unwrap(), kinds, "one will do");
        prober.bury();
    }
}
