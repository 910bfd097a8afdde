//! What a form or a link sends: names and values, from the query and from the body.

use std::collections::BTreeMap;

use crate::http::route::word;

/// The values of a request by name. Only what was sent stands here, nothing about the request itself: a
/// query cannot pass for a path (HTTP-F14).
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Form(BTreeMap<String, String>);

impl Form {
    /// Reads both: the body overrides the query, in the query the first of a name wins and in the body the
    /// last, and blank values count as absent (HTTP-111).
    pub(super) fn parse(query: &str, body: &[u8]) -> Self {
        let mut values = BTreeMap::new();
        for (name, value) in pairs(query) {
            values.entry(name).or_insert(value);
        }
        values.extend(pairs(&String::from_utf8_lossy(body)));
        Self(values)
    }

    /// The value of that name; never blank.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

/// The pairs that have a value, decoded.
fn pairs(text: &str) -> impl Iterator<Item = (String, String)> {
    text.split('&').filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        (!value.is_empty()).then(|| (word(name), word(value)))
    })
}

#[cfg(test)]
mod tests {
    use super::Form;

    #[test]
    fn values() {
        let table = [
            // query, body, what `x` is
            ("", "", None),
            ("x=1", "", Some("1")),
            ("x=1&x=2", "", Some("1")),
            ("", "x=1&x=2", Some("2")),
            ("x=1", "x=2", Some("2")),
            ("x=1", "x=", Some("1")),
            ("x=&x=2", "", Some("2")),
            ("x", "", None),
            ("x=", "", None),
            ("&&x=1&", "", Some("1")),
            ("x=a+b%20c%2Bd", "", Some("a b c+d")),
            ("x=%C3%A4%ff%zz%", "", Some("ä\u{fffd}%zz%")),
            ("x=a=b", "", Some("a=b")),
            ("%78=1", "", Some("1")),
            // a link that was escaped twice (HTTP-152)
            ("amp;x=1", "", None),
            // the semicolon is nothing special
            ("y=1;x=2", "", None),
        ];
        for (query, body, value) in table {
            let form = Form::parse(query, body.as_bytes());
            assert_eq!(form.get("x"), value, "{query:?} {body:?}");
        }
        assert_eq!(Form::parse("", b"x=\xff").get("x"), Some("\u{fffd}"));
    }
}
