//! The configuration vanishes, is read half written, or is none: a pipe, a device, a file without end.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::process::Stdio;

use nix::sys::signal::Signal;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use crate::common::daemon::Daemon;
use crate::common::home::{Home, start as start_program};
use crate::common::proc;
use crate::common::wait::wait_until;
use crate::health::{Watch, config, start};

const PROGRAM: &str = "[program:a]\ncommand=/bin/sleep 1000\nstartsecs=0\n";

#[test]
fn a_configuration_that_cannot_be_read_changes_nothing() {
    let daemon = start(PROGRAM);
    let a = daemon.wait_running("a");
    let watch = Watch::over(&daemon);
    let whole = daemon.read("supervisord.conf");
    let path = daemon.path("supervisord.conf");
    let middle = whole.find("[program:a").expect("the section") + 8;
    let halves: [Option<&[u8]>; 4] = [
        None,
        Some(&whole.as_bytes()[..middle]),
        Some(b""),
        Some(b"\0\xff\n[program:a]\n"),
    ];
    for half in halves {
        match half {
            Some(bytes) => fs::write(&path, bytes).expect("a file"),
            None => fs::remove_file(&path).expect("the file"),
        }
        let read = daemon.rpc("supervisor.reloadConfig", vec![]);
        assert_eq!(read.expect_err("broken").0, 92, "{half:?}");
        let before = daemon.log_lines("SIGHUP").len();
        daemon.signal(Signal::SIGHUP);
        crate::common::wait::wait_until("the signal", || daemon.log_lines("SIGHUP").len() > before);
        assert_eq!(
            (daemon.pid_of("a"), daemon.state("a")),
            (a, "RUNNING".into())
        );
        watch.check(&daemon);
    }
    config(
        &daemon,
        &format!("{PROGRAM}[program:b]\ncommand=/bin/sleep 1000\n"),
    );
    let read = daemon.rpc("supervisor.reloadConfig", vec![]);
    assert!(format!("{read:?}").contains("\"b\""), "{read:?}");
    watch.check(&daemon);
}

/// Files of other kinds, in a folder from which everything is included.
fn odd_files(home: &Home) {
    fs::create_dir_all(home.path("x.d/folder.conf")).expect("a folder");
    mkfifo(&home.path("x.d/pipe.conf"), Mode::S_IRWXU).expect("a pipe");
    symlink("/dev/zero", home.path("x.d/zero.conf")).expect("a link");
    drop(UnixListener::bind(home.path("x.d/socket.conf")).expect("a socket"));
}

const INCLUDE: &str = "[include]\nfiles={dir}/x.d/*.conf\n";
const ODD: [&str; 3] = ["pipe", "zero", "socket"];

/// How often the main log said of each odd file that it was left out.
fn left_out(daemon: &Daemon) -> [usize; 3] {
    ODD.map(|name| {
        let text = format!("x.d/{name}.conf\" could not be read: it is no ordinary file");
        daemon.log_lines(&text).len()
    })
}

/// The most memory that the daemon ever had.
fn peak_kib(daemon: &Daemon) -> u64 {
    let peak = proc::status(daemon.pid, "VmHWM").expect("a size");
    let digits = peak.trim_end_matches("kB").trim();
    digits.parse().expect("a number")
}

#[test]
fn dec_013_odd_files_among_the_included_are_left_out_and_told() {
    let home = Home::new();
    config(&home, &format!("{PROGRAM}{INCLUDE}"));
    odd_files(&home);
    let daemon = Daemon::of(home, &[]);
    let a = daemon.wait_running("a");
    let watch = Watch::over(&daemon);
    assert_eq!(left_out(&daemon), [1; 3]);
    assert_eq!(
        daemon.ctl(&["reread"]).lines(),
        ["No config updates to processes"]
    );
    assert_eq!(left_out(&daemon), [2; 3]);
    assert_eq!(daemon.ctl(&["update"]).code, Some(0));
    assert_eq!(left_out(&daemon), [3; 3]);
    assert_eq!(daemon.pid_of("a"), a);
    watch.check(&daemon);
    // whether reading /dev/zero came to its end shows in what it took
    assert!(peak_kib(&daemon) < 100_000);
    daemon.signal(Signal::SIGHUP);
    wait_until("the next start", || {
        daemon.log_lines("supervisord started").len() == 2
    });
    assert_eq!(left_out(&daemon), [4; 3]);
}

#[test]
fn dec_012_a_file_without_end_among_the_included_changes_nothing() {
    let daemon = start(&format!("{PROGRAM}{INCLUDE}"));
    let a = daemon.wait_running("a");
    let watch = Watch::over(&daemon);
    daemon.write("x.d/big.conf", "");
    let big = fs::File::options()
        .write(true)
        .open(daemon.path("x.d/big.conf"));
    big.expect("the file")
        .set_len(1 << 40)
        .expect("a sparse file");
    let error = daemon
        .rpc("supervisor.reloadConfig", vec![])
        .expect_err("too large");
    let expected =
        "CANT_REREAD: could not read config file {dir}/x.d/big.conf: it is larger than 16 MB";
    assert_eq!(error, (92, daemon.fill(expected)));
    daemon.signal(Signal::SIGHUP);
    daemon
        .wait_log("restart refused, the configuration cannot be read: could not read config file");
    assert_eq!(
        (daemon.pid_of("a"), daemon.state("a")),
        (a, "RUNNING".into())
    );
    watch.check(&daemon);
}

#[test]
fn dec_012_a_main_file_that_became_a_pipe_changes_nothing() {
    let mut daemon = start(PROGRAM);
    daemon.wait_running("a");
    let watch = Watch::over(&daemon);
    let path = daemon.path("supervisord.conf");
    fs::remove_file(&path).expect("the file");
    mkfifo(&path, Mode::S_IRWXU).expect("a pipe");
    let read = daemon.rpc("supervisor.reloadConfig", vec![]);
    assert_eq!(read.expect_err("an empty pipe").0, 92);
    // somebody has it open and writes nothing
    let writer = fs::File::options()
        .read(true)
        .write(true)
        .open(&path)
        .expect("the pipe");
    let read = daemon
        .rpc("supervisor.reloadConfig", vec![])
        .expect_err("a silent pipe");
    assert!(
        read.1.ends_with(": nobody writes into the pipe"),
        "{read:?}"
    );
    drop(writer);
    watch.check(&daemon);
    daemon.stop();
}

#[test]
fn cfg_001_a_start_reads_its_file_from_a_pipe() {
    let home = Home::new();
    let path = home.config(PROGRAM);
    let text = fs::read(&path).expect("the file");
    let mut command = home.command("supervisord");
    command
        .args(["-n", "-c", "/dev/stdin"])
        .stdin(Stdio::piped());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = start_program(&mut command);
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(&text).expect("room in the pipe");
    drop(stdin);
    wait_until("the pid file", || home.has("pid"));
    let pid = nix::unistd::Pid::from_raw(child.id().try_into().expect("a pid"));
    nix::sys::signal::kill(pid, Signal::SIGTERM).expect("our child");
    assert!(child.wait().expect("our child").success());
}
