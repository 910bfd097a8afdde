//! Checks of a process: when they begin and end, and what follows from what they find (health.md).

use std::time::Duration;

use crate::base::clock::Now;
use crate::base::health::{CheckKind, Verdict};
use crate::base::level::Level;
use crate::base::span::seconds;
use crate::base::states::{ProcessState as State, SupervisorState};
use crate::process::checking::{Checking, Turn};
use crate::process::durable::Says;
use crate::process::hook::Role;
use crate::process::lifecycle::check::Check;
use crate::process::lifecycle::{FailureAction, Lifecycle};
use crate::process::machine::{Input, ReadyBy, Unwell};

use super::Supervisor;
use super::member::{Member, ProcessId};
use super::pending::Reason;
use super::ports::LaunchError;

/// How often the main log hears that checks cannot be made (HLT-123).
const COMPLAINT: Duration = Duration::from_mins(1);

/// How long a check waits for its forerunner of an earlier life to be reaped.
const FORERUNNER: Duration = Duration::from_millis(100);

impl Lifecycle {
    /// The options of one check, if it is configured.
    pub(super) const fn check(&self, kind: CheckKind) -> Option<&Check> {
        match kind {
            CheckKind::Readiness => self.readiness_check.as_ref(),
            CheckKind::Liveness => self.liveness_check.as_ref(),
        }
    }
}

impl Member {
    /// What one of its checks has found so far; none if it never ran.
    pub(super) fn checking(&self, kind: CheckKind) -> Option<&Checking> {
        self.upkeep.as_ref()?.checking(kind)
    }

    fn checking_mut(&mut self, kind: CheckKind) -> Option<&mut Checking> {
        let upkeep = self.upkeep.as_mut()?;
        match kind {
            CheckKind::Readiness => upkeep.readiness.as_mut(),
            CheckKind::Liveness => upkeep.liveness.as_mut(),
        }
    }

    /// Whether that check is made as things are (HLT-070, HLT-072, HLT-080, LIF-128).
    fn is_to_be_checked(&self, kind: CheckKind) -> bool {
        let process = &self.process;
        let (given_up, leaving) = match &process.life {
            Some(life) => (life.given_up, life.says == Says::Stopping),
            None => (false, false),
        };
        match process.state {
            State::Running => !leaving,
            State::Starting => {
                kind == CheckKind::Readiness && process.pid.is_some() && !given_up && !leaving
            }
            State::Stopped
            | State::Backoff
            | State::Stopping
            | State::Exited
            | State::Fatal
            | State::Unknown => false,
        }
    }
}

impl Supervisor {
    /// Checks begin and end with what their process does.
    pub(super) fn tend_checks(&mut self, id: ProcessId, now: Now) {
        let Some(member) = self.durable.roster.members.get(&id) else {
            return;
        };
        let Some(lifecycle) = &member.config.policy.lifecycle else {
            return;
        };
        if lifecycle.readiness_check.is_none() && lifecycle.liveness_check.is_none() {
            return;
        }
        let config = member.config.clone();
        let Some(lifecycle) = &config.policy.lifecycle else {
            return;
        };
        for kind in [CheckKind::Readiness, CheckKind::Liveness] {
            if let Some(check) = lifecycle.check(kind) {
                self.switch(id, kind, check, now);
            }
        }
        self.set_upkeep_timer(id);
    }

    fn switch(&mut self, id: ProcessId, kind: CheckKind, check: &Check, now: Now) {
        let runs = self.durable.state == SupervisorState::Running;
        let Some(member) = self.durable.roster.members.get_mut(id) else {
            return;
        };
        let on = runs && member.is_to_be_checked(kind);
        let life = member.process.started;
        match member.checking_mut(kind) {
            Some(checking) if checking.life == life => {
                if on && !checking.is_on() {
                    checking.turn = Turn::At(now.mono + check.period);
                } else if !on && checking.is_on() {
                    checking.turn = Turn::Off;
                    self.drop_runs(id, |role| role == Role::Check(kind));
                }
            }
            _ if on => {
                let checking = Some(Checking::begin(check, life, now));
                let upkeep = member.upkeep_mut();
                match kind {
                    CheckKind::Readiness => upkeep.readiness = checking,
                    CheckKind::Liveness => upkeep.liveness = checking,
                }
            }
            _ => {}
        }
    }

    /// Everything goes down: nothing is checked any more (HLT-090).
    pub(super) fn end_checks(&mut self) {
        let cared_for = |member: &&Member| member.upkeep.is_some();
        let ids: Vec<_> = self
            .members()
            .filter(cared_for)
            .map(|member| member.id)
            .collect();
        for id in ids {
            for kind in [CheckKind::Readiness, CheckKind::Liveness] {
                let member = self.durable.roster.members.get_mut(id);
                if let Some(checking) = member.and_then(|member| member.checking_mut(kind)) {
                    checking.turn = Turn::Off;
                }
            }
            self.drop_runs(id, Role::is_of_checks);
        }
    }

    /// A check's time has come.
    pub(super) fn checks_due(&mut self, id: ProcessId, now: Now) {
        for kind in [CheckKind::Readiness, CheckKind::Liveness] {
            let role = Role::Check(kind);
            let Some(member) = self.durable.roster.members.get_mut(id) else {
                return;
            };
            let config = member.config.clone();
            let still_runs = member.runs(role);
            let Some(checking) = member.checking_mut(kind) else {
                continue;
            };
            if checking.due().is_none_or(|due| due > now.mono) {
                continue;
            }
            if still_runs {
                checking.turn = Turn::At(now.mono + FORERUNNER);
                continue;
            }
            checking.turn = Turn::InLine;
            if let Some(lifecycle) = &config.policy.lifecycle {
                self.durable.check_line.push(id, role, lifecycle);
            }
        }
        self.run_checks(now);
    }

    /// Begins what may run of what waits.
    pub(super) fn run_checks(&mut self, now: Now) {
        while let Some((id, role)) = self.durable.check_line.pop(self.runtime.running_checks) {
            match role {
                Role::Check(kind) => self.run_check(id, kind, now),
                role => {
                    if let Err(error) = self.begin_helper(id, role, now) {
                        self.hook_done(id, role, Err(error.to_string()));
                        self.action_ended(id, role, now);
                    }
                }
            }
        }
    }

    fn run_check(&mut self, id: ProcessId, kind: CheckKind, now: Now) {
        let checking = self
            .durable
            .roster
            .members
            .get_mut(id)
            .and_then(|m| m.checking_mut(kind));
        let Some(checking) = checking.filter(|checking| checking.turn == Turn::InLine) else {
            return;
        };
        checking.turn = Turn::Runs;
        match self.begin_helper(id, Role::Check(kind), now) {
            Ok(()) => {}
            Err(error @ LaunchError::System { .. }) => self.cannot_check(id, kind, &error, now),
            Err(error) => self.check_ended(id, kind, Err(error.to_string()), Duration::ZERO, now),
        }
    }

    /// The system has no room for a check, which is no verdict (HLT-123).
    fn cannot_check(&mut self, id: ProcessId, kind: CheckKind, error: &LaunchError, now: Now) {
        let Some(member) = self.durable.roster.members.get_mut(id) else {
            return;
        };
        let (name, config) = (member.namespec(), member.config.clone());
        let complained = &mut member.upkeep_mut().complained;
        let is_news = complained.is_none_or(|last| now.mono.since(last) >= COMPLAINT);
        if is_news {
            *complained = Some(now.mono);
        }
        if let Some(lifecycle) = &config.policy.lifecycle
            && let (Some(check), Some(checking)) =
                (lifecycle.check(kind), member.checking_mut(kind))
        {
            checking.pause(check, false, now);
        }
        if is_news {
            self.runtime
                .log(Level::Warn, format!("cannot check {name}: {error}"));
        }
        self.set_upkeep_timer(id);
    }

    /// A check has come to its end.
    pub(super) fn check_ended(
        &mut self,
        id: ProcessId,
        kind: CheckKind,
        result: Result<(), String>,
        took: Duration,
        now: Now,
    ) {
        let Some(member) = self.durable.roster.members.get_mut(id) else {
            return;
        };
        let (name, config, state) = (
            member.namespec(),
            member.config.clone(),
            member.process.state,
        );
        let life = member.process.life.as_ref();
        let is_waited_for =
            kind == CheckKind::Readiness && !life.is_some_and(|life| life.said.check);
        let Some(lifecycle) = &config.policy.lifecycle else {
            return;
        };
        let (Some(check), Some(checking)) = (lifecycle.check(kind), member.checking_mut(kind))
        else {
            return;
        };
        let before = checking.verdict;
        let failed = result.is_err();
        let change = checking.judge(check, result, took, now);
        checking.pause(
            check,
            is_waited_for && checking.verdict != Verdict::Healthy,
            now,
        );
        let (failures, reason) = (checking.failures, checking.reason.clone());
        let words = format!("{} check failed {failures} times: {reason}", kind.name());
        if failed {
            let (kind, most) = (kind.name(), check.failure_threshold);
            let text = format!("{kind} check of {name} failed ({failures} of {most}): {reason}");
            self.runtime.log(Level::Debug, text);
        }
        self.set_upkeep_timer(id);
        let Some(verdict) = change else {
            return;
        };
        self.health_changed(id, kind, verdict, failures);
        match (kind, verdict) {
            (CheckKind::Readiness, Verdict::Healthy) if state == State::Starting => {
                self.drive(id, Input::Ready(ReadyBy::Check), now);
            }
            (CheckKind::Readiness, Verdict::Healthy) if before == Verdict::Unhealthy => {
                self.runtime
                    .log(Level::Info, format!("{name} is ready again"));
            }
            (CheckKind::Readiness, Verdict::Unhealthy) if state == State::Running => {
                self.runtime
                    .log(Level::Info, format!("{name} is not ready: {words}"));
            }
            (CheckKind::Liveness, Verdict::Healthy) => {
                if before == Verdict::Unhealthy {
                    self.say_healthy_again(id);
                }
                if lifecycle.liveness_success.is_some() {
                    let waiting = &mut self.durable.check_line;
                    waiting.push(id, Role::SuccessAction, lifecycle);
                    self.run_checks(now);
                }
            }
            (CheckKind::Liveness, Verdict::Unhealthy) => self.failed(id, &words, now),
            _ => {}
        }
        // others may wait for it to be healthy
        self.settle(id);
    }

    /// A process does not work any more: does what the options say (HLT-081 to HLT-084).
    fn failed(&mut self, id: ProcessId, words: &str, now: Now) {
        let Some(member) = self.durable.roster.members.get_mut(id) else {
            return;
        };
        let (name, config) = (member.namespec(), member.config.clone());
        let Some(lifecycle) = &config.policy.lifecycle else {
            return;
        };
        match &lifecycle.liveness_failure {
            FailureAction::Restart => {
                self.runtime
                    .log(Level::Info, format!("restarting {name}: {words}"));
                self.restart_anew(id, Reason::Liveness, now);
            }
            FailureAction::Stop => {
                member.upkeep_mut().stopped_by_check = true;
                self.runtime
                    .log(Level::Info, format!("stopping {name}: {words}"));
                self.drive(id, Input::Stop, now);
            }
            FailureAction::None => {
                self.runtime
                    .log(Level::Info, format!("{name} is unhealthy: {words}"));
            }
            FailureAction::Run(_) => {
                self.runtime
                    .log(Level::Info, format!("{name} is unhealthy: {words}"));
                let line = &mut self.durable.check_line;
                line.push(id, Role::FailureAction, lifecycle);
                self.run_checks(now);
            }
        }
    }

    /// An action has ended: after that of a failure all begins anew (HLT-084).
    pub(super) fn action_ended(&mut self, id: ProcessId, role: Role, now: Now) {
        let Some(member) = self.durable.roster.members.get_mut(id) else {
            return;
        };
        let config = member.config.clone();
        if role == Role::FailureAction
            && let Some(lifecycle) = &config.policy.lifecycle
            && let Some(check) = &lifecycle.liveness_check
            && let Some(checking) = member.checking_mut(CheckKind::Liveness)
            && checking.turn != Turn::Runs
        {
            checking.begin_anew(check, now);
            let check = Role::Check(CheckKind::Liveness);
            self.durable.check_line.leave_if(id, &|role| role == check);
            self.set_upkeep_timer(id);
        }
    }

    /// A watchdog says that the process does not work (HLT-089).
    pub(super) fn watchdog_failed(&mut self, id: ProcessId, unwell: Unwell, now: Now) {
        let words = match unwell {
            Unwell::Silent(span) => format!("watchdog silent for {} seconds", seconds(span)),
            Unwell::Triggered => "watchdog triggered".to_owned(),
        };
        if let Some(member) = self.durable.roster.members.get_mut(id) {
            member.upkeep_mut().watchdog = Some(words.clone());
        }
        self.failed(id, &words, now);
    }

    /// A sign of life has come after all.
    pub(super) fn watchdog_recovered(&mut self, id: ProcessId) {
        let member = self.durable.roster.members.get_mut(id);
        let upkeep = member.and_then(|member| member.upkeep.as_mut());
        if upkeep.and_then(|upkeep| upkeep.watchdog.take()).is_some() {
            self.say_healthy_again(id);
        }
    }

    /// HLT-086.
    fn say_healthy_again(&mut self, id: ProcessId) {
        let Some(member) = self.member(id) else {
            return;
        };
        let lifecycle = member.config.policy.lifecycle.as_ref();
        if lifecycle.is_some_and(|lifecycle| lifecycle.liveness_failure == FailureAction::None) {
            let text = format!("{} is healthy again", member.namespec());
            self.runtime.log(Level::Info, text);
        }
    }

    /// What the checks of a process found so far, readiness first (HLT-102).
    pub fn check_reports(&self, id: ProcessId) -> Vec<(CheckKind, Checking)> {
        let Some(member) = self.member(id) else {
            return Vec::new();
        };
        let configured = |kind: &CheckKind| {
            let lifecycle = member.config.policy.lifecycle.as_ref();
            lifecycle.is_some_and(|lifecycle| lifecycle.check(*kind).is_some())
        };
        let found = |kind| member.checking(kind).cloned().unwrap_or_default();
        let kinds = [CheckKind::Readiness, CheckKind::Liveness].into_iter();
        kinds
            .filter(configured)
            .map(|kind| (kind, found(kind)))
            .collect()
    }
}
