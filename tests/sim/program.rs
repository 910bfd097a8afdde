//! Random configurations, and names that clients may use for what is in them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use supervisor::base::event_names::EventName;
use supervisor::base::level::Level;
use supervisor::base::result_handler::ResultHandler;
use supervisor::base::signals::Signal;
use supervisor::config::{Config, Ends, GroupConfig, GroupKind, MainLog, PoolConfig, Supervisord};
use supervisor::process::lifecycle::{Condition, Dependency, Lifecycle, Whom};
use supervisor::process::policy::{
    Autorestart, ChannelConfig, LogFormat, LogTarget, Policy, ProcessConfig,
};

use crate::lifecycle;
use crate::random::Random;

/// Up to five groups of up to three processes.
pub(crate) fn config(random: &mut Random) -> Config {
    let mut groups: Vec<_> = (0..5)
        .filter(|_| !random.chance(4))
        .collect::<Vec<u64>>()
        .into_iter()
        .map(|n| group(random, n))
        .collect();
    if random.chance(2) {
        depend(random, &mut groups);
    }
    groups.sort_by(|a, b| (a.priority, &a.name).cmp(&(b.priority, &b.name)));
    Config {
        file: PathBuf::from("/s.conf"),
        here: PathBuf::from("/"),
        supervisord: supervisord(),
        rpc_interfaces: vec!["supervisor".to_owned()],
        servers: Vec::new(),
        groups,
        notices: Vec::new(),
    }
}

/// Some processes depend on others. There are no circles in one configuration, but parts of two may well make some.
fn depend(random: &mut Random, groups: &mut [GroupConfig]) {
    let upward = random.chance(2);
    let all = groups.iter_mut().flat_map(|group| {
        let name = group.name.clone();
        let listener = group.has_listeners();
        let processes = group.processes.iter_mut();
        processes.map(move |process| (name.clone(), listener, process))
    });
    let mut all: Vec<_> = all.collect();
    if upward {
        all.reverse();
    }
    let mut before: Vec<(String, String)> = Vec::new();
    for (group, listener, process) in all {
        let mut lifecycle = Lifecycle::default();
        for _ in 0..random.below(4) {
            if !before.is_empty() {
                let (group, name) = before[random.place(before.len())].clone();
                lifecycle.depends_on.push(Dependency {
                    whom: Whom::Process { group, name },
                    conditions: conditions(random),
                });
            }
        }
        let own = |(other, _): &(String, String)| *other == group;
        let whole = before.iter().find(|other| !own(other)).cloned();
        if let Some((other, _)) = whole.filter(|_| random.chance(4)) {
            lifecycle.depends_on.push(Dependency {
                whom: Whom::Group(other),
                conditions: conditions(random),
            });
        }
        lifecycle.gates_autostart_only = random.chance(8);
        lifecycle.enabled = !random.chance(8);
        if random.chance(5) {
            lifecycle.startdelay = Duration::from_millis(random.below(4000));
        }
        if random.chance(5) {
            lifecycle.numprocs_start_interval = Duration::from_millis(random.below(2000));
        }
        if random.chance(2) {
            lifecycle::set_some(random, &mut lifecycle, listener);
        }
        before.push((group, process.name.clone()));
        Rc::make_mut(process).policy.lifecycle = Some(Box::new(lifecycle));
    }
}

fn conditions(random: &mut Random) -> Vec<Condition> {
    let all = [
        Condition::Started,
        Condition::Running,
        Condition::Healthy,
        Condition::Exited,
        Condition::Ended,
    ];
    let mut some: Vec<_> = (0..=random.below(2))
        .map(|_| all[random.place(5)])
        .collect();
    some.dedup();
    some
}

/// A name that may or may not name a process or a group.
pub(crate) fn spec(random: &mut Random) -> String {
    let group = random.below(5);
    match random.below(4) {
        0 => format!("g{group}:*"),
        1 => format!("g{group}"),
        _ => format!("g{group}:p{}", random.below(3)),
    }
}

fn supervisord() -> Supervisord {
    Supervisord {
        logfile: MainLog::Syslog,
        logfile_maxbytes: 0,
        logfile_backups: 0,
        loglevel: Level::Blather,
        pidfile: Some(PathBuf::from("/s.pid")),
        umask: 0o22,
        nodaemon: true,
        silent: true,
        minfds: 0,
        minprocs: 0,
        nocleanup: true,
        childlogdir: PathBuf::from("/"),
        user: None,
        directory: None,
        strip_ansi: false,
        environment: BTreeMap::new(),
        identifier: "supervisor".to_owned(),
        ends: Ends::default(),
        container: false,
    }
}

fn group(random: &mut Random, number: u64) -> GroupConfig {
    let pool = PoolConfig {
        events: vec![
            EventName::ProcessState,
            EventName::ProcessLog,
            EventName::ProcessCommunication,
            EventName::Tick5,
        ],
        buffer_size: 3,
        result_handler: ResultHandler::Ordinary,
    };
    let listener = random.chance(5);
    GroupConfig {
        name: format!("g{number}"),
        priority: i64::try_from(random.below(3)).expect("small"),
        kind: if listener {
            GroupKind::EventListener(pool)
        } else {
            GroupKind::Program
        },
        processes: (0..=random.below(3))
            .map(|number| Rc::new(process(random, number)))
            .collect(),
    }
}

fn process(random: &mut Random, number: u64) -> ProcessConfig {
    let small = |random: &mut Random, limit| i64::try_from(random.below(limit)).expect("small");
    let autorestart = match random.below(3) {
        0 => Autorestart::Never,
        1 => Autorestart::Unexpected,
        _ => Autorestart::Always,
    };
    let channel = ChannelConfig {
        logfile: if random.chance(2) {
            LogTarget::Auto
        } else {
            LogTarget::None
        },
        maxbytes: 0,
        backups: 0,
        capture_maxbytes: 0,
        events_enabled: false,
        syslog: false,
        format: LogFormat::Raw,
    };
    ProcessConfig {
        name: format!("p{number}"),
        program: format!("s{number}").into(),
        command: "/bin/x".to_owned(),
        directory: None,
        umask: None,
        priority: small(random, 3),
        policy: Policy {
            autostart: !random.chance(3),
            autorestart,
            startsecs: small(random, 4) - 1,
            startretries: small(random, 4),
            exitcodes: vec![0],
            stopsignal: Signal::TERM,
            stopwaitsecs: small(random, 5),
            stopasgroup: random.chance(2),
            killasgroup: random.chance(2),
            lifecycle: None,
        },
        stdout: channel.clone(),
        stderr: channel,
        redirect_stderr: false,
        environment: BTreeMap::new(),
        serverurl: None,
        uid: None,
        socket: None,
    }
}
