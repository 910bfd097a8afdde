//! A body on its way to the parser: counted, and refused where XML could not carry it.

use std::io::{self, BufRead, Read};

/// Passes bytes on while there are no more than a limit and all of them can stand in XML. That they are
/// UTF-8 is for the parser to see.
pub(super) struct Checked<R> {
    inner: R,
    /// Bytes that may still come.
    left: usize,
    /// Bytes at the reader's front that were looked at.
    seen: usize,
    /// The two bytes before the ones that come next.
    last: [u8; 2],
    too_large: bool,
}

impl<R: BufRead> Checked<R> {
    pub(super) const fn new(inner: R, limit: usize) -> Self {
        Self {
            inner,
            left: limit,
            seen: 0,
            last: [0; 2],
            too_large: false,
        }
    }

    /// There were more bytes than allowed.
    pub(super) const fn is_too_large(&self) -> bool {
        self.too_large
    }
}

/// Control characters other than tab, line feed and carriage return.
const fn is_control(byte: u8) -> bool {
    byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r')
}

impl<R: BufRead> BufRead for Checked<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let front = self.inner.fill_buf()?;
        let fresh = front.get(self.seen..).unwrap_or_default();
        let Some(left) = self.left.checked_sub(fresh.len()) else {
            self.too_large = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        };
        self.left = left;
        self.seen = self.seen.max(front.len());
        for byte in fresh {
            // the last byte of U+FFFE or U+FFFF
            let no_character = self.last == [0xef, 0xbf] && *byte >= 0xbe;
            if is_control(*byte) || no_character {
                return Err(io::ErrorKind::InvalidData.into());
            }
            self.last = [self.last[1], *byte];
        }
        Ok(front)
    }

    fn consume(&mut self, amount: usize) {
        self.seen = self.seen.saturating_sub(amount);
        self.inner.consume(amount);
    }
}

impl<R: BufRead> Read for Checked<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut front = self.fill_buf()?;
        let amount = front.read(buf)?;
        self.consume(amount);
        Ok(amount)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Read};

    use super::Checked;

    /// What comes through, read in pieces of `size` bytes.
    fn pass(bytes: &[u8], limit: usize, size: usize) -> Option<Vec<u8>> {
        let mut checked = Checked::new(BufReader::with_capacity(size, bytes), limit);
        let mut out = Vec::new();
        checked.read_to_end(&mut out).ok().map(|_| out)
    }

    #[test]
    fn what_xml_can_carry() {
        let good = ["", "a\t\r\n", "\u{fffd}", "\u{7f}\u{85}", "\u{1fffe}"];
        let bad = ["\0", "a\u{1}", "\u{1f}", "\u{b}", "x\u{fffe}", "\u{ffff}y"];
        for size in 1..5 {
            for text in good {
                assert_eq!(
                    pass(text.as_bytes(), 9, size).as_deref(),
                    Some(text.as_bytes())
                );
            }
            for text in bad {
                assert_eq!(pass(text.as_bytes(), 9, size), None, "{text:?}");
            }
            assert!(pass(&[b'x'; 9], 9, size).is_some());
            assert!(pass(&[b'x'; 10], 9, size).is_none());
        }
    }
}
