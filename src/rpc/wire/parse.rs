//! XML to values, without recursion and within limits.
//!
//! The reference reads calls element by element: when an element ends, its text is replaced by its value,
//! whatever its place in the document. That makes it lenient in a hundred small ways (RPC-023 to RPC-041),
//! so this reader works in the same manner: one [`Frame`] for each open element, folded into its parent.

use std::borrow::Cow;
use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};
use xmlrpc::Value;

use super::{MAX_DEPTH, MAX_VALUES, scalar, xml};

/// Not well-formed, over a limit, or a value that its type does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

/// Which side wrote the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// A call, from anybody: limits hold, characters are checked.
    Call,
    /// A response, from the server that the user named.
    Response,
}

/// What a document says.
#[derive(Debug, Default)]
pub(super) struct Document {
    /// The text of the last `methodName` (RPC-025); none if it is missing or empty.
    pub(super) method: Option<String>,
    /// The last `params` (RPC-025).
    pub(super) params: Option<Vec<Value>>,
    /// The last `fault`; only in responses.
    pub(super) fault: Option<Value>,
}

/// Open elements at most: three for each level of values, and three around them.
const MAX_OPEN: usize = 3 * MAX_DEPTH + 3;

/// Elements at most. A struct member takes four, and somebody may be fond of comments.
const MAX_ELEMENTS: usize = 5 * MAX_VALUES;

/// The elements that mean something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tag {
    Value,
    Param,
    Array,
    Data,
    Struct,
    Int,
    Boolean,
    Str,
    Double,
    DateTime,
    Base64,
    MethodName,
    Params,
    Fault,
    /// `name`, `member`, `nil` and all the rest: nothing but text and children (RPC-038, RPC-039).
    Other,
}

impl Tag {
    fn of(name: &str, dialect: Dialect) -> Self {
        match name {
            "value" => Self::Value,
            "param" => Self::Param,
            "array" => Self::Array,
            "data" => Self::Data,
            "struct" => Self::Struct,
            "int" | "i4" => Self::Int,
            "i8" if dialect == Dialect::Response => Self::Int,
            "boolean" => Self::Boolean,
            "string" => Self::Str,
            "double" => Self::Double,
            "dateTime.iso8601" => Self::DateTime,
            "base64" => Self::Base64,
            "methodName" => Self::MethodName,
            "params" => Self::Params,
            "fault" if dialect == Dialect::Response => Self::Fault,
            _ => Self::Other,
        }
    }

    /// How many children's values an element of this kind needs.
    const fn wants(self, parent: Option<Self>) -> usize {
        match self {
            Self::Data | Self::Params => usize::MAX,
            Self::Value | Self::Param | Self::Array | Self::Fault => 1,
            // a member of a struct: its name and its value, by place (RPC-037)
            Self::Other if matches!(parent, Some(Self::Struct)) => 2,
            _ => 0,
        }
    }
}

/// An element that is still open.
#[derive(Debug)]
struct Frame<'a> {
    tag: Tag,
    /// Names inside carry a default namespace and therefore mean nothing (RPC-024).
    foreign: bool,
    /// The text before the first child.
    text: Cow<'a, str>,
    /// Children so far.
    children: usize,
    /// How many of their values are kept.
    wants: usize,
    /// The values of the first `wants` children.
    values: Vec<Value>,
    /// The members, if this is a struct.
    members: BTreeMap<String, Value>,
}

impl<'a> Frame<'a> {
    fn add_text(&mut self, more: Cow<'a, str>) {
        if self.children > 0 {
            return;
        }
        if self.text.is_empty() {
            self.text = more;
        } else {
            self.text.to_mut().push_str(&more);
        }
    }

    /// Takes the pair of a `member`: exactly two children, and a name that is text (RPC-037).
    fn add_member(&mut self, member: Frame<'a>) -> Result<(), Malformed> {
        let pair: Result<[Value; 2], _> = member.values.try_into();
        let (Ok([name, value]), 2) = (pair, member.children) else {
            return Err(Malformed);
        };
        let name = match name {
            Value::String(name) => name,
            Value::Nil => String::new(),
            _ => return Err(Malformed),
        };
        self.members.insert(name, value);
        Ok(())
    }
}

struct Parser<'a> {
    dialect: Dialect,
    open: Vec<Frame<'a>>,
    seen_root: bool,
    elements: usize,
    values: usize,
    document: Document,
}

impl Document {
    /// Reads the whole text.
    pub(super) fn parse(text: &str, dialect: Dialect) -> Result<Self, Malformed> {
        if dialect == Dialect::Call && !text.chars().all(xml::is_xml_char) {
            return Err(Malformed);
        }
        let mut reader = Reader::from_str(text);
        reader.config_mut().check_comments = true;
        let mut parser = Parser {
            dialect,
            open: Vec::with_capacity(16),
            seen_root: false,
            elements: 0,
            values: 0,
            document: Self::default(),
        };
        let mut first = true;
        loop {
            match reader.read_event().map_err(|_| Malformed)? {
                Event::Start(start) => parser.start(&start)?,
                Event::Empty(start) => {
                    parser.start(&start)?;
                    parser.end()?;
                }
                Event::End(_) => parser.end()?,
                Event::Text(text) => {
                    let text = text.xml10_content();
                    if text.contains(']') && text.contains("]]>") {
                        return Err(Malformed);
                    }
                    parser.text(text)?;
                }
                Event::CData(text) if !parser.open.is_empty() => {
                    parser.text(text.xml10_content())?;
                }
                Event::GeneralRef(name) if !parser.open.is_empty() => {
                    let character = parser.resolve(&name)?;
                    parser.text(character.to_string().into())?;
                }
                // first of all, or not at all; its encoding is not asked: it is UTF-8 (RPC-020)
                Event::Decl(declaration) if first => {
                    xml::check_declaration(&declaration)?;
                }
                Event::PI(instruction) if xml::is_target(instruction.target()) => {}
                Event::Comment(_) => {}
                Event::Eof if parser.seen_root && parser.open.is_empty() => {
                    return Ok(parser.document);
                }
                // a DOCTYPE is refused: with it go entities and their bombs (DEC-052)
                Event::DocType(_)
                | Event::CData(_)
                | Event::GeneralRef(_)
                | Event::Decl(_)
                | Event::PI(_)
                | Event::Eof => return Err(Malformed),
            }
            first = false;
        }
    }
}

impl<'a> Parser<'a> {
    fn start(&mut self, start: &BytesStart<'_>) -> Result<(), Malformed> {
        self.elements += 1;
        let alone = self.open.is_empty() && self.seen_root;
        if alone || self.open.len() == MAX_OPEN || self.over(self.elements, MAX_ELEMENTS) {
            return Err(Malformed);
        }
        self.seen_root = true;
        let name = start.name().into_inner();
        if !xml::is_name(name) {
            return Err(Malformed);
        }
        let parent = self.open.last_mut().map(|parent| {
            parent.children += 1;
            (parent.tag, parent.foreign)
        });
        let inherited = parent.is_some_and(|(_, foreign)| foreign);
        let foreign = xml::default_namespace(start)?.unwrap_or(inherited);
        let tag = if foreign {
            Tag::Other
        } else {
            Tag::of(name, self.dialect)
        };
        self.open.push(Frame {
            tag,
            foreign,
            text: Cow::Borrowed(""),
            children: 0,
            wants: tag.wants(parent.map(|(tag, _)| tag)),
            values: Vec::new(),
            members: BTreeMap::new(),
        });
        Ok(())
    }

    fn text(&mut self, text: Cow<'a, str>) -> Result<(), Malformed> {
        match self.open.last_mut() {
            Some(frame) => {
                frame.add_text(text);
                Ok(())
            }
            // around the root only white space is allowed
            None if text.trim_ascii().is_empty() => Ok(()),
            None => Err(Malformed),
        }
    }

    /// Closes the innermost element; the reader has checked that the names match.
    fn end(&mut self) -> Result<(), Malformed> {
        let mut frame = self.open.pop().ok_or(Malformed)?;
        if self
            .open
            .last()
            .is_some_and(|parent| parent.tag == Tag::Struct)
        {
            self.count_value()?;
            // a typed element has given its children away and is no pair
            if frame.tag != Tag::Other {
                return Err(Malformed);
            }
            return self
                .open
                .last_mut()
                .map_or(Ok(()), |parent| parent.add_member(frame));
        }
        let value = self.finish(&mut frame)?;
        if let Some(parent) = self.open.last_mut()
            && parent.values.len() < parent.wants
        {
            let many = parent.wants == usize::MAX;
            parent.values.push(value);
            if many {
                self.count_value()?;
            }
        }
        Ok(())
    }

    /// The value of a complete element.
    fn finish(&mut self, frame: &mut Frame<'a>) -> Result<Value, Malformed> {
        let first = |values: &mut Vec<Value>| (!values.is_empty()).then(|| values.swap_remove(0));
        let text = std::mem::take(&mut frame.text);
        match frame.tag {
            Tag::Int => scalar::int(&text),
            Tag::Boolean => Ok(Value::Bool(text == "1")),
            Tag::Str => Ok(Value::String(text.into_owned())),
            Tag::Double => scalar::double(&text),
            Tag::DateTime => scalar::date_time(&text),
            Tag::Base64 => scalar::base64_text(&text),
            Tag::Array | Tag::Param => first(&mut frame.values).ok_or(Malformed),
            Tag::Data => Ok(Value::Array(std::mem::take(&mut frame.values))),
            Tag::Struct => Ok(Value::Struct(std::mem::take(&mut frame.members))),
            Tag::Value => {
                Ok(first(&mut frame.values).unwrap_or_else(|| Value::String(text.into_owned())))
            }
            Tag::MethodName => {
                self.document.method = (!text.is_empty()).then(|| text.clone().into_owned());
                Ok(opaque(text))
            }
            Tag::Params => {
                self.document.params = Some(std::mem::take(&mut frame.values));
                Ok(opaque(text))
            }
            Tag::Fault => {
                self.document.fault = first(&mut frame.values);
                Ok(Value::Nil)
            }
            Tag::Other => Ok(opaque(text)),
        }
    }

    fn resolve(&self, name: &BytesRef<'_>) -> Result<char, Malformed> {
        if let Some(character) = name.resolve_char_ref().map_err(|_| Malformed)? {
            let good = xml::is_xml_char(character) || self.dialect == Dialect::Response;
            return if good { Ok(character) } else { Err(Malformed) };
        }
        match name.as_ref() {
            "amp" => Ok('&'),
            "lt" => Ok('<'),
            "gt" => Ok('>'),
            "quot" => Ok('"'),
            "apos" => Ok('\''),
            _ => Err(Malformed),
        }
    }

    fn count_value(&mut self) -> Result<(), Malformed> {
        self.values += 1;
        if self.over(self.values, MAX_VALUES) {
            Err(Malformed)
        } else {
            Ok(())
        }
    }

    /// Counts matter in calls; the answer of a server with many programs may be long.
    fn over(&self, count: usize, limit: usize) -> bool {
        self.dialect == Dialect::Call && count > limit
    }
}

/// An element without a meaning passes its text on, or null (RPC-038, RPC-039).
fn opaque(text: Cow<'_, str>) -> Value {
    if text.is_empty() {
        Value::Nil
    } else {
        Value::String(text.into_owned())
    }
}
