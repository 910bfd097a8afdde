//! What can be foreseen to go wrong with a command, with the reference's words for it.

use super::error::ClientError;
use super::render::{self, escaped, escaped_lines, named_error};
use super::status;

/// Something that was foreseen, but is not what the user wanted. `Display` is the line that is printed, but for
/// [`Self::Unreachable`], which depends on who reads.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// No such command (CTL-052).
    #[error("*** Unknown syntax: {}", escaped(line))]
    UnknownCommand {
        /// What was typed.
        line: String,
        /// Another one where commands may be missing (DEC-083).
        status: u8,
    },
    /// The words behind a command make no sense.
    #[error("{line}{}", .help.as_ref().map(|help| format!("\n{help}")).unwrap_or_default())]
    Misuse {
        /// What is wrong.
        line: String,
        /// How the command is meant, if that is told.
        help: Option<String>,
        /// The exit status.
        status: u8,
    },
    /// The server is not there (CTL-031).
    #[error("{error}")]
    Unreachable {
        /// How that was found out.
        error: ClientError,
        /// The exit status.
        status: u8,
    },
    /// The server speaks another version of the interface (CTL-033).
    #[error("{}", render::wrong_version(.0))]
    OtherVersion(String),
    /// The server has no `supervisor` namespace (CTL-034).
    #[error("{}", render::NO_NAMESPACE)]
    NoNamespace,
    /// The server has no such method, and so is no supervisord like this one (CLX-004).
    #[error("ERROR: this supervisord cannot do that (no ext.{0})")]
    CannotDo(&'static str),
    /// The server wants credentials (CTL-037).
    #[error("Server requires authentication")]
    NoCredentials,
    /// Credentials were given, but the server wants others.
    #[error("ERROR: user and password are wrong")]
    WrongCredentials,
    /// A name that names nothing; what it should be.
    #[error("{}", named_error(name, why))]
    Named {
        /// What it was asked about.
        name: String,
        /// What is wrong with it.
        why: &'static str,
        /// The exit status.
        status: u8,
    },
    /// `pid` of a name that no process has (CTL-115).
    #[error("No such process {}", escaped(.0))]
    NoProcess(String),
    /// `add` or `remove` of a name that no group has (CTL-146, CTL-147).
    #[error("ERROR: no such process/group: {}", escaped(.0))]
    NoProcessOrGroup(String),
    /// `update` of a name that no group has (CTL-144).
    #[error("ERROR: no such group: {}", escaped(.0))]
    NoGroup(String),
    /// `add` of a group that is active (CTL-146).
    #[error("ERROR: process group already active")]
    AlreadyActive,
    /// `remove` of a group that is not stopped (CTL-147).
    #[error("ERROR: process/group still running: {}", escaped(.0))]
    StillRunning(String),
    /// A group of which a process could not be stopped (CTL-143).
    #[error("{}", render::named(.0, "has problems; not removing"))]
    NotRemoved(String),
    /// The configuration cannot be read (CTL-141).
    #[error("ERROR: {}", escaped_lines(.0))]
    CannotReread(String),
    /// The server goes down, said of what needs it up (CTL-140, CTL-141).
    #[error("ERROR: supervisor shutting down")]
    GoingDown,
    /// The server goes down, said by `add` (CTL-146).
    #[error("ERROR: shutting down")]
    ShuttingDown,
    /// The server goes down, said of what would take it down (CTL-151, CTL-152).
    #[error("ERROR: already shutting down")]
    AlreadyGoingDown,
    /// `shutdown` of a server that is not there (CTL-151).
    #[error("ERROR: {0} (already shut down?)")]
    AlreadyDown(String),
    /// `fg` of a process that does not run (CTL-162).
    #[error("ERROR: process not running")]
    NotRunning,
    /// `fg` of a name that no process has (CTL-162).
    #[error("ERROR: bad process name supplied")]
    BadName,
    /// The server refuses what `fg` asks; why, as a sentence.
    #[error("ERROR: {0}")]
    Refused(String),
    /// The server does not stream a log (CTL-124).
    #[error("{url} Cannot read, status code {code}")]
    NoStream {
        /// Where the log should be.
        url: String,
        /// What the server answered.
        code: u16,
    },
    /// The stream of a log broke, or never began (CTL-124).
    #[error("{url} Cannot connect, error: {why}")]
    BrokenStream {
        /// Where the log should be.
        url: String,
        /// What happened, as a sentence.
        why: String,
    },
}

impl Problem {
    /// `NAME: ERROR (WHY)` with the exit status of most problems.
    pub fn named(name: &str, why: &'static str) -> Self {
        Self::Named {
            name: name.to_owned(),
            why,
            status: status::GENERIC,
        }
    }

    /// The exit status.
    pub fn status(&self) -> u8 {
        match self {
            Self::UnknownCommand { status, .. }
            | Self::Misuse { status, .. }
            | Self::Unreachable { status, .. }
            | Self::Named { status, .. } => *status,
            Self::OtherVersion(_) => status::OTHER_VERSION,
            Self::NoNamespace => status::UNIMPLEMENTED,
            Self::CannotDo(_)
            | Self::NoCredentials
            | Self::WrongCredentials
            | Self::NoProcess(_)
            | Self::NoProcessOrGroup(_)
            | Self::NoGroup(_)
            | Self::AlreadyActive
            | Self::StillRunning(_)
            | Self::NotRemoved(_)
            | Self::CannotReread(_)
            | Self::GoingDown
            | Self::ShuttingDown
            | Self::AlreadyGoingDown
            | Self::AlreadyDown(_)
            | Self::NotRunning
            | Self::BadName
            | Self::Refused(_)
            | Self::NoStream { .. }
            | Self::BrokenStream { .. } => status::GENERIC,
        }
    }

    /// It goes to standard error, so that it does not stand among the bytes of a log.
    pub fn is_beside_a_log(&self) -> bool {
        matches!(self, Self::NoStream { .. } | Self::BrokenStream { .. })
    }
}
