//! An open target of log bytes, written without ever waiting for its reader.
//!
//! A disk takes bytes when it is asked to. A pipe, a terminal or a socket can be full, and then a blocking
//! write would stop the whole daemon for as long as somebody does not read. Opening such a target by name,
//! `/dev/stdout` too, gives a file description of our own, so `O_NONBLOCK` on it is nobody else's business.
//! A descriptor that we inherited shares its description with others, who would suffer from the flag: there
//! each write is small and comes after a question whether there is room.

use std::fs::{File, Metadata};
use std::io::{self, IsTerminal, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::place::LogPath;

/// A pipe with any room takes this much at once (`PIPE_BUF` of Linux).
const PIECE: usize = 4096;

/// How far a write came.
#[derive(Debug, Default)]
pub struct Put {
    /// How many bytes went out. Fewer than were given come with `error`.
    pub written: usize,
    /// What stopped it; `WouldBlock` means that the reader has to catch up first.
    pub error: Option<io::Error>,
    /// The bytes went out, the rotation afterwards failed.
    pub rotation: Option<io::Error>,
}

/// What all names of one file, pipe, socket or terminal have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key(u64, u64);

impl Key {
    /// Of a regular file.
    pub(super) fn of_regular(metadata: &Metadata) -> Self {
        Self(metadata.dev(), metadata.ino())
    }

    /// None for what takes bytes from anybody without mixing them up, as `/dev/null` does.
    fn of(file: &File, metadata: &Metadata) -> Option<Self> {
        /// No device has this number.
        const TERMINALS: u64 = u64::MAX;
        let kind = metadata.file_type();
        if kind.is_file() || kind.is_fifo() || kind.is_socket() {
            Some(Self(metadata.dev(), metadata.ino()))
        } else {
            let terminal = kind.is_char_device() && file.is_terminal();
            terminal.then_some(Self(TERMINALS, metadata.rdev()))
        }
    }
}

/// An open log target.
#[derive(Debug)]
pub(super) struct Handle {
    file: File,
    key: Option<Key>,
    /// Our own description of a regular file: has a size, can be rotated.
    rotatable: bool,
    /// How big it was when it was opened.
    size: u64,
    /// Somebody else's description.
    inherited: bool,
    /// It is inherited and can be full.
    shared: bool,
}

impl Handle {
    /// Opens for append, creating the file if needed, without following into a controlling terminal. An
    /// automatic log is a regular file or nothing that we made.
    pub(super) fn open(place: &LogPath) -> io::Result<Self> {
        let path = place.path();
        if !place.is_automatic()
            && let Some(handle) = Self::standard_stream(path)
        {
            return Ok(handle);
        }
        let file = place.open(OFlag::O_WRONLY | OFlag::O_APPEND | OFlag::O_CREAT);
        let file = file.or_else(|error| open_special(place).ok_or(error))?;
        let metadata = file.metadata()?;
        if place.is_automatic() {
            if !metadata.is_file() {
                return Err(io::ErrorKind::Unsupported.into());
            }
            mark_used(&file);
        }
        Ok(Self {
            key: Key::of(&file, &metadata),
            file,
            rotatable: metadata.is_file() && !names_a_descriptor(path),
            size: metadata.len(),
            inherited: false,
            shared: false,
        })
    }

    /// A duplicate of a descriptor that we inherited, such as standard output.
    pub(super) fn inherited(descriptor: impl AsFd) -> io::Result<Self> {
        let file = File::from(descriptor.as_fd().try_clone_to_owned()?);
        let metadata = file.metadata()?;
        Ok(Self {
            key: Key::of(&file, &metadata),
            file,
            rotatable: false,
            size: metadata.len(),
            inherited: true,
            shared: !metadata.is_file(),
        })
    }

    /// Standard output or error by its name, where a second open would be wrong or impossible: of a regular
    /// file we must share the offset with the others that write through it, and sockets cannot be opened.
    fn standard_stream(path: &Path) -> Option<Self> {
        let handle = match path.to_str()? {
            "/dev/stdout" | "/dev/fd/1" | "/proc/self/fd/1" => Self::inherited(io::stdout()),
            "/dev/stderr" | "/dev/fd/2" | "/proc/self/fd/2" => Self::inherited(io::stderr()),
            _ => return None,
        };
        let handle = handle.ok()?;
        let kind = handle.metadata().ok()?.file_type();
        (kind.is_file() || kind.is_socket()).then_some(handle)
    }

    /// A further descriptor of the same opening.
    pub(super) fn duplicate(&self) -> io::Result<File> {
        self.file.try_clone()
    }

    /// Whether this is a file that we may rotate, truncate or remove (DEC-033).
    pub(super) fn is_rotatable(&self) -> bool {
        self.rotatable
    }

    /// What it is, if it is something that several channels have to agree about.
    pub(super) const fn key(&self) -> Option<Key> {
        self.key
    }

    /// Whether it serves better than another one of the same file: a description of our own need not be asked
    /// before each write, and a name can be rotated.
    pub(super) const fn is_better_than(&self, other: &Self) -> bool {
        other.inherited && !self.inherited
    }

    /// How big the file was when it was opened, in bytes.
    pub(super) const fn size_at_open(&self) -> u64 {
        self.size
    }

    /// What the system knows about the open file.
    pub(super) fn metadata(&self) -> io::Result<Metadata> {
        self.file.metadata()
    }

    /// The open descriptor.
    #[cfg(test)]
    pub(super) fn descriptor(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    /// Makes the file empty.
    pub(super) fn truncate(&self) -> io::Result<()> {
        self.file.set_len(0)
    }

    /// Writes as much as goes without waiting.
    pub(super) fn put(&self, bytes: &[u8]) -> Put {
        let mut rest = bytes;
        let mut error = None;
        while !rest.is_empty() && error.is_none() {
            match self.put_some(rest) {
                Ok(0) => error = Some(io::ErrorKind::WriteZero.into()),
                Ok(count) => rest = rest.get(count..).unwrap_or_default(),
                Err(failed) if failed.kind() == io::ErrorKind::Interrupted => {}
                Err(failed) => error = Some(failed),
            }
        }
        Put {
            written: bytes.len() - rest.len(),
            error,
            rotation: None,
        }
    }

    fn put_some(&self, bytes: &[u8]) -> io::Result<usize> {
        if !self.shared {
            return (&self.file).write(bytes);
        }
        if !has_room(self.file.as_fd())? {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        (&self.file).write(bytes.get(..PIECE).unwrap_or(bytes))
    }
}

/// Shows other daemons that the file is somebody's (see [`super::auto`]).
pub(super) fn mark_used(file: &File) {
    // that it is open shows as much, where the system tells
    let _ = file.try_lock_shared();
}

/// Whether a small write would go through at once, or fail at once.
fn has_room(descriptor: BorrowedFd<'_>) -> io::Result<bool> {
    let mut question = [PollFd::new(descriptor, PollFlags::POLLOUT)];
    Ok(poll(&mut question, PollTimeout::ZERO)? > 0)
}

/// Names that mean an open descriptor, whose entry nobody may rename or remove.
fn names_a_descriptor(path: &Path) -> bool {
    let folders = ["/dev/fd", "/proc", "/dev/stdout", "/dev/stderr"];
    folders.iter().any(|folder| path.starts_with(folder))
}

/// Opens what exists and is no regular file, after the ordinary way has failed: some special files refuse
/// to be appended to (LOG-128) or to be opened with permission to create, and a FIFO that nobody reads yet
/// lets us in at once only if we could read it as well.
fn open_special(place: &LogPath) -> Option<File> {
    let kind = place.path().metadata().ok()?.file_type();
    if place.is_automatic() || kind.is_file() || kind.is_dir() {
        return None;
    }
    place
        .open(OFlag::O_WRONLY)
        .or_else(|error| {
            let unread = error.raw_os_error() == Some(Errno::ENXIO as i32) && kind.is_fifo();
            if unread {
                place.open(OFlag::O_RDWR)
            } else {
                Err(error)
            }
        })
        .ok()
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read};
    use std::os::fd::AsFd;
    use std::os::unix::fs::OpenOptionsExt;

    use nix::sys::stat::Mode;
    use nix::unistd::mkfifo;

    use super::{Handle, LogPath};
    use crate::base::scratch::Scratch;

    static ALL: [u8; 200_000] = [b'x'; 200_000];

    #[test]
    fn a_full_pipe_does_not_block() {
        let (mut reader, writer) = io::pipe().unwrap();
        let handle = Handle::inherited(writer.as_fd()).unwrap();
        drop(writer);
        let put = handle.put(&ALL);
        assert!(put.written > 0 && put.written < ALL.len());
        assert_eq!(put.error.unwrap().kind(), io::ErrorKind::WouldBlock);
        let mut some = vec![0; put.written];
        reader.read_exact(&mut some).unwrap();
        assert_eq!(handle.put(b"more").written, 4);
        drop(reader);
        let error = handle.put(b"gone").error.unwrap();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }

    #[test]
    fn a_fifo_takes_bytes_before_somebody_reads() {
        let scratch = Scratch::new();
        let path = scratch.file("fifo");
        mkfifo(&path, Mode::S_IRWXU).unwrap();
        let handle = Handle::open(&LogPath::named(&path)).unwrap();
        assert!(!handle.is_rotatable());
        assert_eq!(handle.put(b"early").written, 5);
        let mut options = std::fs::OpenOptions::new();
        let mut reader = options
            .read(true)
            .custom_flags(libc::O_NONBLOCK)
            .open(&path)
            .unwrap();
        let mut seen = [0; 5];
        reader.read_exact(&mut seen).unwrap();
        assert_eq!(&seen, b"early");
        let put = handle.put(&ALL);
        assert_eq!(put.error.unwrap().kind(), io::ErrorKind::WouldBlock);
    }

    #[test]
    fn devices_are_written_and_never_rotated() {
        let null = Handle::open(&LogPath::named("/dev/null")).unwrap();
        assert!(!null.is_rotatable());
        assert_eq!(null.put(b"gone").written, 4);
        let full = Handle::open(&LogPath::named("/dev/full")).unwrap();
        let error = full.put(b"no").error.unwrap();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }

    #[test]
    fn what_cannot_be_opened_says_why() {
        let scratch = Scratch::new();
        let table = [
            (scratch.file("no/such"), io::ErrorKind::NotFound),
            (scratch.path().to_owned(), io::ErrorKind::IsADirectory),
        ];
        for (path, kind) in table {
            assert_eq!(
                Handle::open(&LogPath::named(&path)).unwrap_err().kind(),
                kind,
                "{}",
                path.display()
            );
        }
    }
}
