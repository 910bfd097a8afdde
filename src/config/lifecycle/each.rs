//! The rows of what may differ between the processes of a section: dependencies, hooks, checks (LIF-003).

use std::time::Duration;

use super::Life;
use super::values::{hook, some_time, time, whole};
use crate::config::error::{Reason, Refused};
use crate::config::options::{Opt, own};
use crate::config::script;
use crate::process::lifecycle::check::Check;
use crate::process::lifecycle::{FailureAction, Refresh};

/// In the order of reading.
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
