//! What runs beside programs: hooks and checks as children, and where their output goes.

use crate::common::daemon::{Daemon, text};
use crate::common::home::Home;
use crate::common::proc;
use crate::common::wait::wait_until;

#[test]
fn lif_255_a_hook_has_what_the_program_has() {
    let home = Home::new();
    home.write(
        "hook",
        "{ pwd; umask; echo $COLOUR $SUPERVISOR_HOOK $SUPERVISOR_PROCESS_NAME; \
         echo $SUPERVISOR_PROCESS_PID; readlink /proc/$$/fd/0; \
         ps -o pgid= -p $$ | tr -d ' '; echo $$; } > seen.new\nmv seen.new seen\n",
    );
    home.config(
        "[program:web]\ncommand=/bin/cat\nstartsecs=0\ndirectory={dir}\numask=027\n\
         environment=COLOUR=\"green\",SUPERVISOR_HOOK=\"theirs\"\n\
         post_start_hook=/bin/sh {dir}/hook\n",
    );
    let daemon = Daemon::of(home, &[]);
    let pid = daemon.wait_running("web");
    daemon.wait_log("post_start_hook of web succeeded");
    let seen = daemon.read("seen");
    let seen: Vec<_> = seen.lines().collect();
    let folder = daemon.folder().display().to_string();
    let pid = pid.to_string();
    let wanted = [
        &folder,
        "0027",
        "green post_start_hook web",
        &pid,
        "/dev/null",
    ];
    assert_eq!(seen[..5], wanted);
    assert_eq!(seen[5], seen[6], "a process group of its own");
    assert_eq!(daemon.log_lines("reaped unknown"), [""; 0], "LIF-258");
}

#[test]
fn lif_256_what_a_hook_says_is_in_the_log_within_a_bound() {
    for (redirect, log) in [(false, "err"), (true, "out")] {
        let daemon = Daemon::start(&format!(
            "[program:web]\ncommand=/bin/cat\nstartsecs=0\nredirect_stderr={redirect}\n\
             stdout_logfile={{dir}}/out\nstderr_logfile={{dir}}/err\n\
             pre_start_hook=/bin/sh -c \"echo first; echo second >&2; head -c 200000 /dev/zero | \
             tr '\\\\0' x\"\n"
        ));
        daemon.wait_running("web");
        let logged = daemon.wait_file(log, "xxx");
        assert!(logged.starts_with("first\nsecond\n"), "{log}");
        assert_eq!(logged.len(), 64 * 1024, "{log}");
        // the program's own words come into the same log
        if redirect {
            daemon.feed("web", "hello\n");
            daemon.wait_file(log, "hello");
        }
    }
}

#[test]
fn lif_257_a_hook_that_hangs_is_killed_with_all_that_it_started() {
    let daemon = Daemon::start(
        "[program:web]\ncommand=/bin/cat\nautostart=false\nstartsecs=0\nstartretries=0\n\
         hook_timeout_secs=500ms\npre_start_hook=/bin/sh -c \"sleep 4711 & sleep 4711\"\n",
    );
    let started = daemon.rpc("supervisor.startProcess", vec!["web".into()]);
    assert_eq!(started, Err((50, "SPAWN_ERROR: web".to_owned())));
    let wanted = "pre_start_hook failed: timed out after 0.5 seconds";
    assert_eq!(daemon.description("web"), wanted);
    wait_until("all of it to be gone", || {
        let sleeps = |pid: &i32| proc::words_of(*pid) == ["sleep", "4711"];
        !daemon.processes().iter().any(sleeps)
    });
}

#[test]
fn hlt_041_the_last_line_of_a_check_is_its_reason_and_nowhere_else() {
    let daemon = Daemon::start(
        "[program:web]\ncommand=/bin/cat\nstartsecs=0\nstdout_logfile={dir}/out\n\
         stderr_logfile={dir}/err\nreadiness_check_script=/bin/sh -c \"echo one; echo; \
         echo no route to it >&2; exit 7\"\n",
    );
    let reason = || {
        let health = daemon
            .rpc("ext.getHealth", vec!["web".into()])
            .expect("health");
        text(&health.as_array().expect("an array")[0], "reason")
    };
    wait_until("the reason", || reason() == "exit status 7: no route to it");
    assert_eq!((daemon.read("out"), daemon.read("err")), Default::default());
    assert_eq!(daemon.log_lines("reaped unknown"), [""; 0], "HLT-043");
}
