//! `status`, `pid` and `health`: looking at processes.

use crate::base::fault::code;
use crate::base::names::{Namespec, namespec};
use crate::client::api::{CheckInfo, ProcessInfo, Server};
use crate::client::error::ClientError;
use crate::client::problem::Problem;
use crate::client::report::{Entry, Report};
use crate::client::status;

use super::has_all;

type Done = Result<(), ClientError>;

/// `status [NAME…]` (CTL-080 to CTL-084).
pub(super) fn status(server: &Server, names: &[String], report: &mut Report<'_>) -> Done {
    let all = server.processes()?;
    let shown = if names.is_empty() || has_all(names) {
        all
    } else {
        let (shown, problems) = select(&all, names);
        for problem in problems {
            report.add(Entry::Problem(problem));
        }
        shown.into_iter().cloned().collect()
    };
    report.add(Entry::Processes(shown));
    Ok(())
}

/// The processes that `names` mean, in the order of the names, and a problem for each name that means none
/// (CTL-082, CTL-083).
fn select<'a>(all: &'a [ProcessInfo], names: &[String]) -> (Vec<&'a ProcessInfo>, Vec<Problem>) {
    let (mut shown, mut problems) = (Vec::new(), Vec::new());
    for name in names {
        let spec = Namespec::parse(name);
        let before = shown.len();
        shown.extend(all.iter().filter(|process| {
            let wanted = spec.process.as_ref().unwrap_or(&process.name);
            process.group == spec.group && process.name == *wanted
        }));
        if shown.len() == before {
            let (name, why) = match spec.process {
                None => (&spec.group, "no such group"),
                Some(_) => (name, "no such process"),
            };
            problems.push(Problem::Named {
                name: name.clone(),
                why,
                status: status::UNKNOWN,
            });
        }
    }
    (shown, problems)
}

/// `pid [NAME…]` (CTL-115).
pub(super) fn pid(server: &Server, names: &[String], report: &mut Report<'_>) -> Done {
    let mut add = |pid, is_named| report.add(Entry::Pid { pid, is_named });
    if names.is_empty() {
        add(server.pid()?, false);
        return Ok(());
    }
    if has_all(names) {
        for process in server.processes()? {
            add(process.pid, false);
        }
        return Ok(());
    }
    for name in names {
        let entry = match server.process(name) {
            Ok(process) => Entry::Pid {
                pid: process.pid,
                is_named: true,
            },
            Err(ClientError::Fault(fault)) if fault.code == code::BAD_NAME => {
                Entry::Problem(Problem::NoProcess(name.clone()))
            }
            Err(error @ ClientError::Fault(_)) => Entry::Trouble(error),
            Err(error) => return Err(error),
        };
        report.add(entry);
    }
    Ok(())
}

/// `health [NAME…]` (HLT-103).
pub(super) fn health(server: &Server, names: &[String], report: &mut Report<'_>) -> Done {
    let mut checks = Vec::new();
    if names.is_empty() || has_all(names) {
        checks = server.health("")?;
    }
    for name in names.iter().filter(|_| !has_all(names)) {
        let spec = Namespec::parse(name);
        let problem = if spec.process.is_some() {
            match server.health(name) {
                Ok(found) => {
                    checks.extend(found);
                    continue;
                }
                Err(ClientError::Fault(fault)) if fault.code == code::BAD_NAME => {
                    Problem::named(name, "no such process")
                }
                Err(error) => return Err(error),
            }
        } else {
            let all = server.processes()?;
            if all.iter().any(|process| process.group == spec.group) {
                let found = server.health("")?.into_iter();
                checks.extend(found.filter(|check| check.group == spec.group));
                continue;
            }
            Problem::named(&spec.group, "no such group")
        };
        report.add(Entry::Problem(problem));
    }
    let key = |check: &CheckInfo| (namespec(&check.group, &check.name), check.check.clone());
    checks.sort_by_key(key);
    checks.dedup();
    report.add(Entry::Checks(checks));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{namespec, select};
    use crate::client::api::running as process;

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
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            let found = select(&all, &names);
            let namespecs: Vec<String> = found
                .0
                .into_iter()
                .map(|process| namespec(&process.group, &process.name))
                .collect();
            let lines: Vec<String> = found.1.iter().map(ToString::to_string).collect();
            assert_eq!(namespecs, shown, "{names:?}");
            assert_eq!(lines, problems, "{names:?}");
        }
    }
}
