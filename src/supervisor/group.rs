//! Groups: how they come, go and are found, and in which order their members are treated.

use std::collections::HashMap;
use std::rc::Rc;

use crate::base::fault::Fault;
use crate::base::names::Namespec;
use crate::base::states::ProcessState;
use crate::config::{GroupConfig, GroupKind};
use crate::logs::place::LogPath;
use crate::process::durable::Process;
use crate::process::policy::{LogTarget, ProcessConfig};

use super::Supervisor;
use super::member::{Channel, LogPaths, Member, ProcessId, log_target};
use super::os::GroupError;
use super::timers::Timer;

/// An active group.
#[derive(Debug)]
pub struct Group {
    /// Its name.
    pub name: Rc<str>,
    /// As configured when it was added.
    pub config: Rc<GroupConfig>,
    /// Its members in its own order (PROC-106).
    pub members: Vec<ProcessId>,
}

/// The logs of the processes of groups, each by its name: an automatic log keeps its name for as long as the
/// configuration that it was made for is the one that was read last (LOG-134).
pub(super) type LeftLogs = HashMap<Rc<str>, HashMap<String, LogPaths>>;

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
        self.groups.named(name).map(Rc::as_ref)
    }

    /// Makes a group active; its members are started at the next wake-up if they autostart.
    pub(super) fn add(&mut self, config: Rc<GroupConfig>) -> Result<(), GroupError> {
        self.os.check_group(&config)?;
        let name: Rc<str> = Rc::from(config.name.as_str());
        let listener = matches!(config.kind, GroupKind::EventListener(_));
        let left = self.left.remove(&name).unwrap_or_default();
        let mut made = Vec::new();
        for process in last_of_each_name(&config.processes) {
            let id = ProcessId(self.next_id);
            self.next_id += 1;
            let member = Member {
                id,
                group: name.clone(),
                config: process.clone(),
                process: Process::new(&process.name),
                logs: self.make_log_paths(process, left.get(process.name.as_str()))?,
                listener,
                awaits_turn: true,
            };
            made.push(member);
        }
        // nobody comes into being before nothing can fail any more: without a group they would stay for ever
        let members: Vec<_> = made.iter().map(|member| member.id).collect();
        for member in made {
            self.members.insert(member);
        }
        self.fresh.extend(self.by_priority(&members));
        let group = self.groups.add(Group {
            name,
            config,
            members,
        });
        self.group_added(&group.config, &group.members);
        Ok(())
    }

    /// Takes a group out; its members must be stopped.
    pub(super) fn drop_group(&mut self, name: &str) {
        let Some(group) = self.groups.remove(name) else {
            return;
        };
        let mut left = HashMap::new();
        for &id in &group.members {
            let member = self.members.remove(id);
            if let Some(pid) = member.as_ref().and_then(|member| member.process.pid) {
                // in UNKNOWN a child may live yet; its end will be a stranger's (DEC-025)
                self.by_pid.remove(&pid);
                drop(self.os.drain(id, ProcessState::Unknown));
                self.os.release(id);
            }
            self.timers.set(Timer::Process(id), None);
            self.timers.set(Timer::StopReport(id), None);
            self.check_waits(id);
            left.extend(member.map(|member| (member.process.name, member.logs)));
        }
        if self.read.iter().any(|read| Rc::ptr_eq(read, &group.config)) {
            self.left.insert(group.name.clone(), left);
        }
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
                    let made = self.os.create_auto_log(&config.name, channel);
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

    /// What the text names, or `BAD_NAME` with the text as given (RPC-072).
    pub(super) fn find(&self, text: &str) -> Result<Target, Fault> {
        let bad = || Fault::BadName(text.to_owned());
        let spec = Namespec::parse(text);
        let group = self.group(&spec.group).ok_or_else(bad)?;
        let Some(name) = spec.process else {
            return Ok(Target::Group(group.name.clone()));
        };
        let id = self.in_group(group, &name).ok_or_else(bad)?;
        Ok(Target::Process(id))
    }

    /// The one process that the text names; a whole group is `BAD_NAME` (RPC-073).
    pub fn find_process(&self, text: &str) -> Result<&Member, Fault> {
        let bad = || Fault::BadName(text.to_owned());
        match self.find(text)? {
            Target::Process(id) => self.members.get(&id).ok_or_else(bad),
            Target::Group(_) => Err(bad()),
        }
    }

    fn in_group(&self, group: &Group, name: &str) -> Option<ProcessId> {
        let named = |id: &&ProcessId| {
            self.members
                .get(*id)
                .is_some_and(|member| member.process.name == name)
        };
        group.members.iter().find(named).copied()
    }

    /// The members by ascending priority, equal ones in the group's order (RPC-171).
    pub(super) fn by_priority(&self, ids: &[ProcessId]) -> Vec<ProcessId> {
        let mut ids = ids.to_vec();
        ids.sort_by_key(|id| self.members.get(id).map(|member| member.config.priority));
        ids
    }

    /// Every member, groups and members by ascending priority (RPC-171).
    pub(super) fn all_by_priority(&self) -> Vec<ProcessId> {
        self.groups
            .iter()
            .flat_map(|group| self.by_priority(&group.members))
            .collect()
    }

    /// The members of one group by ascending priority, or `BAD_NAME`.
    pub(super) fn group_by_priority(&self, name: &str) -> Result<Vec<ProcessId>, Fault> {
        let group = self
            .group(name)
            .ok_or_else(|| Fault::BadName(name.to_owned()))?;
        Ok(self.by_priority(&group.members))
    }
}

/// Of processes with one name the last counts, in the place of the first (CFG-166).
fn last_of_each_name(processes: &[Rc<ProcessConfig>]) -> Vec<&Rc<ProcessConfig>> {
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
