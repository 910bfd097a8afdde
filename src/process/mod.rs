//! One process, pure: state and input and time in, new state and effects out. No I/O, no clock.

pub mod checking;
pub mod command;
pub mod cron;
pub mod durable;
pub mod environment;
pub mod hook;
pub mod lifecycle;
pub mod machine;
pub mod notice;
pub mod past;
pub mod policy;
pub mod probe;
