//! Values of calls and of responses to a client. `xmlrpc::Value` keeps its structs in trees, which cost near
//! a kilobyte for a struct of two members, and forgets the order that Python shows (RPC-205).

use std::borrow::Cow;
use std::fmt;

use crate::base::calendar::LocalTime;

/// A value as it came over the wire, with texts of type `T`.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<T = String> {
    /// `<int>` or `<i4>`.
    Int(i32),
    /// A number beyond 32 bits, clamped to 64 (DEC-051).
    Int64(i64),
    /// `<boolean>`.
    Bool(bool),
    /// `<string>`, `<base64>` that is text (RPC-036), and text without a type (RPC-028).
    String(T),
    /// `<double>`.
    Double(f64),
    /// `<dateTime.iso8601>`.
    DateTime(DateTime),
    /// `<struct>`.
    Struct(Members<T>),
    /// `<array>`.
    Array(Vec<Value<T>>),
    /// `<nil/>`.
    Nil,
}

/// A date with a time of day, of no zone (RPC-035).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "their names say it")]
pub struct DateTime {
    pub year: u16,
    pub month: u8,
    pub day: u8,
    pub hour: u8,
    pub minute: u8,
    pub second: u8,
}

impl fmt::Display for DateTime {
    /// As Python shows it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let local = LocalTime {
            year: self.year.into(),
            month: self.month,
            day: self.day,
            hour: self.hour,
            minute: self.minute,
            second: self.second,
            // it is not shown
            weekday: 0,
        };
        local.fmt(f)
    }
}

/// A value of which the texts are, where they can be, those in the body.
pub type Borrowed<'a> = Value<Cow<'a, str>>;

impl<T: AsRef<str>> Value<T> {
    /// Bytes that it takes in memory, about.
    pub fn weight(&self) -> usize {
        let within = match self {
            Self::String(text) => text.as_ref().len(),
            Self::Array(items) => items.iter().map(Self::weight).sum(),
            Self::Struct(members) => {
                let members = members.iter();
                let each = members
                    .map(|(name, value)| size_of::<T>() + name.as_ref().len() + value.weight());
                each.sum()
            }
            _ => 0,
        };
        size_of::<Self>() + within
    }

    /// The member of that name, if this is a struct that has it.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Struct(members) => members.get(name),
            _ => None,
        }
    }

    /// The text, if this is a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text.as_ref()),
            _ => None,
        }
    }

    /// The items, if this is an array.
    pub fn as_array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl From<Value> for Borrowed<'_> {
    fn from(value: Value) -> Self {
        match value {
            Value::Int(number) => Self::Int(number),
            Value::Int64(number) => Self::Int64(number),
            Value::Bool(flag) => Self::Bool(flag),
            Value::String(text) => Self::String(text.into()),
            Value::Double(number) => Self::Double(number),
            Value::DateTime(when) => Self::DateTime(when),
            Value::Struct(Members(pairs)) => {
                let pairs = pairs.into_iter();
                let pairs = pairs.map(|(name, value)| (name.into(), value.into()));
                Self::Struct(Members(pairs.collect()))
            }
            Value::Array(items) => Self::Array(items.into_iter().map(Self::from).collect()),
            Value::Nil => Self::Nil,
        }
    }
}

impl From<&Value> for xmlrpc::Value {
    fn from(value: &Value) -> Self {
        match value {
            Value::Int(number) => Self::Int(*number),
            Value::Int64(number) => Self::Int64(*number),
            Value::Bool(flag) => Self::Bool(*flag),
            Value::String(text) => Self::String(text.clone()),
            Value::Double(number) => Self::Double(*number),
            // its dates are those of a crate that we do not name: they are read from text
            Value::DateTime(when) => {
                let text = when.to_string().replace(' ', "T");
                text.parse().map_or(Self::String(text), Self::DateTime)
            }
            Value::Struct(members) => {
                let pairs = members.iter();
                Self::Struct(
                    pairs
                        .map(|(name, value)| (name.clone(), value.into()))
                        .collect(),
                )
            }
            Value::Array(items) => Self::Array(items.iter().map(Self::from).collect()),
            Value::Nil => Self::Nil,
        }
    }
}

/// The members of a struct: each name once, in the order in which they came, as in a Python dictionary.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Members<T = String>(Vec<(T, Value<T>)>);

impl<T: AsRef<str>> Members<T> {
    /// The member of that name.
    pub fn get(&self, name: &str) -> Option<&Value<T>> {
        self.iter()
            .find(|(other, _)| other.as_ref() == name)
            .map(|(_, value)| value)
    }

    /// Takes a member out; the order of the others may change.
    pub fn remove(&mut self, name: &str) -> Option<Value<T>> {
        let at = self
            .0
            .iter()
            .position(|(other, _)| other.as_ref() == name)?;
        Some(self.0.swap_remove(at).1)
    }

    /// All members.
    pub fn iter(&self) -> impl Iterator<Item = &(T, Value<T>)> {
        self.0.iter()
    }

    /// No member at all.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T: Ord> FromIterator<(T, Value<T>)> for Members<T> {
    /// Of equal names the first gives the place and the last the value.
    fn from_iter<I: IntoIterator<Item = (T, Value<T>)>>(pairs: I) -> Self {
        let mut pairs: Vec<(T, Value<T>)> = pairs.into_iter().collect();
        if are_few_and_distinct(&pairs) {
            pairs.shrink_to_fit();
            return Self(pairs);
        }
        let mut order: Vec<usize> = (0..pairs.len()).collect();
        // a stable sort: equal names stay in the order in which they came
        order.sort_by(|one, other| pairs[*one].0.cmp(&pairs[*other].0));
        let mut again = vec![false; pairs.len()];
        let mut moves = Vec::new();
        for same in order.chunk_by(|one, other| pairs[*one].0 == pairs[*other].0) {
            if let [place, .., last] = same {
                moves.push((*place, *last));
                same[1..].iter().for_each(|at| again[*at] = true);
            }
        }
        for (place, last) in moves {
            pairs[place].1 = std::mem::replace(&mut pairs[last].1, Value::Nil);
        }
        let mut again = again.into_iter();
        pairs.retain(|_| !again.next().unwrap_or(false));
        pairs.shrink_to_fit();
        Self(pairs)
    }
}

/// Whether it is plain to see that each name stands there once.
fn are_few_and_distinct<T: Eq>(pairs: &[(T, Value<T>)]) -> bool {
    /// From here on it is quicker to sort.
    const MANY: usize = 24;
    let seen_before = |(at, (name, _)): (usize, &(T, Value<T>))| {
        pairs.iter().take(at).any(|(other, _)| other == name)
    };
    pairs.len() < MANY && !pairs.iter().enumerate().any(seen_before)
}

#[cfg(test)]
mod tests {
    use super::{Members, Value};

    #[test]
    fn values_are_small() {
        assert!(size_of::<Value>() <= 32);
    }

    #[test]
    fn members_are_a_python_dictionary() {
        let pairs = [("b", 1), ("a", 2), ("b", 3), ("c", 4), ("b", 5)];
        let pairs = pairs.map(|(name, number)| (name.to_owned(), Value::Int(number)));
        let mut members: Members = pairs.into_iter().collect();
        let shown: Vec<_> = members
            .iter()
            .map(|(name, value)| (name.as_str(), value.clone()))
            .collect();
        let wanted = [("b", 5), ("a", 2), ("c", 4)].map(|(name, n)| (name, Value::Int(n)));
        assert_eq!(shown, wanted);
        assert_eq!(members.get("c"), Some(&Value::Int(4)));
        assert_eq!(members.remove("b"), Some(Value::Int(5)));
        assert_eq!(members.remove("b"), None);
    }

    #[test]
    fn many_members_are_one_too() {
        let pairs = (0..100).map(|number| ((number % 50).to_string(), Value::Int(number)));
        let members: Members = pairs.collect();
        assert_eq!(members.iter().count(), 50);
        let wanted = (0..50).map(|number| (number.to_string(), Value::Int(number + 50)));
        assert!(members.iter().cloned().eq(wanted));
    }
}
