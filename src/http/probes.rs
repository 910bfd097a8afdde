//! `/healthz` and `/readyz`: what balancers and orchestrators ask (API-175 to API-177).

use std::fmt::Write as _;

use hyper::header::{ALLOW, CACHE_CONTROL, HeaderValue};
use hyper::{Method, StatusCode};

use super::answer::{self, Answer};
use super::request::Asked;
use super::route::word;
use super::site::Site;
use crate::api::readiness::Readiness;
use crate::base::fault::Fault;

const TEXT: &str = "text/plain;charset=utf-8";

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Probe {
    /// Whether the daemon's loop answers.
    Alive,
    /// Whether all that counts is ready.
    Ready,
}

impl Probe {
    /// The probe with that decoded path.
    pub(super) fn of(path: &str) -> Option<Self> {
        match path {
            "/healthz" => Some(Self::Alive),
            "/readyz" => Some(Self::Ready),
            _ => None,
        }
    }
}

/// Answers one.
pub(super) fn answer<S: Site>(site: &S, probe: Probe, asked: &Asked<'_>) -> Answer {
    let mut answer = if matches!(asked.head.method, Method::GET | Method::HEAD) {
        let query = asked.head.uri.query().unwrap_or_default();
        judge(site, probe, asked, query).unwrap_or_else(answer::error)
    } else {
        let mut answer = answer::error(StatusCode::METHOD_NOT_ALLOWED);
        let methods = HeaderValue::from_static("GET, HEAD");
        answer.headers_mut().insert(ALLOW, methods);
        answer
    };
    let never = HeaderValue::from_static("no-store");
    answer.headers_mut().insert(CACHE_CONTROL, never);
    answer
}

fn judge<S: Site>(
    site: &S,
    probe: Probe,
    asked: &Asked<'_>,
    query: &str,
) -> Result<Answer, StatusCode> {
    if probe == Probe::Alive {
        return if query.is_empty() {
            Ok(answer::ok(TEXT, "ok\n".into()))
        } else {
            Err(StatusCode::BAD_REQUEST)
        };
    }
    let Question { select, json } = Question::of(query).ok_or(StatusCode::BAD_REQUEST)?;
    let found = site.readiness(&asked.caller, select.as_deref());
    let readiness = found.map_err(|fault| match fault {
        Fault::BadName(_) => StatusCode::NOT_FOUND,
        Fault::IncorrectParameters(_) => StatusCode::BAD_REQUEST,
        _ => StatusCode::FORBIDDEN,
    })?;
    let mut answer = if json {
        let text = serde_json::to_string(&readiness);
        let text = text.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
        answer::ok("application/json", (text + "\n").into())
    } else {
        answer::ok(TEXT, lines(&readiness).into())
    };
    if !readiness.ready {
        *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    Ok(answer)
}

/// The parameters of `/readyz`.
#[derive(Debug, PartialEq, Eq)]
struct Question {
    /// Names and patterns; none is what counts by itself.
    select: Option<String>,
    json: bool,
}

impl Question {
    /// None if there is a parameter that is not known, or one with a value that is not.
    fn of(query: &str) -> Option<Self> {
        let mut question = Self {
            select: None,
            json: false,
        };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (word(name), word(value));
            match (name.as_str(), value.as_str()) {
                ("select", _) => match &mut question.select {
                    // repeated, it is one list
                    Some(list) => {
                        list.push(',');
                        list.push_str(&value);
                    }
                    none => *none = Some(value),
                },
                ("format", "json") => question.json = true,
                ("format", "text") => question.json = false,
                _ => return None,
            }
        }
        Some(question)
    }
}

/// HLT-104.
fn lines(readiness: &Readiness) -> String {
    let mut text = if readiness.ready {
        "ready\n".to_owned()
    } else {
        "not ready\n".to_owned()
    };
    for process in &readiness.not_ready {
        let state = process.state.to_lowercase();
        // writing to a String cannot fail
        let _ = match process.detail.as_str() {
            "" => writeln!(text, "{}: {state}", process.namespec),
            detail => writeln!(text, "{}: {state}, {detail}", process.namespec),
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Question, Readiness, lines};
    use crate::api::readiness::NotReady;

    #[test]
    fn api_176_parameters() {
        let question = |select: Option<&str>, json| {
            let select = select.map(str::to_owned);
            Some(Question { select, json })
        };
        let table = [
            ("", question(None, false)),
            ("select=web:*", question(Some("web:*"), false)),
            ("select=a&select=b%3Ac", question(Some("a,b:c"), false)),
            ("format=json", question(None, true)),
            ("format=xml", None),
            ("verbose", None),
            ("select=a&x=1", None),
        ];
        for (query, wanted) in table {
            assert_eq!(Question::of(query), wanted, "{query}");
        }
    }

    #[test]
    fn hlt_104_a_line_for_each_that_is_not_ready() {
        let process = |name: &str, detail: &str| NotReady {
            namespec: name.to_owned(),
            state: "STARTING",
            detail: detail.to_owned(),
        };
        let mut readiness = Readiness {
            ready: true,
            counted: 2,
            not_ready: Vec::new(),
        };
        assert_eq!(lines(&readiness), "ready\n");
        readiness.ready = false;
        readiness.not_ready = vec![process("db", "waiting for READY=1"), process("web:a", "")];
        let text = "not ready\ndb: starting, waiting for READY=1\nweb:a: starting\n";
        assert_eq!(lines(&readiness), text);
    }
}
