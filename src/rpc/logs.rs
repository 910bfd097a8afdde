//! `supervisor.*`: log files, read at offsets and cleared.

use crate::api::logs;
use crate::base::clock::Now;
use crate::supervisor::Supervisor;
use crate::supervisor::member::Channel;

use super::args::Args;
use super::methods::{Handled, Pending};
use super::reply::Reply;
use super::rows;

pub(super) fn read_main(supervisor: &Supervisor, args: Args<'_>, _: Now) -> Handled {
    let (offset, length) = (args.number(0)?, args.number(1)?);
    logs::read_main(supervisor, offset, length).map(text)
}

pub(super) fn clear_main(supervisor: &mut Supervisor, _: Args<'_>, _: Now) -> Handled {
    logs::clear_main(supervisor)?;
    Ok(Pending::Now(Reply::Bool(true)))
}

pub(super) fn read_stdout(supervisor: &Supervisor, args: Args<'_>, _: Now) -> Handled {
    read(supervisor, args, Channel::Stdout)
}

pub(super) fn read_stderr(supervisor: &Supervisor, args: Args<'_>, _: Now) -> Handled {
    read(supervisor, args, Channel::Stderr)
}

pub(super) fn tail_stdout(supervisor: &Supervisor, args: Args<'_>, _: Now) -> Handled {
    tail(supervisor, args, Channel::Stdout)
}

pub(super) fn tail_stderr(supervisor: &Supervisor, args: Args<'_>, _: Now) -> Handled {
    tail(supervisor, args, Channel::Stderr)
}

/// RPC-110 to RPC-114.
fn read(supervisor: &Supervisor, args: Args<'_>, channel: Channel) -> Handled {
    let (offset, length) = (args.number(1)?, args.number(2)?);
    logs::read(supervisor, args.text(0)?, channel, offset, length).map(text)
}

/// RPC-190, RPC-191.
fn tail(supervisor: &Supervisor, args: Args<'_>, channel: Channel) -> Handled {
    let (offset, length) = (args.number(1)?, args.number(2)?);
    let tail = logs::tail(supervisor, args.text(0)?, channel, offset, length)?;
    Ok(Pending::Now(Reply::Array(vec![
        Reply::Log(tail.data),
        Reply::Int(tail.offset),
        tail.overflow.into(),
    ])))
}

fn text(bytes: Vec<u8>) -> Pending {
    Pending::Now(Reply::Log(bytes))
}

pub(super) fn clear(supervisor: &mut Supervisor, args: Args<'_>, _: Now) -> Handled {
    logs::clear(supervisor, args.text(0)?)?;
    Ok(Pending::Now(Reply::Bool(true)))
}

pub(super) fn clear_all(supervisor: &mut Supervisor, _: Args<'_>, _: Now) -> Handled {
    let rows = logs::clear_all(supervisor);
    Ok(Pending::Now(Reply::Array(
        rows.into_iter().map(rows::row).collect(),
    )))
}
