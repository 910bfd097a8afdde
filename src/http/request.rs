//! One request: its head with who asks, and its body: how long it claims to be, and reading it within bounds.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::StatusCode;
use hyper::body::{Body, Incoming};
use hyper::header::{HeaderMap, TRANSFER_ENCODING};
use hyper::http::request::Parts;
use tokio::time::timeout;

use super::bulk::Bulk;
use super::gate::SentBy;
use crate::api::caller::Caller;
use crate::rpc::wire::Pieces;

/// Bodies up to this size are read at any time, larger ones a few at a time.
const SMALL: u64 = 64 * 1024;

/// What comes of it, if it comes in time. Most bodies are there with the head and need no timer.
async fn within<T>(limit: Duration, reading: impl Future<Output = T>) -> Option<T> {
    let mut reading = pin!(reading);
    match poll_fn(|cx| Poll::Ready(reading.as_mut().poll(cx))).await {
        Poll::Ready(read) => Some(read),
        Poll::Pending => timeout(limit, reading).await.ok(),
    }
}

/// A request that may be answered, less its body.
pub(super) struct Asked<'a> {
    pub(super) head: &'a Parts,
    /// Which program sends it, and who made it do so.
    pub(super) sent_by: SentBy,
    /// Who asks.
    pub(super) caller: Caller,
}

/// The body of a request that is being answered.
pub(super) struct RequestBody<'a> {
    incoming: Incoming,
    length: Option<u64>,
    chunked: bool,
    limit: Duration,
    bulk: &'a Bulk,
}

impl<'a> RequestBody<'a> {
    pub(super) fn new(
        headers: &HeaderMap,
        incoming: Incoming,
        limit: Duration,
        bulk: &'a Bulk,
    ) -> Self {
        let chunked = headers.contains_key(TRANSFER_ENCODING);
        let declared = headers.contains_key(hyper::header::CONTENT_LENGTH) && !chunked;
        // hyper has checked the number
        let length = declared.then(|| incoming.size_hint().lower());
        Self {
            incoming,
            length,
            chunked,
            limit,
            bulk,
        }
    }

    /// The body's length as declared; 411 without, which goes for chunked ones too (RPC-003): no client of
    /// Supervisor's sends such, and not to know them leaves nothing to smuggle.
    pub(super) fn length(&self) -> Result<u64, StatusCode> {
        self.length.ok_or(StatusCode::LENGTH_REQUIRED)
    }

    /// Reads it whole: 413 if it is longer than `most`, 408 if it takes too long.
    pub(super) async fn read(&mut self, most: usize) -> Result<Pieces, StatusCode> {
        let length = self.length()?;
        let expected = match usize::try_from(length) {
            Ok(length) if length <= most => length,
            _ => return Err(StatusCode::PAYLOAD_TOO_LARGE),
        };
        let limit = self.limit;
        let bulk = self.bulk;
        let reading = async {
            let mut pieces = Pieces::new(expected);
            self.read_all(|bytes| pieces.push(bytes)).await?;
            Ok(pieces)
        };
        let read = if length > SMALL {
            within(limit, bulk.read(reading)).await.flatten()
        } else {
            within(limit, reading).await
        };
        read.unwrap_or(Err(StatusCode::REQUEST_TIMEOUT))
    }

    async fn read_all(&mut self, mut take: impl FnMut(&[u8])) -> Result<(), StatusCode> {
        while let Some(frame) = self.incoming.frame().await {
            let frame = frame.map_err(|_| StatusCode::BAD_REQUEST)?;
            if let Ok(bytes) = frame.into_data() {
                take(&bytes);
            }
        }
        Ok(())
    }

    /// Whether all of it was read.
    pub(super) fn is_done(&self) -> bool {
        self.incoming.is_end_stream()
    }

    /// Reads what nobody wanted, if that is little; false if it is not, or does not come. The connection
    /// can be used again only after a body was read: what is left of it is no request (HTTP-F06).
    pub(super) async fn discard(&mut self) -> bool {
        if self.is_done() {
            return true;
        }
        if self.chunked || self.length.is_some_and(|length| length > SMALL) {
            return false;
        }
        matches!(
            within(self.limit, self.read_all(|_| ())).await,
            Some(Ok(()))
        )
    }
}
