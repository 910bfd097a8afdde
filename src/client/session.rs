//! What lasts from one command to the next: the server, the exit status, the terminal.

use std::rc::Rc;

use crate::base::fault::code;
use crate::base::version::API_VERSION;
use crate::sys::interrupt::Interrupt;

use super::api::Server;
use super::error::ClientError;
use super::input::Input;
use super::output::Output;
use super::render;
use super::transport::{Endpoint, Interrupter, Target};

/// Exit statuses (CTL section 2). The names are those of the reference's comments on LSB.
pub mod exit {
    /// Something went wrong.
    pub const GENERIC: u8 = 1;
    /// Arguments make no sense.
    pub const INVALID_ARGS: u8 = 2;
    /// The server has no `supervisor` namespace.
    pub const UNIMPLEMENTED: u8 = 3;
    /// `status`: something is stopped.
    pub const STATUS_STOPPED: u8 = 3;
    /// `status`: nothing is known.
    pub const STATUS_UNKNOWN: u8 = 4;
    /// The server refuses the connection.
    pub const REFUSED: u8 = 4;
    /// The server speaks another version.
    pub const OTHER_VERSION: u8 = 5;
    /// Something is not running.
    pub const NOT_RUNNING: u8 = 7;
    /// Ctrl-C ended a program that was waiting for an answer.
    pub const INTERRUPTED: u8 = 130;
}

/// The state of one run of the client.
#[derive(Debug)]
pub struct Session {
    /// The server that commands talk to.
    pub target: Target,
    /// Questions may be asked.
    pub interactive: bool,
    /// The exit status so far.
    pub status: u8,
    /// The exit status of a command that does not exist (CTL-052, DEC-083).
    pub unknown_command: u8,
    /// Where lines go.
    pub out: Output,
    /// Where answers come from.
    pub input: Input,
    /// Set while Ctrl-C ends a wait and not the process.
    pub interrupt: Interrupter,
}

impl Session {
    /// A session with `target`.
    pub fn new(target: Target, interactive: bool) -> Self {
        Self {
            target,
            interactive,
            status: 0,
            unknown_command: exit::GENERIC,
            out: Output::default(),
            input: Input::default(),
            interrupt: None,
        }
    }

    /// From here on Ctrl-C ends a wait and not the process.
    pub fn catch_interrupts(&mut self) -> Result<(), ClientError> {
        if self.interrupt.is_none() {
            self.interrupt = Some(Rc::new(Interrupt::catch()?));
        }
        Ok(())
    }

    /// The server.
    pub fn server(&self) -> Server {
        Server::new(Endpoint::new(self.target.clone(), self.interrupt.clone()))
    }

    /// Prints a line and sets the exit status.
    pub fn fail(&mut self, status: u8, line: &str) {
        self.out.line(line);
        self.status = status;
    }

    /// Prints what was not foreseen (CTL-035, DEC-080).
    pub fn report(&mut self, error: &ClientError) {
        let line = self.unreachable(error);
        let line = line.unwrap_or_else(|| render::trouble(error, &self.target, self.on_terminal()));
        self.fail(exit::GENERIC, &line);
    }

    /// The line for a server that is not there, if that is the error; in a pipe it is the reference's (CTL-031).
    fn unreachable(&self, error: &ClientError) -> Option<String> {
        let for_scripts = if error.is_refused() {
            render::refused
        } else if error.is_missing() {
            render::no_such_file
        } else {
            return None;
        };
        Some(if self.on_terminal() {
            render::trouble(error, &self.target, true)
        } else {
            for_scripts(&self.target.url)
        })
    }

    /// Somebody reads what is printed.
    pub fn on_terminal(&self) -> bool {
        self.out.is_terminal()
    }

    /// Asks the server for the version of its interface, as most commands do first; false if it was told
    /// that the server cannot be used (CTL-030 to CTL-034).
    pub fn upcheck(&mut self, server: &Server) -> Result<bool, ClientError> {
        let (status, line) = match server.api_version() {
            Ok(version) if version == API_VERSION => return Ok(true),
            Ok(version) => (exit::OTHER_VERSION, render::wrong_version(&version)),
            Err(ClientError::Fault(fault)) if fault.code == code::UNKNOWN_METHOD => {
                (exit::UNIMPLEMENTED, render::NO_NAMESPACE.to_owned())
            }
            Err(error) => {
                let status = if error.is_refused() {
                    exit::REFUSED
                } else {
                    exit::NOT_RUNNING
                };
                match self.unreachable(&error) {
                    Some(line) => (status, line),
                    None => return Err(error),
                }
            }
        };
        self.fail(status, &line);
        Ok(false)
    }

    /// Sets the exit status from the code of a row or a fault; `ignored` is a code that counts as none
    /// (CTL-020, CTL-021).
    pub fn note_code(&mut self, code: i64, ignored: Option<i64>) {
        self.status = match code {
            code::SUCCESS => self.status,
            code if Some(code) == ignored => self.status,
            code::SPAWN_ERROR | code::ABNORMAL_TERMINATION | code::NOT_RUNNING => exit::NOT_RUNNING,
            _ => exit::GENERIC,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::{Session, Target};

    #[test]
    fn ctl_020_last_failing_row_wins() {
        let table: [(&[i64], Option<i64>, u8); 9] = [
            (&[80], None, 0),
            (&[60], Some(60), 0),
            (&[70], Some(70), 0),
            (&[60], None, 1),
            (&[70], None, 7),
            (&[50, 80, 60], Some(60), 7),
            (&[21, 50], Some(60), 7),
            (&[50, 21], Some(60), 1),
            (&[40], Some(60), 7),
        ];
        for (codes, ignored, status) in table {
            let mut session = Session::new(Target::default(), false);
            for code in codes {
                session.note_code(*code, ignored);
            }
            assert_eq!(session.status, status, "{codes:?}");
        }
    }
}
