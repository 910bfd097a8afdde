//! The option tables of programs, which listeners and FastCGI programs share (config.md, section 10).

use std::collections::BTreeMap;
use std::time::Duration;

use super::environment::VARIABLES;
use crate::base::span;
use crate::base::units::{boolean, byte_size, integer, mode, strip};
use crate::config::error::{ConfigError, ValueError};
use crate::config::expand::expand;
use crate::config::lifecycle::values::signal_words;
use crate::config::lifecycle::{self, Life};
use crate::config::options::{
    Opt, Row, Scope, keep, late, opt, own, put, put_some, rows, rows_with, unset,
};
use crate::config::values::{
    self, at_least_zero, autorestart, exit_codes, file_in_directory, signal, user,
};
use crate::process::policy::{ChannelConfig, LogTarget, ProcessConfig};

/// A section as all of its processes begin: what they share, and what makes the copies.
#[derive(Debug, Clone, Default)]
pub(super) struct Program {
    /// What is copied.
    pub(super) process: ProcessConfig,
    /// What is copied of the options that Supervisor has not.
    pub(super) life: Life,
    /// There is something to copy of those.
    pub(super) has_life: bool,
    pub(super) numprocs: i64,
    pub(super) numprocs_start: i64,
    /// To be expanded for each copy.
    pub(super) process_name: String,
    /// `environment` in each section that speaks for the program, the nearest first; to be expanded for each copy.
    pub(super) environment: Vec<Stated>,
    /// The preset for containers counts.
    pub(super) container: bool,
    pub(super) login_environment: bool,
    /// Variables that the daemon's own section hides.
    pub(super) below: BTreeMap<String, String>,
    /// Variables of files.
    pub(super) variables: BTreeMap<String, String>,
}

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Stated {
    pub(super) text: String,
    pub(super) section: String,
    pub(super) file: String,
    pub(super) line: usize,
}

/// A channel, and what only its reading needs to know.
#[derive(Debug, Default)]
pub(super) struct Channel {
    pub(super) config: ChannelConfig,
    /// The log is the word syslog, which is deprecated.
    pub(super) is_syslog: bool,
}

/// The two channels: what the names of their options begin with.
pub(super) const CHANNELS: [&str; 2] = ["stdout_", "stderr_"];

/// All rows, in the order of reading.
pub(crate) fn all_rows() -> Vec<Row> {
    let both = |of: fn(&str) -> Vec<Row>| CHANNELS.map(of).concat();
    [
        rows(&PRIORITY),
        rows(&SHARED),
        both(|prefix| rows_with(prefix, &CAPTURE)),
        rows(&SHARED_TOO),
        rows(&DIRECTORY),
        both(|prefix| rows_with(prefix, &LOG)),
        rows(&COMMAND),
        rows(&EXTENDS),
        rows(&VARIABLES),
        lifecycle::rows(),
    ]
    .concat()
}

/// The first that is read of a section; a group that is one section has it, too (CFG-053).
pub(super) static PRIORITY: [Opt<Program>; 1] = [opt(
    "priority",
    "999",
    "order: lower starts earlier and stops later",
    |p, v, _| put(&mut p.process.priority, integer(v)),
)];

/// Read once for each section, in this order.
pub(super) static SHARED: [Opt<Program>; 13] = [
    opt(
        "autostart",
        "true",
        "start with the supervisor",
        |p, v, _| put(&mut p.process.policy.autostart, boolean(v)),
    ),
    opt(
        "autorestart",
        "unexpected",
        "start again after an exit: true, false, or unless exitcodes has its code",
        |p, v, _| put(&mut p.process.policy.autorestart, autorestart(v)),
    ),
    opt(
        "startsecs",
        "1",
        "seconds it must stay up to count as running",
        |p, v, _| put(&mut p.process.policy.startsecs, integer(v)),
    ),
    opt(
        "startretries",
        "3",
        "tries after a failed start, or unlimited",
        |p, v, _| {
            // LIF-175
            let unlimited = strip(v).eq_ignore_ascii_case("unlimited");
            p.life.counts.restarts.unlimited = unlimited;
            let retries = if unlimited { Ok(i64::MAX) } else { integer(v) };
            put(&mut p.process.policy.startretries, retries)
        },
    ),
    opt(
        "stopsignal",
        "TERM",
        "signal that asks it to end; more of them follow, each after stopwaitsecs",
        |p, v, _| {
            // LIF-240
            let mut words = signal_words(v);
            let (first, more) = (words.next(), words);
            let more: Result<_, ValueError> = more.map(signal).collect();
            put(&mut p.life.counts.stopping.more_signals, more)?;
            put(&mut p.process.policy.stopsignal, signal(first.unwrap_or(v)))
        },
    ),
    opt(
        "stopwaitsecs",
        "10",
        "seconds from that signal to SIGKILL, or never",
        |p, v, _| {
            let (stopping, policy) = (&mut p.life.counts.stopping, &mut p.process.policy);
            (policy.stopwaitsecs, stopping.wait) = stop_wait(v)?;
            // LIF-241
            stopping.never_kill = strip(v).eq_ignore_ascii_case("never");
            Ok(())
        },
    ),
    opt(
        "stopasgroup",
        "false",
        "signal its whole process group",
        |p, v, _| {
            let policy = &mut p.process.policy;
            policy.stopasgroup = boolean(v)?;
            policy.killasgroup = policy.stopasgroup;
            Ok(())
        },
    ),
    unset(
        "killasgroup",
        "false",
        "SIGKILL its whole process group, by default as stopasgroup",
        |p, v, _| put(&mut p.process.policy.killasgroup, boolean(v)),
    ),
    opt(
        "exitcodes",
        "0",
        "exit codes that are expected, apart by commas",
        |p, v, _| put(&mut p.process.policy.exitcodes, exit_codes(v)),
    ),
    opt(
        "redirect_stderr",
        "false",
        "stderr goes where stdout goes",
        |p, v, _| put(&mut p.process.redirect_stderr, boolean(v)),
    ),
    opt("numprocs", "1", "number of processes", |p, v, _| {
        put(&mut p.numprocs, integer(v))
    }),
    opt("numprocs_start", "0", "first process_num", |p, v, _| {
        put(&mut p.numprocs_start, integer(v))
    }),
    late(unset(
        "environment",
        "A=\"1\",B=\"2\"",
        "variables over those of [supervisord]",
        |p, _, scope| {
            let stated = scope.all("environment").into_iter().map(|entry| Stated {
                text: entry.value.into_owned(),
                section: entry.section.to_owned(),
                file: entry.file.to_owned(),
                line: entry.line,
            });
            p.environment = stated.collect();
            Ok(())
        },
    )),
];

/// Read behind [`SHARED`], for each channel.
pub(super) static CAPTURE: [Opt<ChannelConfig>; 2] = [
    opt(
        "capture_maxbytes",
        "0",
        "bytes, KB, MB or GB kept between capture tokens, 0 is off",
        |c, v, _| put(&mut c.capture_maxbytes, at_least_zero(byte_size(v))),
    ),
    opt(
        "events_enabled",
        "false",
        "PROCESS_LOG events for {}",
        |c, v, _| put(&mut c.events_enabled, boolean(v)),
    ),
];

/// Read behind [`CAPTURE`].
pub(super) static SHARED_TOO: [Opt<Program>; 4] = [
    unset(
        "serverurl",
        "AUTO",
        "SUPERVISOR_SERVER_URL of the processes",
        |p, v, _| {
            let automatic = strip(v).to_uppercase() == "AUTO";
            p.process.serverurl = (!automatic).then(|| v.to_owned());
            Ok(())
        },
    ),
    unset(
        "user",
        "nobody",
        "user to run as, a name or an id",
        |p, v, scope| {
            let uid = user(v, scope.world).map(|account| account.uid);
            put_some(&mut p.process.uid, uid)
        },
    ),
    unset("umask", "022", "octal mask for new files", |p, v, _| {
        put_some(&mut p.process.umask, mode(v))
    }),
    late(opt(
        "process_name",
        "%(program_name)s",
        "names of the processes",
        |p, v, _| put(&mut p.process_name, values::name(v)),
    )),
];

/// Read before all others, by `inherit` (LIF-311).
static EXTENDS: [Opt<Program>; 1] = [own(
    "extends",
    "",
    "[program-default:NAME] or [program:NAME] whose options count where it has none",
    |_, _, _| Ok(()),
)];

/// Read once for each process, before the logs.
pub(super) static DIRECTORY: [Opt<ProcessConfig>; 1] = [unset(
    "directory",
    "/tmp",
    "directory to run in",
    |p, v, _| keep(&mut p.directory, v),
)];

/// Read once for each channel of each process, in this order.
pub(super) static LOG: [Opt<Channel>; 4] = [
    opt(
        "logfile",
        "AUTO",
        "log of {}: a path, AUTO or NONE",
        logfile,
    ),
    opt(
        "logfile_backups",
        "10",
        "number of rotated logs to keep",
        |c, v, _| put(&mut c.config.backups, at_least_zero(integer(v))),
    ),
    opt(
        "logfile_maxbytes",
        "50MB",
        "bytes, KB, MB or GB of the log before it is rotated, 0 is never",
        |c, v, _| put(&mut c.config.maxbytes, at_least_zero(byte_size(v))),
    ),
    opt("syslog", "false", "{} goes to syslog too", |c, v, _| {
        put(&mut c.config.syslog, boolean(v))
    }),
];

/// Read last.
pub(super) static COMMAND: [Opt<ProcessConfig>; 1] = [unset(
    "command",
    "/bin/cat",
    "what to run, with arguments; found in PATH",
    |p, v, _| keep(&mut p.command, v),
)];

/// Seconds as the reference reads them; or a time, which it refuses, and whole seconds for those who know no others
/// (BEY-007, LIF-241).
fn stop_wait(text: &str) -> Result<(i64, Option<Duration>), ConfigError> {
    let whole = integer(text);
    if whole.is_ok() {
        return Ok((whole?, None));
    }
    if strip(text).eq_ignore_ascii_case("never") {
        return Ok((-1, None));
    }
    match span::parse(text) {
        Ok(time) => {
            let seconds = i64::try_from(span::whole_seconds(time)).unwrap_or(i64::MAX);
            Ok((seconds, Some(time)))
        }
        Err(_) => Ok((whole?, None)),
    }
}

/// A child log name, which is expanded a second time (CFG-057, CFG-089).
fn logfile(channel: &mut Channel, text: &str, scope: &Scope<'_>) -> Result<(), ConfigError> {
    let name = expand(text, scope.names, format_args!("{}logfile", scope.prefix))?;
    channel.config.logfile = match name.to_lowercase().as_str() {
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
