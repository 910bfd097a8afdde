//! `supervisorctl` as a black box, against a server inside the test that can misbehave.
//!
//! What a real daemon answers is in `tests/conformance`; here are the answers that one cannot be made to
//! give. Test names begin with the id of the fact that they show.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed; the helpers are tests too"
)]

#[path = "../common/mod.rs"]
#[allow(
    dead_code,
    unused_imports,
    unused_macros,
    reason = "each test program uses its part of the harness"
)]
mod common;

mod answers;
mod commands;
mod connections;
mod exit_status;
mod fake;
mod follow;
mod plugins;
mod shell;
mod terminal;
