//! The ticks: at which moments they fall due, and which fire between two looks at the clock (EVT-123,
//! DMN-073).

use serde::{Deserialize, Serialize};

use super::event::Event;
use crate::base::clock::Wall;
use crate::base::event_names::EventName;

/// How often a tick fires. At a common boundary they fire in this order (EVT-124).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Period {
    /// Every 5 seconds.
    FiveSeconds,
    /// Every minute.
    Minute,
    /// Every hour.
    Hour,
}

impl Period {
    /// Every period, shortest first; each is a multiple of the one before.
    pub const ALL: [Self; 3] = [Self::FiveSeconds, Self::Minute, Self::Hour];

    /// Its length in seconds.
    pub const fn seconds(self) -> i64 {
        match self {
            Self::FiveSeconds => 5,
            Self::Minute => 60,
            Self::Hour => 3600,
        }
    }

    /// The type of event.
    pub const fn event_name(self) -> EventName {
        match self {
            Self::FiveSeconds => EventName::Tick5,
            Self::Minute => EventName::Tick60,
            Self::Hour => EventName::Tick3600,
        }
    }

    /// The last multiple of the period at or before that time, in seconds since 1970.
    const fn boundary(self, at: Wall) -> i64 {
        at.seconds().div_euclid(self.seconds()) * self.seconds()
    }
}

/// The ticks that fire at `now` when the clock was looked at last at `before`: each at most once, however
/// many boundaries lie between, and also when the clock was set back.
pub fn due(before: Wall, now: Wall) -> impl Iterator<Item = Event> {
    Period::ALL.into_iter().filter_map(move |period| {
        let when = period.boundary(now);
        (when != period.boundary(before)).then_some(Event::Tick { period, when })
    })
}

/// The next moment at which a tick falls due: the next multiple of 5 seconds, later than `now`.
pub const fn next(now: Wall) -> Wall {
    let period = Period::FiveSeconds;
    let seconds = period.boundary(now) + period.seconds();
    Wall(seconds.saturating_mul(1_000_000_000))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::event::Event;
    use super::{Period, due, next};
    use crate::base::clock::Wall;

    const SECOND: i64 = 1_000_000_000;

    fn whens(before: i64, now: i64) -> Vec<(i64, i64)> {
        due(Wall(before), Wall(now))
            .map(|event| match event {
                Event::Tick { period, when } => (period.seconds(), when),
                other => panic!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn boundaries() {
        type Ticks = &'static [(i64, i64)];
        let table: [(i64, i64, Ticks); 9] = [
            (0, 0, &[]),
            (SECOND, 5 * SECOND - 1, &[]),
            (5 * SECOND - 1, 5 * SECOND, &[(5, 5)]),
            (5 * SECOND, 9 * SECOND, &[]),
            (3 * SECOND, 24 * SECOND, &[(5, 20)]),
            (59 * SECOND, 60 * SECOND, &[(5, 60), (60, 60)]),
            (
                3599 * SECOND,
                3600 * SECOND,
                &[(5, 3600), (60, 3600), (3600, 3600)],
            ),
            (
                3599 * SECOND,
                9000 * SECOND,
                &[(5, 9000), (60, 9000), (3600, 7200)],
            ),
            (61 * SECOND, 58 * SECOND, &[(5, 55), (60, 0)]),
        ];
        for (before, now, wanted) in table {
            assert_eq!(whens(before, now), wanted, "{before} to {now}");
        }
    }

    #[test]
    fn the_next_boundary() {
        for (now, wanted) in [
            (0, 5),
            (1, 5),
            (5 * SECOND - 1, 5),
            (5 * SECOND, 10),
            (-1, 0),
        ] {
            assert_eq!(next(Wall(now)), Wall(wanted * SECOND), "{now}");
        }
    }

    proptest! {
        #[test]
        fn nothing_fires_before_the_next_boundary_and_something_at_it(now in 0..i64::MAX / 2) {
            let boundary = next(Wall(now));
            prop_assert!(boundary > Wall(now));
            prop_assert_eq!(whens(now, boundary.0 - 1), vec![]);
            let fired = whens(now, boundary.0);
            prop_assert_eq!(fired[0], (5, boundary.seconds()));
        }

        #[test]
        fn times_are_multiples_not_later_than_now(before: i64, now: i64) {
            for (period, when) in whens(before, now) {
                prop_assert_eq!(when % period, 0);
                let late = Wall(now).seconds() - when;
                prop_assert!((0..period).contains(&late));
            }
            prop_assert!(whens(before, now).len() <= Period::ALL.len());
        }
    }
}
