//! Lines from the user: with editing and history on a terminal, plain from a pipe.

use std::env;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nix::errno::Errno;
use nix::poll::PollFlags;
use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
use nix::unistd::read;
use rustyline::error::ReadlineError;
use rustyline::history::{DefaultHistory, History, SearchDirection};
use rustyline::{CompletionType, Config, Editor};

use super::complete::Completion;
use super::error::ClientError;
use super::output;
use super::transport::{Interrupter, Target, wait};

/// How many commands the history keeps.
const HISTORY_LENGTH: usize = 100_000;

/// What came instead of, or as, a line.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// A line, without its end.
    Text(String),
    /// The input ended. The cursor stands after the prompt, or already on a line of its own.
    End {
        /// The cursor stands on a line of its own.
        fresh_line: bool,
    },
    /// Ctrl-C.
    Interrupted {
        /// The cursor stands on a line of its own.
        fresh_line: bool,
    },
}

/// Where lines come from. The editor is made when it is first needed.
#[derive(Debug, Default)]
pub struct Input {
    editor: Option<Editor<Completion, DefaultHistory>>,
    plain: Plain,
}

impl Input {
    /// Asks for the next command, with history and with completion from `target`.
    pub fn command(&mut self, prompt: &str, target: &Target, interrupt: &Interrupter) -> Line {
        let Some(editor) = self.editor() else {
            return self.plain.ask(prompt, interrupt);
        };
        editor.set_helper(Some(Completion::new(target.clone(), interrupt.clone())));
        let line = edit(editor, prompt);
        if let Line::Text(text) = &line {
            // a full or broken history is no reason to refuse a command
            let _ = editor.add_history_entry(text.as_str());
        }
        line
    }

    /// Asks a question; the answer does not go into the history.
    pub fn question(
        &mut self,
        prompt: &str,
        interrupt: &Interrupter,
    ) -> Result<String, ClientError> {
        let line = match self.editor() {
            Some(editor) => {
                editor.set_helper(None);
                edit(editor, prompt)
            }
            None => self.plain.ask(prompt, interrupt),
        };
        match line {
            Line::Text(text) => Ok(text),
            Line::End { .. } => Err(ClientError::EndOfInput),
            Line::Interrupted { .. } => Err(ClientError::Interrupted),
        }
    }

    /// Asks for a password on the terminal without showing what is typed (CTL-038); without a terminal it
    /// comes from standard input.
    pub fn password(
        &mut self,
        prompt: &str,
        interrupt: &Interrupter,
    ) -> Result<String, ClientError> {
        let terminal = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open("/dev/tty");
        let Ok(terminal) = terminal else {
            output::error_text(prompt);
            return self.plain.answer(interrupt);
        };
        let mut lines = Lines::default();
        let answer = {
            let _hidden = Hidden::new(terminal.as_fd());
            (&terminal).write_all(prompt.as_bytes())?;
            lines.next(terminal.as_fd(), interrupt)
        };
        // the user's Return was not shown either
        (&terminal).write_all(b"\n")?;
        answer?.ok_or(ClientError::EndOfInput)
    }

    /// The lines of standard input without any prompt, for `fg`.
    pub fn plain(&mut self) -> &mut Plain {
        &mut self.plain
    }

    /// Takes up the commands of an earlier session; errors are ignored (CTL-057).
    pub fn load_history(&mut self, file: &Path) {
        let Ok(bytes) = fs::read(file) else {
            return;
        };
        if let Some(editor) = self.editor() {
            for line in String::from_utf8_lossy(&bytes).lines() {
                // what does not fit into the history is not kept
                let _ = editor.add_history_entry(line);
            }
        }
    }

    /// Writes the commands for a later session, one a line; errors are ignored (CTL-057).
    pub fn save_history(&mut self, file: &Path) {
        let Some(editor) = self.editor.as_ref() else {
            return;
        };
        let history = editor.history();
        let mut text = String::new();
        for place in 0..history.len() {
            if let Ok(Some(entry)) = history.get(place, SearchDirection::Forward) {
                text.push_str(&entry.entry);
                text.push('\n');
            }
        }
        let opened = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(file);
        // the shell is about to end, and the history is not worth an error
        let _ = opened.and_then(|mut opened| opened.write_all(text.as_bytes()));
    }

    /// The line editor, if this is a terminal that it can use.
    fn editor(&mut self) -> Option<&mut Editor<Completion, DefaultHistory>> {
        if self.editor.is_none() && is_capable_terminal() {
            let config = Config::builder()
                .completion_type(CompletionType::List)
                .bracketed_paste(false)
                .max_history_size(HISTORY_LENGTH);
            let config = config.map(rustyline::config::Builder::build).ok()?;
            self.editor = Editor::with_config(config).ok();
        }
        self.editor.as_mut()
    }
}

/// Reads a line with the editor, which leaves the cursor on a line of its own.
fn edit(editor: &mut Editor<Completion, DefaultHistory>, prompt: &str) -> Line {
    match editor.readline(prompt) {
        Ok(line) => Line::Text(line),
        Err(ReadlineError::Interrupted) => Line::Interrupted { fresh_line: true },
        Err(_) => Line::End { fresh_line: true },
    }
}

/// Both ends are a terminal on which a cursor can be moved.
fn is_capable_terminal() -> bool {
    let term = env::var("TERM").unwrap_or_default();
    let capable = !["dumb", "cons25", "emacs"].contains(&term.as_str());
    capable && io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Standard input, line by line.
#[derive(Debug, Default)]
pub struct Plain {
    lines: Lines,
}

impl Plain {
    /// Prints the prompt, also into a pipe, and reads a line (CTL-055).
    fn ask(&mut self, prompt: &str, interrupt: &Interrupter) -> Line {
        let mut stdout = io::stdout().lock();
        // without a reader for the prompt there may still be commands to carry out
        let _ = stdout
            .write_all(prompt.as_bytes())
            .and_then(|()| stdout.flush());
        drop(stdout);
        match self.answer(interrupt) {
            Ok(line) => Line::Text(line),
            Err(ClientError::Interrupted) => Line::Interrupted { fresh_line: false },
            Err(_) => Line::End { fresh_line: false },
        }
    }

    fn answer(&mut self, interrupt: &Interrupter) -> Result<String, ClientError> {
        let line = self.lines.next(io::stdin().as_fd(), interrupt)?;
        line.ok_or(ClientError::EndOfInput)
    }

    /// A line that has been read already.
    pub fn take_line(&mut self) -> Option<String> {
        self.lines.take()
    }

    /// Reads what standard input has; false at its end. Waits if it has nothing.
    pub fn fill(&mut self) -> Result<bool, ClientError> {
        self.lines.fill(io::stdin().as_fd())
    }
}

/// Bytes cut into lines.
#[derive(Debug, Default)]
struct Lines {
    buffer: Vec<u8>,
}

impl Lines {
    /// The next complete line, without its end.
    fn take(&mut self) -> Option<String> {
        let end = self.buffer.iter().position(|byte| *byte == b'\n')?;
        let line: Vec<u8> = self.buffer.drain(..=end).collect();
        Some(text(&line))
    }

    /// Reads once; false at the end. A terminal can go on after its end.
    fn fill(&mut self, fd: BorrowedFd<'_>) -> Result<bool, ClientError> {
        let mut buffer = [0; 4096];
        loop {
            match read(fd, &mut buffer) {
                Ok(count) => {
                    self.buffer
                        .extend_from_slice(buffer.get(..count).unwrap_or_default());
                    return Ok(count > 0);
                }
                Err(Errno::EINTR) => {}
                Err(error) => return Err(io::Error::from(error).into()),
            }
        }
    }

    /// The next line; the last one needs no end. None at the end.
    fn next(
        &mut self,
        fd: BorrowedFd<'_>,
        interrupt: &Interrupter,
    ) -> Result<Option<String>, ClientError> {
        loop {
            if let Some(line) = self.take() {
                return Ok(Some(line));
            }
            wait(fd, PollFlags::POLLIN, interrupt)?;
            if !self.fill(fd)? {
                let rest = std::mem::take(&mut self.buffer);
                return Ok((!rest.is_empty()).then(|| text(&rest)));
            }
        }
    }
}

/// A line's bytes as text, without the line end.
fn text(bytes: &[u8]) -> String {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    String::from_utf8_lossy(bytes).into_owned()
}

/// While this lives, the terminal does not show what is typed.
struct Hidden<'fd> {
    terminal: BorrowedFd<'fd>,
    before: Option<Termios>,
}

impl<'fd> Hidden<'fd> {
    fn new(terminal: BorrowedFd<'fd>) -> Self {
        let before = tcgetattr(terminal).ok();
        if let Some(before) = &before {
            let mut quiet = before.clone();
            quiet.local_flags.remove(LocalFlags::ECHO);
            // a terminal that cannot be quiet can still take the password
            let _ = tcsetattr(terminal, SetArg::TCSADRAIN, &quiet);
        }
        Self { terminal, before }
    }
}

impl Drop for Hidden<'_> {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            // nothing else can be tried if this fails
            let _ = tcsetattr(self.terminal, SetArg::TCSADRAIN, before);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::fd::AsFd;

    use super::Lines;

    #[test]
    fn cuts_lines() {
        let table: [(&str, &[&str]); 5] = [
            ("", &[]),
            ("one\n", &["one"]),
            ("one\r\n\ntwo", &["one", "", "two"]),
            ("ü\n", &["ü"]),
            ("\n", &[""]),
        ];
        for (input, wanted) in table {
            let (reader, mut writer) = std::io::pipe().unwrap();
            writer.write_all(input.as_bytes()).unwrap();
            drop(writer);
            let mut lines = Lines::default();
            let mut found = Vec::new();
            while let Some(line) = lines.next(reader.as_fd(), &None).unwrap() {
                found.push(line);
            }
            assert_eq!(found, wanted, "{input:?}");
        }
    }
}
