//! The Unix socket: its mode, who may own its path, what happens to an old one.

use std::fs::{self, Permissions};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::UnixListener;

use nix::sys::signal::Signal;

use crate::common::daemon::Daemon;
use crate::common::home::Home;
use crate::common::wait::wait_until;
use crate::common::{ours_only, proc};

/// The permissions of the daemon's socket.
fn mode(daemon: &Daemon) -> u32 {
    let metadata = fs::metadata(daemon.path("sock")).expect("the socket");
    assert!(metadata.file_type().is_socket());
    metadata.permissions().mode() & 0o777
}

/// Rewrites the configuration of `home` with more lines for its socket.
fn with_socket_option(home: &Home, option: &str) {
    let path = home.config("");
    let text = fs::read_to_string(path).expect("the configuration");
    let socket = home.fill("file={dir}/sock\n");
    let text = text.replacen(&socket, &format!("{socket}{option}\n"), 1);
    home.write("supervisord.conf", &text);
}

#[test]
fn dmn_062_the_socket_is_private_unless_chmod_says_more() {
    assert_eq!(mode(&Daemon::start("")), 0o700);
    let home = Home::new();
    with_socket_option(&home, "chmod=0770");
    let daemon = Daemon::of(home, &[]);
    assert_eq!(mode(&daemon), 0o770);
    let names = daemon.names();
    let sockets = names.iter().filter(|name| name.starts_with("sock"));
    assert_eq!(sockets.count(), 1, "no temporary name stays: {names:?}");
}

#[test]
fn dmn_063_a_socket_that_nobody_answers_is_replaced() {
    let home = Home::new();
    home.config("");
    drop(UnixListener::bind(home.path("sock")).expect("a socket"));
    let daemon = Daemon::of(home, &[]);
    assert!(daemon.rpc("supervisor.getState", vec![]).is_ok());
    let said = daemon.read("stderr");
    assert_eq!(said, daemon.fill("Unlinking stale socket {dir}/sock\n"));
}

#[test]
fn dmn_063_after_a_crash_the_next_start_takes_over() {
    let home = Home::new();
    home.config("[program:x]\ncommand=/bin/cat\nstartsecs=0\n");
    let first = Daemon::background(home, &[]);
    first.wait_running("x");
    first.signal(Signal::SIGKILL);
    wait_until("the crash", || !proc::alive(first.pid));
    assert!(first.has("sock") && first.has("pid"), "nobody tidied up");
    let output = first.supervisord(&["-c", "supervisord.conf"]);
    assert!(output.status.success(), "{output:?}");
    let stale = first.fill("Unlinking stale socket {dir}/sock\n");
    assert_eq!(String::from_utf8_lossy(&output.stderr), stale);
    let old = format!("{}\n", first.pid);
    wait_until("a new pid file", || {
        first.read("pid").ends_with('\n') && first.read("pid") != old
    });
    wait_until("the program", || first.state("x") == "RUNNING");
}

#[test]
fn dmn_017_a_second_daemon_leaves_the_first_alone() {
    let daemon = Daemon::start("[program:x]\ncommand=/bin/cat\nstartsecs=0\n");
    let pid = daemon.wait_running("x");
    let second = daemon.supervisord(&["-n", "-c", "supervisord.conf", "-l", "second.log"]);
    assert_eq!(second.status.code(), Some(2));
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    let expected = "Error: Another program is already listening on a port that one of our HTTP \
                    servers is configured to use.  Shut this program down first before starting \
                    supervisord.\nFor help, use ";
    assert!(said.starts_with(expected), "{said}");
    assert_eq!(daemon.read("pid"), format!("{}\n", daemon.pid));
    assert_eq!(daemon.wait_running("x"), pid);
}

#[test]
fn dec_030_a_second_daemon_leaves_the_automatic_logs_of_the_first() {
    ours_only!("DEC-030: the check for a running daemon comes before the clean-up");
    let daemon = Daemon::start("[program:x]\ncommand=/bin/cat\nstartsecs=0\n");
    let before = daemon.names();
    let second = daemon.supervisord(&["-n", "-c", "supervisord.conf", "-l", "main.log"]);
    assert_eq!(second.status.code(), Some(2));
    assert_eq!(daemon.names(), before);
}

#[test]
fn dec_042_a_path_that_is_no_socket_is_an_error_and_left_alone() {
    ours_only!("DEC-042: a path for the unix socket that is no socket is left alone");
    let home = Home::new();
    home.config("");
    home.write("sock", "precious");
    let output = home.supervisord(&["-n", "-c", "supervisord.conf"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&output.stderr).starts_with("Error: "),
        "{output:?}"
    );
    assert_eq!(home.read("sock"), "precious");
}

#[test]
fn dmn_067_a_socket_in_a_missing_folder_is_an_error() {
    let home = Home::new();
    home.write(
        "supervisord.conf",
        "[unix_http_server]\nfile={dir}/none/sock\n\
         [supervisord]\nlogfile={dir}/main.log\npidfile={dir}/pid\nchildlogdir={dir}\n",
    );
    let output = home.supervisord(&["-n", "-c", "supervisord.conf"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let expected = "Error: Cannot open an HTTP server: socket.error reported errno.ENOENT (2)\n";
    assert!(said.starts_with(expected), "{said}");
}

#[test]
fn log_082_a_log_that_cannot_be_opened_ends_the_start() {
    let home = Home::new();
    home.config("");
    fs::create_dir(home.path("folder")).expect("a folder");
    fs::set_permissions(home.path("folder"), Permissions::from_mode(0o755)).expect("a mode");
    let output = home.supervisord(&["-n", "-c", "supervisord.conf", "-l", "folder"]);
    assert!(!output.status.success(), "{output:?}");
    assert!(!output.stderr.is_empty());
    assert!(!home.has("sock") && !home.has("pid"));
}
