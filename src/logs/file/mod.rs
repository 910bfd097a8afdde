//! A log file: append, rotate by size, reopen, clear.

mod rotation;

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;

use super::handle::{Handle, Key, Put};
use super::place::LogPath;
use super::retry::Target;
pub use rotation::Rotation;
use rotation::{ignore_missing, shift};

/// Makes the log file of a program that is not running empty (DEC-035). One that is missing, or is no
/// regular file, is left as it is.
pub fn empty(place: &LogPath) -> io::Result<()> {
    let file = match place.open(OFlag::O_WRONLY) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    if file.metadata()?.is_file() {
        file.set_len(0)
    } else {
        Ok(())
    }
}

/// An open log file. Its size is counted, not asked for at every write.
#[derive(Debug)]
pub struct LogFile {
    /// The name under which it is rotated; none for a descriptor that we inherited.
    place: Option<LogPath>,
    /// Further names of the same file, by hard links.
    twins: Vec<PathBuf>,
    rotation: Rotation,
    handle: Handle,
    size: u64,
    /// The size at which to rotate next: `maxbytes`, or more after a rotation that failed.
    rotate_at: u64,
    /// The failure of rotations has been reported.
    complained: bool,
    /// It is rotated between lines only (LGX-053).
    lines: bool,
}

/// How far a line without an end can put a rotation off, in bytes.
const LONGEST_LINE: u64 = 1024 * 1024;

impl LogFile {
    /// Opens for append, creating the file with default permissions (LOG-100). Pipes, terminals, sockets and
    /// devices are written to as they are and never rotated (DEC-033).
    pub fn open(place: LogPath, rotation: Rotation) -> io::Result<Self> {
        let handle = Handle::open(&place)?;
        Ok(Self::new(handle, Some(place), rotation))
    }

    pub(super) fn new(handle: Handle, place: Option<LogPath>, rotation: Rotation) -> Self {
        Self {
            place,
            twins: Vec::new(),
            rotation,
            size: handle.size_at_open(),
            handle,
            rotate_at: rotation.maxbytes,
            complained: false,
            lines: false,
        }
    }

    /// A further descriptor of it.
    pub(super) fn duplicate(&self) -> io::Result<File> {
        self.handle.duplicate()
    }

    /// From now on it is rotated between lines only.
    pub(super) const fn keep_lines_whole(&mut self) {
        self.lines = true;
    }

    /// What it is.
    pub(super) const fn key(&self) -> Option<Key> {
        self.handle.key()
    }

    /// Goes on with another opening of its file, or with another file.
    pub(super) fn adopt(&mut self, handle: Handle) {
        self.size = handle.size_at_open();
        self.rotate_at = self.rotation.maxbytes;
        self.handle = handle;
    }

    /// The same, which has been found by that name.
    pub(super) fn adopt_at(&mut self, handle: Handle, place: &LogPath) {
        self.place = Some(place.clone());
        self.twins = Vec::new();
        self.adopt(handle);
    }

    /// Takes `handle`, which is open on the same file, if it serves better.
    pub(super) fn offer(&mut self, handle: Handle) {
        if handle.is_better_than(&self.handle) {
            self.adopt(handle);
        }
    }

    /// Changes when it is rotated.
    pub(super) fn limit(&mut self, rotation: Rotation) {
        if self.rotation != rotation {
            self.rotation = rotation;
            self.rotate_at = rotation.maxbytes;
        }
    }

    /// Somebody writes it by another name. From then on it is the file itself that is rotated, not a link to it,
    /// or the names would lead to different files afterwards.
    pub(super) fn also_named(&mut self, place: &LogPath) {
        let Some(own) = &mut self.place else {
            self.place = Some(place.clone());
            return;
        };
        if own.path() == place.path() {
            return;
        }
        if let (Ok(real), Ok(other)) = (own.path().canonicalize(), place.path().canonicalize()) {
            if other != real && !self.twins.contains(&other) {
                self.twins.push(other);
            }
            if own.path() != real {
                *own = own.renamed(real);
            }
        }
    }

    /// Whether to rotate after that byte was written.
    fn is_due(&self, last: u8) -> bool {
        let put_off = if self.lines && last != b'\n' {
            LONGEST_LINE
        } else {
            0
        };
        self.rotation.maxbytes > 0
            && self.size >= self.rotate_at.saturating_add(put_off)
            && self.handle.is_rotatable()
    }

    /// Rotates, unless the file is not what we think it is: one that somebody has truncated is not full, and
    /// one that no longer has our name has been rotated by somebody else (DEC-030).
    fn rotate(&mut self) -> io::Result<()> {
        let ours = self.handle.metadata()?;
        if ours.len() < self.rotation.maxbytes {
            self.size = ours.len();
            self.rotate_at = self.rotation.maxbytes;
            return Ok(());
        }
        let Some(place) = &self.place else {
            return Ok(());
        };
        let is_ours = |path: &Path| {
            let named = fs::metadata(path);
            named.is_ok_and(|named| (named.dev(), named.ino()) == (ours.dev(), ours.ino()))
        };
        let same = is_ours(place.path());
        if same && self.rotation.backups == 0 {
            self.handle.truncate()?;
            self.size = 0;
            return Ok(());
        }
        if same {
            shift(place.path(), self.rotation.backups)?;
        }
        let mut twins = self.twins.clone();
        twins.retain(|twin| same && is_ours(twin));
        for twin in &twins {
            shift(twin, self.rotation.backups)?;
        }
        self.reopen()?;
        self.give_names(&twins);
        Ok(())
    }

    /// Makes hard links again that a rotation took away.
    fn give_names(&self, twins: &[PathBuf]) {
        if let Some(place) = &self.place {
            for twin in twins {
                // where it cannot be, that name has no log until its channel opens it again
                let _ = fs::hard_link(place.path(), twin);
            }
        }
    }
}

impl Target for LogFile {
    fn name(&self) -> String {
        match &self.place {
            Some(place) => place.path().display().to_string(),
            None => "standard output".to_owned(),
        }
    }

    fn put(&mut self, bytes: &[u8]) -> Put {
        let mut put = self.handle.put(bytes);
        self.size = self.size.saturating_add(put.written as u64);
        let last = put.written.checked_sub(1).and_then(|last| bytes.get(last));
        if last.is_some_and(|last| self.is_due(*last)) {
            let result = self.rotate();
            if result.is_err() {
                self.rotate_at = self.size.saturating_add(self.rotation.maxbytes);
            }
            let complained = std::mem::replace(&mut self.complained, result.is_err());
            put.rotation = result.err().filter(|_| !complained);
        }
        put
    }

    fn reopen(&mut self) -> io::Result<()> {
        if let Some(place) = &self.place {
            let fresh = Handle::open(place)?;
            self.adopt(fresh);
        }
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        let Some(place) = self.place.as_ref().filter(|_| self.handle.is_rotatable()) else {
            return Ok(());
        };
        ignore_missing(fs::remove_file(place.path()))?;
        let twins = self.twins.clone();
        for twin in &twins {
            ignore_missing(fs::remove_file(twin))?;
        }
        self.reopen()?;
        self.give_names(&twins);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
