//! XML to values, without recursion and within limits.
//!
//! The reference reads calls element by element: when an element ends, its text is replaced by its value,
//! whatever its place in the document. That makes it lenient in a hundred small ways (RPC-023 to RPC-041),
//! so this reader works in the same manner: one [`Frame`] for each open element, folded into its parent.

use std::borrow::Cow;
use std::io::BufRead;

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::{MAX_DEPTH, MAX_VALUES, Value, scalar, xml};

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

/// What a document says, with texts of type `T`.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Document<T = String> {
    /// The text of the last `methodName` (RPC-025); none if it is missing or empty.
    pub(super) method: Option<String>,
    /// The last `params` (RPC-025).
    pub(super) params: Option<Vec<Value<T>>>,
    /// The last `fault`; only in responses.
    pub(super) fault: Option<Value<T>>,
}

/// Open elements at most: three for each level of values, and three around them.
const MAX_OPEN: usize = 3 * MAX_DEPTH + 3;

/// Elements at most. A struct member takes four, and somebody may be fond of comments.
const MAX_ELEMENTS: usize = 5 * MAX_VALUES;

/// Bytes of a method's name at most.
const MAX_METHOD: usize = 64 * 1024;

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
struct Frame {
    tag: Tag,
    /// Names inside carry a default namespace and therefore mean nothing (RPC-024).
    foreign: bool,
    /// The text before the first child.
    text: String,
    /// Children so far.
    children: usize,
    /// How many of their values are kept.
    wants: usize,
    /// The values of the first `wants` children.
    values: Vec<Value>,
    /// The members, if this is a struct.
    members: Vec<(String, Value)>,
}

impl Frame {
    fn add_text(&mut self, more: &str) {
        if self.children == 0 {
            self.text.push_str(more);
        }
    }

    /// Like `add_text`; the shorter one is copied.
    fn add_long_text(&mut self, mut more: String) {
        if self.children == 0 {
            if self.text.len() < more.len() {
                more.insert_str(0, &self.text);
                self.text = more;
            } else {
                self.text.push_str(&more);
            }
        }
    }

    /// Takes the pair of a `member`: exactly two children, and a name that is text (RPC-037).
    fn add_member(&mut self, member: Self) -> Result<(), Malformed> {
        let pair: Result<[Value; 2], _> = member.values.try_into();
        let (Ok([name, value]), 2) = (pair, member.children) else {
            return Err(Malformed);
        };
        let name = match name {
            Value::String(name) => name,
            Value::Nil => String::new(),
            _ => return Err(Malformed),
        };
        self.members.push((name, value));
        Ok(())
    }
}

struct Parser {
    dialect: Dialect,
    open: Vec<Frame>,
    seen_root: bool,
    elements: usize,
    values: usize,
    document: Document,
}

impl From<Document> for Document<Cow<'_, str>> {
    fn from(document: Document) -> Self {
        let values = |values: Vec<Value>| values.into_iter().map(Value::into).collect();
        Self {
            method: document.method,
            params: document.params.map(values),
            fault: document.fault.map(Value::into),
        }
    }
}

impl Document {
    /// Reads the whole document. One event at a time is in memory beside the values so far.
    pub(super) fn parse(input: impl BufRead, dialect: Dialect) -> Result<Self, Malformed> {
        let mut reader = Reader::from_reader(input);
        reader.config_mut().check_comments = true;
        let mut parser = Parser {
            dialect,
            open: Vec::with_capacity(16),
            seen_root: false,
            elements: 0,
            values: 0,
            document: Self::default(),
        };
        let mut bytes = Vec::new();
        let mut first = true;
        loop {
            bytes.clear();
            let event = reader.read_event_into(&mut bytes).map_err(|_| Malformed)?;
            match parser.take(event, first)? {
                Taken::Event => {}
                Taken::End => return Ok(parser.document),
                Taken::LongText => parser.long_text(std::mem::take(&mut bytes))?,
                Taken::LongCData(length) => {
                    let bytes = inner_of_cdata(std::mem::take(&mut bytes), length)?;
                    parser.long_text(bytes)?;
                }
            }
            first = false;
        }
    }
}

/// Texts of this size are not copied but taken over with the buffer that they were read into, in bytes.
const LONG: usize = 64 * 1024;

/// What became of an event.
enum Taken {
    /// It was used.
    Event,
    /// It was the end of a complete document.
    End,
    /// It is text, and all that is in the buffer.
    LongText,
    /// It is the text of a CDATA section, so long, and the buffer has the section.
    LongCData(usize),
}

/// Cuts the text out of the buffer of a CDATA section.
fn inner_of_cdata(mut bytes: Vec<u8>, length: usize) -> Result<Vec<u8>, Malformed> {
    const OPENING: &[u8] = b"[CDATA[";
    let mut windows = bytes.windows(OPENING.len()).take(OPENING.len());
    let opening = windows.position(|window| window == OPENING);
    let start = opening.ok_or(Malformed)? + OPENING.len();
    bytes.truncate(start + length);
    bytes.drain(..start);
    Ok(bytes)
}

impl Parser {
    /// Uses an event. `first` tells that nothing came before it.
    fn take(&mut self, event: Event<'_>, first: bool) -> Result<Taken, Malformed> {
        match event {
            Event::Start(start) => self.start(&start)?,
            Event::Empty(start) => {
                self.start(&start)?;
                self.end()?;
            }
            Event::End(_) => self.end()?,
            Event::Text(text) if text.len() >= LONG => return Ok(Taken::LongText),
            Event::Text(text) => self.markup_free_text(&text.xml10_content())?,
            Event::CData(text) if !self.open.is_empty() => {
                if text.len() >= LONG {
                    return Ok(Taken::LongCData(text.len()));
                }
                self.text(&text.xml10_content())?;
            }
            Event::GeneralRef(name) if !self.open.is_empty() => {
                let character = self.resolve(&name)?;
                self.text(character.encode_utf8(&mut [0; 4]))?;
            }
            // first of all, or not at all; its encoding is not asked: it is UTF-8 (RPC-020)
            Event::Decl(declaration) if first => xml::check_declaration(&declaration)?,
            Event::PI(instruction) if xml::is_target(instruction.target()) => {}
            Event::Comment(_) => {}
            Event::Eof if self.seen_root && self.open.is_empty() => return Ok(Taken::End),
            // a DOCTYPE is refused: with it go entities and their bombs (DEC-052)
            Event::DocType(_)
            | Event::CData(_)
            | Event::GeneralRef(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::Eof => return Err(Malformed),
        }
        Ok(Taken::Event)
    }

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
            text: String::new(),
            children: 0,
            wants: tag.wants(parent.map(|(tag, _)| tag)),
            values: Vec::new(),
            members: Vec::new(),
        });
        Ok(())
    }

    fn markup_free_text(&mut self, text: &str) -> Result<(), Malformed> {
        if text.contains("]]>") {
            return Err(Malformed);
        }
        self.text(text)
    }

    fn text(&mut self, text: &str) -> Result<(), Malformed> {
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

    /// Takes over a buffer that is nothing but text.
    fn long_text(&mut self, mut bytes: Vec<u8>) -> Result<(), Malformed> {
        normalise_line_ends(&mut bytes);
        bytes.shrink_to_fit();
        let text = String::from_utf8(bytes).map_err(|_| Malformed)?;
        match self.open.last_mut() {
            Some(_) if text.contains("]]>") => Err(Malformed),
            Some(frame) => {
                frame.add_long_text(text);
                Ok(())
            }
            None => self.text(&text),
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
    fn finish(&mut self, frame: &mut Frame) -> Result<Value, Malformed> {
        let first = |values: &mut Vec<Value>| (!values.is_empty()).then(|| values.swap_remove(0));
        let text = std::mem::take(&mut frame.text);
        match frame.tag {
            Tag::Int => scalar::int(&text),
            Tag::Boolean => Ok(Value::Bool(text == "1")),
            Tag::Str => Ok(Value::String(text)),
            Tag::Double => scalar::double(&text),
            Tag::DateTime => scalar::date_time(&text),
            Tag::Base64 => scalar::base64_text(&text),
            Tag::Array | Tag::Param => first(&mut frame.values).ok_or(Malformed),
            Tag::Data => Ok(Value::Array(std::mem::take(&mut frame.values))),
            Tag::Struct => Ok(Value::Struct(
                std::mem::take(&mut frame.members).into_iter().collect(),
            )),
            Tag::Value => Ok(first(&mut frame.values).unwrap_or(Value::String(text))),
            Tag::MethodName => {
                if text.len() > MAX_METHOD {
                    return Err(Malformed);
                }
                self.document.method = (!text.is_empty()).then(|| text.clone());
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
fn opaque(text: String) -> Value {
    if text.is_empty() {
        Value::Nil
    } else {
        Value::String(text)
    }
}

/// CR LF and CR become LF (RPC-041).
fn normalise_line_ends(bytes: &mut Vec<u8>) {
    let mut last = 0;
    bytes.retain_mut(|byte| {
        let second = last == b'\r' && *byte == b'\n';
        last = *byte;
        if *byte == b'\r' {
            *byte = b'\n';
        }
        !second
    });
}
