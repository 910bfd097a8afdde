//! The client on a terminal of its own: editing, completion, passwords, Ctrl-C.

use std::fs::File;
use std::io::{ErrorKind, Read as _, Write as _};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use nix::pty::openpty;

use crate::fake::{
    PROGRAM, Reply, Request, array, process, raw, serve_while, status, text, value, with_version,
};

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(20);

/// A client on a terminal.
struct Session {
    keyboard: File,
    screen: Receiver<String>,
    /// What the screen showed and no test has looked at.
    pending: String,
}

impl Session {
    /// Waits until the screen shows `text`, and gives what was before it.
    fn expect(&mut self, text: &str) -> String {
        loop {
            if let Some((before, after)) = self.pending.split_once(text) {
                let (before, after) = (before.to_owned(), after.to_owned());
                self.pending = after;
                return before;
            }
            match self.screen.recv_timeout(PATIENCE) {
                Ok(more) => self.pending.push_str(&more),
                Err(error) => panic!("{error}: no {text:?} in {:?}", self.pending),
            }
        }
    }

    /// The rest of what the screen shows, until the client has left.
    fn rest(&mut self) -> String {
        while let Ok(more) = self.screen.recv_timeout(PATIENCE) {
            self.pending.push_str(&more);
        }
        std::mem::take(&mut self.pending)
    }

    fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }
}

/// Without `setsid --ctty` no terminal can be given to a program.
fn can_have_a_terminal() -> bool {
    let found = Command::new("setsid").arg("--version").output();
    let found = found.is_ok_and(|output| output.status.success());
    if !found {
        let name = thread::current().name().unwrap_or("test").to_owned();
        let line = format!("skipped {name}: no setsid, of util-linux\n");
        std::io::stderr().write_all(line.as_bytes()).unwrap();
    }
    found
}

/// Runs the client on a terminal of type `term`; `act` is the user. The exit status of the client.
#[expect(
    clippy::disallowed_methods,
    reason = "the client must run while the test types"
)]
fn on_terminal(
    term: &str,
    arguments: &[&str],
    answer: impl Fn(&Request) -> Reply + Sync,
    act: impl FnOnce(&mut Session),
) -> i32 {
    serve_while(answer, |url, _| {
        let pty = openpty(None, None).unwrap();
        let child_end = || Stdio::from(pty.slave.try_clone().unwrap());
        let mut child = Command::new("setsid")
            .args(["--ctty", "--wait", PROGRAM, "-c"])
            .arg(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/tests/client/client.conf"
            ))
            .args(["-s", url])
            .args(arguments)
            .env("TERM", term)
            .stdin(child_end())
            .stdout(child_end())
            .stderr(child_end())
            .spawn()
            .unwrap();
        drop(pty.slave);
        let (sender, screen) = channel();
        let mut terminal = File::from(pty.master.try_clone().unwrap());
        thread::scope(|scope| {
            scope.spawn(move || {
                let mut buffer = [0; 4096];
                loop {
                    match terminal.read(&mut buffer) {
                        Ok(0) => return,
                        Ok(count) => {
                            let text = String::from_utf8_lossy(&buffer[..count]).into_owned();
                            if sender.send(text).is_err() {
                                return;
                            }
                        }
                        Err(error) if error.kind() == ErrorKind::Interrupted => {}
                        // all other ends of the terminal are closed
                        Err(_) => return,
                    }
                }
            });
            let mut session = Session {
                keyboard: File::from(pty.master),
                screen,
                pending: String::new(),
            };
            act(&mut session);
            drop(session);
            child.wait().unwrap().code().unwrap()
        })
    })
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
        on_terminal(term, &[], answer, |session| {
            session.expect("supervisor> ");
            // a mistake, a command and a name that Tab completes
            session.press("xy\x7f\x7fstar\tc\t\r");
            session.expect("cat: started\r\n");
            session.expect("supervisor> ");
            session.press("exit\n");
            session.rest();
        });
        on_terminal(term, &[], answer, |session| {
            session.expect("supervisor> ");
            session.press("pid\n");
            session.expect("77\r\n");
            session.expect("supervisor> ");
            session.press("\x10\n");
            session.expect("77\r\n");
            session.expect("supervisor> ");
            session.press("start w\t\t\t");
            session.expect("web:*");
            session.expect("web:b");
            session.press("\x15exit\n");
            session.rest();
        });
    }
}

#[test]
fn what_is_typed_ahead_is_not_lost() {
    if !can_have_a_terminal() {
        return;
    }
    for term in TERMS {
        on_terminal(term, &[], answer, |session| {
            session.expect("supervisor> ");
            session.press("pid\nshutdown\nn\nversion extra\nexit\n");
            session.expect("77\r\n");
            session.expect("y/N? ");
            session.expect("Error: version accepts no arguments\r\n");
            session.expect("exit\r\n\r\n");
            assert_eq!(session.rest(), "", "{term}");
        });
    }
}

#[test]
fn ctl_053_054_leaving_at_the_prompt() {
    if !can_have_a_terminal() {
        return;
    }
    for term in TERMS {
        for key in ["\x03", "\x04"] {
            let exit = on_terminal(term, &[], answer, |session| {
                session.expect("supervisor> ");
                session.press(key);
                assert!(session.rest().ends_with("\r\n"), "{term} {key:?}");
            });
            assert_eq!(exit, 0, "{term} {key:?}");
        }
    }
}

#[test]
fn ctl_054_ctrl_c_ends_tails_and_fg_but_not_the_shell() {
    if !can_have_a_terminal() {
        return;
    }
    for term in TERMS {
        let exit = on_terminal(term, &[], answer, |session| {
            for (command, end) in [
                ("tail -f cat\n", "\r\n"),
                ("maintail -f\n", "\r\n"),
                ("fg cat\n", "Exiting foreground\r\n"),
            ] {
                session.expect("supervisor> ");
                session.press(command);
                session.expect("==> Press Ctrl-C to exit <==\r\n");
                session.expect("first");
                session.press("\x03");
                session.expect(end);
            }
            session.expect("supervisor> ");
            session.press("exit\n");
            session.rest();
        });
        assert_eq!(exit, 0, "{term}");
    }
    // another command ends the shell
    let exit = on_terminal("dumb", &[], answer, |session| {
        session.expect("supervisor> ");
        session.press("stop cat\n");
        session.expect("stop cat\r\n");
        session.press("\x03");
        assert!(session.rest().ends_with("\r\n"));
    });
    assert_eq!(exit, 0);
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
        let exit = on_terminal(term, &[], guarded, |session| {
            for password in ["wrong", "secret"] {
                session.expect("Server requires authentication\r\n");
                session.expect("Username:");
                session.press("me\n");
                session.expect("Password:");
                session.press(&format!("{password}\n"));
                // nothing of the password, its line end, an empty line
                session.expect("\r\n\r\n");
            }
            let shown = session.expect("supervisor> ");
            assert!(
                shown.contains("cat     ") && !shown.contains("secret"),
                "{shown:?}"
            );
            session.press("exit\n");
            session.rest();
        });
        assert_eq!(exit, 0, "{term}");
    }
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
        on_terminal(term, &[&option], name, |session| {
            session.expect("supervisor> ");
            session.press("\x10\n");
            session.expect("4.x\r\n");
            session.expect("supervisor> ");
            session.press("pid\n");
            session.expect("77\r\n");
            session.expect("supervisor> ");
            session.press("exit\n");
            session.rest();
        });
        let kept = std::fs::read_to_string(&file).unwrap();
        assert_eq!(kept, "version\npid\nexit\n", "{term}");
    }
    std::fs::remove_file(&file).unwrap();
}
