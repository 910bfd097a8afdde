//! The daemon: start-up, the loop, and the shells that turn signals, timers and pipes into inputs.

mod channel;
mod checks;
mod child;
mod fastcgi;
mod helper;
mod host;
mod launch;
mod notices;
mod outbox;
mod output_pipe;
mod pidfile;
mod pump;
mod run;
mod server_sockets;
mod servers;
mod service_status;
mod setup;
mod shared;
mod startup;
mod stdin;
mod stdout;
mod surroundings;
mod users;
mod watches;
mod width;
mod workers;

pub use startup::main;
