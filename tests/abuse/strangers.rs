//! Those who have no business here: they guess passwords, and ask for files that are nobody's log.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::common::ours_only;
use crate::common::wait::now;
use crate::{Victim, call, post};

/// ann and secret.
const RIGHT: &str = "Authorization: Basic YW5uOnNlY3JldA==";

/// Names and passwords in base64: ann with a wrong one, with a beginning of the right one, with none; a stranger.
const WRONG: [&str; 4] = [
    "YW5uOndyb25n",
    "YW5uOnNlY3Jl",
    "YW5uOg==",
    "Ym9iOnNlY3JldA==",
];

#[test]
fn whoever_guesses_passwords_costs_a_line_a_second() {
    const GUESSES: usize = 1000;
    const AT_A_TIME: usize = 4;
    ours_only!("DEC-065");
    let victim = Victim::locked("username=ann\npassword=secret", "");
    let shut_down = post(&call("supervisor.shutdown", ""));
    let shut_down = String::from_utf8(shut_down).expect("text");
    let with = |line: &str| shut_down.replacen("\r\n", &format!("\r\n{line}\r\n"), 1);
    let start = now();
    let refused = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                for number in 0..GUESSES / AT_A_TIME {
                    let guess = format!("Authorization: Basic {}", WRONG[number % WRONG.len()]);
                    let answer = victim.say_over_tcp(with(&guess).as_bytes());
                    assert!(answer.starts_with("HTTP/1.1 401 "), "{guess}: {answer}");
                    refused.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        victim.assert_quick();
    });
    assert_eq!(refused.into_inner(), GUESSES);
    let seconds = usize::try_from(start.elapsed().as_secs()).expect("few");
    let lines = victim.daemon.log_lines("authentication failed").len();
    assert!((1..=seconds + 2).contains(&lines), "{lines} in {seconds} s");
    // nobody is locked out by that
    let question = with(RIGHT).replace("shutdown", "getState");
    let length = format!("Content-Length: {}", call("supervisor.shutdown", "").len());
    let right_length = format!("Content-Length: {}", call("supervisor.getState", "").len());
    let question = question.replace(&length, &right_length);
    let answer = victim.say_over_tcp(question.as_bytes());
    assert!(answer.contains("RUNNING"), "{answer}");
    victim.assert_small();
}

#[test]
fn no_path_leads_to_a_file_that_is_no_log() {
    let victim = Victim::new(
        "[program:x]\ncommand=/bin/cat\nstartsecs=0\nstdout_logfile={dir}/x.log\nstderr_logfile=NONE\n",
    );
    let precious = "precious\n".repeat(3);
    let place = victim.daemon.folder().join("precious");
    fs::write(&place, &precious).expect("a file");
    let place = place.to_str().expect("text");
    let dots = format!("{}{place}", "/..".repeat(10));
    let once = dots.replace('/', "%2f").replace('.', "%2e");
    let twice = once.replace('%', "%25");
    let prefixes = [
        "",
        "/logtail",
        "/logtail/x",
        "/logtail/x/stdout",
        "/images",
        "/stylesheets",
        "/ui",
    ];
    for prefix in prefixes {
        for path in [
            dots.as_str(),
            &once,
            &twice,
            place,
            &format!("/{place}"),
            &format!("{dots}%00"),
            &dots.replace("..", "....//"),
            &dots.replace('/', "\\"),
            &dots.replace("..", "%c0%ae%c0%ae"),
            "/../precious",
            "/..%2fprecious",
            "/%2e%2e/precious",
        ] {
            let request = format!("GET {prefix}{path} HTTP/1.0\r\nHost: x\r\n\r\n");
            for answer in victim.say_twice(request.as_bytes()) {
                assert!(
                    !answer.contains("precious\nprecious"),
                    "{request}: {answer}"
                );
                let status = answer.split(' ').nth(1);
                assert!(
                    matches!(status, Some("400" | "404" | "410")),
                    "{request}: {answer}"
                );
            }
        }
    }
    for name in ["../precious", "x/../precious", place, "/etc/passwd"] {
        for method in [
            "readProcessStdoutLog",
            "tailProcessStdoutLog",
            "clearProcessLogs",
        ] {
            let mut arguments = vec![name.into()];
            if method != "clearProcessLogs" {
                arguments.extend([0.into(), 100.into()]);
            }
            let told = victim
                .daemon
                .rpc(&format!("supervisor.{method}"), arguments);
            let bad_name = Err((10, format!("BAD_NAME: {name}")));
            assert_eq!(told, bad_name, "{method}");
        }
    }
    assert_eq!(victim.daemon.read("precious"), precious);
    victim.assert_small();
}
