//! Log reads over XML-RPC: offsets and lengths, bytes that are no text, and what cannot be read.

use std::fs;

use xmlrpc::Value;

use crate::common::daemon::{Daemon, text};
use crate::common::home::Home;
use crate::common::{http, ours_only, rpc::Fault};

/// A program that was never started, with a log that the test writes.
fn with_log(bytes: &[u8]) -> Daemon {
    let home = Home::new();
    fs::write(home.path("x.log"), bytes).expect("a log");
    home.config(
        "[program:x]\ncommand=/bin/cat\nautostart=false\nstdout_logfile={dir}/x.log\n\
         stderr_logfile={dir}/gone.log\n\
         [program:quiet]\ncommand=/bin/cat\nautostart=false\nstdout_logfile=NONE\nstderr_logfile=NONE\n",
    );
    Daemon::of(home, &[])
}

fn read(daemon: &Daemon, offset: Value, length: Value) -> Result<Value, Fault> {
    let args = vec!["x".into(), offset, length];
    daemon.rpc("supervisor.readProcessStdoutLog", args)
}

fn tail(daemon: &Daemon, offset: i32, length: i32) -> Value {
    let args = vec!["x".into(), offset.into(), length.into()];
    let tail = daemon.rpc("supervisor.tailProcessStdoutLog", args);
    tail.expect("a tail")
}

fn tailed(data: &str, offset: i32, overflow: bool) -> Value {
    Value::Array(vec![data.into(), offset.into(), overflow.into()])
}

#[test]
fn rpc_111_reads_at_offsets() {
    let daemon = with_log(b"0123456789");
    let table = [
        (0, 0, "0123456789"),
        (3, 4, "3456"),
        (5, 50, "56789"),
        (-4, 0, "6789"),
        (-40, 0, "0123456789"),
        (10, 0, ""),
        (20, 0, ""),
        (20, 5, ""),
    ];
    for (offset, length, wanted) in table {
        let got = read(&daemon, offset.into(), length.into());
        assert_eq!(got, Ok(wanted.into()), "{offset}, {length}");
    }
    for (offset, length) in [(-4, 3), (-4, -3), (0, -3)] {
        let got = read(&daemon, offset.into(), length.into());
        assert_eq!(
            got,
            Err((3, "BAD_ARGUMENTS".to_owned())),
            "{offset}, {length}"
        );
    }
    assert_eq!(read(&daemon, "5".into(), " 2 ".into()), Ok("56".into()));
    assert_eq!(read(&daemon, 5.9.into(), 2.2.into()), Ok("56".into()));
    let wrong = Err((2, "INCORRECT_PARAMETERS".to_owned()));
    assert_eq!(read(&daemon, Value::Array(vec![]), 2.into()), wrong);
}

#[test]
fn dec_052_numbers_that_are_none_are_a_fault() {
    ours_only!("DEC-052");
    let daemon = with_log(b"0123456789");
    let wrong = Err((2, "INCORRECT_PARAMETERS".to_owned()));
    for value in [
        "x".into(),
        "".into(),
        "1.5".into(),
        f64::NAN.into(),
        Value::Nil,
    ] {
        assert_eq!(read(&daemon, value, 2.into()), wrong);
    }
    let far = Value::String("99999999999".to_owned());
    assert_eq!(read(&daemon, far, 3.into()), Ok("".into()));
}

#[test]
fn rpc_192_tails_at_offsets() {
    let daemon = with_log(b"0123456789");
    let table = [
        ((0, 0), "", true),
        ((0, 5), "56789", true),
        ((0, 10), "0123456789", false),
        ((0, 100), "0123456789", false),
        ((3, 4), "6789", true),
        ((3, 7), "3456789", false),
        ((3, 8), "23456789", false),
        ((5, 5), "56789", false),
        ((9, 1), "9", false),
        ((10, 0), "", false),
        ((10, 5), "", false),
        ((20, 5), "", false),
        ((5, 0), "", true),
        ((0, -1), "", true),
        ((-4, 4), "6789", true),
        ((-20, 5), "56789", true),
        ((-4, 0), "", true),
        ((-4, 20), "0123456789", false),
    ];
    for ((offset, length), data, overflow) in table {
        let wanted = tailed(data, 10, overflow);
        assert_eq!(tail(&daemon, offset, length), wanted, "{offset}, {length}");
    }
}

#[test]
fn rpc_190_logs_that_are_not_there() {
    let daemon = with_log(b"");
    assert_eq!(read(&daemon, 0.into(), 0.into()), Ok("".into()));
    fs::remove_file(daemon.path("x.log")).expect("a log");
    let gone = daemon.fill("NO_FILE: {dir}/x.log");
    assert_eq!(read(&daemon, 0.into(), 0.into()), Err((20, gone)));
    assert_eq!(tail(&daemon, 7, 5), tailed("", 0, false));
    for channel in ["Stdout", "Stderr"] {
        let args = || vec!["quiet".into(), 3.into(), 5.into()];
        let read = daemon.rpc(&format!("supervisor.readProcess{channel}Log"), args());
        assert_eq!(read, Err((20, "NO_FILE".to_owned())));
        let tail = daemon.rpc(&format!("supervisor.tailProcess{channel}Log"), args());
        assert_eq!(tail, Ok(tailed("", 0, false)));
    }
}

#[test]
fn rpc_114_the_main_log() {
    let daemon = Daemon::start("");
    let main = |offset: i32, length: i32| {
        daemon.rpc("supervisor.readLog", vec![offset.into(), length.into()])
    };
    let log = daemon.log();
    assert_eq!(main(24, 40), Ok(log[24..64].into()));
    assert_eq!(main(-9, 0), Ok(log[log.len() - 9..].into()));
    assert_eq!(main(-1, 1), Err((3, "BAD_ARGUMENTS".to_owned())));
    assert_eq!(daemon.rpc("supervisor.clearLog", vec![]), Ok(true.into()));
    let after = main(0, 0).expect("a log");
    assert!(!after.as_str().expect("text").contains("started with pid"));
    fs::remove_file(daemon.path("main.log")).expect("a log");
    let gone = daemon.fill("NO_FILE: {dir}/main.log");
    assert_eq!(main(0, 0), Err((20, gone)));
    let gone = Err((20, "NO_FILE".to_owned()));
    assert_eq!(daemon.rpc("supervisor.clearLog", vec![]), gone);
}

#[test]
fn dec_050_bytes_that_xml_cannot_carry() {
    ours_only!("DEC-050");
    let bytes = b"a\x00\x1b[1m\xff\xc3\xa9\tb\r\nc\xef\xbf\xbf<&>]]>\xf0\x9f\x98\x80";
    let daemon = with_log(bytes);
    let wanted = "a\u{fffd}\u{fffd}[1m\u{fffd}\u{e9}\tb\r\nc\u{fffd}<&>]]>\u{1f600}";
    assert_eq!(read(&daemon, 0.into(), 0.into()), Ok(wanted.into()));
    let size = i32::try_from(bytes.len()).expect("a small log");
    assert_eq!(tail(&daemon, 0, 1000), tailed(wanted, size, false));
    // CR as a reference: a bare one would reach no parser
    let body = b"<methodCall><methodName>supervisor.readProcessLog</methodName><params>\
        <param><value>x</value></param><param><value><int>0</int></value></param>\
        <param><value><int>0</int></value></param></params></methodCall>";
    let answer = http::unix(&daemon.path("sock"), "POST", "/RPC2", &[], body).expect("an answer");
    let body = String::from_utf8(answer.body).expect("UTF-8");
    assert!(body.contains("\tb&#13;\nc"), "{body}");
    assert!(
        answer
            .head
            .contains(&format!("Content-Length: {}", body.len())),
        "{}",
        answer.head
    );
}

#[test]
fn dec_050_a_character_that_an_offset_cuts() {
    ours_only!("DEC-050");
    let daemon = with_log("aé€😀z".as_bytes());
    let table = [
        (0, 2, "a\u{fffd}"),
        (2, 1, "\u{fffd}"),
        (1, 2, "é"),
        (3, 2, "\u{fffd}"),
        (6, 4, "😀"),
        (-2, 0, "\u{fffd}z"),
    ];
    for (offset, length, wanted) in table {
        let got = read(&daemon, offset.into(), length.into());
        assert_eq!(got, Ok(wanted.into()), "{offset}, {length}");
    }
    assert_eq!(tail(&daemon, 0, 2), tailed("\u{fffd}z", 11, true));
}

#[test]
fn rpc_174_clearing_all_logs_gives_a_row_for_each_process() {
    let daemon = with_log(b"old");
    let rows = daemon
        .rpc("supervisor.clearAllProcessLogs", vec![])
        .expect("rows");
    let rows = rows.as_array().expect("an array");
    let shown: Vec<_> = rows
        .iter()
        .map(|row| {
            (
                text(row, "name"),
                row["status"].clone(),
                text(row, "description"),
            )
        })
        .collect();
    let ok = |name: &str| (name.to_owned(), Value::Int(80), "OK".to_owned());
    assert_eq!(shown, [ok("quiet"), ok("x")]);
}
