//! The end of a child: what it meant, and what comes after it (PROC-027 to PROC-032).

use crate::base::exit::Exit;
use crate::base::level::Level;
use crate::base::states::ProcessState as State;
use crate::process::durable::{Process, Says, Stage};
use crate::process::hook::Role;
use crate::process::lifecycle::Kind;
use crate::process::policy::{Autorestart, Policy};

use super::{Effect, Moment};

/// The spawn error of a process that did not live for `startsecs` (RPC-096).
pub(super) const TOO_QUICK: &str = "Exited too quickly (process log may have details)";

/// The spawn error of a process that ended before it was ready (LIF-135).
const NOT_READY: &str = "Exited before it was ready";

impl Process {
    pub(super) fn exited(
        &mut self,
        policy: &Policy,
        exit: Exit,
        moment: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let now = moment.now;
        self.laststop = Some(now.wall);
        self.deadline = None;
        match self.state {
            State::Stopping => self.stopped(policy, exit, effects),
            State::Starting => self.ended_while_starting(policy, exit, moment, effects),
            State::Running => self.ended(policy, exit, moment, effects),
            // DEC-025: the late end of a process that could not be signalled changes nothing else; in the
            // other states no child lives, and if one did, its end were no reason to fall over
            State::Unknown | State::Stopped | State::Backoff | State::Exited | State::Fatal => {
                let text = format!("exited: {} ({exit}) in state {}", self.name, self.state);
                effects.push(Effect::Log(Level::Info, text));
            }
        }
        let pid = self.pid.take();
        let lifecycle = policy.lifecycle.as_ref();
        if let Some(life) = &mut self.life {
            life.stage = Stage::Plain;
            life.given_up = false;
            life.ready_by = None;
            life.watchdog = None;
            life.status = String::new();
            life.says = Says::Nothing;
            life.ended = pid.map(|pid| (pid, exit));
            let pause = lifecycle
                .map(|lifecycle| lifecycle.restarts.pause)
                .unwrap_or_default();
            life.paused_until = (!pause.is_zero()).then(|| now.mono + pause);
        }
        if lifecycle.is_some_and(|lifecycle| lifecycle.hooks.post_stop.is_some()) {
            effects.push(Effect::Run(Role::PostStop));
        }
    }

    /// Reaped after a stop (PROC-032).
    fn stopped(&mut self, policy: &Policy, exit: Exit, effects: &mut Vec<Effect>) {
        self.killing = false;
        self.exitstatus = Some(exit.status());
        self.change(State::Stopped, effects);
        let level = if policy.expects(exit) {
            Level::Info
        } else {
            Level::Warn
        };
        effects.push(Effect::Log(
            level,
            format!("stopped: {} ({exit})", self.name),
        ));
    }

    /// A failed start, unless it was up for long enough and ready, or is a job that is done.
    fn ended_while_starting(
        &mut self,
        policy: &Policy,
        exit: Exit,
        moment: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let kind = policy
            .lifecycle
            .as_ref()
            .map_or(Kind::Simple, |lifecycle| lifecycle.kind);
        let too_quick = moment.now.mono.since(self.started) < policy.start_span();
        let (status, reason) = if self.is_given_up() {
            (None, Self::not_in_time(policy))
        } else if kind == Kind::Oneshot {
            if policy.expects(exit) {
                return self.ended(policy, exit, moment, effects);
            }
            let status = exit.status();
            (Some(status), format!("Bad exit code {status}"))
        } else if self.unready(policy).is_some() {
            (None, NOT_READY.to_owned())
        } else if too_quick {
            (None, TOO_QUICK.to_owned())
        } else {
            return self.ended(policy, exit, moment, effects);
        };
        self.killing = false;
        self.exitstatus = status;
        self.spawnerr = Some(self.with_errno(&reason));
        self.back_off(policy, moment, effects);
        self.log_exit(exit, false, effects);
        self.despair(policy, moment.now, effects);
    }

    /// Reaped by its own doing, after it was up (PROC-027 to PROC-029, PROC-038).
    fn ended(&mut self, policy: &Policy, exit: Exit, moment: Moment, effects: &mut Vec<Effect>) {
        let expected = policy.expects(exit);
        self.backoff = 0;
        self.exitstatus = Some(exit.status());
        if self.state == State::Starting {
            self.change(State::Running, effects);
        }
        if !expected {
            self.spawnerr = Some(format!("Bad exit code {}", exit.status()));
        }
        let is_job = policy
            .lifecycle
            .as_ref()
            .is_some_and(|lifecycle| lifecycle.kind == Kind::Oneshot);
        let again = match policy.autorestart {
            // LIF-105
            _ if is_job => false,
            Autorestart::Never => false,
            Autorestart::Unexpected => !expected,
            Autorestart::Always => true,
        };
        self.deadline = again.then(|| self.restart_at(policy, moment.now));
        self.change_with(State::Exited, expected, effects);
        self.log_exit(exit, expected, effects);
    }

    fn log_exit(&self, exit: Exit, expected: bool, effects: &mut Vec<Effect>) {
        let (level, word) = if expected {
            (Level::Info, "expected")
        } else {
            (Level::Warn, "not expected")
        };
        effects.push(Effect::Log(
            level,
            format!("exited: {} ({exit}; {word})", self.name),
        ));
    }
}
