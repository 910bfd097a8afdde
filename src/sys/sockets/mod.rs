//! Sockets that listen: those of the HTTP servers (daemon.md, section 9), and those that FastCGI programs share
//! (process.md, section 12).

mod fastcgi;
mod file;
mod inet;
mod unix;

pub use fastcgi::{FcgiError, FcgiListener, create as create_fastcgi};
pub use file::SocketFile;
pub use inet::{ResolveError, listen as listen_inet, resolve};
pub use unix::{UnixServer, can_connect, listen as listen_unix, listen_again as listen_unix_again};

use std::path::PathBuf;

use crate::base::errno::Errno;

/// How many connections may wait for the daemon (DMN-069).
const BACKLOG: i32 = 1024;

/// Why a server cannot be opened. The texts are usage errors.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServerError {
    /// Somebody listens there (DMN-066).
    #[error(
        "Another program is already listening on a port that one of our HTTP servers is configured to use.  \
         Shut this program down first before starting supervisord."
    )]
    InUse,
    /// The system refused (DMN-067).
    #[error("Cannot open an HTTP server: socket.error reported {}", reported(*.0))]
    System(Errno),
    /// The system refused an IPv6 address, which is named for people.
    #[error(
        "Cannot open an HTTP server: socket.error reported {} ({}: {})",
        reported(*.1), .0, .1.description()
    )]
    Unusable(String, Errno),
    /// The host name has no address, with the resolver's code (DMN-067), and what that means for people.
    #[error("Cannot open an HTTP server: socket.error reported {code} ({host}: {text})")]
    Unresolved {
        /// What was looked up.
        host: String,
        /// The resolver's code.
        code: i32,
        /// Its meaning.
        text: String,
    },
    /// DMN-067.
    #[error("Cannot open an HTTP server: socket.error reported AF_UNIX path too long")]
    PathTooLong,
    /// Something else is in the way; it stays (DEC-042).
    #[error("Cannot open an HTTP server: {} exists and is not a socket", .0.display())]
    NotASocket(PathBuf),
    /// The socket could not be prepared beside its place.
    #[error("Cannot open an HTTP server: {} is in the way", .0.display())]
    InTheWay(PathBuf),
    /// DMN-068. An id that was not to change is -1.
    #[error(
        "Not permitted to chown {} to uid/gid ({uid}, {gid}); adjust \"sockchown\" value in config file or on \
         command line to values that the current user ({user}) can successfully chown",
        .path.display()
    )]
    Chown {
        /// The socket.
        path: PathBuf,
        /// Wanted user id.
        uid: i64,
        /// Wanted group id.
        gid: i64,
        /// Our own user.
        user: String,
    },
}

fn reported(errno: Errno) -> String {
    match errno.name() {
        Some(name) => format!("errno.{name} ({})", errno.0),
        None => errno.0.to_string(),
    }
}

impl From<Errno> for ServerError {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno(libc::EADDRINUSE) => Self::InUse,
            errno => Self::System(errno),
        }
    }
}

impl From<nix::errno::Errno> for ServerError {
    fn from(errno: nix::errno::Errno) -> Self {
        Errno::from(errno).into()
    }
}

impl From<std::io::Error> for ServerError {
    fn from(error: std::io::Error) -> Self {
        Errno::from(error).into()
    }
}

#[cfg(test)]
mod tests {
    use super::ServerError;
    use crate::base::errno::Errno;

    #[test]
    fn texts() {
        let table = [
            (
                ServerError::from(Errno(libc::EADDRINUSE)),
                "Another program is already listening on a port that one of our HTTP servers is configured to use.  Shut this program down first before starting supervisord.",
            ),
            (
                ServerError::from(Errno(libc::ENOENT)),
                "Cannot open an HTTP server: socket.error reported errno.ENOENT (2)",
            ),
            (
                ServerError::from(Errno(4000)),
                "Cannot open an HTTP server: socket.error reported 4000",
            ),
            (
                ServerError::Unresolved {
                    host: "nowhere".to_owned(),
                    code: -2,
                    text: "Name or service not known".to_owned(),
                },
                "Cannot open an HTTP server: socket.error reported -2 (nowhere: Name or service not known)",
            ),
            (
                ServerError::PathTooLong,
                "Cannot open an HTTP server: socket.error reported AF_UNIX path too long",
            ),
            (
                ServerError::NotASocket("/etc/passwd".into()),
                "Cannot open an HTTP server: /etc/passwd exists and is not a socket",
            ),
            (
                ServerError::InTheWay("/tmp/s.x".into()),
                "Cannot open an HTTP server: /tmp/s.x is in the way",
            ),
            (
                ServerError::Chown {
                    path: "/tmp/s".into(),
                    uid: 65534,
                    gid: -1,
                    user: "daemon".to_owned(),
                },
                "Not permitted to chown /tmp/s to uid/gid (65534, -1); adjust \"sockchown\" value in config file or on command line to values that the current user (daemon) can successfully chown",
            ),
        ];
        for (error, text) in table {
            assert_eq!(error.to_string(), text);
        }
    }
}
