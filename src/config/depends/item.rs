//! One item of `depends_on`, or of its alias, before anything is looked up (LIF-010, LIF-011, LIF-023).

use crate::config::error::Reason;
use crate::process::lifecycle::Condition;

/// What an item names, and what has to hold of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) named: Named,
    /// Any of these; empty is the default.
    pub(super) conditions: Vec<Condition>,
}

/// What an item names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Named {
    /// A program, or else a group.
    Name(String),
    /// All processes of a group.
    Group(String),
    /// One process.
    Process(String, String),
}

/// The words of `depends_on`: apart by commas, blanks or line ends.
pub fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c == ',' || c.is_whitespace())
        .filter(|item| !item.is_empty())
}

/// Reads an item of `depends_on`.
pub(super) fn parse(text: &str) -> Result<Item, Reason> {
    let words: Vec<&str> = text.split(':').collect();
    if words.iter().any(|word| word.is_empty()) {
        return Err(Reason::Item);
    }
    let (named, condition) = match *words.as_slice() {
        [name] => (Named::Name(name.to_owned()), None),
        [name, word] => match condition(word) {
            Some(condition) => (Named::Name(name.to_owned()), Some(condition)),
            None => (process(name, word), None),
        },
        [group, name, word] => {
            let unknown = || Reason::UnknownCondition(word.to_owned());
            (
                process(group, name),
                Some(condition(word).ok_or_else(unknown)?),
            )
        }
        _ => return Err(Reason::Item),
    };
    Ok(Item {
        named,
        conditions: condition.into_iter().collect(),
    })
}

fn process(group: &str, name: &str) -> Named {
    match name {
        "*" => Named::Group(group.to_owned()),
        name => Named::Process(group.to_owned(), name.to_owned()),
    }
}

fn condition(word: &str) -> Option<Condition> {
    Some(match word.to_ascii_lowercase().as_str() {
        "started" => Condition::Started,
        "running" => Condition::Running,
        "healthy" => Condition::Healthy,
        "exited" => Condition::Exited,
        "ended" => Condition::Ended,
        _ => return None,
    })
}

/// Reads an item of the alias, whose states are those of a process (LIF-023).
pub(super) fn parse_alias(text: &str) -> Result<Item, Reason> {
    let (name, states) = text.split_once(':').unwrap_or((text, "running"));
    if name.is_empty() {
        return Err(Reason::Item);
    }
    let mut conditions = Vec::new();
    let mut fatal = false;
    for state in states.split(',') {
        let condition = match state.to_ascii_lowercase().as_str() {
            "running" => Condition::Running,
            "starting" => Condition::Started,
            "exited" => Condition::Ended,
            "fatal" => {
                fatal = true;
                continue;
            }
            _ => return Err(Reason::Allowed(STATES)),
        };
        if !conditions.contains(&condition) {
            conditions.push(condition);
        }
    }
    // a failed start is part of `ended`, and nothing by itself
    if fatal && !conditions.contains(&Condition::Ended) {
        return Err(Reason::Allowed(STATES));
    }
    Ok(Item {
        named: Named::Name(name.to_owned()),
        conditions,
    })
}

const STATES: &[&str] = &["running", "starting", "exited"];
