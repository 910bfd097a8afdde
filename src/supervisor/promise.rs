//! Answers on their way to those who wait for them: the supervisor names what it owes by tickets, and here is
//! who holds one. No part of the supervisor's state: who waits goes away with its connection.

use std::cell::RefCell;
use std::collections::HashMap;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, Waker};

use crate::base::fault::Fault;

use super::Supervisor;
use super::answer::{Completed, Outcome, Ticket};

/// Who holds a ticket.
enum Holder {
    /// It waits; none before it asked for the first time.
    Waits(Option<Waker>),
    /// The answer is there and has not been fetched yet.
    Answered(Result<Outcome, Fault>),
}

/// All tickets that somebody holds, and answers that nobody has asked for yet.
#[derive(Default)]
pub(super) struct Promises {
    holders: RefCell<HashMap<Ticket, Holder>>,
    /// Tickets whose holders went away.
    returned: RefCell<Vec<Ticket>>,
}

impl Promises {
    /// Waits for the answer of a ticket.
    pub(super) fn hold(self: &Rc<Self>, ticket: Ticket) -> Promise {
        let mut holders = self.holders.borrow_mut();
        // the answer may have come within the visit that gave the ticket
        holders.entry(ticket).or_insert(Holder::Waits(None));
        Promise {
            ticket,
            promises: Rc::downgrade(self),
        }
    }

    /// Hands answers to those who wait for them.
    pub(super) fn deliver(&self, completed: Vec<Completed>) {
        for Completed { ticket, result } in completed {
            let answered = Holder::Answered(result);
            let before = self.holders.borrow_mut().insert(ticket, answered);
            if let Some(Holder::Waits(Some(waker))) = before {
                waker.wake();
            }
        }
    }

    /// Gives back the tickets that nobody holds any more.
    pub(super) fn return_to(&self, supervisor: &mut Supervisor) {
        for ticket in self.take_returned() {
            supervisor.take_back(ticket);
        }
    }

    fn take_returned(&self) -> Vec<Ticket> {
        std::mem::take(&mut self.returned.borrow_mut())
    }
}

impl Drop for Promises {
    fn drop(&mut self) {
        for holder in self.holders.take().into_values() {
            if let Holder::Waits(Some(waker)) = holder {
                waker.wake();
            }
        }
    }
}

/// An answer that comes when its condition holds. Who drops it gives its ticket back; what was started or stopped
/// stays so (RPC-016).
#[must_use]
pub struct Promise {
    ticket: Ticket,
    promises: Weak<Promises>,
}

impl Future for Promise {
    type Output = Result<Outcome, Fault>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(promises) = self.promises.upgrade() else {
            // the supervisor has come to its end
            return Poll::Ready(Err(Fault::ShutdownState));
        };
        let mut holders = promises.holders.borrow_mut();
        match holders.remove(&self.ticket) {
            Some(Holder::Answered(result)) => Poll::Ready(result),
            Some(Holder::Waits(_)) | None => {
                let waker = context.waker().clone();
                holders.insert(self.ticket, Holder::Waits(Some(waker)));
                Poll::Pending
            }
        }
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        let Some(promises) = self.promises.upgrade() else {
            return;
        };
        let held = promises.holders.borrow_mut().remove(&self.ticket);
        if matches!(held, Some(Holder::Waits(_))) {
            promises.returned.borrow_mut().push(self.ticket);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::task::Wake;

    use super::*;

    /// Counts how often it is woken.
    #[derive(Default)]
    struct Alarms(AtomicU32);

    impl Wake for Alarms {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn done(ticket: Ticket) -> Vec<Completed> {
        let result = Ok(Outcome::Done);
        vec![Completed { ticket, result }]
    }

    #[test]
    fn an_answer_wakes_the_one_who_waits_for_it() {
        let (promises, alarms) = (Rc::new(Promises::default()), Arc::new(Alarms::default()));
        let waker = alarms.clone().into();
        let mut context = Context::from_waker(&waker);
        let mut promise = pin!(promises.hold(Ticket(1)));
        assert!(promise.as_mut().poll(&mut context).is_pending());
        promises.deliver(done(Ticket(2)));
        assert_eq!(alarms.0.load(Ordering::Relaxed), 0);
        promises.deliver(done(Ticket(1)));
        assert_eq!(alarms.0.load(Ordering::Relaxed), 1);
        assert_eq!(
            promise.as_mut().poll(&mut context),
            Poll::Ready(Ok(Outcome::Done))
        );
        // it came before anybody asked for it
        let mut early = pin!(promises.hold(Ticket(2)));
        assert!(early.as_mut().poll(&mut context).is_ready());
    }

    #[test]
    fn who_goes_away_gives_the_ticket_back_unless_the_answer_has_come() {
        let promises = Rc::new(Promises::default());
        let (leaves, gets) = (promises.hold(Ticket(1)), promises.hold(Ticket(2)));
        promises.deliver(done(Ticket(2)));
        drop((leaves, gets));
        assert_eq!(promises.take_returned(), [Ticket(1)]);
        assert!(promises.holders.borrow().is_empty());
    }

    #[test]
    fn who_waits_hears_of_the_end() {
        let (promises, alarms) = (Rc::new(Promises::default()), Arc::new(Alarms::default()));
        let waker = alarms.clone().into();
        let mut context = Context::from_waker(&waker);
        let mut promise = pin!(promises.hold(Ticket(1)));
        assert!(promise.as_mut().poll(&mut context).is_pending());
        drop(promises);
        assert_eq!(alarms.0.load(Ordering::Relaxed), 1);
        let end = promise.as_mut().poll(&mut context);
        assert_eq!(end, Poll::Ready(Err(Fault::ShutdownState)));
    }
}
