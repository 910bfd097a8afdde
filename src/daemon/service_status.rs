//! What a service manager is told: when we are ready, what we are doing, when we reload or stop, and that we
//! are alive, if it asks.

use std::rc::Rc;
use std::time::Duration;

use crate::base::clock::Now;
use crate::base::states::SupervisorState;
use crate::supervisor::Supervisor;
use crate::supervisor::info::Summary;
use crate::sys::notify::{self, Manager};

use super::outbox::{News, Outbox};

/// What is left for the last program's end after its `stopwaitsecs`, before the manager may lose patience.
const MARGIN: Duration = Duration::from_secs(30);

/// Tells the manager; without one, nothing.
pub(super) struct ServiceStatus {
    outbox: Option<Rc<Outbox>>,
    told: Told,
}

/// What the manager knows.
#[derive(Debug, Default)]
struct Told {
    phase: Phase,
    status: String,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Phase {
    #[default]
    Starting,
    Ready,
    Reloading,
    Stopping,
}

impl ServiceStatus {
    /// The manager that started us.
    pub(super) fn of_environment() -> Self {
        Self {
            outbox: Manager::of_environment().map(Outbox::new),
            told: Told::default(),
        }
    }

    /// There is somebody to tell.
    pub(super) const fn is_wanted(&self) -> bool {
        self.outbox.is_some()
    }

    /// Looks at the supervisor and tells what is new.
    pub(super) fn look(&mut self, supervisor: &Supervisor, now: Now) {
        let Some(outbox) = &self.outbox else {
            return;
        };
        if let Some(news) = self.told.news(&supervisor.summary(now), now) {
            outbox.post(news);
        }
    }

    /// Gives signs of life for as long as the runtime lives, if the manager asks for them.
    pub(super) fn keep_alive(&self) {
        let (Some(outbox), Some(interval)) = (self.outbox.clone(), notify::watchdog()) else {
            return;
        };
        tokio::task::spawn_local(async move {
            loop {
                outbox.post_life();
                tokio::time::sleep(interval).await;
            }
        });
    }
}

impl Told {
    /// What to tell, if anything is new.
    fn news(&mut self, summary: &Summary, now: Now) -> Option<News> {
        let phase = match summary.state {
            SupervisorState::Running if summary.starting => Phase::Starting,
            SupervisorState::Running => Phase::Ready,
            SupervisorState::Restarting => Phase::Reloading,
            SupervisorState::Shutdown => Phase::Stopping,
        };
        // readiness is not taken back, and a reload ends when the new programs were told to start
        let phase = match phase {
            Phase::Starting => self.phase,
            phase => phase,
        };
        let status = summary.to_string();
        if phase == self.phase && status == self.status {
            return None;
        }
        let turn = match phase {
            phase if phase == self.phase => None,
            Phase::Starting => None,
            Phase::Ready => Some("READY=1".to_owned()),
            Phase::Reloading => {
                let usec = now.mono.0 / 1000;
                Some(format!("RELOADING=1\nMONOTONIC_USEC={usec}"))
            }
            Phase::Stopping => Some("STOPPING=1".to_owned()),
        };
        let mut lines = Vec::new();
        if phase == Phase::Stopping {
            // programs may take as long as their stopwaitsecs say, whatever the manager's own limit is
            let usec = (summary.patience + MARGIN).as_micros();
            lines.push(format!("EXTEND_TIMEOUT_USEC={usec}"));
        }
        lines.push(format!("STATUS={status}"));
        self.phase = phase;
        self.status = status;
        let state = lines.join("\n");
        Some(News { turn, state })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Told;
    use crate::base::clock::{Mono, Now};
    use crate::base::states::{ProcessState, SupervisorState};
    use crate::supervisor::info::Summary;

    fn summary(state: SupervisorState, starting: bool, running: usize) -> Summary {
        Summary {
            state,
            starting,
            patience: Duration::from_secs(10),
            counts: vec![(ProcessState::Running, running)],
        }
    }

    #[test]
    fn news_in_a_life_with_a_reload() {
        use SupervisorState::{Restarting, Running, Shutdown};
        let one = "STATUS=1 process: 1 RUNNING";
        let two = "STATUS=2 processes: 2 RUNNING";
        let table = [
            (Running, true, 1, Some(one.to_owned())),
            (Running, true, 1, None),
            (Running, false, 1, Some(format!("READY=1\n{one}"))),
            (Running, false, 1, None),
            (Running, false, 2, Some(two.to_owned())),
            // fresh processes of an update do not take readiness back from the manager
            (Running, true, 2, None),
            (Running, false, 2, None),
            (
                Restarting,
                false,
                2,
                Some(
                    "RELOADING=1\nMONOTONIC_USEC=5000000\n\
                     STATUS=Restarting, 2 processes: 2 RUNNING"
                        .to_owned(),
                ),
            ),
            (Running, true, 2, Some(two.to_owned())),
            (Running, false, 2, Some(format!("READY=1\n{two}"))),
            (
                Shutdown,
                false,
                1,
                Some(
                    "STOPPING=1\nEXTEND_TIMEOUT_USEC=40000000\n\
                     STATUS=Shutting down, 1 process: 1 RUNNING"
                        .to_owned(),
                ),
            ),
            (Shutdown, false, 1, None),
        ];
        let now = Now {
            mono: Mono(5_000_000_000),
            ..Now::default()
        };
        let mut told = Told::default();
        for (number, (state, starting, running, lines)) in table.into_iter().enumerate() {
            let news = told.news(&summary(state, starting, running), now);
            let news = news.map(|news| {
                let lines = news.turn.into_iter().chain([news.state]);
                lines.collect::<Vec<_>>().join("\n")
            });
            assert_eq!(news, lines, "row {number}");
        }
    }
}
