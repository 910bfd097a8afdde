//! Faults: every way in which a request of a client can fail, with code and text in one place.
//!
//! Here and not in `rpc`, because the supervisor raises them and the client compares codes with them.

/// A refusal that a client sees as an XML-RPC fault or as the status of a result row (rpc.md, section 4).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// No such method.
    #[error("UNKNOWN_METHOD")]
    UnknownMethod,
    /// Wrong number or types of arguments; with the value where the reference shows it.
    #[error("INCORRECT_PARAMETERS{}", suffix(.0))]
    IncorrectParameters(Option<String>),
    /// Offsets or lengths of a log read that make no sense together.
    #[error("BAD_ARGUMENTS")]
    BadArguments,
    /// `system.methodHelp` or `system.methodSignature` of an unknown name.
    #[error("SIGNATURE_UNSUPPORTED")]
    SignatureUnsupported,
    /// The supervisor is shutting down or restarting (RPC-080).
    #[error("SHUTDOWN_STATE")]
    ShutdownState,
    /// The name, as given, names nothing.
    #[error("BAD_NAME: {0}")]
    BadName(String),
    /// The signal, as given, is none.
    #[error("BAD_SIGNAL: {0}")]
    BadSignal(String),
    /// A file or a channel is not there.
    #[error("NO_FILE{}", suffix(.0))]
    NoFile(Option<String>),
    /// The command cannot be executed.
    #[error("NOT_EXECUTABLE: {0}")]
    NotExecutable(String),
    /// Anything else.
    #[error("FAILED{}", suffix(.0))]
    Failed(Option<String>),
    /// The process left its way to RUNNING without a spawn error.
    #[error("ABNORMAL_TERMINATION: {0}")]
    AbnormalTermination(String),
    /// The process could not be started, or exited too quickly.
    #[error("SPAWN_ERROR: {0}")]
    SpawnError(String),
    /// The process is started already.
    #[error("ALREADY_STARTED: {0}")]
    AlreadyStarted(String),
    /// The process is not running.
    #[error("NOT_RUNNING: {0}")]
    NotRunning(String),
    /// The group is active already.
    #[error("ALREADY_ADDED: {0}")]
    AlreadyAdded(String),
    /// A process of the group is not stopped.
    #[error("STILL_RUNNING: {0}")]
    StillRunning(String),
    /// The configuration cannot be read.
    #[error("CANT_REREAD: {0}")]
    CantReread(String),
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal,)*) => {
        /// The numbers of faults, and of the `status` of result rows, as they stand on the wire.
        pub mod code {
            $($(#[$doc])* pub const $name: i64 = $number;)*

            /// All of them with their names.
            pub const ALL: &[(&str, i64)] = &[$((stringify!($name), $number),)*];
        }
    };
}

codes! {
    /// No such method.
    UNKNOWN_METHOD = 1,
    /// Wrong number or types of arguments; with the value where the reference shows it.
    INCORRECT_PARAMETERS = 2,
    /// Offsets or lengths of a log read that make no sense together.
    BAD_ARGUMENTS = 3,
    /// `system.methodHelp` or `system.methodSignature` of an unknown name.
    SIGNATURE_UNSUPPORTED = 4,
    /// The supervisor is shutting down or restarting (RPC-080).
    SHUTDOWN_STATE = 6,
    /// The name, as given, names nothing.
    BAD_NAME = 10,
    /// The signal, as given, is none.
    BAD_SIGNAL = 11,
    /// A file or a channel is not there.
    NO_FILE = 20,
    /// The command cannot be executed.
    NOT_EXECUTABLE = 21,
    /// Anything else.
    FAILED = 30,
    /// The process left its way to RUNNING without a spawn error.
    ABNORMAL_TERMINATION = 40,
    /// The process could not be started, or exited too quickly.
    SPAWN_ERROR = 50,
    /// The process is started already.
    ALREADY_STARTED = 60,
    /// The process is not running.
    NOT_RUNNING = 70,
    /// No fault: a row without a problem.
    SUCCESS = 80,
    /// The group is active already.
    ALREADY_ADDED = 90,
    /// A process of the group is not stopped.
    STILL_RUNNING = 91,
    /// The configuration cannot be read.
    CANT_REREAD = 92,
}

impl Fault {
    /// The `faultCode` that clients see.
    pub const fn code(&self) -> i64 {
        match self {
            Self::UnknownMethod => code::UNKNOWN_METHOD,
            Self::IncorrectParameters(_) => code::INCORRECT_PARAMETERS,
            Self::BadArguments => code::BAD_ARGUMENTS,
            Self::SignatureUnsupported => code::SIGNATURE_UNSUPPORTED,
            Self::ShutdownState => code::SHUTDOWN_STATE,
            Self::BadName(_) => code::BAD_NAME,
            Self::BadSignal(_) => code::BAD_SIGNAL,
            Self::NoFile(_) => code::NO_FILE,
            Self::NotExecutable(_) => code::NOT_EXECUTABLE,
            Self::Failed(_) => code::FAILED,
            Self::AbnormalTermination(_) => code::ABNORMAL_TERMINATION,
            Self::SpawnError(_) => code::SPAWN_ERROR,
            Self::AlreadyStarted(_) => code::ALREADY_STARTED,
            Self::NotRunning(_) => code::NOT_RUNNING,
            Self::AlreadyAdded(_) => code::ALREADY_ADDED,
            Self::StillRunning(_) => code::STILL_RUNNING,
            Self::CantReread(_) => code::CANT_REREAD,
        }
    }
}

#[expect(
    clippy::ref_option,
    reason = "thiserror hands out references to fields"
)]
fn suffix(detail: &Option<String>) -> String {
    detail
        .as_ref()
        .map(|detail| format!(": {detail}"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Fault, code};

    #[test]
    fn a_text_begins_with_the_name_of_its_code() {
        let text = String::new;
        let faults = [
            Fault::UnknownMethod,
            Fault::IncorrectParameters(None),
            Fault::BadArguments,
            Fault::SignatureUnsupported,
            Fault::ShutdownState,
            Fault::BadName(text()),
            Fault::BadSignal(text()),
            Fault::NoFile(None),
            Fault::NotExecutable(text()),
            Fault::Failed(None),
            Fault::AbnormalTermination(text()),
            Fault::SpawnError(text()),
            Fault::AlreadyStarted(text()),
            Fault::NotRunning(text()),
            Fault::AlreadyAdded(text()),
            Fault::StillRunning(text()),
            Fault::CantReread(text()),
        ];
        for fault in &faults {
            let text = fault.to_string();
            let name = text.split(':').next().unwrap_or_default();
            assert!(code::ALL.contains(&(name, fault.code())), "{text}");
        }
        // all but success
        assert_eq!(faults.len(), code::ALL.len() - 1);
    }
}
