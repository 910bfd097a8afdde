//! Programs that people really run, with what they need of order, readiness and health.
//!
//! Redis and Postgres are Debian's, the Python packages come from `tests/fetch-reference.sh`. Where one is missing, its
//! test says so.

use nix::unistd::{User, chown, geteuid};

use crate::common::daemon::Daemon;
use crate::common::home::Home;
use crate::common::wait::wait_until;
use crate::common::{reference, skip};

use super::examples::before;

/// Whether a program is in PATH.
fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// The Python that has `package`, of the reference's environment.
fn python_with(package: &str) -> Option<String> {
    let python = reference("python3")?;
    let found = std::process::Command::new(&python)
        .args(["-c", &format!("import {package}")])
        .output();
    let found = found.is_ok_and(|output| output.status.success());
    found.then(|| python.display().to_string())
}

#[test]
fn lif_031_redis_is_ready_before_its_client_starts() {
    if !is_installed("redis-server") || !is_installed("redis-cli") {
        return skip("no redis-server, of Debian's package");
    }
    let daemon = Daemon::start(
        "[program:redis]\n\
         command=redis-server --port 0 --unixsocket {dir}/redis.sock --save \"\" --dir {dir}\n\
         readiness_check_script=redis-cli -e -s {dir}/redis.sock ping\n\
         startsecs=0\nstdout_logfile={dir}/redis.log\nredirect_stderr=true\n\
         [program:client]\n\
         command=redis-cli -e -s {dir}/redis.sock set greeting hello\n\
         type=oneshot\ndepends_on=redis\nstdout_logfile={dir}/client.log\n\
         [program:web]\ncommand=/bin/sleep 1000\nstartsecs=0\ndepends_on=redis, client\n",
    );
    daemon.wait_running("web");
    let log = daemon.log();
    before(&log, "ready: redis after", "spawned: 'client'");
    before(
        &log,
        "exited: client (exit status 0; expected)",
        "spawned: 'web'",
    );
    assert_eq!(daemon.read("client.log"), "OK\n");
    // nothing asks it any more when it is told to stop
    assert_eq!(daemon.ctl(&["stop", "all"]).code, Some(0));
    before(&daemon.log(), "stopped: web", "stopped: redis");
}

#[test]
fn lif_100_postgres_is_made_once_and_asked_when_it_answers() {
    let programs = ["initdb", "postgres", "pg_isready", "psql"];
    if let Some(program) = programs.iter().find(|program| !is_installed(program)) {
        return skip(&format!("no {program}, of PostgreSQL"));
    }
    let home = Home::new();
    std::fs::create_dir(home.path("pg")).expect("a folder");
    // it does not run as root
    let user = if geteuid().is_root() {
        let Ok(Some(user)) = User::from_name("postgres") else {
            return skip("no user postgres, and PostgreSQL does not run as root");
        };
        chown(&home.path("pg"), Some(user.uid), Some(user.gid)).expect("its folder");
        "user=postgres\n"
    } else {
        ""
    };
    let shared = format!("directory={{dir}}/pg\nredirect_stderr=true\n{user}");
    home.config(&format!(
        "[program:initdb]\n{shared}command=initdb -D data -A trust -N -U tester\ntype=oneshot\nstartretries=0\n\
         stdout_logfile={{dir}}/initdb.log\n\
         [program:db]\n{shared}command=postgres -D data -k {{dir}}/pg -h \"\" -F\ndepends_on=initdb\n\
         readiness_check_script=pg_isready -q -h {{dir}}/pg\nstopsignal=INT\nstdout_logfile={{dir}}/db.log\n\
         [program:report]\n{shared}command=psql -h {{dir}}/pg -U tester -At -c \"select 6 * 7\" postgres\n\
         type=oneshot\nstartretries=0\ndepends_on=db\nstdout_logfile={{dir}}/report.log\n"
    ));
    let mut daemon = Daemon::of(home, &[]);
    daemon.wait_state("report", "EXITED");
    assert_eq!(daemon.read("report.log"), "42\n");
    let log = daemon.log();
    before(
        &log,
        "exited: initdb (exit status 0; expected)",
        "spawned: 'db'",
    );
    before(&log, "ready: db after", "spawned: 'report'");
    assert_eq!(daemon.stop().code(), Some(0));
    assert!(
        !daemon.path("pg/data/postmaster.pid").exists(),
        "db was not stopped in order"
    );
}

/// Says that it is ready when a file is there, and that it lives until another one is.
const NOTIFIER: &str = "
import os, sdnotify, time
service = sdnotify.SystemdNotifier()
service.notify('STATUS=warming up')
while not os.path.exists('go'): time.sleep(0.02)
service.notify('WATCHDOG_USEC=1000000')
service.notify('STATUS=at work')
service.notify('READY=1')
while not os.path.exists('hang'):
    service.notify('WATCHDOG=1')
    time.sleep(0.1)
os.unlink('hang')
time.sleep(1000)
";

#[test]
fn lif_132_a_python_program_with_sdnotify() {
    let Some(python) = python_with("sdnotify") else {
        return skip("no sdnotify, of tests/fetch-reference.sh");
    };
    let home = Home::new();
    home.write("api.py", NOTIFIER);
    home.config(&format!(
        "[program:api]\ncommand={python} api.py\ndirectory={{dir}}\ntype=notify\nstartsecs=0\n\
         stderr_logfile={{dir}}/api.log\n\
         [program:web]\ncommand=/bin/sleep 1000\nstartsecs=0\ndepends_on=api\n"
    ));
    let daemon = Daemon::of(home, &[]);
    wait_until("its words", || {
        daemon.description("api") == "status: warming up"
    });
    assert_eq!(
        (daemon.state("api"), daemon.state("web")),
        ("STARTING".to_owned(), "STOPPED".to_owned())
    );
    daemon.write("go", "");
    let pid = daemon.wait_running("api");
    daemon.wait_running("web");
    before(&daemon.log(), "ready: api after", "spawned: 'web'");
    // silence is a failed check; the next life is ready at once
    daemon.write("hang", "");
    daemon.wait_log("restarting api: watchdog silent for");
    daemon.wait_replaced("api", pid);
}

/// The programs of a file for the plug-in, as its readme has them.
const ORDERED: &str = "[program:parent]\ncommand=/bin/sleep 1000\nautostart=false\ndependent_startup=true\n\
     [program:setup]\ncommand=/bin/true\nautostart=false\nautorestart=false\nstartsecs=0\n\
     dependent_startup=true\ndependent_startup_wait_for=parent:running\n\
     [program:child]\ncommand=/bin/sleep 1000\nautostart=false\nstartsecs=0\n\
     dependent_startup=true\ndependent_startup_wait_for=parent:running setup:exited\n";

/// Expects that each of `ORDERED` was started once, in order.
fn in_order(daemon: &Daemon) {
    daemon.wait_running("child");
    let log = daemon.log();
    before(&log, "success: parent entered RUNNING", "spawned: 'setup'");
    before(
        &log,
        "exited: setup (exit status 0; expected)",
        "spawned: 'child'",
    );
    for name in ["parent", "setup", "child"] {
        let spawns = daemon.log_lines(&format!("spawned: '{name}'"));
        assert_eq!(spawns.len(), 1, "{spawns:?}");
    }
}

#[test]
fn lif_023_a_file_for_the_plug_in_without_it() {
    in_order(&Daemon::start(ORDERED));
}

#[test]
fn lif_024_a_file_for_the_plug_in_with_its_listener() {
    let Some(python) = python_with("supervisord_dependent_startup") else {
        return skip("no supervisord-dependent-startup, of tests/fetch-reference.sh");
    };
    let listener = format!(
        "[eventlistener:dependentstartup]\n\
         command={python} -m supervisord_dependent_startup -c {{dir}}/supervisord.conf\n\
         autostart=true\nautorestart=unexpected\nstartretries=0\nexitcodes=0,3\nevents=PROCESS_STATE\n\
         stderr_logfile={{dir}}/listener.log\n"
    );
    let daemon = Daemon::start(&format!("{listener}{ORDERED}"));
    in_order(&daemon);
    // it has nothing left to do, and so goes sooner than a listener should
    daemon.wait_file("listener.log", "Found no services to start");
    wait_until("its end", || daemon.pid_of("dependentstartup") == 0);
    in_order(&daemon);
}
