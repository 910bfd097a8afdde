//! Ends whatever a test has started, orphans included.
//!
//! Every program of a test carries the same mark in its environment and hands it on to its children,
//! so that they are found again wherever they went.

use std::fs;

use nix::sys::signal::Signal;

use super::proc;
use super::wait::wait_until;

/// The variable that carries the mark.
pub(crate) const MARK: &str = "SUPERVISOR_TEST_MARK";

/// The living processes that carry `mark`.
pub(crate) fn marked(mark: &str) -> Vec<i32> {
    let entry = format!("{MARK}={mark}");
    let carries = |pid: &i32| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment
            .split(|byte| *byte == 0)
            .any(|found| found == entry.as_bytes())
    };
    proc::all().into_iter().filter(carries).collect()
}

/// Kills every process that carries `mark`, until there is none.
pub(crate) fn clear(mark: &str) {
    wait_until("the end of the test's processes", || {
        let left = marked(mark);
        for pid in &left {
            proc::signal(*pid, Signal::SIGKILL);
        }
        left.is_empty()
    });
}
