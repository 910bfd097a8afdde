//! Pending starts: when they begin, what they wait for, and how they end otherwise.
//!
//! Those whose turn it is to be looked at stand in a line, in the
//! order in which they came; a few are looked at in each wake-up. What they wait for puts them into the line again.

use std::collections::VecDeque;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use crate::base::clock::{Mono, Now};
use crate::base::level::Level;
use crate::base::span::whole_seconds;
use crate::base::states::{ProcessState as State, SupervisorState};
use crate::process::hook::Role;
use crate::process::lifecycle::Lifecycle;
use crate::process::machine::Input;

use super::Supervisor;
use super::conditions::{Waiting, is_disabled};
use super::graph::{Graph, depends_on};
use super::jobs::News;
use super::member::{Member, ProcessId};
use super::pending::{Origin, Pending, Reason, Stage, Unmet};
use super::timers::Timer;

/// Whose turn it is to be looked at, in that order.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Line(VecDeque<ProcessId>);

impl Line {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn push(&mut self, id: ProcessId) {
        self.0.push_back(id);
    }

    fn pop(&mut self) -> Option<ProcessId> {
        self.0.pop_front()
    }
}

impl Supervisor {
    /// Looks at those whose turn it is, `most` of them.
    pub(super) fn look_at_line(&mut self, most: usize, now: Now) {
        for _ in 0..most {
            let Some(id) = self.durable.line.pop() else {
                break;
            };
            self.look_at(id, now);
        }
    }

    /// Begins a pending start if nothing is in its way. Says whether it is decided: begun, or not pending any more.
    pub(super) fn look_at(&mut self, id: ProcessId, now: Now) -> bool {
        let Some(member) = self.member(id) else {
            return true;
        };
        let Some(pending) = &member.pending else {
            return true;
        };
        match member.process.state {
            State::Stopped | State::Exited | State::Fatal | State::Backoff => {}
            // it is looked at again when it has stopped
            State::Stopping => {
                self.set_stage(id, Stage::Others);
                return false;
            }
            State::Starting | State::Running | State::Unknown => {
                self.end_pending(id);
                return true;
            }
        }
        // something of its last life has yet to end (LIF-260)
        if member.runs(Role::PostStop) {
            self.set_stage(id, Stage::Others);
            return false;
        }
        if let Some(waiting) = self.waiting(id, pending) {
            return self.wait(id, waiting);
        }
        if let Some(until) = delay(member, pending, now) {
            self.set_stage(id, Stage::Delay(until));
            return false;
        }
        self.begin_start(id, now);
        true
    }

    /// A process's own deadline has come: a retry or an automatic restart waits for what must be up first (LIF-044).
    pub(super) fn process_due(&mut self, id: ProcessId, now: Now) {
        let Some(member) = self.durable.roster.members.get_mut(id) else {
            return;
        };
        if matches!(member.process.state, State::Exited | State::Backoff) {
            let has_items = !depends_on(member).is_empty();
            if member.pending.is_none() && member.runs(Role::PostStop) {
                let mut pending = Pending::new(Origin::Again);
                pending.stage = Stage::Others;
                member.process.deadline = None;
                member.pending = Some(Box::new(pending));
                return;
            }
            if has_items && member.pending.is_none() {
                let pending = Pending::new(Origin::Again);
                if let Some(waiting) = self.waiting(id, &pending) {
                    if let Some(member) = self.durable.roster.members.get_mut(id) {
                        member.process.deadline = None;
                        member.pending = Some(Box::new(pending));
                    }
                    self.wait(id, waiting);
                    return;
                }
            }
        }
        self.drive(id, Input::Due, now);
    }

    /// It waits, or fails if it must and it was asked for; says whether that is decided.
    fn wait(&mut self, id: ProcessId, waiting: Waiting) -> bool {
        let name = self.named(id);
        let Some(pending) = self.pending_mut(id) else {
            return true;
        };
        pending.delayed = false;
        let Waiting {
            first,
            condition,
            more,
            lost,
        } = waiting;
        if let Some(lost) = &lost
            && pending.is_request()
        {
            self.fail(id, lost);
            return true;
        }
        let begins = !std::mem::replace(&mut pending.told, true);
        let news = lost.is_some() && pending.blocked != lost;
        pending.blocked.clone_from(&lost);
        if begins {
            let more = and_more(more);
            let text = format!("{name} waits for {}:{}{more}", first.whom, condition.name());
            self.runtime.log(Level::Info, text);
            self.note_completions(id, None);
        }
        let lost_now = lost.is_some() && news;
        if let Some(lost) = lost.filter(|_| news) {
            let text = format!("{name} cannot start yet: {lost}");
            self.runtime.log(Level::Info, text);
            self.blocked_for_good(id, &lost);
        }
        self.set_stage(id, Stage::Others);
        self.check_jobs(id);
        if lost_now {
            self.look_if_done();
        }
        false
    }

    /// A start that was asked for cannot be made (LIF-051).
    fn fail(&mut self, id: ProcessId, lost: &Unmet) {
        let text = format!("{} is not started: {lost}", self.named(id));
        self.runtime.log(Level::Info, text);
        if let Some(member) = self.durable.roster.members.get_mut(id) {
            member.process.spawnerr = Some(lost.to_string());
        }
        self.end_pending(id);
        self.settle(id);
    }

    fn begin_start(&mut self, id: ProcessId, now: Now) {
        let Some(pending) = self.end_pending(id) else {
            return;
        };
        let Some(member) = self.durable.roster.members.get_mut(id) else {
            return;
        };
        if member.process.state == State::Backoff
            || pending.origin == Origin::Again && !pending.asked
        {
            // the failures so far count on
            member.process.deadline = Some(now.mono);
            self.drive(id, Input::Due, now);
        } else if pending.is_by_hand() {
            self.drive(id, Input::Start, now);
        } else {
            self.drive(id, Input::Autostart, now);
            self.count_restart(id, &pending.origin);
        }
    }

    /// Starts that follow on a life are told from others (API-043).
    fn count_restart(&mut self, id: ProcessId, origin: &Origin) {
        let is_restart = matches!(
            origin,
            Origin::Anew(Reason::FatalRetry | Reason::Liveness | Reason::FileChanged)
        );
        if let Some(member) = self
            .durable
            .roster
            .members
            .get_mut(id)
            .filter(|_| is_restart)
            && member.process.pid.is_some()
        {
            member.process.past.restarts += 1;
        }
    }

    /// A wish is taken back (LIF-053); says whether there was one.
    pub(super) fn call_off(&mut self, id: ProcessId) -> bool {
        let Some(pending) = self.end_pending(id) else {
            return false;
        };
        if pending.stage != Stage::Line || pending.told {
            let text = format!("{} no longer waits to start", self.named(id));
            self.runtime.log(Level::Info, text);
        }
        self.tell_jobs(id, News::CalledOff);
        self.settle(id);
        true
    }

    /// All wishes are taken back: everything goes down (LIF-055).
    pub(super) fn call_off_all(&mut self) {
        let waiting: Vec<_> = self
            .members()
            .filter(|m| m.pending.is_some())
            .map(|m| m.id)
            .collect();
        for id in waiting {
            self.end_pending(id);
            self.tell_jobs(id, News::CalledOff);
        }
        self.durable.line = Line::default();
    }

    /// The start of a process is not pending any more.
    fn end_pending(&mut self, id: ProcessId) -> Option<Pending> {
        let member = self.durable.roster.members.get_mut(id)?;
        let pending = member.pending.take()?;
        self.durable.timers.set(Timer::Start(id), None);
        Some(*pending)
    }

    fn set_stage(&mut self, id: ProcessId, stage: Stage) {
        let until = match stage {
            Stage::Delay(until) => Some(until),
            Stage::Line | Stage::Others => None,
        };
        if let Some(pending) = self.pending_mut(id) {
            pending.stage = stage;
            self.durable.timers.set(Timer::Start(id), until);
        }
    }

    /// The pending start of a process, to be changed.
    pub(super) fn pending_mut(&mut self, id: ProcessId) -> Option<&mut Pending> {
        let member = self.durable.roster.members.get_mut(id)?;
        member.pending.as_deref_mut()
    }

    /// The delay of a pending start is over.
    pub(super) fn delay_is_over(&mut self, id: ProcessId) {
        if let Some(pending) = self.pending_mut(id) {
            pending.delayed = true;
        }
        self.queue(id);
    }

    /// A pending start is looked at when its turn comes.
    pub(super) fn queue(&mut self, id: ProcessId) {
        let Some(member) = self.durable.roster.members.get(&id) else {
            return;
        };
        if member
            .pending
            .as_ref()
            .is_some_and(|pending| pending.stage != Stage::Line)
        {
            self.set_stage(id, Stage::Line);
            self.durable.line.push(id);
        }
    }

    /// Something of a process changed: those that wait for it are looked at, and so is its own start.
    pub(super) fn stir(&mut self, id: ProcessId) {
        self.queue(id);
        let graph = self.graph();
        if graph.is_empty() {
            return;
        }
        let completed = self
            .member(id)
            .is_some_and(|member| matches!(member.process.state, State::Exited | State::Fatal));
        for other in graph.dependents(id) {
            let pending = self
                .member(other)
                .and_then(|member| member.pending.as_ref());
            let Some(pending) = pending else {
                continue;
            };
            let waits_for_a_moment = matches!(pending.stage, Stage::Delay(_));
            if completed {
                self.note_completions(other, Some(id));
            }
            if !waits_for_a_moment {
                self.queue(other);
            }
        }
    }

    /// A process was RUNNING and has ended within one step: who waited for no more than that may start (LIF-037).
    pub(super) fn passed_through_running(&mut self, id: ProcessId) {
        let graph = self.graph();
        if graph.is_empty() {
            return;
        }
        for other in graph.dependents(id) {
            let member = self.member(other);
            let pending = member.and_then(|member| member.pending.as_deref());
            if let Some(pending) = pending
                && self.waiting_while(other, pending, Some(id)).is_none()
                && let Some(pending) = self.pending_mut(other)
            {
                pending.granted = true;
            }
        }
    }

    /// Groups came or went: what is depended on is looked up anew, and all that waits is looked at (LIF-067, LIF-371).
    pub(super) fn groups_changed(&mut self) {
        self.runtime.graph.take();
        self.runtime.has_essential.take();
        if self.durable.state != SupervisorState::Running || self.graph().is_empty() {
            return;
        }
        self.stir_all_held();
        let waits = |member: &&Member| {
            let pending = member.pending.as_ref();
            pending.is_some_and(|pending| pending.stage == Stage::Others)
        };
        let waiting: Vec<_> = self.members().filter(waits).map(|m| m.id).collect();
        for id in waiting {
            self.queue(id);
        }
    }

    /// What is to be said of a process that waits for others or for a moment, before it starts or stops.
    pub(super) fn detail_of_order(&self, member: &Member, now: Now) -> Option<String> {
        if let Some(first) = self.stops_after_first(member.id) {
            return Some(first);
        }
        let Some(pending) = &member.pending else {
            let is_disabled = is_disabled(member) && member.process.state.is_stopped();
            return is_disabled.then(|| "disabled".to_owned());
        };
        if let Origin::Anew(reason) = pending.origin
            && let Some(text) = reason.detail()
        {
            return Some(text.to_owned());
        }
        if member.runs(Role::PostStop) {
            return Some("waiting for post_stop_hook".to_owned());
        }
        if let Stage::Delay(until) = pending.stage {
            let left = whole_seconds(until.since(now.mono));
            return Some(if pending.follows_a_life() {
                format!("next start in {left} s (restartpause)")
            } else if pending.spread.is_zero() {
                format!("starts in {left} s (startdelay)")
            } else {
                format!("starts in {left} s (numprocs_start_interval)")
            });
        }
        let Waiting {
            first,
            condition,
            more,
            ..
        } = self.waiting(member.id, pending)?;
        let Unmet { whom, how } = first;
        let (condition, how) = (condition.name(), how.in_details());
        let more = and_more(more);
        Some(format!("waiting for {whom}:{condition} ({how}){more}"))
    }

    /// Who depends on whom at present.
    pub(super) fn graph(&self) -> Rc<Graph> {
        let graph = self
            .runtime
            .graph
            .get_or_init(|| Rc::new(Graph::of(&self.durable.roster)));
        graph.clone()
    }

    /// How users name a member.
    pub(super) fn named(&self, id: ProcessId) -> String {
        self.member(id).map(Member::namespec).unwrap_or_default()
    }
}

/// How many others there are, for people.
pub(super) fn and_more(more: usize) -> String {
    match more {
        0 => String::new(),
        more => format!(" and {more} more"),
    }
}

/// The options beyond Supervisor's own, if any is set.
pub(super) fn lifecycle(member: &Member) -> Option<&Lifecycle> {
    member.config.policy.lifecycle.as_deref()
}

/// When a start may be made whose conditions hold, if not now (LIF-190, LIF-191).
fn delay(member: &Member, pending: &Pending, now: Now) -> Option<Mono> {
    if let Stage::Delay(until) = pending.stage
        && !pending.asked
        && until > now.mono
    {
        return Some(until);
    }
    let paused = member
        .process
        .life
        .as_ref()
        .and_then(|life| life.paused_until);
    if let Some(until) = paused
        && pending.follows_a_life()
        && until > now.mono
    {
        return Some(until);
    }
    if pending.delayed || pending.free {
        return None;
    }
    let own = match pending.origin {
        Origin::Autostart if !pending.asked => lifecycle(member).map(|own| own.startdelay),
        _ => None,
    };
    // a start by hand of that one process has no place among others
    let span = own.unwrap_or_default() + pending.spread;
    (!span.is_zero()).then(|| now.mono + span)
}
