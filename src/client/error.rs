//! Why a command could not be carried out, in words for people.
//!
//! The reference prints a Python exception for whatever it did not foresee (CTL-035). Here it is one line that says
//! what was tried and what to do about it, without a class or a line of source (DEC-080).

use std::io;
use std::path::PathBuf;

use crate::base::fault::code;
use crate::base::repr::repr;
use crate::rpc::wire::{RemoteFault, WireError};

use super::address::Address;

/// A failure that ends a command. Where [`Self::is_about_the_server`], `Display` begins with the control of a sentence
/// and the server is its subject; else it is the whole sentence.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The server's URL is neither `http://` nor `unix://` (CTL-010).
    #[error("cannot use the server URL {}: it must begin with http:// or unix://{}", repr(.0), meant(.0))]
    UnknownProtocol(String),
    /// The port in the server's URL is no number, or too large.
    #[error("cannot use the server URL {}: its port is no number from 0 to 65535", repr(.0))]
    BadPort(String),
    /// The server's URL has no host.
    #[error("cannot use the server URL {}: it names no host", repr(.0))]
    NoHost(String),
    /// The host of the server's URL has no address.
    #[error("{}", resolver_text(host, error))]
    Resolve {
        /// The host.
        host: String,
        /// What the resolver says.
        error: io::Error,
    },
    /// The path of the socket is longer than the system allows.
    #[error("cannot open {}: the path is too long for a socket", .0.display())]
    PathTooLong(PathBuf),
    /// There is no connection to the server.
    #[error("{}", connect_text(address, error))]
    Connect {
        /// Where it should be.
        address: Address,
        /// Why it is not reached.
        error: io::Error,
    },
    /// The connection broke.
    #[error("is gone in the middle of a call: {}", system_text(.0))]
    Lost(io::Error),
    /// Something on this side failed: the input, the terminal.
    #[error("cannot go on: {}", system_text(.0))]
    Io(#[from] io::Error),
    /// The server closed the connection instead of answering.
    #[error("closed the connection without an answer: it has ended, or is no supervisord")]
    HungUp,
    /// The server closed the connection within its answer.
    #[error("closed the connection after {0} bytes of its answer")]
    Truncated(usize),
    /// The answer is no HTTP, or over a limit.
    #[error("does not answer as supervisord does: {0}")]
    BadResponse(&'static str),
    /// The server answered with another status than 200.
    #[error("answered {status} {reason}{}", status_hint(*status))]
    Status {
        /// The status code.
        status: u16,
        /// The words after it.
        reason: String,
    },
    /// The server answered with a fault.
    #[error("{}", fault_text(.0))]
    Fault(RemoteFault),
    /// The server does not have this method of the namespace `ext`.
    #[error("this supervisord cannot do that (no ext.{0})")]
    NoMethod(&'static str),
    /// The body of the answer is no XML-RPC.
    #[error("does not answer as supervisord does: {0}")]
    Wire(#[from] WireError),
    /// The answer lacks something, or has it in another type.
    #[error("does not answer as supervisord does: no usable {}", repr(.0))]
    Answer(&'static str),
    /// A row or a fault has a code that means nothing for this command (CTL-095).
    #[error("{namespec}: {}", fault_text(fault))]
    ResultCode {
        /// The process as it is printed.
        namespec: String,
        /// Code and text.
        fault: RemoteFault,
    },
    /// A number on the command line does not fit into an XML-RPC integer.
    #[error(
        "the number of bytes is too large; at most {} can be asked for",
        i32::MAX
    )]
    Overflow,
    /// The input ended where an answer to a question was wanted (CTL-055).
    #[error("the input ended where an answer was wanted; nothing was done")]
    EndOfInput,
    /// Ctrl-C: no error, and nothing is printed for it (CTL-054).
    #[error("interrupted")]
    Interrupted,
}

impl ClientError {
    /// Nobody listens at the address (CTL-031, CTL-032).
    pub fn is_refused(&self) -> bool {
        self.is_connect(io::ErrorKind::ConnectionRefused)
    }

    /// The socket file does not exist (CTL-031).
    pub fn is_missing(&self) -> bool {
        self.is_connect(io::ErrorKind::NotFound)
    }

    /// The server wants other credentials (CTL-037).
    pub fn is_unauthorized(&self) -> bool {
        matches!(self, Self::Status { status: 401, .. })
    }

    /// The server is the subject of the sentence.
    pub fn is_about_the_server(&self) -> bool {
        match self {
            Self::Lost(_)
            | Self::HungUp
            | Self::Truncated(_)
            | Self::BadResponse(_)
            | Self::Status { .. }
            | Self::Wire(_)
            | Self::Answer(_) => true,
            Self::UnknownProtocol(_)
            | Self::BadPort(_)
            | Self::NoHost(_)
            | Self::Resolve { .. }
            | Self::PathTooLong(_)
            | Self::Connect { .. }
            | Self::Io(_)
            | Self::Fault(_)
            | Self::NoMethod(_)
            | Self::ResultCode { .. }
            | Self::Overflow
            | Self::EndOfInput
            | Self::Interrupted => false,
        }
    }

    fn is_connect(&self, kind: io::ErrorKind) -> bool {
        matches!(self, Self::Connect { error, .. } if error.kind() == kind)
    }
}

/// `; did you mean http://localhost:9001?`, or nothing.
fn meant(url: &str) -> String {
    let better = if let Some(rest) = url.strip_prefix("https://") {
        format!("http://{rest}")
    } else if let Some(path) = url.strip_prefix("unix:") {
        format!("unix:///{}", path.trim_start_matches('/'))
    } else if url.starts_with('/') {
        format!("unix://{url}")
    } else if url.contains("://") || url.is_empty() {
        return String::new();
    } else {
        format!("http://{}", url.trim_start_matches("http:"))
    };
    format!("; did you mean {better}?")
}

/// Why there is no connection. `status` and its like have lines of the reference for the first two (CTL-031).
fn connect_text(address: &Address, error: &io::Error) -> String {
    use io::ErrorKind::{ConnectionRefused, NotFound, PermissionDenied};
    match (error.kind(), address) {
        (ConnectionRefused, _) => {
            format!("{address} refused the connection; is supervisord running?")
        }
        (NotFound, Address::Unix(path)) => {
            format!("no socket at {}; is supervisord running?", path.display())
        }
        (PermissionDenied, Address::Unix(path)) => format!(
            "cannot open {}: permission denied; try sudo, or set chmod and chown in [unix_http_server]",
            path.display()
        ),
        (_, Address::Unix(path)) => {
            format!("cannot open {}: {}", path.display(), system_text(error))
        }
        (_, Address::Inet { .. }) => format!("cannot reach {address}: {}", system_text(error)),
    }
}

/// `Connection refused`, without the library's number behind it.
fn system_text(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    text.to_owned()
}

/// Why a host has no address. The library gives the resolver's text, but not its number.
fn resolver_text(host: &str, error: &io::Error) -> String {
    let text = error.to_string();
    match text.rsplit(": ").next().unwrap_or(&text) {
        "Name or service not known" | "No address associated with hostname" => {
            format!("no such host: {host}")
        }
        text => format!("cannot find the address of {host}: {text}"),
    }
}

fn status_hint(status: u16) -> &'static str {
    match status {
        403 => "; it may not go by that name, see allowed_hosts in its section",
        404 => "; is it a supervisord?",
        413 => "; the command is too long for it",
        500.. => "; its log may say why",
        _ => "",
    }
}

/// A fault as `reread` prints it: name and text. What the name alone does not explain is said.
fn fault_text(fault: &RemoteFault) -> String {
    let text = &fault.text;
    match fault.code {
        code::SHUTDOWN_STATE => "the daemon is shutting down".to_owned(),
        _ if text.is_empty() => format!("fault {}", fault.code),
        _ => text.clone(),
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::{ClientError, meant};
    use crate::client::address::Address;
    use crate::rpc::wire::RemoteFault;

    fn connect(url: &str, number: i32) -> ClientError {
        ClientError::Connect {
            address: Address::parse(url).unwrap(),
            error: io::Error::from_raw_os_error(number),
        }
    }

    fn fault(code: i64, text: &str) -> RemoteFault {
        RemoteFault {
            code,
            text: text.to_owned(),
        }
    }

    #[test]
    fn dec_080_one_line_that_says_what_to_do() {
        let resolver = |text: &str| ClientError::Resolve {
            host: "h".to_owned(),
            error: io::Error::other(format!("failed to lookup address information: {text}")),
        };
        let table = [
            (
                connect("http://h:9001", 111),
                "http://h:9001 refused the connection; is supervisord running?",
            ),
            (
                connect("unix:///s", 111),
                "unix:///s refused the connection; is supervisord running?",
            ),
            (
                connect("unix:///s", 2),
                "no socket at /s; is supervisord running?",
            ),
            (
                connect("unix:///run/s", 13),
                "cannot open /run/s: permission denied; try sudo, or set chmod and chown in [unix_http_server]",
            ),
            (
                connect("unix:///a/s", 20),
                "cannot open /a/s: Not a directory",
            ),
            (
                connect("http://[::1]:1", 113),
                "cannot reach http://[::1]:1: No route to host",
            ),
            (resolver("Name or service not known"), "no such host: h"),
            (
                resolver("Temporary failure in name resolution"),
                "cannot find the address of h: Temporary failure in name resolution",
            ),
            (
                ClientError::Fault(fault(6, "SHUTDOWN_STATE")),
                "the daemon is shutting down",
            ),
            (
                ClientError::Fault(fault(92, "CANT_REREAD: 'x'")),
                "CANT_REREAD: 'x'",
            ),
            (ClientError::Fault(fault(7, "")), "fault 7"),
            (
                ClientError::ResultCode {
                    namespec: "web:a".to_owned(),
                    fault: fault(30, "FAILED: why"),
                },
                "web:a: FAILED: why",
            ),
            (
                ClientError::Status {
                    status: 403,
                    reason: "Forbidden".to_owned(),
                },
                "answered 403 Forbidden; it may not go by that name, see allowed_hosts in its section",
            ),
        ];
        for (error, text) in table {
            assert_eq!(error.to_string(), text);
        }
    }

    #[test]
    fn urls_that_were_meant() {
        let table = [
            ("localhost:9001", "; did you mean http://localhost:9001?"),
            ("http:h:1", "; did you mean http://h:1?"),
            ("https://h:1", "; did you mean http://h:1?"),
            ("unix:/run/s", "; did you mean unix:///run/s?"),
            ("/run/s", "; did you mean unix:///run/s?"),
            ("ftp://h", ""),
            ("", ""),
        ];
        for (url, wanted) in table {
            assert_eq!(meant(url), wanted, "{url}");
        }
    }

    #[test]
    fn what_the_reference_foresees() {
        let url = "unix:///s";
        assert!(connect(url, 111).is_refused() && !connect(url, 111).is_missing());
        assert!(connect(url, 2).is_missing() && !connect(url, 13).is_missing());
        // on an open connection it is something else
        assert!(!ClientError::Lost(io::Error::from_raw_os_error(2)).is_missing());
    }
}
