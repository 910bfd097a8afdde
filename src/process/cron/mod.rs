//! When a scheduled process runs next (lifecycle.md, section 17).
//!
//! `fields` reads the expression, the crate `croner` walks along the calendar, `jiff` knows the time zones. What
//! is ours is how calendar and clock meet when the clocks change: croner decides that by the whole expression, and
//! LIF-276 by the hour alone.

mod fields;

use std::str::FromStr;
use std::time::Duration;

use croner::Cron;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, Zoned, civil};

use crate::base::clock::Wall;
use crate::base::span::{self, SpanError};

pub use fields::FieldError;
use fields::Fields;

/// Why an expression or a time zone is none. The texts are the reasons of LIF-001.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CronError {
    /// A field is wrong.
    #[error("not a cron expression: {0}")]
    Field(#[from] FieldError),
    /// It has too few or too many fields.
    #[error("not a cron expression: {0} fields; allowed are 5, or 6 with seconds first")]
    Count(usize),
    /// A word with `@` that is none.
    #[error("not a cron expression: {0}; allowed are {words} and @every <time>", words = fields::WORDS)]
    Word(String),
    /// The span of `@every` is none.
    #[error(transparent)]
    Span(#[from] SpanError),
    /// `@every` with less than a second.
    #[error("must be at least 1")]
    TooOften,
    /// What `@reboot` means is said by another option.
    #[error("use autostart=true")]
    Reboot,
    /// There is no such day.
    #[error("never comes")]
    Never,
    /// The zone is not among those of the system.
    #[error("no such time zone")]
    Zone(String),
}

/// When runs come.
#[derive(Debug, Clone)]
pub enum Timetable {
    /// After so long, counted from when the process became active.
    Every(Duration),
    /// When a clock shows certain times.
    Times(Box<Times>),
}

/// Times that a clock shows.
#[derive(Debug, Clone)]
pub struct Times {
    cron: Cron,
    /// The hour is `*`, so it goes on as the clock shows when the clocks change.
    every_hour: bool,
    zone: TimeZone,
}

impl Timetable {
    /// Reads an expression. The prefix `TZ=` or `CRON_TZ=` counts where `zone` names none (LIF-272).
    pub fn parse(text: &str, zone: Option<&str>) -> Result<Self, CronError> {
        let (prefix, text) = split_zone(text);
        let zone = find_zone(zone.or(prefix))?;
        if let Some(word) = text.strip_prefix("@every") {
            let span = span::parse(word)?;
            if span < Duration::from_secs(1) {
                return Err(CronError::TooOften);
            }
            return Ok(Self::Every(span));
        }
        let fields = Fields::parse(text)?;
        let cron = Cron::from_str(&fields.to_string()).map_err(|_| CronError::Never)?;
        let times = Times {
            cron,
            every_hour: fields.every_hour(),
            zone,
        };
        // whatever comes at all, comes within the 400 years after which the calendar repeats
        let some_day = civil::date(2000, 1, 1).to_datetime(civil::Time::midnight());
        times.after_civil(some_day).ok_or(CronError::Never)?;
        Ok(Self::Times(Box::new(times)))
    }
}

/// The zone that is named before an expression, and the rest.
pub fn split_zone(text: &str) -> (Option<&str>, &str) {
    let text = text.trim();
    let named = ["CRON_TZ=", "TZ="]
        .into_iter()
        .find_map(|prefix| text.strip_prefix(prefix));
    match named.and_then(|rest| rest.split_once(char::is_whitespace)) {
        Some((zone, rest)) => (Some(zone), rest.trim()),
        None => (None, text),
    }
}

/// The system's data of a zone, read once; none is the daemon's own.
fn find_zone(name: Option<&str>) -> Result<TimeZone, CronError> {
    match name {
        None => Ok(TimeZone::system()),
        Some("UTC") => Ok(TimeZone::UTC),
        Some(name) => TimeZone::get(name).map_err(|_| CronError::Zone(name.to_owned())),
    }
}

impl Times {
    /// The first run after that moment.
    pub fn next(&self, after: Wall) -> Option<Wall> {
        let after = Timestamp::from_second(after.seconds()).ok()?;
        let next = if self.every_hour {
            self.next_as_shown(after)
        } else {
            self.next_once(after)
        };
        let nanos = next?.as_nanosecond();
        i64::try_from(nanos).ok().map(Wall)
    }

    /// That moment as people read it, such as `2026-11-27 03:00:00 +0100` (LIF-277).
    pub fn show(&self, at: Wall) -> String {
        let moment = Timestamp::from_second(at.seconds()).unwrap_or(Timestamp::UNIX_EPOCH);
        let shown = moment.to_zoned(self.zone.clone());
        shown.strftime("%Y-%m-%d %H:%M:%S %z").to_string()
    }

    /// The next time on a calendar that knows no zones.
    fn after_civil(&self, after: civil::DateTime) -> Option<civil::DateTime> {
        self.search(after, false)
    }

    fn search(&self, from: civil::DateTime, inclusive: bool) -> Option<civil::DateTime> {
        let from: Zoned = from.to_zoned(TimeZone::UTC).ok()?;
        let found = self.cron.find_next_occurrence(&from, inclusive).ok()?;
        Some(found.datetime())
    }

    /// As often as the clock shows it: an hour that is left out has no runs, one that comes twice has them twice.
    fn next_as_shown(&self, after: Timestamp) -> Option<Timestamp> {
        let (mut from, mut inclusive) = (after, false);
        loop {
            let offset = self.zone.to_offset(from);
            let found = self.search(offset.to_datetime(from), inclusive)?;
            let found = offset.to_timestamp(found).ok()?;
            match self.zone.following(from).next() {
                // by then the clock shows something else
                Some(change) if change.timestamp() <= found => {
                    (from, inclusive) = (change.timestamp(), true);
                }
                _ => return Some(found),
            }
        }
    }

    /// Each time once: one that is left out at the first moment after the gap, one that comes twice at the first.
    fn next_once(&self, after: Timestamp) -> Option<Timestamp> {
        let mut at = self.zone.to_datetime(after);
        loop {
            at = self.after_civil(at)?;
            let moment = self.first_moment(at)?;
            if moment > after {
                return Some(moment);
            }
        }
    }

    /// When the clock shows that time first, or would.
    fn first_moment(&self, at: civil::DateTime) -> Option<Timestamp> {
        match self.zone.to_ambiguous_timestamp(at).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(at).ok(),
            AmbiguousOffset::Fold { before, .. } => before.to_timestamp(at).ok(),
            AmbiguousOffset::Gap { before, .. } => {
                // by the old offset it lies behind the change
                let beyond = before.to_timestamp(at).ok()?;
                let next = Timestamp::from_second(beyond.as_second() + 1).ok()?;
                let change = self.zone.preceding(next).next();
                Some(change.map_or(beyond, |change| change.timestamp()))
            }
        }
    }
}

#[cfg(test)]
mod tests;
