//! The command table, and how a line becomes a command.

mod config;
mod control;
mod daemon;
mod fg;
mod logs;
mod status;

use super::error::ClientError;
use super::help;
use super::render;
use super::session::{Session, exit};

/// What Tab offers behind a command (CTL-058).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Words {
    /// Nothing.
    None,
    /// Names of commands.
    Actions,
    /// Names of groups.
    Groups,
    /// Names of processes.
    Processes,
}

/// What a command does. It gets what stands behind its name, without blanks around it.
#[derive(Clone, Copy)]
enum Action {
    Run(fn(&mut Session, &str) -> Result<(), ClientError>),
    /// Leaves the shell.
    Leave,
}

struct Command {
    name: &'static str,
    action: Action,
    words: Words,
    help: &'static str,
}

/// Every command that `help` lists, sorted by name.
const COMMANDS: [Command; 21] = [
    command("add", config::add, Words::Groups, help::ADD),
    command("avail", config::avail, Words::None, help::AVAIL),
    command("clear", logs::clear, Words::Processes, help::CLEAR),
    leave("exit", help::EXIT),
    command("fg", fg::fg, Words::Processes, help::FG),
    command("maintail", logs::maintail, Words::None, help::MAINTAIL),
    command("open", status::open, Words::None, help::OPEN),
    command("pid", status::pid, Words::Processes, help::PID),
    leave("quit", help::QUIT),
    command("reload", daemon::reload, Words::None, help::RELOAD),
    command("remove", config::remove, Words::Groups, help::REMOVE),
    command("reread", config::reread, Words::None, help::REREAD),
    command("restart", control::restart, Words::Processes, help::RESTART),
    command("shutdown", daemon::shutdown, Words::None, help::SHUTDOWN),
    command("signal", control::signal, Words::Processes, help::SIGNAL),
    command("start", control::start, Words::Processes, help::START),
    command("status", status::status, Words::Processes, help::STATUS),
    command("stop", control::stop, Words::Processes, help::STOP),
    command("tail", logs::tail, Words::Processes, help::TAIL),
    command("update", config::update, Words::Groups, help::UPDATE),
    command("version", daemon::version, Words::None, help::VERSION),
];

const fn command(
    name: &'static str,
    run: fn(&mut Session, &str) -> Result<(), ClientError>,
    words: Words,
    help: &'static str,
) -> Command {
    Command {
        name,
        action: Action::Run(run),
        words,
        help,
    }
}

const fn leave(name: &'static str, help: &'static str) -> Command {
    Command {
        name,
        action: Action::Leave,
        words: Words::None,
        help,
    }
}

/// The names that `help` lists.
pub fn names() -> [&'static str; COMMANDS.len()] {
    COMMANDS.map(|command| command.name)
}

/// What Tab offers behind `action`.
pub fn words_after(action: &str) -> Words {
    if action == "help" {
        return Words::Actions;
    }
    find(action).map_or(Words::None, |command| command.words)
}

fn find(name: &str) -> Option<&'static Command> {
    const { &COMMANDS }
        .iter()
        .find(|command| command.name == name)
}

/// What the shell does after a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Asks for another line.
    Continue,
    /// Ends.
    Leave,
    /// Ends because of Ctrl-C.
    Interrupted,
}

/// Carries out one line.
pub fn run_line(session: &mut Session, line: &str) -> Next {
    let line = line.trim();
    let Some((word, arguments)) = split(line) else {
        if !line.is_empty() {
            session.fail(session.unknown_command, &render::unknown_syntax(line));
        }
        return Next::Continue;
    };
    let action = match word {
        "help" => Action::Run(help),
        "EOF" => Action::Leave,
        _ => {
            let Some(command) = find(word) else {
                session.fail(session.unknown_command, &render::unknown_syntax(line));
                return Next::Continue;
            };
            command.action
        }
    };
    match action {
        Action::Run(run) => run_with_authentication(session, run, arguments),
        Action::Leave => {
            session.out.line("");
            Next::Leave
        }
    }
}

/// Splits a line into the name of a command and what stands behind it. A name is made of letters, digits
/// and underscores; `?` stands for `help` (CTL-052, CTL-056).
fn split(line: &str) -> Option<(&str, &str)> {
    if let Some(topic) = line.strip_prefix('?') {
        return Some(("help", topic.trim()));
    }
    let end = line
        .find(|character: char| !character.is_ascii_alphanumeric() && character != '_')
        .unwrap_or(line.len());
    let (word, rest) = line.split_at(end);
    (!word.is_empty()).then(|| (word, rest.trim()))
}

/// Runs a command; if the server wants other credentials and there is somebody to ask, asks and runs it
/// again (CTL-037, CTL-038).
fn run_with_authentication(
    session: &mut Session,
    run: fn(&mut Session, &str) -> Result<(), ClientError>,
    arguments: &str,
) -> Next {
    loop {
        let mut result = run(session, arguments);
        if result.as_ref().is_err_and(ClientError::is_unauthorized) {
            let wrong = session.on_terminal() && session.target.authorization().is_some();
            let line = if wrong && !session.interactive {
                render::WRONG_CREDENTIALS
            } else {
                "Server requires authentication"
            };
            session.fail(exit::GENERIC, line);
            if !session.interactive {
                return Next::Continue;
            }
            match ask_for_credentials(session) {
                Ok(()) => continue,
                Err(error) => result = Err(error),
            }
        }
        return match result {
            Ok(()) => Next::Continue,
            Err(ClientError::Interrupted) => Next::Interrupted,
            Err(error) => {
                session.report(&error);
                Next::Continue
            }
        };
    }
}

fn ask_for_credentials(session: &mut Session) -> Result<(), ClientError> {
    // so that the terminal is left as it was
    session.catch_interrupts()?;
    let interrupt = session.interrupt.clone();
    let username = session.input.question("Username:", &interrupt)?;
    let password = session.input.password("Password:", &interrupt)?;
    session.out.line("");
    session.target.username = Some(username);
    session.target.password = Some(password);
    session.status = 0;
    Ok(())
}

/// `help` (CTL-070 to CTL-072). One topic is all that stands behind it.
#[expect(
    clippy::unnecessary_wraps,
    reason = "has the signature of every command"
)]
fn help(session: &mut Session, topic: &str) -> Result<(), ClientError> {
    let text = match (topic, find(topic)) {
        ("", _) => help::overview(&names()),
        ("help", _) => help::HELP.to_owned(),
        (_, Some(command)) => command.help.to_owned(),
        (_, None) => help::nothing_on(topic),
    };
    session.out.line(&text);
    Ok(())
}

/// Tells that a command was used in a wrong way, and how it is meant.
fn usage_error(session: &mut Session, status: u8, line: &str, help: &str) {
    session.fail(status, line);
    session.out.line(help);
}

#[cfg(test)]
mod tests {
    use super::{names, split};

    #[test]
    fn ctl_052_words_and_arguments() {
        let table = [
            ("status", Some(("status", ""))),
            ("status  a b", Some(("status", "a b"))),
            ("tail-f x", Some(("tail", "-f x"))),
            ("?", Some(("help", ""))),
            ("? start", Some(("help", "start"))),
            ("?start stop", Some(("help", "start stop"))),
            ("!ls", None),
            (".", None),
            ("", None),
            ("9x_ y", Some(("9x_", "y"))),
            ("über", None),
        ];
        for (line, wanted) in table {
            assert_eq!(split(line), wanted, "{line:?}");
        }
    }

    #[test]
    fn table_is_sorted() {
        assert!(names().is_sorted());
    }
}
