//! How a door visits the supervisor for a verb that the caller may ask for: the gate first, then the deed, then the
//! wait for its end.

use crate::base::clock::Now;
use crate::base::fault::Fault;
use crate::supervisor::Supervisor;
use crate::supervisor::answer::{Answer, Outcome};
use crate::supervisor::owner::Owner;

use super::caller::Permit;

/// Looks, for a verb that changes nothing.
pub fn look<R>(
    owner: &Owner,
    permit: Permit,
    look: impl FnOnce(&Supervisor, Now) -> Result<R, Fault>,
) -> Result<R, Fault> {
    owner.look(|supervisor, now| {
        permit.verb().gate(supervisor)?;
        look(supervisor, now)
    })
}

/// Does what the verb says.
pub fn act<R>(
    owner: &Owner,
    permit: Permit,
    act: impl FnOnce(&mut Supervisor, Now) -> Result<R, Fault>,
) -> Result<R, Fault> {
    owner.with(|supervisor, now| {
        permit.verb().gate(supervisor)?;
        act(supervisor, now)
    })
}

/// The outcome, which may come when its condition holds (RPC-014). To drop the future undoes nothing (RPC-016).
pub async fn complete(owner: &Owner, answer: Answer) -> Result<Outcome, Fault> {
    match answer {
        Answer::Now(outcome) => Ok(outcome),
        Answer::Later(ticket) => owner.promise(ticket).await,
    }
}
