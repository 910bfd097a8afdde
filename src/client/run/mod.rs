//! Carries calls out: what the server is asked, and what that has to tell. Nothing here prints.

mod control;
mod groups;
mod logs;
mod processes;
mod server;

use super::api::Server;
use super::commands::request::Call;
use super::error::ClientError;
use super::report::Report;

pub use server::ask_version;

/// Does what `call` says. The error is what ends a command.
pub fn run(server: &Server, call: &Call, report: &mut Report<'_>) -> Result<(), ClientError> {
    match call {
        Call::Status(names) => processes::status(server, names, report),
        Call::Pid(names) => processes::pid(server, names, report),
        Call::Start(names) => control::start(server, names, report),
        Call::Stop(names) => control::stop(server, names, report),
        Call::Restart(names) => control::restart(server, names, report),
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
