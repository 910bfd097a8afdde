//! Values of calls and of responses to a client. `xmlrpc::Value` keeps its structs in trees, which cost near
//! a kilobyte for a struct of two members, and forgets the order that Python shows (RPC-205).

use iso8601::DateTime;

/// A value as it came over the wire.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `<int>` or `<i4>`.
    Int(i32),
    /// A number beyond 32 bits, clamped to 64 (DEC-051).
    Int64(i64),
    /// `<boolean>`.
    Bool(bool),
    /// `<string>`, `<base64>` that is text (RPC-036), and text without a type (RPC-028).
    String(String),
    /// `<double>`.
    Double(f64),
    /// `<dateTime.iso8601>`; boxed, because nobody sends it and all values would be larger.
    DateTime(Box<DateTime>),
    /// `<struct>`.
    Struct(Members),
    /// `<array>`.
    Array(Vec<Value>),
    /// `<nil/>`.
    Nil,
}

impl Value {
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
            Self::String(text) => Some(text),
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

impl From<&Value> for xmlrpc::Value {
    fn from(value: &Value) -> Self {
        match value {
            Value::Int(number) => Self::Int(*number),
            Value::Int64(number) => Self::Int64(*number),
            Value::Bool(flag) => Self::Bool(*flag),
            Value::String(text) => Self::String(text.clone()),
            Value::Double(number) => Self::Double(*number),
            Value::DateTime(when) => Self::DateTime(**when),
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
pub struct Members(Vec<(String, Value)>);

impl Members {
    /// The member of that name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.iter()
            .find(|(other, _)| other == name)
            .map(|(_, value)| value)
    }

    /// Takes a member out; the order of the others may change.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let at = self.0.iter().position(|(other, _)| other == name)?;
        Some(self.0.swap_remove(at).1)
    }

    /// All members.
    pub fn iter(&self) -> impl Iterator<Item = &(String, Value)> {
        self.0.iter()
    }

    /// No member at all.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(String, Value)> for Members {
    /// Of equal names the first gives the place and the last the value.
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(pairs: I) -> Self {
        let mut pairs: Vec<(String, Value)> = pairs.into_iter().collect();
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
}
