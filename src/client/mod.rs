//! `supervisorctl`: commands to a server, one at a time or from a shell.
//!
//! Everything blocks, on one thread. The layers, from the outside in: [`shell`] reads lines, [`commands`]
//! carries them out, [`api`] is the server's methods, [`transport`] the bytes; [`render`] has every line
//! that is printed.

pub mod address;
pub mod api;
pub mod code;
pub mod commands;
pub mod complete;
pub mod error;
pub mod follow;
pub mod help;
pub mod input;
pub mod lines;
pub mod output;
pub mod render;
pub mod response;
pub mod session;
mod settings;
pub mod shell;
pub mod teletype;
pub mod transport;

use std::ffi::OsString;

use session::{Session, exit};
use settings::Start;
use transport::Target;

/// Runs the client with the arguments of the program, its own name first, and says how to exit (CTL-016).
pub fn run(arguments: impl Iterator<Item = OsString>) -> u8 {
    let arguments = arguments.map(|argument| argument.to_string_lossy().into_owned());
    match settings::start(arguments.collect()) {
        Start::Run(settings) => {
            let target = Target {
                url: settings.serverurl,
                username: settings.username,
                password: settings.password,
            };
            let interactive = settings.interactive || settings.words.is_empty();
            let mut session = Session::new(target, interactive);
            if settings.words.is_empty() {
                shell::run(
                    &mut session,
                    &settings.prompt,
                    settings.history_file.as_deref(),
                );
                return 0;
            }
            one_shot(&mut session, &settings.words.join(" "))
        }
        Start::Help(program) => {
            output::Output::default().text(&help::usage(&program));
            0
        }
        Start::Error { program, text } => {
            output::error_line(&format!("Error: {text}\nFor help, use {program} -h"));
            exit::INVALID_ARGS
        }
    }
}

/// Carries out one command; its exit status is ours (CTL-014 to CTL-016).
fn one_shot(session: &mut Session, line: &str) -> u8 {
    match commands::run_line(session, line) {
        commands::Next::Interrupted => exit::INTERRUPTED,
        commands::Next::Continue | commands::Next::Leave => session.status,
    }
}
