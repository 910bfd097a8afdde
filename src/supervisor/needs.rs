//! What a process depends on, for those who ask: all of it, and what of it is missing (API-046, API-047).

use crate::process::lifecycle::{Condition, Dependency};

use super::Supervisor;
use super::conditions::{self, name_of};
use super::graph::depends_on;
use super::member::ProcessId;

impl Supervisor {
    /// What it depends on, as `db:running`; a group or a pool is each of its processes.
    pub fn needs(&self, id: ProcessId) -> Vec<String> {
        self.each_need(id, |_, _, _| true)
    }

    /// What of it its pending start waits for.
    pub fn unmet_needs(&self, id: ProcessId) -> Vec<String> {
        let pending = self.member(id).and_then(|member| member.pending.as_deref());
        let Some(pending) = pending.filter(|pending| !pending.free && !pending.granted) else {
            return Vec::new();
        };
        self.each_need(id, |index, item, other| {
            let is_met = other
                .and_then(|other| self.member(other))
                .is_some_and(|other| {
                    pending.seen.contains(&(index, other.id))
                        || item
                            .conditions
                            .iter()
                            .any(|condition| conditions::holds(*condition, other))
                });
            conditions::counts(item, pending, self.gates_autostart_only(id)) && !is_met
        })
    }

    fn gates_autostart_only(&self, id: ProcessId) -> bool {
        let lifecycle = self
            .member(id)
            .and_then(|member| member.config.policy.lifecycle.as_ref());
        lifecycle.is_some_and(|lifecycle| lifecycle.gates_autostart_only)
    }

    /// Each dependency that `wanted` says yes to: the place of its item, the item, and who it is, if that is there.
    fn each_need(
        &self,
        id: ProcessId,
        wanted: impl Fn(usize, &Dependency, Option<ProcessId>) -> bool,
    ) -> Vec<String> {
        let Some(member) = self.member(id) else {
            return Vec::new();
        };
        let items = depends_on(member);
        if items.is_empty() {
            return Vec::new();
        }
        let graph = self.graph();
        let mut needs = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let Some(others) = graph.item(id, index) else {
                if wanted(index, item, None) {
                    needs.push(shown(&name_of(&item.whom), item));
                }
                continue;
            };
            let others = others
                .iter()
                .filter(|other| wanted(index, item, Some(**other)));
            let others = others.filter_map(|other| self.member(*other));
            needs.extend(others.map(|other| shown(&other.namespec(), item)));
        }
        needs
    }
}

/// A dependency in words; of several conditions any is enough.
fn shown(whom: &str, item: &Dependency) -> String {
    let conditions: Vec<_> = item
        .conditions
        .iter()
        .map(|c| Condition::name(*c))
        .collect();
    format!("{whom}:{}", conditions.join("|"))
}
