//! Groups: how they come, go and are found, and in which order their members are treated.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use crate::base::fault::Fault;
use crate::base::states::ProcessState;
use crate::config::GroupConfig;
use crate::logs::place::LogPath;
use crate::process::durable::Process;
use crate::process::policy::{LogTarget, ProcessConfig};

use super::Supervisor;
use super::jobs::News;
use super::member::{Channel, LogPaths, Member, ProcessId, log_target};
use super::ports::GroupError;
use super::roster::{ConfigId, ReadGroup};
use super::timers::Timer;

/// An active group.
#[derive(Debug)]
pub struct Group {
    /// Its name.
    pub name: Rc<str>,
    /// Which reading of it was the last one when it was added.
    pub config_id: ConfigId,
    /// As configured when it was added.
    pub config: Rc<GroupConfig>,
    /// Its members in its own order (PROC-106).
    pub members: Vec<ProcessId>,
}

/// What a namespec names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// One process.
    Process(ProcessId),
    /// A whole group, by name.
    Group(Rc<str>),
}

impl Supervisor {
    /// The active group of that name.
    pub fn group(&self, name: &str) -> Option<&Group> {
        self.durable.roster.group(name)
    }

    /// The one process that the text names; a whole group is `BAD_NAME` (RPC-073).
    pub fn find_process(&self, text: &str) -> Result<&Member, Fault> {
        self.durable.roster.find_process(text)
    }

    /// Makes a group active; returns those of its members that are to be started, in the order of their priorities.
    pub(super) fn add(&mut self, read: ReadGroup) -> Result<Vec<ProcessId>, GroupError> {
        let ReadGroup {
            id: config_id,
            config,
        } = read;
        self.runtime.children().check_group(&config)?;
        let name: Rc<str> = Rc::from(config.name.as_str());
        let listener = config.has_listeners();
        let left = self.durable.roster.left.remove(&name).unwrap_or_default();
        let mut made = Vec::new();
        for process in last_of_each_name(&config.processes) {
            let id = ProcessId(self.durable.roster.next_id);
            self.durable.roster.next_id += 1;
            let member = Member {
                id,
                group: name.clone(),
                config: process.clone(),
                process: Process::new(&process.name),
                logs: self.make_log_paths(process, left.get(process.name.as_str()))?,
                listener,
                pending: None,
                upkeep: None,
            };
            made.push(member);
        }
        // nobody comes into being before nothing can fail any more: without a group they would stay for ever
        let members: Vec<_> = made.iter().map(|member| member.id).collect();
        for member in made {
            let id = member.id;
            self.durable.roster.members.insert(member);
            self.set_upkeep_timer(id);
        }
        let mut starts = self.durable.roster.by_priority(&members);
        starts.retain(|id| {
            let member = self.durable.roster.members.get(id);
            member.is_some_and(|member| member.config.policy.autostart)
        });
        let group = self.durable.roster.groups.add(Group {
            name,
            config_id,
            config,
            members,
        });
        self.groups_changed();
        self.group_added(&group.config, &group.members);
        Ok(starts)
    }

    /// Takes a group out; its members must be stopped.
    pub(super) fn drop_group(&mut self, name: &str) {
        let Some(group) = self.durable.roster.groups.remove(name) else {
            return;
        };
        let mut left = BTreeMap::new();
        for &id in &group.members {
            self.leave_helpers(id);
            let Some(member) = self.durable.roster.members.remove(id) else {
                continue;
            };
            if let Some(pid) = member.process.pid {
                // in UNKNOWN a child may live yet; its end will be a stranger's (DEC-025)
                self.runtime.by_pid.remove(&pid);
                drop(self.runtime.children().drain(id, ProcessState::Unknown));
                self.runtime.children().release(id);
            }
            self.durable.timers.set(Timer::Process(id), None);
            self.durable.timers.set(Timer::Start(id), None);
            self.durable.timers.set(Timer::StopReport(id), None);
            self.durable.held.let_go(id);
            self.durable.endings.forget(id);
            let completed = &mut self.runtime.completed;
            self.durable.jobs.changed(&member, News::Gone, completed);
            self.runtime.ports.logs.give_up(&member.logs);
            left.insert(member.process.name, member.logs);
        }
        if self
            .durable
            .roster
            .read
            .iter()
            .any(|read| read.id == group.config_id)
        {
            self.durable.roster.left.insert(group.name.clone(), left);
        }
        self.groups_changed();
        self.group_removed(&group.name);
    }

    /// `left` is what the process had when its group was taken out.
    fn make_log_paths(
        &mut self,
        config: &ProcessConfig,
        left: Option<&LogPaths>,
    ) -> Result<LogPaths, GroupError> {
        let mut paths = LogPaths::default();
        for channel in [Channel::Stdout, Channel::Stderr] {
            let path = match log_target(config, channel) {
                LogTarget::None => None,
                LogTarget::Auto if left.is_some() => {
                    left.and_then(|logs| logs.get(channel)).cloned()
                }
                LogTarget::Auto => {
                    let made = self.runtime.ports.logs.create_auto(&config.name, channel);
                    let process = config.name.clone();
                    let path = made.map_err(|error| GroupError::AutoLog { process, error })?;
                    Some(LogPath::automatic(path))
                }
                LogTarget::File(path) => Some(LogPath::named(path)),
            };
            paths.set(channel, path);
        }
        Ok(paths)
    }
}

/// Of processes with one name the last counts, in the place of the first (CFG-166).
pub(super) fn last_of_each_name(processes: &[Rc<ProcessConfig>]) -> Vec<&Rc<ProcessConfig>> {
    let mut kept = Vec::new();
    let mut places = HashMap::new();
    for process in processes {
        let place = *places.entry(process.name.as_str()).or_insert(kept.len());
        match kept.get_mut(place) {
            Some(earlier) => *earlier = process,
            None => kept.push(process),
        }
    }
    kept
}
