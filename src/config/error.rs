//! Everything that can be wrong with a configuration. The texts are the reference's, word for word, because they
//! reach the user as `Error: <text>` and as fault 92.

use super::envlist;
use super::program::MOST_PROCESSES;
use super::source::LARGEST_SUM;
use crate::base::repr::repr;
use crate::base::result_handler::ResultHandler;
use crate::base::units::UnitError;

/// A value that its option does not accept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// A number, a boolean or a mode that is none.
    #[error(transparent)]
    Unit(#[from] UnitError),
    /// No signal has that name (CFG-082).
    #[error("value {} is not a valid signal name", repr(.0))]
    SignalName(String),
    /// No signal has that number (CFG-082).
    #[error("value {} is not a valid signal number", repr(.0))]
    SignalNumber(String),
    /// CFG-083.
    #[error("not a valid list of exit codes: {}", repr(.0))]
    ExitCodes(String),
    /// CFG-085; the value in lower case.
    #[error("invalid 'autorestart' value {}", repr(.0))]
    Autorestart(String),
    /// CFG-086.
    #[error("bad logging level name {}", repr(.0))]
    Level(String),
    /// CFG-087.
    #[error("{0} is not an existing directory")]
    Directory(String),
    /// CFG-088.
    #[error("The directory named as part of the path {0} does not exist")]
    FileDirectory(String),
    /// CFG-090.
    #[error("Invalid user name {0}")]
    UserName(String),
    /// CFG-090.
    #[error("Invalid user id {0}")]
    UserId(String),
    /// CFG-091.
    #[error("Invalid user:group definition {0}")]
    UserGroup(String),
    /// CFG-092; the blank at the end is the reference's.
    #[error("not a valid port number: {} ", repr(.0))]
    Port(String),
    /// A host and a colon, and nothing behind it (CFG-092).
    #[error("no port number specified in ''")]
    NoPort,
    /// Not of the reference, which knows no IPv6.
    #[error("not an IPv6 address in brackets and a port, as in '[::1]:9001': {}", repr(.0))]
    Ipv6(String),
    /// CFG-092.
    #[error("{0} is above upper bound (65535)")]
    PortTooHigh(i64),
    /// CFG-092.
    #[error("{0} is below lower bound (1)")]
    PortTooLow(i64),
    /// CFG-093.
    #[error("Invalid name: {} because of character: {}", repr(.0), repr(&.1.to_string()))]
    Name(String, char),
    /// Blanks and colons break event headers (DEC-015).
    #[error("Invalid identifier: {} because of character: {}", repr(.0), repr(&.1.to_string()))]
    Identifier(String, char),
    /// CFG-094.
    #[error("value {} is not a URL", repr(.0))]
    Url(String),
    /// Brackets in a URL that do not pair.
    #[error("Invalid IPv6 URL")]
    UrlBrackets,
    /// CFG-101.
    #[error("Unexpected end of key/value pairs in value '{0}'")]
    Pairs(String),
    /// CFG-101; the whole value.
    #[error("No closing quotation")]
    Quotation(String),
    /// A backslash at the very end of an environment list; the whole value.
    #[error("No escaped character")]
    Escape(String),
    /// An expansion failed.
    #[error(transparent)]
    Expand(#[from] ExpandError),
}

/// A value with `%` expressions that cannot be expanded (CFG-037, CFG-038).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpandError {
    /// A name that is not defined there.
    #[error(
        "Format string {} for {} contains names ({}) which cannot be expanded. Available names: {}",
        repr(.format), repr(.label), repr(.name), .available.join(", ")
    )]
    Unknown {
        /// The whole value.
        format: String,
        /// `section.option`, mostly.
        label: String,
        /// The name asked for.
        name: String,
        /// The names that could have been used, sorted.
        available: Vec<String>,
    },
    /// Anything else that is wrong with the expression.
    #[error("Format string {} for {} is badly formatted: {reason}", repr(.format), repr(.label))]
    Format {
        /// The whole value.
        format: String,
        /// `section.option`, mostly.
        label: String,
        /// What is wrong.
        reason: FormatReason,
    },
}

/// What is wrong with a `%` expression (CFG-038).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatReason {
    /// The value ends within an expression.
    #[error("incomplete format")]
    Incomplete,
    /// The value ends within the parentheses.
    #[error("incomplete format key")]
    IncompleteKey,
    /// An expression without a name.
    #[error("not enough arguments for format string")]
    NoArgument,
    /// A width or precision that is to come from the arguments, of which there are none.
    #[error("* wants int")]
    Star,
    /// A conversion that does not exist; the character's index counts characters.
    #[error("unsupported format character '{}' ({:#x}) at index {index}", printed(*.c), u32::from(*.c))]
    Unsupported {
        /// The conversion.
        c: char,
        /// Where it stands.
        index: usize,
    },
    /// A text, where an integer is needed.
    #[error("%{0} format: an integer is required, not {1}")]
    NotInteger(char, &'static str),
    /// A text, where a number is needed.
    #[error("%{0} format: a real number is required, not {1}")]
    NotNumber(char, &'static str),
    /// A text, where a floating point number is needed.
    #[error("must be real number, not {0}")]
    NotReal(&'static str),
    /// More or less than one character for `%c`.
    #[error("%c requires int or char")]
    NotChar,
    /// No such character.
    #[error("%c arg not in range(0x110000)")]
    CharRange,
    /// A width that would fill the memory.
    #[error("width too big")]
    Width,
    /// A precision that would fill the memory.
    #[error("precision too big")]
    Precision,
}

fn printed(c: char) -> char {
    if ('\x1f'..='~').contains(&c) { c } else { '?' }
}

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

/// What is wrong with the socket of an fcgi-program (CFG-182, CFG-185).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SocketError {
    /// Neither `unix://` nor `tcp://host:port`.
    #[error("Bad socket format {0}")]
    Format(String),
    /// `unix://` and no slash behind it.
    #[error("Unix socket path {0} is not an absolute path")]
    Relative(String),
    /// A TCP socket is no file.
    #[error("socket_owner and socket_mode params should only be used with a Unix domain socket")]
    NotUnix,
    /// A port that is none.
    #[error(transparent)]
    Port(#[from] ValueError),
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

impl ValueError {
    fn advice(&self) -> Option<String> {
        match self {
            Self::Unit(UnitError::Size(_)) => {
                Some("a size is a number of bytes, or a number with KB, MB or GB".into())
            }
            Self::Pairs(list) | Self::Quotation(list) | Self::Escape(list) => envlist::advice(list),
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

/// A command line that cannot be used; the text behind `Error: ` (CFG-213 to CFG-217, CTL-003).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UsageError {
    /// No such option.
    #[error("option {0} not recognized")]
    Unknown(String),
    /// The last word is an option that wants a value.
    #[error("option {0} requires argument")]
    NoArgument(String),
    /// The beginning of several long options.
    #[error("option {0} not a unique prefix")]
    NotUnique(String),
    /// `--flag=value`.
    #[error("option {0} must not have an argument")]
    Flag(String),
    /// Words that are no options, as a Python list.
    #[error("positional arguments are not supported: {0}")]
    Positional(String),
    /// The option as typed, or its full long name.
    #[error("invalid value for {option} {}: {error}", repr(.value))]
    Value {
        /// The option.
        option: String,
        /// The value.
        value: String,
        /// What is wrong with it.
        error: Box<ValueError>,
    },
    /// Given twice, in any spelling.
    #[error("conflicting command line option {}", repr(.0))]
    Conflict(String),
}
