//! Results of event listeners that are printed on the daemon's standard output (DEC-076).

use std::io::Read as _;

use crate::common::daemon::{Daemon, text};
use crate::common::home::Home;
use crate::common::ours_only;
use crate::common::wait::wait_until;

/// Gives each event back as its result, as the listener of `supervisor-stdout` does.
const GIVES_BACK: &str = "while :; do echo READY; read header; length=${header##*len:}\n\
                          echo RESULT $length; head -c $length; done\n";

/// A listener that runs `script`, and a program whose output it is sent.
fn config(home: &Home, script: &str, program: &str) -> String {
    home.write("listener", script);
    home.write("program", program);
    "[eventlistener:relay]\ncommand=/bin/sh {dir}/listener\nevents=PROCESS_LOG\nbuffer_size=1000\n\
     startsecs=0\nresult_handler=supervisor_stdout:event_handler\n\
     [program:web]\ncommand=/bin/sh {dir}/program\nautostart=false\nstartsecs=0\nautorestart=false\n\
     stdout_events_enabled=true\nstderr_events_enabled=true\n"
        .to_owned()
}

#[test]
fn dec_076_results_are_printed_as_the_package_does() {
    ours_only!("DEC-076: the package is not part of the reference");
    let home = Home::new();
    let program = "read x; echo hello; read x; echo oops >&2; read x; printf 'one\\ntwo'; read x; echo end\n\
                   read x\n";
    let body = config(&home, GIVES_BACK, program);
    home.config_with("silent=true", &body);
    let daemon = Daemon::of(home, &[]);
    daemon.wait_running("relay");
    daemon.start_process("web");
    // a text without a line end gets none, and a blank stands before the next
    let mut wanted = String::new();
    for said in [
        "web stdout | hello\n",
        "web stderr | oops\n",
        "web stdout | one\ntwo",
        " web stdout | end\n",
    ] {
        daemon.feed("web", "next\n");
        wanted.push_str(said);
        wait_until("the output", || daemon.read("stdout") == wanted);
    }
    assert_eq!(daemon.state("relay"), "RUNNING");
}

#[test]
fn dec_076_a_result_that_is_no_event_of_output_is_an_error_of_the_listener() {
    ours_only!("DEC-076: the package is not part of the reference");
    let home = Home::new();
    let script = "echo READY; read header; printf 'RESULT 2\\nOK'; sleep 1000\n";
    let body = config(&home, script, "echo hello; read x\n");
    home.config_with("silent=true", &body);
    let daemon = Daemon::of(home, &[]);
    daemon.wait_running("relay");
    daemon.start_process("web");
    assert_eq!(
        daemon.wait_log("caused an error"),
        "WARN relay: event caused an error"
    );
    daemon.wait_log("relay: has entered the UNKNOWN state");
    assert_eq!(daemon.read("stdout"), "");
}

#[test]
fn dec_076_a_standard_output_that_nobody_reads_holds_nothing_up() {
    ours_only!("DEC-076: the package is not part of the reference");
    let home = Home::new();
    let program = "i=0; while [ $i -lt 40 ]; do head -c 30000 /dev/zero | tr '\\0' x; echo; i=$((i+1)); done\n\
                   : >{dir}/said; read x; echo the end; read x\n";
    let body = config(&home, GIVES_BACK, program);
    home.config_with("silent=true", &body);
    let mut command = home.command("supervisord");
    command.args(["-n", "-c", "supervisord.conf"]);
    let (mut reader, writer) = std::io::pipe().expect("a pipe");
    let mut daemon = Daemon::writing_to(home, command, writer.into());
    daemon.wait_running("relay");
    daemon.start_process("web");
    wait_until("the flood", || daemon.has("said"));
    daemon.wait_log("its reader does not keep up; dropping the oldest output");
    assert_eq!(text(&daemon.info("web"), "statename"), "RUNNING");
    daemon.feed("web", "next\n");
    let (first, rest) = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut said = Vec::new();
            let mut piece = [0; 4096];
            while !said.ends_with(b"the end\n") {
                let count = reader.read(&mut piece).expect("the output");
                assert!(count > 0, "the end is missing");
                said.extend_from_slice(&piece[..count]);
            }
            said
        });
        let said = reader.join().expect("a reader");
        (said[..20].to_vec(), said)
    });
    assert_eq!(first, b"web stdout | xxxxxxx");
    assert!(rest.len() < 1_000_000, "{} bytes", rest.len());
    daemon.wait_log("writing works again");
    assert!(daemon.stop().success());
}

#[test]
fn dec_076_other_handlers_are_refused_with_the_reason() {
    ours_only!("DEC-076: the reference says only that it cannot be resolved");
    let home = Home::new();
    home.config(
        "[eventlistener:x]\ncommand=/bin/cat\nevents=TICK_5\nresult_handler=my.module:judge\n",
    );
    let output = home.supervisord(&["-n", "-c", "supervisord.conf"]);
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    let start = "Error: my.module:judge cannot be resolved within [eventlistener:x]";
    assert!(error.starts_with(start), "{error}");
    for part in [
        "Python code cannot be loaded",
        "supervisor_stdout:event_handler",
    ] {
        assert!(error.contains(part), "{error}");
    }
}
