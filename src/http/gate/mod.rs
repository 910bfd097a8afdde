//! Who asks, and whether that is answered: another site's page may neither change nor read anything
//! (ACC-001 to ACC-034). Judged from a request's head alone, before anything is routed or read.

use hyper::Method;
use hyper::header::{
    ACCEPT, ACCEPT_LANGUAGE, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN,
    REFERER, UPGRADE_INSECURE_REQUESTS, USER_AGENT,
};

use super::host::{self, Names};
use crate::config::{Server, ServerAddress};

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const TOKEN: HeaderName = HeaderName::from_static("x-supervisor-token");

/// What a path may do for whoever a browser was made to ask by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exposure {
    /// Calls that change things (ACC-013, ACC-014).
    Calls,
    /// The page, which asks back where it must not act (ACC-015 to ACC-019).
    Page,
    /// What tells something (ACC-020).
    Data,
    /// What everybody may know (ACC-021).
    Open,
}

/// What the head of a request tells of the program that sends it, and of who made it do so (ACC-010 to ACC-012).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SentBy {
    /// Shows no browser, or has the token of our pages.
    Program,
    /// A browser, on a page of ours.
    Own,
    /// A browser, told by its user: an address typed in, a bookmark.
    Typed,
    /// A browser that does not say who made it ask.
    Silent,
    /// A browser, or what looks like one, on another site's page.
    Foreign {
        /// It opens a document, or cannot tell (ACC-020).
        looks: bool,
    },
}

/// Why a request is not even routed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The `Host` is no plain `host[:port]`, or there are two (DEC-061): 400.
    BadHost,
    /// The `Host`, without its port, is no name of ours: 403.
    UnknownName {
        /// The name.
        name: String,
        /// The configuration names others (ACC-030); else nobody said which (ACC-031).
        listed: bool,
    },
    /// Another site asks, with the header that says so: 403.
    OtherSite(String),
}

/// What a page does with an action (ACC-016 to ACC-019).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    /// Does it.
    Do,
    /// Asks first (ACC-022).
    Ask,
    /// Shows itself.
    Show,
}

/// What a listener lets in.
#[derive(Debug)]
pub(super) struct Gate {
    names: Names,
    /// Clients of Unix sockets have no host, and some give the path instead.
    is_unix: bool,
}

impl Gate {
    /// The gate of a server on a machine of these names.
    pub(super) fn of(server: &Server, machine: &[String]) -> Self {
        Self {
            names: Names::of(server, machine),
            is_unix: matches!(server.address, ServerAddress::Unix { .. }),
        }
    }

    /// Judges a request for something of that exposure, in the order of ACC-026. `is_token` knows the token.
    pub(super) fn judge(
        &self,
        headers: &HeaderMap,
        exposure: Exposure,
        is_token: impl Fn(&str) -> bool,
    ) -> Result<SentBy, Refusal> {
        // pages lead to it
        let takes_any = self.is_unix && exposure != Exposure::Page;
        let host = match all(headers, &HOST) {
            One::None | One::Some("") => None,
            One::Some(host) if takes_any || host::is_plain(host) => Some(host),
            One::Some(_) | One::Unclear => return Err(Refusal::BadHost),
        };
        let names = &self.names;
        let by = match all(headers, &TOKEN) {
            One::Some(token) if is_token(token) => SentBy::Program,
            _ => sent_by(headers, host),
        };
        let shows_browser = by != SentBy::Program && shows_browser(headers);
        if !names.admit(host, shows_browser) {
            return Err(Refusal::UnknownName {
                name: host::name(host.unwrap_or_default()).to_owned(),
                listed: names.are_listed(),
            });
        }
        if is_admitted(by, exposure, headers) {
            Ok(by)
        } else {
            Err(Refusal::OtherSite(evidence(headers)))
        }
    }
}

/// The table of ACC-013 to ACC-021.
fn is_admitted(by: SentBy, exposure: Exposure, headers: &HeaderMap) -> bool {
    match (exposure, by) {
        (Exposure::Calls, SentBy::Foreign { .. }) => false,
        (Exposure::Calls, SentBy::Silent) => !is_type_of_forms(headers),
        (Exposure::Data, SentBy::Foreign { looks }) => looks,
        (Exposure::Calls | Exposure::Data | Exposure::Page | Exposure::Open, _) => true,
    }
}

impl SentBy {
    /// What becomes of an action of the page that is asked for in this way.
    pub(super) fn deed(self, method: &Method, is_refresh: bool) -> Deed {
        match self {
            _ if method == Method::HEAD => Deed::Show,
            Self::Program => Deed::Do,
            Self::Own if is_refresh || method == Method::POST => Deed::Do,
            Self::Typed | Self::Silent if is_refresh => Deed::Do,
            Self::Own | Self::Typed | Self::Silent | Self::Foreign { .. } => Deed::Ask,
        }
    }
}

/// Who asks, as far as browsers tell (ACC-011).
fn sent_by(headers: &HeaderMap, host: Option<&str>) -> SentBy {
    let (site, origin) = (all(headers, &FETCH_SITE), all(headers, &ORIGIN));
    let referrer = all(headers, &REFERER);
    let unclear = [site, origin, referrer].contains(&One::Unclear);
    let ours = |address| host.is_some_and(|host| is_ours(address, host));
    let foreign = SentBy::Foreign {
        looks: site == One::None || all(headers, &FETCH_MODE) == One::Some("navigate"),
    };
    match (site, origin, referrer) {
        _ if unclear => foreign,
        (One::Some("same-origin"), ..) => SentBy::Own,
        (One::Some("none"), ..) => SentBy::Typed,
        (One::Some(_), ..) => foreign,
        (_, One::Some(origin), _) if ours(origin) => SentBy::Own,
        (_, One::Some(_), _) => foreign,
        (.., One::Some(referrer)) if !ours(referrer) => foreign,
        _ if shows_browser(headers) => SentBy::Silent,
        _ => SentBy::Program,
    }
}

/// Whether there is a header that browsers send and that a page cannot take away (ACC-010).
fn shows_browser(headers: &HeaderMap) -> bool {
    let marks = [ORIGIN, ACCEPT_LANGUAGE, UPGRADE_INSECURE_REQUESTS];
    let begins = |value: &HeaderValue, word: &str| {
        let start = value.as_bytes().get(..word.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
    };
    let is_document = |value: &HeaderValue| {
        let mut kinds = value.as_bytes().windows(b"application/xhtml+xml".len());
        kinds.any(|kind| kind.eq_ignore_ascii_case(b"application/xhtml+xml"))
    };
    let mut accepted = headers.get_all(ACCEPT).iter();
    let mut agents = headers.get_all(USER_AGENT).iter();
    headers.keys().any(|name| name.as_str().starts_with("sec-"))
        || marks.iter().any(|mark| headers.contains_key(mark))
        || accepted.any(|value| begins(value, "image/") || is_document(value))
        || agents.any(|value| begins(value, "Mozilla/") || begins(value, "Opera/"))
}

/// Whether an address is one of the host that was asked. The scheme does not count: a proxy may have put
/// TLS around it.
fn is_ours(address: &str, host: &str) -> bool {
    let Some((scheme, rest)) = address.split_once("://") else {
        return false;
    };
    let port = match scheme.to_ascii_lowercase().as_str() {
        "http" => ":80",
        "https" => ":443",
        _ => return false,
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let bare = |host: &str| {
        let host = host.strip_suffix(port).unwrap_or(host);
        host.strip_suffix(':').unwrap_or(host).to_ascii_lowercase()
    };
    bare(&rest[..end]) == bare(host)
}

/// Whether a browser sends a body of this type wherever it is told to, without asking the host first: what
/// forms can have, no type at all, and what pings and reports have.
fn is_type_of_forms(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter().peekable();
    let of_forms = |value: &HeaderValue| {
        let kind = value.to_str().unwrap_or_default();
        let kind = kind.split([';', ',']).next().unwrap_or_default();
        matches!(
            kind.trim().to_ascii_lowercase().as_str(),
            "" | "text/plain"
                | "application/x-www-form-urlencoded"
                | "multipart/form-data"
                | "text/ping"
                | "application/csp-report"
                | "application/reports+json"
        )
    };
    types.peek().is_none() || types.any(of_forms)
}

/// The header by which another site is known, for the log (ACC-025).
fn evidence(headers: &HeaderMap) -> String {
    let names = [&ORIGIN, &REFERER, &FETCH_SITE];
    let first = names.into_iter().find_map(|name| headers.get(name));
    first.map_or_else(
        || "no Origin".to_owned(),
        |value| String::from_utf8_lossy(value.as_bytes()).into_owned(),
    )
}

/// A header that counts only if it is there once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum One<'a> {
    None,
    Some(&'a str),
    /// More than one, or no text.
    Unclear,
}

fn all<'a>(headers: &'a HeaderMap, name: &HeaderName) -> One<'a> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => One::None,
        (Some(value), None) => value.to_str().map_or(One::Unclear, One::Some),
        (Some(_), Some(_)) => One::Unclear,
    }
}

#[cfg(test)]
mod tests;
