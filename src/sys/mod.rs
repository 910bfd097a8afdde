//! Thin, typed system calls.

pub mod accounts;
