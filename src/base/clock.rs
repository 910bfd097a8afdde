//! The two clocks as plain values. `sys::clock` is the only place that reads them.

use std::ops::Add;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A point on the monotonic clock, in nanoseconds of `CLOCK_MONOTONIC`. Deadlines are made of these;
/// they stay valid when the binary is replaced in place.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Mono(pub u64);

impl Mono {
    /// The time from `earlier` to here; zero if `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Mono {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        let nanos = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(nanos))
    }
}

/// A point on the wall clock, in nanoseconds since 1970. Only for reports, log lines and ticks.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Wall(pub i64);

impl Wall {
    /// The time from `earlier` to here; zero if `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        let nanos = self.0.saturating_sub(earlier.0);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(0))
    }

    /// Whole seconds since 1970, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000_000)
    }

    /// The beginning of its second.
    #[must_use]
    pub const fn whole_seconds(self) -> Self {
        Self(self.seconds().saturating_mul(1_000_000_000))
    }

    /// Milliseconds within the second, truncated (LOG-001).
    pub const fn milliseconds(self) -> i64 {
        self.0.rem_euclid(1_000_000_000) / 1_000_000
    }

    /// Whole seconds as XML-RPC shows them: within the signed 32-bit range (RPC-141).
    pub fn wire_seconds(self) -> i32 {
        let limits = i64::from(i32::MIN)..=i64::from(i32::MAX);
        i32::try_from(self.seconds().clamp(*limits.start(), *limits.end())).unwrap_or(i32::MAX)
    }
}

/// Both clocks, read together once per wake-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Now {
    /// For deadlines and durations.
    pub mono: Mono,
    /// For what people read.
    pub wall: Wall,
}
