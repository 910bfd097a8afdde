//! Streams of logs.

use std::fs;
use std::io::Write;
use std::time::Duration;

use super::{Fixture, Limits, get, run};

fn append(fixture: &Fixture, name: &str, text: &str) {
    let path = fixture.folder.file(name);
    let mut file = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .expect("the log opens");
    file.write_all(text.as_bytes())
        .expect("the log can be written");
}

#[test]
fn http_092_streams_have_the_reference_shape() {
    run(async {
        let fixture = Fixture::new(Limits::default());
        append(&fixture, "cat.log", "one\ntwo\n");
        append(&fixture, "main.log", "three\n");
        let table = [
            (
                "/logtail/cat",
                "X-Accel-Buffering: no\r\n",
                "8\r\none\ntwo\n\r\n",
            ),
            (
                "/logtail/cat/stdout",
                "X-Accel-Buffering: no\r\n",
                "8\r\none\ntwo\n\r\n",
            ),
            ("/mainlogtail", "", "6\r\nthree\n\r\n"),
        ];
        for (path, header, body) in table {
            let mut client = fixture.client().await;
            client.send(&get(path)).await;
            let answer = client.until(body).await;
            let tail = format!(
                " GMT\r\nContent-Type: text/plain;charset=utf-8\r\n{header}\
                 X-Content-Type-Options: nosniff\r\nCross-Origin-Resource-Policy: same-origin\r\n\
                 Transfer-Encoding: chunked\r\n"
            );
            assert!(
                answer.starts_with("HTTP/1.1 200 OK\r\nServer: supervisor\r\nLast-Modified: "),
                "{answer}"
            );
            assert!(answer.contains(&tail), "{answer}");
        }
    });
}

#[test]
fn dec_064_every_kind_of_client_sees_lines_at_once() {
    run(async {
        let fixture = Fixture::new(Limits::default());
        append(&fixture, "cat.log", "");
        let requests = [
            "GET /logtail/cat HTTP/1.0\r\n\r\n",
            "GET /logtail/cat HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
            "GET /logtail/cat HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
            "GET /logtail/cat HTTP/1.1\r\nHost: x\r\n\r\n",
        ];
        for (number, request) in requests.into_iter().enumerate() {
            let mut client = fixture.client().await;
            client.send(request).await;
            client.until("\r\n\r\n").await;
            append(&fixture, "cat.log", &format!("line {number}\n"));
            client.until(&format!("line {number}\n")).await;
        }
    });
}

#[test]
fn dec_064_browsers_show_lines_at_once() {
    run(async {
        let fixture = Fixture::new(Limits::default());
        append(&fixture, "cat.log", "");
        append(&fixture, "main.log", "");
        // or it shows nothing of a short log, because it waits for more to guess what it is
        for header in ["", "Accept: text/html,application/xhtml+xml;q=0.9\r\n"] {
            for path in ["/logtail/cat", "/mainlogtail"] {
                let mut client = fixture.client().await;
                let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n{header}\r\n");
                client.send(&request).await;
                let head = client.until("\r\n\r\n").await;
                assert!(head.contains("X-Content-Type-Options: nosniff"), "{head}");
            }
        }
    });
}

#[test]
fn http_094_a_stream_outlives_rotation_and_truncation() {
    run(async {
        let fixture = Fixture::new(Limits::default());
        let path = fixture.folder.file("cat.log");
        append(&fixture, "cat.log", "old\n");
        let mut client = fixture.client().await;
        client.send("GET /logtail/cat HTTP/1.0\r\n\r\n").await;
        client.until("\r\n\r\nold\n").await;
        append(&fixture, "cat.log", "last words\n");
        fs::rename(&path, fixture.folder.file("cat.log.1")).expect("the log is rotated");
        append(&fixture, "cat.log", "a new file\n");
        assert_eq!(client.until("file\n").await, "last words\na new file\n");
        fs::write(&path, "short\n").expect("the log is truncated");
        assert_eq!(
            client.until("short\n").await,
            "==> File truncated <==\nshort\n"
        );
        fs::remove_file(&path).expect("the log is cleared");
        append(&fixture, "cat.log", "cleared\n");
        assert_eq!(client.until("cleared\n").await, "cleared\n");
    });
}

#[test]
fn a_long_log_comes_whole() {
    run(async {
        let fixture = Fixture::new(Limits::default());
        append(&fixture, "cat.log", "start\n");
        let mut client = fixture.client().await;
        client.send("GET /logtail/cat HTTP/1.0\r\n\r\n").await;
        client.until("start\n").await;
        let long: String = (0..200_000)
            .flat_map(|number| [number.to_string(), "\n".to_owned()])
            .collect();
        append(&fixture, "cat.log", &long);
        append(&fixture, "cat.log", "end\n");
        assert_eq!(client.until("end\n").await, long + "end\n");
    });
}

#[test]
fn a_follower_that_does_not_read_is_dropped() {
    run(async {
        let limits = Limits {
            stall: Duration::from_millis(50),
            connections: 1,
            ..Limits::default()
        };
        let fixture = Fixture::new(limits);
        append(&fixture, "cat.log", "start\n");
        let mut client = fixture.client().await;
        client.send(&get("/logtail/cat")).await;
        client.until("start\n").await;
        append(&fixture, "cat.log", &"x".repeat(4 * 1024 * 1024));
        // the only open becomes free when the follower is given up
        loop {
            let mut second = fixture.client().await;
            second.send(&get("/ok.html")).await;
            if second.more().await {
                break;
            }
        }
        assert!(client.rest().await.len() < 4 * 1024 * 1024);
    });
}

#[test]
fn http_098_a_stream_ends_with_its_client_and_with_the_server() {
    run(async {
        let mut fixture = Fixture::new(Limits {
            connections: 1,
            ..Limits::default()
        });
        append(&fixture, "cat.log", "start\n");
        let mut client = fixture.client().await;
        client.send(&get("/logtail/cat")).await;
        client.until("start\n").await;
        drop(client);
        let mut second = loop {
            let mut second = fixture.client().await;
            second.send(&get("/logtail/cat")).await;
            if second.more().await {
                break second;
            }
        };
        let servers = fixture.servers.take().expect("the server runs");
        servers.close().await;
        let rest = second.rest().await;
        assert!(!rest.ends_with("0\r\n\r\n"), "{rest}");
        let path = fixture.folder.file("socket");
        assert!(tokio::net::UnixStream::connect(path).await.is_err());
    });
}
