//! Questions whose answers may take for ever: what is at a path whose file server is gone, who a user is when the
//! directory service is slow. A helper thread asks, and we wait for a moment only.
//!
//! The rules for helpers: they hold no state of ours, start no child, and nothing waits for their end. There is none
//! while nothing is asked.

use std::cell::{Cell, RefCell};
use std::io;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use super::spawn::Blocked;

/// How long an answer is waited for. Whoever answers at all does so within a fraction of it.
const PATIENCE: Duration = Duration::from_millis(100);

/// The same while answers to other questions are still due.
const LESS_PATIENCE: Duration = Duration::from_millis(20);

/// How many questions may wait for their answers.
const WAITING: usize = 8;

/// How long a helper waits for another question.
const REST: Duration = Duration::from_millis(500);

/// A helper's stack; what looks users up can be code of any kind.
const STACK: usize = 512 * 1024;

type Question = Box<dyn FnOnce() + Send>;

/// Asks questions on the side.
#[derive(Debug, Default)]
pub struct Aside {
    begun: Cell<bool>,
    helper: RefCell<Option<Sender<Question>>>,
    /// What is still waited for: the topic, and whether the question is still there.
    waiting: RefCell<Vec<(Vec<u8>, Weak<()>)>>,
}

impl Aside {
    /// From now on we have no time. Until then, while nobody waits for us and we may fork, questions are asked as
    /// usual.
    pub fn begin(&self) {
        self.begun.set(true);
    }

    /// The answer, if it comes soon. There is none while an earlier question about the same `topic` waits for its
    /// answer, or too many others do.
    pub fn ask<T: Send + 'static>(
        &self,
        topic: &[u8],
        question: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        if !self.begun.get() {
            return Some(question());
        }
        let mut waiting = self.waiting.borrow_mut();
        waiting.retain(|(_, asked)| asked.strong_count() > 0);
        if waiting.len() >= WAITING || waiting.iter().any(|(other, _)| other == topic) {
            return None;
        }
        let patience = if waiting.is_empty() {
            PATIENCE
        } else {
            LESS_PATIENCE
        };
        let asked = Arc::new(());
        let remains = Arc::downgrade(&asked);
        let (answer, answered) = mpsc::channel();
        self.hand_over(Box::new(move || {
            // whoever asked may have lost patience
            let _ = answer.send(question());
            drop(asked);
        }));
        match answered.recv_timeout(patience) {
            Ok(answer) => Some(answer),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => {
                // the helper ends when it has the answer; the next question goes to another one
                self.helper.borrow_mut().take();
                waiting.push((topic.to_vec(), remains));
                None
            }
        }
    }

    /// Gives the question to a helper; where none can be had it is not asked.
    fn hand_over(&self, question: Question) {
        let mut helper = self.helper.borrow_mut();
        let question = match helper.take() {
            None => question,
            Some(sender) => match sender.send(question) {
                Ok(()) => {
                    *helper = Some(sender);
                    return;
                }
                // it went to rest meanwhile
                Err(mpsc::SendError(question)) => question,
            },
        };
        if let Ok(sender) = new_helper()
            && sender.send(question).is_ok()
        {
            *helper = Some(sender);
        }
    }
}

fn new_helper() -> io::Result<Sender<Question>> {
    let (sender, questions) = mpsc::channel::<Question>();
    let work = move || {
        while let Ok(question) = questions.recv_timeout(REST) {
            question();
        }
    };
    // signals are for the thread that owns everything
    let _blocked = Blocked::everything();
    thread::Builder::new()
        .name("lookup".to_owned())
        .stack_size(STACK)
        .spawn(work)?;
    Ok(sender)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::{Aside, WAITING};

    #[test]
    fn answers_come() {
        let aside = Aside::default();
        aside.begin();
        for number in 0..10 {
            assert_eq!(aside.ask(b"sums", move || number + 1), Some(number + 1));
        }
    }

    #[test]
    fn what_takes_too_long_is_left_alone_and_holds_nobody_else() {
        let aside = Aside::default();
        aside.begin();
        let (go_on, waits) = mpsc::channel::<()>();
        let (done, told) = mpsc::channel();
        let slow = aside.ask(b"slow", move || {
            let _ = waits.recv();
            let _ = done.send(());
        });
        assert_eq!(slow, None);
        // a second question would wait as long
        assert_eq!(aside.ask(b"slow", || 1), None);
        assert_eq!(aside.ask(b"quick", || 2), Some(2));
        drop(go_on);
        told.recv().expect("the helper lives");
        while aside.ask(b"slow", || 3).is_none() {}
    }

    #[test]
    fn there_is_a_bound() {
        let aside = Aside::default();
        aside.begin();
        let mut holders = Vec::new();
        for number in 0..WAITING {
            let (go_on, waits) = mpsc::channel::<()>();
            holders.push(go_on);
            let topic = number.to_string();
            let answer = aside.ask(topic.as_bytes(), move || waits.recv().is_ok());
            assert_eq!(answer, None);
        }
        assert_eq!(aside.ask(b"another", || ()), None);
        drop(holders);
        while aside.ask(b"another", || ()).is_none() {}
    }
}
