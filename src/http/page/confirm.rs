//! The page that asks before it does what a link in a browser wanted (ACC-022).

use std::fmt;

use super::action::Action;
use super::escape::Text;
use super::layout::Document;
use super::status::Hidden;

/// The question, and the form that does it.
struct Question<'a> {
    action: &'a str,
    name: Option<&'a str>,
    text: String,
    token: &'a str,
}

/// The whole page. `action` is the field as it was sent.
pub(super) fn page(asked: &Action, action: &str, token: &str) -> String {
    let document = Document {
        title: "Supervisor asks",
        identifier: None,
        style: None,
        script: None,
        body: Question {
            action,
            name: name(asked),
            text: question(asked),
            token,
        },
    };
    document.to_string()
}

fn name(action: &Action) -> Option<&str> {
    match action {
        Action::Process(_, name) | Action::Group(_, name) | Action::Unknown(Some(name)) => {
            Some(name)
        }
        Action::Refresh | Action::StopAll | Action::RestartAll | Action::Unknown(None) => None,
    }
}

fn question(action: &Action) -> String {
    match action {
        Action::Refresh => "Refresh the page?".to_owned(),
        Action::StopAll => "Stop every program?".to_owned(),
        Action::RestartAll => "Stop every program, then start every program?".to_owned(),
        Action::Process(deed, name) => format!("{} {name}?", deed.imperative()),
        Action::Group(deed, name) => format!("{} the group {name}?", deed.imperative()),
        Action::Unknown(_) => "Do what nobody here knows?".to_owned(),
    }
}

impl fmt::Display for Question<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (text, action) = (Text(&self.text), Text(self.action));
        let hidden = Hidden {
            token: self.token,
            name: self.name,
        };
        write!(
            f,
            "<section class=\"question\">\n<h1>{text}</h1>\n\
             <p>A browser followed a link that wants to do this. Go on only if it was you who wanted it.</p>\n\
             <form action=\"index.html\" method=\"post\">{hidden}\
             <button class=\"danger\" name=\"action\" value=\"{action}\">Yes, do it</button> \
             <a class=\"button\" href=\"index.html\">No</a></form>\n</section>\n"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::action::Deed;
    use super::{Action, page};

    #[test]
    fn pages() {
        let name = || "a<b>".to_owned();
        let table = [
            (Action::StopAll, "stopall", "Stop every program?"),
            (
                Action::Process(Deed::Stop, name()),
                "stop",
                "Stop a&lt;b&gt;?",
            ),
            (
                Action::Process(Deed::ClearLog, name()),
                "clearlog",
                "Clear the logs of a&lt;b&gt;?",
            ),
            (
                Action::Group(Deed::Restart, name()),
                "restartgroup",
                "Restart the group a&lt;b&gt;?",
            ),
        ];
        for (action, word, question) in table {
            let html = page(&action, word, "secret");
            assert!(html.contains(&format!("<h1>{question}</h1>")), "{html}");
            assert!(html.contains("name=\"token\" value=\"secret\""), "{html}");
            assert!(
                html.contains(&format!("name=\"action\" value=\"{word}\"")),
                "{html}"
            );
            let named = html.contains("name=\"processname\" value=\"a&lt;b&gt;\"");
            assert_eq!(named, action != Action::StopAll, "{html}");
        }
    }
}
