//! Levels of the main log.

use serde::{Deserialize, Serialize};

/// A level of the main log, from the least to the most important (LOG-005 to LOG-011).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub enum Level {
    /// `blather`, BLAT.
    Blather,
    /// `trace`, TRAC.
    Trace,
    /// `debug`, DEBG.
    Debug,
    /// `info`, INFO.
    #[default]
    Info,
    /// `warn`, WARN.
    Warn,
    /// `error`, ERRO.
    Error,
    /// `critical`, CRIT.
    Critical,
}

impl Level {
    const ALL: [(Self, &'static str, &'static str); 7] = [
        (Self::Critical, "critical", "CRIT"),
        (Self::Error, "error", "ERRO"),
        (Self::Warn, "warn", "WARN"),
        (Self::Info, "info", "INFO"),
        (Self::Debug, "debug", "DEBG"),
        (Self::Trace, "trace", "TRAC"),
        (Self::Blather, "blather", "BLAT"),
    ];

    /// The level with that configuration word, in any case (CFG-086).
    pub fn parse(word: &str) -> Option<Self> {
        let word = word.to_lowercase();
        Self::ALL.iter().find(|row| row.1 == word).map(|row| row.0)
    }

    /// The number that orders the levels; a line is written when its number is at least that of the
    /// configured level (LOG-012).
    pub const fn number(self) -> u8 {
        match self {
            Self::Critical => 50,
            Self::Error => 40,
            Self::Warn => 30,
            Self::Info => 20,
            Self::Debug => 10,
            Self::Trace => 5,
            Self::Blather => 3,
        }
    }

    /// The level with that number.
    pub fn from_number(number: u64) -> Option<Self> {
        let mut levels = Self::ALL.iter().map(|row| row.0);
        levels.find(|level| u64::from(level.number()) == number)
    }

    /// The four letters in a line of the main log.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Critical => "CRIT",
            Self::Error => "ERRO",
            Self::Warn => "WARN",
            Self::Info => "INFO",
            Self::Debug => "DEBG",
            Self::Trace => "TRAC",
            Self::Blather => "BLAT",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Level;

    #[test]
    fn words_and_codes_agree() {
        for (level, word, code) in Level::ALL {
            assert_eq!(Level::parse(&word.to_uppercase()), Some(level), "{word}");
            assert_eq!(level.code(), code, "{word}");
            let number = u64::from(level.number());
            assert_eq!(Level::from_number(number), Some(level), "{word}");
        }
        assert_eq!(Level::parse("warning"), None);
        assert_eq!(Level::parse("CRIT"), None);
    }

    #[test]
    fn order_is_importance() {
        for pair in Level::ALL.windows(2) {
            assert!(pair[0].0 > pair[1].0);
            assert!(pair[0].0.number() > pair[1].0.number());
        }
    }
}
