//! Which sections speak for a program beside its own: those that it extends, its group, and the defaults of all programs
//! (LIF-310 to LIF-314).

use super::error::{ConfigError, InvalidOption, Reason};
use super::expand::{Names, expand};
use super::ini::{Above, Document};
use super::{eventlistener, program};

/// Defaults of all programs, and with a colon behind it of those that ask for them.
pub(super) const PROGRAMS: &str = "program-default";
/// Defaults of all listeners.
pub(super) const LISTENERS: &str = "eventlistener-default";
/// The option that asks for them.
const EXTENDS: &str = "extends";
/// What a group has for itself.
const OF_GROUPS: &[&str] = &["priority", "programs", EXTENDS];
/// What makes no sense for all members of a group.
const NOT_IN_A_GROUP: [&str; 3] = ["process_name", "numprocs", EXTENDS];

/// Whether the section holds defaults for programs or listeners.
pub(super) fn is_default(section: &str) -> bool {
    let named = section.strip_prefix(PROGRAMS);
    section == LISTENERS || named.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
}

/// The sections above one of a program, the nearest first (LIF-313). `group` is the section of its group, if it has one.
pub(super) fn above(
    document: &Document,
    section: &str,
    group: Option<&str>,
    names: &Names<'_>,
) -> Result<Vec<Above>, ConfigError> {
    let mut above = extended(document, section, names)?;
    above.extend(group.map(|group| Above {
        section: group.to_owned(),
        hidden: OF_GROUPS,
    }));
    let defaults = if section.starts_with(eventlistener::PREFIX) {
        LISTENERS
    } else {
        PROGRAMS
    };
    if document.has(defaults) {
        above.push(Above {
            section: defaults.to_owned(),
            hidden: &[EXTENDS],
        });
    }
    Ok(above)
}

/// What the section extends, in steps (LIF-311).
fn extended(
    document: &Document,
    section: &str,
    names: &Names<'_>,
) -> Result<Vec<Above>, ConfigError> {
    let mut above: Vec<Above> = Vec::new();
    let mut last = section.to_owned();
    loop {
        let is_own = |(key, _, _): &(&str, &str, usize)| *key == EXTENDS;
        let Some(entry) = document
            .own_keys(&last)
            .iter()
            .any(is_own)
            .then(|| document.get(&last, EXTENDS))
            .flatten()
        else {
            return Ok(above);
        };
        let text = expand(&entry.value, names, format_args!("{last}.{EXTENDS}"))
            .map_err(|error| document.refuse(&last, EXTENDS, error))?;
        let name = text.trim();
        let candidates = [
            format!("{PROGRAMS}:{name}"),
            format!("{}{name}", program::PREFIX),
        ];
        let Some(next) = candidates.into_iter().find(|next| document.has(next)) else {
            return Err(ConfigError::Own(Box::new(InvalidOption {
                option: EXTENDS.to_owned(),
                value: name.to_owned(),
                reason: Reason::NoSection(name.to_owned()),
                section: last.clone(),
                file: entry.file.to_owned(),
            })));
        };
        let steps =
            || std::iter::once(section).chain(above.iter().map(|above| above.section.as_str()));
        if let Some(at) = steps().position(|step| step == next) {
            let mut names: Vec<String> = steps().skip(at).map(short).collect();
            names.push(short(&next));
            return Err(ConfigError::InSection {
                error: Box::new(ConfigError::Circle(names)),
                section: last.clone(),
                file: entry.file.to_owned(),
            });
        }
        above.push(Above {
            section: next.clone(),
            hidden: &[EXTENDS],
        });
        last = next;
    }
}

/// A section's name as `extends` has it.
fn short(section: &str) -> String {
    let name = section.split_once(':').map_or(section, |parts| parts.1);
    name.to_owned()
}

/// Refuses what cannot be said for all members of a group (LIF-312).
pub(super) fn judge_group(document: &Document, section: &str) -> Result<(), ConfigError> {
    for (key, file, _) in document.own_keys(section) {
        if NOT_IN_A_GROUP.contains(&key) {
            let value = document.get(section, key).map(|entry| entry.value);
            return Err(ConfigError::Own(Box::new(InvalidOption {
                option: key.to_owned(),
                value: value.unwrap_or_default().into_owned(),
                reason: Reason::InGroup,
                section: section.to_owned(),
                file: file.to_owned(),
            })));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
