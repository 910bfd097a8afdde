//! Reads of a log file by offset and length, as clients ask for them. Bytes in, bytes out.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use super::place::{self, LinkRefused, LogPath};

/// Why a read gave nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Offset and length make no sense together (RPC-111, RPC-112).
    #[error("BAD_ARGUMENTS")]
    BadArguments,
    /// The file is not there (RPC-114).
    #[error("NO_FILE")]
    NoFile,
    /// The file cannot be read.
    #[error("FAILED")]
    Failed,
    /// The file is not read through a link of somebody else (DEC-038).
    #[error(transparent)]
    Link(#[from] LinkRefused),
    /// More was asked for than is read at a time (DEC-084).
    #[error("more than {MOST} bytes at a time, read it in parts")]
    TooMuch,
}

/// Bytes that are read at a time at most, which is about what fits into an answer: the file may have any size, and
/// whoever writes it chooses that.
pub const MOST: usize = 63 * 1024 * 1024;

/// What a tail gave (RPC-191).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tail {
    /// The end of the file, or a part of it.
    pub data: Vec<u8>,
    /// The size of the file: where the next tail should begin.
    pub offset: i64,
    /// The file has grown beyond what was asked for.
    pub overflow: bool,
}

/// Reads `length` bytes from `offset`, or all from there with length 0; a negative offset with length 0
/// reads that many bytes from the end (RPC-110 to RPC-112).
pub fn read_log(place: &LogPath, offset: i64, length: i64) -> Result<Vec<u8>, ReadError> {
    if !is_there(place) {
        return Err(ReadError::NoFile);
    }
    let mut log = Readable::open(place)
        .map_err(|error| LinkRefused::of(&error).map_or(ReadError::Failed, ReadError::Link))?;
    if length < 0 || (offset < 0 && length != 0) {
        return Err(ReadError::BadArguments);
    }
    let start = if offset < 0 {
        log.size.saturating_add(offset).max(0)
    } else {
        offset
    };
    let length = if length == 0 { i64::MAX } else { length };
    log.read(start, length)
}

/// Reads for a client that follows the file: `offset` is where its last tail ended and `length` how much it
/// wants. What it gets is normally the last `length` bytes, new to it or not (RPC-192, RPC-193). A file that
/// is missing or cannot be read gives no bytes, and no error (RPC-191). More than [`MOST`] bytes are as good as that
/// many.
pub fn tail_log(place: &LogPath, offset: i64, length: i64) -> Tail {
    if !is_there(place) {
        return Tail::default();
    }
    let most = i64::try_from(MOST).unwrap_or(i64::MAX);
    let read = Readable::open(place).ok().and_then(|mut log| {
        let (overflow, start, length) = window(log.size, offset, length.min(most));
        Some(Tail {
            data: log.read(start, length).ok()?,
            offset: log.size,
            overflow,
        })
    });
    read.unwrap_or(Tail {
        data: Vec::new(),
        offset,
        overflow: false,
    })
}

/// Whether there is a log: a link is no automatic one, wherever it leads.
fn is_there(place: &LogPath) -> bool {
    if place.is_automatic() {
        place
            .path()
            .symlink_metadata()
            .is_ok_and(|found| found.is_file())
    } else {
        place.path().exists()
    }
}

/// Text for clients: what is not UTF-8 becomes U+FFFD (DEC-050).
pub fn decode(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// The overflow flag, and the part of a file of that size to read (RPC-192).
fn window(size: i64, offset: i64, length: i64) -> (bool, i64, i64) {
    let overflow = size > offset.saturating_add(length);
    let mut start = if overflow { size - 1 } else { offset };
    let mut length = length;
    if start.saturating_add(length) > size {
        if start > size - 1 {
            length = 0;
        }
        start = size.saturating_sub(length);
    }
    (overflow, start.max(0), length.max(0))
}

/// An open file and the size that it had when it was opened; what is appended meanwhile is not read, so an
/// answer has an end even when the log grows faster than we read.
struct Readable {
    file: File,
    size: i64,
}

impl Readable {
    /// Opens what can be read from any offset. A pipe or a terminal is refused and none of its bytes taken;
    /// a device such as `/dev/null` is empty.
    fn open(place: &LogPath) -> io::Result<Self> {
        let mut file = place::open_to_read(place)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        file.rewind()?;
        let size = if metadata.is_file() {
            metadata.len()
        } else {
            0
        };
        Ok(Self {
            file,
            size: i64::try_from(size).unwrap_or(i64::MAX),
        })
    }

    fn read(&mut self, start: i64, length: i64) -> Result<Vec<u8>, ReadError> {
        let length = length.min(self.size.saturating_sub(start));
        let (Ok(start), Ok(length)) = (u64::try_from(start), u64::try_from(length)) else {
            return Ok(Vec::new());
        };
        let room = usize::try_from(length).unwrap_or(usize::MAX);
        let mut data = Vec::new();
        if room > MOST || data.try_reserve_exact(room).is_err() {
            return Err(ReadError::TooMuch);
        }
        let mut read = || -> io::Result<()> {
            self.file.seek(SeekFrom::Start(start))?;
            (&self.file).take(length).read_to_end(&mut data)?;
            Ok(())
        };
        read().map_err(|_| ReadError::Failed)?;
        Ok(data)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use nix::sys::stat::Mode;
    use nix::unistd::mkfifo;
    use proptest::prelude::*;

    use super::{LogPath, MOST, ReadError, Tail, decode, read_log, tail_log};
    use crate::base::scratch::Scratch;

    fn ten() -> (Scratch, LogPath) {
        let scratch = Scratch::new();
        let path = scratch.file("log");
        fs::write(&path, "0123456789").unwrap();
        (scratch, LogPath::named(path))
    }

    #[test]
    fn reads() {
        let (_scratch, path) = ten();
        let table = [
            (0, 0, Ok("0123456789")),
            (3, 4, Ok("3456")),
            (5, 50, Ok("56789")),
            (-4, 0, Ok("6789")),
            (-40, 0, Ok("0123456789")),
            (i64::MIN, 0, Ok("0123456789")),
            (20, 0, Ok("")),
            (20, 5, Ok("")),
            (i64::MAX, i64::MAX, Ok("")),
            (5, 2, Ok("56")),
            (-4, 3, Err(ReadError::BadArguments)),
            (-4, -3, Err(ReadError::BadArguments)),
            (0, -3, Err(ReadError::BadArguments)),
        ];
        for (offset, length, wanted) in table {
            let data = read_log(&path, offset, length);
            assert_eq!(
                data.map(decode),
                wanted.map(str::to_owned),
                "{offset},{length}"
            );
        }
    }

    #[test]
    fn tails() {
        let (_scratch, path) = ten();
        let table = [
            (0, 0, "", true),
            (0, 5, "56789", true),
            (0, 10, "0123456789", false),
            (0, 100, "0123456789", false),
            (3, 4, "6789", true),
            (3, 7, "3456789", false),
            (3, 8, "23456789", false),
            (5, 5, "56789", false),
            (9, 1, "9", false),
            (10, 0, "", false),
            (10, 5, "", false),
            (20, 5, "", false),
            (5, 0, "", true),
            (0, -1, "", true),
            (-4, 4, "6789", true),
            (-20, 5, "56789", true),
            (-4, 0, "", true),
            (-4, 20, "0123456789", false),
        ];
        for (offset, length, text, overflow) in table {
            let wanted = Tail {
                data: text.into(),
                offset: 10,
                overflow,
            };
            assert_eq!(tail_log(&path, offset, length), wanted, "{offset},{length}");
        }
    }

    #[test]
    fn what_cannot_be_read() {
        let scratch = Scratch::new();
        mkfifo(&scratch.file("fifo"), Mode::S_IRWXU).unwrap();
        fs::write(scratch.file("file"), "").unwrap();
        let table = [
            ("missing", Err(ReadError::NoFile), 0),
            ("file/below", Err(ReadError::NoFile), 0),
            ("file", Ok(vec![]), 0),
            ("fifo", Err(ReadError::Failed), 7),
            ("", Err(ReadError::Failed), 7),
        ];
        for (name, wanted, offset) in table {
            let path = LogPath::named(scratch.file(name));
            assert_eq!(read_log(&path, 0, 0), wanted, "{name}");
            let tail = Tail {
                data: vec![],
                offset,
                overflow: false,
            };
            assert_eq!(tail_log(&path, 7, 5), tail, "{name}");
        }
        assert_eq!(read_log(&LogPath::named("/dev/null"), 0, 0), Ok(vec![]));
        assert_eq!(
            read_log(&LogPath::named(scratch.file("missing")), -1, -1),
            Err(ReadError::NoFile)
        );
    }

    #[test]
    fn dec_084_a_file_may_have_any_size() {
        let scratch = Scratch::new();
        let path = scratch.file("log");
        let path = LogPath::named(path);
        let size = 4_i64 << 40;
        let file = fs::File::create(path.path()).unwrap();
        if file.set_len(u64::try_from(size).unwrap()).is_err() {
            eprintln!("skipped: the file system has no sparse files of 4 TiB");
            return;
        }
        let most = i64::try_from(MOST).unwrap();
        for (offset, length) in [(0, 0), (0, size), (-size, 0), (size / 2, most + 1)] {
            let read = read_log(&path, offset, length);
            assert_eq!(read, Err(ReadError::TooMuch), "{offset},{length}");
        }
        assert_eq!(read_log(&path, -5, 0), Ok(vec![0; 5]));
        assert_eq!(read_log(&path, 0, most).unwrap().len(), MOST);
        for length in [most, most + 1, size, i64::MAX] {
            let tail = tail_log(&path, 0, length);
            assert_eq!(
                (tail.data.len(), tail.offset, tail.overflow),
                (MOST, size, true)
            );
        }
    }

    #[test]
    fn decodes_what_it_can() {
        let table = [
            (&b"caf\xc3\xa9"[..], "café"),
            (b"caf\xc3", "caf\u{fffd}"),
            (b"\xa9 \xff", "\u{fffd} \u{fffd}"),
        ];
        for (bytes, text) in table {
            assert_eq!(decode(bytes.to_vec()), text);
        }
    }

    proptest! {
        #[test]
        fn any_numbers_give_an_answer(offset: i64, length: i64, near in -15..15_i64, few in 0..15_i64) {
            let (_scratch, path) = ten();
            for (offset, length) in [(offset, length), (near, few), (offset, few), (near, length)] {
                let tail = tail_log(&path, offset, length);
                prop_assert_eq!(tail.offset, 10);
                prop_assert!(b"0123456789".ends_with(&tail.data));
                let wrong = length < 0 || (offset < 0 && length != 0);
                prop_assert_eq!(read_log(&path, offset, length).is_err(), wrong);
            }
        }
    }
}
