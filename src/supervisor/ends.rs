//! When the daemon ends by itself, and with which status (lifecycle.md, section 13).

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use crate::base::exit::Exit;
use crate::base::fault::Fault;
use crate::base::level::Level;
use crate::base::states::{ProcessState as State, SupervisorState};
use crate::process::lifecycle::Essential;

use super::Supervisor;
use super::conditions::{ended_as_expected, is_disabled};
use super::member::{Member, ProcessId};
use super::pending::{How, Unmet};
use super::starts::lifecycle;

/// What decides the status of the daemon, as far as any option asks for that.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Endings {
    /// By the first cause; it stays (LIF-211).
    status: Option<u8>,
    /// The number of the last end of each process.
    ends: BTreeMap<ProcessId, u64>,
    /// How many ends were numbered, in the order in which they came.
    count: u64,
}

impl Endings {
    /// A process is gone.
    pub(super) fn forget(&mut self, id: ProcessId) {
        self.ends.remove(&id);
    }
}

impl Supervisor {
    /// The status that the daemon ends with, if it ends by one of these causes (LIF-212).
    pub const fn exit_status(&self) -> Option<u8> {
        self.durable.endings.status
    }

    /// Whether ends can matter for anything: while no option says so, nothing is noted.
    fn ends_matter(&self) -> bool {
        let ends = &self.durable.settings.ends;
        let is_essential = |member: &Member| essential(member) != Essential::No;
        ends.on_fatal
            || ends.when_done
            || *self
                .runtime
                .has_essential
                .get_or_init(|| self.members().any(is_essential))
    }

    /// A child of a process has ended, or could not be made.
    pub(super) fn note_end(&mut self, id: ProcessId) {
        if self.ends_matter() {
            let endings = &mut self.durable.endings;
            endings.ends.insert(id, endings.count);
            endings.count += 1;
        }
    }

    /// A child has ended that nobody asked to (LIF-202).
    pub(super) fn ended_by_itself(&mut self, id: ProcessId, exit: Exit) {
        let Some(member) = self.member(id) else {
            return;
        };
        if essential(member) != Essential::Exit {
            return;
        }
        let how = match exit {
            Exit::Code(code) => format!("exited with status {code}"),
            Exit::Signal { signal, .. } => format!("terminated by {signal}"),
            Exit::Odd(_) => exit.to_string(),
        };
        let expected = member.config.policy.expects(exit);
        let status = if expected { 0 } else { self.failure_of(id) };
        let text = format!("{} {how} (essential=exit)", self.named(id));
        self.end_by(status, &text);
    }

    /// An essential process was stopped because its liveness check failed (LIF-205).
    pub(super) fn stopped_by_check(&mut self, id: ProcessId) {
        let Some(member) = self.member(id) else {
            return;
        };
        let by = match essential(member) {
            Essential::Fatal => "essential=fatal",
            Essential::Exit => "essential=exit",
            Essential::No => return,
        };
        let name = member.namespec();
        let text = format!("{name} was stopped, its liveness check failed ({by})");
        self.end_by(self.failure_of(id), &text);
    }

    /// A process came to the state where it is by itself: FATAL or EXITED.
    pub(super) fn came_to_rest(&mut self, id: ProcessId) {
        let Some(member) = self.member(id).filter(|_| self.ends_matter()) else {
            return;
        };
        let by = match essential(member) {
            Essential::Fatal => Some("essential=fatal"),
            Essential::Exit => Some("essential=exit"),
            Essential::No if self.durable.settings.ends.on_fatal => Some("exit_on_fatal=any"),
            Essential::No => None,
        };
        if let Some(by) = by.filter(|_| member.process.state == State::Fatal) {
            let text = format!("{} entered FATAL state ({by})", self.named(id));
            return self.end_by(self.failure_of(id), &text);
        }
        self.look_if_done();
    }

    /// Something has come to rest, or cannot start any more: whether that was the last (LIF-215).
    pub(super) fn look_if_done(&mut self) {
        if self.durable.settings.ends.when_done && self.is_done() {
            let status = self.status_of_all();
            self.end_by(status, "all programs are done (exit_when_done)");
        }
    }

    /// An automatic start is blocked for good: essential ones that wait for it, through others too, count as FATAL
    /// (LIF-217).
    pub(super) fn blocked_for_good(&mut self, id: ProcessId, lost: &Unmet) {
        if lost.how != How::In(State::Fatal) {
            return;
        }
        let Ok(cause) = self.find_process(&lost.whom) else {
            return;
        };
        let cause = cause.id;
        let retries = self.member(cause).and_then(lifecycle);
        if retries.is_some_and(|own| own.restarts.fatal_retry.is_some()) {
            return;
        }
        for other in self.blocked_with([id].into()) {
            let word = match self.member(other).map(essential) {
                Some(Essential::Fatal) => "fatal",
                Some(Essential::Exit) => "exit",
                Some(Essential::No) | None => continue,
            };
            let name = self.named(other);
            let text = format!("{name} cannot start, {lost} (essential={word})");
            return self.end_by(self.failure_of(cause), &text);
        }
    }

    /// These and all automatic starts that wait for them, directly or not.
    fn blocked_with(&self, ids: VecDeque<ProcessId>) -> Vec<ProcessId> {
        let graph = self.graph();
        let mut found: BTreeSet<_> = ids.iter().copied().collect();
        let mut open = ids;
        let mut all = Vec::new();
        while let Some(id) = open.pop_front() {
            all.push(id);
            for other in graph.dependents(id) {
                let waits = self.member(other).is_some_and(|member| {
                    let pending = member.pending.as_deref();
                    pending.is_some_and(|pending| !pending.is_request() && !pending.free)
                });
                if waits && found.insert(other) {
                    open.push_back(other);
                }
            }
        }
        all
    }

    /// Whether nothing is left that runs or is going to (LIF-215).
    fn is_done(&self) -> bool {
        let blocked = |member: &&Member| {
            let pending = member.pending.as_ref();
            pending.is_some_and(|pending| pending.blocked.is_some())
        };
        let blocked = self.members().filter(blocked).map(|member| member.id);
        let blocked: BTreeSet<_> = self.blocked_with(blocked.collect()).into_iter().collect();
        let programs = || self.members().filter(|member| !member.listener);
        programs().any(|member| member.process.laststart.is_some())
            && programs().all(|member| {
                let process = &member.process;
                let rests = process.state.is_stopped() && process.deadline.is_none();
                let waits = member.pending.is_some() && !blocked.contains(&member.id);
                let comes = lifecycle(member).is_some_and(|own| own.schedule.is_some());
                rests && !waits && (!comes || is_disabled(member))
            })
    }

    /// The status when all are done: of the one that failed first, if any has (LIF-204).
    fn status_of_all(&self) -> u8 {
        let failed = |member: &&Member| match member.process.state {
            State::Fatal => true,
            State::Exited => !ended_as_expected(member),
            _ => false,
        };
        let failed = self
            .members()
            .filter(|member| !member.listener)
            .filter(failed);
        let number = |member: &Member| self.durable.endings.ends.get(&member.id).copied();
        let first = failed.map(|member| (number(member), member.id)).min();
        first.map_or(0, |(_, id)| self.failure_of(id))
    }

    /// The status that the failure of a process stands for (LIF-210).
    fn failure_of(&self, id: ProcessId) -> u8 {
        if let Some(code) = self.durable.settings.ends.code_on_failure {
            return code;
        }
        let Some(member) = self.member(id) else {
            return 1;
        };
        match member.process.past.last {
            Some((_, Exit::Code(code))) => code.max(1),
            Some((_, Exit::Signal { signal, .. })) => {
                u8::try_from(128 + signal.number()).unwrap_or(u8::MAX)
            }
            Some((_, Exit::Odd(_))) => 1,
            None => match self.runtime.ports.children.check_command(&member.config) {
                Err(Fault::NoFile(_)) => 127,
                Err(Fault::NotExecutable(_)) => 126,
                _ => 1,
            },
        }
    }

    /// Everything goes down for that reason, unless it does already.
    fn end_by(&mut self, status: u8, why: &str) {
        if self.durable.state != SupervisorState::Running {
            return;
        }
        self.durable.endings.status = Some(status);
        self.runtime
            .log(Level::Info, format!("shutting down: {why}"));
        self.shutdown();
    }
}

/// What the end of a process means for the daemon.
fn essential(member: &Member) -> Essential {
    lifecycle(member).map_or(Essential::No, |own| own.essential)
}

/// Whether it has ended without having been asked to: a child that is stopped has.
pub(super) fn was_asked_to_end(member: &Member) -> bool {
    member.process.killing || !matches!(member.process.state, State::Starting | State::Running)
}
