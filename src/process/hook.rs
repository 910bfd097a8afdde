//! What is run for a process beside its own child.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::health::CheckKind;

use super::lifecycle::check::Script;
use super::lifecycle::{FailureAction, Hook, Lifecycle, OnChange, Refresh, Watched};

/// Which of the things that are run for a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Role {
    /// `pre_start_hook`.
    PreStart,
    /// `post_start_hook`.
    PostStart,
    /// `pre_stop_hook`.
    PreStop,
    /// `post_stop_hook`.
    PostStop,
    /// `stopcommand`.
    StopCommand,
    /// `reloadcommand`.
    Reload,
    /// What the watch with that index runs (LIF-282).
    Change(usize),
    /// A check.
    Check(CheckKind),
    /// `liveness_check_success_action`.
    SuccessAction,
    /// `liveness_check_failure_action`.
    FailureAction,
}

/// What is run, as whom and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Task<'a> {
    /// What.
    pub script: &'a Script,
    /// Its failure counts as success (LIF-254).
    pub may_fail: bool,
    /// As the daemon's own user.
    pub as_daemon: bool,
    /// Then it has failed.
    pub timeout: Duration,
}

impl Role {
    /// The option that lines and the environment name (LIF-255, HLT-040).
    pub fn option(self, lifecycle: &Lifecycle) -> &'static str {
        match self {
            Self::PreStart => "pre_start_hook",
            Self::PostStart => "post_start_hook",
            Self::PreStop => "pre_stop_hook",
            Self::PostStop => "post_stop_hook",
            Self::StopCommand => "stopcommand",
            Self::Reload => "reloadcommand",
            Self::Change(index) => match lifecycle.watches.get(index).map(|watch| &watch.what) {
                Some(Watched::Binary) => "restart_cmd_when_binary_changed",
                Some(Watched::Directory { .. }) | None => "restart_cmd_when_file_changed",
            },
            Self::Check(CheckKind::Readiness) => "readiness_check",
            Self::Check(CheckKind::Liveness) => "liveness_check",
            Self::SuccessAction => "liveness_check_success_action",
            Self::FailureAction => "liveness_check_failure_action",
        }
    }

    /// Whether the process waits within its state until it has ended.
    pub const fn is_waited_for(self) -> bool {
        matches!(self, Self::PreStart | Self::PreStop | Self::StopCommand)
    }

    /// Whether it is one of those of which few run at a time (HLT-045).
    pub const fn is_of_checks(self) -> bool {
        match self {
            Self::Check(_) | Self::SuccessAction | Self::FailureAction => true,
            Self::PreStart
            | Self::PostStart
            | Self::PreStop
            | Self::PostStop
            | Self::StopCommand
            | Self::Reload
            | Self::Change(_) => false,
        }
    }

    /// What the options say of it; none if it is not set.
    pub fn task(self, lifecycle: &Lifecycle) -> Option<Task<'_>> {
        let hooks = &lifecycle.hooks;
        let hook = match self {
            Self::PreStart => hooks.pre_start.as_ref(),
            Self::PostStart => hooks.post_start.as_ref(),
            Self::PreStop => hooks.pre_stop.as_ref(),
            Self::PostStop => hooks.post_stop.as_ref(),
            Self::StopCommand => lifecycle.stopping.command.as_ref(),
            Self::Reload => match &lifecycle.refresh {
                Some(Refresh::Command(hook)) => Some(hook),
                Some(Refresh::Signal(_)) | None => None,
            },
            Self::Change(index) => match lifecycle.watches.get(index).map(|watch| &watch.then) {
                Some(OnChange::Run(hook)) => Some(hook),
                Some(OnChange::Restart | OnChange::Signal(_)) | None => None,
            },
            Self::SuccessAction => lifecycle.liveness_success.as_ref(),
            Self::FailureAction => match &lifecycle.liveness_failure {
                FailureAction::Run(hook) => Some(hook),
                FailureAction::Restart | FailureAction::Stop | FailureAction::None => None,
            },
            Self::Check(kind) => {
                let check = match kind {
                    CheckKind::Readiness => lifecycle.readiness_check.as_ref(),
                    CheckKind::Liveness => lifecycle.liveness_check.as_ref(),
                };
                return check.map(|check| Task {
                    script: &check.script,
                    may_fail: false,
                    as_daemon: check.as_daemon,
                    timeout: check.timeout,
                });
            }
        };
        hook.map(|hook: &Hook| Task {
            script: &hook.script,
            may_fail: hook.may_fail,
            as_daemon: hook.as_daemon,
            timeout: hooks.timeout,
        })
    }
}
