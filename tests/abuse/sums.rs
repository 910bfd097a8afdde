//! Many things that are each small enough, and one that somebody else made large (DEC-084).

use std::io::{Read as _, Write as _};

use crate::common::wait::{DEADLINE, wait_until};
use crate::common::{ours_only, skip};
use crate::{Victim, call, memory, post};

/// The largest answer, in bytes.
const MAX_ANSWER: usize = 64 * 1024 * 1024;

/// What a few of them may cost at their peak, in KiB: one that is made, and those that nobody reads.
const PEAK: u64 = 260 * 1024;

/// Programs that say nothing.
const MANY: &str = "[program:cat]\ncommand=/bin/cat\nnumprocs=20\nprocess_name=%(process_num)d\nautostart=false\n\
                    stdout_logfile=NONE\nstderr_logfile=NONE\n";

/// A multicall of one method, so many times.
fn many(method: &str, count: usize) -> Vec<u8> {
    let one = format!(
        "<value><struct><member><name>methodName</name><value>{method}</value></member></struct></value>"
    );
    let calls = one.repeat(count);
    post(&call(
        "system.multicall",
        &format!("<param><value><array><data>{calls}</data></array></value></param>"),
    ))
}

fn assert_within(victim: &Victim, most: u64) {
    let grown = memory(&victim.daemon, "VmHWM").saturating_sub(victim.size);
    assert!(
        grown < most,
        "grown by {grown} KiB from {} KiB",
        victim.size
    );
    victim.assert_quick();
}

#[test]
fn dec_084_an_answer_has_a_largest_size() {
    ours_only!("DEC-084");
    let victim = Victim::new(MANY);
    let count = 8000;
    let answer = victim.say(&many("supervisor.getAllConfigInfo", count));
    assert!(answer.starts_with("HTTP/1.1 200 "), "{}", &answer[..600]);
    assert!(answer.len() < MAX_ANSWER + 1000, "{} bytes", answer.len());
    // each call has its result, and the last ones are faults
    let faults = answer
        .matches("FAILED: the answer would have more than")
        .count();
    assert!((1..count).contains(&faults), "{faults} faults");
    let results = answer.matches("<member>\n<name>autostart</name>").count() / 20;
    assert_eq!(results + faults, count);
    drop(answer);
    // a fault for each, and each as long as a name may be
    let name = "x".repeat(60_000);
    let one = format!(
        "<value><struct><member><name>methodName</name><value>supervisor.getProcessInfo</value></member>\
         <member><name>params</name><value><array><data><value>{name}</value></data></array></value></member>\
         </struct></value>"
    );
    let calls = one.repeat(130);
    let param = format!("<param><value><array><data>{calls}</data></array></value></param>");
    let answer = victim.say(&post(&call("system.multicall", &param)));
    assert_eq!(answer.matches("BAD_NAME").count(), 130);
    assert_within(&victim, PEAK);
}

#[test]
fn dec_084_what_is_not_called_any_more_is_not_done() {
    ours_only!("DEC-084");
    let victim = Victim::new(MANY);
    let sub_call = |method: &str, params: &str| {
        format!(
            "<value><struct><member><name>methodName</name><value>supervisor.{method}</value></member>\
             <member><name>params</name><value><array><data>{params}</data></array></value></member></struct></value>"
        )
    };
    let start = |number| {
        sub_call(
            "startProcess",
            &format!("<value>cat:{number}</value><value><int>0</int></value>"),
        )
    };
    let calls = start(0) + &sub_call("getAllConfigInfo", "").repeat(8000) + &start(1);
    let param = format!("<param><value><array><data>{calls}</data></array></value></param>");
    let answer = victim.say(&post(&call("system.multicall", &param)));
    let end = &answer[answer.len() - 600..];
    assert!(
        end.contains("FAILED: the answer would have more than"),
        "{end}"
    );
    victim.daemon.wait_running("cat:0");
    assert_eq!(victim.daemon.state("cat:1"), "STOPPED");
}

#[test]
fn dec_084_answers_that_nobody_reads_have_a_sum() {
    ours_only!("DEC-084");
    let victim = Victim::new(MANY);
    // 30 MiB for each of them
    let request = many("supervisor.getAllConfigInfo", 600);
    let mut crowd = Vec::new();
    for _ in 0..40 {
        let mut stream =
            std::net::TcpStream::connect(("127.0.0.1", victim.port)).expect("the port");
        stream.set_read_timeout(Some(DEADLINE)).expect("a time-out");
        let _ = stream.write_all(&request);
        crowd.push(stream);
    }
    // whoever was served first has been waited for longest
    let mut rest = Vec::new();
    let _ = crowd[0].read_to_end(&mut rest);
    wait_until("the last answer", || {
        let mut byte = [0];
        crowd
            .last()
            .is_some_and(|last| last.peek(&mut byte).is_ok_and(|length| length > 0))
    });
    victim.assert_quick();
    // and nobody at the port keeps an answer from the Unix socket
    let answer = victim.say(&request);
    assert_eq!(answer.matches("<name>autostart</name>").count(), 600 * 20);
    assert_within(&victim, PEAK);
    drop(crowd);
}

#[test]
fn dec_084_a_log_may_have_any_size() {
    ours_only!("DEC-084");
    let victim = Victim::new(
        "[program:x]\ncommand=/bin/cat\nstartsecs=0\nstdout_logfile={dir}/out\nstderr_logfile={dir}/err\n",
    );
    victim.daemon.wait_running("x");
    let size = 4 << 40;
    for name in ["out", "err"] {
        let file = std::fs::OpenOptions::new()
            .write(true)
            .open(victim.daemon.path(name));
        if file.and_then(|file| file.set_len(size)).is_err() {
            return skip("needs a file system with sparse files of 4 TiB");
        }
    }
    let numbers = [(0, 0), (0, i32::MAX), (1, i32::MAX), (i32::MIN, 0)];
    for method in [
        "readProcessStdoutLog",
        "readProcessStderrLog",
        "readProcessLog",
    ] {
        for (offset, length) in numbers {
            let method = format!("supervisor.{method}");
            let told = victim
                .daemon
                .rpc(&method, vec!["x".into(), offset.into(), length.into()]);
            let (code, text) = told.expect_err("a fault");
            assert_eq!(code, 30, "{method}({offset}, {length}): {text}");
        }
    }
    for method in [
        "tailProcessStdoutLog",
        "tailProcessStderrLog",
        "tailProcessLog",
    ] {
        for (offset, length) in [(0, i32::MAX), (i32::MAX, i32::MAX)] {
            let method = format!("supervisor.{method}");
            // an end of nothing but zeros is too large when each is replaced; less of it is fine
            let told = victim
                .daemon
                .rpc(&method, vec!["x".into(), offset.into(), length.into()]);
            assert_eq!(
                told.expect_err("a fault").0,
                30,
                "{method}({offset}, {length})"
            );
            let told = victim
                .daemon
                .rpc(&method, vec!["x".into(), offset.into(), 100.into()]);
            assert!(told.is_ok(), "{method}: {told:?}");
        }
    }
    for path in [
        "/tail.html?processname=x&limit=99999999999",
        "/tail.html?processname=x&channel=stderr",
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let answer = victim.say(request.as_bytes());
        assert!(answer.starts_with("HTTP/1.1 200 "), "{path}");
    }
    let mut stream = victim.connect();
    stream
        .write_all(b"GET /logtail/x HTTP/1.1\r\nHost: x\r\n\r\n")
        .expect("a request");
    let mut piece = [0; 1000];
    stream.read_exact(&mut piece).expect("the end of the log");
    assert_within(&victim, PEAK);
}

#[test]
fn dec_084_a_long_call_lets_others_have_turns() {
    ours_only!("DEC-084");
    let victim = Victim::new(MANY);
    let table = [
        ("supervisor.getAllProcessInfo", 2000),
        ("supervisor.reloadConfig", 500),
        ("supervisor.getState", 20_000),
    ];
    for (method, count) in table {
        let request = many(method, count);
        std::thread::scope(|scope| {
            let callers: Vec<_> = (0..3)
                .map(|_| scope.spawn(|| victim.say(&request)))
                .collect();
            while callers.iter().any(|caller| !caller.is_finished()) {
                victim.assert_quick();
            }
            for caller in callers {
                let answer = caller.join().expect("the caller");
                assert!(answer.starts_with("HTTP/1.1 200 "), "{method}");
            }
        });
    }
    // many calls behind each other on one connection are no different
    let one = post(&call("supervisor.reloadConfig", ""));
    let one = String::from_utf8(one).expect("text");
    let request = one.replace("Connection: close\r\n", "").repeat(300) + &one;
    std::thread::scope(|scope| {
        let caller = scope.spawn(|| {
            let mut stream = victim.connect();
            let mut other = stream.try_clone().expect("a clone");
            let writer = scope.spawn(move || {
                let _ = other.write_all(request.as_bytes());
            });
            let mut answer = String::new();
            stream.read_to_string(&mut answer).expect("answers");
            let _ = writer.join();
            answer
        });
        while !caller.is_finished() {
            victim.assert_quick();
        }
        let answer = caller.join().expect("the caller");
        assert_eq!(answer.matches("HTTP/1.1 200 ").count(), 301);
    });
}
