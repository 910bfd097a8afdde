//! `supervisorctl`: commands to a server, one at a time or from a shell.
//!
//! Everything blocks, on one thread. A command is made of values: [`commands`] makes a request of words, [`run`]
//! asks the server ([`api`] is its methods, [`transport`] the bytes) and fills a [`report`], [`render`] makes text of
//! that. [`session`] stands between them and the terminal, of which [`shell`] reads lines.

pub mod address;
pub mod api;
pub mod commands;
pub mod complete;
pub mod console;
pub mod error;
pub mod fg;
pub mod follow;
pub mod help;
pub mod lines;
pub mod printer;
pub mod problem;
pub mod render;
pub mod report;
pub mod response;
pub mod run;
pub mod session;
pub mod settings;
pub mod shell;
pub mod status;
pub mod teletype;
pub mod transport;

use std::env;

use printer::Printer;
use session::{Next, Session};
use settings::Start;
use transport::Remote;

/// Runs the program and says how it exits (CTL-016).
pub fn main() -> u8 {
    let words: Vec<String> = env::args_os()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    start(&words)
}

fn start(words: &[String]) -> u8 {
    let (args, settings) = match settings::read(words) {
        Ok(Start::Run { args, settings }) => (args, settings),
        Ok(Start::Help(text)) => {
            Printer::default().text(&text);
            return 0;
        }
        Err(text) => {
            let program = words.first().map_or("supervisorctl", String::as_str);
            let text = render::escaped_lines(&text);
            printer::error_text(&format!("Error: {text}\nFor help, use {program} -h\n"));
            return status::INVALID_ARGS;
        }
    };
    if !settings.missing.is_empty() {
        printer::error_line(&render::missing_plugins(&settings.missing));
    }
    let remote = Remote {
        url: settings.serverurl,
        file: settings.file,
        username: settings.username,
        password: settings.password,
    };
    let shell = args.action.is_empty();
    let mut session = Session::new(remote, args.interactive || shell);
    if !settings.missing.is_empty() {
        session.unknown_command = status::INVALID_ARGS;
    }
    if shell {
        shell::run(
            &mut session,
            &settings.prompt,
            settings.history_file.as_deref(),
        );
        return 0;
    }
    one_shot(&mut session, &args.action)
}

/// Carries out one command; its exit status is ours (CTL-014 to CTL-016). What could not be written, on a full
/// disk for example, is no success. An argument with blanks in it is several words, as in the shell.
fn one_shot(session: &mut Session, arguments: &[String]) -> u8 {
    let words: Vec<&str> = arguments
        .iter()
        .flat_map(|argument| argument.split_whitespace())
        .collect();
    let next = session.carry_out(&words, &arguments.join(" "));
    if let Some(error) = session.printer.lost() {
        printer::error_line(&format!("Error: cannot write the output: {error}"));
        return status::GENERIC;
    }
    match next {
        Next::Go(status) => status,
        Next::Leave => 0,
        Next::Interrupted => status::INTERRUPTED,
    }
}
