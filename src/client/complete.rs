//! What Tab offers in the shell (CTL-058, CTL-059).

use std::cell::OnceCell;

use rustyline::completion::Completer;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::validate::Validator;
use rustyline::{Context, Helper};

use super::api::{ProcessInfo, Server};
use super::commands::{self, Offer};
use super::transport::{Endpoint, Interrupter, Remote};

/// What ends a word for the line editor; `:`, `*` and `-` do not, so that `group:*` is one word (CTL-057).
const DELIMITERS: &str = " \t\n`~!@#$%^&()=+[{]}\\|;'\",<>/?";

/// Completes one line. Processes are asked for once, when they are first needed.
#[derive(Debug)]
pub struct Completion {
    remote: Remote,
    interrupt: Interrupter,
    processes: OnceCell<Vec<ProcessInfo>>,
}

impl Completion {
    /// Completes with the names that `remote` knows.
    pub fn new(remote: Remote, interrupt: Interrupter) -> Self {
        Self {
            remote,
            interrupt,
            processes: OnceCell::new(),
        }
    }

    /// Where the word before `position` begins in `line`, and what it can become.
    pub fn of(&self, line: &str, position: usize) -> (usize, Vec<String>) {
        let before = line.get(..position).unwrap_or(line);
        let start = before
            .rfind(|character| DELIMITERS.contains(character))
            .map_or(0, |place| place + 1);
        let word = before.get(start..).unwrap_or_default();
        (start, candidates(line, word, || self.processes()))
    }

    /// The server's processes; none if it does not answer.
    fn processes(&self) -> &[ProcessInfo] {
        self.processes.get_or_init(|| {
            let endpoint = Endpoint::new(self.remote.clone(), self.interrupt.clone());
            Server::new(endpoint).processes().unwrap_or_default()
        })
    }
}

impl Completer for Completion {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(self.of(line, position))
    }
}

impl Helper for Completion {}
impl Highlighter for Completion {}
impl Hinter for Completion {
    type Hint = String;
}
impl Validator for Completion {}

/// What can stand for `word` in `line`, sorted, each with a blank behind it. A name with control characters is
/// not offered: the line editor would write them to the terminal (DEC-082).
fn candidates<'a>(
    line: &str,
    word: &str,
    processes: impl FnOnce() -> &'a [ProcessInfo],
) -> Vec<String> {
    let first = line.split_whitespace().next();
    let only = line.split_whitespace().nth(1).is_none() && !line.ends_with(' ');
    let wanted = match first {
        Some(name) if !only => commands::find(name).map_or(Offer::Nothing, |found| found.offer),
        _ => Offer::Commands,
    };
    let command = first.filter(|_| !only).and_then(commands::find);
    let flags = command.map_or(&[][..], |command| command.flags);
    let names = match wanted {
        _ if word.starts_with('-') => flags.iter().map(ToString::to_string).collect(),
        Offer::Nothing => Vec::new(),
        Offer::Commands => command_names(),
        Offer::Groups => group_names(processes()),
        Offer::Processes => process_names(processes(), word.contains(':')),
    };
    let mut fitting: Vec<String> = names
        .into_iter()
        .filter(|name| name.starts_with(word) && !name.contains(char::is_control))
        .map(|name| name + " ")
        .collect();
    fitting.sort();
    fitting.dedup();
    fitting
}

fn command_names() -> Vec<String> {
    std::iter::once("help")
        .chain(commands::names())
        .chain(commands::more_names())
        .map(str::to_owned)
        .collect()
}

fn group_names(processes: &[ProcessInfo]) -> Vec<String> {
    processes
        .iter()
        .map(|process| process.group.clone())
        .collect()
}

/// Namespecs of processes, and of the groups that are more than one process; of all groups if the user has
/// typed a colon.
fn process_names(processes: &[ProcessInfo], with_colon: bool) -> Vec<String> {
    let names = processes.iter().flat_map(|process| {
        let (group, name) = (&process.group, &process.name);
        if with_colon || group != name {
            vec![format!("{group}:{name}"), format!("{group}:*")]
        } else {
            vec![name.clone()]
        }
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::{DELIMITERS, candidates};
    use crate::client::api::running as process;

    #[test]
    fn ctl_058_candidates() {
        let processes = [
            process("cat", "cat"),
            process("web", "a"),
            process("web", "b-1"),
            process("evil\u{1b}c", "evil\u{1b}c"),
            process("web", "evil\u{9b}2J"),
        ];
        let table: [(&str, &[&str]); 20] = [
            ("start --", &["--no-deps "]),
            ("stop cat --w", &["--with-dependents "]),
            ("pid --", &[]),
            ("sta", &["start ", "status "]),
            ("E", &[]),
            ("he", &["health ", "help "]),
            ("help st", &["start ", "status ", "stop "]),
            ("start ", &["cat ", "web:* ", "web:a ", "web:b-1 "]),
            ("start c", &["cat "]),
            ("start web:", &["web:* ", "web:a ", "web:b-1 "]),
            ("start cat:", &["cat:* ", "cat:cat "]),
            ("stop web:b-", &["web:b-1 "]),
            ("signal HUP c", &["cat "]),
            ("add ", &["cat ", "web "]),
            ("update w", &["web "]),
            ("remove cat w", &["web "]),
            ("avail ", &[]),
            ("nonsense ", &[]),
            ("status a", &[]),
            ("  clear ca", &["cat "]),
        ];
        for (line, wanted) in table {
            let start = line.rfind(|character| DELIMITERS.contains(character));
            let word = &line[start.map_or(0, |place| place + 1)..];
            assert_eq!(candidates(line, word, || &processes), wanted, "{line:?}");
        }
        let actions = candidates("", "", || &[]);
        assert_eq!(actions.len(), 24);
        assert!(actions.contains(&"help ".to_owned()) && !actions.contains(&"EOF ".to_owned()));
    }
}
