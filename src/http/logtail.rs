//! Following a log file: what it has at its end, then all that it gets, through rotation and truncation.

use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tokio::time::{Instant, Sleep, sleep};

use crate::logs::place::{self, LogPath};

/// How much of an existing log comes first, in bytes (HTTP-093).
const BEGINNING: u64 = 1024;

/// How often a log is looked at while somebody follows it.
const PERIOD: Duration = Duration::from_millis(100);

/// Bytes of one piece at most; nothing is read before the last piece went out, so a client that does not
/// read costs no more than this (DEC-064).
const PIECE: usize = 32 * 1024;

/// Pieces in a row before others get their turn.
const BURST: u8 = 8;

/// What stands where a log was truncated (HTTP-096).
const TRUNCATED: &[u8] = b"==> File truncated <==\n";

/// A place in a log file that moves on as the file grows.
pub(super) struct LogFile {
    place: LogPath,
    file: File,
    /// Device and inode of `file`.
    identity: (u64, u64),
    position: u64,
}

impl LogFile {
    /// Opens the log near its end; gives also the time of its last change. What is no regular file cannot
    /// be followed.
    pub(super) fn open(place: &LogPath) -> io::Result<(Self, SystemTime)> {
        let (file, metadata) = open_regular(place)?;
        let log = Self {
            place: place.clone(),
            file,
            identity: identity(&metadata),
            position: metadata.len().saturating_sub(BEGINNING),
        };
        Ok((log, metadata.modified()?))
    }

    /// The next piece, if there is one by now (HTTP-093 to HTTP-096).
    pub(super) fn read(&mut self) -> io::Result<Option<Bytes>> {
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
        if identity(&metadata) == self.identity {
            return Ok(None);
        }
        // the last words of the old file, written before it was put away (DEC-064)
        if let Some(piece) = self.piece(self.file.metadata()?.len())? {
            return Ok(Some(piece));
        }
        let Ok((file, metadata)) = open_regular(&self.place) else {
            return Ok(None);
        };
        self.file = file;
        self.identity = identity(&metadata);
        self.position = 0;
        self.piece(metadata.len())
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

fn open_regular(place: &LogPath) -> io::Result<(File, Metadata)> {
    let file = place::open_to_read(place)?;
    let metadata = file.metadata()?;
    if metadata.is_file() {
        Ok((file, metadata))
    } else {
        Err(io::ErrorKind::Unsupported.into())
    }
}

fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

/// A log as an endless body.
pub(super) struct Follower {
    log: LogFile,
    /// Pieces since the last pause.
    burst: u8,
    /// The next look at the log, while there is nothing to send.
    pause: Pin<Box<Sleep>>,
    paused: bool,
}

impl Follower {
    pub(super) fn new(log: LogFile) -> Self {
        Self {
            log,
            burst: 0,
            pause: Box::pin(sleep(PERIOD)),
            paused: false,
        }
    }

    /// The next piece; the stream has no end.
    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
        if self.burst == BURST {
            self.burst = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        loop {
            if self.paused {
                ready!(self.pause.as_mut().poll(cx));
                self.paused = false;
            }
            if let Some(piece) = self.log.read()? {
                self.burst += 1;
                return Poll::Ready(Ok(piece));
            }
            self.burst = 0;
            self.paused = true;
            self.pause.as_mut().reset(Instant::now() + PERIOD);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::{LogFile, LogPath, PIECE, TRUNCATED};
    use crate::base::scratch::Scratch;

    /// All that can be read now.
    fn rest(log: &mut LogFile) -> Vec<u8> {
        let mut all = Vec::new();
        while let Some(piece) = log.read().expect("the log can be read") {
            assert!(piece.len() <= PIECE);
            all.extend_from_slice(&piece);
        }
        all
    }

    fn append(path: &PathBuf, bytes: &[u8]) {
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
        let (mut log, _) = LogFile::open(&LogPath::named(&path)).unwrap();
        assert_eq!(rest(&mut log), old[3000 - 1024..]);
        append(&path, &vec![b'x'; 2 * PIECE + 5]);
        assert_eq!(rest(&mut log), vec![b'x'; 2 * PIECE + 5]);
        let (mut log, _) = LogFile::open(&LogPath::named(&path)).unwrap();
        assert_eq!(rest(&mut log), vec![b'x'; 1024]);
    }

    #[test]
    fn rotation_loses_nothing() {
        let folder = Scratch::new();
        let path = folder.file("log");
        append(&path, b"old\n");
        let (mut log, _) = LogFile::open(&LogPath::named(&path)).unwrap();
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
        let (mut log, _) = LogFile::open(&LogPath::named(&path)).unwrap();
        assert_eq!(rest(&mut log), b"0123456789");
        fs::write(&path, b"new").unwrap();
        assert_eq!(rest(&mut log), [TRUNCATED, b"new"].concat());
    }

    #[test]
    fn only_regular_files() {
        let folder = Scratch::new();
        assert!(LogFile::open(&LogPath::named(folder.file("missing"))).is_err());
        assert!(LogFile::open(&LogPath::named(folder.path())).is_err());
        assert!(LogFile::open(&LogPath::named("/dev/null")).is_err());
    }
}
