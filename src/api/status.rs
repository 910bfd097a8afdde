//! All that there is to tell of one process: the struct of `ext.getProcessInfo` (API-030 to API-054).

use serde::Serialize;

use crate::base::clock::{Now, Wall};
use crate::base::exit::Exit;
use crate::base::health::{CheckKind, Verdict};
use crate::base::names::namespec;
use crate::base::pid::Pid;
use crate::base::states::ProcessState;
use crate::process::checking::Checking;
use crate::process::lifecycle::{Essential, Kind, Lifecycle};
use crate::process::past::Exits;
use crate::process::policy::Policy;
use crate::supervisor::Supervisor;
use crate::supervisor::member::Member;
use crate::supervisor::pending::Stage;

/// A process with all that is known of it. Its members come in this order everywhere; none is ever left out, none is
/// null (API-003). There is no environment, no command and no password among them.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(missing_docs, reason = "API-031 to API-053 are the table of them")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each answers its own question"
)]
pub struct ProcessStatus {
    pub name: String,
    pub group: String,
    pub namespec: String,
    pub kind: &'static str,
    #[serde(rename = "type")]
    pub lifecycle: &'static str,
    pub state: &'static str,
    pub statecode: i32,
    pub detail: String,
    pub description: String,
    pub ready: bool,
    pub health: &'static str,
    pub wanted: bool,
    pub pid: i32,
    pub started: f64,
    pub stopped: f64,
    pub uptime: f64,
    pub exitstatus: i32,
    pub exitsignal: String,
    pub exit: &'static str,
    pub spawnerr: String,
    pub starts: u32,
    pub restarts: u32,
    pub exits: Exits,
    pub tries: u32,
    pub next_start: f64,
    pub waits_for: Vec<String>,
    pub depends_on: Vec<String>,
    pub autostart: bool,
    pub enabled: bool,
    pub essential: &'static str,
    pub priority: i64,
    pub stdout_logfile: String,
    pub stderr_logfile: String,
    pub log_lost: u64,
    pub killmode: &'static str,
    pub cgroup: String,
    pub limits: Limits,
    pub usage: Usage,
}

/// What was set of limits, as configured (API-052).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Limits {}

/// What a process takes of the machine (API-053).
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[expect(missing_docs, reason = "RES-100 says what they are")]
pub struct Usage {
    pub processes: u32,
    pub cpu_seconds: f64,
    pub cpu_percent: f64,
    pub rss: u64,
    pub read_bytes: u64,
    pub write_bytes: u64,
    pub uptime: f64,
    pub source: &'static str,
}

/// What a check of a process found so far (HLT-102).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(missing_docs, reason = "HLT-102 says what they are")]
pub struct CheckStatus {
    pub name: String,
    pub group: String,
    pub check: &'static str,
    pub verdict: &'static str,
    pub successes: u32,
    pub failures: u32,
    pub runs: u32,
    pub last: f64,
    pub duration_ms: f64,
    pub reason: String,
}

impl CheckStatus {
    /// As clients see it.
    pub fn of(member: &Member, check: CheckKind, found: &Checking) -> Self {
        Self {
            name: member.process.name.clone(),
            group: member.group.to_string(),
            check: check.name(),
            verdict: found.verdict.name(),
            successes: found.successes,
            failures: found.failures,
            runs: found.runs,
            last: epoch(found.last),
            duration_ms: (found.took.as_secs_f64() * 1e6).round() / 1e3,
            reason: found.reason.clone(),
        }
    }
}

/// All that is known of one process.
pub fn of(supervisor: &Supervisor, member: &Member, now: Now) -> ProcessStatus {
    let info = supervisor.view_of(member, now).into_owned();
    let (process, config) = (&member.process, &member.config);
    let lifecycle = config.policy.lifecycle.as_deref();
    let past = &process.past;
    let child = process.pid.map(|_| process.started);
    let last = past.last;
    ProcessStatus {
        namespec: namespec(&info.group, &info.name),
        kind: kind(member),
        lifecycle: lifecycle.map_or("simple", |lifecycle| match lifecycle.kind {
            Kind::Simple => "simple",
            Kind::Oneshot => "oneshot",
            Kind::Notify => "notify",
        }),
        state: info.state.name(),
        statecode: info.state.code(),
        detail: supervisor.detail(member.id, now),
        description: info.description.into_owned(),
        ready: supervisor.is_ready(member.id),
        health: supervisor.health(member.id).map_or("", Verdict::name),
        wanted: process.state.is_running() || member.is_between_lives(),
        pid: process.pid.map_or(0, Pid::number),
        started: epoch(process.laststart),
        stopped: epoch(process.laststop),
        uptime: child.map_or(0.0, |since| now.mono.since(since).as_secs_f64()),
        exitstatus: last.map_or(0, |(_, exit)| exit.status()),
        exitsignal: last.map_or_else(String::new, |(_, exit)| signal(exit)),
        exit: last.map_or("", |(ending, _)| ending.name()),
        spawnerr: info.spawnerr.into_owned(),
        starts: past.starts,
        restarts: past.restarts,
        exits: past.exits,
        tries: process.backoff,
        next_start: next_start(supervisor, member, now),
        waits_for: supervisor.unmet_needs(member.id),
        depends_on: supervisor.needs(member.id),
        autostart: config.policy.autostart,
        enabled: lifecycle.is_none_or(|lifecycle| lifecycle.enabled),
        essential: essential(lifecycle),
        priority: config.priority,
        stdout_logfile: info.stdout_logfile.into_owned(),
        stderr_logfile: info.stderr_logfile.into_owned(),
        log_lost: 0,
        killmode: killmode(&config.policy),
        cgroup: String::new(),
        limits: Limits::default(),
        usage: Usage::default(),
        name: info.name.into_owned(),
        group: info.group.into_owned(),
    }
}

fn kind(member: &Member) -> &'static str {
    match (member.listener, &member.config.socket) {
        (true, _) => "eventlistener",
        (false, Some(_)) => "fcgi-program",
        (false, None) => "program",
    }
}

fn signal(exit: Exit) -> String {
    match exit {
        Exit::Signal { signal, .. } => signal.to_string(),
        Exit::Code(_) | Exit::Odd(_) => String::new(),
    }
}

/// When it is started again by itself; 0 if it is not, or if nobody can tell (API-045).
fn next_start(supervisor: &Supervisor, member: &Member, now: Now) -> f64 {
    let process = &member.process;
    let waits = matches!(
        process.state,
        ProcessState::Backoff | ProcessState::Exited | ProcessState::Fatal
    );
    let due = match member.pending.as_deref().map(|pending| pending.stage) {
        Some(Stage::Delay(until)) => Some(until),
        Some(Stage::Line | Stage::Others) => None,
        None => process.deadline.filter(|_| waits),
    };
    let rests = process.state.is_stopped() && member.pending.is_none();
    let scheduled = || supervisor.next_scheduled(member.id).filter(|_| rests);
    due.or_else(scheduled).map_or(0.0, |due| {
        epoch(Some(now.wall)) + due.since(now.mono).as_secs_f64()
    })
}

fn essential(lifecycle: Option<&Lifecycle>) -> &'static str {
    match lifecycle.map_or(Essential::No, |lifecycle| lifecycle.essential) {
        Essential::No => "false",
        Essential::Fatal => "fatal",
        Essential::Exit => "exit",
    }
}

/// By the old options; empty where only SIGKILL goes to the group, which has no word (RES-070, RES-071).
const fn killmode(policy: &Policy) -> &'static str {
    match (policy.stopasgroup, policy.killasgroup) {
        (false, false) => "process",
        (true, _) => "group",
        (false, true) => "",
    }
}

/// Seconds since 1970, to the millisecond; 0 for never (API-003).
#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds since 1970 are far below 2^53"
)]
pub fn epoch(wall: Option<Wall>) -> f64 {
    wall.map_or(0.0, |wall| wall.0.div_euclid(1_000_000) as f64 / 1000.0)
}
