//! Who is let in: credentials and names.

use super::{Fixture, Level, Limits, call, get, post, run};
use crate::base::base64;

fn with_header(path: &str, header: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\n")
}

fn basic(credentials: &str) -> String {
    format!(
        "Authorization: Basic {}",
        base64::encode(credentials.as_bytes())
    )
}

#[test]
fn http_060_all_routes_need_credentials() {
    run(async {
        let fixture = Fixture::locked("pass");
        for path in [
            "/",
            "/RPC2",
            "/logtail/cat",
            "/mainlogtail",
            "/nothing",
            "/ok.html",
        ] {
            let answer = fixture.ask_to_end(&get(path)).await;
            assert!(
                answer.starts_with("HTTP/1.1 401 Unauthorized\r\n"),
                "{path}: {answer}"
            );
            for line in [
                "Connection: close",
                "Www-Authenticate: Basic realm=\"default\"",
                "Content-Length: 137",
            ] {
                assert!(
                    answer.contains(&format!("\r\n{line}\r\n")),
                    "{path}: {answer}"
                );
            }
        }
        assert!(
            fixture
                .ask_to_end(&get("/ok.html").replace("GET", "FOO"))
                .await
                .contains(" 401 ")
        );
        // a stranger's body is not read
        let call = post("/RPC2", &"x".repeat(100_000));
        assert!(fixture.ask_to_end(&call).await.contains(" 401 "));
        assert!(!fixture.logged(Level::Warn, "authentication"));
    });
}

#[test]
fn http_061_credentials() {
    run(async {
        let fixture = Fixture::locked("pass");
        let table = [
            (basic("user:pass"), 200),
            (basic("user:pass").replace("Basic", "bASIC"), 200),
            (
                basic("user:pass").replace("Authorization", "authorization"),
                200,
            ),
            (
                format!("{}\r\n{}", basic("user:pass"), basic("user:wrong")),
                200,
            ),
            (
                format!("{}\r\n{}", basic("user:wrong"), basic("user:pass")),
                401,
            ),
            (basic("user:wrong"), 401),
            (basic("nobody:pass"), 401),
            (basic(":"), 401),
            (basic("user:pass:more"), 401),
            ("Authorization: Digest abc".to_owned(), 401),
            ("Authorization: Basic".to_owned(), 401),
            (basic("user"), 400),
            ("Authorization: Basic !!!".to_owned(), 400),
        ];
        for (header, status) in table {
            assert_eq!(
                fixture.ask(&with_header("/ok.html", &header)).await.status,
                status,
                "{header}"
            );
        }
        // the clock of the tests stands still, so there is one line for all the failures
        let lines = fixture
            .site
            .0
            .borrow()
            .lines
            .iter()
            .filter(|(level, _)| *level == Level::Warn)
            .count();
        assert_eq!(lines, 1);
        assert!(fixture.logged(
            Level::Warn,
            "Server 'unix_http_server': authentication failed for localhost:0"
        ));
    });
}

#[test]
fn http_063_hashed_password() {
    run(async {
        let sum = "e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4"; // of "secret"
        let fixture = Fixture::locked(&format!("{{SHA}}{sum}"));
        for (password, status) in [
            ("secret".to_owned(), 200),
            (sum.to_owned(), 401),
            (format!("{{SHA}}{sum}"), 401),
        ] {
            let request = with_header("/ok.html", &basic(&format!("user:{password}")));
            assert_eq!(fixture.ask(&request).await.status, status, "{password}");
        }
    });
}

#[test]
fn acc_030_hosts() {
    run(async {
        let fixture = Fixture::with(Limits::default(), None, &["localhost", "example.com:9001"]);
        for (host, status) in [
            ("localhost", 200),
            ("LOCALHOST:9001", 200),
            ("example.com:9001", 200),
            ("example.com", 403),
            ("evil.com", 403),
        ] {
            let request = format!("GET /ok.html HTTP/1.1\r\nHost: {host}\r\n\r\n");
            assert_eq!(fixture.ask(&request).await.status, status, "{host}");
        }
        assert_eq!(
            fixture.ask("GET /ok.html HTTP/1.0\r\n\r\n").await.status,
            200
        );
        let twice = "GET /ok.html HTTP/1.1\r\nHost: localhost\r\nHost: evil.com\r\n\r\n";
        assert_eq!(fixture.ask(twice).await.status, 400);
    });
}

#[test]
fn dec_061_a_host_is_plain() {
    run(async {
        let fixture = Fixture::new(Limits::default());
        for (host, status) in [
            ("example.com:80", 200),
            ("[::1]:9001", 200),
            ("", 200),
            ("evil\"x/y", 400),
            ("a b", 400),
            ("a@b", 400),
        ] {
            let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
            assert_eq!(fixture.ask(&request).await.status, status, "{host}");
        }
        // the reference's client names nothing for following a log, others name the socket
        for host in ["", "/run/supervisor.sock"] {
            let call = post("/RPC2", &call("echo", &["x"]));
            let call = call.replace("Host: x", &format!("Host: {host}"));
            assert_eq!(fixture.ask(&call).await.status, 200, "{host}");
        }
    });
}

#[test]
fn acc_026_another_site_cannot_try_passwords() {
    run(async {
        let fixture = Fixture::locked("pass");
        let body = call("echo", &["x"]);
        for credentials in ["user:pass", "user:wrong", "malformed"] {
            let headers = format!("Origin: http://evil.example\r\n{}\r\n", basic(credentials));
            let request = post("/RPC2", &body).replace("\r\n\r\n", &format!("\r\n{headers}\r\n"));
            assert_eq!(fixture.ask(&request).await.status, 403, "{credentials}");
        }
        assert!(!fixture.logged(Level::Warn, "authentication"));
        // the question is for those who may do it
        let link = "GET /?action=stopall HTTP/1.1\r\nHost: x\r\nAccept-Language: en\r\n";
        assert_eq!(fixture.ask(&format!("{link}\r\n")).await.status, 401);
        let known = format!("{link}{}\r\n\r\n", basic("user:pass"));
        assert_eq!(fixture.ask(&known).await.status, 200);
        // a bad host comes before everything else
        let request = with_header("/", "Origin: null").replace("Host: x", "Host: a b");
        assert_eq!(fixture.ask(&request).await.status, 400);
    });
}

#[test]
fn acc_025_a_refusal_waits_for_no_body_and_leaves_a_line() {
    run(async {
        let fixture = Fixture::new(Limits::default());
        for length in [100, 5_000_000] {
            let head = format!(
                "POST /RPC2?secret HTTP/1.1\r\nHost: x\r\nOrigin: http://evil.example\r\n\
                 Content-Length: {length}\r\n\r\n<"
            );
            let mut client = fixture.client().await;
            client.send(&head).await;
            let answer = client.answer().await;
            assert_eq!(answer.status, 403);
            assert!(
                answer.head.contains("\r\nConnection: close\r\n"),
                "{answer:?}"
            );
            assert!(
                answer.body.contains("<p>Message: Forbidden.\r\n"),
                "{answer:?}"
            );
        }
        let line =
            "refused POST /RPC2 of localhost:0: asked by another site's page (http://evil.example)";
        assert!(fixture.logged(Level::Warn, line));
        let state = fixture.site.0.borrow();
        let lines = state
            .lines
            .iter()
            .filter(|(level, _)| *level == Level::Warn);
        assert_eq!(lines.count(), 1);
    });
}
