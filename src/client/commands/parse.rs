//! How the words behind a command become a action: one function for each command that has something to check in them.

use crate::base::channel::Channel;
use crate::base::repr::repr;
use crate::base::units;
use crate::client::render;
use crate::client::status;

use super::request::{Action, Call, Log, Misuse};

/// The words behind a command, none of them empty.
pub(super) type Words<'a> = &'a [&'a str];

type Parsed = Result<Action, Misuse>;

/// How much of a log is shown if nothing is said, in bytes.
const DEFAULT_BYTES: i64 = 1600;

/// A misuse that shows how the command is meant.
fn usage(line: impl Into<String>) -> Misuse {
    Misuse {
        line: line.into(),
        status: status::GENERIC,
        shows_help: true,
    }
}

/// A misuse that one line explains.
fn refusal(line: impl Into<String>) -> Misuse {
    Misuse {
        shows_help: false,
        ..usage(line)
    }
}

pub(super) fn names(words: Words<'_>) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// `start [--no-deps] NAME…`. Without a name the exit status is another than that of other commands (CTL-090).
pub(super) fn start(words: Words<'_>) -> Parsed {
    let (alone, words) = flag(words, "--no-deps");
    let names = processes(&words, "start").map_err(|misuse| Misuse {
        status: status::INVALID_ARGS,
        ..misuse
    })?;
    Ok(Action::Call(Call::Start {
        names,
        deps: !alone,
    }))
}

/// `stop [--with-dependents] NAME…`.
pub(super) fn stop(words: Words<'_>) -> Parsed {
    let (dependents, words) = flag(words, "--with-dependents");
    let names = processes(&words, "stop")?;
    Ok(Action::Call(Call::Stop { names, dependents }))
}

/// `restart [--with-dependents] NAME…`.
pub(super) fn restart(words: Words<'_>) -> Parsed {
    let (dependents, words) = flag(words, "--with-dependents");
    let names = processes(&words, "restart")?;
    Ok(Action::Call(Call::Restart { names, dependents }))
}

/// `refresh NAME…` (LIF-244).
pub(super) fn refresh(words: Words<'_>) -> Parsed {
    let names = processes(words, "refresh").map_err(|misuse| Misuse {
        status: status::INVALID_ARGS,
        ..misuse
    })?;
    Ok(Action::Call(Call::Refresh(names)))
}

/// Whether `flag` is among the words, and the others. Behind `--` stand names only.
fn flag<'a>(words: Words<'a>, flag: &str) -> (bool, Vec<&'a str>) {
    let mut found = false;
    let mut rest = Vec::new();
    let mut left = words.iter();
    for word in left.by_ref() {
        match *word {
            "--" => break,
            word if word == flag => found = true,
            word => rest.push(word),
        }
    }
    rest.extend(left);
    (found, rest)
}

pub(super) fn clear(words: Words<'_>) -> Parsed {
    Ok(Action::Call(Call::Clear(processes(words, "clear")?)))
}

fn processes(words: Words<'_>, command: &str) -> Result<Vec<String>, Misuse> {
    if words.is_empty() {
        return Err(usage(format!("Error: {command} requires a process name")));
    }
    Ok(names(words))
}

pub(super) fn signal(words: Words<'_>) -> Parsed {
    match words {
        [signal, rest @ ..] if !rest.is_empty() => Ok(Action::Call(Call::Signal {
            signal: (*signal).to_owned(),
            names: names(rest),
        })),
        _ => Err(usage(
            "Error: signal requires a signal name and a process name",
        )),
    }
}

pub(super) fn available(words: Words<'_>) -> Parsed {
    alone(words, "avail", Call::Available)
}

pub(super) fn reread(words: Words<'_>) -> Parsed {
    alone(words, "reread", Call::Reread)
}

pub(super) fn version(words: Words<'_>) -> Parsed {
    alone(words, "version", Call::Version)
}

pub(super) fn shutdown(words: Words<'_>) -> Parsed {
    alone(words, "shutdown", Call::Shutdown)
}

pub(super) fn reload(words: Words<'_>) -> Parsed {
    alone(words, "reload", Call::Reload)
}

fn alone(words: Words<'_>, command: &str, call: Call) -> Parsed {
    if words.is_empty() {
        Ok(Action::Call(call))
    } else {
        Err(usage(format!("Error: {command} accepts no arguments")))
    }
}

/// `open URL` (CTL-160).
pub(super) fn open(words: Words<'_>) -> Parsed {
    let url = words.join(" ");
    let scheme = url.split_once(':').map(|(scheme, _)| scheme.to_lowercase());
    if matches!(scheme.as_deref(), Some("http" | "unix")) {
        Ok(Action::Open(url))
    } else {
        Err(refusal("ERROR: url must be http:// or unix://"))
    }
}

/// `fg NAME` (CTL-162).
pub(super) fn foreground(words: Words<'_>) -> Parsed {
    match words {
        [name] => Ok(Action::Foreground((*name).to_owned())),
        [] => Err(usage("ERROR: no process name supplied")),
        _ => Err(refusal("ERROR: too many process names supplied")),
    }
}

/// How much of a log is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Amount {
    /// The last bytes; a negative number is a place to begin at (CTL-122).
    Bytes(i64),
    /// The end, and then whatever comes.
    Follow,
}

impl Amount {
    /// Reads `-f` or `-N`.
    fn parse(option: &str) -> Result<Self, Misuse> {
        let amount = match option.strip_prefix('-') {
            Some("f") => Some(Self::Follow),
            Some(text) => units::integer(text).ok().map(Self::Bytes),
            None => None,
        };
        amount.ok_or_else(|| refusal(format!("Error: bad argument {}", render::escaped(option))))
    }

    fn of(self, log: Log) -> Action {
        match self {
            Self::Follow => Action::Follow(log),
            Self::Bytes(bytes) => Action::Call(Call::Tail { log, bytes }),
        }
    }
}

/// `tail [-f|-N] NAME [stdout|stderr]` (CTL-120, CTL-121).
pub(super) fn tail(words: Words<'_>) -> Parsed {
    let (option, words) = match words {
        [] => return Err(usage("Error: too few arguments")),
        [_, _, _, _, ..] => return Err(usage("Error: too many arguments")),
        [option, words @ ..] if option.starts_with('-') => (Some(*option), words),
        words => (None, words),
    };
    let (process, channel) = match words {
        [] => return Err(refusal("Error: tail requires process name")),
        [name] => (*name, Channel::Stdout),
        [name, .., word] => {
            let bad = || format!("Error: bad channel {}", repr(&word.to_lowercase()));
            let channel = Channel::parse(word).ok_or_else(|| refusal(bad()))?;
            (*name, channel)
        }
    };
    let amount = option.map_or(Ok(Amount::Bytes(DEFAULT_BYTES)), Amount::parse)?;
    Ok(amount.of(Log::Of {
        process: process.to_owned(),
        channel,
    }))
}

/// `maintail [-f|-N]` (CTL-130).
pub(super) fn main_tail(words: Words<'_>) -> Parsed {
    let amount = match words {
        [] => Amount::Bytes(DEFAULT_BYTES),
        [option] => Amount::parse(option)?,
        _ => return Err(usage("Error: too many arguments")),
    };
    Ok(amount.of(Log::Main))
}

#[cfg(test)]
mod tests {
    use super::{Action, Call, Channel, Log, Words, flag, main_tail, tail};

    fn words(text: &str) -> Vec<&str> {
        text.split_whitespace().collect()
    }

    #[test]
    fn lif_049_flags_stand_anywhere() {
        let table = [
            ("a b", false, "a b"),
            ("--no-deps a", true, "a"),
            ("a --no-deps b", true, "a b"),
            ("a -- --no-deps", false, "a --no-deps"),
            ("--no-dep", false, "--no-dep"),
        ];
        for (text, found, rest) in table {
            assert_eq!(
                flag(&words(text), "--no-deps"),
                (found, words(rest)),
                "{text}"
            );
        }
    }

    #[test]
    fn ctl_120_words_of_tail() {
        let good = [
            ("x", Some(1600), Channel::Stdout),
            ("x stderr", Some(1600), Channel::Stderr),
            ("x STDOUT", Some(1600), Channel::Stdout),
            ("-5 x", Some(5), Channel::Stdout),
            ("-0 x", Some(0), Channel::Stdout),
            ("--5 x stderr", Some(-5), Channel::Stderr),
            ("-f x", None, Channel::Stdout),
        ];
        for (text, bytes, channel) in good {
            let log = Log::Of {
                process: "x".to_owned(),
                channel,
            };
            let wanted = match bytes {
                Some(bytes) => Action::Call(Call::Tail { log, bytes }),
                None => Action::Follow(log),
            };
            assert_eq!(tail(&words(text)), Ok(wanted), "{text}");
        }
    }

    #[test]
    fn ctl_121_refusals_of_tail() {
        let bad = [
            ("", "Error: too few arguments", true),
            ("a b c d", "Error: too many arguments", true),
            ("x foo", "Error: bad channel 'foo'", false),
            ("x FOO", "Error: bad channel 'foo'", false),
            ("uni -5", "Error: bad channel '-5'", false),
            ("a b c", "Error: bad channel 'c'", false),
            ("-f", "Error: tail requires process name", false),
            ("-5", "Error: tail requires process name", false),
            ("-x cat", "Error: bad argument -x", false),
            ("- cat", "Error: bad argument -", false),
            ("-x cat foo", "Error: bad channel 'foo'", false),
        ];
        for (text, line, shows_help) in bad {
            let misuse = tail(&words(text)).unwrap_err();
            assert_eq!(
                (misuse.line.as_str(), misuse.shows_help),
                (line, shows_help)
            );
        }
    }

    #[test]
    fn ctl_130_words_of_maintail() {
        let parsed = |words: Words<'_>| main_tail(words).map_err(|misuse| misuse.line);
        assert_eq!(parsed(&["-f"]), Ok(Action::Follow(Log::Main)));
        let bytes = |bytes| {
            let log = Log::Main;
            Ok(Action::Call(Call::Tail { log, bytes }))
        };
        assert_eq!(parsed(&[]), bytes(1600));
        assert_eq!(parsed(&["-7"]), bytes(7));
        let bad = |text: &str| Err(format!("Error: {text}"));
        assert_eq!(parsed(&["7"]), bad("bad argument 7"));
        assert_eq!(parsed(&["-1", "-2"]), bad("too many arguments"));
    }
}
