//! Processes: started, stopped, signalled and shown.

use crate::base::clock::Now;
use crate::base::fault::Fault;
use crate::base::process_info::ProcessInfo;
use crate::base::signals::Signal;
use crate::base::units;
use crate::supervisor::Supervisor;
use crate::supervisor::answer::{Answer, Outcome};
use crate::supervisor::member::Member;

use super::selector::Selector;
use super::status::{self, CheckStatus, ProcessStatus};

/// Starts processes; with `wait` the answer comes when they are up or have failed (RPC-150 to RPC-161).
pub fn start(
    supervisor: &mut Supervisor,
    whom: &Selector,
    wait: bool,
    now: Now,
) -> Result<Answer, Fault> {
    match whom {
        Selector::Named(name) => supervisor.start(name, wait, now),
        Selector::Group(name) => supervisor.start_group(name, wait, now),
        Selector::All => Ok(supervisor.start_all(wait, now)),
    }
}

/// Stops processes; with `wait` the answer comes when they have ended (RPC-165 to RPC-169).
pub fn stop(
    supervisor: &mut Supervisor,
    whom: &Selector,
    wait: bool,
    now: Now,
) -> Result<Answer, Fault> {
    match whom {
        Selector::Named(name) => supervisor.stop(name, wait, now),
        Selector::Group(name) => supervisor.stop_group(name, wait, now),
        Selector::All => Ok(supervisor.stop_all(wait, now)),
    }
}

/// A signal as somebody wrote it; a refusal shows the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignalWord {
    /// What it means, if anything.
    pub signal: Option<Signal>,
    /// As it was written.
    pub text: String,
}

impl SignalWord {
    /// A name or a number (RPC-180, RPC-181).
    pub fn parse(text: &str) -> Self {
        let number = units::integer(text).ok();
        let signal = number.map_or_else(|| Signal::from_name(text), Signal::from_number);
        Self {
            signal,
            text: text.to_owned(),
        }
    }

    /// A number that was written as `text`.
    pub fn number(number: i64, text: String) -> Self {
        let signal = Signal::from_number(number);
        Self { signal, text }
    }
}

/// Sends a signal to processes, never to their groups (RPC-180 to RPC-184).
pub fn signal(
    supervisor: &mut Supervisor,
    whom: &Selector,
    word: &SignalWord,
    now: Now,
) -> Result<Outcome, Fault> {
    let (signal, text) = (word.signal, word.text.as_str());
    match whom {
        Selector::Named(name) => supervisor.signal(name, signal, text, now),
        Selector::Group(name) => supervisor.signal_group(name, signal, text, now),
        Selector::All => Ok(supervisor.signal_all(signal, text, now)),
    }
}

/// One process; a whole group is `BAD_NAME` (RPC-140).
pub fn info<'a>(
    supervisor: &'a Supervisor,
    name: &str,
    now: Now,
) -> Result<ProcessInfo<'a>, Fault> {
    supervisor.view(name, now)
}

/// All processes by group, then name (RPC-144). They stay the same within one second of one
/// [`Supervisor::revision`].
pub fn all(supervisor: &Supervisor, now: Now) -> impl Iterator<Item = ProcessInfo<'_>> {
    supervisor.views(now)
}

/// All that is known of one process (API-030).
pub fn status(supervisor: &Supervisor, name: &str, now: Now) -> Result<ProcessStatus, Fault> {
    let member = supervisor.find_process(name)?;
    Ok(status::of(supervisor, member, now))
}

/// What the checks of one process found, or of all with an empty name, in the order of names (HLT-102).
pub fn health(supervisor: &Supervisor, name: &str) -> Result<Vec<CheckStatus>, Fault> {
    if name.is_empty() {
        let all = supervisor.by_name();
        return Ok(all.flat_map(|member| checks(supervisor, member)).collect());
    }
    let member = supervisor.find_process(name)?;
    Ok(checks(supervisor, member).collect())
}

fn checks(supervisor: &Supervisor, member: &Member) -> impl Iterator<Item = CheckStatus> {
    let reports = supervisor.check_reports(member.id).into_iter();
    reports.map(|(check, found)| CheckStatus::of(member, check, &found))
}

/// Has a process read its configuration again (LIF-244).
pub fn refresh(supervisor: &mut Supervisor, name: &str, now: Now) -> Result<(), Fault> {
    supervisor.refresh(name, now)
}

#[cfg(test)]
mod tests {
    use super::{Signal, SignalWord};

    #[test]
    fn signals_by_name_and_number() {
        let table = [
            ("HUP", Some(Signal::HUP)),
            ("SIGHUP", Some(Signal::HUP)),
            ("1", Some(Signal::HUP)),
            (" 15 ", Some(Signal::TERM)),
            ("0", Signal::from_number(0)),
            ("99", None),
            ("SIG_DFL", None),
            ("", None),
        ];
        for (text, signal) in table {
            let word = SignalWord::parse(text);
            assert_eq!((word.signal, word.text.as_str()), (signal, text));
        }
        let word = SignalWord::number(15, "15.0".to_owned());
        assert_eq!(word.signal, Some(Signal::TERM));
        assert_eq!(word.text, "15.0");
    }
}
