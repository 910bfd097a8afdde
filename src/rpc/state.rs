//! `supervisor.*`: the daemon itself.

use crate::api::daemon;
use crate::base::clock::Now;
use crate::supervisor::Supervisor;

use super::args::Args;
use super::methods::{Handled, Pending};
use super::reply::Reply;

pub(super) fn api_version(_: &Supervisor, _: Args<'_>, _: Now) -> Handled {
    Ok(Pending::Now(daemon::api_version().into()))
}

pub(super) fn supervisor_version(_: &Supervisor, _: Args<'_>, _: Now) -> Handled {
    Ok(Pending::Now(daemon::supervisor_version().into()))
}

pub(super) fn identification(supervisor: &Supervisor, _: Args<'_>, _: Now) -> Handled {
    Ok(Pending::Now(
        daemon::identification(supervisor).to_owned().into(),
    ))
}

pub(super) fn state(supervisor: &Supervisor, _: Args<'_>, _: Now) -> Handled {
    let state = daemon::state(supervisor);
    Ok(Pending::Now(Reply::Struct(vec![
        ("statecode", state.code().into()),
        ("statename", state.name().into()),
    ])))
}

pub(super) fn pid(_: &Supervisor, _: Args<'_>, _: Now) -> Handled {
    Ok(Pending::Now(Reply::Int(i64::from(daemon::pid()))))
}

pub(super) fn shutdown(supervisor: &mut Supervisor, _: Args<'_>, _: Now) -> Handled {
    daemon::shutdown(supervisor);
    Ok(Pending::Now(Reply::Bool(true)))
}

pub(super) fn restart(supervisor: &mut Supervisor, _: Args<'_>, _: Now) -> Handled {
    daemon::restart(supervisor)?;
    Ok(Pending::Now(Reply::Bool(true)))
}
