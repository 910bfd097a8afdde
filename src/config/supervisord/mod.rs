//! `[supervisord]`: the options of the daemon itself, and the command line over them (config.md, section 7).

use std::path::PathBuf;
use std::time::Duration;

use super::cli::DaemonArgs;
use super::envlist;
use super::error::{ConfigError, ExpandError, ValueError};
use super::expand::Names;
use super::ini::Document;
use super::lifecycle::values::{flag, time_or_none, whole, word};
use super::options::{self, Opt, Row, Scope, keep, opt, own, put, put_some, unset};
use super::values::{
    at_least_zero, existing_directory, file_in_directory, identifier, level, user,
};
use super::world::World;
use super::{MainLog, Supervisord, source};
use crate::base::units::{boolean, byte_size, integer, mode};

/// Where the main log of a container goes (LIF-230).
const STDERR: &str = "/dev/stderr";
/// Docker kills after 10 s (LIF-233).
const PRESET_TIMEOUT: Duration = Duration::from_secs(8);

/// The section's name.
pub(super) const SECTION: &str = "supervisord";

/// The section as the file says it; every value has been checked (CFG-077).
#[derive(Debug, Default)]
pub(super) struct Daemon {
    /// What counts where the command line is silent.
    pub(super) settings: Supervisord,
    /// Looked up after everything else was read (CFG-076).
    user: Option<String>,
    container: Container,
    /// What the main log hears of the environment.
    pub(super) remark: Option<String>,
}

/// All rows, in the order of reading.
pub(super) fn rows() -> Vec<Row> {
    [
        options::rows(&OPTIONS),
        options::rows(&ENVIRONMENT),
        options::rows(&OWN),
    ]
    .concat()
}

/// Everything but the environment, in the order of reading.
pub(super) static OPTIONS: [Opt<Daemon>; 16] = [
    opt(
        "minfds",
        "1024",
        "open files that must be possible at start",
        |d, v, _| put(&mut d.settings.minfds, integer(v)),
    ),
    opt(
        "minprocs",
        "200",
        "processes that must be possible at start",
        |d, v, _| put(&mut d.settings.minprocs, integer(v)),
    ),
    unset(
        "directory",
        "/tmp",
        "directory to enter as a daemon",
        |d, v, scope| {
            let path = existing_directory(v, scope.world).map(PathBuf::from);
            put_some(&mut d.settings.directory, path)
        },
    ),
    unset(
        "user",
        "supervisor",
        "user to run as, a name or an id",
        |d, v, _| keep(&mut d.user, v),
    ),
    opt(
        "umask",
        "022",
        "octal mask for new files, set as a daemon",
        |d, v, _| put(&mut d.settings.umask, mode(v)),
    ),
    opt(
        "logfile",
        "supervisord.log",
        "main log, a path or syslog",
        |d, v, scope| {
            let path = file_in_directory(v, scope.world)?;
            d.settings.logfile = main_log(&path, scope.world);
            Ok(())
        },
    ),
    opt(
        "logfile_maxbytes",
        "50MB",
        "bytes, KB, MB or GB of the main log before it is rotated, 0 is never",
        |d, v, _| {
            put(
                &mut d.settings.logfile_maxbytes,
                at_least_zero(byte_size(v)),
            )
        },
    ),
    opt(
        "logfile_backups",
        "10",
        "number of rotated main logs to keep",
        |d, v, _| put(&mut d.settings.logfile_backups, at_least_zero(integer(v))),
    ),
    opt(
        "loglevel",
        "info",
        "critical, error, warn, info, debug, trace or blather",
        |d, v, _| put(&mut d.settings.loglevel, level(v)),
    ),
    opt(
        "pidfile",
        "supervisord.pid",
        "where the process id is written",
        |d, v, scope| {
            let path = file_in_directory(v, scope.world)?;
            d.settings.pidfile = Some(scope.world.normalise(&path).into());
            Ok(())
        },
    ),
    opt(
        "identifier",
        "supervisor",
        "name of this instance, for clients, events and AUTO logs",
        |d, v, _| put(&mut d.settings.identifier, identifier(v)),
    ),
    opt("nodaemon", "false", "stay in the foreground", |d, v, _| {
        put(&mut d.settings.nodaemon, boolean(v))
    }),
    opt(
        "silent",
        "false",
        "no log on stdout in the foreground",
        |d, v, _| put(&mut d.settings.silent, boolean(v)),
    ),
    unset(
        "childlogdir",
        "/tmp",
        "directory of AUTO logs, by default that of temporary files",
        |d, v, scope| {
            let path = existing_directory(v, scope.world)?;
            d.settings.childlogdir = scope.world.absolute(&path).into();
            Ok(())
        },
    ),
    opt(
        "nocleanup",
        "false",
        "keep old AUTO logs at start",
        |d, v, _| put(&mut d.settings.nocleanup, boolean(v)),
    ),
    opt(
        "strip_ansi",
        "false",
        "remove ANSI escape sequences from logs",
        |d, v, _| put(&mut d.settings.strip_ansi, boolean(v)),
    ),
];

const ON_FATAL: &[&str] = &["none", "any"];

/// What Supervisor has not (LIF-200, LIF-226).
static OWN: [Opt<Daemon>; 5] = [
    own(
        "container",
        "false",
        "preset for containers: false, true, or auto, which looks whether it is in one",
        |d, v, _| {
            d.container = match word(v, CONTAINER)? {
                0 => Container::No,
                1 => Container::Auto,
                _ => Container::Yes,
            };
            Ok(())
        },
    ),
    own(
        "exit_on_fatal",
        "none",
        "end when a program is FATAL: none or any",
        |d, v, _| {
            d.settings.ends.on_fatal = word(v, ON_FATAL)? == 1;
            Ok(())
        },
    ),
    own(
        "exit_when_done",
        "false",
        "end when all programs have ended for good",
        |d, v, _| {
            d.settings.ends.when_done = flag(v)?;
            Ok(())
        },
    ),
    own(
        "exit_code_on_failure",
        "",
        "exit status then, 1 to 255; by default that of the program",
        |d, v, _| {
            let code = whole(v, 1, 255)?;
            d.settings.ends.code_on_failure = u8::try_from(code).ok();
            Ok(())
        },
    ),
    own(
        "shutdown_timeout",
        "0",
        "time after which a shutdown kills what is left, 0 is never",
        |d, v, _| {
            d.settings.ends.shutdown_timeout = time_or_none(v)?;
            Ok(())
        },
    ),
];

const CONTAINER: &[&str] = &["false", "auto", "true"];

/// `container` (LIF-227).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Container {
    #[default]
    No,
    Auto,
    Yes,
}

/// The environment, which knows one name more (CFG-046).
pub(super) static ENVIRONMENT: [Opt<Daemon>; 1] = [unset(
    "environment",
    "KEY=\"value\",OTHER=\"two words\"",
    "variables for all programs",
    |d, v, scope| {
        let list = envlist::parse(v)?;
        d.remark = envlist::remark(&list, v, scope);
        d.settings.environment = list.variables;
        Ok(())
    },
)];

/// Reads the section. `scope.names` are those of CFG-045.
pub(super) fn read(scope: &Scope<'_>) -> Result<Daemon, ConfigError> {
    let mut values = Daemon::default();
    scope.fill(&OPTIONS, &mut values)?;
    scope.fill(&OWN, &mut values)?;
    let names = Names::over(scope.names).with(NODE_NAME, &scope.world.node_name);
    scope
        .with(&names)
        .fill(&ENVIRONMENT, &mut values)
        .map_err(without_node_name)?;
    Ok(values)
}

const NODE_NAME: &str = "host_node_name";

/// The reference expands this value twice and complains in the first pass, which does not list the node's
/// name among those that can be used (CFG-046).
fn without_node_name(mut error: ConfigError) -> ConfigError {
    if let ConfigError::InOption { error, .. } = &mut error
        && let ConfigError::Value(ValueError::Expand(ExpandError::Unknown { available, .. })) =
            error.as_mut()
    {
        available.retain(|name| name != NODE_NAME);
    }
    error
}

impl Daemon {
    /// The user that the daemon will be; where that is wrong it is told later.
    pub(super) fn uid(&self, args: &DaemonArgs, world: &World<'_>) -> u32 {
        let name = args.user.as_ref().or(self.user.as_ref());
        let account = name.and_then(|name| user(name, world).ok());
        account.map_or(world.uid, |account| account.uid)
    }

    /// Whether the preset for containers counts.
    pub(super) fn is_container(&self, args: &DaemonArgs, world: &World<'_>) -> bool {
        args.container
            || match self.container {
                Container::No => false,
                Container::Auto => world.in_container,
                Container::Yes => true,
            }
    }

    /// What the preset says where neither file nor command line does (LIF-228 to LIF-233, LIF-235).
    fn preset(&mut self, args: &DaemonArgs, document: &Document) {
        let left_out = |option: &str| document.get(SECTION, option).is_none();
        let given = |path: &Option<String>| path.as_ref().is_some_and(|path| !path.is_empty());
        let settings = &mut self.settings;
        settings.container = true;
        if left_out("nodaemon") {
            settings.nodaemon = true;
        }
        if left_out("pidfile") && !given(&args.pidfile) {
            settings.pidfile = None;
        }
        if left_out("logfile") && !given(&args.logfile) {
            settings.logfile = MainLog::File(STDERR.into());
            settings.logfile_maxbytes = 0;
            settings.silent = true;
        }
        if left_out("exit_on_fatal") {
            settings.ends.on_fatal = true;
        }
        if left_out("shutdown_timeout") {
            settings.ends.shutdown_timeout = Some(PRESET_TIMEOUT);
        }
    }

    /// The settings that count: command line over file over defaults (CFG-219). The user is looked up here,
    /// after everything else was read (CFG-076, CFG-221).
    pub(super) fn under(
        mut self,
        args: &DaemonArgs,
        world: &World<'_>,
        document: &Document,
    ) -> Result<Supervisord, ConfigError> {
        if self.is_container(args, world) {
            self.preset(args, document);
        }
        let mut settings = self.settings;
        settings.user = match (&args.user, &self.user) {
            (Some(name), _) => Some(user(name, world)?),
            (None, Some(name)) => {
                let refuse = |error| document.refuse(SECTION, "user", error);
                Some(user(name, world).map_err(refuse)?)
            }
            (None, None) => None,
        };
        let given = |arg: &Option<String>| arg.clone().filter(|path| !path.is_empty());
        if let Some(path) = given(&args.logfile) {
            settings.logfile = main_log(&path, world);
        }
        if let Some(path) = given(&args.pidfile) {
            settings.pidfile = Some(world.normalise(&path).into());
        }
        if let Some(path) = &args.childlogdir {
            settings.childlogdir = world.absolute(path).into();
        } else if settings.childlogdir.as_os_str().is_empty() {
            settings.childlogdir = temporary_directory(world);
        }
        if let Some(path) = &args.directory {
            settings.directory = Some(path.into());
        }
        settings.nodaemon |= args.nodaemon;
        settings.silent |= args.silent;
        settings.nocleanup |= args.nocleanup;
        settings.strip_ansi |= args.strip_ansi;
        replace(&mut settings.logfile_maxbytes, args.logfile_maxbytes);
        replace(&mut settings.logfile_backups, args.logfile_backups);
        replace(&mut settings.loglevel, args.loglevel);
        replace(&mut settings.umask, args.umask);
        replace(&mut settings.minfds, args.minfds);
        replace(&mut settings.minprocs, args.minprocs);
        replace(&mut settings.identifier, args.identifier.clone());
        Ok(settings)
    }
}

/// What the command line has counts.
fn replace<T>(setting: &mut T, argument: Option<T>) {
    if let Some(value) = argument {
        *setting = value;
    }
}

/// A path or the word `syslog` (CFG-104).
fn main_log(text: &str, world: &World<'_>) -> MainLog {
    match text {
        "syslog" => MainLog::Syslog,
        path => MainLog::File(world.normalise(path).into()),
    }
}

/// The system's directory for temporary files, found as the reference finds it (CFG-115).
fn temporary_directory(world: &World<'_>) -> PathBuf {
    let named = ["TMPDIR", "TEMP", "TMP"];
    let named = named
        .into_iter()
        .filter_map(|name| world.environment.get(name));
    let named = named.map(String::as_str).filter(|path| !path.is_empty());
    named
        .chain(["/tmp", "/var/tmp", "/usr/tmp"])
        .map(|path| PathBuf::from(world.absolute(path)))
        .find(|path| source::is_writable_directory(path))
        .unwrap_or_else(|| world.cwd.clone())
}

#[cfg(test)]
mod tests;
