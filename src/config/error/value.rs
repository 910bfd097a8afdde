//! What can be wrong with a value by itself, whatever option it stands in.

use super::ExpandError;
use crate::base::repr::repr;
use crate::base::units::UnitError;
use crate::config::envlist;

/// A value that its option does not accept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// A number, a boolean or a mode that is none.
    #[error(transparent)]
    Unit(#[from] UnitError),
    /// No signal has that name (CFG-082).
    #[error("value {} is not a valid signal name", repr(.0))]
    SignalName(String),
    /// No signal has that number (CFG-082).
    #[error("value {} is not a valid signal number", repr(.0))]
    SignalNumber(String),
    /// CFG-083.
    #[error("not a valid list of exit codes: {}", repr(.0))]
    ExitCodes(String),
    /// CFG-085; the value in lower case.
    #[error("invalid 'autorestart' value {}", repr(.0))]
    Autorestart(String),
    /// CFG-086.
    #[error("bad logging level name {}", repr(.0))]
    Level(String),
    /// CFG-087.
    #[error("{0} is not an existing directory")]
    Directory(String),
    /// CFG-088.
    #[error("The directory named as part of the path {0} does not exist")]
    FileDirectory(String),
    /// CFG-090.
    #[error("Invalid user name {0}")]
    UserName(String),
    /// CFG-090.
    #[error("Invalid user id {0}")]
    UserId(String),
    /// CFG-091.
    #[error("Invalid user:group definition {0}")]
    UserGroup(String),
    /// CFG-092; the blank at the end is the reference's.
    #[error("not a valid port number: {} ", repr(.0))]
    Port(String),
    /// A host and a colon, and nothing behind it (CFG-092).
    #[error("no port number specified in ''")]
    NoPort,
    /// Not of the reference, which knows no IPv6.
    #[error("not an IPv6 address in brackets and a port, as in '[::1]:9001': {}", repr(.0))]
    Ipv6(String),
    /// CFG-092.
    #[error("{0} is above upper bound (65535)")]
    PortTooHigh(i64),
    /// CFG-092.
    #[error("{0} is below lower bound (1)")]
    PortTooLow(i64),
    /// CFG-093.
    #[error("Invalid name: {} because of character: {}", repr(.0), repr(&.1.to_string()))]
    Name(String, char),
    /// Blanks and colons break event headers (DEC-015).
    #[error("Invalid identifier: {} because of character: {}", repr(.0), repr(&.1.to_string()))]
    Identifier(String, char),
    /// CFG-094.
    #[error("value {} is not a URL", repr(.0))]
    Url(String),
    /// Brackets in a URL that do not pair.
    #[error("Invalid IPv6 URL")]
    UrlBrackets,
    /// CFG-101.
    #[error("Unexpected end of key/value pairs in value '{0}'")]
    Pairs(String),
    /// CFG-101; the whole value.
    #[error("No closing quotation")]
    Quotation(String),
    /// A backslash at the very end of an environment list; the whole value.
    #[error("No escaped character")]
    Escape(String),
    /// An expansion failed.
    #[error(transparent)]
    Expand(#[from] ExpandError),
}

impl ValueError {
    /// What to write instead, where the text does not tell.
    pub(super) fn advice(&self) -> Option<String> {
        match self {
            Self::Unit(UnitError::Size(_)) => {
                Some("a size is a number of bytes, or a number with KB, MB or GB".into())
            }
            Self::Pairs(list) | Self::Quotation(list) | Self::Escape(list) => envlist::advice(list),
            _ => None,
        }
    }
}
