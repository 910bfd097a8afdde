//! The daemon: start-up, the loop, and the shells that turn signals, timers and pipes into inputs.

mod channel;
mod host;
mod hub;
mod input;
mod launch;
mod listeners;
mod pidfile;
mod pump;
mod run;
mod site;
mod startup;

pub use startup::main;
