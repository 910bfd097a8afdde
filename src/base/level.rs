//! Levels of the main log.

use serde::{Deserialize, Serialize};

/// A level of the main log, from the least to the most important (LOG-005 to LOG-011).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Level {
    /// `blather`, BLAT.
    Blather,
    /// `trace`, TRAC.
    Trace,
    /// `debug`, DEBG.
    Debug,
    /// `info`, INFO.
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
        }
        assert_eq!(Level::parse("warning"), None);
        assert_eq!(Level::parse("CRIT"), None);
    }

    #[test]
    fn order_is_importance() {
        assert!(Level::ALL.windows(2).all(|pair| pair[0].0 > pair[1].0));
    }
}
