//! `supervisor.*`: processes, started, stopped, signalled and shown.

use crate::base::clock::Now;
use crate::base::fault::Fault;
use crate::base::signals::Signal;
use crate::supervisor::Supervisor;
use crate::supervisor::info::ProcessInfo;

use super::args::{Args, WRONG};
use super::method::{Handled, Pending};
use super::reply::Reply;
use super::rows;
use super::wire::Value;

pub(super) fn start_process(supervisor: &mut Supervisor, args: Args<'_>, now: Now) -> Handled {
    supervisor
        .start(args.text(0)?, args.flag(1), now)
        .map(Pending::from)
}

pub(super) fn start_group(supervisor: &mut Supervisor, args: Args<'_>, now: Now) -> Handled {
    supervisor
        .start_group(args.text(0)?, args.flag(1), now)
        .map(Pending::from)
}

pub(super) fn start_all(supervisor: &mut Supervisor, args: Args<'_>, now: Now) -> Handled {
    Ok(supervisor.start_all(args.flag(0), now).into())
}

pub(super) fn stop_process(supervisor: &mut Supervisor, args: Args<'_>, now: Now) -> Handled {
    supervisor
        .stop(args.text(0)?, args.flag(1), now)
        .map(Pending::from)
}

pub(super) fn stop_group(supervisor: &mut Supervisor, args: Args<'_>, now: Now) -> Handled {
    supervisor
        .stop_group(args.text(0)?, args.flag(1), now)
        .map(Pending::from)
}

pub(super) fn stop_all(supervisor: &mut Supervisor, args: Args<'_>, now: Now) -> Handled {
    Ok(supervisor.stop_all(args.flag(0), now).into())
}

pub(super) fn signal_process(supervisor: &mut Supervisor, args: Args<'_>, now: Now) -> Handled {
    let (signal, text) = signal(args, 1)?;
    let outcome = supervisor.signal(args.text(0)?, signal, &text, now)?;
    Ok(Pending::Now(rows::outcome(outcome)))
}

pub(super) fn signal_group(supervisor: &mut Supervisor, args: Args<'_>, now: Now) -> Handled {
    let (signal, text) = signal(args, 1)?;
    let outcome = supervisor.signal_group(args.text(0)?, signal, &text, now)?;
    Ok(Pending::Now(rows::outcome(outcome)))
}

pub(super) fn signal_all(supervisor: &mut Supervisor, args: Args<'_>, now: Now) -> Handled {
    let (signal, text) = signal(args, 0)?;
    Ok(Pending::Now(rows::outcome(
        supervisor.signal_all(signal, &text, now),
    )))
}

/// A signal by name or number, and the text that a refusal shows (RPC-180, RPC-181).
fn signal(args: Args<'_>, at: usize) -> Result<(Option<Signal>, String), Fault> {
    match args.get(at) {
        Some(Value::String(_)) => {
            let text = args.text(at)?;
            let number = text.trim().parse().ok();
            let signal = number.map_or_else(|| Signal::from_name(text), Signal::from_number);
            Ok((signal, text.to_owned()))
        }
        Some(value @ (Value::Int(_) | Value::Int64(_) | Value::Bool(_) | Value::Double(_))) => {
            Ok((
                Signal::from_number(args.number(at)?),
                super::repr::text(value),
            ))
        }
        _ => Err(WRONG),
    }
}

pub(super) fn info(supervisor: &mut Supervisor, args: Args<'_>, now: Now) -> Handled {
    let info = supervisor.info(args.text(0)?, now)?;
    Ok(Pending::Now(info_reply(info)))
}

pub(super) fn all_info(supervisor: &mut Supervisor, _: Args<'_>, now: Now) -> Handled {
    let infos = supervisor.all_info(now);
    Ok(Pending::Now(Reply::Array(
        infos.into_iter().map(info_reply).collect(),
    )))
}

/// Members in the reference's order (RPC-140).
fn info_reply(info: ProcessInfo) -> Reply {
    Reply::Struct(vec![
        ("name", info.name.into()),
        ("group", info.group.into()),
        ("start", info.start.into()),
        ("stop", info.stop.into()),
        ("now", info.now.into()),
        ("state", info.state.code().into()),
        ("statename", info.state.name().into()),
        ("spawnerr", info.spawnerr.into()),
        ("exitstatus", info.exitstatus.into()),
        ("logfile", info.stdout_logfile.clone().into()),
        ("stdout_logfile", info.stdout_logfile.into()),
        ("stderr_logfile", info.stderr_logfile.into()),
        ("pid", info.pid.into()),
        ("description", info.description.into()),
    ])
}
