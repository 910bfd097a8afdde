//! What the option tables are made of: one row per option gives its key, its default, its parser, which writes into the
//! type that the rest of the crate reads, and what the manual says about it. The rows themselves stand with the section
//! that they belong to; `kinds` has all of them together.

use std::borrow::Cow;

use super::error::ConfigError;
use super::expand::{Names, expand};
use super::ini::Document;
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
    /// The text is stored as it is and expanded later, once per process.
    late: bool,
    set: Setter<T>,
}

/// Takes the expanded text of an option.
pub type Setter<T> = fn(&mut T, &str, &Scope<'_>) -> Result<(), ConfigError>;

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
        late: false,
        set,
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
        late: false,
        set,
    }
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

/// One section, and the names that its values may use.
#[derive(Debug)]
pub struct Scope<'a> {
    /// All sections.
    pub document: &'a Document,
    /// The section's whole name.
    pub section: &'a str,
    /// The surroundings.
    pub world: &'a World<'a>,
    /// What the values may use.
    pub names: &'a Names<'a>,
    /// What the names of the options begin with, where one table is there for several channels.
    pub prefix: &'static str,
}

impl Scope<'_> {
    /// Reads the options of a table in its order; the first bad one ends it (CFG-075).
    pub fn fill<T>(&self, table: &[Opt<T>], target: &mut T) -> Result<(), ConfigError> {
        let options = self.document.options(self.section);
        for opt in table {
            let name = opt.whole_name(self.prefix);
            let entry = options.get(&name);
            let Some(text) = entry
                .map(|entry| entry.value)
                .or(opt.default.map(Cow::Borrowed))
            else {
                continue;
            };
            self.set(opt, &name, &text, target)
                .map_err(|error| self.refuse(&name, error))?;
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
        if opt.late {
            return (opt.set)(target, text, self);
        }
        let label = format_args!("{}.{}", self.section, name);
        (opt.set)(target, &expand(text, self.names, label)?, self)
    }

    /// The same section, read with other names.
    pub(super) fn with<'b>(&'b self, names: &'b Names<'b>) -> Scope<'b> {
        Scope { names, ..*self }
    }

    /// The same section, for options whose names begin so.
    pub(super) fn of_channel(&self, prefix: &'static str) -> Scope<'_> {
        Scope { prefix, ..*self }
    }

    /// Whether a file has the option.
    pub(super) fn has(&self, option: &str) -> bool {
        self.document.get(self.section, option).is_some()
    }

    /// The error of an option's value, with the place where it stands. A default has none.
    pub(super) fn refuse(&self, option: &str, error: impl Into<ConfigError>) -> ConfigError {
        self.document.refuse(self.section, option, error)
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
}

/// The rows of a table.
pub(super) fn rows<T>(table: &[Opt<T>]) -> Vec<Row> {
    rows_with("", table)
}

/// The rows of a table whose names begin with something.
pub(super) fn rows_with<T>(prefix: &str, table: &[Opt<T>]) -> Vec<Row> {
    table.iter().map(|opt| opt.row(prefix)).collect()
}
