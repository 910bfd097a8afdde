//! What lasts from one command to the next, and how a command is carried out between terminal and server.

use super::api::Server;
use super::commands::request::{Action, Request};
use super::commands::{self, Command};
use super::console::Console;
use super::error::ClientError;
use super::fg;
use super::follow;
use super::help;
use super::printer::Printer;
use super::problem::Problem;
use super::report::{Entry, Report};
use super::run;
use super::status;
use super::transport::{Endpoint, Remote};

/// The state of one run of the client.
#[derive(Debug)]
pub struct Session {
    /// The server that commands talk to.
    pub remote: Remote,
    /// Questions may be asked.
    pub interactive: bool,
    /// The exit status of a command that does not exist (CTL-052, DEC-083).
    pub unknown_command: u8,
    /// Where lines go.
    pub printer: Printer,
    /// Where answers come from.
    pub console: Console,
}

/// What the shell does after a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Asks for another line; a program of one command ends with this exit status.
    Go(u8),
    /// Ends.
    Leave,
    /// Ends because of Ctrl-C.
    Interrupted,
}

impl Session {
    /// A session with `remote`.
    pub fn new(remote: Remote, interactive: bool) -> Self {
        Self {
            remote,
            interactive,
            unknown_command: status::GENERIC,
            printer: Printer::default(),
            console: Console::default(),
        }
    }

    /// The server.
    fn server(&self) -> Server {
        Server::new(Endpoint::new(
            self.remote.clone(),
            self.console.interrupter(),
        ))
    }

    /// Carries out one command; `typed` is how the user wrote `words`.
    pub fn carry_out(&mut self, words: &[&str], typed: &str) -> Next {
        if words.is_empty() {
            return Next::Go(0);
        }
        let Some(request) = Command::parse(words) else {
            let line = typed.trim().to_owned();
            let status = self.unknown_command;
            return self.tell(Entry::Problem(Problem::UnknownCommand { line, status }));
        };
        loop {
            let error = match self.attempt(&request) {
                Ok(next) => return next,
                Err(error) if error.is_unauthorized() => match self.refused_credentials() {
                    Ok(Some(next)) => return next,
                    // once more, with the new ones
                    Ok(None) => continue,
                    Err(error) => error,
                },
                Err(error) => error,
            };
            return match error {
                ClientError::Interrupted => Next::Interrupted,
                error => self.tell(Entry::Trouble(error)),
            };
        }
    }

    /// Prints a report of one entry.
    fn tell(&mut self, entry: Entry) -> Next {
        let Self {
            printer, remote, ..
        } = self;
        let mut reader = |entry: &Entry| printer.entry(entry, remote);
        let mut report = Report::new(&mut reader);
        report.add(entry);
        Next::Go(report.status())
    }

    /// The server wants other credentials: if there is somebody to ask, asks and gives nothing; otherwise what
    /// follows (CTL-037, CTL-038).
    fn refused_credentials(&mut self) -> Result<Option<Next>, ClientError> {
        let wrong = self.printer.is_terminal() && self.remote.authorization().is_some();
        let problem = if wrong && !self.interactive {
            Problem::WrongCredentials
        } else {
            Problem::NoCredentials
        };
        let next = self.tell(Entry::Problem(problem));
        if !self.interactive {
            return Ok(Some(next));
        }
        // so that the terminal is left as it was
        self.console.catch_interrupts()?;
        let username = self.console.question("Username:")?;
        let password = self.console.password("Password:")?;
        self.printer.line("");
        self.remote.username = Some(username);
        self.remote.password = Some(password);
        Ok(None)
    }

    /// Does what `request` says, once.
    fn attempt(&mut self, request: &Request) -> Result<Next, ClientError> {
        let server = self.server();
        let on_terminal = self.printer.is_terminal();
        let Self {
            printer, remote, ..
        } = self;
        let mut reader = |entry: &Entry| printer.entry(entry, remote);
        let mut report = Report::new(&mut reader);
        if request.command.asks_version
            && let Some(problem) = run::ask_version(&server)?
        {
            report.add(Entry::Problem(problem));
            // `status` of a server that cannot be asked is always the same (CTL-031)
            let of_status = request.command.name == "status";
            return Ok(Next::Go(if of_status {
                status::UNKNOWN
            } else {
                report.status()
            }));
        }
        match &request.action {
            Err(misuse) => report.add(Entry::Problem(Problem::Misuse {
                line: misuse.line.clone(),
                help: misuse.shows_help.then(|| request.command.help.to_owned()),
                status: misuse.status,
            })),
            Ok(Action::Call(call)) => {
                if let Some(question) = call.question()
                    && self.interactive
                    && !confirmed(&mut self.console, question)?
                {
                    return Ok(Next::Go(0));
                }
                run::run(&server, call, &mut report)?;
            }
            Ok(Action::Follow(log)) => follow::follow(remote, log, &mut self.console, &mut report)?,
            Ok(Action::Foreground(name)) => {
                fg::fg(&server, remote, name, &mut self.console, &mut report)?;
            }
            Ok(Action::Help(topic)) => report.add(Entry::Line(help_on(topic, on_terminal))),
            Ok(Action::Leave) => {
                report.add(Entry::Line(String::new()));
                return Ok(Next::Leave);
            }
            Ok(Action::Open(url)) => {
                url.clone_into(&mut self.remote.url);
                self.remote.file = None;
                // whatever it says, the exit status stays as it was (CTL-160)
                return Ok(match self.carry_out(&["status"], "status") {
                    Next::Go(_) => Next::Go(0),
                    next => next,
                });
            }
        }
        Ok(Next::Go(report.status()))
    }
}

/// Asks a question; any answer that begins with y is a yes (CTL-150).
fn confirmed(console: &mut Console, question: &str) -> Result<bool, ClientError> {
    // so that the terminal is left as it was
    console.catch_interrupts()?;
    Ok(console.question(question)?.starts_with(['y', 'Y']))
}

/// What `help` prints (CTL-070 to CTL-072). What the reference has not is told to people, and to who asks for `more`
/// (CLX-006).
fn help_on(topic: &str, on_terminal: bool) -> String {
    let overview = help::overview(&commands::names());
    match topic {
        "more" => {
            let more = help::more(&commands::more_names());
            format!("{overview}\n{more}\n{}", commands::more_help())
        }
        "" if on_terminal => help_on("more", true),
        "" => overview,
        _ => match commands::find(topic) {
            Some(command) => command.help.to_owned(),
            None => help::nothing_on(topic),
        },
    }
}
