//! After a failed start and after an end: how long to wait, how often to try, when to give up (lifecycle.md,
//! section 11).

use std::time::Duration;

use crate::base::clock::{Mono, Now};
use crate::base::level::Level;
use crate::base::states::ProcessState as State;
use crate::process::durable::Process;
use crate::process::lifecycle::{Lifecycle, Millionths, Restarts};
use crate::process::policy::Policy;

use super::line::Line;
use super::{Effect, Moment};

/// How soon after a start it may be started again by itself, so that one which ends at once does not keep the
/// machine busy (DEC-021a).
const FLOOR: Duration = Duration::from_secs(1);

/// The longest wait (LIF-180).
const LONGEST: Duration = Duration::from_hours(365 * 24);

impl Process {
    /// Waits one second more after each failure (PROC-037), or as the options say.
    pub(super) fn back_off(&mut self, policy: &Policy, moment: Moment, effects: &mut Vec<Effect>) {
        self.backoff = self.backoff.saturating_add(1);
        let wait = match restarts(policy) {
            None => Duration::from_secs(u64::from(self.backoff)),
            Some(restarts) => wait(restarts, self.backoff, moment.luck).max(restarts.pause),
        };
        self.deadline = Some(moment.now.mono + wait);
        self.change(State::Backoff, effects);
    }

    /// Gives up at once when no retry is left (PROC-025, DEC-020).
    pub(super) fn despair(&mut self, policy: &Policy, now: Now, effects: &mut Vec<Effect>) {
        if restarts(policy).is_some_and(|restarts| restarts.unlimited) {
            return;
        }
        if i64::from(self.backoff) > policy.startretries {
            self.give_up(effects);
            let text = format!(
                "gave up: {} entered FATAL state, too many start retries too quickly",
                self.name
            );
            effects.push(Effect::Log(Level::Info, text));
            self.retry_later(policy, now);
        }
    }

    pub(super) fn give_up(&mut self, effects: &mut Vec<Effect>) {
        self.backoff = 0;
        self.deadline = None;
        self.change(State::Fatal, effects);
    }

    /// It has given up for now, and begins anew after a while (LIF-176).
    fn retry_later(&mut self, policy: &Policy, now: Now) {
        let pause = restarts(policy).and_then(|restarts| restarts.fatal_retry);
        self.deadline = pause.map(|pause| now.mono + pause);
    }

    /// When it is started again by itself after an end at `now`.
    pub(super) fn restart_at(&self, policy: &Policy, now: Now) -> Mono {
        match restarts(policy).map(|restarts| restarts.pause) {
            // takes the place of the floor (LIF-183)
            Some(pause) if pause > Duration::ZERO => now.mono + pause,
            _ => now.mono.max(self.started + FLOOR),
        }
    }

    /// Whether a start by itself is allowed now; if not, it gives up (LIF-185).
    pub(super) fn may_start_so_often(
        &mut self,
        policy: &Policy,
        now: Now,
        effects: &mut Vec<Effect>,
    ) -> bool {
        let limit = restarts(policy).and_then(|restarts| restarts.start_limit);
        let (Some(limit), Some(known)) = (limit, &self.life) else {
            return true;
        };
        let recent = |start: &&_| now.mono.since(**start) < limit.interval;
        let recent = known.starts.iter().filter(recent).count();
        if recent < usize::try_from(limit.burst).unwrap_or(usize::MAX) {
            return true;
        }
        let line = Line::StartLimit(limit);
        self.spawnerr = Some(line.spawn_error());
        self.give_up(effects);
        effects.push(Effect::Say(line));
        self.retry_later(policy, now);
        false
    }

    /// Notes a start for the limit; no more than it needs to know.
    pub(super) fn count_start(&mut self, policy: &Policy, now: Now) {
        let limit = restarts(policy).and_then(|restarts| restarts.start_limit);
        let Some(life) = &mut self.life else {
            return;
        };
        let Some(limit) = limit else {
            life.starts.clear();
            return;
        };
        let burst = usize::try_from(limit.burst).unwrap_or(usize::MAX);
        life.starts.push(now.mono);
        let surplus = life.starts.len().saturating_sub(burst);
        life.starts.drain(..surplus);
    }
}

fn restarts(policy: &Policy) -> Option<&Restarts> {
    policy
        .lifecycle
        .as_deref()
        .map(|lifecycle: &Lifecycle| &lifecycle.restarts)
}

/// How long to wait after the `n`-th failed start in a row (LIF-180).
fn wait(restarts: &Restarts, n: u32, luck: f64) -> Duration {
    let wait = match restarts.factor {
        None => restarts.delay.saturating_mul(n),
        Some(factor) => {
            let power = i32::try_from(n.saturating_sub(1)).unwrap_or(i32::MAX);
            let seconds = restarts.delay.as_secs_f64() * factor.value().powi(power);
            Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST)
        }
    };
    let limit = restarts.limit.unwrap_or(LONGEST).min(LONGEST);
    let wait = wait.min(limit);
    (wait + wait.mul_f64(luck * restarts.jitter.value())).min(LONGEST)
}

impl Millionths {
    /// The number.
    fn value(self) -> f64 {
        // whole millionths up to 2^53 are exact, and nobody needs more
        let capped = u32::try_from(self.0 / 1_000_000).unwrap_or(u32::MAX);
        let rest = u32::try_from(self.0 % 1_000_000).unwrap_or(0);
        f64::from(capped) + f64::from(rest) / 1e6
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{LONGEST, Millionths, Restarts, wait};

    fn seconds(restarts: &Restarts, luck: f64) -> Vec<f64> {
        let waits = (1..6).map(|n| wait(restarts, n, luck).as_secs_f64());
        waits.map(|wait| (wait * 1000.0).round() / 1000.0).collect()
    }

    /// LIF-180: linear, exponential, bounded, spread.
    #[test]
    fn waits() {
        let plain = Restarts::default();
        let quick = Restarts {
            delay: Duration::from_millis(200),
            factor: Some(Millionths(2_000_000)),
            ..plain.clone()
        };
        let bounded = Restarts {
            limit: Some(Duration::from_millis(500)),
            ..quick.clone()
        };
        let spread = Restarts {
            jitter: Millionths(500_000),
            ..bounded.clone()
        };
        let table = [
            (&plain, 0.9, [1.0, 2.0, 3.0, 4.0, 5.0]),
            (&quick, 0.9, [0.2, 0.4, 0.8, 1.6, 3.2]),
            (&bounded, 0.9, [0.2, 0.4, 0.5, 0.5, 0.5]),
            (&spread, 0.0, [0.2, 0.4, 0.5, 0.5, 0.5]),
            (&spread, 0.8, [0.28, 0.56, 0.7, 0.7, 0.7]),
        ];
        for (restarts, luck, wanted) in table {
            assert_eq!(seconds(restarts, luck), wanted, "{restarts:?}");
        }
        for restarts in [&plain, &quick] {
            let long = wait(restarts, u32::MAX, 0.0);
            assert!(long == LONGEST, "{long:?}");
        }
    }
}
