//! The text of typed elements to values, with the rules of Python's conversions.

use super::parse::Malformed;
use super::value::{DateTime, Value};
use crate::base::base64;
use crate::base::units;

/// `<int>` and `<i4>`: Python's `int()`; numbers beyond 64 bits are clamped (RPC-032, DEC-051).
pub(super) fn int(text: &str) -> Result<Value, Malformed> {
    let number = units::integer(text).map_err(|_| Malformed)?;
    Ok(i32::try_from(number).map_or(Value::Int64(number), Value::Int))
}

/// Characters of a double at most; nobody means more digits.
const MAX_DOUBLE: usize = 4096;

/// `<double>`: Python's `float()` (RPC-034).
pub(super) fn double(text: &str) -> Result<Value, Malformed> {
    let text = text.trim();
    if text.len() > MAX_DOUBLE {
        return Err(Malformed);
    }
    let number = if text.contains('_') {
        check_float_underscores(text)?;
        text.replace('_', "").parse()
    } else {
        text.parse()
    };
    number.map(Value::Double).map_err(|_| Malformed)
}

/// `<base64>`: UTF-8 text in disguise (RPC-036).
pub(super) fn base64_text(text: &str) -> Result<Value, Malformed> {
    let bytes = base64::decode(text.as_bytes()).map_err(|_| Malformed)?;
    String::from_utf8(bytes)
        .map(Value::String)
        .map_err(|_| Malformed)
}

/// `<dateTime.iso8601>`: `YYYYMMDDTHH:MM:SS` and nothing else (RPC-035).
pub(super) fn date_time(text: &str) -> Result<Value, Malformed> {
    let bytes = text.as_bytes();
    let separators = [(8, b'T'), (11, b':'), (14, b':')];
    if bytes.len() != 17
        || separators
            .iter()
            .any(|(place, sign)| bytes[*place] != *sign)
    {
        return Err(Malformed);
    }
    let field = |from: usize, to: usize, low: u16, high: u16| {
        let digits = &bytes[from..to];
        let number = digits.iter().try_fold(0u16, |number, digit| {
            digit
                .is_ascii_digit()
                .then(|| number * 10 + u16::from(digit - b'0'))
        });
        number
            .filter(|number| (low..=high).contains(number))
            .ok_or(Malformed)
    };
    let pair = |from, low, high| {
        let number = field(from, from + 2, low, high)?;
        u8::try_from(number).map_err(|_| Malformed)
    };
    let when = DateTime {
        year: field(0, 4, 1, 9999)?,
        month: pair(4, 1, 12)?,
        day: pair(6, 1, 31)?,
        hour: pair(9, 0, 23)?,
        minute: pair(12, 0, 59)?,
        second: pair(15, 0, 59)?,
    };
    if when.day > days_in(when.year, when.month) {
        return Err(Malformed);
    }
    Ok(Value::DateTime(when))
}

const fn days_in(year: u16, month: u8) -> u8 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// In a float every underscore stands between two digits.
fn check_float_underscores(text: &str) -> Result<(), Malformed> {
    let bytes = text.as_bytes();
    let digit_at = |place: Option<usize>| {
        place
            .and_then(|place| bytes.get(place))
            .is_some_and(u8::is_ascii_digit)
    };
    let good = text
        .match_indices('_')
        .all(|(place, _)| digit_at(place.checked_sub(1)) && digit_at(Some(place + 1)));
    if good { Ok(()) } else { Err(Malformed) }
}

#[cfg(test)]
mod tests {
    use super::{Malformed, Value, base64_text, date_time, double, int};

    #[test]
    fn integers() {
        let good = [
            ("0", Value::Int(0)),
            (" \n+7\t", Value::Int(7)),
            ("-12", Value::Int(-12)),
            ("1_000", Value::Int(1000)),
            ("\u{663}", Value::Int(3)),
            ("007", Value::Int(7)),
            ("2147483647", Value::Int(i32::MAX)),
            ("2147483648", Value::Int64(2_147_483_648)),
            ("-2147483648", Value::Int(i32::MIN)),
            ("9223372036854775808", Value::Int64(i64::MAX)),
            ("-99999999999999999999999", Value::Int64(i64::MIN)),
        ];
        for (text, value) in good {
            assert_eq!(int(text), Ok(value), "{text}");
        }
        for text in [
            "", " ", "+", "-", "1.0", "0x1", "_1", "1_", "1__0", "--1", "1 2", "a", "é",
        ] {
            assert_eq!(int(text), Err(Malformed), "{text}");
        }
    }

    #[test]
    fn doubles() {
        let good = [
            ("1.5", 1.5),
            (" -2 ", -2.0),
            ("1e3", 1000.0),
            (".5", 0.5),
            ("5.", 5.0),
            ("1_0.5", 10.5),
        ];
        for (text, number) in good {
            assert_eq!(double(text), Ok(Value::Double(number)), "{text}");
        }
        assert_eq!(double("-inf"), Ok(Value::Double(f64::NEG_INFINITY)));
        assert!(matches!(double("NaN"), Ok(Value::Double(number)) if number.is_nan()));
        for text in ["", "x", "1,5", "_1", "1_", "1_.5", "0x1p3", "1__0"] {
            assert_eq!(double(text), Err(Malformed), "{text}");
        }
    }

    #[test]
    fn dates() {
        assert!(matches!(
            date_time("20240229T23:59:59"),
            Ok(Value::DateTime(_))
        ));
        let bad = [
            "",
            "20230229T00:00:00",
            "2024-02-29T00:00:00",
            "20240229T24:00:00",
            "20241301T00:00:00",
            "00000101T00:00:00",
            "20240229 00:00:00",
            "20240229T00:00:0é",
        ];
        for text in bad {
            assert_eq!(date_time(text), Err(Malformed), "{text}");
        }
    }

    #[test]
    fn base64_is_text() {
        assert_eq!(base64_text("dW5p\n"), Ok(Value::String("uni".to_owned())));
        assert_eq!(base64_text("/w=="), Err(Malformed));
        assert_eq!(base64_text("YQ"), Err(Malformed));
    }
}
