//! Supervisor, the process control system.
//!
//! The library behind the programs `supervisord` and `supervisorctl`. `docs/architecture.md` draws the
//! layers; the arrows between them point from the imported to the importer:
//! `base` <- `config`, `process`, `events`, `logs` <- `supervisor` <- `api` <- `rpc` <- `http` <- `daemon`.

pub mod api;
pub mod base;
pub mod client;
pub mod config;
pub mod daemon;
pub mod events;
pub mod http;
pub mod logs;
pub mod process;
pub mod rpc;
pub mod supervisor;
pub mod sys;
pub mod tools;
