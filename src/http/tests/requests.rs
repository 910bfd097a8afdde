//! Requests and answers: routes, methods, framing, keep-alive, and what is no request at all.

use super::{Fixture, Level, Limits, call, get, post, run};

const ERROR_400: &str = "<head>\r\n<title>Error response</title>\r\n</head>\r\n<body>\r\n\
    <h1>Error response</h1>\r\n<p>Error code 400.\r\n<p>Message: Bad Request.\r\n</body>\r\n";

/// The head without the date.
fn undated(answer: &str) -> String {
    let lines = answer
        .split("\r\n")
        .filter(|line| !line.starts_with("Date: "));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn http_040_answers_have_the_reference_shape() {
    run(async {
        let fixture = Fixture::new(Limits::default());
        let guards = "X-Content-Type-Options: nosniff\nCross-Origin-Resource-Policy: same-origin\n";
        let ok =
            format!("Server: supervisor\nContent-Type: text/plain\nContent-Length: 2\n{guards}");
        let of_pages = "Content-Security-Policy: default-src 'none'; style-src 'self'; script-src 'self'; \
            img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'\n\
            X-Frame-Options: DENY\nReferrer-Policy: no-referrer\nCross-Origin-Opener-Policy: same-origin\n";
        let cases = [
            (
                "GET /ok.html HTTP/1.0\r\n\r\n",
                format!("HTTP/1.0 200 OK\n{ok}\nOK"),
            ),
            (
                "GET /ok.html HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /ok.html HTTP/1.0\r\n\r\n",
                format!(
                    "HTTP/1.0 200 OK\n{ok}Connection: Keep-Alive\n\nOKHTTP/1.0 200 OK\n{ok}\nOK"
                ),
            ),
            (
                "GET /ok.html HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                format!("HTTP/1.1 200 OK\n{ok}Connection: close\n\nOK"),
            ),
            (
                "DELETE /ok.html HTTP/1.0\r\n\r\n",
                format!(
                    "HTTP/1.0 400 Bad Request\nServer: supervisor\nContent-Length: 136\nContent-Type: text/html\n{guards}{of_pages}\n{}",
                    undated(ERROR_400)
                ),
            ),
        ];
        for (request, answer) in cases {
            assert_eq!(
                undated(&fixture.ask_to_end(request).await),
                answer,
                "{request}"
            );
        }
    });
}

#[test]
fn http_031_methods() {
    run(async {
        let fixture = Fixture::new(Limits::default());
        let table = [
            ("GET", "/RPC2", 400),
            ("PUT", "/RPC2", 400),
            ("POST", "/mainlogtail", 400),
            ("POST", "/logtail/cat", 400),
            ("POST", "/logtail", 400),
            ("POST", "/nothing", 400),
            ("GET", "/nothing", 404),
            ("GET", "/RPC3", 404),
            ("GET", "/logtail", 404),
            ("GET", "/logtail/dog", 404),
            ("GET", "/logtail/cat/stderr", 404),
            ("GET", "/mainlogtail", 404),
            ("GET", "*", 400),
            ("GET", "http://x/ok.html", 404),
            ("POST", "http://x/RPC2", 400),
            ("OPTIONS", "/ok.html", 400),
            ("FOO", "/ok.html", 400),
            ("get", "/ok.html", 400),
            ("CONNECT", "x:80", 400),
            ("GET", "/%6fk.html", 200),
            ("GET", "//ok.html?a=b", 200),
            ("GET", "/ok.html;a=b", 200),
        ];
        for (method, path, status) in table {
            let request =
                format!("{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
            assert_eq!(
                fixture.ask(&request).await.status,
                status,
                "{method} {path}"
            );
        }
        assert_eq!(fixture.ask(&post("/ok.html", "a=b")).await.body, "OK");
    });
}

#[test]
fn http_f09_heads() {
    run(async {
        let fixture = Fixture::new(Limits::default());
        std::fs::write(fixture.folder.file("cat.log"), "a line\n").unwrap();
        let table = [
            ("/", 200),
            ("/index.html?action=stop&processname=cat", 200),
            ("/tail.html?processname=cat", 200),
            ("/stylesheets/supervisor.css", 200),
            ("/images", 301),
            ("/ok.html", 404),
            ("/nothing", 404),
            ("/RPC2", 400),
            ("/logtail/cat", 400),
            ("/mainlogtail", 400),
            ("*", 400),
        ];
        for (path, status) in table {
            let request = format!("HEAD {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            let answer = fixture.ask_to_end(&request).await;
            // a length and no body
            let start = format!("HTTP/1.1 {status} ");
            assert!(answer.starts_with(&start), "{path}: {answer}");
            assert!(answer.contains("\r\nContent-Length: "), "{path}: {answer}");
            assert!(answer.ends_with("\r\n\r\n"), "{path}: {answer}");
        }
        assert_eq!(fixture.performed(), ["read (\"cat\", \"stdout\", 1024)"]);
    });
}

#[test]
fn rpc_001_calls_are_answered() {
    run(async {
        let fixture = Fixture::new(Limits::default());
        for path in ["/RPC2", "/RPC2/", "/RPC2x/y?z", "/%52PC2"] {
            let answer = fixture.ask(&post(path, &call("echo", &["a<b>ü"]))).await;
            assert_eq!(answer.status, 200);
            assert!(
                answer.body.contains("<string>a&lt;b&gt;ü</string>"),
                "{}",
                answer.body
            );
            assert!(
                answer
                    .head
                    .contains("\r\nContent-Type: text/xml\r\nContent-Length: "),
                "{}",
                answer.head
            );
        }
        let fault = fixture.ask(&post("/RPC2", &call("nothing", &[]))).await;
        assert_eq!(fault.status, 200);
        assert!(fault.body.contains("<int>1</int>") && fault.body.contains("UNKNOWN_METHOD"));
        assert!(fixture.logged(
            Level::Trace,
            "localhost:0 - - [22/Nov/2026:11:48:15 +0000] \"POST /RPC2 HTTP/1.1\" 200 "
        ));
        // a large body comes in many pieces
        let many = fixture
            .ask(&post("/RPC2", &call("count", &vec!["x"; 20_000])))
            .await;
        assert!(many.body.contains("<int>20000</int>"), "{}", many.body);
    });
}

#[test]
fn rpc_007_what_is_no_call() {
    run(async {
        let fixture = Fixture::new(Limits::default());
        for body in [
            "",
            "hello",
            "<a/>",
            "<a><methodName/></a>",
            "<methodName>x</methodName><b/>",
        ] {
            let answer = fixture.ask(&post("/RPC2", body)).await;
            assert_eq!(
                (answer.status, answer.body.as_str()),
                (400, ERROR_400),
                "{body}"
            );
        }
        assert!(fixture.logged(
            Level::Error,
            "XML-RPC request data 'hello' is invalid: unmarshallable"
        ));
        assert!(fixture.logged(
            Level::Error,
            "XML-RPC request data '<a/>' is invalid: no method name"
        ));
        let without = "POST /RPC2 HTTP/1.1\r\nHost: x\r\n\r\n";
        assert_eq!(fixture.ask(without).await.status, 411);
        let without = "POST /ok.html HTTP/1.0\r\n\r\n";
        assert_eq!(fixture.ask(without).await.status, 411);
    });
}

#[test]
fn http_034_pipelined_requests_are_answered_in_order() {
    run(async {
        let fixture = Fixture::new(Limits::default());
        let mut client = fixture.client().await;
        let calls: String = (0..50)
            .map(|number| post("/RPC2", &call("echo", &[&format!("<{number}>")])))
            .collect();
        client.send(&calls).await;
        for number in 0..50 {
            let answer = client.answer().await;
            assert!(
                answer
                    .body
                    .contains(&format!("<string>&lt;{number}&gt;</string>")),
                "{number}: {}",
                answer.body
            );
            assert!(!answer.head.contains("Connection"), "{}", answer.head);
        }
        client.send("\r\n").await;
        client.send(&get("/ok.html")).await;
        assert_eq!(client.answer().await.body, "OK");
    });
}

#[test]
fn http_033_a_refused_body_is_no_request() {
    run(async {
        let fixture = Fixture::new(Limits::default());
        let hidden = "GET /ok.html HTTP/1.1\r\nHost: x\r\n\r\n";
        for path in ["/nothing", "/logtail/cat", "/RPC2"] {
            let mut client = fixture.client().await;
            client.send(&post(path, hidden)).await;
            assert_eq!(client.answer().await.status, 400, "{path}");
            client.send(&get("/nothing")).await;
            assert_eq!(client.answer().await.status, 404, "{path}");
        }
    });
}

#[test]
fn http_f06_smuggling_gets_nowhere() {
    run(async {
        let fixture = Fixture::new(Limits::default());
        let hidden = "GET /ok.html HTTP/1.1\r\nHost: x\r\n\r\n";
        let table = [
            ("411 ", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            (
                "411 ",
                "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            ),
            (
                "411 ",
                "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
            ),
            ("400 ", "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
            ("400 ", "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
            ("400 ", "Content-Length: x\r\n\r\nab"),
            ("400 ", "Content-Length: +2\r\n\r\nab"),
            ("400 ", "Content-Length: -2\r\n\r\nab"),
            ("400 ", "Content-Length: 99999999999999999999999\r\n\r\nab"),
            ("400 ", "Content-Length : 2\r\n\r\nab"),
            ("400 ", "X: y\r\n Content-Length: 2\r\n\r\nab"),
            ("400 ", "X\0Y: y\r\n\r\n"),
        ];
        for (status, rest) in table {
            let answer = fixture
                .ask_to_end(&format!("POST /RPC2 HTTP/1.1\r\nHost: x\r\n{rest}{hidden}"))
                .await;
            assert!(
                answer.starts_with(&format!("HTTP/1.1 {status}")),
                "{rest}: {answer}"
            );
            assert_eq!(answer.matches("HTTP/1.").count(), 1, "{rest}: {answer}");
        }
    });
}

#[test]
fn http_021_what_is_no_request() {
    run(async {
        let fixture = Fixture::new(Limits::default());
        let table = [
            "nonsense\r\n\r\n",
            "FOO\r\n\r\n",
            "GET /ok.html\r\n\r\n",
            "GET  /ok.html HTTP/1.1\r\n\r\n",
            "GET /ok.html HTTP/2.0\r\n\r\n",
            "GET /ok.html HTTP/1.1 x\r\n\r\n",
            "GET /ok.html HTTP/1.1\r\nnonsense\r\n\r\n",
            "GET /ok\u{1}.html HTTP/1.1\r\n\r\n",
            "\0\0\0\0\r\n\r\n",
        ];
        for request in table {
            let answer = fixture.ask_to_end(request).await;
            assert!(
                answer.starts_with("HTTP/1.1 400 Bad Request\r\n"),
                "{request:?}: {answer}"
            );
        }
    });
}

#[test]
fn http_049_error_in_a_target_is_an_error() {
    run(async {
        let fixture = Fixture::new(Limits::default());
        fixture.ask(&get("/Error")).await;
        assert!(fixture.logged(Level::Error, "\"GET /Error HTTP/1.1\" 404 "));
    });
}

#[test]
fn http_028_targets_without_a_slash() {
    run(async {
        let fixture = Fixture::new(Limits::default());
        let table = [
            ("GET", "ok.html", 200),
            ("POST", "ok.html", 200),
            ("GET", "%6fk.html", 200),
            ("GET", "ok.html;a=b", 200),
            ("GET", "index.html", 200),
            ("GET", "index.html?message=x", 200),
            ("POST", "index.html", 200),
            ("GET", "?message=x", 200),
            ("GET", "#x", 200),
            ("GET", "tail.html?processname=cat", 200),
            ("GET", "stylesheets/status.css", 200),
            ("HEAD", "stylesheets/status.css", 200),
            ("GET", "images", 301),
            // these need just one
            ("GET", "mainlogtail", 404),
            ("GET", "logtail/cat", 404),
            ("POST", "RPC2", 400),
            ("GET", "http://x/ok.html", 404),
            ("GET", "localhost:9001", 404),
        ];
        for (method, target, status) in table {
            for version in ["1.1", "1.0"] {
                let rest = "Host: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
                let slash = if target.starts_with("http") || status == 404 || status == 400 {
                    None
                } else {
                    Some(format!("{method} /{target} HTTP/{version}\r\n{rest}"))
                };
                let request = format!("{method} {target} HTTP/{version}\r\n{rest}");
                let answer = fixture.ask_to_end(&request).await;
                let wanted = format!("HTTP/{version} {status} ");
                assert!(answer.starts_with(&wanted), "{request}: {answer}");
                if let Some(request) = slash {
                    let other = fixture.ask_to_end(&request).await;
                    assert!(other.starts_with(&wanted), "{request}: {other}");
                }
            }
        }
        // one behind the other, and with a body between them
        let mut client = fixture.client().await;
        let post = post("/RPC2", &call("echo", &["GET x y"]));
        let ok = "GET ok.html HTTP/1.1\r\nHost: x\r\n\r\n";
        client
            .send(&format!("{}{post}{}", ok.repeat(400), ok.repeat(400)))
            .await;
        for number in 0..801 {
            let answer = client.answer().await;
            assert_eq!(answer.status, 200, "{number}");
            let wanted = if number == 400 { "GET x y" } else { "OK" };
            assert!(answer.body.contains(wanted), "{number}: {}", answer.body);
        }
    });
}

#[test]
fn dec_063_what_decides_is_text() {
    run(async {
        for fixture in [Fixture::new(Limits::default()), Fixture::locked("pass")] {
            for name in [
                "Host",
                "Content-Length",
                "Transfer-Encoding",
                "Authorization",
                "Connection",
                "Expect",
            ] {
                for value in ["\u{fc}", "Basic \u{fc}", "close, \u{fc}", "\u{fc}:80"] {
                    let mut client = fixture.client().await;
                    let head = format!("POST /ok.html HTTP/1.1\r\n{name}: {value}\r\n\r\n");
                    client.send(&head).await;
                    let answer = client.rest().await;
                    assert!(
                        answer.starts_with("HTTP/1.1 400 "),
                        "{name}: {value}: {answer}"
                    );
                }
            }
        }
        // what decides nothing may be anything
        let fixture = Fixture::new(Limits::default());
        let request = "GET /ok.html HTTP/1.1\r\nHost: x\r\nX-Other: \u{fc}\r\n\r\n";
        assert_eq!(fixture.ask(request).await.status, 200);
    });
}
