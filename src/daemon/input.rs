//! A child's stdin: what its pipe does not take at once waits here, within a bound.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;

use tokio::net::unix::pipe::Sender;

use crate::supervisor::ports::StdinError;
use crate::sys::pipes::{self, Write};

use super::hub::Hub;

/// With this much waiting, nothing more is taken (DEC-028). One request may go over it.
const BOUND: usize = 1024 * 1024;

/// An open stdin.
pub(super) struct Input {
    pipe: OwnedFd,
    queue: RefCell<VecDeque<u8>>,
    closed: Cell<bool>,
    /// A task writes the queue.
    writing: Cell<bool>,
    hub: Rc<Hub>,
}

impl Input {
    /// Takes the daemon's end of the pipe, which does not block.
    pub(super) const fn new(pipe: OwnedFd, hub: Rc<Hub>) -> Self {
        Self {
            pipe,
            queue: RefCell::new(VecDeque::new()),
            closed: Cell::new(false),
            writing: Cell::new(false),
            hub,
        }
    }

    /// Writes what there is room for and queues the rest. An empty write succeeds even when the child has
    /// closed its end (RPC-202).
    pub(super) fn write(self: &Rc<Self>, bytes: &[u8]) -> Result<(), StdinError> {
        if self.closed.get() {
            return Err(StdinError::Closed);
        }
        let mut rest = bytes;
        if self.queue.borrow().len() >= BOUND {
            return Err(StdinError::Full);
        }
        while !rest.is_empty() && self.queue.borrow().is_empty() {
            match pipes::write(self.pipe.as_fd(), rest) {
                Write::Bytes(count) => rest = rest.get(count..).unwrap_or_default(),
                Write::Full => break,
                Write::Closed => {
                    self.close();
                    return Err(StdinError::Closed);
                }
            }
        }
        if !rest.is_empty() {
            self.queue.borrow_mut().extend(rest);
            if !self.writing.replace(true) {
                tokio::task::spawn_local(Rc::clone(self).write_queue());
            }
        }
        Ok(())
    }

    /// The child is gone: what waits will never be read.
    pub(super) fn close(&self) {
        self.closed.set(true);
        self.queue.borrow_mut().clear();
    }

    async fn write_queue(self: Rc<Self>) {
        if self.write_all().await.is_err() {
            self.close();
        }
        self.writing.set(false);
        // a listener that had not read can be sent events again
        self.hub.with(|_, _| ());
    }

    /// The runtime watches the pipe only while something waits: most programs never get anything.
    async fn write_all(&self) -> io::Result<()> {
        let sender = Sender::from_owned_fd_unchecked(self.pipe.try_clone()?)?;
        while !self.closed.get() && !self.queue.borrow().is_empty() {
            sender.writable().await?;
            let mut queue = self.queue.borrow_mut();
            let (front, _) = queue.as_slices();
            match sender.try_write(front) {
                Ok(count) => drop(queue.drain(..count)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
