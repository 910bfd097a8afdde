//! The task of one output channel: reads when there is something, writes to the sinks, tells the supervisor
//! what it has to hear. Plain log bytes never reach the supervisor.

use std::convert::Infallible;
use std::future::poll_fn;
use std::rc::Rc;
use std::time::Duration;

use tokio::time::sleep;

use crate::logs::activity::{self, Activity};
use crate::logs::sink::{Outcome, Sink, Sinks};
use crate::supervisor::member::ProcessId;

use super::channel::Channel;
use super::hub::Hub;

/// How much one channel may read before the others get their turn.
const PER_TURN: usize = 256 * 1024;

/// How soon a reader that does not keep up is tried again.
const CONGESTED: Duration = Duration::from_millis(20);

/// How soon a log that cannot be written is tried again.
const HELD: Duration = Duration::from_secs(1);

/// Runs until the channel is closed.
pub(super) async fn pump(hub: Rc<Hub>, id: ProcessId, channel: Rc<Channel>) {
    let mut held = false;
    loop {
        let ready = if held {
            let ready = tokio::time::timeout(HELD, channel.readable()).await;
            ready.unwrap_or_else(|_| {
                held = report(channel.flush()).held > 0;
                Ok(())
            })
        } else {
            channel.readable().await
        };
        if ready.is_err() || channel.is_closed() {
            return;
        }
        let mut congested = false;
        if let Some(outcome) = read(&hub, id, &channel) {
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
        tokio::task::yield_now().await;
    }
}

/// Reads up to one turn's share, and says what the last write gave; none if there was nothing to write.
fn read(hub: &Hub, id: ProcessId, channel: &Channel) -> Option<Outcome> {
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
            return last;
        }
        let outcome = report(turn.outcome);
        let congested = outcome.congested;
        last = Some(outcome);
        if turn.closed || congested || total >= PER_TURN {
            return last;
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

/// Writes what the main log could not take at once, however long that takes, so that its lines do not have to
/// wait for the next one.
pub(super) async fn keep_main_log(log: &Activity) -> Infallible {
    loop {
        poll_fn(|context| log.poll_held(context)).await;
        while log.flush() > 0 {
            sleep(HELD).await;
        }
    }
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
