//! An event listener pool: which events it takes, in which order its listeners get them, and what becomes
//! of those that are rejected or do not fit (EVT-110 to EVT-123).

use std::rc::Rc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::buffer::{Accepted, Buffer};
use super::event::Event;
use super::listener::{Listener, ListenerEvent};
use super::payload::{Header, envelope, payload};
use crate::base::clock::Mono;
use crate::base::event_names::EventName;
use crate::base::level::Level;
use crate::base::result_handler::ResultHandler;
use crate::base::states::ListenerState;

/// How long an event waits that was rejected more than once (DEC-070).
const RETRY_DELAY: Duration = Duration::from_millis(100);

/// What the events that wait in all pools may take in bytes, about (DEC-084).
const BYTES_MAX: usize = 64 * 1024 * 1024;

/// Lines for the main log.
pub type Lines = Vec<(Level, String)>;

/// Gives an event to every pool that wants it. It gets a number if there is any such pool, the same for all
/// (EVT-062, EVT-028). When too much waits in all pools together, the one that holds most discards what it would
/// discard if it were full.
pub fn publish<P: Copy + PartialEq>(
    pools: &mut [Pool<P>],
    event: Event,
    serials: &mut Serials,
    lines: &mut Lines,
) {
    let event = Rc::new(event);
    let mut serial = None;
    for pool in pools.iter_mut().filter(|pool| pool.wants(&event)) {
        let serial = *serial.get_or_insert_with(|| serials.take());
        pool.accept(Rc::clone(&event), serial, lines);
    }
    let bytes = |pool: &Pool<P>| pool.buffer.bytes();
    while pools.iter().map(bytes).sum::<usize>() > BYTES_MAX {
        let Some(fullest) = pools.iter_mut().max_by_key(|pool| bytes(pool)) else {
            return;
        };
        let discarded = fullest.buffer.discard();
        fullest.say_discarded(discarded, lines);
    }
}

/// Numbers events from 0 on (EVT-062, EVT-063).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Serials {
    next: u64,
}

impl Serials {
    /// The next number; after 2^63-1 comes 0.
    pub fn take(&mut self) -> u64 {
        let serial = self.next;
        self.next = if serial >= i64::MAX as u64 {
            0
        } else {
            serial + 1
        };
        serial
    }
}

/// Why a listener was not sent an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendError {
    /// It closed its stdin, or is gone.
    Closed,
    /// It does not read what it was sent before (DEC-071).
    Full,
}

/// A pool, with the listeners that belong to it. `P` names a process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool<P> {
    name: String,
    subscriptions: Vec<EventName>,
    /// Events that wait.
    buffer: Buffer,
    serials: Serials,
    handler: ResultHandler,
    slots: Vec<Slot<P>>,
    /// Nothing is sent before this time.
    not_before: Option<Mono>,
}

/// One process of the pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Slot<P> {
    id: P,
    name: String,
    listener: Listener,
    /// What it was sent and has not answered yet.
    event: Option<Accepted>,
    /// It was sent an event since it was started.
    served: bool,
}

impl<P: Copy + PartialEq> Pool<P> {
    /// A pool without events, its processes with their names in the pool's order.
    pub fn new(
        name: &str,
        subscriptions: &[EventName],
        buffer_size: usize,
        handler: ResultHandler,
        processes: impl IntoIterator<Item = (P, String)>,
    ) -> Self {
        let slot = |(id, name)| Slot {
            id,
            name,
            listener: Listener::new(handler),
            event: None,
            served: false,
        };
        Self {
            name: name.to_owned(),
            subscriptions: subscriptions.to_vec(),
            buffer: Buffer::new(buffer_size),
            serials: Serials::default(),
            handler,
            slots: processes.into_iter().map(slot).collect(),
            not_before: None,
        }
    }

    /// The pool's name, which is its group's.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where a process of the pool is in the protocol; none if it is not of this pool.
    #[cfg(test)]
    fn listener_state(&self, id: P) -> Option<ListenerState> {
        let slot = self.slots.iter().find(|slot| slot.id == id);
        slot.map(|slot| slot.listener.state())
    }

    /// When to call [`Self::dispatch`] again even if nothing happens; none if nothing waits for a time.
    pub fn wake(&self) -> Option<Mono> {
        self.not_before.filter(|_| !self.buffer.is_empty())
    }

    /// Whether a listener that is running deals with an event, or has reason to be sent one that waits. One
    /// that has never asked for an event does not count.
    pub fn is_at_work(&self, running: impl Fn(P) -> bool) -> bool {
        let waiting = !self.buffer.is_empty();
        self.slots.iter().any(|slot| {
            let at_work = match slot.listener.state() {
                ListenerState::Busy => true,
                ListenerState::Ready => waiting,
                ListenerState::Acknowledged => waiting && slot.served,
                ListenerState::Unknown => false,
            };
            at_work && running(slot.id)
        })
    }

    /// Whether the pool is subscribed to such an event. Once is enough, however many subscriptions match
    /// (DEC-072); what its own members wrote is not for it (DEC-075).
    pub fn wants(&self, event: &Event) -> bool {
        self.subscribes(event.name()) && !event.is_log_of(&self.name)
    }

    /// Whether the pool is subscribed to events of that type.
    pub fn subscribes(&self, name: EventName) -> bool {
        self.subscriptions.iter().any(|wanted| name.is_a(*wanted))
    }

    /// Puts an event at the end of the buffer.
    pub fn accept(&mut self, event: Rc<Event>, serial: u64, lines: &mut Lines) {
        let pool_serial = self.serials.take();
        let accepted = Accepted {
            event,
            serial,
            pool_serial,
            rejections: 0,
        };
        let discarded = self.buffer.push_back(accepted);
        self.say_discarded(discarded, lines);
    }

    /// A process of the pool was started: its listener owes READY (EVT-080).
    pub fn started(&mut self, id: P) {
        if let Some(slot) = self.slots.iter_mut().find(|slot| slot.id == id) {
            slot.listener = Listener::new(self.handler);
            slot.event = None;
            slot.served = false;
        }
    }

    /// A process of the pool has ended; an event that it had not answered waits again (EVT-092).
    pub fn ended(&mut self, id: P, lines: &mut Lines) {
        let slot = self.slots.iter_mut().find(|slot| slot.id == id);
        if let Some(unanswered) = slot.and_then(|slot| slot.event.take()) {
            self.give_back(unanswered, lines);
        }
    }

    /// A process of the pool wrote something to its stdout. Returns what that wants printed on the daemon's.
    pub fn heard(&mut self, id: P, bytes: &[u8], now: Mono, lines: &mut Lines) -> Vec<Vec<u8>> {
        let mut printed = Vec::new();
        let Some(slot) = self.slots.iter_mut().find(|slot| slot.id == id) else {
            return printed;
        };
        let mut meant = Vec::new();
        slot.listener.feed(bytes, &mut meant);
        let (name, mut answered) = (slot.name.clone(), slot.event.take());
        let mut accepted = false;
        for event in meant {
            event.log(&name, lines);
            match event {
                ListenerEvent::Printed(text) => printed.push(text),
                ListenerEvent::Processed => accepted = true,
                ListenerEvent::Rejected
                | ListenerEvent::Failed
                | ListenerEvent::BadResultLine(_) => accepted = false,
                ListenerEvent::Changed {
                    from: ListenerState::Busy,
                    ..
                } => {
                    let rejected = answered.take().filter(|_| !accepted);
                    self.reject(rejected, now, lines);
                }
                ListenerEvent::Changed { .. } => {}
            }
        }
        if let Some(slot) = self.slots.iter_mut().find(|slot| slot.id == id) {
            slot.event = answered;
        }
        printed
    }

    /// Sends waiting events, oldest first, each to the first process that is running and READY (EVT-112).
    /// `send` takes header and payload as one piece, all of it or nothing.
    pub fn dispatch(
        &mut self,
        server: &str,
        now: Mono,
        running: impl Fn(P) -> bool,
        mut send: impl FnMut(P, &[u8]) -> Result<(), SendError>,
        lines: &mut Lines,
    ) {
        if self.not_before.is_some_and(|time| now < time) {
            return;
        }
        self.not_before = None;
        let ready = |slot: &Slot<P>| slot.is_ready() && running(slot.id);
        if !self.slots.iter().any(ready) {
            return;
        }
        while let Some(accepted) = self.buffer.pop_front() {
            let text = self.text(&accepted, server);
            let mut taken = false;
            for slot in self.slots.iter_mut().filter(|slot| ready(slot)) {
                if slot.offer(send(slot.id, text.as_bytes()), accepted.serial, lines) {
                    slot.event = Some(accepted.clone());
                    taken = true;
                    break;
                }
            }
            if !taken {
                self.give_back(accepted, lines);
                break;
            }
        }
    }

    fn text(&self, accepted: &Accepted, server: &str) -> String {
        let header = Header {
            server,
            serial: accepted.serial,
            pool: &self.name,
            pool_serial: accepted.pool_serial,
            name: accepted.event.name(),
        };
        envelope(&header, &payload(&accepted.event))
    }

    /// A first rejection is tried again at once, as the reference does; from then on it takes a moment, so
    /// that a listener which rejects everything does not keep us busy (DEC-070).
    fn reject(&mut self, rejected: Option<Accepted>, now: Mono, lines: &mut Lines) {
        if let Some(mut accepted) = rejected {
            accepted.rejections = accepted.rejections.saturating_add(1);
            if accepted.rejections > 1 {
                self.not_before = Some(now + RETRY_DELAY);
            }
            self.give_back(accepted, lines);
        }
    }

    /// Puts an event at the head of the buffer again, with its old numbers (EVT-114, EVT-119).
    fn give_back(&mut self, accepted: Accepted, lines: &mut Lines) {
        let (name, serial) = (&self.name, accepted.serial);
        let (len, max) = (self.buffer.len(), self.buffer.max());
        let text =
            format!("rebuffering event {serial} for pool {name} (buf size={len}, max={max})");
        lines.push((Level::Debug, text));
        let discarded = self.buffer.push_front(accepted);
        self.say_discarded(discarded, lines);
    }

    fn say_discarded(&self, discarded: Option<u64>, lines: &mut Lines) {
        if let Some(serial) = discarded {
            let name = &self.name;
            let text = format!("pool {name} event buffer overflowed, discarding event {serial}");
            lines.push((Level::Error, text));
        }
    }
}

impl<P> Slot<P> {
    fn is_ready(&self) -> bool {
        self.listener.state() == ListenerState::Ready
    }

    /// Notes how sending went; true if the listener has the event now.
    fn offer(&mut self, sent: Result<(), SendError>, serial: u64, lines: &mut Lines) -> bool {
        let name = &self.name;
        let text = match sent {
            Ok(()) => {
                self.listener.sent();
                self.served = true;
                format!("event {serial} sent to listener {name}")
            }
            Err(SendError::Closed) => format!(
                "epipe occurred while sending event {serial} to listener {name}, listener state \
                 unchanged"
            ),
            Err(SendError::Full) => return false,
        };
        lines.push((Level::Debug, text));
        sent.is_ok()
    }
}

#[cfg(test)]
mod tests;
