//! Text to sections of options, in the reference's dialect (config.md, section 2).
//!
//! The line rules are the reference's and stand in `lines`: headers, comments, continuation, errors. What a file says
//! then goes as canonical text to crate `configparser`, which keeps and merges the values of all files; order, file and
//! line of each section and option are kept beside it. Knows nothing of what sections and options mean.

mod lines;

use std::borrow::Cow;
use std::collections::HashMap;

use configparser::ini::Ini;

use lines::Reader;

use super::error::ConfigError;
use super::source::Source;

/// The section whose options every other section has too (CFG-030).
pub(super) const DEFAULT: &str = "DEFAULT";
/// Stands around section names and before keys and continued lines in the canonical text, so that
/// nothing in them can be taken for syntax or trimmed away.
const GUARD: &str = "|";

/// All sections of all files. Later files override earlier ones, option by option (CFG-029).
#[derive(Debug, Default)]
pub struct Document {
    values: Ini,
    files: Vec<String>,
    sections: Vec<Section>,
    index: HashMap<String, usize>,
    cuts: Vec<Cut>,
    repeats: Vec<Repeat>,
    nameless: Vec<Nameless>,
}

/// An expression without a name, which is left as it is (CFG-043).
#[derive(Debug)]
struct Nameless {
    section: usize,
    key: String,
    origin: Origin,
    expression: String,
}

/// How many mistakes of one kind are kept; nobody reads more.
const KEPT: usize = 2_000;

/// One file to parse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Name and text.
    pub source: Source,
    /// What stands for `%(here)s` in this file, where that is settled before any other expansion
    /// (CFG-071).
    pub here: Option<String>,
    /// The same file is read a second time, so that what it says is no news.
    pub again: bool,
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

/// A section whose header comes again, or an option that comes again behind one header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Repeat {
    section: usize,
    /// The option's place among the section's own.
    key: Option<usize>,
    before: Origin,
    again: Origin,
}

/// The value of an option and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Stripped, its lines joined with newlines.
    pub value: Cow<'a, str>,
    /// The section in which it stands.
    pub section: &'a str,
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
        let mut document = Self::default();
        document.read_all(pages, wanted)?;
        Ok(document)
    }

    /// The same for a document without sections. At an error it has the sections and options that were read until
    /// then, but no values.
    pub(super) fn read_all(
        &mut self,
        pages: impl IntoIterator<Item = Result<Page, ConfigError>>,
        wanted: fn(&str) -> bool,
    ) -> Result<(), ConfigError> {
        let mut canonical = String::new();
        for page in pages {
            self.read(&page?, wanted, &mut canonical)?;
        }
        self.values = Ini::new_cs();
        let ini = &mut self.values;
        ini.set_comment_symbols(&[]);
        ini.set_inline_comment_symbols(Some(&[]));
        ini.set_multiline(true);
        match ini.read(canonical) {
            Ok(_) => Ok(()),
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
        Reader::new(self, page, file, wanted, canonical).read()
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

    /// The error of an option's value, with the place where it stands, if the files have it.
    pub(super) fn refuse(
        &self,
        section: &str,
        option: &str,
        error: impl Into<ConfigError>,
    ) -> ConfigError {
        let error = error.into();
        let Some(entry) = self.get(section, option) else {
            return error;
        };
        ConfigError::InOption {
            error: Box::new(error),
            option: option.to_owned(),
            section: section.to_owned(),
            file: entry.file.to_owned(),
            line: entry.line,
        }
    }

    /// The options of a section, to get several of them.
    pub fn options(&self, section: &str) -> Options<'_> {
        self.options_under(section, &[])
    }

    /// The options of a section and of those above it, whose options count where it has none; `[DEFAULT]` comes last.
    pub(super) fn options_under(&self, section: &str, above: &[Above]) -> Options<'_> {
        let mut places = Vec::with_capacity(above.len() + 2);
        if self.has(section) {
            places.extend(self.place(section));
            for above in above {
                places.extend(self.place(&above.section).map(|place| Place {
                    hidden: above.hidden,
                    ..place
                }));
            }
            places.extend(self.place(DEFAULT));
        }
        let files = &self.files;
        Options { files, places }
    }

    fn place(&self, name: &str) -> Option<Place<'_>> {
        let section = self.section(name)?;
        let values = self.values.get_map_ref().get(&section.guarded)?;
        Some(Place {
            section,
            values,
            hidden: &[],
        })
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

    /// Sections and options that come again: section, option, and the two places, each a file and a line.
    pub(super) fn repeats(&self) -> impl Iterator<Item = (&str, Option<&str>, [(&str, usize); 2])> {
        self.repeats.iter().filter_map(|repeat| {
            let section = self.sections.get(repeat.section)?;
            let key = repeat
                .key
                .and_then(|at| section.keys.get(at))
                .map(Key::name);
            let place = |origin: Origin| Some((self.files.get(origin.file)?.as_str(), origin.line));
            let places = [place(repeat.before)?, place(repeat.again)?];
            Some((section.name.as_str(), key, places))
        })
    }

    fn remember(&mut self, section: usize, key: &str, expression: String) {
        let keys = self
            .sections
            .get(section)
            .map(|section| section.keys.iter());
        let found = keys.into_iter().flatten().find(|known| known.name() == key);
        if let Some(found) = found {
            let value = Nameless {
                section,
                key: key.to_owned(),
                origin: found.origin,
                expression,
            };
            push(&mut self.nameless, value);
        }
    }

    /// Values with an expression that is left as it is: section, option, file, line, expression.
    pub(super) fn nameless(&self) -> impl Iterator<Item = (&str, &str, &str, usize, &str)> {
        self.nameless.iter().filter_map(|value| {
            let section = self.sections.get(value.section)?.name.as_str();
            let file = self.files.get(value.origin.file)?.as_str();
            let line = value.origin.line;
            Some((
                section,
                value.key.as_str(),
                file,
                line,
                value.expression.as_str(),
            ))
        })
    }

    /// Opens a section, a new one or one that was there before.
    fn open(&mut self, name: &str, origin: Origin, again: bool) -> usize {
        if let Some(at) = self.index.get(name) {
            if let (Some(section), false) = (self.sections.get(*at), again) {
                let repeat = Repeat {
                    section: *at,
                    key: None,
                    before: section.origin,
                    again: origin,
                };
                push(&mut self.repeats, repeat);
            }
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

/// A section whose options count for another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Above {
    /// Its name.
    pub(super) section: String,
    /// Options that are its own affair.
    pub(super) hidden: &'static [&'static str],
}

/// The options of one section, of those above it, and those of `[DEFAULT]`, in this order.
#[derive(Debug)]
pub struct Options<'a> {
    files: &'a [String],
    places: Vec<Place<'a>>,
}

/// A section and the values of its options.
#[derive(Debug)]
struct Place<'a> {
    section: &'a Section,
    values: &'a HashMap<String, Option<String>>,
    hidden: &'static [&'static str],
}

impl<'a> Options<'a> {
    /// An option, the section's own or the nearest above it.
    pub fn get(&self, key: &str) -> Option<Entry<'a>> {
        let mut places = self.places.iter();
        places.find_map(|place| self.get_in(place, key))
    }

    /// An option in each of the sections that have it, the nearest first. `[DEFAULT]` counts only where no other has it.
    pub(super) fn all(&self, key: &str) -> Vec<Entry<'a>> {
        let named = |place: &&Place<'_>| place.section.name != DEFAULT;
        let places = self.places.iter().filter(named);
        let found: Vec<_> = places.filter_map(|place| self.get_in(place, key)).collect();
        if found.is_empty() {
            return self.get(key).into_iter().collect();
        }
        found
    }

    fn get_in(&self, place: &Place<'a>, key: &str) -> Option<Entry<'a>> {
        if place.hidden.contains(&key) {
            return None;
        }
        let key = place
            .section
            .keys
            .iter()
            .find(|other| other.name() == key)?;
        Some(Entry {
            value: unguarded(place.values.get(&key.guarded)?.as_deref()?),
            section: &place.section.name,
            file: self.files.get(key.origin.file)?,
            line: key.origin.line,
        })
    }

    /// The names of all options, some of them more than once.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.places.iter().flat_map(|place| {
            let keys = place.section.keys.iter().map(Key::name);
            keys.filter(|key| !place.hidden.contains(key))
        })
    }
}

fn push<T>(kept: &mut Vec<T>, mistake: T) {
    if kept.len() < KEPT {
        kept.push(mistake);
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

#[cfg(test)]
mod tests;
