//! What can be wrong with a command line.

use super::ValueError;
use crate::base::repr::repr;

/// A command line that cannot be used; the text behind `Error: ` (CFG-213 to CFG-217, CTL-003).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UsageError {
    /// No such option.
    #[error("option {0} not recognized")]
    Unknown(String),
    /// The last word is an option that wants a value.
    #[error("option {0} requires argument")]
    NoArgument(String),
    /// The beginning of several long options.
    #[error("option {0} not a unique prefix")]
    NotUnique(String),
    /// `--flag=value`.
    #[error("option {0} must not have an argument")]
    Flag(String),
    /// Words that are no options, as a Python list.
    #[error("positional arguments are not supported: {0}")]
    Positional(String),
    /// The option as typed, or its full long name.
    #[error("invalid value for {option} {}: {error}", repr(.value))]
    Value {
        /// The option.
        option: String,
        /// The value.
        value: String,
        /// What is wrong with it.
        error: Box<ValueError>,
    },
    /// Given twice, in any spelling.
    #[error("conflicting command line option {}", repr(.0))]
    Conflict(String),
}
