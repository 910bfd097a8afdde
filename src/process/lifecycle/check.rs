//! What a check or hook is made of (health.md, sections 1 and 2).

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A readiness or liveness check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What is asked.
    pub script: Script,
    /// It runs as the daemon's own user (`+`).
    pub as_daemon: bool,
    /// From the spawn or from RUNNING to the first check.
    pub initial_delay: Duration,
    /// From the end of a check to the begin of the next.
    pub period: Duration,
    /// What takes longer has failed.
    pub timeout: Duration,
    /// Successes in a row that make it healthy.
    pub success_threshold: u32,
    /// Failures in a row that make it unhealthy.
    pub failure_threshold: u32,
}

/// What is run or asked (HLT-020 to HLT-023).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Script {
    /// A command, split into words; not empty.
    Command(Vec<String>),
    /// Something that answers over the network.
    Network(Probe),
}

/// Something that is asked over a socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Probe {
    /// A connection is made and closed (HLT-021).
    Tcp {
        /// Name or address, without brackets.
        host: String,
        /// Port.
        port: u16,
    },
    /// The same for a stream socket (HLT-022).
    Unix(PathBuf),
    /// A request is made (HLT-020).
    Http(Box<Request>),
}

/// An HTTP request (HLT-025, HLT-026).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// With TLS.
    pub tls: bool,
    /// Name or address, without brackets.
    pub host: String,
    /// Port, the scheme's own where none is given.
    pub port: u16,
    /// The value of `Host`, as the URL has it.
    pub authority: String,
    /// Path and query, at least `/`.
    pub path: String,
    /// Method.
    pub method: String,
    /// Headers of `-H`, which replace the usual ones.
    pub headers: Vec<(String, String)>,
    /// `user:password` of the URL, decoded.
    pub credentials: Option<(String, String)>,
    /// What is sent.
    pub data: Option<Data>,
    /// `--key-file` and `--cert-file`.
    pub identity: Option<Identity>,
    /// `--ca-file`.
    pub ca_file: Option<PathBuf>,
    /// `-k`: no certificate is checked.
    pub insecure: bool,
}

/// The body of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Data {
    /// This.
    Text(String),
    /// The content of a file, read at each check.
    File(PathBuf),
}

/// A client's key and certificate, read at each check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// PEM file of the key.
    pub key: PathBuf,
    /// PEM file of the certificate.
    pub certificate: PathBuf,
}
