//! Files that restart a process when they change (LIF-280 to LIF-283): watched while it is up or shall be.

use std::path::Path;

use crate::base::clock::Now;
use crate::base::level::Level;
use crate::base::states::SupervisorState;
use crate::process::hook::Role;
use crate::process::lifecycle::{OnChange, Watch};

use super::Supervisor;
use super::member::{Member, ProcessId};
use super::pending::Reason;
use super::ports::WatchError;

fn watches(member: &Member) -> &[Watch] {
    let lifecycle = member.config.policy.lifecycle.as_ref();
    lifecycle.map_or(&[], |lifecycle| &lifecycle.watches)
}

impl Supervisor {
    /// A child is about to be made: what its options name is watched from before it looks at it.
    pub(super) fn begin_watches(&mut self, id: ProcessId) -> Result<(), WatchError> {
        let Some(member) = self.durable.roster.members.get(&id) else {
            return Ok(());
        };
        let watches = watches(member);
        if watches.is_empty() || !self.runtime.watched.insert(id) {
            return Ok(());
        }
        let port = &mut self.runtime.ports.watches;
        let begun = watches
            .iter()
            .enumerate()
            .try_for_each(|(index, watch)| port.watch(id, index, &watch.what, &member.config));
        if begun.is_err() {
            self.end_watches(id);
        }
        begun
    }

    /// Nothing is watched for one that is down.
    pub(super) fn tend_watches(&mut self, id: ProcessId) {
        if self.runtime.watched.is_empty() {
            return;
        }
        if self.state_of(id).is_none_or(|state| !state.is_running()) {
            self.end_watches(id);
        }
    }

    pub(super) fn end_watches(&mut self, id: ProcessId) {
        if self.runtime.watched.remove(&id) {
            self.runtime.ports.watches.unwatch(id);
        }
    }

    /// Watches anew for all that are up, after the outside has become another one.
    pub(super) fn watch_again(&mut self) {
        let up = self
            .members()
            .filter(|member| member.process.state.is_running());
        let up: Vec<_> = up.map(|member| member.id).collect();
        for id in up {
            // who could be started was not too large to be watched
            let _ = self.begin_watches(id);
        }
    }

    /// What is watched for a process by that index has changed, and has been quiet since (LIF-282).
    pub fn file_changed(&mut self, id: ProcessId, index: usize, path: &Path, now: Now) {
        let Some(member) = self.durable.roster.members.get(&id) else {
            return;
        };
        let Some(watch) = watches(member).get(index) else {
            return;
        };
        let up = member.process.state.is_running();
        if !up || self.durable.state != SupervisorState::Running {
            return;
        }
        let (name, path) = (member.namespec(), path.display());
        match watch.then.clone() {
            OnChange::Restart => {
                let text = format!("restarting {name}: {path} changed");
                self.runtime.log(Level::Info, text);
                self.restart_anew(id, Reason::FileChanged, now);
            }
            OnChange::Run(_) => {
                let role = Role::Change(index);
                if member.runs(role) {
                    return;
                }
                let lifecycle = member.config.policy.lifecycle.as_ref();
                let option = lifecycle.map_or("", |lifecycle| role.option(lifecycle));
                let text = format!("running {option} of {name}: {path} changed");
                self.runtime.log(Level::Info, text);
                self.run(id, role, now);
            }
            OnChange::Signal(signals) => {
                for signal in signals {
                    let text = format!("sending {signal} to {name}: {path} changed");
                    self.runtime.log(Level::Info, text);
                    // what goes wrong is in the log
                    let _ = self.kill(id, signal, false);
                }
            }
        }
    }
}
