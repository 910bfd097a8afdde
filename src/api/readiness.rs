//! Whether all that counts is ready: what balancers and orchestrators ask (HLT-104, API-176).

use serde::Serialize;

use crate::base::clock::Now;
use crate::base::fault::Fault;
use crate::base::states::SupervisorState;
use crate::process::lifecycle::{Essential, Lifecycle};
use crate::supervisor::Supervisor;
use crate::supervisor::member::Member;

use super::selection::select;

/// Whether all that counts is ready.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Readiness {
    /// All is, and the daemon does not go down (HLT-106).
    pub ready: bool,
    /// How many processes count.
    pub counted: usize,
    /// Those of them that are not.
    pub not_ready: Vec<NotReady>,
}

/// A process that is not ready.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotReady {
    /// Who.
    pub namespec: String,
    /// Its state.
    pub state: &'static str,
    /// What more there is to say, or empty.
    pub detail: String,
}

/// Whether all that counts is ready; with a list of names and patterns these count, whatever their options say.
pub fn of(supervisor: &Supervisor, list: Option<&str>, now: Now) -> Result<Readiness, Fault> {
    let members = match list {
        Some(list) => select(supervisor, list)?,
        None => those_that_count(supervisor),
    };
    let counted = members.len();
    let not_ready: Vec<_> = members
        .into_iter()
        .filter(|member| !supervisor.does_its_part(member.id))
        .map(|member| NotReady {
            namespec: member.namespec(),
            state: member.process.state.name(),
            detail: supervisor.detail(member.id, now),
        })
        .collect();
    Ok(Readiness {
        ready: not_ready.is_empty() && supervisor.state() == SupervisorState::Running,
        counted,
        not_ready,
    })
}

/// The essential ones; if there are none, what starts by itself and stays.
fn those_that_count(supervisor: &Supervisor) -> Vec<&Member> {
    let all: Vec<_> = supervisor.by_name().collect();
    let is_essential =
        |member: &Member| options(member).is_some_and(|options| options.essential != Essential::No);
    let by_essence = all.iter().any(|member| is_essential(member));
    let counts = |member: &&Member| {
        let enabled = options(member).is_none_or(|options| options.enabled);
        let scheduled = options(member).is_some_and(|options| options.schedule.is_some());
        enabled
            && if by_essence {
                is_essential(member)
            } else {
                member.config.policy.autostart && !scheduled && !member.listener
            }
    };
    all.into_iter().filter(counts).collect()
}

fn options(member: &Member) -> Option<&Lifecycle> {
    member.config.policy.lifecycle.as_deref()
}
