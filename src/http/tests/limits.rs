//! What one client may cost, and that the others do not notice.

use std::time::Duration;

use super::{Fixture, Limits, call, get, post, run};
use crate::rpc::wire::MAX_BODY;

/// Short enough for a test that waits for it.
const SHORT: Duration = Duration::from_millis(50);

#[test]
fn heads_are_bounded() {
    run(async {
        let fixture = Fixture::new(Limits {
            head_bytes: 8192,
            headers: 20,
            ..Limits::default()
        });
        let table = [
            format!("GET /ok.html HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(9000)),
            format!("GET /ok.html HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(30)),
            format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(9000)),
            // no end in sight
            "x".repeat(9000),
        ];
        for request in table {
            let answer = fixture.ask_to_end(&request).await;
            assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
        }
        let fine = format!("GET /ok.html HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(7000));
        assert_eq!(fixture.ask(&fine).await.status, 200);
    });
}

#[test]
fn bodies_are_bounded() {
    run(async {
        let fixture = Fixture::new(Limits::default());
        for length in [MAX_BODY + 1, 1 << 30, usize::MAX >> 2] {
            let request =
                format!("POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n<");
            let mut client = fixture.client().await;
            client.send(&request).await;
            let answer = client.answer().await;
            assert_eq!(answer.status, 413, "{length}");
            assert!(answer.head.contains("Connection: close"), "{}", answer.head);
        }
        // the largest that is allowed
        let padding = " ".repeat(MAX_BODY - call("echo", &["x"]).len());
        let answer = fixture
            .ask(&post("/RPC2", &(call("echo", &["x"]) + &padding)))
            .await;
        assert!(
            answer.body.contains("<string>x</string>"),
            "{}",
            answer.body
        );
    });
}

#[test]
fn a_refused_sender_finds_the_answer() {
    run(async {
        let fixture = Fixture::new(Limits::default());
        let mut client = fixture.client().await;
        client
            .send(&format!(
                "POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n",
                1 << 30
            ))
            .await;
        // sent without looking, as simple clients do
        for _ in 0..64 {
            client.send(&"x".repeat(16 * 1024)).await;
        }
        assert_eq!(client.answer().await.status, 413);
    });
}

#[test]
fn slow_heads_are_ended() {
    run(async {
        let fixture = Fixture::new(Limits {
            head: SHORT,
            ..Limits::default()
        });
        let answer = fixture.ask_to_end("GET /ok.html HTTP/1.1\r\nHo").await;
        assert!(
            answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"),
            "{answer}"
        );
        assert!(answer.contains("\r\n<p>Error code 408.\r\n"), "{answer}");
        // who says nothing hears nothing
        assert_eq!(fixture.ask_to_end("").await, "");
        // the second request of a connection, too
        let mut client = fixture.client().await;
        client.send(&get("/ok.html")).await;
        assert_eq!(client.answer().await.status, 200);
        client.send("GET").await;
        let rest = client.rest().await;
        assert!(rest.starts_with("HTTP/1.1 408 "), "{rest}");
    });
}

#[test]
fn slow_bodies_are_ended() {
    run(async {
        let fixture = Fixture::new(Limits {
            body: SHORT,
            ..Limits::default()
        });
        for path in ["/RPC2", "/nothing"] {
            let request =
                format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n<");
            let answer = fixture.ask_to_end(&request).await;
            assert!(answer.contains("Connection: close"), "{path}: {answer}");
        }
        let answer = fixture
            .ask_to_end("POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
            .await;
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    });
}

#[test]
fn idle_connections_are_ended() {
    run(async {
        let fixture = Fixture::new(Limits {
            idle: SHORT,
            ..Limits::default()
        });
        let mut client = fixture.client().await;
        client.send(&get("/ok.html")).await;
        assert_eq!(client.answer().await.status, 200);
        assert_eq!(client.rest().await, "");
    });
}

#[test]
fn a_client_that_does_not_read_is_ended() {
    run(async {
        let fixture = Fixture::new(Limits {
            stall: SHORT,
            connections: 1,
            ..Limits::default()
        });
        let mut client = fixture.client().await;
        client.send(&post("/RPC2", &call("long", &[]))).await;
        // the only open becomes free when the first client is given up
        loop {
            let mut second = fixture.client().await;
            second.send(&get("/ok.html")).await;
            if second.more().await {
                break;
            }
        }
        let part = client.rest().await.len();
        assert!(part < 8 * 1024 * 1024, "{part} bytes were read");
    });
}

#[test]
fn a_crowd_of_half_open_connections_is_no_hindrance() {
    run(async {
        let fixture = Fixture::new(Limits {
            connections: 64,
            ..Limits::default()
        });
        let mut steady = fixture.client().await;
        steady.send(&get("/ok.html")).await;
        assert_eq!(steady.answer().await.status, 200);
        let mut crowd = Vec::new();
        for _ in 0..250 {
            let mut client = fixture.client().await;
            client.send("GET /ok.html HTTP/1.1\r\n").await;
            crowd.push(client);
            if crowd.len().is_multiple_of(50) {
                // newcomers and old friends are served all the while
                assert_eq!(fixture.ask(&get("/ok.html")).await.status, 200);
                steady.send(&get("/ok.html")).await;
                assert_eq!(steady.answer().await.status, 200);
            }
        }
        // the first of the crowd had to leave, the last may go on
        assert_eq!(crowd[0].rest().await, "");
        let last = crowd.last_mut().expect("there is a crowd");
        last.send("\r\n").await;
        assert_eq!(last.answer().await.status, 200);
    });
}
