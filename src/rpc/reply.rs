//! What a method answers: a value with its members in the order in which clients shall see them.

use std::borrow::Cow;

use super::wire::EncodedValue;

/// The value of a successful call. `xmlrpc::Value` does not do here: its structs are sorted by name, and
/// the reference's are not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// `<int>`; clamped to 32 bits when it is written (DEC-051).
    Int(i64),
    /// `<boolean>`.
    Bool(bool),
    /// `<string>`; what XML cannot carry is replaced when it is written (DEC-050).
    Str(Cow<'static, str>),
    /// `<string>`: bytes of a log; what is no UTF-8 is replaced when it is written (DEC-050).
    Log(Vec<u8>),
    /// `<array>`.
    Array(Vec<Reply>),
    /// `<struct>`, members in this order.
    Struct(Vec<(&'static str, Reply)>),
    /// Anything, written already.
    Encoded(EncodedValue),
}

impl From<i64> for Reply {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<i32> for Reply {
    fn from(number: i32) -> Self {
        Self::Int(number.into())
    }
}

impl From<u32> for Reply {
    fn from(number: u32) -> Self {
        Self::Int(number.into())
    }
}

impl From<bool> for Reply {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl From<String> for Reply {
    fn from(text: String) -> Self {
        Self::Str(text.into())
    }
}

impl From<&'static str> for Reply {
    fn from(text: &'static str) -> Self {
        Self::Str(text.into())
    }
}

impl From<Vec<Reply>> for Reply {
    fn from(items: Vec<Reply>) -> Self {
        Self::Array(items)
    }
}
