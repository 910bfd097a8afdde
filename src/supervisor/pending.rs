//! A pending start: the wish to start a process as soon as it may (lifecycle.md). It is what `want` and the turn in
//! a long row of starts come to: who shall come up and has not yet, why, and what it waits for.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::clock::Mono;
use crate::base::states::ProcessState;

use super::member::ProcessId;

/// A process that is to be started as soon as it may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, and all go together"
)]
pub struct Pending {
    /// Who wants it.
    pub origin: Origin,
    /// A client has asked for it as well: it no longer waits for a delay, and its count of failures begins anew.
    pub asked: bool,
    /// A client wants it whatever it depends on (LIF-049).
    pub free: bool,
    /// What it waits for.
    pub stage: Stage,
    /// How much later than others of its section it comes (LIF-191).
    pub spread: Duration,
    /// Its delay is over, so that only its conditions count.
    pub delayed: bool,
    /// The main log has heard that it waits (LIF-046).
    pub told: bool,
    /// Why it cannot start for the time being (LIF-052).
    pub blocked: Option<Unmet>,
    /// All that it waited for held at one moment, which is over already (LIF-037).
    pub granted: bool,
    /// Completions that were seen while it waited: the item of `depends_on`, and whose (LIF-036).
    pub seen: BTreeSet<(usize, ProcessId)>,
}

/// Who wants a process to start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// It starts by itself: at boot, or because its group was added.
    Autostart,
    /// A client.
    Request {
        /// Whatever it depends on (LIF-049).
        alone: bool,
    },
    /// Something that depends on it (LIF-042).
    Pulled {
        /// A client wants that.
        by_request: bool,
    },
    /// It has ended, or failed to start, and is started again; failures count on (LIF-044).
    Again,
    /// It is started anew after a life, with a fresh count.
    Anew(Reason),
}

/// Why a process is started anew by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reason {
    /// It was in FATAL for long enough (LIF-176).
    FatalRetry,
    /// Its liveness check failed, or its watchdog (HLT-081).
    Liveness,
    /// A file changed (LIF-282).
    FileChanged,
    /// Its time has come (LIF-273, LIF-274).
    Cron,
    /// It is part of an update.
    Update,
}

/// What a pending start waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// Its turn to be looked at.
    Line,
    /// Others, or its own end.
    Others,
    /// A moment.
    Delay(Mono),
}

/// A dependency that does not fulfil its condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unmet {
    /// Who, as a namespec.
    pub whom: String,
    /// How it is instead.
    pub how: How,
}

/// How a dependency is that does not fulfil its condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum How {
    /// It is in no active group.
    NotThere,
    /// It must not be started.
    Disabled,
    /// It has a pending start itself.
    Pending,
    /// It is in that state.
    In(ProcessState),
}

impl How {
    /// As details show it (LIF-340).
    pub fn in_details(self) -> String {
        match self {
            Self::In(state) => state.name().to_lowercase(),
            Self::NotThere => "not there".to_owned(),
            Self::Disabled => "disabled".to_owned(),
            Self::Pending => "pending".to_owned(),
        }
    }
}

impl std::fmt::Display for Unmet {
    /// As spawn errors and lines show it (LIF-051).
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "dependency {} is ", self.whom)?;
        match self.how {
            How::In(state) => f.write_str(state.name()),
            how => f.write_str(&how.in_details()),
        }
    }
}

impl Origin {
    /// Whether it pulls along what is needed (LIF-042, LIF-044, LIF-049).
    pub const fn pulls(&self) -> bool {
        match self {
            Self::Autostart | Self::Request { alone: false } | Self::Pulled { .. } => true,
            Self::Request { alone: true } | Self::Again | Self::Anew(_) => false,
        }
    }
}

impl Pending {
    /// It was wished for just now.
    pub fn new(origin: Origin) -> Self {
        Self {
            asked: matches!(origin, Origin::Request { .. }),
            free: origin == Origin::Request { alone: true },
            origin,
            stage: Stage::Line,
            spread: Duration::ZERO,
            delayed: false,
            told: false,
            blocked: None,
            granted: false,
            seen: BTreeSet::new(),
        }
    }

    /// Whether it fails when a dependency is lost; others wait on (LIF-051, LIF-052).
    pub const fn is_request(&self) -> bool {
        matches!(
            self.origin,
            Origin::Request { .. } | Origin::Pulled { by_request: true }
        )
    }

    /// Whether a life has come before it, so that completions do not count (LIF-044).
    pub const fn follows_a_life(&self) -> bool {
        !self.asked && matches!(self.origin, Origin::Again | Origin::Anew(_))
    }

    /// Whether it starts by hand, with a fresh count (DEC-021).
    pub const fn is_by_hand(&self) -> bool {
        self.asked || self.is_request()
    }
}

impl Reason {
    /// What the process's detail says until it is started (LIF-349).
    pub const fn detail(self) -> Option<&'static str> {
        match self {
            Self::Liveness => Some("restarting: liveness check failed"),
            Self::FileChanged => Some("restarting: file changed"),
            Self::Cron => Some("restarting: cron"),
            Self::FatalRetry | Self::Update => None,
        }
    }
}
