//! Children for the tests of this module.

use std::ffi::CString;
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::fds::ReservedFds;
use super::pipes::{self, ParentEnds, Shape};
use super::privileges::ProgramUser;
use super::spawn::{SpawnPlan, Spawner};
use crate::base::exit::Exit;
use crate::base::pid::Pid;

/// A child to be, with the plainest settings.
pub(super) struct Program {
    pub(super) files: Vec<CString>,
    pub(super) argv: Vec<CString>,
    pub(super) environment: Vec<CString>,
    pub(super) user: ProgramUser,
    pub(super) directory: Option<CString>,
    pub(super) umask: Option<u32>,
    pub(super) redirect_stderr: bool,
    /// It is made with descriptors kept for it, as the daemon makes its children.
    pub(super) reserved: bool,
}

impl Program {
    pub(super) fn new(words: &[&str]) -> Self {
        Self {
            files: vec![string(words[0])],
            argv: words.iter().map(|word| string(word)).collect(),
            environment: vec![string("PATH=/usr/bin:/bin")],
            user: ProgramUser::Same,
            directory: None,
            umask: None,
            redirect_stderr: false,
            reserved: true,
        }
    }

    pub(super) fn shell(script: &str) -> Self {
        Self::new(&["/bin/sh", "-c", script])
    }

    pub(super) fn start(&self) -> Running {
        let reserved = self.reserved.then(ReservedFds::reserve).flatten();
        self.start_by(&Spawner::new(reserved))
    }

    pub(super) fn start_by(&self, spawner: &Spawner) -> Running {
        let shape = Shape {
            stdin: true,
            redirect_stderr: self.redirect_stderr,
        };
        let (parent, child) = pipes::stdio(shape).unwrap();
        let plan = SpawnPlan {
            files: self.files.clone(),
            argv: self.argv.clone(),
            environment: self.environment.clone(),
            stdio: child.stdio(None).unwrap(),
            user: self.user.clone(),
            directory: self.directory.clone(),
            umask: self.umask,
            own_group: true,
        };
        let pid = spawner.spawn(plan).unwrap();
        Running { pid, ends: parent }
    }

    /// Runs it to its end with nothing on its stdin.
    pub(super) fn run(&self) -> Outcome {
        let mut running = self.start();
        running.ends.stdin = None;
        running.outcome()
    }
}

/// A child that was started.
pub(super) struct Running {
    pub(super) pid: Pid,
    pub(super) ends: ParentEnds,
}

/// What a child left.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) pid: Pid,
    pub(super) stdout: String,
    pub(super) stderr: String,
    pub(super) exit: Exit,
}

impl Running {
    /// Waits for its end.
    pub(super) fn outcome(self) -> Outcome {
        let stdout = drain(&self.ends.stdout);
        let stderr = self.ends.stderr.as_ref().map(drain).unwrap_or_default();
        Outcome {
            pid: self.pid,
            stdout,
            stderr,
            exit: wait(self.pid),
        }
    }
}

fn drain(fd: &OwnedFd) -> String {
    let mut text = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match pipes::read(fd.as_fd(), &mut buffer) {
            pipes::Read::Bytes(count) => text.extend_from_slice(&buffer[..count]),
            pipes::Read::Empty => wait_readable(fd),
            pipes::Read::Closed => return String::from_utf8(text).unwrap(),
        }
    }
}

/// Waits until there is something to read, or the end.
pub(super) fn wait_readable(fd: &impl AsFd) {
    wait_for(fd, PollFlags::POLLIN);
}

/// Waits until there is room to write, or nobody who reads.
pub(super) fn wait_writable(fd: &impl AsFd) {
    wait_for(fd, PollFlags::POLLOUT);
}

fn wait_for(fd: &impl AsFd, flags: PollFlags) {
    let mut fds = [PollFd::new(fd.as_fd(), flags)];
    let ready = undisturbed(|| poll(&mut fds, PollTimeout::from(30_000_u16)));
    assert_eq!(ready, Ok(1), "nothing came within 30 s");
}

/// Repeats a call that another test's signal interrupts.
fn undisturbed<T>(mut call: impl FnMut() -> nix::Result<T>) -> nix::Result<T> {
    loop {
        match call() {
            Err(nix::errno::Errno::EINTR) => {}
            result => return result,
        }
    }
}

/// Waits for the end of that child alone, so that tests do not take each other's children.
pub(super) fn wait(pid: Pid) -> Exit {
    let mut status = 0;
    let got = undisturbed(|| {
        // SAFETY: `status` outlives the call, which writes one integer to it.
        nix::errno::Errno::result(unsafe { libc::waitpid(pid.number(), &raw mut status, 0) })
    });
    assert_eq!(got, Ok(pid.number()));
    Exit::from_wait_status(status)
}

/// Waits until that child has ended, and leaves it to be reaped.
pub(super) fn wait_unreaped(pid: Pid) {
    let id = || nix::sys::wait::Id::Pid(nix::unistd::Pid::from_raw(pid.number()));
    let flags = nix::sys::wait::WaitPidFlag::WEXITED | nix::sys::wait::WaitPidFlag::WNOWAIT;
    // a death by a real-time signal is EINVAL to nix, which has waited all the same
    let _ = undisturbed(|| nix::sys::wait::waitid(id(), flags));
}

pub(super) fn string(text: &str) -> CString {
    CString::new(text).unwrap()
}

/// The line of `/proc/<pid>/status` with that name.
pub(super) fn status_line<'a>(status: &'a str, name: &str) -> &'a str {
    let mut lines = status.lines();
    let line = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.unwrap().trim()
}

/// A signal set of `/proc/<pid>/status`.
pub(super) fn signal_bits(status: &str, name: &str) -> u64 {
    u64::from_str_radix(status_line(status, name), 16).unwrap()
}

/// Reads a whole file of `/proc`.
pub(super) fn proc_file(path: &str) -> String {
    let mut text = String::new();
    std::fs::File::open(path)
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    text
}

/// Whether the tests run as root; says so if they do not.
pub(super) fn is_root(skipped: &str) -> bool {
    let root = nix::unistd::Uid::current().is_root();
    if !root {
        println!("skipped, needs root: {skipped}");
    }
    root
}

pub(super) fn c_path(path: &std::path::Path) -> CString {
    use std::os::unix::ffi::OsStrExt;
    CString::new(path.as_os_str().as_bytes()).unwrap()
}

/// Set in a test program that runs one test only.
const ALONE: &str = "SYS_TEST_ALONE";

/// Whether this is a process that [`in_child`] made.
pub(super) fn alone() -> bool {
    std::env::var_os(ALONE).is_some()
}

/// Runs one test again in a process of its own, on its main thread. For what changes a process for good.
pub(super) fn in_child(test: &str) -> std::process::Output {
    in_child_with(test, &[])
}

/// The same, with these environment variables.
pub(super) fn in_child_with(test: &str, variables: &[(&str, &str)]) -> std::process::Output {
    let program = std::env::current_exe().unwrap();
    let words = ["--exact", test, "--test-threads=1", "--nocapture"];
    let mut command = std::process::Command::new(program);
    command.envs(variables.iter().copied()).env(ALONE, "1");
    command.args(words).output().unwrap()
}
