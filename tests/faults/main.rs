//! Faults from outside, each with the promise that `docs/reliability.md` makes about it.
//!
//! Every test ends with [`health::Watch::check`]: all states are true, nothing leaked, the programs that had no part in
//! it run on under their old pids, and the control interface answers.

#[path = "../common/mod.rs"]
#[allow(
    dead_code,
    unused_imports,
    unused_macros,
    reason = "each test program uses its part of the harness"
)]
mod common;

mod children;
mod clock;
mod disk;
mod health;
mod hung;
mod limits;
mod listeners;
mod log_files;
mod log_links;
mod neighbours;
mod privilege;
mod reread;
mod rotation;
mod screen;
mod shared_logs;
mod socket;
mod stdin;
mod users;
