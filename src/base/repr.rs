//! How Python prints a string in an error text. The reference's messages carry this form, and people match on it.

use std::borrow::Cow;

/// The Python `repr` of `text`: single quotes unless only double ones avoid an escape; backslash, control
/// and other unprintable characters escaped (CFG-039).
pub fn repr(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        push_escaped(&mut out, c, quote);
    }
    out.push(quote);
    out
}

/// The Python `repr` of a list of strings.
pub fn repr_list<S: AsRef<str>>(items: &[S]) -> String {
    let items: Vec<String> = items.iter().map(|item| repr(item.as_ref())).collect();
    format!("[{}]", items.join(", "))
}

/// The Python `repr` of bytes: `b'...'`, everything but printable ASCII escaped (LOG-063).
pub fn repr_bytes(bytes: &[u8]) -> String {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') {
        '"'
    } else {
        '\''
    };
    let mut out = format!("b{quote}");
    for &byte in bytes {
        match char::from(byte) {
            c if byte.is_ascii() && byte != 0x7f => push_escaped(&mut out, c, quote),
            _ => out.extend(["\\x", &format!("{byte:02x}")]),
        }
    }
    out.push(quote);
    out
}

/// The text that the bytes are, or `Undecodable: ` and their `repr` (LOG-062, EVT-065).
pub fn text_or_undecodable(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => format!("Undecodable: {}", repr_bytes(bytes)).into(),
    }
}

fn push_escaped(out: &mut String, c: char, quote: char) {
    match c {
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        _ if c == quote => {
            out.push('\\');
            out.push(c);
        }
        _ if is_printable(c) => out.push(c),
        _ => {
            let code = u32::from(c);
            let escaped = match code {
                0..=0xff => format!("\\x{code:02x}"),
                0x100..=0xffff => format!("\\u{code:04x}"),
                _ => format!("\\U{code:08x}"),
            };
            out.push_str(&escaped);
        }
    }
}

/// Printable as Python means it: no control, format, unassigned or private character, and of the
/// separators only the blank. Rust's `Debug` of strings follows the same rule, except that it
/// escapes a combining mark at the very beginning, which the leading letter here avoids.
fn is_printable(c: char) -> bool {
    if matches!(c, '"' | '\'') {
        return true;
    }
    let mut pair = String::from("a");
    pair.push(c);
    pair.escape_debug().eq(pair.chars())
}

#[cfg(test)]
mod tests {
    use super::{repr, repr_bytes, repr_list, text_or_undecodable};

    #[test]
    fn forms() {
        let table = [
            ("abc", "'abc'"),
            ("it's", "\"it's\""),
            ("it's \"x\"", "'it\\'s \"x\"'"),
            ("say \"x\"", "'say \"x\"'"),
            ("a\\b\n\r\t", "'a\\\\b\\n\\r\\t'"),
            ("\x00\x7f", "'\\x00\\x7f'"),
            ("\u{a0}\u{ad}", "'\\xa0\\xad'"),
            ("\u{feff}", "'\\ufeff'"),
            ("\u{10ffff}", "'\\U0010ffff'"),
            ("naïve", "'naïve'"),
            ("e\u{301}\u{301}", "'e\u{301}\u{301}'"),
            ("", "''"),
        ];
        for (text, want) in table {
            assert_eq!(repr(text), want);
        }
        assert_eq!(repr_list(&["foo", "b'r"]), "['foo', \"b'r\"]");
        assert_eq!(repr_list::<&str>(&[]), "[]");
    }

    #[test]
    fn bytes() {
        let table: [(&[u8], &str); 5] = [
            (b"ab\n", "b'ab\\n'"),
            (b"it's", "b\"it's\""),
            (b"\x00\x7f\xff\x1b", "b'\\x00\\x7f\\xff\\x1b'"),
            (b"a\\b", "b'a\\\\b'"),
            (b"", "b''"),
        ];
        for (bytes, want) in table {
            assert_eq!(repr_bytes(bytes), want);
        }
        assert_eq!(text_or_undecodable("naïve".as_bytes()), "naïve");
        assert_eq!(text_or_undecodable(b"\xff"), "Undecodable: b'\\xff'");
    }
}
