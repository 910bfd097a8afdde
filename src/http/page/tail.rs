//! The page that shows the end of a log (HTTP-160 to HTTP-164).

use std::fmt;

use super::escape::{Encoded, Text};
use super::form::Form;
use super::layout::Document;
use crate::api::caller::Caller;
use crate::base::fault::Fault;
use crate::http::site::Site;
use crate::logs::tail;
use crate::supervisor::member::Channel;

/// Bytes that are shown if nobody asks for more, and at least.
const LEAST: u32 = 1024;

/// Bytes that are shown at most.
const MOST: u32 = 1024 * 1024;

/// The amounts that the page offers.
const AMOUNTS: [(u32, &str); 3] = [(LEAST, "1 KiB"), (64 * 1024, "64 KiB"), (MOST, "1 MiB")];

/// The page.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TailView {
    /// Whose log it is; none if nobody was named.
    pub(super) name: Option<String>,
    pub(super) channel: Channel,
    /// Bytes from the log's end.
    pub(super) limit: u32,
    /// The log, or why there is none.
    pub(super) text: String,
    /// The text is a log, and may grow.
    pub(super) is_log: bool,
}

/// Reads what the page shall show. The reference shows stdout alone; `channel=stderr` is ours.
pub(super) fn view<S: Site>(site: &S, caller: &Caller, form: &Form) -> TailView {
    let name = form.get("processname").map(str::to_owned);
    let channel = match form.get("channel") {
        Some("stderr") => Channel::Stderr,
        _ => Channel::Stdout,
    };
    let limit = limit(form.get("limit"));
    let (text, is_log) = match &name {
        None => ("No process name found".to_owned(), false),
        Some(name) => match site.end_of_log(caller, name, channel, limit) {
            Ok(bytes) => (tail::decode(bytes), true),
            Err(Fault::NoFile(_)) => (format!("No file for {name}"), false),
            Err(fault) => {
                let code = fault.code();
                (
                    format!("ERROR: unexpected rpc fault [{code}] {fault}"),
                    false,
                )
            }
        },
    };
    TailView {
        name,
        channel,
        limit,
        text,
        is_log,
    }
}

/// What is no number counts as absent (HTTP-160).
fn limit(text: Option<&str>) -> u32 {
    let digits = text.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    // a number with too many digits is only too large
    let number = digits.map_or(LEAST, |digits| digits.parse().unwrap_or(MOST));
    number.clamp(LEAST, MOST)
}

/// The whole page.
pub(super) fn page(view: &TailView) -> String {
    let name = view.name.as_deref().unwrap_or("None");
    let document = Document {
        title: &format!("Supervisor tail of process {name}"),
        identifier: None,
        style: Some("log.css"),
        script: view.is_log.then_some("log.js"),
        body: view,
    };
    document.to_string()
}

impl fmt::Display for TailView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<div class=\"bar log\">\n")?;
        if let Some(name) = &self.name {
            writeln!(f, "<h1>{}</h1>", Text(name))?;
            self.write_choices(f, name)?;
        }
        f.write_str(
            "</div>\n<div id=\"statusmessage\" class=\"hidden\" role=\"status\">#</div>\n",
        )?;
        f.write_str("<pre id=\"log\" tabindex=\"0\"")?;
        if let (Some(name), true) = (&self.name, self.is_log) {
            let (name, channel) = (Encoded(name), self.channel.name());
            write!(f, " data-stream=\"logtail/{name}/{channel}\"")?;
        }
        // HTML ignores a line break at the beginning
        let first = if self.text.starts_with('\n') {
            "\n"
        } else {
            ""
        };
        writeln!(f, ">{first}{}</pre>", Text(&self.text))
    }
}

impl TailView {
    fn write_choices(&self, f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
        f.write_str("<ul class=\"choice\">\n")?;
        for channel in [Channel::Stdout, Channel::Stderr] {
            let link = Link(name, self.limit, channel);
            let current = Current(channel == self.channel);
            let channel = channel.name();
            writeln!(f, "<li><a href=\"{link}\"{current}>{channel}</a></li>")?;
        }
        f.write_str("</ul>\n<ul class=\"choice\">\n")?;
        for (limit, label) in AMOUNTS {
            let link = Link(name, limit, self.channel);
            let current = Current(limit == self.limit);
            writeln!(f, "<li><a href=\"{link}\"{current}>{label}</a></li>")?;
        }
        let link = Link(name, self.limit, self.channel);
        write!(
            f,
            "</ul>\n<a class=\"button\" id=\"refresh\" href=\"{link}\">Refresh</a>\n\
             <button id=\"follow\" aria-pressed=\"false\" hidden>Follow</button>\n"
        )
    }
}

/// The address of this page with another choice.
struct Link<'a>(&'a str, u32, Channel);

impl fmt::Display for Link<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(name, limit, channel) = self;
        let name = Encoded(name);
        write!(f, "tail.html?processname={name}&amp;limit={limit}")?;
        match channel {
            Channel::Stdout => Ok(()),
            Channel::Stderr => f.write_str("&amp;channel=stderr"),
        }
    }
}

struct Current(bool);

impl fmt::Display for Current {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0 { " aria-current=\"true\"" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::{Channel, LEAST, MOST, TailView, limit, page};

    #[test]
    fn limits() {
        let table = [
            (None, LEAST),
            (Some("5"), LEAST),
            (Some("1024"), LEAST),
            (Some("2000"), 2000),
            (Some("-2000"), LEAST),
            (Some("2000x"), LEAST),
            (Some("+2000"), LEAST),
            (Some("99999999"), MOST),
            (Some("99999999999999999999999"), MOST),
        ];
        for (text, bytes) in table {
            assert_eq!(limit(text), bytes, "{text:?}");
        }
    }

    fn view(text: &str) -> TailView {
        TailView {
            name: Some("web:<a>".to_owned()),
            channel: Channel::Stderr,
            limit: 2000,
            text: text.to_owned(),
            is_log: true,
        }
    }

    #[test]
    fn pages() {
        let html = page(&view("one <b>\n&\x1b[0m\n"));
        for part in [
            "<title>Supervisor tail of process web:&lt;a&gt;</title>",
            "<h1>web:&lt;a&gt;</h1>",
            "data-stream=\"logtail/web%3A%3Ca%3E/stderr\">one &lt;b&gt;\n&amp;\u{241b}[0m\n</pre>",
            "id=\"refresh\" href=\"tail.html?processname=web%3A%3Ca%3E&amp;limit=2000&amp;channel=stderr\"",
            "<a href=\"tail.html?processname=web%3A%3Ca%3E&amp;limit=2000\">stdout</a>",
            "limit=2000&amp;channel=stderr\" aria-current=\"true\">stderr</a>",
            "scripts/log.js",
        ] {
            assert!(html.contains(part), "{part} in {html}");
        }
        assert!(page(&view("\nx")).contains(">\n\nx</pre>"));
    }

    #[test]
    fn nobody() {
        let html = page(&TailView {
            name: None,
            channel: Channel::Stdout,
            limit: LEAST,
            text: "No process name found".to_owned(),
            is_log: false,
        });
        assert!(html.contains("<title>Supervisor tail of process None</title>"));
        assert!(html.contains("<pre id=\"log\" tabindex=\"0\">No process name found</pre>"));
        for part in ["<script", "tail.html", "data-stream"] {
            assert!(!html.contains(part), "{part} in {html}");
        }
    }
}
