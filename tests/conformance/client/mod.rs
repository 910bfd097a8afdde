//! `supervisorctl` as a black box, against a server inside the test that can misbehave.
//!
//! What a real daemon answers is in the files beside this folder; here are the answers that one cannot be made to
//! give. Test names begin with the id of the fact that they show.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed; the helpers are tests too"
)]

mod answers;
mod beyond;
mod commands;
mod connections;
mod exit_status;
mod fake;
mod follow;
mod plugins;
mod shell;
mod terminal;
