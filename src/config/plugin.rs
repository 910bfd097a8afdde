//! `[rpcinterface:x]` and `[ctlplugin:x]`. The reference loads Python code here; we have the two things that it comes
//! with. Everything else is refused in its words (config.md, section 14), or taken as missing where one can do
//! without it (DEC-083).

use super::error::ConfigError;
use super::expand::{Names, expand};
use super::ini::Document;

/// A kind of plugin.
pub(super) struct Plugin {
    pub(super) prefix: &'static str,
    key: &'static str,
    /// The factories that we have.
    known: &'static str,
}

/// The methods of an RPC namespace.
pub(super) const RPC: Plugin = Plugin {
    prefix: "rpcinterface:",
    key: "supervisor.rpcinterface_factory",
    known: "supervisor.rpcinterface:make_main_rpcinterface",
};

/// The actions of the client.
pub(super) const CTL: Plugin = Plugin {
    prefix: "ctlplugin:",
    key: "supervisor.ctl_factory",
    known: "supervisor.supervisorctl:DefaultControllerPlugin",
};

/// A section of a plugin that we have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Enabled {
    /// The text behind the first colon of the section's name (CFG-191).
    pub(super) name: String,
    /// It has options beside the factory, of which the standard ones take none (CFG-189).
    pub(super) has_extras: bool,
}

/// A section of a plugin that we do not have: Python code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The whole name of the section.
    pub section: String,
    /// The factory that it names.
    pub factory: String,
}

/// The plugins of one kind in the order of their sections (CFG-187 to CFG-190).
pub(super) fn enabled(
    plugin: &Plugin,
    document: &Document,
    names: &Names<'_>,
) -> Result<Vec<Enabled>, ConfigError> {
    let sections = sections(plugin, document);
    let read = sections.map(
        |(section, name)| match read(plugin, document, section, names)? {
            Ok(has_extras) => Ok(Enabled {
                name: name.to_owned(),
                has_extras,
            }),
            Err(Missing { section, factory }) => {
                let (spec, whole) = (factory, section.clone());
                let error = ConfigError::Unresolved { spec, section };
                Err(document.refuse(&whole, plugin.key, error))
            }
        },
    );
    read.collect()
}

/// The plugins of one kind that we do not have, in the order of their sections (DEC-083).
pub(super) fn missing(
    plugin: &Plugin,
    document: &Document,
    names: &Names<'_>,
) -> Result<Vec<Missing>, ConfigError> {
    let mut missing = Vec::new();
    for (section, _) in sections(plugin, document) {
        missing.extend(read(plugin, document, section, names)?.err());
    }
    Ok(missing)
}

/// Names of sections, whole and without the prefix.
fn sections<'d>(
    plugin: &Plugin,
    document: &'d Document,
) -> impl Iterator<Item = (&'d str, &'d str)> {
    let prefix = plugin.prefix;
    let sections = document.sections();
    sections.filter_map(move |section| Some((section, section.strip_prefix(prefix)?)))
}

/// Whether a section of a plugin that we have has options beside the factory; or that we do not have it. What the
/// options of such a one may be, only its code knows.
fn read(
    plugin: &Plugin,
    document: &Document,
    section: &str,
    names: &Names<'_>,
) -> Result<Result<bool, Missing>, ConfigError> {
    let value = |key: &str| match document.get(section, key) {
        Some(entry) => expand(&entry.value, names, format_args!("{section}.{key}"))
            .map(|text| Some(text.into_owned()))
            .map_err(|error| document.refuse(section, key, error)),
        None => Ok(None),
    };
    let key = plugin.key;
    let Some(factory) = value(key)? else {
        let section = section.to_owned();
        return Err(ConfigError::NoFactory { section, key });
    };
    if factory != plugin.known {
        let section = section.to_owned();
        return Ok(Err(Missing { section, factory }));
    }
    let extras: Vec<String> = document.keys(section);
    let extras: Vec<&String> = extras.iter().filter(|extra| *extra != key).collect();
    for extra in &extras {
        value(extra)?;
    }
    Ok(Ok(!extras.is_empty()))
}
