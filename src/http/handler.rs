//! One request: who may ask, what is asked for, and the answer.

use std::rc::Rc;

use hyper::body::Incoming;
use hyper::header::{
    AUTHORIZATION, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HOST, HeaderMap, HeaderName,
    HeaderValue, LAST_MODIFIED, TRANSFER_ENCODING,
};
use hyper::http::request::Parts;
use hyper::{Method, Request, StatusCode, Version};

use super::Limits;
use super::access::{self, Access};
use super::answer::{self, Answer};
use super::auth::{Lock, Verdict};
use super::body::Content;
use super::bulk::Bulk;
use super::connection::{Connection, Phase, Unread};
use super::gate::{Gate, SentBy};
use super::logtail::Follower;
use super::open_connections::OpenConnections;
use super::pace::{Pacer, Turns};
use super::page::files::Place;
use super::page::{self, Pages};
use super::probes;
use super::refusal::Refusals;
use super::request::{Asked, RequestBody};
use super::route::Route;
use super::site::Site;
use super::throttle::Throttle;
use crate::api::caller::{Caller, Proof, Transport};
use crate::api::verb::Right;
use crate::base::level::Level;
use crate::config::{Server, ServerAddress};
use crate::logs::follow::{FollowedLog, Followers};
use crate::logs::place::LogPath;
use crate::rpc::wire::{self, Call, CallError, Pieces};

/// The answer to a method that the target does not know: 400 and not 405, as in the reference (HTTP-031).
const WRONG_METHOD: StatusCode = StatusCode::BAD_REQUEST;

/// What the requests of one listener share.
pub(super) struct Handler<S> {
    pub(super) site: S,
    /// The configuration section, for log lines.
    pub(super) section: String,
    pub(super) limits: Rc<Limits>,
    lock: Option<Lock>,
    transport: Transport,
    gate: Gate,
    bulk: Bulk,
    connections: Rc<OpenConnections>,
    pace: Pacer,
    pages: Rc<Pages>,
    refusals: Rc<Refusals>,
    followers: Followers,
    failures: Throttle,
    crowds: Throttle,
}

impl<S: Site> Handler<S> {
    pub(super) fn new(
        site: S,
        server: Server,
        limits: &Rc<Limits>,
        (connections, turns): (&Rc<OpenConnections>, &Rc<Turns>),
        pages: &Rc<Pages>,
        (refusals, machine): (&Rc<Refusals>, &[String]),
        followers: &Followers,
    ) -> Self {
        Self {
            site,
            gate: Gate::of(&server, machine),
            transport: match server.address {
                ServerAddress::Inet { .. } => Transport::Tcp,
                ServerAddress::Unix { .. } => Transport::Unix,
            },
            section: server.section,
            limits: Rc::clone(limits),
            lock: server.credentials.as_ref().map(Lock::new),
            bulk: Bulk::new(limits.dawdle),
            connections: Rc::clone(connections),
            pace: Pacer::new(turns),
            pages: Rc::clone(pages),
            refusals: Rc::clone(refusals),
            followers: followers.clone(),
            failures: Throttle::default(),
            crowds: Throttle::default(),
        }
    }

    /// Answers a request, whatever it is.
    pub(super) async fn answer(
        &self,
        connection: &Rc<Connection>,
        request: Request<Incoming>,
    ) -> Answer {
        let busy = connection.begin();
        let (head, body) = request.into_parts();
        let mut body = RequestBody::new(&head.headers, body, self.limits.body, &self.bulk);
        // a target with a host in it is nothing that is served here (RPC-001)
        let route = match head.uri.authority() {
            Some(_) => Route::Other,
            None => Route::of(head.uri.path()),
        };
        let mut answer = match self.judge(&head, &route, &connection.peer) {
            // nothing more is heard of a stranger
            Err(refusal) => answer::closing(*refusal),
            Ok((sent_by, caller)) => {
                self.admit(connection);
                let asked = Asked {
                    head: &head,
                    sent_by,
                    caller,
                };
                let routed = self.route(connection, route, &asked, &mut body);
                match routed.await {
                    Ok(answer) => answer,
                    // it had its time; the rest of the body is not waited for
                    Err(StatusCode::REQUEST_TIMEOUT) => {
                        answer::closing(answer::error(StatusCode::REQUEST_TIMEOUT))
                    }
                    Err(status) => answer::error(status),
                }
            }
        };
        connection.enter(Phase::Body);
        let closes = answer.headers().contains_key(CONNECTION);
        if closes || !body.discard().await {
            answer = answer::closing(answer);
            if !body.is_done() {
                connection.leave_unread();
            }
        }
        answer::secure(&mut answer);
        keep_old_client(&head, &mut answer);
        let access = Access::new(head.method, head.uri, head.version);
        let line = std::fmt::from_fn(|f| {
            let now = self.site.now().wall;
            f.write_str(&access.line(&connection.peer, now, &answer))
        });
        self.site.log(access.level(), format_args!("{line}"));
        connection.enter(Phase::Answer);
        if let Some(unread) = answer.body().waits()
            && access.method() != Method::HEAD
            && !self.keep(connection, unread)
        {
            answer = answer::closing(answer::error(StatusCode::SERVICE_UNAVAILABLE));
            answer::secure(&mut answer);
        }
        answer.body_mut().keep(busy);
        answer
    }

    /// The connection stays as one that was let in.
    fn admit(&self, connection: &Connection) {
        let gone = self.connections.admit(connection, self.limits.connections);
        if let Some(phase) = gone
            && self.crowds.pass(self.site.now().mono).is_some()
        {
            let what = match phase {
                Phase::Call => "a call that waited was cut off",
                Phase::Answer => "an answer or a log stream was cut off",
                _ => "a request was cut off",
            };
            let section = &self.section;
            self.site.log(
                Level::Error,
                format_args!("Server '{section}': too many connections, {what}"),
            );
        }
    }

    /// Lets the answer wait for its client; false if there is no room for it among all that wait.
    fn keep(&self, connection: &Connection, answer: Unread) -> bool {
        let fits = self
            .connections
            .make_memory(connection, answer, self.limits.unread);
        if fits {
            connection.owe(answer);
        }
        fits
    }

    /// Turns away other sites' pages and strangers, in the order of ACC-026; all routes need the credentials
    /// (HTTP-060).
    fn judge(
        &self,
        head: &Parts,
        route: &Route,
        peer: &str,
    ) -> Result<(SentBy, Caller), Box<Answer>> {
        if !has_text_where_it_counts(&head.headers) {
            return Err(Box::new(answer::error(StatusCode::BAD_REQUEST)));
        }
        let exposure = route.exposure(&head.method);
        let is_token = |token: &str| self.pages.is_token(token);
        let judged = self.gate.judge(&head.headers, exposure, is_token);
        let sent_by = judged.map_err(|refusal| {
            let asked = (&head.method, head.uri.path());
            let now = self.site.now().mono;
            if let Some(line) = self.refusals.line(&refusal, asked, peer, now) {
                self.site.log(Level::Warn, format_args!("{line}"));
            }
            Box::new(refusal.answer())
        })?;
        if let Some(lock) = &self.lock {
            let header = head.headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
            let verdict = lock.judge(header);
            if verdict != Verdict::Welcome && header.is_some() {
                self.log_failure(peer);
            }
            match verdict {
                Verdict::Welcome => {}
                Verdict::Refused => return Err(Box::new(answer::unauthorized())),
                Verdict::Malformed => return Err(Box::new(answer::error(StatusCode::BAD_REQUEST))),
            }
        }
        Ok((sent_by, self.caller()))
    }

    /// Whoever came past the gate and the lock.
    fn caller(&self) -> Caller {
        match &self.lock {
            None => Caller::anybody(self.transport),
            Some(lock) => Caller {
                who: Some(lock.username()),
                by: Proof::Password,
                transport: self.transport,
                right: Right::Admin,
            },
        }
    }

    fn log_failure(&self, peer: &str) {
        let Some(others) = self.failures.pass(self.site.now().mono) else {
            return;
        };
        let section = &self.section;
        self.site.log(
            Level::Warn,
            format_args!(
                "Server '{section}': authentication failed for {peer} ({others} more before)"
            ),
        );
    }

    async fn route(
        &self,
        connection: &Connection,
        route: Route,
        asked: &Asked<'_>,
        body: &mut RequestBody<'_>,
    ) -> Result<Answer, StatusCode> {
        let head = asked.head;
        let (get, post) = (head.method == Method::GET, head.method == Method::POST);
        let gets = get || head.method == Method::HEAD;
        match route {
            Route::Rpc if post => self.rpc(connection, &asked.caller, body).await,
            Route::LogTail(Some((name, channel))) if get => {
                let mut answer = follow(self.site.process_log(&name, channel), &self.followers)?;
                let name = HeaderName::from_static("x-accel-buffering");
                answer
                    .headers_mut()
                    .insert(name, HeaderValue::from_static("no"));
                Ok(answer)
            }
            Route::LogTail(None) if get => Err(StatusCode::NOT_FOUND),
            Route::MainLogTail if get => follow(self.site.main_log(), &self.followers),
            Route::Health if get || post => {
                if post {
                    body.length()?;
                }
                Ok(answer::ok("text/plain", "OK".into()))
            }
            Route::Probe(probe) => Ok(probes::answer(&self.site, probe, asked)),
            Route::Page(page) if gets || post => {
                let form = if post {
                    body.read(page::MAX_FORM).await?
                } else {
                    Pieces::default()
                };
                // a form is smaller than one piece
                let form = form.front();
                connection.enter(Phase::Call);
                let pages = &self.pages;
                pages
                    .answer(&self.site, page, asked, form, &self.pace)
                    .await
            }
            Route::File(Place::File(file)) if gets => Ok(self.pages.file(file, &head.headers)),
            Route::File(Place::Folder(name)) if gets => Ok(page::folder(name)),
            Route::Other | Route::Health if gets && head.uri.path() != "*" => {
                Err(StatusCode::NOT_FOUND)
            }
            _ => Err(WRONG_METHOD),
        }
    }

    /// An XML-RPC call (rpc.md, section 1).
    async fn rpc(
        &self,
        connection: &Connection,
        caller: &Caller,
        body: &mut RequestBody<'_>,
    ) -> Result<Answer, StatusCode> {
        let body = body.read(wire::MAX_BODY).await?;
        connection.enter(Phase::Call);
        let call = match body.whole().and_then(wire::plain_call) {
            Some(call) => call,
            None => self.decode(body)?,
        };
        let response = match self.site.call(caller, call, &self.pace).await {
            Ok(reply) => wire::encode_response(reply),
            Err(fault) => wire::encode_fault(&fault),
        };
        Ok(answer::ok("text/xml", response))
    }

    /// Reads a call, or says in the log what is wrong with it (RPC-010).
    fn decode(&self, body: Pieces) -> Result<Call, StatusCode> {
        let front = body.front();
        let front = front.get(..=access::EXCERPT).unwrap_or(front).to_vec();
        wire::decode_call(body).map_err(|error| {
            let data = access::excerpt(&front);
            self.site.log(
                Level::Error,
                format_args!("XML-RPC request data {data} is invalid: {error}"),
            );
            match error {
                CallError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
                CallError::Unmarshallable | CallError::NoMethod => StatusCode::BAD_REQUEST,
            }
        })
    }
}

/// Whether the headers that decide what a request is are text, as its first line and the names of headers are
/// (DEC-063). Others may hold any bytes.
fn has_text_where_it_counts(headers: &HeaderMap) -> bool {
    let names = [
        HOST,
        CONTENT_LENGTH,
        TRANSFER_ENCODING,
        AUTHORIZATION,
        CONNECTION,
        EXPECT,
    ];
    let mut values = names.iter().flat_map(|name| headers.get_all(name));
    values.all(|value| value.to_str().is_ok())
}

/// A stream of the log (HTTP-090 to HTTP-099); 404 if there is none.
fn follow(path: Option<LogPath>, followers: &Followers) -> Result<Answer, StatusCode> {
    let path = path.ok_or(StatusCode::NOT_FOUND)?;
    let opened = FollowedLog::open(&path, followers);
    let (log, modified) = opened.map_err(|_| StatusCode::NOT_FOUND)?;
    let content = Content::Follow(Box::new(Follower::new(log)));
    let mut answer = answer::with_status(StatusCode::OK, content);
    let headers = answer.headers_mut();
    if let Ok(date) = HeaderValue::from_str(&answer::http_date(modified)) {
        headers.insert(LAST_MODIFIED, date);
    }
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain;charset=utf-8"),
    );
    Ok(answer)
}

/// Tells an HTTP/1.0 client that asked for it that the connection stays open (HTTP-044).
fn keep_old_client(head: &Parts, answer: &mut Answer) {
    let asks = |value: &HeaderValue| {
        value.to_str().is_ok_and(|value| {
            value
                .split(',')
                .any(|word| word.trim().eq_ignore_ascii_case("keep-alive"))
        })
    };
    let headers = answer.headers_mut();
    if head.version == Version::HTTP_10
        && headers.contains_key(CONTENT_LENGTH)
        && !headers.contains_key(CONNECTION)
        && head.headers.get_all(CONNECTION).iter().any(asks)
    {
        headers.insert(CONNECTION, HeaderValue::from_static("Keep-Alive"));
    }
}
