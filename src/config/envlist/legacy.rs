//! The lexing of 4.3.0, for lists that only it can read: quotes count where a token begins and belong to it, nothing is
//! escaped, and of a value all quotes at both ends are dropped (CFG-098).

use super::{EnvironmentList, Pair, is_blank, pairs, tokens};

const QUOTES: [char; 2] = ['"', '\''];

/// A list as 4.3.0 reads it; none if it refuses it too.
pub(super) fn parse(text: &str) -> Option<EnvironmentList> {
    let pairs = pairs(split(text)?)?;
    let at = pairs.iter().find(|pair| differs(pair)).or(pairs.first())?;
    let trouble = Some(at.name.clone());
    let variables = pairs.into_iter().map(|pair| (pair.name, bare(&pair.value)));
    Some(EnvironmentList {
        variables: variables.collect(),
        skipped: Vec::new(),
        trouble,
    })
}

/// Names and values in their order; none if 4.3.0 refuses the list.
pub(super) fn in_order(text: &str) -> Option<Vec<(String, String)>> {
    let pairs = pairs(split(text)?)?.into_iter();
    let pairs = pairs.map(|pair| (pair.name, bare(&pair.value)));
    Some(pairs.collect())
}

fn bare(value: &str) -> String {
    value.trim_matches(QUOTES).to_owned()
}

/// Whether 4.4 reads this part of the list in another way.
fn differs(pair: &Pair) -> bool {
    let alone = tokens(&format!("{}={}", pair.name, pair.value));
    let same = [pair.name.clone(), "=".to_owned(), bare(&pair.value)];
    pair.behind.as_deref().is_some_and(|token| token != ",")
        || alone.map_or(true, |tokens| tokens != same)
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_/.+-():".contains(c)
}

/// The tokens; none if a quotation is not closed.
fn split(text: &str) -> Option<Vec<String>> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if QUOTES.contains(&c) {
            let length = rest.get(1..)?.find(c)? + 2;
            let (token, tail) = rest.split_at(length);
            tokens.push(token.to_owned());
            rest = tail;
        } else if is_word(c) {
            rest = word(rest, &mut tokens);
        } else if c == '#' {
            rest = behind_line(rest);
        } else {
            let (token, tail) = rest.split_at(c.len_utf8());
            if !is_blank(c) {
                tokens.push(token.to_owned());
            }
            rest = tail;
        }
    }
    Some(tokens)
}

/// Takes a word, in which quotes are letters. One that a comment ends goes on in the next line.
fn word<'t>(text: &'t str, tokens: &mut Vec<String>) -> &'t str {
    let mut token = String::new();
    let mut rest = text;
    loop {
        let ends = |c: char| !is_word(c) && !QUOTES.contains(&c);
        let (part, tail) = rest.split_at(rest.find(ends).unwrap_or(rest.len()));
        token.push_str(part);
        rest = tail;
        if !rest.starts_with('#') {
            tokens.push(token);
            return rest;
        }
        rest = behind_line(rest);
    }
}

fn behind_line(text: &str) -> &str {
    text.split_once('\n').map_or("", |parts| parts.1)
}

#[cfg(test)]
mod tests {
    use super::super::parse;

    #[test]
    fn lists_that_4_4_refuses() {
        let table = [
            // a full stop where a comma should be, on two lines
            ("A=\"x\".\n  B=\"http://y\"", "A=x|B=http://y", "A"),
            ("A=don't,B=1", "A=don't|B=1", "A"),
            ("B=1,A=\"x\\\",C=2", "A=x\\|B=1|C=2", "A"),
            ("A=\"x\"B C=\"y z\"D", "A=x|C=y z", "A"),
            ("A=x\\", "A=x", "A"),
            ("A=\\", "A=\\", "A"),
            ("\"A\"=\"it\"s\"", "\"A\"=it", "\"A\""),
            ("A=\"\"x\",B=1", "", ""),
        ];
        for (text, want, trouble) in table {
            let Ok(list) = parse(text) else {
                assert_eq!(want, "", "{text}");
                continue;
            };
            let pairs = list.variables.iter();
            let pairs: Vec<_> = pairs
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            assert_eq!(
                (pairs.join("|").as_str(), list.trouble.as_deref()),
                (want, Some(trouble)),
                "{text}"
            );
        }
    }
}
