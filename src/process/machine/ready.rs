//! When RUNNING means that it works: readiness, its bound in time, and what a process says of itself (lifecycle.md,
//! sections 8 and 9).

use crate::base::clock::Now;
use crate::base::errno::Errno;
use crate::base::level::Level;
use crate::base::states::ProcessState as State;
use crate::process::durable::{Process, Says, Watchdog};
use crate::process::hook::Role;
use crate::process::lifecycle::{Kind, Lifecycle};
use crate::process::notice::Notice;
use crate::process::policy::Policy;

use super::line::{Bound, Line};
use super::{Effect, ReadyBy, Unwell};

impl Lifecycle {
    /// Whether something has to say that the process is ready before it is RUNNING (LIF-151).
    pub fn waits_for_readiness(&self) -> bool {
        self.kind == Kind::Notify || self.ready_log_line.is_some() || self.readiness_check.is_some()
    }
}

impl Process {
    /// Who has yet to say that it is ready, the first of them.
    pub fn unready(&self, policy: &Policy) -> Option<ReadyBy> {
        let lifecycle = policy.lifecycle.as_ref()?;
        let said = self.life.as_ref().map(|life| life.said).unwrap_or_default();
        if lifecycle.kind == Kind::Notify && !said.notify {
            Some(ReadyBy::Notify)
        } else if lifecycle.ready_log_line.is_some() && !said.line {
            Some(ReadyBy::Line)
        } else if lifecycle.readiness_check.is_some() && !said.check {
            Some(ReadyBy::Check)
        } else {
            None
        }
    }

    pub(super) fn is_given_up(&self) -> bool {
        self.life.as_ref().is_some_and(|life| life.given_up)
    }

    /// RUNNING if it has been up for `startsecs` and nothing else is waited for (PROC-036, LIF-151).
    pub(super) fn come_up_if_ready(
        &mut self,
        policy: &Policy,
        now: Now,
        effects: &mut Vec<Effect>,
    ) {
        let lasted = now.mono.since(self.started) >= policy.start_span();
        if lasted && self.unready(policy).is_none() {
            self.came_up(policy, now, effects);
        }
    }

    fn came_up(&mut self, policy: &Policy, now: Now, effects: &mut Vec<Effect>) {
        self.deadline = None;
        self.backoff = 0;
        if let Some(life) = &mut self.life {
            life.ready_by = None;
            if let Some(watchdog) = &mut life.watchdog {
                watchdog.due = Some(now.mono + watchdog.every);
            }
        }
        self.change(State::Running, effects);
        let text = format!(
            "success: {} entered RUNNING state, process has stayed up for > than {} seconds \
             (startsecs)",
            self.name, policy.startsecs
        );
        effects.push(Effect::Log(Level::Info, text));
        if policy
            .lifecycle
            .as_ref()
            .is_some_and(|lifecycle| lifecycle.hooks.post_start.is_some())
        {
            effects.push(Effect::Run(Role::PostStart));
        }
    }

    /// Somebody says that it is ready; the last one who has to decides.
    pub(super) fn said_ready(
        &mut self,
        policy: &Policy,
        by: ReadyBy,
        now: Now,
        effects: &mut Vec<Effect>,
    ) {
        let waits = self.state == State::Starting && self.pid.is_some() && !self.is_given_up();
        let Some(life) = self.life.as_mut().filter(|_| waits) else {
            return;
        };
        let said = match by {
            ReadyBy::Notify => &mut life.said.notify,
            ReadyBy::Line => &mut life.said.line,
            ReadyBy::Check => &mut life.said.check,
        };
        if std::mem::replace(said, true) || self.unready(policy).is_some() {
            return;
        }
        let after = now.mono.since(self.started);
        effects.push(Effect::Say(Line::Ready { after, by }));
        self.come_up_if_ready(policy, now, effects);
    }

    /// It was to be ready, or done, by now: it is stopped, while its state stays (LIF-155).
    pub(super) fn is_not_ready_in_time(
        &mut self,
        policy: &Policy,
        now: Now,
        effects: &mut Vec<Effect>,
    ) -> bool {
        let starting = self.state == State::Starting;
        let Some(life) = self.life.as_mut().filter(|_| starting) else {
            return false;
        };
        if life.ready_by.is_none_or(|by| by > now.mono) {
            return false;
        }
        life.ready_by = None;
        life.given_up = true;
        effects.push(Effect::Say(Line::NotInTime(in_time(policy))));
        self.begin_to_stop(policy, now, effects);
        true
    }

    /// The spawn error of a start that was given up.
    pub(super) fn not_in_time(policy: &Policy) -> String {
        Line::NotInTime(in_time(policy)).spawn_error()
    }

    /// A failed start with what the process itself said of the reason (LIF-129).
    pub(super) fn with_errno(&self, text: &str) -> String {
        match self.life.as_ref().and_then(|life| life.errno) {
            Some(number) => format!("{text} (errno {number}: {})", Errno(number).description()),
            None => text.to_owned(),
        }
    }

    pub(super) fn noticed(
        &mut self,
        policy: &Policy,
        notice: Notice,
        now: Now,
        effects: &mut Vec<Effect>,
    ) {
        let (state, pid, deadline) = (self.state, self.pid, self.deadline);
        let Some(life) = self.life.as_mut().filter(|_| pid.is_some()) else {
            return;
        };
        match notice {
            Notice::Ready if state == State::Running => life.says = Says::Nothing,
            Notice::Ready => self.said_ready(policy, ReadyBy::Notify, now, effects),
            Notice::Status(text) => life.status = text,
            Notice::Reloading => life.says = Says::Reloading,
            Notice::Stopping => life.says = Says::Stopping,
            Notice::Errno(number) => life.errno = Some(number),
            Notice::Extend(span) => {
                let until = now.mono + span;
                if state == State::Starting && !life.given_up {
                    life.ready_by = life.ready_by.map(|by| by.max(until));
                } else if state == State::Stopping {
                    self.deadline = deadline.map(|at| at.max(until));
                }
            }
            Notice::WatchdogEvery(every) => {
                let due = |every| (state == State::Running).then(|| now.mono + every);
                life.watchdog = every.map(|every| Watchdog {
                    every,
                    due: due(every),
                });
            }
            Notice::Alive => {
                if let Some(watchdog) = &mut life.watchdog
                    && state == State::Running
                {
                    watchdog.due = Some(now.mono + watchdog.every);
                }
            }
            Notice::Trigger if state == State::Running => {
                effects.push(Effect::Unwell(Unwell::Triggered));
            }
            Notice::Trigger => {}
            Notice::MainPid(named) => {
                let is_other = pid.is_none_or(|pid| i64::from(pid.number()) != named);
                if is_other && !std::mem::replace(&mut life.main_pid_told, true) {
                    effects.push(Effect::Say(Line::MainPid(named)));
                }
            }
        }
    }

    /// A sign of life is overdue; nobody waits for another before one has come (LIF-132).
    pub(super) fn watchdog_is_silent(&mut self, now: Now, effects: &mut Vec<Effect>) -> bool {
        let running = self.state == State::Running;
        let life = self.life.as_mut().filter(|_| running);
        let Some(watchdog) = life.and_then(|life| life.watchdog.as_mut()) else {
            return false;
        };
        if watchdog.due.is_none_or(|due| due > now.mono) {
            return false;
        }
        watchdog.due = None;
        effects.push(Effect::Unwell(Unwell::Silent(watchdog.every)));
        true
    }
}

/// What a start is bounded by.
fn in_time(policy: &Policy) -> Bound {
    let lifecycle = policy.lifecycle.as_ref();
    Bound {
        span: lifecycle
            .and_then(|lifecycle| lifecycle.startwaitsecs)
            .unwrap_or_default(),
        oneshot: lifecycle.is_some_and(|lifecycle| lifecycle.kind == Kind::Oneshot),
    }
}
