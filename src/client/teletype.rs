//! Line editing for terminals that can do nothing but print and go back (`TERM=dumb`).
//!
//! The reference edits, completes and remembers there too, and what drives its shell from a program (expect, Emacs,
//! the scenarios that compare us with it) runs on just such a terminal. `rustyline` reads plain lines there: measured
//! without this file, Tab reached the command as a blank, and completion and recall were gone.

use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};

use nix::sys::termios::{
    InputFlags, LocalFlags, SetArg, SpecialCharacterIndices, Termios, tcgetattr, tcsetattr,
};

use super::error::ClientError;
use super::lines::Lines;
use super::render;
use super::transport::Interrupter;

/// How wide lists of candidates are, in characters.
const WIDTH: usize = 79;

const CTRL_D: u8 = 0x04;
const CTRL_N: u8 = 0x0e;
const CTRL_P: u8 = 0x10;
const CTRL_U: u8 = 0x15;
const CTRL_W: u8 = 0x17;
const BACKSPACE: u8 = 0x08;
const ESCAPE: u8 = 0x1b;
const DELETE: u8 = 0x7f;

/// Gives where the last word of a line begins, and what it can become.
pub type Complete<'a> = &'a dyn Fn(&str) -> (usize, Vec<String>);

/// Reads a line from the terminal `fd` after `prompt`; none at its end. `lines` keeps what was typed
/// ahead.
pub fn read_line(
    fd: BorrowedFd<'_>,
    lines: &mut Lines,
    prompt: &str,
    history: &[String],
    complete: Complete<'_>,
    interrupt: &Interrupter,
) -> Result<Option<String>, ClientError> {
    let raw = Raw::new(fd)?;
    let mut editing = Editing::new(prompt, history, raw.echoes());
    editing.print(prompt);
    let ended = loop {
        editing.flush();
        match next_key(fd, lines, interrupt) {
            Ok(Some(CTRL_D)) if editing.line.is_empty() => break Ok(None),
            Ok(None) => break Ok(None),
            Ok(Some(key)) => {
                if editing.key(key, complete) {
                    break Ok(Some(std::mem::take(&mut editing.line)));
                }
            }
            Err(error) => break Err(error),
        }
    };
    editing.flush();
    ended
}

/// The next key; none at the end. Up and down are the keys of the history, other escape sequences are
/// nothing.
fn next_key(
    fd: BorrowedFd<'_>,
    lines: &mut Lines,
    interrupt: &Interrupter,
) -> Result<Option<u8>, ClientError> {
    let key = lines.next_byte(fd, interrupt)?;
    if key != Some(ESCAPE) {
        return Ok(key);
    }
    let Some(b'[' | b'O') = lines.next_byte(fd, interrupt)? else {
        return Ok(Some(0));
    };
    loop {
        match lines.next_byte(fd, interrupt)? {
            Some(b'A') => return Ok(Some(CTRL_P)),
            Some(b'B') => return Ok(Some(CTRL_N)),
            // parameters of the sequence
            Some(0x20..=0x3f) => {}
            _ => return Ok(Some(0)),
        }
    }
}

/// A line while it is typed. The cursor is always at its end.
struct Editing<'a> {
    prompt: &'a str,
    history: &'a [String],
    /// Which line of the history is shown; its length is the new line.
    place: usize,
    line: String,
    /// Bytes of a character that is not complete yet.
    partial: Vec<u8>,
    /// The last key was Tab and changed nothing.
    tab_again: bool,
    echoes: bool,
    /// What the terminal has not been told yet.
    output: String,
}

impl<'a> Editing<'a> {
    fn new(prompt: &'a str, history: &'a [String], echoes: bool) -> Self {
        Self {
            prompt,
            history,
            place: history.len(),
            line: String::new(),
            partial: Vec::new(),
            tab_again: false,
            echoes,
            output: String::new(),
        }
    }

    /// Takes a key; true if it ends the line.
    fn key(&mut self, key: u8, complete: Complete<'_>) -> bool {
        let tab_again = std::mem::take(&mut self.tab_again);
        match key {
            b'\n' | b'\r' => {
                self.echo("\n");
                return true;
            }
            b'\t' => self.complete(tab_again, complete),
            BACKSPACE | DELETE => self.erase(1),
            CTRL_U => self.erase(usize::MAX),
            CTRL_W => self.erase_word(),
            CTRL_P => self.recall(self.place.checked_sub(1)),
            CTRL_N => self.recall(Some(self.place + 1)),
            0..0x20 => {}
            byte => self.insert(byte),
        }
        false
    }

    fn insert(&mut self, byte: u8) {
        self.partial.push(byte);
        match std::str::from_utf8(&self.partial) {
            Ok(text) => {
                let text = text.to_owned();
                self.append(&text);
                self.partial.clear();
            }
            // the rest of the character has not come yet
            Err(error) if error.error_len().is_none() => {}
            Err(_) => {
                self.append("\u{fffd}");
                self.partial.clear();
            }
        }
    }

    fn append(&mut self, text: &str) {
        self.line.push_str(text);
        self.echo(text);
    }

    /// Takes `count` characters away.
    fn erase(&mut self, count: usize) {
        for _ in 0..count {
            if self.line.pop().is_none() {
                break;
            }
            self.echo("\x08 \x08");
        }
    }

    fn erase_word(&mut self) {
        let kept = self.line.trim_end();
        let kept = kept.rfind(' ').map_or(0, |blank| blank + 1);
        let gone = self.line.get(kept..).unwrap_or_default().chars().count();
        self.erase(gone);
    }

    /// Shows that line of the history, or an empty one behind its end.
    fn recall(&mut self, place: Option<usize>) {
        let Some(place) = place.filter(|place| *place <= self.history.len()) else {
            return;
        };
        self.place = place;
        self.erase(usize::MAX);
        let line = self.history.get(place).cloned().unwrap_or_default();
        self.append(&line);
    }

    /// Adds what all candidates have in common; if that is nothing, a second Tab lists them.
    fn complete(&mut self, again: bool, complete: Complete<'_>) {
        let (start, candidates) = complete(&self.line);
        let typed = self.line.len().saturating_sub(start);
        let common = common_start(&candidates);
        match common.get(typed..) {
            Some(rest) if !rest.is_empty() => {
                let rest = rest.to_owned();
                self.append(&rest);
            }
            _ if again && candidates.len() > 1 => {
                let names: Vec<&str> = candidates.iter().map(|name| name.trim_end()).collect();
                let list = render::columns(&names, WIDTH).join("\n");
                let shown = format!("\n{list}\n{}{}", self.prompt, self.line);
                self.print(&shown);
            }
            _ => {
                self.tab_again = true;
                self.print("\x07");
            }
        }
    }

    /// Shows what was typed, unless the terminal's owner has switched that off.
    fn echo(&mut self, text: &str) {
        if self.echoes {
            self.output.push_str(text);
        }
    }

    fn print(&mut self, text: &str) {
        self.output.push_str(text);
    }

    fn flush(&mut self) {
        let mut stdout = io::stdout().lock();
        // without a terminal the next read ends the line
        let _ = stdout
            .write_all(self.output.as_bytes())
            .and_then(|()| stdout.flush());
        self.output.clear();
    }
}

/// What all of `texts` begin with.
fn common_start(texts: &[String]) -> &str {
    let Some((first, others)) = texts.split_first() else {
        return "";
    };
    let common = others.iter().fold(first.len(), |common, other| {
        let same = first.bytes().zip(other.bytes());
        same.take_while(|(one, two)| one == two).count().min(common)
    });
    // a difference within a character is a difference before it
    first
        .get(..first.floor_char_boundary(common))
        .unwrap_or_default()
}

/// While this lives, keys come one by one and are not shown. Ctrl-C and Ctrl-Z still are signals.
struct Raw<'fd> {
    fd: BorrowedFd<'fd>,
    before: Termios,
}

impl<'fd> Raw<'fd> {
    fn new(fd: BorrowedFd<'fd>) -> Result<Self, ClientError> {
        let before = tcgetattr(fd.as_fd()).map_err(io::Error::from)?;
        let mut raw = before.clone();
        raw.local_flags
            .remove(LocalFlags::ICANON | LocalFlags::ECHO | LocalFlags::IEXTEN);
        raw.input_flags.remove(InputFlags::IXON);
        for (index, value) in [
            (SpecialCharacterIndices::VMIN, 1),
            (SpecialCharacterIndices::VTIME, 0),
        ] {
            if let Some(character) = raw.control_chars.get_mut(index as usize) {
                *character = value;
            }
        }
        tcsetattr(fd.as_fd(), SetArg::TCSADRAIN, &raw).map_err(io::Error::from)?;
        Ok(Self { fd, before })
    }

    /// Whether the terminal showed what is typed, before.
    fn echoes(&self) -> bool {
        self.before.local_flags.contains(LocalFlags::ECHO)
    }
}

impl Drop for Raw<'_> {
    fn drop(&mut self) {
        // nothing else can be tried if this fails
        let _ = tcsetattr(self.fd, SetArg::TCSADRAIN, &self.before);
    }
}

#[cfg(test)]
mod tests {
    use super::{Editing, common_start};

    fn complete(line: &str) -> (usize, Vec<String>) {
        let start = line.rfind(' ').map_or(0, |place| place + 1);
        let words = ["start ", "status ", "stop ", "übel "].into_iter();
        let fitting = words.filter(|word| word.starts_with(&line[start..]));
        (start, fitting.map(str::to_owned).collect())
    }

    /// Types `keys` and gives the line and what the terminal showed.
    fn typed(keys: &str) -> (String, String) {
        let history = ["one".to_owned(), "two".to_owned()];
        let mut editing = Editing::new("> ", &history, true);
        for key in keys.bytes() {
            if editing.key(key, &complete) {
                break;
            }
        }
        (editing.line, editing.output)
    }

    #[test]
    fn keys_make_lines() {
        let back = "\x08 \x08";
        let table = [
            ("ab\nc", "ab", "ab\n".to_owned()),
            ("ü", "ü", "ü".to_owned()),
            ("ü\x7fx", "x", format!("ü{back}x")),
            ("\x7f", "", String::new()),
            ("ab\x15c", "c", format!("ab{back}{back}c")),
            ("a bc \x17", "a ", format!("a bc {back}{back}{back}")),
            ("\x10", "two", "two".to_owned()),
            ("\x10\x10\x10", "one", format!("two{back}{back}{back}one")),
            ("\x10\x0e\x0e", "", format!("two{back}{back}{back}")),
            ("sto\t", "stop ", "stop ".to_owned()),
            ("s\t", "st", "st".to_owned()),
            ("x\t", "x", "x\x07".to_owned()),
            (
                "st\t\t",
                "st",
                "st\x07\nstart  status  stop\n> st".to_owned(),
            ),
            ("st\ta\tr\t", "start ", "st\x07a\x07rt ".to_owned()),
            ("\x01\x02x", "x", "x".to_owned()),
        ];
        for (keys, line, shown) in table {
            assert_eq!(typed(keys), (line.to_owned(), shown), "{keys:?}");
        }
    }

    #[test]
    fn common_starts() {
        let table: [(&[&str], &str); 5] = [
            (&[], ""),
            (&["abc"], "abc"),
            (&["abc", "abd", "ab"], "ab"),
            (&["x", "y"], ""),
            (&["aü", "aö"], "a"),
        ];
        for (texts, wanted) in table {
            let texts: Vec<String> = texts.iter().map(ToString::to_string).collect();
            assert_eq!(common_start(&texts), wanted, "{texts:?}");
        }
    }
}
