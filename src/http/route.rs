//! From a request's target to what it asks for.

use std::borrow::Cow;

use hyper::Method;
use percent_encoding::percent_decode_str;

use super::gate::Exposure;
use super::page::Page;
use super::page::files::{self, Place};
use super::probes::Probe;
use crate::supervisor::member::Channel;

/// What a path asks for, in the order in which the reference tests them (HTTP-070 to HTTP-074).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Route {
    /// XML-RPC.
    Rpc,
    /// The log of a process; none if the rest of the path names no channel (HTTP-091).
    LogTail(Option<(String, Channel)>),
    /// The main log.
    MainLogTail,
    /// `ok.html`.
    Health,
    /// A page for people.
    Page(Page),
    /// A file that belongs to the pages, or a folder of them.
    File(Place),
    /// What balancers and orchestrators ask.
    Probe(Probe),
    /// Anything else.
    Other,
}

impl Route {
    /// Reads the path of a target; `;params` are cut off and ignored (HTTP-F05).
    pub(super) fn of(path: &str) -> Self {
        let path = path.split(';').next().unwrap_or_default();
        let path = decode(path);
        if path.starts_with("/RPC2") {
            Self::Rpc
        } else if path.starts_with("/logtail") {
            Self::LogTail(process_log(&path))
        } else if path.starts_with("/mainlogtail") {
            Self::MainLogTail
        } else if path.trim_start_matches('/') == "ok.html" {
            Self::Health
        } else if let Some(probe) = Probe::of(&path) {
            Self::Probe(probe)
        } else if let Some(page) = Page::of(&path) {
            Self::Page(page)
        } else {
            files::find(&path).map_or(Self::Other, Self::File)
        }
    }

    /// What it may do for whoever a browser was made to ask by: a row for every route, so that none is forgotten.
    /// What is not known is held to the strictest rule.
    pub(super) fn exposure(&self, method: &Method) -> Exposure {
        let reads = matches!(*method, Method::GET | Method::HEAD);
        match self {
            Self::Page(_) => Exposure::Page,
            Self::Health | Self::File(_) => Exposure::Open,
            Self::LogTail(_) | Self::MainLogTail | Self::Probe(_) | Self::Other if reads => {
                Exposure::Data
            }
            Self::Rpc | Self::LogTail(_) | Self::MainLogTail | Self::Probe(_) | Self::Other => {
                Exposure::Calls
            }
        }
    }
}

/// `/logtail/NAMESPEC[/stdout|/stderr]`; the first word may go on after `logtail` (HTTP-071, HTTP-090).
fn process_log(path: &str) -> Option<(String, Channel)> {
    let (_, rest) = path.strip_prefix('/')?.split_once('/')?;
    let (namespec, channel) = match rest.split_once('/') {
        None => (rest, Channel::Stdout),
        Some((namespec, "stdout")) => (namespec, Channel::Stdout),
        Some((namespec, "stderr")) => (namespec, Channel::Stderr),
        Some(_) => return None,
    };
    Some((namespec.to_owned(), channel))
}

/// Undoes percent-encoding, once (HTTP-F17). What is no encoding stays; bytes that are no UTF-8 become
/// U+FFFD, which no name contains.
pub(super) fn decode(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

/// A name or a value of a query or a form.
pub(super) fn word(text: &str) -> String {
    decode(&text.replace('+', " ")).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{Channel, Exposure, Method, Page, Place, Probe, Route, decode};

    #[test]
    fn routes() {
        let tail = |name: &str, channel| Route::LogTail(Some((name.to_owned(), channel)));
        let table = [
            ("/RPC2", Route::Rpc),
            ("/RPC2/", Route::Rpc),
            ("/RPC2x/y", Route::Rpc),
            ("/%52PC2", Route::Rpc),
            ("/rpc2", Route::Other),
            ("//RPC2", Route::Other),
            ("/logtail/cat", tail("cat", Channel::Stdout)),
            ("/logtail/cat/stdout", tail("cat", Channel::Stdout)),
            (
                "/logtail/web%3Aweb_00/stderr",
                tail("web:web_00", Channel::Stderr),
            ),
            ("/logtailfoo/cat", tail("cat", Channel::Stdout)),
            ("/logtail/%2575ni", tail("%75ni", Channel::Stdout)),
            ("/logtail/cat/", Route::LogTail(None)),
            ("/logtail/cat/foo", Route::LogTail(None)),
            ("/logtail/stdout/x", Route::LogTail(None)),
            ("/logtail/cat/stdout/x", Route::LogTail(None)),
            ("/logtail", Route::LogTail(None)),
            ("/logtail/", tail("", Channel::Stdout)),
            ("/mainlogtail", Route::MainLogTail),
            ("/mainlogtail/x", Route::MainLogTail),
            ("/ok.html", Route::Health),
            ("///%6fk.html", Route::Health),
            ("/ok.html;a=b", Route::Health),
            ("/ok.htm", Route::Other),
            ("/ok.html/", Route::Other),
            ("/index.html/", Route::Other),
            ("/tail.html/", Route::Other),
            ("//", Route::Page(Page::Status)),
            ("/", Route::Page(Page::Status)),
            ("///index.html", Route::Page(Page::Status)),
            ("/tail.html;x", Route::Page(Page::Tail)),
            ("/Index.html", Route::Other),
            ("/images", Route::File(Place::Folder("images"))),
            ("/images/", Route::Other),
            ("/healthz", Route::Probe(Probe::Alive)),
            ("/readyz", Route::Probe(Probe::Ready)),
            ("//readyz", Route::Other),
            ("/readyz/", Route::Other),
            ("*", Route::Other),
        ];
        for (path, route) in table {
            assert_eq!(Route::of(path), route, "{path}");
        }
    }

    #[test]
    fn acc_001_every_path_has_its_rule() {
        use Exposure::{Calls, Data, Open, Page};
        let table = [
            // path, GET, HEAD, POST, anything else
            ("/RPC2", [Calls, Calls, Calls, Calls]),
            ("/%52PC2;x", [Calls, Calls, Calls, Calls]),
            ("/logtail/cat", [Data, Data, Calls, Calls]),
            ("/logtail", [Data, Data, Calls, Calls]),
            ("/mainlogtail", [Data, Data, Calls, Calls]),
            ("/", [Page, Page, Page, Page]),
            ("/tail.html", [Page, Page, Page, Page]),
            ("/ok.html", [Open, Open, Open, Open]),
            ("/healthz", [Data, Data, Calls, Calls]),
            ("/readyz", [Data, Data, Calls, Calls]),
            ("/images/icon.png", [Open, Open, Open, Open]),
            ("/anything", [Data, Data, Calls, Calls]),
            ("*", [Data, Data, Calls, Calls]),
        ];
        for (path, row) in table {
            let methods = [Method::GET, Method::HEAD, Method::POST, Method::OPTIONS];
            let route = Route::of(path);
            assert_eq!(methods.map(|method| route.exposure(&method)), row, "{path}");
        }
    }

    #[test]
    fn decodes_once() {
        let table = [
            ("a%20b", "a b"),
            ("%C3%BCni", "üni"),
            ("%2575", "%75"),
            ("%", "%"),
            ("%4", "%4"),
            ("%zz", "%zz"),
            ("%ff", "\u{fffd}"),
            ("a+b", "a+b"),
            ("%00", "\0"),
        ];
        for (text, decoded) in table {
            assert_eq!(decode(text), decoded, "{text}");
        }
    }
}
