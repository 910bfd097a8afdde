//! The outside as the supervisor sees it: its ports, by real system calls.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::rc::Rc;

use crate::base::clock::Mono;
use crate::base::errno::Errno;
use crate::base::fault::Fault;
use crate::base::level::Level;
use crate::base::pid::Pid;
use crate::base::signals::Signal;
use crate::base::states::ProcessState;
use crate::config::{Config, GroupConfig, MainLog, Refusal, Supervisord};
use crate::logs::activity::{self, Activity};
use crate::logs::file;
use crate::logs::writers::Writers;
use crate::process::policy::ProcessConfig;
use crate::supervisor::member::{Channel as Which, LogPaths, ProcessId};
use crate::supervisor::output::Output;
use crate::supervisor::ports::{
    self, GroupError, HelperLaunch, KillError, Launch, LaunchError, Ports, StdinError,
};
use crate::sys;
use crate::sys::signals::Target;

use super::channel::Channel;
use super::checks::Checks;
use super::child::Child;
use super::helper::Helper;
use super::launch::Launcher;
use super::shared::Shared;
use super::stdout::StandardOutput;
use super::surroundings::Reader;
use super::watches::Watches;

/// The ports of a supervisor with these settings.
pub(super) fn ports(
    shared: &Rc<Shared>,
    launcher: Launcher,
    settings: &Supervisord,
    activity: &Activity,
    reader: &Rc<Reader>,
) -> Ports {
    let open = Rc::<OpenChildren>::default();
    Ports {
        children: Box::new(Children {
            shared: shared.clone(),
            launcher,
            open: open.clone(),
            helpers: HashMap::new(),
        }),
        logs: Box::new(Logs {
            directory: settings.childlogdir.clone(),
            identifier: settings.identifier.clone(),
            open,
            writers: activity.writers(),
            stdout: StandardOutput::new(activity.writers()),
        }),
        main_log: Box::new(OwnLog {
            activity: activity.clone(),
            path: match &settings.logfile {
                MainLog::File(path) => Some(path.clone()),
                MainLog::Syslog => None,
            },
        }),
        configuration: Box::new(reader.clone()),
        checks: Box::new(Checks::new(
            shared.clone(),
            Rc::clone(&reader.surroundings.workers),
        )),
        watches: Box::new(Watches::new(shared.clone(), Rc::clone(reader))),
        alarm: Box::new(shared.clone()),
        local_time: sys::clock::local_time,
        luck: sys::random::fraction,
    }
}

/// Children that were not reaped, with their pipes and open logs.
type OpenChildren = RefCell<HashMap<ProcessId, Child>>;

struct Children {
    shared: Rc<Shared>,
    launcher: Launcher,
    open: Rc<OpenChildren>,
    /// Helper children that were not reaped.
    helpers: HashMap<Pid, Helper>,
}

impl ports::Children for Children {
    fn check_group(&mut self, group: &GroupConfig) -> Result<(), GroupError> {
        let checked = self.launcher.sockets.check(group);
        checked.map_err(|error| GroupError::Socket(error.to_string()))
    }

    fn check_command(&self, config: &ProcessConfig) -> Result<(), Fault> {
        self.launcher.check(config)
    }

    fn spawn(&mut self, launch: &Launch) -> Result<Pid, LaunchError> {
        let (pid, child) = self.launcher.launch(launch)?;
        self.open.borrow_mut().insert(launch.id, child);
        Ok(pid)
    }

    fn spawn_helper(&mut self, helper: &HelperLaunch) -> Result<Pid, LaunchError> {
        let (pid, helper) = self.launcher.launch_helper(helper)?;
        self.helpers.insert(pid, helper);
        Ok(pid)
    }

    fn release_helper(&mut self, pid: Pid) -> Vec<u8> {
        self.launcher.tidy();
        let helper = self.helpers.remove(&pid);
        helper
            .map(|helper| helper.release(&self.shared))
            .unwrap_or_default()
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
        let child = self.open.borrow_mut().remove(&id);
        child
            .map(|child| child.drain(&self.shared, state))
            .unwrap_or_default()
    }

    fn release(&mut self, id: ProcessId) {
        self.launcher.sockets.release(id);
        self.launcher.tidy();
    }

    fn write_stdin(&mut self, id: ProcessId, bytes: &[u8]) -> Result<(), StdinError> {
        let open = self.open.borrow();
        let stdin = open.get(&id).and_then(Child::stdin);
        stdin.ok_or(StdinError::Closed)?.write(bytes)
    }

    fn send_event(&mut self, id: ProcessId, bytes: &[u8]) -> Result<(), StdinError> {
        let open = self.open.borrow();
        let stdin = open.get(&id).and_then(Child::stdin);
        stdin.ok_or(StdinError::Closed)?.write_event(bytes)
    }
}

struct Logs {
    /// Where automatic logs are made.
    directory: PathBuf,
    /// Part of their names.
    identifier: String,
    open: Rc<OpenChildren>,
    writers: Writers,
    stdout: StandardOutput,
}

impl ports::Logs for Logs {
    fn create_auto(&mut self, process: &str, channel: Which) -> io::Result<PathBuf> {
        let Self {
            writers,
            directory,
            identifier,
            ..
        } = self;
        writers.create_automatic(directory, process, channel.name(), identifier)
    }

    fn give_up(&mut self, paths: &LogPaths) {
        let both = [Which::Stdout, Which::Stderr];
        let paths = both.into_iter().filter_map(|which| paths.get(which));
        paths.for_each(|place| self.writers.give_up(place));
    }

    fn clear(&mut self, id: ProcessId, paths: &LogPaths) -> io::Result<()> {
        match self.open.borrow().get(&id) {
            Some(child) => child.each_log(Channel::clear),
            None => [Which::Stdout, Which::Stderr]
                .into_iter()
                .filter_map(|which| paths.get(which))
                .map(file::empty)
                .fold(Ok(()), Result::and),
        }
    }

    fn reopen(&mut self) -> Vec<io::Error> {
        let open = self.open.borrow();
        let reopened = open.values().map(|child| child.each_log(Channel::reopen));
        reopened.filter_map(Result::err).collect()
    }

    fn print(&mut self, text: &[u8]) {
        self.stdout.print(text);
    }
}

struct OwnLog {
    activity: Activity,
    path: Option<PathBuf>,
}

impl ports::MainLog for OwnLog {
    fn write(&mut self, level: Level, text: &str) {
        activity::log(level, text);
    }

    fn writes(&self, level: Level) -> bool {
        activity::enabled(level)
    }

    fn path(&self) -> Option<PathBuf> {
        self.path.clone()
    }

    fn reopen(&mut self) -> io::Result<()> {
        self.activity.reopen()
    }

    fn clear(&mut self) -> Result<(), Fault> {
        let path = self.path.as_ref().filter(|path| path.exists());
        path.ok_or(Fault::NoFile(None))?;
        self.activity
            .clear()
            .map_err(|error| Fault::Failed(Some(error.to_string())))
    }
}

impl ports::Configuration for Rc<Reader> {
    fn read(&mut self) -> Result<Config, Refusal> {
        Reader::read(self)
    }
}

impl ports::Alarm for Rc<Shared> {
    fn wake_at(&mut self, deadline: Option<Mono>) {
        self.set_deadline(deadline);
    }

    fn finished(&mut self) {
        self.finish();
    }
}
