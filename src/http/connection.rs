//! The life of one connection: what it is doing, how long it may, and how it ends.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::rt::ReadBufCursor;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, sleep_until, timeout};

use super::Limits;
use super::answer;
use super::handler::Handler;
use super::site::Site;
use super::socket::{Socket, Stream};
use super::target::Targets;
use crate::rpc::wire::MAX_BODY;

/// How long a client that is not listened to any more may go on sending, so that it finds the answer
/// instead of a reset connection.
const LINGER: Duration = Duration::from_secs(2);

/// How much such a client may send, in bytes: a body somewhat over the limit, not all that it has.
const LINGER_BYTES: usize = 2 * MAX_BODY;

/// How much too early the alarm of a connection may ring: then it is set again, which costs less than to set it
/// with each request.
const SLACK: Duration = Duration::from_mins(1);

/// What a connection is doing; of those that a client may be made to give up, the least missed first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// Nothing came yet.
    Fresh,
    /// Between two requests.
    Idle,
    /// A head has begun to come.
    Head,
    /// The body of a request is awaited.
    Body,
    /// An answer is on its way, or a log is followed.
    Answer,
    /// The answer is being made, which may wait for processes.
    Call,
}

/// One client, as its socket, its requests and the registry of connections see it.
pub(super) struct Connection {
    pub(super) stream: RefCell<Stream>,
    /// How access lines name the client (HTTP-049).
    pub(super) peer: String,
    /// The server that it came to, by its number.
    pub(super) server: usize,
    /// A request of it was let in.
    known: Cell<bool>,
    phase: Cell<(Phase, Instant)>,
    targets: RefCell<Targets>,
    /// What did not fit where hyper reads, because it became more.
    held_back: RefCell<Vec<u8>>,
    /// The answer that the client has not read yet.
    unread: Cell<Unread>,
    /// Since when the client does not read what is written.
    blocked: Cell<Option<Instant>>,
    /// A request was answered without reading its body to the end.
    left_over: Cell<bool>,
}

/// An answer in memory. Answers that are the same bytes have the same place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Unread {
    /// Where its bytes are.
    pub(super) place: usize,
    /// How many there were.
    pub(super) size: usize,
    /// How many of them were not written yet.
    left: usize,
}

impl Unread {
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self {
            place: bytes.as_ptr().addr(),
            size: bytes.len(),
            left: bytes.len(),
        }
    }
}

impl Connection {
    pub(super) fn new(stream: Stream, peer: String, server: usize) -> Rc<Self> {
        Rc::new(Self {
            stream: RefCell::new(stream),
            peer,
            server,
            known: Cell::new(false),
            phase: Cell::new((Phase::Fresh, Instant::now())),
            targets: RefCell::default(),
            held_back: RefCell::default(),
            unread: Cell::default(),
            blocked: Cell::new(None),
            left_over: Cell::new(false),
        })
    }

    /// It came through a Unix socket, as the administrator of the machine does.
    pub(super) fn is_local(&self) -> bool {
        matches!(*self.stream.borrow(), Stream::Unix(_))
    }

    /// Whether a request of it was let in.
    pub(super) const fn is_known(&self) -> bool {
        self.known.get()
    }

    /// A request of it was let in.
    pub(super) fn know(&self) {
        self.known.set(true);
    }

    /// The answer in memory that waits for the client; of no size if there is none.
    pub(super) const fn unread(&self) -> Unread {
        self.unread.get()
    }

    /// What it is doing, and since when.
    pub(super) const fn phase(&self) -> (Phase, Instant) {
        self.phase.get()
    }

    /// Bytes came.
    pub(super) fn heard(&self) {
        match self.phase.get() {
            // the time for the first head runs from the connection's beginning
            (Phase::Fresh, since) => self.phase.set((Phase::Head, since)),
            (Phase::Idle, _) => self.phase.set((Phase::Head, Instant::now())),
            (Phase::Head | Phase::Body | Phase::Call | Phase::Answer, _) => {}
        }
    }

    /// Gives bytes from the client to hyper.
    pub(super) fn put(&self, bytes: &[u8], buf: &mut ReadBufCursor<'_>) {
        match self.targets.borrow_mut().mend(bytes) {
            None => buf.put_slice(bytes),
            Some(mended) => {
                *self.held_back.borrow_mut() = mended;
                self.put_held_back(buf);
            }
        }
    }

    /// Gives hyper what did not fit last time; false if all did.
    pub(super) fn put_held_back(&self, buf: &mut ReadBufCursor<'_>) -> bool {
        let mut held_back = self.held_back.borrow_mut();
        if held_back.is_empty() {
            return false;
        }
        let fits = held_back.len().min(buf.remaining());
        buf.put_slice(&held_back[..fits]);
        if fits == held_back.len() {
            *held_back = Vec::new();
        } else {
            held_back.drain(..fits);
        }
        true
    }

    /// Bytes were written, or could not be.
    pub(super) fn wrote(&self, written: &Poll<io::Result<usize>>) {
        let Poll::Ready(written) = written else {
            if self.blocked.get().is_none() {
                self.blocked.set(Some(Instant::now()));
            }
            return;
        };
        self.blocked.set(None);
        let mut unread = self.unread.get();
        if unread.size > 0 {
            // the head counts as well, which is little
            let written = written.as_ref().copied().unwrap_or_default();
            unread.left = unread.left.saturating_sub(written);
            if unread.left == 0 {
                unread = Unread::default();
                if self.phase.get().0 == Phase::Answer {
                    self.phase.set((Phase::Idle, Instant::now()));
                }
            }
            self.unread.set(unread);
        }
    }

    /// A request's head is complete; the guard lives until the answer is on its way.
    pub(super) fn begin(self: &Rc<Self>) -> Busy {
        // hyper begins nothing before the last answer was written
        self.unread.set(Unread::default());
        self.phase.set((Phase::Body, Instant::now()));
        Busy(Rc::clone(self))
    }

    /// The request goes on to another phase.
    pub(super) fn enter(&self, phase: Phase) {
        let (_, since) = self.phase.get();
        self.phase.set((phase, since));
    }

    /// The answer is there and waits for the client.
    pub(super) fn owe(&self, unread: Unread) {
        self.unread.set(unread);
        self.enter(Phase::Answer);
    }

    /// The client may be sending a body that nobody reads.
    pub(super) fn leave_unread(&self) {
        self.left_over.set(true);
    }

    /// When it has to end, if nothing changes.
    fn deadline(&self, limits: &Limits) -> Option<Instant> {
        let (phase, since) = self.phase.get();
        let patience = match phase {
            Phase::Fresh | Phase::Head => Some(limits.head),
            Phase::Body | Phase::Call | Phase::Answer => None,
            Phase::Idle => Some(limits.idle),
        };
        let waiting = patience.map(|patience| since + patience);
        let blocked = self.blocked.get().map(|since| since + limits.stall);
        match (waiting, blocked) {
            (Some(waiting), Some(blocked)) => Some(waiting.min(blocked)),
            (waiting, blocked) => waiting.or(blocked),
        }
    }

    /// Serves requests until the client leaves or is too slow.
    pub(super) async fn run<S: Site>(self: Rc<Self>, handler: Rc<Handler<S>>) {
        let limits = Rc::clone(&handler.limits);
        let late = self.serve(handler, &limits).await;
        if late {
            if self.phase.get().0 != Phase::Head || self.blocked.get().is_some() {
                return;
            }
            self.write_once(&answer::REQUEST_TIMEOUT);
        } else if !self.left_over.get() {
            return;
        }
        self.linger().await;
    }

    /// Runs hyper; true if a deadline passed.
    async fn serve<S: Site>(self: &Rc<Self>, handler: Rc<Handler<S>>, limits: &Limits) -> bool {
        let service = service_fn(|request| {
            let (handler, connection) = (Rc::clone(&handler), Rc::clone(self));
            async move { Ok::<_, std::convert::Infallible>(handler.answer(&connection, request).await) }
        });
        let mut http = pin!(
            http1::Builder::new()
                .title_case_headers(true)
                .max_headers(limits.headers)
                .max_header_size(limits.head_bytes)
                .max_buf_size(limits.head_bytes.max(8192))
                .header_read_timeout(None)
                .serve_connection(Socket(Rc::clone(self)), service)
        );
        let mut alarm = pin!(sleep_until(Instant::now()));
        let mut has_rung = true;
        poll_fn(|cx| {
            // how it went is of no interest: the client left, or was told what is wrong
            if http.as_mut().poll(cx).is_ready() {
                return Poll::Ready(false);
            }
            while let Some(deadline) = self.deadline(limits) {
                let set = alarm.deadline();
                if has_rung || set > deadline || set + SLACK < deadline {
                    alarm.as_mut().reset(deadline);
                    has_rung = false;
                }
                if alarm.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                has_rung = true;
                if deadline <= Instant::now() {
                    return Poll::Ready(true);
                }
            }
            Poll::Pending
        })
        .await
    }

    /// Writes what the socket takes at once.
    fn write_once(&self, bytes: &[u8]) {
        let mut cx = Context::from_waker(std::task::Waker::noop());
        // a client that cannot take a hundred bytes learns nothing
        let _ = Pin::new(&mut *self.stream.borrow_mut()).poll_write(&mut cx, bytes);
    }

    /// Says that nothing more comes, and swallows what the client still sends, for a while.
    async fn linger(&self) {
        let stream = &self.stream;
        let drain = async {
            poll_fn(|cx| Pin::new(&mut *stream.borrow_mut()).poll_shutdown(cx)).await?;
            // on the heap, or every connection would carry it all its life
            let mut scratch = vec![0; 8192];
            let mut swallowed = 0;
            while swallowed < LINGER_BYTES {
                let mut piece = ReadBuf::new(&mut scratch);
                poll_fn(|cx| Pin::new(&mut *stream.borrow_mut()).poll_read(cx, &mut piece)).await?;
                if piece.filled().is_empty() {
                    break;
                }
                swallowed += piece.filled().len();
            }
            Ok::<(), io::Error>(())
        };
        // the connection ends in any case
        let _ = timeout(LINGER, drain).await;
    }
}

/// While it lives, the connection has a request to answer.
pub(super) struct Busy(Rc<Connection>);

impl Drop for Busy {
    fn drop(&mut self) {
        // what is in memory may still have to be written
        if self.0.unread.get() == Unread::default() {
            self.0.phase.set((Phase::Idle, Instant::now()));
        }
    }
}
