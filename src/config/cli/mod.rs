//! The command lines of both programs (config.md, section 15; supervisorctl.md, CTL-001 to CTL-004).
//!
//! The options are clap's. Python's `getopt` reads differently, so module `getopt` brings the words into order
//! first; values are judged from left to right here, as the reference does it.

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::error::{UsageError, ValueError};
use super::getopt::{self, Occurrence};
use super::values::{at_least_zero, existing_directory, file_in_directory, identifier, level, url};
use super::world::World;
use crate::base::level::Level;
use crate::base::units::{byte_size, integer, list, mode};

/// What the command line of supervisord says; none where it says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own, named as users know it"
)]
pub struct DaemonArgs {
    /// `-c`, as given.
    pub file: Option<String>,
    /// `-n`.
    pub nodaemon: bool,
    /// `-s`.
    pub silent: bool,
    /// `-u`; looked up after the file was read (CFG-221).
    pub user: Option<String>,
    /// `-m`.
    pub umask: Option<u32>,
    /// `-d`.
    pub directory: Option<String>,
    /// `-l`.
    pub logfile: Option<String>,
    /// `-y`, in bytes.
    pub logfile_maxbytes: Option<u64>,
    /// `-z`.
    pub logfile_backups: Option<u32>,
    /// `-e`.
    pub loglevel: Option<Level>,
    /// `-j`.
    pub pidfile: Option<String>,
    /// `-i`.
    pub identifier: Option<String>,
    /// `-q`.
    pub childlogdir: Option<String>,
    /// `-k`.
    pub nocleanup: bool,
    /// `-a`.
    pub minfds: Option<i64>,
    /// `-t`.
    pub strip_ansi: bool,
    /// `--minprocs`.
    pub minprocs: Option<i64>,
    /// `--container` (LIF-227).
    pub container: bool,
    /// `--env-file`, in their order, as given (LIF-308).
    pub env_files: Vec<String>,
    /// `--profile_options`; has no effect.
    pub profile_options: Option<Vec<String>>,
}

/// What supervisord is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one value, once, at start"
)]
pub enum DaemonCommand {
    /// Run.
    Run(DaemonArgs),
    /// Print this text on stdout and exit with 0.
    Help(String),
    /// Print the version on stdout and exit with 0.
    Version,
}

/// What the command line of supervisorctl says; none where it says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CtlArgs {
    /// `-c`, as given.
    pub file: Option<String>,
    /// `-i`.
    pub interactive: bool,
    /// `-s`, a URL.
    pub serverurl: Option<String>,
    /// `-u`.
    pub username: Option<String>,
    /// `-p`.
    pub password: Option<String>,
    /// `-r`.
    pub history_file: Option<String>,
    /// The action and its arguments; empty means the shell.
    pub action: Vec<String>,
}

/// What supervisorctl is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CtlCommand {
    /// Run the action or the shell.
    Run(CtlArgs),
    /// Print this text on stdout and exit with 0.
    Help(String),
}

/// An option with a value; clap keeps the text.
fn value(id: &'static str, short: Option<char>) -> Arg {
    let arg = Arg::new(id).long(id).action(ArgAction::Append);
    match short {
        Some(short) => arg.short(short),
        None => arg,
    }
}

/// An option without a value.
fn flag(id: &'static str, short: char) -> Arg {
    Arg::new(id).long(id).short(short).action(ArgAction::Count)
}

fn command(name: &'static str) -> Command {
    Command::new(name)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .arg(flag("help", 'h').visible_short_alias('?'))
        .arg(value("configuration", Some('c')))
}

/// The one option that may come again.
const ENV_FILE: &str = "env-file";

fn daemon_command() -> Command {
    command("supervisord").args([
        flag("nodaemon", 'n'),
        flag("silent", 's'),
        flag("version", 'v'),
        value("user", Some('u')),
        value("umask", Some('m')),
        value("directory", Some('d')),
        value("logfile", Some('l')),
        value("logfile_maxbytes", Some('y')),
        value("logfile_backups", Some('z')),
        value("loglevel", Some('e')),
        value("pidfile", Some('j')),
        value("identifier", Some('i')),
        value("childlogdir", Some('q')),
        flag("nocleanup", 'k'),
        value("minfds", Some('a')),
        flag("strip_ansi", 't'),
        value("minprocs", None),
        value("profile_options", None),
        Arg::new("container")
            .long("container")
            .action(ArgAction::Count),
        value(ENV_FILE, None),
    ])
}

fn ctl_command() -> Command {
    command("supervisorctl").args([
        flag("interactive", 'i'),
        value("serverurl", Some('s')),
        value("username", Some('u')),
        value("password", Some('p')),
        value("history_file", Some('r')).visible_alias("history-file"),
    ])
}

/// Why going through the options ended early.
enum End {
    Help,
    Version,
    Usage(UsageError),
}

/// Judges options from left to right and hands them to clap, which keeps them (CFG-215 to CFG-217).
fn judge(
    command: Command,
    options: &[Occurrence],
    check: impl Fn(&Occurrence) -> Result<(), ValueError>,
) -> Result<ArgMatches, End> {
    let mut seen: Vec<&str> = Vec::new();
    for option in options {
        match option.id.as_str() {
            "help" => return Err(End::Help),
            "version" => return Err(End::Version),
            id => {
                check(option).map_err(|error| {
                    End::Usage(UsageError::Value {
                        option: option.shown.clone(),
                        value: option.value.clone(),
                        error: Box::new(error),
                    })
                })?;
                if seen.contains(&id) && id != ENV_FILE {
                    return Err(End::Usage(UsageError::Conflict(option.shown.clone())));
                }
                seen.push(id);
            }
        }
    }
    let words = options.iter().map(|option| option.word.as_str());
    match command.no_binary_name(true).try_get_matches_from(words) {
        Ok(matches) => Ok(matches),
        Err(error) => unreachable!("every word is an option of this command: {error}"),
    }
}

/// The program's name and its words.
fn parts(argv: &[String]) -> (&str, &[String]) {
    argv.split_first()
        .map_or(("", argv), |(name, words)| (name.as_str(), words))
}

fn text(matches: &ArgMatches, id: &str) -> Option<String> {
    matches.get_one::<String>(id).cloned()
}

fn is_set(matches: &ArgMatches, id: &str) -> bool {
    matches.get_count(id) > 0
}

impl DaemonArgs {
    /// Reads the command line, `argv[0]` included. The world is needed because paths are checked at once
    /// (CFG-215).
    pub fn parse(argv: &[String], world: &World<'_>) -> Result<DaemonCommand, UsageError> {
        let (program, words) = parts(argv);
        let command = daemon_command();
        let (options, rest) = getopt::split(&command, words)?;
        if !rest.is_empty() {
            return Err(UsageError::positional(&rest));
        }
        let check = |option: &Occurrence| Self::default().set(&option.id, &option.value, world);
        match judge(command, &options, check) {
            Err(End::Help) => Ok(DaemonCommand::Help(daemon_help(program))),
            Err(End::Version) => Ok(DaemonCommand::Version),
            Err(End::Usage(error)) => Err(error),
            Ok(matches) => Ok(DaemonCommand::Run(Self::from(&matches, world))),
        }
    }

    fn from(matches: &ArgMatches, world: &World<'_>) -> Self {
        let mut args = Self {
            nodaemon: is_set(matches, "nodaemon"),
            silent: is_set(matches, "silent"),
            nocleanup: is_set(matches, "nocleanup"),
            strip_ansi: is_set(matches, "strip_ansi"),
            container: is_set(matches, "container"),
            env_files: matches
                .get_many::<String>(ENV_FILE)
                .into_iter()
                .flatten()
                .cloned()
                .collect(),
            ..Self::default()
        };
        for id in matches.ids() {
            if let Ok(Some(value)) = matches.try_get_one::<String>(id.as_str()) {
                // all values were accepted before
                let _ = args.set(id.as_str(), value, world);
            }
        }
        args
    }

    /// Sets the option from its text.
    fn set(&mut self, id: &str, value: &str, world: &World<'_>) -> Result<(), ValueError> {
        match id {
            "configuration" => self.file = Some(value.to_owned()),
            "user" => self.user = Some(value.to_owned()),
            "umask" => self.umask = Some(mode(value)?),
            "directory" => self.directory = Some(existing_directory(value, world)?),
            "logfile" => self.logfile = Some(file_in_directory(value, world)?),
            "logfile_maxbytes" => self.logfile_maxbytes = Some(at_least_zero(byte_size(value))?),
            "logfile_backups" => self.logfile_backups = Some(at_least_zero(integer(value))?),
            "loglevel" => self.loglevel = Some(level(value)?),
            "pidfile" => self.pidfile = Some(file_in_directory(value, world)?),
            "identifier" => self.identifier = Some(identifier(value)?),
            "childlogdir" => self.childlogdir = Some(existing_directory(value, world)?),
            "minfds" => self.minfds = Some(integer(value)?),
            "minprocs" => self.minprocs = Some(integer(value)?),
            "profile_options" => self.profile_options = Some(list(&value.to_lowercase())),
            _ => {}
        }
        Ok(())
    }
}

impl CtlArgs {
    /// Reads the command line, `argv[0]` included.
    pub fn parse(argv: &[String]) -> Result<CtlCommand, UsageError> {
        let (program, words) = parts(argv);
        let command = ctl_command();
        let (options, action) = getopt::split(&command, words)?;
        let check = |option: &Occurrence| match option.id.as_str() {
            "serverurl" => url(&option.value).map(|_| ()),
            _ => Ok(()),
        };
        let matches = match judge(command, &options, check) {
            Ok(matches) => matches,
            Err(End::Usage(error)) => return Err(error),
            Err(End::Help | End::Version) => return Ok(CtlCommand::Help(ctl_help(program))),
        };
        Ok(CtlCommand::Run(Self {
            file: text(&matches, "configuration"),
            interactive: is_set(&matches, "interactive"),
            serverurl: text(&matches, "serverurl"),
            username: text(&matches, "username"),
            password: text(&matches, "password"),
            history_file: text(&matches, "history_file"),
            action,
        }))
    }
}

/// The usage text; `argv[0]` where the placeholder stands (CFG-220).
fn daemon_help(program: &str) -> String {
    include_str!("help_supervisord.txt").replace("%s", program)
}

/// The usage text of the client (CTL-004).
fn ctl_help(program: &str) -> String {
    include_str!("help_supervisorctl.txt").replace("%s", program)
}

#[cfg(test)]
mod tests;
