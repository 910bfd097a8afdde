//! What must hold after every step.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use supervisor::base::clock::Now;
use supervisor::base::fault::Fault;
use supervisor::base::names::namespec;
use supervisor::base::states::{ProcessState, SupervisorState};
use supervisor::rpc::perform;
use supervisor::rpc::reply::Reply;
use supervisor::rpc::wire::{Value, encode_response};
use supervisor::supervisor::Supervisor;
use supervisor::supervisor::answer::{Answer, Outcome};
use supervisor::supervisor::member::Member;
use supervisor::supervisor::owner::Owner;
use tokio::sync::oneshot::Receiver;
use tokio::sync::oneshot::error::TryRecvError;

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
    }
}

/// The list of all processes says the same as each of them alone, although an earlier list may be handed out
/// again.
pub(crate) fn check_list(owner: &Owner) {
    if owner.peek(Supervisor::state) != SupervisorState::Running {
        return;
    }
    let list = call(owner, "supervisor.getAllProcessInfo", &[]);
    let infos = owner.look(|supervisor, now| supervisor.all_info(now.wall));
    let specs = infos
        .iter()
        .map(|info| Value::String(namespec(&info.group, &info.name)));
    let each = specs.map(|spec| call(owner, "supervisor.getProcessInfo", &[spec]));
    let each = encode_response(Reply::Array(each.collect()));
    assert_eq!(encode_response(list), each, "the list is not of now");
}

/// Calls a method that waits for nothing.
fn call(owner: &Owner, method: &str, args: &[Value]) -> Reply {
    let mut cx = Context::from_waker(Waker::noop());
    match pin!(perform(owner, method, args)).poll(&mut cx) {
        Poll::Ready(Ok(reply)) => reply,
        other => panic!("{method} {args:?}: {other:?}"),
    }
}

fn check_member(member: &Member, world: &World, now: Now) {
    let (process, policy) = (&member.process, &member.config.policy);
    let shown = format!("{} at {now:?}: {process:?}", member.namespec());
    let alive = matches!(
        process.state,
        ProcessState::Starting | ProcessState::Running | ProcessState::Stopping
    );
    let unknown = process.state == ProcessState::Unknown;
    assert!(
        unknown || process.pid.is_some() == alive,
        "state and pid: {shown}"
    );
    let waits = matches!(
        process.state,
        ProcessState::Starting | ProcessState::Backoff | ProcessState::Stopping
    );
    // on the way down a retry is not waited for, the process is told to give up
    let retry = process.state == ProcessState::Backoff;
    assert!(
        !waits || process.deadline.is_some() || retry,
        "it waits for ever: {shown}"
    );
    if let Some(deadline) = process.deadline {
        assert!(
            world.deadline().is_some_and(|wake| wake <= deadline),
            "no wake-up: {shown}"
        );
    }
    match process.state {
        ProcessState::Backoff => {
            let backoff = i64::from(process.backoff);
            assert!(
                (1..=policy.startretries).contains(&backoff),
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
pub(crate) struct Promises(Vec<Receiver<Result<Outcome, Fault>>>);

impl Promises {
    /// Takes an answer.
    pub(crate) fn add(&mut self, answer: Answer) {
        if let Answer::Later(receiver) = answer {
            self.0.push(receiver);
        }
    }

    /// Takes off what has come. A promise that was dropped is a breach.
    pub(crate) fn collect(&mut self) {
        self.0.retain_mut(|receiver| match receiver.try_recv() {
            Ok(_) => false,
            Err(TryRecvError::Empty) => true,
            Err(TryRecvError::Closed) => panic!("an answer will never come"),
        });
    }

    /// Nothing may be owed in the end.
    pub(crate) fn all_kept(&self) {
        assert_eq!(self.0.len(), 0, "answers are owed for ever");
    }
}
