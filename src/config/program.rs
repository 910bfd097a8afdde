//! `[program:x]`, and the options that listeners and FastCGI programs share with it: one section to its processes
//! (config.md, section 10).

use std::collections::BTreeMap;
use std::rc::Rc;

use super::envlist::{self, EnvironmentList};
use super::error::{ConfigError, ValueError};
use super::expand::{Names, Value, expand};
use super::notices::Notices;
use super::options::Scope;
use super::program_options::{Channel, PROCESS, ProcessValues, SECTION, SectionValues};
use super::values;
use crate::base::level::Level;
use crate::process::policy::{ChannelConfig, FcgiSocket, LogTarget, Policy, ProcessConfig};

/// How the names of the sections begin.
pub(super) const PREFIX: &str = "program:";

/// What a section's processes get from outside of it.
pub(super) struct Surroundings<'a> {
    /// The group that they will be in.
    pub(super) group: &'a str,
    /// `[supervisord] environment`, under their own (CFG-154).
    pub(super) environment: &'a BTreeMap<String, String>,
    /// The socket of their fcgi-program.
    pub(super) socket: Option<&'a FcgiSocket>,
}

/// More processes than this no daemon can have pipes for: the kernel allows 2^20 descriptors, and each process takes
/// two at least.
pub(super) const MOST_PROCESSES: i64 = 1 << 19;

/// The processes of a section, sorted by name (CFG-165). `scope.names` are `here` and the environment.
/// Lines for the main log are appended.
pub(super) fn processes(
    scope: &Scope<'_>,
    surroundings: &Surroundings<'_>,
    notices: &mut Notices,
) -> Result<Vec<Rc<ProcessConfig>>, ConfigError> {
    let (_, name) = scope.section.split_once(':').unwrap_or(("", scope.section));
    let names = Names::over(scope.names)
        .with("program_name", &values::name(name)?)
        .with("group_name", surroundings.group)
        .with("host_node_name", &scope.world.node_name);
    let mut section = SectionValues::default();
    let scope = Scope {
        names: &names,
        ..*scope
    };
    scope.fill(&SECTION, &mut section)?;
    if section.numprocs > 1 && !section.process_name.contains("%(process_num)") {
        return Err(ConfigError::ProcessNum);
    }
    if section.numprocs > MOST_PROCESSES {
        return Err(ConfigError::TooManyProcesses(section.numprocs));
    }
    if section.stopasgroup && section.killasgroup == Some(false) {
        return Err(ConfigError::StopWithoutKill);
    }
    let end = section.numprocs_start.saturating_add(section.numprocs);
    let mut processes = Vec::new();
    let mut remark = None;
    for number in section.numprocs_start..end {
        let mut says = Says {
            notices: &mut *notices,
            remark: &mut remark,
        };
        let process = process(&section, number, &scope, surroundings, &mut says)?;
        processes.push(Rc::new(process));
    }
    if let Some(remark) = remark {
        notices.hint(Level::Warn, remark);
    }
    processes.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(processes)
}

/// What a section has to say for the main log.
struct Says<'a> {
    /// Of each process.
    notices: &'a mut Notices,
    /// Of the first process only: what is wrong is the same for all.
    remark: &'a mut Option<String>,
}

fn process(
    section: &SectionValues,
    number: i64,
    scope: &Scope<'_>,
    surroundings: &Surroundings<'_>,
    says: &mut Says<'_>,
) -> Result<ProcessConfig, ConfigError> {
    let mut names = Names::over(scope.names);
    names.set("process_num", Value::Number(number));
    names.set("numprocs", Value::Number(section.numprocs));
    let scope = Scope {
        names: &names,
        ..*scope
    };
    let own = environment(&section.environment, &scope, says.remark)
        .map_err(|error| scope.refuse("environment", error))?;
    let mut names = Names::over(scope.names);
    names.set_environment(&own.variables);
    let scope = Scope {
        names: &names,
        ..scope
    };
    let mut values = ProcessValues::default();
    scope.fill(&PROCESS, &mut values)?;
    let channels = [
        ("stdout", &mut values.stdout),
        ("stderr", &mut values.stderr),
    ];
    for (which, channel) in channels {
        settle(which, channel, scope.section, says.notices);
    }
    if section.redirect_stderr {
        redirect(&mut values.stderr, scope.section, says.notices);
    }
    let no_command = || ConfigError::NoCommand(scope.section.to_owned());
    let command = values.command.ok_or_else(no_command)?;
    let name = expand(&section.process_name, &names, "process_name")
        .map_err(|error| scope.refuse("process_name", error))?
        .into_owned();
    let mut environment = surroundings.environment.clone();
    environment.extend(own.variables);
    let capture = (
        section.stdout_capture_maxbytes,
        section.stdout_events_enabled,
    );
    let stdout = channel(values.stdout, capture);
    let capture = (
        section.stderr_capture_maxbytes,
        section.stderr_events_enabled,
    );
    let stderr = channel(values.stderr, capture);
    Ok(ProcessConfig {
        name,
        command,
        directory: values.directory,
        umask: section.umask,
        priority: section.priority,
        policy: policy(section),
        stdout,
        stderr,
        redirect_stderr: section.redirect_stderr,
        environment,
        serverurl: section.serverurl.clone(),
        uid: section.uid,
        socket: surroundings.socket.cloned(),
    })
}

fn environment(
    text: &str,
    scope: &Scope<'_>,
    remark: &mut Option<String>,
) -> Result<EnvironmentList, ValueError> {
    let text = expand(text, scope.names, "environment")?;
    let list = envlist::parse(&text)?;
    if remark.is_none() {
        *remark = envlist::remark(&list, &text, scope);
    }
    Ok(list)
}

fn policy(section: &SectionValues) -> Policy {
    Policy {
        autostart: section.autostart,
        autorestart: section.autorestart,
        startsecs: section.startsecs,
        startretries: section.startretries,
        exitcodes: section.exitcodes.clone(),
        stopsignal: section.stopsignal,
        stopwaitsecs: section.stopwaitsecs,
        stopasgroup: section.stopasgroup,
        killasgroup: section.killasgroup.unwrap_or(section.stopasgroup),
        lifecycle: None,
    }
}

fn channel(channel: Channel, (capture_maxbytes, events_enabled): (u64, bool)) -> ChannelConfig {
    ChannelConfig {
        logfile: channel.logfile,
        maxbytes: channel.maxbytes,
        backups: channel.backups,
        capture_maxbytes,
        events_enabled,
        syslog: channel.syslog,
    }
}

/// Turns the deprecated log name into the flag, and warns where a log can grow without end (CFG-157,
/// CFG-158).
fn settle(which: &str, channel: &mut Channel, section: &str, notices: &mut Notices) {
    if channel.is_syslog {
        channel.syslog = true;
        notices.warn(format!(
            "For [{section}], {which}_logfile=syslog but this is deprecated and will be removed.  Use \
             {which}_syslog=true to enable syslog instead."
        ));
    }
    if channel.logfile == LogTarget::Auto && channel.maxbytes == 0 {
        notices.warn(format!(
            "For [{section}], AUTO logging used for {which}_logfile without rollover, set maxbytes > 0 \
             to avoid filling up filesystem unintentionally"
        ));
    }
}

/// A redirected stderr has no log of its own (CFG-156).
fn redirect(stderr: &mut Channel, section: &str, notices: &mut Notices) {
    if matches!(stderr.logfile, LogTarget::File(_)) {
        notices.warn(format!(
            "For [{section}], redirect_stderr=true but stderr_logfile has also been set to a filename, \
             the filename has been ignored"
        ));
    }
    stderr.logfile = LogTarget::None;
}

#[cfg(test)]
#[path = "program_tests.rs"]
mod tests;
