//! `tail -f`, `maintail -f` and `fg`: streams.

use super::fake::{
    Reply, Request, fault, process, raw, run, run_with_input, status, value, with_version,
};

const HEADER: &str = "==> Press Ctrl-C to exit <==\n";

fn stream(chunks: &[&[u8]]) -> Reply {
    let mut bytes = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for chunk in chunks {
        bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        bytes.extend_from_slice(chunk);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"0\r\n\r\n");
    raw(&bytes)
}

#[test]
fn ctl_123_streams_to_their_end() {
    let table = [
        ("tail -f x", "GET /logtail/x/stdout HTTP/1.1"),
        ("tail -f g:x stderr", "GET /logtail/g:x/stderr HTTP/1.1"),
        ("maintail -f", "GET /mainlogtail HTTP/1.1"),
    ];
    for (command, line) in table {
        let ran = run(&[command], |request| {
            with_version(request, |_| {
                stream(&["one\n".as_bytes(), "t\u{1b}wo ü".as_bytes()])
            })
        });
        assert_eq!(ran.out, format!("{HEADER}one\nt\u{1b}wo ü"), "{command}");
        assert_eq!((ran.err.as_str(), ran.status), ("", 0));
        assert_eq!(ran.requests.last().unwrap().line, line);
    }
}

#[test]
fn a_character_in_two_chunks_stays_whole() {
    let ran = run(&["tail -f x"], |request| {
        with_version(request, |_| stream(&[b"\xc3", b"\xbc"]))
    });
    assert_eq!(ran.out, format!("{HEADER}ü"));
}

#[test]
fn dec_081_a_log_that_is_not_there() {
    for (command, path) in [
        ("tail -f x", "/logtail/x/stdout"),
        ("maintail -f", "/mainlogtail"),
    ] {
        let ran = run(&[command], |request| {
            with_version(request, |_| status("404 Not Found"))
        });
        assert_eq!((ran.out.as_str(), ran.status), (HEADER, 1), "{command}");
        let line = format!("{}{path} Cannot read, status code 404\n", ran.url);
        assert_eq!(ran.err, line);
    }
}

#[test]
fn dec_080_any_length_of_credentials() {
    let password = "p".repeat(100);
    for password in [password.as_str(), ""] {
        let ran = run(&["-u", "me", "-p", password, "tail -f x"], |request| {
            with_version(request, |_| stream(&[]))
        });
        assert_eq!((ran.out.as_str(), ran.status), (HEADER, 0));
        let header = |request: &Request| {
            let mut lines = request.headers.split("\r\n");
            let line = lines.find(|line| line.starts_with("Authorization: "));
            line.unwrap_or_default().to_owned()
        };
        let [version, tail] = ran.requests.as_slice() else {
            panic!("{:?}", ran.requests);
        };
        assert!(header(tail).starts_with("Authorization: Basic "));
        assert_eq!(header(tail), header(version));
    }
}

/// Answers of a process that runs until it was sent a line.
fn dying(request: &Request) -> Reply {
    with_version(request, |request| match request.method() {
        "getProcessInfo" => value(&process("x", "x", "20", "RUNNING", "")),
        "sendProcessStdin" if request.has_argument("last\n") => fault("70", "NOT_RUNNING: x"),
        "sendProcessStdin" => value("<boolean>1</boolean>"),
        _ if request.line.contains("stdout") => stream(&[]),
        _ => status("404 Not Found"),
    })
}

#[test]
fn ctl_163_fg_sends_lines_until_the_input_ends() {
    let ran = run_with_input(&["fg x"], "one\ntwo", dying);
    assert_eq!(ran.out, format!("{HEADER}Exiting foreground\n"));
    assert_eq!(ran.status, 0);
    let sent = |line: &str| {
        ran.requests
            .iter()
            .any(|request| request.has_argument(line))
    };
    assert!(sent("one\n") && sent("two\n"));
}

#[test]
fn ctl_164_fg_of_a_process_that_is_gone() {
    let ran = run_with_input(&["fg x"], "one\nlast\nmore\n", dying);
    let lines = "Process got killed\nExiting foreground\n";
    assert_eq!(ran.out, format!("{HEADER}{lines}"));
    assert_eq!(ran.status, 0);
    assert!(
        !ran.requests
            .iter()
            .any(|request| request.has_argument("more\n"))
    );
}
