//! The pipes between the daemon and a child: making them, and reading and writing them directly.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::errno::Errno as NixErrno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::unistd::pipe2;
use tokio::io::Interest;
use tokio::io::unix::{AsyncFd, AsyncFdRegisterError};

use crate::base::errno::Errno;

/// Which pipes a child gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// A pipe to its stdin; a FastCGI program has its socket there instead (PROC-116).
    pub stdin: bool,
    /// stderr goes where stdout goes.
    pub redirect_stderr: bool,
}

/// The daemon's ends: non-blocking, closed on exec (PROC-070).
#[derive(Debug)]
pub struct ParentEnds {
    /// To write to the child's stdin.
    pub stdin: Option<OwnedFd>,
    /// To read what it writes to stdout.
    pub stdout: OwnedFd,
    /// To read what it writes to stderr; none with `redirect_stderr`.
    pub stderr: Option<OwnedFd>,
}

/// The child's ends: blocking. Closed on exec, because the child gets copies as 0, 1 and 2 (PROC-070).
#[derive(Debug)]
pub struct ChildEnds {
    stdin: Option<OwnedFd>,
    stdout: OwnedFd,
    stderr: Option<OwnedFd>,
}

impl ChildEnds {
    /// What the child has as 0, 1 and 2. `socket` is what stands in for stdin where there is no pipe for it;
    /// without one, stdin would be the daemon's own stdout pipe, so it must be there.
    pub fn stdio<'a>(&'a self, socket: Option<BorrowedFd<'a>>) -> Option<[BorrowedFd<'a>; 3]> {
        let stdin = self.stdin.as_ref().map(AsFd::as_fd).or(socket)?;
        let stderr = self.stderr.as_ref().unwrap_or(&self.stdout);
        Some([stdin, self.stdout.as_fd(), stderr.as_fd()])
    }
}

/// Makes the pipes of one child (PROC-070). When one fails, none is left open.
pub fn stdio(shape: Shape) -> Result<(ParentEnds, ChildEnds), Errno> {
    let (child_in, parent_in) = if shape.stdin {
        let (read, write) = pipe2(OFlag::O_CLOEXEC)?;
        (Some(read), Some(parent_end(write)?))
    } else {
        (None, None)
    };
    let output = || -> Result<(OwnedFd, OwnedFd), Errno> {
        let (read, write) = pipe2(OFlag::O_CLOEXEC)?;
        Ok((parent_end(read)?, write))
    };
    let (parent_out, child_out) = output()?;
    let (parent_err, child_err) = if shape.redirect_stderr {
        (None, None)
    } else {
        let (read, write) = output()?;
        (Some(read), Some(write))
    };
    let parent = ParentEnds {
        stdin: parent_in,
        stdout: parent_out,
        stderr: parent_err,
    };
    let child = ChildEnds {
        stdin: child_in,
        stdout: child_out,
        stderr: child_err,
    };
    Ok((parent, child))
}

fn parent_end(fd: OwnedFd) -> Result<OwnedFd, Errno> {
    fcntl(&fd, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    Ok(fd)
}

/// Has a pipe hold so many bytes. Says whether it can: not beyond the user's quota or the system's limit, and not less
/// than is in it.
pub fn resize(fd: BorrowedFd<'_>, size: usize) -> bool {
    let Ok(wanted) = i32::try_from(size) else {
        return false;
    };
    let given = fcntl(fd, FcntlArg::F_SETPIPE_SZ(wanted));
    given.is_ok_and(|given| given >= wanted)
}

/// How many bytes our pipes may hold beyond their usual size without troubling others: a quarter of the quota that
/// all pipes of the user share, and as much where there is none.
pub fn spare_capacity() -> usize {
    /// In pages, if the system was not told otherwise.
    const USUAL: usize = 16 * 1024;
    const PAGE: usize = 4096;
    let quota = std::fs::read_to_string("/proc/sys/fs/pipe-user-pages-soft");
    let quota = quota.ok().and_then(|pages| pages.trim().parse().ok());
    let pages: usize = quota.filter(|pages| *pages > 0).unwrap_or(USUAL);
    pages.min(16 * USUAL) / 4 * PAGE
}

/// Has the runtime, which must be around, say when there is something to read. A descriptor that cannot be watched
/// comes back with the error.
pub fn watch(fd: OwnedFd) -> Result<AsyncFd<OwnedFd>, AsyncFdRegisterError<OwnedFd>> {
    // SAFETY: an `OwnedFd` is open and the same until it is dropped, and the `AsyncFd` owns it.
    unsafe { AsyncFd::register_with_interest(fd, Interest::READABLE) }
}

/// What a direct read found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read {
    /// That many bytes, at least one.
    Bytes(usize),
    /// Nothing yet.
    Empty,
    /// Nobody can write any more, or the descriptor is broken.
    Closed,
}

/// Reads what is there, without waiting; `fd` must be non-blocking and `buffer` not empty.
pub fn read(fd: BorrowedFd<'_>, buffer: &mut [u8]) -> Read {
    loop {
        match nix::unistd::read(fd, buffer) {
            Ok(0) => return Read::Closed,
            Ok(count) => return Read::Bytes(count),
            Err(NixErrno::EINTR) => {}
            Err(NixErrno::EAGAIN) => return Read::Empty,
            Err(_) => return Read::Closed,
        }
    }
}

/// What a direct write did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Write {
    /// Took that many bytes, at least one.
    Bytes(usize),
    /// There is no room now.
    Full,
    /// Nobody reads any more, or the descriptor is broken.
    Closed,
}

/// Writes what there is room for, without waiting; `fd` must be non-blocking and `bytes` not empty.
pub fn write(fd: BorrowedFd<'_>, bytes: &[u8]) -> Write {
    loop {
        match nix::unistd::write(fd, bytes) {
            Ok(count) if count > 0 => return Write::Bytes(count),
            Ok(_) | Err(NixErrno::EAGAIN) => return Write::Full,
            Err(NixErrno::EINTR) => {}
            Err(_) => return Write::Closed,
        }
    }
}

/// Whether a write of `len` bytes is taken as a whole or not at all, whoever reads. Of a pipe only.
pub fn is_indivisible(fd: BorrowedFd<'_>, len: usize) -> bool {
    len <= libc::PIPE_BUF || (unread(fd) == Some(0) && capacity(fd) >= Some(len))
}

/// How many bytes nobody has read yet.
fn unread(fd: BorrowedFd<'_>) -> Option<usize> {
    let mut count: libc::c_int = 0;
    // SAFETY: this request writes one int to where the pointer leads, which is one.
    let result = unsafe { libc::ioctl(fd.as_raw_fd(), libc::FIONREAD, &raw mut count) };
    usize::try_from(count).ok().filter(|_| result == 0)
}

/// How much it holds when it is full.
fn capacity(fd: BorrowedFd<'_>) -> Option<usize> {
    usize::try_from(fcntl(fd, FcntlArg::F_GETPIPE_SZ).ok()?).ok()
}

/// A copy of `fd` that is not 0, 1 or 2, for the case that the daemon itself was started without those.
pub(super) fn above_stdio(fd: BorrowedFd<'_>) -> Result<Option<OwnedFd>, Errno> {
    if fd.as_raw_fd() > 2 {
        return Ok(None);
    }
    let number = fcntl(fd, FcntlArg::F_DUPFD_CLOEXEC(3))?;
    Ok(Some(super::fds::own(number)))
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

    use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};

    use super::{
        Read, Shape, Write, above_stdio, is_indivisible, read, resize, spare_capacity, stdio, write,
    };
    use crate::sys::testing::{wait_readable, wait_writable};

    const PLAIN: Shape = Shape {
        stdin: true,
        redirect_stderr: false,
    };

    fn non_blocking(fd: BorrowedFd<'_>) -> bool {
        let flags = OFlag::from_bits_retain(fcntl(fd, FcntlArg::F_GETFL).unwrap());
        flags.contains(OFlag::O_NONBLOCK)
    }

    fn close_on_exec(fd: BorrowedFd<'_>) -> bool {
        let flags = FdFlag::from_bits_retain(fcntl(fd, FcntlArg::F_GETFD).unwrap());
        flags.contains(FdFlag::FD_CLOEXEC)
    }

    #[test]
    fn what_is_taken_whole() {
        let (parent, child) = stdio(PLAIN).unwrap();
        let (ours, theirs) = (parent.stdin.unwrap(), child.stdin.unwrap());
        let size = fcntl(&ours, FcntlArg::F_GETPIPE_SZ).unwrap();
        let size = usize::try_from(size).unwrap();
        let is_whole = |len| is_indivisible(ours.as_fd(), len);
        assert!(is_whole(1) && is_whole(size) && !is_whole(size + 1));
        assert_eq!(write(ours.as_fd(), &vec![b'x'; size]), Write::Bytes(size));
        assert!(is_whole(libc::PIPE_BUF) && !is_whole(libc::PIPE_BUF + 1));
        assert_eq!(write(ours.as_fd(), b"x"), Write::Full);
        let mut buffer = vec![0; size];
        assert_eq!(read(theirs.as_fd(), &mut buffer), Read::Bytes(size));
        assert!(is_whole(size));
    }

    #[test]
    fn our_ends_never_block_and_the_childs_do() {
        let (parent, child) = stdio(PLAIN).unwrap();
        let ours = [
            parent.stdin.as_ref(),
            Some(&parent.stdout),
            parent.stderr.as_ref(),
        ];
        for fd in ours.into_iter().flatten() {
            assert!(non_blocking(fd.as_fd()) && close_on_exec(fd.as_fd()));
        }
        let theirs = child.stdio(None).unwrap();
        for fd in theirs {
            assert!(!non_blocking(fd) && close_on_exec(fd));
        }
        assert_eq!(write(theirs[1], b"out"), Write::Bytes(3));
        assert_eq!(write(theirs[2], b"error"), Write::Bytes(5));
        let mut buffer = [0; 16];
        assert_eq!(read(parent.stdout.as_fd(), &mut buffer), Read::Bytes(3));
        assert_eq!(
            read(parent.stderr.unwrap().as_fd(), &mut buffer),
            Read::Bytes(5)
        );
    }

    #[test]
    fn shapes() {
        let shape = Shape {
            redirect_stderr: true,
            ..PLAIN
        };
        let (parent, child) = stdio(shape).unwrap();
        assert!(parent.stderr.is_none() && parent.stdin.is_some());
        let [_, out, error] = child.stdio(None).unwrap();
        assert_eq!(out.as_raw_fd(), error.as_raw_fd());

        let shape = Shape {
            stdin: false,
            ..PLAIN
        };
        let (parent, child) = stdio(shape).unwrap();
        assert!(parent.stdin.is_none());
        assert!(child.stdio(None).is_none(), "nothing stands in for stdin");
        let socket = File::open("/dev/null").unwrap();
        let [stdin, ..] = child.stdio(Some(socket.as_fd())).unwrap();
        assert_eq!(stdin.as_raw_fd(), socket.as_raw_fd());
    }

    #[test]
    fn pipes_are_as_the_system_makes_them_until_they_are_resized() {
        let (parent, child) = stdio(PLAIN).unwrap();
        let (usual, _writer) = std::io::pipe().unwrap();
        let capacity = |fd: BorrowedFd<'_>| fcntl(fd, FcntlArg::F_GETPIPE_SZ).unwrap();
        assert_eq!(capacity(parent.stdout.as_fd()), capacity(usual.as_fd()));
        assert!(resize(parent.stdout.as_fd(), 128 * 1024));
        assert_eq!(capacity(parent.stdout.as_fd()), 128 * 1024);
        let [_, out, _] = child.stdio(None).unwrap();
        write(out, &vec![0; 100_000]);
        assert!(!resize(parent.stdout.as_fd(), 64 * 1024), "it holds more");
        assert!(!resize(parent.stdout.as_fd(), usize::MAX));
        assert!(spare_capacity() >= 64 * 1024);
    }

    #[test]
    fn reads_and_writes_tell_what_happened() {
        let (parent, child) = stdio(PLAIN).unwrap();
        let mut buffer = [0; 4];
        assert_eq!(read(parent.stdout.as_fd(), &mut buffer), Read::Empty);
        let stdin = parent.stdin.unwrap();
        let chunk = vec![b'x'; 1 << 20];
        assert!(matches!(write(stdin.as_fd(), &chunk), Write::Bytes(count) if count < chunk.len()));
        assert_eq!(write(stdin.as_fd(), &chunk), Write::Full);
        write(child.stdio(None).unwrap()[1], b"12345");
        drop(child);
        // children of other tests may have copies for a moment
        wait_writable(&stdin);
        assert_eq!(write(stdin.as_fd(), &chunk), Write::Closed);
        assert_eq!(read(parent.stdout.as_fd(), &mut buffer), Read::Bytes(4));
        assert_eq!(read(parent.stdout.as_fd(), &mut buffer), Read::Bytes(1));
        wait_readable(&parent.stdout);
        assert_eq!(read(parent.stdout.as_fd(), &mut buffer), Read::Closed);
    }

    #[test]
    fn low_descriptors_are_moved() {
        let moved: OwnedFd = above_stdio(std::io::stdin().as_fd()).unwrap().unwrap();
        assert!(moved.as_raw_fd() > 2 && close_on_exec(moved.as_fd()));
        assert!(above_stdio(moved.as_fd()).unwrap().is_none());
    }
}
