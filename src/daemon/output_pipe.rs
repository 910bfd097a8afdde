//! Our end of an output pipe: watched by the runtime, or only looked at now and then.
//!
//! While it is watched, each write of the child wakes us, whether we want to hear of it or not. A reader that
//! lets output gather has to look away.

use std::cell::RefCell;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::rc::Rc;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::sys::pipes::{self, Read};

/// The pipe, which does not block.
pub(super) struct OutputPipe(RefCell<Pipe>);

enum Pipe {
    Watched(Rc<AsyncFd<OwnedFd>>),
    Unwatched(OwnedFd),
    /// In the middle of a change.
    Changing,
}

impl OutputPipe {
    /// Has the runtime watch the pipe.
    pub(super) fn watched(fd: OwnedFd) -> io::Result<Self> {
        let fd = pipes::watch(fd)?;
        Ok(Self(RefCell::new(Pipe::Watched(Rc::new(fd)))))
    }

    /// Waits until there is something to read; if nobody watches, there may be.
    pub(super) async fn readable(&self) -> io::Result<()> {
        let watched = match &*self.0.borrow() {
            Pipe::Watched(fd) => Rc::clone(fd),
            Pipe::Unwatched(_) | Pipe::Changing => return Ok(()),
        };
        watched.readable().await.map(drop)
    }

    /// The number of the descriptor; negative if it is lost.
    pub(super) fn number(&self) -> RawFd {
        match &*self.0.borrow() {
            Pipe::Watched(fd) => fd.as_raw_fd(),
            Pipe::Unwatched(fd) => fd.as_raw_fd(),
            Pipe::Changing => -1,
        }
    }

    /// Reads what is there. The runtime does not hear of it, and may not even have noticed that there was something.
    pub(super) fn read(&self, buffer: &mut [u8]) -> Read {
        match &*self.0.borrow() {
            Pipe::Watched(fd) => pipes::read(fd.as_fd(), buffer),
            Pipe::Unwatched(fd) => pipes::read(fd.as_fd(), buffer),
            Pipe::Changing => Read::Closed,
        }
    }

    /// Reads what is there, and tells the runtime when nothing is left, so that [`Self::readable`] waits again. Less
    /// than there was room for says as much as an empty read, which is thus spared.
    pub(super) fn read_noticed(&self, buffer: &mut [u8]) -> Read {
        let size = buffer.len();
        let found = self.read(buffer);
        let emptied = match found {
            Read::Bytes(count) => count < size,
            Read::Empty => true,
            Read::Closed => false,
        };
        if emptied && let Pipe::Watched(fd) = &*self.0.borrow() {
            let nothing = |_: &OwnedFd| Err::<(), _>(io::ErrorKind::WouldBlock.into());
            // the error is our own
            let _ = fd.try_io(Interest::READABLE, nothing);
        }
        found
    }

    /// Has the pipe hold so many bytes. Says whether it can.
    pub(super) fn resize(&self, size: usize) -> bool {
        match &*self.0.borrow() {
            Pipe::Watched(fd) => pipes::resize(fd.as_fd(), size),
            Pipe::Unwatched(fd) => pipes::resize(fd.as_fd(), size),
            Pipe::Changing => false,
        }
    }

    /// Has the runtime watch the pipe, or not. Not to be called while somebody waits for it. Says whether it is
    /// watched: if not, [`Self::readable`] does not wait.
    pub(super) fn watch(&self, watch: bool) -> bool {
        let mut pipe = self.0.borrow_mut();
        *pipe = match (std::mem::replace(&mut *pipe, Pipe::Changing), watch) {
            (Pipe::Watched(fd), false) => match Rc::try_unwrap(fd) {
                Ok(fd) => Pipe::Unwatched(fd.into_inner()),
                Err(fd) => Pipe::Watched(fd),
            },
            // without watching it is looked at in vain now and then, but nothing is lost
            (Pipe::Unwatched(fd), true) => match pipes::watch(fd) {
                Ok(fd) => Pipe::Watched(Rc::new(fd)),
                Err(error) => Pipe::Unwatched(error.into_parts().0),
            },
            (pipe, _) => pipe,
        };
        matches!(*pipe, Pipe::Watched(_))
    }
}
