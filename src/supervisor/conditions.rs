//! What has to hold of dependencies before a process is started, and what is to be expected of those of which it does
//! not.

use crate::base::exit::Exit;
use crate::base::names::namespec;
use crate::base::states::ProcessState as State;
use crate::process::lifecycle::{Condition, Dependency, Kind, Whom};

use super::Supervisor;
use super::detail;
use super::graph::depends_on;
use super::member::{Member, ProcessId};
use super::pending::{How, Origin, Pending, Unmet};

/// What has yet to come before a process may start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Waiting {
    /// The first dependency that does not fulfil its condition, in the option's order.
    pub(super) first: Unmet,
    /// The condition that is waited for.
    pub(super) condition: Condition,
    /// How many more there are.
    pub(super) more: usize,
    /// The first that cannot come any more by itself (LIF-060).
    pub(super) lost: Option<Unmet>,
}

/// What is to be expected of one dependency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Prospect {
    Holds,
    Waits(How),
    Lost(How),
}

impl Condition {
    /// As users write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Running => "running",
            Self::Healthy => "healthy",
            Self::Exited => "exited",
            Self::Ended => "ended",
        }
    }

    /// It is about the end of a life.
    pub(super) const fn is_completion(self) -> bool {
        matches!(self, Self::Exited | Self::Ended)
    }
}

/// Whether the condition holds of a process at this moment (LIF-030 to LIF-035).
pub(super) fn holds(condition: Condition, member: &Member) -> bool {
    let process = &member.process;
    if member.pending.is_some() {
        return false;
    }
    match condition {
        Condition::Started => match process.state {
            State::Starting => process.pid.is_some(),
            state => matches!(state, State::Running | State::Exited),
        },
        Condition::Running => process.state == State::Running,
        Condition::Healthy => process.state == State::Running && detail::is_healthy(member),
        Condition::Exited => ended_as_expected(member),
        Condition::Ended => matches!(process.state, State::Exited | State::Fatal),
    }
}

/// Whether it is EXITED with a code that was expected.
pub(super) fn ended_as_expected(member: &Member) -> bool {
    let code = member
        .process
        .exitstatus
        .and_then(|code| u8::try_from(code).ok());
    let expected = |code| member.config.policy.expects(Exit::Code(code));
    member.process.state == State::Exited && code.is_some_and(expected)
}

/// Whether the process runs once and is done.
pub(super) fn is_oneshot(member: &Member) -> bool {
    let lifecycle = member.config.policy.lifecycle.as_ref();
    lifecycle.is_some_and(|lifecycle| lifecycle.kind == Kind::Oneshot)
}

/// Whether the process must not be started (LIF-290).
pub(super) fn is_disabled(member: &Member) -> bool {
    let lifecycle = member.config.policy.lifecycle.as_ref();
    lifecycle.is_some_and(|lifecycle| !lifecycle.enabled)
}

/// What is to be expected of a dependency of which one of the conditions has to hold (LIF-060, LIF-061).
fn prospect(conditions: &[Condition], member: &Member, after_a_life: bool) -> Prospect {
    let process = &member.process;
    if conditions.iter().any(|condition| holds(*condition, member))
        || after_a_life && member.pending.is_none() && ended_as_expected(member)
    {
        return Prospect::Holds;
    }
    if member.pending.is_some() {
        return Prospect::Waits(How::Pending);
    }
    let how = How::In(process.state);
    if is_disabled(member) && !process.state.is_running() {
        return Prospect::Lost(How::Disabled);
    }
    match process.state {
        State::Starting | State::Backoff | State::Running | State::Stopping => Prospect::Waits(how),
        State::Exited if process.is_to_restart() => Prospect::Waits(how),
        State::Stopped | State::Exited | State::Fatal | State::Unknown => Prospect::Lost(how),
    }
}

/// Whether an item counts for that start (LIF-023, LIF-044).
pub(super) fn counts(item: &Dependency, pending: &Pending, autostart_only: bool) -> bool {
    if autostart_only {
        return pending.origin == Origin::Autostart && !pending.asked;
    }
    let completion = item
        .conditions
        .iter()
        .any(|condition| condition.is_completion());
    !(completion && pending.follows_a_life())
}

impl Supervisor {
    /// What that pending start of a process has to wait for; none if it may begin.
    pub(super) fn waiting(&self, id: ProcessId, pending: &Pending) -> Option<Waiting> {
        self.waiting_while(id, pending, None)
    }

    /// The same for the moment at which one of those that it depends on was RUNNING and has ended since (LIF-037).
    pub(super) fn waiting_while(
        &self,
        id: ProcessId,
        pending: &Pending,
        was_running: Option<ProcessId>,
    ) -> Option<Waiting> {
        let member = self.member(id)?;
        let items = depends_on(member);
        if items.is_empty() || pending.free || pending.granted {
            return None;
        }
        let lifecycle = member.config.policy.lifecycle.as_ref();
        let autostart_only = lifecycle.is_some_and(|lifecycle| lifecycle.gates_autostart_only);
        let graph = self.graph();
        let mut waiting = None;
        for (index, item) in items.iter().enumerate() {
            if !counts(item, pending, autostart_only) {
                continue;
            }
            let Some(processes) = graph.item(id, index) else {
                let whom = || name_of(&item.whom);
                note(&mut waiting, item, Prospect::Lost(How::NotThere), whom);
                continue;
            };
            for other in processes.iter().filter_map(|id| self.member(*id)) {
                let seen = pending.seen.contains(&(index, other.id));
                let passed =
                    was_running == Some(other.id) && item.conditions.contains(&Condition::Running);
                if !seen && !passed {
                    let prospect = prospect(&item.conditions, other, pending.follows_a_life());
                    note(&mut waiting, item, prospect, || other.namespec());
                }
            }
        }
        waiting
    }

    /// Notes the completions that are to be seen now, of all or of that one: they count for a pending start from now
    /// on (LIF-036).
    pub(super) fn note_completions(&mut self, id: ProcessId, of: Option<ProcessId>) {
        let graph = self.graph();
        let Some(member) = self.member(id).filter(|member| member.pending.is_some()) else {
            return;
        };
        let mut seen = Vec::new();
        for (index, item) in depends_on(member).iter().enumerate() {
            let conditions = item.conditions.iter();
            let completions: Vec<_> = conditions.filter(|c| c.is_completion()).collect();
            if completions.is_empty() {
                continue;
            }
            let others = match &of {
                Some(other) if graph.means(id, index, *other) => std::slice::from_ref(other),
                Some(_) => &[],
                None => graph.item(id, index).unwrap_or_default(),
            };
            for other in others.iter().filter_map(|id| self.member(*id)) {
                if completions
                    .iter()
                    .any(|condition| holds(**condition, other))
                {
                    seen.push((index, other.id));
                }
            }
        }
        if let Some(pending) = self.pending_mut(id).filter(|_| !seen.is_empty()) {
            pending.seen.extend(seen);
        }
    }
}

/// Adds one dependency to what is waited for, unless its condition holds.
fn note(
    waiting: &mut Option<Waiting>,
    item: &Dependency,
    prospect: Prospect,
    whom: impl FnOnce() -> String,
) {
    let (how, is_lost) = match prospect {
        Prospect::Holds => return,
        Prospect::Waits(how) => (how, false),
        Prospect::Lost(how) => (how, true),
    };
    match waiting {
        Some(waiting) => {
            waiting.more += 1;
            if is_lost && waiting.lost.is_none() {
                waiting.lost = Some(Unmet { whom: whom(), how });
            }
        }
        none => {
            let first = Unmet { whom: whom(), how };
            let lost = is_lost.then(|| first.clone());
            let condition = item.conditions.first().copied();
            *none = Some(Waiting {
                first,
                condition: condition.unwrap_or(Condition::Running),
                more: 0,
                lost,
            });
        }
    }
}

/// How a dependency is named that is not there.
pub(super) fn name_of(whom: &Whom) -> String {
    match whom {
        Whom::Program(name) => name.clone(),
        Whom::Group(name) => format!("{name}:*"),
        Whom::Process { group, name } => namespec(group, name),
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::{Condition, How, Member, Pending, Prospect, State, prospect};
    use crate::base::clock::Mono;
    use crate::base::pid::Pid;
    use crate::process::durable::Process;
    use crate::process::policy::{Policy, ProcessConfig};
    use crate::supervisor::member::{LogPaths, ProcessId};
    use crate::supervisor::pending::Origin;

    fn member(state: State) -> Member {
        let mut process = Process::new("db");
        process.state = state;
        process.pid = Pid::new(7);
        let policy = Policy {
            exitcodes: vec![0],
            ..Policy::default()
        };
        Member {
            id: ProcessId(0),
            group: "db".into(),
            config: Rc::new(ProcessConfig {
                policy,
                ..ProcessConfig::default()
            }),
            process,
            logs: LogPaths::default(),
            listener: false,
            pending: None,
            upkeep: None,
        }
    }

    #[test]
    fn lif_060_what_is_to_be_expected_of_a_dependency() {
        use Condition::{Ended, Exited, Running, Started};
        let yes = Prospect::Holds;
        let (waits, lost) = (
            |state| Prospect::Waits(How::In(state)),
            |state| Prospect::Lost(How::In(state)),
        );
        let table = [
            (State::Stopped, [lost(State::Stopped); 4]),
            (
                State::Starting,
                [
                    yes,
                    waits(State::Starting),
                    waits(State::Starting),
                    waits(State::Starting),
                ],
            ),
            (
                State::Running,
                [yes, yes, waits(State::Running), waits(State::Running)],
            ),
            (State::Backoff, [waits(State::Backoff); 4]),
            (State::Stopping, [waits(State::Stopping); 4]),
            (
                State::Fatal,
                [
                    lost(State::Fatal),
                    lost(State::Fatal),
                    lost(State::Fatal),
                    yes,
                ],
            ),
            (State::Unknown, [lost(State::Unknown); 4]),
        ];
        for (state, wanted) in table {
            let found = [Started, Running, Exited, Ended]
                .map(|condition| prospect(&[condition], &member(state), false));
            assert_eq!(found, wanted, "{state}");
        }
    }

    #[test]
    fn lif_060_an_end_counts_by_its_code_and_by_what_comes_after_it() {
        let prospect_of = |code, again: bool, conditions: &[Condition], after_a_life| {
            let mut member = member(State::Exited);
            member.process.exitstatus = Some(code);
            member.process.deadline = again.then_some(Mono(1));
            prospect(conditions, &member, after_a_life)
        };
        let how = How::In(State::Exited);
        let table = [
            (0, false, Condition::Running, false, Prospect::Lost(how)),
            (0, true, Condition::Running, false, Prospect::Waits(how)),
            (0, false, Condition::Started, false, Prospect::Holds),
            (0, false, Condition::Exited, false, Prospect::Holds),
            (1, false, Condition::Exited, false, Prospect::Lost(how)),
            (1, true, Condition::Exited, false, Prospect::Waits(how)),
            (-1, false, Condition::Ended, false, Prospect::Holds),
            // LIF-044
            (0, false, Condition::Running, true, Prospect::Holds),
            (1, false, Condition::Running, true, Prospect::Lost(how)),
        ];
        for (code, again, condition, after_a_life, wanted) in table {
            let found = prospect_of(code, again, &[condition], after_a_life);
            assert_eq!(found, wanted, "{code} {again} {condition:?} {after_a_life}");
        }
        // LIF-023: one of several is enough
        let both = [Condition::Running, Condition::Ended];
        assert_eq!(prospect_of(1, false, &both, false), Prospect::Holds);
    }

    #[test]
    fn lif_035_who_has_a_pending_start_fulfils_nothing() {
        let mut member = member(State::Exited);
        member.process.exitstatus = Some(0);
        member.pending = Some(Box::new(Pending::new(Origin::Autostart)));
        let found = prospect(&[Condition::Ended], &member, false);
        assert_eq!(found, Prospect::Waits(How::Pending));
    }
}
