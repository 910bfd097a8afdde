//! Outcomes of the supervisor as answers.

use crate::supervisor::answer::{Outcome, Row};

use super::reply::Reply;

/// `true`, or an array of rows.
pub(super) fn outcome(outcome: Outcome) -> Reply {
    match outcome {
        Outcome::Done => Reply::Bool(true),
        Outcome::Rows(rows) => Reply::Array(rows.into_iter().map(row).collect()),
    }
}

/// One row, members in the reference's order (RPC-170).
pub(super) fn row(row: Row) -> Reply {
    Reply::Struct(vec![
        ("name", row.name.into()),
        ("group", row.group.into()),
        ("status", row.status.into()),
        ("description", row.description.into()),
    ])
}
