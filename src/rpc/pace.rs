//! Long work in turns, so that whoever else there is gets theirs in between.

use std::cell::Cell;
use std::time::Duration;

/// How long one call goes on in a turn. A part of it that cannot be divided may take longer.
pub const TURN: Duration = Duration::from_millis(5);

/// Who says when there is a turn. The daemon has one thread: while a call works, everybody waits.
pub trait Pace {
    /// Comes back when long work may go on for a while. What follows up to the next `.await` is the turn.
    fn turn(&self) -> impl Future<Output = ()>;

    /// The turn has taken so long.
    fn worked(&self, time: Duration);

    /// How many bytes the calls of the same server hold over their turns.
    fn held(&self) -> &Cell<usize>;
}
