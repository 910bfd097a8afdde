//! Events and the pools that want them: what happens to processes, groups and the supervisor is published,
//! what listeners say is heard, and what waits is dispatched.

use crate::base::clock::Now;
use crate::base::event_names::EventName;
use crate::base::health::{CheckKind, Verdict};
use crate::base::states::ProcessState;
use crate::config::{GroupConfig, GroupKind};
use crate::events::event::{Event, Health, Output as Wrote, Source, StateChange};
use crate::events::pool::{self, Lines, Pool, SendError, Serials};
use crate::events::tick;
use crate::process::machine::{Change, Input, ReadyBy};

use super::Supervisor;
use super::durable::Durable;
use super::member::{Member, ProcessId};
use super::output::Output;
use super::ports::StdinError;
use super::timers::Timer;

impl Supervisor {
    /// Where the global numbering of events stands; it goes on after a restart (EVT-062).
    pub const fn serials(&self) -> Serials {
        self.durable.serials
    }

    fn publish(&mut self, event: Event) {
        if self.durable.pools.is_empty() {
            return;
        }
        let mut lines = Lines::new();
        pool::publish(
            &mut self.durable.pools,
            event,
            &mut self.durable.serials,
            &mut lines,
        );
        self.log_lines(lines);
    }

    fn log_lines(&mut self, lines: Lines) {
        for (level, text) in lines {
            self.runtime.log(level, text);
        }
    }

    fn pool_of(&mut self, group: &str) -> Option<&mut Pool<ProcessId>> {
        self.durable
            .pools
            .iter_mut()
            .find(|pool| pool.name() == group)
    }

    /// A process changed its state (EVT-003 to EVT-010).
    pub(super) fn changed(&mut self, id: ProcessId, change: Change) {
        let Some(member) = self.durable.roster.members.get(&id) else {
            return;
        };
        if self.durable.pools.is_empty() {
            return;
        }
        let source = source(member);
        let group = member.group.clone();
        if member.listener
            && change.to == ProcessState::Starting
            && let Some(pool) = self.pool_of(&group)
        {
            pool.started(id);
        }
        let Change {
            from,
            to,
            tries,
            expected,
            pid,
        } = change;
        let change = StateChange {
            from,
            to,
            tries,
            expected,
            pid,
        };
        self.publish(Event::ProcessState(source, change));
    }

    /// A check of a process came to another verdict (HLT-107).
    pub(super) fn health_changed(
        &mut self,
        id: ProcessId,
        check: CheckKind,
        verdict: Verdict,
        failures: u32,
    ) {
        if let Some(source) = self.member(id).map(source) {
            let health = Health {
                check,
                verdict,
                failures,
            };
            self.publish(Event::ProcessHealth(source, health));
        }
    }

    /// A listener ended: what it had not answered waits again (EVT-092).
    pub(super) fn listener_ended(&mut self, id: ProcessId) {
        let Some(member) = self
            .durable
            .roster
            .members
            .get(&id)
            .filter(|member| member.listener)
        else {
            return;
        };
        let group = member.group.clone();
        let mut lines = Lines::new();
        if let Some(pool) = self.pool_of(&group) {
            pool.ended(id, &mut lines);
        }
        self.log_lines(lines);
    }

    /// A child said something that is more than a line for its log.
    pub fn heard(&mut self, id: ProcessId, output: Output, now: Now) {
        let Some(member) = self.durable.roster.members.get(&id) else {
            return;
        };
        let pid = member.process.pid;
        match output {
            Output::Log(channel, data) => {
                let event = Event::ProcessLog(source(member), Wrote { channel, pid, data });
                self.publish(event);
            }
            Output::Communication(channel, data) => {
                let wrote = Wrote { channel, pid, data };
                self.publish(Event::ProcessCommunication(source(member), wrote));
            }
            Output::Protocol(bytes) => {
                let group = member.group.clone();
                let mut lines = Lines::new();
                let pool = self.pool_of(&group);
                let printed = pool.map(|pool| pool.heard(id, &bytes, now.mono, &mut lines));
                for text in printed.into_iter().flatten() {
                    self.runtime.ports.logs.print(&text);
                }
                self.log_lines(lines);
            }
            Output::Notice(notice) => self.notified(id, notice, now),
            Output::ReadyLine => self.drive(id, Input::Ready(ReadyBy::Line), now),
        }
    }

    /// A group was made active; a pool hears of itself (EVT-026).
    pub(super) fn group_added(&mut self, config: &GroupConfig, members: &[ProcessId]) {
        if let GroupKind::EventListener(options) = &config.kind {
            let name = |id: &ProcessId| {
                Some((
                    *id,
                    self.durable.roster.members.get(id)?.process.name.clone(),
                ))
            };
            let processes: Vec<_> = members.iter().filter_map(name).collect();
            let pool = Pool::new(
                &config.name,
                &options.events,
                options.buffer_size,
                options.result_handler,
                processes,
            );
            self.durable.pools.push(pool);
        }
        self.publish(Event::GroupAdded(config.name.clone()));
    }

    /// A group was taken out; a pool goes with what waits in it (EVT-122).
    pub(super) fn group_removed(&mut self, name: &str) {
        self.durable.pools.retain(|pool| pool.name() != name);
        self.publish(Event::GroupRemoved(name.to_owned()));
    }

    /// The main loop starts (EVT-017); ticks count from here (EVT-123).
    pub(super) fn came_up(&mut self, now: Now) {
        self.durable.ticked = now.wall;
        self.publish(Event::SupervisorRunning);
    }

    /// A shutdown or restart begins (EVT-018).
    pub(super) fn going_down(&mut self) {
        self.publish(Event::SupervisorStopping);
    }

    /// Somebody listens to remote communication; if not, its text need not be made.
    pub fn wants_remote_events(&self) -> bool {
        let name = EventName::RemoteCommunication;
        self.durable.pools.iter().any(|pool| pool.subscribes(name))
    }

    /// `sendRemoteCommEvent` (EVT-015).
    pub fn remote_event(&mut self, kind: String, data: String) {
        self.publish(Event::RemoteCommunication { kind, data });
    }

    /// The time of a tick has come.
    pub(super) fn tick(&mut self, now: Now) {
        for event in tick::due(self.durable.ticked, now.wall) {
            self.publish(event);
        }
        self.durable.ticked = now.wall;
    }

    /// Wakes for the next tick only if somebody wants ticks.
    pub(super) fn set_tick(&mut self, now: Now) {
        let ticks = [EventName::Tick5, EventName::Tick60, EventName::Tick3600];
        let wanted = self
            .durable
            .pools
            .iter()
            .any(|pool| ticks.iter().any(|tick| pool.subscribes(*tick)));
        if !wanted {
            self.durable.timers.set(Timer::Tick, None);
        } else if !self.durable.timers.is_set(Timer::Tick) {
            let wait = tick::next(now.wall).since(now.wall);
            self.durable.timers.set(Timer::Tick, Some(now.mono + wait));
        }
    }

    /// Sends waiting events to listeners that are ready.
    pub(super) fn dispatch(&mut self, now: Now) {
        let Durable {
            pools,
            roster,
            settings,
            ..
        } = &mut self.durable;
        let children = &mut self.runtime.ports.children;
        let mut lines = Lines::new();
        let running = |id| {
            let state = roster.members.get(&id).map(|member| member.process.state);
            state == Some(ProcessState::Running)
        };
        for pool in pools.iter_mut() {
            let send = |id, bytes: &[u8]| {
                children.send_event(id, bytes).map_err(|error| match error {
                    StdinError::Closed => SendError::Closed,
                    StdinError::Full | StdinError::Crowded => SendError::Full,
                })
            };
            pool.dispatch(&settings.identifier, now.mono, running, send, &mut lines);
        }
        self.log_lines(lines);
    }
}

fn source(member: &Member) -> Source {
    Source {
        process: member.process.name.clone(),
        group: member.group.to_string(),
    }
}
