//! The line rules of the dialect: headers, options, comments and continuation (CFG-014 to CFG-028).

use std::borrow::Cow;

use super::{Cut, DEFAULT, Document, GUARD, Key, Origin, Page, Repeat, push};
use crate::base::units::{is_space, strip};
use crate::config::error::ConfigError;
use crate::config::expand::nameless;

/// Where a line stands.
#[derive(Debug, Clone, Copy)]
enum Part {
    /// Before any header.
    Before,
    /// In a section that nobody wants.
    Unwanted,
    /// In the section with that index.
    Section(usize),
}

/// One file while its lines are read.
pub(super) struct Reader<'a> {
    document: &'a mut Document,
    page: &'a Page,
    file: usize,
    wanted: fn(&str) -> bool,
    canonical: &'a mut String,
    /// The key and the pieces of the value that the next lines may continue; no key if it is not wanted.
    open: Option<(String, Vec<String>)>,
    /// Column of the last line that was no continuation.
    indent: usize,
    section: Part,
    /// The line of the last header.
    header: usize,
    bad: Vec<(usize, String)>,
    /// Beyond those that are kept.
    more_bad: usize,
}

/// How many bad lines an error shows; a file with more of them is of another kind.
const BAD: usize = 100;

impl<'a> Reader<'a> {
    /// For the file with that index; what it says is appended to `canonical`.
    pub(super) const fn new(
        document: &'a mut Document,
        page: &'a Page,
        file: usize,
        wanted: fn(&str) -> bool,
        canonical: &'a mut String,
    ) -> Self {
        Self {
            document,
            page,
            file,
            wanted,
            canonical,
            open: None,
            indent: 0,
            section: Part::Before,
            header: 0,
            bad: Vec::new(),
            more_bad: 0,
        }
    }

    /// Reads all lines. Those that say nothing are collected, and are the error; a line before any header ends it.
    pub(super) fn read(mut self) -> Result<(), ConfigError> {
        let mut text = Cow::Borrowed(self.page.source.text.as_str());
        if text.contains('\r') {
            text = text.replace("\r\n", "\n").replace('\r', "\n").into();
        }
        for (number, line) in (1..).zip(text.split_inclusive('\n')) {
            self.line(number, line)?;
        }
        self.close();
        if self.bad.is_empty() {
            return Ok(());
        }
        Err(ConfigError::Syntax {
            file: self.page.source.name.clone(),
            lines: self.bad,
            more: self.more_bad,
        })
    }

    fn line(&mut self, number: usize, line: &str) -> Result<(), ConfigError> {
        let comment = comment_start(line);
        let text = strip(line.get(..comment.unwrap_or(line.len())).unwrap_or(line));
        if text.is_empty() {
            // a blank line belongs to the value if more of it follows; a comment line does not (CFG-027)
            if let (None, Some((_, pieces))) = (comment, &mut self.open) {
                pieces.push(String::new());
            }
            return Ok(());
        }
        if comment.is_some_and(|at| cuts_quotation(line, at)) {
            let cut = Cut {
                file: self.page.source.name.clone(),
                line: number,
                kept: text.to_owned(),
            };
            push(&mut self.document.cuts, cut);
        }
        let indent = line.chars().take_while(|c| is_space(*c)).count();
        if let (true, Some((_, pieces))) = (indent > self.indent, &mut self.open) {
            pieces.push(text.to_owned());
            return Ok(());
        }
        self.indent = indent;
        if let Some(name) = header(text) {
            self.close();
            self.section = Part::Unwanted;
            if name == DEFAULT || (self.wanted)(name) {
                let origin = self.origin(number);
                let again = self.page.again;
                self.section = Part::Section(self.document.open(name, origin, again));
                self.header = number;
                self.canonical.extend(["[", GUARD, name, GUARD, "]\n"]);
            }
            return Ok(());
        }
        match self.section {
            Part::Before => Err(ConfigError::NoHeader {
                file: self.page.source.name.clone(),
                line: number,
                text: line.to_owned(),
            }),
            Part::Unwanted => {
                self.option(None, number, line, text);
                Ok(())
            }
            Part::Section(section) => {
                self.option(Some(section), number, line, text);
                Ok(())
            }
        }
    }

    fn bad(&mut self, number: usize, line: &str) {
        if self.bad.len() < BAD {
            self.bad.push((number, line.to_owned()));
        } else {
            self.more_bad += 1;
        }
    }

    /// A line with a key, in a section of which the options are kept, or in none.
    fn option(&mut self, section: Option<usize>, number: usize, line: &str, text: &str) {
        let Some((key, value)) = text
            .bytes()
            .position(|byte| matches!(byte, b'=' | b':'))
            .map(|at| (&text[..at], &text[at + 1..]))
        else {
            self.bad(number, line);
            return;
        };
        self.close();
        let key = strip(key);
        if key.is_empty() {
            self.bad(number, line);
            return;
        }
        let Some(section) = section else {
            self.open = Some((String::new(), Vec::new()));
            return;
        };
        let key = key.to_lowercase();
        let origin = self.origin(number);
        if let Some(known) = self.document.sections.get_mut(section) {
            match known
                .keys
                .iter_mut()
                .enumerate()
                .find(|(_, known)| known.name() == key)
            {
                Some((at, known)) => {
                    let before = std::mem::replace(&mut known.origin, origin);
                    if before.file == origin.file && before.line > self.header {
                        let repeat = Repeat {
                            section,
                            key: Some(at),
                            before,
                            again: origin,
                        };
                        push(&mut self.document.repeats, repeat);
                    }
                }
                None => known.keys.push(Key {
                    guarded: [GUARD, &key].concat(),
                    origin,
                }),
            }
        }
        self.open = Some((key, vec![strip(value).to_owned()]));
    }

    /// Writes the open option; blank lines at its end are dropped.
    fn close(&mut self) {
        if let Some((key, pieces)) = self.open.take()
            && !key.is_empty()
        {
            let value = match pieces.as_slice() {
                [value] => Cow::Borrowed(value.as_str()),
                pieces => pieces.join("\n").into(),
            };
            let mut value = Cow::Borrowed(value.trim_end_matches(is_space));
            if let (Part::Section(section), Some(expression)) = (self.section, nameless(&value)) {
                let expression = expression.to_owned();
                self.document.remember(section, &key, expression);
            }
            if let Some(here) = &self.page.here {
                value = settle_here(&value, here).into();
            }
            self.canonical.extend([GUARD, key.as_str(), "="]);
            let mut lines = value.split('\n');
            self.canonical.extend(lines.next());
            for line in lines {
                self.canonical.extend(["\n ", GUARD, line]);
            }
            self.canonical.push('\n');
        }
    }

    const fn origin(&self, line: usize) -> Origin {
        Origin {
            file: self.file,
            line,
        }
    }
}

/// The name in a header: up to the last bracket on the line (CFG-014).
fn header(text: &str) -> Option<&str> {
    let (name, _) = text.strip_prefix('[')?.rsplit_once(']')?;
    (!name.is_empty()).then_some(name)
}

/// The byte at which a comment begins. The n-th `;` and the n-th `#` of a line are tried together, and the
/// first pair of which one stands at the beginning or behind white space decides (CFG-022 to CFG-024).
fn comment_start(line: &str) -> Option<usize> {
    if !has_comment_sign(line) {
        return None;
    }
    if strip(line).starts_with(['#', ';']) {
        return Some(0);
    }
    let mut semicolons = line.match_indices(';');
    let mut hashes = line.match_indices('#');
    loop {
        let pair = [semicolons.next(), hashes.next()];
        if pair == [None, None] {
            return None;
        }
        let starts = |at: usize| {
            let before = line.get(..at).and_then(|text| text.chars().next_back());
            before.is_none_or(is_space)
        };
        let found = pair.iter().flatten().map(|found| found.0);
        if let Some(at) = found.filter(|at| starts(*at)).min() {
            return Some(at);
        }
    }
}

/// Whether there is a sign that can begin a comment. Goes through all bytes, many at a time.
#[expect(
    clippy::needless_bitwise_bool,
    reason = "without branches the compiler takes many at a time"
)]
fn has_comment_sign(line: &str) -> bool {
    line.bytes()
        .fold(false, |any, byte| any | (byte == b';') | (byte == b'#'))
}

/// Whether the comment at `at` swallows the end of a quotation that begins before it.
fn cuts_quotation(line: &str, at: usize) -> bool {
    let (kept, cut) = line.split_at(at);
    let mut open = None;
    for c in kept.chars() {
        match open {
            None if matches!(c, '"' | '\'') => open = Some(c),
            Some(quote) if quote == c => open = None,
            _ => {}
        }
    }
    open.is_some_and(|quote| cut.contains(quote))
}

/// Replaces `%(here)s` by the folder, so spelt that the expansion gives exactly the folder. `%%(here)s` is
/// an escape and stays (DEC-014).
pub(super) fn settle_here(value: &str, here: &str) -> String {
    const HERE: &str = "(here)s";
    let here = here.replace('%', "%%");
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        if let Some(after) = after.strip_prefix(HERE) {
            out.push_str(&here);
            rest = after;
        } else if let Some(after) = after.strip_prefix('%') {
            out.push_str("%%");
            rest = after;
        } else {
            out.push('%');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}
