//! The client on a terminal of its own: editing, completion, passwords, Ctrl-C.

use std::path::Path;
use std::process::Command;

use super::fake::{
    CONFIG, PROGRAM, Reply, Request, array, fault, process, raw, serve_while, status, text, value,
    with_version,
};
use crate::common::skip;
use crate::common::terminal::Terminal;

/// Without `setsid --ctty` no terminal can be given to a program.
fn can_have_a_terminal() -> bool {
    let found = Command::new("setsid").arg("--version").output();
    let found = found.is_ok_and(|output| output.status.success());
    if !found {
        skip("no setsid, of util-linux");
    }
    found
}

/// Runs the client on a terminal of type `term`; `act` is the user. Expects success, and gives what the client
/// printed after all that `act` expected.
fn on_terminal(
    term: &str,
    arguments: &[&str],
    answer: impl Fn(&Request) -> Reply + Sync,
    act: impl FnOnce(&mut Terminal),
) -> String {
    serve_while(answer, |url, _| {
        let words = [&["-c", CONFIG, "-s", url], arguments].concat();
        let mut terminal = begin(term, &words);
        act(&mut terminal);
        let (status, rest) = terminal.end();
        assert!(status.success(), "{term}, {status}: {rest:?}");
        rest
    })
}

/// The client with exactly these words.
fn begin(term: &str, words: &[&str]) -> Terminal {
    Terminal::start(Command::new("setsid"), term, Path::new(PROGRAM), words)
}

fn answer(request: &Request) -> Reply {
    with_version(request, |request| match request.method() {
        "getAllProcessInfo" => array(&[
            process("cat", "cat", "20", "RUNNING", "fine"),
            process("web", "a", "20", "RUNNING", "fine"),
            process("web", "b", "20", "RUNNING", "fine"),
        ]),
        "getPID" => value("<int>77</int>"),
        "getProcessInfo" => value(&process("cat", "cat", "20", "RUNNING", "")),
        // a stream that stays open
        "" => raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n").kept(),
        // never done: the client waits
        "stopProcess" => raw(b"").kept(),
        _ => value("<boolean>1</boolean>"),
    })
}

/// A terminal that only prints, and one with a cursor.
const TERMS: [&str; 2] = ["dumb", "xterm"];

#[test]
fn ctl_057_lines_are_edited_completed_and_remembered() {
    if !can_have_a_terminal() {
        return;
    }
    for term in TERMS {
        on_terminal(term, &[], answer, |terminal| {
            terminal.expect("supervisor> ");
            // a mistake, a command and a name that Tab completes
            terminal.keys("xy\x7f\x7fstar\tc\t\r");
            terminal.expect("cat: started\r\n");
            terminal.expect("supervisor> ");
            terminal.keys("exit\n");
        });
        on_terminal(term, &[], answer, |terminal| {
            terminal.expect("supervisor> ");
            terminal.keys("pid\n");
            terminal.expect("77\r\n");
            terminal.expect("supervisor> ");
            terminal.keys("\x10\n");
            terminal.expect("77\r\n");
            terminal.expect("supervisor> ");
            terminal.keys("start w\t\t\t");
            terminal.expect("web:*");
            terminal.expect("web:b");
            terminal.keys("\x15exit\n");
        });
    }
}

#[test]
fn what_is_typed_ahead_is_not_lost() {
    if !can_have_a_terminal() {
        return;
    }
    for term in TERMS {
        let rest = on_terminal(term, &[], answer, |terminal| {
            terminal.expect("supervisor> ");
            terminal.keys("pid\nshutdown\nn\nversion extra\nexit\n");
            terminal.expect("77\r\n");
            terminal.expect("y/N? ");
            terminal.expect("Error: version accepts no arguments\r\n");
            terminal.expect("exit\r\n\r\n");
        });
        assert_eq!(rest, "", "{term}");
    }
}

#[test]
fn ctl_053_054_leaving_at_the_prompt() {
    if !can_have_a_terminal() {
        return;
    }
    for term in TERMS {
        for key in ["\x03", "\x04"] {
            let rest = on_terminal(term, &[], answer, |terminal| {
                terminal.expect("supervisor> ");
                terminal.keys(key);
            });
            assert!(rest.ends_with("\r\n"), "{term} {key:?}: {rest:?}");
        }
    }
}

#[test]
fn ctl_054_ctrl_c_ends_tails_and_fg_but_not_the_shell() {
    if !can_have_a_terminal() {
        return;
    }
    for term in TERMS {
        on_terminal(term, &[], answer, |terminal| {
            for (command, end) in [
                ("tail -f cat\n", "\r\n"),
                ("maintail -f\n", "\r\n"),
                ("fg cat\n", "Exiting foreground\r\n"),
            ] {
                terminal.expect("supervisor> ");
                terminal.keys(command);
                terminal.expect("==> Press Ctrl-C to exit <==\r\n");
                terminal.expect("first");
                terminal.keys("\x03");
                terminal.expect(end);
            }
            terminal.expect("supervisor> ");
            terminal.keys("exit\n");
        });
    }
    // another command ends the shell
    let rest = on_terminal("dumb", &[], answer, |terminal| {
        terminal.expect("supervisor> ");
        terminal.keys("stop cat\n");
        terminal.expect("stop cat\r\n");
        terminal.keys("\x03");
    });
    assert!(rest.ends_with("\r\n"), "{rest:?}");
}

#[test]
fn ctl_038_credentials_are_asked_for_until_they_are_right() {
    if !can_have_a_terminal() {
        return;
    }
    let guarded = |request: &Request| {
        // me:secret
        if request.headers.contains("Basic bWU6c2VjcmV0\r\n") {
            answer(request)
        } else {
            status("401 Unauthorized")
        }
    };
    for term in TERMS {
        on_terminal(term, &[], guarded, |terminal| {
            for password in ["wrong", "secret"] {
                terminal.expect("Server requires authentication\r\n");
                terminal.expect("Username:");
                terminal.keys("me\n");
                terminal.expect("Password:");
                terminal.keys(&format!("{password}\n"));
                // nothing of the password, its line end, an empty line
                terminal.expect("\r\n\r\n");
            }
            let shown = terminal.expect("supervisor> ");
            assert!(
                shown.contains("cat     ") && !shown.contains("secret"),
                "{shown:?}"
            );
            terminal.keys("exit\n");
        });
    }
}

/// What a command leaves on the screen, and its exit status.
fn told(words: &[&str]) -> (String, i32) {
    let (status, rest) = begin("xterm", words).end();
    (rest, status.code().unwrap())
}

#[test]
fn clx_101_errors_on_a_terminal() {
    if !can_have_a_terminal() {
        return;
    }
    let folder = std::env::temp_dir().join(format!("supervisorctl-told-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("c.conf");
    let socket = folder.join("s").display().to_string();
    std::fs::write(
        &file,
        format!("[supervisorctl]\nserverurl=unix://{socket}\n"),
    )
    .unwrap();
    let file = file.to_str().unwrap();
    let url = format!("unix://{socket}");
    let missing = format!("ERROR: no socket at {socket}; is supervisord running");
    let ours = format!("{missing} with this configuration ({file})?\r\n");
    let table: [(&[&str], String, i32); 5] = [
        (&["-c", file, "status"], ours.clone(), 4),
        (&["-c", file, "pid"], ours.clone(), 7),
        (&["-c", file, "avail"], ours, 1),
        (&["-c", file, "-s", &url, "pid"], format!("{missing}?\r\n"), 7),
        (
            &["-c", file, "-s", "localhost:1", "pid"],
            "ERROR: cannot use the server URL 'localhost:1': it must begin with http:// or unix://; \
             did you mean http://localhost:1?\r\n"
                .to_owned(),
            1,
        ),
    ];
    for (words, line, exit) in table {
        assert_eq!(told(words), (line, exit), "{words:?}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
    let broken =
        |request: &Request| with_version(request, |_| fault("92", "CANT_REREAD: in section 'x'"));
    let guarded = |_: &Request| status("401 Unauthorized");
    serve_while(broken, |url, _| {
        let line = "ERROR: CANT_REREAD: in section 'x'\r\n".to_owned();
        assert_eq!(told(&["-c", CONFIG, "-s", url, "update"]), (line, 1));
    });
    serve_while(guarded, |url, _| {
        let line = "Server requires authentication\r\n".to_owned();
        assert_eq!(told(&["-c", CONFIG, "-s", url, "pid"]), (line, 1));
        let line = "ERROR: user and password are wrong\r\n".to_owned();
        let words = ["-c", CONFIG, "-s", url, "-u", "me", "-p", "no", "pid"];
        assert_eq!(told(&words), (line, 1));
    });
    // nobody listens there any more
    let url = serve_while(guarded, |url, _| url.to_owned());
    let line = format!("ERROR: {url} refused the connection; is supervisord running?\r\n");
    assert_eq!(told(&["-c", CONFIG, "-s", &url, "pid"]), (line, 4));
}

#[test]
fn ctl_057_history_is_kept_in_a_file() {
    if !can_have_a_terminal() {
        return;
    }
    let file = std::env::temp_dir().join(format!("supervisorctl-history-{}", std::process::id()));
    for term in TERMS {
        std::fs::write(&file, "version\n").unwrap();
        let option = format!("--history_file={}", file.display());
        let name = |request: &Request| match request.method() {
            "getSupervisorVersion" => text("4.x"),
            _ => answer(request),
        };
        on_terminal(term, &[&option], name, |terminal| {
            terminal.expect("supervisor> ");
            terminal.keys("\x10\n");
            terminal.expect("4.x\r\n");
            terminal.expect("supervisor> ");
            terminal.keys("pid\n");
            terminal.expect("77\r\n");
            terminal.expect("supervisor> ");
            terminal.keys("exit\n");
        });
        let kept = std::fs::read_to_string(&file).unwrap();
        assert_eq!(kept, "version\npid\nexit\n", "{term}");
    }
    std::fs::remove_file(&file).unwrap();
}
