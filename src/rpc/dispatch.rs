//! From a call to its answer: look-up, number of arguments, the gate, the handler, and waiting where needed.

use crate::base::fault::Fault;
use crate::base::level::Level;
use crate::base::states::SupervisorState;
use crate::supervisor::Supervisor;
use crate::supervisor::owner::Owner;

use super::args::{Args, WRONG};
use super::method::{self, Pending};
use super::reply::Reply;
use super::wire::{Call, Value};
use super::{rows, system};

/// Answers one call. Waits as long as the method does; dropping the future undoes nothing (RPC-016).
pub async fn dispatch(owner: &Owner, call: Call) -> Result<Reply, Fault> {
    let Call { method, args } = call;
    trace(owner, format_args!("XML-RPC method called: {method}()"));
    let result = if method == "system.multicall" {
        multicall(owner, args).await
    } else {
        call_one(owner, &method, &args).await
    };
    match &result {
        Ok(_) => trace(
            owner,
            format_args!("XML-RPC method {method}() returned successfully"),
        ),
        Err(fault) => {
            let code = fault.code();
            trace(
                owner,
                format_args!("XML-RPC method {method}() returned fault: [{code}] {fault}"),
            );
        }
    }
    result
}

fn trace(owner: &Owner, text: std::fmt::Arguments<'_>) {
    owner.with(|supervisor, _| {
        if supervisor.os().logs(Level::Trace) {
            supervisor.log(Level::Trace, &text.to_string());
        }
    });
}

async fn call_one(owner: &Owner, name: &str, args: &[Value]) -> Result<Reply, Fault> {
    let pending = owner.with(|supervisor, now| {
        let supervised = is_supervised(supervisor);
        let Some(method) = method::find(name).filter(|_| supervised) else {
            return system::call(name, Args(args), supervised).map(Pending::Now);
        };
        if !(method.required..=method.params.len()).contains(&args.len()) {
            return Err(WRONG);
        }
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
