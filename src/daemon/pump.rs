//! The task of one output channel: reads when there is something, writes to the sinks, tells the supervisor
//! what it has to hear. Plain log bytes never reach the supervisor.

use std::rc::Rc;
use std::time::Duration;

use tokio::time::sleep;

use crate::base::clock::Mono;
use crate::logs::activity;
use crate::logs::sink::{Outcome, Sink, Sinks};
use crate::supervisor::member::ProcessId;
use crate::sys;

use super::channel::Channel;
use super::hub::Hub;

/// How much one channel may read before the others get their turn.
const PER_TURN: usize = 256 * 1024;

/// How soon a reader that does not keep up is tried again.
const CONGESTED: Duration = Duration::from_millis(20);

/// How soon a log that cannot be written is tried again.
const HELD: Duration = Duration::from_secs(1);

/// How long a reader lets a child that writes little at a time go on before it looks again: to wake for each
/// line costs more than the line.
const GATHER: Duration = Duration::from_millis(1);

/// A child that has said nothing for so long is not in the middle of something.
const PAUSE: Duration = Duration::from_millis(4);

/// A child that writes more than this within a microsecond would fill its pipe meanwhile.
const FAST: u128 = 100;

/// Says when to let output gather.
struct Gatherer {
    last: Mono,
}

impl Gatherer {
    /// Whether to look away for a while, after a visit that gave `bytes`. What comes after a pause is read at
    /// once, and so is all that is there at a visit.
    fn gathers(&mut self, bytes: usize, now: Mono) -> bool {
        let since = now.since(self.last);
        self.last = now;
        bytes > 0 && since < PAUSE && (bytes as u128) < since.as_micros() * FAST
    }
}

/// Runs until the channel is closed.
pub(super) async fn pump(hub: Rc<Hub>, id: ProcessId, channel: Rc<Channel>) {
    let mut held = false;
    let mut gatherer = Gatherer { last: Mono(0) };
    loop {
        let ready = if held {
            let ready = tokio::time::timeout(HELD, channel.source.readable()).await;
            ready.unwrap_or_else(|_| {
                held = report(channel.flush()).held > 0;
                Ok(())
            })
        } else {
            channel.source.readable().await
        };
        if ready.is_err() || channel.is_closed() {
            return;
        }
        let mut congested = false;
        let (bytes, outcome) = read(&hub, id, &channel);
        if let Some(outcome) = outcome {
            held = outcome.held > 0;
            congested = outcome.congested;
        }
        // the child waits, not its log: nothing more is read until the reader of the log caught up
        while congested {
            sleep(CONGESTED).await;
            let outcome = report(channel.flush());
            held = outcome.held > 0;
            congested = outcome.congested && !channel.is_closed();
        }
        let gathers = channel.may_gather() && gatherer.gathers(bytes, sys::clock::now().mono);
        channel.source.watch(!gathers);
        if gathers {
            sleep(GATHER).await;
        } else {
            tokio::task::yield_now().await;
        }
    }
}

/// Reads up to one turn's share, and says how much it was and what the last write gave; none if there was nothing to write.
fn read(hub: &Hub, id: ProcessId, channel: &Channel) -> (usize, Option<Outcome>) {
    let mut total = 0;
    let mut last = None;
    loop {
        let turn = hub.with_buffer(|buffer| channel.read(buffer));
        for output in turn.outputs {
            hub.with(|supervisor, now| supervisor.heard(id, output, now));
        }
        if turn.closed
            && let Some(state) = hub.with(|supervisor, _| supervisor.state_of(id)).flatten()
        {
            channel.say_closed(state);
        }
        total += turn.read;
        if turn.read == 0 && !turn.closed {
            return (total, last);
        }
        let outcome = report(turn.outcome);
        let congested = outcome.congested;
        last = Some(outcome);
        if turn.closed || congested || total >= PER_TURN {
            return (total, last);
        }
    }
}

/// Writes the complaints of sinks to the main log.
pub(super) fn report(mut outcome: Outcome) -> Outcome {
    for trouble in outcome.troubles.drain(..) {
        activity::log(trouble.level(), &trouble.to_string());
    }
    outcome
}

/// Writes what the sinks of a closed channel hold yet, however long that takes.
pub(super) async fn empty(mut sinks: Sinks) {
    loop {
        let outcome = report(sinks.flush());
        if outcome.held == 0 {
            return;
        }
        sleep(if outcome.congested { CONGESTED } else { HELD }).await;
    }
}

#[cfg(test)]
mod tests {
    use super::{Gatherer, Mono};

    #[test]
    fn output_gathers_behind_a_child_that_writes_little_at_a_time() {
        let mut gatherer = Gatherer { last: Mono(0) };
        let table = [
            // microseconds since the visit before, bytes, whether to look away
            (1_000_000, 100, false),
            (10, 100, true),
            (2_000, 80_000, true),
            (10, 65_536, false),
            (2_000, 0, false),
            (3_999, 100, true),
            (4_000, 100, false),
        ];
        let mut now = 0;
        for (pause, bytes, gathers) in table {
            now += pause * 1000;
            assert_eq!(
                gatherer.gathers(bytes, Mono(now)),
                gathers,
                "{pause} {bytes}"
            );
        }
    }
}
