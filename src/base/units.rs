//! Byte sizes, numbers, booleans, octal modes and lists, as configuration files write them (config.md, section 6).
//!
//! Numbers follow the syntax of Python's `int`, because that is what existing files were written against.

use super::repr::repr;

/// A text that is no value of the wanted kind. The texts are those of the reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// Not a decimal integer (CFG-078).
    #[error("invalid literal for int() with base 10: {}", shortened(.0))]
    Integer(String),
    /// Neither an integer nor one with a known suffix (CFG-080); what is no integer.
    #[error("invalid literal for int() with base 10: {}", shortened(.0))]
    Size(String),
    /// Not one of the boolean words (CFG-079).
    #[error("not a valid boolean value: {}", repr(.0))]
    Boolean(String),
    /// Not an octal number (CFG-081).
    #[error("{0} can not be converted to an octal type")]
    Octal(String),
}

/// The reference cuts this one form after 200 characters.
fn shortened(text: &str) -> String {
    repr(text).chars().take(200).collect()
}

/// Zeros of the decimal digits beyond ASCII; each begins a run of ten.
const ZEROS: [u32; 65] = [
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6,
    0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50,
    0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10,
    0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650,
    0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0, 0x16a60, 0x16ac0, 0x16b50,
    0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0,
];

/// White space as Python strips and splits it: Unicode's, and the four ASCII separators.
pub fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}

/// `text` without white space at both ends.
pub fn strip(text: &str) -> &str {
    match text.as_bytes() {
        // most texts have none
        [b'!'..=b'~'] | [b'!'..=b'~', .., b'!'..=b'~'] => text,
        _ => text.trim_matches(is_space),
    }
}

/// A decimal integer: sign, digits of any script, single underscores between digits, white space around
/// it (CFG-078). What does not fit is clamped.
pub fn integer(text: &str) -> Result<i64, UnitError> {
    parse_int(text, 10).ok_or_else(|| UnitError::Integer(text.to_owned()))
}

/// An octal number, with or without `0o` (CFG-081). What does not fit is clamped.
pub fn octal(text: &str) -> Result<i64, UnitError> {
    parse_int(text, 8).ok_or_else(|| UnitError::Octal(text.to_owned()))
}

/// Permission bits or a umask: an octal number that is not negative (DEC-018). What does not fit is clamped.
pub fn mode(text: &str) -> Result<u32, UnitError> {
    match octal(text)? {
        ..0 => Err(UnitError::Octal(text.to_owned())),
        mode => Ok(u32::try_from(mode).unwrap_or(u32::MAX)),
    }
}

/// Bytes: an integer, or one followed by `KB`, `MB` or `GB` in any case, powers of 1024 (CFG-080).
pub fn byte_size(text: &str) -> Result<i64, UnitError> {
    let lower = text.to_lowercase();
    let suffixes = [("kb", 1 << 10), ("mb", 1 << 20), ("gb", 1 << 30)];
    let found = suffixes
        .into_iter()
        .find_map(|(suffix, factor)| Some((lower.strip_suffix(suffix)?, factor)));
    let (number, factor) = found.unwrap_or((&lower, 1));
    let value = parse_int(number, 10).ok_or_else(|| UnitError::Size(number.to_owned()))?;
    Ok(value.saturating_mul(factor))
}

/// `yes true on 1` or `no false off 0`, in any case (CFG-079).
pub fn boolean(text: &str) -> Result<bool, UnitError> {
    match text.to_lowercase().as_str() {
        "yes" | "true" | "on" | "1" => Ok(true),
        "no" | "false" | "off" | "0" => Ok(false),
        _ => Err(UnitError::Boolean(text.to_owned())),
    }
}

/// Comma-separated words, stripped. The empty text is the empty list; a trailing comma gives an empty
/// word (CFG-084).
pub fn list(text: &str) -> Vec<String> {
    if text.is_empty() {
        return Vec::new();
    }
    text.split(',').map(|word| strip(word).to_owned()).collect()
}

fn parse_int(text: &str, base: u32) -> Option<i64> {
    let text = strip(text);
    let (negative, digits) = match text.strip_prefix(['+', '-']) {
        Some(rest) => (text.starts_with('-'), rest),
        None => (false, text),
    };
    let prefixed = if base == 8 {
        digits.strip_prefix("0o").or(digits.strip_prefix("0O"))
    } else {
        None
    };
    // after a prefix one underscore may come first: `0o_7`
    let digits = prefixed.map_or(digits, |rest| rest.strip_prefix('_').unwrap_or(rest));
    let mut value: i64 = 0;
    let mut after_digit = false;
    for c in digits.chars() {
        if c == '_' {
            if !after_digit {
                return None;
            }
            after_digit = false;
            continue;
        }
        let digit = digit(c).filter(|digit| *digit < base)?;
        let digit = i64::from(digit);
        value = value.saturating_mul(i64::from(base));
        value = if negative {
            value.saturating_sub(digit)
        } else {
            value.saturating_add(digit)
        };
        after_digit = true;
    }
    after_digit.then_some(value)
}

fn digit(c: char) -> Option<u32> {
    if let Some(digit) = c.to_digit(10) {
        return Some(digit);
    }
    let code = u32::from(c);
    let zero = ZEROS.iter().rev().find(|zero| **zero <= code)?;
    Some(code - zero).filter(|digit| *digit < 10)
}

#[cfg(test)]
mod tests {
    use super::{UnitError, boolean, byte_size, integer, list, mode, octal, strip};

    #[test]
    fn integers() {
        let good = [
            ("0", 0),
            (" 15 ", 15),
            ("+1", 1),
            ("-7", -7),
            ("007", 7),
            ("1_000", 1000),
            ("0_9", 9),
            ("٣٤", 34),
            ("\u{a0}5\u{1f}", 5),
            ("99999999999999999999", i64::MAX),
            ("-99999999999999999999", i64::MIN),
        ];
        for (text, want) in good {
            assert_eq!(integer(text), Ok(want), "{text}");
        }
        for text in [
            "", " ", "x", "1.5", "0x1", "1__0", "_1", "1_", "+_1", "+ 1", "--1",
        ] {
            assert_eq!(
                integer(text),
                Err(UnitError::Integer(text.into())),
                "{text}"
            );
        }
        assert_eq!(
            integer("1s").map_err(|error| error.to_string()),
            Err("invalid literal for int() with base 10: '1s'".into())
        );
        let long = integer(&"x".repeat(300)).map_err(|error| error.to_string());
        assert_eq!(
            long.map_err(|text| text.len()),
            Err("invalid literal for int() with base 10: ".len() + 200)
        );
    }

    #[test]
    fn octals() {
        let good = [
            ("022", 0o22),
            ("0o17", 0o17),
            ("0O7", 7),
            ("0o_7", 7),
            ("1_7", 0o17),
            (" 7 ", 7),
            ("-1", -1),
        ];
        for (text, want) in good {
            assert_eq!(octal(text), Ok(want), "{text}");
        }
        for text in ["", "8", "0x", "0o", "9z", "+ 7", "0o__7", "u+x"] {
            assert_eq!(octal(text), Err(UnitError::Octal(text.into())), "{text}");
        }
        assert_eq!(mode("0700"), Ok(0o700));
        assert_eq!(mode("77777777777777"), Ok(u32::MAX));
        let text = mode("-1").map_err(|error| error.to_string());
        assert_eq!(text, Err("-1 can not be converted to an octal type".into()));
    }

    #[test]
    fn byte_sizes() {
        let good = [
            ("10", 10),
            ("1KB", 1024),
            ("5 mb", 5 << 20),
            ("1Gb", 1 << 30),
            ("-1kb", -1024),
            ("9999999999999gb", i64::MAX),
        ];
        for (text, want) in good {
            assert_eq!(byte_size(text), Ok(want), "{text}");
        }
        let bad = [
            ("5TB", "5tb"),
            ("1K", "1k"),
            ("xKB", "x"),
            ("", ""),
            ("kb", ""),
            ("1.5MB", "1.5"),
        ];
        for (text, rest) in bad {
            assert_eq!(byte_size(text), Err(UnitError::Size(rest.into())), "{text}");
        }
    }

    #[test]
    fn booleans() {
        for (word, want) in [("Yes", true), ("TRUE", true), ("on", true), ("1", true)] {
            assert_eq!(boolean(word), Ok(want), "{word}");
        }
        for (word, want) in [
            ("No", false),
            ("false", false),
            ("off", false),
            ("0", false),
        ] {
            assert_eq!(boolean(word), Ok(want), "{word}");
        }
        for word in ["", "y", "2", " true"] {
            assert!(boolean(word).is_err(), "{word}");
        }
        let text = boolean("it's").map_err(|error| error.to_string());
        assert_eq!(text, Err("not a valid boolean value: \"it's\"".into()));
    }

    #[test]
    fn lists_and_white_space() {
        assert_eq!(list(""), Vec::<String>::new());
        assert_eq!(list("a, b ,"), ["a", "b", ""]);
        assert_eq!(list(" "), [""]);
        assert_eq!(strip("\u{1c}\u{85} x \u{3000}\n"), "x");
    }
}
