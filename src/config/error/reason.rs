//! What can be wrong with an option that Supervisor has not: the reasons of LIF-001.

use std::path::PathBuf;

use super::ValueError;
use crate::base::errno::Errno;
use crate::base::span::SpanError;
use crate::config::envfile::EnvFileError;
use crate::config::script::ScriptError;
use crate::process::cron::CronError;

/// Why a value is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// A word outside a closed list (LIF-002).
    #[error("allowed are {}", .0.join(", "))]
    Allowed(&'static [&'static str]),
    /// A number or a time that is too small (LIF-002).
    #[error("must be at least {0}")]
    AtLeast(&'static str),
    /// A number or a time out of its range (LIF-002).
    #[error("must be between {0} and {1}")]
    Between(u32, u32),
    /// LIF-002.
    #[error(transparent)]
    Span(#[from] SpanError),
    /// LIF-002.
    #[error("not a whole number")]
    Whole,
    /// No number at all.
    #[error("not a number")]
    Number,
    /// LIF-002.
    #[error("not a valid boolean value")]
    Boolean,
    /// A value that Supervisor's own words fit.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// Another spelling of the option has another value (BEY-004, LIF-023).
    #[error("is an alias of {0}, which is set too")]
    Alias(&'static str),
    /// LIF-017.
    #[error("no program, group or process '{name}'{}", did_you_mean(.near.as_deref()))]
    UnknownName {
        /// The name.
        name: String,
        /// One that it was probably meant to be.
        near: Option<String>,
    },
    /// LIF-017.
    #[error(
        "no process '{process}' in group '{group}', and no condition of that name; conditions are started, running, \
         healthy, exited, ended"
    )]
    UnknownProcess {
        /// The group.
        group: String,
        /// What is neither a process of it nor a condition.
        process: String,
    },
    /// The third word of an item (LIF-011).
    #[error("no condition '{0}'; conditions are started, running, healthy, exited, ended")]
    UnknownCondition(String),
    /// An item with too many or empty words.
    #[error("not a name, name:condition or group:process:condition")]
    Item,
    /// LIF-014.
    #[error("'{0}' is a oneshot; conditions are started, exited, ended")]
    OfOneshot(String),
    /// LIF-020.
    #[error(
        "'{0}' has nothing that tells its health (readiness_check_script, liveness_check_script, type=notify or \
         ready_log_line)"
    )]
    NoHealth(String),
    /// LIF-105.
    #[error("a oneshot ends for good; leave autorestart out")]
    Ends,
    /// LIF-154.
    #[error("needs type=oneshot, type=notify, ready_log_line or readiness_check_script")]
    NeedsReadiness,
    /// An option that says nothing without another (LIF-178, health.md section 1).
    #[error("needs {0}")]
    Needs(&'static str),
    /// Two options that exclude each other (LIF-186).
    #[error("cannot be set together with {0}")]
    Together(&'static str),
    /// LIF-244.
    #[error("set only one of reloadsignal, reloadcommand")]
    OnlyOne,
    /// LIF-152.
    #[error("not a regular expression: {0}")]
    Regex(String),
    /// HLT-024.
    #[error("not a check: {0}")]
    Check(ScriptError),
    /// A hook that cannot be read (LIF-254).
    #[error("not a hook: {0}")]
    Hook(ScriptError),
    /// HLT-012.
    #[error("not for type=oneshot")]
    Oneshot,
    /// LIF-271, LIF-272.
    #[error(transparent)]
    Cron(#[from] CronError),
    /// LIF-280.
    #[error("not a directory")]
    Directory,
    /// LIF-302.
    #[error("cannot read {}: {errno}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        errno: Errno,
    },
    /// LIF-302.
    #[error("{}, {error}", .path.display())]
    EnvFile {
        /// The file.
        path: PathBuf,
        /// What is wrong in it.
        error: EnvFileError,
    },
    /// A file that is no ordinary one, or too large.
    #[error("cannot read {}: {why}", .path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// An item of `environment_from_file`.
    #[error("not NAME=path")]
    NamedPath,
    /// LIF-307.
    #[error("no user with uid {0}")]
    NoUser(u32),
    /// LIF-311.
    #[error("no section [program-default:{0}] or [program:{0}]")]
    NoSection(String),
    /// LIF-312.
    #[error("not in a group")]
    InGroup,
}

fn did_you_mean(near: Option<&str>) -> String {
    near.map_or_else(String::new, |near| format!("; did you mean '{near}'?"))
}

/// A reason, and the item that it is about; without one, the whole value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The part of a list that is wrong.
    pub item: Option<String>,
    /// Why.
    pub reason: Reason,
}

impl Refused {
    /// Refuses one item of a list.
    pub fn item(item: &str, reason: impl Into<Reason>) -> Self {
        Self {
            item: Some(item.to_owned()),
            reason: reason.into(),
        }
    }
}

impl<R: Into<Reason>> From<R> for Refused {
    fn from(reason: R) -> Self {
        Self {
            item: None,
            reason: reason.into(),
        }
    }
}
