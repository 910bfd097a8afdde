//! Where the output of programs goes: files, AUTO, NONE, devices; rotation, reopening, clearing.

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;

use nix::sys::signal::Signal;
use xmlrpc::Value;

use crate::common::daemon::{Daemon, text};
use crate::common::home::Home;
use crate::common::ours_only;
use crate::common::wait::wait_until;

/// A program that repeats its input, with its log in `x.out` and more `options`.
fn echo(options: &str) -> Daemon {
    let daemon = Daemon::start(&format!(
        "[program:x]\ncommand=/bin/cat\nstartsecs=0\nstdout_logfile={{dir}}/x.out\n{options}"
    ));
    daemon.wait_running("x");
    daemon
}

/// Sends `chunk` and waits until `file` has it at its end.
fn echo_to(daemon: &Daemon, file: &str, chunk: &str) {
    daemon.feed("x", chunk);
    wait_until(file, || daemon.read(file).ends_with(chunk));
}

#[test]
fn log_085_files_receive_the_bytes_as_they_are() {
    let home = Home::new();
    home.write(
        "x.sh",
        "printf 'out\\377\\n'\nprintf 'err' >&2\nread line\n",
    );
    home.config(
        "[program:x]\ncommand=/bin/sh {dir}/x.sh\nstartsecs=0\n\
         stdout_logfile={dir}/x.out\nstderr_logfile={dir}/x.err\n",
    );
    let daemon = Daemon::of(home, &[]);
    daemon.wait_file("x.err", "err");
    daemon.wait_file("x.out", "\n");
    assert_eq!(fs::read(daemon.path("x.out")).expect("a log"), b"out\xff\n");
    assert_eq!(fs::read(daemon.path("x.err")).expect("a log"), b"err");
}

#[test]
fn log_087_a_restarted_program_appends() {
    let daemon = echo("");
    echo_to(&daemon, "x.out", "one\n");
    daemon.stop_process("x");
    daemon.start_process("x");
    echo_to(&daemon, "x.out", "two\n");
    assert_eq!(daemon.read("x.out"), "one\ntwo\n");
}

#[test]
fn log_091_redirect_stderr_sends_everything_to_one_log_in_order() {
    let home = Home::new();
    home.write(
        "x.sh",
        "for n in 1 2 3; do echo out $n; echo err $n >&2; done\nread line\n",
    );
    home.config(
        "[program:x]\ncommand=/bin/sh {dir}/x.sh\nstartsecs=0\nredirect_stderr=true\n\
         stdout_logfile={dir}/x.out\nstderr_logfile={dir}/x.err\n",
    );
    let daemon = Daemon::of(home, &[]);
    let said = daemon.wait_file("x.out", "err 3");
    assert_eq!(said, "out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\n");
    assert!(!daemon.has("x.err"));
    assert_eq!(text(&daemon.info("x"), "stderr_logfile"), "");
    let line = daemon.wait_log("redirect_stderr");
    let expected = "WARN For [program:x], redirect_stderr=true but stderr_logfile has also been set \
                    to a filename, the filename has been ignored";
    assert_eq!(line, expected);
}

#[test]
fn log_090_none_keeps_nothing() {
    let daemon = Daemon::start(
        "[program:x]\ncommand=/bin/echo lost\nstartsecs=0\nautorestart=false\n\
         stdout_logfile=NONE\nstderr_logfile=off\n",
    );
    daemon.wait_state("x", "EXITED");
    let info = daemon.info("x");
    assert_eq!(text(&info, "stdout_logfile"), "");
    assert_eq!(text(&info, "stderr_logfile"), "");
    let read = daemon.rpc(
        "supervisor.readProcessStdoutLog",
        vec!["x".into(), Value::Int(0), Value::Int(0)],
    );
    assert_eq!(read.map_err(|fault| fault.0), Err(20));
    assert_eq!(
        daemon.names(),
        [
            "main.log",
            "pid",
            "sock",
            "stderr",
            "stdout",
            "supervisord.conf"
        ]
    );
}

#[test]
fn log_133_automatic_logs_are_private_files_named_after_the_program() {
    let daemon = Daemon::start_with(
        "identifier=shop",
        "[program:x]\ncommand=/bin/cat\nautostart=false\n\
         [program:y]\ncommand=/bin/cat\nautostart=false\nredirect_stderr=true\n",
    );
    let names = daemon.names();
    for (channel, count) in [
        ("x-stdout", 1),
        ("x-stderr", 1),
        ("y-stdout", 1),
        ("y-stderr", 0),
    ] {
        let start = format!("{channel}---shop-");
        let found: Vec<_> = names
            .iter()
            .filter(|name| name.starts_with(&start))
            .collect();
        assert_eq!(found.len(), count, "{channel}: {names:?}");
        for name in found {
            let random = name[start.len()..].strip_suffix(".log").expect("a log");
            assert_eq!(random.len(), 8, "{name}");
            let metadata = fs::metadata(daemon.path(name)).expect("a log");
            assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
            assert_eq!(metadata.len(), 0);
        }
    }
    let path = text(&daemon.info("x"), "stdout_logfile");
    assert!(
        path.starts_with(&daemon.fill("{dir}/x-stdout---shop-")),
        "{path}"
    );
}

#[test]
fn log_134_automatic_logs_keep_their_names_while_the_configuration_is_not_read_again() {
    let daemon = Daemon::start("[program:x]\ncommand=/bin/cat\nstartsecs=0\n");
    let log = || text(&daemon.info("x"), "stdout_logfile");
    let group = |method: &str| {
        let method = format!("supervisor.{method}ProcessGroup");
        assert_eq!(daemon.rpc(&method, vec!["x".into()]), Ok(true.into()));
    };
    let replace = |reread: bool| {
        daemon.stop_process("x");
        group("remove");
        if reread {
            daemon
                .rpc("supervisor.reloadConfig", vec![])
                .expect("changes");
        }
        group("add");
        daemon.wait_running("x");
    };
    daemon.wait_running("x");
    let first = log();
    daemon.feed("x", "one\n");
    wait_until("the first line", || {
        fs::read_to_string(&first).is_ok_and(|text| text == "one\n")
    });
    replace(false);
    assert_eq!(log(), first);
    daemon.feed("x", "two\n");
    wait_until("the second line", || {
        fs::read_to_string(&first).is_ok_and(|text| text == "one\ntwo\n")
    });
    replace(true);
    assert_ne!(log(), first);
}

#[test]
fn log_062_the_log_of_a_program_comes_before_its_echo() {
    let home = Home::new();
    // both append to one file, so the order shows
    home.config_with(
        "loglevel=debug",
        "[program:x]\ncommand=/bin/cat\nstartsecs=0\n\
         stdout_logfile={dir}/main.log\nstdout_logfile_maxbytes=0\n",
    );
    let daemon = Daemon::of(home, &[]);
    daemon.wait_running("x");
    daemon.feed("x", "hello\n");
    daemon.wait_file("main.log", "output:\nhello\n");
    let log = daemon.log();
    let own = log.find("\nhello\n").expect("its own line");
    let echo = log.find("'x' stdout output:").expect("the echo");
    assert!(own < echo, "{log}");
}

#[test]
fn log_137_old_automatic_logs_are_removed_at_start() {
    let old = [
        ("x-stdout---supervisor-abcdefgh.log", false),
        ("x-stdout---supervisor-abcdefgh.log.1", false),
        ("x-stdout---other-abcdefgh.log", true),
        ("---supervisor-abcdefgh.log", true),
        ("notes.txt", true),
    ];
    let home = Home::new();
    for (name, _) in old {
        home.write(name, "old");
    }
    home.config("");
    let daemon = Daemon::of(home, &[]);
    for (name, stays) in old {
        assert_eq!(daemon.has(name), stays, "{name}");
    }
}

#[test]
fn log_137_nocleanup_keeps_old_automatic_logs() {
    let home = Home::new();
    home.write("x-stdout---supervisor-abcdefgh.log", "old");
    home.config_with("nocleanup=true", "");
    let daemon = Daemon::of(home, &[]);
    assert!(daemon.has("x-stdout---supervisor-abcdefgh.log"));
}

#[test]
fn log_128_the_daemons_own_output_can_be_the_log() {
    let home = Home::new();
    home.config_with(
        "silent=true",
        "[program:x]\ncommand=/bin/sh -c 'echo to the container; : >{dir}/said; read line'\nstartsecs=0\n\
         stdout_logfile=/dev/stdout\nstdout_logfile_maxbytes=0\n\
         stderr_logfile=/dev/fd/2\nstderr_logfile_maxbytes=0\n",
    );
    let mut command = home.command("supervisord");
    command.args(["-n", "-c", "supervisord.conf"]);
    let (mut reader, writer) = std::io::pipe().expect("a pipe");
    let mut daemon = Daemon::writing_to(home, command, writer.into());
    wait_until("the words", || daemon.has("said"));
    assert!(daemon.stop().success());
    let mut said = String::new();
    reader.read_to_string(&mut said).expect("the output");
    assert_eq!(said, "to the container\n");
}

#[test]
fn dec_033_a_pipe_is_not_rotated_whatever_the_limit_says() {
    ours_only!("DEC-033: pipes are never rotated or seeked");
    let home = Home::new();
    home.config_with(
        "silent=true",
        "[program:x]\ncommand=/bin/sh -c 'echo one; echo two; : >{dir}/said; read line'\nstartsecs=0\n\
         stdout_logfile=/dev/stdout\nstdout_logfile_maxbytes=1\n",
    );
    let mut command = home.command("supervisord");
    command.args(["-n", "-c", "supervisord.conf"]);
    let (mut reader, writer) = std::io::pipe().expect("a pipe");
    let mut daemon = Daemon::writing_to(home, command, writer.into());
    wait_until("the words", || daemon.has("said"));
    assert!(daemon.stop().success());
    let mut said = String::new();
    reader.read_to_string(&mut said).expect("the output");
    assert_eq!(said, "one\ntwo\n");
}

#[test]
fn log_094_a_full_log_moves_on_and_the_oldest_goes() {
    let daemon = echo("stdout_logfile_maxbytes=100\nstdout_logfile_backups=2\n");
    let chunk = |mark: char| format!("{}\n", mark.to_string().repeat(59));
    for (first, second) in [('a', 'b'), ('c', 'd'), ('e', 'f')] {
        echo_to(&daemon, "x.out", &chunk(first));
        daemon.feed("x", &chunk(second));
        let full = chunk(first) + &chunk(second);
        wait_until("the rotation", || daemon.read("x.out.1") == full);
        assert_eq!(daemon.read("x.out"), "");
    }
    assert_eq!(daemon.read("x.out.2"), chunk('c') + &chunk('d'));
    assert!(!daemon.has("x.out.3"));
}

#[test]
fn log_096_without_backups_a_full_log_starts_again() {
    let daemon = echo("stdout_logfile_maxbytes=10\nstdout_logfile_backups=0\n");
    echo_to(&daemon, "x.out", "short\n");
    daemon.feed("x", "long enough\n");
    wait_until("the truncation", || daemon.read("x.out").is_empty());
    echo_to(&daemon, "x.out", "again\n");
    assert_eq!(daemon.read("x.out"), "again\n");
    assert!(!daemon.has("x.out.1"));
}

#[test]
fn log_102_sigusr2_opens_the_logs_again_by_name() {
    let daemon = echo("");
    echo_to(&daemon, "x.out", "before\n");
    fs::rename(daemon.path("x.out"), daemon.path("x.old")).expect("a rename");
    fs::rename(daemon.path("main.log"), daemon.path("main.old")).expect("a rename");
    daemon.signal(Signal::SIGUSR2);
    wait_until("the new logs", || {
        daemon.has("x.out") && daemon.has("main.log")
    });
    echo_to(&daemon, "x.out", "after\n");
    assert_eq!(daemon.read("x.old"), "before\n");
    assert_eq!(daemon.read("x.out"), "after\n");
    let old = daemon.read("main.old");
    assert!(
        old.contains("INFO received SIGUSR2 indicating log reopen request\n"),
        "{old}"
    );
    assert!(old.ends_with("INFO supervisord logreopen\n"), "{old}");
    daemon.stop_process("x");
    daemon.wait_log("stopped: x");
}

#[test]
fn log_105_clearing_empties_the_log_of_a_running_program() {
    let daemon = echo("");
    echo_to(&daemon, "x.out", "before\n");
    let cleared = daemon.rpc("supervisor.clearProcessLogs", vec!["x".into()]);
    assert_eq!(cleared, Ok(Value::Bool(true)));
    assert_eq!(daemon.read("x.out"), "");
    echo_to(&daemon, "x.out", "after\n");
    assert_eq!(daemon.read("x.out"), "after\n");
}

#[test]
fn dec_035_clearing_works_for_a_stopped_program_too() {
    ours_only!("DEC-035: clearProcessLogs of a stopped process truncates its files");
    let daemon = echo("");
    echo_to(&daemon, "x.out", "before\n");
    daemon.stop_process("x");
    let cleared = daemon.rpc("supervisor.clearProcessLogs", vec!["x".into()]);
    assert_eq!(cleared, Ok(Value::Bool(true)));
    assert_eq!(daemon.read("x.out"), "");
}

#[test]
fn log_111_strip_ansi_removes_colours() {
    let home = Home::new();
    home.write(
        "x.sh",
        "printf 'a\\033[31mred\\033[0m\\033[2Jb\\n'\nread line\n",
    );
    home.config_with(
        "strip_ansi=true",
        "[program:x]\ncommand=/bin/sh {dir}/x.sh\nstartsecs=0\nstdout_logfile={dir}/x.out\n",
    );
    let daemon = Daemon::of(home, &[]);
    assert_eq!(daemon.wait_file("x.out", "\n"), "aredb\n");
}

#[test]
fn log_062_at_debug_level_the_main_log_repeats_the_output() {
    let daemon = Daemon::start_with(
        "loglevel=debug",
        "[program:x]\ncommand=/bin/echo spoken\nstartsecs=0\nautorestart=false\n",
    );
    daemon.wait_state("x", "EXITED");
    assert_eq!(daemon.wait_log("stdout output"), "DEBG 'x' stdout output:");
    assert!(daemon.log().contains(" 'x' stdout output:\nspoken\n"));
}

#[test]
fn proc_099_the_last_words_of_a_program_are_kept() {
    let daemon = Daemon::start(
        "[program:x]\ncommand=/bin/sh -c 'head -c 60000 /dev/zero; echo end'\nstartsecs=0\n\
         autorestart=false\nstdout_logfile={dir}/x.out\n",
    );
    daemon.wait_state("x", "EXITED");
    let said = daemon.read("x.out");
    assert_eq!(said.len(), 60_004);
    assert!(said.ends_with("\0end\n"));
}

#[test]
fn log_086_much_output_arrives_whole_while_the_daemon_answers() {
    let daemon = Daemon::start(
        "[program:x]\ncommand=/bin/sh -c 'head -c 30000000 /dev/zero; echo end'\nstartsecs=0\n\
         autorestart=false\nstdout_logfile={dir}/x.out\nstdout_logfile_maxbytes=0\n",
    );
    daemon.wait_state("x", "EXITED");
    let length = fs::metadata(daemon.path("x.out")).expect("a log").len();
    assert_eq!(length, 30_000_004);
}
