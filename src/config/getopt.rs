//! A command line as Python's `getopt` reads it: bundled flags, unique prefixes, no option after the first other word
//! (CFG-212, CFG-213).
//!
//! What options there are is said by a `clap::Command`. The words that come out are in the one form that clap reads
//! the same way, `--long=value`, so that clap then checks and keeps them.

use clap::{Arg, Command};

use super::error::UsageError;

/// One option of a command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Occurrence {
    /// The clap id of the option.
    pub(super) id: String,
    /// As typed for a short option, the full name for a long one.
    pub(super) shown: String,
    /// Its value; empty for flags.
    pub(super) value: String,
    /// The same for clap.
    pub(super) word: String,
}

/// The options in their order, and the words behind them.
pub(super) fn split(
    command: &Command,
    args: &[String],
) -> Result<(Vec<Occurrence>, Vec<String>), UsageError> {
    let mut found = Vec::new();
    let mut rest = args.iter();
    while let Some(word) = rest.as_slice().first() {
        if !word.starts_with('-') || word == "-" {
            break;
        }
        rest.next();
        if word == "--" {
            break;
        }
        if let Some(long) = word.strip_prefix("--") {
            found.push(long_option(command, long, &mut rest)?);
        } else {
            short_options(command, word, &mut rest, &mut found)?;
        }
    }
    Ok((found, rest.cloned().collect()))
}

fn takes_value(arg: &Arg) -> bool {
    arg.get_action().takes_values()
}

/// All long names of an option.
fn long_names(arg: &Arg) -> Vec<&str> {
    arg.get_long_and_visible_aliases().unwrap_or_default()
}

fn long_option<'a>(
    command: &Command,
    word: &str,
    rest: &mut impl Iterator<Item = &'a String>,
) -> Result<Occurrence, UsageError> {
    let (typed, value) = match word.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (word, None),
    };
    let (arg, name) = find_long(command, typed)?;
    let shown = format!("--{name}");
    match (takes_value(arg), value) {
        (false, Some(_)) => Err(UsageError::Flag(shown)),
        (false, None) => Ok(occurrence(arg, shown, None)),
        (true, value) => {
            let value = value.or_else(|| rest.next().cloned());
            let value = value.ok_or_else(|| UsageError::NoArgument(shown.clone()))?;
            Ok(occurrence(arg, shown, Some(value)))
        }
    }
}

/// The option with that long name, or the only one whose name begins so.
fn find_long<'a>(command: &'a Command, typed: &str) -> Result<(&'a Arg, &'a str), UsageError> {
    let names: Vec<(&Arg, &str)> = command
        .get_arguments()
        .flat_map(|arg| long_names(arg).into_iter().map(move |name| (arg, name)))
        .filter(|(_, name)| name.starts_with(typed))
        .collect();
    if let Some(exact) = names.iter().find(|(_, name)| *name == typed) {
        return Ok(*exact);
    }
    // a prefix of one of Supervisor's options means that one, whatever we have besides (BEY-001)
    let ours = |name: &str| matches!(name, "container" | "env-file");
    let names = if names.iter().all(|(_, name)| ours(name)) {
        names
    } else {
        names.into_iter().filter(|(_, name)| !ours(name)).collect()
    };
    match names.as_slice() {
        [] => Err(UsageError::Unknown(format!("--{typed}"))),
        // two spellings of one option do not make a prefix ambiguous
        [first, others @ ..]
            if others
                .iter()
                .all(|other| other.0.get_id() == first.0.get_id()) =>
        {
            Ok(*first)
        }
        _ => Err(UsageError::NotUnique(format!("--{typed}"))),
    }
}

/// `-nt`, `-nlFILE`, `-nl FILE`.
fn short_options<'a>(
    command: &Command,
    word: &str,
    rest: &mut impl Iterator<Item = &'a String>,
    found: &mut Vec<Occurrence>,
) -> Result<(), UsageError> {
    let mut letters = word.chars();
    letters.next();
    while let Some(letter) = letters.next() {
        let shown = format!("-{letter}");
        let arg = command.get_arguments().find(|arg| {
            let shorts = arg.get_short_and_visible_aliases();
            shorts.is_some_and(|shorts| shorts.contains(&letter))
        });
        let arg = arg.ok_or_else(|| UsageError::Unknown(shown.clone()))?;
        if !takes_value(arg) {
            found.push(occurrence(arg, shown, None));
            continue;
        }
        let attached = Some(letters.as_str()).filter(|text| !text.is_empty());
        let value = attached.map(str::to_owned).or_else(|| rest.next().cloned());
        let value = value.ok_or_else(|| UsageError::NoArgument(shown.clone()))?;
        found.push(occurrence(arg, shown, Some(value)));
        break;
    }
    Ok(())
}

fn occurrence(arg: &Arg, shown: String, value: Option<String>) -> Occurrence {
    let name = arg.get_long().unwrap_or_else(|| arg.get_id().as_str());
    let word = match &value {
        Some(value) => format!("--{name}={value}"),
        None => format!("--{name}"),
    };
    Occurrence {
        id: arg.get_id().to_string(),
        shown,
        value: value.unwrap_or_default(),
        word,
    }
}
