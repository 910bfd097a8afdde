//! How a program is found, prepared and started, and what is said when that fails.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use xmlrpc::Value;

use crate::common::daemon::{Daemon, text};
use crate::common::home::Home;
use crate::common::{ours_only, proc};

/// A shell that stays, whatever its arguments, and starts nothing.
const STAY: &str = "read line\n";

#[test]
fn proc_056_the_command_is_split_like_shell_words_without_expansion() {
    let home = Home::new();
    home.write("stay.sh", STAY);
    home.config(
        "[program:x]\nstartsecs=0\n\
         command=/bin/sh {dir}/stay.sh \"two words\" 'single $HOME' a\\ b x#y * | >z \"\"\n",
    );
    let daemon = Daemon::of(home, &[]);
    let words = proc::words_of(daemon.wait_running("x"));
    let expected = [
        "two words",
        "single $HOME",
        "a b",
        "x#y",
        "*",
        "|",
        ">z",
        "",
    ];
    assert_eq!(words[2..], expected);
}

#[test]
fn proc_060_what_cannot_be_run_is_named_in_fault_and_description() {
    let home = Home::new();
    home.write("plain", "no program");
    home.config(
        "[program:missing]\ncommand={dir}/missing\nautostart=false\n\
         [program:word]\ncommand=no-such-word --flag\nautostart=false\n\
         [program:folder]\ncommand={dir}\nautostart=false\n\
         [program:plain]\ncommand={dir}/plain\nautostart=false\n\
         [program:empty]\ncommand=\nautostart=false\n\
         [program:open]\ncommand=/bin/cat 'open\nautostart=false\n\
         [program:auto]\ncommand={dir}/missing\nstartretries=50\n",
    );
    let daemon = Daemon::of(home, &[]);
    for (name, code, fault) in [
        ("missing", 20, "NO_FILE"),
        ("word", 20, "NO_FILE"),
        ("folder", 21, "NOT_EXECUTABLE"),
        ("plain", 21, "NOT_EXECUTABLE"),
    ] {
        let (found, text) = daemon
            .rpc("supervisor.startProcess", vec![name.into()])
            .expect_err("nothing to run");
        assert_eq!(found, code, "{name}: {text}");
        assert!(text.starts_with(fault), "{name}: {text}");
        assert_eq!(daemon.state(name), "STOPPED");
    }
    daemon.wait_state("auto", "BACKOFF");
    let missing = daemon.fill("can't find command '{dir}/missing'");
    assert_eq!(daemon.description("auto"), missing);
    assert_eq!(
        daemon.wait_log("spawnerr"),
        format!("INFO spawnerr: {missing}")
    );
}

#[test]
fn proc_061_the_loop_says_why_a_program_cannot_start() {
    let home = Home::new();
    home.write("plain", "no program");
    home.config(
        "[program:word]\ncommand=no-such-word --flag\nstartretries=50\n\
         [program:folder]\ncommand={dir}\nstartretries=50\n\
         [program:plain]\ncommand={dir}/plain\nstartretries=50\n\
         [program:open]\ncommand=/bin/cat 'open\nstartretries=50\n\
         [program:empty]\ncommand=\nstartretries=50\n",
    );
    let daemon = Daemon::of(home, &[]);
    for (name, expected) in [
        ("word", "can't find command 'no-such-word'"),
        ("folder", "command at '{dir}' is a directory"),
        ("plain", "command at '{dir}/plain' is not executable"),
        (
            "open",
            "can't parse command \"/bin/cat 'open\": No closing quotation",
        ),
        ("empty", "command is empty"),
    ] {
        daemon.wait_state(name, "BACKOFF");
        assert_eq!(daemon.description(name), daemon.fill(expected), "{name}");
    }
}

#[test]
fn proc_059_a_bare_word_is_searched_in_the_path_of_environment() {
    let home = Home::new();
    home.script("env/bin/tool", "#!/bin/sh\nread line\n");
    home.config(
        "[program:x]\ncommand=tool server.py\nstartsecs=0\nenvironment=PATH=\"{dir}/env/bin\"\n",
    );
    let daemon = Daemon::of(home, &[]);
    let pid = daemon.wait_running("x");
    let words = proc::words_of(pid);
    assert_eq!(words[1], daemon.fill("{dir}/env/bin/tool"));
    assert_eq!(words[2], "server.py");
    assert_eq!(
        proc::environment_of(pid)["PATH"],
        daemon.fill("{dir}/env/bin")
    );
}

#[test]
fn dec_024_the_search_goes_on_past_a_file_that_is_not_executable() {
    ours_only!("DEC-024: PATH search goes on past a file that is not executable");
    let home = Home::new();
    home.write("first/tool", "not executable");
    home.script("second/tool", "#!/bin/sh\nread line\n");
    home.config(
        "[program:x]\ncommand=tool\nstartsecs=0\nenvironment=PATH=\"{dir}/first:{dir}/second\"\n",
    );
    let daemon = Daemon::of(home, &[]);
    let words = proc::words_of(daemon.wait_running("x"));
    assert_eq!(words[1], daemon.fill("{dir}/second/tool"));
}

#[test]
fn proc_068_a_log_that_cannot_be_opened_is_a_spawn_error() {
    let daemon =
        Daemon::start("[program:x]\ncommand=/bin/cat\nstartretries=50\nstdout_logfile={dir}\n");
    daemon.wait_state("x", "BACKOFF");
    let expected = "unknown error making dispatchers for 'x': EISDIR";
    assert_eq!(daemon.description("x"), expected);
    assert_eq!(
        daemon.wait_log("spawnerr"),
        format!("INFO spawnerr: {expected}")
    );
}

#[test]
fn proc_072_a_program_leads_its_own_group_in_the_session_of_the_daemon() {
    let daemon = Daemon::start("[program:x]\ncommand=/bin/cat\nstartsecs=0\n");
    let pid = daemon.wait_running("x");
    assert_eq!(proc::group_of(pid), pid);
    assert_eq!(proc::session_of(pid), proc::session_of(daemon.pid));
}

#[test]
fn proc_073_a_program_sees_exactly_three_descriptors() {
    let daemon = Daemon::start(
        "[program:x]\ncommand=/bin/cat\nstartsecs=0\n\
         [program:y]\ncommand=/bin/cat\nstartsecs=0\nredirect_stderr=true\n",
    );
    let x = proc::descriptors(daemon.wait_running("x"));
    assert_eq!(x.keys().copied().collect::<Vec<_>>(), [0, 1, 2]);
    assert_ne!(x[&1], x[&2], "two pipes");
    let y = proc::descriptors(daemon.wait_running("y"));
    assert_eq!(y.keys().copied().collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(y[&1], y[&2], "one pipe for both");
    for pipe in x.values().chain(y.values()) {
        assert!(pipe.to_string_lossy().starts_with("pipe:"), "{pipe:?}");
    }
}

#[test]
fn proc_075_the_environment_is_the_daemons_own_then_the_names_then_the_options() {
    let home = Home::new();
    home.config_with(
        "environment=GLOBAL=\"g\",BOTH=\"global\"",
        "[group:team]\nprograms=x\n\
         [program:x]\ncommand=/bin/cat\nstartsecs=0\n\
         environment=BOTH=\"program\",QUOTED=\"a, b %%\",SUPERVISOR_PROCESS_NAME=\"mine\"\n",
    );
    let mut command = home.command("supervisord");
    command
        .args(["-n", "-c", "supervisord.conf"])
        .env("OUTSIDE", "seen");
    let daemon = Daemon::from_command(home, command);
    let found = proc::environment_of(daemon.wait_running("team:x"));
    for (name, value) in [
        ("OUTSIDE", "seen"),
        ("GLOBAL", "g"),
        ("BOTH", "program"),
        ("QUOTED", "a, b %"),
        ("SUPERVISOR_ENABLED", "1"),
        ("SUPERVISOR_SERVER_URL", "unix://{dir}/sock"),
        ("SUPERVISOR_PROCESS_NAME", "mine"),
        ("SUPERVISOR_GROUP_NAME", "team"),
    ] {
        assert_eq!(found.get(name), Some(&daemon.fill(value)), "{name}");
    }
}

#[test]
fn proc_076_the_directory_is_entered_before_the_program_starts() {
    let home = Home::new();
    fs::create_dir(home.path("work")).expect("a folder");
    home.config(
        "[program:x]\ncommand=/bin/cat\nstartsecs=0\ndirectory={dir}/work\n\
         [program:lost]\ncommand=/bin/cat\nstartsecs=5\ndirectory={dir}/none\n\
         stderr_logfile={dir}/lost.err\nstartretries=50\n",
    );
    let daemon = Daemon::of(home, &[]);
    let folder = fs::canonicalize(daemon.path("work")).expect("a folder");
    assert_eq!(proc::directory_of(daemon.wait_running("x")), folder);
    daemon.wait_state("lost", "BACKOFF");
    let said = daemon.wait_file("lost.err", "not spawned");
    let expected = "supervisor: couldn't chdir to {dir}/none: ENOENT\n\
                    supervisor: child process was not spawned\n";
    assert!(said.starts_with(&daemon.fill(expected)), "{said}");
    let line = daemon.wait_log("exited: lost");
    assert_eq!(line, "WARN exited: lost (exit status 127; not expected)");
}

#[test]
fn proc_077_the_umask_of_the_program_holds_for_its_files() {
    let daemon = Daemon::start(
        "[program:x]\ncommand=/bin/sh -c ': >{dir}/made; read line'\numask=027\nstartsecs=0\n",
    );
    daemon.wait_running("x");
    crate::common::wait::wait_until("the file", || daemon.has("made"));
    let mode = fs::metadata(daemon.path("made"))
        .expect("made")
        .permissions();
    assert_eq!(mode.mode() & 0o777, 0o640);
}

#[test]
fn proc_078_a_failing_exec_is_told_in_the_programs_own_log() {
    let home = Home::new();
    home.script("headless", "no magic number here\n");
    home.script("lost", "#!/no/such/interpreter\n");
    home.config(
        "[program:headless]\ncommand={dir}/headless\nstartsecs=5\nstartretries=50\n\
         stderr_logfile={dir}/headless.err\n\
         [program:lost]\ncommand={dir}/lost\nstartsecs=5\nstartretries=50\n\
         redirect_stderr=true\nstdout_logfile={dir}/lost.out\n",
    );
    let daemon = Daemon::of(home, &[]);
    for (log, reason) in [
        ("headless.err", "headless: ENOEXEC"),
        ("lost.out", "lost: ENOENT"),
    ] {
        let said = daemon.wait_file(log, "not spawned");
        let expected = format!(
            "supervisor: couldn't exec {{dir}}/{reason}\nsupervisor: child process was not spawned\n"
        );
        assert!(said.starts_with(&daemon.fill(&expected)), "{said}");
    }
    assert!(
        daemon
            .wait_log("spawned: 'lost'")
            .starts_with("INFO spawned: 'lost' with pid ")
    );
}

#[test]
fn proc_081_programs_start_with_an_empty_mask_and_two_ignored_signals() {
    let daemon = Daemon::start("[program:x]\ncommand=/bin/cat\nstartsecs=0\n");
    let pid = daemon.wait_running("x");
    // What the kernel shows as hexadecimal; real-time signals are whatever the tests' parent did.
    let set = |field| {
        let shown = proc::status(pid, field).expect("a signal set");
        u64::from_str_radix(&shown, 16).expect("a number") & 0x7fff_ffff
    };
    assert_eq!(set("SigBlk"), 0);
    assert_eq!(set("SigCgt"), 0);
    // SIGPIPE is 13 and SIGXFSZ is 25; bits count from 1.
    assert_eq!(set("SigIgn"), (1 << 12) | (1 << 24));
}

#[test]
fn proc_084_a_user_that_the_daemon_already_is_needs_no_right() {
    let user = nix::unistd::User::from_uid(nix::unistd::geteuid())
        .expect("a user database")
        .map_or_else(|| "root".to_owned(), |user| user.name);
    let daemon = Daemon::start(&format!(
        "[program:x]\ncommand=/bin/cat\nstartsecs=0\nuser={user}\n"
    ));
    let pid = daemon.wait_running("x");
    let uids = proc::status(pid, "Uid").expect("uids");
    let uid = nix::unistd::geteuid().to_string();
    assert!(uids.split_whitespace().all(|found| found == uid), "{uids}");
}

#[test]
fn proc_131_stdin_reaches_the_program_and_only_a_running_one() {
    let daemon = Daemon::start(
        "[program:x]\ncommand=/bin/cat\nstartsecs=0\nstdout_logfile={dir}/x.out\n\
         [program:off]\ncommand=/bin/cat\nautostart=false\n",
    );
    daemon.wait_running("x");
    let sent = daemon.rpc(
        "supervisor.sendProcessStdin",
        vec!["x".into(), "grüße\n".into()],
    );
    assert_eq!(sent, Ok(Value::Bool(true)));
    assert_eq!(daemon.wait_file("x.out", "\n"), "grüße\n");
    let refused = daemon.rpc(
        "supervisor.sendProcessStdin",
        vec!["off".into(), "x".into()],
    );
    assert_eq!(refused, Err((70, "NOT_RUNNING: off".into())));
    assert_eq!(text(&daemon.info("off"), "statename"), "STOPPED");
}
