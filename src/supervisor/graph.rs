//! Who depends on whom: the names in `depends_on`, looked up among the active groups.
//!
//! It is made anew from the groups whenever they change, and not kept over a replacement of the binary, so nobody
//! holds on to a process that is gone (LIF-067). An edge goes from a process to what a name means and from there to
//! all that it means, so a thousand copies that a thousand others depend on are two thousand edges. All walks go
//! along lists, none calls itself (LIF-007).

use std::collections::{BTreeSet, HashMap};

use crate::process::lifecycle::Whom;

use super::member::{Member, ProcessId};
use super::roster::Roster;

/// The dependencies of all members.
#[derive(Debug, Default)]
pub(super) struct Graph {
    targets: Vec<Target>,
    /// What each process depends on: for each item of its option the place among `targets`.
    needs: HashMap<ProcessId, Vec<usize>>,
    /// What each process is a part of.
    parts: HashMap<ProcessId, Vec<usize>>,
}

/// What a name means at present.
#[derive(Debug, Default)]
struct Target {
    /// In the order of their groups.
    processes: Vec<ProcessId>,
    /// What was named exists, even if nobody is in it.
    is_there: bool,
    /// Who depends on it, in the order of their groups.
    dependents: Vec<ProcessId>,
}

/// Places of targets by what names them.
#[derive(Default)]
struct Places<'a> {
    programs: HashMap<&'a str, usize>,
    groups: HashMap<&'a str, usize>,
    processes: HashMap<(&'a str, &'a str), usize>,
}

impl<'a> Places<'a> {
    /// The place of what is named; `next` if nobody has named it before.
    fn of(&mut self, whom: &'a Whom, next: usize) -> usize {
        let place = match whom {
            Whom::Program(name) => self.programs.entry(name),
            Whom::Group(name) => self.groups.entry(name),
            Whom::Process { group, name } => {
                return *self.processes.entry((group, name)).or_insert(next);
            }
        };
        *place.or_insert(next)
    }

    fn with(&self, group: &str, member: &Member) -> Vec<usize> {
        let program = self.programs.get(&*member.config.program);
        let process = self.processes.get(&(group, member.process.name.as_str()));
        let all = [program, self.groups.get(group), process];
        all.into_iter().flatten().copied().collect()
    }

    fn of_group(&self, group: &str) -> Vec<usize> {
        // a program's own group has its name, and stays when it has no copies (LIF-381)
        let all = [self.groups.get(group), self.programs.get(group)];
        all.into_iter().flatten().copied().collect()
    }
}

impl Graph {
    /// The dependencies among these.
    pub(super) fn of(roster: &Roster) -> Self {
        let mut graph = Self::default();
        let mut places = Places::default();
        let ordered = || roster.groups.iter().flat_map(|group| &group.members);
        for member in ordered().filter_map(|id| roster.members.get(id)) {
            let items = depends_on(member);
            if items.is_empty() {
                continue;
            }
            let mut needs = Vec::with_capacity(items.len());
            for item in items {
                let place = places.of(&item.whom, graph.targets.len());
                if place == graph.targets.len() {
                    graph.targets.push(Target::default());
                }
                needs.push(place);
                if let Some(target) = graph.targets.get_mut(place) {
                    target.dependents.push(member.id);
                }
            }
            graph.needs.insert(member.id, needs);
        }
        if graph.targets.is_empty() {
            return graph;
        }
        for group in roster.groups.iter() {
            for place in places.of_group(&group.name) {
                if let Some(target) = graph.targets.get_mut(place) {
                    target.is_there = true;
                }
            }
            for member in group.members.iter().filter_map(|id| roster.members.get(id)) {
                for place in places.with(&group.name, member) {
                    if let Some(target) = graph.targets.get_mut(place) {
                        target.is_there = true;
                        target.processes.push(member.id);
                        graph.parts.entry(member.id).or_default().push(place);
                    }
                }
            }
        }
        graph
    }

    /// Whether nobody depends on anybody.
    pub(super) fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// Whom an item of a process's option means; none if that is not there.
    pub(super) fn item(&self, id: ProcessId, item: usize) -> Option<&[ProcessId]> {
        let place = self.needs.get(&id)?.get(item)?;
        let target = self.targets.get(*place)?;
        target.is_there.then_some(target.processes.as_slice())
    }

    /// Whether an item of a process's option means that other one, among others.
    pub(super) fn means(&self, id: ProcessId, item: usize, other: ProcessId) -> bool {
        let place = self.needs.get(&id).and_then(|needs| needs.get(item));
        let parts = self.parts.get(&other);
        place.is_some_and(|place| parts.is_some_and(|parts| parts.contains(place)))
    }

    /// All that a process depends on directly; some more than once.
    pub(super) fn dependencies(&self, id: ProcessId) -> impl Iterator<Item = ProcessId> {
        let places = self.needs.get(&id).into_iter().flatten();
        let targets = places.filter_map(|place| self.targets.get(*place));
        targets.flat_map(|target| target.processes.iter().copied())
    }

    /// All that depend on a process directly; some more than once.
    pub(super) fn dependents(&self, id: ProcessId) -> impl Iterator<Item = ProcessId> {
        let places = self.parts.get(&id).into_iter().flatten();
        let targets = places.filter_map(|place| self.targets.get(*place));
        targets.flat_map(|target| target.dependents.iter().copied())
    }

    /// These and all that depend on them, directly or not.
    pub(super) fn with_dependents(
        &self,
        ids: impl IntoIterator<Item = ProcessId>,
    ) -> BTreeSet<ProcessId> {
        let mut found: BTreeSet<_> = ids.into_iter().collect();
        let mut open: Vec<_> = found.iter().copied().collect();
        let mut been = vec![false; self.targets.len()];
        while let Some(id) = open.pop() {
            for place in self.parts.get(&id).into_iter().flatten() {
                // everybody who depends on it was found by the first of its processes
                if std::mem::replace(&mut been[*place], true) {
                    continue;
                }
                let dependents = self.targets.get(*place).map(|target| &target.dependents);
                open.extend(
                    dependents
                        .into_iter()
                        .flatten()
                        .filter(|id| found.insert(**id)),
                );
            }
        }
        found
    }

    /// Those of `ids` that are in a circle, or behind one: nobody of them could be told to stop before another one. A
    /// configuration has no circles (LIF-018), but groups of two readings of it may.
    pub(super) fn in_circles(&self, ids: &BTreeSet<ProcessId>) -> BTreeSet<ProcessId> {
        let mut left = ids.clone();
        let blockers = |id: ProcessId, left: &BTreeSet<ProcessId>| {
            let others = self.dependents(id).filter(|other| *other != id);
            others.filter(|other| left.contains(other)).count()
        };
        let mut counts: HashMap<_, _> = ids.iter().map(|id| (*id, blockers(*id, ids))).collect();
        let mut free: Vec<_> = ids.iter().filter(|id| counts[id] == 0).copied().collect();
        while let Some(id) = free.pop() {
            left.remove(&id);
            for other in self.dependencies(id).filter(|other| *other != id) {
                if let Some(count) = counts.get_mut(&other).filter(|count| **count > 0) {
                    *count -= 1;
                    if *count == 0 {
                        free.push(other);
                    }
                }
            }
        }
        left
    }
}

/// The items of a member's option.
pub(super) fn depends_on(member: &Member) -> &[crate::process::lifecycle::Dependency] {
    let lifecycle = member.config.policy.lifecycle.as_ref();
    lifecycle.map_or(&[], |lifecycle| &lifecycle.depends_on)
}
