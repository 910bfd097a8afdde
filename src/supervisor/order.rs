//! In which order an act gets to processes, and who has to wait for whom.
//!
//! Priorities are weak: they put processes in line, and on the way down groups of one priority are a wave that
//! waits until those before it have come to rest. All walks go along lists, none calls itself.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

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
    /// One line in that order.
    pub(super) fn line(ids: impl IntoIterator<Item = ProcessId>) -> Self {
        let mut order = Self::default();
        order.append(ids);
        order
    }

    /// The way down: the groups of one priority together, the highest first, and in each wave the last one first
    /// (DEC-022, DMN-031, PROC-108).
    pub(super) fn down(roster: &Roster) -> Self {
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

    /// Puts more at the end of the last line.
    pub(super) fn append(&mut self, ids: impl IntoIterator<Item = ProcessId>) {
        if self.waves.is_empty() {
            let (priority, line) = (0, VecDeque::new());
            self.waves.push_back(Wave { priority, line });
        }
        if let Some(last) = self.waves.back_mut() {
            last.line.extend(ids);
        }
    }

    /// Whether nobody is left.
    pub(super) fn is_empty(&self) -> bool {
        self.waves.iter().all(|wave| wave.line.is_empty())
    }

    /// Takes the next one out.
    pub(super) fn pop(&mut self) -> Option<ProcessId> {
        while let Some(wave) = self.waves.front_mut() {
            if let Some(id) = wave.line.pop_front() {
                return Some(id);
            }
            self.waves.pop_front();
        }
        None
    }

    /// The priority of the wave that comes next, if there is one, however few are in it.
    pub(super) fn next_wave(&self) -> Option<i64> {
        self.waves.front().map(|wave| wave.priority)
    }

    /// Takes the next wave out.
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
