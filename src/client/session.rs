//! What lasts from one command to the next, and how a command is carried out between terminal and server.

use super::api::Server;
use super::commands::request::{Deed, Request};
use super::commands::{self, Command};
use super::error::ClientError;
use super::fg;
use super::follow;
use super::help;
use super::input::Input;
use super::output::Output;
use super::problem::Problem;
use super::report::{Entry, Report};
use super::run;
use super::status;
use super::transport::{Endpoint, Target};

/// The state of one run of the client.
#[derive(Debug)]
pub struct Session {
    /// The server that commands talk to.
    pub target: Target,
    /// Questions may be asked.
    pub interactive: bool,
    /// The exit status of a command that does not exist (CTL-052, DEC-083).
    pub unknown_command: u8,
    /// Where lines go.
    pub out: Output,
    /// Where answers come from.
    pub input: Input,
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
    /// A session with `target`.
    pub fn new(target: Target, interactive: bool) -> Self {
        Self {
            target,
            interactive,
            unknown_command: status::GENERIC,
            out: Output::default(),
            input: Input::default(),
        }
    }

    /// The server.
    fn server(&self) -> Server {
        Server::new(Endpoint::new(self.target.clone(), self.input.interrupter()))
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
        let Self { out, target, .. } = self;
        let mut reader = |entry: &Entry| out.entry(entry, target);
        let mut report = Report::new(&mut reader);
        report.add(entry);
        Next::Go(report.status())
    }

    /// The server wants other credentials: if there is somebody to ask, asks and gives nothing; otherwise what
    /// follows (CTL-037, CTL-038).
    fn refused_credentials(&mut self) -> Result<Option<Next>, ClientError> {
        let wrong = self.out.is_terminal() && self.target.authorization().is_some();
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
        self.input.catch_interrupts()?;
        let username = self.input.question("Username:")?;
        let password = self.input.password("Password:")?;
        self.out.line("");
        self.target.username = Some(username);
        self.target.password = Some(password);
        Ok(None)
    }

    /// Does what `request` says, once.
    fn attempt(&mut self, request: &Request) -> Result<Next, ClientError> {
        let server = self.server();
        let Self { out, target, .. } = self;
        let mut reader = |entry: &Entry| out.entry(entry, target);
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
        match &request.deed {
            Err(misuse) => report.add(Entry::Problem(Problem::Misuse {
                line: misuse.line.clone(),
                help: misuse.shows_help.then_some(request.command.help),
                status: misuse.status,
            })),
            Ok(Deed::Call(call)) => {
                if let Some(question) = call.question()
                    && self.interactive
                    && !confirmed(&mut self.input, question)?
                {
                    return Ok(Next::Go(0));
                }
                run::run(&server, call, &mut report)?;
            }
            Ok(Deed::Follow(log)) => follow::follow(target, log, &mut self.input, &mut report)?,
            Ok(Deed::Foreground(name)) => {
                fg::fg(&server, target, name, &mut self.input, &mut report)?;
            }
            Ok(Deed::Help(topic)) => report.add(Entry::Line(help_on(topic))),
            Ok(Deed::Leave) => {
                report.add(Entry::Line(String::new()));
                return Ok(Next::Leave);
            }
            Ok(Deed::Open(url)) => {
                url.clone_into(&mut self.target.url);
                self.target.file = None;
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
fn confirmed(input: &mut Input, question: &str) -> Result<bool, ClientError> {
    // so that the terminal is left as it was
    input.catch_interrupts()?;
    Ok(input.question(question)?.starts_with(['y', 'Y']))
}

/// What `help` prints (CTL-070 to CTL-072).
fn help_on(topic: &str) -> String {
    match commands::find(topic) {
        _ if topic.is_empty() => help::overview(&commands::names()),
        Some(command) => command.help.to_owned(),
        None => help::nothing_on(topic),
    }
}
