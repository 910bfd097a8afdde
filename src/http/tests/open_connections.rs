//! Who has to leave when there are too many, or when they hold too much (DEC-084).

use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::{Fixture, Level, Limits, call, get, post, run};

/// Short enough for a test that waits for it.
const SHORT: Duration = Duration::from_millis(50);

/// Whatever a connection that was let in may be about.
fn all_kinds() -> [String; 5] {
    [
        get("/ok.html"),
        format!("{}GET", get("/ok.html")),
        "POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n<".to_owned(),
        get("/mainlogtail"),
        post("/RPC2", &call("wait", &[])),
    ]
}

#[test]
fn dec_084_nobody_is_turned_away() {
    run(async {
        let fixture = Fixture::new(Limits {
            connections: 1,
            ..Limits::default()
        });
        std::fs::write(fixture.folder.file("main.log"), "words\n").expect("a log");
        for request in all_kinds() {
            let mut holder = fixture.client().await;
            holder.send(&request).await;
            // until the only open went from one to the other
            loop {
                assert_eq!(fixture.ask(&get("/ok.html")).await.status, 200);
                if timeout(SHORT, holder.rest()).await.is_ok() {
                    break;
                }
            }
        }
        // the clock of the tests stands still, so there is one line for all
        assert!(fixture.logged(Level::Error, "too many connections, a request was cut off"));
    });
}

#[test]
fn dec_084_the_least_missed_gives_way() {
    run(async {
        let fixture = Fixture::new(Limits {
            connections: 2,
            ..Limits::default()
        });
        std::fs::write(fixture.folder.file("main.log"), "words\n").expect("a log");
        let mut follower = fixture.client().await;
        follower.send(&get("/mainlogtail")).await;
        follower.until("words\n").await;
        let mut idle = fixture.client().await;
        idle.send(&get("/ok.html")).await;
        assert_eq!(idle.answer().await.status, 200);
        let mut waiting = fixture.client().await;
        waiting.send(&post("/RPC2", &call("wait", &[]))).await;
        assert_eq!(idle.rest().await, "");
        std::fs::write(fixture.folder.file("main.log"), "words\nmore\n").expect("a log");
        follower.until("more").await;
        assert_eq!(fixture.ask(&get("/ok.html")).await.status, 200);
        follower.rest().await;
        assert!(timeout(SHORT, waiting.more()).await.is_err());
    });
}

#[test]
fn dec_084_strangers_hold_no_seat_against_others() {
    run(async {
        let fixture = Fixture::locked_with(
            "pass",
            Limits {
                connections: 32,
                ..Limits::default()
            },
        );
        let known = "Authorization: Basic dXNlcjpwYXNz\r\n";
        let question = format!("GET /ok.html HTTP/1.1\r\nHost: x\r\n{known}\r\n");
        let mut friends = Vec::new();
        for _ in 0..32 {
            let mut friend = fixture.client().await;
            friend.send(&question).await;
            assert_eq!(friend.answer().await.status, 200);
            friends.push(friend);
        }
        // what strangers may say: nothing, half a head, a whole one and nothing of its body
        let stranger = "POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n";
        let malformed = format!("{stranger}Authorization: Basic !!!!\r\n\r\n");
        let mut strangers = Vec::new();
        for request in ["", stranger, &format!("{stranger}\r\n"), &malformed] {
            for _ in 0..50 {
                let mut client = fixture.client().await;
                client.send(request).await;
                strangers.push(client);
            }
        }
        for friend in &mut friends {
            friend.send(&question).await;
            assert_eq!(friend.answer().await.status, 200);
        }
        // a newcomer who knows the password takes the place of a friend and not of a stranger's making
        assert_eq!(fixture.ask(&question).await.status, 200);
        // whoever is refused is told so and left, and its body is not waited for
        let last = strangers.last_mut().expect("there are strangers");
        assert!(last.rest().await.starts_with("HTTP/1.1 400 "));
    });
}

#[test]
fn dec_084_unread_answers_have_a_sum() {
    run(async {
        let fixture = Fixture::new(Limits {
            unread: 20 * 1024 * 1024,
            ..Limits::default()
        });
        // each has eight megabytes for its client, who does not read them
        let mut slow = Vec::new();
        for _ in 0..3 {
            let mut client = fixture.client().await;
            client.send(&post("/RPC2", &call("long", &[]))).await;
            assert!(client.more().await);
            slow.push(client);
        }
        let length = slow[0].rest().await.len();
        assert!(length < 8 * 1024 * 1024, "{length} bytes came");
        for client in &mut slow[1..] {
            assert!(client.answer().await.body.len() > 8 * 1024 * 1024);
        }
        // when they were read there is room again
        let answer = fixture.ask(&post("/RPC2", &call("long", &[]))).await;
        assert_eq!(answer.status, 200);
        // what is larger than all that may wait is not even sent
        let fixture = Fixture::new(Limits {
            unread: 4 * 1024 * 1024,
            ..Limits::default()
        });
        let answer = fixture.ask(&post("/RPC2", &call("long", &[]))).await;
        assert_eq!(answer.status, 503);
    });
}

#[test]
fn dec_084_a_large_body_that_dawdles_gives_way() {
    run(async {
        let fixture = Fixture::new(Limits {
            dawdle: SHORT,
            ..Limits::default()
        });
        let large = "<".repeat(100_000);
        let whole = post("/RPC2", &large);
        let mut dawdlers = Vec::new();
        for _ in 0..2 {
            let mut client = fixture.client().await;
            client.send(&whole[..90_000]).await;
            dawdlers.push(client);
        }
        // these two have the places for large bodies, until somebody else wants one
        let start = Instant::now();
        let answer = fixture.ask(&whole).await;
        assert_eq!(answer.status, 400);
        assert!(start.elapsed() < Limits::default().body / 2);
        assert!(dawdlers[0].rest().await.starts_with("HTTP/1.1 408 "));
    });
}
