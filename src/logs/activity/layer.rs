//! The way of a line through `tracing`: emitted by [`log`], brought to the main log by [`ActivityLayer`].

use std::fmt::{self, Write as _};
use std::sync::Arc;

use tracing::field::{Field, Visit};
use tracing::subscriber::{Interest, Subscriber};
use tracing::{Event, Metadata};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use super::Shared;
use crate::base::level::Level;

/// The target of our `tracing` events; module paths of this crate begin with it too.
const TARGET: &str = "supervisor";

/// Evaluates `$make` with the `tracing` level that carries ours. CRIT and BLAT have none of their own, so
/// events carry our number as well.
macro_rules! with_tracing_level {
    ($level:expr, $make:ident) => {
        match $level {
            Level::Critical | Level::Error => $make!(tracing::Level::ERROR),
            Level::Warn => $make!(tracing::Level::WARN),
            Level::Info => $make!(tracing::Level::INFO),
            Level::Debug => $make!(tracing::Level::DEBUG),
            Level::Trace | Level::Blather => $make!(tracing::Level::TRACE),
        }
    };
}

/// Says `text` in the main log.
pub fn log(level: Level, text: &str) {
    macro_rules! emit {
        ($tracing:expr) => {
            tracing::event!(target: TARGET, $tracing, level = level.number(), "{text}")
        };
    }
    with_tracing_level!(level, emit);
}

/// Whether a line of that level would be written; spares making a text that nobody sees.
pub fn enabled(level: Level) -> bool {
    macro_rules! ask {
        ($tracing:expr) => {
            tracing::enabled!(target: TARGET, $tracing)
        };
    }
    with_tracing_level!(level, ask)
}

/// Brings the `tracing` events of this crate to the main log.
#[derive(Debug)]
pub struct ActivityLayer(pub(super) Arc<Shared>);

impl<S: Subscriber> Layer<S> for ActivityLayer {
    /// The level can change with a reload, so `tracing` has to ask each time.
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        let target = metadata.target();
        let ours = target
            .strip_prefix(TARGET)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
        // an ERROR may turn out to be critical
        let level = match *metadata.level() {
            tracing::Level::ERROR => Level::Critical,
            other => level_of(other),
        };
        ours && self.0.is_written(level)
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut line = Line {
            level: level_of(*event.metadata().level()),
            text: String::new(),
        };
        event.record(&mut line);
        self.0.write(line.level, &line.text);
    }
}

fn level_of(level: tracing::Level) -> Level {
    match level {
        tracing::Level::ERROR => Level::Error,
        tracing::Level::WARN => Level::Warn,
        tracing::Level::INFO => Level::Info,
        tracing::Level::DEBUG => Level::Debug,
        tracing::Level::TRACE => Level::Trace,
    }
}

/// An event's message, its other fields behind it as `name=value`.
struct Line {
    level: Level,
    text: String,
}

impl Visit for Line {
    fn record_u64(&mut self, field: &Field, value: u64) {
        match Level::from_number(value) {
            Some(level) if field.name() == "level" => self.level = level,
            _ => self.record_debug(field, &value),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // writing to a String cannot fail
        let _ = match field.name() {
            "message" => write!(self.text, "{value:?}"),
            name => write!(self.text, " {name}={value:?}"),
        };
    }
}
