//! Signals as something to wait for, in a program that does nothing else; and dying by one on purpose.

use std::fmt;

use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{self, SaFlags, SigAction, SigHandler, SigSet};

use crate::base::errno::Errno;
use crate::base::signals::Signal;

/// Signals that wait to be taken instead of doing what they would do. For programs with one thread.
pub struct Waiting {
    mask: SigSet,
}

impl Waiting {
    /// Holds `signals` back from now on, also those that were ignored at start-up. They get their default
    /// handlers: who ignores SIGCHLD is not told of it, and loses the statuses of its children.
    pub fn begin(signals: &[Signal]) -> Result<Self, Errno> {
        let mut mask = SigSet::empty();
        for signal in signals {
            mask.add(named(*signal)?);
        }
        mask.thread_block()?;
        for signal in signals {
            use_default(*signal)?;
        }
        Ok(Self { mask })
    }

    /// Waits for the next one and takes it. Of one kind only one is ever pending.
    pub fn next(&self) -> Result<Signal, Errno> {
        let taken = self.mask.wait()?;
        Ok(Signal::from_death(taken as i32))
    }
}

impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiting").finish_non_exhaustive()
    }
}

/// Ends this process by `signal`, as a child of ours was ended, without a core file of ours. Comes back if
/// that signal ends nobody.
pub fn die_of(signal: Signal) -> Result<(), Errno> {
    let mut mask = SigSet::empty();
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    if let Ok(known) = named(signal) {
        mask.add(known);
        // SIGKILL and SIGSTOP have the default anyway, and say so by an error
        let _ = use_default(signal);
    }
    mask.thread_unblock()?;
    // SAFETY: the call takes a number and touches no memory.
    match unsafe { libc::raise(signal.number()) } {
        0 => Ok(()),
        _ => Err(Errno::last()),
    }
}

fn named(signal: Signal) -> Result<signal::Signal, Errno> {
    Ok(signal::Signal::try_from(signal.number())?)
}

fn use_default(signal: Signal) -> Result<(), Errno> {
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    // SAFETY: no handler is installed, so no code can run at a bad moment.
    unsafe { signal::sigaction(named(signal)?, &default) }?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use nix::sys::signal::{SigSet, SigmaskHow, raise, sigprocmask};

    use super::{Signal, Waiting};

    #[test]
    fn what_would_have_killed_us_is_taken() {
        let waiting = Waiting::begin(&[Signal::USR1]).unwrap();
        raise(nix::sys::signal::Signal::SIGUSR1).unwrap();
        assert_eq!(waiting.next(), Ok(Signal::USR1));
        sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None).unwrap();
    }

    #[test]
    fn real_time_signals_cannot_be_waited_for() {
        let signal = Signal::from_number(40).unwrap();
        assert!(Waiting::begin(&[signal]).is_err());
    }
}
