//! The door to the supervisor: the only way to reach it, and never across an `.await`.

use std::cell::RefCell;
use std::rc::Rc;

use crate::base::clock::Now;
use crate::base::level::Level;

use super::Supervisor;
use super::answer::Ticket;
use super::promise::{Promise, Promises};
use super::snapshot::{Snapshot, SnapshotError};

/// A handle to the one [`Supervisor`]; cheap to clone.
#[derive(Clone)]
pub struct Owner {
    inner: Rc<Inner>,
}

struct Inner {
    supervisor: RefCell<Supervisor>,
    promises: Rc<Promises>,
    clock: fn() -> Now,
}

impl Owner {
    /// Takes the supervisor; `clock` is read once for each visit.
    pub fn new(supervisor: Supervisor, clock: fn() -> Now) -> Self {
        Self {
            inner: Rc::new(Inner {
                supervisor: RefCell::new(supervisor),
                promises: Rc::default(),
                clock,
            }),
        }
    }

    /// Visits the supervisor. The closure is not async, so nothing is held while anybody waits. Visits do not
    /// nest: what the supervisor calls (its [`super::ports`]) must not come back through this door.
    pub fn with<R>(&self, visit: impl FnOnce(&mut Supervisor, Now) -> R) -> R {
        let Inner {
            supervisor,
            promises,
            clock,
        } = &*self.inner;
        let now = clock();
        let (answer, completed) = {
            let mut supervisor = supervisor.borrow_mut();
            promises.return_to(&mut supervisor);
            let answer = visit(&mut supervisor, now);
            supervisor.after(now);
            (answer, supervisor.take_completed())
        };
        promises.deliver(completed);
        answer
    }

    /// Writes the supervisor down, with what is owed to those who still wait.
    pub fn snapshot(&self) -> Result<Snapshot, SnapshotError> {
        let mut supervisor = self.inner.supervisor.borrow_mut();
        self.inner.promises.return_to(&mut supervisor);
        supervisor.snapshot()
    }

    /// Waits for an answer that is owed.
    pub fn promise(&self, ticket: Ticket) -> Promise {
        self.inner.promises.hold(ticket)
    }

    /// Looks at the supervisor. Nothing can change, so nothing follows from it.
    pub fn look<R>(&self, look: impl FnOnce(&Supervisor, Now) -> R) -> R {
        let now = (self.inner.clock)();
        self.peek(|supervisor| look(supervisor, now))
    }

    /// Looks at what does not depend on the time.
    pub fn peek<R>(&self, look: impl FnOnce(&Supervisor) -> R) -> R {
        look(&self.inner.supervisor.borrow())
    }

    /// Writes a line to the main log, if that level is written. Nothing else happens.
    pub fn log(&self, level: Level, text: impl FnOnce() -> String) {
        if self.peek(|supervisor| supervisor.logs(level)) {
            let text = text();
            self.inner.supervisor.borrow_mut().write_line(level, text);
        }
    }
}
