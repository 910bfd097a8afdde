//! Why a command could not be carried out, in the reference's words.
//!
//! The reference prints a Python exception for whatever it did not foresee (CTL-035). Scripts match those
//! lines, so an error knows the class that the reference would have named.

use std::io;

use crate::base::repr::repr;
use crate::rpc::wire::{RemoteFault, WireError};

/// A failure that ends a command. `Display` is the reference's message.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The server's URL is neither `http://` nor `unix://` (CTL-010).
    #[error("Unknown protocol for serverurl {0}")]
    UnknownProtocol(String),
    /// The port in the server's URL is no number.
    #[error("Port could not be cast to integer value as {}", repr(.0))]
    BadPort(String),
    /// The port in the server's URL is too large.
    #[error("Port out of range 0-65535")]
    PortRange,
    /// The server's URL has no host.
    #[error("no host in serverurl {0}")]
    NoHost(String),
    /// The host of the server's URL is not known.
    #[error("{}", resolver_text(.0))]
    Resolve(io::Error),
    /// The path of the socket is longer than the system allows.
    #[error("AF_UNIX path too long")]
    PathTooLong,
    /// A system call failed.
    #[error("{}", system_text(.0))]
    Io(#[from] io::Error),
    /// The server closed the connection instead of answering.
    #[error("Remote end closed connection without response")]
    HungUp,
    /// The server closed the connection within its answer.
    #[error("IncompleteRead({0} bytes read)")]
    Truncated(usize),
    /// The answer is no HTTP, or over a limit.
    #[error("{0}")]
    BadResponse(&'static str),
    /// The server answered with another status than 200.
    #[error("<ProtocolError for 127.0.0.1/RPC2: {status} {reason}>")]
    Status {
        /// The status code.
        status: u16,
        /// The words after it.
        reason: String,
    },
    /// The server answered with a fault.
    #[error("<Fault {}: {}>", .0.code, repr(&.0.text))]
    Fault(RemoteFault),
    /// The body of the answer is no XML-RPC.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// The answer lacks something, or has it in another type.
    #[error("the answer has no usable {}", repr(.0))]
    Answer(&'static str),
    /// A row or a fault has a code that means nothing for this command (CTL-095).
    #[error("Unknown result code {code} for {namespec}")]
    ResultCode {
        /// The code.
        code: i64,
        /// The process as it is printed.
        namespec: String,
    },
    /// A number on the command line does not fit into an XML-RPC integer.
    #[error("int exceeds XML-RPC limits")]
    Overflow,
    /// The input ended where an answer to a question was wanted (CTL-055).
    #[error("EOF when reading a line")]
    EndOfInput,
    /// Ctrl-C: no error, and nothing is printed for it (CTL-054).
    #[error("interrupted")]
    Interrupted,
}

impl ClientError {
    /// The class that the reference names in its line.
    pub fn class(&self) -> &'static str {
        match self {
            Self::UnknownProtocol(_)
            | Self::BadPort(_)
            | Self::PortRange
            | Self::ResultCode { .. } => "ValueError",
            Self::NoHost(_) => "TypeError",
            Self::Resolve(_) => "socket.gaierror",
            Self::PathTooLong => "OSError",
            Self::Io(error) => io_class(error.kind()),
            Self::HungUp => "http.client.RemoteDisconnected",
            Self::Truncated(_) => "http.client.IncompleteRead",
            Self::BadResponse(_) => "http.client.BadStatusLine",
            Self::Status { .. } => "xmlrpc.client.ProtocolError",
            Self::Fault(_) => "xmlrpc.client.Fault",
            Self::Wire(_) => "xml.parsers.expat.ExpatError",
            Self::Answer(_) => "KeyError",
            Self::Overflow => "OverflowError",
            Self::EndOfInput => "EOFError",
            Self::Interrupted => "KeyboardInterrupt",
        }
    }

    /// Nobody listens at the address (CTL-031, CTL-032).
    pub fn is_refused(&self) -> bool {
        self.is_io(io::ErrorKind::ConnectionRefused)
    }

    /// The socket file does not exist (CTL-031).
    pub fn is_missing(&self) -> bool {
        self.is_io(io::ErrorKind::NotFound)
    }

    /// The server wants other credentials (CTL-037).
    pub fn is_unauthorized(&self) -> bool {
        matches!(self, Self::Status { status: 401, .. })
    }

    fn is_io(&self, kind: io::ErrorKind) -> bool {
        matches!(self, Self::Io(error) if error.kind() == kind)
    }
}

fn io_class(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::ConnectionRefused => "ConnectionRefusedError",
        io::ErrorKind::ConnectionReset => "ConnectionResetError",
        io::ErrorKind::ConnectionAborted => "ConnectionAbortedError",
        io::ErrorKind::NotFound => "FileNotFoundError",
        io::ErrorKind::NotADirectory => "NotADirectoryError",
        io::ErrorKind::PermissionDenied => "PermissionError",
        io::ErrorKind::BrokenPipe => "BrokenPipeError",
        io::ErrorKind::TimedOut => "TimeoutError",
        _ => "OSError",
    }
}

/// `[Errno 111] Connection refused`.
fn system_text(error: &io::Error) -> String {
    let text = error.to_string();
    match error.raw_os_error() {
        Some(number) => {
            let text = text.split(" (os error").next().unwrap_or(&text);
            format!("[Errno {number}] {text}")
        }
        None => text,
    }
}

/// `[Errno -2] Name or service not known`. The library gives the resolver's text, but not its number.
fn resolver_text(error: &io::Error) -> String {
    const NUMBERS: [(&str, i32); 5] = [
        ("Name or service not known", -2),
        ("Temporary failure in name resolution", -3),
        ("Non-recoverable failure in name resolution", -4),
        ("No address associated with hostname", -5),
        ("System error", -11),
    ];
    let text = error.to_string();
    let text = text.rsplit(": ").next().unwrap_or(&text);
    let known = NUMBERS.iter().find(|row| row.0 == text);
    known.map_or_else(
        || text.to_owned(),
        |(_, number)| format!("[Errno {number}] {text}"),
    )
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::ClientError;
    use crate::rpc::wire::RemoteFault;

    #[test]
    fn lines_of_the_reference() {
        let fault = |code, text: &str| {
            ClientError::Fault(RemoteFault {
                code,
                text: text.to_owned(),
            })
        };
        let os = |number| ClientError::Io(io::Error::from_raw_os_error(number));
        let table = [
            (
                os(111),
                "ConnectionRefusedError",
                "[Errno 111] Connection refused",
            ),
            (
                os(2),
                "FileNotFoundError",
                "[Errno 2] No such file or directory",
            ),
            (os(13), "PermissionError", "[Errno 13] Permission denied"),
            (os(113), "OSError", "[Errno 113] No route to host"),
            (
                fault(6, "SHUTDOWN_STATE"),
                "xmlrpc.client.Fault",
                "<Fault 6: 'SHUTDOWN_STATE'>",
            ),
            (
                fault(92, "CANT_REREAD: 'x'"),
                "xmlrpc.client.Fault",
                "<Fault 92: \"CANT_REREAD: 'x'\">",
            ),
            (
                ClientError::Status {
                    status: 401,
                    reason: "Unauthorized".to_owned(),
                },
                "xmlrpc.client.ProtocolError",
                "<ProtocolError for 127.0.0.1/RPC2: 401 Unauthorized>",
            ),
            (
                ClientError::Resolve(io::Error::other(
                    "failed to lookup address information: Name or service not known",
                )),
                "socket.gaierror",
                "[Errno -2] Name or service not known",
            ),
        ];
        for (error, class, text) in table {
            assert_eq!(error.class(), class);
            assert_eq!(error.to_string(), text);
        }
        assert!(os(111).is_refused() && !os(111).is_missing() && os(2).is_missing());
    }
}
