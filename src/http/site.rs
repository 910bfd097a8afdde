//! What the HTTP layer needs of the rest: a narrow trait, so that tests can put something else behind it.

use std::fmt;
use std::path::PathBuf;

use crate::base::clock::Now;
use crate::base::fault::Fault;
use crate::base::level::Level;
use crate::rpc::reply::Reply;
use crate::rpc::wire::Call;
use crate::supervisor::member::Channel;
use crate::supervisor::owner::Owner;

/// The supervisor as HTTP sees it; a handle that is cheap to clone.
pub trait Site: Clone + 'static {
    /// Runs an XML-RPC method and waits as long as it does.
    fn call(&self, call: Call) -> impl Future<Output = Result<Reply, Fault>>;

    /// Where the main log is, if it is a file.
    fn main_log(&self) -> Option<PathBuf>;

    /// Where the log of one channel is; none if the namespec names no single process, or there is no file.
    fn process_log(&self, namespec: &str, channel: Channel) -> Option<PathBuf>;

    /// Writes a line to the main log, if that level is written.
    fn log(&self, level: Level, message: fmt::Arguments<'_>);

    /// The clocks.
    fn now(&self) -> Now;
}

impl Site for Owner {
    fn call(&self, call: Call) -> impl Future<Output = Result<Reply, Fault>> {
        crate::rpc::dispatch(self, call)
    }

    fn main_log(&self) -> Option<PathBuf> {
        self.with(|supervisor, _| supervisor.os().main_log())
    }

    fn process_log(&self, namespec: &str, channel: Channel) -> Option<PathBuf> {
        self.with(|supervisor, _| {
            let member = supervisor.find_process(namespec).ok()?;
            member.logs.get(channel).cloned()
        })
    }

    fn log(&self, level: Level, message: fmt::Arguments<'_>) {
        self.with(|supervisor, _| {
            if supervisor.os().logs(level) {
                supervisor.log(level, &message.to_string());
            }
        });
    }

    fn now(&self) -> Now {
        self.with(|_, now| now)
    }
}
