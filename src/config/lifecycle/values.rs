//! The kinds of values that options of ours have: times, numbers within bounds, words of a list, signals, hooks.

use std::time::Duration;

use crate::base::signals::Signal;
use crate::base::span;
use crate::base::units::{boolean, integer, strip};
use crate::config::error::{Reason, Refused};
use crate::config::script;
use crate::config::values;
use crate::process::lifecycle::{Hook, Millionths};

/// A time (BEY-007).
pub(in crate::config) fn time(text: &str) -> Result<Duration, Refused> {
    Ok(span::parse(text)?)
}

/// A time that is not nothing.
pub(super) fn some_time(text: &str) -> Result<Duration, Refused> {
    at_least(text, Duration::from_millis(1), "0.001")
}

/// A time of at least `least`, which errors show as `shown`.
pub(super) fn at_least(
    text: &str,
    least: Duration,
    shown: &'static str,
) -> Result<Duration, Refused> {
    let time = time(text)?;
    if time < least {
        return Err(Reason::AtLeast(shown).into());
    }
    Ok(time)
}

/// A time, of which 0 is none.
pub(in crate::config) fn time_or_none(text: &str) -> Result<Option<Duration>, Refused> {
    Ok(Some(time(text)?).filter(|time| !time.is_zero()))
}

/// A boolean (LIF-002).
pub(in crate::config) fn flag(text: &str) -> Result<bool, Refused> {
    boolean(text).map_err(|_| Reason::Boolean.into())
}

/// A whole number within bounds.
pub(in crate::config) fn whole(text: &str, least: u32, most: u32) -> Result<u32, Refused> {
    let number = integer(text).map_err(|_| Reason::Whole)?;
    let number = u32::try_from(number).ok();
    let within = number.filter(|number| (least..=most).contains(number));
    within.ok_or_else(|| Reason::Between(least, most).into())
}

/// One of some words, in any case; where it stands in the list.
pub(in crate::config) fn word(
    text: &str,
    words: &'static [&'static str],
) -> Result<usize, Refused> {
    let place = words
        .iter()
        .position(|word| strip(text).eq_ignore_ascii_case(word));
    place.ok_or_else(|| Reason::Allowed(words).into())
}

/// A number that is not negative, with up to six decimals.
pub(super) fn decimal(text: &str) -> Result<Millionths, Refused> {
    let text = strip(text);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !is_number(whole) || !is_number(fraction) {
        // a sign would be out of range, which says more
        let negative = text
            .strip_prefix('-')
            .is_some_and(|rest| decimal(rest).is_ok());
        return Err(if negative {
            Reason::AtLeast("0").into()
        } else {
            Reason::Number.into()
        });
    }
    let digits = fraction.bytes().chain(std::iter::repeat(b'0')).take(6);
    let millionths = whole.bytes().chain(digits).fold(0u64, |sum, digit| {
        sum.saturating_mul(10)
            .saturating_add(u64::from(digit - b'0'))
    });
    Ok(Millionths(millionths))
}

/// Signals apart by blanks or commas, at least one.
pub(super) fn signals(text: &str) -> Result<Vec<Signal>, Refused> {
    let words: Vec<&str> = signal_words(text).collect();
    if words.is_empty() {
        values::signal(text).map_err(Reason::from)?;
    }
    let signals = words
        .into_iter()
        .map(|word| values::signal(word).map_err(|error| Refused::item(word, error)));
    signals.collect()
}

/// The words of a list of signals.
pub(in crate::config) fn signal_words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c == ',' || c.is_whitespace())
        .filter(|word| !word.is_empty())
}

/// A hook; none if there is nothing.
pub(super) fn hook(text: &str) -> Result<Option<Hook>, Refused> {
    if strip(text).is_empty() {
        return Ok(None);
    }
    let hook = script::hook(text).map_err(Reason::Hook)?;
    Ok(Some(hook))
}

#[cfg(test)]
mod tests {
    use super::{Refused, decimal, whole, word};
    use crate::config::error::Reason;
    use crate::process::lifecycle::Millionths;

    #[test]
    fn numbers() {
        let good = [
            ("1", 1_000_000),
            ("1.5", 1_500_000),
            (".000001", 1),
            ("2.0000019", 2_000_001),
        ];
        for (text, want) in good {
            assert_eq!(decimal(text), Ok(Millionths(want)), "{text}");
        }
        for (text, reason) in [
            ("x", Reason::Number),
            ("", Reason::Number),
            ("1e3", Reason::Number),
            ("-1", Reason::AtLeast("0")),
        ] {
            assert_eq!(decimal(text), Err(Refused::from(reason)), "{text}");
        }
        assert_eq!(whole("7", 1, 100), Ok(7));
        assert_eq!(whole("1.5", 1, 100), Err(Reason::Whole.into()));
        for text in ["0", "101", "-1", "99999999999999"] {
            let text = whole(text, 1, 100).map_err(|refused| refused.reason.to_string());
            assert_eq!(text, Err("must be between 1 and 100".into()));
        }
    }

    #[test]
    fn words() {
        const WORDS: &[&str] = &["none", "any"];
        assert_eq!(word(" ANY ", WORDS), Ok(1));
        let text = word("some", WORDS).map_err(|refused| refused.reason.to_string());
        assert_eq!(text, Err("allowed are none, any".into()));
    }
}
