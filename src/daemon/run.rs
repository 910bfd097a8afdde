//! The loop: signals, the alarm clock, and the end.

use std::rc::Rc;

use crate::base::level::Level;
use crate::base::signals::Signal;
use crate::base::states::SupervisorState;
use crate::logs::activity;
use crate::rpc;
use crate::supervisor::Supervisor;
use crate::supervisor::owner::Owner;
use crate::sys;
use crate::sys::signals::Received;

use super::service_status::ServiceStatus;
use super::shared::Shared;

/// How many children are reaped before anything else gets its turn (PROC-100).
const REAP: usize = 100;

/// Runs until everything is stopped; says what for.
pub(super) async fn run(
    owner: &Owner,
    shared: &Rc<Shared>,
    signals: &mut Received,
    service: &mut ServiceStatus,
) -> SupervisorState {
    // before the first visit, whose end must be told even if no program follows
    shared.followed.set(service.is_wanted());
    owner.with(Supervisor::begin);
    while !shared.is_finished() {
        tokio::select! {
            signal = signals.next() => receive(owner, signal),
            () = alarm(shared) => owner.with(Supervisor::due),
            () = shared.stirred.notified() => {}
        }
        if service.is_wanted() {
            owner.look(|supervisor, now| service.look(supervisor, now));
        }
        owner.look(|supervisor, now| {
            rpc::tidy(now);
            if supervisor.state() != SupervisorState::Running {
                shared.leaving.notify_one();
            }
        });
        // a long row of things that are due must not keep clients and logs waiting
        tokio::task::yield_now().await;
    }
    owner.peek(Supervisor::state)
}

/// Waits for the supervisor's next deadline.
async fn alarm(shared: &Shared) {
    match shared.deadline() {
        None => std::future::pending().await,
        Some(deadline) => {
            let wait = deadline.since(sys::clock::now().mono);
            if !wait.is_zero() {
                tokio::time::sleep(wait).await;
            }
        }
    }
}

fn receive(owner: &Owner, signal: Signal) {
    match signal {
        Signal::CHLD => {
            reap(owner);
            activity::log(Level::Debug, "received SIGCHLD indicating a child quit");
        }
        Signal::HUP => owner.with(|supervisor, _| supervisor.restart_signal()),
        Signal::USR2 => owner.with(|supervisor, _| supervisor.reopen_signal()),
        signal => owner.with(|supervisor, now| supervisor.exit_signal(signal, now)),
    }
}

/// Takes the ends of all children that ended, ours and strangers.
fn reap(owner: &Owner) {
    let mut ended = Vec::new();
    loop {
        let more = sys::reap::reap(REAP, &mut ended);
        let all: Vec<_> = ended
            .drain(..)
            .map(|child| (child.pid, child.exit))
            .collect();
        owner.with(|supervisor, now| supervisor.reaped(&all, now));
        match more {
            Ok(true) => {}
            Ok(false) => return,
            Err(errno) => {
                let text =
                    format!("waitpid error {errno}; a process may not be cleaned up properly");
                return activity::log(Level::Critical, &text);
            }
        }
    }
}
