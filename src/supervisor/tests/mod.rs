//! The supervisor as plays: a configuration, steps, and what comes of each.

mod delays;
mod dependencies;
mod down;
mod ends;
mod groups;
mod health;
mod hooks;
mod lost;
mod port;
mod ready;
mod reverse;
mod schedule;
mod snapshots;
mod starts;
mod stops;
mod watches;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use port::{Port, ports_of};

use super::answer::{Answer, Completed, Outcome, Ticket};
use super::member::{Channel, LogPaths, ProcessId};
use super::output::Output;
use super::ports::{
    self, CheckId, GroupError, HelperLaunch, KillError, Launch, LaunchError, Ports, StdinError,
    WatchError,
};
use super::snapshot::Snapshot;
use super::{Supervisor, ports::Configuration};
use crate::base::calendar::LocalTime;
use crate::base::clock::{Mono, Now, Wall};
use crate::base::exit::Exit;
use crate::base::fault::Fault;
use crate::base::level::Level;
use crate::base::pid::Pid;
use crate::base::signals::Signal;
use crate::base::states::ProcessState;
use crate::config::testing::Place;
use crate::config::{Config, ConfigError, GroupConfig, Refusal};
use crate::events::pool::Serials;
use crate::process::command::CommandError;
use crate::process::lifecycle::check::Probe;
use crate::process::lifecycle::{Lifecycle, Watched};
use crate::process::notice::Notice;
use crate::process::policy::ProcessConfig;

/// A supervisor on its way.
struct Play {
    supervisor: Supervisor,
    port: Port,
    seconds: u64,
    /// How much the wall clock is ahead.
    ahead: i64,
}

/// Reads sections after `[supervisord]`.
fn config(text: &str) -> Config {
    Place::new().load_more(text).expect("a good configuration")
}

/// The same with these options of a life for each process.
fn with_lifecycle(text: &str, set: impl Fn(&mut Lifecycle)) -> Config {
    let mut config = config(text);
    for group in &mut config.groups {
        for process in &mut group.processes {
            set(Rc::make_mut(process)
                .policy
                .lifecycle
                .get_or_insert_default());
        }
    }
    config
}

/// Plays the steps; each is told with what has to come of it: what is done to the outside, the answer, and answers
/// that were owed, in this order.
fn play(text: &str, steps: &[(&str, &str)]) -> Play {
    let mut play = Play::new(config(text));
    play.steps(steps);
    play
}

/// The same with these options of a life for each process.
fn play_with(text: &str, set: impl Fn(&mut Lifecycle), steps: &[(&str, &str)]) -> Play {
    let mut play = Play::new(with_lifecycle(text, set));
    play.steps(steps);
    play
}

impl Play {
    fn new(config: Config) -> Self {
        let port = Port::default();
        port.0.borrow_mut().config = Some(config.clone());
        let mut supervisor = Supervisor::new(config, ports_of(&port), Serials::default());
        supervisor.add_all().expect("nothing refuses");
        let mut play = Self {
            supervisor,
            port,
            seconds: 1000,
            ahead: 0,
        };
        play.visit(|supervisor, now| {
            supervisor.begin(now);
            String::new()
        });
        play
    }

    fn steps(&mut self, steps: &[(&str, &str)]) {
        for (step, wanted) in steps {
            assert_eq!(self.step(step), *wanted, "{step} among {steps:?}");
        }
    }

    /// The detail of the process of that name.
    fn detail(&self, name: &str) -> String {
        let member = self.supervisor.find_process(name).expect("a process");
        self.supervisor.detail(member.id, self.now())
    }

    fn now(&self) -> Now {
        let nanos = self.seconds * 1_000_000_000;
        let wall = i64::try_from(nanos).expect("short") + self.ahead * 1_000_000_000;
        Now {
            mono: Mono(nanos),
            wall: Wall(wall),
        }
    }

    fn visit(&mut self, act: impl FnOnce(&mut Supervisor, Now) -> String) -> String {
        let now = self.now();
        let answer = act(&mut self.supervisor, now);
        self.supervisor.after(now);
        let mut all = std::mem::take(&mut self.port.0.borrow_mut().done);
        all.extend((!answer.is_empty()).then_some(answer));
        for Completed { ticket, result } in self.supervisor.take_completed() {
            all.push(format!("#{}: {}", ticket.0, shown(result)));
        }
        all.join("; ")
    }

    /// The pid of the child of that name that was started last.
    fn pid(&self, name: &str) -> Pid {
        let outside = self.port.0.borrow();
        let mut children = outside.children.iter().rev();
        *children
            .find(|(_, child)| *child == name)
            .expect("a child")
            .0
    }

    fn step(&mut self, step: &str) -> String {
        let words: Vec<_> = step.split(' ').collect();
        match words[..] {
            ["wake"] => self.wake(),
            ["pass", seconds] => {
                let span: u64 = seconds.parse().expect("seconds");
                (0..span)
                    .map(|_| {
                        self.seconds += 1;
                        self.wake()
                    })
                    .filter(|done| !done.is_empty())
                    .collect::<Vec<_>>()
                    .join("; ")
            }
            ["exit", name, code] => {
                let pid = self.pid(name);
                self.port.0.borrow_mut().children.remove(&pid);
                let exit = match code.strip_prefix("SIG") {
                    Some(_) => Exit::from_wait_status(15),
                    None => Exit::Code(code.parse().expect("a code")),
                };
                self.visit(|supervisor, now| {
                    supervisor.reaped(&[(pid, exit)], now);
                    String::new()
                })
            }
            // it ends when it has been up for long enough, and nobody has looked
            ["late", name] => {
                self.seconds += 1;
                self.step(&format!("exit {name} 0"))
            }
            ["says", name, text] => {
                let pid = self.pid(name);
                let output = Output::Protocol(format!("{text}\n").into_bytes());
                self.visit(|supervisor, now| {
                    let id = supervisor.member_of(pid).expect("a member");
                    supervisor.heard(id, output, now);
                    String::new()
                })
            }
            ["notify", name, text] => {
                let pid = self.pid(name);
                let notices = Notice::read(text.replace('~', " ").as_bytes());
                self.visit(|supervisor, now| {
                    let id = supervisor.member_of(pid).expect("a member");
                    for notice in notices {
                        supervisor.heard(id, Output::Notice(notice), now);
                    }
                    String::new()
                })
            }
            ["ready-line", name] => {
                let pid = self.pid(name);
                self.visit(|supervisor, now| {
                    let id = supervisor.member_of(pid).expect("a member");
                    supervisor.heard(id, Output::ReadyLine, now);
                    String::new()
                })
            }
            ["answer", how] => self.answer(how),
            ["change", index, name] => self.change(index, name),
            ["set-clock", seconds] => {
                self.ahead = seconds.parse().expect("seconds");
                String::new()
            }
            ["detail", name] => self.detail(name),
            ["states"] => self.states(),
            ["mumble", text] => {
                self.port.0.borrow_mut().said = text.as_bytes().to_vec();
                String::new()
            }
            ["break", what] => {
                self.port.0.borrow_mut().broken.push(what.to_owned());
                String::new()
            }
            ["mend"] => {
                self.port.0.borrow_mut().broken.clear();
                String::new()
            }
            ["leave", ticket] => {
                let ticket = Ticket(ticket.parse().expect("a ticket"));
                self.visit(|supervisor, _| {
                    supervisor.take_back(ticket);
                    String::new()
                })
            }
            ["reexec"] => {
                let written = self.supervisor.snapshot().expect("it can be written");
                let ports = ports_of(&self.port);
                let resumed = Supervisor::resume(&written, ports, self.now());
                self.supervisor = resumed.expect("it goes on");
                self.visit(|_, _| String::new())
            }
            _ => self.visit(|supervisor, now| request(supervisor, &words, now)),
        }
    }

    /// The oldest question over the network is answered.
    fn answer(&mut self, how: &str) -> String {
        let check = self.port.0.borrow_mut().questions.remove(0);
        let result = if how == "ok" {
            Ok(())
        } else {
            Err(how.to_owned())
        };
        self.visit(|supervisor, now| {
            supervisor.checked(check, result, now);
            String::new()
        })
    }

    /// What is watched for that process by that index changes.
    fn change(&mut self, index: &str, name: &str) -> String {
        let index = index.parse().expect("an index");
        self.visit(|supervisor, now| {
            let member = supervisor.find_process(name).expect("a process");
            let (id, path) = (member.id, Path::new("/srv/x"));
            supervisor.file_changed(id, index, path, now);
            String::new()
        })
    }

    /// Does what is due, for as long as something is.
    fn wake(&mut self) -> String {
        let now = self.now().mono;
        let mut all = Vec::new();
        for _ in 0..100 {
            let deadline = self.port.0.borrow().deadline;
            if deadline.is_none_or(|deadline| deadline > now) {
                break;
            }
            let done = self.visit(|supervisor, now| {
                supervisor.due(now);
                String::new()
            });
            all.extend((!done.is_empty()).then_some(done));
        }
        all.join("; ")
    }

    /// All processes with their states, by group and name.
    fn states(&self) -> String {
        let infos = self.supervisor.views(self.now());
        let states = infos.map(|info| format!("{} {}", info.name, info.state));
        states.collect::<Vec<_>>().join(", ")
    }

    /// What the main log heard that has the text in it.
    fn lines(&self, part: &str) -> Vec<String> {
        let outside = self.port.0.borrow();
        let lines = outside.lines.iter().filter(|line| line.contains(part));
        lines.cloned().collect()
    }
}

/// What clients and signals ask for; an exclamation mark means that the client waits.
fn request(supervisor: &mut Supervisor, words: &[&str], now: Now) -> String {
    let done = |result: Result<(), Fault>| shown(result.map(|()| Outcome::Done));
    match *words {
        ["start", spec] => answered(supervisor.start(spec, false, now)),
        ["start!", spec] => answered(supervisor.start(spec, true, now)),
        ["start-alone!", spec] => answered(supervisor.start_alone(spec, true, now)),
        ["stop-with-dependents!", spec] => {
            answered(supervisor.stop_with_dependents(spec, true, now))
        }
        ["detail", spec] => {
            let id = supervisor.find_process(spec).expect("a process").id;
            supervisor.detail(id, now)
        }
        ["spawnerr", spec] => {
            let member = supervisor.find_process(spec).expect("a process");
            member.process.spawnerr.clone().unwrap_or_default()
        }
        ["start-all"] => answered(Ok(supervisor.start_all(false, now))),
        ["stop-all"] => answered(Ok(supervisor.stop_all(false, now))),
        ["start-all!"] => answered(Ok(supervisor.start_all(true, now))),
        ["stop", spec] => answered(supervisor.stop(spec, false, now)),
        ["stop!", spec] => answered(supervisor.stop(spec, true, now)),
        ["stop-all!"] => answered(Ok(supervisor.stop_all(true, now))),
        ["refresh", spec] => done(supervisor.refresh(spec, now)),
        ["reread"] => match supervisor.reread() {
            Ok(changes) => format!(
                "+{:?} ~{:?} -{:?}",
                changes.added, changes.changed, changes.removed
            ),
            Err(fault) => fault.to_string(),
        },
        ["add", name] => done(supervisor.add_group(name)),
        ["remove", name] => done(supervisor.remove_group(name)),
        ["restart"] => done(supervisor.restart()),
        ["HUP"] => {
            supervisor.restart_signal();
            String::new()
        }
        ["TERM"] => {
            supervisor.exit_signal(Signal::TERM, now);
            String::new()
        }
        _ => panic!("no such step: {words:?}"),
    }
}

fn answered(answer: Result<Answer, Fault>) -> String {
    match answer {
        Ok(Answer::Now(outcome)) => shown(Ok(outcome)),
        Ok(Answer::Later(ticket)) => format!("#{}", ticket.0),
        Err(fault) => fault.to_string(),
    }
}

fn shown(result: Result<Outcome, Fault>) -> String {
    match result {
        Ok(Outcome::Done) => "true".to_owned(),
        Ok(Outcome::Rows(rows)) => {
            let rows = rows
                .iter()
                .map(|row| format!("{} {}", row.name, row.description));
            format!("[{}]", rows.collect::<Vec<_>>().join(", "))
        }
        Err(fault) => fault.to_string(),
    }
}
