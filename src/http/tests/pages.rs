//! The web page: pages, actions, who may ask for them, and the files.

use super::{Answer, Fault, Fixture, Level, Limits, LocalTime, Overview, Reply, post, run};
use crate::base::fault::SUCCESS;
use crate::base::states::ProcessState;
use crate::supervisor::info::ProcessInfo;

/// The time of day on the fake site.
pub(super) const TIME: LocalTime = LocalTime {
    year: 2026,
    month: 11,
    day: 2,
    hour: 11,
    minute: 31,
    second: 9,
    weekday: 1,
};

/// What the fake site has.
pub(super) fn overview() -> Overview {
    let process = |group: &str, name: &str, state| ProcessInfo {
        name: name.to_owned(),
        group: group.to_owned(),
        start: 0,
        stop: 0,
        now: 0,
        state,
        spawnerr: String::new(),
        exitstatus: 0,
        stdout_logfile: String::new(),
        stderr_logfile: String::new(),
        pid: 0,
        description: "<described>".to_owned(),
    };
    Overview {
        identifier: "here & now".to_owned(),
        processes: vec![
            process("cat", "cat", ProcessState::Running),
            process("web", "a<b", ProcessState::Fatal),
            process("web", "c", ProcessState::Starting),
        ],
    }
}

/// What becomes of a method on the fake site: it knows `cat`, `web:a<b` and the group `web`, and a name in
/// capitals is a process with which all goes wrong.
pub(super) fn perform(method: &str, name: String) -> Result<Reply, Fault> {
    let failing = name.chars().all(char::is_uppercase);
    let row = |name: &'static str, status: i32| {
        Reply::Struct(vec![("name", name.into()), ("status", status.into())])
    };
    match method {
        "supervisor.getProcessInfo" if ["cat", "web:a<b"].contains(&&*name) || failing => {
            Ok(Reply::Struct(vec![]))
        }
        "supervisor.startProcessGroup" if name == "web" => Ok(Reply::Array(vec![
            row("a<b", Fault::SpawnError(String::new()).code()),
            row("c", SUCCESS),
        ])),
        "supervisor.stopProcessGroup" if name == "web" => {
            Ok(Reply::Array(vec![row("a<b", SUCCESS), row("c", SUCCESS)]))
        }
        "supervisor.getProcessInfo"
        | "supervisor.startProcessGroup"
        | "supervisor.stopProcessGroup" => Err(Fault::BadName(name)),
        "supervisor.startProcess" => match &*name {
            "F" => Err(Fault::NoFile(Some(name))),
            "E" => Err(Fault::NotExecutable(name)),
            "S" => Err(Fault::AlreadyStarted(name)),
            "P" => Err(Fault::SpawnError(name)),
            "T" => Err(Fault::AbnormalTermination(name)),
            "X" => Err(Fault::Failed(None)),
            _ => Ok(true.into()),
        },
        "supervisor.stopProcess" if failing => Err(Fault::NotRunning(name)),
        "supervisor.clearProcessLogs" if failing => Err(Fault::Failed(Some(name))),
        "supervisor.readProcessStdoutLog" => match &*name {
            "cat" => Ok("one <b>\n\u{1b}[0m".into()),
            "off" => Err(Fault::NoFile(None)),
            _ => Err(Fault::BadName(name)),
        },
        "supervisor.readProcessStderrLog" if name == "cat" => Ok("errors".into()),
        _ => Ok(true.into()),
    }
}

fn header(answer: &Answer, name: &str) -> Option<String> {
    let mut lines = answer.head.split("\r\n");
    let line = lines.find_map(|line| line.strip_prefix(&format!("{name}: ")));
    line.map(str::to_owned)
}

/// The address of a redirect, without what it begins with.
fn message(answer: &Answer) -> Option<String> {
    let location = header(answer, "Location")?;
    location
        .strip_prefix("http://x:1/?message=")
        .map(str::to_owned)
}

/// A request with more header lines.
fn with(request: &str, headers: &str) -> String {
    request.replacen("Host: x\r\n", &format!("Host: x:1\r\n{headers}"), 1)
}

fn get(target: &str) -> String {
    with(&super::get(target), "")
}

/// The token that the page carries.
async fn token(fixture: &Fixture) -> String {
    let page = fixture.ask(&get("/")).await.body;
    let (_, rest) = page.split_once("name=\"token\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

impl Fixture {
    /// What the page had done since the last look.
    fn performed(&self) -> Vec<String> {
        std::mem::take(&mut self.site.0.borrow_mut().performed)
    }
}

#[test]
fn http_110_pages_are_not_kept_and_not_framed() {
    run(async {
        let fixture = Fixture::new(Limits::default());
        for path in [
            "/",
            "/index.html",
            "/tail.html",
            "/index.html?action=refresh",
            "//",
        ] {
            let answer = fixture.ask(&get(path)).await;
            let table = [
                ("Pragma", "no-cache"),
                ("Cache-Control", "no-cache"),
                ("Expires", "Thu, 01 Jan 1970 00:00:00 GMT"),
                ("X-Content-Type-Options", "nosniff"),
                ("Referrer-Policy", "no-referrer"),
            ];
            for (name, value) in table {
                assert_eq!(header(&answer, name).as_deref(), Some(value), "{path}");
            }
            let policy = header(&answer, "Content-Security-Policy").unwrap();
            assert!(policy.starts_with("default-src 'none'; "), "{policy}");
            assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
            assert!(!policy.contains("unsafe"), "{policy}");
        }
        let answer = fixture.ask(&get("/")).await;
        let kind = header(&answer, "Content-Type");
        assert_eq!(kind.as_deref(), Some("text/html;charset=utf-8"));
    });
}

#[test]
fn http_120_the_status_page() {
    run(async {
        let fixture = Fixture::new(Limits::default());
        let answer = fixture.ask(&get("/?message=a%20<b>%26amp;")).await;
        let token = token(&fixture).await;
        for part in [
            "<title>Supervisor Status</title>",
            "<div class=\"status_msg\">a &lt;b&gt;&amp;amp;</div>",
            "<span class=\"identifier\">here &amp; now</span>",
            "<tr data-name=\"cat\" data-state=\"running\"><td class=\"status\"><span class=\"statusrunning\">running</span></td>\
             <td class=\"desc\"><span>&lt;described&gt;</span></td>\
             <td class=\"name\"><a href=\"tail.html?processname=cat\" target=\"_blank\">cat</a></td>",
            "<span class=\"statuserror\">fatal</span>",
            "<span class=\"statusnominal\">starting</span>",
            "<a href=\"tail.html?processname=web%3Aa%3Cb\" target=\"_blank\">web:a&lt;b</a>",
            "<a href=\"logtail/web%3Aa%3Cb/stderr\" target=\"_blank\">Tail -f Stderr</a>",
            "<input type=\"hidden\" name=\"processname\" value=\"web:a&lt;b\">",
            "<input type=\"hidden\" name=\"processname\" value=\"web:*\">",
            "<span class=\"tally\">0 of 2 running</span>",
            "<button name=\"action\" value=\"refresh\">",
            &token,
        ] {
            assert!(answer.body.contains(part), "{part} in {}", answer.body);
        }
        for part in ["<script>", "style=", "onclick", "src=\"http", "No programs"] {
            assert!(!answer.body.contains(part), "{part} in {}", answer.body);
        }
        let buttons = |value| answer.body.matches(&format!("value=\"{value}\"")).count();
        let counts = [
            "start",
            "stop",
            "restart",
            "clearlog",
            "stopall",
            "restartall",
        ]
        .map(buttons);
        assert_eq!(counts, [1, 1, 1, 3, 1, 1]);
    });
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
            ("action=stopall", &["supervisor.stopAllProcesses "]),
            (
                "action=restartall",
                &[
                    "supervisor.stopAllProcesses ",
                    "supervisor.startAllProcesses ",
                ],
            ),
            (
                "action=restart&processname=cat",
                &[
                    "supervisor.getProcessInfo cat",
                    "supervisor.stopProcess cat",
                    "supervisor.startProcess cat",
                ],
            ),
            (
                "action=restartgroup&processname=web:*",
                &[
                    "supervisor.stopProcessGroup web",
                    "supervisor.startProcessGroup web",
                ],
            ),
        ];
        for (form, methods) in table {
            fixture.ask(&get(&format!("/?{form}"))).await;
            assert_eq!(fixture.performed(), methods, "{form}");
        }
    });
}

#[test]
fn dec_060_other_sites_get_a_question() {
    run(async {
        let fixture = Fixture::new(Limits::default());
        let token = token(&fixture).await;
        let form = "action=stop&processname=cat";
        let signed = format!("{form}&token={token}");
        let forged = format!("{form}&token={}", token.replace(|_| true, "0"));
        let link = format!("/?{form}");
        let signed_link = format!("/?{signed}");
        let table = [
            // request, header, done
            (get(&link), "", true),
            (get(&link), "Sec-Fetch-Site: none\r\n", true),
            (get(&link), "Sec-Fetch-Site: same-origin\r\n", true),
            (get(&link), "Sec-Fetch-Site: same-site\r\n", false),
            (get(&link), "Sec-Fetch-Site: cross-site\r\n", false),
            (get(&link), "Origin: http://x:1\r\n", true),
            (get(&link), "Origin: http://evil\r\n", false),
            (get(&link), "Referer: http://evil/\r\n", false),
            // a token in a link would be a token in histories and logs
            (get(&signed_link), "Sec-Fetch-Site: cross-site\r\n", false),
            (post("/", form), "", true),
            (post("/", form), "Origin: null\r\n", false),
            (post("/", form), "Sec-Fetch-Site: cross-site\r\n", false),
            (post("/", &signed), "", true),
            (post("/", &signed), "Origin: null\r\n", true),
            (post("/", &signed), "Sec-Fetch-Site: cross-site\r\n", true),
            (post("/", &forged), "", true),
            (post("/", &forged), "Origin: null\r\n", false),
            (post("/", &forged), "Sec-Fetch-Site: cross-site\r\n", false),
        ];
        fixture.performed();
        for (request, headers, done) in table {
            let request = request.replacen("Host: x:1\r\n", "Host: x\r\n", 1);
            let answer = fixture.ask(&with(&request, headers)).await;
            let expected = if done { 301 } else { 200 };
            assert_eq!(answer.status, expected, "{headers}{request}");
            assert_eq!(!fixture.performed().is_empty(), done, "{headers}{request}");
            let asks = answer.body.contains("<h1>Stop cat?</h1>") && answer.body.contains(&token);
            assert_eq!(asks, !done, "{}", answer.body);
        }
        let refresh = with(
            &super::get("/?action=refresh"),
            "Sec-Fetch-Site: cross-site\r\n",
        );
        assert_eq!(fixture.ask(&refresh).await.status, 301);
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
        ];
        for (host, base) in table {
            let request = format!("GET /?action=stopall HTTP/1.1\r\n{host}\r\n");
            let answer = fixture.ask(&request).await;
            let expected = base.map(|_| 301).unwrap_or(400);
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

#[test]
fn http_114_a_supervisor_that_goes_down_does_nothing() {
    run(async {
        let fixture = Fixture::new(Limits::default());
        fixture.site.0.borrow_mut().down = true;
        for (path, status) in [
            ("/", 500),
            ("/?action=refresh", 500),
            ("/?action=stop&processname=cat", 500),
            ("/tail.html?processname=cat", 200),
            ("/ok.html", 200),
            ("/stylesheets/supervisor.css", 200),
        ] {
            assert_eq!(fixture.ask(&get(path)).await.status, status, "{path}");
        }
        let performed = fixture.performed();
        assert_eq!(performed, ["supervisor.readProcessStdoutLog cat"]);
    });
}

#[test]
fn http_160_the_end_of_a_log() {
    run(async {
        let fixture = Fixture::new(Limits::default());
        let table = [
            ("processname=cat", "one &lt;b&gt;\n\u{241b}[0m</pre>"),
            ("processname=cat&channel=stderr", "errors</pre>"),
            (
                "processname=cat&limit=2000",
                "processname=cat&amp;limit=2000\"",
            ),
            ("processname=off", ">No file for off</pre>"),
            (
                "processname=<x>",
                ">ERROR: unexpected rpc fault [10] BAD_NAME: &lt;x&gt;</pre>",
            ),
            ("processname=", ">No process name found</pre>"),
            ("", "<title>Supervisor tail of process None</title>"),
        ];
        for (form, part) in table {
            let answer = fixture.ask(&get(&format!("/tail.html?{form}"))).await;
            assert_eq!(answer.status, 200);
            assert!(answer.body.contains(part), "{part} in {}", answer.body);
        }
    });
}

#[test]
fn http_076_files() {
    run(async {
        let fixture = Fixture::new(Limits::default());
        let table = [
            ("/stylesheets/supervisor.css", "text/css"),
            ("/scripts/status.js", "text/javascript"),
            ("/scripts/log.js", "text/javascript"),
            ("/images/icon.png", "image/png"),
            ("/images/supervisor.gif", "image/gif"),
        ];
        for (path, kind) in table {
            let answer = fixture.ask(&get(path)).await;
            assert_eq!(answer.status, 200, "{path}");
            assert_eq!(header(&answer, "Content-Type").as_deref(), Some(kind));
            assert!(!answer.body.is_empty(), "{path}");
            let date = header(&answer, "Last-Modified").unwrap();
            let length = header(&answer, "Content-Length").unwrap();
            for (condition, status) in [
                (date.clone(), 304),
                (format!("{date}; length={length}"), 304),
                (format!("{date}; length=1"), 200),
                ("Thu, 01 Jan 1970 00:00:00 GMT".to_owned(), 200),
                ("yesterday".to_owned(), 200),
            ] {
                let header = format!("If-Modified-Since: {condition}\r\nConnection: close\r\n");
                let text = fixture.ask_to_end(&with(&super::get(path), &header)).await;
                assert!(text.starts_with(&format!("HTTP/1.1 {status} ")), "{text}");
                assert_eq!(text.ends_with("\r\n\r\n"), status == 304, "{text}");
            }
            let head = get(path).replacen("GET", "HEAD", 1);
            let head = head.replacen("Host", "Connection: close\r\nHost", 1);
            let text = fixture.ask_to_end(&head).await;
            assert!(
                text.starts_with("HTTP/1.1 200 ") && text.ends_with("\r\n\r\n"),
                "{text}"
            );
        }
        for (path, status) in [
            ("/images", 301),
            ("/images/", 404),
            ("/status.html", 404),
            ("/images/../../etc/passwd", 404),
        ] {
            assert_eq!(fixture.ask(&get(path)).await.status, status, "{path}");
        }
    });
}

#[test]
fn dec_060_only_one_secret() {
    run(async {
        let fixture = Fixture::new(Limits::default());
        let (one, two) = (token(&fixture).await, token(&fixture).await);
        assert_eq!(one, two);
        let other = Fixture::new(Limits::default());
        assert_ne!(token(&other).await, one);
        assert!(!fixture.logged(Level::Warn, "random"));
    });
}
