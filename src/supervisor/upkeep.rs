//! What is known of all that is done for a process beside running it: helper children, questions over the network,
//! checks. Plain data, and absent while there is none of it.

use serde::{Deserialize, Serialize};

use crate::base::clock::Mono;
use crate::base::health::CheckKind;
use crate::base::pid::Pid;
use crate::process::checking::Checking;
use crate::process::hook::Role;

use super::ports::CheckId;
use super::schedule::Runs;

/// What is under way for one process.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Upkeep {
    /// What runs.
    pub(super) helpers: Vec<Helper>,
    /// What the readiness check found.
    pub(super) readiness: Option<Checking>,
    /// What the liveness check found.
    pub(super) liveness: Option<Checking>,
    /// When it runs by itself (LIF-270).
    #[serde(default)]
    pub(super) runs: Option<Runs>,
    /// How its watchdog failed, while it is not well again.
    pub(super) watchdog: Option<String>,
    /// It was stopped because of its health, and not started since (HLT-082).
    pub(super) stopped_by_check: bool,
    /// When the main log heard last that it cannot be checked.
    pub(super) complained: Option<Mono>,
}

/// Something that runs for a process and is no child of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Helper {
    /// What for.
    pub(super) role: Role,
    /// As what.
    pub(super) way: Way,
    /// Since when.
    pub(super) started: Mono,
    /// When it is killed; none if it was, or ends by itself.
    pub(super) deadline: Option<Mono>,
    /// It took too long.
    pub(super) overdue: bool,
    /// Nobody wants to know what comes of it (HLT-047).
    pub(super) stale: bool,
}

/// As what something runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Way {
    /// A child.
    Child(Pid),
    /// A question over the network.
    Question(CheckId),
}

impl Upkeep {
    /// What was known of an earlier life is forgotten.
    pub(super) fn begin_life(&mut self) {
        self.watchdog = None;
        self.stopped_by_check = false;
    }

    /// Whether that runs.
    pub(super) fn runs(&self, role: Role) -> bool {
        self.helpers.iter().any(|helper| helper.role == role)
    }

    /// Whether there is nothing to be known.
    pub(super) fn is_empty(&self) -> bool {
        let Self {
            helpers,
            readiness,
            liveness,
            runs,
            watchdog,
            stopped_by_check,
            complained: _,
        } = self;
        helpers.is_empty()
            && readiness.is_none()
            && liveness.is_none()
            && runs.is_none()
            && watchdog.is_none()
            && !stopped_by_check
    }

    /// What one of the checks found.
    pub(super) const fn checking(&self, kind: CheckKind) -> Option<&Checking> {
        match kind {
            CheckKind::Readiness => self.readiness.as_ref(),
            CheckKind::Liveness => self.liveness.as_ref(),
        }
    }

    /// When something of it has to be looked at.
    pub(super) fn wake(&self) -> Option<Mono> {
        let helpers = self.helpers.iter().filter_map(|helper| helper.deadline);
        let checks = [&self.readiness, &self.liveness].into_iter().flatten();
        let runs = self.runs.as_ref().and_then(|runs| runs.due);
        let checks = checks.filter_map(Checking::due);
        helpers.chain(checks).chain(runs).min()
    }

    /// Takes out what ran in that way.
    pub(super) fn take(&mut self, way: Way) -> Option<Helper> {
        let at = self.helpers.iter().position(|helper| helper.way == way)?;
        Some(self.helpers.swap_remove(at))
    }
}
