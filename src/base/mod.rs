//! Words that every layer shares. Pure: nothing here reads a clock or does I/O, but the
//! folder of unit tests.

pub mod base64;
pub mod calendar;
pub mod channel;
pub mod clock;
pub mod errno;
pub mod event_names;
pub mod exit;
pub mod fault;
pub mod file_kind;
pub mod health;
pub mod level;
pub mod names;
pub mod pid;
pub mod process_info;
pub mod quote;
pub mod repr;
pub mod result_handler;
#[cfg(test)]
pub(crate) mod scratch;
pub mod signals;
pub mod span;
pub mod spawn_error;
pub mod states;
pub mod units;
pub mod version;
pub mod visible;
