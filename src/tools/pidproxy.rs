//! `pidproxy`: stands for a program that goes to the background or runs under a wrapper. It runs a command and
//! passes signals on to the process that a pid file names (PROC-132 to PROC-136).
//!
//! It ends when its command ends, at once and with the same status (DEC-026); never before, so that a stop is
//! over only when the program has stopped.

use std::ffi::{CString, OsString};
use std::fs;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::base::errno::Errno;
use crate::base::exit::Exit;
use crate::base::pid::Pid;
use crate::base::signals::Signal;
use crate::base::spawn_error::SpawnError;
use crate::sys::privileges::ProgramUser;
use crate::sys::reap::reap;
use crate::sys::signals::{Target, kill};
use crate::sys::sigwait::{Waiting, die_of};
use crate::sys::spawn::{SpawnPlan, spawn};

/// What is passed on (PROC-134).
const PASSED_ON: [Signal; 6] = [
    Signal::TERM,
    Signal::HUP,
    Signal::INT,
    Signal::USR1,
    Signal::USR2,
    Signal::QUIT,
];

/// How many children are reaped at a time. As process 1 there may be strangers among them.
const REAP: usize = 100;

/// What a shell answers for a command that a signal ended: this and the signal's number.
const BY_SIGNAL: i32 = 128;

/// A command line that can be carried out.
struct Proxy {
    pidfile: PathBuf,
    file: CString,
    argv: Vec<CString>,
}

/// Why it cannot be done.
#[derive(Debug, thiserror::Error)]
enum ProxyError {
    /// The command could not be started.
    #[error("cannot start the command: {}", .0.description())]
    Spawn(Errno),
    /// Signals or children could not be waited for.
    #[error("cannot wait: {}", .0.description())]
    Wait(#[from] Errno),
}

/// Runs the proxy to its end.
pub(super) fn run(called: &str, words: &[OsString]) -> ExitCode {
    let Some(proxy) = Proxy::parse(words) else {
        say(&usage(called));
        return ExitCode::FAILURE;
    };
    match proxy.run() {
        Ok(exit) => like(exit),
        Err(error) => {
            // without a stderr there is nobody to tell
            let _ = writeln!(io::stderr(), "{called}: {error}");
            ExitCode::FAILURE
        }
    }
}

impl Proxy {
    /// The command's path is taken from here, not from PATH; its words stay as they are (PROC-133).
    fn parse(words: &[OsString]) -> Option<Self> {
        let (pidfile, command) = words.split_first()?;
        let file = std::path::absolute(command.first()?).ok()?;
        let argv = command.iter().map(|word| CString::new(word.as_bytes()));
        Some(Self {
            pidfile: pidfile.into(),
            file: CString::new(file.into_os_string().into_vec()).ok()?,
            argv: argv.collect::<Result<_, _>>().ok()?,
        })
    }

    fn run(&self) -> Result<Exit, ProxyError> {
        let waited: Vec<_> = PASSED_ON.into_iter().chain([Signal::CHLD]).collect();
        // before there is a child, so that none of its signals is missed
        let waiting = Waiting::begin(&waited)?;
        let child = self.start()?;
        loop {
            match waiting.next() {
                Ok(Signal::CHLD) => {
                    if let Some(exit) = exit_of(child)? {
                        return Ok(exit);
                    }
                }
                Ok(signal) => self.pass_on(signal),
                Err(Errno(libc::EINTR)) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    /// The command gets what we have: environment, directory, process group and the three descriptors.
    fn start(&self) -> Result<Pid, ProxyError> {
        let environment = std::env::vars_os().filter_map(variable).collect();
        let (stdin, stdout, stderr) = (io::stdin(), io::stdout(), io::stderr());
        let plan = SpawnPlan {
            files: vec![self.file.clone()],
            argv: self.argv.clone(),
            environment,
            stdio: [stdin.as_fd(), stdout.as_fd(), stderr.as_fd()],
            user: ProgramUser::Same,
            directory: None,
            umask: None,
            own_group: false,
        };
        spawn(plan).map_err(|error| match error {
            SpawnError::Fork(errno) | SpawnError::Files(errno) => ProxyError::Spawn(errno),
        })
    }

    fn pass_on(&self, signal: Signal) {
        let Some(pid) = read_pid(&self.pidfile) else {
            let shown = self.pidfile.display();
            return say(&format!("Can't read child pidfile {shown}!\n"));
        };
        if let Err(errno) = kill(Target::Process(pid), signal) {
            let text = errno.description();
            // without a stderr there is nobody to tell
            let _ = writeln!(io::stderr(), "cannot signal process {pid}: {text}");
        }
    }
}

/// Takes the ends of all children; the status of ours if it is among them.
fn exit_of(child: Pid) -> Result<Option<Exit>, Errno> {
    let mut ended = Vec::new();
    while reap(REAP, &mut ended)? {}
    let ours = ended.iter().find(|ended| ended.pid == child);
    Ok(ours.map(|ended| ended.exit))
}

/// Ends as the command did.
fn like(exit: Exit) -> ExitCode {
    match exit {
        Exit::Code(code) => ExitCode::from(code),
        Exit::Signal { signal, .. } => {
            // if it ends nobody, the status tells as much as it can
            let _ = die_of(signal);
            let status = u8::try_from(BY_SIGNAL + signal.number());
            ExitCode::from(status.unwrap_or(u8::MAX))
        }
        Exit::Odd(_) => ExitCode::FAILURE,
    }
}

/// The pid in the file, which is read again each time because it changes with the program (PROC-134).
fn read_pid(pidfile: &Path) -> Option<Pid> {
    let text = fs::read_to_string(pidfile).ok()?;
    Pid::new(text.trim().parse().ok()?)
}

fn variable((name, value): (OsString, OsString)) -> Option<CString> {
    CString::new([name.as_bytes(), b"=", value.as_bytes()].concat()).ok()
}

fn say(text: &str) {
    let mut out = io::stdout();
    // without a stdout there is nobody to tell
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn usage(called: &str) -> String {
    format!(
        "pidproxy -- run a command and pass signals on to the process in its pid file.\n\
         \n\
         Passed on are TERM, HUP, INT, USR1, USR2 and QUIT. pidproxy ends when the command ends, with\n\
         its status. The command is a path; PATH is not searched.\n\
         \n\
         Usage: {called} <pidfile name> <command> [<cmdarg1> ...]\n"
    )
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{CString, Pid, Proxy, read_pid};

    #[test]
    fn a_pid_file_and_a_command_are_needed() {
        let parse = |words: &[&str]| {
            let words: Vec<_> = words.iter().map(Into::into).collect();
            Proxy::parse(&words)
        };
        for few in [&[][..], &["a"], &["a", ""], &["a", "b\0"]] {
            assert!(parse(few).is_none(), "{few:?}");
        }
        let proxy = parse(&["a.pid", "run", "-n", "x y"]).unwrap();
        let file = std::env::current_dir().unwrap().join("run");
        assert_eq!(proxy.pidfile.to_str(), Some("a.pid"));
        assert_eq!(proxy.file.to_str().ok(), file.to_str());
        assert_eq!(proxy.argv, [c"run", c"-n", c"x y"].map(CString::from));
    }

    #[test]
    fn pids_in_files() {
        let name = format!("supervisor-pidproxy-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let table = [
            ("17", Pid::new(17)),
            (" 17 \n", Pid::new(17)),
            ("", None),
            ("x", None),
            ("17 18", None),
            ("0", None),
            ("-17", None),
        ];
        for (text, pid) in table {
            fs::write(&path, text).unwrap();
            assert_eq!(read_pid(&path), pid, "{text:?}");
        }
        fs::remove_file(&path).unwrap();
        assert_eq!(read_pid(&path), None);
    }
}
