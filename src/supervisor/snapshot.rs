//! The whole supervisor written down, and a supervisor that goes on where it was.

use serde::{Deserialize, Serialize};

use crate::base::clock::Now;

use super::Supervisor;
use super::durable::{Durable, Runtime};
use super::ports::Ports;

/// Grows by one with each release that changes what is written.
const FORMAT: u32 = 1;

/// The lowest format whose readers can go on from what is written.
const NEEDS: u32 = 1;

/// A supervisor at one moment, as text: JSON with the number of its format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot(String);

/// Why a supervisor cannot be written down, or cannot go on from what was written.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// It is of a later release that does more than this one.
    #[error("state format {format} needs at least format {needs}, this program knows {FORMAT}")]
    TooNew {
        /// What it is.
        format: u32,
        /// What its readers must know.
        needs: u32,
    },
    /// It is damaged.
    #[error("{0}")]
    Damaged(#[from] serde_json::Error),
}

/// What every format begins with.
#[derive(Deserialize)]
struct Head {
    format: u32,
    needs: u32,
}

#[derive(Serialize, Deserialize)]
struct Document<D> {
    format: u32,
    needs: u32,
    supervisor: D,
}

impl Snapshot {
    /// Takes what was written by [`Self::as_str`].
    pub const fn from_text(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn read(&self) -> Result<Durable, SnapshotError> {
        let Head { format, needs } = serde_json::from_str(&self.0)?;
        if needs > FORMAT {
            return Err(SnapshotError::TooNew { format, needs });
        }
        let document: Document<Durable> = serde_json::from_str(&self.0)?;
        Ok(document.supervisor)
    }
}

impl Supervisor {
    /// Writes down all that must survive, between two visits; [`super::owner::Owner::snapshot`] is the door to it.
    pub(super) fn snapshot(&self) -> Result<Snapshot, SnapshotError> {
        let document = Document {
            format: FORMAT,
            needs: NEEDS,
            supervisor: &self.durable,
        };
        Ok(Snapshot(serde_json::to_string(&document)?))
    }

    /// Goes on where the supervisor of that snapshot was, with the same children. Nothing happens but that the
    /// wake-up is set, or the end told if that had come.
    pub fn resume(snapshot: &Snapshot, ports: Ports, now: Now) -> Result<Self, SnapshotError> {
        let durable = snapshot.read()?;
        let runtime = Runtime::of(&durable, ports);
        let mut supervisor = Self { durable, runtime };
        supervisor.watch_again();
        supervisor.set_alarm(now);
        supervisor.tell_end();
        Ok(supervisor)
    }
}
