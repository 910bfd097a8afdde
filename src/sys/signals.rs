//! Sending signals, and receiving those that the daemon handles.

use std::future::poll_fn;
use std::io;
use std::task::Poll;

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, SigmaskHow};
use tokio::signal::unix::{self, SignalKind};

use crate::base::errno::Errno;
use crate::base::pid::Pid;
use crate::base::signals::Signal;

/// Who is sent a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// One process.
    Process(Pid),
    /// The process group that this process leads (PROC-090).
    Group(Pid),
}

/// Sends `signal`. ESRCH says that nobody is there (PROC-092).
pub fn kill(target: Target, signal: Signal) -> Result<(), Errno> {
    let number = match target {
        Target::Process(pid) => pid.number(),
        // -1 would be everybody; the group of process 1 is never one that we made
        Target::Group(pid) if pid.number() == 1 => return Err(Errno(libc::ESRCH)),
        Target::Group(pid) => -pid.number(),
    };
    // SAFETY: the call takes two numbers and touches no memory.
    match unsafe { libc::kill(number, signal.number()) } {
        0 => Ok(()),
        _ => Err(Errno::last()),
    }
}

/// Signals that are ignored in the daemon and, inherited, in every program (DMN-022, DEC-027).
pub(super) const IGNORED: [libc::c_int; 2] = [libc::SIGPIPE, libc::SIGXFSZ];

/// Signals that this process may have handlers for: those of [`Received`], and two by which the standard
/// library notices a stack overflow.
pub(super) const HANDLED: [libc::c_int; 8] = [
    libc::SIGTERM,
    libc::SIGINT,
    libc::SIGQUIT,
    libc::SIGHUP,
    libc::SIGUSR2,
    libc::SIGCHLD,
    libc::SIGSEGV,
    libc::SIGBUS,
];

/// Ignores SIGPIPE and SIGXFSZ, and blocks nothing, whatever the caller of the daemon left (DMN-022).
pub fn prepare() -> Result<(), Errno> {
    use nix::sys::signal::Signal::{SIGPIPE, SIGXFSZ};
    let ignore = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
    for signal in [SIGPIPE, SIGXFSZ] {
        // SAFETY: no handler is installed, so no code can run at a bad moment.
        unsafe { nix::sys::signal::sigaction(signal, &ignore) }?;
    }
    nix::sys::signal::sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None)?;
    Ok(())
}

/// The stream of signals that the daemon handles (DMN-022). Of one kind only one is ever pending.
#[derive(Debug)]
pub struct Received {
    streams: [(Signal, unix::Signal); 6],
}

impl Received {
    /// Installs the handlers. Needs a tokio runtime around it; starts no thread. They stay for the life of the
    /// daemon, even when the stream is dropped.
    pub fn install() -> io::Result<Self> {
        let stream = |signal: Signal| -> io::Result<_> {
            let kind = SignalKind::from_raw(signal.number());
            Ok((signal, unix::signal(kind)?))
        };
        Ok(Self {
            streams: [
                stream(Signal::TERM)?,
                stream(Signal::INT)?,
                stream(Signal::QUIT)?,
                stream(Signal::HUP)?,
                stream(Signal::USR2)?,
                stream(Signal::CHLD)?,
            ],
        })
    }

    /// Waits for the next signal. Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Signal {
        poll_fn(|context| {
            for (signal, stream) in &mut self.streams {
                if stream.poll_recv(context).is_ready() {
                    return Poll::Ready(*signal);
                }
            }
            Poll::Pending
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Errno, HANDLED, Received, Target, kill, prepare};
    use crate::base::pid::Pid;
    use crate::base::signals::Signal;
    use crate::sys::testing::{Program, proc_file, signal_bits, wait};

    #[test]
    fn errors_tell_who_is_missing() {
        let pid = Program::shell(":").start().pid;
        wait(pid);
        let gone = Err(Errno(libc::ESRCH));
        assert_eq!(kill(Target::Process(pid), Signal::TERM), gone);
        assert_eq!(kill(Target::Group(pid), Signal::TERM), gone);
        let everybody = Target::Group(Pid::new(1).unwrap());
        assert_eq!(kill(everybody, Signal::from_number(0).unwrap()), gone);
        assert_eq!(Pid::new(0), None);
        assert_eq!(Pid::new(-1), None);
    }

    #[test]
    fn two_signals_are_ignored_and_none_blocked() {
        prepare().unwrap();
        let status = proc_file("/proc/thread-self/status");
        let both = 1 << (libc::SIGPIPE - 1) | 1 << (libc::SIGXFSZ - 1);
        assert_eq!(signal_bits(&status, "SigIgn") & both, both);
        assert_eq!(signal_bits(&status, "SigBlk"), 0);
    }

    #[test]
    fn signals_arrive_without_a_helper_thread() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let me = Pid::new(i32::try_from(std::process::id()).unwrap()).unwrap();
            let threads = || -> Vec<String> {
                let tasks = fs::read_dir("/proc/self/task").unwrap();
                let names = tasks
                    .filter_map(|task| fs::read_to_string(task.ok()?.path().join("comm")).ok());
                names.collect()
            };
            let mut received = Received::install().unwrap();
            // 32 and 33 are the C library's own
            let handled = HANDLED.map(|number| 1 << (number - 1)).iter().sum::<u64>() | 3 << 31;
            let caught = signal_bits(&proc_file("/proc/self/status"), "SigCgt");
            assert_eq!(
                caught & !handled,
                0,
                "{caught:x}: a child resets HANDLED only"
            );
            for signal in [Signal::HUP, Signal::USR2, Signal::TERM] {
                kill(Target::Process(me), signal).unwrap();
                // other tests' children end meanwhile
                let mut next = received.next().await;
                while next == Signal::CHLD {
                    next = received.next().await;
                }
                assert_eq!(next, signal);
            }
            assert!(
                threads().iter().all(|name| !name.starts_with("tokio")),
                "{:?}",
                threads()
            );
        });
    }
}
