//! The status page as HTML (HTTP-120 to HTTP-129, DEC-062).

use std::fmt;

use super::escape::{Encoded, Text};
use super::layout::Document;
use super::view::{Row, Section, StatusView};
use crate::base::states::ProcessState;

/// The whole page.
pub(super) fn page(view: &StatusView<'_>) -> String {
    let document = Document {
        title: "Supervisor Status",
        identifier: Some(view.identifier),
        style: Some("status.css"),
        script: Some("status.js"),
        body: view,
    };
    document.to_string()
}

impl fmt::Display for StatusView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_message(f)?;
        // what the script has to say
        f.write_str("<div id=\"statusmessage\" class=\"hidden\" role=\"status\">#</div>\n")?;
        f.write_str("<div class=\"bar\">\n")?;
        self.write_filter(f)?;
        self.write_buttons(f)?;
        self.write_counts(f)?;
        f.write_str("</div>\n")?;
        self.write_programs(f)
    }
}

impl StatusView<'_> {
    /// How an action went (HTTP-121).
    fn write_message(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(message) = self.message else {
            return f.write_str(
                "<div id=\"message\" role=\"status\"><div class=\"hidden\">#</div></div>\n",
            );
        };
        let kind = if is_trouble(message) {
            "trouble"
        } else {
            "news"
        };
        let message = Text(message);
        writeln!(
            f,
            "<div id=\"message\" role=\"status\" class=\"{kind}\">\
             <div class=\"status_msg\">{message}</div></div>"
        )
    }

    /// How many programs there are in each state; a click shows only those.
    fn write_counts(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.total();
        let noun = if total == 1 { "program" } else { "programs" };
        write!(
            f,
            "<ul id=\"counts\">\n<li><a href=\"index.html\" data-filter=\"\"><b>{total}</b> {noun}</a></li>\n"
        )?;
        for (state, count) in &self.counts {
            let state = Word(*state);
            writeln!(
                f,
                "<li><a href=\"index.html?filter={state}\" data-filter=\"{state}\" data-state=\"{state}\">\
                 <b>{count}</b> {state}</a></li>"
            )?;
        }
        f.write_str("</ul>\n")
    }

    fn write_filter(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let filter = Text(self.filter);
        write!(
            f,
            "<form id=\"filter\" action=\"index.html\" method=\"get\" role=\"search\">\n\
             <input type=\"search\" name=\"filter\" value=\"{filter}\" placeholder=\"Filter by name or state\" \
             aria-label=\"Filter by name or state\" autocomplete=\"off\" spellcheck=\"false\">\n\
             <button>Filter</button>\n</form>\n"
        )
    }

    /// What can be done to everything (HTTP-122); what stops everything asks first.
    fn write_buttons(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hidden = Hidden {
            token: self.token,
            name: None,
        };
        write!(
            f,
            "<ul class=\"clr\" id=\"buttons\">\n\
             <li class=\"action-button\"><form action=\"index.html\" method=\"post\">{hidden}\
             <button name=\"action\" value=\"refresh\">Refresh</button></form></li>\n"
        )?;
        let whom = match self.total() {
            1 => "the only program".to_owned(),
            total => format!("all {total} programs"),
        };
        for (verb, action) in [("Restart", "restartall"), ("Stop", "stopall")] {
            writeln!(
                f,
                "<li class=\"action-button\"><details class=\"ask\" name=\"ask\"><summary>{verb} All</summary>\
                 <form action=\"index.html\" method=\"post\"><p>{verb} {whom}?</p>{hidden}\
                 <button class=\"danger\" name=\"action\" value=\"{action}\">{verb} All</button></form></details></li>"
            )?;
        }
        f.write_str("</ul>\n")
    }

    fn write_programs(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.sections.is_empty() {
            return f
                .write_str("<div id=\"programs\" class=\"empty\">No programs to manage</div>\n");
        }
        f.write_str(
            "<table id=\"programs\">\n<thead>\n<tr><th class=\"state\">State</th><th class=\"desc\">Description</th>\
             <th class=\"name\">Name</th><th class=\"action\">Action</th></tr>\n</thead>\n",
        )?;
        for section in &self.sections {
            self.write_section(f, section)?;
        }
        let none = self.sections.iter().all(Section::is_hidden);
        let hide = Hide(!none);
        writeln!(
            f,
            "<tbody id=\"nothing\"{hide}><tr><td colspan=\"4\">No program matches the filter.</td></tr></tbody>\n</table>"
        )
    }

    fn write_section(&self, f: &mut fmt::Formatter<'_>, section: &Section<'_>) -> fmt::Result {
        let hide = Hide(section.is_hidden());
        match section.group {
            None => writeln!(f, "<tbody class=\"programs\"{hide}>")?,
            Some(group) => {
                writeln!(f, "<tbody class=\"group\"{hide}>")?;
                self.write_group(f, group, section)?;
            }
        }
        for row in &section.rows {
            self.write_row(f, row)?;
        }
        f.write_str("</tbody>\n")
    }

    /// The line above a group. It has no cell like those of processes, so that nobody takes it for one.
    fn write_group(
        &self,
        f: &mut fmt::Formatter<'_>,
        group: &str,
        section: &Section<'_>,
    ) -> fmt::Result {
        let (running, total) = (section.count(ProcessState::Running), section.rows.len());
        let everybody = format!("{group}:*");
        let hidden = Hidden {
            token: self.token,
            name: Some(&everybody),
        };
        let group = Text(group);
        write!(
            f,
            "<tr class=\"head\"><th colspan=\"4\" scope=\"rowgroup\"><div><span class=\"groupname\">{group}</span> \
             <span class=\"tally\">{running} of {total} running</span>\
             <form action=\"index.html\" method=\"post\">{hidden}"
        )?;
        for (action, label) in [
            ("startgroup", "Start"),
            ("stopgroup", "Stop"),
            ("restartgroup", "Restart"),
        ] {
            write!(
                f,
                "<button name=\"action\" value=\"{action}\" aria-label=\"{label} the group {group}\">{label}</button>"
            )?;
        }
        f.write_str("</form></div></th></tr>\n")
    }

    /// A process (HTTP-124 to HTTP-127).
    fn write_row(&self, f: &mut fmt::Formatter<'_>, row: &Row<'_>) -> fmt::Result {
        let (name, link) = (Text(&row.name), Encoded(&row.name));
        let (state, class) = (Word(row.state), class(row.state));
        let (description, hide) = (Text(row.description), Hide(row.hidden));
        let hidden = Hidden {
            token: self.token,
            name: Some(&row.name),
        };
        write!(
            f,
            "<tr data-name=\"{name}\" data-state=\"{state}\"{hide}>\
             <td class=\"status\"><span class=\"{class}\">{state}</span></td>\
             <td class=\"desc\"><span>{description}</span></td>\
             <td class=\"name\"><a href=\"tail.html?processname={link}\" target=\"_blank\">{name}</a></td>\
             <td class=\"action\"><form action=\"index.html\" method=\"post\">{hidden}"
        )?;
        for (action, label) in buttons(row.state) {
            write!(
                f,
                "<button name=\"action\" value=\"{action}\">{label}</button>"
            )?;
        }
        f.write_str("</form><span class=\"logs\">")?;
        for (channel, label) in [("", "Tail -f Stdout"), ("/stderr", "Tail -f Stderr")] {
            write!(
                f,
                "<a href=\"logtail/{link}{channel}\" target=\"_blank\">{label}</a>"
            )?;
        }
        f.write_str("</span></td></tr>\n")
    }
}

/// Whether a message tells that something went wrong, by its first words (HTTP-146 to HTTP-150).
fn is_trouble(message: &str) -> bool {
    ["ERROR:", "unexpected rpc fault", "No such "]
        .iter()
        .any(|words| message.starts_with(words))
}

/// What can be done to a process in that state (HTTP-126).
const fn buttons(state: ProcessState) -> &'static [(&'static str, &'static str)] {
    const CLEAR: (&str, &str) = ("clearlog", "Clear Log");
    match state {
        ProcessState::Running => &[("restart", "Restart"), ("stop", "Stop"), CLEAR],
        ProcessState::Stopped | ProcessState::Exited | ProcessState::Fatal => {
            &[("start", "Start"), CLEAR]
        }
        ProcessState::Starting
        | ProcessState::Backoff
        | ProcessState::Stopping
        | ProcessState::Unknown => &[CLEAR],
    }
}

/// The class of a state's word (HTTP-124).
const fn class(state: ProcessState) -> &'static str {
    match state {
        ProcessState::Running => "statusrunning",
        ProcessState::Fatal | ProcessState::Backoff => "statuserror",
        _ => "statusnominal",
    }
}

/// A state in lower case.
struct Word(ProcessState);

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.name().to_ascii_lowercase())
    }
}

/// What keeps an element out of sight.
struct Hide(bool);

impl fmt::Display for Hide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0 { " hidden" } else { "" })
    }
}

/// The fields of a form that nobody fills in.
pub(super) struct Hidden<'a> {
    /// What shows that the form is ours.
    pub(super) token: &'a str,
    /// What it is about.
    pub(super) name: Option<&'a str>,
}

impl fmt::Display for Hidden<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = |f: &mut fmt::Formatter<'_>, name: &str, value: &str| {
            let value = Text(value);
            write!(
                f,
                "<input type=\"hidden\" name=\"{name}\" value=\"{value}\">"
            )
        };
        if let Some(name) = self.name {
            field(f, "processname", name)?;
        }
        field(f, "token", self.token)
    }
}
