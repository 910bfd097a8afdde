//! All verbs by name, with what they need: one table that every door goes by.

use std::fmt;

use crate::base::fault::Fault;
use crate::base::states::SupervisorState;
use crate::supervisor::Supervisor;

/// What somebody may do. Each right includes those before it (ACC-085).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    /// See that the daemon lives, and its figures (ACC-090).
    Metrics,
    /// See everything (ACC-091).
    Read,
    /// Start, stop and signal programs, and clear their logs (ACC-092).
    Operate,
    /// Change what is supervised, and end the daemon (ACC-093).
    Admin,
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Metrics => "metrics",
            Self::Read => "read",
            Self::Operate => "operate",
            Self::Admin => "admin",
        })
    }
}

macro_rules! verbs {
    ($($(#[$doc:meta])* $name:ident: $right:ident $($always:literal)?,)*) => {
        /// One thing that can be asked of the daemon.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Verb {
            $($(#[$doc])* $name,)*
        }

        impl Verb {
            /// Every verb.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// What who asks must be allowed to.
            pub const fn right(self) -> Right {
                match self {
                    $(Self::$name => Right::$right,)*
                }
            }

            /// It is answered while the supervisor goes down, too (RPC-080).
            pub const fn is_always_answered(self) -> bool {
                match self {
                    $(Self::$name => concat!($($always)?).len() > 0,)*
                }
            }
        }
    };
}

verbs! {
    /// Version of the XML-RPC interface.
    ApiVersion: Metrics,
    /// Version of the daemon.
    SupervisorVersion: Metrics,
    /// What the daemon calls itself.
    Identification: Metrics,
    /// What the daemon as a whole is about.
    State: Metrics,
    /// Whether all that counts is ready.
    Ready: Metrics "always",
    /// The daemon's process id.
    Pid: Read,
    /// One process.
    Process: Read,
    /// All processes.
    Processes: Read,
    /// What checks found of processes.
    Health: Read,
    /// How all processes are configured.
    Configuration: Read,
    /// A piece of the main log.
    ReadMainLog: Read,
    /// A piece of a process's log.
    ReadLog: Read,
    /// The end of a process's log.
    TailLog: Read,
    /// Start processes.
    Start: Operate,
    /// Stop processes.
    Stop: Operate,
    /// Send a signal to processes.
    Signal: Operate,
    /// Have a process read its configuration again.
    Refresh: Operate,
    /// Write to a process's stdin.
    SendStdin: Operate,
    /// Empty the logs of processes.
    ClearLogs: Operate,
    /// Read the configuration again.
    Reread: Admin,
    /// Make a group active.
    AddGroup: Admin,
    /// Take a group out.
    RemoveGroup: Admin,
    /// Empty the main log.
    ClearMainLog: Admin,
    /// Tell the listeners something.
    SendEvent: Admin "always",
    /// Stop everything, and start anew.
    Restart: Admin,
    /// Stop everything, and end.
    Shutdown: Admin,
}

impl Verb {
    /// Whether its work depends on how many processes there are, or on the size of a log, and so is done in turns with
    /// that of others.
    pub const fn is_long(self) -> bool {
        matches!(
            self,
            Self::Processes
                | Self::Health
                | Self::Configuration
                | Self::ReadMainLog
                | Self::ReadLog
                | Self::TailLog
                | Self::Reread
        )
    }

    /// Whether it can be done now: while the supervisor goes down, hardly anything (RPC-080).
    pub fn gate(self, supervisor: &Supervisor) -> Result<(), Fault> {
        if supervisor.state() == SupervisorState::Running || self.is_always_answered() {
            Ok(())
        } else {
            Err(Fault::ShutdownState)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Right, Verb};

    #[test]
    fn rights_include_those_before_them() {
        let ascending = [Right::Metrics, Right::Read, Right::Operate, Right::Admin];
        assert!(ascending.is_sorted());
        let table = [
            (Verb::State, Right::Metrics),
            (Verb::Processes, Right::Read),
            (Verb::ClearLogs, Right::Operate),
            (Verb::ClearMainLog, Right::Admin),
        ];
        for (verb, right) in table {
            assert_eq!(verb.right(), right, "{verb:?}");
        }
    }

    #[test]
    fn few_verbs_are_answered_on_the_way_down() {
        let always: Vec<_> = Verb::ALL
            .iter()
            .filter(|verb| verb.is_always_answered())
            .collect();
        assert_eq!(always, [&Verb::Ready, &Verb::SendEvent]);
    }
}
