//! Answers that come later: who waits for which processes, and what they are told.

use serde::{Deserialize, Serialize};

use crate::base::clock::Now;
use crate::base::fault::{Fault, SUCCESS};
use crate::base::level::Level;
use crate::base::states::ProcessState;

use super::Supervisor;
use super::member::{Member, ProcessId};
use super::timers::Timer;

/// How long a client waits for a stop before the main log says so again (PROC-095).
const STOP_REPORT: std::time::Duration = std::time::Duration::from_secs(2);

/// What a request came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done,
    /// What became of each process (RPC-170).
    Rows(Vec<Row>),
}

/// What became of one process of many (RPC-170).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The process.
    pub name: String,
    /// Its group.
    pub group: String,
    /// The fault's code, or 80 for success.
    pub status: i32,
    /// The fault's text, or `OK`.
    pub description: String,
}

/// Names one answer that is owed; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Ticket(pub u64);

/// An answer, now or when its condition holds.
#[derive(Debug)]
#[must_use]
pub enum Answer {
    /// It is known.
    Now(Outcome),
    /// It is owed; [`super::owner::Owner::promise`] waits for it.
    Later(Ticket),
}

/// An answer that was owed and can be given.
#[derive(Debug)]
pub(super) struct Completed {
    pub(super) ticket: Ticket,
    pub(super) result: Result<Outcome, Fault>,
}

/// What a client waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Goal {
    /// RUNNING (RPC-156).
    Started,
    /// A state of the stopped set (RPC-168).
    Stopped,
}

/// One process that an answer waits for.
#[derive(Debug, Serialize, Deserialize)]
struct Pending {
    id: ProcessId,
    /// As the client named it, for faults.
    spec: String,
    name: String,
    group: String,
}

/// One answer that is owed.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Wait {
    ticket: Ticket,
    goal: Goal,
    pending: Vec<Pending>,
    /// Rows so far; none if one process was asked for alone.
    rows: Option<Vec<Row>>,
}

impl Row {
    /// The row of one process.
    pub(super) fn new(member: &Member, result: Result<(), Fault>) -> Self {
        Self::of(&member.process.name, &member.group, result)
    }

    fn of(name: &str, group: &str, result: Result<(), Fault>) -> Self {
        let (status, description) = match result {
            Ok(()) => (SUCCESS, "OK".to_owned()),
            Err(fault) => (fault.code(), fault.to_string()),
        };
        Self {
            name: name.to_owned(),
            group: group.to_owned(),
            status,
            description,
        }
    }
}

/// Whether the process reached the goal, failed for good, or is on its way.
fn verdict(goal: Goal, member: &Member, spec: &str) -> Option<Result<(), Fault>> {
    let process = &member.process;
    match goal {
        Goal::Started if process.spawnerr.is_some() => {
            Some(Err(Fault::SpawnError(spec.to_owned())))
        }
        Goal::Started => match process.state {
            ProcessState::Running => Some(Ok(())),
            ProcessState::Starting => None,
            _ => Some(Err(Fault::AbnormalTermination(spec.to_owned()))),
        },
        Goal::Stopped => process.state.is_stopped().then_some(Ok(())),
    }
}

impl Supervisor {
    /// Answers for one process: at once if the goal is reached, else later.
    pub(super) fn answer_one(
        &mut self,
        goal: Goal,
        id: ProcessId,
        spec: &str,
        now: Now,
    ) -> Result<Answer, Fault> {
        let mut pending = Vec::new();
        match self.pend(goal, &mut pending, id, spec, now) {
            Some(result) => result.map(|()| Answer::Now(Outcome::Done)),
            None => Ok(self.owe(goal, pending, None)),
        }
    }

    /// Does one thing to many processes and answers for all of them (RPC-172, RPC-173): first the rows that are
    /// decided at once, then those that are waited for as they come.
    pub(super) fn answer_many(
        &mut self,
        goal: Goal,
        ids: Vec<ProcessId>,
        wait: bool,
        now: Now,
        act: fn(&mut Self, ProcessId, &str, Now) -> Result<(), Fault>,
    ) -> Answer {
        let mut rows = Vec::new();
        let mut open = Vec::new();
        for id in ids {
            let Some(spec) = self.durable.roster.members.get(&id).map(Member::namespec) else {
                continue;
            };
            let result = act(self, id, &spec, now);
            let Some(member) = self.durable.roster.members.get(&id) else {
                continue;
            };
            let decided = result.is_err() || !wait || verdict(goal, member, &spec) == Some(Ok(()));
            if decided {
                rows.push(Row::new(member, result));
            } else {
                open.push((id, spec));
            }
        }
        let mut pending = Vec::new();
        for (id, spec) in open {
            if let Some(result) = self.pend(goal, &mut pending, id, &spec, now) {
                rows.extend(
                    self.durable
                        .roster
                        .members
                        .get(&id)
                        .map(|member| Row::new(member, result)),
                );
            }
        }
        if pending.is_empty() {
            return Answer::Now(Outcome::Rows(rows));
        }
        self.owe(goal, pending, Some(rows))
    }

    fn owe(&mut self, goal: Goal, pending: Vec<Pending>, rows: Option<Vec<Row>>) -> Answer {
        let ticket = Ticket(self.durable.next_ticket);
        self.durable.next_ticket += 1;
        self.durable.waits.push(Wait {
            ticket,
            goal,
            pending,
            rows,
        });
        Answer::Later(ticket)
    }

    /// Nobody waits for that answer any more; what was started or stopped stays so (RPC-016).
    pub(super) fn take_back(&mut self, ticket: Ticket) {
        self.durable.waits.retain(|wait| wait.ticket != ticket);
    }

    /// The answers that can be given, in the order in which they came about.
    pub(super) fn take_completed(&mut self) -> Vec<Completed> {
        std::mem::take(&mut self.runtime.completed)
    }

    /// Adds a process to a wait unless its verdict is known.
    fn pend(
        &mut self,
        goal: Goal,
        pending: &mut Vec<Pending>,
        id: ProcessId,
        spec: &str,
        now: Now,
    ) -> Option<Result<(), Fault>> {
        let member = self.durable.roster.members.get(&id)?;
        let known = verdict(goal, member, spec);
        if known.is_none() {
            pending.push(Pending {
                id,
                spec: spec.to_owned(),
                name: member.process.name.clone(),
                group: member.group.to_string(),
            });
            if goal == Goal::Stopped && !self.durable.timers.is_set(Timer::StopReport(id)) {
                self.report_stop(id, now);
            }
        }
        known
    }

    /// Tells the main log that a client waits for a stop (LOG-050).
    pub(super) fn report_stop(&mut self, id: ProcessId, now: Now) {
        let waited = |wait: &Wait| {
            wait.goal == Goal::Stopped && wait.pending.iter().any(|pending| pending.id == id)
        };
        let Some(member) = self.durable.roster.members.get(&id) else {
            return;
        };
        let fresh = !self.durable.timers.is_set(Timer::StopReport(id));
        if member.process.state == ProcessState::Stopping
            && (fresh || self.durable.waits.iter().any(waited))
        {
            let text = format!("waiting for {} to stop", member.process.name);
            self.runtime.log(Level::Info, text);
            self.durable
                .timers
                .set(Timer::StopReport(id), Some(now.mono + STOP_REPORT));
        }
    }

    /// A process changed: completes the answers that waited for it.
    pub(super) fn check_waits(&mut self, id: ProcessId) {
        if self.durable.waits.is_empty() {
            return;
        }
        let member = self.durable.roster.members.get(&id);
        let completed = &mut self.runtime.completed;
        self.durable
            .waits
            .retain_mut(|wait| match wait.check(id, member) {
                None => true,
                Some(result) => {
                    let ticket = wait.ticket;
                    completed.push(Completed { ticket, result });
                    false
                }
            });
    }
}

impl Wait {
    /// A process changed, or is gone; the answer if nothing is left to wait for.
    fn check(&mut self, id: ProcessId, member: Option<&Member>) -> Option<Result<Outcome, Fault>> {
        let at = self.pending.iter().position(|pending| pending.id == id)?;
        let spec = &self.pending[at].spec;
        let result = match member {
            Some(member) => verdict(self.goal, member, spec)?,
            // its group was removed meanwhile, which needs it stopped
            None if self.goal == Goal::Stopped => Ok(()),
            None => Err(Fault::AbnormalTermination(spec.clone())),
        };
        let done = self.pending.remove(at);
        let Some(rows) = &mut self.rows else {
            return Some(result.map(|()| Outcome::Done));
        };
        rows.push(Row::of(&done.name, &done.group, result));
        let complete = self.pending.is_empty();
        complete.then(|| Ok(Outcome::Rows(std::mem::take(rows))))
    }
}
