//! The part of a program's configuration that belongs to one process.
//!
//! `config` builds these values, `supervisor` and `daemon` read them; the state machine reads [`Policy`] only.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::lifecycle::Lifecycle;
use crate::base::exit::Exit;
use crate::base::signals::Signal;

/// One process as configured: every option after expansion. Blank values are none that count: defaults stand in the option
/// tables.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ProcessConfig {
    /// Its name within the group.
    pub name: String,
    /// The name of the section that it was made of, without its kind.
    pub program: Rc<str>,
    /// The command line, not yet split (CFG-137).
    pub command: String,
    /// Working directory.
    pub directory: Option<String>,
    /// File mode mask.
    pub umask: Option<u32>,
    /// Order within starts and stops.
    pub priority: i64,
    /// What the state machine goes by.
    pub policy: Policy,
    /// Standard output.
    pub stdout: ChannelConfig,
    /// Standard error.
    pub stderr: ChannelConfig,
    /// stderr goes where stdout goes.
    pub redirect_stderr: bool,
    /// The global environment overlaid by the program's own (CFG-154).
    pub environment: BTreeMap<String, String>,
    /// What the child gets as `SUPERVISOR_SERVER_URL`; none is automatic, empty means not set (CFG-155).
    pub serverurl: Option<String>,
    /// The user to run as.
    pub uid: Option<u32>,
    /// The shared `FastCGI` socket of the section that the process belongs to.
    pub socket: Option<FcgiSocket>,
}

/// What the state machine goes by.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Policy {
    /// Start with the supervisor.
    pub autostart: bool,
    /// When to start again after an exit.
    pub autorestart: Autorestart,
    /// Seconds up before it counts as RUNNING. Negative is like 0.
    pub startsecs: i64,
    /// Retries after a failed start.
    pub startretries: i64,
    /// Exit codes that are expected.
    pub exitcodes: Vec<u8>,
    /// Asks the process to end.
    pub stopsignal: Signal,
    /// Seconds until SIGKILL.
    pub stopwaitsecs: i64,
    /// The stop signal goes to the whole process group.
    pub stopasgroup: bool,
    /// SIGKILL goes to the whole process group.
    pub killasgroup: bool,
    /// What goes beyond Supervisor's own options; none while no such option is set.
    pub lifecycle: Option<Box<Lifecycle>>,
}

impl Policy {
    /// `startsecs` as a span; negative counts as none.
    pub fn start_span(&self) -> Duration {
        seconds(self.startsecs)
    }

    /// `stopwaitsecs` as a span; negative counts as none.
    pub fn stop_span(&self) -> Duration {
        let beyond = self.lifecycle.as_ref();
        let exact = beyond.and_then(|lifecycle| lifecycle.stopping.wait);
        exact.unwrap_or_else(|| seconds(self.stopwaitsecs))
    }

    /// `autostart` as clients see it: as the section has it (LIF-024).
    pub fn shown_autostart(&self) -> bool {
        let shown = self
            .lifecycle
            .as_ref()
            .and_then(|life| life.autostart_shown);
        shown.unwrap_or(self.autostart)
    }

    /// `startretries` as clients see it: -1 is without end (LIF-175).
    pub fn shown_retries(&self) -> i64 {
        let unlimited = self
            .lifecycle
            .as_ref()
            .is_some_and(|life| life.restarts.unlimited);
        if unlimited { -1 } else { self.startretries }
    }

    /// Whether that end is in `exitcodes`; a death by signal never is (PROC-034).
    pub fn expects(&self, exit: Exit) -> bool {
        matches!(exit, Exit::Code(code) if self.exitcodes.contains(&code))
    }
}

fn seconds(seconds: i64) -> Duration {
    Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}

/// `autorestart` (CFG-085).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Autorestart {
    /// Never.
    #[default]
    Never,
    /// After an exit that is not in `exitcodes`.
    Unexpected,
    /// Always.
    Always,
}

/// One output channel of a process.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ChannelConfig {
    /// Where the bytes go.
    pub logfile: LogTarget,
    /// Rotate at this size in bytes; 0 is never.
    pub maxbytes: u64,
    /// How many rotated files are kept.
    pub backups: u32,
    /// Capture buffer in bytes; 0 switches capture mode off.
    pub capture_maxbytes: u64,
    /// Output raises `PROCESS_LOG` events.
    pub events_enabled: bool,
    /// Lines also go to syslog.
    pub syslog: bool,
    /// What a line looks like in the log.
    #[serde(default)]
    pub format: LogFormat,
}

/// What a line of a program looks like in its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum LogFormat {
    /// As the program wrote it.
    #[default]
    Raw,
    /// With time, name and stream before it (LGX-072).
    Text,
}

/// `stdout_logfile` or `stderr_logfile` (CFG-089).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum LogTarget {
    /// Nowhere.
    #[default]
    None,
    /// A file of its own in `childlogdir`, made when the group is added (LOG-133).
    Auto,
    /// This file, relative to the working directory of the daemon if relative.
    File(PathBuf),
}

/// The socket of an `[fcgi-program:x]`, shared by the processes of that section (PROC-111).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FcgiSocket {
    /// The socket as configured: `unix:///path` or `tcp://host:port`, host in lower case.
    pub url: String,
    /// Where it is.
    pub address: FcgiAddress,
    /// Backlog for listen; none is the system's `SOMAXCONN`.
    pub backlog: Option<u16>,
}

/// Where a `FastCGI` socket is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FcgiAddress {
    /// TCP over IPv4.
    Tcp {
        /// Host name or address.
        host: String,
        /// Port.
        port: u16,
    },
    /// A Unix socket.
    Unix {
        /// Absolute path.
        path: PathBuf,
        /// Permission bits.
        mode: u32,
        /// Owner: user id and group id, unchanged where none.
        owner: (Option<u32>, Option<u32>),
    },
}
