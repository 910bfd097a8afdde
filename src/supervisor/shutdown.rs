//! The ordered way down: for a shutdown and, before everything starts anew, for a restart.
//!
//! Groups of one priority are told together and waited for together, the highest priority first (DEC-022).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::clock::Now;
use crate::base::fault::Fault;
use crate::base::level::Level;
use crate::base::signals::Signal;
use crate::base::states::{ProcessState, SupervisorState};
use crate::config::Config;
use crate::process::machine::Input;

use super::Supervisor;
use super::durable::Durable;
use super::member::{Member, ProcessId};
use super::order::Order;
use super::stops::StopFor;
use super::timers::Timer;

/// How often the main log says who is still waited for (LOG-035).
const REPORT: Duration = Duration::from_secs(3);

/// How long listeners have for the events of those that stopped before them.
const LISTENERS: Duration = Duration::from_secs(1);

/// How far the way down is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Descent {
    /// The first wave was told to stop.
    begun: bool,
    /// The listeners whose turn it is have had their time for the last events.
    unheard: bool,
    /// Exit signals so far; the third one kills (DEC-041).
    exit_signals: u32,
    /// Everything is stopped and the daemon was told.
    over: bool,
}

impl Supervisor {
    /// `supervisor.shutdown`: stop everything, then end.
    pub fn shutdown(&mut self) {
        self.go_down(SupervisorState::Shutdown);
    }

    /// `supervisor.restart`: stop everything, then start anew. A configuration that cannot be read stops
    /// nothing (DEC-012).
    pub fn restart(&mut self) -> Result<(), Fault> {
        match self.runtime.ports.configuration.read() {
            // its hints are told when it is read again, after everything has stopped
            Ok(config) => self.durable.spare = Some(config),
            Err(refusal) => {
                self.hint(&refusal.notices);
                let text = refusal.error.to_string();
                let line = format!("restart refused, the configuration cannot be read: {text}");
                self.runtime.log(Level::Critical, line);
                return Err(Fault::CantReread(text));
            }
        }
        self.go_down(SupervisorState::Restarting);
        Ok(())
    }

    /// The configuration that a restart was granted for.
    pub fn spare_config(&mut self) -> Option<Config> {
        self.durable.spare.take()
    }

    /// SIGTERM, SIGINT or SIGQUIT (DMN-024, DEC-041).
    pub fn exit_signal(&mut self, signal: Signal, now: Now) {
        self.runtime.log(
            Level::Warn,
            format!("received {signal} indicating exit request"),
        );
        self.shutdown();
        let Some((descent, ..)) = self.durable.jobs.way_down() else {
            return;
        };
        descent.exit_signals += 1;
        if descent.exit_signals >= 3 {
            self.kill_all(now);
        }
    }

    /// The way down takes too long (LIF-226).
    pub(super) fn shutdown_took_too_long(&mut self, now: Now) {
        let span = self.durable.settings.ends.shutdown_timeout;
        let names: Vec<_> = self
            .durable
            .roster
            .as_added()
            .into_iter()
            .filter_map(|id| self.member(id))
            .filter(|member| !member.process.state.is_stopped())
            .map(Member::namespec)
            .collect();
        if let Some(span) = span.filter(|_| !names.is_empty()) {
            let text = format!(
                "killing {}: shutdown takes more than {} seconds (shutdown_timeout)",
                names.join(", "),
                span.as_secs_f64()
            );
            self.runtime.log(Level::Info, text);
            self.kill_all(now);
        }
    }

    /// All that is left is killed at once, in no order (DEC-041, LIF-367).
    fn kill_all(&mut self, now: Now) {
        let Some((_, open, _)) = self.durable.jobs.way_down() else {
            return;
        };
        let rest = open.pop_all();
        self.tell_to_stop(&rest, now);
        for id in self.durable.held.all() {
            self.release(id, now);
        }
        for id in self.durable.roster.all_by_priority() {
            self.drive(id, Input::Hurry, now);
            self.kill_helpers(id);
        }
    }

    /// SIGHUP (DMN-025).
    pub fn restart_signal(&mut self) {
        if self.durable.state == SupervisorState::Shutdown {
            let text = "ignored SIGHUP indicating restart request (shutdown in progress)";
            self.runtime.log(Level::Warn, text.to_owned());
            return;
        }
        let text = "received SIGHUP indicating restart request";
        self.runtime.log(Level::Warn, text.to_owned());
        // the refusal is in the log already
        let _ = self.restart();
    }

    fn go_down(&mut self, state: SupervisorState) {
        self.durable.state = state;
        if self.durable.jobs.way_down().is_none() {
            self.call_off_all();
            let order = Order::down(&self.durable.roster, &self.graph());
            self.durable.jobs.go_down(order);
            self.end_checks();
            self.going_down();
        }
    }

    /// Takes the next steps down that can be taken.
    pub(super) fn descend(&mut self, now: Now) {
        loop {
            let Durable {
                jobs,
                roster,
                settings,
                timers,
                ..
            } = &mut self.durable;
            let Some((descent, open, told)) = jobs.way_down() else {
                return;
            };
            if descent.over {
                return;
            }
            if let Some(span) = settings.ends.shutdown_timeout
                && !descent.begun
                && !timers.is_set(Timer::ShutdownTimeout)
            {
                timers.set(Timer::ShutdownTimeout, Some(now.mono + span));
            }
            told.retain(|id| {
                let member = roster.members.get(id);
                member.is_some_and(|member| !member.is_at_rest())
            });
            if !told.is_empty() {
                return;
            }
            let Some(next) = open.next_wave() else {
                descent.over = true;
                return self.arrive();
            };
            let ask_listeners = descent.begun && !descent.unheard;
            if ask_listeners && self.listeners_at_work(next) {
                if !self.durable.timers.is_set(Timer::ShutdownListeners) {
                    let end = now.mono + LISTENERS;
                    self.durable.timers.set(Timer::ShutdownListeners, Some(end));
                }
                return;
            }
            self.tell_next_wave(now);
            if !self.durable.timers.is_set(Timer::ShutdownReport) {
                self.report_shutdown(now);
            }
        }
    }

    /// Whether those of that priority are listeners only and some of them deal with what has happened on the
    /// way down (DMN-032).
    fn listeners_at_work(&self, priority: i64) -> bool {
        let running = |id| self.state_of(id) == Some(ProcessState::Running);
        let pool_of = |name: &str| self.durable.pools.iter().find(|pool| pool.name() == name);
        let mut pools = self
            .durable
            .roster
            .groups
            .iter()
            .filter(|group| group.config.priority == priority)
            .map(|group| pool_of(&group.config.name));
        let listeners_only = pools.clone().all(|pool| pool.is_some());
        listeners_only && pools.any(|pool| pool.is_some_and(|pool| pool.is_at_work(running)))
    }

    /// Listeners that are at work still are told to stop all the same.
    pub(super) fn listeners_had_their_time(&mut self) {
        if let Some((descent, ..)) = self.durable.jobs.way_down() {
            descent.unheard = true;
        }
    }

    /// Everything is stopped.
    fn arrive(&mut self) {
        self.durable.timers.set(Timer::ShutdownReport, None);
        self.kill_all_helpers();
        self.durable.timers.set(Timer::ShutdownTimeout, None);
        self.tell_end();
    }

    /// Lets the daemon end if everything is stopped.
    pub(super) fn tell_end(&mut self) {
        let way_down = self.durable.jobs.way_down();
        if way_down.is_some_and(|(descent, ..)| descent.over) {
            self.runtime.ports.alarm.finished();
        }
    }

    fn tell_next_wave(&mut self, now: Now) {
        if let Some((_, open, _)) = self.durable.jobs.way_down() {
            let wave = open.pop_wave();
            self.tell_to_stop(&wave, now);
        }
    }

    /// Tells these to stop, and waits for them from now on.
    fn tell_to_stop(&mut self, ids: &[ProcessId], now: Now) {
        let Some((descent, _, told)) = self.durable.jobs.way_down() else {
            return;
        };
        descent.begun = true;
        descent.unheard = false;
        told.extend(ids);
        self.durable.timers.set(Timer::ShutdownListeners, None);
        self.stop_in_order(ids, StopFor::Shutdown, now);
    }

    /// Says who is still waited for (LOG-035, LOG-036).
    pub(super) fn report_shutdown(&mut self, now: Now) {
        let unstopped: Vec<_> = self
            .durable
            .roster
            .as_added()
            .into_iter()
            .filter_map(|id| self.durable.roster.members.get(&id))
            .filter(|member| !member.process.state.is_stopped())
            .map(|member| (member.process.name.clone(), member.process.state))
            .collect();
        if unstopped.is_empty() {
            return;
        }
        let names: Vec<_> = unstopped.iter().map(|(name, _)| name.as_str()).collect();
        self.runtime.log(
            Level::Info,
            format!("waiting for {} to die", names.join(", ")),
        );
        for (name, state) in unstopped {
            self.runtime
                .log(Level::Blather, format!("{name} state: {state}"));
        }
        self.durable
            .timers
            .set(Timer::ShutdownReport, Some(now.mono + REPORT));
    }
}
