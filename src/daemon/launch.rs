//! Starting one child: command, logs, pipes, fork, and the tasks that read its output.

use std::ffi::{CString, OsString};
use std::os::fd::AsFd;
use std::rc::Rc;

use tokio::task::{JoinHandle, spawn_local};

use crate::base::errno::Errno;
use crate::base::fault::Fault;
use crate::base::pid::Pid;
use crate::base::spawn_error::SpawnError;
use crate::base::states::ProcessState;
use crate::logs::file::Rotation;
use crate::logs::place::LinkRefused;
use crate::logs::sink::{Sink, Sinks};
use crate::logs::syslog::{DEV_LOG, Syslog};
use crate::logs::writers::Writers;
use crate::process::command::{Command, CommandError, Resolved};
use crate::process::environment::{Identity, child_environment};
use crate::process::policy::ProcessConfig;
use crate::supervisor::member::Channel as Which;
use crate::supervisor::output::Output;
use crate::supervisor::ports::{Launch, LaunchError};
use crate::sys;
use crate::sys::pipes::{self, ParentEnds, Shape};
use crate::sys::spawn::{SpawnPlan, Spawner};

use super::channel::{Channel, Treatment};
use super::fastcgi::FcgiSockets;
use super::hub::Hub;
use super::input::Input;
use super::pump;
use super::surroundings::Reader;

/// What starts children: everything that is the same for all of them.
pub(super) struct Launcher {
    pub(super) hub: Rc<Hub>,
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

/// A child that was started: its channels and their tasks.
pub(super) struct Child {
    channels: Vec<(Rc<Channel>, JoinHandle<()>)>,
    stdin: Option<Rc<Input>>,
}

impl Launcher {
    /// Finds the command of a process (PROC-056 to PROC-065).
    pub(super) fn resolve(&self, config: &ProcessConfig) -> Result<Resolved, CommandError> {
        let own = self
            .inherited()
            .iter()
            .find(|(name, _)| name == "PATH")
            .map(|(_, path)| &**path);
        let path = config.environment.get("PATH").map(String::as_str);
        let command = Command::parse(&config.command, path, own)?;
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
        let stdout = self.open_logs(launch, Which::Stdout)?;
        let stderr = self.open_logs(launch, Which::Stderr)?;
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
        [stdout, stderr]: [Sinks; 2],
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
        let plan = SpawnPlan {
            files: resolved.files,
            argv: resolved.argv,
            environment: self.environment(launch),
            stdio: stdio.ok_or(SpawnError::Files(Errno(libc::EBADF)))?,
            user: self.reader.surroundings.users.of(config.uid),
            directory: directory(config)?,
            umask: config.umask,
            own_group: true,
        };
        let child = self.attend(launch, ours, stdout, stderr).map_err(files)?;
        self.sockets.announce(launch);
        match self.spawner.spawn(plan) {
            Ok(pid) => Ok((pid, child)),
            Err(error) => {
                child.abandon();
                Err(error)
            }
        }
    }

    /// Opens the logs of one channel, for append, at every start (LOG-087).
    fn open_logs(&self, launch: &Launch, which: Which) -> Result<Sinks, LaunchError> {
        let config = &*launch.config;
        let options = which.config(config);
        let mut sinks = Sinks::new();
        if which == Which::Stderr && config.redirect_stderr {
            return Ok(sinks);
        }
        if let Some(place) = launch.logs.get(which) {
            let (maxbytes, backups) = (options.maxbytes, options.backups);
            let rotation = Rotation { maxbytes, backups };
            let opened = self.writers.open(place.clone(), rotation);
            sinks.add(opened.map_err(|error| match LinkRefused::of(&error) {
                Some(refused) => LaunchError::Log {
                    path: place.path().to_owned(),
                    refused,
                },
                None => failed(config, SpawnError::Files(error.into())),
            })?);
        }
        let protocol = launch.listener && which == Which::Stdout;
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

    fn environment(&self, launch: &Launch) -> Vec<CString> {
        let config = &launch.config;
        let identity = Identity {
            server_url: match config.serverurl.as_deref() {
                Some("") => None,
                Some(url) => Some(url),
                None => self.server_url.as_deref(),
            },
            process: &config.name,
            group: &launch.group,
        };
        child_environment(self.inherited(), identity, &config.environment)
    }

    /// Starts the tasks of the daemon's ends.
    fn attend(
        &self,
        launch: &Launch,
        ours: ParentEnds,
        stdout: Sinks,
        stderr: Sinks,
    ) -> std::io::Result<Child> {
        let mut child = Child {
            channels: Vec::new(),
            stdin: None,
        };
        if let Some(fd) = ours.stdin {
            child.stdin = Some(Rc::new(Input::new(fd, self.hub.clone())));
        }
        let out = Some((ours.stdout, Which::Stdout, stdout));
        let err = ours.stderr.map(|fd| (fd, Which::Stderr, stderr));
        for (fd, which, sinks) in out.into_iter().chain(err) {
            let options = which.config(&launch.config);
            let treatment = Treatment {
                name: launch.config.name.clone(),
                which,
                strip_ansi: self.strip_ansi,
                capture_maxbytes: options.capture_maxbytes,
                events: options.events_enabled,
                protocol: launch.listener && which == Which::Stdout,
                echo: self.echo,
            };
            let channel = Rc::new(Channel::new(fd, treatment, sinks)?);
            let task = spawn_local(pump::pump(self.hub.clone(), launch.id, channel.clone()));
            child.channels.push((channel, task));
        }
        Ok(child)
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

impl Child {
    /// Its stdin, if it has one.
    pub(super) fn stdin(&self) -> Option<&Rc<Input>> {
        self.stdin.as_ref()
    }

    /// Does it to the logs of every channel; the first error is the answer.
    pub(super) fn each_log(
        &self,
        act: impl Fn(&Channel) -> std::io::Result<()>,
    ) -> std::io::Result<()> {
        self.channels
            .iter()
            .map(|(channel, _)| act(channel))
            .fold(Ok(()), Result::and)
    }

    /// The child was reaped: takes its last words and closes everything (PROC-099).
    pub(super) fn drain(self, hub: &Hub, state: ProcessState) -> Vec<Output> {
        let mut outputs = Vec::new();
        for (channel, task) in &self.channels {
            task.abort();
            let turn = hub.with_buffer(|buffer| channel.drain(buffer));
            channel.say_closed(state);
            outputs.extend(turn.outputs);
            // what is held shows in the flush below
            let _ = pump::report(turn.outcome);
            let mut sinks = channel.take_sinks();
            if pump::report(sinks.flush()).held > 0 {
                spawn_local(pump::empty(sinks));
            }
        }
        self.abandon();
        outputs
    }

    /// There is no child, or not any more.
    fn abandon(self) {
        for (_, task) in &self.channels {
            task.abort();
        }
        if let Some(stdin) = self.stdin {
            stdin.close();
        }
    }
}
