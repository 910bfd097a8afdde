//! Standard input, and other descriptors, cut into lines. Bytes that were read too early stay here for
//! whoever reads next.

use std::io;
use std::os::fd::BorrowedFd;

use nix::errno::Errno;
use nix::poll::PollFlags;
use nix::unistd::read;

use super::error::ClientError;
use super::transport::{Interrupter, wait};

/// Bytes of one descriptor that nobody has taken yet.
#[derive(Debug, Default)]
pub struct Lines {
    buffer: Vec<u8>,
}

impl Lines {
    /// The next complete line that has been read, without its end.
    pub fn take(&mut self) -> Option<String> {
        let end = self.buffer.iter().position(|byte| *byte == b'\n')?;
        let line: Vec<u8> = self.buffer.drain(..=end).collect();
        Some(text(&line))
    }

    /// What has been read of a line without an end, if the input ended there.
    pub fn take_rest(&mut self) -> Option<String> {
        let rest = std::mem::take(&mut self.buffer);
        (!rest.is_empty()).then(|| text(&rest))
    }

    /// Reads once, waiting if nothing is there; false at the end. A terminal can go on after its end.
    pub fn fill(&mut self, fd: BorrowedFd<'_>) -> Result<bool, ClientError> {
        let mut buffer = [0; 4096];
        loop {
            match read(fd, &mut buffer) {
                Ok(count) => {
                    let bytes = buffer.get(..count).unwrap_or_default();
                    self.buffer.extend_from_slice(bytes);
                    return Ok(count > 0);
                }
                Err(Errno::EINTR) => {}
                Err(error) => return Err(io::Error::from(error).into()),
            }
        }
    }

    /// Waits for the next line; the last one needs no end. None at the end.
    pub fn next_line(
        &mut self,
        fd: BorrowedFd<'_>,
        interrupt: &Interrupter,
    ) -> Result<Option<String>, ClientError> {
        loop {
            if let Some(line) = self.take() {
                return Ok(Some(line));
            }
            wait(fd, PollFlags::POLLIN, interrupt)?;
            if !self.fill(fd)? {
                return Ok(self.take_rest());
            }
        }
    }

    /// Waits for the next byte; none at the end.
    pub fn next_byte(
        &mut self,
        fd: BorrowedFd<'_>,
        interrupt: &Interrupter,
    ) -> Result<Option<u8>, ClientError> {
        if self.buffer.is_empty() {
            wait(fd, PollFlags::POLLIN, interrupt)?;
            if !self.fill(fd)? {
                return Ok(None);
            }
        }
        Ok(self.buffer.drain(..1).next())
    }
}

/// A line's bytes as text, without the line end.
fn text(bytes: &[u8]) -> String {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::fd::AsFd;

    use super::Lines;

    #[test]
    fn cuts_lines() {
        let table: [(&str, &[&str]); 5] = [
            ("", &[]),
            ("one\n", &["one"]),
            ("one\r\n\ntwo", &["one", "", "two"]),
            ("ü\n", &["ü"]),
            ("\n", &[""]),
        ];
        for (input, wanted) in table {
            let (reader, mut writer) = std::io::pipe().unwrap();
            writer.write_all(input.as_bytes()).unwrap();
            drop(writer);
            let mut lines = Lines::default();
            let mut found = Vec::new();
            while let Some(line) = lines.next_line(reader.as_fd(), &None).unwrap() {
                found.push(line);
            }
            assert_eq!(found, wanted, "{input:?}");
        }
    }
}
