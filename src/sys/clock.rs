//! The only reader of the clocks.

use std::mem::MaybeUninit;

use nix::time::{ClockId, clock_gettime};

use crate::base::calendar::{LocalClock, LocalTime};
use crate::base::clock::{Mono, Now, Wall};

/// The clock of log lines, for layers that may not know this one.
pub const LOCAL: LocalClock = LocalClock {
    wall: || now().wall,
    local: local_time,
};

/// Both clocks, read once per wake-up and passed down.
pub fn now() -> Now {
    let mono = nanoseconds(ClockId::CLOCK_MONOTONIC);
    Now {
        mono: Mono(u64::try_from(mono).unwrap_or(0)),
        wall: Wall(nanoseconds(ClockId::CLOCK_REALTIME)),
    }
}

/// Both clocks are always there on Linux, so a failure reads as zero.
fn nanoseconds(clock: ClockId) -> i64 {
    clock_gettime(clock).map_or(0, |time| {
        time.tv_sec()
            .saturating_mul(1_000_000_000)
            .saturating_add(time.tv_nsec())
    })
}

/// That moment in the zone of `TZ` or of the machine. A year that does not fit the calendar reads as 1970.
pub fn local_time(wall: Wall) -> LocalTime {
    let seconds: libc::time_t = wall.seconds();
    let mut parts = MaybeUninit::<libc::tm>::zeroed();
    // SAFETY: both pointers are valid for the call, which writes only through the second one.
    unsafe { libc::localtime_r(&raw const seconds, parts.as_mut_ptr()) };
    // SAFETY: `tm` is plain numbers and a pointer, for which the zeroes it began with are valid too.
    let parts = unsafe { parts.assume_init() };
    let small = |number: i32| u8::try_from(number).unwrap_or(0);
    LocalTime {
        year: parts.tm_year.saturating_add(1900),
        month: small(parts.tm_mon) + 1,
        day: small(parts.tm_mday),
        hour: small(parts.tm_hour),
        minute: small(parts.tm_min),
        second: small(parts.tm_sec),
        weekday: small(parts.tm_wday),
    }
}

#[cfg(test)]
mod tests {
    use super::{local_time, now};
    use crate::base::clock::Wall;

    #[test]
    fn clocks_go_on() {
        let (first, second) = (now(), now());
        assert!(second.mono >= first.mono);
        assert!(first.mono.0 > 0);
        assert!(first.wall.seconds() > 1_700_000_000);
    }

    #[test]
    fn local_time_is_a_calendar_date() {
        // midday in UTC: the same date in all zones but the farthest
        let time = local_time(Wall(1_795_348_800 * 1_000_000_000));
        assert_eq!((time.year, time.month), (2026, 11));
        assert!((21..=23).contains(&time.day), "{time:?}");
        assert!(time.hour < 24 && time.minute < 60 && time.weekday < 7);
    }
}
