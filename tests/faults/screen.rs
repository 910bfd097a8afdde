//! Names and texts that would take over a terminal or a page, and that nobody gets to see but as text.

use std::fs;

use crate::common::daemon::Daemon;
use crate::common::home::Home;
use crate::common::http;
use crate::common::ours_only;
use crate::common::wait::wait_until;
use crate::health::{Watch, config};

/// What somebody types or sends: resets a terminal, clears its screen in the eight-bit way, and rings.
const EVIL: &str = "e\u{1b}c\u{9b}2J\u{7}\u{7f}";
/// How it is shown in a line, and on a page.
const SHOWN: &str = "e\\x1bc\\x9b2J\\x07\\x7f";
const PICTURED: &str = "e\u{241b}c\u{fffd}2J\u{2407}\u{2421}";

/// A name that XML-RPC can carry, in lines and on pages.
const NAME: &str = "n\u{9b}2J\u{7f}";
const NAME_SHOWN: &str = "n\\x9b2J\\x7f";
const NAME_PICTURED: &str = "n\u{fffd}2J\u{2421}";

/// Fails if a terminal would obey some of it.
#[track_caller]
fn assert_tame(what: &str, text: &str) {
    let obeyed = text.chars().find(|character| {
        // in a line of the client or of the log nothing else has a place
        character.is_control() && !matches!(character, '\n' | '\t')
    });
    assert_eq!(obeyed, None, "{what}: {text:?}");
}

fn evil_daemon() -> Daemon {
    let home = Home::new();
    // what a listener says is nonsense
    home.write("nonsense", &format!("READY\n{EVIL}\r\n"));
    config(
        &home,
        &format!(
            "[program:{NAME}]\ncommand=/bin/cat\nstartsecs=0\nstdout_logfile={{dir}}/log\nstderr_logfile=NONE\n\
             [program:no{NAME}]\ncommand=/no/such{EVIL}\nstartsecs=0\nstartretries=0\n\
             [program:{EVIL}]\ncommand=/bin/cat\nstartsecs=0\nautorestart=true\n\
             [eventlistener:l{EVIL}]\ncommand=/bin/sh -c 'head -c 6 {{dir}}/nonsense; read x; tail -c +7 {{dir}}/nonsense; exec cat'\n\
             events=PROCESS_STATE,REMOTE_COMMUNICATION\nstartsecs=0\nautorestart=false\n"
        ),
    );
    let daemon = Daemon::of(home, &[]);
    daemon.wait_running(NAME);
    daemon.wait_state(&format!("no{NAME}"), "FATAL");
    daemon
}

#[test]
fn no_name_reaches_a_terminal_as_it_is() {
    ours_only!("DEC-082");
    let daemon = evil_daemon();
    let watch = Watch::over(&daemon);
    let missing = format!("not{NAME}");
    let fails = format!("no{NAME}");
    let table: [&[&str]; 25] = [
        &["status"],
        &["status", NAME, &missing],
        &["status", &format!("{missing}:*")],
        &["avail"],
        &["pid", &missing],
        &["start", NAME],
        &["start", &fails],
        &["start", &missing],
        &["start", &format!("{fails}:*")],
        &["stop", &missing],
        &["restart", NAME],
        &["signal", "HUP", &missing],
        &["clear", NAME],
        &["clear", &missing],
        &["tail", &missing],
        &["tail", NAME, EVIL],
        &["tail", &format!("-{EVIL}"), NAME],
        &["tail", "-f", &missing],
        &["maintail", &format!("-{EVIL}")],
        &["add", &missing],
        &["remove", NAME],
        &["remove", &missing],
        &["update", &missing],
        &[EVIL],
        &["help", EVIL],
    ];
    for arguments in table {
        let reply = daemon.ctl(arguments);
        let said = reply.out + &reply.err;
        assert_tame(&format!("{arguments:?}"), &said);
        assert!(said.contains("\\x9b"), "{arguments:?}: {said}");
    }
    let silent: [&[&str]; 4] = [
        &["signal", EVIL, NAME],
        &["fg", &missing],
        &["fg", &fails],
        &["open", &missing],
    ];
    for arguments in silent {
        let reply = daemon.ctl(arguments);
        assert_tame(&format!("{arguments:?}"), &(reply.out + &reply.err));
    }
    let nowhere = format!("unix:///no/{EVIL}");
    let reply = daemon.ctl(&["-s", &nowhere, "status"]);
    assert!(reply.out.contains(SHOWN), "{}", reply.out);
    assert_tame("another server", &(reply.out + &reply.err));
    let reply = daemon.shell(&format!("status\n{EVIL}\nhelp {EVIL}\n"));
    assert!(reply.out.contains(SHOWN), "{}", reply.out);
    assert_tame("the shell", &(reply.out + &reply.err));
    daemon.wait_running(NAME);
    watch.check(&daemon);
}

#[test]
fn no_change_of_the_configuration_reaches_a_terminal_as_it_is() {
    ours_only!("DEC-082");
    let daemon = evil_daemon();
    let watch = Watch::over(&daemon);
    let before = daemon.read("supervisord.conf");
    let write = |text: &str| fs::write(daemon.path("supervisord.conf"), text).expect("a file");
    let says = |arguments: &[&str], part: &str| {
        let reply = daemon.ctl(arguments);
        let said = reply.out + &reply.err;
        assert!(said.contains(part), "{arguments:?}: {said}");
        assert_tame(&format!("{arguments:?}"), &said);
    };
    let more = format!("[program:new{NAME}]\ncommand=/bin/cat\nstartsecs=0\n");
    write(&(before.clone() + &more));
    says(&["reread"], &format!("new{NAME_SHOWN}: available"));
    says(
        &["update"],
        &format!("new{NAME_SHOWN}: added process group"),
    );
    daemon.wait_running(&format!("new{NAME}"));
    write(&(before.clone() + &more.replace("/cat", "/sleep 1000")));
    says(
        &["update"],
        &format!("new{NAME_SHOWN}: updated process group"),
    );
    daemon.wait_running(&format!("new{NAME}"));
    write(&before);
    says(
        &["update"],
        &format!("new{NAME_SHOWN}: removed process group"),
    );
    for wrong in [
        format!("[program:x]\ncommand=/bin/cat\nautostart={EVIL}\n"),
        format!("[program:x]\ncommand=/bin/cat\nuser={EVIL}\n"),
        format!("[program:x]\ncommand=%({EVIL})s\n"),
        format!("[program:{EVIL}:{EVIL}]\ncommand=/bin/cat\n"),
        format!("{EVIL}\n"),
    ] {
        write(&(before.clone() + &wrong));
        says(&["reread"], "2J");
    }
    write(&before);
    says(&["reread"], "No config updates");
    watch.check(&daemon);
}

#[test]
fn the_main_log_is_text() {
    ours_only!("DEC-082");
    let daemon = evil_daemon();
    let event = vec![NAME.into(), NAME.into()];
    let sent = daemon.rpc("supervisor.sendRemoteCommEvent", event);
    sent.expect("an event");
    daemon.ctl(&["start", EVIL]);
    daemon.ctl(&["restart", NAME]);
    wait_until("its second start", || {
        daemon.log_lines(&format!("spawned: '{NAME_SHOWN}'")).len() == 2
    });
    // its answer to the first event is nonsense, and it is known no more
    daemon.wait_log(&format!("spawned: '{SHOWN}'"));
    daemon.wait_log(&format!("l{SHOWN}: bad"));
    assert_tame("the main log", &daemon.log());
    assert_tame("standard output", &daemon.read("stdout"));
}

#[test]
fn pages_carry_no_control_characters() {
    ours_only!("DEC-082");
    let daemon = evil_daemon();
    let line = format!("<script>{EVIL}\n");
    fs::write(daemon.path("log"), &line).expect("its log");
    let encoded = |text: &str| {
        let codes: Vec<_> = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
        codes.concat()
    };
    let (name, evil) = (encoded(NAME), encoded(EVIL));
    for target in [
        "/".to_owned(),
        "/index.html".to_owned(),
        format!("/?message={evil}"),
        format!("/tail.html?processname={name}"),
        format!("/tail.html?processname={evil}"),
        format!("/tail.html?processname=not{evil}"),
    ] {
        let page = http::unix(&daemon.path("sock"), "GET", &target, &[], b"").expect("an answer");
        assert_eq!(page.status, 200, "{target}");
        let page = String::from_utf8(page.body).expect("UTF-8");
        assert_tame(&target, &page);
        assert!(!page.contains("<script>e"), "{target}: {page}");
        let shown = [SHOWN, PICTURED, NAME_SHOWN, NAME_PICTURED];
        let shown = shown.iter().any(|shown| page.contains(shown));
        assert!(shown, "{target}: {page}");
    }
}
