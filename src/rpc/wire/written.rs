//! Values that are written while they are looked up: the long lists, of which no tree is built first.

use std::cell::Cell;

use super::encode::{BEFORE_VALUE, write_int, write_text};

/// A value as it goes out. What comes before it in a response stands before it already, so a response that
/// is nothing but this value needs no copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written(Vec<u8>);

impl Written {
    /// The `<value>` alone.
    pub(super) fn value(&self) -> &[u8] {
        self.0.get(BEFORE_VALUE.len()..).unwrap_or_default()
    }

    /// Everything up to the end of the `<value>`.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// Writes one value.
#[derive(Debug)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// Begins, with room for a value of `bytes`.
    pub fn with_room(bytes: usize) -> Self {
        let mut out = SPARE.take();
        out.clear();
        out.reserve(BEFORE_VALUE.len() + bytes + 64);
        out.extend_from_slice(BEFORE_VALUE);
        Self(out)
    }

    /// Ends.
    pub fn finish(self) -> Written {
        Written(self.0)
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

/// A larger buffer is not kept, in bytes.
const SPARE_MAX: usize = 2 * 1024 * 1024;

thread_local! {
    /// The buffer of an answer that was sent, for the next long one: fresh memory of that size costs more than
    /// what is written into it.
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// The bytes of a response on their way out, whose buffer is used again.
#[derive(Debug)]
pub struct Outgoing(pub Vec<u8>);

impl AsRef<[u8]> for Outgoing {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        let sent = std::mem::take(&mut self.0);
        let spare = SPARE.take();
        let larger = if (spare.capacity()..=SPARE_MAX).contains(&sent.capacity()) {
            sent
        } else {
            spare
        };
        SPARE.set(larger);
    }
}

#[cfg(test)]
mod tests {
    use super::{Outgoing, SPARE, SPARE_MAX, Writer};

    #[test]
    fn buffers_are_used_again_unless_they_are_huge() {
        SPARE.take();
        drop(Outgoing(Vec::with_capacity(5000)));
        drop(Outgoing(Vec::with_capacity(10)));
        drop(Outgoing(Vec::with_capacity(SPARE_MAX + 1)));
        let written = Writer::with_room(10).finish();
        assert_eq!(written.0.capacity(), 5000);
        assert_eq!(SPARE.take().capacity(), 0);
    }
}
