//! Whether a process does what is expected of it, as those see it who ask for the whole (HLT-104).

use crate::base::health::Verdict;

use super::Supervisor;
use super::conditions::ended_as_expected;
use super::member::ProcessId;

impl Supervisor {
    /// It is ready, or has ended as expected and for good, and its liveness check has nothing against it.
    pub fn does_its_part(&self, id: ProcessId) -> bool {
        let is_done = self
            .member(id)
            .is_some_and(|member| ended_as_expected(member) && !member.is_between_lives());
        (self.is_ready(id) || is_done) && self.health(id) != Some(Verdict::Unhealthy)
    }
}
