//! The five or six fields of a cron expression (LIF-270): read, checked, and written without shorthands.

use std::fmt;

use super::CronError;

/// Words that stand for whole expressions.
pub(super) const WORDS: &str = "@yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly";

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const WEEKDAYS: [&str; 8] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// What a field may hold.
struct Kind {
    name: &'static str,
    lowest: u8,
    highest: u8,
    names: &'static [&'static str],
}

const KINDS: [Kind; 6] = [
    Kind::numbers("second", 0, 59),
    Kind::numbers("minute", 0, 59),
    Kind::numbers("hour", 0, 23),
    Kind::numbers("day", 1, 31),
    Kind {
        name: "month",
        lowest: 1,
        highest: 12,
        names: &MONTHS,
    },
    Kind {
        name: "weekday",
        lowest: 0,
        highest: 7,
        names: &WEEKDAYS,
    },
];

impl Kind {
    const fn numbers(name: &'static str, lowest: u8, highest: u8) -> Self {
        Self {
            name,
            lowest,
            highest,
            names: &[],
        }
    }
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {what}")]
pub struct FieldError {
    field: &'static str,
    what: Mistake,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Mistake {
    #[error("'{0}' is neither a number nor a name")]
    NoNumber(String),
    #[error("{0} is not between {1} and {2}")]
    OutOfRange(String, u8, u8),
    #[error("'{0}' goes backwards")]
    Backwards(String),
    #[error("'{0}' is no step of 1 or more")]
    Step(String),
}

/// An expression; fields without restriction are `*`, all others lists of numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fields([Option<Vec<u8>>; 6]);

impl Fields {
    pub(super) fn parse(text: &str) -> Result<Self, CronError> {
        let text = match text {
            "@yearly" | "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" | "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            "@reboot" => return Err(CronError::Reboot),
            word if word.starts_with('@') => return Err(CronError::Word(word.to_owned())),
            text => text,
        };
        let mut words: Vec<_> = text.split_whitespace().collect();
        match words.len() {
            5 => words.insert(0, "0"),
            6 => {}
            count => return Err(CronError::Count(count)),
        }
        let mut fields = [const { None }; 6];
        for ((field, kind), word) in fields.iter_mut().zip(&KINDS).zip(words) {
            let read = read(kind, word);
            *field = read.map_err(|what| FieldError {
                field: kind.name,
                what,
            })?;
        }
        Ok(Self(fields))
    }

    /// Whether the hour is `*`.
    pub(super) const fn every_hour(&self) -> bool {
        let [_, _, hour, ..] = &self.0;
        hour.is_none()
    }
}

impl fmt::Display for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, field) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(" ")?;
            }
            let Some(values) = field else {
                f.write_str("*")?;
                continue;
            };
            for (at, value) in values.iter().enumerate() {
                let comma = if at > 0 { "," } else { "" };
                write!(f, "{comma}{value}")?;
            }
        }
        Ok(())
    }
}

/// The values of one field in order; none is all of them.
fn read(kind: &Kind, text: &str) -> Result<Option<Vec<u8>>, Mistake> {
    let mut values = Vec::new();
    for item in text.split(',') {
        if matches!(item, "*" | "?") {
            return Ok(None);
        }
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => {
                let number = step.parse::<u8>().ok().filter(|step| *step > 0);
                let number = number.ok_or_else(|| Mistake::Step(step.to_owned()))?;
                (range, Some(number))
            }
            None => (item, None),
        };
        let (first, last) = match range.split_once('-') {
            _ if matches!(range, "*" | "?") => (kind.lowest, kind.highest),
            Some((first, last)) => (value(kind, first, false)?, value(kind, last, true)?),
            None => {
                let first = value(kind, range, false)?;
                // `5/10` goes on to the end
                (first, step.map_or(first, |_| kind.highest))
            }
        };
        if first > last {
            return Err(Mistake::Backwards(range.to_owned()));
        }
        values.extend((first..=last).step_by(usize::from(step.unwrap_or(1))));
    }
    if kind.highest == 7 {
        // Sunday has two numbers
        for value in &mut values {
            *value %= 7;
        }
    }
    values.sort_unstable();
    values.dedup();
    Ok(Some(values))
}

fn value(kind: &Kind, text: &str, last: bool) -> Result<u8, Mistake> {
    let lower = text.to_ascii_lowercase();
    let mut places = kind.names.iter().enumerate();
    let named = |(_, name): &(usize, &&str)| **name == lower;
    let place = if last {
        places.rfind(named)
    } else {
        places.find(named)
    };
    if let Some((place, _)) = place {
        return Ok(kind.lowest + u8::try_from(place).unwrap_or(0));
    }
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Mistake::NoNumber(text.to_owned()));
    }
    let number = text.parse::<u8>().ok();
    number
        .filter(|number| (kind.lowest..=kind.highest).contains(number))
        .ok_or_else(|| Mistake::OutOfRange(text.to_owned(), kind.lowest, kind.highest))
}
