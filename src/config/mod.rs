//! The configuration: files to typed values, once, at the edge. Everything downstream reads these types.
//!
//! Knows nothing of running processes. Users and groups are looked up through [`Accounts`], files are read
//! by `source` only.

mod build;
pub mod cli;
pub mod ctl;
pub mod depends;
pub mod diff;
pub mod envfile;
pub mod envlist;
pub mod error;
mod eventlistener;
pub mod expand;
mod fcgi;
mod files;
mod foreign;
mod getopt;
mod group;
mod inherit;
pub mod ini;
pub mod kinds;
mod lifecycle;
mod mistakes;
mod notices;
pub mod options;
mod plugin;
mod program;
pub mod sample;
pub mod script;
mod server;
pub mod source;
mod supervisord;
#[cfg(test)]
pub(crate) mod testing;
mod values;
mod world;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use build::load;
pub use error::{ConfigError, UsageError};
pub use files::{MainFile, ROOT_SEARCHES, locate};
pub use notices::{Notice, Refusal};
pub use server::url_for_children;
pub use world::World;

use crate::base::event_names::EventName;
use crate::base::level::Level;
use crate::base::result_handler::ResultHandler;
use crate::process::policy::ProcessConfig;

/// Everything that one reading of the configuration gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// The main file as it was named, made absolute (DEC-011).
    pub file: PathBuf,
    /// The directory of the main file, absolute (CFG-010).
    pub here: PathBuf,
    /// `[supervisord]`, command line over file over defaults (CFG-219).
    pub supervisord: Supervisord,
    /// `[rpcinterface:x]` sections: the names of the enabled namespaces, in file order.
    pub rpc_interfaces: Vec<String>,
    /// inet servers in file order, then unix servers in file order (CFG-122).
    pub servers: Vec<Server>,
    /// Groups sorted by (priority, name) (PROC-104).
    pub groups: Vec<GroupConfig>,
    /// What the main log should hear about this reading (LOG-015).
    pub notices: Vec<Notice>,
}

/// `[supervisord]`, and the command line over it (config.md, sections 7 and 15).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own, named as users know it"
)]
pub struct Supervisord {
    /// Where the main log goes.
    pub logfile: MainLog,
    /// Rotate the main log at this size in bytes; 0 is never.
    pub logfile_maxbytes: u64,
    /// How many rotated main logs are kept.
    pub logfile_backups: u32,
    /// Least important level that is logged.
    pub loglevel: Level,
    /// The pid file, absolute; none is written where there is none.
    pub pidfile: Option<PathBuf>,
    /// Applied when daemonizing only (CFG-109).
    pub umask: u32,
    /// Stay in the foreground.
    pub nodaemon: bool,
    /// Do not echo the main log to stdout in the foreground.
    pub silent: bool,
    /// Wanted soft limit of open files.
    pub minfds: i64,
    /// Wanted soft limit of processes.
    pub minprocs: i64,
    /// Keep old AUTO logs at start.
    pub nocleanup: bool,
    /// Where AUTO logs go.
    pub childlogdir: PathBuf,
    /// The user to run as.
    pub user: Option<Account>,
    /// Working directory, entered when daemonizing only (CFG-117).
    pub directory: Option<PathBuf>,
    /// Remove ANSI escape sequences from child logs.
    pub strip_ansi: bool,
    /// Environment of every program, under its own.
    pub environment: BTreeMap<String, String>,
    /// Shown by RPC and in event headers; part of AUTO log names.
    pub identifier: String,
    /// When the daemon ends by itself, and how long that may take.
    pub ends: Ends,
    /// The preset for containers counts (LIF-227).
    #[serde(default)]
    pub container: bool,
}

/// When the daemon ends by itself, with which status, and how long that may take (LIF-200, LIF-226).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Ends {
    /// `exit_on_fatal=any`: when some process is FATAL.
    pub on_fatal: bool,
    /// `exit_when_done`.
    pub when_done: bool,
    /// `exit_code_on_failure`, 1 to 255.
    pub code_on_failure: Option<u8>,
    /// `shutdown_timeout`; none is no bound.
    pub shutdown_timeout: Option<Duration>,
}

/// Where the main log goes (CFG-104).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum MainLog {
    /// To this file, absolute.
    File(PathBuf),
    /// To syslog only.
    #[default]
    Syslog,
}

/// A user of this machine, looked up when the configuration was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// User id.
    pub uid: u32,
    /// Primary group id.
    pub gid: u32,
    /// Login name.
    pub name: String,
}

/// Looks up users and groups. The daemon asks the system; tests bring their own.
pub trait Accounts {
    /// The user with that name.
    fn user_by_name(&self, name: &str) -> Option<Account>;
    /// The user with that id.
    fn user_by_uid(&self, uid: u32) -> Option<Account>;
    /// The id of the group with that name.
    fn group_by_name(&self, name: &str) -> Option<u32>;
    /// Whether a group with that id exists.
    fn group_exists(&self, gid: u32) -> bool;
    /// The home directory of the user with that name, for `~name`.
    fn home_of_name(&self, name: &str) -> Option<PathBuf> {
        let _ = name;
        None
    }
    /// The shell of the user with that id (LIF-307).
    fn shell_of_uid(&self, uid: u32) -> Option<PathBuf> {
        let _ = uid;
        None
    }
    /// The home directory of the user with that id, for `~` without `HOME`.
    fn home_of_uid(&self, uid: u32) -> Option<PathBuf> {
        let _ = uid;
        None
    }
}

/// Owner of a socket file; `None` leaves that id as it is (CFG-091).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Ownership {
    /// User id.
    pub uid: Option<u32>,
    /// Group id.
    pub gid: Option<u32>,
}

/// One `[inet_http_server]` or `[unix_http_server]` section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// The section's whole name, for log lines and errors.
    pub section: String,
    /// Where it listens.
    pub address: ServerAddress,
    /// Who may talk to it; none lets everybody in.
    pub credentials: Option<Credentials>,
    /// Names that the Host header may carry, `*` for any; empty if nobody said (ACC-030, `allowed_hosts`).
    pub allowed_hosts: Vec<String>,
}

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ServerAddress {
    /// TCP. An empty host means all interfaces of IPv4 (CFG-092).
    Inet {
        /// Lower-case host name or address; one of IPv6 in brackets.
        host: String,
        /// 1 to 65535.
        port: u16,
    },
    /// A Unix socket.
    Unix {
        /// Absolute path.
        file: PathBuf,
        /// Permission bits.
        chmod: u32,
        /// Owner.
        chown: Ownership,
    },
}

/// User name and password of a server (CFG-127).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Credentials {
    /// Not empty.
    pub username: String,
    /// Plain text, or `{SHA}` and the hex SHA-1 of the password.
    pub password: String,
}

/// One group of processes, however it came about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupConfig {
    /// Its name.
    pub name: String,
    /// Groups with lower priority start earlier and stop later.
    pub priority: i64,
    /// What kind of group.
    pub kind: GroupKind,
    /// In the group's own order (PROC-106); the members of the active group share them.
    pub processes: Vec<Rc<ProcessConfig>>,
}

impl GroupConfig {
    /// Whether its processes speak the protocol of event listeners.
    pub const fn has_listeners(&self) -> bool {
        matches!(self.kind, GroupKind::EventListener(_))
    }
}

/// The kinds of groups.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum GroupKind {
    /// `[program:x]` or `[group:x]`.
    Program,
    /// `[eventlistener:x]`.
    EventListener(PoolConfig),
}

/// What an event listener pool has beyond a group (config.md, section 12).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PoolConfig {
    /// The types in `events`, sorted, each once.
    pub events: Vec<EventName>,
    /// How many events wait at most.
    pub buffer_size: usize,
    /// The reference's name of the result handler; only the default is accepted (EVT-046).
    pub result_handler: ResultHandler,
}
