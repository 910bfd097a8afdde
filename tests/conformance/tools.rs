//! The small programs as black boxes: `pidproxy` and `echo_supervisord_conf`, by their names and without.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, Stdio};

use nix::sys::signal::Signal;
use xmlrpc::Value;

use crate::common::daemon::Daemon;
use crate::common::home::{Home, Reply, start};
use crate::common::wait::{wait_for, wait_until};
use crate::common::{ours_only, proc, program, rpc};

/// A wrapper that goes on living beside its program, and a program that notes its signals. The pid file
/// names the program.
const PROGRAM: &str = "#!/bin/sh
for name in HUP INT USR1 USR2 QUIT; do trap \"echo $name >> noted\" $name; done
trap 'echo TERM >> noted; exit 7' TERM
echo $$ > program.pid
while :; do sleep 0.01; done
";
const WRAPPER: &str = "#!/bin/sh
trap '' INT
\"$(dirname \"$0\")/program\" &
wait $!
exit $?
";

/// A command under one of the tools' names.
fn tool(home: &Home, name: &str) -> Command {
    let link = home.path(name);
    if !link.exists() {
        match crate::common::foreign_programs() {
            Some(folder) => symlink(folder.join(name), &link).expect("a link"),
            None => symlink(program("supervisord"), &link).expect("a link"),
        }
    }
    home.marked(link)
}

fn pidproxy(home: &Home, words: &[&str]) -> Child {
    let mut command = tool(home, "pidproxy");
    let out = fs::File::create(home.path("out")).expect("a file");
    command.args(words).stdout(out).stderr(Stdio::inherit());
    start(command.process_group(0))
}

fn wait(child: &mut Child) -> std::process::ExitStatus {
    wait_for("the proxy's end", || child.try_wait().expect("our child"))
}

fn id(child: &Child) -> i32 {
    i32::try_from(child.id()).expect("a pid")
}

#[test]
fn cfg_222_the_sample_is_printed_whatever_the_arguments() {
    let home = Home::new();
    let run = |words: &[&str]| {
        let mut command = tool(&home, "echo_supervisord_conf");
        Reply::from(command.args(words).output().expect("the tool"))
    };
    let plain = run(&[]);
    assert_eq!((plain.code, plain.err.as_str()), (Some(0), ""));
    let odd = run(&["-x", "--help", "more"]);
    assert_eq!((odd.code, odd.out), (Some(0), plain.out));
}

/// The sample loads, and says what it runs with.
#[test]
fn cfg_223_the_sample_is_a_configuration() {
    let home = Home::new();
    let mut command = tool(&home, "echo_supervisord_conf");
    let sample = Reply::from(command.output().expect("the tool")).out;
    for line in [
        "[supervisord]",
        "[rpcinterface:supervisor]",
        "nodaemon=false",
        "minfds=1024",
    ] {
        assert!(
            sample.lines().any(|found| found.starts_with(line)),
            "{line}"
        );
    }
    let sample = sample.replace("/tmp/supervisor", "{dir}/supervisor");
    home.write("supervisord.conf", &sample);
    let words = [
        "-n",
        "-c",
        "supervisord.conf",
        "-j",
        &home.fill("{dir}/pid"),
    ];
    let mut command = home.command("supervisord");
    command.args(words);
    let mut daemon = Daemon::from_command(home, command);
    let listed = rpc::try_call(
        &daemon.path("supervisor.sock"),
        "supervisor.getAllProcessInfo",
        vec![],
    );
    assert_eq!(listed, Ok(Ok(Value::Array(vec![]))));
    assert_eq!(daemon.stop().code(), Some(0));
}

#[test]
fn the_tools_are_there_without_links() {
    ours_only!("the reference installs scripts");
    let home = Home::new();
    let linked = tool(&home, "echo_supervisord_conf").output();
    let linked = Reply::from(linked.expect("the tool"));
    let asked = Reply::from(home.supervisord(&["--echo-conf"]));
    assert_eq!((asked.code, &asked.out), (Some(0), &linked.out));
    let proxy = home.supervisord(&["--pidproxy", "none.pid", "/bin/sh", "-c", "exit 9"]);
    assert_eq!(proxy.status.code(), Some(9));
    // the daemon's own options keep their meaning
    for words in [&["--echo"][..], &["-n", "--echo-conf"], &["--pidprox"]] {
        let reply = Reply::from(home.supervisord(words));
        assert_eq!(reply.code, Some(2), "{words:?}");
        assert!(
            reply.err.contains("not recognized"),
            "{words:?}: {}",
            reply.err
        );
    }
}

#[test]
fn proc_132_too_few_arguments_are_told() {
    let home = Home::new();
    for words in [&[][..], &["x.pid"]] {
        let output = tool(&home, "pidproxy").args(words).output();
        let reply = Reply::from(output.expect("the tool"));
        assert_eq!((reply.code, reply.err.as_str()), (Some(1), ""));
        let usage = format!(
            "Usage: {} <pidfile name> <command> [<cmdarg1> ...]",
            home.path("pidproxy").display()
        );
        assert!(reply.lines().contains(&usage.as_str()), "{}", reply.out);
    }
}

#[test]
fn proc_133_the_command_is_a_path_and_its_words_stay() {
    let home = Home::new();
    let folder = home.path("here");
    fs::create_dir(&folder).expect("a folder");
    home.script("here/show", "#!/bin/sh\ncat /proc/$$/cmdline > words\n");
    symlink("/bin/sh", folder.join("own")).expect("a link");
    let mut command = tool(&home, "pidproxy");
    command.current_dir(&folder);
    let script = "tr '\\0' ' ' < /proc/$$/cmdline > words; exit 0";
    let words = ["../x.pid", "own", "-c", script, "zero", "a  b"];
    let mut child = start(command.args(words));
    assert!(wait(&mut child).success() || crate::common::foreign_programs().is_some());
    let words = home.read("here/words");
    assert!(words.starts_with("own -c "), "{words}");
    assert!(words.ends_with("zero a  b "), "{words}");
}

#[test]
fn proc_134_signals_reach_the_process_in_the_pid_file() {
    let home = Home::new();
    home.script("program", PROGRAM);
    home.script("wrapper", WRAPPER);
    let mut child = pidproxy(&home, &["program.pid", "wrapper"]);
    wait_until("the program", || home.read("program.pid").ends_with('\n'));
    let mut noted = String::new();
    for (signal, name) in [
        (Signal::SIGHUP, "HUP"),
        (Signal::SIGUSR1, "USR1"),
        (Signal::SIGUSR2, "USR2"),
    ] {
        proc::signal(id(&child), signal);
        noted += name;
        noted += "\n";
        wait_until(name, || home.read("noted") == noted);
    }
    proc::signal(id(&child), Signal::SIGTERM);
    wait_until("TERM", || home.read("noted") == format!("{noted}TERM\n"));
    wait(&mut child);
}

#[test]
fn proc_134_a_pid_file_that_says_nothing_is_told() {
    ours_only!("the reference says so when its buffer is full");
    let home = Home::new();
    let mut child = pidproxy(&home, &["x.pid", "/bin/sleep", "1000"]);
    let sleeper = wait_for("the command", || {
        let sleeps = |pid: &i32| proc::words_of(*pid) == ["/bin/sleep", "1000"];
        home.processes().into_iter().find(sleeps)
    });
    let told = "Can't read child pidfile x.pid!\n";
    proc::signal(id(&child), Signal::SIGHUP);
    wait_until("the first line", || home.read("out") == told);
    home.write("x.pid", "nobody");
    proc::signal(id(&child), Signal::SIGTERM);
    wait_until("the second line", || home.read("out") == told.repeat(2));
    assert_eq!(child.try_wait().expect("our child"), None);
    home.write("x.pid", &sleeper.to_string());
    proc::signal(id(&child), Signal::SIGTERM);
    wait(&mut child);
    assert!(!proc::alive(sleeper));
}

/// PROC-149: the reference hides it, up to five seconds later.
#[test]
fn dec_026_the_proxy_ends_as_its_command_does() {
    ours_only!("DEC-026");
    let home = Home::new();
    let run = |script: &str| wait(&mut pidproxy(&home, &["x.pid", "/bin/sh", "-c", script]));
    assert_eq!(run("exit 0").code(), Some(0));
    assert_eq!(run("exit 42").code(), Some(42));
    assert_eq!(run("kill -9 $$").signal(), Some(9));
    assert_eq!(run("kill -SEGV $$").signal(), Some(11));
    let missing = wait(&mut pidproxy(&home, &["x.pid", "no-such-program"]));
    assert_eq!(missing.code(), Some(127));
}

/// DEC-026: a stop is over when the program has stopped, not when it was told to.
#[test]
fn dec_026_a_stop_waits_for_the_program() {
    ours_only!("DEC-026");
    let home = Home::new();
    home.script("program", PROGRAM);
    home.script("wrapper", WRAPPER);
    tool(&home, "pidproxy");
    home.config(
        "[program:proxied]\ncommand={dir}/pidproxy {dir}/program.pid {dir}/wrapper\n\
         directory={dir}\nstartsecs=0\n",
    );
    let daemon = Daemon::of(home, &[]);
    daemon.wait_file("program.pid", "\n");
    let program: i32 = daemon.read("program.pid").trim().parse().expect("a pid");
    daemon.stop_process("proxied");
    assert!(!proc::alive(program));
    daemon.wait_log("stopped: proxied (exit status 7)");
    assert_eq!(daemon.read("noted"), "TERM\n");
}
