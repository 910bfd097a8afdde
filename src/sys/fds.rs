//! Descriptors: owning them, and keeping them from programs.

use std::os::fd::{FromRawFd, OwnedFd, RawFd};

/// Takes ownership of a descriptor that a system call just gave.
pub(super) fn own(number: RawFd) -> OwnedFd {
    // SAFETY: the callers pass what a system call just returned to them, so it is open and nobody else's.
    unsafe { OwnedFd::from_raw_fd(number) }
}
