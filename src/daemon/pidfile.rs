//! The pid file (DMN-013 to DMN-018).

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A pid file that we wrote.
pub(super) struct Pidfile {
    path: PathBuf,
    /// Device and inode, so that somebody else's file of that name is left alone.
    identity: (u64, u64),
}

impl Pidfile {
    /// Writes our pid, over whatever was there. A symbolic link is not followed: in a shared directory it may
    /// point to anything.
    pub(super) fn write(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options
            .write(true)
            .create(true)
            .truncate(true)
            .custom_flags(libc::O_NOFOLLOW);
        let mut file = options.open(path)?;
        writeln!(file, "{}", std::process::id())?;
        let made = file.metadata()?;
        Ok(Self {
            path: path.to_owned(),
            identity: (made.dev(), made.ino()),
        })
    }

    /// Removes it if it is still the one that we wrote.
    pub(super) fn remove(self) {
        let ours = |found: fs::Metadata| (found.dev(), found.ino()) == self.identity;
        if fs::symlink_metadata(&self.path).is_ok_and(ours) {
            // it is of no use to anybody if it stays; there is nobody to tell at the end
            let _ = fs::remove_file(&self.path);
        }
    }
}
