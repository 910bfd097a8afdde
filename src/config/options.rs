//! What the option tables are made of: one row per option gives its key, its default, its parser, which writes into the
//! type that the rest of the crate reads, and what the manual says about it. The rows themselves stand with the section
//! that they belong to; `kinds` has all of them together.

use std::borrow::Cow;

use super::error::{ConfigError, InvalidOption, Reason, Refused};
use super::expand::{Names, expand};
use super::ini::{Above, DEFAULT, Document, Entry, Options};
use super::world::World;

/// One row: an option that is a field of a `T`. The blank value of that type is no default of anything: what counts
/// where the files are silent stands in the row.
#[derive(Debug)]
pub struct Opt<T: 'static> {
    /// The key in lower case, or what follows the scope's prefix.
    name: &'static str,
    /// The text that counts where the file has none; without it the option stays unset.
    default: Option<&'static str>,
    /// A value for the sample.
    example: &'static str,
    /// What it means, with unit, in a few words. `{}` stands for the prefix, less its underscore.
    about: &'static str,
    /// Other spellings that mean the same (BEY-004).
    aliases: &'static [&'static str],
    /// The text is stored as it is and expanded later, once per process.
    late: bool,
    set: Set<T>,
}

/// Takes the expanded text of an option that Supervisor has.
pub type Setter<T> = fn(&mut T, &str, &Scope<'_>) -> Result<(), ConfigError>;
/// Takes the expanded text of an option that is ours; what is wrong is told as LIF-001 has it.
pub type OwnSetter<T> = fn(&mut T, &str, &Scope<'_>) -> Result<(), Refused>;

#[derive(Debug)]
enum Set<T: 'static> {
    Reference(Setter<T>),
    Own(OwnSetter<T>),
}

/// An option with a default.
pub(super) const fn opt<T>(
    name: &'static str,
    default: &'static str,
    about: &'static str,
    set: Setter<T>,
) -> Opt<T> {
    Opt {
        name,
        default: Some(default),
        example: default,
        about,
        aliases: &[],
        late: false,
        set: Set::Reference(set),
    }
}

/// An option that may be unset; the sample shows the example.
pub(super) const fn unset<T>(
    name: &'static str,
    example: &'static str,
    about: &'static str,
    set: Setter<T>,
) -> Opt<T> {
    Opt {
        name,
        default: None,
        example,
        about,
        aliases: &[],
        late: false,
        set: Set::Reference(set),
    }
}

/// An option that Supervisor has not. An empty default is none.
pub(super) const fn own<T>(
    name: &'static str,
    default: &'static str,
    about: &'static str,
    set: OwnSetter<T>,
) -> Opt<T> {
    Opt {
        name,
        default: if default.is_empty() {
            None
        } else {
            Some(default)
        },
        example: default,
        about,
        aliases: &[],
        late: false,
        set: Set::Own(set),
    }
}

/// The same with other spellings.
pub(super) const fn also<T>(aliases: &'static [&'static str], mut opt: Opt<T>) -> Opt<T> {
    opt.aliases = aliases;
    opt
}

/// The same, to be expanded once per process.
pub(super) const fn late<T>(mut opt: Opt<T>) -> Opt<T> {
    opt.late = true;
    opt
}

/// The same with another value in the sample.
pub(super) const fn example<T>(example: &'static str, mut opt: Opt<T>) -> Opt<T> {
    opt.example = example;
    opt
}

/// Puts a parsed value into its place.
pub(super) fn put<T, E: Into<ConfigError>>(
    slot: &mut T,
    value: Result<T, E>,
) -> Result<(), ConfigError> {
    *slot = value.map_err(Into::into)?;
    Ok(())
}

/// Puts a parsed value into a place that may be empty.
pub(super) fn put_some<T, E: Into<ConfigError>>(
    slot: &mut Option<T>,
    value: Result<T, E>,
) -> Result<(), ConfigError> {
    put(slot, value.map(Some))
}

/// Keeps a text, which cannot be wrong.
#[expect(
    clippy::unnecessary_wraps,
    reason = "it ends a row, where every row can fail"
)]
pub(super) fn keep<T: From<String>>(slot: &mut T, value: &str) -> Result<(), ConfigError> {
    *slot = value.to_owned().into();
    Ok(())
}

/// The name of an option as the files have it, and its value.
type Named<'o> = (Cow<'static, str>, Cow<'o, str>);

/// One section, and the names that its values may use.
#[derive(Debug)]
pub struct Scope<'a> {
    /// All sections.
    pub document: &'a Document,
    /// The section's whole name.
    pub section: &'a str,
    /// Sections whose options count where it has none, the nearest first (LIF-313).
    pub(super) above: &'a [Above],
    /// The surroundings.
    pub world: &'a World<'a>,
    /// What the values may use.
    pub names: &'a Names<'a>,
    /// What the names of the options begin with, where one table is there for several channels.
    pub prefix: &'static str,
}

impl<'a> Scope<'a> {
    /// Reads the options of a table in its order; the first bad one ends it (CFG-075).
    pub fn fill<T>(&self, table: &[Opt<T>], target: &mut T) -> Result<(), ConfigError> {
        let options = self.options();
        for opt in table {
            let name = opt.whole_name(self.prefix);
            let (name, text) = match (options.get(&name), opt.default) {
                (None, _) if !opt.aliases.is_empty() => match self.alias(opt, &options)? {
                    Some(found) => found,
                    None => continue,
                },
                (Some(entry), _) => {
                    self.same_as_aliases(opt, &options, &entry)?;
                    (name, entry.value)
                }
                (None, Some(default)) => (name, default.into()),
                (None, None) => continue,
            };
            self.set(opt, &name, &text, target)?;
        }
        Ok(())
    }

    /// The first alias of an option that the files have; an option with aliases has no default.
    fn alias<'o, T>(
        &self,
        opt: &Opt<T>,
        options: &Options<'o>,
    ) -> Result<Option<Named<'o>>, ConfigError> {
        let mut aliases = opt.aliases.iter();
        let found = aliases.find_map(|alias| Some((*alias, options.get(alias)?)));
        let Some((name, entry)) = found else {
            return Ok(None);
        };
        self.same_as_aliases(opt, options, &entry)?;
        Ok(Some((name.into(), entry.value)))
    }

    /// Two spellings of one option cannot have different values (BEY-004).
    fn same_as_aliases<T>(
        &self,
        opt: &Opt<T>,
        options: &Options<'_>,
        first: &Entry<'_>,
    ) -> Result<(), ConfigError> {
        for alias in opt.aliases {
            if let Some(other) = options.get(alias)
                && other.value != first.value
            {
                return Err(self.refuse_own(alias, &other.value, Reason::Alias(opt.name)));
            }
        }
        Ok(())
    }

    fn set<T>(
        &self,
        opt: &Opt<T>,
        name: &str,
        text: &str,
        target: &mut T,
    ) -> Result<(), ConfigError> {
        let label = format_args!("{}.{}", self.section, name);
        let text = if opt.late {
            text.into()
        } else {
            expand(text, self.names, label).map_err(|error| self.refuse(name, error))?
        };
        match opt.set {
            Set::Reference(set) => {
                set(target, &text, self).map_err(|error| self.refuse(name, error))
            }
            Set::Own(set) => {
                set(target, &text, self).map_err(|refused| self.refuse_own(name, &text, refused))
            }
        }
    }

    /// The same section, read with other names.
    pub(super) fn with<'b>(&'b self, names: &'b Names<'b>) -> Scope<'b> {
        Scope { names, ..*self }
    }

    /// The same section, for options whose names begin so.
    pub(super) fn of_channel(&self, prefix: &'static str) -> Scope<'_> {
        Scope { prefix, ..*self }
    }

    fn options(&self) -> Options<'_> {
        self.document.options_under(self.section, self.above)
    }

    /// Where the option stands that counts.
    pub(super) fn entry(&self, option: &str) -> Option<Entry<'a>> {
        self.document
            .options_under(self.section, self.above)
            .get(option)
    }

    /// The option in each section that has it, the nearest first.
    pub(super) fn all(&self, option: &str) -> Vec<Entry<'a>> {
        self.document
            .options_under(self.section, self.above)
            .all(option)
    }

    /// Whether a file has the option.
    pub(super) fn has(&self, option: &str) -> bool {
        self.entry(option).is_some()
    }

    /// Whether the section itself has the option.
    pub(super) fn is_own(&self, option: &str) -> bool {
        self.own_options().any(|own| own == option)
    }

    /// The options that the section itself has.
    pub(super) fn own_options(&self) -> impl Iterator<Item = &str> {
        let keys = self.document.own_keys(self.section);
        keys.into_iter().map(|(key, _, _)| key)
    }

    /// Whether one of the options that count for the section is so.
    pub(super) fn any_key(&self, is_so: impl FnMut(&str) -> bool) -> bool {
        self.options().keys().any(is_so)
    }

    /// The value of an option after expansion, for an error's text.
    pub(super) fn text(&self, option: &str) -> String {
        let value = self.entry(option);
        let value = value.map(|entry| entry.value).unwrap_or_default();
        expand(&value, self.names, option).map_or_else(|_| value.to_string(), Cow::into_owned)
    }

    /// The value of an option that is ours, refused as LIF-001 has it. `text` is the whole value.
    pub(super) fn refuse_own(
        &self,
        option: &str,
        text: &str,
        refused: impl Into<Refused>,
    ) -> ConfigError {
        let Refused { item, reason } = refused.into();
        let entry = self.entry(option);
        ConfigError::Own(Box::new(InvalidOption {
            option: option.to_owned(),
            value: item.unwrap_or_else(|| text.to_owned()),
            reason,
            section: self.stated_in(entry.as_ref()).to_owned(),
            file: entry.map(|entry| entry.file).unwrap_or_default().to_owned(),
        }))
    }

    /// The error of an option's value, with the place where it stands. A default has none.
    pub(super) fn refuse(&self, option: &str, error: impl Into<ConfigError>) -> ConfigError {
        match self.entry(option) {
            Some(entry) => self.refuse_at(&entry, option, error),
            None => error.into(),
        }
    }

    /// The error of a value that stands there.
    pub(super) fn refuse_at(
        &self,
        entry: &Entry<'_>,
        option: &str,
        error: impl Into<ConfigError>,
    ) -> ConfigError {
        ConfigError::InOption {
            error: Box::new(error.into()),
            option: option.to_owned(),
            section: self.stated_in(Some(entry)).to_owned(),
            file: entry.file.to_owned(),
            line: entry.line,
        }
    }

    /// The section that an error names: what `[DEFAULT]` says counts as the section's own (CFG-074).
    pub(super) fn stated_in<'e>(&'e self, entry: Option<&Entry<'e>>) -> &'e str {
        entry
            .map(|entry| entry.section)
            .filter(|section| *section != DEFAULT)
            .unwrap_or(self.section)
    }
}

impl<T> Opt<T> {
    fn whole_name(&self, prefix: &str) -> Cow<'static, str> {
        if prefix.is_empty() {
            return self.name.into();
        }
        [prefix, self.name].concat().into()
    }

    fn row(&self, prefix: &str) -> Row {
        Row {
            name: self.whole_name(prefix),
            default: self.default,
            example: self.example,
            about: self.about.replace("{}", prefix.trim_end_matches('_')),
            aliases: self.aliases,
            is_own: matches!(self.set, Set::Own(_)),
        }
    }
}

/// An option as the documentation shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The key.
    pub name: Cow<'static, str>,
    /// The default; none is unset.
    pub default: Option<&'static str>,
    /// A value for the sample.
    pub example: &'static str,
    /// What it means, with unit.
    pub about: String,
    /// Other spellings.
    pub aliases: &'static [&'static str],
    /// Supervisor has not got it.
    pub is_own: bool,
}

/// The rows of a table.
pub(super) fn rows<T>(table: &[Opt<T>]) -> Vec<Row> {
    rows_with("", table)
}

/// The rows of a table whose names begin with something.
pub(super) fn rows_with<T>(prefix: &str, table: &[Opt<T>]) -> Vec<Row> {
    table.iter().map(|opt| opt.row(prefix)).collect()
}
