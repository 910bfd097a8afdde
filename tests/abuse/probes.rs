//! `/readyz` asked for more than anybody means: long lists, and patterns that match slowly.

use std::os::unix::net::UnixStream;

use super::{answer_time, exchange};
use crate::common::daemon::Daemon;

/// Asks for a selection; the status.
fn ask(daemon: &Daemon, select: &str) -> u16 {
    let stream = UnixStream::connect(daemon.path("sock")).expect("the daemon");
    let request =
        format!("GET /readyz?select={select} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    let answer = exchange(stream, request.as_bytes());
    let status = answer.split(' ').nth(1).and_then(|word| word.parse().ok());
    status.unwrap_or_else(|| panic!("{answer:?}"))
}

#[test]
fn api_065_lists_and_patterns_without_measure() {
    let daemon = Daemon::start(
        "[program:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]\ncommand=/bin/cat\nautostart=false\nnumprocs=300\n\
         process_name=%(program_name)s%(process_num)03d\n",
    );
    let name = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    let table = [
        // what is asked for, the status
        (format!("{name}:{name}000"), 503),
        (vec![format!("{name}:*"); 700].join(","), 503),
        (vec!["x"; 10_000].join(","), 400),
        (vec!["*a*"; 33].join(","), 400),
        (vec!["*a*"; 32].join(","), 503),
        ("*a".repeat(12_000), 404),
        (format!("{}b", "*a?".repeat(9_000)), 404),
        ("[".repeat(20_000), 404),
        ("%2A".repeat(9_000), 503),
    ];
    for (select, status) in table {
        let shown = select.get(..40).unwrap_or(&select).to_owned();
        assert_eq!(ask(&daemon, &select), status, "{shown}");
        let time = answer_time(&daemon);
        assert!(time.as_secs() < 2, "{shown}: {time:?}");
    }
}
