//! The pid file (DMN-013 to DMN-018).

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A pid file that we wrote.
pub(super) struct Pidfile {
    path: PathBuf,
    /// Device and inode, so that somebody else's file of that name is left alone.
    identity: (u64, u64),
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub(super) enum PidfileError {
    /// A FIFO or a device: whoever opens it may wait for ever, or do something.
    #[error("it is no regular file")]
    NotAFile,
    /// A hard link: what is written here shows in another place.
    #[error("it has another name, too")]
    Linked,
    /// Anything else.
    #[error(transparent)]
    System(#[from] io::Error),
}

impl Pidfile {
    /// Writes our pid, over whatever was there. A symbolic link is not followed: in a shared directory it may
    /// point to anything.
    pub(super) fn write(path: &Path) -> Result<Self, PidfileError> {
        let mut options = OpenOptions::new();
        // emptied only once it is known to be what it should be
        options.write(true).create(true).truncate(false);
        let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY;
        let opened = options.custom_flags(flags).open(path);
        let mut file = opened.map_err(|error| match path.symlink_metadata() {
            // a folder and a link are what they are; nobody could wait there (DMN-015)
            Ok(found) if found.is_file() || found.is_dir() || found.is_symlink() => error.into(),
            Ok(_) => PidfileError::NotAFile,
            Err(_) => error.into(),
        })?;
        let found = file.metadata()?;
        if !found.is_file() {
            return Err(PidfileError::NotAFile);
        }
        if found.nlink() > 1 {
            return Err(PidfileError::Linked);
        }
        file.set_len(0)?;
        file.write_all(content().as_bytes())?;
        Ok(Self {
            path: path.to_owned(),
            identity: (found.dev(), found.ino()),
        })
    }

    /// Removes it if it is still the one that we wrote, and nobody else has written it since (DMN-018).
    pub(super) fn remove(self) {
        let ours = |found: fs::Metadata| (found.dev(), found.ino()) == self.identity;
        if fs::symlink_metadata(&self.path).is_ok_and(ours) && self.has_our_pid() {
            // it is of no use to anybody if it stays; there is nobody to tell at the end
            let _ = fs::remove_file(&self.path);
        }
    }

    /// One that cannot be read any more counts as ours.
    fn has_our_pid(&self) -> bool {
        let mut options = OpenOptions::new();
        let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
        let opened = options.read(true).custom_flags(flags).open(&self.path);
        let text = opened.and_then(|file: File| {
            let mut start = [0; 32];
            let length = io::Read::read(&mut &file, &mut start)?;
            Ok(start.get(..length).unwrap_or_default() == content().as_bytes())
        });
        text.unwrap_or(true)
    }
}

fn content() -> String {
    format!("{}\n", std::process::id())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use nix::sys::stat::Mode;
    use nix::unistd::mkfifo;

    use super::{Pidfile, PidfileError, content};
    use crate::base::scratch::Scratch;

    #[test]
    fn written_over_what_was_there_and_removed() {
        let scratch = Scratch::new();
        let path = scratch.write("pid", "an old one that was longer\n");
        let pidfile = Pidfile::write(&path).unwrap();
        assert_eq!(scratch.read("pid"), content().as_bytes());
        pidfile.remove();
        assert_eq!(scratch.names(), [""; 0]);
    }

    #[test]
    fn what_is_no_file_of_our_own_is_neither_waited_for_nor_touched() {
        let scratch = Scratch::new();
        mkfifo(&scratch.file("fifo"), Mode::S_IRWXU).unwrap();
        fs::create_dir(scratch.file("folder")).unwrap();
        let precious = scratch.write("precious", "precious");
        fs::hard_link(&precious, scratch.file("twin")).unwrap();
        symlink(&precious, scratch.file("link")).unwrap();
        let table = [
            ("fifo", "it is no regular file"),
            ("/dev/null", "it is no regular file"),
            ("twin", "it has another name, too"),
        ];
        for (name, wanted) in table {
            let error = Pidfile::write(&scratch.file(name)).err().unwrap();
            assert_eq!(error.to_string(), wanted, "{name}");
        }
        for name in ["link", "folder"] {
            let error = Pidfile::write(&scratch.file(name)).err().unwrap();
            assert!(matches!(error, PidfileError::System(_)), "{name}");
        }
        assert_eq!(scratch.read("precious"), b"precious");
    }

    #[test]
    fn that_of_somebody_else_stays() {
        let scratch = Scratch::new();
        let pidfile = Pidfile::write(&scratch.file("pid")).unwrap();
        fs::write(scratch.file("pid"), "1\n").unwrap();
        pidfile.remove();
        let pidfile = Pidfile::write(&scratch.file("pid")).unwrap();
        fs::rename(scratch.write("other", &content()), scratch.file("pid")).unwrap();
        pidfile.remove();
        assert_eq!(scratch.names(), ["pid"]);
    }
}
