//! Files with variables: `NAME=value`, one a line, as many tools have them (LIF-301, LIF-302).

use std::iter::Peekable;
use std::path::Path;
use std::str::Chars;

use super::error::Reason;
use super::source::{SmallFileError, read_small};

/// No file with variables is larger.
const LARGEST: usize = 1 << 20;

/// What is wrong in a file, and on which line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {fault}")]
pub struct EnvFileError {
    /// From 1.
    pub line: usize,
    /// What.
    pub fault: Fault,
}

/// What can be wrong in such a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Neither a variable nor a comment.
    #[error("not NAME=value")]
    NotAVariable,
    /// A quote is opened and never closed.
    #[error("quote left open")]
    Open,
    /// No variable can hold it.
    #[error("NUL byte")]
    Nul,
    /// No text.
    #[error("not UTF-8")]
    NotUtf8,
}

/// Reads a file with variables (LIF-300, LIF-308).
pub fn read(path: &Path) -> Result<Vec<(String, String)>, Reason> {
    let bytes = content(path, LARGEST)?;
    parse(&bytes).map_err(|error| Reason::EnvFile {
        path: path.to_owned(),
        error,
    })
}

/// The bytes of a file that may have so many.
pub(super) fn content(path: &Path, most: usize) -> Result<Vec<u8>, Reason> {
    let path = path.to_owned();
    read_small(&path, most).map_err(|error| match error {
        SmallFileError::System(errno) => Reason::Unreadable { path, errno },
        SmallFileError::TooLarge(most) => {
            let why = format!("it is larger than {} KiB", most >> 10);
            Reason::Unusable { path, why }
        }
        SmallFileError::Other(why) => Reason::Unusable { path, why },
    })
}

/// The variables of a file in their order. Nothing is expanded, and of one name the last one counts.
pub fn parse(bytes: &[u8]) -> Result<Vec<(String, String)>, EnvFileError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        return Err(EnvFileError {
            line: line_at(bytes, at),
            fault: Fault::Nul,
        });
    }
    let text = std::str::from_utf8(bytes).map_err(|error| EnvFileError {
        line: line_at(bytes, error.valid_up_to()),
        fault: Fault::NotUtf8,
    })?;
    let mut reader = Reader {
        rest: text.chars().peekable(),
        line: 1,
    };
    let mut variables = Vec::new();
    while reader.rest.peek().is_some() {
        variables.extend(reader.line()?);
    }
    Ok(variables)
}

/// The line on which a byte stands.
fn line_at(bytes: &[u8], at: usize) -> usize {
    let before = bytes.iter().take(at);
    before.filter(|byte| **byte == b'\n').count() + 1
}

struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
    /// The line of the next character.
    line: usize,
}

const fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r')
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let next = self.rest.next();
        if next == Some('\n') {
            self.line += 1;
        }
        next
    }

    /// One line, or several if a value in quotes spans them.
    fn line(&mut self) -> Result<Option<(String, String)>, EnvFileError> {
        let line = self.line;
        let fault = |fault| EnvFileError { line, fault };
        self.skip_blanks();
        match self.rest.peek() {
            None | Some('\n') => {
                self.next();
                return Ok(None);
            }
            Some('#') => {
                self.skip_line();
                return Ok(None);
            }
            Some(_) => {}
        }
        let mut name = self.until_equals().ok_or(fault(Fault::NotAVariable))?;
        if let Some(rest) = name.strip_prefix("export")
            && rest.starts_with(is_blank)
        {
            name = rest.to_owned();
        }
        let name = name.trim_matches(is_blank);
        let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if !starts || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Err(fault(Fault::NotAVariable));
        }
        self.skip_blanks();
        let value = match self.rest.peek().copied() {
            Some(quote @ ('\'' | '"')) => {
                self.next();
                let value = self.quoted(quote).ok_or(fault(Fault::Open))?;
                let behind = self.rest_of_line();
                let behind = behind.trim_matches(is_blank);
                if !behind.is_empty() && !behind.starts_with('#') {
                    return Err(fault(Fault::NotAVariable));
                }
                value
            }
            _ => plain(&self.rest_of_line()).to_owned(),
        };
        Ok(Some((name.to_owned(), value)))
    }

    fn skip_blanks(&mut self) {
        while self.rest.next_if(|c| is_blank(*c)).is_some() {}
    }

    fn skip_line(&mut self) {
        while self.next().is_some_and(|c| c != '\n') {}
    }

    /// What stands before the equals sign of this line; takes the sign.
    fn until_equals(&mut self) -> Option<String> {
        let mut text = String::new();
        loop {
            match self.rest.next_if(|c| *c != '\n')? {
                '=' => return Some(text),
                c => text.push(c),
            }
        }
    }

    /// The rest of the line; takes its end.
    fn rest_of_line(&mut self) -> String {
        let mut text = String::new();
        while let Some(c) = self.next() {
            if c == '\n' {
                break;
            }
            text.push(c);
        }
        text
    }

    /// A value up to its closing quote; none if there is no such.
    fn quoted(&mut self, quote: char) -> Option<String> {
        let mut value = String::new();
        loop {
            match self.next()? {
                c if c == quote => return Some(value),
                '\\' if quote == '"' => match self.next()? {
                    'n' => value.push('\n'),
                    't' => value.push('\t'),
                    'r' => value.push('\r'),
                    c @ ('"' | '\\' | '$') => value.push(c),
                    c => value.extend(['\\', c]),
                },
                // a line that ended as DOS ends it
                '\r' if self.rest.peek() == Some(&'\n') => {}
                c => value.push(c),
            }
        }
    }
}

/// A value without quotes: up to a comment, which needs a blank before it.
fn plain(text: &str) -> &str {
    let comment = text.char_indices().find(|(at, c)| {
        let before = text.get(..*at).unwrap_or_default();
        *c == '#' && (before.is_empty() || before.ends_with([' ', '\t']))
    });
    let text = comment.map_or(text, |(at, _)| text.get(..at).unwrap_or_default());
    text.trim_matches(is_blank)
}

#[cfg(test)]
mod tests;
