//! What is finer than a process's state: what it waits for, whether it is ready and healthy (BEY-003).

use crate::base::clock::Now;
use crate::base::states::ProcessState;
use crate::process::lifecycle::Kind;

use super::Supervisor;
use super::member::{Member, ProcessId};

/// What a check found so far (HLT-060).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub enum Verdict {
    /// Not enough in a row of either.
    #[default]
    Unknown,
    /// It works.
    Healthy,
    /// It does not.
    Unhealthy,
}

impl Verdict {
    /// As clients see it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
        }
    }
}

impl Supervisor {
    /// A short text in lower case that says more than the state; empty if there is nothing to be said (BEY-003,
    /// lifecycle.md section 24).
    pub fn detail(&self, id: ProcessId, _now: Now) -> String {
        let Some(member) = self.member(id) else {
            return String::new();
        };
        detail_of(member)
    }

    /// Whether it does its work (LIF-150).
    pub fn is_ready(&self, id: ProcessId) -> bool {
        self.member(id).is_some_and(is_ready)
    }

    /// The verdict of its liveness check; none without one (HLT-101).
    pub fn health(&self, id: ProcessId) -> Option<Verdict> {
        let lifecycle = self.member(id)?.config.policy.lifecycle.as_ref()?;
        lifecycle.liveness_check.as_ref()?;
        Some(Verdict::Unknown)
    }
}

fn detail_of(member: &Member) -> String {
    let lifecycle = member.config.policy.lifecycle.as_ref();
    let runs_once = lifecycle.is_some_and(|lifecycle| lifecycle.kind == Kind::Oneshot)
        && member.process.state == ProcessState::Starting;
    if runs_once {
        "running once".to_owned()
    } else {
        String::new()
    }
}

/// Whether its readiness checks hold now, and its liveness check has passed in this life and is not failed (LIF-032).
pub(super) fn is_healthy(member: &Member) -> bool {
    is_ready(member)
}

fn is_ready(member: &Member) -> bool {
    let lifecycle = member.config.policy.lifecycle.as_ref();
    match lifecycle.map_or(Kind::Simple, |lifecycle| lifecycle.kind) {
        Kind::Oneshot => {
            member.process.state == ProcessState::Exited && member.process.spawnerr.is_none()
        }
        Kind::Simple | Kind::Notify => member.process.state == ProcessState::Running,
    }
}
