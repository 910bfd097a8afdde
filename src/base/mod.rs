//! Words that every layer shares. Pure: nothing here reads a clock or does I/O.

pub mod clock;
pub mod event_names;
pub mod exit;
pub mod fault;
pub mod level;
pub mod names;
pub mod quote;
pub mod repr;
pub mod signals;
pub mod states;
pub mod units;
pub mod version;
