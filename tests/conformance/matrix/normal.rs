//! Replaces what changes from run to run: paths, ports, pids, times and our version.

use std::path::Path;

/// The whole output of a command.
pub(crate) fn text(text: &str, folder: &Path, port: u16) -> String {
    let folder = folder.to_str().expect("a UTF-8 path");
    let text = text
        .replace(folder, "DIR")
        .replace(&format!("127.0.0.1:{port}"), "ADDRESS");
    text.split_inclusive('\n').map(line).collect()
}

fn line(line: &str) -> String {
    let end = if line.ends_with('\n') { "\n" } else { "" };
    let line = line.strip_suffix('\n').unwrap_or(line);
    let text = if is_pid(line) {
        "PID".to_owned()
    } else if is_dated(line) {
        format!("TIME {}", line.get(24..).unwrap_or_default())
    } else if let Some(version) = line.strip_prefix("4.3.0+rs.") {
        // DEC-001
        assert!(version.starts_with(|sign: char| sign.is_ascii_digit()));
        "4.3.0".to_owned()
    } else if let Some((before, _)) = line.split_once(": file: ") {
        // where in whose code an error arose (CTL-035)
        format!("{before}: file: HERE")
    } else {
        let line = masked(line, "pid ", |sign| sign.is_ascii_digit());
        let line = masked(&line, "uptime ", |sign| {
            sign.is_ascii_digit() || sign == ':'
        });
        stopped(&line)
    };
    text + end
}

fn is_pid(line: &str) -> bool {
    line.len() > 1 && line.bytes().all(|byte| byte.is_ascii_digit())
}

/// A line of the main log, `2026-11-22 15:30:35,380 LEVL ...`.
fn is_dated(line: &str) -> bool {
    let shape = |byte: u8| if byte.is_ascii_digit() { b'0' } else { byte };
    let start: Vec<u8> = line.bytes().take(23).map(shape).collect();
    start == b"0000-00-00 00:00:00,000"
}

/// Replaces the word after `before`.
fn masked(line: &str, before: &str, part: impl Fn(char) -> bool) -> String {
    let Some((head, rest)) = line.split_once(before) else {
        return line.to_owned();
    };
    let tail = rest.trim_start_matches(part);
    if tail.len() == rest.len() {
        return line.to_owned();
    }
    format!("{head}{before}N{tail}")
}

/// A row of `status` whose description is a time.
fn stopped(line: &str) -> String {
    for state in ["STOPPED   ", "EXITED    "] {
        if let Some((head, when)) = line.split_once(state)
            && (when.ends_with(" AM") || when.ends_with(" PM"))
        {
            return format!("{head}{state}TIME");
        }
    }
    line.to_owned()
}

/// The lines in order of their text.
#[expect(clippy::needless_pass_by_value, reason = "it is a view of an output")]
pub(crate) fn sorted(text: String) -> String {
    let mut lines: Vec<_> = text.split_inclusive('\n').collect();
    lines.sort_unstable();
    lines.concat()
}

/// The lines that contain `part`.
pub(crate) fn only(text: &str, part: &str) -> String {
    let lines = text.split_inclusive('\n');
    lines.filter(|line| line.contains(part)).collect()
}

#[test]
fn what_changes_is_replaced() {
    let table = [
        ("4711\n", "PID\n"),
        ("0\n", "0\n"),
        (
            "x  RUNNING   pid 4711, uptime 0:00:01\n",
            "x  RUNNING   pid N, uptime N\n",
        ),
        ("x  STOPPED   Nov 22 03:30 PM\n", "x  STOPPED   TIME\n"),
        ("x  STOPPED   Not started\n", "x  STOPPED   Not started\n"),
        (
            "2026-11-22 15:30:35,380 INFO spawned: 'x' with pid 12\n",
            "TIME INFO spawned: 'x' with pid 12\n",
        ),
        ("/tmp/a/sock and 127.0.0.1:7\n", "DIR/sock and ADDRESS\n"),
        (
            "error: <class 'x'>, y: file: z line: 1",
            "error: <class 'x'>, y: file: HERE",
        ),
    ];
    for (from, to) in table {
        assert_eq!(text(from, Path::new("/tmp/a"), 7), to);
    }
}
