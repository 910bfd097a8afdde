//! FastCGI programs, asked by a client that speaks the protocol as a web server does.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, UnixAddr, connect, socket};
use nix::unistd::{Group, User};

use crate::common::daemon::Daemon;
use crate::common::home::{Home, Reply};
use crate::common::wait::DEADLINE;
use crate::common::{needs_root, ours_only, proc, skip};

/// A FastCGI responder: answers each request with its own name, a parameter and the body in capitals.
const RESPONDER: &str = r#"
import os, socket, struct
server = socket.socket(fileno=0)
def take(peer, count):
    data = b""
    while len(data) < count:
        more = peer.recv(count - len(data))
        if not more: raise EOFError
        data += more
    return data
def pairs(data):
    at, found = 0, {}
    def length():
        nonlocal at
        size = data[at]
        if size < 128: at += 1
        else:
            size = struct.unpack(">I", data[at:at+4])[0] & 0x7fffffff
            at += 4
        return size
    while at < len(data):
        name, value = length(), length()
        found[data[at:at+name]] = data[at+name:at+name+value]
        at += name + value
    return found
while True:
    peer, _ = server.accept()
    params, body = b"", b""
    try:
        while True:
            _, kind, number, size, padding, _ = struct.unpack(">BBHHBB", take(peer, 8))
            data = take(peer, size)
            take(peer, padding)
            if kind == 4: params += data
            if kind == 5: body += data
            if kind == 5 and not size: break
    except EOFError:
        peer.close()
        continue
    text = b"Content-Type: text/plain\r\n\r\n%s %s %s" % (
        os.environb[b"SUPERVISOR_PROCESS_NAME"], pairs(params)[b"SCRIPT_NAME"], body.upper())
    for kind, data in (6, text), (6, b""), (3, bytes(8)):
        peer.sendall(struct.pack(">BBHHBB", 1, kind, number, len(data), 0, 0) + data)
    peer.close()
"#;

/// One record of the protocol, for request 1.
fn record(kind: u8, data: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(data.len())
        .expect("a short record")
        .to_be_bytes();
    [&[1, kind, 0, 1, high, low, 0, 0], data].concat()
}

/// Sends a request and returns the responder's standard output.
fn ask(mut stream: impl Read + Write, script: &str, body: &str) -> io::Result<String> {
    const BEGIN: u8 = 1;
    const END: u8 = 3;
    const PARAMS: u8 = 4;
    const STDIN: u8 = 5;
    const STDOUT: u8 = 6;
    const RESPONDER_ROLE: [u8; 8] = [0, 1, 0, 0, 0, 0, 0, 0];
    let name = "SCRIPT_NAME";
    let lengths = [name.len(), script.len()].map(|length| u8::try_from(length).expect("short"));
    let params = [&lengths[..], name.as_bytes(), script.as_bytes()].concat();
    let request = [
        record(BEGIN, &RESPONDER_ROLE),
        record(PARAMS, &params),
        record(PARAMS, b""),
        // an empty record is the end of the body
        record(STDIN, body.as_bytes()),
        if body.is_empty() {
            Vec::new()
        } else {
            record(STDIN, b"")
        },
    ];
    stream.write_all(&request.concat())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let (mut text, mut rest) = (Vec::new(), &answer[..]);
    let mut ended = false;
    while let [_, kind, _, _, high, low, padding, _, data @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        if *kind == STDOUT {
            text.extend_from_slice(&data[..length]);
        }
        ended |= *kind == END;
        rest = &data[length + usize::from(*padding)..];
    }
    let text = String::from_utf8(text).map_err(io::Error::other)?;
    if ended {
        Ok(text)
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

fn ask_unix(path: &Path, body: &str) -> String {
    let stream = UnixStream::connect(path).expect("the socket");
    stream
        .set_read_timeout(Some(DEADLINE))
        .expect("a time limit");
    ask(stream, "/hello", body).expect("an answer")
}

/// The interpreter itself, for the responder: what stands in PATH may be a script that has children.
/// None means that the test is skipped.
fn python() -> Option<PathBuf> {
    let print = "import sys; print(sys.executable, end='')";
    match Command::new("python3").args(["-c", print]).output() {
        Ok(output) if output.status.success() => Some(
            String::from_utf8(output.stdout)
                .expect("a UTF-8 path")
                .into(),
        ),
        _ => {
            skip("needs python3");
            None
        }
    }
}

/// A home with the responder and a section of two processes, and further lines for it.
fn responders(python: &Path, lines: &str) -> Home {
    let home = Home::new();
    home.write("responder.py", RESPONDER);
    home.config(&format!(
        "[fcgi-program:web]\ncommand={} -S -E {{dir}}/responder.py\nnumprocs=2\nstartsecs=0\n\
         process_name=web%(process_num)d\nstderr_logfile={{dir}}/web.err\n{lines}\n",
        python.display()
    ));
    home
}

/// The identity of the socket that a process has as its stdin.
fn stdin_of(pid: i32) -> PathBuf {
    proc::descriptors(pid).remove(&0).expect("a stdin")
}

#[test]
fn proc_111_two_processes_answer_at_one_unix_socket() {
    let Some(python) = python() else { return };
    let home = responders(&python, "socket=unix://{dir}/fcgi");
    let daemon = Daemon::of(home, &[]);
    let pids = ["web:web0", "web:web1"].map(|name| daemon.wait_running(name));
    assert_eq!(stdin_of(pids[0]), stdin_of(pids[1]));
    let path = daemon.path("fcgi");
    let mode = fs::metadata(&path).expect("the socket's file").mode();
    assert_eq!(mode & 0o7777, 0o700);
    let answer = ask_unix(&path, "a body");
    let text = answer
        .strip_prefix("Content-Type: text/plain\r\n\r\n")
        .expect("a head");
    assert!(
        ["web0 /hello A BODY", "web1 /hello A BODY"].contains(&text),
        "{text}"
    );
    // each of them takes requests: one that stands still is not waited for
    for (stopped, other) in [(0, "web1 "), (1, "web0 ")] {
        proc::signal(pids[stopped], nix::sys::signal::Signal::SIGSTOP);
        // one request may already be with the one that stands still
        let mut answers = BTreeSet::new();
        for _ in 0..3 {
            let stream = UnixStream::connect(&path).expect("the socket");
            stream
                .set_read_timeout(Some(Duration::from_millis(500)))
                .expect("a time limit");
            answers.extend(ask(stream, "/", ""));
        }
        assert!(
            answers.iter().any(|answer| answer.contains(other)),
            "{answers:?}"
        );
        proc::signal(pids[stopped], nix::sys::signal::Signal::SIGCONT);
    }
}

#[test]
fn proc_114_tcp() {
    let Some(python) = python() else { return };
    let port = TcpListener::bind("127.0.0.1:0")
        .expect("a port")
        .local_addr()
        .expect("it")
        .port();
    let home = responders(&python, &format!("socket=tcp://localhost:{port}"));
    let mut daemon = Daemon::of(home, &[]);
    daemon.wait_running("web:web0");
    let stream = TcpStream::connect(("127.0.0.1", port)).expect("the socket");
    stream
        .set_read_timeout(Some(DEADLINE))
        .expect("a time limit");
    let answer = ask(stream, "/tcp", "x").expect("an answer");
    assert!(answer.ends_with(" /tcp X"), "{answer}");
    // the daemon itself is no client and holds no connection: after its end the port is free
    daemon.stop();
    TcpListener::bind(("127.0.0.1", port)).expect("a free port");
}

/// PROC-111, PROC-113, PROC-117: the socket lives as long as one of its processes.
#[test]
fn proc_117_a_restart_keeps_the_socket() {
    let Some(python) = python() else { return };
    let home = responders(&python, "socket=unix://{dir}/fcgi");
    let daemon = Daemon::of(home, &[]);
    let [zero, one] = ["web:web0", "web:web1"].map(|name| daemon.wait_running(name));
    let first = stdin_of(zero);
    daemon.stop_process("web:web0");
    assert!(ask_unix(&daemon.path("fcgi"), "").contains("web1 "));
    daemon.start_process("web:web0");
    let zero = daemon.wait_replaced("web:web0", zero);
    assert_eq!(
        (stdin_of(zero), stdin_of(one)),
        (first.clone(), first.clone())
    );
    proc::signal(one, nix::sys::signal::Signal::SIGKILL);
    let one = daemon.wait_replaced("web:web1", one);
    assert_eq!(stdin_of(one), first);
    assert_eq!(daemon.log_lines("Closing socket").len(), 1);

    let stopped = daemon.rpc("supervisor.stopProcessGroup", vec!["web".into()]);
    assert_eq!(
        stopped.map(|all| all.as_array().map(<[_]>::len)),
        Ok(Some(2))
    );
    assert_eq!(daemon.log_lines("Closing socket").len(), 2);
    assert!(daemon.has("fcgi"));
    let refused = UnixStream::connect(daemon.path("fcgi")).expect_err("nobody listens");
    assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
    daemon.start_process("web:web1");
    let one = daemon.wait_running("web:web1");
    assert_ne!(stdin_of(one), first);
    assert!(ask_unix(&daemon.path("fcgi"), "").contains("web1 "));
}

/// DEC-026: they stay while the daemon lives and go with it.
#[test]
fn dec_026_files_of_sockets_go_with_the_daemon() {
    ours_only!("DEC-026");
    let Some(python) = python() else { return };
    let home = responders(&python, "socket=unix://{dir}/fcgi");
    let mut daemon = Daemon::of(home, &[]);
    daemon.wait_running("web:web0");
    assert!(daemon.stop().success());
    assert!(!daemon.has("fcgi"));
}

/// A program that never accepts.
const DEAF: &str = "[fcgi-program:deaf]\ncommand=/bin/sleep 1000\nstartsecs=0\n\
                    socket=unix://{dir}/deaf\n";

#[test]
fn proc_113_mode_and_owner() {
    let home = Home::new();
    let nobody = User::from_name("nobody").expect("a user database");
    let nobody = nobody.filter(|_| nix::unistd::geteuid().is_root());
    let group = nobody
        .as_ref()
        .and_then(|user| Group::from_gid(user.gid).ok()?);
    let owner = if let Some(group) = &group {
        format!("socket_owner=nobody:{}\n", group.name)
    } else {
        skip("only the mode; run the tests as root to include the owner");
        String::new()
    };
    home.config(&format!("{DEAF}{owner}socket_mode=0617\n"));
    // whatever is at its path makes room
    home.write("deaf", "in the way");
    let daemon = Daemon::of(home, &[]);
    daemon.wait_running("deaf");
    let file = fs::metadata(daemon.path("deaf")).expect("the socket's file");
    assert!(file.file_type().is_socket());
    assert_eq!(file.mode() & 0o7777, 0o617);
    if let (Some(user), Some(group)) = (nobody, group) {
        let owner = (user.uid.as_raw(), group.gid.as_raw());
        assert_eq!((file.uid(), file.gid()), owner);
    }
}

/// CFG-183: without `socket_owner` it belongs to the user of the program.
#[test]
fn cfg_183_the_programs_user_owns_the_socket() {
    needs_root!();
    let home = Home::new();
    home.config(&format!("{DEAF}user=nobody\n"));
    let daemon = Daemon::of(home, &[]);
    daemon.wait_running("deaf");
    let file = fs::metadata(daemon.path("deaf")).expect("the socket's file");
    let nobody = User::from_name("nobody").expect("a user database");
    assert_eq!(Some(file.uid()), nobody.map(|user| user.uid.as_raw()));
}

/// How many clients can connect before one would have to wait.
fn room(path: &Path) -> usize {
    let address = UnixAddr::new(path).expect("a short path");
    let mut waiting: Vec<OwnedFd> = Vec::new();
    loop {
        let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
        let client = socket(AddressFamily::Unix, SockType::Stream, flags, None);
        let client = client.expect("a socket");
        match connect(client.as_raw_fd(), &address) {
            Ok(()) => waiting.push(client),
            Err(Errno::EAGAIN) => return waiting.len(),
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn proc_115_the_backlog_is_the_one_that_was_set() {
    let home = Home::new();
    home.config(&format!("{DEAF}socket_backlog=3\n"));
    let daemon = Daemon::of(home, &[]);
    daemon.wait_running("deaf");
    // Linux takes one more than it was told
    assert_eq!(room(&daemon.path("deaf")), 4);
}

#[test]
fn proc_116_there_is_no_other_stdin() {
    let home = Home::new();
    home.config(DEAF);
    let daemon = Daemon::of(home, &[]);
    let pid = daemon.wait_running("deaf");
    let stdin = stdin_of(pid);
    assert!(stdin.to_string_lossy().starts_with("socket:"), "{stdin:?}");
    let sent = daemon.rpc(
        "supervisor.sendProcessStdin",
        vec!["deaf".into(), "x".into()],
    );
    assert_eq!(sent, Err((20, "NO_FILE: deaf".to_owned())));
}

/// DEC-017: the reference forgets the socket there.
#[test]
fn dec_017_in_a_group_it_keeps_its_socket() {
    ours_only!("DEC-017");
    let Some(python) = python() else { return };
    let home = responders(
        &python,
        "socket=unix://{dir}/fcgi\n[group:site]\nprograms=web\n",
    );
    let daemon = Daemon::of(home, &[]);
    let pids = ["site:web0", "site:web1"].map(|name| daemon.wait_running(name));
    assert_eq!(stdin_of(pids[0]), stdin_of(pids[1]));
    assert!(ask_unix(&daemon.path("fcgi"), "in a group").ends_with("IN A GROUP"));
}

#[test]
fn proc_112_a_socket_that_cannot_be_made_ends_the_start() {
    let home = Home::new();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let in_use = format!("tcp://127.0.0.1:{port}: [Errno 98] Address already in use");
    let url = |rest: &str| rest.split(": ").next().expect("a URL").to_owned();
    for error in [
        "unix:///no/such/dir/s: [Errno 2] No such file or directory",
        &in_use,
    ] {
        home.config(&format!(
            "[fcgi-program:f]\ncommand=/bin/sleep 1000\nsocket={}\n",
            url(error)
        ));
        let reply = Reply::from(home.supervisord(&["-n", "-c", "supervisord.conf"]));
        assert_eq!(reply.code, Some(1), "{}", reply.err);
        let text = format!("Could not create FastCGI socket {error}");
        assert!(reply.err.contains(&text), "{}", reply.err);
    }
}

/// While it runs the daemon survives that: the program fails to start, and starts when the way is free.
#[test]
fn dec_029_a_socket_that_cannot_be_made_later_is_a_failed_start() {
    ours_only!("DEC-029: the reference dies of it");
    let home = Home::new();
    fs::create_dir(home.path("run")).expect("a folder");
    home.config(
        &DEAF
            .replace("{dir}/deaf", "{dir}/run/deaf")
            .replace("startsecs=0", "startsecs=0\nstartretries=0"),
    );
    let daemon = Daemon::of(home, &[]);
    daemon.wait_running("deaf");
    daemon.stop_process("deaf");
    fs::remove_dir_all(daemon.path("run")).expect("the folder");
    let started = daemon.rpc("supervisor.startProcess", vec!["deaf".into()]);
    assert_eq!(started, Err((50, "SPAWN_ERROR: deaf".to_owned())));
    let url = daemon.fill("unix://{dir}/run/deaf");
    let text =
        format!("CRIT Could not create FastCGI socket {url}: [Errno 2] No such file or directory");
    assert_eq!(daemon.wait_log("Could not create"), text);
    daemon.wait_state("deaf", "FATAL");
    let said = |what: &str| daemon.log_lines(&format!("INFO {what} socket")).len();
    // for the check at the beginning and the first start
    assert_eq!((said("Creating"), said("Closing")), (2, 2));
    fs::create_dir(daemon.path("run")).expect("a folder");
    daemon.start_process("deaf");
    daemon.wait_running("deaf");
    assert!(daemon.has("run/deaf"));
    assert_eq!((said("Creating"), said("Closing")), (3, 2));
}

#[test]
fn dec_029_a_start_that_fails_on_its_way_says_nothing_of_sockets() {
    ours_only!("DEC-029: the reference makes the socket first");
    let home = Home::new();
    fs::create_dir(home.path("logs")).expect("a folder");
    home.config(&format!(
        "{DEAF}startretries=1\nautostart=false\nstdout_logfile={{dir}}/logs/deaf\n"
    ));
    let daemon = Daemon::of(home, &[]);
    fs::remove_dir(daemon.path("logs")).expect("the folder");
    let started = daemon.rpc("supervisor.startProcess", vec!["deaf".into()]);
    assert_eq!(started, Err((50, "SPAWN_ERROR: deaf".to_owned())));
    daemon.wait_state("deaf", "FATAL");
    assert_eq!(daemon.log_lines("INFO Creating socket").len(), 1);
    assert_eq!(daemon.log_lines("INFO Closing socket").len(), 1);
}
