//! When something has to happen: one set of deadlines for the whole supervisor.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use crate::base::clock::Mono;

use super::member::ProcessId;

/// Who wants to be woken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) enum Timer {
    /// A process's own deadline.
    Process(ProcessId),
    /// A pending start waits for a moment.
    Start(ProcessId),
    /// Something of what is done for that process.
    Upkeep(ProcessId),
    /// A helper child whose process is gone.
    LeftHelpers,
    /// A client still waits for that process to stop.
    StopReport(ProcessId),
    /// A shutdown still waits.
    ShutdownReport,
    /// A shutdown takes too long (LIF-226).
    ShutdownTimeout,
    /// A shutdown no longer waits for listeners at work.
    ShutdownListeners,
    /// A boundary of wall-clock time, if anybody wants to hear of it.
    Tick,
}

/// Deadlines, each timer at most once.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "BTreeSet<(Mono, Timer)>", into = "BTreeSet<(Mono, Timer)>")]
pub(super) struct Timers {
    order: BTreeSet<(Mono, Timer)>,
    when: HashMap<Timer, Mono>,
}

impl From<BTreeSet<(Mono, Timer)>> for Timers {
    fn from(deadlines: BTreeSet<(Mono, Timer)>) -> Self {
        let mut timers = Self::default();
        for (at, timer) in deadlines {
            timers.set(timer, Some(at));
        }
        timers
    }
}

impl From<Timers> for BTreeSet<(Mono, Timer)> {
    fn from(timers: Timers) -> Self {
        timers.order
    }
}

impl Timers {
    /// Sets, moves or clears a timer.
    pub(super) fn set(&mut self, timer: Timer, at: Option<Mono>) {
        let old = match at {
            Some(at) => self.when.insert(timer, at),
            None => self.when.remove(&timer),
        };
        if old == at {
            return;
        }
        if let Some(old) = old {
            self.order.remove(&(old, timer));
        }
        if let Some(at) = at {
            self.order.insert((at, timer));
        }
    }

    /// Whether the timer is set.
    pub(super) fn is_set(&self, timer: Timer) -> bool {
        self.when.contains_key(&timer)
    }

    /// The earliest deadline.
    pub(super) fn next(&self) -> Option<Mono> {
        self.order.first().map(|entry| entry.0)
    }

    /// Takes the earliest timer whose time has come.
    pub(super) fn pop(&mut self, now: Mono) -> Option<Timer> {
        let &(at, timer) = self.order.first().filter(|entry| entry.0 <= now)?;
        self.order.remove(&(at, timer));
        self.when.remove(&timer);
        Some(timer)
    }
}

#[cfg(test)]
mod tests {
    use super::{Mono, ProcessId, Timer, Timers};

    #[test]
    fn pops_in_order_and_moves() {
        let (a, b) = (
            Timer::Process(ProcessId(1)),
            Timer::StopReport(ProcessId(1)),
        );
        let mut timers = Timers::default();
        timers.set(a, Some(Mono(30)));
        timers.set(b, Some(Mono(20)));
        timers.set(a, Some(Mono(10)));
        assert_eq!(timers.next(), Some(Mono(10)));
        assert_eq!(timers.pop(Mono(9)), None);
        assert_eq!(timers.pop(Mono(25)), Some(a));
        assert!(!timers.is_set(a) && timers.is_set(b));
        assert_eq!(timers.pop(Mono(25)), Some(b));
        assert_eq!(timers.next(), None);
        timers.set(a, Some(Mono(1)));
        timers.set(a, None);
        assert_eq!(timers.pop(Mono(9)), None);
    }
}
