//! The names of events and their tree, as configurations write them (EVT-001 to EVT-022).

use serde::{Deserialize, Serialize};

macro_rules! event_names {
    ($($(#[$doc:meta])* $variant:ident = $name:literal < $parent:expr,)*) => {
        /// The name of an event type, abstract ones too.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum EventName { $($(#[$doc])* $variant,)* }

        impl EventName {
            /// Every name, parents before children.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in upper case, as it stands in event headers.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The type that this one is a kind of; none for the roots.
            pub const fn parent(self) -> Option<Self> {
                match self { $(Self::$variant => $parent,)* }
            }
        }
    };
}

event_names! {
    /// Everything.
    Event = "EVENT" < None,
    /// A process changed its state.
    ProcessState = "PROCESS_STATE" < Some(Self::Event),
    /// A start begins.
    ProcessStateStarting = "PROCESS_STATE_STARTING" < Some(Self::ProcessState),
    /// Up longer than startsecs.
    ProcessStateRunning = "PROCESS_STATE_RUNNING" < Some(Self::ProcessState),
    /// A start failed.
    ProcessStateBackoff = "PROCESS_STATE_BACKOFF" < Some(Self::ProcessState),
    /// About to be sent its stop signal.
    ProcessStateStopping = "PROCESS_STATE_STOPPING" < Some(Self::ProcessState),
    /// Exited by itself.
    ProcessStateExited = "PROCESS_STATE_EXITED" < Some(Self::ProcessState),
    /// Ended after a stop.
    ProcessStateStopped = "PROCESS_STATE_STOPPED" < Some(Self::ProcessState),
    /// Given up.
    ProcessStateFatal = "PROCESS_STATE_FATAL" < Some(Self::ProcessState),
    /// Signalling failed.
    ProcessStateUnknown = "PROCESS_STATE_UNKNOWN" < Some(Self::ProcessState),
    /// A process spoke between capture tokens.
    ProcessCommunication = "PROCESS_COMMUNICATION" < Some(Self::Event),
    /// On stdout.
    ProcessCommunicationStdout = "PROCESS_COMMUNICATION_STDOUT" < Some(Self::ProcessCommunication),
    /// On stderr.
    ProcessCommunicationStderr = "PROCESS_COMMUNICATION_STDERR" < Some(Self::ProcessCommunication),
    /// A process wrote something.
    ProcessLog = "PROCESS_LOG" < Some(Self::Event),
    /// To stdout.
    ProcessLogStdout = "PROCESS_LOG_STDOUT" < Some(Self::ProcessLog),
    /// To stderr.
    ProcessLogStderr = "PROCESS_LOG_STDERR" < Some(Self::ProcessLog),
    /// A client called `sendRemoteCommEvent`.
    RemoteCommunication = "REMOTE_COMMUNICATION" < Some(Self::Event),
    /// The supervisor changed its state.
    SupervisorStateChange = "SUPERVISOR_STATE_CHANGE" < Some(Self::Event),
    /// The main loop starts.
    SupervisorStateChangeRunning = "SUPERVISOR_STATE_CHANGE_RUNNING" < Some(Self::SupervisorStateChange),
    /// A shutdown or restart begins.
    SupervisorStateChangeStopping = "SUPERVISOR_STATE_CHANGE_STOPPING" < Some(Self::SupervisorStateChange),
    /// Time passes.
    Tick = "TICK" < Some(Self::Event),
    /// Every 5 seconds.
    Tick5 = "TICK_5" < Some(Self::Tick),
    /// Every minute.
    Tick60 = "TICK_60" < Some(Self::Tick),
    /// Every hour.
    Tick3600 = "TICK_3600" < Some(Self::Tick),
    /// A group came or went.
    ProcessGroup = "PROCESS_GROUP" < Some(Self::Event),
    /// Came.
    ProcessGroupAdded = "PROCESS_GROUP_ADDED" < Some(Self::ProcessGroup),
    /// Went.
    ProcessGroupRemoved = "PROCESS_GROUP_REMOVED" < Some(Self::ProcessGroup),
    /// Everything that goes beyond the reference: `EVENT` does not bring it (BEY-014).
    RsEvent = "RS_EVENT" < None,
    /// A check came to another verdict.
    ProcessHealth = "PROCESS_HEALTH" < Some(Self::RsEvent),
}

impl EventName {
    /// The event type of that name, in any case (EVT-041).
    pub fn parse(name: &str) -> Option<Self> {
        let upper = name.to_uppercase();
        Self::ALL
            .iter()
            .copied()
            .find(|event| event.name() == upper)
    }

    /// Whether this type is `other` or a kind of it.
    pub fn is_a(self, other: Self) -> bool {
        let mut at = Some(self);
        while let Some(event) = at {
            if event == other {
                return true;
            }
            at = event.parent();
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::EventName;

    #[test]
    fn names_and_tree() {
        for event in EventName::ALL {
            assert_eq!(EventName::parse(&event.name().to_lowercase()), Some(*event));
            let roots = [EventName::Event, EventName::RsEvent];
            let above = roots.iter().filter(|root| event.is_a(**root));
            assert_eq!(above.count(), 1, "{}", event.name());
        }
        assert!(EventName::Tick5.is_a(EventName::Tick));
        assert!(!EventName::Tick.is_a(EventName::Tick5));
        assert_eq!(EventName::parse(""), None);
    }

    #[test]
    fn each_is_in_the_manual() {
        let manual = include_str!("../../docs/events.md");
        for event in EventName::ALL {
            let name = format!("`{}`", event.name());
            assert!(
                manual.contains(&name),
                "docs/events.md says nothing of {name}"
            );
        }
    }
}
