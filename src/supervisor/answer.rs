//! Answers that come later: who waits for which processes, and what they are told.

use tokio::sync::oneshot;

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
#[derive(Debug, Clone, PartialEq, Eq)]
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

/// An answer, now or when its condition holds.
#[derive(Debug)]
pub enum Answer {
    /// It is known.
    Now(Outcome),
    /// It will come through here.
    Later(oneshot::Receiver<Result<Outcome, Fault>>),
}

/// What a client waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal {
    /// RUNNING (RPC-156).
    Started,
    /// A state of the stopped set (RPC-168).
    Stopped,
}

/// One process that an answer waits for.
#[derive(Debug)]
struct Pending {
    id: ProcessId,
    /// As the client named it, for faults.
    spec: String,
    name: String,
    group: String,
}

/// One answer that is owed.
#[derive(Debug)]
pub(super) struct Wait {
    goal: Goal,
    pending: Vec<Pending>,
    /// Rows so far; none if one process was asked for alone.
    rows: Option<Vec<Row>>,
    sender: Option<oneshot::Sender<Result<Outcome, Fault>>>,
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
        let mut wait = Wait {
            goal,
            pending: Vec::new(),
            rows: None,
            sender: None,
        };
        match self.pend(&mut wait, id, spec, now) {
            Some(result) => result.map(|()| Answer::Now(Outcome::Done)),
            None => Ok(self.owe(wait)),
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
            let Some(spec) = self.members.get(&id).map(Member::namespec) else {
                continue;
            };
            let result = act(self, id, &spec, now);
            let Some(member) = self.members.get(&id) else {
                continue;
            };
            let decided = result.is_err() || !wait || verdict(goal, member, &spec) == Some(Ok(()));
            if decided {
                rows.push(Row::new(member, result));
            } else {
                open.push((id, spec));
            }
        }
        let mut wait = Wait {
            goal,
            pending: Vec::new(),
            rows: None,
            sender: None,
        };
        for (id, spec) in open {
            if let Some(result) = self.pend(&mut wait, id, &spec, now) {
                rows.extend(self.members.get(&id).map(|member| Row::new(member, result)));
            }
        }
        if wait.pending.is_empty() {
            return Answer::Now(Outcome::Rows(rows));
        }
        wait.rows = Some(rows);
        self.owe(wait)
    }

    fn owe(&mut self, mut wait: Wait) -> Answer {
        let (sender, receiver) = oneshot::channel();
        wait.sender = Some(sender);
        self.waits.push(wait);
        Answer::Later(receiver)
    }

    /// Adds a process to a wait unless its verdict is known.
    fn pend(
        &mut self,
        wait: &mut Wait,
        id: ProcessId,
        spec: &str,
        now: Now,
    ) -> Option<Result<(), Fault>> {
        let member = self.members.get(&id)?;
        let known = verdict(wait.goal, member, spec);
        if known.is_none() {
            wait.pending.push(Pending {
                id,
                spec: spec.to_owned(),
                name: member.process.name.clone(),
                group: member.group.to_string(),
            });
            if wait.goal == Goal::Stopped && !self.timers.is_set(Timer::StopReport(id)) {
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
        let Some(member) = self.members.get(&id) else {
            return;
        };
        let fresh = !self.timers.is_set(Timer::StopReport(id));
        if member.process.state == ProcessState::Stopping
            && (fresh || self.waits.iter().any(waited))
        {
            let text = format!("waiting for {} to stop", member.process.name);
            self.os.log(Level::Info, &text);
            self.timers
                .set(Timer::StopReport(id), Some(now.mono + STOP_REPORT));
        }
    }

    /// A process changed: completes the answers that waited for it.
    pub(super) fn check_waits(&mut self, id: ProcessId) {
        if self.waits.is_empty() {
            return;
        }
        let member = self.members.get(&id);
        for wait in &mut self.waits {
            wait.check(id, member);
        }
        self.waits.retain(|wait| {
            wait.sender
                .as_ref()
                .is_some_and(|sender| !sender.is_closed())
        });
    }
}

impl Wait {
    fn check(&mut self, id: ProcessId, member: Option<&Member>) {
        let Some(at) = self.pending.iter().position(|pending| pending.id == id) else {
            return;
        };
        let spec = &self.pending[at].spec;
        let result = match member {
            Some(member) => verdict(self.goal, member, spec),
            // its group was removed meanwhile, which needs it stopped
            None if self.goal == Goal::Stopped => Some(Ok(())),
            None => Some(Err(Fault::AbnormalTermination(spec.clone()))),
        };
        let Some(result) = result else { return };
        let done = self.pending.remove(at);
        match &mut self.rows {
            None => self.send(result.map(|()| Outcome::Done)),
            Some(rows) => {
                rows.push(Row::of(&done.name, &done.group, result));
                if self.pending.is_empty() {
                    let rows = std::mem::take(rows);
                    self.send(Ok(Outcome::Rows(rows)));
                }
            }
        }
    }

    fn send(&mut self, result: Result<Outcome, Fault>) {
        if let Some(sender) = self.sender.take() {
            // the client may have gone; what was started or stopped stays so (RPC-016)
            let _ = sender.send(result);
        }
    }
}
