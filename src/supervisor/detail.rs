//! What is finer than a process's state: what it waits for, whether it is ready and healthy (BEY-003; lifecycle.md,
//! section 24).

use crate::base::clock::{Mono, Now};
use crate::base::health::{CheckKind, Verdict};
use crate::base::span::whole_seconds;
use crate::base::states::ProcessState as State;
use crate::process::checking::Checking;
use crate::process::durable::{Life, Says, Stage};
use crate::process::hook::Role;
use crate::process::lifecycle::{Kind, Lifecycle};
use crate::process::machine::ReadyBy;

use super::Supervisor;
use super::conditions::{ended_as_expected, is_disabled};
use super::member::{Member, ProcessId};
use super::pending::Origin;
use super::schedule::next_run;

impl Supervisor {
    /// A short text in lower case that says more than the state; empty if there is nothing to be said.
    pub fn detail(&self, id: ProcessId, now: Now) -> String {
        let Some(member) = self.member(id) else {
            return String::new();
        };
        if let Some(text) = self.detail_of_order(member, now) {
            return text;
        }
        let process = &member.process;
        let text = match process.state {
            State::Starting => starting(member),
            State::Running => running(member),
            State::Stopping => stopping(member, now),
            State::Backoff => backoff(member, now),
            State::Exited => exited(member, now),
            State::Fatal => held_up(member).or_else(|| {
                let at = process.deadline?;
                Some(format!(
                    "next try in {} s (fatal_retry_secs)",
                    left(at, now)
                ))
            }),
            State::Stopped => held_up(member),
            State::Unknown => return String::new(),
        };
        let next_run = || {
            let is_stopped = process.state.is_stopped();
            is_stopped.then(|| next_run(member)).flatten()
        };
        let text = text.or_else(|| at_rest(member)).or_else(next_run);
        text.unwrap_or_default()
    }

    /// Whether it does its work (LIF-150).
    pub fn is_ready(&self, id: ProcessId) -> bool {
        self.member(id).is_some_and(is_ready)
    }

    /// The verdict of its liveness check; none without one (HLT-101).
    pub fn health(&self, id: ProcessId) -> Option<Verdict> {
        let member = self.member(id)?;
        lifecycle(member)?.liveness_check.as_ref()?;
        Some(verdict(member, CheckKind::Liveness))
    }
}

/// What is to be said of one that does not run and is not about to.
fn at_rest(member: &Member) -> Option<String> {
    if !member.process.state.is_stopped() {
        return None;
    }
    let upkeep = member.upkeep.as_ref();
    if is_disabled(member) {
        Some("disabled".to_owned())
    } else if upkeep.is_some_and(|upkeep| upkeep.stopped_by_check) {
        Some("stopped: liveness check failed".to_owned())
    } else {
        None
    }
}

fn lifecycle(member: &Member) -> Option<&Lifecycle> {
    member.config.policy.lifecycle.as_deref()
}

fn life(member: &Member) -> Option<&Life> {
    member.process.life.as_deref()
}

/// Whole seconds until then, rounded up (LIF-009).
fn left(at: Mono, now: Now) -> u64 {
    whole_seconds(at.since(now.mono))
}

fn verdict(member: &Member, kind: CheckKind) -> Verdict {
    let checking = member.checking(kind);
    checking
        .map(|checking| checking.verdict)
        .unwrap_or_default()
}

/// Why a check failed that has failed for good.
fn failure(member: &Member, kind: CheckKind) -> Option<&str> {
    let failed = |checking: &&Checking| checking.verdict == Verdict::Unhealthy;
    let checking = member.checking(kind).filter(failed)?;
    Some(&checking.reason)
}

/// What it says that it does (LIF-126).
fn status(member: &Member) -> Option<String> {
    let status = &life(member)?.status;
    (!status.is_empty()).then(|| format!("status: {status}"))
}

/// LIF-342 to LIF-345.
fn starting(member: &Member) -> Option<String> {
    let lifecycle = lifecycle(member)?;
    let text = match life(member) {
        Some(life) if life.given_up => "not ready in time, being stopped",
        Some(life) if life.stage == Stage::PreStart => "pre_start_hook runs",
        _ if lifecycle.kind == Kind::Oneshot => "running once",
        _ => {
            let waits = || match member.process.unready(&member.config.policy)? {
                ReadyBy::Notify => Some("waiting for READY=1"),
                ReadyBy::Line => Some("waiting for its log line"),
                ReadyBy::Check => Some("waiting for its readiness check"),
            };
            return status(member).or_else(|| waits().map(str::to_owned));
        }
    };
    Some(text.to_owned())
}

/// LIF-348.
fn running(member: &Member) -> Option<String> {
    if let Some(reason) = failure(member, CheckKind::Readiness) {
        return Some(format!("not ready: {reason}"));
    }
    let watchdog = || member.upkeep.as_ref()?.watchdog.as_deref();
    if let Some(reason) = failure(member, CheckKind::Liveness).or_else(watchdog) {
        return Some(format!("unhealthy: {reason}"));
    }
    let life = life(member)?;
    match life.says {
        Says::Stopping => Some("stopping by itself".to_owned()),
        Says::Reloading => Some("reloading".to_owned()),
        Says::Nothing => status(member),
    }
}

/// LIF-345, LIF-346, LIF-349.
fn stopping(member: &Member, now: Now) -> Option<String> {
    let pending = member.pending.as_ref();
    if let Some(Origin::Anew(reason)) = pending.map(|pending| &pending.origin)
        && let Some(text) = reason.detail()
    {
        return Some(text.to_owned());
    }
    let stage = life(member)?.stage;
    if stage == Stage::PreStop {
        return Some("pre_stop_hook runs".to_owned());
    }
    if stage == Stage::StopCommand && member.runs(Role::StopCommand) {
        return Some("stopcommand runs".to_owned());
    }
    let (policy, told) = (&member.config.policy, &lifecycle(member)?.stopping);
    if !told.is_told {
        return None;
    }
    let next = match stage {
        Stage::StopCommand => Some(policy.stopsignal),
        Stage::Signalled(sent) => told.more_signals.get(sent.wrapping_sub(1)).copied(),
        Stage::Plain | Stage::PreStart | Stage::PreStop | Stage::Killed => None,
    };
    match (member.process.deadline, next) {
        (None, _) => Some("no SIGKILL".to_owned()),
        (Some(at), Some(signal)) => Some(format!("{signal} in {} s", left(at, now))),
        (Some(at), None) => Some(format!("SIGKILL in {} s", left(at, now))),
    }
}

/// LIF-182.
fn backoff(member: &Member, now: Now) -> Option<String> {
    let (process, policy) = (&member.process, &member.config.policy);
    let Some(at) = process.deadline else {
        return held_up(member);
    };
    let (left, tries) = (left(at, now), process.backoff);
    let unlimited = lifecycle(member).is_some_and(|lifecycle| lifecycle.restarts.unlimited);
    Some(if unlimited {
        format!("next try in {left} s ({tries})")
    } else {
        format!("next try in {left} s ({tries}/{})", policy.startretries)
    })
}

/// LIF-183.
fn exited(member: &Member, now: Now) -> Option<String> {
    let pauses = lifecycle(member).is_some_and(|lifecycle| !lifecycle.restarts.pause.is_zero());
    match member.process.deadline {
        Some(at) if pauses => Some(format!("next start in {} s (restartpause)", left(at, now))),
        _ => held_up(member),
    }
}

/// LIF-260.
fn held_up(member: &Member) -> Option<String> {
    let waits = member.pending.is_some() && member.runs(Role::PostStop);
    waits.then(|| "waiting for post_stop_hook".to_owned())
}

/// Whether its readiness checks hold now, and its liveness check has passed in this life and is not failed (LIF-032).
pub(super) fn is_healthy(member: &Member) -> bool {
    let has_check = lifecycle(member).is_some_and(|lifecycle| lifecycle.liveness_check.is_some());
    is_ready(member) && (!has_check || verdict(member, CheckKind::Liveness) == Verdict::Healthy)
}

fn is_ready(member: &Member) -> bool {
    match lifecycle(member).map_or(Kind::Simple, |lifecycle| lifecycle.kind) {
        Kind::Oneshot => ended_as_expected(member),
        Kind::Simple | Kind::Notify => {
            let unready = verdict(member, CheckKind::Readiness) == Verdict::Unhealthy;
            member.process.state == State::Running && !unready
        }
    }
}
