//! Children and questions that are not a process's own: how hooks, commands and checks begin and end.

use crate::base::clock::{Mono, Now};
use crate::base::exit::Exit;
use crate::base::level::Level;
use crate::base::pid::Pid;
use crate::base::signals::Signal;
use crate::base::span::seconds;
use crate::process::hook::Role;
use crate::process::lifecycle::check::Script;
use crate::process::machine::Input;

use super::Supervisor;
use super::member::{Member, ProcessId};
use super::ports::{CheckId, HelperLaunch, HelperOutput, LaunchError};
use super::timers::Timer;
use super::upkeep::{Helper, Upkeep, Way};

/// Whose child a pid is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Child {
    /// A process's own.
    Main(ProcessId),
    /// One that runs for it.
    Helper(ProcessId),
    /// One that ran for a process that is gone.
    Left,
}

impl Member {
    /// Whether that runs for it.
    pub(super) fn runs(&self, role: Role) -> bool {
        self.upkeep.as_ref().is_some_and(|upkeep| upkeep.runs(role))
    }

    /// Whether it is stopped, and nothing runs any more that belongs to its end (LIF-260).
    pub(super) fn is_at_rest(&self) -> bool {
        self.process.state.is_stopped() && !self.runs(Role::PostStop)
    }

    /// Whether something runs that belongs to its beginning or end.
    pub(super) fn runs_hook(&self) -> bool {
        self.helpers()
            .any(|helper| helper.role.is_waited_for() || helper.role == Role::PostStop)
    }

    /// What is under way for it, made if there was nothing.
    pub(super) fn upkeep_mut(&mut self) -> &mut Upkeep {
        self.upkeep.get_or_insert_default()
    }

    /// All children and questions of it that are not its own child.
    pub(super) fn helpers(&self) -> impl Iterator<Item = &Helper> {
        self.upkeep.iter().flat_map(|upkeep| &upkeep.helpers)
    }
}

impl Supervisor {
    /// Runs a hook or command. What cannot be started has failed at once, of which its process hears.
    pub(super) fn run(&mut self, id: ProcessId, role: Role, now: Now) -> Option<Input> {
        let error = self.begin_helper(id, role, now).err()?;
        self.hook_done(id, role, Err(error.to_string()))
    }

    /// Starts what the options say for that role.
    pub(super) fn begin_helper(
        &mut self,
        id: ProcessId,
        role: Role,
        now: Now,
    ) -> Result<(), LaunchError> {
        let Some(member) = self.durable.roster.members.get(&id) else {
            return Ok(());
        };
        let Some(lifecycle) = &member.config.policy.lifecycle else {
            return Ok(());
        };
        let Some(task) = role.task(lifecycle) else {
            return Ok(());
        };
        let (way, deadline) = match task.script {
            Script::Command(words) => {
                let launch = HelperLaunch {
                    id,
                    config: member.config.clone(),
                    group: member.group.clone(),
                    command: words.clone(),
                    as_daemon: task.as_daemon,
                    environment: environment(member, role, role.option(lifecycle)),
                    output: match role {
                        Role::Check(_) => HelperOutput::Kept,
                        _ => HelperOutput::Log(member.logs.clone()),
                    },
                };
                let deadline = now.mono + task.timeout;
                let pid = self.runtime.children().spawn_helper(&launch)?;
                self.runtime.by_pid.insert(pid, Child::Helper(id));
                (Way::Child(pid), Some(deadline))
            }
            Script::Network(probe) => {
                let check = CheckId(self.durable.next_check);
                self.durable.next_check += 1;
                self.runtime.by_check.insert(check, id);
                self.runtime.ports.checks.begin(check, probe, task.timeout);
                (Way::Question(check), None)
            }
        };
        if role.is_of_checks() {
            self.runtime.running_checks.add(way);
        }
        if let Some(member) = self.durable.roster.members.get_mut(id) {
            member.upkeep_mut().helpers.push(Helper {
                role,
                way,
                started: now.mono,
                deadline,
                overdue: false,
                stale: false,
            });
        }
        self.set_upkeep_timer(id);
        Ok(())
    }

    /// A helper child was reaped.
    pub(super) fn helper_reaped(&mut self, id: ProcessId, pid: Pid, exit: Exit, now: Now) {
        let said = self.runtime.children().release_helper(pid);
        let result = match exit {
            Exit::Code(0) => Ok(()),
            exit => Err(exit.to_string()),
        };
        self.helper_ended(id, Way::Child(pid), result, &said, now);
    }

    /// A question over the network was answered, or not in time.
    pub fn checked(&mut self, check: CheckId, result: Result<(), String>, now: Now) {
        // a late answer belongs to nobody (HLT-047)
        if let Some(id) = self.runtime.by_check.remove(&check) {
            self.helper_ended(id, Way::Question(check), result, b"", now);
        }
    }

    fn helper_ended(
        &mut self,
        id: ProcessId,
        way: Way,
        result: Result<(), String>,
        said: &[u8],
        now: Now,
    ) {
        let Some(member) = self.durable.roster.members.get_mut(id) else {
            return;
        };
        let Some(helper) = member.upkeep.as_mut().and_then(|upkeep| upkeep.take(way)) else {
            return;
        };
        let role = helper.role;
        if role.is_of_checks() {
            self.runtime.running_checks.remove(way);
        }
        let result = match result {
            Err(_) if helper.overdue => Err(self.took_too_long(id, role)),
            result => result,
        };
        match role {
            _ if helper.stale => {}
            Role::Check(kind) => {
                let took = now.mono.since(helper.started);
                let result = result.map_err(|how| with_last_line(how, said));
                self.check_ended(id, kind, result, took, now);
            }
            role => {
                match self.hook_done(id, role, result) {
                    Some(input) => self.drive(id, input, now),
                    // a start may have waited for it (LIF-260)
                    None => self.settle(id),
                }
                self.action_ended(id, role, now);
            }
        }
        self.tidy_upkeep(id);
        self.run_checks(now);
    }

    /// How something fails that was killed for its time.
    fn took_too_long(&self, id: ProcessId, role: Role) -> String {
        let lifecycle = self
            .member(id)
            .and_then(|member| member.config.policy.lifecycle.as_ref());
        let timeout = lifecycle
            .and_then(|lifecycle| role.task(lifecycle))
            .map(|task| task.timeout);
        format!(
            "timed out after {} seconds",
            seconds(timeout.unwrap_or_default())
        )
    }

    /// Says what came of a hook or command (LIF-258); returns what its process is to hear.
    pub(super) fn hook_done(
        &mut self,
        id: ProcessId,
        role: Role,
        result: Result<(), String>,
    ) -> Option<Input> {
        let member = self.durable.roster.members.get(&id)?;
        let lifecycle = member.config.policy.lifecycle.as_ref()?;
        let may_fail = role.task(lifecycle).is_some_and(|task| task.may_fail);
        let (option, name) = (role.option(lifecycle), member.namespec());
        let (level, text) = match &result {
            Ok(()) => (Level::Info, format!("{option} of {name} succeeded")),
            Err(how) if may_fail => (
                Level::Info,
                format!("{option} of {name} failed: {how} (ignored)"),
            ),
            Err(how) => (Level::Warn, format!("{option} of {name} failed: {how}")),
        };
        self.runtime.log(level, text);
        let result = if may_fail { Ok(()) } else { result };
        role.is_waited_for()
            .then_some(Input::HookEnded(role, result))
    }

    /// Kills what runs for that role. A question is dropped, so that it has ended at once.
    pub(super) fn end_helper(&mut self, id: ProcessId, role: Role) -> Option<Input> {
        let member = self.durable.roster.members.get_mut(id)?;
        let helpers = &member.upkeep.as_ref()?.helpers;
        let way = helpers.iter().find(|helper| helper.role == role)?.way;
        match way {
            Way::Child(pid) => {
                self.kill_helper(pid);
                None
            }
            Way::Question(check) => {
                member.upkeep.as_mut()?.take(way);
                self.runtime.by_check.remove(&check);
                self.runtime.ports.checks.cancel(check);
                self.tidy_upkeep(id);
                Some(Input::HookEnded(role, Err("cancelled".to_owned())))
            }
        }
    }

    /// A child in a group of its own, which it led from the beginning.
    fn kill_helper(&mut self, pid: Pid) {
        // it may have ended meanwhile, and is reaped then
        let _ = self.deliver(pid, Signal::KILL, true);
    }

    /// Some of what runs for a process, and of what waits to, has lost its sense.
    pub(super) fn drop_runs(&mut self, id: ProcessId, those: impl Fn(Role) -> bool) {
        self.durable.check_line.leave_if(id, &those);
        let Some(member) = self.durable.roster.members.get_mut(id) else {
            return;
        };
        let Some(upkeep) = &mut member.upkeep else {
            return;
        };
        let mut dropped = Vec::new();
        upkeep.helpers.retain_mut(|helper| {
            if helper.stale || !those(helper.role) {
                return true;
            }
            helper.stale = true;
            helper.deadline = None;
            dropped.push((helper.way, helper.role));
            // a child is known until it is reaped
            matches!(helper.way, Way::Child(_))
        });
        for (way, role) in dropped {
            match way {
                Way::Child(pid) => self.kill_helper(pid),
                Way::Question(check) => {
                    self.runtime.by_check.remove(&check);
                    self.runtime.ports.checks.cancel(check);
                    if role.is_of_checks() {
                        self.runtime.running_checks.remove(way);
                    }
                }
            }
        }
        self.tidy_upkeep(id);
    }

    /// Something of what is done for a process is due.
    pub(super) fn upkeep_due(&mut self, id: ProcessId, now: Now) {
        self.kill_overdue(id, now);
        self.checks_due(id, now);
        self.schedule_due(id, now);
        self.set_upkeep_timer(id);
    }

    /// Kills all children that run for a process: there is no time left (LIF-226).
    pub(super) fn kill_helpers(&mut self, id: ProcessId) {
        let Some(member) = self.member(id) else {
            return;
        };
        let child = |helper: &Helper| match helper.way {
            Way::Child(pid) => Some(pid),
            Way::Question(_) => None,
        };
        let pids: Vec<_> = member.helpers().filter_map(child).collect();
        for pid in pids {
            self.kill_helper(pid);
        }
    }

    /// The daemon is about to end: nothing is left running that it has started.
    pub(super) fn kill_all_helpers(&mut self) {
        for id in self.durable.roster.as_added() {
            self.kill_helpers(id);
        }
        let left: Vec<_> = self.durable.left_helpers.keys().copied().collect();
        for pid in left {
            self.kill_helper(pid);
        }
    }

    fn kill_overdue(&mut self, id: ProcessId, now: Now) {
        let Some(member) = self.durable.roster.members.get_mut(id) else {
            return;
        };
        let mut late = Vec::new();
        for helper in member
            .upkeep
            .iter_mut()
            .flat_map(|upkeep| &mut upkeep.helpers)
        {
            if helper.deadline.is_some_and(|deadline| deadline <= now.mono) {
                helper.deadline = None;
                helper.overdue = true;
                if let Way::Child(pid) = helper.way {
                    late.push(pid);
                }
            }
        }
        for pid in late {
            self.kill_helper(pid);
        }
    }

    /// The process is about to be gone: what has to do with its end goes on, all else is killed.
    pub(super) fn leave_helpers(&mut self, id: ProcessId) {
        let Some(member) = self.durable.roster.members.get_mut(id) else {
            return;
        };
        let Some(upkeep) = member.upkeep.take() else {
            return;
        };
        self.durable.timers.set(Timer::Upkeep(id), None);
        self.durable.check_line.leave_if(id, &|_| true);
        self.runtime.timetables.remove(&id);
        for helper in upkeep.helpers {
            if helper.role.is_of_checks() {
                self.runtime.running_checks.remove(helper.way);
            }
            match helper.way {
                Way::Child(pid) => {
                    let goes_on = matches!(helper.role, Role::PostStop | Role::StopCommand);
                    if !goes_on {
                        self.kill_helper(pid);
                    }
                    self.runtime.by_pid.insert(pid, Child::Left);
                    let deadline = helper.deadline.filter(|_| goes_on);
                    self.durable.left_helpers.insert(pid, deadline);
                }
                Way::Question(check) => {
                    self.runtime.by_check.remove(&check);
                    self.runtime.ports.checks.cancel(check);
                }
            }
        }
        self.set_left_timer();
    }

    /// A helper of a process that is gone has taken too long.
    pub(super) fn left_helpers_due(&mut self, now: Now) {
        let mut late = Vec::new();
        for (pid, deadline) in &mut self.durable.left_helpers {
            if deadline.is_some_and(|deadline| deadline <= now.mono) {
                *deadline = None;
                late.push(*pid);
            }
        }
        for pid in late {
            self.kill_helper(pid);
        }
        self.set_left_timer();
    }

    /// A helper of a process that is gone has ended.
    pub(super) fn left_helper_reaped(&mut self, pid: Pid) {
        drop(self.runtime.children().release_helper(pid));
        self.durable.left_helpers.remove(&pid);
        self.set_left_timer();
    }

    fn set_left_timer(&mut self) {
        let wake = self.durable.left_helpers.values().flatten().min().copied();
        self.durable.timers.set(Timer::LeftHelpers, wake);
    }

    /// Forgets what is done for a process if nothing is.
    fn tidy_upkeep(&mut self, id: ProcessId) {
        if let Some(member) = self.durable.roster.members.get_mut(id)
            && member
                .upkeep
                .as_ref()
                .is_some_and(|upkeep| upkeep.is_empty())
        {
            member.upkeep = None;
        }
        self.set_upkeep_timer(id);
    }

    pub(super) fn set_upkeep_timer(&mut self, id: ProcessId) {
        let wake = self.member(id).and_then(|member| {
            // its first run is found at the next wake-up
            let at_once = member.is_to_be_scheduled().then(Mono::default);
            at_once.or_else(|| member.upkeep.as_ref()?.wake())
        });
        self.durable.timers.set(Timer::Upkeep(id), wake);
    }
}

/// What the environment has beyond the program's (LIF-255, HLT-040).
fn environment(member: &Member, role: Role, option: &str) -> Vec<(&'static str, String)> {
    let mut environment = vec![("SUPERVISOR_HOOK", option.to_owned())];
    let process = &member.process;
    let ended = process.life.as_ref().and_then(|life| life.ended);
    let ended = ended.filter(|_| role == Role::PostStop);
    let pid = process.pid.or(ended.map(|(pid, _)| pid));
    if let Some(pid) = pid {
        environment.push(("SUPERVISOR_PROCESS_PID", pid.to_string()));
    }
    match ended.map(|(_, exit)| exit) {
        Some(Exit::Code(code)) => environment.push(("SUPERVISOR_EXIT_CODE", code.to_string())),
        Some(Exit::Signal { signal, .. }) => {
            environment.push(("SUPERVISOR_EXIT_SIGNAL", signal.to_string()));
        }
        Some(Exit::Odd(_)) | None => {}
    }
    environment
}

/// How a check failed, with the last line that its command said (HLT-041).
fn with_last_line(how: String, said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    match said
        .lines()
        .rev()
        .map(str::trim)
        .find(|line| !line.is_empty())
    {
        Some(line) => format!("{how}: {line}"),
        None => how,
    }
}
