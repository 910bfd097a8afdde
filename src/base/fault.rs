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

/// The `status` of a good row in the results of group methods.
pub const SUCCESS: i32 = 80;

impl Fault {
    /// The `faultCode` that clients see.
    pub const fn code(&self) -> i32 {
        match self {
            Self::UnknownMethod => 1,
            Self::IncorrectParameters(_) => 2,
            Self::BadArguments => 3,
            Self::SignatureUnsupported => 4,
            Self::ShutdownState => 6,
            Self::BadName(_) => 10,
            Self::BadSignal(_) => 11,
            Self::NoFile(_) => 20,
            Self::NotExecutable(_) => 21,
            Self::Failed(_) => 30,
            Self::AbnormalTermination(_) => 40,
            Self::SpawnError(_) => 50,
            Self::AlreadyStarted(_) => 60,
            Self::NotRunning(_) => 70,
            Self::AlreadyAdded(_) => 90,
            Self::StillRunning(_) => 91,
            Self::CantReread(_) => 92,
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
