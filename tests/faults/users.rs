//! The databases of users and of hosts do not answer.

use std::path::PathBuf;
use std::process::Command;

use xmlrpc::Value;

use crate::common::daemon::Daemon;
use crate::common::home::Home;
use crate::common::wait::{self, DEADLINE};
use crate::common::{needs_root, proc, skip};
use crate::health::{Watch, config};

/// A library under which every question about users and hosts waits for as long as a file is there.
const SILENCE: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

static void *real(const char *name) {
    const char *flag = getenv("SILENCE");
    while (flag && access(flag, F_OK) == 0) usleep(10000);
    return dlsym(RTLD_NEXT, name);
}
int getpwuid_r(uid_t u, struct passwd *p, char *b, size_t s, struct passwd **r) {
    return ((int (*)(uid_t, struct passwd *, char *, size_t, struct passwd **))real("getpwuid_r"))(u, p, b, s, r);
}
int getpwnam_r(const char *n, struct passwd *p, char *b, size_t s, struct passwd **r) {
    return ((int (*)(const char *, struct passwd *, char *, size_t, struct passwd **))real("getpwnam_r"))(n, p, b, s, r);
}
int getgrnam_r(const char *n, struct group *g, char *b, size_t s, struct group **r) {
    return ((int (*)(const char *, struct group *, char *, size_t, struct group **))real("getgrnam_r"))(n, g, b, s, r);
}
int getaddrinfo(const char *n, const char *s, const struct addrinfo *h, struct addrinfo **r) {
    return ((int (*)(const char *, const char *, const struct addrinfo *, struct addrinfo **))real("getaddrinfo"))(n, s, h, r);
}
int getgrouplist(const char *n, gid_t g, gid_t *l, int *c) {
    return ((int (*)(const char *, gid_t, gid_t *, int *))real("getgrouplist"))(n, g, l, c);
}
"#;

/// Builds the library; none without a C compiler.
fn library(home: &Home) -> Option<PathBuf> {
    let source = home.write("silence.c", SILENCE);
    let library = home.path("silence.so");
    let mut command: Command = home.marked("cc");
    command.args(["-shared", "-fPIC", "-o"]).arg(&library);
    command.arg(source).arg("-ldl");
    if command.output().is_ok_and(|built| built.status.success()) {
        return Some(library);
    }
    skip("needs a C compiler for a library that keeps answers about users back");
    None
}

/// What was known when the configuration was read is enough, for starts and for reading it again.
#[test]
fn silent_databases_of_users_and_hosts_hold_nobody_up() {
    needs_root!();
    let home = Home::new();
    let Some(library) = library(&home) else {
        return;
    };
    let program = |name: &str| {
        format!(
            "[program:{name}]\ncommand=/bin/sleep 1000\nuser=nobody\nautostart=false\nstartsecs=0\n"
        )
    };
    let port = std::net::TcpListener::bind("localhost:0").and_then(|any| any.local_addr());
    let port = port.expect("a free port").port();
    let socket = format!(
        "[fcgi-program:f]\nsocket=tcp://localhost:{port}\ncommand=/bin/sleep 1000\nautostart=false\nstartsecs=0\n"
    );
    config(&home, &format!("{}{}{socket}", program("a"), program("b")));
    let mut command = home.command("supervisord");
    command.args(["-n", "-c", "supervisord.conf"]);
    command
        .env("LD_PRELOAD", &library)
        .env("SILENCE", home.path("flag"));
    let daemon = Daemon::from_command(home, command);
    let watch = Watch::over(&daemon);
    daemon.write("flag", "");
    let start = wait::now();
    for name in ["a", "b"] {
        let started = daemon.rpc("supervisor.startProcess", vec![name.into(), false.into()]);
        assert_eq!(started, Ok(Value::Bool(true)), "{name}");
        let pid = daemon.wait_running(name);
        let groups = proc::status(pid, "Groups").expect("groups");
        assert_eq!(groups.trim(), "65534", "{name}");
    }
    let started = daemon.rpc("supervisor.startProcess", vec!["f".into(), false.into()]);
    assert_eq!(started, Ok(Value::Bool(true)));
    daemon.wait_running("f");
    let reread = daemon.rpc("supervisor.reloadConfig", vec![]);
    assert!(reread.is_ok(), "{reread:?}");
    assert!(start.elapsed() < DEADLINE / 2, "{:?}", start.elapsed());
    std::fs::remove_file(daemon.path("flag")).expect("the flag");
    for name in ["a", "b", "f"] {
        daemon.stop_process(name);
    }
    watch.check(&daemon);
}
