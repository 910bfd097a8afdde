//! XML-RPC at its edges, Basic authentication, and requests that nobody should send.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;

use xmlrpc::Value;

use crate::common::daemon::Daemon;
use crate::common::home::Home;
use crate::common::wait::wait_until;
use crate::common::{http, ours_only};

/// A call of `supervisor.getState`.
const GET_STATE: &[u8] =
    b"<?xml version='1.0'?><methodCall><methodName>supervisor.getState</methodName></methodCall>";

/// A TCP port that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

/// Posts a body to the daemon's socket; returns the status and the body of the answer.
fn post(daemon: &Daemon, body: &[u8]) -> (u16, String) {
    let answer = http::unix(&daemon.path("sock"), "POST", "/RPC2", &[], body).expect("an answer");
    (
        answer.status,
        String::from_utf8_lossy(&answer.body).into_owned(),
    )
}

/// Announces a body of `length` bytes, sends none of it, and returns the first line of the answer.
fn announce(daemon: &Daemon, length: usize) -> String {
    let mut stream = UnixStream::connect(daemon.path("sock")).expect("the socket");
    let head = format!("POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).expect("a head");
    let mut line = String::new();
    let mut answer = BufReader::new(stream);
    answer.read_line(&mut line).expect("a status line");
    line
}

#[test]
fn rpc_050_an_answer_has_the_references_shape() {
    let daemon = Daemon::start("");
    let answer =
        http::unix(&daemon.path("sock"), "POST", "/RPC2", &[], GET_STATE).expect("an answer");
    assert_eq!(answer.status, 200);
    let head = answer.head.to_ascii_lowercase();
    assert!(head.contains("\r\ncontent-type: text/xml"), "{head}");
    let body = String::from_utf8(answer.body).expect("UTF-8");
    let expected = "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n<value><struct>\n\
                    <member>\n<name>statecode</name>\n<value><int>1</int></value>\n</member>\n\
                    <member>\n<name>statename</name>\n<value><string>RUNNING</string></value>\n\
                    </member>\n</struct></value>\n</param>\n</params>\n</methodResponse>\n";
    assert_eq!(body, expected);
}

#[test]
fn rpc_011_unknown_methods_and_wrong_counts_are_faults() {
    let daemon = Daemon::start("[program:x]\ncommand=/bin/cat\nautostart=false\n");
    let unknown = Err((1, "UNKNOWN_METHOD".to_owned()));
    assert_eq!(daemon.rpc("supervisor.none", vec![]), unknown);
    assert_eq!(daemon.rpc("none", vec![]), unknown);
    assert_eq!(daemon.rpc("supervisor._x", vec![]), unknown);
    let few = daemon.rpc("supervisor.startProcess", vec![]);
    assert_eq!(few, Err((2, "INCORRECT_PARAMETERS".to_owned())));
    let name = daemon.rpc("supervisor.getProcessInfo", vec!["a:b".into()]);
    assert_eq!(name, Err((10, "BAD_NAME: a:b".to_owned())));
}

#[test]
fn http_060_a_server_with_a_password_lets_nobody_else_in() {
    let port = free_port();
    // The SHA-1 of `secret`.
    let config = |password: &str| {
        format!("[inet_http_server]\nport=127.0.0.1:{port}\nusername=ann\npassword={password}\n")
    };
    for password in ["secret", "{SHA}e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4"] {
        let home = Home::new();
        home.config(&config(password));
        let daemon = Daemon::of(home, &[]);
        let call = |headers: &[&str]| {
            http::tcp(port, "POST", "/RPC2", headers, GET_STATE).expect("an answer")
        };
        let answer = call(&[]);
        assert_eq!(answer.status, 401);
        let head = answer.head.to_ascii_lowercase();
        assert!(head.contains("www-authenticate: basic realm="), "{head}");
        // ann:wrong and ann:secret
        assert_eq!(call(&["Authorization: Basic YW5uOndyb25n"]).status, 401);
        assert_eq!(call(&["Authorization: Basic YW5uOnNlY3JldA=="]).status, 200);
        assert!(
            !daemon
                .log()
                .contains("Server 'inet_http_server' running without")
        );
        let ctl = |password: &str| {
            let mut command = daemon.command("supervisorctl");
            command.args(["-s", &format!("http://127.0.0.1:{port}")]);
            command.args(["-u", "ann", "-p", password, "pid"]);
            command.output().expect("supervisorctl")
        };
        let right = ctl("secret");
        assert_eq!(right.stdout, format!("{}\n", daemon.pid).as_bytes());
        let wrong = ctl("wrong");
        assert_eq!(wrong.status.code(), Some(1));
        assert!(
            wrong
                .stdout
                .starts_with(b"Server requires authentication\n")
        );
    }
}

#[test]
fn http_002_a_used_tcp_port_ends_the_start() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let home = Home::new();
    home.config(&format!("[inet_http_server]\nport=127.0.0.1:{port}\n"));
    let output = home.supervisord(&["-n", "-c", "supervisord.conf"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.starts_with("Error: Another program is already listening on a port "),
        "{said}"
    );
    assert!(!home.has("pid"));
}

#[test]
fn rpc_007_what_is_no_call_is_a_bad_request() {
    let daemon = Daemon::start("");
    for body in [
        &b"no xml"[..],
        b"<methodCall>",
        b"<methodCall></methodCall>",
    ] {
        assert_eq!(post(&daemon, body).0, 400, "{body:?}");
    }
    assert_eq!(post(&daemon, GET_STATE).0, 200);
}

#[test]
fn dec_052_hostile_bodies_are_refused_and_hurt_nobody() {
    ours_only!("DEC-052: limits on size, depth and document types");
    let daemon = Daemon::start("[program:x]\ncommand=/bin/cat\nstartsecs=0\n");
    let pid = daemon.wait_running("x");
    let deep = format!(
        "<methodCall><methodName>supervisor.getState</methodName><params><param>{}",
        "<value><array><data>".repeat(100_000)
    );
    let (status, body) = post(&daemon, deep.as_bytes());
    assert!(status == 400 || body.contains("<fault>"), "{status} {body}");
    let doctype = b"<!DOCTYPE a [<!ENTITY b 'c'>]><methodCall><methodName>supervisor.getState\
                    </methodName></methodCall>";
    assert_eq!(post(&daemon, doctype).0, 400);
    assert_eq!(post(&daemon, b"").0, 400);
    assert_eq!(post(&daemon, b"<methodCall>\xff</methodCall>").0, 400);
    let huge = announce(&daemon, 9 * 1024 * 1024);
    assert!(huge.starts_with("HTTP/1.1 413 "), "{huge}");
    assert_eq!(daemon.wait_running("x"), pid);
}

#[test]
fn http_011_an_idle_connection_blocks_nobody() {
    let port = free_port();
    let daemon = Daemon::start(&format!("[inet_http_server]\nport=127.0.0.1:{port}\n"));
    let connections: Vec<_> = (0..20)
        .map(|_| TcpStream::connect(("127.0.0.1", port)).expect("a connection"))
        .collect();
    wait_until("an answer", || {
        let answer = http::tcp(port, "POST", "/RPC2", &[], GET_STATE);
        answer.is_ok_and(|answer| answer.status == 200)
    });
    assert!(daemon.rpc("supervisor.getState", vec![]).is_ok());
    drop(connections);
}

#[test]
fn rpc_multicall_bundles_calls_and_keeps_their_faults_apart() {
    let daemon = Daemon::start("[program:x]\ncommand=/bin/cat\nstartsecs=0\nautostart=false\n");
    let call = |method: &str, arguments: Vec<Value>| {
        let members = [
            ("methodName".to_owned(), Value::from(method)),
            ("params".to_owned(), Value::Array(arguments)),
        ];
        Value::Struct(members.into_iter().collect())
    };
    let calls = vec![
        call("supervisor.startProcess", vec!["x".into()]),
        call("supervisor.startProcess", vec!["none".into()]),
        call("supervisor.getAPIVersion", vec![]),
    ];
    let answers = daemon.rpc("system.multicall", vec![Value::Array(calls)]);
    let answers = answers.expect("an array");
    assert_eq!(answers[0], Value::Bool(true));
    assert_eq!(answers[1]["faultCode"], Value::Int(10));
    assert_eq!(answers[1]["faultString"], Value::from("BAD_NAME: none"));
    assert_eq!(answers[2], Value::from("3.0"));
}
