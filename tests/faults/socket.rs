//! The daemon's own socket is deleted or replaced, and the daemon itself is stopped for a while.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::UnixListener;
use std::path::Path;

use nix::sys::signal::Signal;

use crate::common::daemon::Daemon;
use crate::common::wait::wait_until;
use crate::common::{ours_only, proc};
use crate::health::{Watch, start};

fn inode(path: &Path) -> Option<u64> {
    path.symlink_metadata().ok().map(|found| found.ino())
}

/// Waits until the daemon can be reached through its socket.
fn wait_reachable(daemon: &Daemon) {
    wait_until("the socket to be back", || {
        daemon.try_rpc("supervisor.getState", vec![]).is_ok()
    });
}

#[test]
fn a_socket_that_was_deleted_comes_back() {
    ours_only!("issue 7");
    let daemon = start("");
    let watch = Watch::over(&daemon);
    let mode = |daemon: &Daemon| fs::metadata(daemon.path("sock")).expect("a socket").mode();
    let before = mode(&daemon);
    for _ in 0..3 {
        fs::remove_file(daemon.path("sock")).expect("the socket");
        wait_reachable(&daemon);
        assert_eq!(mode(&daemon), before);
    }
    daemon.wait_log("/sock was gone and has been made anew");
    watch.check(&daemon);
}

#[test]
fn a_socket_that_was_replaced_or_moved_away_comes_back() {
    ours_only!("issue 7");
    let mut daemon = start("");
    let watch = Watch::over(&daemon);
    let (socket, other) = (daemon.path("sock"), daemon.path("other"));
    // a stale socket in its place
    drop(UnixListener::bind(&other).expect("a socket"));
    let stale = inode(&other);
    fs::rename(&other, &socket).expect("replaced");
    wait_until("another socket", || inode(&socket) != stale);
    wait_reachable(&daemon);
    fs::rename(&socket, &other).expect("moved away");
    wait_until("a socket", || inode(&socket).is_some());
    wait_reachable(&daemon);
    watch.check(&daemon);
    assert!(daemon.stop().success());
    assert!(!daemon.has("sock"), "it goes with the daemon");
}

#[test]
fn what_others_put_in_its_place_is_left_alone_until_it_goes() {
    ours_only!("issue 7");
    let mut daemon = start("");
    let watch = Watch::over(&daemon);
    let (socket, other) = (daemon.path("sock"), daemon.path("other"));
    fs::write(&other, "theirs").expect("a file");
    fs::rename(&other, &socket).expect("replaced");
    daemon.wait_log("/sock is gone and cannot be made anew");
    assert_eq!(daemon.read("sock"), "theirs");
    fs::remove_file(&socket).expect("theirs");
    wait_reachable(&daemon);
    // somebody who listens keeps the name
    let theirs = UnixListener::bind(&other).expect("a socket");
    let (inode_of_theirs, times) = (inode(&other), daemon.log_lines("cannot be made").len());
    fs::rename(&other, &socket).expect("replaced");
    wait_until("a second complaint", || {
        daemon.log_lines("cannot be made").len() > times
    });
    assert_eq!(inode(&socket), inode_of_theirs);
    drop(theirs);
    wait_reachable(&daemon);
    watch.check(&daemon);
    assert!(daemon.stop().success());
}

#[test]
fn a_folder_that_vanished_with_the_socket_may_come_back() {
    ours_only!("issue 7");
    let home = crate::common::home::Home::new();
    fs::create_dir(home.path("run")).expect("a folder");
    crate::health::config(&home, "");
    let text = home.read("supervisord.conf").replace("/sock", "/run/sock");
    fs::write(home.path("supervisord.conf"), text).expect("a file");
    let mut daemon = Daemon::of(home, &[]);
    let reachable = |daemon: &Daemon| {
        let call = crate::common::rpc::try_call;
        call(&daemon.path("run/sock"), "supervisor.getState", vec![]).is_ok()
    };
    wait_until("an answer", || reachable(&daemon));
    wait_until("the folder to go", || {
        fs::remove_dir_all(daemon.path("run")).is_ok()
    });
    daemon.wait_log("/run/sock is gone and cannot be made anew");
    fs::create_dir(daemon.path("run")).expect("a folder");
    wait_until("an answer", || reachable(&daemon));
    assert!(daemon.stop().success());
}

#[test]
fn a_mode_that_somebody_else_gave_the_socket_stays() {
    let daemon = start("");
    let socket = daemon.path("sock");
    let before = inode(&socket);
    fs::set_permissions(&socket, fs::Permissions::from_mode(0o770)).expect("a mode");
    let watch = Watch::over(&daemon);
    watch.check(&daemon);
    let after = fs::metadata(&socket).expect("a socket");
    assert_eq!((Some(after.ino()), after.mode() & 0o777), (before, 0o770));
}

#[test]
fn a_daemon_that_was_stopped_goes_on_where_it_was() {
    let daemon = start(
        "[program:a]\ncommand=/bin/sleep 1000\nautorestart=true\nstartsecs=0\n\
         [program:b]\ncommand=/bin/cat\nstdout_logfile={dir}/b\nstartsecs=0\n",
    );
    let (a, b) = (daemon.wait_running("a"), daemon.wait_running("b"));
    let watch = Watch::over(&daemon);
    daemon.signal(Signal::SIGSTOP);
    wait_until("a stop", || {
        proc::status(daemon.pid, "State").is_some_and(|state| state.starts_with('T'))
    });
    proc::signal(a, Signal::SIGKILL);
    wait_until("a zombie", || !proc::alive(a));
    daemon.signal(Signal::SIGCONT);
    daemon.wait_replaced("a", a);
    assert_eq!(daemon.pid_of("b"), b);
    daemon.feed("b", "after\n");
    daemon.wait_file("b", "after\n");
    watch.check(&daemon);
}
