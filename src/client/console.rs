//! Lines from the user: with editing and history on a terminal, plain from a pipe.

use std::env;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::rc::Rc;

use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
use rustyline::config::Configurer;
use rustyline::error::ReadlineError;
use rustyline::history::DefaultHistory;
use rustyline::{CompletionType, Config, Editor};

use crate::sys::interrupt::Interrupt;

use super::complete::Completion;
use super::error::ClientError;
use super::lines::Lines;
use super::printer;
use super::teletype;
use super::transport::{Interrupter, Remote};

/// How many commands the editor remembers.
const HISTORY_LENGTH: usize = 100_000;

/// What came as, or instead of, a line.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// A line, without its end.
    Text(String),
    /// The input ended. The cursor stands behind the prompt, or on a line of its own already.
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

/// What standard input and output are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Device {
    /// A terminal with a cursor that can be moved.
    Screen,
    /// A terminal that only prints.
    Teletype,
    /// No terminal, at one end at least.
    Pipe,
}

impl Device {
    fn find() -> Self {
        if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
            return Self::Pipe;
        }
        // those that the editor refuses, and a terminal of which nothing is known
        match env::var("TERM").unwrap_or_default().as_str() {
            "" | "dumb" | "cons25" | "emacs" => Self::Teletype,
            _ => Self::Screen,
        }
    }
}

type ScreenEditor = Editor<Completion, DefaultHistory>;

/// Where lines come from, the commands that came, and who listens for Ctrl-C meanwhile.
#[derive(Debug)]
pub struct Console {
    device: Device,
    /// Set while Ctrl-C ends a wait and not the process.
    interrupt: Interrupter,
    /// Made when it is first needed.
    editor: Option<ScreenEditor>,
    lines: Lines,
    history: Vec<String>,
}

impl Default for Console {
    fn default() -> Self {
        Self {
            device: Device::find(),
            interrupt: None,
            editor: None,
            lines: Lines::default(),
            history: Vec::new(),
        }
    }
}

impl Console {
    /// From here on Ctrl-C ends a wait and not the process.
    pub fn catch_interrupts(&mut self) -> Result<(), ClientError> {
        if self.interrupt.is_none() {
            self.interrupt = Some(Rc::new(Interrupt::catch()?));
        }
        Ok(())
    }

    /// Who may end a wait.
    pub fn interrupter(&self) -> Interrupter {
        self.interrupt.clone()
    }

    /// Asks for the next command, with history and with completion from `remote`.
    pub fn command(&mut self, prompt: &str, remote: &Remote) -> Line {
        let completion = Completion::new(remote.clone(), self.interrupter());
        let line = self.read(prompt, Some(completion));
        if let Line::Text(text) = &line
            && self.device != Device::Pipe
        {
            self.remember(text);
        }
        line
    }

    /// Asks a question; the answer does not go into the history.
    pub fn question(&mut self, prompt: &str) -> Result<String, ClientError> {
        match self.read(prompt, None) {
            Line::Text(text) => Ok(text),
            Line::End { .. } => Err(ClientError::EndOfInput),
            Line::Interrupted { .. } => Err(ClientError::Interrupted),
        }
    }

    /// Asks for a password on the terminal without showing what is typed (CTL-038); without a terminal it
    /// comes from standard input.
    pub fn password(&mut self, prompt: &str) -> Result<String, ClientError> {
        let terminal = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open("/dev/tty");
        let Ok(terminal) = terminal else {
            printer::error_text(prompt);
            let line = self.lines.next_line(io::stdin().as_fd(), &self.interrupt)?;
            return line.ok_or(ClientError::EndOfInput);
        };
        let answer = {
            let _hidden = Hidden::new(terminal.as_fd());
            (&terminal).write_all(prompt.as_bytes())?;
            Lines::default().next_line(terminal.as_fd(), &self.interrupt)
        };
        // the user's Return was not shown either
        (&terminal).write_all(b"\n")?;
        answer?.ok_or(ClientError::EndOfInput)
    }

    /// The bytes of standard input that nobody has taken yet, for `fg`.
    pub fn lines(&mut self) -> &mut Lines {
        &mut self.lines
    }

    /// Takes up the commands of an earlier session; errors are ignored (CTL-057).
    pub fn load_history(&mut self, file: &Path) {
        let bytes = fs::read(file).unwrap_or_default();
        for line in String::from_utf8_lossy(&bytes).lines() {
            self.remember(line);
        }
    }

    /// Writes the commands for a later session, one a line; errors are ignored (CTL-057).
    pub fn save_history(&self, file: &Path) {
        let mut text = self.history.join("\n");
        if !text.is_empty() {
            text.push('\n');
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

    /// Adds a command to the history, unless it is empty or the last one again.
    fn remember(&mut self, line: &str) {
        if line.is_empty() || self.history.last().is_some_and(|last| last == line) {
            return;
        }
        self.history.push(line.to_owned());
        if let Some(editor) = &mut self.editor {
            // a history that is full forgets its oldest line, and keeps no other kind of error
            let _ = editor.add_history_entry(line);
        }
    }

    fn read(&mut self, prompt: &str, completion: Option<Completion>) -> Line {
        let read = match self.device {
            Device::Screen => match self.screen_editor() {
                Ok(editor) => {
                    editor.set_helper(completion);
                    return edit(editor, prompt);
                }
                Err(error) => Err(error),
            },
            Device::Teletype => {
                let complete = |line: &str| match &completion {
                    Some(completion) => completion.of(line, line.len()),
                    None => (line.len(), Vec::new()),
                };
                let stdin = io::stdin();
                let (lines, history) = (&mut self.lines, &self.history);
                let interrupt = &self.interrupt;
                teletype::read_line(stdin.as_fd(), lines, prompt, history, &complete, interrupt)
            }
            Device::Pipe => {
                // also a pipe gets its prompts (CTL-055); without a reader there may still be commands
                let mut stdout = io::stdout().lock();
                let _ = stdout
                    .write_all(prompt.as_bytes())
                    .and_then(|()| stdout.flush());
                self.lines.next_line(io::stdin().as_fd(), &self.interrupt)
            }
        };
        match read {
            Ok(Some(line)) => Line::Text(line),
            Err(ClientError::Interrupted) => Line::Interrupted { fresh_line: false },
            Ok(None) | Err(_) => Line::End { fresh_line: false },
        }
    }

    fn screen_editor(&mut self) -> Result<&mut ScreenEditor, ClientError> {
        if self.editor.is_none() {
            let config = Config::builder()
                .completion_type(CompletionType::List)
                .bracketed_paste(false)
                .max_history_size(HISTORY_LENGTH);
            let config = config.map(rustyline::config::Builder::build);
            let mut editor = config
                .and_then(ScreenEditor::with_config)
                .map_err(io::Error::other)?;
            editor.enable_synchronized_output(false);
            for line in &self.history {
                // see `remember`
                let _ = editor.add_history_entry(line.as_str());
            }
            self.editor = Some(editor);
        }
        match &mut self.editor {
            Some(editor) => Ok(editor),
            None => unreachable!("it was made above"),
        }
    }
}

/// Reads a line with the editor, which leaves the cursor on a line of its own.
fn edit(editor: &mut ScreenEditor, prompt: &str) -> Line {
    match editor.readline(prompt) {
        Ok(line) => Line::Text(line),
        Err(ReadlineError::Interrupted) => Line::Interrupted { fresh_line: true },
        Err(_) => Line::End { fresh_line: true },
    }
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
