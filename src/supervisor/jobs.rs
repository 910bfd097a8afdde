//! Acts that take longer than a visit: who has yet to be told, who was told and is waited for, and what is owed to
//! the client that asked.

use serde::{Deserialize, Serialize};

use crate::base::clock::Now;
use crate::base::fault::Fault;
use crate::base::level::Level;
use crate::base::states::ProcessState;

use super::Supervisor;
use super::answer::{Answer, Completed, Outcome, Row, Ticket};
use super::conditions::is_oneshot;
use super::member::{Member, ProcessId};
use super::order::Order;
use super::shutdown::Descent;
use super::timers::Timer;

/// How long a client waits for a stop before the main log says so again (PROC-095).
const STOP_REPORT: std::time::Duration = std::time::Duration::from_secs(2);

/// Which way a client wants processes to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Want {
    /// They shall run.
    Up,
    /// They shall not.
    Down,
}

/// What is done to the processes of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Act {
    /// A client starts or stops them.
    Bring(Want),
    /// Everything stops, wave by wave.
    GoDown(Descent),
}

/// One act that is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Job {
    pub(super) act: Act,
    /// Who has yet to be told.
    pub(super) open: Order,
    /// Who was told and is waited for.
    pub(super) told: Vec<ProcessId>,
    /// What a client waits for.
    owed: Option<Owed>,
}

/// An answer that is owed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Owed {
    ticket: Ticket,
    form: Form,
}

/// What an answer tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Form {
    /// Of one process; its name as the client gave it, for faults.
    One(String),
    /// Of many, with the rows so far.
    Rows(Vec<Row>),
}

/// What happened to a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    /// Something of it changed.
    Changed,
    /// It is not going to be started after all.
    CalledOff,
    /// It is told for the last time.
    Gone,
}

/// All acts that are under way.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Jobs {
    list: Vec<Job>,
    next_ticket: u64,
}

impl Jobs {
    /// Everything goes down.
    pub(super) fn go_down(&mut self, order: Order) {
        self.list
            .push(Job::new(Act::GoDown(Descent::default()), order));
    }

    /// The way down, if it has begun: how far it is, and its job.
    pub(super) fn way_down(&mut self) -> Option<(&mut Descent, &mut Order, &mut Vec<ProcessId>)> {
        self.list.iter_mut().find_map(|job| match &mut job.act {
            Act::GoDown(descent) => Some((descent, &mut job.open, &mut job.told)),
            Act::Bring(_) => None,
        })
    }

    fn owe(&mut self, want: Want, told: Vec<ProcessId>, form: Form) -> Answer {
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        let mut job = Job::new(Act::Bring(want), Order::default());
        job.told = told;
        job.owed = Some(Owed { ticket, form });
        self.list.push(job);
        Answer::Later(ticket)
    }

    fn take_back(&mut self, ticket: Ticket) {
        let holds = |job: &Job| job.owed.as_ref().is_some_and(|owed| owed.ticket == ticket);
        self.list.retain(|job| !holds(job));
    }

    /// Whether a client waits for that process to stop.
    fn is_awaited(&self, id: ProcessId) -> bool {
        self.list
            .iter()
            .any(|job| job.act == Act::Bring(Want::Down) && job.told.contains(&id))
    }

    /// A member changed: completes what was owed because of it.
    pub(super) fn changed(&mut self, member: &Member, news: News, completed: &mut Vec<Completed>) {
        if self.list.is_empty() {
            return;
        }
        self.list.retain_mut(|job| match job.changed(member, news) {
            None => true,
            Some(answer) => {
                completed.push(answer);
                false
            }
        });
    }
}

impl Job {
    const fn new(act: Act, open: Order) -> Self {
        Self {
            act,
            open,
            told: Vec::new(),
            owed: None,
        }
    }

    /// The answer, if nothing is left to wait for.
    fn changed(&mut self, member: &Member, news: News) -> Option<Completed> {
        let Act::Bring(want) = self.act else {
            return None;
        };
        let owed = self.owed.as_mut()?;
        let at = self.told.iter().position(|id| *id == member.id)?;
        let spec = match &owed.form {
            Form::One(spec) => spec.clone(),
            Form::Rows(_) => member.namespec(),
        };
        let result = match (verdict(want, member, &spec), news) {
            (_, News::CalledOff) if want == Want::Up => Err(Fault::AbnormalTermination(spec)),
            (Some(result), _) => result,
            (None, News::Changed | News::CalledOff) => return None,
            // its group was removed meanwhile, which needs it stopped
            (None, News::Gone) if want == Want::Down => Ok(()),
            (None, News::Gone) => Err(Fault::AbnormalTermination(spec)),
        };
        self.told.remove(at);
        let result = match &mut owed.form {
            Form::One(_) => result.map(|()| Outcome::Done),
            Form::Rows(rows) => {
                rows.push(Row::new(member, result));
                if !self.told.is_empty() {
                    return None;
                }
                Ok(Outcome::Rows(std::mem::take(rows)))
            }
        };
        let ticket = owed.ticket;
        Some(Completed { ticket, result })
    }
}

/// Whether the process has come where a client wants it (RPC-156, RPC-168), failed for good, or is on its way.
fn verdict(want: Want, member: &Member, spec: &str) -> Option<Result<(), Fault>> {
    let process = &member.process;
    match want {
        // an automatic start goes on waiting, its clients do not (LIF-052)
        Want::Up if member.pending.is_some() => {
            let blocked = member
                .pending
                .as_ref()
                .and_then(|pending| pending.blocked.as_ref());
            blocked.map(|_| Err(Fault::SpawnError(spec.to_owned())))
        }
        Want::Up if process.spawnerr.is_some() => Some(Err(Fault::SpawnError(spec.to_owned()))),
        Want::Up => match process.state {
            ProcessState::Running => Some(Ok(())),
            // LIF-104
            ProcessState::Exited if is_oneshot(member) => Some(Ok(())),
            ProcessState::Starting => None,
            _ => Some(Err(Fault::AbnormalTermination(spec.to_owned()))),
        },
        Want::Down => process.state.is_stopped().then_some(Ok(())),
    }
}

impl Supervisor {
    /// Answers for a process that was told: at once if nothing is to be waited for, else later.
    pub(super) fn answer_for_one(
        &mut self,
        goal: Want,
        id: ProcessId,
        spec: &str,
        wait: bool,
        now: Now,
    ) -> Result<Answer, Fault> {
        if !wait {
            return Ok(Answer::Now(Outcome::Done));
        }
        if let Some(result) = self.judge(goal, id, spec, now) {
            return result.map(|()| Answer::Now(Outcome::Done));
        }
        let form = Form::One(spec.to_owned());
        Ok(self.durable.jobs.owe(goal, vec![id], form))
    }

    /// Tells many processes and answers for all of them (RPC-172, RPC-173): first the rows that are decided at once,
    /// then those that are waited for as they come.
    pub(super) fn ask_many(
        &mut self,
        goal: Want,
        ids: Vec<ProcessId>,
        wait: bool,
        now: Now,
        mut tell: impl FnMut(&mut Self, ProcessId, &str) -> Result<(), Fault>,
    ) -> Answer {
        let mut rows = Vec::new();
        let mut open = Vec::new();
        for id in ids {
            let Some(spec) = self.member(id).map(Member::namespec) else {
                continue;
            };
            let result = tell(self, id, &spec);
            let Some(member) = self.member(id) else {
                continue;
            };
            let decided = result.is_err() || !wait || verdict(goal, member, &spec) == Some(Ok(()));
            if decided {
                rows.push(Row::new(member, result));
            } else {
                open.push((id, spec));
            }
        }
        let mut told = Vec::new();
        for (id, spec) in open {
            match self.judge(goal, id, &spec, now) {
                Some(result) => rows.extend(self.member(id).map(|member| Row::new(member, result))),
                None => told.push(id),
            }
        }
        if told.is_empty() {
            return Answer::Now(Outcome::Rows(rows));
        }
        self.durable.jobs.owe(goal, told, Form::Rows(rows))
    }

    /// What is to be answered for a process; none if that must be waited for, of which the main log hears.
    fn judge(
        &mut self,
        goal: Want,
        id: ProcessId,
        spec: &str,
        now: Now,
    ) -> Option<Result<(), Fault>> {
        let known = verdict(goal, self.member(id)?, spec);
        if known.is_none()
            && goal == Want::Down
            && !self.durable.timers.is_set(Timer::StopReport(id))
        {
            self.report_stop(id, now);
        }
        known
    }

    /// A client has waited for a stop for a while.
    pub(super) fn stop_report_due(&mut self, id: ProcessId, now: Now) {
        if self.durable.jobs.is_awaited(id) {
            self.report_stop(id, now);
        }
    }

    /// Tells the main log that a client waits for a stop (LOG-050).
    fn report_stop(&mut self, id: ProcessId, now: Now) {
        let Some(member) = self.durable.roster.members.get(&id) else {
            return;
        };
        if member.process.state == ProcessState::Stopping || self.durable.held.contains(id) {
            let text = format!("waiting for {} to stop", member.process.name);
            self.runtime.log(Level::Info, text);
            let again = Some(now.mono + STOP_REPORT);
            self.durable.timers.set(Timer::StopReport(id), again);
        }
    }

    /// A process changed: completes the answers that waited for it.
    pub(super) fn check_jobs(&mut self, id: ProcessId) {
        self.tell_jobs(id, News::Changed);
    }

    /// A process is told to those who wait for it.
    pub(super) fn tell_jobs(&mut self, id: ProcessId, news: News) {
        let (jobs, completed) = (&mut self.durable.jobs, &mut self.runtime.completed);
        if let Some(member) = self.durable.roster.members.get(&id) {
            jobs.changed(member, news, completed);
        }
    }

    /// Nobody waits for that answer any more; what was started or stopped stays so (RPC-016).
    pub(super) fn take_back(&mut self, ticket: Ticket) {
        self.durable.jobs.take_back(ticket);
    }

    /// The answers that can be given, in the order in which they came about.
    pub(super) fn take_completed(&mut self) -> Vec<Completed> {
        std::mem::take(&mut self.runtime.completed)
    }
}
