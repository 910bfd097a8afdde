//! Rotations that could last for ever: the number of backups is whatever somebody wrote.

use nix::sys::signal::Signal;

use crate::common::daemon::Daemon;
use crate::common::home::Home;
use crate::health::{Watch, config};

#[test]
fn a_rotation_costs_as_much_as_there_are_old_files() {
    let home = Home::new();
    let log = |stream: &str| {
        format!(
            "{stream}_logfile={{dir}}/{stream}.log\n{stream}_logfile_maxbytes=10\n{stream}_logfile_backups=4000000000\n"
        )
    };
    let (out, err) = (log("stdout"), log("stderr"));
    config(
        &home,
        &format!(
            "[program:a]\ncommand=/bin/sh -c 'while read line; do echo $line; echo $line >&2; done'\nstartsecs=0\n{out}{err}"
        ),
    );
    let text = home.read("supervisord.conf");
    let main = "[supervisord]\nlogfile_maxbytes=200\nlogfile_backups=4000000000\n";
    home.write("supervisord.conf", &text.replace("[supervisord]\n", main));
    home.write("stdout.log.2", "behind a gap\n");
    let mut daemon = Daemon::of(home, &[]);
    daemon.wait_running("a");
    let watch = Watch::over(&daemon);
    for line in ["0123456789", "abcdefghij", "ABCDEFGHIJ"] {
        daemon.feed("a", &format!("{line}\n"));
        daemon.wait_file("stdout.log.1", line);
        daemon.wait_file("stderr.log.1", line);
    }
    assert_eq!(daemon.read("stdout.log.3"), "0123456789\n");
    assert_eq!(daemon.read("stdout.log.2"), "abcdefghij\n");
    assert_eq!(daemon.read("stdout.log.4"), "behind a gap\n");
    assert!(daemon.has("main.log.1"), "the main log is rotated too");
    watch.check(&daemon);
    daemon.signal(Signal::SIGTERM);
    assert!(daemon.wait().success());
}
