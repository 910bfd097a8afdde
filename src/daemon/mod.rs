//! The daemon: start-up, the loop, and the shells that turn signals, timers and pipes into inputs.

mod channel;
mod fastcgi;
mod host;
mod hub;
mod input;
mod launch;
mod listeners;
mod pidfile;
mod pump;
mod run;
mod source;
mod stage;
mod startup;
mod surroundings;

pub use startup::main;
