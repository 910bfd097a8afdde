//! Stopping several processes in one act: who depends on others goes first (LIF-080).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::base::clock::Now;
use crate::base::level::Level;
use crate::base::states::ProcessState as State;
use crate::process::hook::Role;
use crate::process::machine::Input;

use super::Supervisor;
use super::member::{Member, ProcessId};
use super::starts::and_more;

/// Who was told to stop and gets its signal only when nothing that depends on it is left.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Held {
    by_id: BTreeMap<ProcessId, StopFor>,
    /// Those of which something that depends on them has ended, or that have ended themselves.
    stirred: BTreeSet<ProcessId>,
    /// Who depends on whom has changed.
    is_new_order: bool,
}

/// What a process is stopped for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum StopFor {
    /// A client asked for it.
    Client,
    /// Everything goes down.
    Shutdown,
}

impl StopFor {
    const fn input(self) -> Input {
        match self {
            Self::Client => Input::Stop,
            Self::Shutdown => Input::Shutdown,
        }
    }
}

impl Held {
    pub(super) fn contains(&self, id: ProcessId) -> bool {
        self.by_id.contains_key(&id)
    }

    /// Everybody who is held.
    pub(super) fn all(&self) -> Vec<ProcessId> {
        self.by_id.keys().copied().collect()
    }

    /// It is told at once now, or not any more.
    pub(super) fn let_go(&mut self, id: ProcessId) -> Option<StopFor> {
        self.by_id.remove(&id)
    }
}

impl Supervisor {
    /// These are about to be stopped in one act: those with a child may have to wait for others of them.
    pub(super) fn hold(&mut self, ids: &[ProcessId], stop_for: StopFor) {
        let graph = self.graph();
        if graph.is_empty() {
            return;
        }
        for &id in ids {
            if self.member(id).is_some_and(has_child) {
                self.durable.held.by_id.insert(id, stop_for);
            }
        }
        let held: BTreeSet<_> = self.durable.held.by_id.keys().copied().collect();
        // they go at once, or they would wait for each other for ever
        let circles = graph.in_circles(&held);
        for id in ids.iter().filter(|id| circles.contains(id)) {
            self.durable.held.by_id.remove(id);
        }
        // their details say so from now on
        self.durable.roster.members.touch();
    }

    /// Who has to stop before a process is told to, as things are.
    pub(super) fn stops_after(&self, id: ProcessId) -> impl Iterator<Item = &Member> {
        let graph = self.graph();
        let dependents: Vec<_> = graph.dependents(id).filter(|other| *other != id).collect();
        dependents
            .into_iter()
            .filter_map(|other| self.member(other))
            .filter(|other| {
                let told = self.durable.held.contains(other.id);
                let at_its_end = other.process.state == State::Stopping
                    || other.process.state.is_stopped() && other.runs(Role::PostStop);
                (told || at_its_end) && (has_child(other) || other.runs_hook())
            })
    }

    /// Whether a process that is held has to wait on.
    pub(super) fn must_wait_to_stop(&self, id: ProcessId) -> bool {
        self.durable.held.contains(id) && self.stops_after(id).next().is_some()
    }

    /// The detail of a process that waits for its stop (LIF-341).
    pub(super) fn stops_after_first(&self, id: ProcessId) -> Option<String> {
        if !self.durable.held.contains(id) {
            return None;
        }
        let others: BTreeSet<_> = self.stops_after(id).map(Member::namespec).collect();
        let first = others.first()?;
        let more = and_more(others.len() - 1);
        Some(format!("waits for {first} to stop{more}"))
    }

    /// Something of a process changed that those may have waited for that it depends on.
    pub(super) fn stir_held(&mut self, id: ProcessId) {
        let is_busy = |member: &Member| has_child(member) || member.runs_hook();
        if self.durable.held.by_id.is_empty() || self.member(id).is_some_and(is_busy) {
            return;
        }
        let graph = self.graph();
        let held = &mut self.durable.held;
        let others = graph.dependencies(id).chain([id]);
        held.stirred
            .extend(others.filter(|other| held.by_id.contains_key(other)));
    }

    /// Groups changed, and with them who depends on whom: all that are held are looked at anew.
    pub(super) fn stir_all_held(&mut self) {
        let held = &mut self.durable.held;
        held.stirred.extend(held.by_id.keys());
        held.is_new_order = !held.by_id.is_empty();
    }

    /// Tells those to stop that were held and may go now.
    pub(super) fn release_held(&mut self, now: Now) {
        if std::mem::take(&mut self.durable.held.is_new_order) {
            let held: BTreeSet<_> = self.durable.held.by_id.keys().copied().collect();
            for id in self.graph().in_circles(&held) {
                self.release(id, now);
            }
        }
        while let Some(id) = self.durable.held.stirred.pop_first() {
            if !(self.member(id).is_some_and(has_child) && self.must_wait_to_stop(id)) {
                self.release(id, now);
            }
        }
    }

    /// Tells one that was held, whoever depends on it.
    pub(super) fn release(&mut self, id: ProcessId, now: Now) {
        let Some(stop_for) = self.durable.held.let_go(id) else {
            return;
        };
        let input = match (self.state_of(id), stop_for) {
            // it has ended by itself meanwhile, and stays where it is
            (Some(State::Exited), _) => Input::Stay,
            (Some(state), _) if state.is_running() => stop_for.input(),
            (_, StopFor::Shutdown) => Input::Shutdown,
            (_, StopFor::Client) => return,
        };
        self.drive(id, input, now);
    }

    /// Tells these to stop, in that order as far as dependencies allow.
    pub(super) fn stop_in_order(&mut self, ids: &[ProcessId], stop_for: StopFor, now: Now) {
        self.hold(ids, stop_for);
        for &id in ids {
            if self.must_wait_to_stop(id) {
                continue;
            }
            self.durable.held.let_go(id);
            self.drive(id, stop_for.input(), now);
        }
    }

    /// Says which of those that run will miss what a client stops (LIF-064); `act` stop with it.
    pub(super) fn report_stop_of_dependency(&mut self, id: ProcessId, act: &[ProcessId]) {
        let graph = self.graph();
        let mut missed = BTreeSet::new();
        for other in graph.dependents(id).filter(|other| !act.contains(other)) {
            missed.insert(other);
        }
        let names: Vec<_> = missed
            .into_iter()
            .filter_map(|other| self.member(other))
            .filter(|other| other.process.state.is_running())
            .map(Member::namespec)
            .collect();
        if !names.is_empty() {
            let text = format!(
                "{} is stopped while {} depends on it",
                self.named(id),
                names.join(", ")
            );
            self.runtime.log(Level::Info, text);
        }
    }
}

/// Whether it has a child that is expected to end: nobody waits for one in UNKNOWN (DMN-034).
fn has_child(member: &Member) -> bool {
    member.process.pid.is_some() && member.process.state != State::Unknown || member.runs_hook()
}
