//! The world as the supervisor sees it: what it is told comes true, or fails where that was asked for.

use super::*;

/// A door that the supervisor uses.
pub(super) struct Port(pub(super) Rc<RefCell<State>>);

impl MainLog for Port {
    fn write(&mut self, level: Level, text: &str) {
        let state = &mut *self.0.borrow_mut();
        let pulled = text
            .strip_prefix("starting ")
            .and_then(|rest| rest.split_once(": "));
        if let Some((name, why)) = pulled
            && why.ends_with(" depends on it")
        {
            state.pulled.insert(name.to_owned());
        }
        if let Some(name) = text.strip_suffix(" no longer waits to start") {
            state.pulled.remove(name);
        }
        let line = format!("{} {} {text}", MONO.get(), level.code());
        state.lines.push(line);
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

impl Children for Port {
    fn check_group(&mut self, _: &GroupConfig) -> Result<(), GroupError> {
        Ok(())
    }

    fn check_command(&self, _: &ProcessConfig) -> Result<(), Fault> {
        if self.0.borrow().troubles.command {
            return Err(Fault::NotExecutable("broken".to_owned()));
        }
        Ok(())
    }

    fn spawn(&mut self, launch: &Launch) -> Result<Pid, LaunchError> {
        let state = &mut *self.0.borrow_mut();
        assert!(
            !state.going_down,
            "{} was spawned on the way down",
            launch.config.name
        );
        assert!(
            state.children.values().all(|child| child.id != launch.id),
            "{} has two children",
            launch.config.name
        );
        let own = launch.config.policy.lifecycle.as_deref();
        let comes_again = own.is_some_and(|own| own.schedule.is_some());
        let has_own_pace = own.is_some_and(|own| {
            let checked = own.liveness_check.is_some() || own.kind == Kind::Notify;
            checked || own.restarts != Restarts::default()
        });
        let now = Mono(MONO.get());
        let before = state.starts.insert(launch.id, now);
        let asked = state.asked.remove(&launch.id);
        let pulled = state
            .pulled
            .remove(&namespec(&launch.group, &launch.config.name));
        if pulled {
            state.held.remove(&launch.id);
        }
        if !state.by_hand && !asked && !pulled {
            assert!(
                comes_again || !state.held.contains(&launch.id),
                "{} was spawned after it was told to stop",
                launch.config.name
            );
            // DEC-021a
            assert!(
                comes_again
                    || has_own_pace
                    || before.is_none_or(|before| now.since(before) >= Duration::from_secs(1)),
                "{} was spawned again too soon",
                launch.config.name
            );
        }
        let burst = state.troubles.burst > 0;
        state.troubles.burst = state.troubles.burst.saturating_sub(1);
        if state.troubles.spawn || burst {
            let (process, error) = (launch.config.name.clone(), SpawnError::Fork(Errno(11)));
            return Err(LaunchError::System { process, error });
        }
        state.next_pid += 1;
        let pid = Pid::new(state.next_pid).expect("positive");
        let child = Child {
            id: launch.id,
            group: launch.group.clone(),
            config: launch.config.clone(),
            obeys: !state.troubles.stubborn,
            lost: false,
            left_group: state.troubles.leaving,
            listener: launch.listener.then(FakeListener::default),
            notifies: own.is_some_and(|own| own.kind == Kind::Notify),
            has_ready_line: own.is_some_and(|own| own.ready_log_line.is_some()),
        };
        state.children.insert(pid, child);
        Ok(pid)
    }

    fn spawn_helper(&mut self, helper: &HelperLaunch) -> Result<Pid, LaunchError> {
        let state = &mut *self.0.borrow_mut();
        if state.troubles.spawn {
            let (process, error) = (helper.config.name.clone(), SpawnError::Fork(Errno(11)));
            return Err(LaunchError::System { process, error });
        }
        state.next_pid += 1;
        let pid = Pid::new(state.next_pid).expect("positive");
        state.helpers.insert(pid, helper.id);
        Ok(pid)
    }

    fn release_helper(&mut self, _: Pid) -> Vec<u8> {
        b"its last line\n".to_vec()
    }

    fn kill(&mut self, pid: Pid, signal: Signal, group: bool) -> Result<(), KillError> {
        let state = &mut *self.0.borrow_mut();
        if state.helpers.contains_key(&pid) {
            state.killed_helpers.insert(pid);
            state.end(pid, Exit::from_wait_status(signal.number()));
            return Ok(());
        }
        if state.troubles.kill {
            if let Some(child) = state.children.get_mut(&pid) {
                child.lost = true;
                state.lost.insert(pid);
            }
            return Err(KillError::Other("broken".to_owned()));
        }
        let Some(child) = state.children.get(&pid) else {
            // a zombie takes signals, a stranger would not be asked
            let zombie = state.ended.iter().any(|(ended, _)| *ended == pid);
            assert!(zombie, "a signal for {pid}, which was reaped");
            return Ok(());
        };
        if signal == Signal::TERM {
            state.check_order(child);
        }
        if group && child.left_group {
            return Err(KillError::Gone);
        }
        if signal == Signal::KILL || child.obeys {
            state.end(pid, Exit::from_wait_status(signal.number()));
        }
        Ok(())
    }

    fn drain(&mut self, id: ProcessId, _: ProcessState) -> Vec<Output> {
        let state = &mut *self.0.borrow_mut();
        let count = state.dice.below(3);
        // its last words; one that speaks the protocol may well begin a word that nobody ends
        let said = |dice: &mut Random| match dice.below(4) {
            0 => Output::Protocol(b"READY\nRESU".to_vec()),
            1 => Output::Communication(Channel::Stderr, b"told".to_vec()),
            _ => Output::Log(Channel::Stderr, format!("{id:?}").into_bytes()),
        };
        (0..count).map(|_| said(&mut state.dice)).collect()
    }

    fn release(&mut self, _: ProcessId) {}

    fn send_event(&mut self, id: ProcessId, bytes: &[u8]) -> Result<(), StdinError> {
        self.write_stdin(id, bytes)
    }

    fn write_stdin(&mut self, id: ProcessId, bytes: &[u8]) -> Result<(), StdinError> {
        let state = &mut *self.0.borrow_mut();
        if let Some(error) = state.troubles.stdin {
            return Err(error);
        }
        let child = state.children.values_mut().find(|child| child.id == id);
        let child = child.ok_or(StdinError::Closed)?;
        if let Some(listener) = &mut child.listener {
            listener.hear(bytes);
        }
        Ok(())
    }
}

impl Checks for Port {
    fn begin(&mut self, check: CheckId, _: &Probe, _: Duration) {
        let is_new = self.0.borrow_mut().questions.insert(check);
        assert!(is_new, "{check:?} twice");
    }

    fn cancel(&mut self, check: CheckId) {
        let was_there = self.0.borrow_mut().questions.remove(&check);
        assert!(was_there, "{check:?} is not under way");
    }
}

impl Logs for Port {
    fn create_auto(&mut self, process: &str, channel: Channel) -> io::Result<PathBuf> {
        if self.0.borrow().troubles.auto_log {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(PathBuf::from(format!("/{process}-{}", channel.name())))
    }

    fn give_up(&mut self, _: &LogPaths) {}

    fn clear(&mut self, _: ProcessId, _: &LogPaths) -> io::Result<()> {
        if self.0.borrow().troubles.clear {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        Ok(())
    }

    fn reopen(&mut self) -> Vec<io::Error> {
        Vec::new()
    }

    fn print(&mut self, _: &[u8]) {}
}

impl Configuration for Port {
    fn read(&mut self) -> Result<Config, Refusal> {
        let state = self.0.borrow();
        let config = state.config.clone().filter(|_| !state.troubles.config);
        config.ok_or_else(|| Refusal {
            error: Box::new(ConfigError::Unreadable("s.conf".to_owned())),
            notices: Vec::new(),
        })
    }
}

impl Alarm for Port {
    fn wake_at(&mut self, deadline: Option<Mono>) {
        self.0.borrow_mut().deadline = deadline;
    }

    fn finished(&mut self) {
        let state = &mut *self.0.borrow_mut();
        assert!(!state.finished, "finished twice");
        state.finished = true;
    }
}
