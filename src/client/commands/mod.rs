//! The table of commands, and how words become a request.

mod parse;
pub mod request;

use super::help;
use parse::Words;
use request::{Action, Call, Misuse, Request};

/// What Tab offers behind a command (CTL-058).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// Nothing.
    Nothing,
    /// Names of commands.
    Commands,
    /// Names of groups.
    Groups,
    /// Names of processes.
    Processes,
}

/// One command.
#[derive(Debug, Clone, Copy)]
pub struct Command {
    /// What the user types.
    pub name: &'static str,
    parse: fn(Words<'_>) -> Result<Action, Misuse>,
    /// The server is asked for its version before anything else, also before words that make no sense are
    /// refused (CTL-030).
    pub asks_version: bool,
    /// What Tab offers behind it.
    pub offer: Offer,
    /// Words that change what it does, which are no names.
    pub flags: &'static [&'static str],
    /// What `help` tells about it.
    pub help: &'static str,
    /// What it can do beyond the reference; told by `help more`, since its own help stays the reference's (CLX-006).
    pub more_help: Option<&'static str>,
}

/// The reference's commands, sorted by name.
const COMMANDS: [Command; 21] = [
    early(
        "add",
        |words| any(words, Call::Add),
        Offer::Groups,
        help::ADD,
    ),
    early("avail", parse::available, Offer::Nothing, help::AVAIL),
    checked("clear", parse::clear, Offer::Processes, help::CLEAR),
    early("exit", |_| Ok(Action::Leave), Offer::Nothing, help::EXIT),
    checked("fg", parse::foreground, Offer::Processes, help::FG),
    checked("maintail", parse::main_tail, Offer::Nothing, help::MAINTAIL),
    early("open", parse::open, Offer::Nothing, help::OPEN),
    checked(
        "pid",
        |words| any(words, Call::Pid),
        Offer::Processes,
        help::PID,
    ),
    early("quit", |_| Ok(Action::Leave), Offer::Nothing, help::QUIT),
    early("reload", parse::reload, Offer::Nothing, help::RELOAD),
    early(
        "remove",
        |words| any(words, Call::Remove),
        Offer::Groups,
        help::REMOVE,
    ),
    early("reread", parse::reread, Offer::Nothing, help::REREAD),
    with_flag(
        checked("restart", parse::restart, Offer::Processes, help::RESTART),
        &["--with-dependents"],
        help::MORE_RESTART,
    ),
    early("shutdown", parse::shutdown, Offer::Nothing, help::SHUTDOWN),
    checked("signal", parse::signal, Offer::Processes, help::SIGNAL),
    with_flag(
        checked("start", parse::start, Offer::Processes, help::START),
        &["--no-deps"],
        help::MORE_START,
    ),
    checked(
        "status",
        |words| any(words, Call::Status),
        Offer::Processes,
        help::STATUS,
    ),
    with_flag(
        checked("stop", parse::stop, Offer::Processes, help::STOP),
        &["--with-dependents"],
        help::MORE_STOP,
    ),
    checked("tail", parse::tail, Offer::Processes, help::TAIL),
    early(
        "update",
        |words| any(words, Call::Update),
        Offer::Groups,
        help::UPDATE,
    ),
    early("version", parse::version, Offer::Nothing, help::VERSION),
];

/// Commands that the reference has not, sorted by name. A server without what they need says so (CLX-004).
const MORE: [Command; 2] = [
    checked(
        "health",
        |words| any(words, Call::Health),
        Offer::Processes,
        help::HEALTH,
    ),
    checked("refresh", parse::refresh, Offer::Processes, help::REFRESH),
];

/// Not in its own list.
const HELP: Command = early(
    "help",
    |words| Ok(Action::Help(words.join(" "))),
    Offer::Commands,
    help::HELP,
);

/// Words that can be anything.
#[expect(clippy::unnecessary_wraps, reason = "stands where words can be wrong")]
fn any(words: Words<'_>, call: fn(Vec<String>) -> Call) -> Result<Action, Misuse> {
    Ok(Action::Call(call(parse::names(words))))
}

/// A command before which the server's version is looked at.
const fn checked(
    name: &'static str,
    parse: fn(Words<'_>) -> Result<Action, Misuse>,
    offer: Offer,
    help: &'static str,
) -> Command {
    Command {
        asks_version: true,
        ..early(name, parse, offer, help)
    }
}

/// A command of the reference with flags of ours.
const fn with_flag(
    command: Command,
    flags: &'static [&'static str],
    more_help: &'static str,
) -> Command {
    Command {
        flags,
        more_help: Some(more_help),
        ..command
    }
}

/// A command that begins without a look at the server.
const fn early(
    name: &'static str,
    parse: fn(Words<'_>) -> Result<Action, Misuse>,
    offer: Offer,
    help: &'static str,
) -> Command {
    Command {
        name,
        parse,
        asks_version: false,
        offer,
        flags: &[],
        help,
        more_help: None,
    }
}

impl Command {
    /// What `words` ask for; none if the first is no command.
    pub fn parse(words: &[&str]) -> Option<Request> {
        let (first, rest) = words.split_first()?;
        // of the Go supervisord; split, they would start and stop what they do not mean (GOC-104)
        if matches!(*first, "start-group" | "stop-group") {
            return None;
        }
        let (name, glued) = split(first)?;
        let name = if name == "EOF" { "exit" } else { name };
        let command = find(name)?;
        let words: Vec<&str> = glued.into_iter().chain(rest.iter().copied()).collect();
        Some(Request {
            command,
            action: (command.parse)(&words),
        })
    }
}

/// The names of the reference's commands.
pub fn names() -> [&'static str; COMMANDS.len()] {
    COMMANDS.map(|command| command.name)
}

/// The names of the commands that the reference has not.
pub fn more_names() -> [&'static str; MORE.len()] {
    MORE.map(|command| command.name)
}

/// What the reference's commands can do here besides, a line for each.
pub fn more_help() -> String {
    let lines: Vec<&str> = const { &COMMANDS }
        .iter()
        .filter_map(|command| command.more_help)
        .collect();
    lines.join("\n")
}

/// The command of that name.
pub fn find(name: &str) -> Option<&'static Command> {
    const { &COMMANDS }
        .iter()
        .chain(const { &MORE })
        .chain([const { &HELP }])
        .find(|command| command.name == name)
}

/// Splits the first word into the name of a command and what is glued to it. A name is made of letters, digits
/// and underscores; `?` stands for `help` (CTL-052, CTL-056).
fn split(word: &str) -> Option<(&str, Option<&str>)> {
    let (name, glued) = if let Some(topic) = word.strip_prefix('?') {
        ("help", topic)
    } else {
        let end = word
            .find(|character: char| !character.is_ascii_alphanumeric() && character != '_')
            .unwrap_or(word.len());
        word.split_at(end)
    };
    (!name.is_empty()).then(|| (name, Some(glued).filter(|glued| !glued.is_empty())))
}

#[cfg(test)]
mod tests {
    use super::{Action, Call, Command, more_names, names, split};

    #[test]
    fn ctl_052_names_of_commands() {
        let table = [
            ("status", Some(("status", None))),
            ("tail-f", Some(("tail", Some("-f")))),
            ("?", Some(("help", None))),
            ("?start", Some(("help", Some("start")))),
            ("!ls", None),
            (".", None),
            ("9x_", Some(("9x_", None))),
            ("über", None),
        ];
        for (word, wanted) in table {
            assert_eq!(split(word), wanted, "{word:?}");
        }
    }

    #[test]
    fn words_stay_words() {
        let action = |words: &[&str]| Command::parse(words).map(|request| request.action);
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        let call = |call| Some(Ok(Action::Call(call)));
        let table = [
            (vec!["status"], call(Call::Status(names(&[])))),
            (
                vec!["status", "a", "b"],
                call(Call::Status(names(&["a", "b"]))),
            ),
            (vec!["EOF"], Some(Ok(Action::Leave))),
            (vec!["quit", "x"], Some(Ok(Action::Leave))),
            (
                vec!["?start", "stop"],
                Some(Ok(Action::Help("start stop".to_owned()))),
            ),
            (vec!["dance"], None),
            (vec!["start-group", "web"], None),
            (vec![], None),
        ];
        for (words, wanted) in table {
            assert_eq!(action(&words), wanted, "{words:?}");
        }
    }

    #[test]
    fn table_is_sorted() {
        assert!(names().is_sorted() && more_names().is_sorted());
    }
}
