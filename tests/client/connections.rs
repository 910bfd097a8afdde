//! Servers that cannot be reached.

use std::os::unix::net::UnixListener;

use crate::fake::client;

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

#[test]
fn urls_that_cannot_work() {
    let table = [
        (
            "https://h:1",
            "ValueError",
            "Unknown protocol for serverurl https://h:1",
        ),
        (
            "http://h:x",
            "ValueError",
            "Port could not be cast to integer value as 'x'",
        ),
        ("http://h:99999", "ValueError", "Port out of range 0-65535"),
    ];
    for (url, class, message) in table {
        let (out, exit) = run(url, "status");
        let start = format!("error: <class '{class}'>, {message}: file: ");
        assert!(out.starts_with(&start), "{out}");
        assert_eq!(exit, 1, "{url}");
    }
    let long = format!("unix:///{}", "x".repeat(200));
    let (out, exit) = run(&long, "pid");
    assert!(
        out.starts_with("error: <class 'OSError'>, AF_UNIX path too long: file: "),
        "{out}"
    );
    assert_eq!(exit, 1);
}
