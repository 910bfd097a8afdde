//! A log file: append, rotate by size, reopen, clear.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;

use super::handle::{Handle, Key, Put};
use super::place::LogPath;
use super::retry::Target;

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

/// When a file is rotated, and how many old ones stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rotation {
    /// A file that has reached this size in bytes is rotated; 0 is never (LOG-097).
    pub maxbytes: u64,
    /// How many old files are kept; with none the file is emptied (LOG-096).
    pub backups: u32,
}

impl Rotation {
    /// What counts where two channels of one file differ: the smaller limit and the larger number (LGX-048).
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        let maxbytes = match (self.maxbytes, other.maxbytes) {
            (0, limit) | (limit, 0) => limit,
            (one, another) => one.min(another),
        };
        let backups = self.backups.max(other.backups);
        Self { maxbytes, backups }
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

/// Renames `f.(n-1)` to `f.n`, down to `f` to `f.1`; a file already there is replaced (LOG-095). Only those up to
/// the first gap are in the way, so it takes no longer than there are files, however many there may be.
fn shift(path: &Path, backups: u32) -> io::Result<()> {
    let is_taken = |number: &u32| numbered(path, *number).symlink_metadata().is_ok();
    let last = (1..backups).take_while(is_taken).last();
    for number in (1..=last.unwrap_or(0)).rev() {
        ignore_missing(fs::rename(
            numbered(path, number),
            numbered(path, number + 1),
        ))?;
    }
    ignore_missing(fs::rename(path, numbered(path, 1)))
}

fn numbered(path: &Path, number: u32) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(format!(".{number}"));
    name.into()
}

/// What has vanished in between is no error (LOG-099).
fn ignore_missing(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{MetadataExt, symlink};

    use nix::fcntl::{FcntlArg, FdFlag, fcntl};
    use proptest::prelude::*;

    use super::{LogFile, LogPath, Rotation, empty};
    use crate::base::scratch::Scratch;
    use crate::logs::retry::Target;

    fn open(scratch: &Scratch, maxbytes: u64, backups: u32) -> LogFile {
        LogFile::open(
            LogPath::named(scratch.file("log")),
            Rotation { maxbytes, backups },
        )
        .unwrap()
    }

    fn put(log: &mut LogFile, text: &str) {
        let put = log.put(text.as_bytes());
        assert!(put.error.is_none() && put.rotation.is_none(), "{put:?}");
        assert_eq!(put.written, text.len());
    }

    fn text(scratch: &Scratch, name: &str) -> String {
        String::from_utf8(scratch.read(name)).unwrap()
    }

    #[test]
    fn rotates_after_the_write_that_reaches_the_limit() {
        type Files = &'static [(&'static str, &'static str)];
        let table: [(u64, u32, &[&str], Files); 5] = [
            (0, 3, &["aaaaaaaaaa", "b"], &[("log", "aaaaaaaaaab")]),
            (5, 2, &["aaaa"], &[("log", "aaaa")]),
            (
                5,
                2,
                &["aaaa", "bb", "c"],
                &[("log", "c"), ("log.1", "aaaabb")],
            ),
            (
                3,
                2,
                &["aaa", "bbb", "ccc"],
                &[("log", ""), ("log.1", "ccc"), ("log.2", "bbb")],
            ),
            (3, 0, &["aaa", "b"], &[("log", "b")]),
        ];
        for (maxbytes, backups, writes, files) in table {
            let scratch = Scratch::new();
            let mut log = open(&scratch, maxbytes, backups);
            for write in writes {
                put(&mut log, write);
            }
            let names: Vec<_> = files.iter().map(|file| file.0).collect();
            assert_eq!(scratch.names(), names, "{writes:?}");
            for (name, content) in files {
                assert_eq!(&text(&scratch, name), content, "{name} of {writes:?}");
            }
        }
    }

    #[test]
    fn a_file_over_the_limit_takes_one_write_and_old_backups_stay() {
        let scratch = Scratch::new();
        fs::write(scratch.file("log"), "old content").unwrap();
        fs::write(scratch.file("log.7"), "seven").unwrap();
        let mut log = open(&scratch, 5, 1);
        put(&mut log, "+");
        assert_eq!(text(&scratch, "log.1"), "old content+");
        assert_eq!(text(&scratch, "log.7"), "seven");
        assert_eq!(text(&scratch, "log"), "");
    }

    #[test]
    fn what_others_did_to_the_file_is_respected() {
        let scratch = Scratch::new();
        let mut log = open(&scratch, 10, 0);
        put(&mut log, "123456789");
        fs::write(scratch.file("log"), "").unwrap();
        put(&mut log, "abc");
        assert_eq!(text(&scratch, "log"), "abc", "truncated outside: not full");
        fs::rename(scratch.file("log"), scratch.file("moved")).unwrap();
        fs::write(scratch.file("log"), "theirs").unwrap();
        put(&mut log, "1234567");
        assert_eq!(
            text(&scratch, "moved"),
            "abc1234567",
            "not ours to truncate any more"
        );
        put(&mut log, "+");
        assert_eq!(text(&scratch, "log"), "theirs+");
    }

    #[test]
    fn two_writers_lose_nothing() {
        let scratch = Scratch::new();
        let mut logs = [open(&scratch, 8, 9), open(&scratch, 8, 9)];
        for number in 0..20 {
            put(&mut logs[number % 2], &format!("{number:02}\n"));
        }
        let mut lines: Vec<String> = Vec::new();
        for name in scratch.names() {
            lines.extend(text(&scratch, &name).lines().map(str::to_owned));
        }
        lines.sort();
        let wanted: Vec<_> = (0..20).map(|number| format!("{number:02}")).collect();
        assert_eq!(lines, wanted);
    }

    #[test]
    fn a_rotation_that_fails_is_said_once_and_writing_goes_on() {
        let scratch = Scratch::new();
        // a folder that is not empty cannot be replaced, whoever we are
        fs::create_dir_all(scratch.file("log.1/in the way")).unwrap();
        let mut log = open(&scratch, 4, 1);
        assert!(log.put(b"aaaa").rotation.is_some());
        for _ in 0..5 {
            put(&mut log, "bbb");
        }
        assert_eq!(text(&scratch, "log"), "aaaabbbbbbbbbbbbbbb");
        fs::remove_dir_all(scratch.file("log.1")).unwrap();
        put(&mut log, "cccc");
        assert_eq!(scratch.names(), ["log", "log.1"]);
    }

    #[test]
    fn reopens_by_name() {
        let scratch = Scratch::new();
        let mut log = open(&scratch, 0, 0);
        put(&mut log, "a");
        fs::rename(scratch.file("log"), scratch.file("moved")).unwrap();
        put(&mut log, "b");
        log.reopen().unwrap();
        put(&mut log, "c");
        assert_eq!(
            (text(&scratch, "moved"), text(&scratch, "log")),
            ("ab".into(), "c".into())
        );
        fs::remove_file(scratch.file("log")).unwrap();
        fs::create_dir(scratch.file("log")).unwrap();
        assert!(log.reopen().is_err());
        put(&mut log, "still there");
    }

    #[test]
    fn clearing_starts_an_empty_file() {
        let scratch = Scratch::new();
        let mut log = open(&scratch, 0, 0);
        put(&mut log, "a");
        let before = fs::metadata(scratch.file("log")).unwrap();
        fs::hard_link(scratch.file("log"), scratch.file("kept")).unwrap();
        log.clear().unwrap();
        put(&mut log, "b");
        let after = fs::metadata(scratch.file("log")).unwrap();
        assert_ne!(before.ino(), after.ino());
        assert_eq!(
            (text(&scratch, "kept"), text(&scratch, "log")),
            ("a".into(), "b".into())
        );
        fs::remove_file(scratch.file("log")).unwrap();
        log.clear().unwrap();
        assert_eq!(text(&scratch, "log"), "");
    }

    #[test]
    fn automatic_logs_follow_no_link_and_stay_private() {
        let scratch = Scratch::new();
        let private =
            || LogFile::open(LogPath::automatic(scratch.file("log")), Rotation::default());
        fs::write(scratch.file("other"), "theirs").unwrap();
        symlink(scratch.file("other"), scratch.file("log")).unwrap();
        assert!(private().is_err());
        fs::remove_file(scratch.file("log")).unwrap();
        let mut log = private().unwrap();
        put(&mut log, "a");
        let mode = || fs::metadata(scratch.file("log")).unwrap().mode() & 0o777;
        assert_eq!(mode(), 0o600);
        log.clear().unwrap();
        assert_eq!(mode(), 0o600);
        fs::remove_file(scratch.file("log")).unwrap();
        symlink(scratch.file("other"), scratch.file("log")).unwrap();
        assert!(log.reopen().is_err());
        put(&mut log, "into the old one");
        assert_eq!(text(&scratch, "other"), "theirs");
    }

    #[test]
    fn devices_are_neither_cleared_nor_rotated() {
        let scratch = Scratch::new();
        symlink("/dev/null", scratch.file("log")).unwrap();
        let mut log = open(&scratch, 1, 1);
        put(&mut log, "gone");
        log.clear().unwrap();
        empty(&LogPath::named(scratch.file("log"))).unwrap();
        assert_eq!(scratch.names(), ["log"]);
    }

    #[test]
    fn empties_files_of_stopped_programs() {
        let scratch = Scratch::new();
        fs::write(scratch.file("log"), "text").unwrap();
        empty(&LogPath::named(scratch.file("log"))).unwrap();
        empty(&LogPath::named(scratch.file("missing"))).unwrap();
        assert_eq!(scratch.names(), ["log"]);
        assert_eq!(text(&scratch, "log"), "");
    }

    #[test]
    fn children_do_not_inherit_it() {
        let scratch = Scratch::new();
        let log = open(&scratch, 0, 0);
        let flags = fcntl(log.handle.descriptor(), FcntlArg::F_GETFD).unwrap();
        assert!(FdFlag::from_bits_truncate(flags).contains(FdFlag::FD_CLOEXEC));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn every_byte_stays_and_in_order(
            writes in proptest::collection::vec("[a-z]{0,12}", 0..30),
            maxbytes in 1..20_u64,
        ) {
            let scratch = Scratch::new();
            let mut log = open(&scratch, maxbytes, 100);
            for write in &writes {
                put(&mut log, write);
            }
            let mut all = String::new();
            for number in (1..=100).rev() {
                let part = text(&scratch, &format!("log.{number}"));
                prop_assert!(part.is_empty() || part.len() as u64 >= maxbytes);
                all += &part;
            }
            let current = text(&scratch, "log");
            prop_assert!((current.len() as u64) < maxbytes);
            prop_assert_eq!(all + &current, writes.concat());
        }
    }
}
