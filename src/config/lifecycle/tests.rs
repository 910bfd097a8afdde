//! Every option of a life: its field, its default, its refusal.

use std::rc::Rc;
use std::time::Duration;

use crate::base::signals::Signal;
use crate::config::testing::Place;
use crate::process::lifecycle::check::{Check, Script};
use crate::process::lifecycle::{
    Essential, FailureAction, Hook, Kind, Lifecycle, Millionths, OnChange, Overlap, Refresh,
    Schedule, StartLimit, Watch, Watched,
};
use crate::process::policy::ProcessConfig;

const SECTION: &str = "[program:x]\ncommand=/bin/cat\n";

fn process(options: &str) -> Rc<ProcessConfig> {
    let config = Place::new().load_more(&format!("{SECTION}{options}\n"));
    let mut config = config.unwrap_or_else(|error| panic!("{options}: {error}"));
    config.groups.remove(0).processes.remove(0)
}

fn life(options: &str) -> Lifecycle {
    let life = process(options).policy.lifecycle.as_deref().cloned();
    life.unwrap_or_default()
}

fn command(text: &str) -> Hook {
    Hook {
        script: Script::Command(text.split(' ').map(str::to_owned).collect()),
        may_fail: false,
        as_daemon: false,
    }
}

/// What an option does to a life that has nothing else.
type Change = fn(&mut Lifecycle);

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

static OPTIONS: &[(&str, Change)] = &[
    ("type=oneshot", |l| l.kind = Kind::Oneshot),
    ("type=Notify", |l| {
        l.kind = Kind::Notify;
        l.startwaitsecs = Some(secs(90));
    }),
    ("enabled=no", |l| l.enabled = false),
    ("essential=fatal", |l| l.essential = Essential::Fatal),
    ("essential=exit", |l| l.essential = Essential::Exit),
    ("ready_log_line=^up (now|soon)", |l| {
        l.ready_log_line = Some("^up (now|soon)".into());
        l.startwaitsecs = Some(secs(90));
    }),
    ("type=notify\nstartwaitsecs=2m", |l| {
        l.kind = Kind::Notify;
        l.startwaitsecs = Some(secs(120));
    }),
    ("type=notify\nstartwaitsecs=0", |l| l.kind = Kind::Notify),
    ("type=oneshot\nstartwaitsecs=5", |l| {
        l.kind = Kind::Oneshot;
        l.startwaitsecs = Some(secs(5));
    }),
    ("startdelay=1.5", |l| {
        l.startdelay = Duration::from_millis(1_500);
    }),
    ("numprocs_start_interval=700ms", |l| {
        l.numprocs_start_interval = Duration::from_millis(700);
    }),
    ("restartpause=5", |l| l.restarts.pause = secs(5)),
    ("backoff_delay=0", |l| l.restarts.delay = Duration::ZERO),
    ("backoff_factor=1.5", |l| {
        l.restarts.factor = Some(Millionths(1_500_000));
    }),
    ("backoff_limit=1h", |l| l.restarts.limit = Some(secs(3_600))),
    ("backoff_jitter=0.25", |l| {
        l.restarts.jitter = Millionths(250_000);
    }),
    ("startretries=unlimited", |l| l.restarts.unlimited = true),
    ("fatal_retry_secs=60", |l| {
        l.restarts.fatal_retry = Some(secs(60));
    }),
    ("start_limit_burst=5", |l| {
        l.restarts.start_limit = Some(StartLimit {
            burst: 5,
            interval: secs(10),
        });
    }),
    ("stopsignal=TERM INT,QUIT", |l| {
        l.stopping.more_signals = vec![Signal::INT, Signal::QUIT];
        l.stopping.is_told = true;
    }),
    ("stopwaitsecs=never", |l| {
        l.stopping.never_kill = true;
        l.stopping.is_told = true;
    }),
    ("stopwaitsecs=1.5", |l| {
        l.stopping.wait = Some(Duration::from_millis(1_500));
        l.stopping.is_told = true;
    }),
    ("killwaitsecs=0.1", |l| {
        l.stopping.killwait = Some(Duration::from_millis(100));
        l.stopping.is_told = true;
    }),
    ("stopcommand=stop it", |l| {
        l.stopping.command = Some(command("stop it"));
        l.stopping.is_told = true;
    }),
    ("reloadsignal=hup", |l| {
        l.refresh = Some(Refresh::Signal(Signal::HUP));
        l.stopping.is_told = true;
    }),
    ("reloadcommand=again", |l| {
        l.refresh = Some(Refresh::Command(command("again")));
        l.stopping.is_told = true;
    }),
    ("pre_start_hook=-+a", |l| {
        l.hooks.pre_start = Some(Hook {
            may_fail: true,
            as_daemon: true,
            ..command("a")
        });
    }),
    ("post_start_hook=b %(process_num)d", |l| {
        l.hooks.post_start = Some(command("b 0"));
    }),
    ("pre_stop_hook=c", |l| l.hooks.pre_stop = Some(command("c"))),
    ("post_stop_hook=d\nhook_timeout_secs=5", |l| {
        l.hooks.post_stop = Some(command("d"));
        l.hooks.timeout = secs(5);
    }),
    ("cron=CRON_TZ=UTC 0 3 * * *\ncron_overlap=kill", |l| {
        l.schedule = Some(Schedule {
            expression: "0 3 * * *".into(),
            zone: Some("UTC".into()),
            overlap: Overlap::Kill,
        });
    }),
    ("restart_when_binary_changed=true", |l| {
        l.watches = vec![Watch {
            what: Watched::Binary,
            then: OnChange::Restart,
        }];
    }),
    (
        "restart_directory_monitor=/\nrestart_file_pattern=*.py, *.txt\nrestart_signal_when_file_changed=HUP",
        |l| {
            let patterns = vec!["*.py".into(), "*.txt".into()];
            let what = Watched::Directory {
                path: "/".into(),
                patterns,
            };
            l.watches = vec![Watch {
                what,
                then: OnChange::Signal(vec![Signal::HUP]),
            }];
        },
    ),
    ("readiness_check_script=ok", |l| {
        l.readiness_check = Some(ready());
        l.startwaitsecs = Some(secs(90));
    }),
    ("liveness_check_script=ok\nliveness_check_period=1", |l| {
        l.liveness_check = Some(Check {
            initial_delay: secs(60),
            period: secs(1),
            timeout: secs(30),
            ..ready()
        });
    }),
    (
        "liveness_check_script=ok\nliveness_check_failure_action=STOP\nliveness_check_success_action=touch A",
        |l| {
            l.liveness_check = Some(Check {
                initial_delay: secs(60),
                period: secs(60),
                timeout: secs(30),
                ..ready()
            });
            l.liveness_failure = FailureAction::Stop;
            l.liveness_success = Some(command("touch A"));
        },
    ),
    // a watchdog has an action without a check (HLT-089)
    (
        "type=notify\nliveness_check_failure_action=script://restart",
        |l| {
            l.kind = Kind::Notify;
            l.startwaitsecs = Some(secs(90));
            l.liveness_failure = FailureAction::Run(command("restart"));
        },
    ),
];

#[test]
fn options() {
    for (options, change) in OPTIONS {
        let mut want = Lifecycle::default();
        change(&mut want);
        assert_eq!(life(options), want, "{options}");
    }
}

fn ready() -> Check {
    Check {
        script: Script::Command(vec!["ok".into()]),
        as_daemon: false,
        initial_delay: Duration::ZERO,
        period: secs(10),
        timeout: secs(5),
        success_threshold: 1,
        failure_threshold: 3,
    }
}

#[test]
fn what_is_not_set_is_not_there() {
    // BEY-001, BEY-012
    assert_eq!(process("").policy.lifecycle, None);
    assert_eq!(
        process("autorestart=true\nstopsignal=INT").policy.lifecycle,
        None
    );
    // and what is set to its default neither
    let defaults: String = super::rows()
        .into_iter()
        .filter_map(|row| Some(format!("{}={}\n", row.name, row.default?)))
        // these are refused where nothing else says what they are for
        .filter(|line| !line.contains("_check_") && !line.starts_with("start_limit_interval"))
        .filter(|line| !line.starts_with("cron"))
        .collect();
    assert_eq!(process(&defaults).policy.lifecycle, None, "{defaults}");
}

#[test]
fn numbers_that_clients_see() {
    let policy = &process("startretries=unlimited\nstopwaitsecs=never\nstopsignal=INT").policy;
    assert_eq!((policy.shown_retries(), policy.stopwaitsecs), (-1, -1));
    // what the reference accepts keeps its meaning (BEY-016)
    let policy = &process("startretries=-1\nstopwaitsecs=-1").policy;
    assert_eq!((policy.shown_retries(), policy.startretries), (-1, -1));
    assert_eq!(policy.lifecycle, None);
}

/// Options, and the option, the value and the reason of the error.
static REFUSED: &[[&str; 4]] = &[
    [
        "type=forking",
        "type",
        "forking",
        "allowed are simple, oneshot, notify",
    ],
    [
        "enabled=maybe",
        "enabled",
        "maybe",
        "not a valid boolean value",
    ],
    [
        "essential=true",
        "essential",
        "true",
        "allowed are false, fatal, exit",
    ],
    [
        "startdelay=soon",
        "startdelay",
        "soon",
        "not a time; write seconds or a number with ms, s, m, h or d",
    ],
    [
        "restartpause=-1",
        "restartpause",
        "-1",
        "must be at least 0",
    ],
    [
        "backoff_factor=0.5",
        "backoff_factor",
        "0.5",
        "must be at least 1",
    ],
    [
        "backoff_factor=two",
        "backoff_factor",
        "two",
        "not a number",
    ],
    [
        "backoff_jitter=1.1",
        "backoff_jitter",
        "1.1",
        "must be between 0 and 1",
    ],
    [
        "backoff_jitter=-1",
        "backoff_jitter",
        "-1",
        "must be between 0 and 1",
    ],
    [
        "start_limit_burst=1001",
        "start_limit_burst",
        "1001",
        "must be between 0 and 1000",
    ],
    [
        "start_limit_burst=x",
        "start_limit_burst",
        "x",
        "not a whole number",
    ],
    [
        "start_limit_interval=5",
        "start_limit_interval",
        "5",
        "needs start_limit_burst",
    ],
    [
        "killwaitsecs=0.05",
        "killwaitsecs",
        "0.05",
        "must be at least 0.1",
    ],
    [
        "hook_timeout_secs=0",
        "hook_timeout_secs",
        "0",
        "must be at least 0.001",
    ],
    [
        "startwaitsecs=3",
        "startwaitsecs",
        "3",
        "needs type=oneshot, type=notify, ready_log_line or readiness_check_script",
    ],
    [
        "type=oneshot\nautorestart=true",
        "autorestart",
        "true",
        "a oneshot ends for good; leave autorestart out",
    ],
    [
        "type=oneshot\nliveness_check_script=x",
        "liveness_check_script",
        "x",
        "not for type=oneshot",
    ],
    [
        "liveness_check_period=1",
        "liveness_check_period",
        "1",
        "needs liveness_check_script",
    ],
    [
        "readiness_check_timeout=1",
        "readiness_check_timeout",
        "1",
        "needs readiness_check_script",
    ],
    [
        "readiness_check_script=x\nreadiness_check_period=0",
        "readiness_check_period",
        "0",
        "must be at least 0.001",
    ],
    [
        "readiness_check_script=x\nreadiness_check_success_threshold=0",
        "readiness_check_success_threshold",
        "0",
        "must be between 1 and 100",
    ],
    [
        "readiness_check_script=-x",
        "readiness_check_script",
        "-x",
        "not a check: '-'",
    ],
    [
        "liveness_check_script=tcp://h",
        "liveness_check_script",
        "tcp://h",
        "not a check: no port in 'h'",
    ],
    [
        "pre_start_hook=sh -c 'x",
        "pre_start_hook",
        "sh -c 'x",
        "not a hook: No closing quotation",
    ],
    [
        "stopsignal=TERM INT\nstopwaitsecs=never",
        "stopsignal",
        "TERM INT",
        "needs stopwaitsecs of 0 or more",
    ],
    [
        "reloadsignal=HUP\nreloadcommand=x",
        "reloadcommand",
        "x",
        "set only one of reloadsignal, reloadcommand",
    ],
    [
        "essential=fatal\nfatal_retry_secs=5",
        "fatal_retry_secs",
        "5",
        "cannot be set together with essential",
    ],
    [
        "cron=61 * * * *\n",
        "cron",
        "61 * * * *",
        "not a cron expression: minute",
    ],
    [
        "cron=0 3 * * *\ncron_timezone=Mars/Olympus",
        "cron_timezone",
        "Mars/Olympus",
        "no such time zone",
    ],
    ["cron_overlap=queue", "cron_overlap", "queue", "needs cron"],
    ["cron=@reboot", "cron", "@reboot", "use autostart=true"],
    [
        "restart_directory_monitor=/nonexistent",
        "restart_directory_monitor",
        "/nonexistent",
        "not a directory",
    ],
    [
        "restart_signal_when_file_changed=HUP NOPE",
        "restart_signal_when_file_changed",
        "NOPE",
        "value 'NOPE' is not a valid signal name",
    ],
    [
        "ready_log_line=(",
        "ready_log_line",
        "(",
        "not a regular expression: ",
    ],
];

#[test]
fn what_is_refused() {
    for [options, option, value, reason] in REFUSED {
        let error = Place::new().whole_error(&format!("{SECTION}{options}\n"));
        let start = format!("invalid '{option}' value '{value}': {reason}");
        assert!(error.starts_with(&start), "{options}: {error}");
        let end = " in section 'program:x' (file: 's.conf')";
        assert!(error.ends_with(end), "{options}: {error}");
    }
    // the reference's own options keep its words
    let table = [
        (
            "stopsignal=TERM NOPE",
            "value 'NOPE' is not a valid signal name",
        ),
        (
            "startretries=many",
            "invalid literal for int() with base 10: 'many'",
        ),
        (
            "stopwaitsecs=ever",
            "invalid literal for int() with base 10: 'ever'",
        ),
    ];
    for (options, want) in table {
        assert_eq!(
            Place::new().error(&format!("{SECTION}{options}\n")),
            want,
            "{options}"
        );
    }
}

#[test]
fn listeners_are_no_jobs() {
    // LIF-106
    let text = "[eventlistener:x]\nevents=TICK_5\ncommand=x\ntype=oneshot\n";
    let error = Place::new().whole_error(text);
    assert_eq!(
        error,
        "invalid 'type' value 'oneshot': allowed are simple, notify in section 'eventlistener:x' (file: 's.conf')"
    );
}
