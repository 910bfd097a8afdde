//! Values that are written while they are looked up: the long lists, of which no tree is built first.

use bytes::Bytes;

use super::encode::{AFTER_VALUE, BEFORE_VALUE, write_int, write_text};

/// A value as it goes out, with what stands around it in a response that is nothing but this value: such a
/// response needs no copy. Clones share the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written(Bytes);

impl Written {
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

/// Writes one value.
#[derive(Debug)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// Begins, with room for a value of `bytes`.
    pub fn with_room(bytes: usize) -> Self {
        Self::begin(Vec::new(), bytes)
    }

    /// The same in the memory of `old`, if that is free: fresh memory costs more than what is written into it.
    pub fn over(old: Written, bytes: usize) -> Self {
        Self::begin(old.into_memory(), bytes)
    }

    fn begin(mut out: Vec<u8>, bytes: usize) -> Self {
        out.reserve(BEFORE_VALUE.len() + bytes + AFTER_VALUE.len());
        out.extend_from_slice(BEFORE_VALUE);
        Self(out)
    }

    /// Ends.
    pub fn finish(mut self) -> Written {
        self.0.extend_from_slice(AFTER_VALUE);
        Written(self.0.into())
    }

    /// `<array>`; `items` writes what is in it.
    pub fn array(&mut self, items: impl FnOnce(&mut Self)) {
        self.raw("<value><array><data>\n");
        items(self);
        self.raw("</data></array></value>\n");
    }

    /// `<struct>`; `members` writes what is in it.
    pub fn structure(&mut self, members: impl FnOnce(&mut Self)) {
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
        write_int(&mut self.0, number.into());
        self.raw("</int></value>\n</member>\n");
    }

    /// A member that is a `<string>`.
    #[inline]
    pub fn text(&mut self, name: &'static str, text: &str) {
        self.raw("<member>\n<name>");
        self.raw(name);
        self.raw("</name>\n<value><string>");
        write_text(&mut self.0, text);
        self.raw("</string></value>\n</member>\n");
    }

    #[inline]
    fn raw(&mut self, text: &'static str) {
        self.0.extend_from_slice(text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::Writer;

    #[test]
    fn memory_is_used_again_unless_somebody_needs_it() {
        let old = Writer::with_room(5000).finish();
        let place = old.0.as_ptr();
        let needed = old.clone();
        let other = Writer::over(old, 10);
        assert_ne!(other.0.as_ptr(), place);
        let again = Writer::over(needed, 10);
        assert_eq!(again.0.as_ptr(), place);
        assert!(again.0.capacity() >= 5000);
        assert_eq!(again.finish(), other.finish());
    }
}
