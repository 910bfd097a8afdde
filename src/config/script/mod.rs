//! What a check or a hook runs or asks: a command, a URL with flags, an address (health.md, section 2; LIF-254).

mod url;

use std::path::PathBuf;

use crate::base::quote::{QuoteError, split};
use crate::process::lifecycle::Hook;
use crate::process::lifecycle::check::{Data, Identity, Probe, Request, Script};

/// The flags of a request, as errors show them.
const FLAGS: &str =
    "-H, --header, -d, --data, -X, --request, --key-file, --cert-file, --ca-file, -k, --insecure";

/// Why a text is no script. Stands behind `not a check: `.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScriptError {
    /// The words cannot be told apart.
    #[error(transparent)]
    Quote(#[from] QuoteError),
    /// There are no words.
    #[error("empty")]
    Empty,
    /// No argument of a program can hold a NUL.
    #[error("embedded null byte")]
    Nul,
    /// A check cannot ignore its own failure (HLT-040).
    #[error("'-'")]
    MayFail,
    /// A URL without host.
    #[error("no host in '{0}'")]
    NoHost(String),
    /// An address without port.
    #[error("no port in '{0}'")]
    NoPort(String),
    /// A port that is none.
    #[error("a port is a number from 1 to 65535, not '{0}'")]
    Port(String),
    /// Brackets without an address of IPv6.
    #[error("not an IPv6 address: '{0}'")]
    Ipv6(String),
    /// A socket whose path is not absolute.
    #[error("not an absolute path: '{0}'")]
    Relative(String),
    /// Blanks or control characters, which would break the request.
    #[error("a blank or a control character in '{0}'")]
    Character(String),
    /// HLT-025.
    #[error("unknown flag '{0}'; allowed are {FLAGS}")]
    Flag(String),
    /// Words behind an address.
    #[error("nothing can stand behind the address: '{0}'")]
    Behind(String),
    /// A flag at the end that wants a value.
    #[error("{0} needs a value")]
    NoValue(String),
    /// A header that is none.
    #[error("not a header, NAME: VALUE: '{0}'")]
    Header(String),
    /// A method that is none.
    #[error("not a method: '{0}'")]
    Method(String),
    /// Key without certificate, or the other way round.
    #[error("--key-file and --cert-file belong together")]
    Identity,
}

/// Reads a check: its script, and whether it runs as the daemon's own user.
pub(super) fn check(text: &str) -> Result<(Script, bool), ScriptError> {
    let hook = hook(text)?;
    if hook.may_fail {
        return Err(ScriptError::MayFail);
    }
    Ok((hook.script, hook.as_daemon))
}

/// Reads a hook: `[-][+]command`, where the command may be anything that a check may be.
pub(super) fn hook(text: &str) -> Result<Hook, ScriptError> {
    let text = text.trim_start();
    let (may_fail, text) = without(text, '-');
    let (as_daemon, text) = without(text, '+');
    Ok(Hook {
        script: script(text)?,
        may_fail,
        as_daemon,
    })
}

fn without(text: &str, mark: char) -> (bool, &str) {
    match text.strip_prefix(mark) {
        Some(rest) => (true, rest),
        None => (false, text),
    }
}

/// Reads a script.
pub fn script(text: &str) -> Result<Script, ScriptError> {
    let mut words = split(text)?;
    if words.iter().any(|word| word.contains('\0')) {
        return Err(ScriptError::Nul);
    }
    let Some(first) = words.first().cloned() else {
        return Err(ScriptError::Empty);
    };
    let (scheme, rest) = first.split_once("://").unwrap_or_default();
    let scheme = scheme.to_ascii_lowercase();
    match scheme.as_str() {
        "http" | "https" => request(scheme == "https", rest, words.drain(1..)),
        "tcp" => {
            alone(&words)?;
            let (host, port) = url::host_and_port(rest)?;
            let port = port.ok_or_else(|| ScriptError::NoPort(rest.to_owned()))?;
            Ok(Script::Network(Probe::Tcp { host, port }))
        }
        "unix" => {
            alone(&words)?;
            if !rest.starts_with('/') {
                return Err(ScriptError::Relative(rest.to_owned()));
            }
            Ok(Script::Network(Probe::Unix(rest.into())))
        }
        "script" => {
            // the command may stand right behind the slashes or as a word of its own
            let command = (!rest.is_empty()).then(|| rest.to_owned());
            let words: Vec<String> = command.into_iter().chain(words.drain(1..)).collect();
            command_of(words)
        }
        _ => command_of(words),
    }
}

fn command_of(words: Vec<String>) -> Result<Script, ScriptError> {
    if words.is_empty() {
        return Err(ScriptError::Empty);
    }
    Ok(Script::Command(words))
}

fn alone(words: &[String]) -> Result<(), ScriptError> {
    match words.get(1) {
        Some(word) => Err(ScriptError::Behind(word.clone())),
        None => Ok(()),
    }
}

/// A request and its flags (HLT-025, HLT-026).
fn request(
    tls: bool,
    rest: &str,
    mut words: impl Iterator<Item = String>,
) -> Result<Script, ScriptError> {
    let url = url::parse(rest)?;
    let (mut key, mut certificate, mut method) = (None, None, None);
    let mut request = Request {
        tls,
        host: url.host,
        port: url.port.unwrap_or(if tls { 443 } else { 80 }),
        authority: url.authority,
        path: url.path,
        method: String::new(),
        headers: Vec::new(),
        credentials: url.credentials,
        data: None,
        identity: None,
        ca_file: None,
        insecure: false,
    };
    while let Some(flag) = words.next() {
        if matches!(flag.as_str(), "-k" | "--insecure") {
            request.insecure = true;
            continue;
        }
        if !is_flag(&flag) {
            return Err(ScriptError::Flag(flag));
        }
        let Some(value) = words.next() else {
            return Err(ScriptError::NoValue(flag));
        };
        match flag.as_str() {
            "-H" | "--header" => request.headers.push(header(&value)?),
            "-d" | "--data" => {
                request.data = Some(match value.strip_prefix('@') {
                    Some(path) => Data::File(path.into()),
                    None => Data::Text(value),
                });
            }
            "-X" | "--request" => method = Some(method_of(value)?),
            "--key-file" => key = Some(PathBuf::from(value)),
            "--cert-file" => certificate = Some(PathBuf::from(value)),
            _ => request.ca_file = Some(value.into()),
        }
    }
    request.identity = match (key, certificate) {
        (None, None) => None,
        (Some(key), Some(certificate)) => Some(Identity { key, certificate }),
        _ => return Err(ScriptError::Identity),
    };
    request.method = method.unwrap_or_else(|| {
        let usual = if request.data.is_some() {
            "POST"
        } else {
            "GET"
        };
        usual.to_owned()
    });
    Ok(Script::Network(Probe::Http(Box::new(request))))
}

/// Whether that is a flag with a value.
fn is_flag(word: &str) -> bool {
    let flags = [
        "-H",
        "--header",
        "-d",
        "--data",
        "-X",
        "--request",
        "--key-file",
        "--cert-file",
        "--ca-file",
    ];
    flags.contains(&word)
}

/// A name and a value that cannot break out of their line.
fn header(text: &str) -> Result<(String, String), ScriptError> {
    let bad = || ScriptError::Header(text.to_owned());
    let (name, value) = text.split_once(':').ok_or_else(bad)?;
    let (name, value) = (name.trim(), value.trim());
    if !is_token(name) || value.contains(|c: char| c.is_control() && c != '\t') {
        return Err(bad());
    }
    Ok((name.to_owned(), value.to_owned()))
}

fn method_of(text: String) -> Result<String, ScriptError> {
    if is_token(&text) {
        Ok(text)
    } else {
        Err(ScriptError::Method(text))
    }
}

/// A token of HTTP.
fn is_token(text: &str) -> bool {
    let in_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    !text.is_empty() && text.chars().all(in_token)
}

#[cfg(test)]
mod tests;
