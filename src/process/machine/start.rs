//! The beginning of a life: by hand, by itself or again, with `pre_start_hook` before it.

use std::time::Duration;

use crate::base::clock::Now;
use crate::base::level::Level;
use crate::base::pid::Pid;
use crate::base::states::ProcessState as State;
use crate::process::durable::{Life, Process, Stage};
use crate::process::hook::Role;
use crate::process::lifecycle::Kind;
use crate::process::policy::Policy;

use super::{Effect, Moment};

impl Process {
    /// Somebody asks for a start: failures and starts so far do not count (DEC-021, LIF-185).
    pub(super) fn start(&mut self, policy: &Policy, moment: Moment, effects: &mut Vec<Effect>) {
        if self.pid.is_some() {
            let text = format!("process '{}' already running", self.name);
            effects.push(Effect::Log(Level::Warn, text));
        } else if self.state.is_stopped() && moment.may_spawn {
            if let Some(life) = &mut self.life {
                life.starts.clear();
            }
            self.backoff = 0;
            self.begin(policy, moment.now, effects);
        }
    }

    /// It starts by itself, with a fresh count of failures.
    pub(super) fn start_anew(&mut self, policy: &Policy, now: Now, effects: &mut Vec<Effect>) {
        self.backoff = 0;
        self.start_again(policy, now, effects);
    }

    /// It starts by itself, and failures count on.
    pub(super) fn start_again(&mut self, policy: &Policy, now: Now, effects: &mut Vec<Effect>) {
        if self.may_start_so_often(policy, now, effects) {
            self.begin(policy, now, effects);
        }
    }

    /// STARTING; the child follows at once, or when what has to run before it has ended (LIF-250).
    fn begin(&mut self, policy: &Policy, now: Now, effects: &mut Vec<Effect>) {
        self.killing = false;
        self.spawnerr = None;
        self.exitstatus = None;
        self.deadline = None;
        let has_hook = policy
            .lifecycle
            .as_ref()
            .is_some_and(|lifecycle| lifecycle.hooks.pre_start.is_some());
        if let Some(life) = self.life_for(policy) {
            let starts = std::mem::take(&mut life.starts);
            *life = Life {
                starts,
                ..Life::default()
            };
        }
        if has_hook {
            self.set_stage(Stage::PreStart);
            self.note_start(now);
            self.change(State::Starting, effects);
            effects.push(Effect::Run(Role::PreStart));
        } else {
            self.spawn(policy, now, effects);
        }
    }

    fn spawn(&mut self, policy: &Policy, now: Now, effects: &mut Vec<Effect>) {
        self.set_stage(Stage::Plain);
        self.note_start(now);
        self.count_start(policy, now);
        self.change(State::Starting, effects);
        effects.push(Effect::Spawn);
    }

    fn note_start(&mut self, now: Now) {
        self.laststart = Some(now.wall);
        self.started = now.mono;
    }

    /// `pre_start_hook` has ended; a stop may have come meanwhile (LIF-259).
    pub(super) fn pre_start_ended(
        &mut self,
        policy: &Policy,
        result: Result<(), String>,
        moment: Moment,
        effects: &mut Vec<Effect>,
    ) {
        self.set_stage(Stage::Plain);
        if self.state == State::Stopping {
            self.killing = false;
            self.change(State::Stopped, effects);
            return;
        }
        match result {
            Ok(()) if moment.may_spawn => self.spawn(policy, moment.now, effects),
            Ok(()) => self.change(State::Stopped, effects),
            Err(how) => {
                let text = format!("pre_start_hook failed: {how}");
                self.start_failed(policy, text, moment, effects);
            }
        }
    }

    pub(super) fn spawned(
        &mut self,
        policy: &Policy,
        pid: Pid,
        now: Now,
        effects: &mut Vec<Effect>,
    ) {
        self.pid = Some(pid);
        let text = format!("spawned: '{}' with pid {pid}", self.name);
        effects.push(Effect::Log(Level::Info, text));
        // with startsecs=0 it is due at once, but not before others that are about to be spawned (PROC-036)
        self.deadline = match &policy.lifecycle {
            Some(lifecycle) if lifecycle.kind == Kind::Oneshot => None,
            _ => Some(now.mono + policy.start_span()),
        };
        let bound = policy
            .lifecycle
            .as_ref()
            .and_then(|lifecycle| lifecycle.startwaitsecs);
        let bound = bound.filter(|bound| *bound > Duration::ZERO);
        if let Some(life) = &mut self.life {
            life.ready_by = bound.map(|bound| now.mono + bound);
        }
    }

    /// A start came to nothing before there was a child that could have failed.
    pub(super) fn start_failed(
        &mut self,
        policy: &Policy,
        text: String,
        moment: Moment,
        effects: &mut Vec<Effect>,
    ) {
        effects.push(Effect::Log(Level::Info, format!("spawnerr: {text}")));
        self.spawnerr = Some(text);
        self.back_off(policy, moment, effects);
        self.despair(policy, moment.now, effects);
    }
}
