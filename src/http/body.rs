//! The bodies of answers: bytes, or a log that is followed.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use super::connection::{Busy, Unread};
use super::logtail::Follower;

/// Bytes of an answer that do not count: sockets take so much at once.
const LITTLE: usize = 64 * 1024;

/// What an answer carries.
pub(super) enum Content {
    /// All of it.
    Bytes(Bytes),
    /// What a log has and gets.
    Follow(Box<Follower>),
}

/// An answer's body. While it lives its connection is busy.
pub(super) struct AnswerBody {
    content: Content,
    /// Held for its drop.
    busy: Option<Busy>,
}

impl AnswerBody {
    pub(super) const fn new(content: Content) -> Self {
        Self {
            content,
            busy: None,
        }
    }

    /// Keeps the connection busy until the body is gone.
    pub(super) fn keep(&mut self, busy: Busy) {
        self.busy = Some(busy);
    }

    /// What waits in memory for the client to read it; none if that is little.
    pub(super) fn waits(&self) -> Option<Unread> {
        match &self.content {
            Content::Bytes(bytes) if bytes.len() > LITTLE => Some(Unread::of(bytes)),
            Content::Bytes(_) | Content::Follow(_) => None,
        }
    }

    /// The length, if it is known.
    pub(super) const fn length(&self) -> Option<usize> {
        match &self.content {
            Content::Bytes(bytes) => Some(bytes.len()),
            Content::Follow(_) => None,
        }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match &mut self.get_mut().content {
            Content::Bytes(bytes) if bytes.is_empty() => Poll::Ready(None),
            Content::Bytes(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Content::Follow(follower) => follower
                .poll_next(cx)
                .map(|piece| Some(piece.map(Frame::data))),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(&self.content, Content::Bytes(bytes) if bytes.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Bytes(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Content::Follow(_) => SizeHint::default(),
        }
    }
}
