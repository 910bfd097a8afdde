//! Links that somebody else puts where a log was (DEC-038).

use std::fs;
use std::os::unix::fs::{lchown, symlink};
use std::path::Path;

use nix::sys::signal::Signal;
use xmlrpc::Value;

use crate::common::daemon::{Daemon, text};
use crate::common::home::Home;
use crate::common::{http, needs_root};
use crate::health::{Watch, config, start};

const NOBODY: u32 = 65534;
const ECHO: &str =
    "[program:a]\ncommand=/bin/cat\nstdout_logfile={dir}/log\nstartsecs=0\nstartretries=0\n";

/// Puts a link of the user `owner` where a log was.
fn plant(path: &Path, target: &Path, owner: u32) {
    let _ = fs::remove_file(path);
    symlink(target, path).expect("a link");
    lchown(path, Some(owner), Some(owner)).expect("an owner");
}

fn read_log(daemon: &Daemon, method: &str) -> Result<Value, (i32, String)> {
    let arguments = vec!["a".into(), 0.into(), 0.into()];
    daemon.rpc(&format!("supervisor.{method}"), arguments)
}

/// The page with the end of the program's log.
fn tail_page(daemon: &Daemon) -> String {
    let target = "/tail.html?processname=a";
    let page = http::unix(&daemon.path("sock"), "GET", target, &[], b"").expect("a page");
    String::from_utf8_lossy(&page.body).into_owned()
}

fn follow(daemon: &Daemon) -> u16 {
    let answer = http::unix(&daemon.path("sock"), "GET", "/logtail/a", &[], b"");
    answer.expect("an answer").status
}

#[test]
fn dec_038_a_link_of_somebody_else_leads_no_opener_of_a_log_to_a_file_of_root() {
    needs_root!();
    let daemon = start(ECHO);
    daemon.wait_running("a");
    let watch = Watch::over(&daemon);
    daemon.write("secret", "for root only\n");
    daemon.feed("a", "1\n");
    daemon.wait_file("log", "1\n");
    let refused = format!(
        "log '{}': symbolic link of uid 65534 refused",
        daemon.path("log").display()
    );
    for target in ["secret", "made"] {
        plant(&daemon.path("log"), &daemon.path(target), NOBODY);
        daemon.signal(Signal::SIGUSR2);
        daemon.wait_log("cannot reopen a child log: symbolic link of uid 65534 refused");
        daemon.feed("a", "words\n");
        if target == "secret" {
            let fault = read_log(&daemon, "readProcessStdoutLog").expect_err("a fault");
            assert_eq!(fault, (30, format!("FAILED: {refused}")));
            assert_eq!(follow(&daemon), 404);
            let page = tail_page(&daemon);
            assert!(!page.contains("for root only"), "{page}");
        }
        let tail = read_log(&daemon, "tailProcessStdoutLog").expect("a tail");
        assert_eq!(tail[0], Value::from(""));
        watch.check(&daemon);
        daemon.stop_process("a");
        let started = daemon.rpc("supervisor.startProcess", vec!["a".into()]);
        assert_eq!(started, Err((50, "SPAWN_ERROR: a".to_owned())));
        assert_eq!(text(&daemon.info("a"), "spawnerr"), refused);
        let cleared = daemon.rpc("supervisor.clearProcessLogs", vec!["a".into()]);
        assert_eq!(cleared, Err((30, "FAILED: a".to_owned())));
        fs::remove_file(daemon.path("log")).expect("the link");
        daemon.start_process("a");
        daemon.wait_running("a");
    }
    assert_eq!(daemon.read("secret"), "for root only\n");
    assert!(!daemon.has("made"));
    watch.check(&daemon);
}

#[test]
fn dec_038_a_link_of_somebody_else_is_not_followed_by_a_rotation_nor_made_in_the_place_of_a_backup()
{
    needs_root!();
    let options = "stdout_logfile_maxbytes=10\nstdout_logfile_backups=2\n";
    let daemon = start(&format!("{ECHO}{options}"));
    daemon.wait_running("a");
    daemon.write("secret", "for root only\n");
    plant(&daemon.path("log.1"), &daemon.path("secret"), NOBODY);
    plant(&daemon.path("log.2"), &daemon.path("secret"), NOBODY);
    daemon.feed("a", "0123456789\n");
    daemon.wait_file("log.1", "0123456789\n");
    plant(&daemon.path("log"), &daemon.path("secret"), NOBODY);
    daemon.feed("a", "0123456789\n");
    daemon.wait_log("cannot rotate: symbolic link of uid 65534 refused");
    assert_eq!(daemon.read("secret"), "for root only\n");
}

#[test]
fn dec_038_links_of_root_and_links_to_the_owner_s_own_files_go_on_working() {
    needs_root!();
    let home = Home::new();
    config(&home, ECHO);
    home.write("real", "old\n");
    plant(&home.path("log"), &home.path("real"), 0);
    let daemon = Daemon::of(home, &[]);
    daemon.wait_running("a");
    daemon.feed("a", "1\n");
    daemon.wait_file("real", "old\n1\n");
    assert_eq!(
        read_log(&daemon, "readProcessStdoutLog"),
        Ok("old\n1\n".into())
    );
    assert_eq!(
        daemon.path("log").read_link().expect("a link"),
        daemon.path("real")
    );
    // from here on both are somebody else's
    lchown(daemon.path("real"), Some(NOBODY), None).expect("an owner");
    plant(&daemon.path("log"), &daemon.path("real"), NOBODY);
    daemon.signal(Signal::SIGUSR2);
    daemon.wait_log("supervisord logreopen");
    daemon.feed("a", "2\n");
    daemon.wait_file("real", "old\n1\n2\n");
    daemon.stop_process("a");
    let cleared = daemon.rpc("supervisor.clearProcessLogs", vec!["a".into()]);
    assert_eq!(cleared, Ok(Value::Bool(true)));
    assert_eq!(daemon.read("real"), "");
    daemon.start_process("a");
}

#[test]
fn dec_038_the_main_log_of_a_daemon_of_root_is_not_opened_through_a_link_of_somebody_else() {
    needs_root!();
    let home = Home::new();
    config(&home, "");
    home.write("secret", "for root only\n");
    plant(&home.path("main.log"), &home.path("secret"), NOBODY);
    let output = home.supervisord(&["-n", "-c", "supervisord.conf"]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(
        error.contains("symbolic link of uid 65534 refused"),
        "{error}"
    );
    assert_eq!(home.read("secret"), "for root only\n");
}

#[test]
fn dec_038_automatic_logs_are_read_followed_and_cleared_through_no_link() {
    let daemon = start(&ECHO.replace("stdout_logfile={dir}/log", "stdout_logfile=AUTO"));
    daemon.wait_running("a");
    let watch = Watch::over(&daemon);
    daemon.write("secret", "for root only\n");
    let log = text(&daemon.info("a"), "stdout_logfile");
    fs::remove_file(&log).expect("the log");
    symlink(daemon.path("secret"), &log).expect("a link");
    let no_file = (20, format!("NO_FILE: {log}"));
    assert_eq!(read_log(&daemon, "readProcessStdoutLog"), Err(no_file));
    let tail = read_log(&daemon, "tailProcessStdoutLog").expect("a tail");
    assert_eq!(tail[0], Value::from(""));
    assert_eq!(follow(&daemon), 404);
    let page = tail_page(&daemon);
    assert!(
        !page.contains("for root only") && page.contains("No file for a"),
        "{page}"
    );
    watch.check(&daemon);
    daemon.stop_process("a");
    // what is refused may be said or not; what counts is the target
    let _ = daemon.rpc("supervisor.clearProcessLogs", vec!["a".into()]);
    assert_eq!(daemon.read("secret"), "for root only\n");
    let started = daemon.rpc("supervisor.startProcess", vec!["a".into()]);
    assert_eq!(started, Err((50, "SPAWN_ERROR: a".to_owned())));
    let reason = text(&daemon.info("a"), "spawnerr");
    assert!(reason.contains("symbolic link of uid"), "{reason}");
    fs::remove_file(&log).expect("the link");
    daemon.start_process("a");
    // while it runs, clearing makes a new file and the link goes
    symlink(daemon.path("secret"), daemon.path("link")).expect("a link");
    fs::rename(daemon.path("link"), &log).expect("replaced");
    let cleared = daemon.rpc("supervisor.clearProcessLogs", vec!["a".into()]);
    assert_eq!(cleared, Ok(Value::Bool(true)));
    assert_eq!(daemon.read("secret"), "for root only\n");
    watch.check(&daemon);
}
