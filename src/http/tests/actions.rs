//! The web page's actions: what they do, what they say, and who may ask for them.

use super::pages::{get, header, token, with};
use super::{Answer, Fixture, Limits, post, run};

/// The address of a redirect, without what it begins with.
fn message(answer: &Answer) -> Option<String> {
    let location = header(answer, "Location")?;
    location
        .strip_prefix("http://x:1/?message=")
        .map(str::to_owned)
}

#[test]
fn http_143_messages() {
    run(async {
        let fixture = Fixture::new(Limits::default());
        let time = "Mon%20Nov%20%202%2011%3A31%3A09%202026";
        let table = [
            ("action=refresh", format!("Page%20refreshed%20at%20{time}")),
            ("action=stopall", format!("All%20stopped%20at%20{time}")),
            (
                "action=restartall",
                format!("All%20restarted%20at%20{time}"),
            ),
            (
                "action=start&processname=cat",
                "Process%20cat%20started".to_owned(),
            ),
            (
                "action=stop&processname=web%3Aa%3Cb",
                "Process%20web%3Aa%3Cb%20stopped".to_owned(),
            ),
            (
                "action=restart&processname=cat",
                "Process%20cat%20restarted".to_owned(),
            ),
            (
                "action=clearlog&processname=cat",
                "Log%20for%20cat%20cleared".to_owned(),
            ),
            (
                "action=start&processname=F",
                "ERROR%3A%20Process%20F%3A%20no%20such%20file".to_owned(),
            ),
            (
                "action=start&processname=E",
                "ERROR%3A%20Process%20E%3A%20file%20not%20executable".to_owned(),
            ),
            (
                "action=start&processname=S",
                "ERROR%3A%20Process%20S%3A%20already%20started".to_owned(),
            ),
            (
                "action=start&processname=P",
                "ERROR%3A%20Process%20P%3A%20spawn%20error".to_owned(),
            ),
            (
                "action=start&processname=T",
                "ERROR%3A%20Process%20T%3A%20abnormal%20termination".to_owned(),
            ),
            (
                "action=start&processname=X",
                "ERROR%3A%20Process%20X%3A%20unexpected%20rpc%20fault%20%5B30%5D%20FAILED"
                    .to_owned(),
            ),
            (
                "action=stop&processname=X",
                "unexpected%20rpc%20fault%20%5B70%5D%20NOT_RUNNING%3A%20X".to_owned(),
            ),
            (
                "action=restart&processname=X",
                "Process%20X%20restarted".to_owned(),
            ),
            (
                "action=clearlog&processname=X",
                "unexpected%20rpc%20fault%20%5B30%5D%20FAILED%3A%20X".to_owned(),
            ),
            (
                "action=start&processname=web:*",
                "No%20such%20process%20named%20web%3A%2A".to_owned(),
            ),
            (
                "action=dance&processname=dog",
                "No%20such%20process%20named%20dog".to_owned(),
            ),
            (
                "action=stopgroup&processname=web:*",
                "Group%20web%20stopped".to_owned(),
            ),
            (
                "action=startgroup&processname=web:*",
                "ERROR%3A%20Group%20web%3A%20not%20started%3A%20a%3Cb".to_owned(),
            ),
            (
                "action=restartgroup&processname=dog:*",
                "No%20such%20group%20named%20dog".to_owned(),
            ),
        ];
        for (form, text) in table {
            let answer = fixture.ask(&get(&format!("/index.html?{form}"))).await;
            assert_eq!(
                (answer.status, message(&answer)),
                (301, Some(text.clone())),
                "{form}"
            );
            let answer = fixture.ask(&with(&post("/", form), "")).await;
            assert_eq!(
                (answer.status, message(&answer)),
                (301, Some(text)),
                "{form}"
            );
        }
    });
}

#[test]
fn http_140_what_is_done() {
    run(async {
        let fixture = Fixture::new(Limits::default());
        let table: [(&str, &[&str]); 7] = [
            ("", &[]),
            ("action=refresh", &[]),
            ("amp;action=stopall", &[]),
            ("action=stopall", &["stop All"]),
            ("action=restartall", &["stop All", "start All"]),
            (
                "action=restart&processname=cat",
                &[
                    "know \"cat\"",
                    "stop Named(\"cat\")",
                    "start Named(\"cat\")",
                ],
            ),
            (
                "action=restartgroup&processname=web:*",
                &["stop Group(\"web\")", "start Group(\"web\")"],
            ),
        ];
        for (form, methods) in table {
            fixture.ask(&get(&format!("/?{form}"))).await;
            assert_eq!(fixture.performed(), methods, "{form}");
        }
    });
}

#[test]
fn acc_017_what_may_not_act_gets_a_question() {
    run(async {
        let fixture = Fixture::new(Limits::default());
        let token = token(&fixture).await;
        let form = "action=stop&processname=cat";
        let signed = format!("{form}&token={token}");
        let forged = format!("{form}&token={}", token.replace(|_| true, "0"));
        let link = format!("/?{form}");
        let signed_link = format!("/?{signed}");
        let header_token = format!("X-Supervisor-Token: {token}\r\nOrigin: null\r\n");
        let browser = "Accept-Language: en\r\n";
        let own = "Accept-Language: en\r\nOrigin: http://x\r\n";
        let same = "Sec-Fetch-Site: same-origin\r\n";
        let typed = "Sec-Fetch-Site: none\r\n";
        let foreign = "Sec-Fetch-Site: cross-site\r\n";
        let table = [
            // request, headers, done
            (get(&link), "", true),
            (get(&link), "Accept: */*\r\nUser-Agent: curl/8\r\n", true),
            (get(&link), "Referer: http://x/\r\n", true),
            (get(&link), browser, false),
            (get(&link), typed, false),
            (get(&link), same, false),
            (get(&link), "Sec-Fetch-Site: same-site\r\n", false),
            (get(&link), foreign, false),
            (get(&link), own, false),
            (get(&link), "Origin: http://evil\r\n", false),
            (get(&link), "Referer: http://evil/\r\n", false),
            (get(&link), &header_token, true),
            // a token in a link would be a token in histories and logs
            (get(&signed_link), foreign, false),
            (get(&signed_link), browser, false),
            (post("/", form), "", true),
            (post("/", form), browser, false),
            (post("/", form), typed, false),
            (post("/", form), same, true),
            (post("/", form), own, true),
            (
                post("/", form),
                "Sec-Fetch-Site: same-origin\r\nOrigin: null\r\n",
                true,
            ),
            (post("/", form), "Origin: null\r\n", false),
            (post("/", form), foreign, false),
            (post("/", form), &header_token, true),
            (post("/", &signed), "", true),
            (post("/", &signed), browser, true),
            (post("/", &signed), "Origin: null\r\n", true),
            (post("/", &signed), foreign, true),
            (post("/", &forged), "", true),
            (post("/", &forged), browser, false),
            (post("/", &forged), "Origin: null\r\n", false),
            (post("/", &forged), foreign, false),
            // the token of the form, the deed of the link
            (post(&link, &format!("token={token}")), foreign, true),
            (post(&signed_link, "x=y"), foreign, true),
        ];
        fixture.performed();
        for (request, headers, done) in table {
            let request = request.replacen("Host: x:1\r\n", "Host: x\r\n", 1);
            let request = request.replacen("Host: x\r\n", &format!("Host: x\r\n{headers}"), 1);
            let answer = fixture.ask(&request).await;
            let expected = if done { 301 } else { 200 };
            assert_eq!(answer.status, expected, "{request}");
            assert_eq!(!fixture.performed().is_empty(), done, "{request}");
            let asks = answer.body.contains("<h1>Stop cat?</h1>") && answer.body.contains(&token);
            assert_eq!(asks, !done, "{}", answer.body);
        }
    });
}

#[test]
fn acc_016_every_action_is_asked_for_its_own_sake() {
    run(async {
        let fixture = Fixture::new(Limits::default());
        let table = [
            ("refresh", "Sec-Fetch-Site: none\r\n", false),
            ("refresh", "Accept-Language: en\r\n", false),
            ("refresh", "Sec-Fetch-Site: cross-site\r\n", true),
            ("stopall", "Accept-Language: en\r\n", true),
            ("restartall", "Accept-Language: en\r\n", true),
            ("start", "Accept-Language: en\r\n", true),
            ("restart", "Accept-Language: en\r\n", true),
            ("clearlog", "Accept-Language: en\r\n", true),
            ("startgroup", "Accept-Language: en\r\n", true),
            ("stopgroup", "Accept-Language: en\r\n", true),
            ("restartgroup", "Accept-Language: en\r\n", true),
            ("dance", "Accept-Language: en\r\n", true),
        ];
        for (action, headers, asks) in table {
            let target = format!("/index.html?action={action}&processname=web:*");
            let answer = fixture.ask(&with(&super::get(&target), headers)).await;
            let title = answer.body.contains("<title>Supervisor asks</title>");
            assert_eq!((answer.status == 200, title), (asks, asks), "{action}");
            assert_eq!(fixture.performed(), [""; 0], "{action}");
            // HEAD shows what the page without an action shows
            let request = with(&super::get(&target), headers).replacen("GET", "HEAD", 1);
            let request = request.replacen("\r\n\r\n", "\r\nConnection: close\r\n\r\n", 1);
            let answer = fixture.ask_to_end(&request).await;
            assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
            assert_eq!(fixture.performed(), [""; 0], "{action}");
        }
    });
}

#[test]
fn dec_061_redirects_lead_to_a_plain_host() {
    run(async {
        let fixture = Fixture::new(Limits::default());
        let table = [
            (
                "Host: example.com:1234\r\n",
                Some("http://example.com:1234/"),
            ),
            ("Host: example.com:80\r\n", Some("http://example.com/")),
            ("Host: [::1]:9001\r\n", Some("http://[::1]:9001/")),
            ("", Some("/")),
            ("Host: \r\n", Some("/")),
            (
                "Host: example.com\r\nX-Forwarded-Proto: https\r\n",
                Some("https://example.com/"),
            ),
            (
                "Host: example.com\r\nX-Forwarded-Proto: javascript\r\n",
                Some("http://example.com/"),
            ),
            ("Host: evil\"x/y\r\n", None),
            ("Host: a@b\r\n", None),
            ("Host: [fe80::1%eth0]\r\n", None),
        ];
        for (host, base) in table {
            let request = format!("GET /?action=stopall HTTP/1.1\r\n{host}\r\n");
            let answer = fixture.ask(&request).await;
            let expected = base.map_or(400, |_| 301);
            assert_eq!(answer.status, expected, "{host}");
            let location = header(&answer, "Location");
            let start = location.as_deref().and_then(|location| {
                let (start, _) = location.split_once("?message=")?;
                Some(start)
            });
            assert_eq!(start, base, "{host}");
        }
    });
}

#[test]
fn dec_063_what_is_no_action_is_a_bad_request() {
    run(async {
        let fixture = Fixture::new(Limits::default());
        let long = "x".repeat(70 * 1024);
        let table = [
            (get("/?action=dance"), 400),
            (get("/?action=startall"), 400),
            (get("/?action=dance&processname=cat"), 400),
            (get("/?action=start"), 400),
            (get("/?action=start&processname="), 400),
            (get("/?processname=cat"), 200),
            (get("/?PATH_INFO=/tail.html&processname=cat"), 200),
            ("POST / HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), 411),
            (post("/", ""), 200),
            (post("/tail.html", "processname=cat"), 200),
            (post("/", &long), 413),
            ("PUT / HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), 400),
        ];
        for (request, status) in table {
            let answer = fixture.ask(&request).await;
            assert_eq!(
                answer.status,
                status,
                "{}",
                &request[..request.len().min(60)]
            );
            assert!(!answer.body.contains("tail of process cat") || request.contains("POST /tail"));
        }
    });
}
