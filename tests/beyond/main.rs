//! The two programs as black boxes: what goes beyond Supervisor, one file a subject.
//!
//! A test's name begins with the id of the fact that it shows (`lif_040_…`, `hlt_081_…`).

#[path = "../common/mod.rs"]
#[allow(
    dead_code,
    unused_imports,
    unused_macros,
    reason = "each test program uses its part of the harness"
)]
mod common;
mod configuration;
mod ctl;
mod ends;
mod events;
mod examples;
mod ext;
mod go;
mod health;
mod helpers;
mod lives;
mod notify;
mod order;
mod probes;
mod readiness;
mod software;
mod watches;
