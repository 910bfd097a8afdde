//! `supervisor.*`: the daemon itself.

use crate::base::clock::Now;
use crate::base::version;
use crate::supervisor::Supervisor;

use super::args::Args;
use super::method::{Handled, Pending};
use super::reply::Reply;

pub(super) fn api_version(_: &Supervisor, _: Args<'_>, _: Now) -> Handled {
    Ok(Pending::Now(version::API_VERSION.into()))
}

pub(super) fn supervisor_version(_: &Supervisor, _: Args<'_>, _: Now) -> Handled {
    Ok(Pending::Now(version::SUPERVISOR_VERSION.into()))
}

pub(super) fn identification(supervisor: &Supervisor, _: Args<'_>, _: Now) -> Handled {
    Ok(Pending::Now(
        supervisor.settings().identifier.clone().into(),
    ))
}

pub(super) fn state(supervisor: &Supervisor, _: Args<'_>, _: Now) -> Handled {
    let state = supervisor.state();
    Ok(Pending::Now(Reply::Struct(vec![
        ("statecode", state.code().into()),
        ("statename", state.name().into()),
    ])))
}

pub(super) fn pid(_: &Supervisor, _: Args<'_>, _: Now) -> Handled {
    Ok(Pending::Now(Reply::Int(i64::from(std::process::id()))))
}

pub(super) fn shutdown(supervisor: &mut Supervisor, _: Args<'_>, _: Now) -> Handled {
    supervisor.shutdown();
    Ok(Pending::Now(Reply::Bool(true)))
}

pub(super) fn restart(supervisor: &mut Supervisor, _: Args<'_>, _: Now) -> Handled {
    supervisor.restart()?;
    Ok(Pending::Now(Reply::Bool(true)))
}
