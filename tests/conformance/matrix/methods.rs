//! Every method, called by Python's `xmlrpc.client`, with values and types as Python's daemon gives them.

use super::cell::{Cell, Pair, Side, Way};
use crate::common::home::Home;
use crate::common::{foreign_programs, not_in_this_run, reference, skip};

const PROGRAMS: &str = "
[program:cat]
command=/bin/cat
startsecs=0
stdout_logfile={dir}/cat.log
[program:off]
command=/bin/cat
startsecs=0
autostart=false
stopsignal=INT
environment=A=\"b\"
[program:a]
command=/bin/cat
startsecs=0
autostart=false
[program:b]
command=/bin/cat
startsecs=0
autostart=false
priority=7
[group:pair]
programs=a,b
priority=3
[program:talk]
command=/bin/sh -c 'echo hello; exec cat'
startsecs=0
redirect_stderr=true
stdout_logfile={dir}/talk.log
stdout_logfile_maxbytes=1MB
exitcodes=0,2
autorestart=false
directory=/tmp
[program:digits]
command=/bin/sh -c 'printf 0123456789; exec cat'
startsecs=0
autostart=false
stdout_logfile={dir}/digits.log
stderr_logfile={dir}/digits.err
[program:quiet]
command=/bin/cat
startsecs=0
stdout_logfile=NONE
stderr_logfile=NONE
[program:lost]
command=/no/such/program
autostart=false
[program:plain]
command={dir}/plain
autostart=false
[program:dying]
command=/bin/false
autostart=false
startsecs=1
startretries=0
";

/// More than `PROGRAMS`, of which `quiet` is gone.
fn other() -> String {
    let start = PROGRAMS.find("[program:quiet]").expect("it is there");
    let end = PROGRAMS.find("[program:lost]").expect("it is there");
    format!("{}{}", &PROGRAMS[..start], &PROGRAMS[end..])
        .replace("stopsignal=INT", "stopsignal=QUIT")
        + "[program:fresh]\ncommand=/bin/cat\nstartsecs=0\n\
           [program:stubborn]\ncommand={dir}/stubborn\nautostart=false\nstopwaitsecs=3\n"
}

/// What the script says about a daemon; none if the reference is missing.
fn ask(daemon: Side) -> Option<String> {
    let cell = Cell {
        daemon,
        client: Side::Python,
        way: Way::Unix,
    };
    let prepare = |home: &Home| {
        home.write("plain", "no program\n");
        home.write("digits.log", "0123456789");
        home.script(
            "stubborn",
            "#!/bin/sh\ntrap '' TERM\nwhile :; do sleep 0.1; done\n",
        );
    };
    let pair = Pair::start(cell, prepare, PROGRAMS)?;
    let running = pair.daemon.read("supervisord.conf");
    pair.configure(&other());
    let other = pair
        .daemon
        .write("other.conf", &pair.daemon.read("supervisord.conf"));
    let config = pair.daemon.write("supervisord.conf", &running);
    let mut command = pair.daemon.marked(reference("python")?);
    command.arg(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/conformance/matrix/methods.py"
    ));
    command.args([&pair.daemon.path("sock"), &config, &other]);
    let output = command.output().expect("Python");
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{daemon:?}: {err}");
    Some(String::from_utf8(output.stdout).expect("UTF-8"))
}

#[test]
fn python_xmlrpc_all_methods() {
    if foreign_programs().is_some() {
        return not_in_this_run("compares our daemon with Python's");
    }
    let (Some(wanted), Some(got)) = (ask(Side::Python), ask(Side::Ours)) else {
        return skip("needs Python's Supervisor; run tests/fetch-reference.sh");
    };
    let mut wrong = Vec::new();
    for (wanted, got) in wanted.lines().zip(got.lines()) {
        if wanted != got {
            wrong.push(format!("{got}\n---- and not\n{wanted}\n"));
        }
    }
    assert_eq!(wanted.lines().count(), got.lines().count());
    assert!(got.contains("not called: []"), "{got}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
