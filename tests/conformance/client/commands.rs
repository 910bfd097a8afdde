//! Commands against answers that a daemon seldom gives.

use super::fake::{
    PROGRAM, Request, array, array_xml, fault, process, row, run, text, value, with_version,
};

/// What the server was asked, without the version.
fn methods(requests: &[Request]) -> Vec<&str> {
    let methods = requests.iter().map(Request::method);
    methods.filter(|method| *method != "getVersion").collect()
}

#[test]
fn ctl_020_the_last_failing_row_sets_the_exit_status() {
    let table = [
        ("21", "50", 7),
        ("50", "21", 1),
        ("60", "80", 0),
        ("50", "60", 7),
    ];
    for (first, second, exit) in table {
        let ran = run(&["start all"], |request| {
            with_version(request, |_| {
                array(&[row("a", "a", first, ""), row("b", "b", second, "")])
            })
        });
        assert_eq!(ran.status, exit, "{first} {second}");
        assert_eq!(ran.out.lines().count(), 2);
    }
}

#[test]
fn dec_080_unexpected_codes_end_nothing() {
    let ran = run(&["start", "odd", "odd:*", "good"], |request| {
        with_version(request, |request| match request.method() {
            "startProcess" if request.has_argument("good") => value("<boolean>1</boolean>"),
            "startProcess" => fault("30", "FAILED"),
            _ => fault("6", "SHUTDOWN_STATE"),
        })
    });
    let lines: Vec<&str> = ran.out.lines().collect();
    let wanted = [
        "error: odd: FAILED",
        "error: the daemon is shutting down",
        "good: started",
    ];
    assert_eq!((lines.as_slice(), ran.status), (&wanted[..], 1));
}

#[test]
fn ctl_101_a_failed_stop_shows_the_servers_text() {
    let ran = run(&["stop", "x", "g:*"], |request| {
        with_version(request, |request| match request.method() {
            "stopProcess" => fault("30", "FAILED: unknown problem killing x (1):gone"),
            _ => array(&[row("g", "a", "80", "OK"), row("g", "b", "30", "FAILED: no")]),
        })
    });
    assert_eq!(
        ran.out,
        "FAILED: unknown problem killing x (1):gone\ng:a: stopped\nFAILED: no\n"
    );
    assert_eq!(ran.status, 1);
}

#[test]
fn ctl_022_restart_keeps_the_status_of_the_stop() {
    let ran = run(&["restart", "x"], |request| {
        with_version(request, |request| match request.method() {
            "stopProcess" => fault("10", "BAD_NAME: x"),
            _ => value("<boolean>1</boolean>"),
        })
    });
    assert_eq!(ran.out, "x: ERROR (no such process)\nx: started\n");
    assert_eq!(ran.status, 1);
    assert_eq!(methods(&ran.requests), ["stopProcess", "startProcess"]);
}

#[test]
fn dec_082_status_escapes_control_characters() {
    let ran = run(&["status"], |request| {
        with_version(request, |_| {
            array(&[process("x", "x", "200", "FATAL", "a&#27;]0;b&#7;&#10;c")])
        })
    });
    let line = "x                                FATAL     a\\x1b]0;b\\x07\\nc\n";
    assert_eq!((ran.out.as_str(), ran.status), (line, 3));
}

#[test]
fn ctl_083_stopped_wins_over_unknown() {
    let answer = |request: &Request| {
        with_version(request, |_| {
            array(&[
                process("up", "up", "20", "RUNNING", "pid 1"),
                process("down", "down", "0", "STOPPED", "Not started"),
                process("new", "new", "10", "STARTING", ""),
            ])
        })
    };
    let table = [
        ("status up new", 0),
        ("status up nothing", 4),
        ("status nothing down", 3),
    ];
    for (command, exit) in table {
        assert_eq!(run(&[command], answer).status, exit, "{command}");
    }
    let ran = run(&["status up nothing zz:*"], answer);
    assert!(
        ran.out
            .starts_with("nothing: ERROR (no such process)\nzz: ERROR (no such group)\nup     ")
    );
}

/// What `reloadConfig` answers.
fn changes(added: &str, changed: &str, removed: &str) -> String {
    let names = |names: &str| {
        let names = names.split_whitespace();
        array_xml(
            &names
                .map(|name| format!("<string>{name}</string>"))
                .collect::<Vec<_>>(),
        )
    };
    array_xml(&[array_xml(&[names(added), names(changed), names(removed)])])
}

#[test]
fn ctl_142_the_order_of_an_update() {
    let ran = run(&["update"], |request| match request.method() {
        "reloadConfig" => value(&changes("new", "other", "bad old")),
        "stopProcessGroup" if request.has_argument("bad") => {
            array(&[row("bad", "bad", "30", "FAILED")])
        }
        "stopProcessGroup" => array(&[]),
        _ => value("<boolean>1</boolean>"),
    });
    assert_eq!(
        ran.out,
        "bad: stopped\nbad: has problems; not removing\nold: stopped\nold: removed process group\n\
         other: stopped\nother: updated process group\nnew: added process group\n"
    );
    assert_eq!(ran.status, 1);
    assert_eq!(
        methods(&ran.requests),
        [
            "reloadConfig",
            "stopProcessGroup",
            "stopProcessGroup",
            "removeProcessGroup",
            "stopProcessGroup",
            "removeProcessGroup",
            "addProcessGroup",
            "addProcessGroup",
        ]
    );
}

#[test]
fn ctl_144_an_update_of_chosen_groups() {
    let answer = |request: &Request| match request.method() {
        "reloadConfig" => value(&changes("new", "", "")),
        "getAllProcessInfo" => array(&[process("x", "x", "20", "RUNNING", "")]),
        _ => value("<boolean>1</boolean>"),
    };
    let table = [
        ("update x", "", 0),
        ("update new", "new: added process group\n", 0),
        ("update nothing x", "ERROR: no such group: nothing\n", 1),
        ("update nothing all", "new: added process group\n", 0),
    ];
    for (command, out, exit) in table {
        let ran = run(&[command], answer);
        assert_eq!((ran.out.as_str(), ran.status), (out, exit), "{command}");
    }
}

#[test]
fn ctl_145_a_configuration_that_cannot_be_read() {
    let text = "CANT_REREAD: in section &#39;x&#39;";
    // one form for all three (DEC-080)
    for command in ["reread", "update", "reload"] {
        let ran = run(&[command], |_| fault("92", text));
        let line = "ERROR: CANT_REREAD: in section 'x'\n";
        assert_eq!((ran.out.as_str(), ran.status), (line, 1), "{command}");
    }
}

#[test]
fn ctl_146_adding_and_removing() {
    let answer = |request: &Request| {
        if request.has_argument("active") {
            fault("90", "ALREADY_ADDED: active")
        } else if request.has_argument("busy") {
            fault("91", "STILL_RUNNING: busy")
        } else if request.has_argument("nothing") {
            fault("10", "BAD_NAME: nothing")
        } else {
            value("<boolean>1</boolean>")
        }
    };
    let table = [
        ("add active", "ERROR: process group already active\n", 0),
        (
            "add nothing x",
            "ERROR: no such process/group: nothing\nx: added process group\n",
            1,
        ),
        ("add", "", 0),
        (
            "remove busy",
            "ERROR: process/group still running: busy\n",
            1,
        ),
        (
            "remove nothing x",
            "ERROR: no such process/group: nothing\nx: removed process group\n",
            1,
        ),
        ("remove", "", 0),
    ];
    for (command, out, exit) in table {
        let ran = run(&[command], answer);
        assert_eq!((ran.out.as_str(), ran.status), (out, exit), "{command}");
    }
}

#[test]
fn dec_081_clear_takes_groups() {
    let answer = |request: &Request| {
        with_version(request, |request| match request.method() {
            "getAllProcessInfo" => array(&[
                process("g", "a", "20", "RUNNING", ""),
                process("g", "b", "20", "RUNNING", ""),
                process("x", "x", "20", "RUNNING", ""),
            ]),
            _ if request.has_argument("g:b") => fault("30", "FAILED"),
            _ => value("<boolean>1</boolean>"),
        })
    };
    let table = [
        ("clear g:*", "g:a: cleared\ng:b: ERROR (failed)\n", 1),
        ("clear x:", "x: cleared\n", 0),
        ("clear zz:*", "zz: ERROR (no such group)\n", 1),
    ];
    for (command, out, exit) in table {
        let ran = run(&[command], answer);
        assert_eq!((ran.out.as_str(), ran.status), (out, exit), "{command}");
    }
}

#[test]
fn ctl_122_offsets_of_tails() {
    let answer = |request: &Request| with_version(request, |_| text("log&#27;[31m\n"));
    let table = [
        ("tail x", "readProcessStdoutLog", "-1600"),
        ("tail -5 x stderr", "readProcessStderrLog", "-5"),
        ("tail -0 x", "readProcessStdoutLog", "0"),
        ("tail --5 x", "readProcessStdoutLog", "5"),
        ("maintail -100", "readLog", "-100"),
    ];
    for (command, method, offset) in table {
        let ran = run(&[command], answer);
        // the log as it is, and a line end
        assert_eq!(ran.out, "log\u{1b}[31m\n\n");
        assert_eq!(methods(&ran.requests), [method], "{command}");
        assert!(ran.requests[1].has_argument(offset), "{command}");
    }
    let ran = run(&["tail -99999999999 x"], answer);
    let line = "error: the number of bytes is too large; at most 2147483647 can be asked for\n";
    assert_eq!((ran.out.as_str(), ran.status), (line, 1));
    assert_eq!(methods(&ran.requests).len(), 0);
}

#[test]
fn ctl_162_faults_of_fg() {
    let ran = run(&["fg x"], |request| {
        with_version(request, |_| fault("30", "FAILED"))
    });
    assert_eq!((ran.out.as_str(), ran.status), ("ERROR: FAILED\n", 0));
}

#[test]
fn ctl_053_leaving_without_a_shell() {
    for command in ["exit", "quit", "EOF", "exit now"] {
        let ran = run(&[command], |_| text("3.0"));
        assert_eq!((ran.out.as_str(), ran.status), ("\n", 0), "{command}");
        assert!(ran.requests.is_empty());
    }
}

#[test]
fn output_that_cannot_be_written_is_no_success() {
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let output = std::process::Command::new(PROGRAM)
        .args(["-s", "unix:///nonexistent/s", "help"])
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "Error: cannot write the output: No space left on device (os error 28)\n"
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = std::process::Command::new(PROGRAM)
        .args(["-s", "unix:///nonexistent/s", "help"])
        .stdout(writer)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty());
}
