//! What can be wrong with a command line.

use super::ValueError;
use crate::base::repr::{repr, repr_list};

/// A command line that cannot be used; the text behind `Error: ` (CFG-213 to CFG-217, CTL-003).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UsageError {
    /// No such option.
    #[error("option {_0} not recognized{hint}", hint = go::behind_option(_0))]
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
    /// Words that are no options, as a Python list, and a line about the first of them.
    #[error("positional arguments are not supported: {0}{1}")]
    Positional(String, String),
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

impl UsageError {
    /// Refuses words that are no options.
    pub fn positional(words: &[String]) -> Self {
        Self::Positional(repr_list(words), go::behind_words(words))
    }
}

/// What to write instead of words of the Go supervisord (go.md, section 4). Each is a line of its own.
mod go {
    /// GOC-081.
    pub(super) fn behind_option(option: &str) -> &'static str {
        if option == "--daemon" {
            "\nsupervisord goes into the background by itself; -n keeps it in the foreground"
        } else {
            ""
        }
    }

    /// GOC-083 to GOC-087.
    pub(super) fn behind_words(words: &[String]) -> String {
        let Some((first, rest)) = words.split_first() else {
            return String::new();
        };
        let instead = match first.as_str() {
            "version" => "supervisord --version".to_owned(),
            "init" => "echo_supervisord_conf > FILE".to_owned(),
            "service" => "the systemd unit of the package".to_owned(),
            "ctl" => format!("supervisorctl {}", action(rest)),
            _ => return String::new(),
        };
        format!(
            "\n'{first}' is a command of the Go supervisord; use {}",
            instead.trim_end()
        )
    }

    /// The words of its `ctl` as supervisorctl has them (go.md, section 5).
    fn action(words: &[String]) -> String {
        let Some((first, rest)) = words.split_first() else {
            return String::new();
        };
        let groups = || {
            rest.iter()
                .map(|group| format!("{group}:*"))
                .collect::<Vec<_>>()
        };
        match first.as_str() {
            "start-group" => format!("start {}", groups().join(" ")),
            "stop-group" => format!("stop {}", groups().join(" ")),
            "reload" => "update".to_owned(),
            "logtail" => {
                let streams = ["stdout", "stderr"];
                let is_stream = |word: &&String| streams.contains(&word.as_str());
                let stream = rest.iter().find(is_stream);
                let names = rest.iter().filter(|word| !is_stream(word) && *word != "-t");
                let words: Vec<&str> = names.chain(stream).map(String::as_str).collect();
                format!("tail -f {}", words.join(" "))
            }
            _ => words.join(" "),
        }
    }
}
