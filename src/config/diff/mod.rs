//! Which groups are new, changed or gone between the running configuration and a new one (config.md, section 17).

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::{GroupConfig, GroupKind};
use crate::process::policy::{ChannelConfig, LogTarget, ProcessConfig};

/// Names of groups.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// New ones, in the order of the new configuration.
    pub added: Vec<String>,
    /// Those whose configuration differs, in the order of the new configuration.
    pub changed: Vec<String>,
    /// Those that are gone, in the order of the running ones.
    pub removed: Vec<String>,
}

/// Compares by name (CFG-225).
pub fn changes(new: &[GroupConfig], active: &[&GroupConfig]) -> Changes {
    let mut changes = Changes::default();
    let running: HashMap<_, _> = active
        .iter()
        .map(|group| (group.name.as_str(), *group))
        .collect();
    let mut seen = HashSet::new();
    for group in new {
        // of groups with one name only the first can be active (CFG-173)
        if !seen.insert(group.name.as_str()) {
            continue;
        }
        match running.get(group.name.as_str()) {
            None => changes.added.push(group.name.clone()),
            Some(running) if !same_group(group, running) => {
                changes.changed.push(group.name.clone());
            }
            Some(_) => {}
        }
    }
    let gone = active
        .iter()
        .filter(|running| !seen.contains(running.name.as_str()))
        .map(|running| running.name.clone());
    changes.removed.extend(gone);
    changes
}

/// Whether nothing changed that the reference compares (CFG-226).
fn same_group(a: &GroupConfig, b: &GroupConfig) -> bool {
    let same_kind = match (&a.kind, &b.kind) {
        (GroupKind::Program, GroupKind::Program) => true,
        (GroupKind::EventListener(a), GroupKind::EventListener(b)) => a == b,
        _ => false,
    };
    let pairs = a.processes.iter().zip(&b.processes);
    same_kind
        && a.name == b.name
        && a.priority == b.priority
        && a.processes.len() == b.processes.len()
        && pairs.into_iter().all(|(a, b)| a == b || same_process(a, b))
}

/// Every option after expansion, except AUTO log names and, of a socket, all but its URL (CFG-226 to
/// CFG-228).
fn same_process(a: &ProcessConfig, b: &ProcessConfig) -> bool {
    let url = |process: &ProcessConfig| process.socket.as_ref().map(|socket| socket.url.clone());
    let bare = |process: &ProcessConfig| ProcessConfig {
        program: Rc::from(""),
        socket: None,
        stdout: without_log(&process.stdout),
        stderr: without_log(&process.stderr),
        ..process.clone()
    };
    url(a) == url(b)
        && same_log(&a.stdout.logfile, &b.stdout.logfile)
        && same_log(&a.stderr.logfile, &b.stderr.logfile)
        && bare(a) == bare(b)
}

fn without_log(channel: &ChannelConfig) -> ChannelConfig {
    ChannelConfig {
        logfile: LogTarget::Auto,
        ..channel.clone()
    }
}

/// In the running configuration AUTO has become a file name. So a new AUTO tells nothing, while a file or
/// none instead of AUTO is a change (CFG-228).
fn same_log(new: &LogTarget, running: &LogTarget) -> bool {
    match (new, running) {
        (LogTarget::Auto, _) => true,
        (new, running) => new == running,
    }
}

#[cfg(test)]
mod tests;
