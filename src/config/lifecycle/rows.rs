//! The rows of what goes beyond Supervisor in the life of a process (lifecycle.md, health.md). They write into
//! [`Lifecycle`]; what two options say together is judged in `super`.

use std::time::Duration;

use super::Life;
use super::values::{
    at_least, decimal, flag, hook, signals, some_time, time, time_or_none, whole, word,
};
use crate::base::units::list;
use crate::config::error::{Reason, Refused};
use crate::config::options::{Opt, Row, own, rows, rows_with};
use crate::config::script;
use crate::config::values::signal;
use crate::process::lifecycle::check::Check;
use crate::process::lifecycle::{Essential, FailureAction, Kind, Millionths, Overlap, Refresh};

/// All rows, in the order of reading.
pub(in crate::config) fn all_rows() -> Vec<Row> {
    [
        rows(&SHARED),
        rows(&OWN),
        rows_with("readiness_check_", &READINESS),
        rows_with("liveness_check_", &LIVENESS),
        rows(&ACTIONS),
    ]
    .concat()
}

const TYPES: &[&str] = &["simple", "oneshot", "notify"];
const TYPES_OF_LISTENERS: &[&str] = &["simple", "notify"];
const ESSENTIAL: &[&str] = &["false", "fatal", "exit"];
const OVERLAPS: &[&str] = &["skip", "queue", "kill"];

/// What all processes of a section share.
pub(super) static SHARED: [Opt<Life>; 29] = [
    own(
        "type",
        "simple",
        "simple, oneshot (a job that ends) or notify (says when it is ready)",
        |l, v, scope| {
            let is_listener = scope.section.starts_with("eventlistener:");
            let words = if is_listener {
                TYPES_OF_LISTENERS
            } else {
                TYPES
            };
            l.counts.kind = match (word(v, words)?, is_listener) {
                (0, _) => Kind::Simple,
                (1, false) => Kind::Oneshot,
                _ => Kind::Notify,
            };
            Ok(())
        },
    ),
    own("enabled", "true", "false: nothing starts it", |l, v, _| {
        l.counts.enabled = flag(v)?;
        Ok(())
    }),
    own(
        "essential",
        "false",
        "end the daemon when it is FATAL (fatal), or when it ends (exit)",
        |l, v, _| {
            l.counts.essential = match word(v, ESSENTIAL)? {
                0 => Essential::No,
                1 => Essential::Fatal,
                _ => Essential::Exit,
            };
            Ok(())
        },
    ),
    own(
        "dependent_startup",
        "",
        "true is autostart=true, whatever that says",
        |l, v, _| {
            l.starts = flag(v)?;
            Ok(())
        },
    ),
    own(
        "ready_log_line",
        "",
        "regular expression of the line of output that says it is ready",
        |l, v, _| {
            regex::bytes::Regex::new(v)
                .map_err(|error| Reason::Regex(error.to_string().replace('\n', " ")))?;
            l.counts.ready_log_line = Some(v.to_owned());
            Ok(())
        },
    ),
    own(
        "startwaitsecs",
        "",
        "time to be ready (default 90) or done (default none), 0 is no bound",
        |l, v, _| {
            l.startwait = Some(time(v)?);
            Ok(())
        },
    ),
    own(
        "startdelay",
        "0",
        "time that a start by itself waits",
        |l, v, _| {
            l.counts.startdelay = time(v)?;
            Ok(())
        },
    ),
    own(
        "numprocs_start_interval",
        "0",
        "time between the starts of its copies",
        |l, v, _| {
            l.counts.numprocs_start_interval = time(v)?;
            Ok(())
        },
    ),
    own(
        "restartpause",
        "0",
        "time from its end to the next start, at least",
        |l, v, _| {
            l.counts.restarts.pause = time(v)?;
            Ok(())
        },
    ),
    own(
        "backoff_delay",
        "1",
        "time before the first retry of a failed start; later ones wait longer",
        |l, v, _| {
            l.counts.restarts.delay = time(v)?;
            Ok(())
        },
    ),
    own(
        "backoff_factor",
        "",
        "each retry waits so many times longer; unset adds backoff_delay",
        |l, v, _| {
            let factor = decimal(v)?;
            if factor < Millionths(1_000_000) {
                return Err(Reason::AtLeast("1").into());
            }
            l.counts.restarts.factor = Some(factor);
            Ok(())
        },
    ),
    own(
        "backoff_limit",
        "0",
        "longest wait before a retry, 0 is none",
        |l, v, _| {
            l.counts.restarts.limit = time_or_none(v)?;
            Ok(())
        },
    ),
    own(
        "backoff_jitter",
        "0",
        "up to this part of the wait is added at random, 0 to 1",
        |l, v, _| {
            let jitter = decimal(v).map_err(|refused| match refused.reason {
                Reason::AtLeast(_) => Reason::Between(0, 1).into(),
                _ => refused,
            })?;
            if jitter > Millionths(1_000_000) {
                return Err(Reason::Between(0, 1).into());
            }
            l.counts.restarts.jitter = jitter;
            Ok(())
        },
    ),
    own(
        "fatal_retry_secs",
        "0",
        "time in FATAL after which it is tried again, 0 is never",
        |l, v, _| {
            l.counts.restarts.fatal_retry = time_or_none(v)?;
            Ok(())
        },
    ),
    own(
        "start_limit_burst",
        "0",
        "most starts within start_limit_interval, 0 is no limit",
        |l, v, _| {
            l.burst = whole(v, 0, 1_000)?;
            Ok(())
        },
    ),
    own(
        "start_limit_interval",
        "10",
        "time in which starts are counted",
        |l, v, _| {
            l.interval = some_time(v)?;
            Ok(())
        },
    ),
    own(
        "killwaitsecs",
        "",
        "time between repeated SIGKILLs, by default stopwaitsecs",
        |l, v, _| {
            l.counts.stopping.killwait = Some(at_least(v, Duration::from_millis(100), "0.1")?);
            Ok(())
        },
    ),
    own(
        "reloadsignal",
        "",
        "signal of supervisorctl refresh",
        |l, v, _| {
            l.counts.refresh = Some(Refresh::Signal(signal(v).map_err(Reason::from)?));
            Ok(())
        },
    ),
    own(
        "hook_timeout_secs",
        "60",
        "time after which a hook is killed",
        |l, v, _| {
            l.counts.hooks.timeout = some_time(v)?;
            Ok(())
        },
    ),
    own(
        "cron",
        "",
        "when it is started: five fields, six with seconds first, or a word with @",
        |l, v, _| {
            v.clone_into(&mut l.cron);
            Ok(())
        },
    ),
    own(
        "cron_timezone",
        "",
        "time zone of cron, by default the daemon's",
        |l, v, _| {
            l.zone = Some(v.trim().to_owned());
            Ok(())
        },
    ),
    own(
        "cron_overlap",
        "skip",
        "what a run does while the one before runs: skip, queue or kill",
        |l, v, _| {
            l.overlap = match word(v, OVERLAPS)? {
                0 => Overlap::Skip,
                1 => Overlap::Queue,
                _ => Overlap::Kill,
            };
            Ok(())
        },
    ),
    own(
        "restart_when_binary_changed",
        "false",
        "restart it when the file that command names changes",
        |l, v, _| {
            l.watches_binary = flag(v)?;
            Ok(())
        },
    ),
    own(
        "restart_cmd_when_binary_changed",
        "",
        "what is run then in place of a restart",
        |l, v, _| {
            l.on_binary.command = hook(v)?;
            Ok(())
        },
    ),
    own(
        "restart_signal_when_binary_changed",
        "",
        "signals that are sent then in place of a restart",
        |l, v, _| {
            l.on_binary.signals = signals(v)?;
            Ok(())
        },
    ),
    own(
        "restart_directory_monitor",
        "",
        "restart it when a file in or below this directory changes",
        |l, v, scope| {
            let path = scope.world.expand_user(v);
            if path.is_empty() || !crate::config::source::is_directory(&scope.world.at(&path)) {
                return Err(Reason::Directory.into());
            }
            l.directory = Some(scope.world.at(&path));
            Ok(())
        },
    ),
    own(
        "restart_file_pattern",
        "*",
        "names of the files that count there, apart by commas",
        |l, v, _| {
            l.patterns = list(v)
                .into_iter()
                .filter(|name| !name.is_empty())
                .collect();
            Ok(())
        },
    ),
    own(
        "restart_cmd_when_file_changed",
        "",
        "what is run then in place of a restart",
        |l, v, _| {
            l.on_file.command = hook(v)?;
            Ok(())
        },
    ),
    own(
        "restart_signal_when_file_changed",
        "",
        "signals that are sent then in place of a restart",
        |l, v, _| {
            l.on_file.signals = signals(v)?;
            Ok(())
        },
    ),
];

/// What may differ between the processes of a section (LIF-003).
pub(super) static OWN: [Opt<Life>; 8] = [
    own(
        "depends_on",
        "",
        "what must be up, or have ended, before it is started",
        |l, v, _| {
            l.depends_on = Some(v.to_owned());
            Ok(())
        },
    ),
    own(
        "dependent_startup_wait_for",
        "",
        "the same in the words of supervisord-dependent-startup",
        |l, v, _| {
            l.wait_for = Some(v.to_owned());
            Ok(())
        },
    ),
    own(
        "stopcommand",
        "",
        "what asks it to end in place of the first stop signal",
        |l, v, _| {
            l.counts.stopping.command = hook(v)?;
            Ok(())
        },
    ),
    own(
        "reloadcommand",
        "",
        "what supervisorctl refresh runs in place of reloadsignal",
        |l, v, _| {
            if let Some(hook) = hook(v)? {
                if l.counts.refresh.is_some() {
                    return Err(Reason::OnlyOne.into());
                }
                l.counts.refresh = Some(Refresh::Command(hook));
            }
            Ok(())
        },
    ),
    own(
        "pre_start_hook",
        "",
        "what is run before each start; if it fails, the start has failed",
        |l, v, _| {
            l.counts.hooks.pre_start = hook(v)?;
            Ok(())
        },
    ),
    own(
        "post_start_hook",
        "",
        "what is run when it has come up",
        |l, v, _| {
            l.counts.hooks.post_start = hook(v)?;
            Ok(())
        },
    ),
    own(
        "pre_stop_hook",
        "",
        "what is run before it is asked to end",
        |l, v, _| {
            l.counts.hooks.pre_stop = hook(v)?;
            Ok(())
        },
    ),
    own(
        "post_stop_hook",
        "",
        "what is run after each of its ends",
        |l, v, _| {
            l.counts.hooks.post_stop = hook(v)?;
            Ok(())
        },
    ),
];

/// A check whose script is yet to be read.
pub(super) type MaybeCheck = Option<Check>;

/// The options of a check: the script, then what counts only with it.
const fn check(
    initial_delay: &'static str,
    period: &'static str,
    timeout: &'static str,
) -> [Opt<MaybeCheck>; 6] {
    [
        own(
            "script",
            "",
            "URL with flags, tcp://host:port, unix:///path, or a command",
            |c, v, _| {
                let (script, as_daemon) = script::check(v).map_err(Reason::Check)?;
                *c = Some(Check {
                    script,
                    as_daemon,
                    initial_delay: Duration::ZERO,
                    period: Duration::ZERO,
                    timeout: Duration::ZERO,
                    success_threshold: 0,
                    failure_threshold: 0,
                });
                Ok(())
            },
        ),
        own(
            "initial_delay",
            initial_delay,
            "time before the first check",
            |c, v, _| into(c, time(v)?, |check, time| check.initial_delay = time),
        ),
        own("period", period, "time between checks", |c, v, _| {
            into(c, some_time(v)?, |check, time| check.period = time)
        }),
        own(
            "timeout",
            timeout,
            "time after which a check has failed",
            |c, v, _| into(c, some_time(v)?, |check, time| check.timeout = time),
        ),
        own(
            "success_threshold",
            "1",
            "successes in a row that count",
            |c, v, _| into(c, whole(v, 1, 100)?, |check, n| check.success_threshold = n),
        ),
        own(
            "failure_threshold",
            "3",
            "failures in a row that count",
            |c, v, _| into(c, whole(v, 1, 100)?, |check, n| check.failure_threshold = n),
        ),
    ]
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "it ends a row, where every row can fail"
)]
fn into<T>(check: &mut MaybeCheck, value: T, set: fn(&mut Check, T)) -> Result<(), Refused> {
    if let Some(check) = check {
        set(check, value);
    }
    Ok(())
}

/// Whether it is ready (HLT-001 to HLT-006).
pub(super) static READINESS: [Opt<MaybeCheck>; 6] = check("0", "10", "5");

/// Whether it is alive (HLT-001 to HLT-006).
pub(super) static LIVENESS: [Opt<MaybeCheck>; 6] = check("60", "60", "30");

/// What liveness does (HLT-007, HLT-008).
pub(super) static ACTIONS: [Opt<Life>; 2] = [
    own(
        "liveness_check_success_action",
        "",
        "what is run when it becomes healthy",
        |l, v, _| {
            l.counts.liveness_success = hook(v)?;
            Ok(())
        },
    ),
    own(
        "liveness_check_failure_action",
        "restart",
        "what is done when it is unhealthy: restart, stop, none or a script",
        |l, v, _| {
            l.counts.liveness_failure = match v.trim().to_ascii_lowercase().as_str() {
                "restart" => FailureAction::Restart,
                "stop" => FailureAction::Stop,
                "none" | "" => FailureAction::None,
                _ => match hook(v)? {
                    Some(hook) => FailureAction::Run(hook),
                    None => FailureAction::None,
                },
            };
            Ok(())
        },
    ),
];
