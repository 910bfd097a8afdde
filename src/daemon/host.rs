//! The operating system as the supervisor sees it: [`Os`] by real system calls.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::rc::Rc;

use crate::base::calendar::LocalTime;
use crate::base::clock::{Mono, Wall};
use crate::base::errno::Errno;
use crate::base::fault::Fault;
use crate::base::level::Level;
use crate::base::pid::Pid;
use crate::base::signals::Signal;
use crate::base::states::ProcessState;
use crate::config::{Config, GroupConfig, MainLog, Refusal, Supervisord};
use crate::logs::activity::{self, Activity};
use crate::logs::{auto, file};
use crate::process::policy::ProcessConfig;
use crate::supervisor::member::{Channel as Which, LogPaths, ProcessId};
use crate::supervisor::os::{GroupError, KillError, Launch, Os, StdinError};
use crate::supervisor::output::Output;
use crate::sys;
use crate::sys::signals::Target;

use super::channel::Channel;
use super::hub::Hub;
use super::launch::{Child, Launcher};

/// Real system calls.
pub(super) struct Host {
    hub: Rc<Hub>,
    launcher: Launcher,
    settings: Supervisord,
    /// The main log.
    activity: Activity,
    /// Reads the configuration as at the start.
    read: Box<dyn Fn() -> Result<Config, Refusal>>,
    children: HashMap<ProcessId, Child>,
}

impl Host {
    pub(super) fn new(
        hub: Rc<Hub>,
        launcher: Launcher,
        settings: Supervisord,
        activity: Activity,
        read: Box<dyn Fn() -> Result<Config, Refusal>>,
    ) -> Self {
        Self {
            hub,
            launcher,
            settings,
            activity,
            read,
            children: HashMap::new(),
        }
    }
}

impl Os for Host {
    fn log(&mut self, level: Level, text: &str) {
        activity::log(level, text);
    }

    fn local_time(&self, wall: Wall) -> LocalTime {
        sys::clock::local_time(wall)
    }

    fn logs(&self, level: Level) -> bool {
        activity::enabled(level)
    }

    fn check_group(&mut self, group: &GroupConfig) -> Result<(), GroupError> {
        let checked = self.launcher.sockets.check(group);
        checked.map_err(|error| GroupError::Socket(error.to_string()))
    }

    fn check_command(&self, config: &ProcessConfig) -> Result<(), Fault> {
        self.launcher.check(config)
    }

    fn spawn(&mut self, launch: &Launch) -> Result<Pid, String> {
        let (pid, child) = self.launcher.launch(launch)?;
        self.children.insert(launch.id, child);
        Ok(pid)
    }

    fn kill(&mut self, pid: Pid, signal: Signal, group: bool) -> Result<(), KillError> {
        let target = if group {
            Target::Group(pid)
        } else {
            Target::Process(pid)
        };
        sys::signals::kill(target, signal).map_err(|errno| match errno {
            Errno(libc::ESRCH) => KillError::Gone,
            errno => KillError::Other(errno.description()),
        })
    }

    fn drain(&mut self, id: ProcessId, state: ProcessState) -> Vec<Output> {
        self.children
            .remove(&id)
            .map(|child| child.drain(&self.hub, state))
            .unwrap_or_default()
    }

    fn release(&mut self, id: ProcessId) {
        self.launcher.sockets.release(id);
    }

    fn write_stdin(&mut self, id: ProcessId, bytes: &[u8]) -> Result<(), StdinError> {
        let stdin = self.children.get(&id).and_then(Child::stdin);
        stdin.ok_or(StdinError::Closed)?.write(bytes)
    }

    fn create_auto_log(&mut self, process: &str, channel: Which) -> io::Result<PathBuf> {
        let (dir, identifier) = (&self.settings.childlogdir, &self.settings.identifier);
        auto::create(dir, process, channel.name(), identifier)
    }

    fn clear_logs(&mut self, id: ProcessId, paths: &LogPaths) -> io::Result<()> {
        match self.children.get(&id) {
            Some(child) => child.each_log(Channel::clear),
            None => [Which::Stdout, Which::Stderr]
                .into_iter()
                .filter_map(|which| paths.get(which))
                .map(file::empty)
                .fold(Ok(()), Result::and),
        }
    }

    fn reopen_logs(&mut self) {
        let complain = |what: &str, error: &io::Error| {
            activity::log(Level::Critical, &format!("cannot reopen {what}: {error}"));
        };
        if let Err(error) = self.activity.reopen() {
            complain("the main log", &error);
        }
        for child in self.children.values() {
            if let Err(error) = child.each_log(Channel::reopen) {
                complain("a child log", &error);
            }
        }
    }

    fn clear_main_log(&mut self) -> Result<(), Fault> {
        let path = self.main_log().filter(|path| path.exists());
        path.ok_or(Fault::NoFile(None))?;
        self.activity
            .clear()
            .map_err(|error| Fault::Failed(Some(error.to_string())))
    }

    fn main_log(&self) -> Option<PathBuf> {
        match &self.settings.logfile {
            MainLog::File(path) => Some(path.clone()),
            MainLog::Syslog => None,
        }
    }

    fn read_config(&mut self) -> Result<Config, Refusal> {
        (self.read)()
    }

    fn wake_at(&mut self, deadline: Option<Mono>) {
        self.hub.set_deadline(deadline);
    }

    fn finished(&mut self) {
        self.hub.finish();
    }
}
