//! Drives the state machines: one input in, effects performed in order, what comes of them fed back.

use crate::base::clock::Now;
use crate::base::exit::Exit;
use crate::base::level::Level;
use crate::base::pid::Pid;
use crate::base::signals::Signal;
use crate::base::states::{ProcessState, SupervisorState};
use crate::process::machine::{Effect, Input, Moment};

use super::Supervisor;
use super::ends::was_asked_to_end;
use super::helpers::Child;
use super::member::{Member, ProcessId};
use super::ports::{KillError, Launch};
use super::timers::Timer;

impl Supervisor {
    /// Gives one input to one process and performs all that follows, for the daemon too.
    pub(super) fn drive(&mut self, id: ProcessId, input: Input, now: Now) {
        let before = self.state_of(id);
        self.feed(id, input, now);
        self.look_for_rest(id, before);
    }

    /// Whether a process has come to rest since it was in that state, and what the daemon does then.
    fn look_for_rest(&mut self, id: ProcessId, before: Option<ProcessState>) {
        let state = self.state_of(id);
        if matches!(state, Some(ProcessState::Fatal | ProcessState::Exited)) && state != before {
            self.came_to_rest(id);
        }
    }

    /// Gives one input to one process and performs all that follows for it.
    fn feed(&mut self, id: ProcessId, input: Input, now: Now) {
        let moment = Moment {
            now,
            may_spawn: self.durable.state == SupervisorState::Running,
            luck: self.luck(id),
        };
        let mut effects = std::mem::take(&mut self.runtime.effects);
        // who comes from there was not asked for again
        let again = self.member(id).is_some_and(Member::starts_again) && input != Input::Start;
        let mut next = Some(input);
        while let Some(input) = next.take() {
            let Some(member) = self.durable.roster.members.get_mut(id) else {
                break;
            };
            if matches!(input, Input::Spawned(_)) {
                member.process.past.started(again);
            }
            let policy = &member.config.policy;
            member.process.step(policy, input, moment, &mut effects);
            for effect in effects.drain(..) {
                if let Some(result) = self.perform(id, effect, now) {
                    next = Some(result);
                }
            }
        }
        self.runtime.effects = effects;
        self.settle(id);
        self.tend(id, now);
    }

    /// A number that nobody could know, if the options of the process need one (LIF-180).
    fn luck(&self, id: ProcessId) -> f64 {
        let lifecycle = self
            .member(id)
            .and_then(|member| member.config.policy.lifecycle.as_ref());
        match lifecycle {
            Some(lifecycle) if lifecycle.restarts.jitter.0 > 0 => (self.runtime.ports.luck)(),
            _ => 0.0,
        }
    }

    fn perform(&mut self, id: ProcessId, effect: Effect, now: Now) -> Option<Input> {
        match effect {
            Effect::Log(level, text) => {
                self.runtime.log(level, text);
                None
            }
            Effect::Changed(change) => {
                if change.to == ProcessState::Running && self.state_of(id) != Some(change.to) {
                    self.passed_through_running(id);
                }
                self.changed(id, change);
                None
            }
            Effect::Spawn => Some(self.spawn(id)),
            Effect::Kill { signal, group } => self.kill(id, signal, group),
            Effect::Say(line) => {
                let name = self.member(id).map(Member::namespec).unwrap_or_default();
                self.runtime.log(line.level(), line.text(&name));
                None
            }
            Effect::Run(role) => self.run(id, role, now),
            Effect::End(role) => self.end_helper(id, role),
            Effect::Revive => {
                self.revive(id);
                None
            }
            Effect::Unwell(unwell) => {
                self.watchdog_failed(id, unwell, now);
                None
            }
        }
    }

    fn spawn(&mut self, id: ProcessId) -> Input {
        let Some(member) = self.durable.roster.members.get(&id) else {
            return Input::SpawnFailed("no such process".to_owned());
        };
        let launch = Launch {
            id,
            group: member.group.clone(),
            config: member.config.clone(),
            logs: member.logs.clone(),
            listener: member.listener,
        };
        if let Err(error) = self.begin_watches(id) {
            return Input::SpawnFailed(error.to_string());
        }
        match self.runtime.children().spawn(&launch) {
            Ok(pid) => {
                self.runtime.by_pid.insert(pid, Child::Main(id));
                Input::Spawned(pid)
            }
            Err(error) => {
                self.note_end(id);
                Input::SpawnFailed(error.to_string())
            }
        }
    }

    pub(super) fn kill(&mut self, id: ProcessId, signal: Signal, group: bool) -> Option<Input> {
        let member = self.durable.roster.members.get(&id)?;
        let pid = member.process.pid?;
        let name = member.process.name.clone();
        match self.deliver(pid, signal, group) {
            Ok(()) => None,
            Err(error @ KillError::Gone) => {
                let text = format!(
                    "unable to signal {name} (pid {pid}), it probably just exited on its own: \
                     {error}"
                );
                self.runtime.log(Level::Debug, text);
                None
            }
            Err(KillError::Other(details)) => {
                // the reference has no blank after the colon (LOG-056)
                let text = format!("unknown problem killing {name} ({pid}):{details}");
                self.runtime.trouble = Some(text.clone());
                Some(Input::KillFailed(text))
            }
        }
    }

    /// Sends a signal to a child that was not reaped, alone or with its process group. A child that has left its
    /// group gets it all the same, and nobody escapes a SIGKILL in that way: until the child is reaped, its pid
    /// is nobody else's, as a process and as a group.
    pub(super) fn deliver(
        &mut self,
        pid: Pid,
        signal: Signal,
        group: bool,
    ) -> Result<(), KillError> {
        if self.runtime.reaped.contains(&pid) {
            // its end is about to be told, and its pid may be somebody else's already
            return Ok(());
        }
        if group
            && self.runtime.ports.children.kill(pid, signal, true).is_ok()
            && signal != Signal::KILL
        {
            return Ok(());
        }
        self.runtime.ports.children.kill(pid, signal, false)
    }

    /// Children were reaped, in that order. What follows from the end of one sends no signal to another of them.
    pub fn reaped(&mut self, ended: &[(Pid, Exit)], now: Now) {
        self.runtime
            .reaped
            .extend(ended.iter().map(|(pid, _)| *pid));
        for (pid, exit) in ended {
            self.runtime.reaped.remove(pid);
            self.child_ended(*pid, *exit, now);
        }
    }

    /// Takes the last words of a child, then its end (PROC-099, PROC-100).
    fn child_ended(&mut self, pid: Pid, exit: Exit, now: Now) {
        let child = self.runtime.by_pid.remove(&pid);
        let Some(child) = child else {
            // the duty of PID 1; elsewhere worth a line (DEC-043), but in a container (LIF-234)
            let level = if std::process::id() == 1 || self.settings().container {
                Level::Debug
            } else {
                Level::Info
            };
            self.runtime
                .log(level, format!("reaped unknown pid {pid} ({exit})"));
            return;
        };
        let id = match child {
            Child::Main(id) => id,
            Child::Helper(id) => return self.helper_reaped(id, pid, exit, now),
            Child::Left => return self.left_helper_reaped(pid),
        };
        let state = self.state_of(id).unwrap_or(ProcessState::Unknown);
        for output in self.runtime.children().drain(id, state) {
            self.heard(id, output, now);
        }
        let stopped = self.member(id).is_some_and(|member| member.process.killing);
        let asked = self.member(id).is_none_or(was_asked_to_end) || self.durable.held.contains(id);
        self.note_end(id);
        self.feed(id, Input::Exited(exit), now);
        if let Some(member) = self.durable.roster.members.get_mut(id) {
            let ending = member.ending(exit, stopped);
            member.process.past.ended(ending, exit);
        }
        if !asked {
            self.ended_by_itself(id, exit);
            self.look_for_rest(id, Some(state));
        }
        self.listener_ended(id);
        self.runtime.children().release(id);
    }

    /// The process came to rest for now: its deadline and those who wait for it.
    pub(super) fn settle(&mut self, id: ProcessId) {
        let deadline = self
            .durable
            .roster
            .members
            .get(&id)
            .and_then(|member| member.process.wake());
        self.durable.timers.set(Timer::Process(id), deadline);
        self.stir(id);
        self.stir_held(id);
        self.check_jobs(id);
    }
}
