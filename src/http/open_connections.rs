//! The connections of all listeners, and who has to leave when there are too many or they hold too much.
//!
//! Nobody is refused. Each server has a number of its own, so that a crowd at one keeps nobody from
//! another; who was not let in by a password yet has only what is left of them and never drives out one who was
//! (DEC-084).

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use tokio::task::{JoinHandle, spawn_local};
use tokio::time::Instant;

use super::connection::{Connection, Phase, Unread};

/// Connections of a server for those who were not let in yet, however many others there are.
const STRANGERS: usize = 16;

/// All connections that are open.
#[derive(Default)]
pub(super) struct OpenConnections {
    taken: RefCell<BTreeMap<u64, OpenConnection>>,
    next: Cell<u64>,
}

struct OpenConnection {
    connection: Rc<Connection>,
    task: JoinHandle<()>,
}

/// How much a connection would be missed: strangers least, then those with nothing to do; of equals the one that
/// has been at it longest.
type Rank = (bool, Phase, Instant);

fn rank(connection: &Connection) -> Rank {
    let (phase, since) = connection.phase();
    let known = connection.is_known();
    // whatever a stranger does, it is the same: it has not been let in
    (known, if known { phase } else { Phase::Fresh }, since)
}

impl OpenConnections {
    /// Starts the connection's task. If the server has `most` connections already, the oldest stranger among them
    /// gives way.
    pub(super) fn take(
        self: &Rc<Self>,
        connection: Rc<Connection>,
        most: usize,
        run: impl Future<Output = ()> + 'static,
    ) {
        let server = connection.server;
        let known = self.count(|other| other.server == server && other.is_known());
        let room = most.saturating_sub(known).max(STRANGERS);
        let is_stranger = |other: &Connection| other.server == server && !other.is_known();
        if self.count(is_stranger) >= room {
            self.dismiss(is_stranger);
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
            .insert(number, OpenConnection { connection, task });
    }

    /// The connection has been let in. If the server has `most` such connections already, the one that is the least
    /// missed gives way; tells what that was about, if it had something to do.
    pub(super) fn admit(&self, connection: &Connection, most: usize) -> Option<Phase> {
        if connection.is_known() {
            return None;
        }
        let server = connection.server;
        let is_rival = |other: &Connection| other.server == server && other.is_known();
        let gone = (self.count(is_rival) >= most)
            .then(|| self.dismiss(is_rival))
            .flatten();
        connection.know();
        gone.filter(|phase| *phase > Phase::Idle)
    }

    /// Closes the connection that is the least missed, because there are no descriptors for a newcomer. Those of
    /// a Unix socket stay unless the newcomer is at one, too. False if there is none.
    pub(super) fn make_room(&self, local: bool) -> bool {
        let remote = self.dismiss(|other| !other.is_local());
        remote.is_some() || (local && self.dismiss(|_| true).is_some())
    }

    /// Whether an answer may wait for its client, in memory with all others that do: they are `most` bytes together
    /// at most. Those that have waited longest give way with their connections, but nobody at a Unix socket does
    /// for one that is not.
    pub(super) fn make_memory(&self, connection: &Connection, answer: Unread, most: usize) -> bool {
        while self.unread(connection, answer) > most {
            let is_other =
                |other: &Connection| !std::ptr::eq(other, connection) && other.unread().size > 0;
            let gone = self
                .dismiss(|other| is_other(other) && !other.is_local())
                .or_else(|| {
                    let local = connection.is_local();
                    self.dismiss(|other| local && is_other(other))
                });
            if gone.is_none() {
                return answer.size <= most && self.unread(connection, answer) <= most;
            }
        }
        true
    }

    /// Bytes of all answers that were not read yet, with this one.
    fn unread(&self, connection: &Connection, answer: Unread) -> usize {
        let taken = self.taken.borrow();
        let others = taken.values().map(|open| &*open.connection);
        let others = others.filter(|other| !std::ptr::eq(*other, connection));
        let all = others.map(Connection::unread).chain([answer]);
        let distinct: HashMap<usize, usize> = all.map(|one| (one.place, one.size)).collect();
        distinct.into_values().sum()
    }

    fn count(&self, which: impl Fn(&Connection) -> bool) -> usize {
        let taken = self.taken.borrow();
        taken
            .values()
            .filter(|open| which(&open.connection))
            .count()
    }

    /// Closes the least missed of those; tells what it was about.
    fn dismiss(&self, which: impl Fn(&Connection) -> bool) -> Option<Phase> {
        let number = {
            let taken = self.taken.borrow();
            let those = taken.iter().filter(|(_, open)| which(&open.connection));
            let ranked = those.map(|(number, open)| (rank(&open.connection), *number));
            ranked.min()?.1
        };
        let open = self.taken.borrow_mut().remove(&number)?;
        let (phase, _) = open.connection.phase();
        open.task.abort();
        Some(phase)
    }

    /// Closes them all; when this is done, so are their sockets.
    pub(super) async fn clear(&self) {
        let taken = std::mem::take(&mut *self.taken.borrow_mut());
        for open in taken.values() {
            open.task.abort();
        }
        for open in taken.into_values() {
            // it was cancelled or had just ended
            let _ = open.task.await;
        }
    }
}

/// Takes the connection off the list when the task ends, in whatever way.
struct Leave(Rc<OpenConnections>, u64);

impl Drop for Leave {
    fn drop(&mut self) {
        let open = self.0.taken.borrow_mut().remove(&self.1);
        drop(open);
    }
}
