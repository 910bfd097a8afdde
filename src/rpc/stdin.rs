//! `supervisor.*`: what clients say to processes and listeners.

use crate::api::messages;
use crate::base::clock::Now;
use crate::base::fault::Fault;
use crate::supervisor::Supervisor;

use super::args::{Args, WRONG};
use super::methods::{Handled, Pending};
use super::reply::Reply;
use super::repr;
use super::wire::Value;

/// The type is checked before the name (RPC-200).
pub(super) fn send_stdin(supervisor: &mut Supervisor, args: Args<'_>, _: Now) -> Handled {
    let chars = match args.get(1) {
        Some(Value::String(text)) => text,
        Some(Value::Nil) | None => return Err(WRONG),
        Some(other) => return Err(Fault::IncorrectParameters(Some(repr::text(other)))),
    };
    messages::send_stdin(supervisor, args.text(0)?, chars.as_bytes())?;
    Ok(Pending::Now(Reply::Bool(true)))
}

/// Anything goes; what is no string is shown in Python's words (RPC-205).
pub(super) fn send_event(supervisor: &mut Supervisor, args: Args<'_>, _: Now) -> Handled {
    let text = |at| args.get(at).map(repr::text).unwrap_or_default();
    messages::send_event(supervisor, || (text(0), text(1)));
    Ok(Pending::Now(Reply::Bool(true)))
}
