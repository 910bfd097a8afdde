//! The state machine of one process (process.md, section 4).
//!
//! It knows nothing of groups, logs, pipes or clients. Who calls it performs the effects in their order and
//! feeds back what comes of them.
#![deny(
    clippy::wildcard_enum_match_arm,
    reason = "a new state must be thought through everywhere"
)]

use std::time::Duration;

use crate::base::clock::Now;
use crate::base::exit::Exit;
use crate::base::level::Level;
use crate::base::pid::Pid;
use crate::base::signals::Signal;
use crate::base::states::ProcessState as State;

use super::durable::Process;
use super::policy::{Autorestart, Policy};

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
    /// [`Process::deadline`] has come.
    Due,
    /// The child was forked.
    Spawned(Pid),
    /// The start failed before there was a child.
    SpawnFailed(String),
    /// The child was reaped.
    Exited(Exit),
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

/// How soon after a start it may be started again by itself, so that one which ends at once does not keep the
/// machine busy (DEC-021a).
const FLOOR: Duration = Duration::from_secs(1);

/// The spawn error of a process that did not live for `startsecs` (RPC-096).
const TOO_QUICK: &str = "Exited too quickly (process log may have details)";

impl Process {
    /// Whether it has ended and is going to be started again by itself.
    pub fn is_to_restart(&self) -> bool {
        self.state == State::Exited && self.deadline.is_some()
    }

    /// Applies one input at `now` and appends what the outside must do, in order. `may_spawn` is false while
    /// the supervisor goes down: then nothing is started, all else goes on (PROC-041).
    pub fn step(
        &mut self,
        policy: &Policy,
        input: Input,
        now: Now,
        may_spawn: bool,
        effects: &mut Vec<Effect>,
    ) {
        match input {
            Input::Autostart => {
                if self.pid.is_none() && self.state.is_stopped() && may_spawn {
                    self.backoff = 0;
                    self.spawn(now, effects);
                }
            }
            Input::Start => self.start(now, may_spawn, effects),
            Input::Stop => self.stop(policy, now, effects),
            Input::Stay => {
                if self.state == State::Exited {
                    self.deadline = None;
                }
            }
            Input::Shutdown => match self.state {
                State::Backoff => self.give_up(effects),
                State::Starting | State::Running => self.stop(policy, now, effects),
                // nobody waits for it (DMN-034), but it shall not be left behind if that can be helped
                State::Unknown if self.pid.is_some() => {
                    let (signal, group) = (policy.stopsignal, policy.stopasgroup);
                    effects.push(Effect::Kill { signal, group });
                }
                State::Exited => self.deadline = None,
                State::Stopped | State::Stopping | State::Fatal | State::Unknown => {}
            },
            Input::Hurry => {
                if self.pid.is_some() && self.state == State::Stopping {
                    self.kill_at_last(policy, now, effects);
                }
            }
            Input::Due => self.due(policy, now, may_spawn, effects),
            Input::Spawned(pid) => self.spawned(policy, pid, now, effects),
            Input::SpawnFailed(text) => {
                effects.push(Effect::Log(Level::Info, format!("spawnerr: {text}")));
                self.spawnerr = Some(text);
                self.back_off(now, effects);
                self.despair(policy, effects);
            }
            Input::Exited(exit) => self.exited(policy, exit, now, effects),
            Input::KillFailed(text) => {
                effects.push(Effect::Log(Level::Critical, text));
                self.killing = false;
                self.deadline = None;
                self.change(State::Unknown, effects);
            }
        }
    }

    fn due(&mut self, policy: &Policy, now: Now, may_spawn: bool, effects: &mut Vec<Effect>) {
        if self.deadline.is_none_or(|deadline| deadline > now.mono) {
            return;
        }
        match self.state {
            State::Starting => self.came_up(policy, effects),
            State::Backoff | State::Exited => {
                self.deadline = None;
                if may_spawn {
                    self.spawn(now, effects);
                }
            }
            State::Stopping => self.kill_at_last(policy, now, effects),
            State::Stopped | State::Running | State::Fatal | State::Unknown => self.deadline = None,
        }
    }

    fn start(&mut self, now: Now, may_spawn: bool, effects: &mut Vec<Effect>) {
        if self.pid.is_some() {
            let text = format!("process '{}' already running", self.name);
            effects.push(Effect::Log(Level::Warn, text));
        } else if self.state.is_stopped() && may_spawn {
            self.backoff = 0;
            self.spawn(now, effects);
        }
    }

    fn spawn(&mut self, now: Now, effects: &mut Vec<Effect>) {
        self.killing = false;
        self.spawnerr = None;
        self.exitstatus = None;
        self.deadline = None;
        self.laststart = Some(now.wall);
        self.started = now.mono;
        self.change(State::Starting, effects);
        effects.push(Effect::Spawn);
    }

    fn spawned(&mut self, policy: &Policy, pid: Pid, now: Now, effects: &mut Vec<Effect>) {
        self.pid = Some(pid);
        let text = format!("spawned: '{}' with pid {pid}", self.name);
        effects.push(Effect::Log(Level::Info, text));
        // with startsecs=0 it is due at once, but not before others that are about to be spawned (PROC-036)
        self.deadline = Some(now.mono + policy.start_span());
    }

    fn came_up(&mut self, policy: &Policy, effects: &mut Vec<Effect>) {
        self.deadline = None;
        self.backoff = 0;
        self.change(State::Running, effects);
        let text = format!(
            "success: {} entered RUNNING state, process has stayed up for > than {} seconds \
             (startsecs)",
            self.name, policy.startsecs
        );
        effects.push(Effect::Log(Level::Info, text));
    }

    /// Waits one second more after each failure (PROC-037).
    fn back_off(&mut self, now: Now, effects: &mut Vec<Effect>) {
        self.backoff = self.backoff.saturating_add(1);
        let wait = Duration::from_secs(u64::from(self.backoff));
        self.deadline = Some(now.mono + wait);
        self.change(State::Backoff, effects);
    }

    /// Gives up at once when no retry is left (PROC-025, DEC-020).
    fn despair(&mut self, policy: &Policy, effects: &mut Vec<Effect>) {
        if i64::from(self.backoff) > policy.startretries {
            self.give_up(effects);
            let text = format!(
                "gave up: {} entered FATAL state, too many start retries too quickly",
                self.name
            );
            effects.push(Effect::Log(Level::Info, text));
        }
    }

    fn give_up(&mut self, effects: &mut Vec<Effect>) {
        self.backoff = 0;
        self.deadline = None;
        self.change(State::Fatal, effects);
    }

    fn stop(&mut self, policy: &Policy, now: Now, effects: &mut Vec<Effect>) {
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
            State::Starting | State::Running if self.pid.is_some() => {
                self.kill(policy, policy.stopsignal, policy.stopasgroup, now, effects);
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

    /// SIGKILL; it repeats every `stopwaitsecs` until the child is reaped (PROC-031).
    fn kill_at_last(&mut self, policy: &Policy, now: Now, effects: &mut Vec<Effect>) {
        let pid = self.pid.map_or(0, Pid::number);
        let text = format!("killing '{}' ({pid}) with SIGKILL", self.name);
        effects.push(Effect::Log(Level::Warn, text));
        self.kill(policy, Signal::KILL, policy.killasgroup, now, effects);
    }

    fn kill(
        &mut self,
        policy: &Policy,
        signal: Signal,
        group: bool,
        now: Now,
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
        // with stopwaitsecs=0 SIGKILL would repeat without a pause
        let wait = policy.stop_span();
        let pause = Duration::from_millis(100);
        let again = self.state == State::Stopping;
        self.deadline = Some(now.mono + if again { wait.max(pause) } else { wait });
        // listeners see STOPPING before the signal is sent (EVT-006)
        self.change(State::Stopping, effects);
        effects.push(Effect::Kill { signal, group });
    }

    fn exited(&mut self, policy: &Policy, exit: Exit, now: Now, effects: &mut Vec<Effect>) {
        self.laststop = Some(now.wall);
        self.deadline = None;
        match self.state {
            State::Stopping => self.stopped(policy, exit, effects),
            State::Starting if now.mono.since(self.started) < policy.start_span() => {
                self.exitstatus = None;
                self.spawnerr = Some(TOO_QUICK.to_owned());
                self.back_off(now, effects);
                self.log_exit(exit, false, effects);
                self.despair(policy, effects);
            }
            State::Starting | State::Running => self.ended(policy, exit, now, effects),
            // DEC-025: the late end of a process that could not be signalled changes nothing else; in the
            // other states no child lives, and if one did, its end were no reason to fall over
            State::Unknown | State::Stopped | State::Backoff | State::Exited | State::Fatal => {
                let text = format!("exited: {} ({exit}) in state {}", self.name, self.state);
                effects.push(Effect::Log(Level::Info, text));
            }
        }
        self.pid = None;
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

    /// Reaped by its own doing, after it was up (PROC-027 to PROC-029, PROC-038).
    fn ended(&mut self, policy: &Policy, exit: Exit, now: Now, effects: &mut Vec<Effect>) {
        let expected = policy.expects(exit);
        self.backoff = 0;
        self.exitstatus = Some(exit.status());
        if self.state == State::Starting {
            self.change(State::Running, effects);
        }
        if !expected {
            self.spawnerr = Some(format!("Bad exit code {}", exit.status()));
        }
        let again = match policy.autorestart {
            Autorestart::Never => false,
            Autorestart::Unexpected => !expected,
            Autorestart::Always => true,
        };
        self.deadline = again.then(|| now.mono.max(self.started + FLOOR));
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
