//! Crowds that take every seat there is: the administrator at the Unix socket finds another (DEC-084).

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use crate::common::wait::{DEADLINE, wait_until};
use crate::common::{can_open, ours_only};
use crate::{Victim, call, post};

/// More than a server has seats.
const CROWD: usize = 300;

const LOCK: &str = "username=ann\npassword=secret";

/// Each of them sends this, and then nothing any more.
fn crowd(victim: &Victim, request: impl Fn(usize) -> Vec<u8>) -> Vec<TcpStream> {
    let one = |number| {
        let mut stream = TcpStream::connect(("127.0.0.1", victim.port)).expect("the port");
        stream.set_read_timeout(Some(DEADLINE)).expect("a time-out");
        // the daemon may have closed it for the others
        let _ = stream.write_all(&request(number));
        stream
    };
    (0..CROWD).map(one).collect()
}

#[test]
fn dec_084_strangers_lock_nobody_out() {
    ours_only!("DEC-084");
    if !can_open(4096) {
        return;
    }
    let victim = Victim::locked(LOCK, "");
    let post = "POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n";
    let malformed = format!("{post}Authorization: Basic !!!!\r\n\r\n");
    let nobody = format!("{post}\r\n");
    let large = nobody.replace("10", "1000000000");
    let several = nobody.replace("Host: x", "Host: x\r\nHost: y");
    let of_many = "GET /ok.html HTTP/1.1\r\nX";
    let mut all = Vec::new();
    for request in [&malformed, &nobody, &large, &several, post, of_many, ""] {
        let mut crowd = crowd(&victim, |_| request.into());
        victim.assert_quick();
        // and those with the password find a seat at the port as well
        let known = "GET /ok.html HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
                     Authorization: Basic YW5uOnNlY3JldA==\r\n\r\n";
        let answer = victim.say_over_tcp(known.as_bytes());
        assert!(answer.starts_with("HTTP/1.1 200 "), "{request}: {answer}");
        if request.ends_with("\r\n\r\n") {
            // the answer is not kept until the body comes
            let last = crowd.last_mut().expect("a crowd");
            let mut answer = String::new();
            last.read_to_string(&mut answer).expect("an answer");
            assert!(answer.starts_with("HTTP/1.1 40"), "{request}: {answer}");
        }
        all.push(crowd);
    }
    victim.assert_small();
}

#[test]
fn dec_084_work_without_an_end_locks_nobody_out() {
    ours_only!("DEC-084");
    if !can_open(4096) {
        return;
    }
    let victim = Victim::new(
        "[program:slow]\ncommand=/bin/sleep 1000\nnumprocs=300\nprocess_name=%(process_num)d\nstartsecs=1000\n\
         autostart=false\nstdout_logfile=NONE\nstderr_logfile=NONE\n",
    );
    let follow = b"GET /mainlogtail HTTP/1.1\r\nHost: x\r\n\r\n".to_vec();
    let trickle = b"POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n<".to_vec();
    let large = b"POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: 8000000\r\n\r\n<".to_vec();
    // each starts another process and waits for it
    let start = |number| {
        let name = format!("<param><value>slow:{number}</value></param>");
        post(&call("supervisor.startProcess", &name))
    };
    let mut all = Vec::new();
    for request in [Some(follow), Some(trickle), Some(large), None] {
        let request = |number| request.clone().unwrap_or_else(|| start(number));
        all.push(crowd(&victim, request));
        victim.assert_quick();
        // at the crowded port, too: the one of them that has been at it longest gives way
        let answer = victim.say_over_tcp(&post(&call("supervisor.getState", "")));
        assert!(answer.contains("RUNNING"), "{answer}");
        // a large body needs no place that one of theirs has
        let body = call("supervisor.getState", "") + &" ".repeat(100_000);
        assert!(victim.say(&post(&body)).contains("RUNNING"));
    }
    drop(all);
    victim.assert_small();
}

#[test]
fn dec_084_a_crowd_at_the_unix_socket_gives_way_to_others_there() {
    ours_only!("DEC-084");
    if !can_open(4096) {
        return;
    }
    let victim = Victim::new("");
    let mut crowd = Vec::new();
    // those who are not let in yet when many come at once may go unseen: more come until a stream is cut off
    wait_until("a line about the crowd", || {
        let mut stream = victim.connect();
        let follow = b"GET /mainlogtail HTTP/1.1\r\nHost: x\r\n\r\n";
        let _ = stream.write_all(follow);
        crowd.push(stream);
        crowd.len() > CROWD && !victim.daemon.log_lines("too many connections").is_empty()
    });
    victim.assert_quick();
    victim.assert_small();
}
