//! What a service manager hears on its socket, and that programs do not hear of it.

use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};

use nix::sys::signal::Signal;

use crate::common::daemon::Daemon;
use crate::common::home::Home;
use crate::common::wait::DEADLINE;
use crate::common::{ours_only, proc};

const TWO: &str = "[program:one]\ncommand=/bin/sleep 1000\nstartsecs=0\n\
                   [program:two]\ncommand=/bin/sleep 1000\nautostart=false\n";

/// The manager's end.
struct Manager(UnixDatagram);

impl Manager {
    fn at(address: &SocketAddr) -> Self {
        let socket = UnixDatagram::bind_addr(address).expect("a socket");
        socket.set_read_timeout(Some(DEADLINE)).expect("a time-out");
        Self(socket)
    }

    /// The next message, as lines.
    fn next(&self) -> Vec<String> {
        let mut buffer = [0; 4096];
        let length = self.0.recv(&mut buffer).expect("a message in time");
        let text = std::str::from_utf8(&buffer[..length]).expect("UTF-8");
        text.lines().map(str::to_owned).collect()
    }

    /// Reads until a message has the line.
    fn wait(&self, line: &str) -> Vec<String> {
        loop {
            let message = self.next();
            if message.iter().any(|found| found == line) {
                return message;
            }
        }
    }
}

/// A daemon under a manager, in the foreground. `more` are variables beside `NOTIFY_SOCKET`.
fn under_manager(home: Home, name: &str, more: &[(&str, &str)]) -> Daemon {
    let mut command = home.command("supervisord");
    command
        .args(["-n", "-c", "supervisord.conf"])
        .env("NOTIFY_SOCKET", name)
        .envs(more.iter().copied());
    Daemon::from_command(home, command)
}

#[test]
fn a_life_with_a_reload_in_the_right_order() {
    ours_only!("the reference knows no service manager");
    let home = Home::new();
    home.config(TWO);
    let path = home.path("manager");
    let manager = Manager::at(&SocketAddr::from_pathname(&path).expect("a path"));
    let mut daemon = under_manager(home, path.to_str().expect("UTF-8"), &[]);

    let ready = manager.wait("READY=1");
    assert!(ready.contains(&"STATUS=2 processes: 1 STOPPED, 1 RUNNING".to_owned()));
    // ready means: the server answers and autostart was issued
    let one = daemon.wait_running("one");
    daemon.start_process("two");
    manager.wait("STATUS=2 processes: 2 RUNNING");
    assert!(!proc::environment_of(one).contains_key("NOTIFY_SOCKET"));

    // a reload that is refused is none
    let good = daemon.read("supervisord.conf");
    daemon.write("supervisord.conf", "[supervisord\n");
    daemon.signal(Signal::SIGHUP);
    daemon.wait_log("restart refused");
    daemon.write("supervisord.conf", &good);
    daemon.signal(Signal::SIGHUP);
    let reloading = manager.next();
    assert_eq!(reloading[0], "RELOADING=1");
    let usec = reloading[1]
        .strip_prefix("MONOTONIC_USEC=")
        .expect("a time");
    assert!(usec.parse::<u64>().expect("a number") > 0);
    assert!(reloading[2].starts_with("STATUS=Restarting, 2 processes: "));
    manager.wait("READY=1");
    daemon.wait_replaced("one", one);

    daemon.signal(Signal::SIGTERM);
    let stopping = manager.wait("STOPPING=1");
    let usec = stopping[1].strip_prefix("EXTEND_TIMEOUT_USEC=");
    let usec: u64 = usec.expect("a time").parse().expect("a number");
    assert!(usec > 30_000_000, "{usec}");
    assert!(stopping[2].starts_with("STATUS=Shutting down, 2 processes: "));
    assert_eq!(daemon.wait().code(), Some(0));
}

#[test]
fn signs_of_life_when_asked_for_on_an_abstract_socket() {
    ours_only!("the reference knows no service manager");
    let home = Home::new();
    home.config(TWO);
    let name = home.fill("{dir}/manager");
    let manager = Manager::at(&SocketAddr::from_abstract_name(&name).expect("a name"));
    let asked = [("WATCHDOG_USEC", "20000")];
    let mut daemon = under_manager(home, &format!("@{name}"), &asked);
    for _ in 0..5 {
        manager.wait("WATCHDOG=1");
    }
    let one = daemon.wait_running("one");
    assert!(!proc::environment_of(one).contains_key("WATCHDOG_USEC"));
    assert_eq!(daemon.stop().code(), Some(0));
}

#[test]
fn without_programs_there_is_nothing_to_wait_for() {
    ours_only!("the reference knows no service manager");
    let home = Home::new();
    home.config("");
    let path = home.path("manager");
    let manager = Manager::at(&SocketAddr::from_pathname(&path).expect("a path"));
    let mut daemon = under_manager(home, path.to_str().expect("UTF-8"), &[]);
    assert_eq!(manager.next(), ["READY=1", "STATUS=0 processes"]);
    daemon.signal(Signal::SIGTERM);
    assert_eq!(manager.next()[0], "STOPPING=1");
    assert_eq!(daemon.wait().code(), Some(0));
}

/// A manager that does not read makes nobody wait, and misses no turn of the daemon's life.
#[test]
fn a_manager_that_comes_back_is_told_what_it_missed() {
    ours_only!("the reference knows no service manager");
    let home = Home::new();
    home.config(TWO);
    let path = home.path("manager");
    let manager = Manager::at(&SocketAddr::from_pathname(&path).expect("a path"));
    let stranger = UnixDatagram::unbound().expect("a socket");
    stranger.set_nonblocking(true).expect("a flag");
    let mut noise = 0;
    while stranger.send_to(b"NOISE", &path).is_ok() {
        noise += 1;
    }
    let mut daemon = under_manager(home, path.to_str().expect("UTF-8"), &[]);
    daemon.wait_running("one");
    let start = crate::common::wait::now();
    for _ in 0..20 {
        let started = daemon.rpc("supervisor.startProcess", vec!["two".into(), false.into()]);
        assert!(started.is_ok(), "{started:?}");
        daemon.stop_process("two");
    }
    // each of these waited for a second
    assert!(start.elapsed() < DEADLINE, "{:?}", start.elapsed());
    let good = daemon.read("supervisord.conf");
    daemon.write("supervisord.conf", &good);
    daemon.signal(Signal::SIGHUP);
    crate::common::wait::wait_until("the second start", || {
        daemon.log_lines("supervisord started").len() == 2
    });
    daemon.wait_running("one");
    for _ in 0..noise {
        assert_eq!(manager.next(), ["NOISE"]);
    }
    assert_eq!(manager.next(), ["READY=1"]);
    assert_eq!(manager.next()[0], "RELOADING=1");
    let ready = manager.wait("READY=1");
    let state = "STATUS=2 processes: 1 STOPPED, 1 RUNNING".to_owned();
    assert!(ready.contains(&state), "{ready:?}");
    assert_eq!(daemon.stop().code(), Some(0));
    manager.wait("STOPPING=1");
}

#[test]
fn another_process_is_asked_for_signs_of_life() {
    ours_only!("the reference knows no service manager");
    let home = Home::new();
    home.config(TWO);
    let path = home.path("manager");
    let manager = Manager::at(&SocketAddr::from_pathname(&path).expect("a path"));
    let asked = [("WATCHDOG_USEC", "2"), ("WATCHDOG_PID", "1")];
    let mut daemon = under_manager(home, path.to_str().expect("UTF-8"), &asked);
    manager.wait("READY=1");
    daemon.signal(Signal::SIGTERM);
    loop {
        let message = manager.next();
        assert!(!message.contains(&"WATCHDOG=1".to_owned()), "{message:?}");
        if message[0] == "STOPPING=1" {
            break;
        }
    }
    assert_eq!(daemon.wait().code(), Some(0));
}

/// A manager that went away, or an address that is none, changes nothing.
#[test]
fn without_ears_it_works_too() {
    for name in ["/no/such/socket", "@no such socket", "vsock:2:1", ""] {
        let home = Home::new();
        home.config(TWO);
        let mut daemon = under_manager(home, name, &[]);
        daemon.wait_running("one");
        assert_eq!(daemon.stop().code(), Some(0), "{name}");
    }
}
