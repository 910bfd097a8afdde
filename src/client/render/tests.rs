use super::*;
use crate::client::report::Operation;

fn row(group: &str, name: &str, status: i64) -> ProcessResult {
    ProcessResult {
        group: group.to_owned(),
        name: name.to_owned(),
        status,
        description: "FAILED: \u{1b}[31m".to_owned(),
    }
}

/// The line of a row in a pipe, without its end.
fn row_line(operation: Operation, group: &str, name: &str, status: i64) -> String {
    let entry = Entry::ProcessResult(operation, row(group, name, status));
    let text = text(&entry, &Remote::default(), false);
    text.trim_end().to_owned()
}

fn process(group: &str, name: &str, state: &str, description: &str) -> ProcessInfo {
    ProcessInfo {
        group: group.to_owned(),
        name: name.to_owned(),
        state: 0,
        statename: state.to_owned(),
        description: description.to_owned(),
        pid: 0,
    }
}

#[test]
fn ctl_080_status_lines() {
    let short = process("cat", "cat", "RUNNING", "pid 1, uptime 0:00:01");
    let other = process("web", "a", "STARTING", "");
    let odd = process("x", "x", "FATAL", "\u{1b}]0;evil\u{7}");
    assert_eq!(
        status_table(&[short, other.clone(), odd]),
        "cat                              RUNNING   pid 1, uptime 0:00:01\n\
         web:a                            STARTING  \n\
         x                                FATAL     \\x1b]0;evil\\x07\n"
    );
    let long = process("web", &"w".repeat(40), "STOPPED", "Not started");
    let table = status_table(&[long, other]);
    assert!(table.starts_with(&format!("web:{}   STOPPED   Not started\n", "w".repeat(40))));
    assert!(table.ends_with(&format!("web:a{}STARTING  \n", " ".repeat(42))));
    assert_eq!(status_table(&[]), "");
}

#[test]
fn ctl_092_rows_of_start() {
    let table = [
        (80, "web:a: started"),
        (10, "web:a: ERROR (no such process)"),
        (20, "web:a: ERROR (no such file)"),
        (21, "web:a: ERROR (file is not executable)"),
        (40, "web:a: ERROR (abnormal termination)"),
        (50, "web:a: ERROR (spawn error)"),
        (60, "web:a: ERROR (already started)"),
        (30, "error: web:a: FAILED: \\x1b[31m"),
    ];
    for (status, line) in table {
        assert_eq!(row_line(Operation::Start, "web", "a", status), line);
    }
}

#[test]
fn ctl_101_rows_of_stop_and_signal() {
    let table = [
        (80, "cat: stopped"),
        (10, "cat: ERROR (no such process)"),
        (11, "cat: ERROR (bad signal name)"),
        (70, "cat: ERROR (not running)"),
        (30, "FAILED: \\x1b[31m"),
        (60, "error: cat: FAILED: \\x1b[31m"),
    ];
    for (status, line) in table {
        assert_eq!(row_line(Operation::Stop, "cat", "cat", status), line);
    }
}

#[test]
fn ctl_135_rows_of_clear() {
    let table = [
        (80, "cat: cleared"),
        (10, "cat: ERROR (no such process)"),
        (30, "cat: ERROR (failed)"),
        (20, "error: cat: FAILED: \\x1b[31m"),
    ];
    for (status, line) in table {
        assert_eq!(row_line(Operation::Clear, "cat", "cat", status), line);
    }
}

#[test]
fn ctl_140_lines_of_avail() {
    let config = |group: &str, name: &str, in_use, autostart| ConfigInfo {
        group: group.to_owned(),
        name: name.to_owned(),
        in_use,
        autostart,
        group_priority: 999,
        process_priority: 5,
    };
    let table = [
        (
            config("cat", "cat", true, true),
            "cat                              in use    auto      999:5",
        ),
        (
            config("web", "a", false, false),
            "web:a                            avail     manual    999:5",
        ),
    ];
    for (config, line) in table {
        assert_eq!(avail_row(&config), line);
    }
}

#[test]
fn ctl_141_lines_of_reread() {
    let groups =
        |names: &[&str]| -> Vec<String> { names.iter().map(ToString::to_string).collect() };
    let found = Changes {
        added: groups(&["z", "b"]),
        changed: groups(&["a"]),
        removed: groups(&["c"]),
    };
    assert_eq!(
        changes(&found),
        "a: changed\nb: available\nc: disappeared\nz: available\n"
    );
    assert_eq!(
        changes(&Changes::default()),
        "No config updates to processes\n"
    );
}

#[test]
fn hlt_103_lines_of_health() {
    let check = |group: &str, check: &str, verdict: &str, reason: &str| CheckInfo {
        group: group.to_owned(),
        name: "web".to_owned(),
        check: check.to_owned(),
        verdict: verdict.to_owned(),
        reason: reason.to_owned(),
    };
    let checks = [
        check("web", "liveness", "healthy", ""),
        check("site", "readiness", "unhealthy", "exit \u{1b}1"),
    ];
    assert_eq!(
        check_table(&checks),
        "web       liveness   healthy\n\
         site:web  readiness  unhealthy  exit \\x1b1\n"
    );
    assert_eq!(check_table(&[]), "");
}

#[test]
fn lif_244_290_rows_beyond_the_reference() {
    let line = |operation, status, description: &str| {
        let mut row = row("web", "web", status);
        description.clone_into(&mut row.description);
        text(
            &Entry::ProcessResult(operation, row),
            &Remote::default(),
            false,
        )
    };
    let table = [
        (Operation::Refresh, 80, "OK", "web: refreshed\n"),
        (
            Operation::Refresh,
            70,
            "NOT_RUNNING: web",
            "web: ERROR (not running)\n",
        ),
        (
            Operation::Refresh,
            30,
            "FAILED",
            "web: ERROR (no reloadsignal or reloadcommand)\n",
        ),
        (
            Operation::Start,
            50,
            "SPAWN_ERROR: web is disabled",
            "web: ERROR (disabled)\n",
        ),
        (
            Operation::Start,
            50,
            "SPAWN_ERROR: web",
            "web: ERROR (spawn error)\n",
        ),
    ];
    for (operation, status, description, wanted) in table {
        assert_eq!(line(operation, status, description), wanted);
    }
}

#[test]
fn columns_as_python_makes_them() {
    let table: [(&[&str], usize, &[&str]); 5] = [
        (&[], 79, &[]),
        (&["a"], 79, &["a"]),
        (&["a", "bb", "c"], 79, &["a  bb  c"]),
        (&["a", "bb", "c"], 5, &["a   c", "bb"]),
        (&["a", "bb", "c"], 1, &["a", "bb", "c"]),
    ];
    for (names, width, lines) in table {
        assert_eq!(columns(names, width), lines, "{names:?} in {width}");
    }
}
