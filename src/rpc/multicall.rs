//! `system.multicall`: several calls one after another, in turns with everybody else, and within a sum.

use std::cell::Cell;

use crate::api::caller::Caller;
use crate::base::clock::Mono;
use crate::base::fault::Fault;
use crate::supervisor::answer::Answer;
use crate::supervisor::owner::Owner;

use super::args::WRONG;
use super::dispatch::{begin, complete};
use super::methods::Pending;
use super::pace::{Pace, TURN};
use super::reply::Reply;
use super::share::Share;
use super::wire::{MAX_ANSWER, TooLarge, Value, Writer};

/// Calls at most: each may answer with many times its own size (DEC-052).
const MAX_CALLS: usize = 25_000;

/// Room for the result of a call that was not made, in bytes.
const FAULT_ROOM: usize = 512;

/// A call is only made while there is so much room for its result, in bytes: what changes something is not to be
/// done and then called a fault.
const LEAST_ROOM: usize = 64 * 1024;

/// One after another; a failure is a struct among the results (RPC-212 to RPC-217). Others are served between any
/// two of them. When the results are larger than an answer may be, the rest is not called any more, and its results
/// say so (DEC-084).
pub(super) async fn multicall(
    owner: &Owner,
    caller: &Caller,
    args: Vec<Value>,
    pace: &impl Pace,
) -> Result<Reply, Fault> {
    let weight = args.iter().map(Value::weight).sum();
    let Ok([Value::Array(calls)]) = <[Value; 1]>::try_from(args) else {
        return Err(WRONG);
    };
    let all_structs = calls.iter().all(|call| matches!(call, Value::Struct(_)));
    if !all_structs || calls.len() > MAX_CALLS {
        return Err(WRONG);
    }
    let mut results = Results::new(calls.len(), weight, pace.held())?;
    let mut turn = Turn::new(owner, pace);
    for call in calls {
        turn.begin().await;
        if !results.have_room() {
            results.push(Err(TooLarge.into()));
            continue;
        }
        let pending =
            sub_call(call).and_then(|(method, args)| begin(owner, caller, &method, &args));
        let result = match pending {
            Ok(pending) => {
                if matches!(pending, Pending::Owed(Answer::Later(_))) {
                    turn.end();
                }
                complete(owner, pending).await
            }
            Err(fault) => Err(fault),
        };
        results.push(result);
    }
    turn.end();
    results.finish()
}

fn sub_call(call: Value) -> Result<(String, Vec<Value>), Fault> {
    let Value::Struct(mut members) = call else {
        return Err(WRONG);
    };
    let refuse = |why: &str| Fault::IncorrectParameters(Some(why.to_owned()));
    let Some(Value::String(method)) = members.remove("methodName") else {
        return Err(refuse("No methodName"));
    };
    if method == "system.multicall" {
        return Err(refuse("Recursive system.multicall forbidden"));
    }
    match members.remove("params") {
        None => Ok((method, Vec::new())),
        Some(Value::Array(args)) => Ok((method, args)),
        Some(_) => Err(WRONG),
    }
}

/// The turns of a multicall.
struct Turn<'a, P> {
    owner: &'a Owner,
    pace: &'a P,
    /// Since when it has had this turn.
    since: Option<Mono>,
}

impl<'a, P: Pace> Turn<'a, P> {
    const fn new(owner: &'a Owner, pace: &'a P) -> Self {
        Self {
            owner,
            pace,
            since: None,
        }
    }

    /// Before a call: goes on with this turn, or waits for another one.
    async fn begin(&mut self) {
        let now = || self.owner.look(|_, now| now.mono);
        if self.since.is_some_and(|since| now().since(since) >= TURN) {
            self.end();
        }
        if self.since.is_none() {
            self.pace.turn().await;
            self.since = Some(now());
        }
    }

    fn end(&mut self) {
        if let Some(since) = self.since.take() {
            let time = self.owner.look(|_, now| now.mono.since(since));
            self.pace.worked(time);
        }
    }
}

/// The results so far.
struct Results<'a> {
    writer: Writer,
    /// How many are to come.
    left: usize,
    /// What is held beside the results.
    weight: usize,
    share: Share<'a>,
    /// One did not fit, and so none does any more.
    closed: bool,
}

impl<'a> Results<'a> {
    fn new(left: usize, weight: usize, held: &'a Cell<usize>) -> Result<Self, Fault> {
        let mut share = Share::new(held);
        if !share.hold(weight) {
            let text = "too many large calls at a time";
            return Err(Fault::Failed(Some(text.to_owned())));
        }
        let mut writer = Writer::with_room(0);
        writer.begin_array();
        Ok(Self {
            writer,
            left,
            weight,
            share,
            closed: false,
        })
    }

    /// Whether another call may be made.
    fn have_room(&self) -> bool {
        !self.closed && self.writer.size() + LEAST_ROOM <= self.most()
    }

    /// Bytes of results by which the faults for the rest still fit.
    const fn most(&self) -> usize {
        MAX_ANSWER.saturating_sub((self.left + 1) * FAULT_ROOM)
    }

    fn push(&mut self, result: Result<Reply, Fault>) {
        self.left = self.left.saturating_sub(1);
        let reply = result.unwrap_or_else(|fault| fault_reply(&fault));
        let most = self.most();
        let fits = self.writer.try_value(&reply, most)
            && self.share.hold(self.weight + self.writer.size());
        if !fits {
            self.closed = true;
            self.writer
                .try_value(&fault_reply(&TooLarge.into()), MAX_ANSWER);
        }
    }

    fn finish(mut self) -> Result<Reply, Fault> {
        self.writer.end_array();
        Ok(Reply::Encoded(self.writer.finish()?))
    }
}

fn fault_reply(fault: &Fault) -> Reply {
    Reply::Struct(vec![
        ("faultCode", fault.code().into()),
        ("faultString", fault.to_string().into()),
    ])
}
