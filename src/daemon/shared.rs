//! What the tasks of the daemon share: the door to the supervisor, the alarm clock, the read buffer.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use tokio::sync::Notify;

use crate::base::clock::{Mono, Now};
use crate::supervisor::Supervisor;
use crate::supervisor::owner::Owner;

use super::width::Allowance;

/// How much is read from a pipe at once (LOG-086).
const CHUNK: usize = 128 * 1024;

/// Shared by the loop, the host and the pumps.
pub(super) struct Shared {
    owner: RefCell<Option<Owner>>,
    deadline: Cell<Option<Mono>>,
    /// The deadline changed, or everything is stopped.
    pub(super) stirred: Notify,
    /// The way down has begun.
    pub(super) leaving: Notify,
    finished: Cell<bool>,
    /// Somebody follows every change, so each visit stirs.
    pub(super) followed: Cell<bool>,
    buffer: RefCell<Vec<u8>>,
    /// How many bytes wait for the stdins of all programs.
    pub(super) unwritten: Cell<usize>,
    /// What busy pipes may have.
    pub(super) allowance: Rc<Allowance>,
}

impl Shared {
    pub(super) fn new() -> Self {
        Self {
            owner: RefCell::new(None),
            deadline: Cell::new(None),
            stirred: Notify::new(),
            leaving: Notify::new(),
            finished: Cell::new(false),
            followed: Cell::new(false),
            buffer: RefCell::new(vec![0; CHUNK]),
            unwritten: Cell::new(0),
            allowance: Allowance::of_user(),
        }
    }

    /// Lets the tasks reach the supervisor; `None` breaks the circle of references at the end.
    pub(super) fn set_owner(&self, owner: Option<Owner>) {
        *self.owner.borrow_mut() = owner;
    }

    /// Visits the supervisor, if it is still there.
    pub(super) fn with<R>(&self, visit: impl FnOnce(&mut Supervisor, Now) -> R) -> Option<R> {
        let owner = self.owner.borrow().clone();
        owner.map(|owner| owner.with(visit))
    }

    /// When the supervisor wants to be woken.
    pub(super) fn deadline(&self) -> Option<Mono> {
        self.deadline.get()
    }

    pub(super) fn set_deadline(&self, deadline: Option<Mono>) {
        if self.deadline.replace(deadline) != deadline || self.followed.get() {
            self.stirred.notify_one();
        }
    }

    /// Everything is stopped.
    pub(super) fn is_finished(&self) -> bool {
        self.finished.get()
    }

    pub(super) fn finish(&self) {
        self.finished.set(true);
        self.stirred.notify_one();
    }

    /// Lends the one buffer that all reads share; not to be nested.
    pub(super) fn with_buffer<R>(&self, read: impl FnOnce(&mut [u8]) -> R) -> R {
        read(&mut self.buffer.borrow_mut())
    }
}
