//! Checks over the network.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::thread;

use crate::common::daemon::{Daemon, text};
use crate::common::home::Home;
use crate::common::wait::wait_until;

fn reason(daemon: &Daemon, name: &str) -> String {
    let health = daemon.rpc("ext.getHealth", vec![name.into()]);
    let health = health.expect("health");
    text(&health.as_array().expect("an array")[0], "reason")
}

#[test]
fn hlt_021_022_a_connection_makes_it_ready() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let home = Home::new();
    home.config(&format!(
        "[program:tcp]\ncommand=/bin/cat\nstartsecs=0\nreadiness_check_script=tcp://localhost:{port}\n\
         [program:unix]\ncommand=/bin/cat\nstartsecs=0\nreadiness_check_script=unix://{{dir}}/service\n"
    ));
    let daemon = Daemon::of(home, &[]);
    daemon.wait_running("tcp");
    wait_until("a reason", || {
        reason(&daemon, "unix") == "No such file or directory"
    });
    assert_eq!(daemon.state("unix"), "STARTING");
    let _listener = UnixListener::bind(daemon.path("service")).expect("a socket");
    daemon.wait_running("unix");
}

#[test]
fn hlt_020_027_the_status_of_an_answer_decides() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let daemon = Daemon::start(&format!(
        "[program:web]\ncommand=/bin/cat\nstartsecs=0\n\
         readiness_check_script=http://me:secret@127.0.0.1:{port}/ping?x=1 -H \"X-Who: a b\" \
         -d hello\n"
    ));
    let serve = || {
        let mut requests = Vec::new();
        for answer in [
            "SSH-2.0-x\r\n",
            "HTTP/1.1 503 No\r\n\r\n",
            "HTTP/1.1 204 \r\n\r\n",
        ] {
            let (mut stream, _) = listener.accept().expect("a check");
            let mut request = Vec::new();
            while !request.ends_with(b"hello") {
                let mut byte = [0];
                assert_eq!(stream.read(&mut byte).expect("a request"), 1);
                request.push(byte[0]);
            }
            stream.write_all(answer.as_bytes()).expect("an answer");
            requests.push(String::from_utf8(request).expect("text"));
        }
        requests
    };
    let requests = thread::scope(|scope| {
        let served = scope.spawn(serve);
        daemon.wait_running("web");
        served.join().expect("three checks")
    });
    assert_eq!(reason(&daemon, "web"), "status 503");
    let wanted = format!(
        "POST /ping?x=1 HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: supervisord\r\n\
         Connection: close\r\nAuthorization: Basic bWU6c2VjcmV0\r\nContent-Length: 5\r\n\
         X-Who: a b\r\n\r\nhello"
    );
    assert_eq!(requests, [&*wanted; 3]);
}

#[test]
fn hlt_061_what_takes_too_long_has_failed() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let daemon = Daemon::start(&format!(
        "[program:web]\ncommand=/bin/cat\nstartsecs=0\nreadiness_check_timeout=0.3\n\
         readiness_check_script=http://127.0.0.1:{port}/\n\
         [program:lost]\ncommand=/bin/cat\nstartsecs=0\n\
         readiness_check_script=tcp://nowhere.invalid:80\n"
    ));
    wait_until("the reason", || {
        reason(&daemon, "web") == "timed out after 0.3 seconds"
    });
    wait_until("the other reason", || {
        reason(&daemon, "lost") == "cannot resolve nowhere.invalid"
    });
}
