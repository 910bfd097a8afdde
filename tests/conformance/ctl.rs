//! One-shot commands of `supervisorctl`: their lines and exit statuses.

use crate::common::daemon::Daemon;
use crate::common::home::{Home, Reply};
use crate::common::proc;

/// A running program, a stopped one and a pair.
const PROGRAMS: &str = "[program:up]\ncommand=/bin/cat\nstartsecs=0\nstdout_logfile={dir}/up.log\n\
     [program:off]\ncommand=/bin/cat\nstartsecs=0\nautostart=false\n\
     [program:pair]\ncommand=/bin/cat\nstartsecs=0\nautostart=false\nnumprocs=2\n\
     process_name=%(program_name)s_%(process_num)d\n";

/// A daemon with `PROGRAMS`, `up` running.
pub(crate) fn daemon() -> Daemon {
    let daemon = Daemon::start(PROGRAMS);
    daemon.wait_running("up");
    daemon
}

/// Checks what a command printed, blanks at line ends aside, and its exit status.
pub(crate) fn check(reply: &Reply, lines: &[&str], code: i32) {
    assert_eq!(
        (reply.lines(), reply.code),
        (lines.to_vec(), Some(code)),
        "{reply:?}"
    );
    assert_eq!(reply.err, "");
}

#[test]
fn ctl_080_status_lists_every_process_in_columns() {
    let daemon = daemon();
    let status = daemon.ctl(&["status"]);
    let rows = status.lines();
    assert_eq!(
        rows[0],
        "off                              STOPPED   Not started"
    );
    assert_eq!(
        rows[1],
        "pair:pair_0                      STOPPED   Not started"
    );
    assert_eq!(
        rows[2],
        "pair:pair_1                      STOPPED   Not started"
    );
    let up = format!(
        "up                               RUNNING   pid {}, uptime 0:00:",
        daemon.pid_of("up")
    );
    assert!(rows[3].starts_with(&up), "{}", rows[3]);
    assert_eq!(rows.len(), 4);
    assert_eq!(status.code, Some(3), "something is stopped");
    assert_eq!(daemon.ctl(&["status", "up"]).code, Some(0));
}

#[test]
fn ctl_083_unknown_names_are_reported_before_the_rows() {
    let daemon = daemon();
    let status = daemon.ctl(&["status", "up", "none", "zz:*"]);
    let lines = status.lines();
    assert_eq!(
        lines[..2],
        ["none: ERROR (no such process)", "zz: ERROR (no such group)"]
    );
    assert!(lines[2].starts_with("up "), "{status:?}");
    assert_eq!(status.code, Some(4));
}

#[test]
fn ctl_092_start_says_how_it_went() {
    let home = Home::new();
    home.write("plain", "no program");
    home.config(&format!(
        "{PROGRAMS}[program:lost]\ncommand={{dir}}/none\nautostart=false\n\
         [program:plain]\ncommand={{dir}}/plain\nautostart=false\n\
         [program:dying]\ncommand=/bin/false\nautostart=false\nstartsecs=1\nstartretries=0\n"
    ));
    let daemon = Daemon::of(home, &[]);
    daemon.wait_running("up");
    check(&daemon.ctl(&["start", "off"]), &["off: started"], 0);
    check(
        &daemon.ctl(&["start", "up"]),
        &["up: ERROR (already started)"],
        0,
    );
    check(
        &daemon.ctl(&["start", "none"]),
        &["none: ERROR (no such process)"],
        1,
    );
    check(
        &daemon.ctl(&["start", "lost"]),
        &["lost: ERROR (no such file)"],
        1,
    );
    check(
        &daemon.ctl(&["start", "plain"]),
        &["plain: ERROR (file is not executable)"],
        1,
    );
    check(
        &daemon.ctl(&["start", "dying"]),
        &["dying: ERROR (spawn error)"],
        7,
    );
    check(
        &daemon.ctl(&["start", "zz:*"]),
        &["zz: ERROR (no such group)"],
        2,
    );
    let start = daemon.ctl(&["start"]);
    assert_eq!(start.lines()[0], "Error: start requires a process name");
    assert_eq!(start.code, Some(2));
}

#[test]
fn ctl_101_stop_says_how_it_went() {
    let daemon = daemon();
    check(
        &daemon.ctl(&["stop", "off", "up"]),
        &["off: ERROR (not running)", "up: stopped"],
        0,
    );
    check(
        &daemon.ctl(&["stop", "none"]),
        &["none: ERROR (no such process)"],
        1,
    );
    check(
        &daemon.ctl(&["stop", "zz:*"]),
        &["zz: ERROR (no such group)"],
        1,
    );
    check(&daemon.ctl(&["stop", "all"]), &[], 0);
    let start = daemon.ctl(&["start", "all"]);
    let mut lines = start.lines();
    lines.sort_unstable();
    let all = ["off", "pair:pair_0", "pair:pair_1", "up"].map(|name| format!("{name}: started"));
    assert_eq!(lines, all);
    let stop = daemon.ctl(&["stop", "all"]);
    assert_eq!(stop.lines().len(), 4);
    assert_eq!(daemon.ctl(&["status"]).code, Some(3));
}

#[test]
fn ctl_105_restart_is_stop_then_start() {
    let daemon = daemon();
    let pid = daemon.pid_of("up");
    check(
        &daemon.ctl(&["restart", "up"]),
        &["up: stopped", "up: started"],
        0,
    );
    assert_ne!(daemon.pid_of("up"), pid);
    check(
        &daemon.ctl(&["restart", "off"]),
        &["off: ERROR (not running)", "off: started"],
        0,
    );
    let twice = ["none: ERROR (no such process)"; 2];
    check(&daemon.ctl(&["restart", "none"]), &twice, 1);
}

#[test]
fn ctl_111_signal_says_how_it_went() {
    let daemon = daemon();
    check(
        &daemon.ctl(&["signal", "CONT", "up"]),
        &["up: signalled"],
        0,
    );
    check(
        &daemon.ctl(&["signal", "sigcont", "all"]),
        &["up: signalled"],
        0,
    );
    check(&daemon.ctl(&["signal", "18", "up"]), &["up: signalled"], 0);
    check(
        &daemon.ctl(&["signal", "HURZ", "up"]),
        &["up: ERROR (bad signal name)"],
        1,
    );
    check(
        &daemon.ctl(&["signal", "HUP", "none"]),
        &["none: ERROR (no such process)"],
        1,
    );
    check(
        &daemon.ctl(&["signal", "HUP", "off"]),
        &["off: ERROR (not running)"],
        7,
    );
    check(
        &daemon.ctl(&["signal", "HUP", "zz:*"]),
        &["zz: ERROR (no such group)"],
        1,
    );
    let few = daemon.ctl(&["signal", "HUP"]);
    assert_eq!(
        few.lines()[0],
        "Error: signal requires a signal name and a process name"
    );
    assert_eq!(few.code, Some(1));
}

#[test]
fn ctl_115_pid_prints_numbers() {
    let daemon = daemon();
    let (own, up) = (daemon.pid.to_string(), daemon.pid_of("up").to_string());
    check(&daemon.ctl(&["pid"]), &[&own], 0);
    check(&daemon.ctl(&["pid", "up"]), &[&up], 0);
    check(&daemon.ctl(&["pid", "off"]), &["0"], 7);
    check(&daemon.ctl(&["pid", "all"]), &["0", "0", "0", &up], 0);
    check(&daemon.ctl(&["pid", "none"]), &["No such process none"], 1);
}

#[test]
fn ctl_150_shutdown_ends_the_daemon() {
    let mut daemon = daemon();
    let up = daemon.pid_of("up");
    check(&daemon.ctl(&["shutdown"]), &["Shut down"], 0);
    assert!(daemon.wait().success());
    assert!(!proc::alive(up));
    let url = daemon.fill("unix://{dir}/sock");
    let again = daemon.ctl(&["shutdown"]);
    let gone = format!("ERROR: {url} no such file (already shut down?)");
    check(&again, &[&gone], 1);
}

#[test]
fn ctl_031_an_unreachable_server_is_told_by_command() {
    let home = Home::new();
    home.config("");
    let gone = home.fill("unix://{dir}/sock no such file");
    check(&home.ctl(&["status"]), &[&gone], 4);
    check(&home.ctl(&["start", "x"]), &[&gone], 7);
    drop(std::os::unix::net::UnixListener::bind(home.path("sock")).expect("a socket"));
    let refused = home.fill("unix://{dir}/sock refused connection");
    check(&home.ctl(&["status"]), &[&refused], 4);
    check(&home.ctl(&["start", "x"]), &[&refused], 4);
}

#[test]
fn ctl_161_version_and_help_answer() {
    let daemon = daemon();
    let version = daemon.ctl(&["version"]);
    assert!(version.out.starts_with("4.3.0"), "{version:?}");
    let help = daemon.ctl(&["help"]);
    let expected = [
        "",
        "default commands (type help <topic>):",
        "=====================================",
        "add    exit      open  reload  restart   start   tail",
        "avail  fg        pid   remove  shutdown  status  update",
        "clear  maintail  quit  reread  signal    stop    version",
        "",
    ];
    check(&help, &expected, 0);
    let reload = daemon.ctl(&["help", "reload"]);
    check(&reload, &["reload \t\tRestart the remote supervisord."], 0);
    check(&daemon.ctl(&["help", "foo"]), &["*** No help on foo"], 0);
    check(
        &daemon.ctl(&["frobnicate", "x"]),
        &["*** Unknown syntax: frobnicate x"],
        1,
    );
    check(&daemon.ctl(&["exit"]), &[""], 0);
}

#[test]
fn ctl_003_mistakes_on_the_command_line_are_told() {
    let home = Home::new();
    for (arguments, expected) in [
        (&["-z"][..], "Error: option -z not recognized"),
        (&["-c"], "Error: option -c requires argument"),
        (
            &["-c", "none.conf"],
            "Error: could not find config file none.conf",
        ),
        (
            &["-s", "foo"],
            "Error: invalid value for -s 'foo': value 'foo' is not a URL",
        ),
    ] {
        let mut command = home.command("supervisorctl");
        let reply = Reply::from(command.args(arguments).output().expect("supervisorctl"));
        assert_eq!(reply.err.lines().next(), Some(expected));
        assert_eq!(reply.code, Some(2));
    }
    home.write("supervisord.conf", "[supervisord]\n");
    let reply = home.ctl(&["status"]);
    let expected = "Error: .ini file does not include supervisorctl section";
    assert_eq!(reply.err.lines().next(), Some(expected));
}

#[test]
fn ctl_004_the_options_are_listed_as_ever() {
    let home = Home::new();
    let mut command = home.command("supervisorctl");
    let reply = Reply::from(command.arg("-h").output().expect("supervisorctl"));
    assert_eq!((reply.code, reply.err.as_str()), (Some(0), ""));
    let lines = reply.lines();
    let title = "supervisorctl -- control applications run by supervisord from the cmd line.";
    assert_eq!(lines[0], title);
    assert!(
        lines[2].starts_with("Usage: ") && lines[2].ends_with(" [options] [action [arguments]]")
    );
    let options = [
        "-c/--configuration FILENAME -- configuration file path (searches if not given)",
        "-h/--help -- print usage message and exit",
        "-i/--interactive -- start an interactive shell after executing commands",
        "-s/--serverurl URL -- URL on which supervisord server is listening",
        "     (default \"http://localhost:9001\").",
        "-u/--username USERNAME -- username to use for authentication with server",
        "-p/--password PASSWORD -- password to use for authentication with server",
        "-r/--history-file -- keep a readline history (if readline is available)",
        "",
        "action [arguments] -- see below",
    ];
    assert_eq!(lines[5..15], options);
}

#[test]
fn ctl_055_the_shell_reads_commands_from_a_pipe() {
    let daemon = daemon();
    let shell = daemon.shell("stop up\n\n?  pid\nstatus off\nnonsense\nexit\n");
    assert_eq!(shell.code, Some(0));
    let said = shell.out.replace("supervisor> ", "");
    let lines: Vec<_> = said.lines().map(str::trim_end).collect();
    assert!(lines[0].starts_with("off "), "status comes first: {said}");
    let expected = [
        "up: stopped",
        "pid\t\t\tGet the PID of supervisord.",
        "pid <name>\t\tGet the PID of a single child process by name.",
        "pid all\t\t\tGet the PID of every child process, one per line.",
        "off                              STOPPED   Not started",
        "*** Unknown syntax: nonsense",
        "",
    ];
    assert_eq!(lines[4..], expected, "{said}");
    assert!(shell.out.contains("supervisor> "));
}
