//! What the page's buttons and links do, and the messages that tell how it went.

use hyper::StatusCode;

use super::form::Form;
use crate::api::caller::Caller;
use crate::api::selector::Selector;
use crate::base::fault::{Fault, code};
use crate::base::names::Namespec;
use crate::http::site::Site;
use crate::supervisor::answer::Outcome;

/// Processes that a message names at most.
const NAMED: usize = 3;

/// What a request asks to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action {
    /// Nothing but to say so (HTTP-143).
    Refresh,
    /// Stop all processes (HTTP-144).
    StopAll,
    /// Stop all processes, then start all (HTTP-145).
    RestartAll,
    /// To the process with that namespec (HTTP-146 to HTTP-149).
    Process(Deed, String),
    /// To all processes of a group, given as `group:*`. The reference has none of these; their names are
    /// others than those for processes, because it has an answer for those with such a name (HTTP-150).
    Group(Deed, String),
    /// Nobody knows what.
    Unknown(Option<String>),
}

/// What is done to a process or to a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    /// Start.
    Start,
    /// Stop.
    Stop,
    /// Stop, then start.
    Restart,
    /// Empty the logs; not of groups.
    ClearLog,
}

impl Deed {
    /// The word for a question: `Stop x?`.
    pub(super) const fn imperative(self) -> &'static str {
        match self {
            Self::Start => "Start",
            Self::Stop => "Stop",
            Self::Restart => "Restart",
            Self::ClearLog => "Clear the logs of",
        }
    }

    /// The word for the past: `Process x started`.
    const fn past(self) -> &'static str {
        match self {
            Self::Start => "started",
            Self::Stop => "stopped",
            Self::Restart => "restarted",
            Self::ClearLog => "cleared",
        }
    }
}

impl Action {
    /// What the fields `action` and `processname` ask for; none if there is no `action`.
    pub(super) fn of(form: &Form) -> Option<Self> {
        let action = form.get("action")?;
        let one = |deed| Some((deed, form.get("processname")?.to_owned()));
        let known = match action {
            "refresh" => Some(Self::Refresh),
            "stopall" => Some(Self::StopAll),
            "restartall" => Some(Self::RestartAll),
            "start" => one(Deed::Start).map(process),
            "stop" => one(Deed::Stop).map(process),
            "restart" => one(Deed::Restart).map(process),
            "clearlog" => one(Deed::ClearLog).map(process),
            "startgroup" => one(Deed::Start).map(group),
            "stopgroup" => one(Deed::Stop).map(group),
            "restartgroup" => one(Deed::Restart).map(group),
            _ => None,
        };
        let name = || form.get("processname").map(str::to_owned);
        Some(known.unwrap_or_else(|| Self::Unknown(name())))
    }
}

fn process((deed, name): (Deed, String)) -> Action {
    Action::Process(deed, name)
}

fn group((deed, name): (Deed, String)) -> Action {
    Action::Group(deed, name)
}

/// Does it, waits until it is done, and gives the message for the page. A supervisor that goes down does
/// nothing more (HTTP-114); what nobody knows is a bad request (HTTP-151, DEC-063).
pub(super) async fn perform<S: Site>(
    site: &S,
    caller: &Caller,
    action: &Action,
) -> Result<String, StatusCode> {
    if site.overview(caller).is_err() {
        return Err(StatusCode::INTERNAL_SERVER_ERROR);
    }
    match action {
        Action::Refresh => Ok(format!("Page refreshed at {}", time(site))),
        Action::StopAll => {
            // how it went with each is not told (HTTP-144)
            drop(site.stop(caller, Selector::All).await);
            Ok(format!("All stopped at {}", time(site)))
        }
        Action::RestartAll => {
            drop(site.stop(caller, Selector::All).await);
            drop(site.start(caller, Selector::All).await);
            Ok(format!("All restarted at {}", time(site)))
        }
        Action::Group(deed, spec) => Ok(to_group(site, caller, *deed, spec).await),
        Action::Process(_, name) | Action::Unknown(Some(name)) if !site.knows(caller, name) => {
            Ok(format!("No such process named {name}"))
        }
        Action::Process(deed, name) => Ok(to_process(site, caller, *deed, name).await),
        Action::Unknown(_) => Err(StatusCode::BAD_REQUEST),
    }
}

/// The time as messages tell it (HTTP-142).
fn time<S: Site>(site: &S) -> String {
    site.local_time(site.now().wall).ctime().to_string()
}

async fn to_process<S: Site>(site: &S, caller: &Caller, deed: Deed, name: &str) -> String {
    let unexpected = |fault: &Fault| format!("unexpected rpc fault [{}] {fault}", fault.code());
    let whom = || Selector::Named(name.to_owned());
    match deed {
        Deed::Start => match site.start(caller, whom()).await {
            Ok(_) => format!("Process {name} started"),
            Err(fault) => {
                let why = why_not_started(&fault).map_or_else(|| unexpected(&fault), str::to_owned);
                format!("ERROR: Process {name}: {why}")
            }
        },
        Deed::Stop => match site.stop(caller, whom()).await {
            Ok(_) => format!("Process {name} stopped"),
            Err(fault) => unexpected(&fault),
        },
        Deed::Restart => {
            // the message is the same however it went (HTTP-148)
            drop(site.stop(caller, whom()).await);
            drop(site.start(caller, whom()).await);
            format!("Process {name} restarted")
        }
        Deed::ClearLog => match site.clear_logs(caller, name) {
            Ok(()) => format!("Log for {name} cleared"),
            Err(fault) => unexpected(&fault),
        },
    }
}

/// The page's own words for a failed start (HTTP-146).
const fn why_not_started(fault: &Fault) -> Option<&'static str> {
    match fault {
        Fault::NoFile(_) => Some("no such file"),
        Fault::NotExecutable(_) => Some("file not executable"),
        Fault::AlreadyStarted(_) => Some("already started"),
        Fault::SpawnError(_) => Some("spawn error"),
        Fault::AbnormalTermination(_) => Some("abnormal termination"),
        _ => None,
    }
}

async fn to_group<S: Site>(site: &S, caller: &Caller, deed: Deed, spec: &str) -> String {
    let group = Namespec::parse(spec).group;
    let whom = || Selector::Group(group.clone());
    let mut result = Ok(Outcome::Done);
    if deed != Deed::Start {
        result = site.stop(caller, whom()).await;
    }
    if result.is_ok() && deed != Deed::Stop {
        result = site.start(caller, whom()).await;
    }
    let past = deed.past();
    match result {
        Ok(outcome) => match failures(&outcome) {
            Some(names) => format!("ERROR: Group {group}: not {past}: {names}"),
            None => format!("Group {group} {past}"),
        },
        Err(Fault::BadName(_)) => format!("No such group named {group}"),
        Err(fault) => format!(
            "ERROR: Group {group}: unexpected rpc fault [{}] {fault}",
            fault.code()
        ),
    }
}

/// The names of the processes with which something went wrong, the first few of them.
fn failures(outcome: &Outcome) -> Option<String> {
    let Outcome::Rows(rows) = outcome else {
        return None;
    };
    let failed = rows.iter().filter(|row| row.status != code::SUCCESS);
    let names: Vec<&str> = failed.map(|row| row.name.as_str()).collect();
    let more = names.len().saturating_sub(NAMED);
    let shown = names.get(..NAMED).unwrap_or(&names).join(", ");
    match (names.is_empty(), more) {
        (true, _) => None,
        (false, 0) => Some(shown),
        (false, _) => Some(format!("{shown} and {more} more")),
    }
}

#[cfg(test)]
mod tests {
    use super::{Action, Deed, Form, Outcome, failures};
    use crate::supervisor::answer::Row;

    #[test]
    fn actions() {
        let name = || "web:x".to_owned();
        let table = [
            ("", None),
            ("processname=web:x", None),
            ("action=", None),
            ("action=refresh", Some(Action::Refresh)),
            ("action=stopall&processname=x", Some(Action::StopAll)),
            ("action=restartall", Some(Action::RestartAll)),
            (
                "action=start&processname=web%3Ax",
                Some(Action::Process(Deed::Start, name())),
            ),
            (
                "action=stop&processname=web:x",
                Some(Action::Process(Deed::Stop, name())),
            ),
            (
                "action=restart&processname=web:x",
                Some(Action::Process(Deed::Restart, name())),
            ),
            (
                "action=clearlog&processname=web:x",
                Some(Action::Process(Deed::ClearLog, name())),
            ),
            (
                "action=startgroup&processname=web:x",
                Some(Action::Group(Deed::Start, name())),
            ),
            (
                "action=stopgroup&processname=web:x",
                Some(Action::Group(Deed::Stop, name())),
            ),
            (
                "action=restartgroup&processname=web:x",
                Some(Action::Group(Deed::Restart, name())),
            ),
            ("action=start", Some(Action::Unknown(None))),
            ("action=startall", Some(Action::Unknown(None))),
            (
                "action=dance&processname=web:x",
                Some(Action::Unknown(Some(name()))),
            ),
            ("action=Start", Some(Action::Unknown(None))),
        ];
        for (query, action) in table {
            assert_eq!(Action::of(&Form::parse(query, b"")), action, "{query}");
        }
    }

    #[test]
    fn failing_members() {
        let row = |name: &str, status: i64| Row {
            name: name.to_owned(),
            group: String::new(),
            status,
            description: String::new(),
        };
        let table = [
            (vec![], None),
            (vec![row("a", 80)], None),
            (vec![row("a", 50), row("b", 80)], Some("a")),
            (
                vec![row("a", 50), row("b", 50), row("c", 50)],
                Some("a, b, c"),
            ),
            (
                vec![
                    row("a", 50),
                    row("b", 50),
                    row("c", 50),
                    row("d", 1),
                    row("e", 1),
                ],
                Some("a, b, c and 2 more"),
            ),
        ];
        for (rows, text) in table {
            assert_eq!(failures(&Outcome::Rows(rows)).as_deref(), text);
        }
        assert_eq!(failures(&Outcome::Done), None);
    }
}
