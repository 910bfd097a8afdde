//! The fake: children that live and die by dice, a clock that is moved by hand, calls that fail when told to.

mod port;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use supervisor::base::calendar::LocalTime;
use supervisor::base::clock::{Mono, Now, Wall};
use supervisor::base::errno::Errno;
use supervisor::base::exit::Exit;
use supervisor::base::fault::Fault;
use supervisor::base::level::Level;
use supervisor::base::names::namespec;
use supervisor::base::pid::Pid;
use supervisor::base::signals::Signal;
use supervisor::base::spawn_error::SpawnError;
use supervisor::base::states::ProcessState;
use supervisor::config::{Config, ConfigError, GroupConfig, Refusal};
use supervisor::process::lifecycle::check::Probe;
use supervisor::process::lifecycle::{Kind, Restarts, Whom};
use supervisor::process::notice::Notice;
use supervisor::process::policy::ProcessConfig;
use supervisor::supervisor::member::{Channel, LogPaths, ProcessId};
use supervisor::supervisor::output::Output;
use supervisor::supervisor::ports::{
    Alarm, CheckId, Checks, Children, Configuration, GroupError, HelperLaunch, KillError, Launch,
    LaunchError, Logs, MainLog, Ports, StdinError,
};

use crate::listener::FakeListener;
use crate::random::Random;

use port::Port;

const SECOND: u64 = 1_000_000_000;

thread_local! {
    /// Nanoseconds of the monotonic clock; each test thread has its own.
    static MONO: Cell<u64> = const { Cell::new(0) };
    /// How far the wall clock is from the monotonic one, in nanoseconds.
    static SHIFT: Cell<i64> = const { Cell::new(0) };
}

/// What the owner reads.
pub(crate) fn clock() -> Now {
    let mono = MONO.get();
    Now {
        mono: Mono(mono),
        wall: Wall(i64::try_from(mono).expect("short") + SHIFT.get()),
    }
}

/// Everything outside the supervisor; a handle.
#[derive(Clone)]
pub(crate) struct World(Rc<RefCell<State>>);

struct State {
    next_pid: i32,
    children: BTreeMap<Pid, Child>,
    /// Children that are nobody's own: hooks, commands, checks.
    helpers: BTreeMap<Pid, ProcessId>,
    /// Those that were killed: nobody waits for them in the end.
    killed_helpers: BTreeSet<Pid>,
    /// Questions over the network that nobody has answered yet.
    questions: BTreeSet<CheckId>,
    ended: Vec<(Pid, Exit)>,
    /// Children that are or were lost.
    lost: BTreeSet<Pid>,
    lines: Vec<String>,
    config: Option<Config>,
    deadline: Option<Mono>,
    finished: bool,
    going_down: bool,
    /// How often somebody asked for the end; at the third time there is no order any more (DEC-041).
    exit_signals: u32,
    /// How many configurations there were: parts of two may depend on each other in a circle.
    configs: u32,
    /// When each process was started last, or was tried to.
    starts: BTreeMap<ProcessId, Mono>,
    /// A client asks for a start at the moment.
    by_hand: bool,
    /// Whose start was asked for by a client, and has not come yet.
    asked: BTreeSet<ProcessId>,
    /// Who is to start because something depends on it, as namespecs.
    pulled: BTreeSet<String>,
    /// Who was told to stop and not to start since.
    held: BTreeSet<ProcessId>,
    troubles: Troubles,
    /// The dice of what the system does by itself.
    dice: Random,
}

#[expect(clippy::struct_excessive_bools, reason = "each is so by itself")]
struct Child {
    id: ProcessId,
    /// Its group and what it was made of.
    group: Rc<str>,
    config: Rc<ProcessConfig>,
    /// Ends on SIGTERM.
    obeys: bool,
    /// Its process group is empty: it has joined another one.
    left_group: bool,
    /// A signal to it could not be sent: then its process is UNKNOWN, and nobody waits for it (DMN-034).
    lost: bool,
    /// It speaks the event listener protocol.
    listener: Option<FakeListener>,
    /// It says how it is.
    notifies: bool,
    /// A line of it is looked for.
    has_ready_line: bool,
}

/// What fails at the moment.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each fails by itself")]
struct Troubles {
    spawn: bool,
    command: bool,
    kill: bool,
    config: bool,
    stubborn: bool,
    leaving: bool,
    auto_log: bool,
    clear: bool,
    stdin: Option<StdinError>,
    /// So many starts fail, then they work again.
    burst: u64,
}

impl World {
    pub(crate) fn new() -> Self {
        MONO.set(1000 * SECOND);
        SHIFT.set(0);
        Self(Rc::new(RefCell::new(State {
            next_pid: 100,
            children: BTreeMap::new(),
            helpers: BTreeMap::new(),
            killed_helpers: BTreeSet::new(),
            questions: BTreeSet::new(),
            ended: Vec::new(),
            lost: BTreeSet::new(),
            lines: Vec::new(),
            config: None,
            deadline: None,
            finished: false,
            going_down: false,
            exit_signals: 0,
            configs: 0,
            starts: BTreeMap::new(),
            by_hand: false,
            asked: BTreeSet::new(),
            pulled: BTreeSet::new(),
            held: BTreeSet::new(),
            troubles: Troubles::default(),
            dice: Random::new(0),
        })))
    }

    /// What the system does by itself in the next step follows from `seed`.
    pub(crate) fn deal(&self, seed: u64) {
        self.0.borrow_mut().dice = Random::new(seed);
    }

    /// The wall clock is set, forward or back, by up to two days; the monotonic one goes on.
    pub(crate) fn set_wall_clock(random: &mut Random) {
        let span = i64::try_from(random.below(2 * 24 * 3600 * SECOND)).expect("short");
        let shift = if random.chance(2) { span } else { -span / 1000 };
        SHIFT.set(SHIFT.get() + shift);
    }

    /// What some child says.
    pub(crate) fn some_child_speaks(&self, random: &mut Random) -> Option<(ProcessId, Output)> {
        let state = &mut *self.0.borrow_mut();
        let at = random.place(state.children.len().max(1));
        let child = state.children.values_mut().nth(at)?;
        Some((child.id, child.speak(random)))
    }

    /// The same world as the supervisor sees it.
    pub(crate) fn ports(&self) -> Ports {
        let port = || Port(self.0.clone());
        Ports {
            children: Box::new(port()),
            logs: Box::new(port()),
            main_log: Box::new(port()),
            configuration: Box::new(port()),
            checks: Box::new(port()),
            watches: Box::new(supervisor::supervisor::ports::Nothing),
            alarm: Box::new(port()),
            local_time: |_| LocalTime::default(),
            luck: || 0.5,
        }
    }

    pub(crate) fn set_config(&self, config: Config) {
        let state = &mut *self.0.borrow_mut();
        state.config = Some(config);
        state.configs += 1;
    }

    /// Somebody asks for the end.
    pub(crate) fn note_exit_signal(&self) {
        self.0.borrow_mut().exit_signals += 1;
    }

    pub(crate) fn set_troubles(&self, random: &mut Random) {
        self.0.borrow_mut().troubles = Troubles {
            spawn: random.chance(4),
            command: random.chance(6),
            kill: random.chance(8),
            config: random.chance(4),
            stubborn: random.chance(3),
            leaving: random.chance(3),
            auto_log: random.chance(4),
            clear: random.chance(4),
            stdin: match random.below(6) {
                0 => Some(StdinError::Closed),
                1 => Some(StdinError::Full),
                2 => Some(StdinError::Crowded),
                _ => None,
            },
            burst: if random.chance(3) {
                random.below(12)
            } else {
                0
            },
        };
    }

    pub(crate) fn be_healthy(&self) {
        self.0.borrow_mut().troubles = Troubles::default();
    }

    pub(crate) fn end_some_child(&self, random: &mut Random) {
        let state = &mut *self.0.borrow_mut();
        let pids: Vec<_> = state.children.keys().copied().collect();
        if pids.is_empty() {
            return;
        }
        let at = random.place(pids.len());
        let raw = [0, 0x100, 9, 15, 0x8b];
        let which = random.place(raw.len());
        state.end(pids[at], Exit::from_wait_status(raw[which]));
    }

    /// A hook, a command or a check ends, well or badly. Some hang until they are killed.
    pub(crate) fn end_some_helper(&self, random: &mut Random) {
        let state = &mut *self.0.borrow_mut();
        let pids: Vec<_> = state.helpers.keys().copied().collect();
        if !pids.is_empty() {
            let at = random.place(pids.len());
            let raw = [0, 0, 0x100, 9];
            let which = random.place(raw.len());
            state.end(pids[at], Exit::from_wait_status(raw[which]));
        }
    }

    /// A question over the network comes to an answer.
    pub(crate) fn answer_some_question(
        &self,
        random: &mut Random,
    ) -> Option<(CheckId, Result<(), String>)> {
        let state = &mut *self.0.borrow_mut();
        let at = random.place(state.questions.len().max(1));
        let check = *state.questions.iter().nth(at)?;
        state.questions.remove(&check);
        let result = match random.below(2) {
            0 => Ok(()),
            _ => Err("connection refused".to_owned()),
        };
        Some((check, result))
    }

    /// Whether something has happened, or is about to, that the supervisor has yet to hear of.
    pub(crate) fn has_news(&self) -> bool {
        let state = self.0.borrow();
        !state.questions.is_empty() || !state.ended.is_empty()
    }

    pub(crate) fn take_ended(&self) -> Vec<(Pid, Exit)> {
        std::mem::take(&mut self.0.borrow_mut().ended)
    }

    pub(crate) fn advance(&self, random: &mut Random) {
        if random.chance(2) {
            self.advance_to_deadline();
        } else {
            MONO.set(MONO.get() + random.below(3 * SECOND));
        }
    }

    /// False if nothing is due, ever.
    pub(crate) fn advance_to_deadline(&self) -> bool {
        let deadline = self.0.borrow().deadline;
        if let Some(Mono(at)) = deadline {
            MONO.set(MONO.get().max(at));
        }
        deadline.is_some()
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.0.borrow().finished
    }

    /// Children that are not lost, and live or ended without having been reaped.
    pub(crate) fn children(&self) -> usize {
        let state = self.0.borrow();
        let living = state.children.values().filter(|child| !child.lost);
        let ended = state
            .ended
            .iter()
            .filter(|(pid, _)| !state.lost.contains(pid) && !state.killed_helpers.contains(pid));
        living.count() + ended.count()
    }

    /// Living children that are not lost, and whose they are.
    pub(crate) fn living(&self) -> Vec<(Pid, ProcessId)> {
        let state = self.0.borrow();
        let kept = state.children.iter().filter(|(_, child)| !child.lost);
        kept.map(|(pid, child)| (*pid, child.id)).collect()
    }

    pub(crate) fn deadline(&self) -> Option<Mono> {
        self.0.borrow().deadline
    }

    /// From now on a spawn is a breach.
    pub(crate) fn note_going_down(&self) {
        self.0.borrow_mut().going_down = true;
    }

    /// What `ask` starts is started by hand, and those that it asks for may start again by themselves.
    pub(crate) fn by_hand<T>(&self, ids: &[ProcessId], ask: impl FnOnce() -> T) -> T {
        let mut state = self.0.borrow_mut();
        state.by_hand = true;
        for id in ids {
            state.held.remove(id);
            state.asked.insert(*id);
        }
        drop(state);
        let answer = ask();
        self.0.borrow_mut().by_hand = false;
        answer
    }

    /// These were told to stop: a start that nobody asks for is a breach from now on.
    pub(crate) fn hold(&self, ids: &[ProcessId]) {
        let state = &mut *self.0.borrow_mut();
        state.held.extend(ids);
        state.asked.retain(|id| !ids.contains(id));
    }

    /// Whatever is written to a child that is not reaped arrives; where it does not, each visit tries again.
    pub(crate) fn takes_stdin(&self) -> bool {
        let state = self.0.borrow();
        state.troubles.stdin.is_none() && state.ended.is_empty()
    }

    /// Nobody wakes anybody before the next visit sets a time.
    pub(crate) fn forget_deadline(&self) {
        self.0.borrow_mut().deadline = None;
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.borrow().lines.clone()
    }
}

impl Child {
    /// Whether it depends on that other one directly.
    fn depends_on(&self, other: &Self) -> bool {
        let lifecycle = self.config.policy.lifecycle.as_ref();
        let items = lifecycle.map_or(&[][..], |lifecycle| &lifecycle.depends_on);
        items.iter().any(|item| match &item.whom {
            Whom::Program(name) => **name == *other.config.program,
            Whom::Group(name) => **name == *other.group,
            Whom::Process { group, name } => **group == *other.group && *name == other.config.name,
        })
    }

    fn speak(&mut self, random: &mut Random) -> Output {
        let channel = if random.chance(2) {
            Channel::Stdout
        } else {
            Channel::Stderr
        };
        match &mut self.listener {
            Some(listener) if channel == Channel::Stdout => {
                Output::Protocol(listener.speak(random))
            }
            _ if random.chance(3) => Output::Communication(channel, b"told".to_vec()),
            _ if self.notifies && random.chance(2) => said_of_itself(random),
            _ if self.has_ready_line => Output::ReadyLine,
            _ => Output::Log(channel, b"said\n".to_vec()),
        }
    }
}

/// What a process says of itself, whether that has a sense or not.
fn said_of_itself(random: &mut Random) -> Output {
    let notices = [
        Notice::Ready,
        Notice::Ready,
        Notice::Status("at work".to_owned()),
        Notice::Reloading,
        Notice::Stopping,
        Notice::Errno(13),
        Notice::Extend(Duration::from_secs(3)),
        Notice::WatchdogEvery(Some(Duration::from_secs(2))),
        Notice::WatchdogEvery(None),
        Notice::Alive,
        Notice::Trigger,
        Notice::MainPid(1),
    ];
    Output::Notice(notices[random.place(notices.len())].clone())
}

impl State {
    /// On the way down nobody is told to end while something lives that depends on it (LIF-080).
    fn check_order(&self, told: &Child) {
        let in_order = (1..3).contains(&self.exit_signals) && self.configs == 1;
        let first = |child: &&Child| !child.lost && child.id != told.id && child.depends_on(told);
        if let Some(child) = self.children.values().find(first).filter(|_| in_order) {
            panic!(
                "{:?} is told to end before {:?}, which depends on it",
                told.id, child.id
            );
        }
    }

    fn end(&mut self, pid: Pid, exit: Exit) {
        let child = self.children.remove(&pid).is_some();
        if child || self.helpers.remove(&pid).is_some() {
            self.ended.push((pid, exit));
        }
    }
}
