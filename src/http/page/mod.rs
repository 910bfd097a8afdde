//! The web page: what a request to it asks for, and the answer (http.md, section 7).
//!
//! Requests end here: the views are plain data, and what makes HTML of them knows nothing but them.

mod action;
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
    CACHE_CONTROL, EXPIRES, HOST, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE,
    LAST_MODIFIED, LOCATION, PRAGMA,
};
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
use super::gate::{Deed, SentBy};
use super::pace::Pacer;
use super::request::Asked;
use super::site::Site;
use crate::api::caller::Caller;
use crate::base::clock::Wall;
use crate::rpc::pace::Pace;

/// Bytes of a form at most.
pub(super) const MAX_FORM: usize = 64 * 1024;

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
        asked: &Asked<'_>,
        body: &[u8],
        pacer: &Pacer,
    ) -> Result<Answer, StatusCode> {
        let Asked {
            head,
            sent_by,
            caller,
        } = asked;
        let form = Form::parse(head.uri.query().unwrap_or_default(), body);
        if page == Page::Tail {
            return Ok(html(tail::page(&tail::view(site, caller, &form))));
        }
        let Some(action) = Action::of(&form) else {
            return self.status(site, caller, &form, pacer).await;
        };
        // not in a link: a token there would be one in histories and logs
        let sent_by = match form.get("token") {
            Some(token) if head.method == Method::POST && self.is_token(token) => SentBy::Program,
            _ => *sent_by,
        };
        match sent_by.deed(&head.method, action == Action::Refresh) {
            Deed::Show => self.status(site, caller, &form, pacer).await,
            Deed::Ask => {
                let word = form.get("action").unwrap_or_default();
                Ok(html(confirm::page(&action, word, self.token())))
            }
            Deed::Do => act(site, caller, action, &head.headers).await,
        }
    }

    async fn status<S: Site>(
        &self,
        site: &S,
        caller: &Caller,
        form: &Form,
        pacer: &Pacer,
    ) -> Result<Answer, StatusCode> {
        pacer.turn().await;
        let start = site.now().mono;
        let overview = site.overview(caller);
        let overview = overview.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
        let filter = form.get("filter").unwrap_or_default();
        let view = StatusView::new(&overview, form.get("message"), filter, self.token());
        let answer = html(status::page(&view));
        pacer.worked(site.now().mono.since(start));
        Ok(answer)
    }

    /// Whether the text is the token that our pages carry (ACC-012).
    pub(super) fn is_token(&self, text: &str) -> bool {
        self.token.as_ref().is_some_and(|token| token.is(text))
    }

    fn token(&self) -> &str {
        self.token.as_ref().map_or("", Token::text)
    }

    /// Answers with a file (HTTP-077). Browsers ask each time whether it is still the same, so that a page
    /// and its script always belong together.
    pub(super) fn file(&self, asset: &Asset, headers: &HeaderMap) -> Answer {
        let mut answer = if self.is_known(asset, headers) {
            answer::with_status(StatusCode::NOT_MODIFIED, Content::Bytes(Bytes::new()))
        } else {
            answer::ok(asset.content_type, Bytes::from_static(asset.bytes))
        };
        if let Ok(date) = HeaderValue::from_str(&answer::http_date(self.since)) {
            answer.headers_mut().insert(LAST_MODIFIED, date);
        }
        set(&mut answer, CACHE_CONTROL, "no-cache");
        answer
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

/// Does what is asked for.
async fn act<S: Site>(
    site: &S,
    caller: &Caller,
    action: Action,
    headers: &HeaderMap,
) -> Result<Answer, StatusCode> {
    let (site, caller) = (site.clone(), caller.clone());
    // in a task of its own, so that a restart gets to its start even if nobody waits any more
    let task = spawn_local(async move { action::perform(&site, &caller, &action).await });
    let message = task
        .await
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)??;
    Ok(redirect(headers, &message))
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
    let host = text(&HOST).filter(|host| !host.is_empty());
    let base = host.map_or_else(String::new, |host| {
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
    answer
}

fn uncached(mut answer: Answer) -> Answer {
    set(&mut answer, PRAGMA, "no-cache");
    set(&mut answer, CACHE_CONTROL, "no-cache");
    set(&mut answer, EXPIRES, "Thu, 01 Jan 1970 00:00:00 GMT");
    answer
}

fn set(answer: &mut Answer, name: HeaderName, value: &'static str) {
    let value = HeaderValue::from_static(value);
    answer.headers_mut().insert(name, value);
}
