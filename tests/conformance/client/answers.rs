//! Answers that are no answers, and the many forms of good ones.

use super::fake::{array, fault, ok, raw, run, status, text, value, with_version};

#[test]
fn ctl_033_another_version_of_the_interface() {
    for (command, exit) in [("start x", 5), ("status", 4)] {
        let ran = run(&[command], |_| text("2.0"));
        assert_eq!(
            ran.out,
            "Sorry, this version of supervisorctl expects to talk to a server with API version 3.0, \
             but the remote version is 2.0.\n"
        );
        assert_eq!(ran.status, exit, "{command}");
    }
}

#[test]
fn ctl_034_no_supervisor_namespace() {
    for (command, exit) in [("pid", 3), ("status", 4)] {
        let ran = run(&[command], |_| fault("1", "UNKNOWN_METHOD"));
        assert!(
            ran.out
                .starts_with("Sorry, supervisord responded but did not")
        );
        assert!(
            ran.out
                .contains("to control it.  Please check that the [rpc")
        );
        assert_eq!(ran.status, exit, "{command}");
    }
}

#[test]
fn ctl_039_shutting_down() {
    for command in ["status", "start x", "version", "tail x"] {
        let ran = run(&[command], |_| fault("6", "SHUTDOWN_STATE"));
        let line = "error: the daemon is shutting down\n";
        assert_eq!((ran.out.as_str(), ran.status), (line, 1), "{command}");
    }
    let table = [
        ("avail", "ERROR: supervisor shutting down\n", 1),
        ("reread", "ERROR: supervisor shutting down\n", 1),
        ("update", "ERROR: already shutting down\n", 1),
        ("add x", "ERROR: shutting down\n", 1),
        ("shutdown", "ERROR: already shutting down\n", 0),
        ("reload", "ERROR: already shutting down\n", 1),
    ];
    for (command, out, exit) in table {
        let ran = run(&[command], |_| fault("6", "SHUTDOWN_STATE"));
        assert_eq!((ran.out.as_str(), ran.status), (out, exit), "{command}");
    }
}

#[test]
fn ctl_037_missing_credentials_are_told_once() {
    for command in ["status", "avail", "shutdown", "tail -f x"] {
        let ran = run(&[command], |_| status("401 Unauthorized"));
        assert_eq!(ran.out, "Server requires authentication\n", "{command}");
        assert_eq!(ran.status, 1, "{command}");
    }
}

#[test]
fn ctl_035_other_statuses() {
    let table = [
        (
            "500 Internal Server Error",
            "500 Internal Server Error; its log may say why",
        ),
        ("404 Not Found", "404 Not Found; is it a supervisord?"),
        ("405 Method Not Allowed", "405 Method Not Allowed"),
    ];
    for (line, told) in table {
        let ran = run(&["status"], |_| status(line));
        let wanted = format!("error: {} answered {told}\n", ran.url);
        assert_eq!((ran.out, ran.status), (wanted, 1));
    }
}

#[test]
fn dec_080_answers_that_break_off() {
    let table: [(&[u8], &str); 4] = [
        (
            b"",
            "closed the connection without an answer: it has ended, or is no supervisord",
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
            "closed the connection after 3 bytes of its answer",
        ),
        (
            b"SSH-2.0-OpenSSH\r\n\r\n",
            "does not answer as supervisord does: the answer is no HTTP",
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<xml",
            "does not answer as supervisord does: the answer is no XML-RPC response",
        ),
    ];
    for (bytes, told) in table {
        let ran = run(&["pid"], |_| raw(bytes));
        let wanted = format!("error: {} {told}\n", ran.url);
        assert_eq!((ran.out, ran.status), (wanted, 1));
    }
}

#[test]
fn answers_of_another_type() {
    let not = |what: &str| format!(" does not answer as supervisord does: no usable '{what}'\n");
    let ran = run(&["pid"], |request| {
        with_version(request, |_| text("no number"))
    });
    assert!(ran.out.ends_with(&not("pid")), "{}", ran.out);
    let ran = run(&["status"], |request| {
        with_version(request, |_| array(&["<struct></struct>".to_owned()]))
    });
    assert!(ran.out.ends_with(&not("group")), "{}", ran.out);
}

#[test]
fn bodies_in_chunks_and_until_close() {
    let xml = "<?xml version='1.0'?><methodResponse><params><param><value><int>42</int></value>\
               </param></params></methodResponse>";
    let (first, second) = xml.split_at(30);
    let chunked = format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{first}\r\n{:X};x\r\n{second}\r\n0\r\n\r\n",
        first.len(),
        second.len()
    );
    let until_close = format!("HTTP/1.0 200 OK\r\nContent-Type: text/xml\r\n\r\n{xml}");
    for bytes in [chunked, until_close] {
        let ran = run(&["pid"], |request| {
            with_version(request, |_| raw(bytes.as_bytes()))
        });
        assert_eq!((ran.out.as_str(), ran.status), ("42\n", 0));
    }
}

#[test]
fn long_bodies_whole_and_broken_off() {
    let xml = "<?xml version='1.0'?><methodResponse><params><param><value><int>42</int></value>\
               </param></params></methodResponse>";
    let body = format!("{xml}{}", "\n".repeat(600_000));
    for (missing, wanted) in [
        (0, "42".to_owned()),
        (1, format!("after {} bytes of its answer", body.len())),
    ] {
        let length = body.len() + missing;
        let bytes = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}");
        let ran = run(&["pid"], |request| {
            with_version(request, |_| raw(bytes.as_bytes()))
        });
        assert!(ran.out.contains(&wanted), "{missing}: {}", ran.out);
        assert_eq!(ran.status, i32::from(missing > 0));
    }
}

#[test]
fn ctl_042_each_call_has_its_own_connection() {
    let ran =
        run(&["pid"], |request| {
            if request.method() == "getVersion" {
                // no Connection header says that this closes
                raw(b"HTTP/1.1 200 OK\r\nContent-Length: 102\r\n\r\n<methodResponse><params><param>\
                  <value><string>3.0</string></value></param></params></methodResponse>   ")
            } else {
                value("<int>7</int>")
            }
        });
    assert_eq!((ran.out.as_str(), ran.status), ("7\n", 0));
}

#[test]
fn ctl_041_requests_look_like_the_references() {
    let ran = run(&["-u", "me", "-p", "secret", "pid"], |request| {
        with_version(request, |_| value("<int>7</int>"))
    });
    assert_eq!(ran.out, "7\n");
    for request in &ran.requests {
        assert_eq!(request.line, "POST /RPC2 HTTP/1.1");
        let host = ran.url.strip_prefix("http://").unwrap();
        for header in [
            "Content-Type: text/xml",
            "Accept: text/xml",
            "Authorization: Basic bWU6c2VjcmV0",
            &format!("Host: {host}"),
        ] {
            let found = request.headers.split("\r\n").any(|line| line == header);
            assert!(found, "{header} in {}", request.headers);
        }
    }
    let ran = run(&["-u", "me", "pid"], |_| ok(""));
    assert!(!ran.requests[0].headers.contains("Authorization"));
}
