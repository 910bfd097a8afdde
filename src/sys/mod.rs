//! System calls, thin and typed.

pub mod interrupt;
