//! Who is there: the groups as they were read, those that are active, and their members; and how they are found
//! and put in order.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::{Deserialize, Serialize, Serializer};

use crate::base::fault::Fault;
use crate::base::names::Namespec;
use crate::config::GroupConfig;

use super::group::{Group, Target};
use super::groups::Groups;
use super::member::{LogPaths, Member, ProcessId};
use super::members::Members;
use super::saved::SavedRoster;

/// Names one group as it was read; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ConfigId(pub u64);

/// A group as it was read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ReadGroup {
    /// Which reading of it: an active group has the same id until the file is read again.
    pub(super) id: ConfigId,
    pub(super) config: Rc<GroupConfig>,
}

/// The logs of the processes of groups, each by its name: an automatic log keeps its name for as long as the
/// configuration that it was made for is the one that was read last (LOG-134).
pub(super) type LeftLogs = BTreeMap<Rc<str>, BTreeMap<String, LogPaths>>;

/// All groups and processes.
#[derive(Debug, Deserialize)]
#[serde(try_from = "SavedRoster")]
pub(super) struct Roster {
    /// The groups that were read last.
    pub(super) read: Vec<ReadGroup>,
    pub(super) next_config: u64,
    /// The logs of groups that were taken out since and would come back as they were.
    pub(super) left: LeftLogs,
    pub(super) groups: Groups,
    pub(super) members: Members,
    pub(super) next_id: u64,
}

impl Serialize for Roster {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        SavedRoster::of(self).serialize(serializer)
    }
}

impl Roster {
    /// Nobody yet; these groups were read.
    pub(super) fn new(read: Vec<GroupConfig>) -> Self {
        let mut roster = Self {
            read: Vec::new(),
            next_config: 0,
            left: LeftLogs::default(),
            groups: Groups::default(),
            members: Members::new(),
            next_id: 0,
        };
        roster.set_read(read);
        roster
    }

    /// The file was read again. What did not change is shared with the active groups.
    pub(super) fn set_read(&mut self, read: Vec<GroupConfig>) {
        let mut numbered = Vec::with_capacity(read.len());
        for mut config in read {
            if let Some(active) = self.groups.named(&config.name) {
                share(&mut config, &active.config);
            }
            let id = ConfigId(self.next_config);
            self.next_config += 1;
            let config = Rc::new(config);
            numbered.push(ReadGroup { id, config });
        }
        self.read = numbered;
        self.left.clear();
    }

    /// The active group of that name.
    pub(super) fn group(&self, name: &str) -> Option<&Group> {
        self.groups.named(name).map(Rc::as_ref)
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
    pub(super) fn find_process(&self, text: &str) -> Result<&Member, Fault> {
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

    /// Every member, groups in the order in which they were added.
    pub(super) fn as_added(&self) -> Vec<ProcessId> {
        // ids are given in order, and a group's members get theirs together
        self.members.keys().copied().collect()
    }
}

/// Shares with a group what it has in common with another one: the configuration of each process that is the same.
pub(super) fn share(group: &mut GroupConfig, other: &GroupConfig) {
    for (new, old) in group.processes.iter_mut().zip(&other.processes) {
        if new == old {
            *new = old.clone();
        }
    }
}
