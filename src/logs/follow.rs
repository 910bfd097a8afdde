//! Following a log file: what it has at its end, then all that it gets, through rotation and truncation. Who follows
//! one that we write is told when it got something.

use std::collections::HashMap;
use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::SystemTime;

use bytes::Bytes;

use super::handle::Key;
use super::place::{self, LogPath};

/// How much of an existing log comes first, in bytes (HTTP-093).
const BEGINNING: u64 = 1024;

/// Bytes of one piece at most; nothing is read before the last piece went out, so a client that does not
/// read costs no more than this (DEC-064).
const PIECE: usize = 32 * 1024;

/// What stands where a log was truncated (HTTP-096).
const TRUNCATED: &[u8] = b"==> File truncated <==\n";

/// Who waits for logs to get something. Clones are handles to the same.
#[derive(Debug, Clone, Default)]
pub struct Followers(Arc<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    /// How many wait, so that a writer need not look while nobody does.
    count: AtomicUsize,
    next: AtomicU64,
    files: Mutex<HashMap<Key, Vec<(u64, Waker)>>>,
}

impl Followers {
    /// One of our writers has changed that file.
    pub(super) fn changed(&self, file: Option<Key>) {
        if self.0.count.load(Ordering::Relaxed) == 0 {
            return;
        }
        let waiting = file.and_then(|file| self.files().remove(&file));
        for (_, waker) in waiting.into_iter().flatten() {
            self.0.count.fetch_sub(1, Ordering::Relaxed);
            waker.wake();
        }
    }

    fn wait(&self, file: Key, number: u64, waker: &Waker) {
        let mut files = self.files();
        let waiting = files.entry(file).or_default();
        if let Some((_, known)) = waiting.iter_mut().find(|(other, _)| *other == number) {
            known.clone_from(waker);
        } else {
            waiting.push((number, waker.clone()));
            self.0.count.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn leave(&self, file: Key, number: u64) {
        let mut files = self.files();
        if let Some(waiting) = files.get_mut(&file) {
            let before = waiting.len();
            waiting.retain(|(other, _)| *other != number);
            let gone = before - waiting.len();
            self.0.count.fetch_sub(gone, Ordering::Relaxed);
            if waiting.is_empty() {
                files.remove(&file);
            }
        }
    }

    fn files(&self) -> MutexGuard<'_, HashMap<Key, Vec<(u64, Waker)>>> {
        self.0.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in a log file that moves on as the file grows.
pub struct FollowedLog {
    place: LogPath,
    file: File,
    key: Key,
    position: u64,
    followers: Followers,
    number: u64,
}

impl FollowedLog {
    /// Opens the log near its end; gives also the time of its last change. What is no regular file cannot
    /// be followed.
    pub fn open(place: &LogPath, followers: &Followers) -> io::Result<(Self, SystemTime)> {
        let (file, metadata) = open_regular(place)?;
        let log = Self {
            place: place.clone(),
            file,
            key: Key::of_regular(&metadata),
            position: metadata.len().saturating_sub(BEGINNING),
            followers: followers.clone(),
            number: followers.0.next.fetch_add(1, Ordering::Relaxed),
        };
        Ok((log, metadata.modified()?))
    }

    /// The next piece, if there is one by now (HTTP-093 to HTTP-096).
    pub fn read(&mut self) -> io::Result<Option<Bytes>> {
        let size = self.file.metadata()?.len();
        if size < self.position {
            self.position = 0;
            return Ok(Some(Bytes::from_static(TRUNCATED)));
        }
        if let Some(piece) = self.piece(size)? {
            return Ok(Some(piece));
        }
        // another file under this name? An unlinked one is followed until there is (HTTP-094)
        let Ok(metadata) = fs::metadata(self.place.path()) else {
            return Ok(None);
        };
        if Key::of_regular(&metadata) == self.key {
            return Ok(None);
        }
        // the last words of the old file, written before it was put away (DEC-064)
        if let Some(piece) = self.piece(self.file.metadata()?.len())? {
            return Ok(Some(piece));
        }
        let Ok((file, metadata)) = open_regular(&self.place) else {
            return Ok(None);
        };
        self.followers.leave(self.key, self.number);
        self.file = file;
        self.key = Key::of_regular(&metadata);
        self.position = 0;
        self.piece(metadata.len())
    }

    /// Has `waker` be told, once, when we write to the file or put it away. What others do to it shows only to who
    /// looks.
    pub fn wait(&self, waker: &Waker) {
        self.followers.wait(self.key, self.number, waker);
    }

    fn piece(&mut self, size: u64) -> io::Result<Option<Bytes>> {
        let length = usize::try_from(size.saturating_sub(self.position)).unwrap_or(PIECE);
        if length == 0 {
            return Ok(None);
        }
        let mut piece = vec![0; length.min(PIECE)];
        let length = self.file.read_at(&mut piece, self.position)?;
        piece.truncate(length);
        self.position += length as u64;
        Ok((length > 0).then(|| piece.into()))
    }
}

impl Drop for FollowedLog {
    fn drop(&mut self) {
        self.followers.leave(self.key, self.number);
    }
}

fn open_regular(place: &LogPath) -> io::Result<(File, Metadata)> {
    let file = place::open_to_read(place)?;
    let metadata = file.metadata()?;
    if metadata.is_file() {
        Ok((file, metadata))
    } else {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Wake, Waker};

    use super::{FollowedLog, Followers, LogPath, PIECE, TRUNCATED};
    use crate::base::scratch::Scratch;
    use crate::logs::file::Rotation;
    use crate::logs::sink::Sink as _;
    use crate::logs::writers::Writers;

    fn open(path: &Path) -> FollowedLog {
        let opened = FollowedLog::open(&LogPath::named(path), &Followers::default());
        opened.unwrap().0
    }

    /// All that can be read now.
    fn rest(log: &mut FollowedLog) -> Vec<u8> {
        let mut all = Vec::new();
        while let Some(piece) = log.read().expect("the log can be read") {
            assert!(piece.len() <= PIECE);
            all.extend_from_slice(&piece);
        }
        all
    }

    fn append(path: &Path, bytes: &[u8]) {
        use std::io::Write;
        let mut file = fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(path)
            .unwrap();
        file.write_all(bytes).unwrap();
    }

    #[test]
    fn the_end_first_then_all() {
        let folder = Scratch::new();
        let path = folder.file("log");
        let old: Vec<u8> = (0u16..3000)
            .map(|number| u8::try_from(number % 251).unwrap())
            .collect();
        append(&path, &old);
        let mut log = open(&path);
        assert_eq!(rest(&mut log), old[3000 - 1024..]);
        append(&path, &vec![b'x'; 2 * PIECE + 5]);
        assert_eq!(rest(&mut log), vec![b'x'; 2 * PIECE + 5]);
        let mut log = open(&path);
        assert_eq!(rest(&mut log), vec![b'x'; 1024]);
    }

    #[test]
    fn rotation_loses_nothing() {
        let folder = Scratch::new();
        let path = folder.file("log");
        append(&path, b"old\n");
        let mut log = open(&path);
        assert_eq!(rest(&mut log), b"old\n");
        append(&path, b"last words\n");
        fs::rename(&path, folder.file("log.1")).unwrap();
        append(&path, b"new\n");
        assert_eq!(rest(&mut log), b"last words\nnew\n");
        fs::remove_file(&path).unwrap();
        assert_eq!(rest(&mut log), b"");
        append(&path, b"newer\n");
        assert_eq!(rest(&mut log), b"newer\n");
    }

    #[test]
    fn truncation_is_told() {
        let folder = Scratch::new();
        let path = folder.file("log");
        append(&path, b"0123456789");
        let mut log = open(&path);
        assert_eq!(rest(&mut log), b"0123456789");
        fs::write(&path, b"new").unwrap();
        assert_eq!(rest(&mut log), [TRUNCATED, b"new"].concat());
    }

    #[test]
    fn only_regular_files() {
        let folder = Scratch::new();
        let followers = Followers::default();
        let missing = folder.file("missing");
        for path in [&*missing, folder.path(), Path::new("/dev/null")] {
            assert!(FollowedLog::open(&LogPath::named(path), &followers).is_err());
        }
    }

    #[derive(Default)]
    struct Bell(AtomicUsize);

    impl Wake for Bell {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn who_waits_is_told_once_of_each_write_and_rotation() {
        let folder = Scratch::new();
        let writers = Writers::default();
        let place = LogPath::named(folder.file("log"));
        let rotation = Rotation {
            maxbytes: 10,
            backups: 1,
        };
        let mut branch = writers.open(place.clone(), rotation).unwrap();
        let (mut log, _) = FollowedLog::open(&place, writers.followers()).unwrap();
        let bell = Arc::new(Bell::default());
        let waker = Waker::from(Arc::clone(&bell));
        let rung = || bell.0.swap(0, Ordering::Relaxed);
        // nobody waits yet
        let _ = branch.write(b"one\n");
        assert_eq!(rung(), 0);
        assert_eq!(rest(&mut log), b"one\n");
        log.wait(&waker);
        log.wait(&waker);
        let _ = branch.write(b"two");
        let _ = branch.write(b"\n");
        assert_eq!(rung(), 1);
        log.wait(&waker);
        // the write that makes another file of it
        let _ = branch.write(b"three\n");
        assert_eq!(rung(), 1);
        assert_eq!(rest(&mut log), b"two\nthree\n");
        log.wait(&waker);
        let _ = branch.write(b"four\n");
        assert_eq!(rung(), 1);
        assert_eq!(rest(&mut log), b"four\n");
        // who is gone leaves nothing behind
        log.wait(&waker);
        drop(log);
        let waiting = &writers.followers().0;
        assert_eq!(waiting.count.load(Ordering::Relaxed), 0);
        assert!(writers.followers().files().is_empty());
        let _ = branch.write(b"five\n");
        assert_eq!(rung(), 0);
    }
}
