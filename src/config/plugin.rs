//! `[rpcinterface:x]` and `[ctlplugin:x]`. The reference loads Python code here; we have the two things that it comes
//! with and refuse everything else in its words (config.md, section 14).

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

/// The plugins of one kind in the order of their sections (CFG-187 to CFG-190).
pub(super) fn enabled(
    plugin: &Plugin,
    document: &Document,
    names: &Names<'_>,
) -> Result<Vec<Enabled>, ConfigError> {
    let mut enabled = Vec::new();
    for section in document.sections() {
        let Some(name) = section.strip_prefix(plugin.prefix) else {
            continue;
        };
        let value = |key: &str| match document.get(section, key) {
            Some(entry) => expand(&entry.value, names, format_args!("{section}.{key}"))
                .map(|text| Some(text.into_owned()))
                .map_err(|error| document.refuse(section, key, error)),
            None => Ok(None),
        };
        let key = plugin.key;
        let whole = || section.to_owned();
        let Some(spec) = value(key)? else {
            let section = whole();
            return Err(ConfigError::NoFactory { section, key });
        };
        if spec != plugin.known {
            let section = whole();
            let error = ConfigError::Unresolved { spec, section };
            return Err(document.refuse(&whole(), key, error));
        }
        let extras: Vec<String> = document.keys(section);
        let extras: Vec<&String> = extras.iter().filter(|extra| *extra != key).collect();
        for extra in &extras {
            value(extra)?;
        }
        enabled.push(Enabled {
            name: name.to_owned(),
            has_extras: !extras.is_empty(),
        });
    }
    Ok(enabled)
}
