//! The bytes of a file of which only the name is known: in a folder of configurations anything can lie. Only ordinary
//! files are read, up to a size, and nothing is waited for; the main file may be a pipe, as in `-c /dev/stdin`.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::Duration;

use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// No file may be larger: enough for some ten thousands of programs.
pub(super) const LARGEST: u64 = 16 << 20;

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The system says so.
    #[error(transparent)]
    System(#[from] io::Error),
    /// A pipe, a device, a socket.
    #[error("it is no ordinary file")]
    Odd,
    /// More bytes than a configuration can have.
    #[error("it is larger than {} MB", LARGEST >> 20)]
    TooLarge,
    /// The main file is a pipe, and whoever writes it does not.
    #[error("nobody writes into the pipe")]
    Silent,
}

/// All bytes of an ordinary file.
pub(super) fn of_file(path: &Path) -> Result<Vec<u8>, ReadError> {
    read(path, None)
}

/// All bytes of an ordinary file, or of a pipe whose writer pauses for no longer than `patience`.
pub(super) fn of_file_or_pipe(path: &Path, patience: Duration) -> Result<Vec<u8>, ReadError> {
    read(path, Some(patience))
}

fn read(path: &Path, pipe: Option<Duration>) -> Result<Vec<u8>, ReadError> {
    // a look before, because opening a device may do something
    check(&fs::metadata(path)?, pipe)?;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags((OFlag::O_NONBLOCK | OFlag::O_NOCTTY).bits())
        .open(path)?;
    let metadata = file.metadata()?;
    check(&metadata, pipe)?;
    let length = usize::try_from(metadata.len()).unwrap_or_default();
    let mut bytes = Vec::with_capacity(length + 1);
    loop {
        let room = (LARGEST + 1).saturating_sub(bytes.len() as u64);
        match (&file).take(room).read_to_end(&mut bytes) {
            Ok(_) if bytes.len() as u64 > LARGEST => return Err(ReadError::TooLarge),
            Ok(_) => return Ok(bytes),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                wait(&file, pipe.unwrap_or_default())?;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn check(metadata: &fs::Metadata, pipe: Option<Duration>) -> Result<(), ReadError> {
    let kind = metadata.file_type();
    if kind.is_dir() {
        return Err(io::Error::from(nix::Error::EISDIR).into());
    }
    if kind.is_fifo() && pipe.is_some() {
        return Ok(());
    }
    match (kind.is_file(), metadata.len()) {
        (false, _) => Err(ReadError::Odd),
        (true, ..=LARGEST) => Ok(()),
        (true, _) => Err(ReadError::TooLarge),
    }
}

fn wait(pipe: &File, patience: Duration) -> Result<(), ReadError> {
    let timeout = PollTimeout::try_from(patience).unwrap_or(PollTimeout::MAX);
    let mut pipes = [PollFd::new(pipe.as_fd(), PollFlags::POLLIN)];
    match poll(&mut pipes, timeout) {
        Ok(0) => Err(ReadError::Silent),
        Ok(_) | Err(nix::Error::EINTR) => Ok(()),
        Err(errno) => Err(io::Error::from(errno).into()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::io::Write as _;
    use std::os::fd::AsRawFd as _;
    use std::path::{Path, PathBuf};
    use std::time::Duration;

    use nix::sys::stat::Mode;
    use nix::unistd::mkfifo;

    use super::{LARGEST, of_file, of_file_or_pipe};
    use crate::base::scratch::Scratch;

    fn error(path: &Path) -> String {
        of_file(path).map_or_else(|error| error.to_string(), |bytes| format!("{bytes:?}"))
    }

    #[test]
    fn only_ordinary_files_are_read() {
        let folder = Scratch::new();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "x").unwrap();
        std::os::unix::fs::symlink(at("file"), at("link")).unwrap();
        mkfifo(&at("pipe"), Mode::S_IRWXU).unwrap();
        let sparse = File::create(at("sparse")).unwrap();
        sparse.set_len(1 << 40).unwrap();
        assert_eq!(of_file(&at("link")).unwrap(), b"x");
        assert_eq!(
            of_file(Path::new("/dev/null")).map_err(|e| e.to_string()),
            Err("it is no ordinary file".into())
        );
        assert_eq!(error(Path::new("/dev/zero")), "it is no ordinary file");
        assert_eq!(error(&at("pipe")), "it is no ordinary file");
        assert_eq!(error(&at("sparse")), "it is larger than 16 MB");
        sparse.set_len(LARGEST).unwrap();
        assert_eq!(of_file(&at("sparse")).unwrap().len() as u64, LARGEST);
    }

    #[test]
    fn a_pipe_is_read_while_somebody_writes() {
        let (reader, writer) = nix::unistd::pipe().unwrap();
        let path = PathBuf::from(format!("/proc/self/fd/{}", reader.as_raw_fd()));
        let silent = of_file_or_pipe(&path, Duration::ZERO).unwrap_err();
        assert_eq!(silent.to_string(), "nobody writes into the pipe");
        let mut writer = File::from(writer);
        writer.write_all(b"[a]").unwrap();
        drop(writer);
        assert_eq!(of_file_or_pipe(&path, Duration::ZERO).unwrap(), b"[a]");
        // without a writer it is at its end
        assert_eq!(of_file_or_pipe(&path, Duration::ZERO).unwrap(), b"");
    }
}
