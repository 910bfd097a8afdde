//! As process 1 of a pid namespace, as containers run it.

use std::fs::{self, File};
use std::os::unix::fs::chown;
use std::path::Path;
use std::process::{Child, Stdio};

use nix::sys::signal::Signal;

use crate::common::home::{Home, start};
use crate::common::wait::{wait_for, wait_until};
use crate::common::{needs_root, ours_only, proc, skip};

/// The first child of a process, in the pids of this test.
fn child_of(pid: i32) -> Option<i32> {
    let path = format!("/proc/{pid}/task/{pid}/children");
    let text = fs::read_to_string(path).ok()?;
    text.split_whitespace().next()?.parse().ok()
}

/// True where a test may have pids and mounts of its own.
fn has_namespaces(home: &Home) -> bool {
    let probe = home
        .marked("unshare")
        .args(["--pid", "--fork", "--mount-proc", "true"])
        .stderr(Stdio::null())
        .status();
    probe.is_ok_and(|status| status.success())
}

/// Starts a command as process 1.
fn start_as_first(home: &Home, words: &[&str], output: Stdio) -> Child {
    let mut command = home.marked("unshare");
    command.args(["--pid", "--fork", "--kill-child", "--mount-proc"]);
    command.args(words).stdout(output).stderr(Stdio::null());
    start(&mut command)
}

const NEEDS: &str = "needs pid namespaces; run the tests where unshare --pid is allowed";

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
    if !has_namespaces(&home) {
        return skip(NEEDS);
    }
    let program = crate::common::program("supervisord");
    let words = [
        program.to_str().expect("UTF-8"),
        "-n",
        "-c",
        "supervisord.conf",
    ];
    let output = File::create(home.path("stdout")).expect("a file for the output");
    let mut outer = start_as_first(&home, &words, output.into());
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

/// The user of the container's programs.
const NOBODY: u32 = 65534;

/// What a container engine does, in the small: all that is not the folder is read-only, standard output is a
/// pipe that belongs to the user, and no rights are left.
const CONTAINER: &str = "mount --bind {dir} {dir} && mount -o remount,bind,ro / &&
    chown 65534 /proc/self/fd/1 &&
    exec setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs \
        {dir}/supervisord -n -c {dir}/supervisord.conf";

#[test]
fn dmn_074_the_example_runs_on_a_read_only_root_without_rights() {
    needs_root!();
    ours_only!("DEC-033");
    let home = Home::new();
    if !has_namespaces(&home) {
        return skip(NEEDS);
    }
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/container/supervisord.conf");
    let text = fs::read_to_string(example).expect("the example");
    home.write(
        "supervisord.conf",
        &text.replace("/run/supervisor", "{dir}"),
    );
    let copy = fs::copy(
        crate::common::program("supervisord"),
        home.path("supervisord"),
    );
    copy.expect("a copy that everybody may run");
    chown(home.folder(), Some(NOBODY), Some(NOBODY)).expect("a folder for nobody");

    // what the engine does with the container's output
    let mut engine = home.marked("cat");
    let shown = File::create(home.path("shown")).expect("a file for the output");
    let mut engine = start(engine.stdin(Stdio::piped()).stdout(shown));
    let output = engine.stdin.take().expect("a pipe");
    let words = ["/bin/sh", "-c", &home.fill(CONTAINER)];
    let mut outer = start_as_first(&home, &words, output.into());

    for said in [
        "web listens\n",
        "worker begins\n",
        "success: web",
        "success: worker",
    ] {
        wait_until(said, || home.read("shown").contains(said));
    }
    let outer_pid = i32::try_from(outer.id()).expect("a pid");
    let first = child_of(outer_pid).expect("the first process of the namespace");
    assert_eq!(
        proc::status(first, "NSpid").as_deref(),
        Some(&*format!("{first}\t1"))
    );
    assert!(proc::status(first, "Uid").is_some_and(|uid| uid.starts_with("65534")));
    let mounts = fs::read_to_string(format!("/proc/{first}/mounts")).expect("its mounts");
    let root = mounts
        .lines()
        .find(|line| line.split(' ').nth(1) == Some("/"));
    assert!(root.is_some_and(|line| line.contains(" ro,")), "{mounts}");
    proc::signal(first, Signal::SIGTERM);
    let status = wait_for("the end", || outer.try_wait().expect("our child"));
    assert_eq!(status.code(), Some(0));
    wait_for("the end of the output", || {
        engine.try_wait().expect("our child")
    });

    let shown = home.read("shown");
    for said in [
        "stopped: web (terminated by SIGTERM)",
        "stopped: worker (terminated by SIGTERM)",
    ] {
        assert!(shown.contains(said), "{shown}");
    }
    for noise in ["CRIT ", "ERRO ", "seek", "reaped unknown pid"] {
        // the socket is guarded by its mode alone, which is told everywhere (DEC-036)
        let guarded = |line: &str| line.contains("without any HTTP authentication checking");
        let mut lines = shown.lines().filter(|line| line.contains(noise));
        assert!(lines.all(guarded), "{shown}");
    }
    assert!(!home.has("supervisord.pid") && !home.has("supervisor.sock"));
}
