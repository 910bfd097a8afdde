//! Ctrl-C as something to wait for instead of something that ends the process.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

/// While this lives, SIGINT does not end the process: it makes a file descriptor readable. For programs
/// with one thread. A SIGINT that was ignored at start-up stays ignored.
#[derive(Debug)]
pub struct Interrupt {
    signals: SignalFd,
    mask: SigSet,
}

impl Interrupt {
    /// Begins to catch SIGINT.
    pub fn catch() -> io::Result<Self> {
        let mut mask = SigSet::empty();
        mask.add(Signal::SIGINT);
        let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
        let signals = SignalFd::with_flags(&mask, flags)?;
        mask.thread_block()?;
        Ok(Self { signals, mask })
    }

    /// Whether SIGINT came since the last call.
    pub fn take(&self) -> bool {
        matches!(self.signals.read_signal(), Ok(Some(_)))
    }
}

impl AsFd for Interrupt {
    /// Readable while a SIGINT waits to be taken.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.signals.as_fd()
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        self.take();
        // a mask that was set can be cleared; and a destructor has nobody to tell
        let _ = self.mask.thread_unblock();
    }
}

#[cfg(test)]
mod tests {
    use nix::sys::signal::{Signal, raise};

    use super::Interrupt;

    #[test]
    fn takes_what_would_have_killed_us() {
        let interrupt = Interrupt::catch().unwrap();
        assert!(!interrupt.take());
        raise(Signal::SIGINT).unwrap();
        assert!(interrupt.take());
        assert!(!interrupt.take());
        raise(Signal::SIGINT).unwrap();
        drop(interrupt);
    }
}
