//! How groups and members are written down: each configuration once, and of a member only what does not follow
//! from its group's.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use crate::process::durable::Process;

use super::group::{Group, last_of_each_name};
use super::groups::Groups;
use super::member::{LogPaths, Member, ProcessId};
use super::members::Members;
use super::pending::Pending;
use super::roster::{ConfigId, LeftLogs, ReadGroup, Roster, share};
use super::upkeep::Upkeep;

/// [`Roster`] as it is written down.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SavedRoster {
    /// Every group that was read last or is active.
    configs: Vec<ReadGroup>,
    /// Those that were read last, in their order.
    read: Vec<ConfigId>,
    next_config: u64,
    left: LeftLogs,
    /// In the order of priorities, equal ones as they were added.
    groups: Vec<SavedGroup>,
    next_id: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct SavedGroup {
    config: ConfigId,
    /// In the group's own order.
    members: Vec<SavedMember>,
}

#[derive(Debug, Serialize, Deserialize)]
struct SavedMember {
    id: ProcessId,
    process: Process,
    logs: LogPaths,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pending: Option<Box<Pending>>,
    upkeep: Option<Box<Upkeep>>,
}

/// What is wrong with groups and members that were written down.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum RosterError {
    /// A group's configuration is missing.
    #[error("no configuration {}", .0.0)]
    NoConfig(ConfigId),
    /// A process is in no configuration.
    #[error("no configuration of {process} in group {group}")]
    NoProcess {
        /// Its group.
        group: String,
        /// Its name.
        process: String,
    },
    /// There is more than one of it.
    #[error("group {0} twice")]
    GroupTwice(String),
    /// There is more than one of it, or it has yet to come.
    #[error("number {} of a process twice", .0.0)]
    IdTwice(ProcessId),
}

impl SavedRoster {
    /// What is to be written of it.
    pub(super) fn of(roster: &Roster) -> Self {
        let Roster {
            read,
            next_config,
            left,
            groups,
            members,
            next_id,
        } = roster;
        let mut configs: BTreeMap<ConfigId, ReadGroup> = BTreeMap::new();
        let active = groups.iter().map(|group| ReadGroup {
            id: group.config_id,
            config: group.config.clone(),
        });
        for group in read.iter().cloned().chain(active) {
            configs.insert(group.id, group);
        }
        let saved = |group: &Rc<Group>| SavedGroup {
            config: group.config_id,
            members: group
                .members
                .iter()
                .filter_map(|id| members.get(id))
                .map(SavedMember::of)
                .collect(),
        };
        Self {
            configs: configs.into_values().collect(),
            read: read.iter().map(|group| group.id).collect(),
            next_config: *next_config,
            left: left.clone(),
            groups: groups.iter().map(saved).collect(),
            next_id: *next_id,
        }
    }
}

impl SavedMember {
    fn of(member: &Member) -> Self {
        // all else follows from the group's configuration
        let Member {
            id,
            group: _,
            config: _,
            process,
            logs,
            listener: _,
            pending,
            upkeep,
        } = member;
        Self {
            id: *id,
            process: process.clone(),
            logs: logs.clone(),
            pending: pending.clone(),
            upkeep: upkeep.clone(),
        }
    }
}

impl TryFrom<SavedRoster> for Roster {
    type Error = RosterError;

    fn try_from(saved: SavedRoster) -> Result<Self, RosterError> {
        let mut configs: BTreeMap<_, _> = saved
            .configs
            .into_iter()
            .map(|group| (group.id, group.config))
            .collect();
        let mut roster = Self {
            read: Vec::new(),
            next_config: saved.next_config,
            left: saved.left,
            groups: Groups::default(),
            members: Members::new(),
            next_id: saved.next_id,
        };
        for group in saved.groups {
            let config = configs
                .get(&group.config)
                .ok_or(RosterError::NoConfig(group.config))?;
            let group = ReadGroup {
                id: group.config,
                config: config.clone(),
            }
            .with_members(group.members, &mut roster.members, saved.next_id)?;
            if roster.groups.named(&group.name).is_some() {
                return Err(RosterError::GroupTwice(group.name.to_string()));
            }
            roster.groups.add(group);
        }
        for id in saved.read {
            let config = configs.get_mut(&id).ok_or(RosterError::NoConfig(id))?;
            if let Some(active) = roster.groups.named(&config.name)
                && active.config_id != id
            {
                share(Rc::make_mut(config), &active.config);
            }
            let config = config.clone();
            roster.read.push(ReadGroup { id, config });
        }
        Ok(roster)
    }
}

impl ReadGroup {
    /// The active group with the members that it had.
    fn with_members(
        self,
        saved: Vec<SavedMember>,
        members: &mut Members,
        next_id: u64,
    ) -> Result<Group, RosterError> {
        let Self { id, config } = self;
        let name: Rc<str> = config.name.as_str().into();
        let mut ids = Vec::with_capacity(saved.len());
        let configs: BTreeMap<_, _> = last_of_each_name(&config.processes)
            .into_iter()
            .map(|config| (config.name.as_str(), config))
            .collect();
        for member in saved {
            let SavedMember {
                id,
                process,
                logs,
                pending,
                upkeep,
            } = member;
            let Some(own) = configs.get(process.name.as_str()) else {
                let (group, process) = (name.to_string(), process.name);
                return Err(RosterError::NoProcess { group, process });
            };
            if id.0 >= next_id || members.contains_key(&id) {
                return Err(RosterError::IdTwice(id));
            }
            ids.push(id);
            members.insert(Member {
                id,
                group: name.clone(),
                config: (*own).clone(),
                process,
                logs,
                listener: config.has_listeners(),
                pending,
                upkeep,
            });
        }
        Ok(Group {
            name,
            config_id: id,
            config,
            members: ids,
        })
    }
}
