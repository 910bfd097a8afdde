//! `[supervisord]`: the options of the daemon itself, and the command line over them (config.md, section 7).

use std::path::PathBuf;

use super::cli::DaemonArgs;
use super::envlist::{self, EnvironmentList};
use super::error::{ConfigError, ExpandError, ValueError};
use super::expand::Names;
use super::ini::Document;
use super::options::{Opt, Scope, keep, opt, put, put_some, unset};
use super::values::{
    at_least_zero, existing_directory, file_in_directory, identifier, level, user,
};
use super::world::World;
use super::{MainLog, Supervisord, source};
use crate::base::level::Level;
use crate::base::units::{boolean, byte_size, integer, mode};

/// The section's name.
pub(super) const SECTION: &str = "supervisord";

/// The section as the file says it; every value has been checked (CFG-077).
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own, named as users know it"
)]
pub(super) struct FileValues {
    logfile: String,
    logfile_maxbytes: u64,
    logfile_backups: u32,
    loglevel: Level,
    pidfile: String,
    umask: u32,
    nodaemon: bool,
    silent: bool,
    minfds: i64,
    minprocs: i64,
    nocleanup: bool,
    childlogdir: Option<String>,
    user: Option<String>,
    directory: Option<String>,
    strip_ansi: bool,
    identifier: String,
    /// For all programs (CFG-119).
    pub(super) environment: EnvironmentList,
    /// What the main log hears of it.
    pub(super) remark: Option<String>,
}

/// Everything but the environment, in the order of reading.
pub(super) static OPTIONS: [Opt<FileValues>; 16] = [
    opt(
        "minfds",
        "1024",
        "open files that must be possible at start",
        |s, v, _| put(&mut s.minfds, integer(v)),
    ),
    opt(
        "minprocs",
        "200",
        "processes that must be possible at start",
        |s, v, _| put(&mut s.minprocs, integer(v)),
    ),
    unset(
        "directory",
        "/tmp",
        "directory to enter as a daemon",
        |s, v, scope| put_some(&mut s.directory, existing_directory(v, scope.world)),
    ),
    unset(
        "user",
        "supervisor",
        "user to run as, a name or an id",
        |s, v, _| keep(&mut s.user, v),
    ),
    opt(
        "umask",
        "022",
        "octal mask for new files, set as a daemon",
        |s, v, _| put(&mut s.umask, mode(v)),
    ),
    opt(
        "logfile",
        "supervisord.log",
        "main log, a path or syslog",
        |s, v, scope| put(&mut s.logfile, file_in_directory(v, scope.world)),
    ),
    opt(
        "logfile_maxbytes",
        "50MB",
        "bytes, KB, MB or GB of the main log before it is rotated, 0 is never",
        |s, v, _| put(&mut s.logfile_maxbytes, at_least_zero(byte_size(v))),
    ),
    opt(
        "logfile_backups",
        "10",
        "number of rotated main logs to keep",
        |s, v, _| put(&mut s.logfile_backups, at_least_zero(integer(v))),
    ),
    opt(
        "loglevel",
        "info",
        "critical, error, warn, info, debug, trace or blather",
        |s, v, _| put(&mut s.loglevel, level(v)),
    ),
    opt(
        "pidfile",
        "supervisord.pid",
        "where the process id is written",
        |s, v, scope| put(&mut s.pidfile, file_in_directory(v, scope.world)),
    ),
    opt(
        "identifier",
        "supervisor",
        "name of this instance, for clients, events and AUTO logs",
        |s, v, _| put(&mut s.identifier, identifier(v)),
    ),
    opt("nodaemon", "false", "stay in the foreground", |s, v, _| {
        put(&mut s.nodaemon, boolean(v))
    }),
    opt(
        "silent",
        "false",
        "no log on stdout in the foreground",
        |s, v, _| put(&mut s.silent, boolean(v)),
    ),
    unset(
        "childlogdir",
        "/tmp",
        "directory of AUTO logs, by default that of temporary files",
        |s, v, scope| put_some(&mut s.childlogdir, existing_directory(v, scope.world)),
    ),
    opt(
        "nocleanup",
        "false",
        "keep old AUTO logs at start",
        |s, v, _| put(&mut s.nocleanup, boolean(v)),
    ),
    opt(
        "strip_ansi",
        "false",
        "remove ANSI escape sequences from logs",
        |s, v, _| put(&mut s.strip_ansi, boolean(v)),
    ),
];

/// The environment, which knows one name more (CFG-046).
pub(super) static ENVIRONMENT: [Opt<FileValues>; 1] = [unset(
    "environment",
    "KEY=\"value\",OTHER=\"two words\"",
    "variables for all programs",
    |s, v, scope| {
        put(&mut s.environment, envlist::parse(v))?;
        s.remark = envlist::remark(&s.environment, v, scope);
        Ok(())
    },
)];

impl Default for FileValues {
    fn default() -> Self {
        Self {
            logfile: String::new(),
            logfile_maxbytes: 0,
            logfile_backups: 0,
            loglevel: Level::Info,
            pidfile: String::new(),
            umask: 0o22,
            nodaemon: false,
            silent: false,
            minfds: 0,
            minprocs: 0,
            nocleanup: false,
            childlogdir: None,
            user: None,
            directory: None,
            strip_ansi: false,
            identifier: String::new(),
            environment: EnvironmentList::default(),
            remark: None,
        }
    }
}

/// Reads the section. `scope.names` are those of CFG-045.
pub(super) fn read(scope: &Scope<'_>) -> Result<FileValues, ConfigError> {
    let mut values = FileValues::default();
    scope.fill(&OPTIONS, &mut values)?;
    let names = Names::over(scope.names).with(NODE_NAME, &scope.world.node_name);
    let wider = Scope {
        names: &names,
        ..*scope
    };
    wider
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

impl FileValues {
    /// The values that count: command line over file over defaults (CFG-219). The user is looked up here,
    /// after everything else was read (CFG-076, CFG-221).
    pub(super) fn under(
        self,
        args: &DaemonArgs,
        world: &World<'_>,
        document: &Document,
    ) -> Result<Supervisord, ConfigError> {
        let account = match (&args.user, &self.user) {
            (Some(name), _) => Some(user(name, world)?),
            (None, Some(name)) => {
                let refuse = |error| document.refuse(SECTION, "user", error);
                Some(user(name, world).map_err(refuse)?)
            }
            (None, None) => None,
        };
        let given = |arg: &Option<String>| arg.clone().filter(|path| !path.is_empty());
        let logfile = given(&args.logfile).unwrap_or(self.logfile);
        let pidfile = given(&args.pidfile).unwrap_or(self.pidfile);
        let childlogdir = args.childlogdir.clone().or(self.childlogdir);
        Ok(Supervisord {
            logfile: if logfile == "syslog" {
                MainLog::Syslog
            } else {
                MainLog::File(world.normalise(&logfile).into())
            },
            logfile_maxbytes: args.logfile_maxbytes.unwrap_or(self.logfile_maxbytes),
            logfile_backups: args.logfile_backups.unwrap_or(self.logfile_backups),
            loglevel: args.loglevel.unwrap_or(self.loglevel),
            pidfile: world.normalise(&pidfile).into(),
            umask: args.umask.unwrap_or(self.umask),
            nodaemon: args.nodaemon || self.nodaemon,
            silent: args.silent || self.silent,
            minfds: args.minfds.unwrap_or(self.minfds),
            minprocs: args.minprocs.unwrap_or(self.minprocs),
            nocleanup: args.nocleanup || self.nocleanup,
            childlogdir: childlogdir.map_or_else(
                || temporary_directory(world),
                |path| world.absolute(&path).into(),
            ),
            user: account,
            directory: args.directory.clone().or(self.directory).map(PathBuf::from),
            strip_ansi: args.strip_ansi || self.strip_ansi,
            environment: self.environment.variables,
            identifier: args.identifier.clone().unwrap_or(self.identifier),
        })
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
#[path = "supervisord_tests.rs"]
mod tests;
