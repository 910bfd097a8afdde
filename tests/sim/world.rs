//! The fake: children that live and die by dice, a clock that is moved by hand, calls that fail when told to.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use supervisor::base::calendar::LocalTime;
use supervisor::base::clock::{Mono, Now, Wall};
use supervisor::base::exit::Exit;
use supervisor::base::fault::Fault;
use supervisor::base::level::Level;
use supervisor::base::pid::Pid;
use supervisor::base::signals::Signal;
use supervisor::base::states::ProcessState;
use supervisor::config::{Config, ConfigError, GroupConfig, Refusal};
use supervisor::process::policy::ProcessConfig;
use supervisor::supervisor::member::{Channel, LogPaths, ProcessId};
use supervisor::supervisor::os::{GroupError, KillError, Launch, Os, StdinError};
use supervisor::supervisor::output::Output;

use crate::listener::FakeListener;
use crate::random::Random;

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
    ended: Vec<(Pid, Exit)>,
    /// Children that are or were lost.
    lost: BTreeSet<Pid>,
    lines: Vec<String>,
    config: Option<Config>,
    deadline: Option<Mono>,
    finished: bool,
    going_down: bool,
    /// When each process was started last, or was tried to.
    starts: BTreeMap<ProcessId, Mono>,
    /// A client asks for a start at the moment.
    by_hand: bool,
    /// Who was told to stop and not to start since.
    held: BTreeSet<ProcessId>,
    troubles: Troubles,
    /// The dice of what the system does by itself.
    dice: Random,
}

struct Child {
    id: ProcessId,
    /// Ends on SIGTERM.
    obeys: bool,
    /// Its process group is empty: it has joined another one.
    left_group: bool,
    /// A signal to it could not be sent: then its process is UNKNOWN, and nobody waits for it (DMN-034).
    lost: bool,
    /// It speaks the event listener protocol.
    listener: Option<FakeListener>,
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
            ended: Vec::new(),
            lost: BTreeSet::new(),
            lines: Vec::new(),
            config: None,
            deadline: None,
            finished: false,
            going_down: false,
            starts: BTreeMap::new(),
            by_hand: false,
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
    pub(crate) fn os(&self) -> FakeOs {
        FakeOs(self.0.clone())
    }

    pub(crate) fn set_config(&self, config: Config) {
        self.0.borrow_mut().config = Some(config);
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
            .filter(|(pid, _)| !state.lost.contains(pid));
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
        }
        drop(state);
        let answer = ask();
        self.0.borrow_mut().by_hand = false;
        answer
    }

    /// These were told to stop: a start that nobody asks for is a breach from now on.
    pub(crate) fn hold(&self, ids: &[ProcessId]) {
        self.0.borrow_mut().held.extend(ids);
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
            _ => Output::Log(channel, b"said\n".to_vec()),
        }
    }
}

impl State {
    fn end(&mut self, pid: Pid, exit: Exit) {
        if self.children.remove(&pid).is_some() {
            self.ended.push((pid, exit));
        }
    }
}

/// The door that the supervisor uses.
pub(crate) struct FakeOs(Rc<RefCell<State>>);

impl Os for FakeOs {
    fn log(&mut self, level: Level, text: &str) {
        self.0
            .borrow_mut()
            .lines
            .push(format!("{} {} {text}", MONO.get(), level.code()));
    }

    fn logs(&self, _: Level) -> bool {
        true
    }

    fn local_time(&self, _: Wall) -> LocalTime {
        LocalTime::default()
    }

    fn check_group(&mut self, _: &GroupConfig) -> Result<(), GroupError> {
        Ok(())
    }

    fn check_command(&self, _: &ProcessConfig) -> Result<(), Fault> {
        if self.0.borrow().troubles.command {
            return Err(Fault::NotExecutable("broken".to_owned()));
        }
        Ok(())
    }

    fn spawn(&mut self, launch: &Launch) -> Result<Pid, String> {
        let state = &mut *self.0.borrow_mut();
        assert!(
            !state.going_down,
            "{} was spawned on the way down",
            launch.config.name
        );
        assert!(
            state.children.values().all(|child| child.id != launch.id),
            "{} has two children",
            launch.config.name
        );
        let now = Mono(MONO.get());
        let before = state.starts.insert(launch.id, now);
        if !state.by_hand {
            assert!(
                !state.held.contains(&launch.id),
                "{} was spawned after it was told to stop",
                launch.config.name
            );
            // DEC-021a
            assert!(
                before.is_none_or(|before| now.since(before) >= Duration::from_secs(1)),
                "{} was spawned again too soon",
                launch.config.name
            );
        }
        let burst = state.troubles.burst > 0;
        state.troubles.burst = state.troubles.burst.saturating_sub(1);
        if state.troubles.spawn || burst {
            return Err("no more processes".to_owned());
        }
        state.next_pid += 1;
        let pid = Pid::new(state.next_pid).expect("positive");
        let child = Child {
            id: launch.id,
            obeys: !state.troubles.stubborn,
            lost: false,
            left_group: state.troubles.leaving,
            listener: launch.listener.then(FakeListener::default),
        };
        state.children.insert(pid, child);
        Ok(pid)
    }

    fn kill(&mut self, pid: Pid, signal: Signal, group: bool) -> Result<(), KillError> {
        let state = &mut *self.0.borrow_mut();
        if state.troubles.kill {
            if let Some(child) = state.children.get_mut(&pid) {
                child.lost = true;
                state.lost.insert(pid);
            }
            return Err(KillError::Other("broken".to_owned()));
        }
        let Some(child) = state.children.get(&pid) else {
            // a zombie takes signals, a stranger would not be asked
            let zombie = state.ended.iter().any(|(ended, _)| *ended == pid);
            assert!(zombie, "a signal for {pid}, which was reaped");
            return Ok(());
        };
        if group && child.left_group {
            return Err(KillError::Gone);
        }
        if signal == Signal::KILL || child.obeys {
            state.end(pid, Exit::from_wait_status(signal.number()));
        }
        Ok(())
    }

    fn drain(&mut self, id: ProcessId, _: ProcessState) -> Vec<Output> {
        let state = &mut *self.0.borrow_mut();
        let count = state.dice.below(3);
        // its last words; one that speaks the protocol may well begin a word that nobody ends
        let said = |dice: &mut Random| match dice.below(4) {
            0 => Output::Protocol(b"READY\nRESU".to_vec()),
            1 => Output::Communication(Channel::Stderr, b"told".to_vec()),
            _ => Output::Log(Channel::Stderr, format!("{id:?}").into_bytes()),
        };
        (0..count).map(|_| said(&mut state.dice)).collect()
    }

    fn release(&mut self, _: ProcessId) {}

    fn write_stdin(&mut self, id: ProcessId, bytes: &[u8]) -> Result<(), StdinError> {
        let state = &mut *self.0.borrow_mut();
        if let Some(error) = state.troubles.stdin {
            return Err(error);
        }
        let child = state.children.values_mut().find(|child| child.id == id);
        let child = child.ok_or(StdinError::Closed)?;
        if let Some(listener) = &mut child.listener {
            listener.hear(bytes);
        }
        Ok(())
    }

    fn create_auto_log(&mut self, process: &str, channel: Channel) -> io::Result<PathBuf> {
        if self.0.borrow().troubles.auto_log {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(PathBuf::from(format!("/{process}-{}", channel.name())))
    }

    fn clear_logs(&mut self, _: ProcessId, _: &LogPaths) -> io::Result<()> {
        if self.0.borrow().troubles.clear {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        Ok(())
    }

    fn reopen_logs(&mut self) {}

    fn clear_main_log(&mut self) -> Result<(), Fault> {
        Ok(())
    }

    fn main_log(&self) -> Option<PathBuf> {
        None
    }

    fn read_config(&mut self) -> Result<Config, Refusal> {
        let state = self.0.borrow();
        let config = state.config.clone().filter(|_| !state.troubles.config);
        config.ok_or_else(|| Refusal {
            error: Box::new(ConfigError::Unreadable("s.conf".to_owned())),
            notices: Vec::new(),
        })
    }

    fn wake_at(&mut self, deadline: Option<Mono>) {
        self.0.borrow_mut().deadline = deadline;
    }

    fn finished(&mut self) {
        let state = &mut *self.0.borrow_mut();
        assert!(!state.finished, "finished twice");
        state.finished = true;
    }
}
