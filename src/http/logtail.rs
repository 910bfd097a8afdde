//! The body of an answer that follows a log.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, Sleep, sleep};

use crate::logs::follow::FollowedLog;

/// How often a log is looked at that may be written by others. What we write shows at once.
const LOOK: Duration = Duration::from_secs(1);

/// How long a log goes on after a piece before the next one: to send each line by itself costs more than the line.
const GATHER: Duration = Duration::from_millis(20);

/// A piece of so many bytes is followed by the next one at once.
const MUCH: usize = 16 * 1024;

/// Pieces in a row before others get their turn.
const BURST: u8 = 8;

/// A log as an endless body.
pub(super) struct Follower {
    log: FollowedLog,
    /// Pieces since the last pause.
    burst: u8,
    /// Nothing is read before.
    not_before: Instant,
    /// The next look at the log, while there is nothing to send.
    look: Pin<Box<Sleep>>,
}

impl Follower {
    pub(super) fn new(log: FollowedLog) -> Self {
        Self {
            log,
            burst: 0,
            not_before: Instant::now(),
            look: Box::pin(sleep(LOOK)),
        }
    }

    /// The next piece; the stream has no end.
    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
        if self.burst == BURST {
            self.burst = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let now = Instant::now();
        if now < self.not_before {
            self.look.as_mut().reset(self.not_before);
            ready!(self.look.as_mut().poll(cx));
        }
        if let Some(piece) = self.log.read()? {
            if piece.len() < MUCH {
                self.not_before = now + GATHER;
            }
            self.burst += 1;
            return Poll::Ready(Ok(piece));
        }
        self.burst = 0;
        self.log.wait(cx.waker());
        self.look.as_mut().reset(now + LOOK);
        // to be woken by it; it cannot be over yet
        let _ = self.look.as_mut().poll(cx);
        Poll::Pending
    }
}
