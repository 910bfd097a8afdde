//! From a call to its answer: look-up, number of arguments, the gate, the handler, and waiting where needed.

use crate::base::fault::Fault;
use crate::base::level::Level;
use crate::base::states::SupervisorState;
use crate::supervisor::Supervisor;
use crate::supervisor::owner::Owner;

use super::args::{Args, WRONG};
use super::method::{self, Method, Pending};
use super::reply::Reply;
use super::wire::{Call, Value};
use super::{rows, system};

/// Answers one call. Waits as long as the method does; dropping the future undoes nothing (RPC-016).
pub async fn dispatch(owner: &Owner, call: Call) -> Result<Reply, Fault> {
    let Call { method, args } = call;
    let traces = owner.with(|supervisor, _| {
        let traces = supervisor.os().logs(Level::Trace);
        if traces {
            supervisor.log(Level::Trace, &format!("XML-RPC method called: {method}()"));
        }
        traces
    });
    let result = if method == "system.multicall" {
        multicall(owner, args).await
    } else {
        call_one(owner, &method, &args).await
    };
    if traces {
        let how = match &result {
            Ok(_) => "successfully".to_owned(),
            Err(fault) => format!("fault: [{}] {fault}", fault.code()),
        };
        let text = format!("XML-RPC method {method}() returned {how}");
        owner.with(|supervisor, _| supervisor.log(Level::Trace, &text));
    }
    result
}

async fn call_one(owner: &Owner, name: &str, args: &[Value]) -> Result<Reply, Fault> {
    let supervised = owner.with(|supervisor, _| is_supervised(supervisor));
    match method::find(name).filter(|_| supervised) {
        Some(method) => run(owner, method, args).await,
        None => system::call(name, Args(args), supervised),
    }
}

/// Runs a method of the `supervisor` namespace for the web page, which works without
/// `[rpcinterface:supervisor]` and leaves no line about a call.
pub async fn perform(owner: &Owner, name: &str, args: &[Value]) -> Result<Reply, Fault> {
    let method = method::find(name).ok_or(Fault::UnknownMethod)?;
    run(owner, method, args).await
}

async fn run(owner: &Owner, method: &Method, args: &[Value]) -> Result<Reply, Fault> {
    if !(method.required..=method.params.len()).contains(&args.len()) {
        return Err(WRONG);
    }
    let pending = owner.with(|supervisor, now| {
        if supervisor.state() != SupervisorState::Running && !method.always {
            return Err(Fault::ShutdownState);
        }
        (method.handler)(supervisor, Args(args), now)
    })?;
    match pending {
        Pending::Now(reply) => Ok(reply),
        Pending::Later(receiver) => {
            // the sender goes away only when the supervisor does
            let outcome = receiver.await.map_err(|_| Fault::ShutdownState)?;
            outcome.map(rows::outcome)
        }
    }
}

/// `[rpcinterface:supervisor]` is there (RPC-013).
fn is_supervised(supervisor: &Supervisor) -> bool {
    supervisor
        .rpc_interfaces()
        .iter()
        .any(|name| name == "supervisor")
}

/// One after another; a failure is a struct among the results (RPC-212 to RPC-217).
async fn multicall(owner: &Owner, args: Vec<Value>) -> Result<Reply, Fault> {
    let Ok([Value::Array(calls)]) = <[Value; 1]>::try_from(args) else {
        return Err(WRONG);
    };
    let mut results = Vec::with_capacity(calls.len());
    for call in calls {
        let result = match sub_call(call) {
            Ok((method, args)) => call_one(owner, &method, &args).await,
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
