//! Whom a verb is for.

use serde::{Deserialize, Serialize};

/// Some of the processes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Selector {
    /// One by its namespec, or by `group:*` all of a group, with the answers that those who name a process
    /// expect (RPC-150).
    Named(String),
    /// All of the group of that name.
    Group(String),
    /// All.
    All,
}
