//! Answers: the error page and the headers that all have in common.

use std::fmt::Write as _;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use hyper::header::{
    CONNECTION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue,
    REFERRER_POLICY, SERVER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use hyper::{Response, StatusCode};

use super::body::{AnswerBody, Content};

/// An answer on its way to the client.
pub(super) type Answer = Response<AnswerBody>;

/// The name that `Server` gives away (DEC-065).
const NAME: &str = "supervisor";

/// What pages may load and do: nothing but our own files. The forms' answer leads to the host that was
/// asked, under the scheme that a proxy may have put around it.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What keeps other sites' pages from reading an answer or guessing what it is (DEC-065, ACC-027).
const OF_ALL: [(HeaderName, &str); 2] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// What keeps them from framing a page, from holding its window, and from learning its address.
const OF_PAGES: [(HeaderName, &str); 4] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
];

/// Puts the headers on an answer that are to be on all of its kind.
pub(super) fn secure(answer: &mut Answer) {
    let headers = answer.headers_mut();
    let kind = headers.get(CONTENT_TYPE);
    let is_page = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let of_pages: &[_] = if is_page { &OF_PAGES } else { &[] };
    for (name, value) in OF_ALL.iter().chain(of_pages) {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// The text of an error page (HTTP-040); `why` is HTML, in a line of its own.
fn error_text(status: StatusCode, why: &str) -> String {
    let code = status.as_str();
    let reason = status.canonical_reason().unwrap_or_default();
    let (start, end) = if why.is_empty() {
        ("", "")
    } else {
        ("<p>", "\r\n")
    };
    format!(
        "<head>\r\n<title>Error response</title>\r\n</head>\r\n<body>\r\n<h1>Error response</h1>\r\n\
         <p>Error code {code}.\r\n<p>Message: {reason}.\r\n{start}{why}{end}</body>\r\n"
    )
}

/// An answer that says nothing but its status (HTTP-040).
pub(super) fn error(status: StatusCode) -> Answer {
    error_because(status, "")
}

/// An answer that says its status, and why in HTML.
pub(super) fn error_because(status: StatusCode, why: &str) -> Answer {
    let text = error_text(status, why);
    let mut answer = with_status(status, Content::Bytes(Bytes::new()));
    let length = HeaderValue::from(text.len());
    *answer.body_mut() = AnswerBody::new(Content::Bytes(text.into()));
    answer.headers_mut().insert(CONTENT_LENGTH, length);
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
    answer
}

/// The demand for credentials (HTTP-061).
pub(super) fn unauthorized() -> Answer {
    let mut answer = closing(error(StatusCode::UNAUTHORIZED));
    let realm = HeaderValue::from_static("Basic realm=\"default\"");
    answer.headers_mut().insert(WWW_AUTHENTICATE, realm);
    answer
}

/// The connection ends after this answer.
pub(super) fn closing(mut answer: Answer) -> Answer {
    answer
        .headers_mut()
        .insert(CONNECTION, HeaderValue::from_static("close"));
    answer
}

/// A good answer.
pub(super) fn ok(content_type: &'static str, bytes: Bytes) -> Answer {
    let length = HeaderValue::from(bytes.len());
    let mut answer = with_status(StatusCode::OK, Content::Bytes(bytes));
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer.headers_mut().insert(CONTENT_LENGTH, length);
    answer
}

/// An answer with no header but the server's name, which comes first (HTTP-042).
pub(super) fn with_status(status: StatusCode, content: Content) -> Answer {
    let mut answer = Response::new(AnswerBody::new(content));
    *answer.status_mut() = status;
    answer
        .headers_mut()
        .insert(SERVER, HeaderValue::from_static(NAME));
    answer
}

/// A date for a header; what the format cannot say is moved to where it can.
pub(super) fn http_date(time: SystemTime) -> String {
    // the last second of the year 9999
    let end = UNIX_EPOCH + Duration::from_secs(253_402_300_799);
    httpdate::fmt_http_date(time.clamp(UNIX_EPOCH, end))
}

/// What a client gets that does not finish its request's head, when hyper is out of the way.
pub(super) static REQUEST_TIMEOUT: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let text = error_text(StatusCode::REQUEST_TIMEOUT, "");
    let length = text.len();
    let mut head = format!(
        "HTTP/1.1 408 Request Timeout\r\nServer: {NAME}\r\nConnection: close\r\nContent-Length: {length}\r\n\
         Content-Type: text/html\r\n"
    );
    for (name, value) in OF_ALL.iter().chain(&OF_PAGES) {
        // writing into a String cannot fail
        let _ = write!(head, "{name}: {value}\r\n");
    }
    format!("{head}\r\n{text}").into_bytes()
});

#[cfg(test)]
mod tests {
    use super::{Duration, StatusCode, UNIX_EPOCH, error_text, http_date};

    #[test]
    fn any_date() {
        let far = Duration::from_secs(1 << 40);
        assert_eq!(http_date(UNIX_EPOCH - far), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(http_date(UNIX_EPOCH + far), "Fri, 31 Dec 9999 23:59:59 GMT");
    }

    #[test]
    fn the_reference_page() {
        let page = "<head>\r\n<title>Error response</title>\r\n</head>\r\n<body>\r\n<h1>Error response</h1>\r\n<p>Error code 404.\r\n<p>Message: Not Found.\r\n</body>\r\n";
        assert_eq!(error_text(StatusCode::NOT_FOUND, ""), page);
        assert_eq!(error_text(StatusCode::UNAUTHORIZED, "").len(), 137);
    }
}
