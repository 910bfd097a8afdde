//! Carries calls out: what the server is asked, and what that has to tell. Nothing here prints.

mod control;
mod groups;
mod logs;
mod processes;
mod server;

use super::api::Server;
use super::commands::request::Call;
use super::error::ClientError;
use super::problem::Problem;
use super::report::{Entry, Report};

pub use server::ask_version;

/// Does what `call` says. The error is what ends a command.
pub fn run(server: &Server, call: &Call, report: &mut Report<'_>) -> Result<(), ClientError> {
    match answered(server, call, report) {
        // before anything was done, since each of our methods comes first where it is needed
        Err(ClientError::NoMethod(method)) => {
            report.add(Entry::Problem(Problem::CannotDo(method)));
            Ok(())
        }
        done => done,
    }
}

fn answered(server: &Server, call: &Call, report: &mut Report<'_>) -> Result<(), ClientError> {
    match call {
        Call::Status(names) => processes::status(server, names, report),
        Call::Pid(names) => processes::pid(server, names, report),
        Call::Start { names, deps } => control::start(server, names, *deps, report),
        Call::Stop { names, dependents } => control::stop(server, names, *dependents, report),
        Call::Restart { names, dependents } => control::restart(server, names, *dependents, report),
        Call::Refresh(names) => control::refresh(server, names, report),
        Call::Health(names) => processes::health(server, names, report),
        Call::Signal { signal, names } => control::signal(server, signal, names, report),
        Call::Tail { log, bytes } => logs::tail(server, log, *bytes, report),
        Call::Clear(names) => logs::clear(server, names, report),
        Call::Available => groups::available(server, report),
        Call::Reread => groups::reread(server, report),
        Call::Update(names) => groups::update(server, names, report),
        Call::Add(names) => groups::add(server, names, report),
        Call::Remove(names) => groups::remove(server, names, report),
        Call::Version => server::version(server, report),
        Call::Shutdown => server::shutdown(server, report),
        Call::Reload => server::reload(server, report),
    }
}

/// `all` is among the names.
fn has_all(names: &[String]) -> bool {
    names.iter().any(|name| name == "all")
}
