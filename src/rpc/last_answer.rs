//! The last answer of `getAllProcessInfo`, for clients that poll: whoever asks before anything in it has changed
//! gets the same bytes.

use std::cell::RefCell;
use std::time::Duration;

use crate::base::clock::{Mono, Now};
use crate::supervisor::members::Revision;

use super::wire::{EncodedValue, TooLarge, Writer};

/// An answer is kept if somebody asked so shortly before: from now and then a call nothing stays behind.
const OFTEN: Duration = Duration::from_secs(2);

/// A larger answer is not kept, in bytes.
const MOST: usize = 8 * 1024 * 1024;

/// What an answer goes by: the state of all processes, and the second.
type Key = (Revision, i64);

/// One answer at most.
struct LastAnswer {
    answer: Option<(Key, EncodedValue)>,
    /// When it was asked for last.
    asked: Option<Mono>,
}

impl LastAnswer {
    const fn new() -> Self {
        Self {
            answer: None,
            asked: None,
        }
    }

    /// The answer for that key: the one that is kept, or a new one.
    fn answer(
        &mut self,
        key: Key,
        now: Mono,
        room: usize,
        write: impl FnOnce(&mut Writer),
    ) -> Result<EncodedValue, TooLarge> {
        let often = self.is_asked_often(now);
        self.asked = Some(now);
        let old = match self.answer.take() {
            Some((kept, written)) if kept == key => {
                self.answer = Some((key, written.clone()));
                return Ok(written);
            }
            old => old,
        };
        let mut writer = match old {
            Some((_, old)) => Writer::over(old, room),
            None => Writer::with_room(room),
        };
        write(&mut writer);
        let written = writer.finish()?;
        if often && written.size() <= MOST {
            self.answer = Some((key, written.clone()));
        }
        Ok(written)
    }

    fn tidy(&mut self, now: Mono) {
        if self.answer.is_some() && !self.is_asked_often(now) {
            self.answer = None;
        }
    }

    fn is_asked_often(&self, now: Mono) -> bool {
        self.asked.is_some_and(|asked| now.since(asked) < OFTEN)
    }
}

thread_local! {
    static LAST_ANSWER: RefCell<LastAnswer> = const { RefCell::new(LastAnswer::new()) };
}

/// The answer that goes by that revision and the second of `now`. If it has to be made, `write` makes it, with
/// room for so many bytes.
pub(super) fn answer(
    revision: Revision,
    now: Now,
    room: usize,
    write: impl FnOnce(&mut Writer),
) -> Result<EncodedValue, TooLarge> {
    let key = (revision, now.wall.seconds());
    LAST_ANSWER.with_borrow_mut(|kept| kept.answer(key, now.mono, room, write))
}

/// Lets the answer go if nobody has asked for a while. For moments when the daemon is awake anyway: nothing wakes it
/// for this.
pub fn tidy(now: Now) {
    LAST_ANSWER.with_borrow_mut(|kept| kept.tidy(now.mono));
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Key, LastAnswer, MOST, Mono, OFTEN};
    use crate::rpc::reply::Reply;
    use crate::rpc::wire::encode_response;
    use crate::supervisor::members::Revision;

    const START: Mono = Mono(7);

    /// Asks; the answer, and whether it was made anew, which it then tells by `number`.
    fn ask(last: &mut LastAnswer, key: Key, now: Mono, number: i32) -> (String, bool) {
        let mut made = false;
        let written = last.answer(key, now, 10, |writer| {
            made = true;
            writer.structure(|writer| writer.int("number", number));
        });
        let written = written.expect("a small answer");
        let response = encode_response(Reply::Encoded(written));
        (String::from_utf8_lossy(&response).into_owned(), made)
    }

    #[test]
    fn an_answer_is_good_for_one_revision_and_one_second() {
        let (first, second) = (Revision::next(), Revision::next());
        let mut kept = LastAnswer::new();
        let table = [
            // the key, whether it was made anew
            ((first, 1), true),
            ((first, 1), true),
            ((first, 1), false),
            ((first, 2), true),
            ((first, 2), false),
            ((second, 2), true),
            ((second, 2), false),
            ((first, 2), true),
        ];
        let mut last = String::new();
        for (number, (key, fresh)) in (0..).zip(table) {
            let (text, made) = ask(&mut kept, key, START, number);
            assert_eq!(made, fresh, "{number}");
            assert_eq!(text != last, fresh, "{number}");
            last = text;
        }
    }

    #[test]
    fn nothing_stays_behind_of_a_call_now_and_then() {
        let key = (Revision::next(), 1);
        let mut kept = LastAnswer::new();
        let mut now = START;
        for _ in 0..3 {
            assert!(ask(&mut kept, key, now, 1).1);
            assert!(kept.answer.is_none());
            now = now + OFTEN;
        }
        now = now + Duration::from_secs(1) + OFTEN;
        ask(&mut kept, key, now, 1);
        ask(&mut kept, key, now, 1);
        assert!(kept.answer.is_some());
        kept.tidy(now);
        assert!(kept.answer.is_some());
        kept.tidy(now + OFTEN);
        assert!(kept.answer.is_none());
    }

    #[test]
    fn what_is_huge_is_not_kept() {
        let key = (Revision::next(), 1);
        let mut kept = LastAnswer::new();
        for _ in 0..3 {
            let written = kept.answer(key, START, 10, |writer| {
                writer.structure(|writer| writer.text("x", &"x".repeat(MOST)));
            });
            assert!(written.is_ok());
            assert!(kept.answer.is_none());
        }
    }
}
