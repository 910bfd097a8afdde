//! `[eventlistener:x]`: what a pool has beyond a program (config.md, section 12).

use super::PoolConfig;
use super::error::ConfigError;
use super::options::{Opt, Scope, example, opt, put, unset};
use crate::base::event_names::EventName;
use crate::base::result_handler::ResultHandler;
use crate::base::units::{boolean, integer, list};

/// How the names of the sections begin.
pub(super) const PREFIX: &str = "eventlistener:";

/// A pool, and the priority of its group.
#[derive(Debug, Default)]
pub(super) struct Pool {
    pub(super) priority: i64,
    pub(super) config: PoolConfig,
}

/// In the order of reading.
pub(super) static OPTIONS: [Opt<Pool>; 5] = [
    opt(
        "priority",
        "-1",
        "order: lower starts earlier and stops later",
        |p, v, _| put(&mut p.priority, integer(v)),
    ),
    opt(
        "buffer_size",
        "10",
        "number of events that wait at most",
        |p, v, scope| {
            let size = integer(v)?;
            let section = || scope.section.to_owned();
            p.config.buffer_size = usize::try_from(size)
                .ok()
                .filter(|size| *size > 0)
                .ok_or_else(|| ConfigError::BufferSize {
                    section: section(),
                    size,
                })?;
            Ok(())
        },
    ),
    opt(
        "result_handler",
        ResultHandler::ORDINARY,
        "what judges results: this one or supervisor_stdout:event_handler",
        |p, v, scope| {
            let handler = ResultHandler::parse(v);
            p.config.result_handler = handler.ok_or_else(|| ConfigError::ForeignHandler {
                spec: v.to_owned(),
                section: scope.section.to_owned(),
            })?;
            Ok(())
        },
    ),
    example(
        "PROCESS_STATE,TICK_60",
        opt(
            "events",
            "",
            "event types to be sent, apart by commas",
            |p, v, scope| put(&mut p.config.events, events(v, scope.section)),
        ),
    ),
    unset(
        "redirect_stderr",
        "false",
        "must be false: stdout carries the protocol",
        |_, v, scope| {
            if boolean(v)? {
                return Err(ConfigError::Redirected(scope.section.to_owned()));
            }
            Ok(())
        },
    ),
];

/// The types of an `events` line, sorted, each once (CFG-174).
fn events(value: &str, section: &str) -> Result<Vec<EventName>, ConfigError> {
    let mut events = Vec::new();
    for name in list(value) {
        let event = EventName::parse(&name);
        events.push(event.ok_or_else(|| ConfigError::UnknownEvent {
            section: section.to_owned(),
            event: name.to_uppercase(),
        })?);
    }
    if events.is_empty() {
        return Err(ConfigError::NoEvents(section.to_owned()));
    }
    events.sort_unstable();
    events.dedup();
    Ok(events)
}

/// Reads a pool. `scope.names` are `here` and the environment (CFG-053).
pub(super) fn pool(scope: &Scope<'_>) -> Result<Pool, ConfigError> {
    let mut pool = Pool::default();
    scope.fill(&OPTIONS, &mut pool)?;
    Ok(pool)
}
