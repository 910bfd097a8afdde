//! What a program's options say of its life beyond Supervisor's own: order, readiness, restarts, ends, hooks,
//! schedules and checks. All of it is absent while no such option is set.

pub mod check;

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::signals::Signal;

use check::{Check, Script};

/// All such options of one process. What is not set is the default, which changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifecycle {
    /// `type` (LIF-100).
    pub kind: Kind,
    /// `enabled` (LIF-290).
    pub enabled: bool,
    /// `autostart` as the section has it, where `dependent_startup=true` wins over it (LIF-024).
    pub autostart_shown: Option<bool>,
    /// `depends_on` or its alias, in the option's order (LIF-010).
    pub depends_on: Vec<Dependency>,
    /// The dependencies were written as `dependent_startup_wait_for`: they gate autostart only, and pull nothing
    /// (LIF-023).
    pub gates_autostart_only: bool,
    /// `ready_log_line`, a regular expression (LIF-152).
    pub ready_log_line: Option<String>,
    /// `startwaitsecs`, with its default filled in; none is no bound (LIF-154).
    pub startwaitsecs: Option<Duration>,
    /// When it is started again.
    pub restarts: Restarts,
    /// `startdelay` (LIF-190).
    pub startdelay: Duration,
    /// `numprocs_start_interval` (LIF-191).
    pub numprocs_start_interval: Duration,
    /// Which place the process has among the copies of its section, from 0.
    pub copy: u32,
    /// `essential` (LIF-200).
    pub essential: Essential,
    /// How it is stopped.
    pub stopping: Stopping,
    /// How it is told to read its configuration again (LIF-244).
    pub refresh: Option<Refresh>,
    /// What runs around its life.
    pub hooks: Hooks,
    /// `cron` and what belongs to it (LIF-270).
    pub schedule: Option<Schedule>,
    /// Which files restart it when they change (LIF-280).
    pub watches: Vec<Watch>,
    /// `readiness_check_script` and what belongs to it.
    pub readiness_check: Option<Check>,
    /// `liveness_check_script` and what belongs to it.
    pub liveness_check: Option<Check>,
    /// `liveness_check_success_action` (HLT-007).
    pub liveness_success: Option<Hook>,
    /// `liveness_check_failure_action` (HLT-008).
    pub liveness_failure: FailureAction,
}

impl Default for Lifecycle {
    fn default() -> Self {
        Self {
            kind: Kind::Simple,
            enabled: true,
            autostart_shown: None,
            depends_on: Vec::new(),
            gates_autostart_only: false,
            ready_log_line: None,
            startwaitsecs: None,
            restarts: Restarts::default(),
            startdelay: Duration::ZERO,
            numprocs_start_interval: Duration::ZERO,
            copy: 0,
            essential: Essential::No,
            stopping: Stopping::default(),
            refresh: None,
            hooks: Hooks::default(),
            schedule: None,
            watches: Vec::new(),
            readiness_check: None,
            liveness_check: None,
            liveness_success: None,
            liveness_failure: FailureAction::Restart,
        }
    }
}

/// `type` (LIF-100).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Kind {
    /// As Supervisor has it.
    #[default]
    Simple,
    /// A job that ends; it is up while it runs and done when it ended as expected.
    Oneshot,
    /// It says by itself when it is ready.
    Notify,
}

/// One item of `depends_on` (LIF-010).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dependency {
    /// Who is depended on.
    pub whom: Whom,
    /// Any of these has to hold; none given by the user is the default of LIF-014, which is filled in.
    pub conditions: Vec<Condition>,
}

/// Who is depended on. Names are looked up among the active groups each time (LIF-067).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Whom {
    /// All processes made of the section of that name, in every group (LIF-012).
    Program(String),
    /// All processes of a group.
    Group(String),
    /// One process.
    Process {
        /// Its group.
        group: String,
        /// Its name.
        name: String,
    },
}

/// What has to hold of a dependency (LIF-030 to LIF-034).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Condition {
    /// STARTING with a pid, RUNNING or EXITED.
    Started,
    /// RUNNING.
    Running,
    /// RUNNING, ready and alive.
    Healthy,
    /// EXITED as expected.
    Exited,
    /// EXITED or FATAL.
    Ended,
}

/// A number with six decimals, so that equal is equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Millionths(pub u64);

/// When a process is started again (LIF-170 to LIF-178). `startretries=unlimited` is `i64::MAX` retries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restarts {
    /// `restartpause`.
    pub pause: Duration,
    /// `backoff_delay`.
    pub delay: Duration,
    /// `backoff_factor`; none is linear.
    pub factor: Option<Millionths>,
    /// `backoff_limit`; none is no limit.
    pub limit: Option<Duration>,
    /// `backoff_jitter`, 0 to 1.
    pub jitter: Millionths,
    /// `startretries=unlimited` (LIF-175).
    pub unlimited: bool,
    /// `fatal_retry_secs`; none is never.
    pub fatal_retry: Option<Duration>,
    /// `start_limit_burst` within `start_limit_interval`; none is no limit.
    pub start_limit: Option<StartLimit>,
}

impl Default for Restarts {
    fn default() -> Self {
        Self {
            pause: Duration::ZERO,
            delay: Duration::from_secs(1),
            factor: None,
            limit: None,
            jitter: Millionths(0),
            unlimited: false,
            fatal_retry: None,
            start_limit: None,
        }
    }
}

/// At most so many starts in so long (LIF-177).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartLimit {
    /// Most starts.
    pub burst: u32,
    /// Within.
    pub interval: Duration,
}

/// `essential` (LIF-200).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Essential {
    /// The daemon goes on without it.
    #[default]
    No,
    /// The daemon ends when it is FATAL.
    Fatal,
    /// The daemon ends when it ends.
    Exit,
}

/// How a process is stopped beyond `stopsignal` and `stopwaitsecs` (LIF-240 to LIF-243).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Stopping {
    /// The signals after the first.
    pub more_signals: Vec<Signal>,
    /// `stopwaitsecs=never`.
    pub never_kill: bool,
    /// `stopwaitsecs` where it is no whole number of seconds.
    pub wait: Option<Duration>,
    /// `killwaitsecs`; none is `stopwaitsecs`.
    pub killwait: Option<Duration>,
    /// `stopcommand`.
    pub command: Option<Hook>,
    /// One of the options of this section is set, so that details count down (LIF-346).
    pub is_told: bool,
}

/// How a process is refreshed (LIF-244).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refresh {
    /// `reloadsignal`.
    Signal(Signal),
    /// `reloadcommand`.
    Command(Hook),
}

/// What runs around a life (LIF-250 to LIF-257).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hooks {
    /// `pre_start_hook`.
    pub pre_start: Option<Hook>,
    /// `post_start_hook`.
    pub post_start: Option<Hook>,
    /// `pre_stop_hook`.
    pub pre_stop: Option<Hook>,
    /// `post_stop_hook`.
    pub post_stop: Option<Hook>,
    /// `hook_timeout_secs`.
    pub timeout: Duration,
}

impl Default for Hooks {
    fn default() -> Self {
        Self {
            pre_start: None,
            post_start: None,
            pre_stop: None,
            post_stop: None,
            timeout: Duration::from_mins(1),
        }
    }
}

/// Something that is run for a process (LIF-254).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hook {
    /// What.
    pub script: Script,
    /// `-`: its failure counts as success.
    pub may_fail: bool,
    /// `+`: as the daemon's own user.
    pub as_daemon: bool,
}

/// `cron` and its neighbours (LIF-270 to LIF-274).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// The expression as written, without a prefix for the zone; it was found right.
    pub expression: String,
    /// The name of the time zone; none is the daemon's.
    pub zone: Option<String>,
    /// What a run does that comes while one is under way.
    pub overlap: Overlap,
}

/// `cron_overlap` (LIF-274).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Overlap {
    /// The new one is left out.
    #[default]
    Skip,
    /// It begins when the old one has ended.
    Queue,
    /// The old one is stopped.
    Kill,
}

/// Files that restart a process when they change (LIF-280 to LIF-282).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// Which.
    pub what: Watched,
    /// What is done then.
    pub then: OnChange,
}

/// What is watched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Watched {
    /// The file that `command` names.
    Binary,
    /// `restart_directory_monitor` with `restart_file_pattern`.
    Directory {
        /// It and what is below it.
        path: PathBuf,
        /// What the last part of a file's name has to look like; one of them.
        patterns: Vec<String>,
    },
}

/// What a change does (LIF-282).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum OnChange {
    /// Stop and start.
    Restart,
    /// `restart_cmd_when_…`.
    Run(Hook),
    /// `restart_signal_when_…`, in order.
    Signal(Vec<Signal>),
}

/// `liveness_check_failure_action` (HLT-008).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum FailureAction {
    /// Stop and start.
    #[default]
    Restart,
    /// Stop.
    Stop,
    /// Only say so.
    None,
    /// Run something.
    Run(Hook),
}
