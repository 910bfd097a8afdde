//! The wall clock jumps.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use nix::sys::signal::Signal;

use crate::common::daemon::Daemon;
use crate::common::home::Home;
use crate::common::wait::{now, wait_until};
use crate::common::{proc, skip};
use crate::health::{Watch, config};

/// A library that shifts the wall clock of a program by the seconds in a file.
const SHIFT: &str = r#"
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t id, struct timespec *out) {
    int result = syscall(SYS_clock_gettime, id, out);
    const char *name = getenv("CLOCK_SHIFT");
    if (result == 0 && id == CLOCK_REALTIME && name) {
        char text[32] = {0};
        int fd = open(name, O_RDONLY | O_CLOEXEC);
        if (fd >= 0) {
            if (read(fd, text, sizeof text - 1) > 0) out->tv_sec += atol(text);
            close(fd);
        }
    }
    return result;
}
"#;

/// Builds the library; none without a C compiler.
fn library(home: &Home) -> Option<PathBuf> {
    let source = home.write("shift.c", SHIFT);
    let library = home.path("shift.so");
    let mut command: Command = home.marked("cc");
    command
        .args(["-shared", "-fPIC", "-o"])
        .arg(&library)
        .arg(source);
    if command.output().is_ok_and(|built| built.status.success()) {
        return Some(library);
    }
    skip("needs a C compiler for a library that shifts the clock");
    None
}

fn shift(daemon: &Daemon, seconds: i64) {
    daemon.write("next", &seconds.to_string());
    fs::rename(daemon.path("next"), daemon.path("shift")).expect("a file");
}

const DAY: i64 = 24 * 60 * 60;

#[test]
fn jumps_of_the_wall_clock_disturb_no_timer() {
    let home = Home::new();
    let Some(library) = library(&home) else {
        return;
    };
    config(
        &home,
        "[program:a]\ncommand=/bin/sleep 1000\nstartsecs=1\nautorestart=true\n\
         [program:stubborn]\ncommand=/bin/sh -c 'trap \"\" TERM; echo up; while :; do sleep 1; done'\n\
         stopwaitsecs=1\nstopasgroup=true\nkillasgroup=true\nstartsecs=0\nstdout_logfile={dir}/stubborn\n\
         [eventlistener:ticks]\ncommand=/bin/sh {dir}/ticks\nevents=TICK_5\nstartsecs=0\n",
    );
    home.write(
        "ticks",
        "while :; do echo READY; read header; length=${header##*len:}\n\
         head -c $length > {dir}/payload; echo >> {dir}/payload; cat {dir}/payload >> {dir}/seen\n\
         printf 'RESULT 2\\nOK'; done\n",
    );
    home.write("shift", "0");
    let mut command = home.command("supervisord");
    command.args(["-n", "-c", "supervisord.conf"]);
    command
        .env("LD_PRELOAD", &library)
        .env("CLOCK_SHIFT", home.path("shift"));
    let daemon = Daemon::from_command(home, command);
    let a = daemon.wait_running("a");
    daemon.wait_running("stubborn");
    daemon.wait_running("ticks");
    let watch = Watch::over(&daemon);
    let time = || i64::from(daemon.info("a")["now"].as_i32().expect("a number"));
    let mut before = time();
    for (to, jump) in [(DAY, DAY), (-DAY, -2 * DAY)] {
        shift(&daemon, to);
        let jumped = time() - before;
        assert!((jump..jump + 60).contains(&jumped), "by {jumped}");
        daemon.wait_file("stubborn", "up");
        let start = now();
        daemon.stop_process("stubborn");
        let span = start.elapsed().as_millis();
        assert!(
            (900..10_000).contains(&span),
            "stopwaitsecs=1 took {span} ms"
        );
        daemon.start_process("stubborn");
        let old = daemon.pid_of("a");
        proc::signal(old, Signal::SIGKILL);
        daemon.wait_replaced("a", old);
        let seen = daemon.read("seen").lines().count();
        wait_until("a tick", || daemon.read("seen").lines().count() > seen);
        watch.check(&daemon);
        before = time();
    }
    assert_ne!(daemon.pid_of("a"), a);
}
