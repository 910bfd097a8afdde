//! `[program:x]`, and the options that listeners and FastCGI programs share with it: one section to its processes
//! (config.md, section 10).

use std::collections::BTreeMap;

use super::envlist::{self, EnvironmentList};
use super::error::ConfigError;
use super::expand::{Names, Value, expand};
use super::options::{Opt, Scope, keep, late, opt, put, put_some, unset};
use super::values::{
    self, at_least_zero, autorestart, exit_codes, file_in_directory, signal, user,
};
use crate::base::signals::Signal;
use crate::base::units::{boolean, byte_size, integer, mode, strip};
use crate::process::policy::{
    Autorestart, ChannelConfig, FcgiSocket, LogTarget, Policy, ProcessConfig,
};

/// How the names of the sections begin.
pub(super) const PREFIX: &str = "program:";

/// What all processes of a section share.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own, named as users know it"
)]
pub(super) struct SectionValues {
    priority: i64,
    autostart: bool,
    autorestart: Autorestart,
    startsecs: i64,
    startretries: i64,
    stopsignal: Signal,
    stopwaitsecs: i64,
    stopasgroup: bool,
    killasgroup: Option<bool>,
    exitcodes: Vec<u8>,
    redirect_stderr: bool,
    numprocs: i64,
    numprocs_start: i64,
    environment: String,
    stdout_capture_maxbytes: u64,
    stdout_events_enabled: bool,
    stderr_capture_maxbytes: u64,
    stderr_events_enabled: bool,
    serverurl: Option<String>,
    uid: Option<u32>,
    umask: Option<u32>,
    process_name: String,
}

impl Default for SectionValues {
    fn default() -> Self {
        Self {
            priority: 0,
            autostart: false,
            autorestart: Autorestart::Unexpected,
            startsecs: 0,
            startretries: 0,
            stopsignal: Signal::TERM,
            stopwaitsecs: 0,
            stopasgroup: false,
            killasgroup: None,
            exitcodes: Vec::new(),
            redirect_stderr: false,
            numprocs: 0,
            numprocs_start: 0,
            environment: String::new(),
            stdout_capture_maxbytes: 0,
            stdout_events_enabled: false,
            stderr_capture_maxbytes: 0,
            stderr_events_enabled: false,
            serverurl: None,
            uid: None,
            umask: None,
            process_name: String::new(),
        }
    }
}

/// Read once per section, in this order.
pub(super) static SECTION: [Opt<SectionValues>; 22] = [
    opt(
        "priority",
        "999",
        "order: lower starts earlier and stops later",
        |s, v, _| put(&mut s.priority, integer(v)),
    ),
    opt(
        "autostart",
        "true",
        "start with the supervisor",
        |s, v, _| put(&mut s.autostart, boolean(v)),
    ),
    opt(
        "autorestart",
        "unexpected",
        "start again after an exit: true, false, or unless exitcodes has its code",
        |s, v, _| put(&mut s.autorestart, autorestart(v)),
    ),
    opt(
        "startsecs",
        "1",
        "seconds it must stay up to count as running",
        |s, v, _| put(&mut s.startsecs, integer(v)),
    ),
    opt(
        "startretries",
        "3",
        "tries after a failed start",
        |s, v, _| put(&mut s.startretries, integer(v)),
    ),
    opt(
        "stopsignal",
        "TERM",
        "signal that asks it to end",
        |s, v, _| put(&mut s.stopsignal, signal(v)),
    ),
    opt(
        "stopwaitsecs",
        "10",
        "seconds from that signal to SIGKILL",
        |s, v, _| put(&mut s.stopwaitsecs, integer(v)),
    ),
    opt(
        "stopasgroup",
        "false",
        "signal its whole process group",
        |s, v, _| put(&mut s.stopasgroup, boolean(v)),
    ),
    unset(
        "killasgroup",
        "false",
        "SIGKILL its whole process group, by default as stopasgroup",
        |s, v, _| put_some(&mut s.killasgroup, boolean(v)),
    ),
    opt(
        "exitcodes",
        "0",
        "exit codes that are expected, apart by commas",
        |s, v, _| put(&mut s.exitcodes, exit_codes(v)),
    ),
    opt(
        "redirect_stderr",
        "false",
        "stderr goes where stdout goes",
        |s, v, _| put(&mut s.redirect_stderr, boolean(v)),
    ),
    opt("numprocs", "1", "number of processes", |s, v, _| {
        put(&mut s.numprocs, integer(v))
    }),
    opt("numprocs_start", "0", "first process_num", |s, v, _| {
        put(&mut s.numprocs_start, integer(v))
    }),
    late(unset(
        "environment",
        "A=\"1\",B=\"2\"",
        "variables over those of [supervisord]",
        |s, v, _| keep(&mut s.environment, v),
    )),
    opt(
        "stdout_capture_maxbytes",
        "0",
        "bytes, KB, MB or GB kept between capture tokens, 0 is off",
        |s, v, _| put(&mut s.stdout_capture_maxbytes, at_least_zero(byte_size(v))),
    ),
    opt(
        "stdout_events_enabled",
        "false",
        "PROCESS_LOG events for stdout",
        |s, v, _| put(&mut s.stdout_events_enabled, boolean(v)),
    ),
    opt(
        "stderr_capture_maxbytes",
        "0",
        "bytes, KB, MB or GB kept between capture tokens, 0 is off",
        |s, v, _| put(&mut s.stderr_capture_maxbytes, at_least_zero(byte_size(v))),
    ),
    opt(
        "stderr_events_enabled",
        "false",
        "PROCESS_LOG events for stderr",
        |s, v, _| put(&mut s.stderr_events_enabled, boolean(v)),
    ),
    unset(
        "serverurl",
        "AUTO",
        "SUPERVISOR_SERVER_URL of the processes",
        |s, v, _| {
            let automatic = strip(v).to_uppercase() == "AUTO";
            s.serverurl = (!automatic).then(|| v.to_owned());
            Ok(())
        },
    ),
    unset(
        "user",
        "nobody",
        "user to run as, a name or an id",
        |s, v, scope| put_some(&mut s.uid, user(v, scope.world).map(|account| account.uid)),
    ),
    unset("umask", "022", "octal mask for new files", |s, v, _| {
        put_some(&mut s.umask, mode(v))
    }),
    late(opt(
        "process_name",
        "%(program_name)s",
        "names of the processes",
        |s, v, _| put(&mut s.process_name, values::name(v)),
    )),
];

/// What may differ between the processes of a section.
#[derive(Debug, Default)]
pub(super) struct ProcessValues {
    directory: Option<String>,
    stdout: Channel,
    stderr: Channel,
    command: Option<String>,
}

/// The options of one output channel.
#[derive(Debug)]
struct Channel {
    logfile: LogTarget,
    /// The log is the word syslog, which is deprecated.
    is_syslog: bool,
    backups: u32,
    maxbytes: u64,
    syslog: bool,
}

impl Default for Channel {
    fn default() -> Self {
        Self {
            logfile: LogTarget::Auto,
            is_syslog: false,
            backups: 0,
            maxbytes: 0,
            syslog: false,
        }
    }
}

/// Read once per process, in this order.
pub(super) static PROCESS: [Opt<ProcessValues>; 10] = [
    unset("directory", "/tmp", "directory to run in", |p, v, _| {
        keep(&mut p.directory, v)
    }),
    opt(
        "stdout_logfile",
        "AUTO",
        "log of stdout: a path, AUTO or NONE",
        |p, v, scope| logfile(&mut p.stdout, "stdout_logfile", v, scope),
    ),
    opt(
        "stdout_logfile_backups",
        "10",
        "number of rotated logs to keep",
        |p, v, _| put(&mut p.stdout.backups, at_least_zero(integer(v))),
    ),
    opt(
        "stdout_logfile_maxbytes",
        "50MB",
        "bytes, KB, MB or GB of the log before it is rotated, 0 is never",
        |p, v, _| put(&mut p.stdout.maxbytes, at_least_zero(byte_size(v))),
    ),
    opt(
        "stdout_syslog",
        "false",
        "stdout goes to syslog too",
        |p, v, _| put(&mut p.stdout.syslog, boolean(v)),
    ),
    opt(
        "stderr_logfile",
        "AUTO",
        "log of stderr: a path, AUTO or NONE",
        |p, v, scope| logfile(&mut p.stderr, "stderr_logfile", v, scope),
    ),
    opt(
        "stderr_logfile_backups",
        "10",
        "number of rotated logs to keep",
        |p, v, _| put(&mut p.stderr.backups, at_least_zero(integer(v))),
    ),
    opt(
        "stderr_logfile_maxbytes",
        "50MB",
        "bytes, KB, MB or GB of the log before it is rotated, 0 is never",
        |p, v, _| put(&mut p.stderr.maxbytes, at_least_zero(byte_size(v))),
    ),
    opt(
        "stderr_syslog",
        "false",
        "stderr goes to syslog too",
        |p, v, _| put(&mut p.stderr.syslog, boolean(v)),
    ),
    unset(
        "command",
        "/bin/cat",
        "what to run, with arguments; found in PATH",
        |p, v, _| keep(&mut p.command, v),
    ),
];

/// A child log name, which is expanded a second time (CFG-057, CFG-089).
fn logfile(
    channel: &mut Channel,
    key: &str,
    text: &str,
    scope: &Scope<'_>,
) -> Result<(), ConfigError> {
    let name = expand(text, scope.names, key)?;
    channel.logfile = match name.to_lowercase().as_str() {
        "none" | "off" | "" => LogTarget::None,
        "auto" => LogTarget::Auto,
        "syslog" => {
            channel.is_syslog = true;
            LogTarget::None
        }
        _ => LogTarget::File(file_in_directory(&name, scope.world)?.into()),
    };
    Ok(())
}

/// What a section's processes get from outside of it.
pub(super) struct Surroundings<'a> {
    /// The group that they will be in.
    pub(super) group: &'a str,
    /// `[supervisord] environment`, under their own (CFG-154).
    pub(super) environment: &'a BTreeMap<String, String>,
    /// The socket of their fcgi-program.
    pub(super) socket: Option<&'a FcgiSocket>,
}

/// The processes of a section, sorted by name (CFG-165). `scope.names` are `here` and the environment.
/// Warnings for the main log are appended.
pub(super) fn processes(
    scope: &Scope<'_>,
    surroundings: &Surroundings<'_>,
    warnings: &mut Vec<String>,
) -> Result<Vec<ProcessConfig>, ConfigError> {
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
    if section.stopasgroup && section.killasgroup == Some(false) {
        return Err(ConfigError::StopWithoutKill);
    }
    let end = section.numprocs_start.saturating_add(section.numprocs);
    let mut processes = Vec::new();
    for number in section.numprocs_start..end {
        processes.push(process(&section, number, &scope, surroundings, warnings)?);
    }
    processes.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(processes)
}

fn process(
    section: &SectionValues,
    number: i64,
    scope: &Scope<'_>,
    surroundings: &Surroundings<'_>,
    warnings: &mut Vec<String>,
) -> Result<ProcessConfig, ConfigError> {
    let mut names = Names::over(scope.names);
    names.set("process_num", Value::Number(number));
    names.set("numprocs", Value::Number(section.numprocs));
    let own = envlist::parse(&expand(&section.environment, &names, "environment")?)?;
    names.set_environment(&own.variables);
    warn_skipped(&own, scope.section, warnings);
    let scope = Scope {
        names: &names,
        ..*scope
    };
    let mut values = ProcessValues::default();
    scope.fill(&PROCESS, &mut values)?;
    let channels = [
        ("stdout", &mut values.stdout),
        ("stderr", &mut values.stderr),
    ];
    for (which, channel) in channels {
        settle(which, channel, scope.section, warnings);
    }
    if section.redirect_stderr {
        redirect(&mut values.stderr, scope.section, warnings);
    }
    let no_command = || ConfigError::NoCommand(scope.section.to_owned());
    let command = values.command.ok_or_else(no_command)?;
    let name = expand(&section.process_name, &names, "process_name")?;
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
fn settle(which: &str, channel: &mut Channel, section: &str, warnings: &mut Vec<String>) {
    if channel.is_syslog {
        channel.syslog = true;
        warnings.push(format!(
            "For [{section}], {which}_logfile=syslog but this is deprecated and will be removed.  Use \
             {which}_syslog=true to enable syslog instead."
        ));
    }
    if channel.logfile == LogTarget::Auto && channel.maxbytes == 0 {
        warnings.push(format!(
            "For [{section}], AUTO logging used for {which}_logfile without rollover, set maxbytes > 0 \
             to avoid filling up filesystem unintentionally"
        ));
    }
}

/// A redirected stderr has no log of its own (CFG-156).
fn redirect(stderr: &mut Channel, section: &str, warnings: &mut Vec<String>) {
    if matches!(stderr.logfile, LogTarget::File(_)) {
        warnings.push(format!(
            "For [{section}], redirect_stderr=true but stderr_logfile has also been set to a filename, \
             the filename has been ignored"
        ));
    }
    stderr.logfile = LogTarget::None;
}

/// What an environment list contains beyond its pairs has no effect (DEC-013).
pub(super) fn warn_skipped(list: &EnvironmentList, section: &str, warnings: &mut Vec<String>) {
    if !list.skipped.is_empty() {
        let warning = format!(
            "For [{section}], environment contains {} where a comma is expected; quote values that have \
             other signs in them",
            list.skipped.join(" ")
        );
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }
}

#[cfg(test)]
#[path = "program_tests.rs"]
mod tests;
