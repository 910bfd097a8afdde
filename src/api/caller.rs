//! Who asks: made once for each request, by the door through which it came, and passed to what it asks for.

use std::rc::Rc;

use crate::base::fault::Fault;

use super::verb::{Right, Verb};

/// Who asks for something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The user's name; none where nobody has to say one.
    pub who: Option<Rc<str>>,
    /// How it is known that it is this user.
    pub by: Proof,
    /// The way by which the request came.
    pub transport: Transport,
    /// What the caller may do.
    pub right: Right,
}

/// How it is known who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// Nothing is asked of those who come this way.
    Nothing,
    /// A password.
    Password,
}

/// The way of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// A TCP connection.
    Tcp,
    /// A Unix socket.
    Unix,
}

/// Shows that a caller may ask for a verb. There is no other way to make one than [`Caller::may`], and without one
/// nothing is done.
#[derive(Debug, Clone, Copy)]
pub struct Permit(Verb);

impl Permit {
    /// What may be asked for.
    pub const fn verb(self) -> Verb {
        self.0
    }
}

impl Caller {
    /// Whoever comes in by a listener that asks for no password may do everything.
    pub const fn anybody(transport: Transport) -> Self {
        Self {
            who: None,
            by: Proof::Nothing,
            transport,
            right: Right::Admin,
        }
    }

    /// Judges whether the caller may ask for the verb; `what` is what a refusal calls it (ACC-094).
    pub fn may(&self, verb: Verb, what: &str) -> Result<Permit, Fault> {
        let right = verb.right();
        if self.right >= right {
            return Ok(Permit(verb));
        }
        let text = format!("access denied: {what} needs role {right}");
        Err(Fault::Failed(Some(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::{Caller, Right, Transport, Verb};

    #[test]
    fn acc_094_who_may_not_is_told_why() {
        let mut caller = Caller::anybody(Transport::Unix);
        let table = [
            (Right::Admin, Verb::Shutdown, true),
            (Right::Operate, Verb::Start, true),
            (Right::Operate, Verb::State, true),
            (Right::Operate, Verb::Reread, false),
            (Right::Read, Verb::Processes, true),
            (Right::Read, Verb::Stop, false),
            (Right::Metrics, Verb::Process, false),
        ];
        for (right, verb, may) in table {
            caller.right = right;
            assert_eq!(caller.may(verb, "it").is_ok(), may, "{right} {verb:?}");
        }
        caller.right = Right::Read;
        let refused = caller.may(Verb::Stop, "supervisor.stopProcess");
        let text = refused.map_err(|fault| fault.to_string());
        assert_eq!(
            text.expect_err("it is refused"),
            "FAILED: access denied: supervisor.stopProcess needs role operate"
        );
    }
}
