//! What can be wrong with the socket of an fcgi-program.

use super::ValueError;

/// What is wrong with the socket of an fcgi-program (CFG-182, CFG-185).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SocketError {
    /// Neither `unix://` nor `tcp://host:port`.
    #[error("Bad socket format {0}")]
    Format(String),
    /// `unix://` and no slash behind it.
    #[error("Unix socket path {0} is not an absolute path")]
    Relative(String),
    /// A TCP socket is no file.
    #[error("socket_owner and socket_mode params should only be used with a Unix domain socket")]
    NotUnix,
    /// A port that is none.
    #[error(transparent)]
    Port(#[from] ValueError),
}
