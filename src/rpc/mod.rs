//! XML-RPC: text to calls, calls to the supervisor, answers to text.
#![expect(
    clippy::unnecessary_wraps,
    reason = "the handlers of the method table have one type"
)]

mod args;
mod config;
mod dispatch;
mod ext;
mod last_answer;
mod logs;
pub mod methods;
mod multicall;
pub mod pace;
mod processes;
pub mod reply;
mod repr;
mod rows;
mod share;
mod state;
mod stdin;
mod system;
pub mod wire;

pub use dispatch::dispatch;
pub use last_answer::tidy;
