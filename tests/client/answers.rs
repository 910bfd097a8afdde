//! Answers that are no answers, and the many forms of good ones.

use crate::fake::{array, fault, ok, raw, run, status, text, value, with_version};

/// The line for the unforeseen has a shape that scripts match (CTL-035).
fn assert_exception(line: &str, class: &str, message: &str) {
    let start = format!("error: <class '{class}'>, {message}: file: ");
    let place = line.strip_prefix(&start);
    let place = place.unwrap_or_else(|| panic!("{line:?} is no {start:?}"));
    let (file, number) = place.trim_end().split_once(" line: ").unwrap();
    assert!(!file.is_empty());
    number.parse::<u32>().unwrap();
}

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
        assert_exception(
            &ran.out,
            "xmlrpc.client.Fault",
            "<Fault 6: 'SHUTDOWN_STATE'>",
        );
        assert_eq!(ran.status, 1, "{command}");
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
    let ran = run(&["status"], |_| status("500 Internal Server Error"));
    let message = "<ProtocolError for 127.0.0.1/RPC2: 500 Internal Server Error>";
    assert_exception(&ran.out, "xmlrpc.client.ProtocolError", message);
    assert_eq!(ran.status, 1);
}

#[test]
fn answers_that_break_off() {
    let table: [(&[u8], &str, &str); 4] = [
        (
            b"",
            "http.client.RemoteDisconnected",
            "Remote end closed connection without response",
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
            "http.client.IncompleteRead",
            "IncompleteRead(3 bytes read)",
        ),
        (
            b"SSH-2.0-OpenSSH\r\n\r\n",
            "http.client.BadStatusLine",
            "the answer is no HTTP",
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<xml",
            "xml.parsers.expat.ExpatError",
            "the answer is no XML-RPC response",
        ),
    ];
    for (bytes, class, message) in table {
        let ran = run(&["pid"], |_| raw(bytes));
        assert_exception(&ran.out, class, message);
        assert_eq!(ran.status, 1);
    }
}

#[test]
fn answers_of_another_type() {
    let ran = run(&["pid"], |request| {
        with_version(request, |_| text("no number"))
    });
    assert_exception(&ran.out, "KeyError", "the answer has no usable 'pid'");
    let ran = run(&["status"], |request| {
        with_version(request, |_| array(&["<struct></struct>".to_owned()]))
    });
    assert_exception(&ran.out, "KeyError", "the answer has no usable 'group'");
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
        (1, format!("IncompleteRead({} bytes read)", body.len())),
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
