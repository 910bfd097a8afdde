//! What a file is to somebody who wants to execute it.

/// What was found at a path, in the order of the checks (PROC-060 to PROC-063).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// Nothing, or nothing that we may see.
    Missing,
    /// A directory.
    Directory,
    /// A file without any execute bit.
    NoExecuteBit,
    /// An executable file that this user may not execute.
    NoPermission,
    /// A file that this user may execute.
    Executable,
}
