//! What must hold after every step.

use std::cell::Cell;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use supervisor::api::caller::{Caller, Transport};
use supervisor::base::clock::Now;
use supervisor::base::names::namespec;
use supervisor::base::process_info::ProcessInfo;
use supervisor::base::states::{ProcessState, SupervisorState};
use supervisor::process::durable::Stage as During;
use supervisor::process::lifecycle::Kind;
use supervisor::rpc::dispatch;
use supervisor::rpc::pace::Pace;
use supervisor::rpc::reply::Reply;
use supervisor::rpc::wire::{Call, Value, encode_response};
use supervisor::supervisor::Supervisor;
use supervisor::supervisor::answer::{Answer, Ticket};
use supervisor::supervisor::member::Member;
use supervisor::supervisor::owner::Owner;
use supervisor::supervisor::pending::Stage;
use supervisor::supervisor::promise::Promise;

use crate::random::Random;
use crate::world::World;

/// The invariants of the supervisor and its world.
pub(crate) fn check(supervisor: &Supervisor, world: &World, now: Now) {
    if supervisor.state() != SupervisorState::Running {
        world.note_going_down();
    }
    for (pid, id) in world.living() {
        assert_eq!(
            supervisor.member_of(pid),
            Some(id),
            "{pid} is nobody's child"
        );
    }
    for member in supervisor.members() {
        check_member(member, world, now);
        check_pending(supervisor, member, now);
    }
}

/// The list of all processes says the same as each of them alone, although an earlier list may be handed out
/// again.
pub(crate) fn check_list(owner: &Owner) {
    if owner.peek(Supervisor::state) != SupervisorState::Running {
        return;
    }
    let list = call(owner, "supervisor.getAllProcessInfo", &[]);
    let infos = owner.look(|supervisor, now| {
        let infos = supervisor.views(now).map(ProcessInfo::into_owned);
        infos.collect::<Vec<_>>()
    });
    let specs = infos
        .iter()
        .map(|info| Value::String(namespec(&info.group, &info.name)));
    let each = specs.map(|spec| call(owner, "supervisor.getProcessInfo", &[spec]));
    let each = encode_response(Reply::Array(each.collect()));
    assert_eq!(encode_response(list), each, "the list is not of now");
}

/// A client beside whom there is nobody else.
#[derive(Default)]
struct Alone(Cell<usize>);

impl Pace for Alone {
    async fn turn(&self) {}

    fn worked(&self, _: Duration) {}

    fn held(&self) -> &Cell<usize> {
        &self.0
    }
}

/// Calls a method that waits for nothing.
fn call(owner: &Owner, method: &str, args: &[Value]) -> Reply {
    let mut cx = Context::from_waker(Waker::noop());
    let call = Call {
        method: method.to_owned(),
        args: args.to_vec(),
    };
    let caller = Caller::anybody(Transport::Unix);
    match pin!(dispatch(owner, &caller, call, &Alone::default())).poll(&mut cx) {
        Poll::Ready(Ok(reply)) => reply,
        other => panic!("{method} {args:?}: {other:?}"),
    }
}

/// Whoever waits is seen to wait for something (LIF-321): if nothing held it up any more, nobody would wake it.
fn check_pending(supervisor: &Supervisor, member: &Member, now: Now) {
    let Some(pending) = &member.pending else {
        return;
    };
    let shown = format!("{}: {pending:?}", member.namespec());
    let state = member.process.state;
    assert!(
        !matches!(state, ProcessState::Starting | ProcessState::Running),
        "it is up and is to be started: {shown}"
    );
    if pending.stage != Stage::Line && state != ProcessState::Stopping {
        assert_ne!(
            supervisor.detail(member.id, now),
            "",
            "a lost wake-up: {shown}"
        );
    }
}

fn check_member(member: &Member, world: &World, now: Now) {
    let (process, policy) = (&member.process, &member.config.policy);
    let shown = format!("{} at {now:?}: {process:?}", member.namespec());
    let alive = matches!(
        process.state,
        ProcessState::Starting | ProcessState::Running | ProcessState::Stopping
    );
    let past = &process.past;
    let ends = past.exits.expected + past.exits.unexpected + past.exits.requested;
    let lives = ends + u32::from(process.pid.is_some());
    assert_eq!(past.starts, lives, "starts and ends (API-043): {shown}");
    assert!(past.restarts <= past.starts, "restarts: {shown}");
    let unknown = process.state == ProcessState::Unknown;
    let stage = process
        .life
        .as_ref()
        .map_or(During::Plain, |life| life.stage);
    let own = policy.lifecycle.as_deref();
    assert!(
        unknown || process.pid.is_some() == alive || alive && stage == During::PreStart,
        "state and pid: {shown}"
    );
    let waits = matches!(
        process.state,
        ProcessState::Starting | ProcessState::Backoff | ProcessState::Stopping
    );
    // on the way down a retry is not waited for, the process is told to give up
    let retry = process.state == ProcessState::Backoff;
    let in_hook = matches!(stage, During::PreStart | During::PreStop);
    // it may take as long as it likes
    let unbounded = process.state == ProcessState::Starting
        && own.is_some_and(|own| own.startwaitsecs.is_none())
        && own.is_some_and(|own| own.kind == Kind::Oneshot || own.waits_for_readiness());
    assert!(
        !waits || process.wake().is_some() || retry || in_hook || unbounded,
        "it waits for ever: {shown}"
    );
    if let Some(deadline) = process.wake() {
        assert!(
            world.deadline().is_some_and(|wake| wake <= deadline),
            "no wake-up: {shown}"
        );
    }
    match process.state {
        ProcessState::Backoff => {
            let backoff = i64::from(process.backoff);
            let unlimited = own.is_some_and(|own| own.restarts.unlimited);
            assert!(
                backoff > 0 && (unlimited || backoff <= policy.startretries),
                "backoff: {shown}"
            );
            assert!(process.spawnerr.is_some(), "no reason: {shown}");
        }
        ProcessState::Running | ProcessState::Fatal | ProcessState::Exited => {
            assert_eq!(process.backoff, 0, "backoff: {shown}");
        }
        _ => {}
    }
    if process.state == ProcessState::Stopping {
        assert!(process.killing, "stopping for no reason: {shown}");
    }
}

/// Answers that were promised and have not come yet.
#[derive(Default)]
pub(crate) struct Promises(Vec<(Ticket, Promise)>);

impl Promises {
    /// Takes an answer.
    pub(crate) fn add(&mut self, owner: &Owner, answer: &Answer) {
        if let Answer::Later(ticket) = *answer {
            self.0.push((ticket, owner.promise(ticket)));
        }
    }

    /// Takes off what has come.
    pub(crate) fn collect(&mut self) {
        let mut cx = Context::from_waker(Waker::noop());
        self.0
            .retain_mut(|(_, promise)| Pin::new(promise).poll(&mut cx).is_pending());
    }

    /// Another owner gives the answers from now on.
    pub(crate) fn go_over_to(&mut self, owner: &Owner) {
        for (ticket, promise) in &mut self.0 {
            *promise = owner.promise(*ticket);
        }
    }

    /// A client goes away before its answer has come.
    pub(crate) fn leave(&mut self, random: &mut Random) {
        if !self.0.is_empty() {
            drop(self.0.swap_remove(random.place(self.0.len())));
        }
    }

    /// Nothing may be owed in the end.
    pub(crate) fn all_kept(&self) {
        assert_eq!(self.0.len(), 0, "answers are owed for ever");
    }
}
