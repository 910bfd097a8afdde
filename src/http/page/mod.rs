//! The web page: what a request to it asks for, and the answer (http.md, section 7).
//!
//! Requests end here: the views are plain data, and what makes HTML of them knows nothing but them.

mod action;
mod caller;
mod confirm;
mod escape;
pub(super) mod files;
mod form;
mod layout;
mod status;
mod tail;
mod token;
mod view;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use hyper::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, EXPIRES, HOST, HeaderMap, HeaderName, HeaderValue,
    IF_MODIFIED_SINCE, LAST_MODIFIED, LOCATION, PRAGMA, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use tokio::task::spawn_local;

use self::action::Action;
use self::escape::Encoded;
use self::files::Asset;
use self::form::Form;
pub(super) use self::token::Token;
use self::view::StatusView;
use super::answer::{self, Answer};
use super::body::Content;
use super::site::Site;
use crate::base::clock::Wall;

/// Bytes of a form at most.
pub(super) const MAX_FORM: usize = 64 * 1024;

/// What pages may load and do: nothing but our own files. The forms' answer leads to the host that was
/// asked, under the scheme that a proxy may have put around it.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The two pages; the third, `ok.html`, is a route of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Page {
    /// All processes, and what can be done to them.
    Status,
    /// The end of a log.
    Tail,
}

impl Page {
    /// The page with that decoded path; slashes at its end count, or the page's own links led nowhere
    /// (HTTP-028, HTTP-073).
    pub(super) fn of(path: &str) -> Option<Self> {
        match path.trim_start_matches('/') {
            "" | "index.html" => Some(Self::Status),
            "tail.html" => Some(Self::Tail),
            _ => None,
        }
    }
}

/// What all pages of the daemon share.
pub(super) struct Pages {
    /// Without it nothing can be confirmed.
    token: Option<Token>,
    /// When the files came to be: with this daemon.
    since: SystemTime,
}

impl Pages {
    pub(super) fn new(token: Option<Token>, now: Wall) -> Self {
        let seconds = u64::try_from(now.seconds()).unwrap_or_default();
        Self {
            token,
            since: UNIX_EPOCH + Duration::from_secs(seconds),
        }
    }

    /// Answers a request for a page. Its host must be a plain one.
    pub(super) async fn answer<S: Site>(
        &self,
        site: &S,
        page: Page,
        head: &Parts,
        body: &[u8],
    ) -> Result<Answer, StatusCode> {
        let form = Form::parse(head.uri.query().unwrap_or_default(), body);
        match page {
            Page::Tail => Ok(html(tail::page(&tail::view(site, &form).await))),
            Page::Status => match Action::of(&form) {
                None => self.status(site, &form),
                Some(action) => self.act(site, action, head, &form).await,
            },
        }
    }

    fn status<S: Site>(&self, site: &S, form: &Form) -> Result<Answer, StatusCode> {
        let overview = site.overview().ok_or(StatusCode::INTERNAL_SERVER_ERROR)?;
        let filter = form.get("filter").unwrap_or_default();
        let view = StatusView::new(&overview, form.get("message"), filter, self.token());
        Ok(html(status::page(&view)))
    }

    /// Does what is asked for, or asks back.
    async fn act<S: Site>(
        &self,
        site: &S,
        action: Action,
        head: &Parts,
        form: &Form,
    ) -> Result<Answer, StatusCode> {
        let harmless = matches!(action, Action::Refresh | Action::Unknown(None));
        if !harmless && !self.is_meant(head, form) {
            let word = form.get("action").unwrap_or_default();
            return Ok(html(confirm::page(&action, word, self.token())));
        }
        let site = site.clone();
        // in a task of its own, so that a restart gets to its start even if nobody waits any more
        let task = spawn_local(async move { action::perform(&site, &action).await });
        let message = task
            .await
            .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)??;
        Ok(redirect(&head.headers, &message))
    }

    /// Whether the request is what its sender wanted, and not another site's doing (DEC-060).
    fn is_meant(&self, head: &Parts, form: &Form) -> bool {
        let known = |text| self.token.as_ref().is_some_and(|token| token.is(text));
        let confirmed = head.method == Method::POST && form.get("token").is_some_and(known);
        confirmed || !caller::is_foreign(&head.headers)
    }

    fn token(&self) -> &str {
        self.token.as_ref().map_or("", Token::text)
    }

    /// Answers with a file (HTTP-077). Browsers ask each time whether it is still the same, so that a page
    /// and its script always belong together.
    pub(super) fn file(&self, asset: &Asset, headers: &HeaderMap) -> Answer {
        let mut answer = if self.is_known(asset, headers) {
            answer::bare(StatusCode::NOT_MODIFIED, Content::Bytes(Bytes::new()))
        } else {
            answer::ok(asset.content_type, Bytes::from_static(asset.bytes))
        };
        if let Ok(date) = HeaderValue::from_str(&answer::http_date(self.since)) {
            answer.headers_mut().insert(LAST_MODIFIED, date);
        }
        set(&mut answer, CACHE_CONTROL, "no-cache");
        secure(answer)
    }

    /// Whether the client has the file: `If-Modified-Since: DATE[; length=N]`.
    fn is_known(&self, asset: &Asset, headers: &HeaderMap) -> bool {
        let Some(condition) = headers.get(IF_MODIFIED_SINCE) else {
            return false;
        };
        let condition = condition.to_str().unwrap_or_default();
        let (date, length) = condition.split_once(';').unwrap_or((condition, ""));
        let fits = match length.trim().split_once('=') {
            Some(("length", number)) => number.trim().parse() == Ok(asset.bytes.len()),
            _ => true,
        };
        let date = httpdate::parse_http_date(date.trim());
        fits && date.is_ok_and(|date| date >= self.since)
    }
}

/// A page that is not kept (HTTP-110).
fn html(text: String) -> Answer {
    uncached(answer::ok("text/html;charset=utf-8", text.into()))
}

/// Leads to the status page with a message (HTTP-140, HTTP-141).
fn redirect(headers: &HeaderMap, message: &str) -> Answer {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let forwarded = text(&HeaderName::from_static("x-forwarded-proto"));
    let scheme = if forwarded == Some("https") {
        "https"
    } else {
        "http"
    };
    // without a host the client knows best whom it asked
    let base = text(&HOST).map_or_else(String::new, |host| {
        format!("{scheme}://{}", host.strip_suffix(":80").unwrap_or(host))
    });
    let location = format!("{base}/?message={}", Encoded(message));
    let mut answer = answer::error(StatusCode::MOVED_PERMANENTLY);
    // percent-encoded, and the host is a plain one
    if let Ok(location) = HeaderValue::from_str(&location) {
        answer.headers_mut().insert(LOCATION, location);
    }
    uncached(answer)
}

/// Leads to a folder as such (HTTP-078).
pub(super) fn folder(name: &str) -> Answer {
    let mut answer = answer::error(StatusCode::MOVED_PERMANENTLY);
    if let Ok(location) = HeaderValue::from_str(&format!("/{name}/")) {
        answer.headers_mut().insert(LOCATION, location);
    }
    secure(answer)
}

fn uncached(mut answer: Answer) -> Answer {
    set(&mut answer, PRAGMA, "no-cache");
    set(&mut answer, CACHE_CONTROL, "no-cache");
    set(&mut answer, EXPIRES, "Thu, 01 Jan 1970 00:00:00 GMT");
    secure(answer)
}

/// What keeps other pages from framing, reading or guessing (DEC-065).
fn secure(mut answer: Answer) -> Answer {
    set(&mut answer, CONTENT_SECURITY_POLICY, POLICY);
    set(&mut answer, X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(&mut answer, X_FRAME_OPTIONS, "DENY");
    set(&mut answer, REFERRER_POLICY, "no-referrer");
    answer
}

fn set(answer: &mut Answer, name: HeaderName, value: &'static str) {
    let value = HeaderValue::from_static(value);
    answer.headers_mut().insert(name, value);
}
