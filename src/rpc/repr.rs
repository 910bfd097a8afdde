//! Values in the words of Python, where the reference puts them into texts (RPC-200, RPC-205).

use std::fmt::Write as _;

use crate::base::repr::repr;

use super::wire::Value;

/// As Python's `str()` shows it: a string stands for itself.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::DateTime(when) => {
            // iso8601 prints with a T and a zone, the reference with a blank and none
            let text = when.to_string();
            text.replace('T', " ").chars().take(19).collect()
        }
        other => quoted(other),
    }
}

/// As Python's `repr()` shows it: a string stands in quotes.
fn quoted(value: &Value) -> String {
    match value {
        Value::Int(number) => number.to_string(),
        Value::Int64(number) => number.to_string(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Double(number) => double(*number),
        Value::String(text) => repr(text),
        Value::DateTime(_) => text(value),
        Value::Nil => "None".to_owned(),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(quoted).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Struct(members) => {
            let mut list = String::from("{");
            for (at, (name, member)) in members.iter().enumerate() {
                let comma = if at == 0 { "" } else { ", " };
                let _ = write!(list, "{comma}{}: {}", repr(name), quoted(member));
            }
            list + "}"
        }
    }
}

fn double(number: f64) -> String {
    if number.is_finite() {
        // `1.0` and not `1`
        format!("{number:?}")
    } else if number.is_nan() {
        "nan".to_owned()
    } else if number > 0.0 {
        "inf".to_owned()
    } else {
        "-inf".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::{Value, text};

    #[test]
    fn python_words() {
        let members = [("a".to_owned(), Value::Bool(true))].into_iter().collect();
        let table = [
            (Value::Int(5), "5"),
            (Value::Bool(false), "False"),
            (Value::Double(1.5), "1.5"),
            (Value::Double(1.0), "1.0"),
            (Value::String("x".into()), "x"),
            (Value::Nil, "None"),
            (
                Value::Array(vec![Value::String("a".into()), Value::Int(1)]),
                "['a', 1]",
            ),
            (
                Value::Array(vec![Value::Int(1), Value::Struct(members)]),
                "[1, {'a': True}]",
            ),
        ];
        for (value, wanted) in table {
            assert_eq!(text(&value), wanted);
        }
    }
}
