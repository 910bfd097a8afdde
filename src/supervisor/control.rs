//! Starting, stopping and signalling by namespec: what clients ask for (rpc.md, sections 8.6 to 8.9).

use crate::base::clock::Now;
use crate::base::fault::Fault;
use crate::base::level::Level;
use crate::base::signals::Signal;
use crate::base::states::ProcessState;
use crate::process::machine::Input;

use super::Supervisor;
use super::answer::{Answer, Outcome, Row};
use super::group::Target;
use super::member::{Member, ProcessId, Want};
use super::ports::KillError;

impl Supervisor {
    /// `startProcess`: one process, or a whole group by `g:*` (RPC-150 to RPC-160).
    pub fn start(&mut self, spec: &str, wait: bool, now: Now) -> Result<Answer, Fault> {
        match self.durable.roster.find(spec)? {
            Target::Group(group) => self.start_group(&group, wait, now),
            Target::Process(id) => self.ask_one(Want::Up, id, spec, wait, now),
        }
    }

    /// `startProcessGroup` (RPC-161).
    pub fn start_group(&mut self, group: &str, wait: bool, now: Now) -> Result<Answer, Fault> {
        let ids = self.durable.roster.group_by_priority(group)?;
        Ok(self.start_many(ids, wait, now))
    }

    /// `startAllProcesses` (RPC-161).
    pub fn start_all(&mut self, wait: bool, now: Now) -> Answer {
        let ids = self.durable.roster.all_by_priority();
        self.start_many(ids, wait, now)
    }

    fn start_many(&mut self, ids: Vec<ProcessId>, wait: bool, now: Now) -> Answer {
        let ids = self.those(ids, |member| !member.process.state.is_running());
        self.ask_many(Want::Up, ids, wait, now)
    }

    pub(super) fn start_one(&mut self, id: ProcessId, spec: &str, now: Now) -> Result<(), Fault> {
        let member = self
            .durable
            .roster
            .members
            .get(&id)
            .ok_or_else(|| Fault::BadName(spec.to_owned()))?;
        self.runtime.ports.children.check_command(&member.config)?;
        if member.process.state.is_running() {
            return Err(Fault::AlreadyStarted(spec.to_owned()));
        }
        if member.process.state == ProcessState::Unknown {
            let text = format!("{spec} is in an unknown process state");
            return Err(Fault::Failed(Some(text)));
        }
        self.wants(id, Want::Up);
        self.drive(id, Input::Start, now);
        // with startsecs=0 it is RUNNING within the call (RPC-155)
        self.drive(id, Input::Due, now);
        match self.durable.roster.members.get(&id) {
            Some(member) if member.process.spawnerr.is_some() => {
                Err(Fault::SpawnError(spec.to_owned()))
            }
            _ => Ok(()),
        }
    }

    /// `stopProcess`: one process, or a whole group by `g:*` (RPC-165 to RPC-168).
    pub fn stop(&mut self, spec: &str, wait: bool, now: Now) -> Result<Answer, Fault> {
        match self.durable.roster.find(spec)? {
            Target::Group(group) => self.stop_group(&group, wait, now),
            Target::Process(id) => self.ask_one(Want::Down, id, spec, wait, now),
        }
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
        let ids = self.those(ids, |member| {
            member.process.state.is_running() || member.is_between_lives()
        });
        self.ask_many(Want::Down, ids, wait, now)
    }

    pub(super) fn stop_one(&mut self, id: ProcessId, spec: &str, now: Now) -> Result<(), Fault> {
        let member = self
            .durable
            .roster
            .members
            .get(&id)
            .ok_or_else(|| Fault::BadName(spec.to_owned()))?;
        if member.is_between_lives() {
            // there will be no next one (DEC-019)
            self.wants(id, Want::Down);
            self.drive(id, Input::Stay, now);
            return Ok(());
        }
        if !member.process.state.is_running() {
            return Err(Fault::NotRunning(spec.to_owned()));
        }
        self.wants(id, Want::Down);
        self.runtime.trouble = None;
        self.drive(id, Input::Stop, now);
        match self.runtime.trouble.take() {
            Some(text) => Err(Fault::Failed(Some(text))),
            None => Ok(()),
        }
    }

    /// Notes what a process shall be from now on.
    pub(super) fn wants(&mut self, id: ProcessId, want: Want) {
        if let Some(member) = self.durable.roster.members.get_mut(id) {
            member.want = want;
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
