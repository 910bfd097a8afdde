//! What the service manager has not been told yet, because it has not read what it was told before.
//!
//! Of states only the newest counts. That we are ready, reload or stop is said each time and in this order, and
//! nobody waits for the manager's attention.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use crate::sys::notify::Manager;

/// How soon a manager that does not read is tried again, at first and at last.
const SOON: Duration = Duration::from_millis(50);
const LATE: Duration = Duration::from_secs(1);

/// How many turns of our life are kept. Of more, the oldest are over.
const TURNS: usize = 8;

/// News for the manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct News {
    /// That we are ready, reload or stop, if that is new.
    pub(super) turn: Option<String>,
    /// How things are.
    pub(super) state: String,
}

/// The way to the manager.
pub(super) struct Outbox {
    manager: Manager,
    unsent: RefCell<Unsent>,
    /// A task tries again.
    trying: Cell<bool>,
}

/// What is to be sent.
#[derive(Debug, Default)]
struct Unsent {
    turns: VecDeque<String>,
    state: Option<String>,
    /// A sign of life.
    alive: bool,
}

impl Outbox {
    pub(super) fn new(manager: Manager) -> Rc<Self> {
        Rc::new(Self {
            manager,
            unsent: RefCell::default(),
            trying: Cell::new(false),
        })
    }

    /// Tells the manager now, or as soon as it reads.
    pub(super) fn post(self: &Rc<Self>, news: News) {
        self.unsent.borrow_mut().add(news);
        self.send();
    }

    /// Tells it that we live.
    pub(super) fn post_life(self: &Rc<Self>) {
        self.unsent.borrow_mut().alive = true;
        self.send();
    }

    fn send(self: &Rc<Self>) {
        if !self.send_now() && !self.trying.replace(true) {
            tokio::task::spawn_local(Rc::clone(self).try_again());
        }
    }

    /// Says whether all is sent.
    fn send_now(&self) -> bool {
        let mut unsent = self.unsent.borrow_mut();
        unsent.send(|lines| self.manager.tell(lines))
    }

    async fn try_again(self: Rc<Self>) {
        let mut pause = SOON;
        while !self.send_now() {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LATE);
        }
        self.trying.set(false);
    }
}

impl Unsent {
    fn add(&mut self, News { turn, state }: News) {
        self.turns.extend(turn);
        if self.turns.len() > TURNS {
            self.turns.pop_front();
        }
        self.state = Some(state);
    }

    /// Sends what there is, each turn in a message of its own and the state with the last, until `tell` says that
    /// there is no room. Says whether all is sent.
    fn send(&mut self, tell: impl Fn(&str) -> bool) -> bool {
        while let Some(turn) = self.turns.front() {
            let last = self.turns.len() == 1;
            let sent = match self.state.as_ref().filter(|_| last) {
                Some(state) => tell(&format!("{turn}\n{state}")),
                None => tell(turn),
            };
            if !sent {
                return false;
            }
            self.turns.pop_front();
            if last {
                self.state = None;
            }
        }
        if let Some(state) = &self.state {
            if !tell(state) {
                return false;
            }
            self.state = None;
        }
        self.alive = self.alive && !tell("WATCHDOG=1");
        !self.alive
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::{News, TURNS, Unsent};

    fn news(turn: Option<&str>, state: &str) -> News {
        News {
            turn: turn.map(str::to_owned),
            state: state.to_owned(),
        }
    }

    /// What a manager with room for so many messages gets.
    fn read(unsent: &mut Unsent, room: usize) -> (bool, Vec<String>) {
        let got = RefCell::new(Vec::new());
        let all = unsent.send(|lines| {
            let mut got = got.borrow_mut();
            let taken = got.len() < room;
            if taken {
                got.push(lines.to_owned());
            }
            taken
        });
        (all, got.into_inner())
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn a_manager_that_reads_gets_everything_at_once() {
        let mut unsent = Unsent::default();
        unsent.add(news(Some("READY"), "one"));
        assert_eq!(read(&mut unsent, 9), (true, texts(&["READY\none"])));
        unsent.add(news(None, "two"));
        unsent.alive = true;
        assert_eq!(read(&mut unsent, 9), (true, texts(&["two", "WATCHDOG=1"])));
        assert_eq!(read(&mut unsent, 9), (true, texts(&[])));
    }

    #[test]
    fn a_manager_that_comes_back_gets_every_turn_and_the_newest_state() {
        let mut unsent = Unsent::default();
        for news in [
            news(Some("READY"), "one"),
            news(None, "two"),
            news(Some("RELOADING"), "three"),
            news(Some("STOPPING"), "four"),
            news(None, "five"),
        ] {
            unsent.add(news);
            assert_eq!(read(&mut unsent, 0), (false, texts(&[])));
        }
        unsent.alive = true;
        assert_eq!(read(&mut unsent, 1), (false, texts(&["READY"])));
        let rest = ["RELOADING", "STOPPING\nfive", "WATCHDOG=1"];
        assert_eq!(read(&mut unsent, 9), (true, texts(&rest)));
    }

    #[test]
    fn there_is_a_bound() {
        let mut unsent = Unsent::default();
        for number in 0..100 {
            unsent.add(news(Some("READY"), &number.to_string()));
        }
        unsent.add(news(Some("STOPPING"), "last"));
        let (all, got) = read(&mut unsent, 1000);
        assert!(all && got.len() == TURNS, "{got:?}");
        assert_eq!(got.last().unwrap(), "STOPPING\nlast");
    }
}
