//! What the HTTP layer needs of the rest: a narrow trait, so that tests can put something else behind it.

use std::fmt;

use super::pace::Pacer;
use crate::api::caller::Caller;
use crate::api::readiness::Readiness;
use crate::api::selector::Selector;
use crate::api::verb::Verb;
use crate::api::{daemon, logs, processes, readiness, visit};
use crate::base::calendar::LocalTime;
use crate::base::clock::{Now, Wall};
use crate::base::fault::Fault;
use crate::base::level::Level;
use crate::base::process_info::ProcessInfo;
use crate::logs::place::LogPath;
use crate::rpc::reply::Reply;
use crate::rpc::wire::Call;
use crate::supervisor::Supervisor;
use crate::supervisor::answer::Outcome;
use crate::supervisor::member::Channel;
use crate::supervisor::owner::Owner;

/// What the status page shows.
#[derive(Debug, Clone, Default)]
pub struct Overview {
    /// What the supervisor calls itself.
    pub identifier: String,
    /// All processes by group, then name (HTTP-123).
    pub processes: Vec<ProcessInfo<'static>>,
}

/// The supervisor as HTTP sees it; a handle that is cheap to clone.
pub trait Site: Clone + 'static {
    /// Runs an XML-RPC method and waits as long as it does, and for its turns.
    fn call(
        &self,
        caller: &Caller,
        call: Call,
        pace: &Pacer,
    ) -> impl Future<Output = Result<Reply, Fault>>;

    /// Starts processes and waits until they are up, or have failed.
    fn start(
        &self,
        caller: &Caller,
        whom: Selector,
    ) -> impl Future<Output = Result<Outcome, Fault>>;

    /// Stops processes and waits for their end.
    fn stop(&self, caller: &Caller, whom: Selector)
    -> impl Future<Output = Result<Outcome, Fault>>;

    /// Empties both logs of one process.
    fn clear_logs(&self, caller: &Caller, name: &str) -> Result<(), Fault>;

    /// Whether the name is that of one process, which can be asked for now.
    fn knows(&self, caller: &Caller, name: &str) -> bool;

    /// The last `length` bytes of the log of one channel.
    fn end_of_log(
        &self,
        caller: &Caller,
        name: &str,
        channel: Channel,
        length: u32,
    ) -> Result<Vec<u8>, Fault>;

    /// What the status page shows; a fault while the supervisor goes down (HTTP-114).
    fn overview(&self, caller: &Caller) -> Result<Overview, Fault>;

    /// Whether all that counts is ready, or all that the list selects.
    fn readiness(&self, caller: &Caller, select: Option<&str>) -> Result<Readiness, Fault>;

    /// Where the main log is, if it is a file.
    fn main_log(&self) -> Option<LogPath>;

    /// Where the log of one channel is; none if the namespec names no single process, or there is no file.
    fn process_log(&self, namespec: &str, channel: Channel) -> Option<LogPath>;

    /// Writes a line to the main log, if that level is written.
    fn log(&self, level: Level, message: fmt::Arguments<'_>);

    /// The clocks.
    fn now(&self) -> Now;

    /// The time of day where the machine stands.
    fn local_time(&self, wall: Wall) -> LocalTime;
}

impl Site for Owner {
    fn call(
        &self,
        caller: &Caller,
        call: Call,
        pace: &Pacer,
    ) -> impl Future<Output = Result<Reply, Fault>> {
        crate::rpc::dispatch(self, caller, call, pace)
    }

    async fn start(&self, caller: &Caller, whom: Selector) -> Result<Outcome, Fault> {
        let permit = caller.may(Verb::Start, "start")?;
        let answer = visit::act(self, permit, |supervisor, now| {
            processes::start(supervisor, &whom, true, now)
        })?;
        visit::complete(self, answer).await
    }

    async fn stop(&self, caller: &Caller, whom: Selector) -> Result<Outcome, Fault> {
        let permit = caller.may(Verb::Stop, "stop")?;
        let answer = visit::act(self, permit, |supervisor, now| {
            processes::stop(supervisor, &whom, true, now)
        })?;
        visit::complete(self, answer).await
    }

    fn clear_logs(&self, caller: &Caller, name: &str) -> Result<(), Fault> {
        let permit = caller.may(Verb::ClearLogs, "clearlog")?;
        visit::act(self, permit, |supervisor, _| logs::clear(supervisor, name))
    }

    fn knows(&self, caller: &Caller, name: &str) -> bool {
        let permit = caller.may(Verb::Process, "status");
        let found = permit.and_then(|permit| {
            visit::look(self, permit, |supervisor, now| {
                processes::info(supervisor, name, now).map(drop)
            })
        });
        found.is_ok()
    }

    fn end_of_log(
        &self,
        caller: &Caller,
        name: &str,
        channel: Channel,
        length: u32,
    ) -> Result<Vec<u8>, Fault> {
        let permit = caller.may(Verb::ReadLog, "tail")?;
        visit::look(self, permit, |supervisor, _| {
            logs::read(supervisor, name, channel, -i64::from(length), 0)
        })
    }

    fn overview(&self, caller: &Caller) -> Result<Overview, Fault> {
        let permit = caller.may(Verb::Processes, "status")?;
        visit::look(self, permit, |supervisor, now| {
            let processes = processes::all(supervisor, now).map(ProcessInfo::into_owned);
            Ok(Overview {
                identifier: daemon::identification(supervisor).to_owned(),
                processes: processes.collect(),
            })
        })
    }

    fn readiness(&self, caller: &Caller, select: Option<&str>) -> Result<Readiness, Fault> {
        let permit = caller.may(Verb::Ready, "readyz")?;
        visit::look(self, permit, |supervisor, now| {
            readiness::of(supervisor, select, now)
        })
    }

    fn main_log(&self) -> Option<LogPath> {
        self.peek(Supervisor::main_log)
    }

    fn process_log(&self, namespec: &str, channel: Channel) -> Option<LogPath> {
        self.peek(|supervisor| {
            let member = supervisor.find_process(namespec).ok()?;
            member.logs.get(channel).cloned()
        })
    }

    fn log(&self, level: Level, message: fmt::Arguments<'_>) {
        Self::log(self, level, || message.to_string());
    }

    fn now(&self) -> Now {
        self.look(|_, now| now)
    }

    fn local_time(&self, wall: Wall) -> LocalTime {
        self.peek(|supervisor| supervisor.local_time(wall))
    }
}
