//! What we call ourselves.

/// What clients see as Supervisor's version: the reference's release and our own (DEC-001).
pub const SUPERVISOR_VERSION: &str = concat!("4.3.0+rs.", env!("CARGO_PKG_VERSION"));

/// The version of the XML-RPC interface (RPC-101).
pub const API_VERSION: &str = "3.0";
