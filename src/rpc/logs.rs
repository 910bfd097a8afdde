//! `supervisor.*`: log files, read at offsets and cleared.

use crate::base::clock::Now;
use crate::base::fault::Fault;
use crate::logs::place::LogPath;
use crate::logs::tail::{self, ReadError, Tail};
use crate::supervisor::Supervisor;
use crate::supervisor::member::Channel;

use super::args::Args;
use super::method::{Handled, Pending};
use super::reply::Reply;
use super::rows;

pub(super) fn read_main(supervisor: &Supervisor, args: Args<'_>, _: Now) -> Handled {
    let (offset, length) = (args.number(0)?, args.number(1)?);
    // a main log that is no file is there, but cannot be read (LOG-083)
    let path = supervisor
        .main_log()
        .ok_or_else(|| Fault::NoFile(Some("syslog".to_owned())))?;
    read(Some(path), offset, length)
}

pub(super) fn clear_main(supervisor: &mut Supervisor, _: Args<'_>, _: Now) -> Handled {
    supervisor.os().clear_main_log()?;
    Ok(Pending::Now(Reply::Bool(true)))
}

pub(super) fn read_stdout(supervisor: &Supervisor, args: Args<'_>, _: Now) -> Handled {
    read_channel(supervisor, args, Channel::Stdout)
}

pub(super) fn read_stderr(supervisor: &Supervisor, args: Args<'_>, _: Now) -> Handled {
    read_channel(supervisor, args, Channel::Stderr)
}

pub(super) fn tail_stdout(supervisor: &Supervisor, args: Args<'_>, _: Now) -> Handled {
    tail_channel(supervisor, args, Channel::Stdout)
}

pub(super) fn tail_stderr(supervisor: &Supervisor, args: Args<'_>, _: Now) -> Handled {
    tail_channel(supervisor, args, Channel::Stderr)
}

fn read_channel(supervisor: &Supervisor, args: Args<'_>, channel: Channel) -> Handled {
    let path = path(supervisor, args, channel)?;
    read(path, args.number(1)?, args.number(2)?)
}

fn path(
    supervisor: &Supervisor,
    args: Args<'_>,
    channel: Channel,
) -> Result<Option<LogPath>, Fault> {
    Ok(supervisor
        .find_process(args.text(0)?)?
        .logs
        .get(channel)
        .cloned())
}

/// RPC-110 to RPC-114.
fn read(path: Option<LogPath>, offset: i64, length: i64) -> Handled {
    let path = path.ok_or(Fault::NoFile(None))?;
    match tail::read_log(&path, offset, length) {
        Ok(bytes) => Ok(Pending::Now(tail::decode(bytes).into())),
        Err(ReadError::BadArguments) => Err(Fault::BadArguments),
        Err(ReadError::NoFile) => Err(Fault::NoFile(Some(shown(&path)))),
        Err(ReadError::Failed) => Err(Fault::Failed(None)),
        Err(ReadError::Link(refused)) => {
            let path = shown(&path);
            Err(Fault::Failed(Some(format!("log '{path}': {refused}"))))
        }
    }
}

fn shown(place: &LogPath) -> String {
    place.path().to_string_lossy().into_owned()
}

/// A log that is not there is an empty one (RPC-191).
fn tail_channel(supervisor: &Supervisor, args: Args<'_>, channel: Channel) -> Handled {
    let (offset, length) = (args.number(1)?, args.number(2)?);
    let tail = match path(supervisor, args, channel)? {
        Some(path) => tail::tail_log(&path, offset, length),
        None => Tail::default(),
    };
    Ok(Pending::Now(Reply::Array(vec![
        tail::decode(tail.data).into(),
        Reply::Int(tail.offset),
        tail.overflow.into(),
    ])))
}

pub(super) fn clear(supervisor: &mut Supervisor, args: Args<'_>, _: Now) -> Handled {
    supervisor.clear_logs(args.text(0)?)?;
    Ok(Pending::Now(Reply::Bool(true)))
}

pub(super) fn clear_all(supervisor: &mut Supervisor, _: Args<'_>, _: Now) -> Handled {
    let rows = supervisor.clear_all_logs();
    Ok(Pending::Now(Reply::Array(
        rows.into_iter().map(rows::row).collect(),
    )))
}
