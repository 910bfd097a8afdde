//! What nobody should send, and that it costs the daemon and its other clients next to nothing.
//!
//! Every test abuses a daemon of its own, looks whether others are served meanwhile about as quickly as by
//! an idle daemon, and compares the largest size that the daemon ever had with its size before.

#[path = "../common/mod.rs"]
#[allow(
    dead_code,
    unused_imports,
    unused_macros,
    reason = "each test program uses its part of the harness"
)]
mod common;

mod loads;
mod probes;
mod seats;
mod strangers;
mod sums;

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use common::daemon::Daemon;
use common::wait::{DEADLINE, now, wait_until};
use common::{http, ours_only, proc};
use xmlrpc::Value;

/// What abuse may cost at its peak, in KiB.
const MOST: u64 = 16 * 1024;

/// Our limit on bodies, in bytes (DEC-052).
const MAX_BODY: usize = 8 * 1024 * 1024;

/// How many clients read slowly at a time.
const READERS: usize = 100;

/// A daemon, how large it was and how quickly it answered before anybody abused it.
struct Victim {
    daemon: Daemon,
    /// Where it listens besides its socket.
    port: u16,
    size: u64,
    quick: Duration,
}

/// A TCP port that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

/// Writes `request` as far as the daemon lets us, and reads all that it says.
fn exchange(mut stream: impl Read + Write, request: &[u8]) -> String {
    // a refused sender may find the other side closed
    let _ = stream.write_all(request);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

impl Victim {
    fn new(programs: &str) -> Self {
        Self::locked("", programs)
    }

    /// One whose TCP port asks for the credentials in these lines.
    fn locked(credentials: &str, programs: &str) -> Self {
        let port = free_port();
        let server = format!("[inet_http_server]\nport=127.0.0.1:{port}\n{credentials}\n");
        let daemon = Daemon::start(&(server + programs));
        let quick = answer_time(&daemon);
        let size = memory(&daemon, "VmRSS");
        Self {
            daemon,
            port,
            size,
            quick,
        }
    }

    fn connect(&self) -> UnixStream {
        let stream = UnixStream::connect(self.daemon.path("sock")).expect("the socket");
        stream.set_read_timeout(Some(DEADLINE)).expect("a time-out");
        stream
            .set_write_timeout(Some(DEADLINE))
            .expect("a time-out");
        stream
    }

    /// Asks through the Unix socket.
    fn say(&self, request: &[u8]) -> String {
        exchange(self.connect(), request)
    }

    /// Asks through the TCP port.
    fn say_over_tcp(&self, request: &[u8]) -> String {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).expect("the port");
        stream.set_read_timeout(Some(DEADLINE)).expect("a time-out");
        stream
            .set_write_timeout(Some(DEADLINE))
            .expect("a time-out");
        exchange(stream, request)
    }

    /// Asks through both.
    fn say_twice(&self, request: &[u8]) -> [String; 2] {
        [self.say(request), self.say_over_tcp(request)]
    }

    /// Others are served about as quickly as before: the half of the calls, with much room for a busy
    /// machine.
    fn assert_quick(&self) {
        let time = answer_time(&self.daemon);
        let allowed = self.quick * 20 + Duration::from_millis(50);
        assert!(time < allowed, "{time:?}, idle {:?}", self.quick);
    }

    /// The daemon never was much larger than before, and still works.
    fn assert_small(&self) {
        let grown = memory(&self.daemon, "VmHWM").saturating_sub(self.size);
        assert!(grown < MOST, "grown by {grown} KiB from {} KiB", self.size);
        self.assert_quick();
    }
}

/// A size in `/proc/PID/status`, in KiB.
fn memory(daemon: &Daemon, field: &str) -> u64 {
    let text = proc::status(daemon.pid, field).expect("the daemon lives");
    let number = text.strip_suffix(" kB").expect("KiB");
    number.trim().parse().expect("a number")
}

/// The median of some calls, each through a connection of its own.
fn answer_time(daemon: &Daemon) -> Duration {
    let mut times: Vec<_> = (0..25)
        .map(|_| {
            let start = now();
            let state = daemon.rpc("supervisor.getState", vec![]).expect("a state");
            assert_eq!(state["statename"], Value::from("RUNNING"));
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[times.len() / 2]
}

/// A call of a method with `params` in XML.
fn call(method: &str, params: &str) -> String {
    format!(
        "<?xml version='1.0'?><methodCall><methodName>{method}</methodName>\
         <params>{params}</params></methodCall>"
    )
}

fn post(body: &str) -> Vec<u8> {
    let length = body.len();
    format!("POST /RPC2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}")
        .into_bytes()
}

#[test]
fn a_gigabyte_that_is_only_announced() {
    ours_only!("DEC-052");
    let victim = Victim::new("");
    let head = b"POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: 1073741824\r\n\r\n";
    let mut waiting = Vec::new();
    for _ in 0..20 {
        let mut stream = victim.connect();
        stream.write_all(head).expect("a head");
        let mut line = String::new();
        let mut answer = BufReader::new(stream);
        answer.read_line(&mut line).expect("a status line");
        assert_eq!(line, "HTTP/1.1 413 Payload Too Large\r\n");
        waiting.push(answer);
    }
    victim.assert_quick();
    drop(waiting);
    // sent all the same, until the daemon stops listening
    let mut stream = victim.connect();
    stream.write_all(head).expect("a head");
    let piece = vec![b'x'; 64 * 1024];
    let sent = (0..16 * 1024).take_while(|_| stream.write_all(&piece).is_ok());
    assert!(sent.count() < 16 * 1024, "a gigabyte was taken");
    victim.assert_small();
}

#[test]
fn a_hundred_thousand_arrays_in_each_other() {
    ours_only!("DEC-052");
    let victim = Victim::new("");
    let nested = format!(
        "<param>{}{}</param>",
        "<value><array><data>".repeat(100_000),
        "</data></array></value>".repeat(100_000)
    );
    for method in ["system.multicall", "supervisor.getState"] {
        let answer = victim.say(&post(&call(method, &nested)));
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    }
    // just so deep is fine, and no array is an answer to this question
    let nested = format!(
        "<param>{}<value>x</value>{}</param>",
        "<value><array><data>".repeat(60),
        "</data></array></value>".repeat(60)
    );
    let answer = victim.say(&post(&call("supervisor.getProcessInfo", &nested)));
    assert!(answer.contains("INCORRECT_PARAMETERS"), "{answer}");
    victim.assert_small();
}

#[test]
fn a_billion_laughs() {
    ours_only!("DEC-052");
    let victim = Victim::new("");
    let entity = |level: usize| {
        let inner = format!("&lol{};", level - 1).repeat(10);
        format!("<!ENTITY lol{level} \"{inner}\">")
    };
    let entities = (1..10).map(entity).collect::<String>();
    let entities = format!("<!ENTITY lol0 \"lol\">{entities}");
    let body = format!(
        "<?xml version='1.0'?><!DOCTYPE lolz [{entities}]><methodCall>\
         <methodName>supervisor.getProcessInfo</methodName>\
         <params><param><value>&lol9;</value></param></params></methodCall>"
    );
    let answer = victim.say(&post(&body));
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    // an entity that nobody declared, and a file of the machine
    let outside = "<!DOCTYPE m [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><methodCall>\
                   <methodName>supervisor.getProcessInfo</methodName>\
                   <params><param><value>&x;</value></param></params></methodCall>";
    let undeclared = call(
        "supervisor.getState",
        "<param><value>&lol9;</value></param>",
    );
    for body in [outside, &undeclared] {
        let answer = victim.say(&post(body));
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
        assert!(!answer.contains("root:"), "{answer}");
    }
    victim.assert_small();
}

/// Calls of nearly the largest size, each of another shape.
fn large_bodies() -> Vec<(&'static str, String, &'static str)> {
    let room = MAX_BODY - 300;
    let one =
        |method: &str, text: &str| call(method, &format!("<param><value>{text}</value></param>"));
    let items = |item: &str| {
        let count = (room / item.len()).min(99_000);
        let array = format!(
            "<param><value><array><data>{}</data></array></value></param>",
            item.repeat(count)
        );
        call("system.multicall", &array)
    };
    let event = |text: &str| {
        let name = "<param><value>t</value></param>";
        let method = "supervisor.sendRemoteCommEvent";
        call(
            method,
            &format!("{name}<param><value>{text}</value></param>"),
        )
    };
    let refused = "INCORRECT_PARAMETERS";
    vec![
        (
            "a name",
            one("supervisor.getProcessInfo", &"x".repeat(room)),
            refused,
        ),
        (
            "a method",
            one(&"x".repeat(room - 100), ""),
            "400 Bad Request",
        ),
        ("an event", event(&"x".repeat(room)), "<boolean>1</boolean>"),
        (
            "references",
            event(&"&lt;".repeat(room / 4)),
            "<boolean>1</boolean>",
        ),
        (
            "one reference",
            event(&format!(
                "{}&lt;{}",
                "x".repeat(room / 2),
                "y".repeat(room / 2 - 9)
            )),
            "<boolean>1</boolean>",
        ),
        (
            "line ends",
            event(&"\r\n".repeat(room / 2)),
            "<boolean>1</boolean>",
        ),
        (
            "CDATA",
            event(&format!("<![CDATA[{}]]>", "x".repeat(room - 20))),
            "<boolean>1</boolean>",
        ),
        (
            "base64",
            event(&format!("<base64>{}</base64>", "eHh4".repeat(room / 4 - 5))),
            "<boolean>1</boolean>",
        ),
        (
            "a comment",
            event(&format!("<!--{}-->", "x".repeat(room - 20))),
            "<boolean>1</boolean>",
        ),
        (
            "texts",
            items(&format!("<value>{}</value>", "x".repeat(64))),
            refused,
        ),
        ("numbers", items("<value><int>1</int></value>"), refused),
        (
            "elements",
            items("<value><array><data/></array></value>"),
            refused,
        ),
    ]
}

#[test]
fn bodies_as_large_as_they_may_be() {
    ours_only!("DEC-052");
    let victim = Victim::new("");
    for (name, body, wanted) in large_bodies() {
        assert!(body.len() <= MAX_BODY, "{name}: {}", body.len());
        let answer = victim.say(&post(&body));
        assert!(
            answer.contains(wanted),
            "{name}: {}",
            &answer[..answer.len().min(600)]
        );
        let grown = memory(&victim.daemon, "VmHWM").saturating_sub(victim.size);
        assert!(grown < MOST, "{name}: grown by {grown} KiB");
    }
    // and nothing of it stays
    let left = memory(&victim.daemon, "VmRSS").saturating_sub(victim.size);
    assert!(left < MOST / 2, "{left} KiB are left");
    victim.assert_small();
}

#[test]
fn a_multicall_of_very_many_calls() {
    ours_only!("DEC-052");
    let victim = Victim::new("");
    let empty = "<value><struct/></value>";
    let nothing =
        "<value><struct><member><name>methodName</name><value>x</value></member></struct></value>";
    let state = nothing.replace(">x<", ">supervisor.getState<");
    for (one, count) in [(empty, 25_000), (nothing, 25_000), (&*state, 20_000)] {
        let array = format!(
            "<param><value><array><data>{}</data></array></value></param>",
            one.repeat(count)
        );
        let answer = victim.say(&post(&call("system.multicall", &array)));
        let shown = answer.matches("</struct>").count();
        assert_eq!(shown, count, "{}", &answer[..answer.len().min(600)]);
    }
    let array = format!(
        "<value><array><data>{}</data></array></value>",
        empty.repeat(90_000)
    );
    let answer = victim.say(&post(&call(
        "system.multicall",
        &format!("<param>{array}</param>"),
    )));
    assert!(
        answer.contains("INCORRECT_PARAMETERS<"),
        "{}",
        &answer[..answer.len().min(600)]
    );
    victim.assert_small();
}

#[test]
fn five_hundred_connections_that_never_ask() {
    ours_only!("DEC-063");
    let victim = Victim::new("");
    let mut crowd = Vec::new();
    for number in 0..500 {
        let mut stream = victim.connect();
        let part: &[u8] = match number % 4 {
            0 => b"",
            1 => b"POST /RPC2 HT",
            2 => b"POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Le",
            _ => b"POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n<?xml",
        };
        // the oldest ones are thrown out on the way
        let _ = stream.write_all(part);
        crowd.push(stream);
        if number % 100 == 99 {
            victim.assert_quick();
        }
    }
    victim.assert_small();
    drop(crowd);
    victim.assert_small();
}

#[test]
fn a_client_that_reads_a_byte_a_second() {
    ours_only!("DEC-064");
    let victim = Victim::new(
        "[program:talk]\ncommand=/bin/sh -c 'while :; do head -c 65536 /dev/zero | tr \"\\000\" x; sleep 0.02; done'\n\
         startsecs=0\nautostart=false\nstdout_logfile={dir}/talk.log\nstdout_logfile_maxbytes=0\n",
    );
    let daemon = &victim.daemon;
    daemon.start_process("talk");
    let mut readers: Vec<_> = (0..READERS)
        .map(|_| {
            let mut stream = victim.connect();
            let request = b"GET /logtail/talk HTTP/1.1\r\nHost: x\r\n\r\n";
            stream.write_all(request).expect("a request");
            stream
        })
        .collect();
    // a byte from each, every now and then, while the log grows by megabytes
    let mut heard = Vec::new();
    let log = daemon.path("talk.log");
    wait_until("a log of 16 MiB", || {
        for reader in &mut readers {
            let mut byte = [0];
            reader.read_exact(&mut byte).expect("a byte");
            heard.push(byte[0]);
        }
        victim.assert_quick();
        std::fs::metadata(&log).is_ok_and(|log| log.len() > 16 * 1024 * 1024)
    });
    let first: Vec<u8> = heard.iter().step_by(readers.len()).copied().collect();
    assert!(b"HTTP/1.1 200 OK\r\n".starts_with(&first[..first.len().min(17)]));
    victim.assert_small();
}

#[test]
fn heads_without_an_end() {
    ours_only!("DEC-063");
    let victim = Victim::new("");
    let long = "x".repeat(1024 * 1024);
    let many = "X: y\r\n".repeat(100_000);
    for head in [
        format!("GET /ok.html HTTP/1.1\r\nX: {long}\r\n\r\n"),
        format!("GET /ok.html HTTP/1.1\r\n{long}"),
        format!("GET /{long} HTTP/1.1\r\n\r\n"),
        format!("GET /ok.html HTTP/1.1\r\n{many}\r\n"),
        long.clone(),
    ] {
        let start = &head[..head.len().min(40)];
        for answer in victim.say_twice(head.as_bytes()) {
            assert!(
                answer.starts_with("HTTP/1.1 431 ")
                    || answer.starts_with("HTTP/1.1 414 ")
                    || answer.starts_with("HTTP/1.1 400 "),
                "{start:?}: {answer}"
            );
        }
    }
    victim.assert_small();
}

#[test]
fn requests_inside_of_requests() {
    ours_only!("DEC-063");
    let victim = Victim::new("");
    let inner = post(&call("supervisor.shutdown", ""));
    let inner = String::from_utf8(inner).expect("text");
    let chunk = format!("{:x}\r\n{inner}\r\n0\r\n\r\n", inner.len());
    let length = inner.len();
    let heads = [
        // two lengths
        format!("Content-Length: 0\r\nContent-Length: {length}\r\n\r\n{inner}"),
        format!("Content-Length: {length}\r\nContent-Length: 0\r\n\r\n{inner}"),
        // a length that is none
        format!("Content-Length: +{length}\r\n\r\n{inner}"),
        format!("Content-Length: 0, {length}\r\n\r\n{inner}"),
        format!("Content-Length: x\r\n\r\n{inner}"),
        // chunks, with and without a length, in several spellings
        format!("Transfer-Encoding: chunked\r\n\r\n{chunk}"),
        format!("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n{chunk}"),
        format!("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}"),
        format!("Transfer-Encoding: xchunked\r\n\r\n{chunk}"),
        format!("Transfer-Encoding: chunked, identity\r\n\r\n{chunk}"),
        format!("Transfer-Encoding : chunked\r\nContent-Length: 4\r\n\r\n{chunk}"),
        // a folded line
        format!("X: y\r\n Content-Length: 0\r\n\r\n{inner}"),
        // refused before the body was looked at
        format!("Content-Length: {}\r\n\r\n{inner}", 1 << 30),
    ];
    for target in ["/RPC2", "/nothing", "/logtail/x"] {
        for head in &heads {
            let request = format!("POST {target} HTTP/1.1\r\nHost: x\r\n{head}");
            let end = head.find("\r\n\r\n").unwrap_or_default();
            let shown = &head[..end];
            for answer in victim.say_twice(request.as_bytes()) {
                assert!(
                    answer.starts_with("HTTP/1.1 4"),
                    "{target} {shown:?}: {answer}"
                );
                assert!(
                    !answer.contains("<boolean>"),
                    "{target} {shown:?}: {answer}"
                );
                assert_eq!(
                    answer.matches("HTTP/1.1 ").count(),
                    1,
                    "{target} {shown:?}: {answer}"
                );
            }
        }
    }
    let state = victim
        .daemon
        .rpc("supervisor.getState", vec![])
        .expect("a state");
    assert_eq!(state["statename"], Value::from("RUNNING"));
    victim.assert_small();
}

#[test]
fn many_requests_at_once() {
    let victim = Victim::new("[program:x]\ncommand=/bin/cat\nautostart=false\n");
    let daemon = &victim.daemon;
    let mut requests = Vec::new();
    for number in 0..200 {
        let name = format!("<param><value>p{number}</value></param>");
        let body = call("supervisor.getProcessInfo", &name);
        let text = String::from_utf8(post(&body)).expect("text");
        requests.extend(text.replace("Connection: close\r\n", "").into_bytes());
    }
    requests.extend(post(&call("supervisor.getPID", "")));
    for answers in victim.say_twice(&requests) {
        let mut rest = answers.as_str();
        for number in 0..200 {
            let wanted = format!("BAD_NAME: p{number}<");
            let at = rest
                .find(&wanted)
                .unwrap_or_else(|| panic!("no {wanted} in {rest}"));
            assert_eq!(rest[..at].matches("BAD_NAME").count(), 0, "out of order");
            rest = &rest[at + wanted.len()..];
        }
        assert!(
            rest.contains(&format!("<int>{}</int>", daemon.pid)),
            "{rest}"
        );
    }
    let alone = http::unix(&daemon.path("sock"), "GET", "/ok.html", &[], b"").expect("an answer");
    assert_eq!(alone.body, b"OK");
    victim.assert_small();
}
