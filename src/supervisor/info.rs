//! Read-only views for clients: what is known of processes, and how they are configured.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use crate::base::calendar::LocalTime;
use crate::base::clock::{Now, Wall};
use crate::base::fault::Fault;
use crate::base::names::namespec;
use crate::base::pid::Pid;
use crate::base::process_info::ProcessInfo;
use crate::base::states::{ProcessState, SupervisorState};
use crate::config::GroupConfig;
use crate::logs::place::LogPath;
use crate::process::policy::ProcessConfig;

use super::Supervisor;
use super::member::{LogPaths, Member};

/// One process as configured, with the group it belongs to (RPC-130).
#[derive(Debug)]
pub struct ConfigInfo<'a> {
    /// The group as it was read last.
    pub group: &'a GroupConfig,
    /// The process as it was read last.
    pub process: &'a ProcessConfig,
    /// The group is active.
    pub inuse: bool,
    /// The log files, where the active group was made of just this configuration (RPC-132).
    pub logs: Option<&'a LogPaths>,
}

/// The whole at a glance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// What the supervisor as a whole is about.
    pub state: SupervisorState,
    /// Some processes have not been told to start yet.
    pub starting: bool,
    /// How long it takes at most until a process that is stopping is killed.
    pub patience: Duration,
    /// How many processes are in each state, those left out that none is in.
    pub counts: Vec<(ProcessState, usize)>,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.state {
            SupervisorState::Running => {}
            SupervisorState::Restarting => f.write_str("Restarting, ")?,
            SupervisorState::Shutdown => f.write_str("Shutting down, ")?,
        }
        let total: usize = self.counts.iter().map(|(_, count)| count).sum();
        let noun = if total == 1 { "process" } else { "processes" };
        write!(f, "{total} {noun}")?;
        for (index, (state, count)) in self.counts.iter().enumerate() {
            let separator = if index == 0 { ": " } else { ", " };
            write!(f, "{separator}{count} {state}")?;
        }
        Ok(())
    }
}

impl Supervisor {
    /// The whole at a glance.
    pub fn summary(&self, now: Now) -> Summary {
        let counts = ProcessState::ALL.into_iter().map(|state| {
            let within = self
                .members()
                .filter(|member| member.process.state == state);
            (state, within.count())
        });
        let stopping = self
            .members()
            .filter(|member| member.process.state == ProcessState::Stopping);
        let ends = stopping.filter_map(|member| member.process.deadline);
        Summary {
            state: self.state(),
            starting: self.is_starting(),
            patience: ends.max().map_or(Duration::ZERO, |end| end.since(now.mono)),
            counts: counts.filter(|(_, count)| *count > 0).collect(),
        }
    }

    /// `getProcessInfo`.
    pub fn view(&self, spec: &str, now: Now) -> Result<ProcessInfo<'_>, Fault> {
        Ok(self.view_of(self.find_process(spec)?, now))
    }

    /// `getAllProcessInfo`: by group name, then process name (RPC-144). The same within one second of one
    /// [`Self::revision`].
    pub fn views(&self, now: Now) -> impl Iterator<Item = ProcessInfo<'_>> {
        self.by_name().map(move |member| self.view_of(member, now))
    }

    /// All members by group name, then process name.
    pub fn by_name(&self) -> impl Iterator<Item = &Member> {
        let mut members: Vec<_> = self.durable.roster.members.values().collect();
        members.sort_by_key(|member| (&*member.group, member.process.name.as_str()));
        members.into_iter()
    }

    /// What there is to see of one process; of the system it needs the time zone, of the time whole seconds.
    pub fn view_of<'a>(&'a self, member: &'a Member, now: Now) -> ProcessInfo<'a> {
        let wall = now.wall.whole_seconds();
        let process = &member.process;
        let seconds = |wall: Option<Wall>| wall.map_or(0, Wall::wire_seconds);
        let path = |path: &'a Option<LogPath>| {
            path.as_ref()
                .map(|path| path.path().to_string_lossy())
                .unwrap_or_default()
        };
        let description = match process.state {
            // where the reference says nothing (LIF-005)
            ProcessState::Starting | ProcessState::Stopping => self.detail(member.id, now).into(),
            _ => describe(member, self.runtime.ports.local_time, wall),
        };
        ProcessInfo {
            name: process.name.as_str().into(),
            group: (&*member.group).into(),
            start: seconds(process.laststart),
            stop: seconds(process.laststop),
            now: wall.wire_seconds(),
            state: process.state,
            spawnerr: process.spawnerr.as_deref().unwrap_or_default().into(),
            exitstatus: process.exitstatus.unwrap_or(0),
            stdout_logfile: path(&member.logs.stdout),
            stderr_logfile: path(&member.logs.stderr),
            pid: process.pid.map_or(0, Pid::number),
            description,
        }
    }

    /// `getAllConfigInfo`: by process name, equal ones in the order of their groups (RPC-130).
    pub fn all_config_info(&self) -> Vec<ConfigInfo<'_>> {
        let mut infos: Vec<_> = self
            .durable
            .roster
            .read
            .iter()
            .flat_map(|read| {
                read.config
                    .processes
                    .iter()
                    .map(move |process| (read, process))
            })
            .map(|(read, process)| {
                let group = &*read.config;
                let active = self.group(&group.name);
                let same = active.filter(|active| active.config_id == read.id);
                let spec = namespec(&group.name, &process.name);
                let member = same.and_then(|_| self.find_process(&spec).ok());
                ConfigInfo {
                    group,
                    process,
                    inuse: active.is_some(),
                    logs: member.map(|member| &member.logs),
                }
            })
            .collect();
        infos.sort_by_key(|info| info.process.name.as_str());
        infos
    }
}

/// The state in words (PROC-049 to PROC-054).
fn describe(member: &Member, local_time: fn(Wall) -> LocalTime, now: Wall) -> Cow<'_, str> {
    let process = &member.process;
    match process.state {
        ProcessState::Running => {
            let pid = process.pid.map_or(0, Pid::number);
            // from whole seconds of both ends, as clients compute it from `start` and `now`
            let start = process.laststart.map_or(0, Wall::seconds);
            let seconds = u64::try_from(now.seconds() - start).unwrap_or(0);
            format!("pid {pid}, uptime {}", uptime(seconds)).into()
        }
        ProcessState::Fatal | ProcessState::Backoff => match &process.spawnerr {
            Some(text) => text.into(),
            None => format!("unknown error (try \"tail {}\")", process.name).into(),
        },
        ProcessState::Stopped | ProcessState::Exited if process.laststart.is_some() => {
            let stop = process.laststop.unwrap_or_default();
            local_time(stop).short().to_string().into()
        }
        ProcessState::Stopped | ProcessState::Exited => "Not started".into(),
        ProcessState::Starting | ProcessState::Stopping | ProcessState::Unknown => "".into(),
    }
}

/// Hours, minutes and seconds, with days before them if there are any (PROC-049).
fn uptime(seconds: u64) -> impl fmt::Display {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    fmt::from_fn(move |f| {
        match days {
            0 => {}
            1 => f.write_str("1 day, ")?,
            _ => write!(f, "{days} days, ")?,
        }
        let (hours, minutes, seconds) = (rest / 3600, rest / 60 % 60, rest % 60);
        write!(f, "{hours}:{minutes:02}:{seconds:02}")
    })
}

#[cfg(test)]
mod tests {
    use super::uptime;

    #[test]
    fn uptimes() {
        let table = [
            (0, "0:00:00"),
            (59, "0:00:59"),
            (3_661, "1:01:01"),
            (86_405, "1 day, 0:00:05"),
            (12 * 86_400 + 50_000, "12 days, 13:53:20"),
        ];
        for (seconds, text) in table {
            assert_eq!(uptime(seconds).to_string(), text);
        }
    }
}
