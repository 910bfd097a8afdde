//! The option tables of programs, which listeners and FastCGI programs share (config.md, section 10).

use super::error::ConfigError;
use super::expand::expand;
use super::options::{Opt, Scope, keep, late, opt, put, put_some, unset};
use super::values::{
    self, at_least_zero, autorestart, exit_codes, file_in_directory, signal, user,
};
use crate::base::signals::Signal;
use crate::base::units::{boolean, byte_size, integer, mode, strip};
use crate::process::policy::{Autorestart, LogTarget};

/// What all processes of a section share.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own, named as users know it"
)]
pub(super) struct SectionValues {
    pub(super) priority: i64,
    pub(super) autostart: bool,
    pub(super) autorestart: Autorestart,
    pub(super) startsecs: i64,
    pub(super) startretries: i64,
    pub(super) stopsignal: Signal,
    pub(super) stopwaitsecs: i64,
    pub(super) stopasgroup: bool,
    pub(super) killasgroup: Option<bool>,
    pub(super) exitcodes: Vec<u8>,
    pub(super) redirect_stderr: bool,
    pub(super) numprocs: i64,
    pub(super) numprocs_start: i64,
    pub(super) environment: String,
    pub(super) stdout_capture_maxbytes: u64,
    pub(super) stdout_events_enabled: bool,
    pub(super) stderr_capture_maxbytes: u64,
    pub(super) stderr_events_enabled: bool,
    pub(super) serverurl: Option<String>,
    pub(super) uid: Option<u32>,
    pub(super) umask: Option<u32>,
    pub(super) process_name: String,
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
    pub(super) directory: Option<String>,
    pub(super) stdout: Channel,
    pub(super) stderr: Channel,
    pub(super) command: Option<String>,
}

/// The options of one output channel.
#[derive(Debug)]
pub(super) struct Channel {
    pub(super) logfile: LogTarget,
    /// The log is the word syslog, which is deprecated.
    pub(super) is_syslog: bool,
    pub(super) backups: u32,
    pub(super) maxbytes: u64,
    pub(super) syslog: bool,
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
