//! The rows of what all processes of a section share (lifecycle.md). They write into `Lifecycle` where they can; what two
//! options say together is judged in `super`.

use std::time::Duration;

use super::Life;
use super::values::{
    at_least, decimal, flag, hook, signals, some_time, time, time_or_none, whole, word,
};
use crate::base::units::list;
use crate::config::error::Reason;
use crate::config::options::{Opt, own};
use crate::config::values::signal;
use crate::process::lifecycle::{Essential, Kind, Millionths, Overlap, Refresh};

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
