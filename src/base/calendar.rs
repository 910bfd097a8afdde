//! Calendar time as plain values: what a wall clock shows in the local time zone.
//!
//! `sys::clock` does the conversion, because only the C library knows the time zone; logs get it through
//! [`LocalClock`], and tests bring their own.

use std::fmt;

use super::clock::Wall;

/// A date and a time of day in the local time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct LocalTime {
    /// The year, as 2024.
    pub year: i32,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 60; 60 in a leap second.
    pub second: u8,
}

impl LocalTime {
    /// The English three-letter name of the month, whatever the locale.
    pub fn month_name(self) -> &'static str {
        const NAMES: [&str; 12] = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ];
        let index = usize::from(self.month).saturating_sub(1);
        NAMES.get(index).copied().unwrap_or("???")
    }
}

impl fmt::Display for LocalTime {
    /// `YYYY-MM-DD HH:MM:SS`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            year,
            month,
            day,
            hour,
            minute,
            second,
        } = self;
        write!(
            f,
            "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"
        )
    }
}

/// How somebody below `sys` asks for the time of day.
#[derive(Debug, Clone, Copy)]
pub struct LocalClock {
    /// Reads the wall clock.
    pub wall: fn() -> Wall,
    /// Converts to local time.
    pub local: fn(Wall) -> LocalTime,
}

#[cfg(test)]
mod tests {
    use super::LocalTime;

    #[test]
    fn prints() {
        let time = LocalTime {
            year: 2024,
            month: 3,
            day: 9,
            hour: 7,
            minute: 5,
            second: 1,
        };
        assert_eq!(time.to_string(), "2024-03-09 07:05:01");
        for (month, name) in [(1, "Jan"), (12, "Dec"), (0, "Jan"), (13, "???")] {
            assert_eq!(LocalTime { month, ..time }.month_name(), name, "{month}");
        }
    }
}
