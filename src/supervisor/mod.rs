//! The owner's value: all processes, groups, pools and waiting answers, and what may be done with them.
//!
//! Pure apart from [`ports`]: it reads no clock, knows no tokio and no HTTP. `control` holds what clients ask
//! for, `effects` drives the state machines, `shutdown` and `reload` change the whole.

pub mod answer;
mod check_line;
mod conditions;
pub mod control;
pub mod detail;
mod durable;
mod effects;
mod ends;
mod graph;
pub mod group;
mod groups;
pub mod health;
mod helpers;
pub mod info;
mod jobs;
pub mod logs;
pub mod member;
pub mod members;
mod needs;
mod notices;
mod order;
pub mod output;
pub mod owner;
pub mod pending;
mod pools;
pub mod ports;
pub mod promise;
mod readiness;
mod refresh;
pub mod reload;
pub mod roster;
mod saved;
mod schedule;
pub mod shutdown;
pub mod snapshot;
mod starts;
pub mod stdin;
mod stops;
mod timers;
pub mod upkeep;
mod watches;
mod wishes;

#[cfg(test)]
mod tests;

use crate::base::calendar::LocalTime;
use crate::base::clock::{Now, Wall};
use crate::base::level::Level;
use crate::base::pid::Pid;
use crate::base::states::{ProcessState, SupervisorState};
use crate::config::{Config, Supervisord};
use crate::events::pool::{Pool, Serials};

use durable::{Durable, Runtime};
use helpers::Child;
use member::{Member, ProcessId};
use members::Revision;
use pending::Origin;
use ports::{GroupError, Ports};
use timers::Timer;

/// How many processes are started, and how many otherwise looked after, before clients and logs get their turn. A
/// start takes a fraction of a millisecond, and an answer needs a few turns.
const BATCH: usize = 8;

/// Everything that the daemon supervises.
pub struct Supervisor {
    durable: Durable,
    runtime: Runtime,
}

impl Supervisor {
    /// A supervisor without groups; [`Self::add_all`] and [`Self::begin`] come next. Events are numbered from
    /// `serials` on.
    pub fn new(config: Config, ports: Ports, serials: Serials) -> Self {
        let durable = Durable::new(config, serials);
        let runtime = Runtime::of(&durable, ports);
        Self { durable, runtime }
    }

    /// Adds every configured group. Of two groups with one name the second is left out (CFG-173).
    pub fn add_all(&mut self) -> Result<(), GroupError> {
        let read = self.durable.roster.read.clone();
        let mut starts = Vec::new();
        let added = read.into_iter().try_for_each(|group| {
            let there = self.group(&group.config.name).is_some();
            if !there {
                starts.extend(self.add(group)?);
            }
            Ok(())
        });
        self.wish_all(&starts, &Origin::Autostart);
        self.runtime.flush();
        added
    }

    /// The main loop begins: from here on processes are started.
    pub fn begin(&mut self, now: Now) {
        self.came_up(now);
    }

    /// Whether somebody has yet to have his turn to start.
    pub(super) fn is_starting(&self) -> bool {
        !self.durable.line.is_empty()
    }

    /// What the supervisor as a whole is about.
    pub const fn state(&self) -> SupervisorState {
        self.durable.state
    }

    /// `[supervisord]` as it was at the start.
    pub const fn settings(&self) -> &Supervisord {
        &self.durable.settings
    }

    /// The RPC namespaces that the configuration enables.
    pub fn rpc_interfaces(&self) -> &[String] {
        &self.durable.rpc_interfaces
    }

    /// Whether lines of that level are written, to spare the making of costly ones.
    pub fn logs(&self, level: Level) -> bool {
        self.runtime.ports.main_log.writes(level)
    }

    /// The wall clock's time where the machine stands.
    pub fn local_time(&self, wall: Wall) -> LocalTime {
        (self.runtime.ports.local_time)(wall)
    }

    /// Does what is due, at most a batch of it; the rest follows at the next wake-up.
    pub fn due(&mut self, now: Now) {
        self.look_at_line(BATCH, now);
        // in each batch: a long row of starts must not keep from being told what has begun
        for _ in 0..BATCH {
            let Some(timer) = self.durable.timers.pop(now.mono) else {
                break;
            };
            match timer {
                Timer::Process(id) => self.process_due(id, now),
                Timer::Start(id) => self.delay_is_over(id),
                Timer::Upkeep(id) => self.upkeep_due(id, now),
                Timer::LeftHelpers => self.left_helpers_due(now),
                Timer::StopReport(id) => self.stop_report_due(id, now),
                Timer::ShutdownReport => self.report_shutdown(now),
                Timer::ShutdownTimeout => self.shutdown_took_too_long(now),
                Timer::ShutdownListeners => self.listeners_had_their_time(),
                Timer::Tick => self.tick(now),
            }
        }
    }

    /// Brings the whole to rest after something was done: a shutdown goes on, the next wake-up is set.
    fn after(&mut self, now: Now) {
        self.release_held(now);
        self.descend(now);
        self.set_tick(now);
        self.dispatch(now);
        self.set_alarm(now);
        self.runtime.flush();
    }

    /// Says when to be woken.
    fn set_alarm(&mut self, now: Now) {
        let start = self.is_starting().then_some(now.mono);
        let retry = self.durable.pools.iter().filter_map(Pool::wake).min();
        let wakes = [start, self.durable.timers.next(), retry];
        self.runtime
            .ports
            .alarm
            .wake_at(wakes.into_iter().flatten().min());
    }

    /// The member whose own child that is.
    pub fn member_of(&self, pid: Pid) -> Option<ProcessId> {
        match self.runtime.by_pid.get(&pid)? {
            Child::Main(id) => Some(*id),
            Child::Helper(_) | Child::Left => None,
        }
    }

    /// The state of a member.
    pub fn state_of(&self, id: ProcessId) -> Option<ProcessState> {
        self.durable
            .roster
            .members
            .get(&id)
            .map(|member| member.process.state)
    }

    /// One member.
    pub fn member(&self, id: ProcessId) -> Option<&Member> {
        self.durable.roster.members.get(&id)
    }

    /// Stays while nothing changes that [`Self::views`] shows, but for the time.
    pub const fn revision(&self) -> Revision {
        self.durable.roster.members.revision()
    }

    /// All members, in no order that means anything.
    pub fn members(&self) -> impl ExactSizeIterator<Item = &Member> {
        self.durable.roster.members.values()
    }
}
