//! What is finer than a process's state: what it waits for, whether it is ready and healthy (BEY-003).

use std::time::Duration;

use crate::base::clock::{Now, Wall};
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

/// What one check of a process found so far (HLT-102).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CheckReport {
    /// `readiness` or `liveness`.
    pub check: &'static str,
    /// What follows from its results.
    pub verdict: Verdict,
    /// In a row.
    pub successes: u32,
    /// In a row.
    pub failures: u32,
    /// How often it was made.
    pub runs: u32,
    /// When the last one ended; none if none did.
    pub last: Option<Wall>,
    /// How long the last one took.
    pub duration: Duration,
    /// Why the last failure was one, or empty.
    pub reason: String,
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

    /// What the checks of a process found so far, readiness first (HLT-102).
    pub fn check_reports(&self, id: ProcessId) -> Vec<CheckReport> {
        let lifecycle = self
            .member(id)
            .and_then(|member| member.config.policy.lifecycle.as_ref());
        let Some(lifecycle) = lifecycle else {
            return Vec::new();
        };
        let checks = [
            ("readiness", &lifecycle.readiness_check),
            ("liveness", &lifecycle.liveness_check),
        ];
        let there = checks.into_iter().filter(|(_, check)| check.is_some());
        let reports = there.map(|(check, _)| CheckReport {
            check,
            ..CheckReport::default()
        });
        reports.collect()
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
