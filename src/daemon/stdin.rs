//! A child's stdin: what its pipe does not take at once waits here, within a bound.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;

use tokio::net::unix::pipe::Sender;

use crate::supervisor::ports::StdinError;
use crate::sys::pipes::{self, Write};

use super::shared::Shared;

/// With this much waiting, nothing more is taken (DEC-028). One request may go over it.
const BOUND: usize = 1024 * 1024;

/// How much may wait for all programs together (DEC-084).
const SUM: usize = 64 * 1024 * 1024;

/// An open stdin.
pub(super) struct Stdin {
    pipe: OwnedFd,
    queue: RefCell<VecDeque<u8>>,
    closed: Cell<bool>,
    /// A task writes the queue.
    writing: Cell<bool>,
    shared: Rc<Shared>,
}

impl Stdin {
    /// Takes the daemon's end of the pipe, which does not block.
    pub(super) const fn new(pipe: OwnedFd, shared: Rc<Shared>) -> Self {
        Self {
            pipe,
            queue: RefCell::new(VecDeque::new()),
            closed: Cell::new(false),
            writing: Cell::new(false),
            shared,
        }
    }

    /// Writes what there is room for and queues the rest, or takes nothing. An empty write succeeds even when the
    /// child has closed its end (RPC-202).
    pub(super) fn write(self: &Rc<Self>, bytes: &[u8]) -> Result<(), StdinError> {
        self.check()?;
        if may_wait(bytes.len(), self.shared.unwritten.get()) {
            self.send(bytes)
        } else {
            self.write_through(bytes)
        }
    }

    /// The same for an event, for which there is always room among the others'.
    pub(super) fn write_event(self: &Rc<Self>, bytes: &[u8]) -> Result<(), StdinError> {
        self.check()?;
        self.send(bytes)
    }

    fn check(&self) -> Result<(), StdinError> {
        if self.closed.get() {
            Err(StdinError::Closed)
        } else if self.queue.borrow().len() >= BOUND {
            Err(StdinError::Full)
        } else {
            Ok(())
        }
    }

    fn send(self: &Rc<Self>, bytes: &[u8]) -> Result<(), StdinError> {
        let mut rest = bytes;
        while !rest.is_empty() && self.queue.borrow().is_empty() {
            match self.put(rest)? {
                0 => break,
                count => rest = rest.get(count..).unwrap_or_default(),
            }
        }
        if !rest.is_empty() {
            self.queue.borrow_mut().extend(rest);
            let unwritten = &self.shared.unwritten;
            unwritten.set(unwritten.get() + rest.len());
            if !self.writing.replace(true) {
                tokio::task::spawn_local(Rc::clone(self).write_queue());
            }
        }
        Ok(())
    }

    /// Without room for what waits: a program that reads gets what its pipe takes.
    fn write_through(&self, bytes: &[u8]) -> Result<(), StdinError> {
        let whole = pipes::is_indivisible(self.pipe.as_fd(), bytes.len());
        if !whole || !self.queue.borrow().is_empty() || self.put(bytes)? == 0 {
            return Err(StdinError::Crowded);
        }
        Ok(())
    }

    /// Writes to the pipe; says how much it took.
    fn put(&self, bytes: &[u8]) -> Result<usize, StdinError> {
        match pipes::write(self.pipe.as_fd(), bytes) {
            Write::Bytes(count) => Ok(count),
            Write::Full => Ok(0),
            Write::Closed => {
                self.close();
                Err(StdinError::Closed)
            }
        }
    }

    /// The child is gone: what waits will never be read.
    pub(super) fn close(&self) {
        self.closed.set(true);
        let lost = self.queue.take().len();
        self.written(lost);
    }

    fn written(&self, count: usize) {
        let unwritten = &self.shared.unwritten;
        unwritten.set(unwritten.get().saturating_sub(count));
    }

    async fn write_queue(self: Rc<Self>) {
        if self.write_all().await.is_err() {
            self.close();
        }
        self.writing.set(false);
        // a listener that had not read can be sent events again
        self.shared.with(|_, _| ());
    }

    /// The runtime watches the pipe only while something waits: most programs never get anything.
    async fn write_all(&self) -> io::Result<()> {
        let sender = Sender::from_owned_fd_unchecked(self.pipe.try_clone()?)?;
        while !self.closed.get() && !self.queue.borrow().is_empty() {
            sender.writable().await?;
            let mut queue = self.queue.borrow_mut();
            let (front, _) = queue.as_slices();
            match sender.try_write(front) {
                Ok(count) => {
                    queue.drain(..count);
                    self.written(count);
                    // what was a long queue once does not keep its memory
                    if queue.capacity() > 2 * queue.len() {
                        queue.shrink_to_fit();
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Whether so much may wait beside what waits for all programs already. Nobody takes more than half of what is
/// left, so that there is something for programs that read while others do not.
const fn may_wait(bytes: usize, unwritten: usize) -> bool {
    bytes <= SUM.saturating_sub(unwritten) / 2
}

#[cfg(test)]
mod tests {
    use super::{SUM, may_wait};

    #[test]
    fn the_sum_has_a_bound_and_room_for_those_who_read() {
        for size in [1, 4096, 1_000_000, 8_000_000] {
            let mut unwritten = 0;
            while may_wait(size, unwritten) {
                unwritten += size;
            }
            assert!(unwritten <= SUM, "{size}");
            assert!(may_wait(size / 2, unwritten - size), "{size}");
        }
        assert!(!may_wait(1, SUM) && !may_wait(SUM, 0));
        assert!(may_wait(0, usize::MAX));
    }
}
