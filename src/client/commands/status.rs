//! `status`, `pid` and `open`: looking at processes.

use crate::base::fault::code;
use crate::base::names::Namespec;
use crate::base::states::ProcessState;
use crate::client::api::ProcessInfo;
use crate::client::error::ClientError;
use crate::client::render;
use crate::client::session::{Session, exit};

/// `status [NAME…]` (CTL-080 to CTL-084). A server that is not there always gives 4 (CTL-031).
pub(super) fn status(session: &mut Session, arguments: &str) -> Result<(), ClientError> {
    let server = session.server();
    if !session.upcheck(&server)? {
        session.status = exit::STATUS_UNKNOWN;
        return Ok(());
    }
    let all = server.processes()?;
    let names: Vec<&str> = arguments.split_whitespace().collect();
    let shown = if names.is_empty() || names.contains(&"all") {
        all.iter().collect()
    } else {
        let (shown, problems) = select(&all, &names);
        for problem in problems {
            session.fail(exit::STATUS_UNKNOWN, &problem);
        }
        shown
    };
    session.out.text(&render::status_table(&shown));
    if shown.iter().any(|process| is_stopped(process)) {
        session.status = exit::STATUS_STOPPED;
    }
    Ok(())
}

/// The processes that `names` mean, in the order of the names, and a line for each name that means none
/// (CTL-082, CTL-083).
fn select<'a>(all: &'a [ProcessInfo], names: &[&str]) -> (Vec<&'a ProcessInfo>, Vec<String>) {
    let (mut shown, mut problems) = (Vec::new(), Vec::new());
    for name in names {
        let spec = Namespec::parse(name);
        let before = shown.len();
        shown.extend(all.iter().filter(|process| {
            let wanted = spec.process.as_ref().unwrap_or(&process.name);
            process.group == spec.group && process.name == *wanted
        }));
        if shown.len() == before {
            problems.push(match spec.process {
                None => render::named_error(&spec.group, "no such group"),
                Some(_) => render::named_error(name, "no such process"),
            });
        }
    }
    (shown, problems)
}

fn is_stopped(process: &ProcessInfo) -> bool {
    let state = i32::try_from(process.state).ok();
    state
        .and_then(ProcessState::from_code)
        .is_some_and(ProcessState::is_stopped)
}

/// `pid [NAME…]` (CTL-115).
pub(super) fn pid(session: &mut Session, arguments: &str) -> Result<(), ClientError> {
    let server = session.server();
    if !session.upcheck(&server)? {
        return Ok(());
    }
    let names: Vec<&str> = arguments.split_whitespace().collect();
    if names.is_empty() {
        let pid = server.pid()?;
        session.out.line(&pid.to_string());
        return Ok(());
    }
    if names.contains(&"all") {
        for process in server.processes()? {
            session.out.line(&process.pid.to_string());
        }
        return Ok(());
    }
    for name in names {
        match server.process(name) {
            Ok(process) => {
                session.out.line(&process.pid.to_string());
                if process.pid == 0 {
                    session.status = exit::NOT_RUNNING;
                }
            }
            Err(ClientError::Fault(fault)) if fault.code == code::BAD_NAME => {
                let name = render::escaped(name);
                session.fail(exit::GENERIC, &format!("No such process {name}"));
            }
            Err(error @ ClientError::Fault(_)) => session.report(&error),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// `open URL`: another server for the rest of the session (CTL-160). The exit status stays what it was.
pub(super) fn open(session: &mut Session, url: &str) -> Result<(), ClientError> {
    let scheme = url.split_once(':').map(|(scheme, _)| scheme.to_lowercase());
    if !matches!(scheme.as_deref(), Some("http" | "unix")) {
        session.fail(exit::GENERIC, "ERROR: url must be http:// or unix://");
        return Ok(());
    }
    url.clone_into(&mut session.target.url);
    session.target.file = None;
    let before = session.status;
    status(session, "")?;
    session.status = before;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{ProcessInfo, select};
    use crate::base::names::namespec;

    fn process(group: &str, name: &str) -> ProcessInfo {
        ProcessInfo {
            group: group.to_owned(),
            name: name.to_owned(),
            state: 20,
            statename: "RUNNING".to_owned(),
            description: String::new(),
            pid: 1,
        }
    }

    #[test]
    fn ctl_082_names_select_processes() {
        let all = [
            process("cat", "cat"),
            process("web", "a"),
            process("web", "b"),
        ];
        let table: [(&[&str], &[&str], &[&str]); 9] = [
            (&["cat"], &["cat"], &[]),
            (&["cat:cat"], &["cat"], &[]),
            (&["web:*"], &["web:a", "web:b"], &[]),
            (&["web:"], &["web:a", "web:b"], &[]),
            (&["web:b", "cat", "web:b"], &["web:b", "cat", "web:b"], &[]),
            (&["web"], &[], &["web: ERROR (no such process)"]),
            (&["web:c"], &[], &["web:c: ERROR (no such process)"]),
            (&["zz:*"], &[], &["zz: ERROR (no such group)"]),
            (&["zz:", "cat"], &["cat"], &["zz: ERROR (no such group)"]),
        ];
        for (names, shown, problems) in table {
            let found = select(&all, names);
            let namespecs: Vec<String> = found
                .0
                .into_iter()
                .map(|process| namespec(&process.group, &process.name))
                .collect();
            assert_eq!(namespecs, shown, "{names:?}");
            assert_eq!(found.1, problems, "{names:?}");
        }
    }
}
