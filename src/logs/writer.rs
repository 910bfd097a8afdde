//! The one writer of an open file, whatever number of channels write to it (DEC-037).
//!
//! One channel alone has its bytes written as they come. Of several only whole lines are written (LGX-051): each
//! keeps the line that it has not finished, and a line that is too long to be kept has the file for itself until it
//! ends, or until its channel has been silent for a while (LGX-052).

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use super::file::{LogFile, Rotation};
use super::handle::{Handle, Key};
use super::place::LogPath;
use super::retry::{HELD_MAX, Retry};
use super::sink::{LINE_PAUSE, Outcome, Sink as _};

/// How much of a line waits for its end (LGX-052).
const LINE_MAX: usize = 64 * 1024;

/// How much of a line goes out before others get their turn in the middle of it.
const LONGEST_LINE: usize = 1024 * 1024;

/// How long others wait for the end of a line that goes on and on.
const PATIENCE: Duration = Duration::from_secs(2);

/// Names one channel at its writer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct User(u64);

/// A line whose beginning is written.
#[derive(Debug, Clone, Copy)]
struct Begun {
    /// By whom.
    user: User,
    /// How much of it, beside what went before others came.
    bytes: usize,
    /// Nobody else was there yet, so nobody watches whether it goes on.
    alone: bool,
}

/// A writer that its channels share.
#[derive(Debug, Clone)]
pub(super) struct Shared(Arc<Mutex<Writer>>);

/// The writer.
#[derive(Debug)]
pub(super) struct Writer {
    file: Retry<LogFile>,
    /// By which it can be found.
    pub(super) key: Option<Key>,
    users: Vec<(User, Rotation)>,
    next: u64,
    /// There has been more than one user: only whole lines are written. It stays so to the end, because whoever
    /// shared it once may come again in the middle of a line.
    lined: bool,
    /// The line that is being written.
    begun: Option<Begun>,
    /// The last attempt found that the file's reader does not keep up.
    blocked: bool,
    /// Whole lines of others, which wait for that end.
    waiting: Vec<u8>,
    /// The file turned out to be another writer's, too: everybody shall go there.
    pub(super) moved: Option<Shared>,
}

impl Shared {
    pub(super) fn new(handle: Handle, place: Option<LogPath>, rotation: Rotation) -> Self {
        let key = handle.key();
        let file = Retry::new(LogFile::new(handle, place, rotation));
        Self(Arc::new(Mutex::new(Writer {
            file,
            key,
            users: Vec::with_capacity(1),
            next: 0,
            lined: false,
            begun: None,
            blocked: false,
            waiting: Vec::new(),
            moved: None,
        })))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Writer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(super) fn downgrade(&self) -> Weak<Mutex<Writer>> {
        Arc::downgrade(&self.0)
    }

    pub(super) fn upgrade(weak: &Weak<Mutex<Writer>>) -> Option<Self> {
        weak.upgrade().map(Self)
    }
}

impl Writer {
    /// A further channel. `held` are bytes that it brings along.
    pub(super) fn join(
        &mut self,
        place: Option<&LogPath>,
        rotation: Rotation,
        held: &[u8],
    ) -> User {
        let user = User(self.next);
        self.next += 1;
        self.users.push((user, rotation));
        if let Some(place) = place {
            self.file.target_mut().also_named(place);
        }
        if self.users.len() > 1 {
            self.lined = true;
            self.file.keep_lines_whole();
            self.file().keep_lines_whole();
        }
        self.limit();
        if !held.is_empty() {
            // what comes of it, the next attempt tells
            let _ = self.file.write(held);
        }
        user
    }

    /// A channel goes. If it was the last one, what is still held goes with it.
    pub(super) fn leave(&mut self, user: User) -> Vec<u8> {
        self.users.retain(|(other, _)| *other != user);
        self.limit();
        if self.is_begun_by(user) {
            // what goes wrong, the next attempt tells
            let _ = self.end_line();
        }
        if self.users.is_empty() {
            self.file.take_held()
        } else {
            Vec::new()
        }
    }

    pub(super) fn has_users(&self) -> bool {
        !self.users.is_empty()
    }

    pub(super) fn has_one_user(&self) -> bool {
        self.users.len() == 1
    }

    pub(super) fn file(&mut self) -> &mut LogFile {
        self.file.target_mut()
    }

    fn limit(&mut self) {
        let rotations = self.users.iter().map(|(_, rotation)| *rotation);
        if let Some(rotation) = rotations.reduce(Rotation::with) {
            self.file.target_mut().limit(rotation);
        }
    }

    /// Goes on in another file, found by that name.
    pub(super) fn change_file(&mut self, handle: Handle, place: &LogPath) {
        // held bytes belong to the old file if it takes them now, else to the new one
        self.file.offer_held();
        self.file().adopt_at(handle, place);
    }

    /// Starts the file anew.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        self.begun = None;
        self.waiting = Vec::new();
        self.file.clear()
    }

    /// Writes a channel's next bytes. `rest` is what the channel keeps.
    pub(super) fn write(&mut self, user: User, rest: &mut Vec<u8>, chunk: &[u8]) -> Outcome {
        if !self.lined {
            // who is alone hears of it at once
            let ends = chunk.last().is_none_or(|last| *last == b'\n');
            self.begun = (!ends).then_some(Begun {
                user,
                bytes: 0,
                alone: true,
            });
            return self.file.write(chunk);
        }
        let mut outcome = Outcome::default();
        let mut chunk = chunk;
        if self.is_begun_by(user) {
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let (line, others) = chunk.split_at(end.map_or(chunk.len(), |end| end + 1));
            outcome = self.go_on(line);
            if end.is_some() {
                outcome.merge(self.end_line());
            }
            chunk = others;
        }
        let whole = chunk.iter().rposition(|byte| *byte == b'\n');
        let (lines, begin) = chunk.split_at(whole.map_or(0, |last| last + 1));
        if !lines.is_empty() {
            outcome.merge(if rest.is_empty() {
                self.put_lines(lines)
            } else {
                rest.extend_from_slice(lines);
                self.put_lines(&std::mem::take(rest))
            });
        }
        rest.extend_from_slice(begin);
        outcome.merge(self.begin_line(user, rest));
        self.complete(user, rest, outcome)
    }

    /// Tries again to write what is held.
    pub(super) fn flush(&mut self, user: User, rest: &mut Vec<u8>) -> Outcome {
        let mut outcome = self.file.flush();
        outcome.merge(self.begin_line(user, rest));
        self.complete(user, rest, outcome)
    }

    /// The channel has waited: for the end of its own line, while nothing came, or for that of another's. As long
    /// as the reader of the file does not keep up, nobody has had a chance to go on with a line.
    pub(super) fn pass(&mut self, user: User, rest: &mut Vec<u8>, waited: Duration) -> Outcome {
        let mut outcome = self.file.flush();
        match self.begun {
            _ if outcome.congested || waited < LINE_PAUSE => {}
            Some(begun) if begun.user != user => {
                if begun.alone || waited >= PATIENCE {
                    outcome.merge(self.end_line());
                }
            }
            _ => {
                outcome.merge(self.end_line());
                if !rest.is_empty() {
                    outcome.merge(self.file.write(&std::mem::take(rest)));
                }
            }
        }
        self.complete(user, rest, outcome)
    }

    /// The channel comes to its end, and so does its last line.
    pub(super) fn finish(&mut self, user: User, rest: &mut Vec<u8>) -> Outcome {
        let begun = self.is_begun_by(user);
        let mut outcome = Outcome::default();
        if self.lined && (begun || !rest.is_empty()) {
            let mut line = std::mem::take(rest);
            line.push(b'\n');
            if begun {
                outcome = self.file.write(&line);
                outcome.merge(self.end_line());
            } else {
                outcome = self.put_lines(&line);
            }
        }
        self.complete(user, rest, outcome)
    }

    /// Whether others wait for the file's reader, or for the end of somebody's line. Else each of many channels
    /// would read as much as one may hold.
    pub(super) fn is_congested(&self, user: User) -> bool {
        self.blocked || (!self.waiting.is_empty() && !self.is_begun_by(user))
    }

    fn is_begun_by(&self, user: User) -> bool {
        self.begun.is_some_and(|begun| begun.user == user)
    }

    /// Writes whole lines, or has them wait for the end of another's line.
    fn put_lines(&mut self, lines: &[u8]) -> Outcome {
        if self.begun.is_none() {
            return self.file.write(lines);
        }
        self.waiting.extend_from_slice(lines);
        if self.waiting.len() > HELD_MAX {
            return self.end_line();
        }
        Outcome::default()
    }

    /// Writes the beginning of a line that is too long to be kept, if nobody else is at one.
    fn begin_line(&mut self, user: User, rest: &mut Vec<u8>) -> Outcome {
        if rest.len() < LINE_MAX || self.begun.is_some() {
            return Outcome::default();
        }
        self.begun = Some(Begun {
            user,
            bytes: 0,
            alone: false,
        });
        self.go_on(&std::mem::take(rest))
    }

    /// Writes more of the line that was begun. One without an end lets the others have their turn at times.
    fn go_on(&mut self, part: &[u8]) -> Outcome {
        let mut outcome = self.file.write(part);
        if let Some(begun) = &mut self.begun {
            begun.bytes += part.len();
            if begun.bytes >= LONGEST_LINE {
                outcome.merge(self.end_line());
            }
        }
        outcome
    }

    /// The line that was begun is at its end, or counts as being there.
    fn end_line(&mut self) -> Outcome {
        self.begun = None;
        if self.waiting.is_empty() {
            return Outcome::default();
        }
        self.file.write(&std::mem::take(&mut self.waiting))
    }

    /// Adds what concerns lines to an outcome.
    fn complete(&mut self, user: User, rest: &[u8], mut outcome: Outcome) -> Outcome {
        self.blocked = outcome.congested;
        let others = self.begun.is_some() && !self.is_begun_by(user);
        outcome.held = self.file.held().len() + self.waiting.len();
        outcome.congested |= others && (!self.waiting.is_empty() || rest.len() >= LINE_MAX);
        outcome.unfinished = self.lined && (!rest.is_empty() || self.is_begun_by(user));
        outcome
    }
}
