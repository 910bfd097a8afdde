//! Why a process could not be made.

use super::errno::Errno;

/// A failure before the child exists. After that the child reports by itself, on its stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpawnError {
    /// A log file or a pipe could not be made (PROC-068).
    Files(Errno),
    /// The system made no process (PROC-069).
    Fork(Errno),
}

impl SpawnError {
    /// What users see as `spawnerr` of the process with that name (PROC-068, PROC-069).
    pub fn text(self, name: &str) -> String {
        match self {
            Self::Files(Errno(libc::EMFILE)) => format!("too many open files to spawn '{name}'"),
            Self::Files(errno) => {
                format!("unknown error making dispatchers for '{name}': {errno}")
            }
            Self::Fork(Errno(libc::EAGAIN)) => {
                format!("Too many processes in process table to spawn '{name}'")
            }
            Self::Fork(errno) => format!("unknown error during fork for '{name}': {errno}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Errno, SpawnError};

    #[test]
    fn texts() {
        let table = [
            (
                SpawnError::Files(Errno(libc::EMFILE)),
                "too many open files to spawn 'cat'",
            ),
            (
                SpawnError::Files(Errno(libc::EISDIR)),
                "unknown error making dispatchers for 'cat': EISDIR",
            ),
            (
                SpawnError::Fork(Errno(libc::EAGAIN)),
                "Too many processes in process table to spawn 'cat'",
            ),
            (
                SpawnError::Fork(Errno(libc::ENOMEM)),
                "unknown error during fork for 'cat': ENOMEM",
            ),
        ];
        for (error, text) in table {
            assert_eq!(error.text("cat"), text);
        }
    }
}
