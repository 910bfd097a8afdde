//! The supervisor's state in two halves: what must survive, which is plain data, and what follows from it or from
//! the system.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use crate::base::clock::{Mono, Wall};
use crate::base::level::Level;
use crate::base::pid::Pid;
use crate::base::states::SupervisorState;
use crate::config::{Config, Supervisord};
use crate::events::pool::{Lines, Pool, Serials};
use crate::process::cron::Timetable;
use crate::process::machine::Effect;

use super::answer::Completed;
use super::check_line::{CheckLine, Running};
use super::ends::Endings;
use super::graph::Graph;
use super::helpers::Child;
use super::jobs::Jobs;
use super::member::ProcessId;
use super::ports::{CheckId, Children, Ports};
use super::roster::Roster;
use super::starts::Line;
use super::stops::Held;
use super::timers::Timers;
use super::upkeep::Way;

/// All that a supervisor needs to go on where another one was.
#[derive(Serialize, Deserialize)]
pub(super) struct Durable {
    pub(super) state: SupervisorState,
    /// `[supervisord]` as it was at the start: a reread does not change it (DEC-010).
    pub(super) settings: Supervisord,
    /// The namespaces that are enabled.
    pub(super) rpc_interfaces: Vec<String>,
    pub(super) roster: Roster,
    pub(super) timers: Timers,
    pub(super) jobs: Jobs,
    /// Pending starts whose turn it is to be looked at.
    #[serde(default)]
    pub(super) line: Line,
    /// Who was told to stop and waits for those that depend on it.
    #[serde(default)]
    pub(super) held: Held,
    /// When the daemon ends by itself.
    #[serde(default)]
    pub(super) endings: Endings,
    /// What a restart goes by if the file breaks on the way down.
    pub(super) spare: Option<Config>,
    pub(super) pools: Vec<Pool<ProcessId>>,
    pub(super) serials: Serials,
    /// When ticks were looked at last.
    pub(super) ticked: Wall,
    /// The number of the next question over the network.
    #[serde(default)]
    pub(super) next_check: u64,
    /// Checks whose time has come.
    #[serde(default)]
    pub(super) check_line: CheckLine,
    /// Helper children of processes that are gone, and when they are killed.
    #[serde(default)]
    pub(super) left_helpers: BTreeMap<Pid, Option<Mono>>,
}

/// What a supervisor makes anew.
pub(super) struct Runtime {
    pub(super) ports: Ports,
    /// Lines for the main log, in the order in which things happened.
    pub(super) lines: Lines,
    /// Who depends on whom, until groups change.
    pub(super) graph: OnceCell<Rc<Graph>>,
    pub(super) by_pid: HashMap<Pid, Child>,
    /// Children that were reaped, and whose ends are about to be told.
    pub(super) reaped: HashSet<Pid>,
    /// For whom questions over the network are under way.
    pub(super) by_check: HashMap<CheckId, ProcessId>,
    /// When processes run by themselves; none for an expression that cannot be read any more.
    pub(super) timetables: HashMap<ProcessId, Option<Timetable>>,
    /// How many checks run.
    pub(super) running_checks: Running,
    /// Whether the daemon ends with any of its processes, until groups change.
    pub(super) has_essential: OnceCell<bool>,
    /// For whom files are watched.
    pub(super) watched: HashSet<ProcessId>,
    /// Why the last signal could not be sent.
    pub(super) trouble: Option<String>,
    /// Room for effects, kept so that it need not be made each time.
    pub(super) effects: Vec<Effect>,
    /// Answers for the owner's door to deliver.
    pub(super) completed: Vec<Completed>,
}

impl Durable {
    /// Nobody is there yet; events are numbered from `serials` on.
    pub(super) fn new(config: Config, serials: Serials) -> Self {
        Self {
            state: SupervisorState::Running,
            settings: config.supervisord,
            rpc_interfaces: config.rpc_interfaces,
            roster: Roster::new(config.groups),
            timers: Timers::default(),
            jobs: Jobs::default(),
            line: Line::default(),
            held: Held::default(),
            endings: Endings::default(),
            spare: None,
            pools: Vec::new(),
            serials,
            ticked: Wall::default(),
            next_check: 0,
            check_line: CheckLine::default(),
            left_helpers: BTreeMap::new(),
        }
    }
}

impl Runtime {
    /// What goes with that state.
    pub(super) fn of(durable: &Durable, ports: Ports) -> Self {
        let mut by_pid = HashMap::new();
        let mut by_check = HashMap::new();
        let mut running_checks = Running::default();
        for member in durable.roster.members.values() {
            let main = member.process.pid.map(|pid| (pid, Child::Main(member.id)));
            by_pid.extend(main);
            running_checks.count(member);
            for helper in member.helpers() {
                match helper.way {
                    Way::Child(pid) => drop(by_pid.insert(pid, Child::Helper(member.id))),
                    Way::Question(check) => drop(by_check.insert(check, member.id)),
                }
            }
        }
        by_pid.extend(durable.left_helpers.keys().map(|pid| (*pid, Child::Left)));
        Self {
            ports,
            lines: Lines::new(),
            graph: OnceCell::new(),
            by_pid,
            by_check,
            reaped: HashSet::new(),
            running_checks,
            has_essential: OnceCell::new(),
            watched: HashSet::new(),
            timetables: HashMap::new(),
            trouble: None,
            effects: Vec::new(),
            completed: Vec::new(),
        }
    }

    /// Has a line for the main log. It is written at the end of the visit, or before the outside has a line of its own.
    pub(super) fn log(&mut self, level: Level, text: String) {
        self.lines.push((level, text));
    }

    /// Writes what the main log is to hear.
    pub(super) fn flush(&mut self) {
        for (level, text) in self.lines.drain(..) {
            self.ports.main_log.write(level, &text);
        }
    }

    /// The port of children, for what may write to the main log by itself: what happened before stands before it.
    pub(super) fn children(&mut self) -> &mut dyn Children {
        self.flush();
        self.ports.children.as_mut()
    }
}
