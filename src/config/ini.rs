//! Text to sections of options, in the reference's dialect (config.md, section 2).
//!
//! The line rules are the reference's and stand here: headers, comments, continuation, errors. What a file says then
//! goes as canonical text to crate `configparser`, which keeps and merges the values of all files; order, file and
//! line of each section and option are kept beside it. Knows nothing of what sections and options mean.

use std::borrow::Cow;
use std::collections::HashMap;

use configparser::ini::Ini;

use super::error::ConfigError;
use super::source::Source;
use crate::base::units::{is_space, strip};

/// The section whose options every other section has too (CFG-030).
const DEFAULT: &str = "DEFAULT";
/// Stands around section names and before keys and continued lines in the canonical text, so that
/// nothing in them can be taken for syntax or trimmed away.
const GUARD: &str = "|";

/// All sections of all files. Later files override earlier ones, option by option (CFG-029).
#[derive(Debug)]
pub struct Document {
    values: Ini,
    files: Vec<String>,
    sections: Vec<Section>,
    index: HashMap<String, usize>,
    cuts: Vec<Cut>,
}

/// One file to parse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Name and text.
    pub source: Source,
    /// What stands for `%(here)s` in this file, where that is settled before any other expansion
    /// (CFG-071).
    pub here: Option<String>,
}

/// Where a section and its options come from.
#[derive(Debug)]
struct Section {
    name: String,
    /// The name as it stands in the canonical text.
    guarded: String,
    origin: Origin,
    keys: Vec<Key>,
}

/// An option of a section.
#[derive(Debug)]
struct Key {
    /// As it stands in the canonical text.
    guarded: String,
    origin: Origin,
}

impl Key {
    fn name(&self) -> &str {
        self.guarded.strip_prefix(GUARD).unwrap_or(&self.guarded)
    }
}

/// A file, as an index, and a line in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Origin {
    file: usize,
    line: usize,
}

/// The value of an option and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Stripped, its lines joined with newlines.
    pub value: Cow<'a, str>,
    /// The file that set it last, as it was named.
    pub file: &'a str,
    /// The line of the key, from 1.
    pub line: usize,
}

/// A value that an inline comment cut within a quotation (CFG-241).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What the line says before the comment.
    pub kept: String,
}

impl Document {
    /// Parses files in the order in which they override each other. The first bad file ends it
    /// (CFG-020, CFG-021).
    pub fn parse(
        pages: impl IntoIterator<Item = Result<Page, ConfigError>>,
    ) -> Result<Self, ConfigError> {
        Self::parse_only(pages, |_| true)
    }

    /// The same, but sections that are not `wanted` are left out. What they say is checked all the same.
    pub fn parse_only(
        pages: impl IntoIterator<Item = Result<Page, ConfigError>>,
        wanted: fn(&str) -> bool,
    ) -> Result<Self, ConfigError> {
        let mut document = Self {
            values: Ini::new_cs(),
            files: Vec::new(),
            sections: Vec::new(),
            index: HashMap::new(),
            cuts: Vec::new(),
        };
        let mut canonical = String::new();
        for page in pages {
            document.read(&page?, wanted, &mut canonical)?;
        }
        let ini = &mut document.values;
        ini.set_comment_symbols(&[]);
        ini.set_inline_comment_symbols(Some(&[]));
        ini.set_multiline(true);
        match ini.read(canonical) {
            Ok(_) => Ok(document),
            // all that the crate refuses are bad headers and empty keys
            Err(error) => unreachable!("canonical text is well-formed: {error}"),
        }
    }

    /// Reads one more file and appends to `canonical` what it says.
    fn read(
        &mut self,
        page: &Page,
        wanted: fn(&str) -> bool,
        canonical: &mut String,
    ) -> Result<(), ConfigError> {
        let file = self.files.len();
        self.files.push(page.source.name.clone());
        let mut reader = Reader {
            document: self,
            page,
            file,
            wanted,
            canonical,
            open: None,
            indent: 0,
            section: Part::Before,
            bad: Vec::new(),
        };
        let mut text = Cow::Borrowed(page.source.text.as_str());
        if text.contains('\r') {
            text = text.replace("\r\n", "\n").replace('\r', "\n").into();
        }
        for (number, line) in (1..).zip(text.split_inclusive('\n')) {
            reader.line(number, line)?;
        }
        reader.close();
        let lines = reader.bad;
        if lines.is_empty() {
            return Ok(());
        }
        let file = page.source.name.clone();
        Err(ConfigError::Syntax { file, lines })
    }

    /// The names of the sections in the order of their first headers, without `[DEFAULT]`.
    pub fn sections(&self) -> impl Iterator<Item = &str> {
        self.sections
            .iter()
            .map(|section| section.name.as_str())
            .filter(|name| *name != DEFAULT)
    }

    /// Whether the section exists.
    pub fn has(&self, section: &str) -> bool {
        section != DEFAULT && self.index.contains_key(section)
    }

    /// An option of a section, its own or that of `[DEFAULT]`; none if neither has it or there is no such
    /// section.
    pub fn get(&self, section: &str, key: &str) -> Option<Entry<'_>> {
        self.options(section).get(key)
    }

    /// The options of a section, to get several of them.
    pub fn options(&self, section: &str) -> Options<'_> {
        let places = if self.has(section) {
            [self.place(section), self.place(DEFAULT)]
        } else {
            [None, None]
        };
        let files = &self.files;
        Options { files, places }
    }

    fn place(&self, name: &str) -> Option<Place<'_>> {
        let section = self.section(name)?;
        let values = self.values.get_map_ref().get(&section.guarded)?;
        Some(Place { section, values })
    }

    fn section(&self, name: &str) -> Option<&Section> {
        self.sections.get(*self.index.get(name)?)
    }

    /// The keys that the section itself has, in order, with file and line.
    pub fn own_keys(&self, section: &str) -> Vec<(&str, &str, usize)> {
        let keys = self.section(section).map(|section| section.keys.as_slice());
        keys.unwrap_or_default()
            .iter()
            .filter_map(|key| {
                let file = self.files.get(key.origin.file)?;
                Some((key.name(), file.as_str(), key.origin.line))
            })
            .collect()
    }

    /// The keys of the section and those of `[DEFAULT]`.
    pub fn keys(&self, section: &str) -> Vec<String> {
        let mut keys: Vec<String> = Vec::new();
        for section in [section, DEFAULT] {
            for (key, _, _) in self.own_keys(section) {
                if !keys.iter().any(|known| known == key) {
                    keys.push(key.to_owned());
                }
            }
        }
        keys
    }

    /// The file and the line of the section's first header.
    pub fn origin(&self, section: &str) -> Option<(&str, usize)> {
        let origin = self.section(section)?.origin;
        Some((self.files.get(origin.file)?, origin.line))
    }

    /// Values that lost the end of a quotation to an inline comment.
    pub fn cuts(&self) -> &[Cut] {
        &self.cuts
    }

    /// Opens a section, a new one or one that was there before.
    fn open(&mut self, name: &str, origin: Origin) -> usize {
        if let Some(at) = self.index.get(name) {
            return *at;
        }
        self.index.insert(name.to_owned(), self.sections.len());
        self.sections.push(Section {
            name: name.to_owned(),
            guarded: [GUARD, name, GUARD].concat(),
            origin,
            keys: Vec::new(),
        });
        self.sections.len() - 1
    }
}

/// The options of one section and those of `[DEFAULT]`, in this order.
#[derive(Debug)]
pub struct Options<'a> {
    files: &'a [String],
    places: [Option<Place<'a>>; 2],
}

/// A section and the values of its options.
#[derive(Debug)]
struct Place<'a> {
    section: &'a Section,
    values: &'a HashMap<String, Option<String>>,
}

impl<'a> Options<'a> {
    /// An option, the section's own or that of `[DEFAULT]`.
    pub fn get(&self, key: &str) -> Option<Entry<'a>> {
        self.places.iter().flatten().find_map(|place| {
            let key = place
                .section
                .keys
                .iter()
                .find(|other| other.name() == key)?;
            Some(Entry {
                value: unguarded(place.values.get(&key.guarded)?.as_deref()?),
                file: self.files.get(key.origin.file)?,
                line: key.origin.line,
            })
        })
    }
}

/// A value without the guards of its continued lines.
fn unguarded(value: &str) -> Cow<'_, str> {
    if value.contains('\n') {
        value.replace(&["\n", GUARD].concat(), "\n").into()
    } else {
        value.into()
    }
}

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
struct Reader<'a> {
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
    bad: Vec<(usize, String)>,
}

impl Reader<'_> {
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
            self.document.cuts.push(Cut {
                file: self.page.source.name.clone(),
                line: number,
                kept: text.to_owned(),
            });
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
                self.section = Part::Section(self.document.open(name, origin));
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

    /// A line with a key, in a section of which the options are kept, or in none.
    fn option(&mut self, section: Option<usize>, number: usize, line: &str, text: &str) {
        let Some((key, value)) = text
            .bytes()
            .position(|byte| matches!(byte, b'=' | b':'))
            .map(|at| (&text[..at], &text[at + 1..]))
        else {
            self.bad.push((number, line.to_owned()));
            return;
        };
        self.close();
        let key = strip(key);
        if key.is_empty() {
            self.bad.push((number, line.to_owned()));
            return;
        }
        let Some(section) = section else {
            self.open = Some((String::new(), Vec::new()));
            return;
        };
        let key = key.to_lowercase();
        let origin = self.origin(number);
        if let Some(section) = self.document.sections.get_mut(section) {
            match section.keys.iter_mut().find(|known| known.name() == key) {
                Some(known) => known.origin = origin,
                None => section.keys.push(Key {
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
            if let Some(here) = &self.page.here {
                value = settle_here(&value, here).into();
            }
            self.canonical.extend([GUARD, key.as_str(), "="]);
            for (at, line) in value.split('\n').enumerate() {
                let guard = if at == 0 { [""; 2] } else { ["\n ", GUARD] };
                self.canonical.extend(guard);
                self.canonical.push_str(line);
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
fn settle_here(value: &str, here: &str) -> String {
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

#[cfg(test)]
#[path = "ini_tests.rs"]
mod tests;
