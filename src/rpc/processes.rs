//! `supervisor.*`: processes, started, stopped, signalled and shown.

use crate::base::clock::Now;
use crate::base::fault::Fault;
use crate::base::signals::Signal;
use crate::base::units;
use crate::supervisor::Supervisor;
use crate::supervisor::info::ProcessView;

use super::args::{Args, WRONG};
use super::kept;
use super::method::{Handled, Pending};
use super::reply::Reply;
use super::rows;
use super::wire::{Value, Writer};

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
            let number = units::integer(text).ok();
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

/// Room for one process in a list, in bytes; longer texts make the list grow.
const INFO_ROOM: usize = 1280;

pub(super) fn info(supervisor: &Supervisor, args: Args<'_>, now: Now) -> Handled {
    let view = supervisor.view(args.text(0)?, now.wall)?;
    let mut writer = Writer::with_room(INFO_ROOM);
    write_info(&mut writer, &view);
    Ok(Pending::Now(Reply::Written(writer.finish())))
}

pub(super) fn all_info(supervisor: &Supervisor, _: Args<'_>, now: Now) -> Handled {
    let room = supervisor.members().len() * INFO_ROOM;
    let answer = kept::answer(supervisor.revision(), now, room, |writer| {
        writer.array(|writer| {
            for view in supervisor.views(now.wall) {
                write_info(writer, &view);
            }
        });
    });
    Ok(Pending::Now(Reply::Written(answer)))
}

/// Members in the reference's order (RPC-140).
fn write_info(writer: &mut Writer, view: &ProcessView<'_>) {
    writer.structure(|writer| {
        writer.text("name", view.name);
        writer.text("group", view.group);
        writer.int("start", view.start);
        writer.int("stop", view.stop);
        writer.int("now", view.now);
        writer.int("state", view.state.code());
        writer.text("statename", view.state.name());
        writer.text("spawnerr", view.spawnerr);
        writer.int("exitstatus", view.exitstatus);
        writer.text("logfile", &view.stdout_logfile);
        writer.text("stdout_logfile", &view.stdout_logfile);
        writer.text("stderr_logfile", &view.stderr_logfile);
        writer.int("pid", view.pid);
        writer.text("description", &view.description);
    });
}
