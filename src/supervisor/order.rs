//! In which order an act gets to processes, and who has to wait for whom.
//!
//! Priorities are weak: they put processes in line, and on the way down groups of one priority are a wave that
//! waits until those before it have come to rest. Dependencies are strong: a process goes down with the wave of
//! what it depends on, and before it (`stops`). All walks go along lists, none calls itself.

use std::collections::{BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use super::graph::Graph;
use super::member::ProcessId;
use super::roster::Roster;

/// Processes that an act has yet to get to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Order {
    waves: VecDeque<Wave>,
}

/// Processes that are told one after another without waiting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Wave {
    /// Of their groups.
    priority: i64,
    line: VecDeque<ProcessId>,
}

impl Order {
    /// The way down: the groups of one priority together, the highest first, and in each wave the last one first
    /// (DEC-022, DMN-031, PROC-108). A wave takes along all that depend on one of its processes (LIF-082).
    pub(super) fn down(roster: &Roster, graph: &Graph) -> Self {
        let mut order = Self::by_priority(roster);
        if !graph.is_empty() {
            order.bring_dependents_forward(graph);
        }
        order
    }

    fn bring_dependents_forward(&mut self, graph: &Graph) {
        let mut placed = BTreeSet::new();
        for wave in &mut self.waves {
            let line = std::mem::take(&mut wave.line);
            let along = graph.with_dependents(line.iter().copied());
            // those that come along stand behind those whose turn it is
            let line = line.into_iter().chain(along.into_iter().rev());
            wave.line = line.filter(|id| placed.insert(*id)).collect();
        }
    }

    fn by_priority(roster: &Roster) -> Self {
        let mut order = Self::default();
        for group in roster.groups.iter().rev() {
            let priority = group.config.priority;
            if order
                .waves
                .back()
                .is_none_or(|last| last.priority != priority)
            {
                let line = VecDeque::new();
                order.waves.push_back(Wave { priority, line });
            }
            if let Some(wave) = order.waves.back_mut() {
                let members = roster.by_priority(&group.members);
                wave.line.extend(members.into_iter().rev());
            }
        }
        order
    }

    /// The priority of the wave that comes next, if there is one, however few are in it.
    pub(super) fn next_wave(&self) -> Option<i64> {
        self.waves.front().map(|wave| wave.priority)
    }

    /// Takes the next wave out: those in it in that order.
    pub(super) fn pop_wave(&mut self) -> Vec<ProcessId> {
        let wave = self.waves.pop_front();
        wave.map(|wave| wave.line.into()).unwrap_or_default()
    }

    /// Takes everybody out: nobody waits any more.
    pub(super) fn pop_all(&mut self) -> Vec<ProcessId> {
        let waves = std::mem::take(&mut self.waves);
        waves.into_iter().flat_map(|wave| wave.line).collect()
    }
}
