//! One output of the main log: a file, the syslog daemon, or the echo on standard output.

use std::fmt;

use super::super::sink::{Outcome, Sink};

/// One place that the lines go to.
pub(super) struct Output {
    /// The prefix comes before each line of a message (LOG-106) instead of once before the whole (LOG-002).
    every_line: bool,
    pub(super) sink: Box<dyn Sink + Send>,
}

impl Output {
    pub(super) fn text(sink: impl Sink + Send + 'static) -> Self {
        Self {
            every_line: false,
            sink: Box::new(sink),
        }
    }

    pub(super) fn lines(sink: impl Sink + Send + 'static) -> Self {
        Self {
            every_line: true,
            sink: Box::new(sink),
        }
    }

    pub(super) fn write(&mut self, prefix: &str, text: &str) -> Outcome {
        if !self.every_line {
            return self.sink.write(format!("{prefix}{text}\n").as_bytes());
        }
        let mut lines = String::new();
        for line in text.trim_end_matches('\n').split('\n') {
            lines.extend([prefix, line, "\n"]);
        }
        self.sink.write(lines.as_bytes())
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output")
            .field("every_line", &self.every_line)
            .finish_non_exhaustive()
    }
}
