//! The two programs as black boxes, one file per area of the behaviour that people rely on.
//!
//! A test's name begins with the id of the fact that it shows (`proc_014_…`, `dmn_025_…`). Every test
//! has its own folder, socket and processes, waits for conditions and never for time, and leaves
//! nothing behind. `SUPERVISOR_TEST_PROGRAMS=DIR` runs the suite against other programs.

#[path = "../common/mod.rs"]
mod common;

mod access;
mod child_logs;
mod client;
mod config;
mod container;
mod ctl;
mod ctl_logs;
mod daemon;
mod examples;
mod fastcgi;
mod groups;
mod http;
mod ipv6;
mod listeners;
mod main_log;
mod matrix;
mod mistakes;
mod notify;
mod privileges;
mod process_spawn;
mod process_states;
mod process_stop;
mod quiet;
mod reference;
mod reread;
mod result_handler;
mod rpc_control;
mod rpc_logs;
mod sockets;
mod superlance;
mod syslog;
mod terminal;
mod tools;
mod web;
