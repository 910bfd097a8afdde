//! The outside of a play: it does what it is told and writes down what it was asked.

use super::*;

/// What the supervisor did to the outside.
#[derive(Default)]
pub(super) struct Outside {
    /// In words, since somebody looked last.
    pub(super) done: Vec<String>,
    pub(super) lines: Vec<String>,
    /// Names by pid.
    pub(super) children: BTreeMap<Pid, String>,
    /// The last words of the helper child that is reaped next.
    pub(super) said: Vec<u8>,
    /// Questions over the network that nobody has answered.
    pub(super) questions: Vec<CheckId>,
    pub(super) config: Option<Config>,
    pub(super) deadline: Option<Mono>,
    /// What fails: `spawn`, `kill`, `command` or `config`.
    pub(super) broken: Vec<String>,
}

impl Outside {
    fn is_broken(&self, what: &str) -> bool {
        self.broken.iter().any(|broken| broken == what)
    }
}

/// A door to it.
#[derive(Clone, Default)]
pub(super) struct Port(pub(super) Rc<RefCell<Outside>>);

impl ports::Children for Port {
    fn check_group(&mut self, _: &GroupConfig) -> Result<(), GroupError> {
        Ok(())
    }

    fn check_command(&self, _: &ProcessConfig) -> Result<(), Fault> {
        if self.0.borrow().is_broken("command") {
            return Err(Fault::NoFile(Some("nosuch".to_owned())));
        }
        Ok(())
    }

    fn spawn(&mut self, launch: &Launch) -> Result<Pid, LaunchError> {
        let mut outside = self.0.borrow_mut();
        let name = launch.config.name.clone();
        if outside.is_broken("spawn") {
            outside.done.push(format!("{name} fails"));
            return Err(CommandError::Empty.into());
        }
        let last = outside.children.keys().map(|pid| pid.number()).max();
        let pid = Pid::new(last.unwrap_or(100) + 1).expect("positive");
        outside.done.push(format!("spawn {name}"));
        outside.children.insert(pid, name);
        Ok(pid)
    }

    fn spawn_helper(&mut self, helper: &HelperLaunch) -> Result<Pid, LaunchError> {
        let mut outside = self.0.borrow_mut();
        let variable = |name| helper.environment.iter().find(|(known, _)| *known == name);
        let hook = variable("SUPERVISOR_HOOK").map_or("?", |(_, option)| option.as_str());
        let name = format!("{}/{hook}", helper.config.name);
        if outside.is_broken("hook") {
            return Err(CommandError::Empty.into());
        }
        let last = outside.children.keys().map(|pid| pid.number()).max();
        let pid = Pid::new(last.unwrap_or(100) + 1).expect("positive");
        outside.done.push(format!("run {name}"));
        outside.children.insert(pid, name);
        Ok(pid)
    }

    fn release_helper(&mut self, _: Pid) -> Vec<u8> {
        std::mem::take(&mut self.0.borrow_mut().said)
    }

    fn kill(&mut self, pid: Pid, signal: Signal, group: bool) -> Result<(), KillError> {
        let mut outside = self.0.borrow_mut();
        let name = outside.children.get(&pid).expect("a child").clone();
        // a helper gets it twice, as the group that it leads and in case that it does not
        if !(group && name.contains('/')) {
            outside.done.push(format!("{signal} {name}"));
        }
        if outside.is_broken("kill") {
            return Err(KillError::Other("broken".to_owned()));
        }
        Ok(())
    }

    fn drain(&mut self, _: ProcessId, _: ProcessState) -> Vec<Output> {
        Vec::new()
    }

    fn release(&mut self, _: ProcessId) {}

    fn write_stdin(&mut self, _: ProcessId, _: &[u8]) -> Result<(), StdinError> {
        Ok(())
    }

    fn send_event(&mut self, _: ProcessId, bytes: &[u8]) -> Result<(), StdinError> {
        let text = String::from_utf8_lossy(bytes);
        let name = text
            .split(' ')
            .find_map(|word| word.strip_prefix("eventname:"));
        let sent = format!("event {}", name.unwrap_or("?"));
        self.0.borrow_mut().done.push(sent);
        Ok(())
    }
}

impl ports::Checks for Port {
    fn begin(&mut self, check: CheckId, _: &Probe, _: Duration) {
        let mut outside = self.0.borrow_mut();
        outside.questions.push(check);
        outside.done.push("ask".to_owned());
    }

    fn cancel(&mut self, check: CheckId) {
        let mut outside = self.0.borrow_mut();
        outside.questions.retain(|open| *open != check);
        outside.done.push("do not ask".to_owned());
    }
}

impl ports::Watches for Port {
    fn watch(
        &mut self,
        _: ProcessId,
        _: usize,
        what: &Watched,
        config: &ProcessConfig,
    ) -> Result<(), WatchError> {
        let mut outside = self.0.borrow_mut();
        if outside.is_broken("watch") {
            let (path, why) = (PathBuf::from("/srv"), "too much".to_owned());
            return Err(WatchError { path, why });
        }
        let what = match what {
            Watched::Binary => "binary".to_owned(),
            Watched::Directory { path, .. } => path.display().to_string(),
        };
        outside
            .done
            .push(format!("watch {what} of {}", config.name));
        Ok(())
    }

    fn unwatch(&mut self, _: ProcessId) {
        self.0.borrow_mut().done.push("watch no more".to_owned());
    }
}

impl ports::Logs for Port {
    fn create_auto(&mut self, process: &str, channel: Channel) -> io::Result<PathBuf> {
        Ok(PathBuf::from(format!("/{process}-{}", channel.name())))
    }

    fn give_up(&mut self, _: &LogPaths) {}

    fn clear(&mut self, _: ProcessId, _: &LogPaths) -> io::Result<()> {
        Ok(())
    }

    fn reopen(&mut self) -> Vec<io::Error> {
        Vec::new()
    }

    fn print(&mut self, text: &[u8]) {
        let said = format!("print {}", String::from_utf8_lossy(text));
        self.0.borrow_mut().done.push(said);
    }
}

impl ports::MainLog for Port {
    fn write(&mut self, level: Level, text: &str) {
        let line = format!("{} {text}", level.code());
        self.0.borrow_mut().lines.push(line);
    }

    fn writes(&self, _: Level) -> bool {
        true
    }

    fn path(&self) -> Option<PathBuf> {
        None
    }

    fn reopen(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn clear(&mut self) -> Result<(), Fault> {
        Ok(())
    }
}

impl Configuration for Port {
    fn read(&mut self) -> Result<Config, Refusal> {
        let outside = self.0.borrow();
        let config = outside.config.clone();
        let config = config.filter(|_| !outside.is_broken("config"));
        config.ok_or_else(|| Refusal {
            error: Box::new(ConfigError::Unreadable("s.conf".to_owned())),
            notices: Vec::new(),
        })
    }
}

impl ports::Alarm for Port {
    fn wake_at(&mut self, deadline: Option<Mono>) {
        self.0.borrow_mut().deadline = deadline;
    }

    fn finished(&mut self) {
        self.0.borrow_mut().done.push("finished".to_owned());
    }
}

pub(super) fn ports_of(port: &Port) -> Ports {
    Ports {
        children: Box::new(port.clone()),
        logs: Box::new(port.clone()),
        main_log: Box::new(port.clone()),
        configuration: Box::new(port.clone()),
        checks: Box::new(port.clone()),
        watches: Box::new(port.clone()),
        alarm: Box::new(port.clone()),
        local_time: |_| LocalTime::default(),
        luck: || 0.5,
    }
}
