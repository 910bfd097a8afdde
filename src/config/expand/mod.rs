//! `%(here)s`, `%(ENV_X)s`, `%(process_num)02d` and friends: Python's `%` formatting against a dictionary
//! (config.md, section 3).
//!
//! Knows nothing of which names exist where; that is the business of who builds [`Names`].

use std::borrow::Cow;
use std::fmt::Display;

use super::error::{ExpandError, FormatReason};
use crate::base::repr::repr;

/// Widths and precisions beyond this are refused, so that no value can fill the memory.
const LIMIT: usize = 1 << 16;

/// What a name stands for (CFG-036).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Everything but the numbers.
    Text(String),
    /// `process_num` and `numprocs`.
    Number(i64),
}

impl Value {
    /// Python's name of the type.
    const fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "str",
            Self::Number(_) => "int",
        }
    }
}

/// Names and what they stand for, in layers: the own ones hide those of the parent.
#[derive(Debug, Clone, Default)]
pub struct Names<'a> {
    parent: Option<&'a Names<'a>>,
    own: Vec<(String, Value)>,
}

impl<'a> Names<'a> {
    /// Names over those of `parent`.
    pub const fn over(parent: &'a Names<'a>) -> Self {
        Self {
            parent: Some(parent),
            own: Vec::new(),
        }
    }

    /// The same with one more name.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.set(name, Value::Text(value.to_owned()));
        self
    }

    /// Adds a name; the last one of a spelling counts.
    pub fn set(&mut self, name: &str, value: Value) {
        self.own.push((name.to_owned(), value));
    }

    /// Adds `ENV_x` for each variable (CFG-040).
    pub fn set_environment<'v>(
        &mut self,
        variables: impl IntoIterator<Item = (&'v String, &'v String)>,
    ) {
        for (name, value) in variables {
            self.own
                .push((format!("ENV_{name}"), Value::Text(value.clone())));
        }
    }

    fn get(&self, name: &str) -> Option<&Value> {
        let own = self.own.iter().rev().find(|(known, _)| known == name);
        own.map(|(_, value)| value)
            .or_else(|| self.parent.and_then(|parent| parent.get(name)))
    }

    /// All names, sorted.
    fn available(&self) -> Vec<String> {
        let mut names: Vec<String> = self.own.iter().map(|(name, _)| name.clone()).collect();
        if let Some(parent) = self.parent {
            names.extend(parent.available());
        }
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// `format` with its `%` expressions replaced. `label` says in errors which option it is.
pub fn expand<'f>(
    format: &'f str,
    names: &Names<'_>,
    label: impl Display,
) -> Result<Cow<'f, str>, ExpandError> {
    if !format.contains('%') {
        return Ok(format.into());
    }
    let mut formatter = Formatter {
        chars: format.chars().collect(),
        at: 0,
        names,
        taken: false,
    };
    formatter
        .run()
        .map(Cow::Owned)
        .map_err(|failure| match failure {
            Failure::Unknown(name) => ExpandError::Unknown {
                format: format.to_owned(),
                label: label.to_string(),
                name,
                available: names.available(),
            },
            Failure::Format(reason) => ExpandError::Format {
                format: format.to_owned(),
                label: label.to_string(),
                reason,
            },
        })
}

enum Failure {
    Unknown(String),
    Format(FormatReason),
}

impl From<FormatReason> for Failure {
    fn from(reason: FormatReason) -> Self {
        Self::Format(reason)
    }
}

struct Formatter<'a> {
    chars: Vec<char>,
    at: usize,
    names: &'a Names<'a>,
    /// An expression took its argument; from then on each one needs a name.
    taken: bool,
}

/// Flags, width and precision of one expression.
#[derive(Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the five flags of a conversion, in any combination"
)]
struct Spec {
    left: bool,
    plus: bool,
    blank: bool,
    alternate: bool,
    zero: bool,
    width: usize,
    precision: Option<usize>,
}

impl Formatter<'_> {
    fn next(&mut self) -> Result<char, FormatReason> {
        let c = self.chars.get(self.at).copied();
        self.at += 1;
        c.ok_or(FormatReason::Incomplete)
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn run(&mut self) -> Result<String, Failure> {
        let mut out = String::new();
        while let Some(c) = self.peek() {
            self.at += 1;
            if c != '%' {
                out.push(c);
            } else if self.peek() == Some('%') {
                self.at += 1;
                out.push('%');
            } else {
                out.push_str(&self.expression()?);
            }
        }
        Ok(out)
    }

    /// Everything behind the percent sign.
    fn expression(&mut self) -> Result<String, Failure> {
        let start = self.at - 1;
        let value = if self.peek() == Some('(') {
            self.at += 1;
            let name = self.key()?;
            self.taken = true;
            let value = self.names.get(&name).cloned();
            Some(value.ok_or(Failure::Unknown(name))?)
        } else {
            None
        };
        let spec = self.spec(value.as_ref())?;
        let mut conversion = self.next()?;
        if matches!(conversion, 'h' | 'l' | 'L') {
            conversion = self.next()?;
        }
        let index = self.at - 1;
        Ok(match value {
            Some(value) => convert(&value, conversion, &spec, index),
            None if self.taken => Err(FormatReason::NoArgument),
            None if matches!(conversion, 's' | 'r' | 'a') => {
                // Python shows the whole dictionary, which nobody can want (CFG-043): as in `date +%s`
                self.taken = true;
                let text = self.chars.get(start..self.at).unwrap_or_default();
                Ok(text.iter().collect())
            }
            None => Err(without_name(conversion, index)),
        }?)
    }

    /// The name up to the closing parenthesis; parentheses within it pair.
    fn key(&mut self) -> Result<String, FormatReason> {
        let mut name = String::new();
        let mut depth = 1;
        loop {
            let c = self.next().map_err(|_| FormatReason::IncompleteKey)?;
            match c {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Ok(name);
            }
            name.push(c);
        }
    }

    fn spec(&mut self, value: Option<&Value>) -> Result<Spec, FormatReason> {
        let mut spec = Spec::default();
        loop {
            match self.peek() {
                Some('-') => spec.left = true,
                Some('+') => spec.plus = true,
                Some(' ') => spec.blank = true,
                Some('#') => spec.alternate = true,
                Some('0') => spec.zero = true,
                _ => break,
            }
            self.at += 1;
        }
        spec.width = self.number(value, FormatReason::Width)?;
        if self.peek() == Some('.') {
            self.at += 1;
            spec.precision = Some(self.number(value, FormatReason::Precision)?);
        }
        Ok(spec)
    }

    /// Digits, none of them is zero. A star takes the argument, so that there is none for the conversion.
    fn number(
        &mut self,
        value: Option<&Value>,
        too_big: FormatReason,
    ) -> Result<usize, FormatReason> {
        if self.peek() == Some('*') {
            // a number would be taken here; what was taken before is not there any more
            let nothing_left = match value {
                Some(value) => matches!(value, Value::Number(_)),
                None => self.taken,
            };
            return Err(if nothing_left {
                FormatReason::NoArgument
            } else {
                FormatReason::Star
            });
        }
        let mut number = 0usize;
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
            self.at += 1;
            number = number * 10 + digit as usize;
            if number > LIMIT {
                return Err(too_big);
            }
        }
        Ok(number)
    }
}

/// The first expression of a value, if it names nothing and is left as it is. A percent sign is meant.
pub(super) fn nameless(format: &str) -> Option<&str> {
    let mut rest = format;
    while let Some((_, after)) = rest.split_once('%') {
        if let Some(after) = after.strip_prefix('%') {
            rest = after;
            continue;
        }
        let flags = |c: char| c.is_ascii_digit() || "-+ #.".contains(c);
        let conversion = after.trim_start_matches(flags);
        let conversion = conversion
            .strip_prefix(['h', 'l', 'L'])
            .unwrap_or(conversion);
        let start = format.len() - after.len() - 1;
        let end = format.len() - conversion.len();
        let is_text = conversion.starts_with(['s', 'r', 'a']);
        return is_text.then(|| format.get(start..=end)).flatten();
    }
    None
}

/// What is wrong with an expression that names nothing, but for those that are left as they are.
fn without_name(conversion: char, index: usize) -> FormatReason {
    match conversion {
        'c' => FormatReason::NotChar,
        'd' | 'i' | 'u' => FormatReason::NotNumber(conversion, "dict"),
        'x' | 'X' | 'o' => FormatReason::NotInteger(conversion, "dict"),
        'e' | 'E' | 'f' | 'F' | 'g' | 'G' => FormatReason::NotReal("dict"),
        c => FormatReason::Unsupported { c, index },
    }
}

fn convert(
    value: &Value,
    conversion: char,
    spec: &Spec,
    index: usize,
) -> Result<String, FormatReason> {
    match (conversion, value) {
        ('s', Value::Text(text)) => Ok(spec.text(text)),
        ('r', Value::Text(text)) => Ok(spec.text(&repr(text))),
        ('a', Value::Text(text)) => Ok(spec.text(&ascii(&repr(text)))),
        ('s' | 'r' | 'a', Value::Number(number)) => Ok(spec.text(&number.to_string())),
        ('c', _) => Ok(spec.pad(&character(value)?)),
        ('d' | 'i' | 'u', Value::Number(number)) => {
            let digits = number.unsigned_abs().to_string();
            Ok(spec.number(*number < 0, "", &digits))
        }
        ('x' | 'X' | 'o', Value::Number(number)) => {
            let magnitude = number.unsigned_abs();
            let (prefix, digits) = match conversion {
                'x' => ("0x", format!("{magnitude:x}")),
                'X' => ("0X", format!("{magnitude:X}")),
                _ => ("0o", format!("{magnitude:o}")),
            };
            let prefix = if spec.alternate { prefix } else { "" };
            Ok(spec.number(*number < 0, prefix, &digits))
        }
        ('d' | 'i' | 'u', Value::Text(_)) => Err(FormatReason::NotNumber(conversion, value.kind())),
        ('x' | 'X' | 'o', Value::Text(_)) => {
            Err(FormatReason::NotInteger(conversion, value.kind()))
        }
        ('f' | 'F' | 'e' | 'E' | 'g' | 'G', Value::Number(number)) => {
            Ok(spec.float(conversion, *number))
        }
        ('f' | 'F' | 'e' | 'E' | 'g' | 'G', Value::Text(_)) => {
            Err(FormatReason::NotReal(value.kind()))
        }
        (c, _) => Err(FormatReason::Unsupported { c, index }),
    }
}

fn character(value: &Value) -> Result<String, FormatReason> {
    match value {
        Value::Number(number) => u32::try_from(*number)
            .ok()
            .and_then(char::from_u32)
            .map(String::from)
            .ok_or(FormatReason::CharRange),
        Value::Text(text) if text.chars().count() == 1 => Ok(text.clone()),
        Value::Text(_) => Err(FormatReason::NotChar),
    }
}

/// A repr with everything beyond ASCII escaped.
fn ascii(text: &str) -> String {
    let escaped = |c: char| match u32::from(c) {
        0..=0x7f => c.to_string(),
        code @ 0x80..=0xff => format!("\\x{code:02x}"),
        code @ 0x100..=0xffff => format!("\\u{code:04x}"),
        code => format!("\\U{code:08x}"),
    };
    text.chars().map(escaped).collect::<Vec<_>>().concat()
}

impl Spec {
    /// A text, cut at the precision and padded.
    fn text(&self, text: &str) -> String {
        match self.precision {
            Some(precision) => self.pad(&text.chars().take(precision).collect::<String>()),
            None => self.pad(text),
        }
    }

    fn pad(&self, text: &str) -> String {
        let blanks = " ".repeat(self.width.saturating_sub(text.chars().count()));
        if self.left {
            format!("{text}{blanks}")
        } else {
            format!("{blanks}{text}")
        }
    }

    /// A number: precision is the least number of digits, zeros fill behind sign and prefix.
    fn number(&self, negative: bool, prefix: &str, digits: &str) -> String {
        let missing = self.precision.unwrap_or(0).saturating_sub(digits.len());
        self.fill(negative, prefix, &("0".repeat(missing) + digits))
    }

    fn fill(&self, negative: bool, prefix: &str, digits: &str) -> String {
        let sign = match (negative, self.plus, self.blank) {
            (true, _, _) => "-",
            (false, true, _) => "+",
            (false, false, true) => " ",
            (false, false, false) => "",
        };
        let head = format!("{sign}{prefix}");
        let missing = self.width.saturating_sub(head.len() + digits.len());
        if self.zero && !self.left {
            return format!("{head}{}{digits}", "0".repeat(missing));
        }
        self.pad(&format!("{head}{digits}"))
    }

    /// An integer as C's `printf` shows it as a floating point number.
    fn float(&self, conversion: char, number: i64) -> String {
        let digits = self.precision.unwrap_or(6);
        #[expect(clippy::cast_precision_loss, reason = "Python makes it a double too")]
        let value = number.unsigned_abs() as f64;
        let text = match conversion.to_ascii_lowercase() {
            'f' => self.point(format!("{value:.digits$}")),
            'e' => self.point(exponential(value, digits)),
            _ => self.general(value, digits.max(1)),
        };
        let text = if conversion.is_ascii_uppercase() {
            text.to_uppercase()
        } else {
            text
        };
        self.fill(number < 0, "", &text)
    }

    /// With `#` there is always a point.
    fn point(&self, text: String) -> String {
        if !self.alternate || text.contains('.') {
            return text;
        }
        match text.split_once('e') {
            Some((mantissa, exponent)) => format!("{mantissa}.e{exponent}"),
            None => text + ".",
        }
    }

    fn general(&self, value: f64, digits: usize) -> String {
        let exponential = exponential(value, digits - 1);
        let exponent = exponential.rsplit_once('e').map_or("0", |parts| parts.1);
        let exponent: usize = exponent.trim_start_matches('+').parse().unwrap_or(0);
        // the values are whole numbers, so the exponent is never negative
        if exponent >= digits {
            let (mantissa, tail) = exponential.split_once('e').unwrap_or((&exponential, ""));
            return self.point(format!("{}e{tail}", self.trimmed(mantissa)));
        }
        let decimals = digits - 1 - exponent;
        self.point(self.trimmed(&format!("{value:.decimals$}")).to_owned())
    }

    /// Without `#` the zeros behind the point go.
    fn trimmed<'t>(&self, text: &'t str) -> &'t str {
        if self.alternate || !text.contains('.') {
            return text;
        }
        text.trim_end_matches('0').trim_end_matches('.')
    }
}

/// `1.5e+03`: a sign and at least two digits in the exponent.
fn exponential(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) => format!("{mantissa}e+{exponent:0>2}"),
        None => text,
    }
}

#[cfg(test)]
mod tests;
