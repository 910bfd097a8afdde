//! What the status page shows, made of what the supervisor knows. Plain data: no HTML, no requests.

use crate::base::names::namespec;
use crate::base::process_info::ProcessInfo;
use crate::base::states::ProcessState;
use crate::http::site::Overview;

/// The status page.
pub(super) struct StatusView<'a> {
    /// What the supervisor calls itself.
    pub(super) identifier: &'a str,
    /// How an action went.
    pub(super) message: Option<&'a str>,
    /// What the filter says.
    pub(super) filter: &'a str,
    /// What the page's forms carry.
    pub(super) token: &'a str,
    /// How many processes there are in each state that occurs.
    pub(super) counts: Vec<(ProcessState, usize)>,
    /// The processes.
    pub(super) sections: Vec<Section<'a>>,
}

/// Processes that stand together: a group, or programs that are each their own group.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Section<'a> {
    /// The group; none for programs on their own.
    pub(super) group: Option<&'a str>,
    /// Its processes.
    pub(super) rows: Vec<Row<'a>>,
}

/// A process.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row<'a> {
    /// How it is called.
    pub(super) name: String,
    pub(super) state: ProcessState,
    pub(super) description: &'a str,
    /// The filter leaves it out.
    pub(super) hidden: bool,
}

impl Section<'_> {
    /// The filter leaves all of it out.
    pub(super) fn is_hidden(&self) -> bool {
        self.rows.iter().all(|row| row.hidden)
    }

    /// How many of its processes are in that state.
    pub(super) fn count(&self, state: ProcessState) -> usize {
        self.rows.iter().filter(|row| row.state == state).count()
    }
}

impl<'a> StatusView<'a> {
    pub(super) fn new(
        overview: &'a Overview,
        message: Option<&'a str>,
        filter: &'a str,
        token: &'a str,
    ) -> Self {
        Self {
            identifier: &overview.identifier,
            message,
            filter,
            token,
            counts: counts(&overview.processes),
            sections: sections(&overview.processes, filter),
        }
    }

    /// How many processes there are.
    pub(super) fn total(&self) -> usize {
        self.counts.iter().map(|(_, count)| count).sum()
    }
}

/// The states in the order of the counts: trouble first, then what changes, then what stays.
const ORDER: [ProcessState; 8] = [
    ProcessState::Fatal,
    ProcessState::Unknown,
    ProcessState::Backoff,
    ProcessState::Starting,
    ProcessState::Stopping,
    ProcessState::Running,
    ProcessState::Exited,
    ProcessState::Stopped,
];

fn counts(processes: &[ProcessInfo<'_>]) -> Vec<(ProcessState, usize)> {
    let count = |state| processes.iter().filter(|info| info.state == state).count();
    let all = ORDER.map(|state| (state, count(state)));
    all.into_iter().filter(|(_, count)| *count > 0).collect()
}

/// The order of the processes stays (HTTP-123), so programs on their own stand between groups.
fn sections<'a>(processes: &'a [ProcessInfo<'_>], filter: &str) -> Vec<Section<'a>> {
    let mut sections: Vec<Section<'_>> = Vec::new();
    for members in processes.chunk_by(|one, next| one.group == next.group) {
        let rows = members.iter().map(|info| row(info, filter));
        match (members, sections.last_mut()) {
            ([alone], Some(last)) if alone.name == alone.group && last.group.is_none() => {
                last.rows.extend(rows);
            }
            ([first, others @ ..], _) => sections.push(Section {
                group: (!others.is_empty() || first.name != first.group).then_some(&*first.group),
                rows: rows.collect(),
            }),
            ([], _) => {}
        }
    }
    sections
}

fn row<'a>(info: &'a ProcessInfo<'_>, filter: &str) -> Row<'a> {
    let name = namespec(&info.group, &info.name);
    Row {
        hidden: !matches(filter, &name, info.state),
        name,
        state: info.state,
        description: &info.description,
    }
}

/// Whether a process is what the filter asks for: each of its words is the process's state, or a part of
/// its name. The page's script does the same.
fn matches(filter: &str, name: &str, state: ProcessState) -> bool {
    let name = name.to_lowercase();
    filter
        .to_lowercase()
        .split_whitespace()
        .all(|word| state.name().eq_ignore_ascii_case(word) || name.contains(word))
}

#[cfg(test)]
pub(super) mod tests {
    use super::{Overview, ProcessInfo, ProcessState, Section, StatusView, matches};

    /// A process as the supervisor describes it.
    pub(in crate::http::page) fn process(
        group: &str,
        name: &str,
        state: ProcessState,
    ) -> ProcessInfo<'static> {
        ProcessInfo {
            name: name.to_owned().into(),
            group: group.to_owned().into(),
            start: 0,
            stop: 0,
            now: 0,
            state,
            spawnerr: "".into(),
            exitstatus: 0,
            stdout_logfile: "".into(),
            stderr_logfile: "".into(),
            pid: 0,
            description: format!("the {state} {name}").into(),
        }
    }

    #[test]
    fn sections_follow_the_order() {
        use ProcessState::{Fatal, Running, Stopped};
        let overview = Overview {
            identifier: String::new(),
            processes: vec![
                process("a", "a", Running),
                process("b", "b", Fatal),
                process("g", "one", Running),
                process("g", "two", Running),
                process("h", "only", Stopped),
                process("x", "x", Running),
                process("y", "y", Stopped),
                process("z", "a", Stopped),
                process("z", "z", Stopped),
            ],
        };
        let view = StatusView::new(&overview, None, "running", "");
        let line = |section: &Section<'_>| {
            let rows = section.rows.iter();
            let rows =
                rows.map(|row| format!(" {}{}", if row.hidden { "-" } else { "" }, row.name));
            format!(
                "{}:{}",
                section.group.unwrap_or_default(),
                rows.collect::<String>()
            )
        };
        let sections: Vec<String> = view.sections.iter().map(line).collect();
        // those that the filter leaves out have a dash
        assert_eq!(
            sections,
            [
                ": a -b",
                "g: g:one g:two",
                "h: -h:only",
                ": x -y",
                "z: -z:a -z",
            ]
        );
        assert_eq!(view.counts, [(Fatal, 1), (Running, 4), (Stopped, 4)]);
        assert_eq!(view.total(), 9);
        assert!(view.sections[2].is_hidden() && !view.sections[0].is_hidden());
    }

    #[test]
    fn filters() {
        let table = [
            ("", true),
            ("  ", true),
            ("web", true),
            ("WEB_0", true),
            ("running", true),
            ("Running web", true),
            ("run", false),
            ("fatal", false),
            ("web fatal", false),
            ("db", false),
        ];
        for (filter, shown) in table {
            assert_eq!(
                matches(filter, "Web:web_00", ProcessState::Running),
                shown,
                "{filter}"
            );
        }
    }
}
