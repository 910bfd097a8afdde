//! Turns for long work: one at a time, and whatever else is ready goes on between any two of them.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::yield_now;

use crate::rpc::pace::{Pace, TURN};

/// The turns of all servers.
pub(super) struct Turns {
    /// Those who wait for a turn stand here, the first first.
    gate: Semaphore,
    /// How long was worked since sockets and timers were looked at last, or longer ago.
    worked: Cell<Duration>,
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            gate: Semaphore::new(1),
            worked: Cell::default(),
        }
    }
}

/// The long work of one server.
pub struct Pacer {
    turns: Rc<Turns>,
    held: Cell<usize>,
}

impl Pacer {
    pub(super) fn new(turns: &Rc<Turns>) -> Self {
        Self {
            turns: Rc::clone(turns),
            held: Cell::new(0),
        }
    }
}

impl Pace for Pacer {
    async fn turn(&self) {
        let Turns { gate, worked } = &*self.turns;
        // never closed
        let _first = gate.acquire().await;
        while worked.get() >= TURN {
            // comes back after the runtime has looked at everything else
            yield_now().await;
            worked.set(Duration::ZERO);
        }
    }

    fn worked(&self, time: Duration) {
        let worked = &self.turns.worked;
        worked.set(worked.get().saturating_add(time));
    }

    fn held(&self) -> &Cell<usize> {
        &self.held
    }
}
