//! Processes as `/proc` shows them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Sends a signal; a process that is gone already is fine.
pub(crate) fn signal(pid: i32, signal: Signal) {
    match kill(Pid::from_raw(pid), signal) {
        Ok(()) | Err(nix::errno::Errno::ESRCH) => {}
        Err(error) => panic!("cannot signal {pid}: {error}"),
    }
}

/// True while the process exists and is no zombie.
pub(crate) fn alive(pid: i32) -> bool {
    status(pid, "State").is_some_and(|state| !state.starts_with('Z') && !state.starts_with('X'))
}

/// One field of `/proc/PID/status`, trimmed.
pub(crate) fn status(pid: i32, field: &str) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    text.lines().find_map(|line| {
        let value = line.strip_prefix(field)?.strip_prefix(':')?;
        Some(value.trim().to_owned())
    })
}

/// A number in `/proc/PID/status`.
pub(crate) fn number(pid: i32, field: &str) -> u64 {
    let text = status(pid, field).unwrap_or_else(|| panic!("{pid} has no {field}"));
    text.parse()
        .unwrap_or_else(|_| panic!("{field} of {pid} is {text}"))
}

/// One field of `/proc/PID/stat`, counted from 1 as in proc(5); the command name does not disturb.
pub(crate) fn stat(pid: i32, field: usize) -> i32 {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).expect("the process exists");
    let (_, rest) = text
        .rsplit_once(')')
        .expect("a command name in parentheses");
    let value = rest.split_whitespace().nth(field - 3).expect("the field");
    value.parse().expect("a number")
}

/// The process group of a process.
pub(crate) fn group_of(pid: i32) -> i32 {
    stat(pid, 5)
}

/// The session of a process.
pub(crate) fn session_of(pid: i32) -> i32 {
    stat(pid, 6)
}

/// The open descriptors of a process and what they point to.
pub(crate) fn descriptors(pid: i32) -> BTreeMap<i32, PathBuf> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd")).expect("the process exists");
    entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let number = entry.file_name().to_str()?.parse().ok()?;
            Some((number, fs::read_link(entry.path()).ok()?))
        })
        .collect()
}

/// The working directory of a process.
pub(crate) fn directory_of(pid: i32) -> PathBuf {
    fs::read_link(format!("/proc/{pid}/cwd")).expect("the process exists")
}

/// The environment with which a process started.
pub(crate) fn environment_of(pid: i32) -> BTreeMap<String, String> {
    let bytes = fs::read(format!("/proc/{pid}/environ")).expect("the process exists");
    String::from_utf8_lossy(&bytes)
        .split_terminator('\0')
        .filter_map(|entry| entry.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// The words with which a process started; none if it is gone.
pub(crate) fn words_of(pid: i32) -> Vec<String> {
    let bytes = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&bytes)
        .split_terminator('\0')
        .map(ToOwned::to_owned)
        .collect()
}

/// Every process id of the machine.
pub(crate) fn all() -> Vec<i32> {
    let entries = fs::read_dir(Path::new("/proc")).expect("a mounted /proc");
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect()
}
