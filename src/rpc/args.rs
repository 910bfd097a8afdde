//! The arguments of a call: text of the wire becomes what a handler wants, or fault 2 (DEC-052).

use crate::base::fault::Fault;
use crate::base::units;

use super::wire::Value;

/// Arguments by position. Their number was checked against the method's parameters.
#[derive(Debug, Clone, Copy)]
pub(super) struct Args<'a>(pub(super) &'a [Value]);

/// Bytes of a name or a signal at most (DEC-052).
pub(super) const MAX_NAME: usize = 64 * 1024;

/// Fault 2 without a value.
pub(super) const WRONG: Fault = Fault::IncorrectParameters(None);

impl<'a> Args<'a> {
    /// The argument at that place, if it was given.
    pub(super) fn get(self, at: usize) -> Option<&'a Value> {
        self.0.get(at)
    }

    /// A name. Nothing has one longer than [`MAX_NAME`], and faults repeat it.
    pub(super) fn text(self, at: usize) -> Result<&'a str, Fault> {
        match self.get(at) {
            Some(Value::String(text)) if text.len() <= MAX_NAME => Ok(text),
            _ => Err(WRONG),
        }
    }

    /// A whole number: an integer, a double cut off towards zero, a boolean or a string that Python's `int()`
    /// takes (RPC-110).
    pub(super) fn number(self, at: usize) -> Result<i64, Fault> {
        number(self.get(at).ok_or(WRONG)?).ok_or(WRONG)
    }

    /// Truth as the reference sees it; `true` if the argument was not given (RPC-162).
    pub(super) fn flag(self, at: usize) -> bool {
        match self.get(at) {
            Some(Value::Int(number)) => *number != 0,
            Some(Value::Int64(number)) => *number != 0,
            Some(Value::Bool(flag)) => *flag,
            Some(Value::String(text)) => !text.is_empty(),
            Some(Value::Double(number)) => *number != 0.0,
            None | Some(Value::DateTime(_)) => true,
            Some(Value::Struct(members)) => !members.is_empty(),
            Some(Value::Array(items)) => !items.is_empty(),
            Some(Value::Nil) => false,
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a double too large for a number is clamped"
)]
fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Int(number) => Some(i64::from(*number)),
        Value::Int64(number) => Some(*number),
        Value::Bool(flag) => Some(i64::from(*flag)),
        Value::Double(number) if number.is_finite() => Some(*number as i64),
        Value::String(text) => units::integer(text).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Args, Value, WRONG};

    #[test]
    fn numbers() {
        let table = [
            (Value::Int(-4), Ok(-4)),
            (Value::Double(5.9), Ok(5)),
            (Value::Double(-5.9), Ok(-5)),
            (Value::Double(f64::NAN), Err(WRONG)),
            (Value::Bool(true), Ok(1)),
            (Value::String(" 12 ".into()), Ok(12)),
            (Value::String("+1_0".into()), Ok(10)),
            (Value::String("\u{ff12}".into()), Ok(2)),
            (Value::String("9".repeat(26)), Ok(i64::MAX)),
            (Value::String("x".into()), Err(WRONG)),
            (Value::String("1__0".into()), Err(WRONG)),
            (Value::Array(vec![]), Err(WRONG)),
            (Value::Nil, Err(WRONG)),
        ];
        for (value, number) in table {
            assert_eq!(
                Args(std::slice::from_ref(&value)).number(0),
                number,
                "{value:?}"
            );
        }
    }

    #[test]
    fn flags() {
        let table = [
            (Value::Int(0), false),
            (Value::Int(2), true),
            (Value::String(String::new()), false),
            (Value::String("0".into()), true),
            (Value::Array(vec![]), false),
            (Value::Nil, false),
        ];
        for (value, flag) in table {
            assert_eq!(
                Args(std::slice::from_ref(&value)).flag(0),
                flag,
                "{value:?}"
            );
        }
        assert!(Args(&[]).flag(0));
    }
}
