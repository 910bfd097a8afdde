//! `supervisor.*`: processes, started, stopped, signalled and shown.

use crate::api::processes::{self, SignalWord};
use crate::api::selector::Selector;
use crate::base::clock::Now;
use crate::base::fault::Fault;
use crate::base::process_info::ProcessInfo;
use crate::supervisor::Supervisor;

use super::args::{Args, WRONG};
use super::last_answer;
use super::methods::{Handled, Pending};
use super::reply::Reply;
use super::rows;
use super::wire::{Value, Writer};

fn named(args: Args<'_>) -> Result<Selector, Fault> {
    args.text(0).map(|name| Selector::Named(name.to_owned()))
}

fn group(args: Args<'_>) -> Result<Selector, Fault> {
    args.text(0).map(|name| Selector::Group(name.to_owned()))
}

pub(super) fn start_process(supervisor: &mut Supervisor, args: Args<'_>, now: Now) -> Handled {
    processes::start(supervisor, &named(args)?, args.flag(1), now).map(Pending::from)
}

pub(super) fn start_group(supervisor: &mut Supervisor, args: Args<'_>, now: Now) -> Handled {
    processes::start(supervisor, &group(args)?, args.flag(1), now).map(Pending::from)
}

pub(super) fn start_all(supervisor: &mut Supervisor, args: Args<'_>, now: Now) -> Handled {
    processes::start(supervisor, &Selector::All, args.flag(0), now).map(Pending::from)
}

pub(super) fn stop_process(supervisor: &mut Supervisor, args: Args<'_>, now: Now) -> Handled {
    processes::stop(supervisor, &named(args)?, args.flag(1), now).map(Pending::from)
}

pub(super) fn stop_group(supervisor: &mut Supervisor, args: Args<'_>, now: Now) -> Handled {
    processes::stop(supervisor, &group(args)?, args.flag(1), now).map(Pending::from)
}

pub(super) fn stop_all(supervisor: &mut Supervisor, args: Args<'_>, now: Now) -> Handled {
    processes::stop(supervisor, &Selector::All, args.flag(0), now).map(Pending::from)
}

// of two arguments that are wrong the signal is told first (RPC-181)

pub(super) fn signal_process(supervisor: &mut Supervisor, args: Args<'_>, now: Now) -> Handled {
    let word = signal_word(args, 1)?;
    signal(supervisor, &named(args)?, &word, now)
}

pub(super) fn signal_group(supervisor: &mut Supervisor, args: Args<'_>, now: Now) -> Handled {
    let word = signal_word(args, 1)?;
    signal(supervisor, &group(args)?, &word, now)
}

pub(super) fn signal_all(supervisor: &mut Supervisor, args: Args<'_>, now: Now) -> Handled {
    let word = signal_word(args, 0)?;
    signal(supervisor, &Selector::All, &word, now)
}

fn signal(supervisor: &mut Supervisor, whom: &Selector, word: &SignalWord, now: Now) -> Handled {
    let outcome = processes::signal(supervisor, whom, word, now)?;
    Ok(Pending::Now(rows::outcome(outcome)))
}

/// A signal by name or number (RPC-180, RPC-181).
fn signal_word(args: Args<'_>, at: usize) -> Result<SignalWord, Fault> {
    match args.get(at) {
        Some(Value::String(_)) => args.text(at).map(SignalWord::parse),
        Some(value @ (Value::Int(_) | Value::Int64(_) | Value::Bool(_) | Value::Double(_))) => {
            let text = super::repr::text(value);
            Ok(SignalWord::number(args.number(at)?, text))
        }
        _ => Err(WRONG),
    }
}

/// Room for one process in a list, in bytes; longer texts make the list grow.
const INFO_ROOM: usize = 1280;

pub(super) fn info(supervisor: &Supervisor, args: Args<'_>, now: Now) -> Handled {
    let view = processes::info(supervisor, args.text(0)?, now)?;
    let mut writer = Writer::with_room(INFO_ROOM);
    write_info(&mut writer, &view);
    Ok(Pending::Now(Reply::Encoded(writer.finish()?)))
}

pub(super) fn all_info(supervisor: &Supervisor, _: Args<'_>, now: Now) -> Handled {
    let room = supervisor.members().len().saturating_mul(INFO_ROOM);
    let answer = last_answer::answer(supervisor.revision(), now, room, |writer| {
        writer.array(|writer| {
            for view in processes::all(supervisor, now) {
                write_info(writer, &view);
            }
        });
    })?;
    Ok(Pending::Now(Reply::Encoded(answer)))
}

/// Members in the reference's order (RPC-140).
fn write_info(writer: &mut Writer, view: &ProcessInfo<'_>) {
    writer.structure(|writer| {
        writer.text("name", &view.name);
        writer.text("group", &view.group);
        writer.int("start", view.start);
        writer.int("stop", view.stop);
        writer.int("now", view.now);
        writer.int("state", view.state.code());
        writer.text("statename", view.state.name());
        writer.text("spawnerr", &view.spawnerr);
        writer.int("exitstatus", view.exitstatus);
        writer.text("logfile", &view.stdout_logfile);
        writer.text("stdout_logfile", &view.stdout_logfile);
        writer.text("stderr_logfile", &view.stderr_logfile);
        writer.int("pid", view.pid);
        writer.text("description", &view.description);
    });
}
