//! What the supervisor asks of the outside, by concept. The daemon answers with system calls, the simulation
//! with a fake. Nothing here waits.

use std::io;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::calendar::LocalTime;
use crate::base::clock::{Mono, Wall};
use crate::base::fault::Fault;
use crate::base::level::Level;
use crate::base::pid::Pid;
use crate::base::signals::Signal;
use crate::base::spawn_error::SpawnError;
use crate::base::states::ProcessState;
use crate::config::{Config, GroupConfig, Refusal};
use crate::logs::place::LinkRefused;
use crate::process::command::CommandError;
use crate::process::lifecycle::Watched;
use crate::process::lifecycle::check::Probe;
use crate::process::policy::ProcessConfig;

use super::member::{Channel, LogPaths, ProcessId};
use super::output::Output;

/// All that the supervisor reaches.
pub struct Ports {
    /// Programs and their children.
    pub children: Box<dyn Children>,
    /// The logs of programs.
    pub logs: Box<dyn Logs>,
    /// The daemon's own log.
    pub main_log: Box<dyn MainLog>,
    /// What the daemon was configured by.
    pub configuration: Box<dyn Configuration>,
    /// Checks over the network.
    pub checks: Box<dyn Checks>,
    /// Files that are watched for changes.
    pub watches: Box<dyn Watches>,
    /// Who wakes the supervisor.
    pub alarm: Box<dyn Alarm>,
    /// The wall clock's time where the machine stands.
    pub local_time: fn(Wall) -> LocalTime,
    /// A number from 0 up to 1 that nobody could know.
    pub luck: fn() -> f64,
}

/// Starting children, and what passes between them and us.
pub trait Children {
    /// Checks what a group needs of the machine beyond its processes: FastCGI sockets (PROC-112).
    fn check_group(&mut self, group: &GroupConfig) -> Result<(), GroupError>;

    /// Checks that the command can be found and executed, without starting it (PROC-060 to PROC-063).
    fn check_command(&self, config: &ProcessConfig) -> Result<(), Fault>;

    /// Opens the logs, makes the pipes and starts the child.
    fn spawn(&mut self, launch: &Launch) -> Result<Pid, LaunchError>;

    /// Starts a helper child: a hook, a stop command, a check by command. It gets a process group of its own.
    fn spawn_helper(&mut self, helper: &HelperLaunch) -> Result<Pid, LaunchError> {
        Err(LaunchError::System {
            process: helper.config.name.clone(),
            error: SpawnError::Fork(crate::base::errno::Errno(libc::ENOSYS)),
        })
    }

    /// A helper child was reaped: takes its pipe back, and the end of what it said (HLT-041).
    fn release_helper(&mut self, _pid: Pid) -> Vec<u8> {
        Vec::new()
    }

    /// Sends a signal.
    fn kill(&mut self, pid: Pid, signal: Signal, group: bool) -> Result<(), KillError>;

    /// Reads what a child that ended left in its pipes, writes it to its logs, closes both, and tells what
    /// events the last words mean (PROC-099, EVT-147). `state` is the one that log lines show.
    fn drain(&mut self, id: ProcessId, state: ProcessState) -> Vec<Output>;

    /// The process has no child any more: gives up what it shared with others of its group (PROC-111).
    fn release(&mut self, id: ProcessId);

    /// Queues what a client sent for the child's stdin.
    fn write_stdin(&mut self, id: ProcessId, bytes: &[u8]) -> Result<(), StdinError>;

    /// Queues an event for the stdin of a listener that is ready for it. It is the only one, and its pool bounds
    /// what waits, so what clients sent to others does not count.
    fn send_event(&mut self, id: ProcessId, bytes: &[u8]) -> Result<(), StdinError>;
}

/// The logs of programs.
pub trait Logs {
    /// Makes the automatic log file of one channel (LOG-133).
    fn create_auto(&mut self, process: &str, channel: Channel) -> io::Result<PathBuf>;

    /// A process is gone and will not write these any more.
    fn give_up(&mut self, paths: &LogPaths);

    /// Empties the logs of a process: of its open channels, or of the files if it does not run (DEC-035).
    fn clear(&mut self, id: ProcessId, paths: &LogPaths) -> io::Result<()>;

    /// Closes all open logs and opens them again by name (LOG-102); what could not be opened.
    fn reopen(&mut self) -> Vec<io::Error>;

    /// Prints something on the daemon's standard output, as Python 2 does it without a line end. What does not go at
    /// once waits within a bound (DEC-076).
    fn print(&mut self, text: &[u8]);
}

/// The daemon's own log. All that the supervisor has to say leaves by [`Self::write`].
pub trait MainLog {
    /// Writes a line.
    fn write(&mut self, level: Level, text: &str);

    /// Whether lines of that level are written, to spare the making of costly ones.
    fn writes(&self, level: Level) -> bool;

    /// Where it is, if it is a file.
    fn path(&self) -> Option<PathBuf>;

    /// Closes the file and opens it again by name (LOG-102).
    fn reopen(&mut self) -> io::Result<()>;

    /// Removes the file and opens it anew (LOG-105).
    fn clear(&mut self) -> Result<(), Fault>;
}

/// What the daemon was configured by.
pub trait Configuration {
    /// Reads it as at the start.
    fn read(&mut self) -> Result<Config, Refusal>;
}

/// Names one check that is under way; never used twice, so that a late result is known as such (HLT-047).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CheckId(pub u64);

/// Checks over the network (HLT-044). What comes of one is told as [`super::Supervisor::checked`].
pub trait Checks {
    /// Begins one; it fails by itself after `timeout`.
    fn begin(&mut self, check: CheckId, probe: &Probe, timeout: Duration);

    /// Nobody wants the result of that one any more.
    fn cancel(&mut self, check: CheckId);
}

/// Files that are watched for changes (LIF-280). A change is told as [`super::Supervisor::file_changed`].
pub trait Watches {
    /// Watches something for a process, as its options of that index say. The error is why it cannot be started.
    fn watch(
        &mut self,
        id: ProcessId,
        index: usize,
        what: &Watched,
        config: &ProcessConfig,
    ) -> Result<(), WatchError>;

    /// Watches nothing more for that process.
    fn unwatch(&mut self, id: ProcessId);
}

/// Why something cannot be watched (LIF-283).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("watching {}: {why}", .path.display())]
pub struct WatchError {
    /// What.
    pub path: PathBuf,
    /// Why not.
    pub why: String,
}

/// A port that checks and watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nothing;

impl Checks for Nothing {
    fn begin(&mut self, _: CheckId, _: &Probe, _: Duration) {}

    fn cancel(&mut self, _: CheckId) {}
}

impl Watches for Nothing {
    fn watch(
        &mut self,
        _: ProcessId,
        _: usize,
        _: &Watched,
        _: &ProcessConfig,
    ) -> Result<(), WatchError> {
        Ok(())
    }

    fn unwatch(&mut self, _: ProcessId) {}
}

/// All that is needed to start a helper child.
#[derive(Debug)]
pub struct HelperLaunch {
    /// For which process.
    pub id: ProcessId,
    /// That process as configured: user, directory, umask, limits, environment.
    pub config: Rc<ProcessConfig>,
    /// The group's name.
    pub group: Rc<str>,
    /// The command, split; not empty.
    pub command: Vec<String>,
    /// As the daemon's own user instead (LIF-254).
    pub as_daemon: bool,
    /// What its environment has beyond the program's (LIF-255).
    pub environment: Vec<(&'static str, String)>,
    /// Where its output goes.
    pub output: HelperOutput,
}

/// Where the output of a helper child goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HelperOutput {
    /// Into the log of the program, within a bound (LIF-256).
    Log(LogPaths),
    /// Nowhere, but its end is kept for the reason of a failure (HLT-041).
    Kept,
}

/// Who wakes the supervisor.
pub trait Alarm {
    /// The next moment at which the supervisor wants to be woken.
    fn wake_at(&mut self, deadline: Option<Mono>);

    /// Everything is stopped; the daemon may end, or start over.
    fn finished(&mut self);
}

/// All that is needed to start one child.
#[derive(Debug)]
pub struct Launch {
    /// Who it is.
    pub id: ProcessId,
    /// The group's name.
    pub group: Rc<str>,
    /// The process as configured.
    pub config: Rc<ProcessConfig>,
    /// Where its output goes.
    pub logs: LogPaths,
    /// Its stdout speaks the event listener protocol.
    pub listener: bool,
}

/// Why a group cannot be made active.
#[derive(Debug, thiserror::Error)]
pub enum GroupError {
    /// An automatic log cannot be made (LOG-136).
    #[error("cannot make a log file for {process}: {error}")]
    AutoLog {
        /// The process.
        process: String,
        /// Why.
        error: io::Error,
    },
    /// A `FastCGI` socket cannot be made (PROC-112).
    #[error("{0}")]
    Socket(String),
}

/// Why a child could not be started. The texts are what users see as `spawnerr` (PROC-060 to PROC-069).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LaunchError {
    /// Its command cannot be executed.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// Its log would be written through a link that nobody vouches for.
    #[error("log '{}': {refused}", .path.display())]
    Log {
        /// The log.
        path: PathBuf,
        /// Why not.
        refused: LinkRefused,
    },
    /// The system made no file, pipe or process.
    #[error("{}", .error.text(.process))]
    System {
        /// Whose child it would have been.
        process: String,
        /// What went wrong.
        error: SpawnError,
    },
}

/// Why a signal was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KillError {
    /// The process is gone (ESRCH).
    #[error("[Errno 3] No such process")]
    Gone,
    /// Anything else, in words.
    #[error("{0}")]
    Other(String),
}

/// Why bytes were not accepted for a child's stdin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StdinError {
    /// There is no such channel, or the child closed it.
    Closed,
    /// The queue is full (DEC-028).
    Full,
    /// So much waits for all programs together that there is no room for this (DEC-084).
    Crowded,
}
