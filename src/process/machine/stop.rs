//! The way to an end that somebody wants: hook, command, signals, SIGKILL (PROC-030 to PROC-033; lifecycle.md,
//! section 15).

use std::time::Duration;

use crate::base::clock::{Mono, Now};
use crate::base::level::Level;
use crate::base::pid::Pid;
use crate::base::signals::Signal;
use crate::base::states::ProcessState as State;
use crate::process::durable::{Process, Stage};
use crate::process::hook::Role;
use crate::process::lifecycle::Stopping;
use crate::process::policy::Policy;

use super::Effect;
use super::line::Line;

/// With `stopwaitsecs=0` SIGKILL would repeat without a pause.
const PAUSE: Duration = Duration::from_millis(100);

impl Process {
    pub(super) fn stop(&mut self, policy: &Policy, now: Now, effects: &mut Vec<Effect>) {
        match self.state {
            State::Backoff => {
                let text = format!(
                    "Attempted to kill {}, which is in BACKOFF state.",
                    self.name
                );
                effects.push(Effect::Log(Level::Debug, text));
                self.deadline = None;
                self.change(State::Stopped, effects);
            }
            State::Starting if self.stage() == Stage::PreStart => {
                self.killing = true;
                self.deadline = None;
                self.change(State::Stopping, effects);
                effects.push(Effect::End(Role::PreStart));
            }
            State::Starting | State::Running if self.pid.is_some() => {
                if let Some(life) = self.life.as_mut().filter(|life| life.given_up) {
                    // it is on its way already; from now on by hand (LIF-156)
                    life.given_up = false;
                    self.change(State::Stopping, effects);
                } else {
                    self.begin_to_stop(policy, now, effects);
                }
            }
            State::Starting
            | State::Running
            | State::Stopped
            | State::Stopping
            | State::Exited
            | State::Fatal
            | State::Unknown => {
                let text = format!(
                    "attempted to kill {} with sig {} but it wasn't running",
                    self.name, policy.stopsignal
                );
                effects.push(Effect::Log(Level::Debug, text));
            }
        }
    }

    /// Everything goes down (PROC-025).
    pub(super) fn shut_down(&mut self, policy: &Policy, now: Now, effects: &mut Vec<Effect>) {
        match self.state {
            State::Backoff => self.give_up(effects),
            State::Starting | State::Running => self.stop(policy, now, effects),
            // nobody waits for it (DMN-034), but it shall not be left behind if that can be helped
            State::Unknown if self.pid.is_some() => {
                let (signal, group) = (policy.stopsignal, policy.stopasgroup);
                effects.push(Effect::Kill { signal, group });
            }
            State::Exited | State::Fatal => self.deadline = None,
            State::Stopped | State::Stopping | State::Unknown => {}
        }
    }

    /// Whether its child has been told to end.
    pub(super) fn is_being_stopped(&self) -> bool {
        self.state == State::Stopping || self.state == State::Starting && self.is_given_up()
    }

    /// The stop sequence begins; the state becomes STOPPING unless a start is given up (LIF-155).
    pub(super) fn begin_to_stop(&mut self, policy: &Policy, now: Now, effects: &mut Vec<Effect>) {
        let has_hook = policy
            .lifecycle
            .as_ref()
            .is_some_and(|lifecycle| lifecycle.hooks.pre_stop.is_some());
        if has_hook && self.life_for(policy).is_some() {
            self.killing = true;
            self.deadline = None;
            self.set_stage(Stage::PreStop);
            self.become_stopping(effects);
            effects.push(Effect::Run(Role::PreStop));
        } else {
            self.ask_to_stop(policy, now, effects);
        }
    }

    /// It is asked in its own way if there is one, else by a signal (LIF-243).
    pub(super) fn ask_to_stop(&mut self, policy: &Policy, now: Now, effects: &mut Vec<Effect>) {
        let has_command = stopping(policy).is_some_and(|stopping| stopping.command.is_some());
        if has_command && self.life_for(policy).is_some() {
            self.killing = true;
            self.deadline = Some(now.mono + policy.stop_span());
            self.set_stage(Stage::StopCommand);
            self.become_stopping(effects);
            effects.push(Effect::Run(Role::StopCommand));
        } else {
            self.next_signal(policy, now, effects);
        }
    }

    /// It has not ended in the time that it had.
    pub(super) fn go_on_stopping(&mut self, policy: &Policy, now: Now, effects: &mut Vec<Effect>) {
        let sent = match self.stage() {
            Stage::StopCommand => 0,
            Stage::Signalled(sent) => sent,
            Stage::Plain | Stage::PreStart | Stage::PreStop => 1,
            Stage::Killed => usize::MAX,
        };
        let count = 1 + stopping(policy).map_or(0, |stopping| stopping.more_signals.len());
        if sent < count {
            self.next_signal(policy, now, effects);
        } else {
            self.kill_at_last(policy, now, effects);
        }
    }

    /// The first signal, or the one after those that were sent (LIF-240).
    pub(super) fn next_signal(&mut self, policy: &Policy, now: Now, effects: &mut Vec<Effect>) {
        let sent = match self.stage() {
            Stage::Signalled(sent) => sent,
            Stage::Plain
            | Stage::PreStart
            | Stage::PreStop
            | Stage::StopCommand
            | Stage::Killed => 0,
        };
        let more =
            stopping(policy).and_then(|stopping| stopping.more_signals.get(sent.wrapping_sub(1)));
        let signal = more.copied().unwrap_or(policy.stopsignal);
        let wait = policy.stop_span();
        if sent > 0 {
            effects.push(Effect::Say(Line::NextSignal {
                waited: wait,
                signal,
            }));
        }
        self.set_stage(Stage::Signalled(sent + 1));
        let never = stopping(policy).is_some_and(|stopping| stopping.never_kill);
        let deadline = (!never).then(|| now.mono + wait);
        self.kill(signal, policy.stopasgroup, deadline, effects);
    }

    /// SIGKILL; it repeats every `stopwaitsecs` until the child is reaped (PROC-031), or as `killwaitsecs` says
    /// (LIF-242).
    pub(super) fn kill_at_last(&mut self, policy: &Policy, now: Now, effects: &mut Vec<Effect>) {
        let pid = self.pid.map_or(0, Pid::number);
        let text = format!("killing '{}' ({pid}) with SIGKILL", self.name);
        effects.push(Effect::Log(Level::Warn, text));
        self.set_stage(Stage::Killed);
        let more = stopping(policy).and_then(|stopping| stopping.killwait);
        let wait = more.unwrap_or_else(|| policy.stop_span()).max(PAUSE);
        self.kill(
            Signal::KILL,
            policy.killasgroup,
            Some(now.mono + wait),
            effects,
        );
    }

    fn kill(
        &mut self,
        signal: Signal,
        group: bool,
        deadline: Option<Mono>,
        effects: &mut Vec<Effect>,
    ) {
        let pid = self.pid.map_or(0, Pid::number);
        let whom = if group { "process group " } else { "" };
        let text = format!(
            "killing {} (pid {pid}) {whom}with signal {signal}",
            self.name
        );
        effects.push(Effect::Log(Level::Debug, text));
        self.killing = true;
        self.deadline = deadline;
        // listeners see STOPPING before the signal is sent (EVT-006)
        self.become_stopping(effects);
        effects.push(Effect::Kill { signal, group });
    }

    fn become_stopping(&mut self, effects: &mut Vec<Effect>) {
        if !self.is_given_up() {
            self.change(State::Stopping, effects);
        }
    }
}

fn stopping(policy: &Policy) -> Option<&Stopping> {
    policy
        .lifecycle
        .as_deref()
        .map(|lifecycle| &lifecycle.stopping)
}
