//! What whoever is turned away at the gate gets, and what the main log hears of it.

use std::cell::RefCell;

use hyper::{Method, StatusCode};

use super::answer::{self, Answer};
use super::gate::Refusal;
use super::throttle::Throttle;
use crate::base::clock::Mono;
use crate::base::visible;

/// Names that are told of, in the life of a daemon (ACC-034).
const NAMES: usize = 20;

/// Bytes that a line shows at most of one thing that somebody else chose.
const SHOWN: usize = 200;

impl Refusal {
    /// The answer. The body of the request is not waited for, so the connection ends.
    pub(super) fn answer(&self) -> Answer {
        answer::closing(match self {
            Self::BadHost => answer::error(StatusCode::BAD_REQUEST),
            Self::OtherSite(_) | Self::UnknownName { listed: true, .. } => {
                answer::error(StatusCode::FORBIDDEN)
            }
            // it is a plain host, which needs no escaping, or none at all
            Self::UnknownName {
                name,
                listed: false,
            } => answer::error_because(
                StatusCode::FORBIDDEN,
                &format!(
                    "This supervisord does not go by the name '{name}'. Add allowed_hosts={name} to its section, \
                     or set a password."
                ),
            ),
        })
    }
}

/// What was told of, over all listeners.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    sites: Throttle,
    names: RefCell<Vec<String>>,
}

impl Refusals {
    /// The line about a refusal, if there is to be one: of other sites one a second, of a name one.
    pub(super) fn line(
        &self,
        refusal: &Refusal,
        (method, path): (&Method, &str),
        peer: &str,
        now: Mono,
    ) -> Option<String> {
        match refusal {
            Refusal::BadHost => None,
            Refusal::OtherSite(evidence) => {
                self.sites.pass(now)?;
                let (method, path) = (shown(method.as_str()), shown(path));
                let evidence = shown(evidence);
                Some(format!(
                    "refused {method} {path} of {peer}: asked by another site's page ({evidence})"
                ))
            }
            Refusal::UnknownName { name, .. } => {
                let name = shown(&name.to_ascii_lowercase());
                let mut names = self.names.borrow_mut();
                if names.len() >= NAMES || names.contains(&name) {
                    return None;
                }
                names.push(name.clone());
                Some(format!(
                    "refused {peer}: unknown host name '{name}' (allowed_hosts)"
                ))
            }
        }
    }
}

/// A text of somebody else as a line shows it (DEC-082).
fn shown(text: &str) -> String {
    let text = visible::escaped(text);
    text[..text.floor_char_boundary(SHOWN)].to_owned()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Method, Mono, Refusal, Refusals};

    #[test]
    fn acc_025_one_line_a_second() {
        let refusals = Refusals::default();
        let line = |evidence: &str, now| {
            let refusal = Refusal::OtherSite(evidence.to_owned());
            refusals.line(&refusal, (&Method::POST, "/RPC2"), "127.0.0.1:5", now)
        };
        let (first, second) = (Mono(5), Mono(5) + Duration::from_secs(1));
        assert_eq!(
            line("http://evil.example/\u{1b}[31m\u{9b}\"x", first).unwrap(),
            "refused POST /RPC2 of 127.0.0.1:5: asked by another site's page \
             (http://evil.example/\\x1b[31m\\x9b\"x)"
        );
        assert_eq!(line("http://evil.example", first), None);
        let long = "\u{e9}".repeat(5000);
        let line = line(&long, second).unwrap();
        assert!(line.ends_with(')') && line.len() < 300, "{line}");
        assert_eq!(line.matches('\u{e9}').count(), 100);
    }

    #[test]
    fn acc_034_one_line_a_name_and_twenty_names() {
        let refusals = Refusals::default();
        let line = |name: String| {
            let refusal = Refusal::UnknownName {
                name,
                listed: false,
            };
            refusals.line(&refusal, (&Method::GET, "/"), "10.0.0.1:5", Mono(5))
        };
        assert_eq!(
            line("Evil.example".to_owned()).unwrap(),
            "refused 10.0.0.1:5: unknown host name 'evil.example' (allowed_hosts)"
        );
        assert_eq!(line("evil.example".to_owned()), None);
        let lines = (0..100).filter_map(|number| line(format!("{number}.example")));
        assert_eq!(lines.count(), 19);
        assert!(refusals.names.borrow().iter().all(|name| name.len() <= 200));
    }
}
