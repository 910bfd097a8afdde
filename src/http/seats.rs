//! The connections of all listeners, and who has to leave when there are too many.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use tokio::task::{JoinHandle, spawn_local};

use super::connection::{Connection, Phase};

/// All connections that are open.
#[derive(Default)]
pub(super) struct Seats {
    taken: RefCell<BTreeMap<u64, Seat>>,
    next: Cell<u64>,
}

struct Seat {
    connection: Rc<Connection>,
    task: JoinHandle<()>,
}

impl Seats {
    /// Starts the connection's task, if there are fewer than `most` connections or one can give way.
    pub(super) fn take(
        self: &Rc<Self>,
        connection: Rc<Connection>,
        most: usize,
        run: impl Future<Output = ()> + 'static,
    ) -> bool {
        if self.taken.borrow().len() >= most && !self.make_room() {
            return false;
        }
        let number = self.next.get();
        self.next.set(number + 1);
        let leave = Leave(Rc::clone(self), number);
        let task = spawn_local(async move {
            let _leave = leave;
            run.await;
        });
        self.taken
            .borrow_mut()
            .insert(number, Seat { connection, task });
        true
    }

    /// Closes the connection that is the least missed: the oldest that never finished a request's head,
    /// else the one that has been idle longest. False if all have requests to answer.
    pub(super) fn make_room(&self) -> bool {
        let number = {
            let taken = self.taken.borrow();
            let idle = taken.iter().filter_map(|(number, seat)| {
                let (phase, since) = seat.connection.phase();
                match phase {
                    Phase::Fresh | Phase::Head => Some((false, since, *number)),
                    Phase::Idle => Some((true, since, *number)),
                    Phase::Busy => None,
                }
            });
            idle.min()
        };
        let seat = number.and_then(|(_, _, number)| self.taken.borrow_mut().remove(&number));
        match seat {
            Some(seat) => {
                seat.task.abort();
                true
            }
            None => false,
        }
    }

    /// Closes them all; when this is done, so are their sockets.
    pub(super) async fn clear(&self) {
        let taken = std::mem::take(&mut *self.taken.borrow_mut());
        for seat in taken.values() {
            seat.task.abort();
        }
        for seat in taken.into_values() {
            // it was cancelled or had just ended
            let _ = seat.task.await;
        }
    }
}

/// Gives the seat back when the task ends, in whatever way.
struct Leave(Rc<Seats>, u64);

impl Drop for Leave {
    fn drop(&mut self) {
        let seat = self.0.taken.borrow_mut().remove(&self.1);
        drop(seat);
    }
}
