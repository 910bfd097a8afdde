//! As process 1 of a pid namespace, as containers run it.

use std::fs::{self, File};
use std::process::{Child, Stdio};

use nix::sys::signal::Signal;

use crate::common::home::{Home, start};
use crate::common::wait::{wait_for, wait_until};
use crate::common::{needs_root, proc, skip};

/// The first child of a process, in the pids of this test.
fn child_of(pid: i32) -> Option<i32> {
    let path = format!("/proc/{pid}/task/{pid}/children");
    let text = fs::read_to_string(path).ok()?;
    text.split_whitespace().next()?.parse().ok()
}

/// Starts the configuration of `home` as process 1; none where namespaces are not to be had.
fn start_as_first(home: &Home) -> Option<Child> {
    let probe = home
        .marked("unshare")
        .args(["--pid", "--fork", "--mount-proc", "true"])
        .stderr(Stdio::null())
        .status();
    if !probe.is_ok_and(|status| status.success()) {
        return None;
    }
    let mut command = home.marked("unshare");
    command.args(["--pid", "--fork", "--kill-child", "--mount-proc"]);
    command.arg(crate::common::program("supervisord"));
    command.args(["-n", "-c", "supervisord.conf"]);
    let output = File::create(home.path("stdout")).expect("a file for the output");
    command.stdout(output).stderr(Stdio::null());
    Some(start(&mut command))
}

#[test]
fn dmn_074_as_process_one_it_reaps_orphans_and_ends_by_term() {
    needs_root!();
    let home = Home::new();
    // The program's child leaves a grandchild behind, which the first process inherits and reaps.
    home.write(
        "orphan.sh",
        "(sh -c 'read line <{dir}/gate; echo $? >{dir}/gone' &)\nread line\n",
    );
    home.config_with(
        "loglevel=debug",
        "[program:x]\ncommand=/bin/sh {dir}/orphan.sh\nstartsecs=0\n",
    );
    nix::unistd::mkfifo(&home.path("gate"), nix::sys::stat::Mode::S_IRWXU).expect("a fifo");
    let Some(mut outer) = start_as_first(&home) else {
        return skip("needs pid namespaces; run the tests where unshare --pid is allowed");
    };
    wait_until("the pid file", || home.read("pid") == "1\n");
    wait_until("the program", || {
        home.read("main.log").contains("success: x")
    });
    home.write("gate", "\n");
    wait_until("the orphan", || home.has("gone"));
    wait_until("its burial", || {
        home.read("main.log").contains(" reaped unknown pid ")
    });
    let outer_pid = i32::try_from(outer.id()).expect("a pid");
    let first = child_of(outer_pid).expect("the first process of the namespace");
    proc::signal(first, Signal::SIGTERM);
    let status = wait_for("the end", || outer.try_wait().expect("our child"));
    assert_eq!(status.code(), Some(0));
    assert!(
        home.read("main.log")
            .contains("stopped: x (terminated by SIGTERM)")
    );
    assert!(!home.has("pid") && !home.has("sock"));
}
