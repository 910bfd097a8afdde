//! What processes say of themselves, and what else bears on their state from outside.

use crate::base::clock::Now;
use crate::base::level::Level;
use crate::base::span::seconds;
use crate::base::states::ProcessState;
use crate::process::machine::Input;
use crate::process::notice::Notice;

use super::Supervisor;
use super::member::{Member, ProcessId};
use super::pending::{Origin, Reason};

impl Supervisor {
    /// A process has said something on its notify socket (LIF-125 to LIF-133).
    pub(super) fn notified(&mut self, id: ProcessId, notice: Notice, now: Now) {
        let recovers = notice == Notice::Alive;
        self.drive(id, Input::Notice(notice), now);
        if recovers {
            self.watchdog_recovered(id);
        }
    }

    /// It has been in FATAL for long enough (LIF-184).
    pub(super) fn revive(&mut self, id: ProcessId) {
        let Some(member) = self.member(id) else {
            return;
        };
        let lifecycle = member.config.policy.lifecycle.as_ref();
        let pause = lifecycle.and_then(|lifecycle| lifecycle.restarts.fatal_retry);
        let text = format!(
            "starting {}: {} seconds in FATAL (fatal_retry_secs)",
            member.namespec(),
            seconds(pause.unwrap_or_default())
        );
        self.runtime.log(Level::Info, text);
        self.wish(id, &Origin::Anew(Reason::FatalRetry));
    }

    /// Stops a process and starts it anew, unless somebody wants it otherwise meanwhile (HLT-087).
    pub(super) fn restart_anew(&mut self, id: ProcessId, reason: Reason, now: Now) {
        self.drive(id, Input::Stop, now);
        self.wish(id, &Origin::Anew(reason));
    }

    /// What is done for a process beside running it follows its state.
    pub(super) fn tend(&mut self, id: ProcessId, now: Now) {
        if let Some(member) = self.durable.roster.members.get_mut(id)
            && member.process.state == ProcessState::Starting
            && let Some(upkeep) = &mut member.upkeep
        {
            upkeep.begin_life();
        }
        self.tend_checks(id, now);
        self.tend_watches(id);
        self.tend_schedule(id);
        let fell = |member: &Member| {
            let upkeep = member.upkeep.as_ref();
            let by_check = upkeep.is_some_and(|upkeep| upkeep.stopped_by_check);
            by_check && member.process.state == ProcessState::Stopped
        };
        if self.member(id).is_some_and(fell) {
            self.stopped_by_check(id);
        }
    }
}
