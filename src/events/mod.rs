//! Events and event listeners: what can happen, how listeners are told, what they answer.
//!
//! Pure: no I/O, no clock, no log. Lines for the main log are returned, bytes are handed to a closure.

mod buffer;
pub mod event;
pub mod listener;
pub mod payload;
pub mod pool;
pub mod relay;
pub mod tick;
