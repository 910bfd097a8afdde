//! From a call to its answer: look-up, number of arguments, the gate, the handler, and waiting where needed.

use crate::api::caller::Caller;
use crate::api::verb::Verb;
use crate::api::visit;
use crate::base::fault::Fault;
use crate::base::level::Level;
use crate::supervisor::Supervisor;
use crate::supervisor::owner::Owner;

use super::args::{Args, WRONG};
use super::methods::{self, Handler, Method, Pending};
use super::multicall::multicall;
use super::pace::Pace;
use super::reply::Reply;
use super::wire::{Call, Value};
use super::{rows, system};

/// Answers one call. Waits as long as the method does, and for turns where it works long; dropping the future
/// undoes nothing (RPC-016).
pub async fn dispatch(
    owner: &Owner,
    caller: &Caller,
    call: Call,
    pace: &impl Pace,
) -> Result<Reply, Fault> {
    let Call { method, args } = call;
    trace(owner, || format!("XML-RPC method called: {method}()"));
    if method == "system.multicall" {
        let result = multicall(owner, caller, args, pace).await;
        trace_result(owner, &method, result.as_ref().err());
        return result;
    }
    let verb = methods::find(&method).map(|method| method.verb);
    let mut since = None;
    if verb.is_some_and(Verb::is_long) {
        pace.turn().await;
        since = Some(owner.look(|_, now| now.mono));
    }
    let pending = begin(owner, caller, &method, &args);
    trace_result(owner, &method, pending.as_ref().err());
    if let Some(since) = since {
        pace.worked(owner.look(|_, now| now.mono.since(since)));
    }
    // who looks after the answer sees the first of an added group started, as with the reference
    if pending.is_ok() && verb == Some(Verb::AddGroup) {
        owner.with(Supervisor::due);
    }
    // they may be large, and the wait long
    drop(args);
    complete(owner, pending?).await
}

/// The line comes when the method has returned, even if its answer has not come yet (RPC-010).
fn trace_result(owner: &Owner, method: &str, fault: Option<&Fault>) {
    trace(owner, || match fault {
        None => format!("XML-RPC method {method}() returned successfully"),
        Some(fault) => {
            let code = fault.code();
            format!("XML-RPC method {method}() returned fault: [{code}] {fault}")
        }
    });
}

fn trace(owner: &Owner, text: impl FnOnce() -> String) {
    owner.log(Level::Trace, text);
}

/// Looks the method up and begins it.
pub(super) fn begin(
    owner: &Owner,
    caller: &Caller,
    name: &str,
    args: &[Value],
) -> Result<Pending, Fault> {
    let supervised = owner.peek(is_supervised);
    match methods::find(name).filter(|_| supervised) {
        Some(method) => run(owner, caller, method, args),
        None => system::call(name, Args(args), supervised).map(Pending::Now),
    }
}

/// The right, the number of arguments, the gate, the handler, in this order (RPC-081, ACC-094).
fn run(owner: &Owner, caller: &Caller, method: &Method, args: &[Value]) -> Result<Pending, Fault> {
    let permit = caller.may(method.verb, method.name)?;
    if !(method.required..=method.params.len()).contains(&args.len()) {
        return Err(WRONG);
    }
    match method.handler {
        Handler::Look(look) => visit::look(owner, permit, |supervisor, now| {
            look(supervisor, Args(args), now)
        }),
        Handler::Act(act) => visit::act(owner, permit, |supervisor, now| {
            act(supervisor, Args(args), now)
        }),
    }
}

pub(super) async fn complete(owner: &Owner, pending: Pending) -> Result<Reply, Fault> {
    match pending {
        Pending::Now(reply) => Ok(reply),
        Pending::Owed(answer) => visit::complete(owner, answer).await.map(rows::outcome),
    }
}

/// `[rpcinterface:supervisor]` is there (RPC-013).
fn is_supervised(supervisor: &Supervisor) -> bool {
    supervisor
        .rpc_interfaces()
        .iter()
        .any(|name| name == "supervisor")
}
