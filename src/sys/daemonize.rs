//! Going to the background, before the runtime exists (daemon.md, section 2).
//!
//! The caller's process stays until the daemon reports that it works, and ends with its status if it does not
//! (DEC-040).

use std::ffi::c_int;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;

use nix::fcntl::OFlag;
use nix::sys::stat::{Mode, umask};
use nix::unistd::{dup2_stderr, dup2_stdin, dup2_stdout, pipe2, setsid};

use crate::base::errno::Errno;
use crate::base::exit::Exit;

/// First byte of a report: the daemon works.
const READY: u8 = b'+';
/// First byte of a report: it does not; then come the exit status and the text for stderr.
const FAILED: u8 = b'-';

/// The daemon's side: it owes a report to the process that made it. If it ends without one, that process ends
/// with its status.
#[derive(Debug)]
#[must_use = "the caller of the daemon waits for the report"]
pub struct Detached {
    report: File,
}

/// Forks. Only the child returns; the parent waits for its report and exits. Both must be without other
/// threads, or the child would lack them. What is buffered for stdout must be flushed before.
pub fn detach() -> Result<Detached, Errno> {
    let (read, write) = pipe2(OFlag::O_CLOEXEC)?;
    // SAFETY: the daemon has one thread here, before its runtime exists, so the child is whole and no lock is
    // held by a thread that it lacks.
    match unsafe { libc::fork() } {
        -1 => Err(Errno::last()),
        0 => Ok(Detached {
            report: File::from(write),
        }),
        child => {
            drop(write);
            let status = relay(read, child);
            // SAFETY: ends this process without running what is registered for the daemon's end.
            unsafe { libc::_exit(status) }
        }
    }
}

impl Detached {
    /// Leaves the terminal: 0, 1 and 2 become `/dev/null`, the session is a new one, `mask` is the file mode
    /// mask (DMN-007). The daemon enters its directory before, and reports errors of that itself.
    pub fn leave_terminal(&self, mask: u32) -> Result<(), Errno> {
        let null = File::options().read(true).write(true).open("/dev/null")?;
        dup2_stdin(&null)?;
        dup2_stdout(&null)?;
        dup2_stderr(&null)?;
        setsid()?;
        umask(Mode::from_bits_truncate(mask));
        Ok(())
    }

    /// Lets the caller's process end with status 0.
    pub fn ready(mut self) {
        // the caller may have been killed while it waited; the daemon does not need it
        let _ = self.report.write_all(&[READY]);
    }

    /// Lets the caller's process print `text` to stderr as it is and end with `status`.
    pub fn failed(mut self, status: u8, text: &str) {
        let report = [&[FAILED, status], text.as_bytes()].concat();
        // as above
        let _ = self.report.write_all(&report);
    }
}

/// Waits for the report, does what it says and returns the status to exit with.
fn relay(report: OwnedFd, child: libc::pid_t) -> c_int {
    let mut bytes = Vec::new();
    // a failed read is like no report: then the child's own end decides
    let _ = File::from(report).read_to_end(&mut bytes);
    match bytes.as_slice() {
        [READY, ..] => 0,
        [FAILED, status, text @ ..] => {
            // nobody is left to hear of a failure
            let _ = io::stderr().write_all(text);
            c_int::from(*status)
        }
        _ => status_of(child),
    }
}

/// The status of a daemon that ended without a word, as a shell would give it.
fn status_of(child: libc::pid_t) -> c_int {
    let mut status = 0;
    loop {
        // SAFETY: `status` outlives the call, which writes one integer to it.
        if unsafe { libc::waitpid(child, &raw mut status, 0) } == child {
            break;
        }
        if Errno::last() != Errno(libc::EINTR) {
            return 1;
        }
    }
    match Exit::from_wait_status(status) {
        Exit::Code(code) => c_int::from(code),
        Exit::Signal { signal, .. } => 128 + signal.number(),
        Exit::Odd(_) => 1,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Output;

    use super::detach;
    use crate::base::scratch::Scratch;
    use crate::sys::testing::{alone, in_child_with, proc_file, status_line};

    const CASE: &str = "SYS_TEST_CASE";

    fn run(case: &str, folder: &Scratch) -> Output {
        let test = "sys::daemonize::tests::the_caller_ends_as_the_daemon_says";
        let value = format!("{case} {}", folder.path().display());
        in_child_with(test, &[(CASE, &value)])
    }

    /// In a process of its own, because it forks.
    #[test]
    fn the_caller_ends_as_the_daemon_says() {
        if alone() {
            let value = std::env::var(CASE).unwrap();
            let (case, folder) = value.split_once(' ').unwrap();
            daemon(case, folder);
        }
        let folder = Scratch::new();
        let table = [
            ("ready", Some(0), ""),
            ("failed", Some(2), "Error: no luck\n"),
            ("exit", Some(7), ""),
            ("killed", Some(128 + 9), ""),
        ];
        for (case, status, said) in table {
            let outcome = run(case, &folder);
            assert_eq!(outcome.status.code(), status, "{case}");
            assert_eq!(String::from_utf8_lossy(&outcome.stderr), said, "{case}");
        }
        let seen = fs::read_to_string(folder.file("ready")).unwrap();
        assert_eq!(seen, "leader 1 null 1 umask 0027\n");
    }

    /// What the forked process does.
    fn daemon(case: &str, folder: &str) -> ! {
        let detached = detach().unwrap();
        match case {
            "ready" => {
                detached.leave_terminal(0o027).unwrap();
                let me = nix::unistd::getpid();
                let leader = nix::unistd::getsid(None) == Ok(me);
                let target = |fd| fs::read_link(format!("/proc/self/fd/{fd}")).unwrap();
                let null = (0..3).all(|fd| target(fd).to_str() == Some("/dev/null"));
                let status = proc_file("/proc/self/status");
                let mask = status_line(&status, "Umask");
                let (leader, null) = (u8::from(leader), u8::from(null));
                let seen = format!("leader {leader} null {null} umask {mask}\n");
                fs::write(format!("{folder}/ready"), seen).unwrap();
                detached.ready();
            }
            "failed" => detached.failed(2, "Error: no luck\n"),
            "exit" => std::process::exit(7),
            _ => nix::sys::signal::raise(nix::sys::signal::Signal::SIGKILL).unwrap(),
        }
        std::process::exit(0)
    }
}
