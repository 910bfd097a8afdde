//! The active groups, in order and by name.

use std::collections::HashMap;
use std::ops::Deref;
use std::rc::Rc;

use super::group::Group;

/// The groups by ascending priority, equal ones as they were added (RPC-171). To find one costs the same however
/// many there are.
#[derive(Debug, Default)]
pub(super) struct Groups {
    ordered: Vec<Rc<Group>>,
    by_name: HashMap<Rc<str>, Rc<Group>>,
}

impl Groups {
    /// The group of that name.
    pub(super) fn named(&self, name: &str) -> Option<&Rc<Group>> {
        self.by_name.get(name)
    }

    /// Adds a group whose name no other has.
    pub(super) fn add(&mut self, group: Group) -> Rc<Group> {
        let group = Rc::new(group);
        let priority = group.config.priority;
        let at = self
            .ordered
            .partition_point(|other| other.config.priority <= priority);
        self.by_name.insert(group.name.clone(), group.clone());
        self.ordered.insert(at, group.clone());
        group
    }

    /// Takes the group of that name out.
    pub(super) fn remove(&mut self, name: &str) -> Option<Rc<Group>> {
        let group = self.by_name.remove(name)?;
        self.ordered.retain(|other| other.name != group.name);
        Some(group)
    }
}

impl Deref for Groups {
    type Target = [Rc<Group>];

    fn deref(&self) -> &Self::Target {
        &self.ordered
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{GroupConfig, GroupKind};
    use crate::supervisor::roster::ConfigId;

    fn group(name: &str, priority: i64) -> Group {
        let config = GroupConfig {
            name: name.to_owned(),
            priority,
            kind: GroupKind::Program,
            processes: Vec::new(),
        };
        Group {
            name: name.into(),
            config_id: ConfigId(0),
            config: Rc::new(config),
            members: Vec::new(),
        }
    }

    #[test]
    fn by_priority_then_as_added_and_by_name() {
        let mut groups = Groups::default();
        for (name, priority) in [("b", 5), ("z", -1), ("a", 5), ("m", 5), ("c", 999)] {
            groups.add(group(name, priority));
        }
        let names = |groups: &Groups| {
            let names = groups.iter().map(|group| group.name.to_string());
            names.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(names(&groups), "z b a m c");
        assert!(groups.remove("a").is_some());
        assert!(groups.remove("a").is_none() && groups.named("a").is_none());
        assert!(groups.named("m").is_some_and(|group| &*group.name == "m"));
        groups.add(group("a", 5));
        assert_eq!(names(&groups), "z b m a c");
    }
}
