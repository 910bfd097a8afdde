//! What became of a process's lives so far: counted, and of the last one how it ended (API-040 to API-044).

use serde::{Deserialize, Serialize};

use crate::base::exit::Exit;

/// The lives of one process since it was made. It survives a replacement of the binary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Past {
    /// Children that were made.
    pub starts: u32,
    /// Those of them that the daemon made by itself, after an end or a start that failed.
    pub restarts: u32,
    /// How the children ended.
    pub exits: Exits,
    /// How the last one ended, if any did.
    pub last: Option<(Ending, Exit)>,
}

/// How many ends there were of each kind (API-044).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Exits {
    /// By itself, as `exitcodes` say.
    pub expected: u32,
    /// By itself, otherwise.
    pub unexpected: u32,
    /// Because somebody or something stopped it.
    pub requested: u32,
}

/// What kind of end it was (API-041).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// By itself, as `exitcodes` say.
    Expected,
    /// By itself, otherwise.
    Unexpected,
    /// Because somebody or something stopped it.
    Requested,
}

impl Ending {
    /// As clients see it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Expected => "expected",
            Self::Unexpected => "unexpected",
            Self::Requested => "requested",
        }
    }
}

impl Past {
    /// A child was made; `again` if nobody asked for it.
    pub fn started(&mut self, again: bool) {
        self.starts = self.starts.saturating_add(1);
        self.restarts = self.restarts.saturating_add(u32::from(again));
    }

    /// A child ended.
    pub fn ended(&mut self, ending: Ending, exit: Exit) {
        let count = match ending {
            Ending::Expected => &mut self.exits.expected,
            Ending::Unexpected => &mut self.exits.unexpected,
            Ending::Requested => &mut self.exits.requested,
        };
        *count = count.saturating_add(1);
        self.last = Some((ending, exit));
    }
}

#[cfg(test)]
mod tests {
    use super::{Ending, Exit, Exits, Past};

    #[test]
    fn api_043_lives_are_counted() {
        let mut past = Past::default();
        past.started(false);
        past.ended(Ending::Unexpected, Exit::Code(1));
        past.started(true);
        past.ended(Ending::Expected, Exit::Code(0));
        past.started(false);
        past.ended(Ending::Requested, Exit::from_wait_status(15));
        assert_eq!((past.starts, past.restarts), (3, 1));
        let exits = Exits {
            expected: 1,
            unexpected: 1,
            requested: 1,
        };
        assert_eq!(past.exits, exits);
        let (ending, exit) = past.last.expect("it ended");
        assert_eq!((ending.name(), exit.status()), ("requested", -1));
    }

    #[test]
    fn bey_012_it_takes_little_room() {
        assert!(size_of::<Past>() <= 32);
    }
}
