//! What goes beyond Supervisor in the life of a process: the options are read into [`Lifecycle`], and what several of
//! them say together is judged here (lifecycle.md, health.md).

mod each;
mod rows;
pub(super) mod values;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use super::error::{ConfigError, Reason};
use super::options::{self, Row, Scope};
use crate::base::signals::Signal;
use crate::process::cron::{CronError, Timetable, split_zone};
use crate::process::lifecycle::{
    Essential, Hook, Kind, Lifecycle, OnChange, Overlap, Schedule, StartLimit, Watch, Watched,
};
use crate::process::policy::{Autorestart, Policy};
use each::{ACTIONS, LIVENESS, OWN, READINESS};
use rows::SHARED;

/// How long a process that says when it is ready may take (LIF-154).
const READY_WITHIN: Duration = Duration::from_secs(90);

/// The options as they are read; what is still in pieces stands beside [`Lifecycle`].
#[derive(Debug, Clone, Default)]
pub(super) struct Life {
    pub(super) counts: Lifecycle,
    /// `dependent_startup` (LIF-024).
    starts: bool,
    startwait: Option<Duration>,
    burst: u32,
    interval: Duration,
    cron: String,
    zone: Option<String>,
    overlap: Overlap,
    watches_binary: bool,
    on_binary: Then,
    directory: Option<PathBuf>,
    patterns: Vec<String>,
    on_file: Then,
    depends_on: Option<String>,
    wait_for: Option<String>,
}

/// What is done in place of a restart.
#[derive(Debug, Clone, Default)]
struct Then {
    command: Option<Hook>,
    signals: Vec<Signal>,
}

impl Then {
    fn on_change(self) -> OnChange {
        match self {
            Self {
                command: Some(hook),
                ..
            } => OnChange::Run(hook),
            Self { signals, .. } if signals.is_empty() => OnChange::Restart,
            Self { signals, .. } => OnChange::Signal(signals),
        }
    }
}

/// What a process depends on, as its section has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Depends {
    /// The option: `depends_on` or its alias.
    pub(super) option: &'static str,
    /// After expansion.
    pub(super) text: String,
}

/// All rows, in the order of reading.
pub(super) fn rows() -> Vec<Row> {
    [
        options::rows(&SHARED),
        options::rows(&OWN),
        options::rows_with("readiness_check_", &READINESS),
        options::rows_with("liveness_check_", &LIVENESS),
        options::rows(&ACTIONS),
    ]
    .concat()
}

/// Whether a section has any of these options. Most have none, and are not asked for each of them.
pub(super) fn is_used(scope: &Scope<'_>, life: &Life) -> bool {
    static NAMES: OnceLock<HashSet<String>> = OnceLock::new();
    let names = NAMES.get_or_init(|| rows().into_iter().map(|row| row.name.into()).collect());
    life.counts != Lifecycle::default() || scope.any_key(|key| names.contains(key))
}

/// Reads what the processes of a section share, into what other options may have said already.
pub(super) fn shared(scope: &Scope<'_>, life: &mut Life) -> Result<(), ConfigError> {
    scope.fill(&SHARED, life)
}

/// Reads what is a process's own. What counts goes into the policy; what it depends on comes back, to be looked up when
/// all sections are known.
pub(super) fn own(
    scope: &Scope<'_>,
    mut life: Life,
    policy: &mut Policy,
) -> Result<Option<Depends>, ConfigError> {
    scope.fill(&OWN, &mut life)?;
    let check = |prefix, table| {
        let mut check = None;
        scope.of_channel(prefix).fill(table, &mut check)?;
        Ok::<_, ConfigError>(check)
    };
    life.counts.readiness_check = check("readiness_check_", &READINESS)?;
    life.counts.liveness_check = check("liveness_check_", &LIVENESS)?;
    scope.fill(&ACTIONS, &mut life)?;
    let depends = life.depends(scope)?;
    life.settle(scope, policy)?;
    Ok(depends)
}

impl Life {
    /// The dependencies, whichever option has them (LIF-023).
    fn depends(&mut self, scope: &Scope<'_>) -> Result<Option<Depends>, ConfigError> {
        let depends = match (self.depends_on.take(), self.wait_for.take()) {
            (Some(_), Some(alias)) => {
                let reason = Reason::Alias("depends_on");
                return Err(scope.refuse_own("dependent_startup_wait_for", &alias, reason));
            }
            (Some(text), None) => ("depends_on", text),
            (None, Some(text)) => ("dependent_startup_wait_for", text),
            (None, None) => return Ok(None),
        };
        let (option, text) = depends;
        Ok(Some(Depends { option, text }))
    }

    /// Puts the pieces together. A combination that makes no sense is refused where the section itself has it; what comes
    /// from defaults counts where it fits.
    fn settle(mut self, scope: &Scope<'_>, policy: &mut Policy) -> Result<(), ConfigError> {
        self.judge_checks(scope)?;
        self.judge_oneshot(scope, policy)?;
        self.settle_waits(scope)?;
        self.settle_restarts(scope)?;
        self.settle_stopping(scope, policy)?;
        self.settle_schedule(scope)?;
        let mut life = self.counts;
        if self.starts && !policy.autostart {
            life.autostart_shown = Some(false);
            policy.autostart = true;
        }
        if self.watches_binary {
            life.watches.push(Watch {
                what: Watched::Binary,
                then: self.on_binary.on_change(),
            });
        }
        if let Some(path) = self.directory {
            life.watches.push(Watch {
                what: Watched::Directory {
                    path,
                    patterns: self.patterns,
                },
                then: self.on_file.on_change(),
            });
        }
        let nothing = Lifecycle {
            copy: life.copy,
            ..Lifecycle::default()
        };
        policy.lifecycle = (life != nothing).then(|| Box::new(life));
        Ok(())
    }

    /// The options of a check say nothing without its script, and a oneshot has none (HLT-012).
    fn judge_checks(&self, scope: &Scope<'_>) -> Result<(), ConfigError> {
        let checks = [
            (
                "readiness_check_",
                "readiness_check_script",
                self.counts.readiness_check.is_some(),
            ),
            (
                "liveness_check_",
                "liveness_check_script",
                self.counts.liveness_check.is_some(),
            ),
        ];
        for (prefix, script, is_there) in checks {
            if is_there && self.counts.kind == Kind::Oneshot {
                let text = scope.text(script);
                return Err(scope.refuse_own(script, &text, Reason::Oneshot));
            }
            let mut options = scope.own_options();
            let lonely = options.find(|option| option.starts_with(prefix));
            if let (false, Some(option)) = (is_there, lonely)
                && rows().iter().any(|row| row.name == option)
                && !self.watchdog_acts(option)
            {
                return Err(scope.refuse_own(option, &scope.text(option), Reason::Needs(script)));
            }
        }
        Ok(())
    }

    /// Whether the option is an action that a watchdog takes, too (HLT-089).
    fn watchdog_acts(&self, option: &str) -> bool {
        option == "liveness_check_failure_action" && self.counts.kind == Kind::Notify
    }

    /// LIF-105.
    fn judge_oneshot(&self, scope: &Scope<'_>, policy: &Policy) -> Result<(), ConfigError> {
        let option = "autorestart";
        if self.counts.kind == Kind::Oneshot
            && policy.autorestart == Autorestart::Always
            && scope.is_own(option)
        {
            return Err(scope.refuse_own(option, &scope.text(option), Reason::Ends));
        }
        Ok(())
    }

    /// LIF-154.
    fn settle_waits(&mut self, scope: &Scope<'_>) -> Result<(), ConfigError> {
        let option = "startwaitsecs";
        let life = &mut self.counts;
        let says_ready = life.kind == Kind::Notify
            || life.ready_log_line.is_some()
            || life.readiness_check.is_some();
        let wait = match self.startwait {
            Some(wait) if says_ready || life.kind == Kind::Oneshot => Some(wait),
            Some(_) if scope.is_own(option) => {
                return Err(scope.refuse_own(option, &scope.text(option), Reason::NeedsReadiness));
            }
            _ => says_ready.then_some(READY_WITHIN),
        };
        life.startwaitsecs = wait.filter(|wait| !wait.is_zero());
        Ok(())
    }

    /// LIF-178, LIF-186.
    fn settle_restarts(&mut self, scope: &Scope<'_>) -> Result<(), ConfigError> {
        let refuse = |option, reason| Err(scope.refuse_own(option, &scope.text(option), reason));
        let restarts = &mut self.counts.restarts;
        if self.burst > 0 {
            restarts.start_limit = Some(StartLimit {
                burst: self.burst,
                interval: self.interval,
            });
        } else if scope.is_own("start_limit_interval") && !scope.has("start_limit_burst") {
            return refuse("start_limit_interval", Reason::Needs("start_limit_burst"));
        }
        if restarts.fatal_retry.is_some() && self.counts.essential != Essential::No {
            if scope.is_own("fatal_retry_secs") || scope.is_own("essential") {
                return refuse("fatal_retry_secs", Reason::Together("essential"));
            }
            restarts.fatal_retry = None;
        }
        Ok(())
    }

    /// LIF-241, LIF-346.
    fn settle_stopping(&mut self, scope: &Scope<'_>, policy: &Policy) -> Result<(), ConfigError> {
        let stopping = &mut self.counts.stopping;
        if !stopping.more_signals.is_empty() && policy.stopwaitsecs < 0 {
            let option = "stopsignal";
            let reason = Reason::Needs("stopwaitsecs of 0 or more");
            return Err(scope.refuse_own(option, &scope.text(option), reason));
        }
        stopping.is_told = !stopping.more_signals.is_empty()
            || stopping.never_kill
            || stopping.wait.is_some()
            || stopping.killwait.is_some()
            || stopping.command.is_some()
            || self.counts.refresh.is_some();
        Ok(())
    }

    /// LIF-270 to LIF-274.
    fn settle_schedule(&mut self, scope: &Scope<'_>) -> Result<(), ConfigError> {
        let refuse = |option, reason: Reason| {
            let text = scope.text(option);
            Err(scope.refuse_own(option, &text, reason))
        };
        if self.cron.trim().is_empty() {
            for option in ["cron_timezone", "cron_overlap"] {
                if scope.is_own(option) {
                    return refuse(option, Reason::Needs("cron"));
                }
            }
            return Ok(());
        }
        let parsed = Timetable::parse(&self.cron, self.zone.as_deref());
        match parsed {
            Err(CronError::Zone(zone)) if self.zone.is_some() => {
                return refuse("cron_timezone", CronError::Zone(zone).into());
            }
            Err(error) => return refuse("cron", error.into()),
            Ok(_) => {}
        }
        let (prefix, expression) = split_zone(&self.cron);
        self.counts.schedule = Some(Schedule {
            expression: expression.to_owned(),
            zone: self.zone.take().or_else(|| prefix.map(str::to_owned)),
            overlap: self.overlap,
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests;
