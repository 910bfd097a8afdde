//! When a log file is rotated, and how old ones are put away.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

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

/// Renames `f.(n-1)` to `f.n`, down to `f` to `f.1`; a file already there is replaced (LOG-095). Only those up to
/// the first gap are in the way, so it takes no longer than there are files, however many there may be.
pub(super) fn shift(path: &Path, backups: u32) -> io::Result<()> {
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
pub(super) fn ignore_missing(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
