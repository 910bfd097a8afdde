//! The daemon: start-up, the loop, and the shells that turn signals, timers and pipes into inputs.

mod channel;
mod doors;
mod fastcgi;
mod host;
mod hub;
mod input;
mod launch;
mod listeners;
mod notify;
mod outbox;
mod pidfile;
mod pump;
mod relay;
mod run;
mod source;
mod stage;
mod startup;
mod surroundings;
mod users;
mod width;

pub use startup::main;
