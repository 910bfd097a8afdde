//! From a call to its answer: look-up, number of arguments, the gate, the handler, and waiting where needed.

use crate::api::visit;
use crate::base::fault::Fault;
use crate::base::level::Level;
use crate::supervisor::Supervisor;
use crate::supervisor::owner::Owner;

use super::args::{Args, WRONG};
use super::method::{self, Handler, Method, Pending};
use super::reply::Reply;
use super::wire::{Call, Value};
use super::{rows, system};

/// Answers one call. Waits as long as the method does; dropping the future undoes nothing (RPC-016).
pub async fn dispatch(owner: &Owner, call: Call) -> Result<Reply, Fault> {
    let Call { method, args } = call;
    trace(owner, || format!("XML-RPC method called: {method}()"));
    if method == "system.multicall" {
        let result = multicall(owner, args).await;
        trace_result(owner, &method, result.as_ref().err());
        return result;
    }
    let pending = begin(owner, &method, &args);
    trace_result(owner, &method, pending.as_ref().err());
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
fn begin(owner: &Owner, name: &str, args: &[Value]) -> Result<Pending, Fault> {
    let supervised = owner.peek(is_supervised);
    match method::find(name).filter(|_| supervised) {
        Some(method) => run(owner, method, args),
        None => system::call(name, Args(args), supervised).map(Pending::Now),
    }
}

/// Number of arguments, the gate, the handler, in this order (RPC-081).
fn run(owner: &Owner, method: &Method, args: &[Value]) -> Result<Pending, Fault> {
    if !(method.required..=method.params.len()).contains(&args.len()) {
        return Err(WRONG);
    }
    match method.handler {
        Handler::Look(look) => visit::look(owner, method.verb, |supervisor, now| {
            look(supervisor, Args(args), now)
        }),
        Handler::Act(act) => visit::act(owner, method.verb, |supervisor, now| {
            act(supervisor, Args(args), now)
        }),
    }
}

async fn complete(owner: &Owner, pending: Pending) -> Result<Reply, Fault> {
    match pending {
        Pending::Now(reply) => Ok(reply),
        Pending::Later(ticket) => owner.promise(ticket).await.map(rows::outcome),
    }
}

/// `[rpcinterface:supervisor]` is there (RPC-013).
fn is_supervised(supervisor: &Supervisor) -> bool {
    supervisor
        .rpc_interfaces()
        .iter()
        .any(|name| name == "supervisor")
}

/// Calls in one `system.multicall` at most: each may answer with many times its own size (DEC-052).
const MAX_CALLS: usize = 25_000;

/// One after another; a failure is a struct among the results (RPC-212 to RPC-217).
async fn multicall(owner: &Owner, args: Vec<Value>) -> Result<Reply, Fault> {
    let Ok([Value::Array(calls)]) = <[Value; 1]>::try_from(args) else {
        return Err(WRONG);
    };
    let all_structs = calls.iter().all(|call| matches!(call, Value::Struct(_)));
    if !all_structs || calls.len() > MAX_CALLS {
        return Err(WRONG);
    }
    let mut results = Vec::with_capacity(calls.len());
    for call in calls {
        let result = match sub_call(call) {
            Ok((method, args)) => match begin(owner, &method, &args) {
                Ok(pending) => complete(owner, pending).await,
                Err(fault) => Err(fault),
            },
            Err(fault) => Err(fault),
        };
        results.push(result.unwrap_or_else(|fault| fault_reply(&fault)));
    }
    Ok(Reply::Array(results))
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

fn fault_reply(fault: &Fault) -> Reply {
    Reply::Struct(vec![
        ("faultCode", fault.code().into()),
        ("faultString", fault.to_string().into()),
    ])
}
