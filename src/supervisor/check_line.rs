//! Checks and their actions whose time has come: so many run at a time, and the others wait in the order in which
//! they were due (HLT-045).

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::process::hook::Role;
use crate::process::lifecycle::Lifecycle;
use crate::process::lifecycle::check::Script;

use super::member::{Member, ProcessId};
use super::upkeep::Way;

/// Most commands of checks at a time.
const COMMANDS: usize = 16;

/// Most checks over the network at a time.
const QUESTIONS: usize = 64;

/// Who waits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CheckLine {
    commands: VecDeque<(ProcessId, Role)>,
    questions: VecDeque<(ProcessId, Role)>,
}

/// How many run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Running {
    commands: usize,
    questions: usize,
}

impl Running {
    /// One has begun.
    pub(super) const fn add(&mut self, way: Way) {
        match way {
            Way::Child(_) => self.commands += 1,
            Way::Question(_) => self.questions += 1,
        }
    }

    /// One has ended.
    pub(super) const fn remove(&mut self, way: Way) {
        match way {
            Way::Child(_) => self.commands = self.commands.saturating_sub(1),
            Way::Question(_) => self.questions = self.questions.saturating_sub(1),
        }
    }

    /// How many of those run that are for that member.
    pub(super) fn count(&mut self, member: &Member) {
        for helper in member.helpers().filter(|helper| helper.role.is_of_checks()) {
            self.add(helper.way);
        }
    }
}

impl CheckLine {
    /// Puts one at the end.
    pub(super) fn push(&mut self, id: ProcessId, role: Role, lifecycle: &Lifecycle) {
        let Some(task) = role.task(lifecycle) else {
            return;
        };
        match task.script {
            Script::Command(_) => self.commands.push_back((id, role)),
            Script::Network(_) => self.questions.push_back((id, role)),
        }
    }

    /// Takes out one that may run.
    pub(super) fn pop(&mut self, running: Running) -> Option<(ProcessId, Role)> {
        let command = (running.commands < COMMANDS).then(|| self.commands.pop_front());
        command.flatten().or_else(|| {
            let question = (running.questions < QUESTIONS).then(|| self.questions.pop_front());
            question.flatten()
        })
    }

    /// The turn of those is over before it came.
    pub(super) fn leave_if(&mut self, id: ProcessId, those: &impl Fn(Role) -> bool) {
        let stays = |entry: &(ProcessId, Role)| entry.0 != id || !those(entry.1);
        self.commands.retain(stays);
        self.questions.retain(stays);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::health::CheckKind;
    use crate::base::pid::Pid;
    use crate::process::lifecycle::Hook;

    #[test]
    fn sixteen_run_and_the_rest_waits_in_order() {
        let hook = Hook {
            script: Script::Command(vec!["true".to_owned()]),
            may_fail: false,
            as_daemon: false,
        };
        let lifecycle = Lifecycle {
            liveness_success: Some(hook),
            ..Lifecycle::default()
        };
        let role = Role::SuccessAction;
        let (mut line, mut running) = (CheckLine::default(), Running::default());
        for id in 0..20 {
            line.push(ProcessId(id), role, &lifecycle);
        }
        // not configured, so it never comes
        line.push(ProcessId(30), Role::Check(CheckKind::Liveness), &lifecycle);
        line.leave_if(ProcessId(17), &|_| true);
        line.leave_if(ProcessId(18), &|role| role == Role::FailureAction);
        let way = Way::Child(Pid::new(1).expect("positive"));
        let mut next = |running: &mut Running| {
            let next = line.pop(*running);
            if next.is_some() {
                running.add(way);
            }
            next.map(|(id, _)| id.0)
        };
        let begun: Vec<_> = std::iter::from_fn(|| next(&mut running)).collect();
        assert_eq!(begun, (0..16).collect::<Vec<_>>());
        running.remove(way);
        assert_eq!(next(&mut running), Some(16));
        assert_eq!(next(&mut running), None);
        running = Running::default();
        let rest: Vec<_> = std::iter::from_fn(|| next(&mut running)).collect();
        assert_eq!(rest, [18, 19]);
    }
}
