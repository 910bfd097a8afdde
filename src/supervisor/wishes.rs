//! Who wishes a process to come up, and what is wished for along with it.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use crate::base::level::Level;
use crate::base::states::{ProcessState as State, SupervisorState};

use super::Supervisor;
use super::conditions;
use super::graph::{Graph, depends_on};
use super::member::ProcessId;
use super::pending::{Origin, Pending, Stage};
use super::starts::lifecycle;

impl Supervisor {
    /// Somebody wants a process to start as soon as it may; nothing happens before its turn comes. A wish for one that
    /// is up or on its way is granted already, one for a process that is about to stop is kept until it has.
    pub fn wish(&mut self, id: ProcessId, origin: &Origin) {
        self.wish_all(&[id], origin);
    }

    /// The same for several at once: first all are wished for, then what they need is pulled (LIF-050), and those of
    /// one section are spread (LIF-191).
    pub(super) fn wish_all(&mut self, ids: &[ProcessId], origin: &Origin) {
        if self.durable.state != SupervisorState::Running {
            return;
        }
        let new: Vec<_> = ids
            .iter()
            .copied()
            .filter(|id| self.put_in_line(*id, origin))
            .collect();
        self.spread(&new);
        if origin.pulls() {
            // a request pulls for what it joins, too
            let by_request = matches!(origin, Origin::Request { .. });
            let for_whom = if by_request { ids.to_vec() } else { new };
            self.pull(for_whom, by_request);
        }
    }

    /// Makes a start pending; says whether it was not before.
    fn put_in_line(&mut self, id: ProcessId, origin: &Origin) -> bool {
        let Some(member) = self.durable.roster.members.get_mut(id) else {
            return false;
        };
        let is_up = matches!(member.process.state, State::Starting | State::Running);
        if is_up || conditions::is_disabled(member) {
            return false;
        }
        match &mut member.pending {
            Some(pending) => {
                if let Origin::Request { alone } = origin {
                    pending.asked = true;
                    pending.free |= alone;
                    pending.spread = Duration::ZERO;
                }
                false
            }
            none => {
                let mut pending = Pending::new(origin.clone());
                let by_client = pending.asked;
                if by_client {
                    // who asks looks at it at once
                    pending.stage = Stage::Others;
                } else {
                    self.durable.line.push(id);
                }
                if member.process.is_to_restart() {
                    // it was to come anyway, and goes on to if the client's start fails
                    member.process.deadline = None;
                    pending.origin = Origin::Again;
                }
                *none = Some(Box::new(pending));
                true
            }
        }
    }

    /// What these need is wished for as well (LIF-042).
    pub(super) fn pull(&mut self, ids: Vec<ProcessId>, by_request: bool) {
        if self.graph().is_empty() {
            return;
        }
        let graph = self.graph();
        let mut open = VecDeque::from(ids);
        while let Some(id) = open.pop_front() {
            for other in self.to_be_pulled(&graph, id) {
                if self.put_in_line(other, &Origin::Pulled { by_request }) {
                    let text = format!(
                        "starting {}: {} depends on it",
                        self.named(other),
                        self.named(id)
                    );
                    self.runtime.log(Level::Info, text);
                    open.push_back(other);
                }
            }
        }
    }

    /// Whom a pending start needs to be started, directly.
    fn to_be_pulled(&self, graph: &Graph, id: ProcessId) -> Vec<ProcessId> {
        let Some(member) = self.member(id) else {
            return Vec::new();
        };
        let lifecycle = member.config.policy.lifecycle.as_ref();
        if lifecycle.is_some_and(|lifecycle| lifecycle.gates_autostart_only) {
            return Vec::new();
        }
        let mut pulled = Vec::new();
        for (index, item) in depends_on(member).iter().enumerate() {
            let others = graph.item(id, index).unwrap_or_default();
            for other in others.iter().filter_map(|other| self.member(*other)) {
                let fulfilled = |condition| conditions::holds(condition, other);
                let process = &other.process;
                let rests = match process.state {
                    State::Stopped | State::Fatal | State::Stopping => true,
                    State::Exited => !process.is_to_restart(),
                    State::Starting | State::Running | State::Backoff | State::Unknown => false,
                };
                if rests
                    && other.pending.is_none()
                    && !item.conditions.iter().copied().any(fulfilled)
                {
                    pulled.push(other.id);
                }
            }
        }
        pulled
    }

    /// Those of one section that one act starts come one after another (LIF-191).
    fn spread(&mut self, ids: &[ProcessId]) {
        let mut sections: BTreeMap<Rc<str>, Vec<(u32, ProcessId)>> = BTreeMap::new();
        for member in ids.iter().filter_map(|id| self.member(*id)) {
            if let Some(lifecycle) = lifecycle(member)
                && !lifecycle.numprocs_start_interval.is_zero()
            {
                let section = sections.entry(member.config.program.clone()).or_default();
                section.push((lifecycle.copy, member.id));
            }
        }
        for mut section in sections.into_values() {
            section.sort_unstable();
            for (place, (_, id)) in (0u32..).zip(section) {
                let Some(member) = self.durable.roster.members.get_mut(id) else {
                    continue;
                };
                let interval = lifecycle(member).map(|lifecycle| lifecycle.numprocs_start_interval);
                if let (Some(pending), Some(interval)) = (&mut member.pending, interval) {
                    pending.spread = interval.saturating_mul(place);
                }
            }
        }
    }
}
