//! What must hold after a fault.

use xmlrpc::Value;

use crate::common::daemon::{Daemon, text};
use crate::common::home::Home;
use crate::common::proc;
use crate::common::wait::wait_for;

/// A program that has no part in any fault.
const WITNESS: &str = "[program:witness]\ncommand=/bin/sleep 1000\nstartsecs=0\npriority=1\n";

/// Starts a daemon on `body` and a witness.
pub(crate) fn start(body: &str) -> Daemon {
    let home = Home::new();
    config(&home, body);
    Daemon::of(home, &[])
}

/// Writes the configuration with a witness.
pub(crate) fn config(home: &Home, body: &str) {
    home.config(&format!("{WITNESS}\n{body}"));
}

/// What was so before the fault.
pub(crate) struct Watch {
    fds: usize,
    witness: i32,
}

impl Watch {
    /// Looks at a daemon whose programs are in the states that they will have again after the fault.
    pub(crate) fn over(daemon: &Daemon) -> Self {
        let witness = daemon.wait_running("witness");
        let fds = wait_for("a steady count of descriptors", || {
            let count = fds(daemon);
            daemon.rpc("supervisor.getState", vec![]).ok()?;
            (fds(daemon) == count).then_some(count)
        });
        Self { fds, witness }
    }

    /// The daemon is as sound as before.
    pub(crate) fn check(&self, daemon: &Daemon) {
        assert_eq!(self.witness, daemon.pid_of("witness"), "the witness's pid");
        let mut last = String::new();
        let sound = wait(|| {
            last = self.complaint(daemon).unwrap_or_default();
            last.is_empty()
        });
        assert!(sound, "{last}");
    }

    /// What is wrong at the moment.
    fn complaint(&self, daemon: &Daemon) -> Option<String> {
        let before = children(daemon.pid);
        let all = daemon.rpc("supervisor.getAllProcessInfo", vec![]);
        let all = all.expect("the list");
        let all = all.as_array().expect("an array");
        let (pids, untrue): (Vec<_>, Vec<_>) = all.iter().map(truth).unzip();
        if let Some(untrue) = untrue.into_iter().flatten().next() {
            return Some(untrue);
        }
        let stranger = before.iter().find(|(pid, _)| !pids.contains(pid));
        if let Some((pid, state)) = stranger {
            return Some(format!("child {pid} ({state}) is nobody's"));
        }
        let now = fds(daemon);
        (now != self.fds).then(|| {
            let open = proc::descriptors(daemon.pid);
            format!("{} descriptors were {}: {open:?}", now, self.fds)
        })
    }
}

/// The pid that the daemon tells, and what is untrue about it.
fn truth(info: &Value) -> (i32, Option<String>) {
    let pid = info["pid"].as_i32().expect("a number");
    let (name, state) = (text(info, "name"), text(info, "statename"));
    let lives = matches!(state.as_str(), "STARTING" | "RUNNING" | "STOPPING");
    let untrue = match (lives, pid) {
        (true, 0) | (false, 1..) => true,
        (true, pid) => !proc::alive(pid),
        (false, _) => false,
    };
    (
        pid,
        untrue.then(|| format!("{name}: {state} with pid {pid}")),
    )
}

/// Like `wait_until`, and says whether it came true.
fn wait(mut condition: impl FnMut() -> bool) -> bool {
    let start = crate::common::wait::now();
    while start.elapsed() < crate::common::wait::DEADLINE {
        if condition() {
            return true;
        }
        crate::common::wait::breathe();
    }
    false
}

/// How many descriptors the daemon has open.
fn fds(daemon: &Daemon) -> usize {
    proc::descriptors(daemon.pid).len()
}

/// The children of a process with their states, zombies included.
pub(crate) fn children(parent: i32) -> Vec<(i32, String)> {
    proc::all()
        .into_iter()
        .filter(|pid| proc::status(*pid, "PPid").is_some_and(|ppid| ppid == parent.to_string()))
        .filter_map(|pid| Some((pid, proc::status(pid, "State")?)))
        .collect()
}
