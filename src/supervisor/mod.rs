//! The owner's value: all processes, groups, pools and waiting answers, and what may be done with them.
//!
//! Pure apart from [`os::Os`]: it reads no clock, knows no tokio and no HTTP. `control` holds what clients ask
//! for, `effects` drives the state machines, `shutdown` and `reload` change the whole.

pub mod answer;
pub mod control;
mod effects;
pub mod group;
mod groups;
pub mod info;
pub mod logs;
pub mod member;
pub mod members;
pub mod os;
pub mod output;
pub mod owner;
mod pools;
pub mod promise;
pub mod reload;
pub mod shutdown;
pub mod stdin;
mod timers;

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use crate::base::calendar::LocalTime;
use crate::base::clock::{Now, Wall};
use crate::base::level::Level;
use crate::base::pid::Pid;
use crate::base::states::{ProcessState, SupervisorState};
use crate::config::{Config, GroupConfig, Supervisord};
use crate::events::pool::{Pool, Serials};
use crate::logs::place::LogPath;
use crate::process::machine::{Effect, Input};

use answer::{Completed, Wait};
use group::LeftLogs;
use groups::Groups;
use member::{Member, ProcessId};
use members::{Members, Revision};
use os::{GroupError, Os};
use shutdown::Descent;
use timers::{Timer, Timers};

/// How many processes are started, and how many otherwise looked after, before clients and logs get their turn. A
/// start takes a fraction of a millisecond, and an answer needs a few turns.
const BATCH: usize = 8;

/// Everything that the daemon supervises.
pub struct Supervisor {
    os: Box<dyn Os>,
    state: SupervisorState,
    /// `[supervisord]` as it was at the start: a reread does not change it (DEC-010).
    settings: Supervisord,
    /// The namespaces that are enabled.
    rpc_interfaces: Vec<String>,
    /// The groups that were read last; an active group has its `Rc` from here, until the file is read again.
    read: Vec<Rc<GroupConfig>>,
    /// The logs of groups that were taken out since and would come back as they were.
    left: LeftLogs,
    groups: Groups,
    members: Members,
    by_pid: HashMap<Pid, ProcessId>,
    next_id: u64,
    timers: Timers,
    /// Members of groups that were just added and may have to be started.
    fresh: VecDeque<ProcessId>,
    waits: Vec<Wait>,
    next_ticket: u64,
    /// Answers for the owner's door to deliver.
    completed: Vec<Completed>,
    descent: Option<Descent>,
    /// What a restart goes by if the file breaks on the way down.
    spare: Option<Config>,
    /// Why the last signal could not be sent.
    trouble: Option<String>,
    effects: Vec<Effect>,
    pools: Vec<Pool<ProcessId>>,
    serials: Serials,
    /// When ticks were looked at last.
    ticked: Wall,
}

impl Supervisor {
    /// A supervisor without groups; [`Self::add_all`] and [`Self::begin`] come next. Events are numbered from
    /// `serials` on.
    pub fn new(config: Config, os: Box<dyn Os>, serials: Serials) -> Self {
        let read = config.groups.into_iter().map(Rc::new).collect();
        Self {
            os,
            state: SupervisorState::Running,
            settings: config.supervisord,
            rpc_interfaces: config.rpc_interfaces,
            read,
            left: LeftLogs::default(),
            groups: Groups::default(),
            members: Members::new(),
            by_pid: HashMap::new(),
            next_id: 0,
            timers: Timers::default(),
            fresh: VecDeque::new(),
            waits: Vec::new(),
            next_ticket: 0,
            completed: Vec::new(),
            descent: None,
            spare: None,
            trouble: None,
            effects: Vec::new(),
            pools: Vec::new(),
            serials,
            ticked: Wall::default(),
        }
    }

    /// Adds every configured group. Of two groups with one name the second is left out (CFG-173).
    pub fn add_all(&mut self) -> Result<(), GroupError> {
        for config in self.read.clone() {
            if self.group(&config.name).is_none() {
                self.add(config)?;
            }
        }
        Ok(())
    }

    /// The main loop begins: from here on processes are started.
    pub fn begin(&mut self, now: Now) {
        self.came_up(now);
    }

    /// What the supervisor as a whole is about.
    pub const fn state(&self) -> SupervisorState {
        self.state
    }

    /// `[supervisord]` as it was at the start.
    pub const fn settings(&self) -> &Supervisord {
        &self.settings
    }

    /// The RPC namespaces that the configuration enables.
    pub fn rpc_interfaces(&self) -> &[String] {
        &self.rpc_interfaces
    }

    /// Writes a line to the main log.
    pub fn log(&mut self, level: Level, text: &str) {
        self.os.log(level, text);
    }

    /// Whether lines of that level are written.
    pub fn logs(&self, level: Level) -> bool {
        self.os.logs(level)
    }

    /// The wall clock's time where the machine stands.
    pub fn local_time(&self, wall: Wall) -> LocalTime {
        self.os.local_time(wall)
    }

    /// Where the main log is, if it is a file.
    pub fn main_log(&self) -> Option<LogPath> {
        self.os.main_log().map(LogPath::named)
    }

    /// The daemon's doors, for what concerns the daemon alone.
    pub fn os(&mut self) -> &mut dyn Os {
        self.os.as_mut()
    }

    /// Does what is due, at most a batch of it; the rest follows at the next wake-up.
    pub fn due(&mut self, now: Now) {
        for _ in 0..BATCH {
            let Some(id) = self.fresh.pop_front() else {
                break;
            };
            self.take_turn(id, now);
        }
        // in each batch: a long row of starts must not keep from being told what has begun
        for _ in 0..BATCH {
            let Some(timer) = self.timers.pop(now.mono) else {
                break;
            };
            match timer {
                Timer::Process(id) => self.drive(id, Input::Due, now),
                Timer::StopReport(id) => self.report_stop(id, now),
                Timer::ShutdownReport => self.report_shutdown(now),
                Timer::ShutdownListeners => self.listeners_had_their_time(),
                Timer::Tick => self.tick(now),
            }
        }
    }

    /// The turn of a new member to start by itself has come, unless that was called off.
    fn take_turn(&mut self, id: ProcessId, now: Now) {
        let waiting = self.members.get(&id).is_some_and(|m| m.awaits_turn);
        if waiting && let Some(member) = self.members.get_mut(id) {
            member.awaits_turn = false;
            self.drive(id, Input::Autostart, now);
        }
    }

    /// Brings the whole to rest after something was done: a shutdown goes on, the next wake-up is set.
    fn after(&mut self, now: Now) {
        self.descend(now);
        self.set_tick(now);
        let retry = self.dispatch(now);
        let start = (!self.fresh.is_empty()).then_some(now.mono);
        let wakes = [start, self.timers.next(), retry];
        self.os.wake_at(wakes.into_iter().flatten().min());
    }

    /// The member that a pid belongs to.
    pub fn member_of(&self, pid: Pid) -> Option<ProcessId> {
        self.by_pid.get(&pid).copied()
    }

    /// The state of a member.
    pub fn state_of(&self, id: ProcessId) -> Option<ProcessState> {
        self.members.get(&id).map(|member| member.process.state)
    }

    /// One member.
    pub fn member(&self, id: ProcessId) -> Option<&Member> {
        self.members.get(&id)
    }

    /// Stays while nothing changes that [`Self::views`] shows, but for the time.
    pub const fn revision(&self) -> Revision {
        self.members.revision()
    }

    /// All members, in no order that means anything.
    pub fn members(&self) -> impl ExactSizeIterator<Item = &Member> {
        self.members.values()
    }
}
