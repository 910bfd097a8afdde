//! The web page without a browser: what scrapers read, what links and forms do, who may press them.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;

use nix::sys::signal::Signal;

use crate::common::daemon::Daemon;
use crate::common::home::Home;
use crate::common::http::{self, Answer};
use crate::common::wait::{wait_for, wait_until};
use crate::common::{ours_only, proc};

const PROGRAMS: &str = "[program:cat]\ncommand=/bin/cat\nstartsecs=0\n\
    [program:off]\ncommand=/bin/cat\nautostart=false\n\
    [program:dead]\ncommand=/no/such/file\nstartretries=0\n\
    [program:one]\ncommand=/bin/cat\nstartsecs=0\n\
    [program:two]\ncommand=/bin/cat\nstartsecs=0\n\
    [group:pair]\nprograms=one,two\n";

/// A page that says that another site's page is at work.
const FOREIGN: &[&str] = &["Sec-Fetch-Site: cross-site"];

fn ask(daemon: &Daemon, method: &str, target: &str, headers: &[&str], form: &str) -> Answer {
    let socket = daemon.path("sock");
    http::unix(&socket, method, target, headers, form.as_bytes()).expect("an answer")
}

fn get(daemon: &Daemon, target: &str) -> Answer {
    ask(daemon, "GET", target, &[], "")
}

fn text(answer: &Answer) -> String {
    String::from_utf8(answer.body.clone()).expect("UTF-8")
}

/// The value of a header.
fn header(answer: &Answer, name: &str) -> Option<String> {
    let mut lines = answer.head.lines();
    let line = lines.find(|line| {
        let start = line.split(':').next().unwrap_or_default();
        start.eq_ignore_ascii_case(name)
    })?;
    Some(line[name.len() + 1..].trim().to_owned())
}

/// The message that an action's answer leads to, decoded as far as these tests need it.
fn message(answer: &Answer) -> String {
    assert_eq!(answer.status, 301, "{answer:?}");
    let location = header(answer, "Location").expect("a location");
    let message = location.strip_prefix("http://localhost/?message=");
    let message = message.unwrap_or_else(|| panic!("{location}"));
    let signs = [
        ("%20", " "),
        ("%3A", ":"),
        ("%5B", "["),
        ("%5D", "]"),
        ("%2A", "*"),
    ];
    signs.iter().fold(message.to_owned(), |text, (code, sign)| {
        text.replace(code, sign)
    })
}

/// The text between tags, with single blanks.
fn plain(html: &str) -> String {
    let mut text = String::new();
    for piece in html.split('<') {
        text += piece.split_once('>').map_or(piece, |(_, rest)| rest);
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The rows of programs as a scraper sees them: state, description, name and the name's link.
fn rows(page: &str) -> Vec<(String, String, String, String)> {
    let mut found = Vec::new();
    for row in page.split("<tr").skip(1) {
        let row = row.split("</tr>").next().expect("a row");
        let cells: Vec<_> = row
            .split("<td")
            .skip(1)
            .map(|cell| format!("<td{cell}"))
            .collect();
        let [state, description, name, ..] = cells.as_slice() else {
            continue;
        };
        let link = name
            .split("href=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next());
        found.push((
            plain(state),
            plain(description),
            plain(name),
            link.unwrap_or_default().to_owned(),
        ));
    }
    found
}

#[test]
fn http_123_one_row_for_each_process() {
    let daemon = Daemon::start(PROGRAMS);
    daemon.wait_state("dead", "FATAL");
    for name in ["cat", "pair:one", "pair:two"] {
        daemon.wait_state(name, "RUNNING");
    }
    for target in ["/", "/index.html", "//index.html?x=y"] {
        let answer = get(&daemon, target);
        assert_eq!(answer.status, 200, "{target}");
        let page = text(&answer);
        assert!(page.contains("<title>Supervisor Status</title>"), "{page}");
        let rows = rows(&page);
        let names: Vec<_> = rows
            .iter()
            .map(|row| (row.0.as_str(), row.2.as_str(), row.3.as_str()))
            .collect();
        assert_eq!(
            names,
            [
                ("running", "cat", "tail.html?processname=cat"),
                ("fatal", "dead", "tail.html?processname=dead"),
                ("stopped", "off", "tail.html?processname=off"),
                ("running", "pair:one", "tail.html?processname=pair%3Aone"),
                ("running", "pair:two", "tail.html?processname=pair%3Atwo"),
            ]
        );
        let pid = daemon.pid_of("cat");
        assert!(
            rows[0].1.starts_with(&format!("pid {pid}, uptime 0:0")),
            "{rows:?}"
        );
        assert_eq!(rows[2].1, "Not started");
    }
}

#[test]
fn http_128_a_page_without_programs() {
    let daemon = Daemon::start("");
    let page = text(&get(&daemon, "/"));
    assert!(page.contains("No programs to manage"), "{page}");
    assert!(rows(&page).is_empty());
}

#[test]
fn http_140_links_and_forms_act_and_lead_back() {
    let daemon = Daemon::start(PROGRAMS);
    let first = daemon.wait_running("cat");
    let act = |form: &str| message(&get(&daemon, &format!("/index.html?{form}")));
    assert_eq!(act("processname=cat&action=stop"), "Process cat stopped");
    assert_eq!(daemon.state("cat"), "STOPPED");
    assert_eq!(
        act("processname=cat&action=stop"),
        "unexpected rpc fault [70] NOT_RUNNING: cat"
    );
    let answer = ask(
        &daemon,
        "POST",
        "/index.html",
        &[],
        "action=start&processname=cat",
    );
    assert_eq!(message(&answer), "Process cat started");
    let second = daemon.wait_replaced("cat", first);
    assert_eq!(
        act("processname=cat&action=start"),
        "ERROR: Process cat: already started"
    );
    assert_eq!(
        act("processname=cat&action=restart"),
        "Process cat restarted"
    );
    daemon.wait_replaced("cat", second);
    assert_eq!(
        act("processname=dead&action=start"),
        "ERROR: Process dead: no such file"
    );
    for name in ["nothing", "cat:nothing", "pair:*", "pair"] {
        assert_eq!(
            act(&format!("processname={name}&action=stop")),
            format!("No such process named {name}")
        );
    }
    assert!(act("action=stopall").starts_with("All stopped at "));
    assert_eq!(daemon.state("pair:one"), "STOPPED");
    assert!(act("action=restartall").starts_with("All restarted at "));
    for name in ["off", "pair:one"] {
        daemon.wait_state(name, "RUNNING");
    }
    assert!(act("action=refresh").starts_with("Page refreshed at "));
}

#[test]
fn http_149_a_log_is_shown_and_cleared() {
    let daemon = Daemon::start(PROGRAMS);
    daemon.wait_running("cat");
    daemon.feed("cat", "one <b>\ntwo & three\n");
    let show = |target: &str| {
        let answer = get(&daemon, target);
        assert_eq!(answer.status, 200, "{target}");
        let page = text(&answer);
        let start = page.find("<pre").expect("a log");
        let rest = page[start..].split_once('>').expect("a tag").1;
        rest.split("</pre>").next().expect("its end").to_owned()
    };
    wait_until("the log", || {
        show("/tail.html?processname=cat").contains("three")
    });
    let shown = show("/tail.html?processname=cat&limit=5");
    assert!(
        shown.contains("one &lt;b") && shown.contains("two &amp; three"),
        "{shown}"
    );
    assert!(
        text(&get(&daemon, "/tail.html?processname=cat"))
            .contains("tail.html?processname=cat&amp;limit=1024")
    );
    let cleared = message(&get(&daemon, "/?processname=cat&action=clearlog"));
    assert_eq!(cleared, "Log for cat cleared");
    assert_eq!(show("/tail.html?processname=cat"), "");
    assert_eq!(show("/tail.html"), "No process name found");
    assert_eq!(
        show("/tail.html?processname=nothing"),
        "ERROR: unexpected rpc fault [10] BAD_NAME: nothing"
    );
}

#[test]
fn http_114_nothing_is_done_on_the_way_down() {
    let daemon = Daemon::start(
        "[program:slow]\ncommand=/bin/sh -c 'trap \"\" TERM; echo up; while :; do sleep 1; done'\n\
         stdout_logfile={dir}/slow.log\nstartsecs=0\nstopwaitsecs=600\n",
    );
    daemon.wait_file("slow.log", "up");
    daemon.signal(Signal::SIGTERM);
    wait_until("the shutdown", || get(&daemon, "/").status == 500);
    assert_eq!(get(&daemon, "/?action=refresh").status, 500);
    assert_eq!(get(&daemon, "/ok.html").status, 200);
    let answer = get(&daemon, "/tail.html?processname=slow");
    assert!(text(&answer).contains("ERROR: unexpected rpc fault [6] SHUTDOWN_STATE"));
}

#[test]
fn rpc_013_the_page_needs_no_rpc_interface() {
    let home = Home::new();
    home.write(
        "supervisord.conf",
        "[unix_http_server]\nfile={dir}/sock\n\
         [supervisord]\nlogfile={dir}/main.log\npidfile={dir}/pid\nchildlogdir={dir}\n\
         [program:cat]\ncommand=/bin/cat\nstartsecs=0\n",
    );
    let daemon = Daemon::of(home, &[]);
    wait_until("the program", || text(&get(&daemon, "/")).contains("pid "));
    let stopped = message(&get(&daemon, "/?action=stop&processname=cat"));
    assert_eq!(stopped, "Process cat stopped");
}

#[test]
fn acc_018_only_the_page_itself_may_act_in_a_browser() {
    ours_only!("ACC-018: another site's page gets a question");
    let daemon = Daemon::start(PROGRAMS);
    daemon.wait_running("cat");
    let form = "action=stop&processname=cat";
    for answer in [
        ask(&daemon, "GET", &format!("/?{form}"), FOREIGN, ""),
        ask(&daemon, "POST", "/", FOREIGN, form),
        ask(&daemon, "POST", "/", &["Origin: http://evil.example"], form),
        ask(&daemon, "POST", "/", &["Origin: null"], form),
    ] {
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(daemon.state("cat"), "RUNNING");
        let policy = header(&answer, "Content-Security-Policy").expect("a policy");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    }
    let question = text(&ask(&daemon, "GET", &format!("/?{form}"), FOREIGN, ""));
    let token = question.split("name=\"token\" value=\"").nth(1);
    let token = token
        .and_then(|rest| rest.split('"').next())
        .expect("a token");
    let confirmed = format!("{form}&token={token}");
    let answer = ask(&daemon, "POST", "/index.html", FOREIGN, &confirmed);
    assert_eq!(message(&answer), "Process cat stopped");
    assert_eq!(daemon.state("cat"), "STOPPED");
    let same = ["Sec-Fetch-Site: same-origin", "Origin: http://localhost"];
    let answer = ask(&daemon, "POST", "/", &same, "action=start&processname=cat");
    assert_eq!(message(&answer), "Process cat started");
}

#[test]
fn dec_062_groups_are_started_and_stopped_as_a_whole() {
    ours_only!("DEC-062: the page may show more");
    let daemon = Daemon::start(PROGRAMS);
    let act = |action: &str| {
        message(&get(
            &daemon,
            &format!("/?action={action}&processname=pair:*"),
        ))
    };
    assert_eq!(act("stopgroup"), "Group pair stopped");
    assert_eq!(
        (daemon.state("pair:one"), daemon.state("pair:two")),
        ("STOPPED".into(), "STOPPED".into())
    );
    assert_eq!(daemon.state("cat"), "RUNNING");
    assert_eq!(act("startgroup"), "Group pair started");
    daemon.wait_state("pair:two", "RUNNING");
    assert_eq!(act("restartgroup"), "Group pair restarted");
}

#[test]
fn http_148_a_restart_reaches_its_start_even_if_nobody_waits() {
    ours_only!("the reference forgets the start when the client leaves");
    let daemon = Daemon::start(
        "[program:slow]\ncommand=/bin/sh -c 'trap \"sleep 0.5; exit\" TERM; while :; do sleep 0.1; done'\n\
         startsecs=0\n",
    );
    let old = daemon.wait_running("slow");
    let mut stream = UnixStream::connect(daemon.path("sock")).expect("the socket");
    stream
        .write_all(b"GET /?action=restart&processname=slow HTTP/1.1\r\nHost: x\r\n\r\n")
        .expect("a request");
    daemon.wait_state("slow", "STOPPING");
    drop(stream);
    daemon.wait_replaced("slow", old);
    assert!(!proc::alive(old));
}

#[test]
fn http_127_the_links_of_a_log_follow_it() {
    let daemon = Daemon::start(PROGRAMS);
    daemon.wait_running("cat");
    let page = text(&get(&daemon, "/"));
    assert!(page.contains("href=\"logtail/cat\"") && page.contains("href=\"logtail/cat/stderr\""));
    let mut stream = UnixStream::connect(daemon.path("sock")).expect("the socket");
    stream
        .write_all(b"GET /logtail/cat HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n\r\n")
        .expect("a request");
    daemon.feed("cat", "a line\n");
    let mut all = Vec::new();
    wait_for("the line", || {
        let mut piece = [0; 4096];
        let length = stream.read(&mut piece).expect("more");
        all.extend_from_slice(&piece[..length]);
        String::from_utf8_lossy(&all)
            .contains("a line\n")
            .then_some(())
    });
}
