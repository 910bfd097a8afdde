//! What can be wrong with `%` expressions.

use crate::base::repr::repr;

/// A value with `%` expressions that cannot be expanded (CFG-037, CFG-038).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpandError {
    /// A name that is not defined there.
    #[error(
        "Format string {} for {} contains names ({}) which cannot be expanded. Available names: {}",
        repr(.format), repr(.label), repr(.name), .available.join(", ")
    )]
    Unknown {
        /// The whole value.
        format: String,
        /// `section.option`, mostly.
        label: String,
        /// The name asked for.
        name: String,
        /// The names that could have been used, sorted.
        available: Vec<String>,
    },
    /// Anything else that is wrong with the expression.
    #[error("Format string {} for {} is badly formatted: {reason}", repr(.format), repr(.label))]
    Format {
        /// The whole value.
        format: String,
        /// `section.option`, mostly.
        label: String,
        /// What is wrong.
        reason: FormatReason,
    },
}

/// What is wrong with a `%` expression (CFG-038).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatReason {
    /// The value ends within an expression.
    #[error("incomplete format")]
    Incomplete,
    /// The value ends within the parentheses.
    #[error("incomplete format key")]
    IncompleteKey,
    /// An expression without a name.
    #[error("not enough arguments for format string")]
    NoArgument,
    /// A width or precision that is to come from the arguments, of which there are none.
    #[error("* wants int")]
    Star,
    /// A conversion that does not exist; the character's index counts characters.
    #[error("unsupported format character '{}' ({:#x}) at index {index}", printed(*.c), u32::from(*.c))]
    Unsupported {
        /// The conversion.
        c: char,
        /// Where it stands.
        index: usize,
    },
    /// A text, where an integer is needed.
    #[error("%{0} format: an integer is required, not {1}")]
    NotInteger(char, &'static str),
    /// A text, where a number is needed.
    #[error("%{0} format: a real number is required, not {1}")]
    NotNumber(char, &'static str),
    /// A text, where a floating point number is needed.
    #[error("must be real number, not {0}")]
    NotReal(&'static str),
    /// More or less than one character for `%c`.
    #[error("%c requires int or char")]
    NotChar,
    /// No such character.
    #[error("%c arg not in range(0x110000)")]
    CharRange,
    /// A width that would fill the memory.
    #[error("width too big")]
    Width,
    /// A precision that would fill the memory.
    #[error("precision too big")]
    Precision,
}

fn printed(c: char) -> char {
    if ('\x1f'..='~').contains(&c) { c } else { '?' }
}
