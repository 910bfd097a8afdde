//! `[group:x]`: programs that are told apart by their own sections and controlled together (config.md, section 11).

use super::error::ConfigError;
use super::ini::Document;
use super::options::{Opt, Scope, opt, put, unset};
use super::{fcgi, program};
use crate::base::units::{integer, list};

/// How the names of the sections begin.
pub(super) const PREFIX: &str = "group:";

/// A group as its section has it.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// The members in the order of the list: names, then their sections.
    pub(super) members: Vec<String>,
    /// Lower starts earlier.
    pub(super) priority: i64,
}

/// In the order of reading.
pub(super) static OPTIONS: [Opt<Group>; 2] = [
    unset(
        "programs",
        "one,two",
        "names of programs and fcgi-programs, apart by commas",
        |g, v, _| {
            g.members = list(v);
            Ok(())
        },
    ),
    opt(
        "priority",
        "999",
        "order: lower starts earlier and stops later",
        |g, v, _| put(&mut g.priority, integer(v)),
    ),
];

/// Reads a group. `scope.names` are `here` and the environment.
pub(super) fn group(scope: &Scope<'_>) -> Result<Group, ConfigError> {
    let mut group = Group::default();
    scope.fill(&OPTIONS, &mut group)?;
    group.members = group
        .members
        .into_iter()
        .map(|program| member(scope.document, scope.section, program))
        .collect::<Result<_, _>>()
        .map_err(|error| scope.refuse("programs", error))?;
    Ok(group)
}

/// The section that a name in `programs` means (CFG-167).
fn member(document: &Document, section: &str, name: String) -> Result<String, ConfigError> {
    let program = format!("{}{name}", program::PREFIX);
    let fcgi = format!("{}{name}", fcgi::PREFIX);
    let section = section.to_owned();
    match (document.has(&program), document.has(&fcgi)) {
        (true, false) => Ok(program),
        (false, true) => Ok(fcgi),
        (false, false) => Err(ConfigError::UnknownProgram {
            section,
            program: name,
        }),
        (true, true) => Err(ConfigError::Ambiguous {
            section,
            program: name,
        }),
    }
}
