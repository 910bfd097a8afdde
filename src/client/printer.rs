//! Where lines go. Everything is UTF-8, whatever the locale says (DEC-080).

use std::io::{self, IsTerminal, Write};

use crate::base::visible::escaped;

use super::render;
use super::report::Entry;
use super::transport::Remote;

/// Standard output. Once a write fails, for example because the reader left, nothing more is written.
#[derive(Debug, Default)]
pub struct Printer {
    broken: Option<io::Error>,
}

impl Printer {
    /// Prints an entry of a report about `remote`; false once nobody reads.
    pub fn entry(&mut self, entry: &Entry, remote: &Remote) -> bool {
        match entry {
            Entry::Log(bytes) => self.bytes(bytes),
            Entry::Problem(problem) | Entry::Remark(problem) if problem.is_beside_a_log() => {
                error_line(&problem.to_string());
            }
            entry => self.text(&render::text(entry, remote, self.is_terminal())),
        }
        !self.is_broken()
    }

    /// Prints a line.
    pub fn line(&mut self, text: &str) {
        self.bytes(format!("{text}\n").as_bytes());
    }

    /// Prints text as it is.
    pub fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// Prints bytes as they are, at once.
    pub fn bytes(&mut self, bytes: &[u8]) {
        if self.is_broken() || bytes.is_empty() {
            return;
        }
        let mut stdout = io::stdout().lock();
        let written = stdout.write_all(bytes).and_then(|()| stdout.flush());
        self.broken = written.err();
    }

    /// Whether it is a terminal.
    pub fn is_terminal(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// Nobody reads any more.
    pub fn is_broken(&self) -> bool {
        self.broken.is_some()
    }

    /// Why lines were lost, unless their reader left: then nobody misses them.
    pub fn lost(&self) -> Option<&io::Error> {
        let error = self.broken.as_ref()?;
        (error.kind() != io::ErrorKind::BrokenPipe).then_some(error)
    }
}

/// Prints text to standard error, as it is.
pub fn error_text(text: &str) {
    // when standard error is gone, there is nobody left to tell
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Prints a line to standard error, control characters escaped (DEC-082).
pub fn error_line(text: &str) {
    // when standard error is gone, there is nobody left to tell
    let _ = writeln!(io::stderr(), "{}", escaped(text));
}
