//! What a request came to: at once, or later by a ticket.

use serde::{Deserialize, Serialize};

use crate::base::fault::{Fault, code};

use super::member::Member;

/// What a request came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done,
    /// What became of each process (RPC-170).
    Rows(Vec<Row>),
}

/// What became of one process of many (RPC-170).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The process.
    pub name: String,
    /// Its group.
    pub group: String,
    /// The fault's code, or 80 for success.
    pub status: i64,
    /// The fault's text, or `OK`.
    pub description: String,
}

/// Names one answer that is owed; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Ticket(pub u64);

/// An answer, now or when its condition holds.
#[derive(Debug)]
#[must_use]
pub enum Answer {
    /// It is known.
    Now(Outcome),
    /// It is owed; [`super::owner::Owner::promise`] waits for it.
    Later(Ticket),
}

/// An answer that was owed and can be given.
#[derive(Debug)]
pub(super) struct Completed {
    pub(super) ticket: Ticket,
    pub(super) result: Result<Outcome, Fault>,
}

impl Row {
    /// The row of one process.
    pub(super) fn new(member: &Member, result: Result<(), Fault>) -> Self {
        let (status, description) = match result {
            Ok(()) => (code::SUCCESS, "OK".to_owned()),
            Err(fault) => (fault.code(), fault.to_string()),
        };
        Self {
            name: member.process.name.clone(),
            group: member.group.to_string(),
            status,
            description,
        }
    }
}
