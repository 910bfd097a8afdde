//! The option tables: one row per option gives its key, its default, its parser and what the sample says about it.
//! The rows themselves stand with the section that they belong to; here is what they have in common.

use std::borrow::Cow;

use super::error::ConfigError;
use super::expand::{Names, expand};
use super::ini::Document;
use super::world::World;
use super::{ctl, eventlistener, fcgi, group, program, program_options, server, supervisord};

/// One row: an option of the sections whose values are gathered in a `T`.
#[derive(Debug)]
pub struct Opt<T: 'static> {
    /// The key, in lower case.
    pub name: &'static str,
    /// The text that counts where the file has none; without it the option stays unset.
    pub default: Option<&'static str>,
    /// A value for the sample.
    pub example: &'static str,
    /// What it means, with unit, in a few words.
    pub about: &'static str,
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
}

impl Scope<'_> {
    /// Reads the options of a table in its order; the first bad one ends it (CFG-075).
    pub fn fill<T>(&self, table: &[Opt<T>], target: &mut T) -> Result<(), ConfigError> {
        let options = self.document.options(self.section);
        for opt in table {
            let entry = options.get(opt.name);
            let Some(text) = entry
                .map(|entry| entry.value)
                .or(opt.default.map(Cow::Borrowed))
            else {
                continue;
            };
            self.set(opt, &text, target)
                .map_err(|error| self.refuse(opt.name, error))?;
        }
        Ok(())
    }

    fn set<T>(&self, opt: &Opt<T>, text: &str, target: &mut T) -> Result<(), ConfigError> {
        if opt.late {
            return (opt.set)(target, text, self);
        }
        let label = format_args!("{}.{}", self.section, opt.name);
        (opt.set)(target, &expand(text, self.names, label)?, self)
    }

    /// The error of an option's value, with the place where it stands. A default has none.
    pub(super) fn refuse(&self, option: &str, error: impl Into<ConfigError>) -> ConfigError {
        self.document.refuse(self.section, option, error)
    }
}

/// An option as the documentation shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The key.
    pub name: &'static str,
    /// The default; none is unset.
    pub default: Option<&'static str>,
    /// A value for the sample.
    pub example: &'static str,
    /// What it means, with unit.
    pub about: &'static str,
}

fn rows<T>(tables: &[&[Opt<T>]]) -> Vec<Row> {
    tables
        .iter()
        .flat_map(|table| table.iter())
        .map(row)
        .collect()
}

const fn row<T>(opt: &Opt<T>) -> Row {
    Row {
        name: opt.name,
        default: opt.default,
        example: opt.example,
        about: opt.about,
    }
}

/// The kinds of sections that the two programs know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `[unix_http_server..]`
    UnixServer,
    /// `[inet_http_server..]`
    InetServer,
    /// `[supervisord]`
    Supervisord,
    /// `[rpcinterface:x]`
    RpcInterface,
    /// `[supervisorctl]`
    Supervisorctl,
    /// `[ctlplugin:x]`
    CtlPlugin,
    /// `[program:x]`
    Program,
    /// `[eventlistener:x]`
    EventListener,
    /// `[fcgi-program:x]`
    FcgiProgram,
    /// `[group:x]`
    Group,
    /// `[include]`
    Include,
}

impl Kind {
    /// Every kind, in the order of the sample.
    pub const ALL: [Self; 11] = [
        Self::UnixServer,
        Self::InetServer,
        Self::Supervisord,
        Self::RpcInterface,
        Self::Supervisorctl,
        Self::CtlPlugin,
        Self::Program,
        Self::EventListener,
        Self::FcgiProgram,
        Self::Group,
        Self::Include,
    ];

    /// How the names of its sections are written or begin.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::UnixServer => server::UNIX,
            Self::InetServer => server::INET,
            Self::Supervisord => supervisord::SECTION,
            Self::RpcInterface => "rpcinterface:",
            Self::Supervisorctl => "supervisorctl",
            Self::CtlPlugin => "ctlplugin:",
            Self::Program => program::PREFIX,
            Self::EventListener => eventlistener::PREFIX,
            Self::FcgiProgram => fcgi::PREFIX,
            Self::Group => group::PREFIX,
            Self::Include => "include",
        }
    }

    /// The kind of the section with that name (CFG-031, CFG-032).
    pub fn of(section: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| match kind {
            Self::Supervisord | Self::Supervisorctl | Self::Include => section == kind.prefix(),
            _ => section.starts_with(kind.prefix()),
        })
    }

    /// The kind with that prefix, less the colon.
    pub(super) fn of_word(word: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|kind| kind.prefix().trim_end_matches(':') == word)
    }

    /// Its options, each once, in the order in which they are read.
    pub fn options(self) -> Vec<Row> {
        let processes = || {
            [
                rows(&[&program_options::SECTION]),
                rows(&[&program_options::PROCESS]),
            ]
            .concat()
        };
        let mut all = match self {
            Self::UnixServer => rows(&[
                &server::FILE,
                &server::LOGIN,
                &server::SOCKET,
                &server::HOSTS,
            ]),
            Self::InetServer => rows(&[&server::PORT, &server::LOGIN, &server::HOSTS]),
            Self::Supervisord => rows(&[&supervisord::OPTIONS, &supervisord::ENVIRONMENT]),
            Self::Supervisorctl => rows(&[&ctl::URL, &ctl::WORDS, &ctl::HISTORY]),
            Self::Program => processes(),
            Self::EventListener => [rows(&[&eventlistener::OPTIONS]), processes()].concat(),
            Self::FcgiProgram => [rows(&[&fcgi::SOCKET, &fcgi::OPTIONS]), processes()].concat(),
            Self::Group => rows(&[&group::OPTIONS]),
            Self::Include => vec![INCLUDE_FILES],
            Self::RpcInterface => vec![RPC_FACTORY],
            Self::CtlPlugin => vec![CTL_FACTORY],
        };
        let mut seen = Vec::new();
        all.retain(|row| {
            let new = !seen.contains(&row.name);
            seen.push(row.name);
            new
        });
        all
    }

    /// Whether sections of this kind may have options beyond the known ones: plugins do.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::RpcInterface | Self::CtlPlugin)
    }
}

const INCLUDE_FILES: Row = Row {
    name: "files",
    default: None,
    example: "conf.d/*.conf",
    about: "paths, wildcards allowed, apart by blanks, relative to this file",
};

const RPC_FACTORY: Row = Row {
    name: "supervisor.rpcinterface_factory",
    default: None,
    example: "supervisor.rpcinterface:make_main_rpcinterface",
    about: "the methods supervisor.*; there is no other",
};

const CTL_FACTORY: Row = Row {
    name: "supervisor.ctl_factory",
    default: None,
    example: "supervisor.supervisorctl:DefaultControllerPlugin",
    about: "the ordinary actions; there is no other",
};

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn kinds_of_sections() {
        let table = [
            ("supervisord", Some(Kind::Supervisord)),
            ("supervisordx", None),
            ("supervisorctl", Some(Kind::Supervisorctl)),
            ("inet_http_serverfoo", Some(Kind::InetServer)),
            ("unix_http_server:two", Some(Kind::UnixServer)),
            ("program:", Some(Kind::Program)),
            ("program", None),
            ("Program:x", None),
            ("fcgi-program:x", Some(Kind::FcgiProgram)),
            ("group", None),
            ("include", Some(Kind::Include)),
        ];
        for (section, kind) in table {
            assert_eq!(Kind::of(section), kind, "{section}");
        }
    }

    #[test]
    fn every_row_is_complete() {
        for kind in Kind::ALL {
            let options = kind.options();
            assert!(!options.is_empty(), "{kind:?}");
            for row in options {
                assert_eq!(row.name, row.name.to_lowercase(), "{kind:?}");
                assert!(
                    !row.about.is_empty() && !row.about.contains(" ;"),
                    "{row:?}"
                );
                assert!(row.about.len() < 80, "{row:?}");
            }
        }
    }
}
