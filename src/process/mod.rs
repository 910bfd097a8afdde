//! One process, pure: state and input and time in, new state and effects out. No I/O, no clock.

pub mod durable;
pub mod machine;
pub mod command;
pub mod environment;
pub mod policy;
