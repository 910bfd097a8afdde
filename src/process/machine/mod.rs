//! The state machine of one process (process.md, section 4).
//!
//! It knows nothing of groups, logs, pipes or clients. Who calls it performs the effects in their order and
//! feeds back what comes of them. Here is what can happen and who decides what comes of it; the decisions stand
//! in a file for each part of a life: `start`, `ready`, `retry`, `stop` and `exit`.
#![deny(
    clippy::wildcard_enum_match_arm,
    reason = "a new state must be thought through everywhere"
)]

mod exit;
pub mod line;
mod ready;
mod retry;
mod start;
mod stop;

use std::time::Duration;

use crate::base::clock::Now;
use crate::base::exit::Exit;
use crate::base::level::Level;
use crate::base::pid::Pid;
use crate::base::signals::Signal;
use crate::base::states::ProcessState as State;

use super::durable::{Life, Process, Stage};
use super::hook::Role;
use super::notice::Notice;
use super::policy::Policy;

use line::Line;

/// When and how a step is made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    /// What the clocks show.
    pub now: Now,
    /// False while the supervisor goes down: then nothing is started, all else goes on (PROC-041).
    pub may_spawn: bool,
    /// A number from 0 up to 1 that nobody could know (LIF-180).
    pub luck: f64,
}

/// What can happen to a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// It is to start by itself, with a fresh backoff count: at boot, for example (PROC-020).
    Autostart,
    /// Somebody asks for a start (DEC-021: with a fresh backoff count).
    Start,
    /// Somebody asks for a stop.
    Stop,
    /// Somebody asked for a stop while it was not running: if it has ended, it is not started again.
    Stay,
    /// The supervisor goes down: stop, and give up on retries (PROC-025).
    Shutdown,
    /// Waiting for the process to end by itself takes too long: SIGKILL now (DEC-041).
    Hurry,
    /// [`Process::wake`] has come.
    Due,
    /// The child was forked.
    Spawned(Pid),
    /// The start failed before there was a child.
    SpawnFailed(String),
    /// The child was reaped.
    Exited(Exit),
    /// What [`Effect::Run`] started has come to its end; the text is how it failed.
    HookEnded(Role, Result<(), String>),
    /// Something but the process itself says that it is ready.
    Ready(ReadyBy),
    /// The process has said something of itself.
    Notice(Notice),
    /// The signal could not be sent, for a reason that is not the child's absence; the text is for the main
    /// log (PROC-033).
    KillFailed(String),
}

/// What the outside has to do, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Start the child and feed back [`Input::Spawned`] or [`Input::SpawnFailed`].
    Spawn,
    /// Send the signal, to the whole process group if `group`.
    Kill {
        /// The signal.
        signal: Signal,
        /// To the process group instead of the process.
        group: bool,
    },
    /// The state changed; listeners want to know.
    Changed(Change),
    /// A line for the main log.
    Log(Level, String),
    /// A line for the main log that names the process as users do.
    Say(Line),
    /// Run this. Of what a state waits for, the end is fed back as [`Input::HookEnded`].
    Run(Role),
    /// Kill what that has started.
    End(Role),
    /// It has been in FATAL for long enough: it is to be started anew (LIF-176).
    Revive,
    /// Its watchdog says that it does not work (LIF-132).
    Unwell(Unwell),
}

/// Who says that a process is ready (LIF-153).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadyBy {
    /// The process itself.
    Notify,
    /// A line of its output.
    Line,
    /// Its readiness check.
    Check,
}

/// Why a watchdog has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unwell {
    /// There was no sign of life for so long.
    Silent(Duration),
    /// The process says so.
    Triggered,
}

/// One change of state with what the events tell of it (EVT-003 to EVT-010).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// The state before.
    pub from: State,
    /// The state now.
    pub to: State,
    /// Failed starts so far.
    pub tries: u32,
    /// The exit was expected.
    pub expected: bool,
    /// The child, if there is one.
    pub pid: Option<Pid>,
}

impl Process {
    /// Whether it has ended and is going to be started again by itself.
    pub fn is_to_restart(&self) -> bool {
        self.state == State::Exited && self.deadline.is_some()
    }

    /// Applies one input and appends what the outside must do, in order.
    pub fn step(
        &mut self,
        policy: &Policy,
        input: Input,
        moment: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let now = moment.now;
        match input {
            Input::Autostart => {
                if self.pid.is_none() && self.state.is_stopped() && moment.may_spawn {
                    self.start_anew(policy, now, effects);
                }
            }
            Input::Start => self.start(policy, moment, effects),
            Input::Stop => self.stop(policy, now, effects),
            Input::Stay => {
                if matches!(self.state, State::Exited | State::Fatal) {
                    self.deadline = None;
                }
            }
            Input::Shutdown => self.shut_down(policy, now, effects),
            Input::Hurry => {
                if self.pid.is_some() && self.is_being_stopped() {
                    self.kill_at_last(policy, now, effects);
                }
            }
            Input::Due => self.due(policy, moment, effects),
            Input::Spawned(pid) => self.spawned(policy, pid, now, effects),
            Input::SpawnFailed(text) => self.start_failed(policy, text, moment, effects),
            Input::Exited(exit) => self.exited(policy, exit, moment, effects),
            Input::HookEnded(role, result) => {
                self.hook_ended(policy, role, result, moment, effects);
            }
            Input::Ready(by) => self.said_ready(policy, by, now, effects),
            Input::Notice(notice) => self.noticed(policy, notice, now, effects),
            Input::KillFailed(text) => {
                effects.push(Effect::Log(Level::Critical, text));
                self.killing = false;
                self.deadline = None;
                self.set_stage(Stage::Plain);
                self.change(State::Unknown, effects);
            }
        }
    }

    fn due(&mut self, policy: &Policy, moment: Moment, effects: &mut Vec<Effect>) {
        let now = moment.now;
        if self.watchdog_is_silent(now, effects) || self.is_not_ready_in_time(policy, now, effects)
        {
            return;
        }
        if self.deadline.is_none_or(|deadline| deadline > now.mono) {
            return;
        }
        match self.state {
            State::Starting if self.is_given_up() => self.go_on_stopping(policy, now, effects),
            State::Starting => {
                self.deadline = None;
                self.come_up_if_ready(policy, now, effects);
            }
            State::Backoff | State::Exited => {
                self.deadline = None;
                if moment.may_spawn {
                    self.start_again(policy, now, effects);
                }
            }
            State::Stopping => self.go_on_stopping(policy, now, effects),
            State::Fatal => {
                self.deadline = None;
                effects.push(Effect::Revive);
            }
            State::Stopped | State::Running | State::Unknown => self.deadline = None,
        }
    }

    /// What a state has waited for has ended.
    fn hook_ended(
        &mut self,
        policy: &Policy,
        role: Role,
        result: Result<(), String>,
        moment: Moment,
        effects: &mut Vec<Effect>,
    ) {
        match (self.stage(), role) {
            (Stage::PreStart, Role::PreStart) => {
                self.pre_start_ended(policy, result, moment, effects);
            }
            (Stage::PreStop, Role::PreStop) => self.ask_to_stop(policy, moment.now, effects),
            // with success it has the rest of its time
            (Stage::StopCommand, Role::StopCommand) if result.is_err() => {
                self.next_signal(policy, moment.now, effects);
            }
            // nobody waits for it, or not any more
            _ => {}
        }
    }

    /// What is under way within the state.
    fn stage(&self) -> Stage {
        self.life.as_ref().map_or(Stage::Plain, |life| life.stage)
    }

    fn set_stage(&mut self, stage: Stage) {
        if let Some(life) = &mut self.life {
            life.stage = stage;
        }
    }

    /// What options beyond Supervisor's own need to know, if any is set.
    fn life_for(&mut self, policy: &Policy) -> Option<&mut Life> {
        policy.lifecycle.as_ref()?;
        Some(self.life.get_or_insert_default())
    }

    fn change(&mut self, to: State, effects: &mut Vec<Effect>) {
        self.change_with(to, true, effects);
    }

    fn change_with(&mut self, to: State, expected: bool, effects: &mut Vec<Effect>) {
        let from = std::mem::replace(&mut self.state, to);
        if from != to {
            let (tries, pid) = (self.backoff, self.pid);
            effects.push(Effect::Changed(Change {
                from,
                to,
                tries,
                expected,
                pid,
            }));
        }
    }
}

#[cfg(test)]
mod tests;
