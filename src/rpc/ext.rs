//! `ext.*`: what goes beyond Python's Supervisor.

use serde::Serialize;

use crate::api::processes;
use crate::api::status;
use crate::base::clock::Now;
use crate::base::fault::Fault;
use crate::supervisor::Supervisor;

use super::args::Args;
use super::methods::{Handled, Pending};
use super::reply::Reply;
use super::wire::Writer;

/// Room for one process in an answer, in bytes; longer texts make it grow.
const STATUS_ROOM: usize = 4096;

/// All that is known of one process (API-030).
pub(super) fn info(supervisor: &Supervisor, args: Args<'_>, now: Now) -> Handled {
    let status = processes::status(supervisor, args.text(0)?, now)?;
    written(STATUS_ROOM, &status)
}

/// The same of all, in the order of `getAllProcessInfo`.
pub(super) fn all_info(supervisor: &Supervisor, _: Args<'_>, now: Now) -> Handled {
    let room = supervisor.members().len().saturating_mul(STATUS_ROOM);
    let all = supervisor.by_name();
    let all: Vec<_> = all
        .map(|member| status::of(supervisor, member, now))
        .collect();
    written(room, &all)
}

/// What the checks of one process found, or those of all (HLT-102).
pub(super) fn health(supervisor: &Supervisor, args: Args<'_>, _: Now) -> Handled {
    let name = if args.get(0).is_some() {
        args.text(0)?
    } else {
        ""
    };
    written(512, &processes::health(supervisor, name)?)
}

/// LIF-047, LIF-049.
pub(super) fn start(supervisor: &mut Supervisor, args: Args<'_>, now: Now) -> Handled {
    let (name, wait) = (args.text(0)?, args.flag(1));
    if args.flag(2) {
        supervisor.start(name, wait, now).map(Pending::from)
    } else {
        supervisor.start_alone(name, wait, now).map(Pending::from)
    }
}

/// LIF-086: rows, also for one.
pub(super) fn stop(supervisor: &mut Supervisor, args: Args<'_>, now: Now) -> Handled {
    let (name, wait) = (args.text(0)?, args.flag(1));
    if args.get(2).is_some() && args.flag(2) {
        supervisor
            .stop_with_dependents(name, wait, now)
            .map(Pending::from)
    } else {
        supervisor.stop_in_rows(name, wait, now).map(Pending::from)
    }
}

/// LIF-244.
pub(super) fn refresh(supervisor: &mut Supervisor, args: Args<'_>, now: Now) -> Handled {
    processes::refresh(supervisor, args.text(0)?, now)?;
    Ok(Pending::Now(Reply::Bool(true)))
}

/// An answer that is a value of ours.
fn written(room: usize, value: &impl Serialize) -> Handled {
    let mut writer = Writer::with_room(room);
    let form = writer.serialize(value);
    form.map_err(|error| Fault::Failed(Some(error.to_string())))?;
    Ok(Pending::Now(Reply::Encoded(writer.finish()?)))
}
