//! The codes of faults and result rows that the client tells apart (rpc.md, section 4).

/// No such method.
pub const UNKNOWN_METHOD: i64 = 1;
/// Shutting down or restarting.
pub const SHUTDOWN_STATE: i64 = 6;
/// No such name.
pub const BAD_NAME: i64 = 10;
/// No such signal.
pub const BAD_SIGNAL: i64 = 11;
/// A file is missing.
pub const NO_FILE: i64 = 20;
/// The command cannot be executed.
pub const NOT_EXECUTABLE: i64 = 21;
/// Anything else.
pub const FAILED: i64 = 30;
/// Ended while starting.
pub const ABNORMAL_TERMINATION: i64 = 40;
/// Could not be started.
pub const SPAWN_ERROR: i64 = 50;
/// Runs already.
pub const ALREADY_STARTED: i64 = 60;
/// Does not run.
pub const NOT_RUNNING: i64 = 70;
/// A row without a problem.
pub const SUCCESS: i64 = 80;
/// The group is active already.
pub const ALREADY_ADDED: i64 = 90;
/// A process of the group runs.
pub const STILL_RUNNING: i64 = 91;
/// The configuration cannot be read.
pub const CANT_REREAD: i64 = 92;

#[cfg(test)]
mod tests {
    use crate::base::fault::{self, Fault};

    #[test]
    fn same_as_the_faults() {
        let text = String::new;
        let table = [
            (super::UNKNOWN_METHOD, Fault::UnknownMethod),
            (super::SHUTDOWN_STATE, Fault::ShutdownState),
            (super::BAD_NAME, Fault::BadName(text())),
            (super::BAD_SIGNAL, Fault::BadSignal(text())),
            (super::NO_FILE, Fault::NoFile(None)),
            (super::NOT_EXECUTABLE, Fault::NotExecutable(text())),
            (super::FAILED, Fault::Failed(None)),
            (
                super::ABNORMAL_TERMINATION,
                Fault::AbnormalTermination(text()),
            ),
            (super::SPAWN_ERROR, Fault::SpawnError(text())),
            (super::ALREADY_STARTED, Fault::AlreadyStarted(text())),
            (super::NOT_RUNNING, Fault::NotRunning(text())),
            (super::ALREADY_ADDED, Fault::AlreadyAdded(text())),
            (super::STILL_RUNNING, Fault::StillRunning(text())),
            (super::CANT_REREAD, Fault::CantReread(text())),
        ];
        for (code, fault) in table {
            assert_eq!(code, i64::from(fault.code()), "{fault}");
        }
        assert_eq!(super::SUCCESS, i64::from(fault::SUCCESS));
    }
}
