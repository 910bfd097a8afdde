//! What a reading of the configuration has to say besides its result, and an error with what was said until then.

use serde::{Deserialize, Serialize};

use super::error::ConfigError;
use crate::base::level::Level;

/// How many hints one reading gives at most; a file of another kind can have any number of mistakes.
const MOST: usize = 1_000;

/// A line for the main log that reading the configuration gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// `Error`, `Warn` or `Info`.
    pub level: Level,
    /// The line, without its prefix.
    pub text: String,
    /// Ours, about a mistake that the reference passes over (DEC-013), to be told at every reading. The others are the
    /// reference's, which tells them at the start only (CFG-163, CFG-231).
    pub hint: bool,
}

/// A configuration that cannot be used, and what was noticed until that was clear.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{error}")]
pub struct Refusal {
    /// Why.
    pub error: Box<ConfigError>,
    /// What might be the reason.
    pub notices: Vec<Notice>,
}

/// Gathers notices while sections are read.
#[derive(Debug, Default)]
pub(super) struct Notices {
    lines: Vec<Notice>,
    hints: usize,
}

impl Notices {
    /// A warning of the reference.
    pub(super) fn warn(&mut self, text: String) {
        self.add(Level::Warn, text);
    }

    /// A line of the reference.
    pub(super) fn info(&mut self, text: String) {
        self.add(Level::Info, text);
    }

    fn add(&mut self, level: Level, text: String) {
        let hint = false;
        self.lines.push(Notice { level, text, hint });
    }

    /// A silent mistake.
    pub(super) fn hint(&mut self, level: Level, text: String) {
        self.hints += 1;
        if self.hints <= MOST {
            let hint = true;
            self.lines.push(Notice { level, text, hint });
        }
    }

    /// Warnings first, as the main log gets them (LOG-015).
    pub(super) fn into_lines(mut self) -> Vec<Notice> {
        if let Some(more @ 1..) = self.hints.checked_sub(MOST) {
            self.hints = 0;
            self.hint(Level::Warn, format!("There are {more} more warnings"));
        }
        self.lines.sort_by_key(|notice| notice.level == Level::Info);
        self.lines
    }
}

#[cfg(test)]
mod tests {
    use super::{Level, MOST, Notices};

    #[test]
    fn there_is_an_end_of_hints() {
        let mut notices = Notices::default();
        notices.info("i".into());
        for number in 0..MOST + 7 {
            notices.hint(Level::Warn, number.to_string());
        }
        notices.warn("w".into());
        let lines = notices.into_lines();
        let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(texts.len(), MOST + 3);
        assert_eq!(
            texts[MOST - 1..],
            ["999", "w", "There are 7 more warnings", "i"]
        );
    }
}
