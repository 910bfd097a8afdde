//! Values in the words of Python, where the reference puts them into texts (RPC-200, RPC-205).

use crate::base::repr::repr;

use super::wire::Value;

/// As Python's `str()` shows it: a string stands for itself.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::DateTime(when) => when.to_string(),
        other => {
            let mut out = String::new();
            push_quoted(&mut out, other);
            out
        }
    }
}

/// As Python's `repr()` shows it: a string stands in quotes. Into one text, or what is deep inside would be copied
/// again and again.
fn push_quoted(out: &mut String, value: &Value) {
    match value {
        Value::Int(number) => out.push_str(&number.to_string()),
        Value::Int64(number) => out.push_str(&number.to_string()),
        Value::Bool(true) => out.push_str("True"),
        Value::Bool(false) => out.push_str("False"),
        Value::Double(number) => out.push_str(&double(*number)),
        Value::String(text) => out.push_str(&repr(text)),
        Value::DateTime(when) => out.push_str(&when.to_string()),
        Value::Nil => out.push_str("None"),
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { ", " });
                push_quoted(out, item);
            }
            out.push(']');
        }
        Value::Struct(members) => {
            out.push('{');
            for (at, (name, member)) in members.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { ", " });
                out.push_str(&repr(name));
                out.push_str(": ");
                push_quoted(out, member);
            }
            out.push('}');
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
