//! Everything that can be wrong with a configuration. The texts are the reference's, word for word, because they
//! reach the user as `Error: <text>` and as fault 92.

mod expand;
mod reason;
mod socket;
mod usage;
mod value;

use super::program::MOST_PROCESSES;
use super::source::LARGEST_SUM;
use crate::base::repr::repr;
use crate::base::result_handler::ResultHandler;
use crate::base::units::UnitError;
pub use expand::{ExpandError, FormatReason};
pub use reason::{Reason, Refused};
pub use socket::SocketError;
pub use usage::UsageError;
pub use value::ValueError;

/// A configuration that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// No `-c`, and nothing at the default paths (CFG-005).
    #[error(
        "No config file found at default paths ({}); use the -c option to specify a config file at a \
         different path", .0.join(", ")
    )]
    NoDefault(Vec<String>),
    /// CFG-008.
    #[error("could not find config file {0}")]
    NotFound(String),
    /// CFG-008.
    #[error("could not read config file {0}")]
    Unreadable(String),
    /// A file that is no file, or too large; CFG-008 with a reason.
    #[error("could not read config file {name}: {reason}")]
    Unusable {
        /// The file as it was named.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The files together are more than a configuration can be.
    #[error("could not read config file {0}: with it the files are larger than {mb} MB", mb = LARGEST_SUM >> 20)]
    TooMuch(String),
    /// Bytes that are no UTF-8 (CFG-012).
    #[error("'utf-8' codec can't decode {reason} (file: {}, line {line})", repr(.file))]
    Encoding {
        /// Which bytes, where, and what is wrong with them.
        reason: String,
        /// The file as it was named.
        file: String,
        /// The line that they stand on, from 1.
        line: usize,
    },
    /// Something other than comments before the first header (CFG-021).
    #[error("File contains no section headers.\nfile: {}, line: {line}\n{}", repr(.file), shown(.text))]
    NoHeader {
        /// The file as it was named.
        file: String,
        /// Line number, from 1.
        line: usize,
        /// The raw line with its end.
        text: String,
    },
    /// Lines that are neither header nor option (CFG-020).
    #[error("Source contains parsing errors: {}{}{}", repr(.file), bad_lines(.lines), and_more(*.more))]
    Syntax {
        /// The file as it was named.
        file: String,
        /// Line numbers from 1, and the raw lines.
        lines: Vec<(usize, String)>,
        /// How many lines there are beyond these.
        more: usize,
    },
    /// CFG-073; the section's name.
    #[error(".ini file does not include {0} section")]
    NoSection(&'static str),
    /// CFG-061.
    #[error(".ini file has [include] section, but no files setting")]
    NoFiles,
    /// An option with a bad value, where the reference says no more.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// A value that was refused, and where it stands. The reference names no option, no line, and the section
    /// and file of some options of programs only (CFG-074).
    #[error(
        "{error} for option {} in section {} (file: {}, line {line}){}",
        repr(.option), repr(.section), repr(.file), behind(.error.advice())
    )]
    InOption {
        /// What is wrong.
        error: Box<ConfigError>,
        /// The option's name.
        option: String,
        /// The section that was read.
        section: String,
        /// The file that set the option last, as it was named.
        file: String,
        /// The line of its key, from 1.
        line: usize,
    },
    /// The value of an option that Supervisor has not.
    #[error(transparent)]
    Own(Box<InvalidOption>),
    /// LIF-018; namespecs, the first one again at the end.
    #[error("dependency cycle: {}", .0.join(" -> "))]
    Cycle(Vec<String>),
    /// LIF-311; the names of the sections, the first one again at the end.
    #[error("extends goes in a circle: {}", .0.join(" -> "))]
    Circle(Vec<String>),
    /// Anything else that is wrong with one program, and where it stands (CFG-074).
    #[error("{error} in section {} (file: {})", repr(.section), repr(.file))]
    InSection {
        /// What is wrong.
        error: Box<ConfigError>,
        /// The section.
        section: String,
        /// The file that first defined the section.
        file: String,
    },
    /// CFG-137.
    #[error("program section {0} does not specify a command")]
    NoCommand(String),
    /// CFG-139.
    #[error("%(process_num) must be present within process_name when numprocs > 1")]
    ProcessNum,
    /// Whoever wrote the number did not mean it: making so many would take all memory before it fails.
    #[error("numprocs is {0}, and no daemon can have more than {MOST_PROCESSES} processes")]
    TooManyProcesses(i64),
    /// CFG-150.
    #[error("Cannot set stopasgroup=true and killasgroup=false")]
    StopWithoutKill,
    /// CFG-167.
    #[error("[{section}] names unknown program or fcgi-program {program}")]
    UnknownProgram {
        /// The group's section.
        section: String,
        /// The name.
        program: String,
    },
    /// CFG-167.
    #[error("[{section}] name {program} is ambiguous (exists as program and fcgi-program)")]
    Ambiguous {
        /// The group's section.
        section: String,
        /// The name.
        program: String,
    },
    /// CFG-174.
    #[error("[{0}] section requires an \"events\" line")]
    NoEvents(String),
    /// CFG-174.
    #[error("Unknown event type {event} in [{section}] events")]
    UnknownEvent {
        /// The listener's section.
        section: String,
        /// The name in upper case.
        event: String,
    },
    /// CFG-175.
    #[error("[{section}] section sets invalid buffer_size ({size})")]
    BufferSize {
        /// The listener's section.
        section: String,
        /// What it says.
        size: i64,
    },
    /// A Python object that we do not have (CFG-176, CFG-188).
    #[error("{spec} cannot be resolved within [{section}]")]
    Unresolved {
        /// The reference to the object.
        spec: String,
        /// The section.
        section: String,
    },
    /// A result handler in Python (CFG-176, DEC-076).
    #[error("{spec} cannot be resolved within [{section}]")]
    ForeignHandler {
        /// The reference to the function.
        spec: String,
        /// The listener's section.
        section: String,
    },
    /// CFG-178.
    #[error(
        "[{0}] section sets redirect_stderr=true but this is not allowed because it will interfere \
         with the eventlistener protocol"
    )]
    Redirected(String),
    /// CFG-181.
    #[error("[{0}] section requires a \"socket\" line")]
    NoSocket(String),
    /// CFG-182.
    #[error("{error} in [{section}] socket")]
    Socket {
        /// What is wrong.
        error: SocketError,
        /// The section.
        section: String,
    },
    /// CFG-186.
    #[error("Invalid socket_backlog value {0}")]
    Backlog(i64),
    /// CFG-183.
    #[error("Invalid socket_owner value {0}")]
    SocketOwner(String),
    /// CFG-184.
    #[error("Invalid socket_mode value {0}")]
    SocketMode(String),
    /// CFG-187.
    #[error("section [{section}] does not specify a {key}")]
    NoFactory {
        /// The section.
        section: String,
        /// The option that is missing.
        key: &'static str,
    },
    /// CFG-189.
    #[error("Could not make {0} rpc interface")]
    RpcInterface(String),
    /// CFG-126.
    #[error("section [{0}] has no port value")]
    NoPort(String),
    /// CFG-123.
    #[error("section [{0}] has no file value")]
    NoFile(String),
    /// CFG-124.
    #[error("Invalid chmod value {0}")]
    Chmod(String),
    /// CFG-125.
    #[error("Invalid sockchown value {0}")]
    Chown(String),
    /// CFG-127.
    #[error(
        "Section [{0}] contains incomplete authentication: If a username or a password is specified, \
         both the username and password must be specified"
    )]
    Credentials(String),
}

/// The value of an option that Supervisor has not, and where it stands (LIF-001).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid '{option}' value '{value}': {reason} in section '{section}' (file: '{file}')")]
pub struct InvalidOption {
    /// The option's name, as the file has it.
    pub option: String,
    /// The item that is wrong, after expansion.
    pub value: String,
    /// Why.
    pub reason: Reason,
    /// The section.
    pub section: String,
    /// The file, as it was named.
    pub file: String,
}

impl From<UnitError> for ConfigError {
    fn from(error: UnitError) -> Self {
        Self::Value(error.into())
    }
}

impl From<ExpandError> for ConfigError {
    fn from(error: ExpandError) -> Self {
        Self::Value(error.into())
    }
}

impl ConfigError {
    /// What to write instead, where the text does not tell.
    fn advice(&self) -> Option<String> {
        match self {
            Self::Value(error) => error.advice(),
            Self::ForeignHandler { .. } => Some(format!(
                "Python code cannot be loaded: let the listener answer OK or FAIL itself and leave the option out, or use \
                 {} to print output",
                ResultHandler::STDOUT
            )),
            _ => None,
        }
    }
}

/// Advice, apart from what stands before it.
fn behind(advice: Option<String>) -> String {
    advice.map_or_else(String::new, |advice| format!("; {advice}"))
}

fn bad_lines(lines: &[(usize, String)]) -> String {
    let lines = lines.iter();
    let lines = lines.map(|(number, text)| format!("\n\t[line {number:2}]: {}", shown(text)));
    lines.collect::<Vec<_>>().concat()
}

fn and_more(more: usize) -> String {
    match more {
        0 => String::new(),
        more => format!("\n\tand {more} more"),
    }
}

/// A line of a file as Python shows it; of one that is no line of a text the beginning.
fn shown(line: &str) -> String {
    match line.char_indices().nth(1_000) {
        Some((at, _)) => repr(line.get(..at).unwrap_or_default()) + "…",
        None => repr(line),
    }
}
