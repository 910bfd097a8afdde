//! No more descriptors, and no more processes.

use std::fs;
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{OpenOptionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::fcntl::{FcntlArg, fcntl};
use nix::sys::signal::Signal;

use crate::common::daemon::{Daemon, text};
use crate::common::home::Home;
use crate::common::wait::{now, wait_until};
use crate::common::{needs_root, proc, rpc, skip};
use crate::health::{Watch, config, start};

/// Sets a soft limit of a process, as its own user; false if a tool for that is missing.
fn limit(daemon: &Daemon, what: &str, value: usize) -> bool {
    let user = proc::status(daemon.pid, "Uid").expect("a user");
    let user = user.split('\t').next().expect("the real one");
    let mut command = daemon.marked("setpriv");
    if nix::unistd::getuid().to_string() == user {
        command = daemon.marked("prlimit");
    } else {
        command.args([
            "--reuid",
            user,
            "--regid",
            user,
            "--clear-groups",
            "prlimit",
        ]);
    }
    command.args(["--pid", &daemon.pid.to_string()]);
    command.arg(format!("--{what}={value}:"));
    let done = command.output().is_ok_and(|output| output.status.success());
    if !done {
        skip("needs setpriv and prlimit");
    }
    done
}

const AGAIN: &str = "[program:a]\ncommand=/bin/sleep 1000\nautorestart=true\nstartsecs=0\nstartretries=1000\n\
                     stdout_logfile={dir}/log\n";

/// Kills the program, whose next start fails for `reason`.
fn fails_to_start(daemon: &Daemon, pid: i32, reason: &str) {
    proc::signal(pid, Signal::SIGKILL);
    daemon.wait_state("a", "BACKOFF");
    let error = text(&daemon.info("a"), "spawnerr");
    assert!(error.contains(reason), "{error}");
}

#[test]
fn without_descriptors_starts_fail_and_succeed_later() {
    let daemon = start(AGAIN);
    let pid = daemon.wait_running("a");
    let watch = Watch::over(&daemon);
    // the program's own go with it; one more serves us
    let running = proc::descriptors(daemon.pid).len();
    if !limit(&daemon, "nofile", running - 2) {
        return;
    }
    fails_to_start(&daemon, pid, "too many open files");
    limit(&daemon, "nofile", 1024);
    daemon.wait_running("a");
    watch.check(&daemon);
}

#[test]
fn without_a_descriptor_a_client_waits_and_is_answered_later() {
    let daemon = start("");
    let watch = Watch::over(&daemon);
    let open = proc::descriptors(daemon.pid);
    let free = (0..1024)
        .find(|number| !open.contains_key(number))
        .expect("one");
    if !limit(&daemon, "nofile", usize::try_from(free).expect("positive")) {
        return;
    }
    let socket = daemon.path("sock");
    let answer = std::thread::scope(|scope| {
        let client = scope.spawn(|| rpc::try_call(&socket, "supervisor.getState", vec![]));
        daemon.wait_log("cannot accept a connection");
        limit(&daemon, "nofile", 1024);
        client.join().expect("the client")
    });
    assert!(answer.is_ok_and(|answer| answer.is_ok()));
    watch.check(&daemon);
}

#[test]
fn dec_084_the_unix_socket_finds_a_descriptor_when_a_port_has_them_all() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let daemon = start(&format!("[inet_http_server]\nport=127.0.0.1:{port}\n"));
    let watch = Watch::over(&daemon);
    let used = proc::descriptors(daemon.pid).len();
    if !limit(&daemon, "nofile", used + 40) {
        return;
    }
    // more than there is room for, and all of them follow a log
    let crowd: Vec<_> = (0..100)
        .map(|_| {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the port");
            let _ = stream.write_all(b"GET /mainlogtail HTTP/1.1\r\nHost: x\r\n\r\n");
            stream
        })
        .collect();
    daemon.wait_log("cannot accept a connection");
    for _ in 0..10 {
        let start = now();
        let state = daemon.rpc("supervisor.getState", vec![]);
        assert!(state.is_ok(), "{state:?}");
        assert!(start.elapsed() < Duration::from_secs(5));
    }
    drop(crowd);
    limit(&daemon, "nofile", 1024);
    watch.check(&daemon);
}

/// A user without any other process.
const SOMEBODY: u32 = 54_321;

#[test]
fn without_processes_starts_fail_and_succeed_later() {
    needs_root!();
    let home = Home::new();
    config(&home, AGAIN);
    chown(home.folder(), Some(SOMEBODY), Some(SOMEBODY)).expect("an owner");
    let mut command = home.marked("setpriv");
    let id = SOMEBODY.to_string();
    command.args(["--reuid", &id, "--regid", &id, "--clear-groups"]);
    command.arg(crate::common::program("supervisord"));
    command.args(["-n", "-c", "supervisord.conf"]);
    if home.marked("setpriv").arg("--help").output().is_err() {
        return skip("needs setpriv");
    }
    let daemon = Daemon::from_command(home, command);
    let pid = daemon.wait_running("a");
    let watch = Watch::over(&daemon);
    if !limit(&daemon, "nproc", 1) {
        return;
    }
    fails_to_start(&daemon, pid, "Too many processes");
    limit(&daemon, "nproc", 200);
    daemon.wait_running("a");
    watch.check(&daemon);
}

/// A cgroup that bounds the number of processes; gone with everything in it moved out when this is dropped.
struct Pids(PathBuf);

impl Pids {
    /// A new one; none where that is not possible.
    fn new(name: &str) -> Option<Self> {
        // of its own in the first version of cgroups, with all others in the second
        let places = ["/sys/fs/cgroup/pids", "/sys/fs/cgroup"];
        places.into_iter().find_map(|place| {
            let folder = Path::new(place).join(name);
            fs::create_dir(&folder).ok()?;
            let group = Self(folder);
            // dropped again if it is a plain folder, or without this controller
            group.0.join("pids.max").exists().then_some(group)
        })
    }

    fn allow(&self, most: &str) {
        fs::write(self.0.join("pids.max"), most).expect("a limit");
    }

    /// Takes a process in, with the children that it will have; false if that is not permitted.
    fn take(&self, pid: i32) -> bool {
        fs::write(self.0.join("cgroup.procs"), pid.to_string()).is_ok()
    }
}

impl Drop for Pids {
    fn drop(&mut self) {
        let parent = self.0.parent().expect("a folder").to_owned();
        wait_until("an empty cgroup", || {
            let inside = fs::read_to_string(self.0.join("cgroup.procs")).unwrap_or_default();
            for pid in inside.lines() {
                // it may have ended
                let _ = fs::write(parent.join("cgroup.procs"), pid);
            }
            fs::remove_dir(&self.0).is_ok()
        });
    }
}

#[test]
fn without_pids_starts_fail_and_succeed_later() {
    let daemon = start(AGAIN);
    let pid = daemon.wait_running("a");
    let watch = Watch::over(&daemon);
    let name = daemon.folder().file_name().expect("a name");
    let group = Pids::new(name.to_str().expect("text")).filter(|group| group.take(daemon.pid));
    let Some(group) = group else {
        return skip("needs a cgroup for processes; run the tests as root to include it");
    };
    group.allow("1");
    fails_to_start(&daemon, pid, "Too many processes");
    group.allow("max");
    daemon.wait_running("a");
    watch.check(&daemon);
}

/// How much each pipe holds that the daemon reads from, by its number, in bytes.
fn capacities(daemon: &Daemon) -> Vec<i32> {
    let open = proc::descriptors(daemon.pid);
    let pipes = open.iter().filter(|(_, target)| {
        let target = target.to_string_lossy();
        target.starts_with("pipe:")
    });
    let sizes = pipes.filter_map(|(number, _)| {
        let path = format!("/proc/{}/fd/{number}", daemon.pid);
        let mut options = fs::OpenOptions::new();
        options.read(true).custom_flags(libc::O_NONBLOCK);
        // it may be gone
        let pipe = options.open(path).ok()?;
        fcntl(&pipe, FcntlArg::F_GETPIPE_SZ).ok()
    });
    sizes.collect()
}

/// Pages of pipes are a quota of the user, so that only those are widened that need it, and not for ever.
#[test]
fn a_pipe_is_wide_for_as_long_as_it_is_busy() {
    let daemon = start(
        "[program:busy]\ncommand=/bin/sh -c 'read line; head -c 300000000 /dev/zero; exec sleep 1000'\n\
         startsecs=0\nstdout_logfile=/dev/null\nstdout_logfile_maxbytes=0\n",
    );
    let (new, _writer) = std::io::pipe().expect("a pipe");
    let usual = fcntl(&new, FcntlArg::F_GETPIPE_SZ).expect("its size");
    daemon.wait_running("busy");
    let watch = Watch::over(&daemon);
    let narrow = |sizes: &[i32]| sizes.iter().all(|size| *size == usual);
    let at_first = capacities(&daemon);
    assert!(at_first.len() >= 6 && narrow(&at_first), "{at_first:?}");
    daemon.feed("busy", "go on\n");
    wait_until("a wider pipe", || !narrow(&capacities(&daemon)));
    let wide = capacities(&daemon);
    let wider = wide.iter().filter(|size| **size > usual).count();
    assert_eq!(wider, 1, "{wide:?}");
    wait_until("usual pipes again", || narrow(&capacities(&daemon)));
    watch.check(&daemon);
}
