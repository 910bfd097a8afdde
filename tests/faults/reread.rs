//! The configuration vanishes or is read half written.

use std::fs;

use nix::sys::signal::Signal;

use crate::health::{Watch, config, start};

const PROGRAM: &str = "[program:a]\ncommand=/bin/sleep 1000\nstartsecs=0\n";

#[test]
fn a_configuration_that_cannot_be_read_changes_nothing() {
    let daemon = start(PROGRAM);
    let a = daemon.wait_running("a");
    let watch = Watch::over(&daemon);
    let whole = daemon.read("supervisord.conf");
    let path = daemon.path("supervisord.conf");
    let middle = whole.find("[program:a").expect("the section") + 8;
    let halves: [Option<&[u8]>; 4] = [
        None,
        Some(&whole.as_bytes()[..middle]),
        Some(b""),
        Some(b"\0\xff\n[program:a]\n"),
    ];
    for half in halves {
        match half {
            Some(bytes) => fs::write(&path, bytes).expect("a file"),
            None => fs::remove_file(&path).expect("the file"),
        }
        let read = daemon.rpc("supervisor.reloadConfig", vec![]);
        assert_eq!(read.expect_err("broken").0, 92, "{half:?}");
        let before = daemon.log_lines("SIGHUP").len();
        daemon.signal(Signal::SIGHUP);
        crate::common::wait::wait_until("the signal", || daemon.log_lines("SIGHUP").len() > before);
        assert_eq!(
            (daemon.pid_of("a"), daemon.state("a")),
            (a, "RUNNING".into())
        );
        watch.check(&daemon);
    }
    config(
        &daemon,
        &format!("{PROGRAM}[program:b]\ncommand=/bin/sleep 1000\n"),
    );
    let read = daemon.rpc("supervisor.reloadConfig", vec![]);
    assert!(format!("{read:?}").contains("\"b\""), "{read:?}");
    watch.check(&daemon);
}
