//! The web page: what the pages show, and their files.

use super::{
    Answer, Channel, Fault, Fixture, Level, Limits, LocalTime, Outcome, Overview, Selector, run,
};
use crate::api::readiness::{NotReady, Readiness};
use crate::base::fault::code;
use crate::base::process_info::ProcessInfo;
use crate::base::states::ProcessState;
use crate::supervisor::answer::Row;

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
        name: name.to_owned().into(),
        group: group.to_owned().into(),
        start: 0,
        stop: 0,
        now: 0,
        state,
        spawnerr: "".into(),
        exitstatus: 0,
        stdout_logfile: "".into(),
        stderr_logfile: "".into(),
        pid: 0,
        description: "<described>".into(),
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

/// Of the fake site's processes one is not ready, `web:c`.
pub(super) fn readiness(select: Option<&str>) -> Result<Readiness, Fault> {
    let not_ready = match select {
        Some("cat") => Vec::new(),
        None | Some("web:*") => vec![NotReady {
            namespec: "web:c".to_owned(),
            state: "STARTING",
            detail: "waiting".to_owned(),
        }],
        Some(other) => return Err(Fault::BadName(other.to_owned())),
    };
    Ok(Readiness {
        ready: not_ready.is_empty(),
        counted: 1,
        not_ready,
    })
}

/// The fake site knows `cat`, `web:a<b` and the group `web`, and a name in capitals is a process with which all goes
/// wrong.
pub(super) fn knows(name: &str) -> bool {
    ["cat", "web:a<b"].contains(&name) || fails(name)
}

fn fails(name: &str) -> bool {
    name.chars().all(char::is_uppercase)
}

/// What becomes of the group `web`.
fn rows(first: i64) -> Outcome {
    let row = |name: &str, status: i64| Row {
        name: name.to_owned(),
        group: "web".to_owned(),
        status,
        description: String::new(),
    };
    Outcome::Rows(vec![row("a<b", first), row("c", code::SUCCESS)])
}

pub(super) fn start(whom: Selector) -> Result<Outcome, Fault> {
    match whom {
        Selector::Group(name) if name == "web" => Ok(rows(Fault::SpawnError(String::new()).code())),
        Selector::Group(name) => Err(Fault::BadName(name)),
        Selector::Named(name) => match &*name {
            "F" => Err(Fault::NoFile(Some(name))),
            "E" => Err(Fault::NotExecutable(name)),
            "S" => Err(Fault::AlreadyStarted(name)),
            "P" => Err(Fault::SpawnError(name)),
            "T" => Err(Fault::AbnormalTermination(name)),
            "X" => Err(Fault::Failed(None)),
            _ => Ok(Outcome::Done),
        },
        Selector::All => Ok(Outcome::Done),
    }
}

pub(super) fn stop(whom: Selector) -> Result<Outcome, Fault> {
    match whom {
        Selector::Group(name) if name == "web" => Ok(rows(code::SUCCESS)),
        Selector::Group(name) => Err(Fault::BadName(name)),
        Selector::Named(name) if fails(&name) => Err(Fault::NotRunning(name)),
        Selector::Named(_) | Selector::All => Ok(Outcome::Done),
    }
}

pub(super) fn clear_logs(name: &str) -> Result<(), Fault> {
    if fails(name) {
        return Err(Fault::Failed(Some(name.to_owned())));
    }
    Ok(())
}

pub(super) fn end_of_log(name: &str, channel: Channel) -> Result<Vec<u8>, Fault> {
    match (name, channel) {
        ("cat", Channel::Stdout) => Ok(b"one <b>\n\x1b[0m".to_vec()),
        ("cat", Channel::Stderr) => Ok(b"errors".to_vec()),
        ("off", Channel::Stdout) => Err(Fault::NoFile(None)),
        _ => Err(Fault::BadName(name.to_owned())),
    }
}

pub(super) fn header(answer: &Answer, name: &str) -> Option<String> {
    let mut lines = answer.head.split("\r\n");
    let line = lines.find_map(|line| line.strip_prefix(&format!("{name}: ")));
    line.map(str::to_owned)
}

/// A request with more header lines.
pub(super) fn with(request: &str, headers: &str) -> String {
    request.replacen("Host: x\r\n", &format!("Host: x:1\r\n{headers}"), 1)
}

pub(super) fn get(target: &str) -> String {
    with(&super::get(target), "")
}

/// The token that the page carries.
pub(super) async fn token(fixture: &Fixture) -> String {
    let page = fixture.ask(&get("/")).await.body;
    let (_, rest) = page.split_once("name=\"token\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

impl Fixture {
    /// What the page had done since the last look.
    pub(super) fn performed(&self) -> Vec<String> {
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
            ];
            for (name, value) in table {
                assert_eq!(header(&answer, name).as_deref(), Some(value), "{path}");
            }
        }
        let answer = fixture.ask(&get("/")).await;
        let kind = header(&answer, "Content-Type");
        assert_eq!(kind.as_deref(), Some("text/html;charset=utf-8"));
    });
}

#[test]
fn acc_027_what_keeps_other_sites_out() {
    run(async {
        let fixture = Fixture::locked("pass");
        let login = "Authorization: Basic dXNlcjpwYXNz\r\n";
        let everywhere = [
            ("X-Content-Type-Options", "nosniff"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
        ];
        let of_pages = [
            ("X-Frame-Options", "DENY"),
            ("Referrer-Policy", "no-referrer"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
        ];
        let table = [
            // request, status, a page
            (get("/"), 200, true),
            (get("/tail.html"), 200, true),
            (get("/?action=refresh"), 301, true),
            (get("/nothing"), 404, true),
            (get("/images"), 301, true),
            (get("/RPC2"), 400, true),
            (get("/ok.html"), 200, false),
            (get("/stylesheets/supervisor.css"), 200, false),
            (
                super::post("/RPC2", &super::call("echo", &["x"])),
                200,
                false,
            ),
        ];
        for (request, status, is_page) in table {
            let request = with(&request.replace("x:1", "x"), login);
            let answer = fixture.ask(&request).await;
            assert_eq!(answer.status, status, "{request}");
            for (name, value) in everywhere {
                assert_eq!(header(&answer, name).as_deref(), Some(value), "{request}");
            }
            for (name, value) in of_pages {
                let value = is_page.then_some(value);
                assert_eq!(header(&answer, name).as_deref(), value, "{request}");
            }
            let policy = header(&answer, "Content-Security-Policy").unwrap_or_default();
            assert_eq!(
                policy.starts_with("default-src 'none'; "),
                is_page,
                "{policy}"
            );
            assert_eq!(
                policy.contains("frame-ancestors 'none'"),
                is_page,
                "{policy}"
            );
            assert_eq!(policy.contains("form-action 'self'"), is_page, "{policy}");
            assert!(!policy.contains("unsafe"), "{policy}");
            assert!(
                !answer.head.to_lowercase().contains("set-cookie"),
                "{request}"
            );
        }
        let stranger = fixture.ask(&get("/")).await;
        assert_eq!(stranger.status, 401);
        assert_eq!(
            header(&stranger, "X-Frame-Options").as_deref(),
            Some("DENY")
        );
    });
}

#[test]
fn http_120_the_status_page() {
    run(async {
        let fixture = Fixture::new(Limits::default());
        let answer = fixture.ask(&get("/?message=a%20%3Cb%3E%26amp;")).await;
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
        assert_eq!(performed, ["read (\"cat\", \"stdout\", 1024)"]);
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
                "processname=%3Cx%3E",
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
            ("/stylesheets/status.css", "text/css"),
            ("/stylesheets/log.css", "text/css"),
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
