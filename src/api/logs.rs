//! Log files: read at offsets, followed to their end, and emptied.

use crate::base::fault::Fault;
use crate::logs::place::LogPath;
use crate::logs::tail::{self, ReadError, Tail};
use crate::supervisor::Supervisor;
use crate::supervisor::answer::Row;
use crate::supervisor::member::Channel;

/// A piece of the main log, from `offset` on (RPC-110 to RPC-114).
pub fn read_main(supervisor: &Supervisor, offset: i64, length: i64) -> Result<Vec<u8>, Fault> {
    // a main log that is no file is there, but cannot be read (LOG-083)
    let path = supervisor
        .main_log()
        .ok_or_else(|| Fault::NoFile(Some("syslog".to_owned())))?;
    read_file(Some(path), offset, length)
}

/// A piece of the log of one channel, from `offset` on (RPC-110 to RPC-114).
pub fn read(
    supervisor: &Supervisor,
    name: &str,
    channel: Channel,
    offset: i64,
    length: i64,
) -> Result<Vec<u8>, Fault> {
    read_file(path(supervisor, name, channel)?, offset, length)
}

fn read_file(path: Option<LogPath>, offset: i64, length: i64) -> Result<Vec<u8>, Fault> {
    let path = path.ok_or(Fault::NoFile(None))?;
    tail::read_log(&path, offset, length).map_err(|error| match error {
        ReadError::BadArguments => Fault::BadArguments,
        ReadError::NoFile => Fault::NoFile(Some(shown(&path))),
        ReadError::Failed => Fault::Failed(None),
        ReadError::TooMuch => Fault::Failed(Some(error.to_string())),
        ReadError::Link(refused) => {
            let path = shown(&path);
            Fault::Failed(Some(format!("log '{path}': {refused}")))
        }
    })
}

fn shown(place: &LogPath) -> String {
    place.path().to_string_lossy().into_owned()
}

/// What was written to the log of one channel since `offset`, the last `length` bytes of it; a log that is not there
/// is an empty one (RPC-190, RPC-191).
pub fn tail(
    supervisor: &Supervisor,
    name: &str,
    channel: Channel,
    offset: i64,
    length: i64,
) -> Result<Tail, Fault> {
    let path = path(supervisor, name, channel)?;
    Ok(path.map_or_else(Tail::default, |path| tail::tail_log(&path, offset, length)))
}

/// Where the log of one channel is, if it is a file.
pub fn path(
    supervisor: &Supervisor,
    name: &str,
    channel: Channel,
) -> Result<Option<LogPath>, Fault> {
    let member = supervisor.find_process(name)?;
    Ok(member.logs.get(channel).cloned())
}

/// Empties both logs of one process (RPC-194, DEC-035).
pub fn clear(supervisor: &mut Supervisor, name: &str) -> Result<(), Fault> {
    supervisor.clear_logs(name)
}

/// Empties the logs of every process; one row for each (RPC-174).
pub fn clear_all(supervisor: &mut Supervisor) -> Vec<Row> {
    supervisor.clear_all_logs()
}

/// Empties the main log.
pub fn clear_main(supervisor: &mut Supervisor) -> Result<(), Fault> {
    supervisor.clear_main_log()
}
