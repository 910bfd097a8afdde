//! `supervisorctl`: commands to a server, one at a time or from a shell.
//!
//! Everything blocks, on one thread. The layers, from the outside in: [`shell`] reads lines, [`commands`]
//! carries them out, [`api`] is the server's methods, [`transport`] the bytes; [`render`] has every line
//! that is printed.

pub mod address;
pub mod api;
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
pub mod settings;
pub mod shell;
pub mod teletype;
pub mod transport;

use std::env;

use output::Output;
use session::{Session, exit};
use settings::Start;
use transport::Target;

/// Runs the program and says how it exits (CTL-016).
pub fn main() -> u8 {
    let words: Vec<String> = env::args_os()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    run(&words)
}

fn run(words: &[String]) -> u8 {
    let (args, settings) = match settings::read(words) {
        Ok(Start::Run { args, settings }) => (args, settings),
        Ok(Start::Help(text)) => {
            Output::default().text(&text);
            return 0;
        }
        Err(text) => {
            let program = words.first().map_or("supervisorctl", String::as_str);
            let text = render::escaped_lines(&text);
            output::error_text(&format!("Error: {text}\nFor help, use {program} -h\n"));
            return exit::INVALID_ARGS;
        }
    };
    if !settings.missing.is_empty() {
        output::error_line(&render::missing_plugins(&settings.missing));
    }
    let target = Target {
        url: settings.serverurl,
        file: settings.file,
        username: settings.username,
        password: settings.password,
    };
    let shell = args.action.is_empty();
    let mut session = Session::new(target, args.interactive || shell);
    if !settings.missing.is_empty() {
        session.unknown_command = exit::INVALID_ARGS;
    }
    if shell {
        shell::run(
            &mut session,
            &settings.prompt,
            settings.history_file.as_deref(),
        );
        return 0;
    }
    one_shot(&mut session, &args.action.join(" "))
}

/// Carries out one command; its exit status is ours (CTL-014 to CTL-016). What could not be written, on a full
/// disk for example, is no success.
fn one_shot(session: &mut Session, line: &str) -> u8 {
    let next = commands::run_line(session, line);
    if let Some(error) = session.out.lost() {
        output::error_line(&format!("Error: cannot write the output: {error}"));
        return exit::GENERIC;
    }
    match next {
        commands::Next::Interrupted => exit::INTERRUPTED,
        commands::Next::Continue | commands::Next::Leave => session.status,
    }
}
