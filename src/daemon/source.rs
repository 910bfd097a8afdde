//! Our end of an output pipe: watched by the runtime, or only looked at now and then.
//!
//! While it is watched, each write of the child wakes us, whether we want to hear of it or not. A reader that
//! lets output gather has to look away.

use std::cell::RefCell;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::rc::Rc;

use tokio::net::unix::pipe::Receiver;

use crate::sys::pipes::{self, Read};

/// The pipe, which does not block.
pub(super) struct Source(RefCell<Pipe>);

enum Pipe {
    Watched(Rc<Receiver>),
    Unwatched(OwnedFd),
    /// The runtime would not watch it any more.
    Lost,
}

impl Source {
    /// Has the runtime watch the pipe.
    pub(super) fn watched(fd: OwnedFd) -> io::Result<Self> {
        let receiver = Receiver::from_owned_fd_unchecked(fd)?;
        Ok(Self(RefCell::new(Pipe::Watched(Rc::new(receiver)))))
    }

    /// Waits until there is something to read; if nobody watches, there may be.
    pub(super) async fn readable(&self) -> io::Result<()> {
        let receiver = match &*self.0.borrow() {
            Pipe::Watched(receiver) => receiver.clone(),
            Pipe::Unwatched(_) | Pipe::Lost => return Ok(()),
        };
        receiver.readable().await
    }

    /// The number of the descriptor; negative if it is lost.
    pub(super) fn number(&self) -> RawFd {
        match &*self.0.borrow() {
            Pipe::Watched(receiver) => receiver.as_raw_fd(),
            Pipe::Unwatched(fd) => fd.as_raw_fd(),
            Pipe::Lost => -1,
        }
    }

    /// Reads what is there. The runtime may not have noticed it yet, so it is not asked.
    pub(super) fn read(&self, buffer: &mut [u8]) -> Read {
        match &*self.0.borrow() {
            Pipe::Watched(receiver) => pipes::read(receiver.as_fd(), buffer),
            Pipe::Unwatched(fd) => pipes::read(fd.as_fd(), buffer),
            Pipe::Lost => Read::Closed,
        }
    }

    /// Reads what is there as far as the runtime knows, which learns that nothing is left.
    pub(super) fn read_noticed(&self, buffer: &mut [u8]) -> Read {
        if let Pipe::Watched(receiver) = &*self.0.borrow() {
            return match receiver.try_read(buffer) {
                Ok(0) => Read::Closed,
                Ok(count) => Read::Bytes(count),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => Read::Empty,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => Read::Empty,
                Err(_) => Read::Closed,
            };
        }
        self.read(buffer)
    }

    /// Makes the pipe as large as it can be without privilege. Says whether it is.
    pub(super) fn widen(&self) -> bool {
        match &*self.0.borrow() {
            Pipe::Watched(receiver) => pipes::widen(receiver.as_fd()),
            Pipe::Unwatched(fd) => pipes::widen(fd.as_fd()),
            Pipe::Lost => false,
        }
    }

    /// Has the runtime watch the pipe, or not. Not to be called while somebody waits for it.
    pub(super) fn watch(&self, watch: bool) {
        let mut pipe = self.0.borrow_mut();
        *pipe = match (std::mem::replace(&mut *pipe, Pipe::Lost), watch) {
            (Pipe::Watched(receiver), false) => match Rc::try_unwrap(receiver) {
                Ok(receiver) => receiver
                    .into_nonblocking_fd()
                    .map_or(Pipe::Lost, Pipe::Unwatched),
                Err(receiver) => Pipe::Watched(receiver),
            },
            (Pipe::Unwatched(fd), true) => Receiver::from_owned_fd_unchecked(fd)
                .map_or(Pipe::Lost, |receiver| Pipe::Watched(Rc::new(receiver))),
            (pipe, _) => pipe,
        };
    }
}
