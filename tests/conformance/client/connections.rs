//! Servers that cannot be reached.

use std::fs::Permissions;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use super::fake::{self, Reply, Request, client, fault, raw, status, value, with_version};
use crate::common::wait::wait_for;

/// Runs a command against `url`: standard output and exit status.
fn run(url: &str, command: &str) -> (String, i32) {
    let output = client(&["-s", url, command], "");
    let out = String::from_utf8(output.stdout).unwrap();
    (out, output.status.code().unwrap())
}

/// A port at which nobody listens.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

#[test]
fn ctl_031_refused() {
    let url = format!("http://127.0.0.1:{}", free_port());
    let table = [
        ("status", "", "", 4),
        ("pid", "", "", 4),
        ("start x", "", "", 4),
        ("fg x", "", "", 4),
        ("tail -f x", "", "", 4),
        // friendly lines where the reference prints exceptions, with its exit statuses (DEC-080)
        ("avail", "", "", 1),
        ("reread", "", "", 1),
        ("update", "", "", 1),
        ("add x", "", "", 1),
        ("remove x", "", "", 1),
        ("reload", "", "", 1),
        ("shutdown", "ERROR: ", " (already shut down?)", 1),
    ];
    for (command, before, after, exit) in table {
        let line = format!("{before}{url} refused connection{after}\n");
        assert_eq!(run(&url, command), (line, exit), "{command}");
    }
}

#[test]
fn ctl_031_no_socket() {
    let url = "unix:///nonexistent/supervisor.sock";
    let table = [
        ("status", "", "", 4),
        ("pid", "", "", 7),
        ("restart x", "", "", 7),
        ("avail", "", "", 1),
        ("reload", "", "", 1),
        ("shutdown", "ERROR: ", " (already shut down?)", 1),
    ];
    for (command, before, after, exit) in table {
        let line = format!("{before}{url} no such file{after}\n");
        assert_eq!(run(url, command), (line, exit), "{command}");
    }
}

#[test]
fn ctl_032_a_file_and_a_stale_socket_are_refused() {
    let folder = std::env::temp_dir().join(format!("supervisorctl-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (file, stale) = (folder.join("file"), folder.join("stale"));
    std::fs::write(&file, "").unwrap();
    drop(UnixListener::bind(&stale).unwrap());
    for path in [&file, &stale] {
        let url = format!("unix://{}", path.display());
        let line = format!("{url} refused connection\n");
        assert_eq!(run(&url, "version"), (line, 4));
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn ctl_160_open_leaves_the_exit_status() {
    let url = format!("http://127.0.0.1:{}", free_port());
    let table = [
        (
            format!("open {url}"),
            format!("{url} refused connection\n"),
            0,
        ),
        (
            "open unix:///nonexistent/s".to_owned(),
            "unix:///nonexistent/s no such file\n".to_owned(),
            0,
        ),
        (
            "open ftp://x".to_owned(),
            "ERROR: url must be http:// or unix://\n".to_owned(),
            1,
        ),
        (
            "open".to_owned(),
            "ERROR: url must be http:// or unix://\n".to_owned(),
            1,
        ),
    ];
    for (command, line, exit) in table {
        assert_eq!(run("unix:///nonexistent/other", &command), (line, exit));
    }
}

/// What must stand in no message (CLX-101): a class of Python, a line of the source.
fn assert_plain(text: &str) {
    for part in [
        "<class",
        "<Fault",
        "<ProtocolError",
        ".rs",
        ".py",
        "Errno",
        "os error",
    ] {
        assert!(!text.contains(part), "{part} in {text:?}");
    }
}

#[test]
fn dec_080_urls_that_cannot_work() {
    let long = format!("unix:///{}", "x".repeat(200));
    let table = [
        (
            "localhost:9001",
            "it must begin with http:// or unix://; did you mean http://localhost:9001?",
        ),
        (
            "https://h:1",
            "it must begin with http:// or unix://; did you mean http://h:1?",
        ),
        ("http://h:x", "its port is no number from 0 to 65535"),
        ("http://h:99999", "its port is no number from 0 to 65535"),
        ("http://:9001", "it names no host"),
        (&long, "the path is too long for a socket"),
    ];
    for (url, why) in table {
        // the first goes by way of the check that most begin with, the second does not
        for command in ["status", "avail"] {
            let (out, exit) = run(url, command);
            assert!(out.starts_with("error: cannot "), "{out}");
            assert!(out.ends_with(&format!(": {why}\n")), "{out}");
            assert_eq!((out.lines().count(), exit), (1, 1), "{url}");
            assert_plain(&out);
        }
    }
}

#[test]
fn dec_080_a_host_that_nobody_knows() {
    let (out, exit) = run("http://host.invalid:9001", "status");
    // the second where no name server answers
    let starts = [
        "error: no such host: host.invalid\n",
        "error: cannot find the address of host.invalid: ",
    ];
    assert!(starts.iter().any(|start| out.starts_with(start)), "{out}");
    assert_eq!((out.lines().count(), exit), (1, 1));
    assert_plain(&out);
}

/// Runs a command as somebody for whom the socket `closed` in `folder` is closed.
fn denied(folder: &Path, command: &[&str]) -> (String, i32) {
    let path = folder.join("closed");
    drop(UnixListener::bind(&path).unwrap());
    std::fs::set_permissions(&path, Permissions::from_mode(0o000)).unwrap();
    let url = format!("unix://{}", path.display());
    let output = if nix::unistd::geteuid().is_root() {
        // root is let through, and who takes its place may not reach our folders
        let program = folder.join("supervisorctl");
        std::fs::copy(fake::PROGRAM, &program).unwrap();
        let config = folder.join("c.conf");
        std::fs::write(&config, "[supervisorctl]\n").unwrap();
        for (path, mode) in [(folder, 0o755), (&config, 0o644)] {
            std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        }
        let mut child = Command::new(&program);
        child.uid(65534).gid(65534).current_dir("/");
        child
            .arg("-c")
            .arg(&config)
            .args(["-s", &url])
            .args(command);
        // a test beside this one may have forked while the copy was being written
        wait_for("the copy to be free", || match child.output() {
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => None,
            other => Some(other.unwrap()),
        })
    } else {
        client(&[&["-s", &url], command].concat(), "")
    };
    let out = String::from_utf8(output.stdout).unwrap();
    (out, output.status.code().unwrap())
}

#[test]
fn ctl_036_sockets_that_cannot_be_opened() {
    let folder = std::env::temp_dir().join(format!("supervisorctl-way-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("file");
    std::fs::write(&file, "").unwrap();
    let path = file.join("socket");
    let (out, exit) = run(&format!("unix://{}", path.display()), "stop x");
    let line = format!("error: cannot open {}: Not a directory\n", path.display());
    assert_eq!((out, exit), (line, 1));
    let (out, exit) = denied(&folder, &["avail"]);
    let line = format!(
        "error: cannot open {}: permission denied; try sudo, or set chmod and chown in [unix_http_server]\n",
        folder.join("closed").display()
    );
    assert_eq!((out, exit), (line, 1));
    std::fs::remove_dir_all(&folder).unwrap();
}

/// Every command, with arguments that bring it to the server.
const COMMANDS: [&str; 20] = [
    "add x",
    "avail",
    "clear x",
    "clear all",
    "fg x",
    "maintail",
    "pid",
    "pid x",
    "reload",
    "remove x",
    "reread",
    "restart x",
    "shutdown",
    "signal HUP x",
    "start x",
    "start g:*",
    "stop all",
    "tail x",
    "update",
    "version",
];

#[test]
fn dec_080_no_command_shows_a_class_or_a_line_of_source() {
    type Answer = fn(&Request) -> Reply;
    let answers: [Answer; 8] = [
        |_| raw(b""),
        |_| raw(b"SSH-2.0-OpenSSH\r\n"),
        |_| status("500 Internal Server Error"),
        |_| status("404 Not Found"),
        |_| fault("30", "FAILED: no"),
        |request| with_version(request, |_| fault("92", "CANT_REREAD: no")),
        |request| with_version(request, |_| fault("4711", "")),
        |request| with_version(request, |_| value("<nil/>")),
    ];
    for (number, answer) in answers.into_iter().enumerate() {
        for command in COMMANDS {
            let ran = fake::run(&[command], answer);
            assert_plain(&ran.out);
            assert_plain(&ran.err);
        }
        // all of them in the shell
        let ran = fake::run_with_input(&[], &(COMMANDS.join("\n") + "\n"), answer);
        assert!(
            ran.out.contains("ERROR: ") || ran.out.contains("error: "),
            "{number}"
        );
        assert_plain(&ran.out);
        assert_plain(&ran.err);
        assert_eq!(ran.status, 0);
    }
    for url in ["http://127.0.0.1:x", "nonsense:1"] {
        for command in COMMANDS {
            assert_plain(&run(url, command).0);
        }
    }
}
