//! `tail`, `maintail` and `clear`: logs.

use crate::base::channel::Channel;
use crate::base::fault::code;
use crate::base::names::Namespec;
use crate::base::repr::repr;
use crate::base::units;
use crate::client::api::{Row, Server};
use crate::client::error::ClientError;
use crate::client::follow::{self, State};
use crate::client::help;
use crate::client::render;
use crate::client::session::{Session, exit};

use super::usage_error;

/// How much of a log is shown if nothing is said, in bytes.
const DEFAULT_BYTES: i64 = 1600;

/// How much of a log is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Amount {
    /// The last bytes; a negative number is a place to begin at (CTL-122).
    Bytes(i64),
    /// The end, and then whatever comes.
    Follow,
}

impl Amount {
    /// Reads `-f` or `-N`; none if it is neither.
    fn parse(option: &str) -> Option<Self> {
        let text = option.strip_prefix('-')?;
        if text == "f" {
            return Some(Self::Follow);
        }
        units::integer(text).ok().map(Self::Bytes)
    }
}

/// The offset for the last `bytes`.
fn offset(bytes: i64) -> Result<i32, ClientError> {
    i32::try_from(-i128::from(bytes)).map_err(|_| ClientError::Overflow)
}

/// What `tail` was asked for.
#[derive(Debug, PartialEq, Eq)]
struct Tail<'a> {
    amount: Amount,
    name: &'a str,
    channel: Channel,
}

/// Why `tail` cannot be carried out (CTL-121).
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum TailError {
    #[error("Error: too few arguments")]
    TooFew,
    #[error("Error: too many arguments")]
    TooMany,
    #[error("Error: bad channel {}", repr(.0))]
    BadChannel(String),
    #[error("Error: tail requires process name")]
    NoName,
    #[error("Error: bad argument {}", render::escaped(.0))]
    BadArgument(String),
}

impl<'a> Tail<'a> {
    fn parse(arguments: &'a str) -> Result<Self, TailError> {
        let words: Vec<&str> = arguments.split_whitespace().collect();
        let (option, words) = match words.as_slice() {
            [] => return Err(TailError::TooFew),
            [_, _, _, _, ..] => return Err(TailError::TooMany),
            [option, words @ ..] if option.starts_with('-') => (Some(*option), words),
            words => (None, words),
        };
        let (name, channel) = match words {
            [] => return Err(TailError::NoName),
            [name] => (*name, Channel::Stdout),
            [name, .., channel] => match Channel::parse(channel) {
                Some(channel) => (*name, channel),
                None => return Err(TailError::BadChannel(channel.to_lowercase())),
            },
        };
        let amount = match option {
            None => Amount::Bytes(DEFAULT_BYTES),
            Some(option) => {
                Amount::parse(option).ok_or_else(|| TailError::BadArgument(option.to_owned()))?
            }
        };
        Ok(Self {
            amount,
            name,
            channel,
        })
    }
}

/// `tail [-f|-N] NAME [stdout|stderr]` (CTL-120 to CTL-127).
pub(super) fn tail(session: &mut Session, arguments: &str) -> Result<(), ClientError> {
    let server = session.server();
    if !session.upcheck(&server)? {
        return Ok(());
    }
    let tail = match Tail::parse(arguments) {
        Ok(tail) => tail,
        Err(error) => {
            session.fail(exit::GENERIC, &error.to_string());
            if matches!(error, TailError::TooFew | TailError::TooMany) {
                session.out.line(help::TAIL);
            }
            return Ok(());
        }
    };
    match tail.amount {
        Amount::Follow => {
            let path = format!("/logtail/{}/{}", tail.name, tail.channel.name());
            follow(session, &path)
        }
        Amount::Bytes(bytes) => {
            let log = server.read_log(tail.name, tail.channel, offset(bytes)?);
            show_log(session, tail.name, log)
        }
    }
}

/// `maintail [-f|-N]` (CTL-130).
pub(super) fn maintail(session: &mut Session, arguments: &str) -> Result<(), ClientError> {
    let server = session.server();
    if !session.upcheck(&server)? {
        return Ok(());
    }
    let words: Vec<&str> = arguments.split_whitespace().collect();
    let amount = match words.as_slice() {
        [] => Some(Amount::Bytes(DEFAULT_BYTES)),
        [option] => Amount::parse(option),
        _ => {
            let line = "Error: too many arguments";
            usage_error(session, exit::GENERIC, line, help::MAINTAIL);
            return Ok(());
        }
    };
    match amount {
        Some(Amount::Follow) => follow(session, "/mainlogtail"),
        Some(Amount::Bytes(bytes)) => {
            let log = server.read_main_log(offset(bytes)?);
            show_log(session, "supervisord", log)
        }
        None => {
            let error = TailError::BadArgument(arguments.to_owned());
            session.fail(exit::GENERIC, &error.to_string());
            Ok(())
        }
    }
}

/// Follows a log; one that is not there gives 1 (DEC-081).
fn follow(session: &mut Session, path: &str) -> Result<(), ClientError> {
    if follow::follow(session, path)? == State::Refused {
        session.status = exit::GENERIC;
    }
    Ok(())
}

/// Prints part of a log as it is, and a line end; or why there is none.
fn show_log(
    session: &mut Session,
    name: &str,
    log: Result<String, ClientError>,
) -> Result<(), ClientError> {
    let problem = match log {
        Ok(text) => {
            session.out.line(&text);
            return Ok(());
        }
        Err(ClientError::Fault(fault)) if fault.code == code::NO_FILE => "no log file",
        Err(ClientError::Fault(fault)) if fault.code == code::FAILED => "unknown error reading log",
        Err(ClientError::Fault(fault)) if fault.code == code::BAD_NAME => "no such process name",
        Err(error) => return Err(error),
    };
    session.fail(exit::GENERIC, &render::named_error(name, problem));
    Ok(())
}

/// `clear NAME…` (CTL-135); whole groups too (DEC-081).
pub(super) fn clear(session: &mut Session, arguments: &str) -> Result<(), ClientError> {
    let server = session.server();
    if !session.upcheck(&server)? {
        return Ok(());
    }
    let names: Vec<&str> = arguments.split_whitespace().collect();
    if names.is_empty() {
        let line = "Error: clear requires a process name";
        usage_error(session, exit::GENERIC, line, help::CLEAR);
        return Ok(());
    }
    if names.contains(&"all") {
        for row in server.clear_all_logs()? {
            show_cleared(session, &row);
        }
        return Ok(());
    }
    for name in names {
        let spec = Namespec::parse(name);
        match spec.process {
            Some(process) => clear_one(session, &server, name, spec.group, process)?,
            None => clear_group(session, &server, &spec.group)?,
        }
    }
    Ok(())
}

fn clear_group(session: &mut Session, server: &Server, group: &str) -> Result<(), ClientError> {
    let mut processes = server.processes()?;
    processes.retain(|process| process.group == group);
    if processes.is_empty() {
        session.fail(exit::GENERIC, &render::named_error(group, "no such group"));
    }
    for process in processes {
        let name = format!("{}:{}", process.group, process.name);
        clear_one(session, server, &name, process.group, process.name)?;
    }
    Ok(())
}

fn clear_one(
    session: &mut Session,
    server: &Server,
    namespec: &str,
    group: String,
    name: String,
) -> Result<(), ClientError> {
    let (status, description) = match server.clear_logs(namespec) {
        Ok(()) => (code::SUCCESS, String::new()),
        Err(ClientError::Fault(fault)) => (fault.code, fault.text),
        Err(error) => return Err(error),
    };
    let row = Row {
        group,
        name,
        status,
        description,
    };
    show_cleared(session, &row);
    Ok(())
}

fn show_cleared(session: &mut Session, row: &Row) {
    match render::clear_row(row) {
        Ok(line) => {
            session.out.line(&line);
            session.note_code(row.status, None);
        }
        Err(error) => session.report(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::{Amount, Channel, Tail, offset};

    #[test]
    fn ctl_120_arguments_of_tail() {
        let good = [
            ("x", Amount::Bytes(1600), Channel::Stdout),
            ("x stderr", Amount::Bytes(1600), Channel::Stderr),
            ("x STDOUT", Amount::Bytes(1600), Channel::Stdout),
            ("-5 x", Amount::Bytes(5), Channel::Stdout),
            ("-0 x", Amount::Bytes(0), Channel::Stdout),
            ("--5 x stderr", Amount::Bytes(-5), Channel::Stderr),
            ("-f x", Amount::Follow, Channel::Stdout),
        ];
        for (arguments, amount, channel) in good {
            let wanted = Tail {
                amount,
                name: "x",
                channel,
            };
            assert_eq!(Tail::parse(arguments), Ok(wanted), "{arguments}");
        }
    }

    #[test]
    fn ctl_121_refusals_of_tail() {
        let bad = [
            ("", "Error: too few arguments"),
            ("a b c d", "Error: too many arguments"),
            ("x foo", "Error: bad channel 'foo'"),
            ("x FOO", "Error: bad channel 'foo'"),
            ("uni -5", "Error: bad channel '-5'"),
            ("a b c", "Error: bad channel 'c'"),
            ("-f", "Error: tail requires process name"),
            ("-5", "Error: tail requires process name"),
            ("-x cat", "Error: bad argument -x"),
            ("- cat", "Error: bad argument -"),
            ("-x cat foo", "Error: bad channel 'foo'"),
        ];
        for (arguments, line) in bad {
            let error = Tail::parse(arguments).unwrap_err();
            assert_eq!(error.to_string(), line, "{arguments}");
        }
    }

    #[test]
    fn offsets() {
        let table = [
            (0, Some(0)),
            (5, Some(-5)),
            (-5, Some(5)),
            (1 << 31, Some(i32::MIN)),
            (1 << 40, None),
            (i64::MAX, None),
            (i64::MIN, None),
        ];
        for (bytes, wanted) in table {
            assert_eq!(offset(bytes).ok(), wanted, "{bytes}");
        }
        let huge = format!("-{}", "9".repeat(40));
        assert!(
            matches!(Amount::parse(&huge), Some(Amount::Bytes(bytes)) if offset(bytes).is_err())
        );
    }
}
