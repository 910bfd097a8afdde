//! Random options of lives beyond Supervisor's own: readiness, hooks, checks, restarts, runs at certain times.

use std::time::Duration;

use supervisor::base::signals::Signal;
use supervisor::process::lifecycle::check::{Check, Probe, Script};
use supervisor::process::lifecycle::{
    FailureAction, Hook, Kind, Lifecycle, Millionths, Overlap, Schedule, StartLimit,
};

use crate::random::Random;

/// Sets some of them. A listener is no oneshot (LIF-106).
pub(crate) fn set_some(random: &mut Random, lifecycle: &mut Lifecycle, listener: bool) {
    lifecycle.kind = match random.below(6) {
        0 => Kind::Notify,
        1 if !listener => Kind::Oneshot,
        _ => Kind::Simple,
    };
    if random.chance(8) {
        lifecycle.ready_log_line = Some("up".to_owned());
    }
    if lifecycle.kind != Kind::Oneshot {
        lifecycle.readiness_check = random.chance(3).then(|| check(random));
        lifecycle.liveness_check = random.chance(4).then(|| check(random));
        lifecycle.liveness_failure = match random.below(5) {
            0 => FailureAction::Stop,
            1 => FailureAction::None,
            2 => FailureAction::Run(hook(random)),
            _ => FailureAction::Restart,
        };
        lifecycle.liveness_success = random.chance(6).then(|| hook(random));
    }
    if lifecycle.kind == Kind::Oneshot || lifecycle.waits_for_readiness() {
        lifecycle.startwaitsecs = (!random.chance(4)).then(|| seconds(random, 1, 6));
    }
    set_restarts(random, lifecycle);
    if random.chance(5) {
        lifecycle.stopping.more_signals = Signal::from_number(2).into_iter().collect();
    }
    lifecycle.stopping.command = random.chance(6).then(|| hook(random));
    lifecycle.hooks.pre_start = random.chance(6).then(|| hook(random));
    lifecycle.hooks.post_start = random.chance(6).then(|| hook(random));
    lifecycle.hooks.pre_stop = random.chance(6).then(|| hook(random));
    lifecycle.hooks.post_stop = random.chance(6).then(|| hook(random));
    lifecycle.hooks.timeout = seconds(random, 1, 9);
    if random.chance(6) {
        lifecycle.schedule = Some(schedule(random));
    }
}

fn set_restarts(random: &mut Random, lifecycle: &mut Lifecycle) {
    let restarts = &mut lifecycle.restarts;
    if random.chance(5) {
        restarts.pause = seconds(random, 1, 4);
    }
    if random.chance(5) {
        restarts.delay = Duration::from_millis(random.below(2000));
        restarts.factor = random.chance(2).then_some(Millionths(1_500_000));
        restarts.limit = random.chance(2).then(|| seconds(random, 1, 3));
        restarts.jitter = Millionths(random.below(1_000_000));
    }
    restarts.unlimited = random.chance(8);
    restarts.fatal_retry = random.chance(3).then(|| seconds(random, 1, 6));
    restarts.start_limit = random.chance(5).then(|| StartLimit {
        burst: 1 + u32::try_from(random.below(4)).expect("small"),
        interval: seconds(random, 1, 20),
    });
}

fn seconds(random: &mut Random, least: u64, more: u64) -> Duration {
    Duration::from_secs(least + random.below(more))
}

fn script(random: &mut Random) -> Script {
    if random.chance(3) {
        Script::Network(Probe::Unix("/s".into()))
    } else {
        Script::Command(vec!["x".to_owned()])
    }
}

fn hook(random: &mut Random) -> Hook {
    Hook {
        script: script(random),
        may_fail: random.chance(3),
        as_daemon: false,
    }
}

fn check(random: &mut Random) -> Check {
    let threshold = |random: &mut Random| 1 + u32::try_from(random.below(3)).expect("small");
    Check {
        script: script(random),
        as_daemon: false,
        initial_delay: seconds(random, 0, 3),
        period: seconds(random, 1, 5),
        timeout: seconds(random, 1, 4),
        success_threshold: threshold(random),
        failure_threshold: threshold(random),
    }
}

fn schedule(random: &mut Random) -> Schedule {
    let expression = match random.below(3) {
        0 => "@every 3s",
        1 => "*/10 * * * * *",
        _ => "*/5 * * * *",
    };
    let overlap = match random.below(3) {
        0 => Overlap::Skip,
        1 => Overlap::Queue,
        _ => Overlap::Kill,
    };
    Schedule {
        expression: expression.to_owned(),
        zone: Some("UTC".to_owned()),
        overlap,
    }
}
