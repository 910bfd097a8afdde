//! Files that restart programs when they change.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::common::daemon::Daemon;
use crate::common::home::Home;
use crate::common::proc;
use crate::common::wait::wait_until;

/// How many descriptors are inotify's.
fn watching(daemon: &Daemon) -> usize {
    let all = proc::descriptors(daemon.pid);
    let all = all.values();
    all.filter(|to| to.to_string_lossy().contains("inotify"))
        .count()
}

#[test]
fn lif_280_another_binary_restarts_the_program() {
    let home = Home::new();
    let app = home.script("app", "#!/bin/sh\nexec cat\n");
    home.config(
        "[program:app]\ncommand={dir}/app\nstartsecs=0\nautostart=false\nrestart_when_binary_changed=true\n\
         [program:other]\ncommand=/bin/cat\nstartsecs=0\n",
    );
    let daemon = Daemon::of(home, &[]);
    let before = watching(&daemon);
    assert_eq!(daemon.ctl(&["start", "app"]).code, Some(0));
    let (pid, other) = (daemon.wait_running("app"), daemon.wait_running("other"));
    wait_until("the watch", || watching(&daemon) > before);
    // a chmod is no change
    fs::set_permissions(&app, fs::Permissions::from_mode(0o700)).expect("chmod");
    fs::write(daemon.path("app.new"), "#!/bin/sh\n# new\nexec cat\n").expect("a file");
    let executable = fs::Permissions::from_mode(0o755);
    fs::set_permissions(daemon.path("app.new"), executable).expect("chmod");
    fs::rename(daemon.path("app.new"), &app).expect("rename");
    daemon.wait_replaced("app", pid);
    let line = format!("INFO restarting app: {} changed", app.display());
    assert_eq!(daemon.log_lines("changed"), [line]);
    assert_eq!(daemon.pid_of("other"), other);
    // nothing is watched for one that is down
    daemon.stop_process("app");
    wait_until("no watch", || watching(&daemon) == before);
}

#[test]
fn lif_282_files_of_a_directory_send_a_signal() {
    let home = Home::new();
    fs::create_dir_all(home.path("conf/below")).expect("a folder");
    home.config(
        "[program:app]\ncommand=/bin/sh -c \"trap 'echo hup' HUP; while :; do read x || sleep 0.1; \
         done\"\nstartsecs=0\nstdout_logfile={dir}/out\nrestart_directory_monitor={dir}/conf\n\
         restart_file_pattern=*.conf, *.yml\nrestart_signal_when_file_changed=HUP\n",
    );
    let daemon = Daemon::of(home, &[]);
    let pid = daemon.wait_running("app");
    wait_until("the watch", || watching(&daemon) > 0);
    daemon.write("conf/other.txt", "x");
    daemon.write("conf/below/app.yml", "x");
    daemon.wait_file("out", "hup");
    let path = daemon.path("conf/below/app.yml");
    let line = format!("INFO sending SIGHUP to app: {} changed", path.display());
    assert_eq!(daemon.log_lines("changed"), [line]);
    assert_eq!(daemon.pid_of("app"), pid);
}
