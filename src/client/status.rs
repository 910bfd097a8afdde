//! Exit statuses (CTL section 2). The names are those of the reference's comments on LSB.

/// Something went wrong.
pub const GENERIC: u8 = 1;
/// Arguments make no sense.
pub const INVALID_ARGS: u8 = 2;
/// The server has no `supervisor` namespace.
pub const UNIMPLEMENTED: u8 = 3;
/// `status`: something is stopped.
pub const STOPPED: u8 = 3;
/// `status`: nothing is known.
pub const UNKNOWN: u8 = 4;
/// The server refuses the connection.
pub const REFUSED: u8 = 4;
/// The server speaks another version.
pub const OTHER_VERSION: u8 = 5;
/// Something is not running.
pub const NOT_RUNNING: u8 = 7;
/// Ctrl-C ended a program that was waiting for an answer.
pub const INTERRUPTED: u8 = 130;
