//! Who writes which file: channels of one file, by whatever names, find the same writer (DEC-037).

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use super::auto;
use super::file::Rotation;
use super::follow::Followers;
use super::handle::{self, Handle, Key};
use super::place::LogPath;
use super::sink::{Outcome, Sink};
use super::writer::{Shared, User, Writer};

/// All open logs of the daemon. Clones are handles to the same.
#[derive(Debug, Clone, Default)]
pub struct Writers(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    open: Mutex<HashMap<Key, Weak<Mutex<Writer>>>>,
    idle: Mutex<Idle>,
    followers: Followers,
}

/// Automatic logs that nobody writes at present. They are kept open, which shows other daemons that they are not left
/// over from a dead one.
#[derive(Debug, Default)]
struct Idle {
    files: HashMap<PathBuf, File>,
    /// How many may be.
    most: usize,
}

/// What one channel has of a log.
#[derive(Debug)]
pub struct Branch {
    writers: Writers,
    writer: Shared,
    user: User,
    /// By which name the channel opened it; none for a descriptor that was inherited.
    place: Option<LogPath>,
    rotation: Rotation,
    /// The line that has no end yet.
    rest: Vec<u8>,
}

impl Writers {
    /// Opens a log for one channel (LOG-087).
    pub fn open(&self, place: LogPath, rotation: Rotation) -> io::Result<Branch> {
        let handle = Handle::open(&place)?;
        if place.is_automatic() {
            self.idle().files.remove(place.path());
        }
        Ok(self.attach(handle, Some(place), rotation))
    }

    /// Who waits for these logs to get something.
    pub fn followers(&self) -> &Followers {
        &self.0.followers
    }

    /// Makes an automatic log (LOG-133).
    pub fn create_automatic(
        &self,
        dir: &Path,
        process: &str,
        channel: &str,
        identifier: &str,
    ) -> io::Result<PathBuf> {
        let (path, file) = auto::create(dir, process, channel, identifier)?;
        handle::mark_used(&file);
        self.keep_idle(&path, file);
        Ok(path)
    }

    /// Bounds how many automatic logs are kept open that nobody writes.
    pub fn keep_idle_at_most(&self, most: usize) {
        self.idle().most = most;
    }

    /// That automatic log will not be written any more.
    pub fn give_up(&self, place: &LogPath) {
        self.idle().files.remove(place.path());
    }

    /// Nor will any other.
    pub(super) fn give_up_all(&self) {
        self.idle().files.clear();
    }

    fn keep_idle(&self, path: &Path, file: File) {
        let mut idle = self.idle();
        if idle.files.len() < idle.most {
            idle.files.insert(path.to_owned(), file);
        }
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The daemon's standard output, which is neither reopened nor cleared (LOG-102).
    pub fn stdout(&self) -> io::Result<Branch> {
        let handle = Handle::inherited(io::stdout())?;
        Ok(self.attach(handle, None, Rotation::default()))
    }

    /// Gives a channel its part of what is open.
    pub(super) fn attach(
        &self,
        handle: Handle,
        place: Option<LogPath>,
        rotation: Rotation,
    ) -> Branch {
        let writer = self.writer_of(handle, place.as_ref(), rotation);
        let user = writer.lock().join(place.as_ref(), rotation, &[]);
        Branch {
            writers: self.clone(),
            writer,
            user,
            place,
            rotation,
            rest: Vec::new(),
        }
    }

    /// The writer of what is open there, a new one if it has none.
    fn writer_of(&self, handle: Handle, place: Option<&LogPath>, rotation: Rotation) -> Shared {
        if let Some(writer) = handle.key().and_then(|key| self.find(key)) {
            writer.lock().file().offer(handle);
            return writer;
        }
        let key = handle.key();
        let writer = Shared::new(handle, place.cloned(), rotation);
        if let Some(key) = key {
            self.map().insert(key, writer.downgrade());
        }
        writer
    }

    fn find(&self, key: Key) -> Option<Shared> {
        self.map().get(&key).and_then(Shared::upgrade)
    }

    /// Notes that a writer may have another file by now. If that has a writer already, this one is to be left.
    fn note_file(&self, shared: &Shared, writer: &mut Writer) {
        let key = writer.file().key();
        if key == writer.key {
            return;
        }
        self.forget(shared, writer);
        writer.key = key;
        if let Some(key) = key {
            match self.find(key) {
                Some(other) => writer.moved = Some(other),
                None => drop(self.map().insert(key, shared.downgrade())),
            }
        }
    }

    /// Nobody shall find that writer any more.
    fn forget(&self, shared: &Shared, writer: &Writer) {
        if let Some(key) = writer.key {
            let mut map = self.map();
            let listed = map.get(&key).and_then(Shared::upgrade);
            if listed.is_none_or(|listed| listed.is(shared)) {
                map.remove(&key);
            }
        }
    }

    fn map(&self) -> MutexGuard<'_, HashMap<Key, Weak<Mutex<Writer>>>> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Branch {
    /// Lets the writer do something for this channel.
    fn at_writer<R>(&mut self, act: impl FnOnce(&mut Writer, User, &mut Vec<u8>) -> R) -> R {
        let mut writer = self.writer.lock();
        while let Some(next) = writer.moved.clone() {
            drop(writer);
            self.go_to(next);
            writer = self.writer.lock();
        }
        let result = act(&mut writer, self.user, &mut self.rest);
        self.writers.followers().changed(writer.key);
        self.writers.note_file(&self.writer, &mut writer);
        result
    }

    /// Changes to another writer, with what is held if nobody else is left to write it.
    fn go_to(&mut self, next: Shared) {
        let held = self.leave();
        self.user = next.lock().join(self.place.as_ref(), self.rotation, &held);
        self.writer = next;
    }

    fn leave(&self) -> Vec<u8> {
        let mut writer = self.writer.lock();
        let held = writer.leave(self.user);
        if !writer.has_users() {
            self.writers.forget(&self.writer, &writer);
            if let Some(place) = self.place.as_ref().filter(|place| place.is_automatic())
                && let Ok(file) = writer.file().duplicate()
            {
                self.writers.keep_idle(place.path(), file);
            }
        }
        held
    }
}

impl Drop for Branch {
    fn drop(&mut self) {
        // whoever lets go of the last channel while bytes are held has given up on them
        drop(self.leave());
    }
}

impl Sink for Branch {
    fn write(&mut self, chunk: &[u8]) -> Outcome {
        self.at_writer(|writer, user, rest| writer.write(user, rest, chunk))
    }

    fn is_congested(&self) -> bool {
        self.writer.lock().is_congested(self.user)
    }

    fn flush(&mut self) -> Outcome {
        self.at_writer(Writer::flush)
    }

    fn pass(&mut self, waited: Duration) -> Outcome {
        self.at_writer(|writer, user, rest| writer.pass(user, rest, waited))
    }

    fn finish(&mut self) -> Outcome {
        self.at_writer(Writer::finish)
    }

    fn reopen(&mut self) -> io::Result<()> {
        let Some(place) = &self.place else {
            return Ok(());
        };
        let fresh = Handle::open(place)?;
        let other = fresh.key().and_then(|key| self.writers.find(key));
        let mut writer = self.writer.lock();
        // it may not be the one of that name any more
        self.writers.followers().changed(writer.key);
        match other {
            Some(other) if other.is(&self.writer) => writer.file().adopt(fresh),
            None if writer.has_one_user() => {
                writer.change_file(fresh, place);
                self.writers.note_file(&self.writer, &mut writer);
            }
            // the others stay where their names lead, until they look for themselves
            _ => {
                drop(writer);
                let next = self.writers.writer_of(fresh, Some(place), self.rotation);
                self.go_to(next);
            }
        }
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        if self.place.is_none() {
            return Ok(());
        }
        self.rest = Vec::new();
        self.at_writer(|writer, _, _| writer.clear())
    }
}

#[cfg(test)]
mod tests;
