//! Responses as servers write them, read in one pass.
//!
//! The general reader of module `parse` takes any XML. Hardly any is sent: Python's `xmlrpc` and ours write
//! bare tags, blanks between them and five entities. This reader knows that much and gives up at anything
//! else: attributes, comments, CDATA, other elements and references, carriage returns. Where it does not give
//! up, the general reader would say the same.

use std::borrow::Cow;

use super::parse::{Document, Malformed};
use super::{Borrowed, Value, scalar};

/// How deep values may nest here; deeper ones are left to the reader that does not recurse.
const MAX_DEPTH: usize = 24;

/// Room for the members of a struct: the largest of the reference has fourteen.
const MEMBERS: usize = 14;

/// How a document may begin.
const DECLARATIONS: [&str; 5] = [
    "<?xml version='1.0'?>",
    "<?xml version=\"1.0\"?>",
    "<?xml version='1.0' encoding='utf-8'?>",
    "<?xml version=\"1.0\" encoding=\"utf-8\"?>",
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
];

/// What the response says; none if it has anything that is not plain.
pub(super) fn response(text: &str) -> Option<Document<Cow<'_, str>>> {
    let mut input = Input { rest: text };
    for declaration in DECLARATIONS {
        if input.skip(declaration) {
            break;
        }
    }
    input.tag("<methodResponse>")?;
    let document = if input.skip_tag("<params>") {
        input.tag("<param>")?;
        let value = input.value(0)?;
        input.tag("</param>")?;
        input.tag("</params>")?;
        Document {
            params: Some(vec![value]),
            ..Document::default()
        }
    } else {
        input.tag("<fault>")?;
        let value = input.value(0)?;
        input.tag("</fault>")?;
        Document {
            fault: Some(value),
            ..Document::default()
        }
    };
    input.tag("</methodResponse>")?;
    input.blanks();
    input.rest.is_empty().then_some(document)
}

/// What is left of a document.
struct Input<'a> {
    rest: &'a str,
}

impl<'a> Input<'a> {
    /// Takes `word` if it comes next.
    #[inline]
    fn skip(&mut self, word: &str) -> bool {
        match self.rest.strip_prefix(word) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Takes blanks, of which most places have none or one.
    #[inline]
    fn blanks(&mut self) {
        while let [b' ' | b'\n' | b'\t', ..] = self.rest.as_bytes() {
            self.rest = &self.rest[1..];
        }
    }

    /// Takes `tag` if it comes next behind blanks.
    #[inline]
    fn skip_tag(&mut self, tag: &str) -> bool {
        self.blanks();
        self.skip(tag)
    }

    /// Takes `tag`, which must come next behind blanks.
    #[inline]
    fn tag(&mut self, tag: &str) -> Option<()> {
        self.skip_tag(tag).then_some(())
    }

    /// A value with its tags.
    fn value(&mut self, depth: usize) -> Option<Borrowed<'a>> {
        self.tag("<value>")?;
        self.inside_value(depth)
    }

    /// A value behind its first tag.
    fn inside_value(&mut self, depth: usize) -> Option<Borrowed<'a>> {
        let before = self.rest;
        self.blanks();
        let value = if self.skip("<string>") {
            let text = self.text()?;
            self.skip("</string>").then_some(Value::String(text))?
        } else if self.skip("<int>") {
            self.scalar("</int>", int)?
        } else if self.skip("<struct>") {
            self.members(depth)?
        } else if self.skip("<array>") {
            self.items(depth)?
        } else if self.skip("<boolean>") {
            self.scalar("</boolean>", |text| Ok(Value::Bool(text == "1")))?
        } else if self.skip("<nil/>") {
            Value::Nil
        } else if self.skip("<i4>") {
            self.scalar("</i4>", scalar::int)?
        } else if self.skip("<i8>") {
            self.scalar("</i8>", scalar::int)?
        } else if self.skip("<double>") {
            self.scalar("</double>", scalar::double)?
        } else if self.skip("<dateTime.iso8601>") {
            self.scalar("</dateTime.iso8601>", scalar::date_time)?
        } else if self.skip("<base64>") {
            self.scalar("</base64>", scalar::base64_text)?
        } else {
            // text without a type, blanks and all
            self.rest = before;
            let text = self.text()?;
            return self.skip("</value>").then_some(Value::String(text));
        };
        self.tag("</value>")?;
        Some(value)
    }

    /// The text up to `end`, made a value by `read`.
    fn scalar(
        &mut self,
        end: &str,
        read: fn(&str) -> Result<Value, Malformed>,
    ) -> Option<Borrowed<'a>> {
        let text = self.raw_text();
        let value = read(text).ok()?;
        // a reference would be here, and any other tag
        self.skip(end).then(|| value.into())
    }

    fn members(&mut self, depth: usize) -> Option<Borrowed<'a>> {
        let depth = deeper(depth)?;
        let mut members = Vec::with_capacity(MEMBERS);
        while self.skip_tag("<member>") {
            self.tag("<name>")?;
            let name = self.text()?;
            self.tag("</name>")?;
            let value = self.value(depth)?;
            self.tag("</member>")?;
            members.push((name, value));
        }
        self.tag("</struct>")?;
        Some(Value::Struct(members.into_iter().collect()))
    }

    fn items(&mut self, depth: usize) -> Option<Borrowed<'a>> {
        let depth = deeper(depth)?;
        self.tag("<data>")?;
        let mut items = Vec::new();
        while self.skip_tag("<value>") {
            items.push(self.inside_value(depth)?);
        }
        self.tag("</data>")?;
        self.tag("</array>")?;
        Some(Value::Array(items))
    }

    /// The text up to what is special in text.
    #[inline]
    fn raw_text(&mut self) -> &'a str {
        let bytes = self.rest.as_bytes();
        let end = bytes.iter().position(|byte| SPECIAL[usize::from(*byte)]);
        let (text, rest) = self.rest.split_at(end.unwrap_or(bytes.len()));
        self.rest = rest;
        text
    }

    /// The text up to a tag, references resolved.
    fn text(&mut self) -> Option<Cow<'a, str>> {
        let first = self.raw_text();
        if self.rest.starts_with('<') {
            return Some(first.into());
        }
        let mut text = first.to_owned();
        while !self.rest.starts_with('<') {
            text.push(self.reference()?);
            text.push_str(self.raw_text());
        }
        Some(text.into())
    }

    /// The character that one of the five entities stands for.
    fn reference(&mut self) -> Option<char> {
        const ENTITIES: [(&str, char); 5] = [
            ("&amp;", '&'),
            ("&lt;", '<'),
            ("&gt;", '>'),
            ("&quot;", '"'),
            ("&apos;", '\''),
        ];
        let mut entities = ENTITIES.iter();
        let found = entities.find(|(name, _)| self.skip(name))?;
        Some(found.1)
    }
}

/// What ends plain text. `>` is among them, since `]]>` must not stand in text.
static SPECIAL: [bool; 256] = {
    let mut table = [false; 256];
    table[b'<' as usize] = true;
    table[b'&' as usize] = true;
    table[b'>' as usize] = true;
    table[b'\r' as usize] = true;
    table
};

/// A number; most are short and have no sign.
fn int(text: &str) -> Result<Value, Malformed> {
    if !(1..=9).contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return scalar::int(text);
    }
    let digits = text.bytes().map(|byte| i32::from(byte - b'0'));
    Ok(Value::Int(
        digits.fold(0, |number, digit| number * 10 + digit),
    ))
}

fn deeper(depth: usize) -> Option<usize> {
    (depth < MAX_DEPTH).then_some(depth + 1)
}
