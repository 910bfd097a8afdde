//! All that is written: straight into one buffer, in the shape that Python's `xmlrpc` gives it, and never beyond
//! the largest answer.

use bytes::Bytes;

use super::MAX_ANSWER;
use super::escape::{REPLACEMENT, write_int, write_text};
use crate::base::fault::Fault;
use crate::rpc::reply::Reply;

/// What comes before the value of a response.
const BEFORE_VALUE: &str = "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n";
/// What comes after it.
const AFTER_VALUE: &str = "</param>\n</params>\n</methodResponse>\n";

/// Room that is made for each value in a list. A longer one makes its room itself.
const ITEM: usize = 1024;

/// Bytes of a text that are written before the size is looked at again.
const PIECE: usize = 64 * 1024;

/// An answer that is larger than [`MAX_ANSWER`], or than there is memory for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the answer would have more than {MAX_ANSWER} bytes")]
pub struct TooLarge;

impl From<TooLarge> for Fault {
    fn from(error: TooLarge) -> Self {
        Self::Failed(Some(error.to_string()))
    }
}

/// A value as it goes out, with what stands around it in a response that is nothing but this value: such a
/// response needs no copy. Clones share the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedValue(Bytes);

impl EncodedValue {
    /// The `<value>` alone.
    pub(super) fn value(&self) -> &[u8] {
        let end = self.0.len() - AFTER_VALUE.len();
        self.0.get(BEFORE_VALUE.len()..end).unwrap_or_default()
    }

    /// The response.
    pub(super) fn into_response(self) -> Bytes {
        self.0
    }

    /// Bytes of the response.
    pub const fn size(&self) -> usize {
        self.0.len()
    }

    /// The memory, if nobody else needs it any more.
    fn into_memory(mut self) -> Vec<u8> {
        if !self.0.is_unique() {
            return Vec::new();
        }
        // one byte stays: without any the memory would be given back, and more would be moved for nothing
        self.0.truncate(1);
        let mut memory = Vec::from(self.0);
        memory.clear();
        memory
    }
}

/// Writes one value. What does not fit is left out and told in the end.
#[derive(Debug)]
pub struct Writer {
    out: Vec<u8>,
    /// Bytes at most.
    most: usize,
    /// It did not fit.
    full: bool,
}

impl Writer {
    /// Begins, with room for a value of `bytes`.
    pub fn with_room(bytes: usize) -> Self {
        Self::begin(Vec::new(), bytes)
    }

    /// The same in the memory of `old`, if that is free: fresh memory costs more than what is written into it.
    pub fn over(old: EncodedValue, bytes: usize) -> Self {
        Self::begin(old.into_memory(), bytes)
    }

    fn begin(out: Vec<u8>, bytes: usize) -> Self {
        let mut writer = Self {
            out,
            most: MAX_ANSWER,
            full: false,
        };
        let room = bytes.min(MAX_ANSWER) + BEFORE_VALUE.len() + AFTER_VALUE.len();
        if writer.has_room(room) {
            writer.raw(BEFORE_VALUE);
        }
        writer
    }

    /// Writes something that is no value of a response: what `write` writes, between two texts.
    pub(super) fn between(
        before: &'static str,
        after: &'static str,
        room: usize,
        write: impl FnOnce(&mut Self),
    ) -> Vec<u8> {
        let mut writer = Self {
            out: Vec::with_capacity(before.len() + after.len() + room),
            most: MAX_ANSWER,
            full: false,
        };
        writer.raw(before);
        write(&mut writer);
        writer.raw(after);
        writer.out
    }

    /// Ends.
    pub fn finish(mut self) -> Result<EncodedValue, TooLarge> {
        if !self.has_room(AFTER_VALUE.len()) {
            return Err(TooLarge);
        }
        self.raw(AFTER_VALUE);
        Ok(EncodedValue(self.out.into()))
    }

    /// Bytes so far.
    pub const fn size(&self) -> usize {
        self.out.len()
    }

    /// `<array>`; `items` writes what is in it.
    pub fn array(&mut self, items: impl FnOnce(&mut Self)) {
        self.begin_array();
        items(self);
        self.end_array();
    }

    /// What comes before the items of an array.
    pub fn begin_array(&mut self) {
        self.raw("<value><array><data>\n");
    }

    /// What comes after them.
    pub fn end_array(&mut self) {
        self.raw("</data></array></value>\n");
    }

    /// `<struct>`; `members` writes what is in it.
    pub fn structure(&mut self, members: impl FnOnce(&mut Self)) {
        if !self.has_room(ITEM) {
            return;
        }
        self.raw("<value><struct>\n");
        members(self);
        self.raw("</struct></value>\n");
    }

    /// A member that is an `<int>`.
    #[inline]
    pub fn int(&mut self, name: &'static str, number: impl Into<i64>) {
        self.raw("<member>\n<name>");
        self.raw(name);
        self.raw("</name>\n<value><int>");
        write_int(&mut self.out, number.into());
        self.raw("</int></value>\n</member>\n");
    }

    /// A member that is a `<string>`.
    #[inline]
    pub fn text(&mut self, name: &'static str, text: &str) {
        self.raw("<member>\n<name>");
        self.raw(name);
        self.raw("</name>\n<value><string>");
        write_text(&mut self.out, text);
        self.raw("</string></value>\n</member>\n");
    }

    /// Any value and its line end (RPC-052, RPC-053).
    pub fn value(&mut self, reply: &Reply) {
        if !self.has_room(ITEM) {
            return;
        }
        match reply {
            Reply::Int(number) => {
                self.raw("<value><int>");
                write_int(&mut self.out, *number);
                self.raw("</int></value>\n");
            }
            Reply::Bool(true) => self.raw("<value><boolean>1</boolean></value>\n"),
            Reply::Bool(false) => self.raw("<value><boolean>0</boolean></value>\n"),
            Reply::Str(text) => {
                self.raw("<value><string>");
                self.long_text(text);
                self.raw("</string></value>\n");
            }
            Reply::Log(bytes) => {
                self.raw("<value><string>");
                for chunk in bytes.utf8_chunks() {
                    self.long_text(chunk.valid());
                    if !chunk.invalid().is_empty() && self.has_room(REPLACEMENT.len()) {
                        self.raw(REPLACEMENT);
                    }
                }
                self.raw("</string></value>\n");
            }
            Reply::Array(items) => self.array(|writer| {
                for item in items {
                    writer.value(item);
                }
            }),
            Reply::Struct(members) => self.structure(|writer| {
                for (name, member) in members {
                    writer.raw("<member>\n<name>");
                    write_text(&mut writer.out, name);
                    writer.raw("</name>\n");
                    writer.value(member);
                    writer.raw("</member>\n");
                }
            }),
            Reply::Encoded(written) => {
                let value = written.value();
                if self.has_room(value.len()) {
                    self.out.extend_from_slice(value);
                }
            }
        }
    }

    /// Writes a value if there are no more than `most` bytes then, else nothing; tells whether it did.
    pub fn try_value(&mut self, reply: &Reply, most: usize) -> bool {
        let before = self.out.len();
        self.most = most.min(MAX_ANSWER);
        self.value(reply);
        let fits = self.has_room(0);
        self.most = MAX_ANSWER;
        if !fits {
            self.out.truncate(before);
            self.full = false;
        }
        fits
    }

    pub(super) fn long_text(&mut self, text: &str) {
        let mut rest = text;
        while !rest.is_empty() {
            let (piece, later) = rest.split_at(rest.floor_char_boundary(PIECE));
            if !self.has_room(piece.len()) {
                return;
            }
            write_text(&mut self.out, piece);
            rest = later;
        }
    }

    /// Makes room for another item of a list; false if the list is too long already.
    pub(super) fn has_room_for_item(&mut self) -> bool {
        self.has_room(ITEM)
    }

    /// Makes room for so many bytes more. False if they would be too many, or if there is no memory for them.
    fn has_room(&mut self, bytes: usize) -> bool {
        let fits = !self.full
            && self.out.len() <= self.most
            && bytes <= self.most + ITEM - self.out.len()
            && self.out.try_reserve(bytes).is_ok();
        self.full = !fits;
        fits
    }

    #[inline]
    pub(super) fn raw(&mut self, text: &'static str) {
        self.out.extend_from_slice(text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_ANSWER, Reply, TooLarge, Writer};

    #[test]
    fn memory_is_used_again_unless_somebody_needs_it() {
        let old = Writer::with_room(5000).finish().unwrap();
        let place = old.0.as_ptr();
        let needed = old.clone();
        let other = Writer::over(old, 10);
        assert_ne!(other.out.as_ptr(), place);
        let again = Writer::over(needed, 10);
        assert_eq!(again.out.as_ptr(), place);
        assert!(again.out.capacity() >= 5000);
        assert_eq!(again.finish(), other.finish());
    }

    #[test]
    fn dec_084_no_answer_is_larger_than_the_largest() {
        let half = || Reply::Log(vec![b'x'; MAX_ANSWER / 2]);
        let text = |text: String| Reply::Str(text.into());
        let small: Vec<Reply> = (0..2_200_000).map(Reply::from).collect();
        let table = [
            (half(), true),
            (Reply::Log(vec![b'x'; MAX_ANSWER]), false),
            // what is replaced or escaped grows
            (Reply::Log(vec![0xff; MAX_ANSWER / 3]), false),
            (Reply::Log(vec![0; MAX_ANSWER / 2]), false),
            (text("&".repeat(MAX_ANSWER / 4)), false),
            (Reply::Array(vec![half(), half()]), false),
            (Reply::Struct(vec![("a", half()), ("b", half())]), false),
            (Reply::Array(small), false),
        ];
        for (number, (reply, fits)) in table.into_iter().enumerate() {
            let mut writer = Writer::with_room(0);
            writer.value(&reply);
            let size = writer.size();
            assert!(size < MAX_ANSWER + 6 * super::PIECE, "{number}: {size}");
            match writer.finish() {
                Ok(_) => assert!(fits, "{number}"),
                Err(TooLarge) => assert!(!fits, "{number}"),
            }
        }
        // a size that somebody made up is no room
        assert!(Writer::with_room(usize::MAX).out.capacity() <= 2 * MAX_ANSWER);
    }

    #[test]
    fn what_does_not_fit_leaves_nothing() {
        let mut writer = Writer::with_room(0);
        assert!(writer.try_value(&Reply::from("one"), 5000));
        let size = writer.size();
        let long = Reply::Str("x".repeat(10_000).into());
        assert!(!writer.try_value(&long, 5000));
        assert_eq!(writer.size(), size);
        assert!(writer.try_value(&Reply::from("two"), 5000));
        assert!(writer.finish().is_ok());
    }
}
