//! `[program:x]`, and the options that listeners and FastCGI programs share with it: one section to its processes
//! (config.md, section 10).

mod environment;
mod options;

use std::collections::BTreeMap;
use std::rc::Rc;

use super::envlist::{self, EnvironmentList};
use super::error::{ConfigError, ValueError};
use super::expand::{Names, Value, expand};
use super::ini::Entry;
use super::lifecycle::{self, Depends};
use super::notices::Notices;
use super::options::Scope;
use super::{eventlistener, values};
use crate::base::level::Level;
use crate::process::policy::{ChannelConfig, FcgiSocket, LogFormat, LogTarget, ProcessConfig};
pub(super) use options::all_rows as rows;
use options::{
    CAPTURE, CHANNELS, COMMAND, Channel, DIRECTORY, LOG, PRIORITY, Program, SHARED, SHARED_TOO,
    Stated,
};

/// How the names of the sections begin.
pub(super) const PREFIX: &str = "program:";

/// What a section's processes get from outside of it.
pub(super) struct Surroundings<'a> {
    /// The group that they will be in.
    pub(super) group: &'a str,
    /// `[supervisord] environment`, under their own (CFG-154).
    pub(super) environment: &'a BTreeMap<String, String>,
    /// The preset for containers counts (LIF-231).
    pub(super) container: bool,
    /// The user that the daemon will be.
    pub(super) daemon_uid: u32,
    /// The socket of their fcgi-program.
    pub(super) socket: Option<&'a FcgiSocket>,
}

/// More processes than this no daemon can have pipes for: the kernel allows 2^20 descriptors, and each process takes
/// two at least.
pub(super) const MOST_PROCESSES: i64 = 1 << 19;

/// The priority of a group that is one section. `scope.names` are `here` and the environment (CFG-053).
pub(super) fn priority(scope: &Scope<'_>) -> Result<i64, ConfigError> {
    let mut program = Program::default();
    scope.fill(&PRIORITY, &mut program)?;
    Ok(program.process.priority)
}

/// The processes of a section, sorted by name (CFG-165). `scope.names` are `here` and the environment.
/// Lines for the main log are appended.
pub(super) fn processes(
    scope: &Scope<'_>,
    surroundings: &Surroundings<'_>,
    notices: &mut Notices,
) -> Result<Vec<Made>, ConfigError> {
    let (_, name) = scope.section.split_once(':').unwrap_or(("", scope.section));
    let name = values::name(name)?;
    let names = Names::over(scope.names)
        .with("program_name", &name)
        .with("group_name", surroundings.group)
        .with("host_node_name", &scope.world.node_name);
    let scope = scope.with(&names);
    let mut program = shared(&scope, surroundings)?;
    program.process.program = name.into();
    let end = program.numprocs_start.saturating_add(program.numprocs);
    let mut processes = Vec::new();
    let mut remark = None;
    for number in program.numprocs_start..end {
        let mut says = Says {
            notices: &mut *notices,
            remark: &mut remark,
        };
        processes.push(process(&program, number, &scope, &mut says)?);
    }
    if let Some(remark) = remark {
        notices.hint(Level::Warn, remark);
    }
    processes.sort_by(|a: &Made, b| a.process.name.cmp(&b.process.name));
    Ok(processes)
}

/// A process of a section.
pub(super) struct Made {
    pub(super) process: Rc<ProcessConfig>,
    /// What it depends on, yet to be looked up.
    pub(super) depends: Option<Depends>,
}

/// What a section has to say for the main log.
struct Says<'a> {
    /// Of each process.
    notices: &'a mut Notices,
    /// Of the first process only: what is wrong is the same for all.
    remark: &'a mut Option<String>,
}

/// What the processes of a section share.
fn shared(scope: &Scope<'_>, surroundings: &Surroundings<'_>) -> Result<Program, ConfigError> {
    let mut program = Program::default();
    scope.fill(&PRIORITY, &mut program)?;
    scope.fill(&SHARED, &mut program)?;
    let process = &mut program.process;
    for (prefix, channel) in CHANNELS
        .into_iter()
        .zip([&mut process.stdout, &mut process.stderr])
    {
        scope.of_channel(prefix).fill(&CAPTURE, channel)?;
    }
    scope.fill(&SHARED_TOO, &mut program)?;
    program.has_life = lifecycle::is_used(scope, &program.life);
    if program.has_life {
        lifecycle::shared(scope, &mut program.life)?;
    }
    if program.numprocs > 1 && !program.process_name.contains("%(process_num)") {
        return Err(ConfigError::ProcessNum);
    }
    if program.numprocs > MOST_PROCESSES {
        return Err(ConfigError::TooManyProcesses(program.numprocs));
    }
    let policy = &program.process.policy;
    if policy.stopasgroup && !policy.killasgroup {
        return Err(ConfigError::StopWithoutKill);
    }
    environment::shared(scope, &mut program, surroundings)?;
    program.container = surroundings.container;
    program.process.socket = surroundings.socket.cloned();
    Ok(program)
}

/// One copy.
fn process(
    program: &Program,
    number: i64,
    scope: &Scope<'_>,
    says: &mut Says<'_>,
) -> Result<Made, ConfigError> {
    let mut process = program.process.clone();
    let mut names = Names::over(scope.names);
    names.set("process_num", Value::Number(number));
    names.set("numprocs", Value::Number(program.numprocs));
    names.set_environment(&program.below);
    names.set_environment(&program.variables);
    let scope = scope.with(&names);
    let own = environment(program, &scope, says.remark)?;
    let mut names = Names::over(scope.names);
    names.set_environment(&own);
    process.environment.extend(own);
    let scope = scope.with(&names);
    scope.fill(&DIRECTORY, &mut process)?;
    let [stdout, stderr] = [
        channel(CHANNELS[0], &mut process.stdout, &scope)?,
        channel(CHANNELS[1], &mut process.stderr, &scope)?,
    ];
    scope.fill(&COMMAND, &mut process)?;
    process.stdout = settle("stdout", stdout, scope.section, says.notices);
    process.stderr = settle("stderr", stderr, scope.section, says.notices);
    if program.container {
        to_the_daemons_own(&mut process, scope.section);
    }
    if process.redirect_stderr {
        redirect(&mut process.stderr, scope.section, says.notices);
    }
    if !scope.has("command") {
        return Err(ConfigError::NoCommand(scope.section.to_owned()));
    }
    process.name = expand(&program.process_name, &names, "process_name")
        .map_err(|error| scope.refuse("process_name", error))?
        .into_owned();
    let depends = if program.has_life {
        let mut life = program.life.clone();
        life.counts.copy = u32::try_from(number - program.numprocs_start).unwrap_or(u32::MAX);
        lifecycle::own(&scope, life, &mut process.policy)?
    } else {
        None
    };
    Ok(Made {
        process: Rc::new(process),
        depends,
    })
}

/// A channel with its log.
fn channel(
    prefix: &'static str,
    config: &mut ChannelConfig,
    scope: &Scope<'_>,
) -> Result<Channel, ConfigError> {
    let mut channel = Channel {
        config: std::mem::take(config),
        is_syslog: false,
    };
    scope.of_channel(prefix).fill(&LOG, &mut channel)?;
    Ok(channel)
}

/// The variables of `environment`, wherever it stands: those of the nearest section win (LIF-313).
fn environment(
    program: &Program,
    scope: &Scope<'_>,
    remark: &mut Option<String>,
) -> Result<BTreeMap<String, String>, ConfigError> {
    let mut variables = BTreeMap::new();
    for stated in program.environment.iter().rev() {
        let own = list(stated, scope, remark).map_err(|error| {
            let entry = Entry {
                value: stated.text.as_str().into(),
                section: &stated.section,
                file: &stated.file,
                line: stated.line,
            };
            scope.refuse_at(&entry, "environment", error)
        })?;
        variables.extend(own.variables);
    }
    Ok(variables)
}

fn list(
    stated: &Stated,
    scope: &Scope<'_>,
    remark: &mut Option<String>,
) -> Result<EnvironmentList, ValueError> {
    let text = expand(&stated.text, scope.names, "environment")?;
    let list = envlist::parse(&text)?;
    if remark.is_none() {
        *remark = envlist::remark(&list, &text, scope);
    }
    Ok(list)
}

/// Turns the deprecated log name into the flag, and warns where a log can grow without end (CFG-157,
/// CFG-158).
fn settle(which: &str, channel: Channel, section: &str, notices: &mut Notices) -> ChannelConfig {
    let mut config = channel.config;
    if channel.is_syslog {
        config.syslog = true;
        notices.warn(format!(
            "For [{section}], {which}_logfile=syslog but this is deprecated and will be removed.  Use \
             {which}_syslog=true to enable syslog instead."
        ));
    }
    if config.logfile == LogTarget::Auto && config.maxbytes == 0 {
        notices.warn(format!(
            "For [{section}], AUTO logging used for {which}_logfile without rollover, set maxbytes > 0 \
             to avoid filling up filesystem unintentionally"
        ));
    }
    config
}

/// Logs without a name of their own go where the daemon's own output goes (LIF-231). What a listener says on stdout is its
/// protocol.
fn to_the_daemons_own(process: &mut ProcessConfig, section: &str) {
    let is_listener = section.starts_with(eventlistener::PREFIX);
    let stdout = (!is_listener).then_some("/dev/stdout");
    let channels = [
        (&mut process.stdout, stdout),
        (&mut process.stderr, Some("/dev/stderr")),
    ];
    for (channel, path) in channels {
        if channel.logfile == LogTarget::Auto {
            channel.logfile = path.map_or(LogTarget::None, |path| LogTarget::File(path.into()));
            channel.maxbytes = 0;
            channel.format = LogFormat::Text;
        }
    }
}

/// A redirected stderr has no log of its own (CFG-156).
fn redirect(stderr: &mut ChannelConfig, section: &str, notices: &mut Notices) {
    if matches!(stderr.logfile, LogTarget::File(_)) && stderr.format == LogFormat::Raw {
        notices.warn(format!(
            "For [{section}], redirect_stderr=true but stderr_logfile has also been set to a filename, \
             the filename has been ignored"
        ));
    }
    stderr.logfile = LogTarget::None;
}

#[cfg(test)]
mod tests;
