//! Processes that run at certain times (lifecycle.md, section 17).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::clock::{Mono, Now, Wall};
use crate::base::level::Level;
use crate::base::states::{ProcessState as State, SupervisorState};
use crate::process::cron::Timetable;
use crate::process::lifecycle::{Overlap, Schedule};

use super::Supervisor;
use super::conditions::is_disabled;
use super::member::{Member, ProcessId};
use super::pending::{How, Origin, Pending, Reason, Unmet};

/// How often the wall clock is looked at, which may be set while we sleep.
const LOOK: Duration = Duration::from_mins(1);

/// So far the clock may be set back without a run coming twice (LIF-276).
const REPEAT: Duration = Duration::from_hours(3);

/// What is known of the runs of one process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Runs {
    /// When the next one comes, as the wall clock shows; none where only time that passes counts.
    next: Option<Wall>,
    /// When it is looked at; none if there is no next one.
    pub(super) due: Option<Mono>,
    /// Up to when all runs have been made.
    made: Option<Wall>,
    /// One is to begin when the one that is under way has ended.
    queued: bool,
}

impl Member {
    fn schedule(&self) -> Option<&Schedule> {
        self.config.policy.lifecycle.as_ref()?.schedule.as_ref()
    }

    fn runs_mut(&mut self) -> Option<&mut Runs> {
        self.upkeep.as_mut()?.runs.as_mut()
    }

    /// Whether its first run has yet to be found.
    pub(super) fn is_to_be_scheduled(&self) -> bool {
        let is_known = self
            .upkeep
            .as_ref()
            .is_some_and(|upkeep| upkeep.runs.is_some());
        self.schedule().is_some() && !is_known
    }
}

impl Supervisor {
    /// When a process runs next by its schedule, if it has one.
    pub fn next_scheduled(&self, id: ProcessId) -> Option<Mono> {
        self.member(id)?.upkeep.as_ref()?.runs.as_ref()?.due
    }

    /// A run may be due.
    pub(super) fn schedule_due(&mut self, id: ProcessId, now: Now) {
        let Some(member) = self.durable.roster.members.get_mut(id) else {
            return;
        };
        if member.is_to_be_scheduled() {
            return self.plan(id, None, now);
        }
        let Some(runs) = member.runs_mut() else {
            return;
        };
        if runs.due.is_none_or(|due| due > now.mono) {
            return;
        }
        let (next, made) = (runs.next, runs.made);
        if next.is_some_and(|next| next > now.wall) {
            return self.plan(id, made, now);
        }
        self.plan(id, Some(now.wall), now);
        if self.durable.state == SupervisorState::Running {
            self.run_scheduled(id, now);
        }
    }

    /// Finds the next run; all up to `made` have been.
    fn plan(&mut self, id: ProcessId, made: Option<Wall>, now: Now) {
        let known = self
            .member(id)
            .and_then(|member| member.upkeep.as_ref()?.runs.as_ref());
        let before = known.and_then(|runs| runs.due);
        let Some(timetable) = self.timetable(id) else {
            return;
        };
        let (next, due) = match timetable {
            Timetable::Every(span) => (None, Some(next_beat(before, *span, now))),
            Timetable::Times(times) => {
                // a clock that was set back repeats nothing, unless it was far
                let after = made.filter(|made| made.since(now.wall) <= REPEAT);
                let next = times.next(after.map_or(now.wall, |after| after.max(now.wall)));
                let wait = next.map(|next| next.since(now.wall).min(LOOK));
                (next, wait.map(|wait| now.mono + wait))
            }
        };
        if let Some(member) = self.durable.roster.members.get_mut(id) {
            let upkeep = member.upkeep_mut();
            let queued = upkeep.runs.as_ref().is_some_and(|runs| runs.queued);
            upkeep.runs = Some(Runs {
                next,
                due,
                made,
                queued,
            });
        }
        self.set_upkeep_timer(id);
    }

    /// What the options say of its runs, read once.
    fn timetable(&mut self, id: ProcessId) -> Option<&Timetable> {
        let member = self.durable.roster.members.get(&id)?;
        let schedule = member.schedule()?;
        let known = self.runtime.timetables.entry(id);
        // it was found right when the configuration was read; a zone may have gone since, and then nothing runs
        let read = || Timetable::parse(&schedule.expression, schedule.zone.as_deref()).ok();
        known.or_insert_with(read).as_ref()
    }

    /// Its time has come (LIF-273, LIF-274).
    fn run_scheduled(&mut self, id: ProcessId, now: Now) {
        let Some(member) = self.member(id) else {
            return;
        };
        let overlap = member
            .schedule()
            .map(|schedule| schedule.overlap)
            .unwrap_or_default();
        let state = member.process.state;
        if is_disabled(member) || state == State::Unknown {
            return;
        }
        if state.is_stopped() {
            // one that is pending is on its way already
            if !member.is_between_lives() {
                self.begin_scheduled(id);
            }
            return;
        }
        if member.pending.is_some() && state == State::Stopping {
            return;
        }
        let name = member.namespec();
        match overlap {
            Overlap::Skip => {
                let text = format!("cron: {name} still runs, this run is left out");
                self.runtime.log(Level::Info, text);
            }
            Overlap::Queue => {
                if let Some(runs) = self
                    .durable
                    .roster
                    .members
                    .get_mut(id)
                    .and_then(Member::runs_mut)
                {
                    runs.queued = true;
                }
            }
            Overlap::Kill => {
                self.runtime
                    .log(Level::Info, format!("cron: restarting {name}"));
                self.restart_anew(id, Reason::Cron, now);
            }
        }
    }

    /// Starts it, if what it depends on is there (LIF-273).
    fn begin_scheduled(&mut self, id: ProcessId) {
        let Some(member) = self.member(id) else {
            return;
        };
        let name = member.namespec();
        if let Some(waiting) = self.waiting(id, &Pending::new(Origin::Autostart)) {
            let text = format!("cron: {name} is left out, {}", told(&waiting.first));
            self.runtime.log(Level::Info, text);
            return;
        }
        self.runtime
            .log(Level::Info, format!("cron: starting {name}"));
        self.wish(id, &Origin::Anew(Reason::Cron));
    }

    /// A run that was kept begins when the one before it has ended; a stop by hand drops it.
    pub(super) fn tend_schedule(&mut self, id: ProcessId) {
        let Some(member) = self.durable.roster.members.get_mut(id) else {
            return;
        };
        let state = member.process.state;
        let Some(runs) = member.runs_mut() else {
            return;
        };
        if !runs.queued || !state.is_stopped() {
            return;
        }
        runs.queued = false;
        if matches!(state, State::Exited | State::Fatal) && !member.is_between_lives() {
            self.begin_scheduled(id);
        }
    }
}

/// When it runs next, for people (LIF-277).
pub(super) fn next_run(member: &Member) -> Option<String> {
    let schedule = member.schedule()?;
    let next = member.upkeep.as_ref()?.runs.as_ref()?.next?;
    match Timetable::parse(&schedule.expression, schedule.zone.as_deref()) {
        Ok(Timetable::Times(times)) => Some(format!("next run {}", times.show(next))),
        Ok(Timetable::Every(_)) | Err(_) => None,
    }
}

/// The next time of `@every`: missed ones make one run, and the beat goes on.
fn next_beat(before: Option<Mono>, span: Duration, now: Now) -> Mono {
    let Some(before) = before else {
        return now.mono + span;
    };
    let missed = now.mono.since(before).as_nanos() / span.as_nanos().max(1);
    let beats = u32::try_from(missed).unwrap_or(u32::MAX).saturating_add(1);
    before + span.saturating_mul(beats)
}

/// How a dependency is, in a line.
fn told(unmet: &Unmet) -> String {
    match unmet.how {
        How::In(state) => format!("{} is {}", unmet.whom, state.name()),
        how => format!("{} is {}", unmet.whom, how.in_details()),
    }
}
