//! One check of one process: what came of it so far, and when it is due (health.md, section 4).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::clock::{Mono, Now, Wall};
use crate::base::health::Verdict;

use super::lifecycle::check::Check;

/// How often a process is asked whether it is ready, while it is not (HLT-010).
const IMPATIENT: Duration = Duration::from_secs(1);

/// What is known of one check.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Checking {
    /// What it found in this life.
    pub verdict: Verdict,
    /// Successes in a row.
    pub successes: u32,
    /// Failures in a row.
    pub failures: u32,
    /// How often it ran in this life.
    pub runs: u32,
    /// When it ended last.
    pub last: Option<Wall>,
    /// How long that took.
    pub took: Duration,
    /// Why it failed last.
    pub reason: String,
    /// What it does.
    pub turn: Turn,
    /// In which life of its process: when that was started.
    pub life: Mono,
}

/// What a check does at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Turn {
    /// Nothing: its process is not in a state to be checked.
    #[default]
    Off,
    /// It waits for its time.
    At(Mono),
    /// Its time has come, and it waits for its turn (HLT-045).
    InLine,
    /// It runs.
    Runs,
}

impl Checking {
    /// A life begins: nothing is known.
    pub fn begin(check: &Check, life: Mono, now: Now) -> Self {
        Self {
            life,
            turn: Turn::At(now.mono + check.initial_delay),
            ..Self::default()
        }
    }

    /// Whether it is to run some time.
    pub fn is_on(&self) -> bool {
        self.turn != Turn::Off
    }

    /// When it is due.
    pub const fn due(&self) -> Option<Mono> {
        match self.turn {
            Turn::At(at) => Some(at),
            Turn::Off | Turn::InLine | Turn::Runs => None,
        }
    }

    /// It ran. Returns the verdict if that is another one now (HLT-060).
    pub fn judge(
        &mut self,
        check: &Check,
        result: Result<(), String>,
        took: Duration,
        now: Now,
    ) -> Option<Verdict> {
        self.runs = self.runs.saturating_add(1);
        self.last = Some(now.wall);
        self.took = took;
        let verdict = match result {
            Ok(()) => {
                self.failures = 0;
                self.successes = self.successes.saturating_add(1);
                (self.successes >= check.success_threshold).then_some(Verdict::Healthy)
            }
            Err(reason) => {
                self.reason = reason;
                self.successes = 0;
                self.failures = self.failures.saturating_add(1);
                (self.failures >= check.failure_threshold).then_some(Verdict::Unhealthy)
            }
        };
        let verdict = verdict.filter(|verdict| *verdict != self.verdict)?;
        self.verdict = verdict;
        Some(verdict)
    }

    /// When it runs next, if it does; `impatient` while a start waits for it.
    pub fn pause(&mut self, check: &Check, impatient: bool, now: Now) {
        if self.is_on() {
            let longest = if impatient { IMPATIENT } else { Duration::MAX };
            self.turn = Turn::At(now.mono + check.period.min(longest));
        }
    }

    /// The counts begin anew, and the first delay is waited for again (HLT-084).
    pub fn begin_anew(&mut self, check: &Check, now: Now) {
        self.verdict = Verdict::Unknown;
        (self.successes, self.failures) = (0, 0);
        if self.is_on() {
            self.turn = Turn::At(now.mono + check.initial_delay);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::lifecycle::check::Script;

    fn check() -> Check {
        Check {
            script: Script::Command(vec!["true".to_owned()]),
            as_daemon: false,
            initial_delay: Duration::from_secs(4),
            period: Duration::from_secs(10),
            timeout: Duration::from_secs(5),
            success_threshold: 2,
            failure_threshold: 3,
        }
    }

    fn at(seconds: u64) -> Now {
        Now {
            mono: Mono(seconds * 1_000_000_000),
            wall: Wall::default(),
        }
    }

    /// HLT-060: so many in a row, and one of the other kind begins the row anew.
    #[test]
    fn verdicts() {
        let mut checking = Checking::begin(&check(), at(0).mono, at(0));
        let table = [
            ("+", None),
            ("-", None),
            ("+", None),
            ("+", Some(Verdict::Healthy)),
            ("+", None),
            ("-", None),
            ("-", None),
            ("+", None),
            ("-", None),
            ("-", None),
            ("-", Some(Verdict::Unhealthy)),
            ("-", None),
            ("+", None),
            ("+", Some(Verdict::Healthy)),
        ];
        for (place, (sign, verdict)) in table.into_iter().enumerate() {
            let result = match sign {
                "+" => Ok(()),
                _ => Err(format!("no {place}")),
            };
            let took = Duration::from_millis(3);
            assert_eq!(
                checking.judge(&check(), result, took, at(1)),
                verdict,
                "{place}"
            );
        }
        assert_eq!((checking.runs, checking.reason.as_str()), (14, "no 11"));
    }

    #[test]
    fn times() {
        let mut checking = Checking::begin(&check(), at(1).mono, at(1));
        assert_eq!(checking.due(), Some(at(5).mono));
        checking.pause(&check(), true, at(5));
        assert_eq!(checking.due(), Some(at(6).mono));
        checking.pause(&check(), false, at(6));
        assert_eq!(checking.due(), Some(at(16).mono));
        checking.verdict = Verdict::Unhealthy;
        checking.begin_anew(&check(), at(20));
        assert_eq!(
            (checking.due(), checking.verdict),
            (Some(at(24).mono), Verdict::Unknown)
        );
        checking.turn = Turn::Off;
        checking.pause(&check(), false, at(30));
        assert_eq!(checking.due(), None);
    }
}
