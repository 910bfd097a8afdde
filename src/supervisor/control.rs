//! Starting, stopping and signalling by namespec: what clients ask for (rpc.md, sections 8.6 to 8.9).

use std::collections::HashMap;

use crate::base::clock::Now;
use crate::base::fault::Fault;
use crate::base::level::Level;
use crate::base::signals::Signal;
use crate::base::states::ProcessState;
use crate::process::machine::Input;

use super::Supervisor;
use super::answer::{Answer, Outcome, Row};
use super::conditions::is_disabled;
use super::group::Target;
use super::jobs::Want;
use super::member::{Member, ProcessId};
use super::pending::Origin;
use super::ports::KillError;
use super::stops::StopFor;

/// What a client's start looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heeds {
    /// It waits for what the process depends on, and starts that too.
    Dependencies,
    /// It starts the process at once.
    Nothing,
}

impl Supervisor {
    /// `startProcess`: one process, or a whole group by `g:*` (RPC-150 to RPC-160).
    pub fn start(&mut self, spec: &str, wait: bool, now: Now) -> Result<Answer, Fault> {
        self.start_by(spec, wait, Heeds::Dependencies, now)
    }

    /// The same, whatever the processes depend on (LIF-049).
    pub fn start_alone(&mut self, spec: &str, wait: bool, now: Now) -> Result<Answer, Fault> {
        self.start_by(spec, wait, Heeds::Nothing, now)
    }

    fn start_by(
        &mut self,
        spec: &str,
        wait: bool,
        heeds: Heeds,
        now: Now,
    ) -> Result<Answer, Fault> {
        let id = match self.durable.roster.find(spec)? {
            Target::Group(group) => {
                let ids = self.durable.roster.group_by_priority(&group)?;
                return Ok(self.start_many(ids, wait, heeds, now));
            }
            Target::Process(id) => id,
        };
        self.may_start(id, spec)?;
        self.request(&[id], heeds);
        self.begin_request(id, spec, now)?;
        self.answer_for_one(Want::Up, id, spec, wait, now)
    }

    /// `startProcessGroup` (RPC-161).
    pub fn start_group(&mut self, group: &str, wait: bool, now: Now) -> Result<Answer, Fault> {
        let ids = self.durable.roster.group_by_priority(group)?;
        Ok(self.start_many(ids, wait, Heeds::Dependencies, now))
    }

    /// `startAllProcesses` (RPC-161).
    pub fn start_all(&mut self, wait: bool, now: Now) -> Answer {
        let ids = self.durable.roster.all_by_priority();
        self.start_many(ids, wait, Heeds::Dependencies, now)
    }

    /// All are wished for before any is looked at (LIF-050).
    fn start_many(&mut self, ids: Vec<ProcessId>, wait: bool, heeds: Heeds, now: Now) -> Answer {
        let ids = self.those(ids, |member| {
            !member.process.state.is_running() && !is_disabled(member)
        });
        let mut refused = HashMap::new();
        let mut wanted = Vec::new();
        for &id in &ids {
            let spec = self.named(id);
            match self.may_start(id, &spec) {
                Ok(()) => wanted.push(id),
                Err(fault) => drop(refused.insert(id, fault)),
            }
        }
        self.request(&wanted, heeds);
        self.ask_many(
            Want::Up,
            ids,
            wait,
            now,
            |supervisor, id, spec| match refused.remove(&id) {
                Some(fault) => Err(fault),
                None => supervisor.begin_request(id, spec, now),
            },
        )
    }

    /// Whether a client's start is a good one (RPC-150, LIF-054).
    fn may_start(&self, id: ProcessId, spec: &str) -> Result<(), Fault> {
        let member = self
            .member(id)
            .ok_or_else(|| Fault::BadName(spec.to_owned()))?;
        self.runtime.ports.children.check_command(&member.config)?;
        if is_disabled(member) {
            let text = format!("{} is disabled", member.namespec());
            return Err(Fault::SpawnError(text));
        }
        if member.process.state.is_running() && member.pending.is_none() {
            return Err(Fault::AlreadyStarted(spec.to_owned()));
        }
        if member.process.state == ProcessState::Unknown {
            let text = format!("{spec} is in an unknown process state");
            return Err(Fault::Failed(Some(text)));
        }
        Ok(())
    }

    /// A client wants these to start.
    fn request(&mut self, ids: &[ProcessId], heeds: Heeds) {
        let alone = heeds == Heeds::Nothing;
        // one that stops at the moment is refused as the reference does it, and no wish is kept
        let ids = self.those(ids.to_vec(), |member| {
            member.process.state != ProcessState::Stopping || member.pending.is_some()
        });
        self.wish_all(&ids, &Origin::Request { alone });
    }

    /// Begins what a client has asked for, or lets it wait.
    fn begin_request(&mut self, id: ProcessId, spec: &str, now: Now) -> Result<(), Fault> {
        if self
            .member(id)
            .is_some_and(|member| member.pending.is_some())
        {
            self.look_at(id, now);
        } else {
            self.drive(id, Input::Start, now);
        }
        // with startsecs=0 it is RUNNING within the call (RPC-155)
        if self.state_of(id) == Some(ProcessState::Starting) {
            self.drive(id, Input::Due, now);
        }
        match self.member(id) {
            Some(member) if member.pending.is_none() && member.process.spawnerr.is_some() => {
                Err(Fault::SpawnError(spec.to_owned()))
            }
            _ => Ok(()),
        }
    }

    /// `stopProcess`: one process, or a whole group by `g:*` (RPC-165 to RPC-168).
    pub fn stop(&mut self, spec: &str, wait: bool, now: Now) -> Result<Answer, Fault> {
        let id = match self.durable.roster.find(spec)? {
            Target::Group(group) => return self.stop_group(&group, wait, now),
            Target::Process(id) => id,
        };
        self.report_stop_of_dependency(id, &[]);
        self.stop_one(id, spec, now)?;
        self.answer_for_one(Want::Down, id, spec, wait, now)
    }

    /// The same with all that depend on them, directly or not (LIF-086).
    pub fn stop_with_dependents(
        &mut self,
        spec: &str,
        wait: bool,
        now: Now,
    ) -> Result<Answer, Fault> {
        let named = match self.durable.roster.find(spec)? {
            Target::Group(group) => self.durable.roster.group_by_priority(&group)?,
            Target::Process(id) => vec![id],
        };
        let all = self.graph().with_dependents(named);
        let mut ids = self.durable.roster.all_by_priority();
        ids.retain(|id| all.contains(id));
        Ok(self.stop_many(ids, wait, now))
    }

    /// The same with rows, also for one process (API-203).
    pub fn stop_in_rows(&mut self, spec: &str, wait: bool, now: Now) -> Result<Answer, Fault> {
        let id = match self.durable.roster.find(spec)? {
            Target::Group(group) => return self.stop_group(&group, wait, now),
            Target::Process(id) => id,
        };
        if self.those(vec![id], may_be_stopped).is_empty() {
            return Err(Fault::NotRunning(spec.to_owned()));
        }
        self.report_stop_of_dependency(id, &[]);
        let stop = |supervisor: &mut Self, id, spec: &str| supervisor.stop_one(id, spec, now);
        Ok(self.ask_many(Want::Down, vec![id], wait, now, stop))
    }

    /// `stopProcessGroup` (RPC-169).
    pub fn stop_group(&mut self, group: &str, wait: bool, now: Now) -> Result<Answer, Fault> {
        let ids = self.durable.roster.group_by_priority(group)?;
        Ok(self.stop_many(ids, wait, now))
    }

    /// `stopAllProcesses` (RPC-169).
    pub fn stop_all(&mut self, wait: bool, now: Now) -> Answer {
        let ids = self.durable.roster.all_by_priority();
        self.stop_many(ids, wait, now)
    }

    fn stop_many(&mut self, ids: Vec<ProcessId>, wait: bool, now: Now) -> Answer {
        for &id in &ids {
            // a retry out of FATAL is taken back, without a row (LIF-184)
            if self.state_of(id) == Some(ProcessState::Fatal) {
                self.drive(id, Input::Stay, now);
            }
        }
        let ids = self.those(ids, may_be_stopped);
        for &id in &ids {
            self.report_stop_of_dependency(id, &ids);
        }
        self.hold(&ids, StopFor::Client);
        self.ask_many(Want::Down, ids, wait, now, |supervisor, id, spec| {
            if supervisor.must_wait_to_stop(id) {
                return Ok(());
            }
            supervisor.stop_one(id, spec, now)
        })
    }

    /// Stops one process at once, whatever depends on it (LIF-085).
    fn stop_one(&mut self, id: ProcessId, spec: &str, now: Now) -> Result<(), Fault> {
        self.durable.held.let_go(id);
        let bad = || Fault::BadName(spec.to_owned());
        let was_wanted = self.call_off(id);
        let member = self.member(id).ok_or_else(bad)?;
        if !member.process.state.is_running() {
            if member.process.is_to_restart() {
                // there will be no next life (DEC-019)
                self.drive(id, Input::Stay, now);
            } else if !was_wanted {
                // a retry out of FATAL is taken back all the same (LIF-184)
                self.drive(id, Input::Stay, now);
                return Err(Fault::NotRunning(spec.to_owned()));
            }
            return Ok(());
        }
        self.runtime.trouble = None;
        self.drive(id, Input::Stop, now);
        match self.runtime.trouble.take() {
            Some(text) => Err(Fault::Failed(Some(text))),
            None => Ok(()),
        }
    }

    fn those(&self, ids: Vec<ProcessId>, test: impl Fn(&Member) -> bool) -> Vec<ProcessId> {
        let fits = |id: &ProcessId| self.durable.roster.members.get(id).is_some_and(&test);
        ids.into_iter().filter(fits).collect()
    }

    /// `signalProcess`: one process, or a whole group by `g:*` (RPC-180 to RPC-183). `text` is the signal as
    /// given, `signal` what it means, if anything.
    pub fn signal(
        &mut self,
        spec: &str,
        signal: Option<Signal>,
        text: &str,
        now: Now,
    ) -> Result<Outcome, Fault> {
        match self.durable.roster.find(spec)? {
            Target::Group(group) => self.signal_group(&group, signal, text, now),
            Target::Process(id) => self
                .signal_one(id, spec, signal, text, now)
                .map(|()| Outcome::Done),
        }
    }

    /// `signalProcessGroup` (RPC-184).
    pub fn signal_group(
        &mut self,
        group: &str,
        signal: Option<Signal>,
        text: &str,
        now: Now,
    ) -> Result<Outcome, Fault> {
        let ids = self.durable.roster.group_by_priority(group)?;
        Ok(self.signal_many(ids, signal, text, now))
    }

    /// `signalAllProcesses` (RPC-184).
    pub fn signal_all(&mut self, signal: Option<Signal>, text: &str, now: Now) -> Outcome {
        let ids = self.durable.roster.all_by_priority();
        self.signal_many(ids, signal, text, now)
    }

    fn signal_many(
        &mut self,
        ids: Vec<ProcessId>,
        signal: Option<Signal>,
        text: &str,
        now: Now,
    ) -> Outcome {
        let mut rows = Vec::new();
        for id in self.those(ids, |member| member.process.state.is_signallable()) {
            let Some(spec) = self.durable.roster.members.get(&id).map(Member::namespec) else {
                continue;
            };
            let result = self.signal_one(id, &spec, signal, text, now);
            rows.extend(
                self.durable
                    .roster
                    .members
                    .get(&id)
                    .map(|member| Row::new(member, result)),
            );
        }
        Outcome::Rows(rows)
    }

    /// To the process alone, never to its group; the state stays (PROC-093).
    fn signal_one(
        &mut self,
        id: ProcessId,
        spec: &str,
        signal: Option<Signal>,
        text: &str,
        now: Now,
    ) -> Result<(), Fault> {
        let member = self
            .durable
            .roster
            .members
            .get(&id)
            .ok_or_else(|| Fault::BadName(spec.to_owned()))?;
        let signal = signal.ok_or_else(|| Fault::BadSignal(text.to_owned()))?;
        let not_running = || Fault::NotRunning(spec.to_owned());
        if !member.process.state.is_signallable() {
            return Err(not_running());
        }
        let name = member.process.name.clone();
        let pid = member.process.pid.ok_or_else(not_running)?;
        self.runtime.log(
            Level::Debug,
            format!("sending {name} (pid {pid}) sig {signal}"),
        );
        match self.runtime.ports.children.kill(pid, signal, false) {
            Ok(()) => Ok(()),
            Err(error @ KillError::Gone) => {
                let text = format!(
                    "unable to signal {name} (pid {pid}), it probably just now exited on its own: \
                     {error}"
                );
                self.runtime.log(Level::Debug, text);
                Ok(())
            }
            Err(KillError::Other(details)) => {
                let text = format!("unknown problem sending sig {name} ({pid}):{details}");
                self.drive(id, Input::KillFailed(text.clone()), now);
                Err(Fault::Failed(Some(text)))
            }
        }
    }
}

/// Whether there is something that a stop can stop.
fn may_be_stopped(member: &Member) -> bool {
    member.process.state.is_running() || member.is_between_lives()
}
