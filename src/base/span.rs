//! Times as options have them: seconds, or a number with a unit (BEY-007), and how they are shown.

use std::fmt;
use std::time::Duration;

use super::units::strip;

/// A text that is no time. The texts are reasons of LIF-002.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SpanError {
    /// Neither seconds nor a number with a unit.
    #[error("not a time; write seconds or a number with ms, s, m, h or d")]
    NotATime,
    /// Less than nothing.
    #[error("must be at least 0")]
    Negative,
}

/// Reads a time such as `10`, `0.5`, `200ms` or `1.5h`.
pub fn parse(text: &str) -> Result<Duration, SpanError> {
    let text = strip(text);
    let digits = text.trim_start_matches(|c: char| c.is_ascii_digit() || "+-._".contains(c));
    let (number, unit) = text.split_at(text.len() - digits.len());
    let nanos: u64 = match strip(unit).to_ascii_lowercase().as_str() {
        "ms" => 1_000_000,
        "" | "s" => 1_000_000_000,
        "m" => 60 * 1_000_000_000,
        "h" => 3600 * 1_000_000_000,
        "d" => 86_400 * 1_000_000_000,
        _ => return Err(SpanError::NotATime),
    };
    if let Some(positive) = number.strip_prefix('-') {
        let known = decimal(positive, nanos).ok_or(SpanError::NotATime)?;
        return if known.is_zero() {
            Ok(known)
        } else {
            Err(SpanError::Negative)
        };
    }
    let number = number.strip_prefix('+').unwrap_or(number);
    decimal(number, nanos).ok_or(SpanError::NotATime)
}

/// `number` times `nanos`; what does not fit is clamped.
fn decimal(number: &str, nanos: u64) -> Option<Duration> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let mut total: u128 = 0;
    for digit in whole.bytes() {
        total = total
            .saturating_mul(10)
            .saturating_add(u128::from(digit - b'0') * u128::from(nanos));
    }
    let mut place = u128::from(nanos);
    for digit in fraction.bytes() {
        place /= 10;
        total = total.saturating_add(u128::from(digit - b'0') * place);
    }
    let nanos = u64::try_from(total).unwrap_or(u64::MAX);
    Some(Duration::from_nanos(nanos))
}

/// Seconds in the shortest decimal form, such as `1` or `0.5` (LIF-009).
pub fn seconds(span: Duration) -> impl fmt::Display {
    fmt::from_fn(move |f| {
        let (whole, nanos) = (span.as_secs(), span.subsec_nanos());
        write!(f, "{whole}")?;
        if nanos > 0 {
            let fraction = format!("{nanos:09}");
            write!(f, ".{}", fraction.trim_end_matches('0'))?;
        }
        Ok(())
    })
}

/// Whole seconds, rounded up, as details count down (LIF-009).
pub const fn whole_seconds(span: Duration) -> u64 {
    let more = (span.subsec_nanos() > 0) as u64;
    span.as_secs().saturating_add(more)
}

#[cfg(test)]
mod tests {
    use super::{SpanError, parse, seconds, whole_seconds};
    use std::time::Duration;

    #[test]
    fn times() {
        let table = [
            ("10", Ok(10_000)),
            (" 0.5 ", Ok(500)),
            (".5", Ok(500)),
            ("+2", Ok(2_000)),
            ("200ms", Ok(200)),
            ("1.5 H", Ok(5_400_000)),
            ("3m", Ok(180_000)),
            ("1d", Ok(86_400_000)),
            ("-0", Ok(0)),
            ("-1", Err(SpanError::Negative)),
            ("", Err(SpanError::NotATime)),
            (".", Err(SpanError::NotATime)),
            ("1h30m", Err(SpanError::NotATime)),
            ("soon", Err(SpanError::NotATime)),
            ("1.2.3", Err(SpanError::NotATime)),
            ("1e3", Err(SpanError::NotATime)),
        ];
        for (text, wanted) in table {
            assert_eq!(parse(text), wanted.map(Duration::from_millis), "{text}");
        }
        assert_eq!(parse(&"9".repeat(60)), Ok(Duration::from_nanos(u64::MAX)));
    }

    #[test]
    fn shown() {
        for (millis, text, whole) in [
            (1_000, "1", 1),
            (500, "0.5", 1),
            (1_050, "1.05", 2),
            (0, "0", 0),
        ] {
            let span = Duration::from_millis(millis);
            assert_eq!(seconds(span).to_string(), text);
            assert_eq!(whole_seconds(span), whole);
        }
    }
}
