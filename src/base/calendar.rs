//! Local calendar time as plain numbers, and its spellings. `sys::clock` does the conversion.

use std::fmt;

use super::clock::Wall;

/// A point of local time, broken into the parts that people read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LocalTime {
    /// The year, such as 2026.
    pub year: i32,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 60.
    pub second: u8,
    /// 0 is Sunday.
    pub weekday: u8,
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

impl LocalTime {
    /// The English abbreviation of the month.
    pub fn month_name(self) -> &'static str {
        usize::from(self.month)
            .checked_sub(1)
            .and_then(|index| MONTHS.get(index))
            .copied()
            .unwrap_or("???")
    }

    /// The English abbreviation of the day of the week.
    pub fn weekday_name(self) -> &'static str {
        WEEKDAYS
            .get(usize::from(self.weekday))
            .copied()
            .unwrap_or("???")
    }

    /// Such as `Nov 22 11:31 AM`, in process descriptions (PROC-051).
    pub fn short(self) -> impl fmt::Display {
        fmt::from_fn(move |f| {
            let (month, day, minute) = (self.month_name(), self.day, self.minute);
            let hour = match self.hour % 12 {
                0 => 12,
                hour => hour,
            };
            let half = if self.hour < 12 { "AM" } else { "PM" };
            write!(f, "{month} {day:02} {hour:02}:{minute:02} {half}")
        })
    }

    /// Such as `Sun Nov 22 11:31:39 2026`, on pages (HTTP-142).
    pub fn ctime(self) -> impl fmt::Display {
        fmt::from_fn(move |f| {
            let (weekday, month) = (self.weekday_name(), self.month_name());
            let Self {
                year,
                day,
                hour,
                minute,
                second,
                ..
            } = self;
            write!(
                f,
                "{weekday} {month} {day:2} {hour:02}:{minute:02}:{second:02} {year}"
            )
        })
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
            ..
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
    fn spellings() {
        let base = LocalTime {
            year: 2026,
            month: 11,
            day: 2,
            hour: 11,
            minute: 31,
            second: 9,
            weekday: 0,
        };
        assert_eq!(base.to_string(), "2026-11-02 11:31:09");
        assert_eq!(base.ctime().to_string(), "Sun Nov  2 11:31:09 2026");
        let table = [
            (0, "Nov 02 12:31 AM"),
            (11, "Nov 02 11:31 AM"),
            (12, "Nov 02 12:31 PM"),
            (23, "Nov 02 11:31 PM"),
        ];
        for (hour, text) in table {
            assert_eq!(LocalTime { hour, ..base }.short().to_string(), text);
        }
    }
}
