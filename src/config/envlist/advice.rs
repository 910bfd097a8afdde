//! What is wrong with an environment list, in words that help: the variable, the sign, and how it is written. People
//! mean one variable behind each comma or blank that a name and an equals sign follow; what they wrote is judged by that.

use super::{is_blank, is_word, tokens};

/// Longer values are cut where they are shown.
const SHOWN: usize = 1_000;

/// What is wrong with the first variable that is wrong: `A: '@' needs quotes: A="x@y"`.
pub(in crate::config) fn advice(text: &str) -> Option<String> {
    let fault = fault(text)?;
    let value = fault.value.replace('%', "%%");
    Some(fault.told(&value))
}

/// The same for a value of which the text before its expansion is known, so that no secret of a variable is told.
pub(super) fn advice_by(raw: &str, text: &str) -> Option<String> {
    let fault = fault(text)?;
    let raw = meant(raw).into_iter().find(|part| part.name == fault.name);
    let value = raw.map_or_else(|| fault.value.replace('%', "%%"), |part| part.value.into());
    Some(fault.told(&value))
}

/// Variables as they should be written.
pub(super) fn written(pairs: &[(String, String)]) -> String {
    let pairs = pairs.iter().map(|(name, value)| {
        let plain = !name.is_empty() && name.chars().all(is_word);
        let name = if plain { name.clone() } else { quoted(name) };
        format!("{name}={}", quoted(value))
    });
    shown(&pairs.collect::<Vec<_>>().join(","))
}

fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// One variable as it was probably meant.
struct Part<'t> {
    name: &'t str,
    /// With its quotes.
    value: &'t str,
    /// What stands between it and the next one.
    behind: &'t str,
}

/// What is wrong with one variable.
struct Fault<'t> {
    name: &'t str,
    value: &'t str,
    what: What<'t>,
}

enum What<'t> {
    NoName,
    NoValue,
    Sign(char),
    Open(char),
    /// Before the variable with this name.
    NoComma(&'t str),
    Commas(&'t str),
}

impl Fault<'_> {
    fn told(&self, value: &str) -> String {
        let name = self.name;
        let inner = value.trim_matches(['"', '\'']);
        let cure = shown(&format!("{name}={}", quoted(inner)));
        match self.what {
            What::NoName => format!("a name is missing before '={}'", shown(value)),
            What::NoValue => format!("{name}: the value is missing; an empty one is {name}=\"\""),
            What::Sign(c) if is_blank(c) => format!("{name}: a blank needs quotes: {cure}"),
            What::Sign(c) => format!("{name}: '{c}' needs quotes: {cure}"),
            What::Open(c) => format!("{name}: the quote {c} is not closed: {cure}"),
            What::NoComma(next) => format!("{name}: a comma is missing behind it: {cure},{next}=…"),
            What::Commas(next) => format!("{name}: one comma is enough behind it: {cure},{next}=…"),
        }
    }
}

fn fault(text: &str) -> Option<Fault<'_>> {
    let parts = meant(text);
    let before = text.trim_start_matches(is_separator);
    if !parts
        .first()
        .is_some_and(|part| before.starts_with(part.name))
    {
        let end = before.find([',', '\n']).unwrap_or(before.len());
        let (name, _) = before.split_at(end);
        if let Some((_, value)) = name.split_once('=') {
            let (name, what) = ("", What::NoName);
            return Some(Fault { name, value, what });
        }
        let (name, value, what) = (name.trim_matches(is_blank), "", What::NoValue);
        return Some(Fault { name, value, what });
    }
    let next = |at: usize| parts.get(at + 1).map(|part| part.name);
    parts.iter().enumerate().find_map(|(at, part)| {
        let what = in_value(part).or_else(|| between(part, next(at)?))?;
        Some(Fault {
            name: part.name,
            value: part.value,
            what,
        })
    })
}

/// What is wrong with a value, if 4.4 would not read it as one token.
fn in_value<'t>(part: &Part<'t>) -> Option<What<'t>> {
    if part.value.is_empty() {
        return Some(What::NoValue);
    }
    let alone = tokens(part.value).unwrap_or_default();
    let strange = unquoted(part.value).find(|c| !is_word(*c));
    match (strange, alone.len()) {
        (_, 1) if strange.is_none_or(|c| c == '\\') => None,
        (Some(c), _) => Some(if c == '"' || c == '\'' {
            What::Open(c)
        } else {
            What::Sign(c)
        }),
        (None, _) => Some(What::NoValue),
    }
}

/// The characters outside of quotations. A quote that is not closed is one of them.
fn unquoted(value: &str) -> impl Iterator<Item = char> {
    let mut rest = value;
    std::iter::from_fn(move || {
        loop {
            let c = rest.chars().next()?;
            let (_, tail) = rest.split_at(c.len_utf8());
            rest = tail;
            match quotation(c, tail) {
                Some(length) => rest = tail.get(length..).unwrap_or_default(),
                None => return Some(c),
            }
        }
    })
}

/// How long the quotation is that `quote` opens, with the closing quote; none if it is none.
fn quotation(quote: char, tail: &str) -> Option<usize> {
    if quote != '"' && quote != '\'' {
        return None;
    }
    let mut escaped = false;
    let end = tail.find(|c| {
        let ends = c == quote && !escaped;
        escaped = c == '\\' && quote == '"' && !escaped;
        ends
    })?;
    let inner = tail.get(..end)?;
    // `A="x,B="y"`: what looks like the end opens the next one
    let opens_next = inner.ends_with('=') && starts(inner).next().is_some();
    (!opens_next).then_some(end + 1)
}

fn between<'t>(part: &Part<'t>, next: &'t str) -> Option<What<'t>> {
    match part.behind.chars().filter(|c| !is_blank(*c)).count() {
        0 => Some(What::NoComma(next)),
        1 => None,
        _ => Some(What::Commas(next)),
    }
}

const fn is_separator(c: char) -> bool {
    is_blank(c) || c == ','
}

/// Where names with an equals sign begin: at the start or behind a separator or a quote; with the name's length.
fn starts(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let in_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-');
    text.match_indices('=').filter_map(move |(equals, _)| {
        let head = text.get(..equals)?.trim_end_matches(is_blank);
        let name = head.rsplit(|c| !in_name(c)).next()?;
        let start = head.len() - name.len();
        let before = text.get(..start)?.chars().next_back();
        let separate = before.is_none_or(|c| is_separator(c) || matches!(c, ';' | '"' | '\''));
        (separate && !name.is_empty()).then_some((start, name.len()))
    })
}

/// The variables that were probably meant.
fn meant(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut from = 0;
    let mut next = starts(text).find(|(start, _)| *start >= from);
    while let Some((start, length)) = next {
        let name = text.get(start..start + length).unwrap_or_default();
        let tail = text.get(start + length..).unwrap_or_default();
        // behind the equals sign
        let value_at = tail
            .find('=')
            .map_or(text.len(), |at| start + length + at + 1);
        let tail = text.get(value_at..).unwrap_or_default();
        let blanks = tail.len() - tail.trim_start_matches(is_blank).len();
        from = value_at + blanks;
        let value = text.get(from..).unwrap_or_default();
        let mut chars = value.chars();
        if let Some(length) = chars.next().and_then(|c| quotation(c, chars.as_str())) {
            from += length + 1;
        }
        next = starts(text).find(|(start, _)| *start >= from);
        let end = next.map_or(text.len(), |(start, _)| start);
        let whole = text.get(value_at + blanks..end).unwrap_or_default();
        let value = whole.trim_end_matches(|c| is_separator(c) || c == ';');
        let behind = whole.get(value.len()..).unwrap_or_default();
        parts.push(Part {
            name,
            value,
            behind,
        });
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::proptest;

    use super::super::parse;
    use super::{advice, written};

    #[test]
    fn what_is_wrong() {
        let table = [
            (
                "DEBUG=0,URL=postgres://u:p@db:5432/app,LANG=C.UTF-8",
                "URL: '@' needs quotes: URL=\"postgres://u:p@db:5432/app\"",
            ),
            ("A=x=y", "A: '=' needs quotes: A=\"x=y\""),
            (
                "A=http://h/?a=1&b=2",
                "A: '?' needs quotes: A=\"http://h/?a=1&b=2\"",
            ),
            ("A=*.py,B=2", "A: '*' needs quotes: A=\"*.py\""),
            ("A=~/x/y z", "A: '~' needs quotes: A=\"~/x/y z\""),
            ("A=a|b", "A: '|' needs quotes: A=\"a|b\""),
            ("A=wow!,B=1", "A: '!' needs quotes: A=\"wow!\""),
            ("A=[1],B=1", "A: '[' needs quotes: A=\"[1]\""),
            ("A={1},B=1", "A: '{' needs quotes: A=\"{1}\""),
            (
                "A=two words,B=1",
                "A: a blank needs quotes: A=\"two words\"",
            ),
            ("A=пароль,B=1", "A: 'п' needs quotes: A=\"пароль\""),
            ("A=50%,B=1", "A: '%' needs quotes: A=\"50%%\""),
            ("A=a,b,B=1", "A: ',' needs quotes: A=\"a,b\""),
            ("A=1,B", "A: ',' needs quotes: A=\"1,B\""),
            ("B=1,A=\"x y", "A: the quote \" is not closed: A=\"x y\""),
            ("A='x,B=2", "A: the quote ' is not closed: A=\"x\""),
            ("A=\"x,B=\"y\"", "A: the quote \" is not closed: A=\"x\""),
            ("A", "A: the value is missing; an empty one is A=\"\""),
            ("A=", "A: the value is missing; an empty one is A=\"\""),
            ("A=,B=1", "A: the value is missing; an empty one is A=\"\""),
            ("=A", "a name is missing before '=A'"),
            ("A=1 B=2", "A: a comma is missing behind it: A=\"1\",B=…"),
            (
                "A=\"1\"\n  B=2",
                "A: a comma is missing behind it: A=\"1\",B=…",
            ),
            ("A=1,,B=2", "A: one comma is enough behind it: A=\"1\",B=…"),
        ];
        for (text, want) in table {
            assert_eq!(advice(text).as_deref(), Some(want), "{text}");
        }
    }

    #[test]
    fn nothing_is_wrong() {
        for text in [
            "",
            "A=1,B=\"x y\",",
            "A=\"x\",\n  B='=,C=1'",
            "A=a\"b c\"d;B=2",
            "A = 1 , B = \"\"",
        ] {
            assert!(parse(text).is_ok(), "{text}");
            let told = (!text.is_empty()).then(|| advice(text)).flatten();
            assert_eq!(told, None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "([AB=,\"'\\\\# \n;]|\\PC){0,24}") {
            let _ = advice(&text);
        }

        #[test]
        fn what_is_written_is_read(pairs in proptest::collection::vec(("[A-Z]{1,3}", "\\PC{0,9}"), 1..4)) {
            let pairs: Vec<(String, String)> = pairs;
            let list = parse(&written(&pairs)).unwrap();
            assert_eq!(list.variables, pairs.into_iter().collect());
        }
    }
}
