//! Programs that say how they are on a socket of their own.

use std::io::{IoSlice, Read as _};
use std::os::fd::AsRawFd;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};

use nix::sys::socket::{ControlMessage, MsgFlags, UnixAddr, sendmsg};

use crate::common::daemon::Daemon;
use crate::common::proc;
use crate::common::wait::{wait_for, wait_until};

/// Where the child of that name is to say how it is.
fn socket_of(daemon: &Daemon, name: &str) -> String {
    wait_for("a socket in its environment", || {
        let pid = daemon.pid_of(name);
        proc::environment_of(pid).remove("NOTIFY_SOCKET")
    })
}

/// A way there, as any process of the same user has it.
fn way_to(address: &str) -> std::io::Result<UnixDatagram> {
    let name = address.strip_prefix('@').expect("an abstract name");
    let socket = UnixDatagram::unbound()?;
    socket.connect_addr(&SocketAddr::from_abstract_name(name)?)?;
    Ok(socket)
}

const API: &str = "[program:api]\ncommand=/bin/cat\ntype=notify\nstartsecs=0\n\
                   environment=NOTIFY_SOCKET=\"/theirs\"\n";

#[test]
fn lif_120_125_a_process_runs_when_it_says_so() {
    let daemon = Daemon::start(&format!(
        "{API}[program:plain]\ncommand=/bin/cat\nstartsecs=0\n"
    ));
    let plain = daemon.wait_running("plain");
    assert!(!proc::environment_of(plain).contains_key("NOTIFY_SOCKET"));
    daemon.wait_state("api", "STARTING");
    let address = socket_of(&daemon, "api");
    let start = format!("@supervisor/{}/", daemon.pid);
    let random = address.strip_prefix(&start).expect("its name");
    assert!(random.len() == 32 && random.bytes().all(|byte| byte.is_ascii_hexdigit()));
    wait_until("its description", || {
        daemon.description("api") == "waiting for READY=1"
    });
    let pid = daemon.pid_of("api");
    let inherited: Vec<_> = proc::descriptors(pid).into_keys().collect();
    assert_eq!(inherited, [0, 1, 2], "LIF-121: no descriptor of it");
    let socket = way_to(&address).expect("it can be reached");
    socket.send(b"STATUS=warming\tup").expect("sent");
    wait_until("its status", || {
        daemon.description("api") == "status: warming up"
    });
    socket.send(b"READY=1\nSTATUS=").expect("sent");
    assert_eq!(daemon.wait_running("api"), pid);
    let line = daemon.wait_log("ready: api after");
    assert!(line.ends_with("seconds (READY=1)"), "{line}");
}

#[test]
fn lif_121_nothing_of_an_earlier_life_arrives() {
    let daemon = Daemon::start(API);
    let sockets = || {
        let all = proc::descriptors(daemon.pid);
        let all = all.values();
        all.filter(|to| to.to_string_lossy().starts_with("socket:"))
            .count()
    };
    daemon.wait_state("api", "STARTING");
    let first = socket_of(&daemon, "api");
    let with_one = sockets();
    daemon.stop_process("api");
    assert!(way_to(&first).is_err(), "it is closed");
    assert_eq!(sockets() + 1, with_one);
    // the answer comes when it runs, which it does not by itself
    let started = daemon.rpc("supervisor.startProcess", vec!["api".into(), false.into()]);
    assert!(started.is_ok(), "{started:?}");
    daemon.wait_state("api", "STARTING");
    assert_ne!(socket_of(&daemon, "api"), first);
}

#[test]
fn lif_124_descriptors_are_closed_and_long_messages_dropped() {
    let daemon = Daemon::start_with("loglevel=debug\n", API);
    daemon.wait_state("api", "STARTING");
    let socket = way_to(&socket_of(&daemon, "api")).expect("it can be reached");
    let long = format!("READY=1\nX={}", "x".repeat(4096));
    socket.send(long.as_bytes()).expect("sent");
    let (mut reader, writer) = std::io::pipe().expect("a pipe");
    sendmsg::<UnixAddr>(
        socket.as_raw_fd(),
        &[IoSlice::new(b"BARRIER=1")],
        &[ControlMessage::ScmRights(&[writer.as_raw_fd()])],
        MsgFlags::empty(),
        None,
    )
    .expect("sent");
    drop(writer);
    assert_eq!(reader.read(&mut [0]).expect("the end"), 0);
    daemon.wait_log("api: notification of more than 4096 bytes ignored");
    assert_eq!(daemon.state("api"), "STARTING");
}

#[test]
fn lif_129_what_it_says_last_counts_for_its_end() {
    let daemon = Daemon::start(
        "[program:api]\ncommand=/bin/sh -c \"read line; exit 1\"\ntype=notify\nstartsecs=0\n\
         startretries=0\n",
    );
    daemon.wait_state("api", "STARTING");
    let socket = way_to(&socket_of(&daemon, "api")).expect("it can be reached");
    // in one go, so that the end may be seen before the message
    proc::signal(daemon.pid, nix::sys::signal::Signal::SIGSTOP);
    socket.send(b"ERRNO=13").expect("sent");
    proc::signal(daemon.pid, nix::sys::signal::Signal::SIGCONT);
    daemon.feed("api", "go\n");
    daemon.wait_state("api", "FATAL");
    assert_eq!(
        daemon.description("api"),
        "Exited before it was ready (errno 13: Permission denied)"
    );
}

#[test]
fn lif_152_a_line_shows_that_it_is_ready_whatever_becomes_of_it() {
    let says = "read a; printf '\\033[32mser'; read b; printf 'ver\\033[0m is up\\n' >&2; read c";
    let daemon = Daemon::start_with(
        "strip_ansi=true\n",
        &format!(
            "[program:web]\ncommand=/bin/sh -c \"{says}\"\nstartsecs=0\nredirect_stderr=true\n\
             stdout_logfile=NONE\nready_log_line=^server is (up|ready)$\n"
        ),
    );
    daemon.wait_state("web", "STARTING");
    daemon.feed("web", "\n");
    wait_until("its description", || {
        daemon.description("web") == "waiting for its log line"
    });
    daemon.feed("web", "\n");
    daemon.wait_running("web");
    let line = daemon.wait_log("ready: web after");
    assert!(line.ends_with("seconds (log line)"), "{line}");
}
