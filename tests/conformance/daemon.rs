//! The daemon's own life: background, pid file, signals, shutdown, reload, limits.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use nix::sys::signal::Signal;
use xmlrpc::Value;

use crate::common::daemon::{Daemon, text};
use crate::common::home::Home;
use crate::common::wait::{wait_for, wait_until};
use crate::common::{ours_only, proc};

/// A program that takes no notice of SIGTERM, and says when it is ready not to.
const DEAF: &str = "[program:deaf]\nstartsecs=0\nstdout_logfile={dir}/deaf.out\nstopwaitsecs=3600\n\
                    command=/bin/sh -c 'trap \"\" TERM; echo ready; read line'\n";

/// Two programs that stay.
const TWO: &str = "[program:a]\ncommand=/bin/cat\nstartsecs=0\n\
                   [program:b]\ncommand=/bin/cat\nstartsecs=0\n";

#[test]
fn dmn_010_in_the_background_it_leads_its_own_session_without_a_terminal() {
    let home = Home::new();
    home.config(TWO);
    let daemon = Daemon::background(home, &[]);
    let a = daemon.wait_running("a");
    assert_eq!(proc::group_of(daemon.pid), daemon.pid);
    assert_eq!(proc::session_of(daemon.pid), daemon.pid);
    assert_eq!(proc::stat(daemon.pid, 7), 0, "no terminal");
    assert_eq!(proc::session_of(a), daemon.pid);
    let descriptors = proc::descriptors(daemon.pid);
    for number in 0..3 {
        assert_eq!(descriptors[&number], PathBuf::from("/dev/null"));
    }
    let line = daemon.wait_log("daemonizing");
    assert_eq!(line, "INFO daemonizing the supervisord process");
    let line = daemon.wait_log("started with pid");
    assert_eq!(
        line,
        format!("INFO supervisord started with pid {}", daemon.pid)
    );
}

#[test]
fn log_032_the_lines_on_the_way_to_the_background() {
    let home = Home::new();
    home.config_with("loglevel=blather\ndirectory={dir}", TWO);
    let daemon = Daemon::background(home, &[]);
    daemon.wait_log("started with pid");
    let log = daemon.log();
    let lines = [
        "BLAT supervisord forked; parent exiting".to_owned(),
        "INFO daemonizing the supervisord process".to_owned(),
        daemon.fill("INFO set current directory: '{dir}'"),
        format!("INFO supervisord started with pid {}", daemon.pid),
    ];
    let places = lines.map(|line| log.find(&line));
    // the reference's parent writes the first one, while the child goes on
    assert!(places[1..].is_sorted(), "{log}");
    assert!(places.iter().all(Option::is_some), "{log}");
}

#[test]
fn dmn_013_the_pid_file_holds_the_pid_and_goes_at_the_end() {
    let home = Home::new();
    home.write("pid", "an old and longer text\n");
    home.config(TWO);
    let daemon = Daemon::background(home, &[]);
    assert_eq!(daemon.read("pid"), format!("{}\n", daemon.pid));
    let mode = fs::metadata(daemon.path("pid"))
        .expect("a pid file")
        .permissions();
    assert_eq!(mode.mode() & 0o777, 0o644);
    daemon.wait_running("a");
    daemon.signal(Signal::SIGTERM);
    wait_until("the end", || !proc::alive(daemon.pid));
    assert!(!daemon.has("pid"));
    assert!(!daemon.has("sock"));
    assert!(daemon.processes().is_empty(), "programs are stopped");
}

#[test]
fn dmn_007_directory_and_umask_hold_in_the_background() {
    let home = Home::new();
    fs::create_dir(home.path("work")).expect("a folder");
    home.config_with("directory={dir}/work\numask=077", TWO);
    let daemon = Daemon::background(home, &[]);
    let a = daemon.wait_running("a");
    let folder = fs::canonicalize(daemon.path("work")).expect("a folder");
    assert_eq!(proc::directory_of(daemon.pid), folder);
    assert_eq!(proc::directory_of(a), folder);
    assert_eq!(proc::status(a, "Umask").as_deref(), Some("0077"));
    let mode = fs::metadata(daemon.path("pid"))
        .expect("a pid file")
        .permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
    let line = daemon.wait_log("set current directory");
    assert_eq!(
        line,
        daemon.fill("INFO set current directory: '{dir}/work'")
    );
}

/// Automatic logs are named while the daemon still is where it was started.
#[test]
fn cfg_115_a_relative_childlogdir_is_the_same_folder_after_the_daemon_has_moved() {
    let home = Home::new();
    fs::create_dir(home.path("work")).expect("a folder");
    fs::create_dir(home.path("logs")).expect("a folder");
    home.config_with("directory={dir}/work\nchildlogdir=logs/.", TWO);
    let daemon = Daemon::background(home, &[]);
    daemon.wait_running("a");
    let log = text(&daemon.info("a"), "stdout_logfile");
    assert!(
        log.starts_with(&daemon.fill("{dir}/logs/a-stdout---")),
        "{log}"
    );
    assert!(fs::exists(&log).expect("a path"), "{log}");
}

#[test]
fn dmn_009_directory_and_umask_do_not_hold_in_the_foreground() {
    let home = Home::new();
    fs::create_dir(home.path("work")).expect("a folder");
    home.config_with("directory={dir}/work\numask=077", TWO);
    let daemon = Daemon::of(home, &[]);
    let a = daemon.wait_running("a");
    let folder = fs::canonicalize(daemon.folder()).expect("a folder");
    assert_eq!(proc::directory_of(a), folder);
    assert_ne!(proc::status(a, "Umask").as_deref(), Some("0077"));
}

#[test]
fn dmn_015_a_pid_file_that_cannot_be_written_stops_nothing() {
    let home = Home::new();
    fs::create_dir(home.path("folder")).expect("a folder");
    home.config(TWO);
    let output = home.supervisord(&["-c", "supervisord.conf", "-j", "folder"]);
    assert!(output.status.success(), "{output:?}");
    wait_until("the line", || {
        home.read("main.log")
            .contains("CRIT could not write pidfile ")
    });
    wait_until("the programs", || {
        home.read("main.log").matches("success:").count() == 2
    });
    assert!(
        !home
            .read("main.log")
            .contains("supervisord started with pid")
    );
    assert!(home.has("folder"));
}

#[test]
fn dmn_024_term_int_and_quit_end_it_in_order_with_status_zero() {
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGQUIT] {
        let mut daemon = Daemon::start(TWO);
        let (a, b) = (daemon.wait_running("a"), daemon.wait_running("b"));
        daemon.signal(signal);
        assert_eq!(daemon.wait().code(), Some(0));
        let line = format!("WARN received {signal} indicating exit request");
        assert_eq!(daemon.wait_log("received SIG"), line);
        assert!(!proc::alive(a) && !proc::alive(b));
        assert!(!daemon.has("sock") && !daemon.has("pid"));
    }
}

#[test]
fn dmn_035_while_it_waits_it_answers_that_it_is_shutting_down() {
    let mut daemon = Daemon::start(DEAF);
    let deaf = daemon.wait_running("deaf");
    daemon.wait_file("deaf.out", "ready");
    daemon.signal(Signal::SIGTERM);
    daemon.wait_log("waiting for deaf to die");
    let state = daemon.rpc("supervisor.getState", vec![]);
    assert_eq!(state, Err((6, "SHUTDOWN_STATE".into())));
    daemon.signal(Signal::SIGHUP);
    let line = "WARN ignored SIGHUP indicating restart request (shutdown in progress)";
    assert_eq!(daemon.wait_log("SIGHUP"), line);
    proc::signal(deaf, Signal::SIGKILL);
    assert_eq!(daemon.wait().code(), Some(0));
}

#[test]
fn dec_041_a_third_request_kills_what_is_left() {
    ours_only!("DEC-041: a third exit signal escalates to SIGKILL");
    let mut daemon = Daemon::start(DEAF);
    daemon.wait_running("deaf");
    daemon.wait_file("deaf.out", "ready");
    for count in 1..=3 {
        daemon.signal(Signal::SIGTERM);
        wait_until("the request", || {
            daemon.log_lines("received SIGTERM").len() == count
        });
    }
    assert_eq!(daemon.wait().code(), Some(0));
    let line = daemon.wait_log("stopped: deaf");
    assert_eq!(line, "WARN stopped: deaf (terminated by SIGKILL)");
}

#[test]
fn dmn_025_hup_starts_everything_again_from_the_file_with_the_same_pid() {
    let daemon = Daemon::start(TWO);
    let old = daemon.wait_running("a");
    daemon.config("[program:a]\ncommand=/bin/cat\nstartsecs=0\n[program:c]\ncommand=/bin/cat\n");
    daemon.signal(Signal::SIGHUP);
    let line = "WARN received SIGHUP indicating restart request";
    assert_eq!(daemon.wait_log("received SIGHUP"), line);
    wait_until("the second start", || {
        daemon.log_lines("supervisord started").len() == 2
    });
    let new = daemon.wait_running("a");
    assert_ne!(old, new);
    assert!(!proc::alive(old));
    assert_eq!(daemon.names_listed(), ["a:a", "c:c"]);
    let started = format!("INFO supervisord started with pid {}", daemon.pid);
    assert_eq!(
        daemon.log_lines("supervisord started"),
        [started.clone(), started]
    );
    assert_eq!(daemon.read("pid"), format!("{}\n", daemon.pid));
}

#[test]
fn dec_012_a_broken_file_at_hup_changes_nothing() {
    ours_only!("DEC-012: a broken file at SIGHUP changes nothing");
    let daemon = Daemon::start(TWO);
    let (a, b) = (daemon.wait_running("a"), daemon.wait_running("b"));
    daemon.config("[program:a]\ncommand=/bin/cat\nstartsecs=soon\n");
    daemon.signal(Signal::SIGHUP);
    let line = daemon.wait_log("'soon'");
    assert!(line.starts_with("CRIT "), "{line}");
    assert_eq!(
        daemon
            .rpc("supervisor.restart", vec![])
            .map_err(|fault| fault.0),
        Err(92)
    );
    assert_eq!(daemon.wait_running("a"), a);
    assert_eq!(daemon.wait_running("b"), b);
    assert!(daemon.log_lines("stopped:").is_empty());
    daemon.config(TWO);
    daemon.signal(Signal::SIGHUP);
    wait_until("the second start", || {
        daemon.log_lines("supervisord started").len() == 2
    });
    assert_ne!(daemon.wait_running("a"), a);
}

#[test]
fn dmn_055_a_low_soft_limit_is_raised_and_inherited() {
    let home = Home::new();
    home.config_with("minfds=300", "[program:x]\ncommand=/bin/cat\nstartsecs=0\n");
    let mut command = home.marked("/bin/sh");
    command
        .args(["-c", "ulimit -Sn 200; exec \"$0\" -n -c supervisord.conf"])
        .arg(crate::common::program("supervisord"));
    let daemon = Daemon::from_command(home, command);
    let line = daemon.wait_log("RLIMIT_NOFILE");
    assert_eq!(line, "INFO Increased RLIMIT_NOFILE limit to 300");
    let pid = daemon.wait_running("x");
    assert_eq!(open_files(pid).0, "300");
}

/// The soft limit of open files of a process, and the hard one.
fn open_files(pid: i32) -> (String, String) {
    let limits = fs::read_to_string(format!("/proc/{pid}/limits")).expect("limits");
    let mut lines = limits.lines();
    let files = lines.find(|line| line.starts_with("Max open files"));
    let mut words = files.expect("a line").split_whitespace().skip(3);
    let mut next = || words.next().expect("a number").to_owned();
    (next(), next())
}

#[test]
fn dmn_055_the_daemon_itself_may_open_as_many_files_as_the_hard_limit_says() {
    ours_only!("it raises its own soft limit, and not that of programs");
    let home = Home::new();
    home.config_with(
        "minfds=20",
        "[program:x]\ncommand=/bin/cat\nprocess_name=%(process_num)s\nnumprocs=30\nstartsecs=0\n",
    );
    let mut command = home.marked("/bin/sh");
    command
        .args([
            "-c",
            "ulimit -Sn 40; ulimit -Hn 400; exec \"$0\" -n -c supervisord.conf",
        ])
        .arg(crate::common::program("supervisord"));
    let daemon = Daemon::from_command(home, command);
    let number = |number: &str| number.to_owned();
    assert_eq!(open_files(daemon.pid), (number("400"), number("400")));
    for process in 0..30 {
        let pid = daemon.wait_running(&format!("x:{process}"));
        assert_eq!(open_files(pid), (number("40"), number("400")));
    }
    assert!(daemon.log_lines("RLIMIT_NOFILE").is_empty());
}

/// DEC-044, for both limits. Root may raise hard limits, so the daemon runs as somebody else.
#[test]
fn dec_044_refused_limits_name_the_real_one() {
    ours_only!("DEC-044: the reference names the wanted limit");
    let table = [
        (
            "--nofile=100:100",
            "minfds=1024",
            "is 1024 as per the \"minfds\"",
            "you to open 100 file descriptors",
        ),
        (
            "--nofile=50:100",
            "minfds=101",
            "is 101 as per the \"minfds\"",
            "you to open 100 file descriptors",
        ),
        (
            "--nproc=60:70",
            "minprocs=71",
            "is 71 as per the \"minprocs\"",
            "you to open 70 processes",
        ),
    ];
    for (limits, setting, wanted, allowed) in table {
        let home = Home::new();
        home.config_with(setting, "");
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o777);
        fs::set_permissions(home.folder(), open).expect("our folder");
        let mut command = home.marked("prlimit");
        command.arg(limits);
        if nix::unistd::geteuid().is_root() {
            command.args(["setpriv", "--reuid", "65534", "--regid", "65534"]);
            command.arg("--clear-groups");
        }
        command.arg(crate::common::program("supervisord"));
        let Ok(output) = command.args(["-n", "-c", "supervisord.conf"]).output() else {
            return crate::common::skip("needs prlimit");
        };
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(wanted) && said.contains(allowed), "{said}");
    }
}

#[test]
fn dmn_072_without_a_server_it_runs_all_the_same() {
    let home = Home::new();
    home.write(
        "supervisord.conf",
        "[supervisord]\nlogfile={dir}/main.log\npidfile={dir}/pid\nchildlogdir={dir}\n\
         [program:x]\ncommand=/bin/cat\n",
    );
    let mut daemon = Daemon::of(home, &[]);
    daemon.wait_log("success: x");
    assert!(!daemon.log().contains("RPC interface"));
    assert!(daemon.stop().success());
}

#[test]
fn dmn_077_no_descriptor_leaks_over_many_lives() {
    let daemon = Daemon::start(
        "[program:x]\ncommand=/bin/cat\nstartsecs=0\nautostart=false\n\
         [program:lost]\ncommand={dir}/none\nautostart=false\n",
    );
    let count = || proc::descriptors(daemon.pid).len();
    daemon.start_process("x");
    daemon.stop_process("x");
    let before = count();
    for _ in 0..5 {
        daemon.start_process("x");
        daemon.stop_process("x");
        let lost = daemon.rpc("supervisor.startProcess", vec!["lost".into()]);
        assert_eq!(lost.map_err(|fault| fault.0), Err(20));
    }
    wait_until("the end of the last call", || count() <= before);
}

#[test]
fn proc_140_a_log_that_cannot_be_opened_leaks_no_descriptor() {
    ours_only!("PROC-140: the reference leaks six descriptors per attempt");
    let daemon = Daemon::start(
        "[program:x]\ncommand=/bin/cat\nautostart=false\nstartretries=0\nstdout_logfile={dir}\n",
    );
    let count = || proc::descriptors(daemon.pid).len();
    daemon.state("x");
    let before = count();
    for _ in 0..5 {
        let failed = daemon.rpc("supervisor.startProcess", vec!["x".into()]);
        assert_eq!(failed.map_err(|fault| fault.0), Err(50));
        daemon.wait_state("x", "FATAL");
    }
    wait_until("the end of the last call", || count() <= before);
}

#[test]
fn rpc_shutdown_ends_it_without_a_line_about_signals() {
    let mut daemon = Daemon::start(TWO);
    daemon.wait_running("a");
    let shutdown = daemon.rpc("supervisor.shutdown", vec![]);
    assert_eq!(shutdown, Ok(Value::Bool(true)));
    assert_eq!(daemon.wait().code(), Some(0));
    assert!(!daemon.log().contains("received"));
}

#[test]
fn dmn_036_the_order_of_the_end_leaves_no_file() {
    let mut daemon = Daemon::start("");
    assert!(daemon.stop().success());
    assert_eq!(
        daemon.names(),
        ["main.log", "stderr", "stdout", "supervisord.conf"]
    );
}

#[test]
fn dmn_029_programs_do_not_get_the_terminals_interrupt() {
    let daemon = Daemon::start(TWO);
    let groups = [daemon.wait_running("a"), daemon.wait_running("b")].map(proc::group_of);
    assert!(!groups.contains(&proc::group_of(daemon.pid)));
    assert_ne!(groups[0], groups[1]);
}

#[test]
fn dec_040_the_parent_leaves_when_the_daemon_is_ready() {
    ours_only!("DEC-040: the parent leaves only when the daemon has started");
    let home = Home::new();
    home.config(TWO);
    let output = home.supervisord(&["-c", "supervisord.conf"]);
    assert!(output.status.success(), "{output:?}");
    let pid: i32 = home.read("pid").trim().parse().expect("a pid file at once");
    assert!(proc::alive(pid));
    wait_for("an answer", || {
        home.ctl(&["pid"]).out.trim().parse::<i32>().ok()
    });
}
