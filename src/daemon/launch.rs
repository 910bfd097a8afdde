//! Starting one child: command, logs, pipes, fork.

use std::ffi::{CString, OsStr, OsString};
use std::fs::File;
use std::os::fd::AsFd;
use std::rc::Rc;

use crate::base::errno::Errno;
use crate::base::fault::Fault;
use crate::base::names::namespec;
use crate::base::pid::Pid;
use crate::base::spawn_error::SpawnError;
use crate::logs::file::Rotation;
use crate::logs::labelled::Labelled;
use crate::logs::place::LinkRefused;
use crate::logs::sink::Sinks;
use crate::logs::syslog::{DEV_LOG, Syslog};
use crate::logs::writers::Writers;
use crate::process::command::{Command, CommandError, Resolved};
use crate::process::environment::{Identity, child_environment};
use crate::process::lifecycle::Kind;
use crate::process::policy::{LogFormat, ProcessConfig};
use crate::supervisor::member::{Channel as Which, LogPaths};
use crate::supervisor::ports::{HelperLaunch, HelperOutput, Launch, LaunchError};
use crate::sys;
use crate::sys::pipes::{self, ParentEnds, Shape};
use crate::sys::spawn::{SpawnPlan, Spawner};

use super::channel::{ChannelOptions, ChannelState, ReadySearch};
use super::child::{Child, OpenOutput};
use super::fastcgi::FcgiSockets;
use super::helper::{Destination, Helper};
use super::notices::Notices;
use super::shared::Shared;
use super::surroundings::Reader;

/// What starts children: everything that is the same for all of them.
pub(super) struct Launcher {
    pub(super) shared: Rc<Shared>,
    pub(super) spawner: Rc<Spawner>,
    /// What the daemon was started with.
    pub(super) reader: Rc<Reader>,
    /// How children reach the daemon, unless they are told otherwise (CFG-129).
    pub(super) server_url: Option<String>,
    pub(super) strip_ansi: bool,
    /// Output is shown in the main log.
    pub(super) echo: bool,
    pub(super) sockets: FcgiSockets,
    /// Who writes which log.
    pub(super) writers: Writers,
}

impl Launcher {
    /// Finds the command of a process (PROC-056 to PROC-065).
    pub(super) fn resolve(&self, config: &ProcessConfig) -> Result<Resolved, CommandError> {
        let (path, own) = self.paths(config);
        self.find(Command::parse(&config.command, path, own)?)
    }

    /// The same for what runs beside a process.
    pub(super) fn resolve_helper(&self, helper: &HelperLaunch) -> Result<Resolved, CommandError> {
        let (path, own) = self.paths(&helper.config);
        self.find(Command::of_words(&helper.command, path, own)?)
    }

    /// PATH as the program has it, and as we have it.
    fn paths<'a>(&'a self, config: &'a ProcessConfig) -> (Option<&'a str>, Option<&'a OsStr>) {
        let program = config.environment.get("PATH");
        let own = self.reader.surroundings.path();
        (program.map(String::as_str), own)
    }

    fn find(&self, command: Command) -> Result<Resolved, CommandError> {
        let places = &command.places;
        let prober = &self.reader.surroundings.prober;
        match prober.look(&places.folders(), places.candidates()) {
            Some(kinds) => places.find(kinds).map(|file| command.with(file)),
            // the file system takes its time, and only the child waits for it
            None => Ok(command.with_any()),
        }
    }

    /// A child has ended: takes the ends of helpers as well.
    pub(super) fn tidy(&self) {
        self.reader.surroundings.prober.bury();
    }

    /// Whether the process could be started, as a fault if not.
    pub(super) fn check(&self, config: &ProcessConfig) -> Result<(), Fault> {
        self.resolve(config)
            .map(drop)
            .map_err(|error| error.fault())
    }

    /// Starts a child.
    pub(super) fn launch(&mut self, launch: &Launch) -> Result<(Pid, Child), LaunchError> {
        let resolved = self.resolve(&launch.config)?;
        let open = |which| {
            let protocol = launch.listener && which == Which::Stdout;
            self.open_logs(&launch.config, &launch.group, &launch.logs, which, protocol)
        };
        let (stdout, stderr) = (open(Which::Stdout)?, open(Which::Stderr)?);
        let spawned = self.fork(launch, resolved, [stdout, stderr]);
        if spawned.is_err() {
            self.sockets.release(launch.id);
        }
        spawned.map_err(|error| failed(&launch.config, error))
    }

    fn fork(
        &mut self,
        launch: &Launch,
        resolved: Resolved,
        logs: [Sinks; 2],
    ) -> Result<(Pid, Child), SpawnError> {
        let config = &*launch.config;
        let files = |error: std::io::Error| SpawnError::Files(error.into());
        let socket = self.sockets.acquire(launch).map_err(SpawnError::Files)?;
        let shape = Shape {
            stdin: socket.is_none(),
            redirect_stderr: config.redirect_stderr,
        };
        let (ours, theirs) = pipes::stdio(shape).map_err(SpawnError::Files)?;
        let stdio = theirs.stdio(socket.as_ref().map(|socket| socket.as_fd()));
        let notices = self.open_notices(launch).map_err(files)?;
        let address = notices.as_ref().map(|(_, address)| address.clone());
        let more = Vec::from_iter(address.map(|address| ("NOTIFY_SOCKET", address)));
        let plan = SpawnPlan {
            files: resolved.files,
            argv: resolved.argv,
            environment: self.environment(config, &launch.group, &more),
            stdio: stdio.ok_or(SpawnError::Files(Errno(libc::EBADF)))?,
            user: self.reader.surroundings.users.of(config.uid),
            directory: directory(config)?,
            umask: config.umask,
            own_group: true,
        };
        let mut child = self.attend(launch, ours, logs).map_err(files)?;
        child.listen(notices.map(|(notices, _)| notices));
        self.sockets.announce(launch);
        match self.spawner.spawn(plan) {
            Ok(pid) => Ok((pid, child)),
            Err(error) => {
                child.abandon();
                Err(error)
            }
        }
    }

    /// The socket on which the process will say how it is, if it shall (LIF-120).
    fn open_notices(&self, launch: &Launch) -> std::io::Result<Option<(Notices, String)>> {
        let config = &launch.config;
        let lifecycle = config.policy.lifecycle.as_ref();
        if lifecycle.is_none_or(|lifecycle| lifecycle.kind != Kind::Notify) {
            return Ok(None);
        }
        let name = namespec(&launch.group, &config.name);
        Notices::open(&self.shared, launch.id, name, config.uid).map(Some)
    }

    /// Starts what runs beside a process (LIF-255, LIF-256, HLT-040).
    pub(super) fn launch_helper(
        &self,
        launch: &HelperLaunch,
    ) -> Result<(Pid, Helper), LaunchError> {
        let config = &*launch.config;
        let resolved = self.resolve_helper(launch)?;
        let destination = match &launch.output {
            HelperOutput::Kept => Destination::Kept,
            HelperOutput::Log(logs) => {
                let which = if config.redirect_stderr {
                    Which::Stdout
                } else {
                    Which::Stderr
                };
                Destination::Log(self.open_logs(config, &launch.group, logs, which, false)?)
            }
        };
        let forked = self.fork_helper(launch, resolved, destination);
        forked.map_err(|error| failed(config, error))
    }

    fn fork_helper(
        &self,
        launch: &HelperLaunch,
        resolved: Resolved,
        destination: Destination,
    ) -> Result<(Pid, Helper), SpawnError> {
        let config = &*launch.config;
        let files = |error: std::io::Error| SpawnError::Files(error.into());
        let nothing = File::open("/dev/null").map_err(files)?;
        let shape = Shape {
            stdin: false,
            redirect_stderr: true,
        };
        let (ours, theirs) = pipes::stdio(shape).map_err(SpawnError::Files)?;
        let stdio = theirs.stdio(Some(nothing.as_fd()));
        let uid = config.uid.filter(|_| !launch.as_daemon);
        let plan = SpawnPlan {
            files: resolved.files,
            argv: resolved.argv,
            environment: self.environment(config, &launch.group, &launch.environment),
            stdio: stdio.ok_or(SpawnError::Files(Errno(libc::EBADF)))?,
            user: self.reader.surroundings.users.of(uid),
            directory: directory(config)?,
            umask: config.umask,
            own_group: true,
        };
        let helper = Helper::attend(&self.shared, ours.stdout, destination).map_err(files)?;
        Ok((self.spawner.spawn(plan)?, helper))
    }

    /// Opens the logs of one channel, for append, at every start (LOG-087).
    fn open_logs(
        &self,
        config: &ProcessConfig,
        group: &str,
        logs: &LogPaths,
        which: Which,
        protocol: bool,
    ) -> Result<Sinks, LaunchError> {
        let options = which.config(config);
        let mut sinks = Sinks::new();
        if which == Which::Stderr && config.redirect_stderr {
            return Ok(sinks);
        }
        if let Some(place) = logs.get(which) {
            let (maxbytes, backups) = (options.maxbytes, options.backups);
            let rotation = Rotation { maxbytes, backups };
            let opened = self.writers.open(place.clone(), rotation);
            let opened = opened.map_err(|error| match LinkRefused::of(&error) {
                Some(refused) => LaunchError::Log {
                    path: place.path().to_owned(),
                    refused,
                },
                None => failed(config, SpawnError::Files(error.into())),
            })?;
            match options.format {
                LogFormat::Raw => sinks.add(opened),
                LogFormat::Text => {
                    let name = namespec(group, &config.name);
                    let clock = sys::clock::LOCAL;
                    sinks.add(Labelled::new(opened, &name, which.name(), clock));
                }
            }
        }
        if options.syslog && !protocol {
            sinks.add(Syslog::for_process(
                DEV_LOG,
                &config.name,
                sys::clock::LOCAL,
            ));
        }
        Ok(sinks)
    }

    /// The daemon's own environment.
    fn inherited(&self) -> &[(OsString, OsString)] {
        &self.reader.surroundings.inherited
    }

    /// What a child of that process sees; `more` wins over what the program's options say.
    fn environment(
        &self,
        config: &ProcessConfig,
        group: &str,
        more: &[(&str, String)],
    ) -> Vec<CString> {
        let identity = Identity {
            server_url: match config.serverurl.as_deref() {
                Some("") => None,
                Some(url) => Some(url),
                None => self.server_url.as_deref(),
            },
            process: &config.name,
            group,
        };
        child_environment(self.inherited(), identity, &config.environment, more)
    }

    /// Takes the daemon's ends of a new child's pipes into care.
    fn attend(
        &self,
        launch: &Launch,
        ours: ParentEnds,
        [stdout, stderr]: [Sinks; 2],
    ) -> std::io::Result<Child> {
        let lifecycle = launch.config.policy.lifecycle.as_ref();
        let line = lifecycle.and_then(|lifecycle| lifecycle.ready_log_line.as_ref());
        let search = line.and_then(|line| ReadySearch::new(line));
        let out = Some((ours.stdout, Which::Stdout, stdout));
        let err = ours.stderr.map(|fd| (fd, Which::Stderr, stderr));
        let outputs = out.into_iter().chain(err).map(|(pipe, which, sinks)| {
            let options = self.channel_options(launch, which);
            let state = ChannelState::at_start(&options);
            OpenOutput {
                pipe,
                options,
                state,
                sinks,
                search: search.clone(),
            }
        });
        Child::attend(&self.shared, launch.id, ours.stdin, outputs)
    }

    fn channel_options(&self, launch: &Launch, which: Which) -> ChannelOptions {
        let config = which.config(&launch.config);
        ChannelOptions {
            name: launch.config.name.clone(),
            which,
            strip_ansi: self.strip_ansi,
            capture_maxbytes: config.capture_maxbytes,
            events: config.events_enabled,
            protocol: launch.listener && which == Which::Stdout,
            echo: self.echo,
        }
    }
}

/// The system made no child of that process.
fn failed(config: &ProcessConfig, error: SpawnError) -> LaunchError {
    let process = config.name.clone();
    LaunchError::System { process, error }
}

fn directory(config: &ProcessConfig) -> Result<Option<CString>, SpawnError> {
    let directory = config.directory.as_deref().map(CString::new).transpose();
    directory.map_err(|_| SpawnError::Files(Errno(libc::EINVAL)))
}
