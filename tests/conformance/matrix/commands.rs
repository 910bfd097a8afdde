//! The commands that every cell runs, in this order, each in what the ones before have left.

use super::cell::{Cell, Entry, Pair, Way};
use crate::common::home::Home;
use crate::common::wait::wait_until;

const PROGRAMS: &str = "
[program:cat]
command=/bin/cat
startsecs=0
stdout_logfile={dir}/cat.log
[program:off]
command=/bin/cat
startsecs=0
autostart=false
[program:pair]
command=/bin/cat
startsecs=0
autostart=false
numprocs=2
process_name=%(program_name)s_%(process_num)d
[program:talk]
command=/bin/sh -c 'echo hello; echo oops >&2; exec cat'
startsecs=0
stdout_logfile={dir}/talk.log
stderr_logfile={dir}/talk.err
[program:quiet]
command=/bin/cat
startsecs=0
priority=5
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

/// Another configuration: `quiet` is gone, `off` changed, `fresh` and `other` are new.
fn changed() -> String {
    let start = PROGRAMS.find("[program:quiet]").expect("it is there");
    let end = PROGRAMS.find("[program:lost]").expect("it is there");
    let rest = format!("{}{}", &PROGRAMS[..start], &PROGRAMS[end..]);
    rest.replace("[program:off]\n", "[program:off]\npriority=7\n")
        + "[program:fresh]\ncommand=/bin/cat\nstartsecs=0\n[program:other]\ncommand=/bin/cat\nautostart=false\n"
}

/// Runs all of them; none if the reference is missing.
pub(crate) fn run(cell: Cell) -> Option<Vec<Entry>> {
    let prepare = |home: &Home| {
        home.write("plain", "no program\n");
    };
    let mut pair = Pair::start(cell, prepare, PROGRAMS)?;
    for name in ["cat", "talk", "quiet"] {
        pair.daemon.wait_running(name);
    }
    pair.daemon.wait_file("talk.log", "hello\n");
    pair.daemon.wait_file("talk.err", "oops\n");
    look(&mut pair);
    start_and_stop(&mut pair);
    signal(&mut pair);
    read_logs(&mut pair);
    configure(&mut pair);
    shell(&mut pair);
    if cell.way == Way::Tcp {
        knock(&mut pair);
    }
    end(&mut pair);
    Some(pair.entries)
}

fn run_all(pair: &mut Pair, table: &[&[&str]]) {
    for words in table {
        pair.run(words);
    }
}

fn look(pair: &mut Pair) {
    run_all(
        pair,
        &[
            &["status"],
            &["status", "all"],
            &["status", "cat"],
            &["status", "pair:*", "pair:pair_1"],
            &["status", "none", "zz:*", "cat"],
            &["avail"],
            &["avail", "x"],
            &["version"],
            &["version", "x"],
            &["pid"],
            &["pid", "all"],
            &["pid", "cat", "none"],
            &["pid", "off"],
            &["pid", "pair:*"],
            &["help"],
            &["help", "fg"],
            &["help", "none"],
            &["dance", "x"],
            &["exit"],
            &["quit"],
            &["status cat"],
        ],
    );
}

fn start_and_stop(pair: &mut Pair) {
    run_all(
        pair,
        &[
            &["start"],
            &["start", "off", "cat", "none", "zz:*"],
            &["start", "lost"],
            &["start", "plain"],
            &["start", "dying"],
            &["start", "pair:*"],
            &["start", "pair:*"],
            &["stop"],
            &["stop", "off", "off", "none"],
            &["stop", "zz:*"],
            &["stop", "pair:pair_0"],
            &["restart"],
            &["restart", "off"],
            &["restart", "none"],
            &["restart", "zz:*"],
        ],
    );
    pair.run_sorted(&["stop", "all"]);
    pair.run(&["status"]);
    pair.run_sorted(&["start", "all"]);
    pair.run_sorted(&["restart", "pair:*"]);
    pair.run(&["stop", "off"]);
}

fn signal(pair: &mut Pair) {
    run_all(
        pair,
        &[
            &["signal"],
            &["signal", "HUP"],
            &["signal", "CONT", "cat", "none", "off"],
            &["signal", "sigcont", "all"],
            &["signal", "18", "pair:*"],
            &["signal", "HURZ", "cat"],
            &["signal", "HUP", "zz:*"],
        ],
    );
}

fn read_logs(pair: &mut Pair) {
    for name in ["talk", "cat"] {
        pair.daemon.wait_running(name);
    }
    wait_until("talk's second life", || {
        pair.daemon.read("talk.log") == "hello\nhello\n"
            && pair.daemon.read("talk.err") == "oops\noops\n"
    });
    run_all(
        pair,
        &[
            &["tail"],
            &["tail", "talk"],
            &["tail", "talk", "stderr"],
            &["tail", "-3", "talk"],
            &["tail", "-0", "talk", "STDERR"],
            &["tail", "talk", "foo"],
            &["tail", "-x", "talk"],
            &["tail", "-f"],
            &["tail", "a", "b", "c", "d"],
            &["tail", "none"],
            &["tail", "pair:*"],
            &["tail", "quiet"],
            &["tail", "-f", "none"],
            &["maintail", "x"],
            &["maintail", "a", "b"],
        ],
    );
    pair.run_until(&["tail", "-f", "talk"], "hello\nhello\n");
    pair.run_until(&["tail", "-f", "talk", "stderr"], "oops\noops\n");
    pair.run_for(&["maintail", "-100000"], "success: cat entered");
    pair.run_for(&["maintail"], "Press");
    run_all(
        pair,
        &[
            &["fg"],
            &["fg", "none"],
            &["fg", "off"],
            &["fg", "a", "b"],
            &["fg", "pair:*"],
        ],
    );
    pair.run_fg("cat");
    run_all(
        pair,
        &[
            &["clear"],
            &["clear", "talk", "none"],
            &["tail", "talk"],
            &["clear", "pair:*"],
            &["clear", "all"],
        ],
    );
}

fn configure(pair: &mut Pair) {
    run_all(
        pair,
        &[
            &["reread", "x"],
            &["reread"],
            &["update"],
            &["add"],
            &["add", "none"],
            &["add", "cat"],
            &["remove"],
            &["remove", "none"],
            &["remove", "cat"],
        ],
    );
    pair.configure(&changed());
    run_all(
        pair,
        &[
            &["reread"],
            &["avail"],
            &["add", "other", "other"],
            &["update", "off", "none"],
            &["update"],
            &["status", "off", "quiet", "other"],
            &["reread"],
        ],
    );
    pair.daemon.wait_running("fresh");
    run_all(
        pair,
        &[
            &["stop", "fresh"],
            &["remove", "fresh"],
            &["status", "fresh"],
            &["add", "fresh"],
        ],
    );
    pair.daemon.wait_running("fresh");
    pair.configure("[program:bad]\nautostart=perhaps\n");
    for words in [&["reread"][..], &["update"], &["update", "all"]] {
        pair.run(words);
        let entry = pair.entries.last_mut().expect("it was run");
        entry.what += " of a broken file";
    }
    pair.configure(&changed());
    run_all(pair, &[&["reread"], &["update", "all"]]);
}

fn shell(pair: &mut Pair) {
    pair.run_with_input(
        &[],
        "status cat\n\npid off\n?pid\nhelp avail\ndance\nsignal CONT cat\nexit\n",
    );
    pair.run_with_input(&["-i", "shutdown"], "n\n");
    pair.run_with_input(&["-i", "reload"], "n\n");
    let unix = pair.daemon.fill("unix://{dir}/sock");
    pair.run(&["open", &unix]);
    pair.run(&["open", "ftp://x"]);
    pair.run(&["open", "none"]);
}

/// Without the password, and with a wrong one.
fn knock(pair: &mut Pair) {
    let url = format!("http://127.0.0.1:{}", pair.port);
    for (what, words) in [
        ("no password", &[][..]),
        ("wrong password", &["-u", "ann", "-p", "wrong"]),
    ] {
        let mut client = pair.bare_client();
        client
            .args(["-c", "supervisord.conf", "-s", &url])
            .args(words);
        pair.run_with(client, &["status"], "", |said| said);
        let entry = pair.entries.last_mut().expect("it was run");
        entry.what = format!("status with {what}");
    }
}

fn end(pair: &mut Pair) {
    let old = pair.daemon.pid_of("cat");
    pair.run(&["reload", "x"]);
    pair.run(&["reload"]);
    wait_until("the restart", || {
        let info = pair
            .daemon
            .try_rpc("supervisor.getProcessInfo", vec!["cat".into()]);
        matches!(info, Ok(Ok(info)) if info["pid"].as_i32().is_some_and(|pid| pid != 0 && pid != old))
    });
    pair.daemon.wait_replaced("cat", old);
    pair.daemon.wait_running("fresh");
    run_all(pair, &[&["status"], &["shutdown", "x"], &["shutdown"]]);
    assert!(pair.daemon.wait().success());
    for words in [
        &["status"][..],
        &["start", "cat"],
        &["avail"],
        &["reread"],
        &["shutdown"],
        &["reload"],
        &["maintail"],
    ] {
        pair.run(words);
        let entry = pair.entries.last_mut().expect("it was run");
        entry.what += " of nobody";
    }
}
