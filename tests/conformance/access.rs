//! What another site's page can make a browser send, and under which names: it changes and reads nothing.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use crate::common::daemon::Daemon;
use crate::common::home::Home;
use crate::common::ours_only;
use crate::common::wait::{DEADLINE, wait_until};

const PROGRAMS: &str = "[program:cat]\ncommand=/bin/cat\nstartsecs=0\n";

/// What every request of a browser has, over plain HTTP too.
const BROWSER: &str = "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n\
     Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nAccept-Language: en\r\n";

/// A call that stops the program.
const STOP: &str = "<?xml version='1.0'?><methodCall><methodName>supervisor.stopProcess</methodName>\
     <params><param><value><string>cat</string></value></param></params></methodCall>";

/// A daemon with a TCP port, whose section has these lines too.
struct Site {
    daemon: Daemon,
    port: u16,
}

impl Site {
    fn start(lines: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let home = Home::new();
        home.config(&format!(
            "[inet_http_server]\nport=127.0.0.1:{port}\n{lines}\n{PROGRAMS}"
        ));
        let daemon = Daemon::of(home, &[]);
        daemon.wait_running("cat");
        Self { daemon, port }
    }

    /// Status and whole answer; the lines of the head are the given ones and no others.
    fn ask(&self, request: &str, lines: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("the port");
        stream.set_read_timeout(Some(DEADLINE)).expect("a socket");
        let length = if request.starts_with("POST") {
            format!("Content-Length: {}\r\n", body.len())
        } else {
            String::new()
        };
        let request =
            format!("{request} HTTP/1.1\r\n{lines}{length}Connection: close\r\n\r\n{body}");
        stream.write_all(request.as_bytes()).expect("a request");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an answer");
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.split(' ').nth(1).and_then(|word| word.parse().ok());
        (status.expect("a status"), answer)
    }

    /// The same of the host by its address.
    fn ask_here(&self, request: &str, lines: &str, body: &str) -> (u16, String) {
        let lines = format!("Host: 127.0.0.1:{}\r\n{lines}", self.port);
        self.ask(request, &lines, body)
    }

    /// How often the main log has the words.
    fn told(&self, words: &str) -> usize {
        self.daemon.log().matches(words).count()
    }
}

#[test]
fn acc_013_another_site_cannot_call() {
    ours_only!("ACC-001: another site's page is refused");
    let site = Site::start("");
    let pid = site.daemon.pid_of("cat");
    let own = format!("Origin: http://127.0.0.1:{}\r\n", site.port);
    let refused = [
        "Origin: http://evil.example\r\nContent-Type: text/plain\r\n".to_owned(),
        "Origin: http://evil.example\r\nContent-Type: text/xml\r\n".to_owned(),
        "Origin: null\r\nContent-Type: text/plain\r\n".to_owned(),
        "Sec-Fetch-Site: cross-site\r\nContent-Type: text/xml\r\n".to_owned(),
        "Sec-Fetch-Site: same-site\r\n".to_owned(),
        "Referer: http://evil.example/\r\n".to_owned(),
        format!("Sec-Fetch-Site: cross-site\r\n{own}"),
        format!("{own}{own}"),
        // a form that keeps quiet, from a page on plain HTTP
        format!("{BROWSER}Content-Type: text/plain;charset=UTF-8\r\n"),
        format!("{BROWSER}Content-Type: application/x-www-form-urlencoded\r\n"),
        format!("{BROWSER}Content-Type: multipart/form-data; boundary=x\r\n"),
        BROWSER.to_owned(),
    ];
    for lines in refused {
        for path in ["/RPC2", "/%52PC2", "/RPC2/x", "/RPC2;x"] {
            let (status, answer) = site.ask_here(&format!("POST {path}"), &lines, STOP);
            assert_eq!(status, 403, "{path} {lines}: {answer}");
        }
    }
    assert_eq!(site.daemon.pid_of("cat"), pid);
    wait_until("a line", || {
        site.told("WARN refused POST /RPC2 of 127.0.0.1:") > 0
    });
    assert!(site.told("asked by another site's page (http://evil.example)") > 0);
    // programs, and pages of our own, go on
    let served = [
        String::new(),
        "User-Agent: curl/8.5.0\r\nContent-Type: application/x-www-form-urlencoded\r\n".to_owned(),
        "User-Agent: node\r\nAccept-Language: *\r\nContent-Type: text/xml\r\n".to_owned(),
        format!("{BROWSER}{own}Content-Type: text/plain\r\n"),
        format!("{BROWSER}Sec-Fetch-Site: same-origin\r\n"),
    ];
    let call = STOP.replace("stopProcess", "getProcessInfo");
    for lines in served {
        let (status, answer) = site.ask_here("POST /RPC2", &lines, &call);
        assert!(
            status == 200 && answer.contains("RUNNING"),
            "{lines}: {answer}"
        );
    }
}

#[test]
fn acc_017_a_browser_is_asked_whatever_it_says_of_its_page() {
    ours_only!("ACC-017: a browser's links get a question");
    let site = Site::start("allowed_hosts=*");
    let pid = site.daemon.pid_of("cat");
    let images = "User-Agent: Mozilla/5.0\r\nAccept: image/avif,image/webp,*/*;q=0.8\r\n";
    let prefetch = format!("{BROWSER}Sec-Purpose: prefetch;prerender\r\n");
    let ours = format!("{BROWSER}Referer: http://supervisor.test:9001/\r\n");
    let typed = format!("{BROWSER}Sec-Fetch-Site: none\r\nSec-Fetch-User: ?1\r\n");
    let same = format!("{BROWSER}Sec-Fetch-Site: same-origin\r\n");
    for host in ["127.0.0.1:9001", "supervisor.test:9001"] {
        for lines in [BROWSER, images, &prefetch, &ours, &typed, &same] {
            for action in [
                "action=stop&processname=cat",
                "action=restart&processname=cat",
                "action=clearlog&processname=cat",
                "action=stopgroup&processname=cat:*",
                "action=stopall",
                "action=restartall",
            ] {
                let request = format!("GET /index.html?{action}");
                let lines = format!("Host: {host}\r\n{lines}");
                let (status, answer) = site.ask(&request, &lines, "");
                assert_eq!(status, 200, "{request} {lines}");
                assert!(
                    answer.contains("<title>Supervisor asks</title>"),
                    "{answer}"
                );
                let why = "A browser followed a link that wants to do this. \
                           Go on only if it was you who wanted it.";
                assert!(answer.contains(why), "{answer}");
            }
        }
    }
    assert_eq!(site.daemon.pid_of("cat"), pid);
    // HEAD does nothing, whoever sends it
    let (status, _) = site.ask_here("HEAD /?action=stopall", "", "");
    assert_eq!((status, site.daemon.pid_of("cat")), (200, pid));
    let stop = "GET /index.html?action=stop&processname=cat";
    let (status, _) = site.ask_here(stop, "User-Agent: curl/8.5.0\r\nAccept: */*\r\n", "");
    assert_eq!(
        (status, site.daemon.state("cat").as_str()),
        (301, "STOPPED")
    );
}

#[test]
fn acc_020_another_site_reads_no_log() {
    ours_only!("ACC-020: another site's page is refused");
    let site = Site::start("");
    for path in ["/logtail/cat", "/mainlogtail", "/nothing"] {
        for mode in ["no-cors", "cors"] {
            let lines = format!("Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: {mode}\r\n");
            let (status, answer) = site.ask_here(&format!("GET {path}"), &lines, "");
            assert_eq!(status, 403, "{path}: {answer}");
        }
    }
    // a link in a wiki leads here, and what everybody may know is no secret
    let lines = "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n";
    for (path, mode) in [("/nothing", 404), ("/tail.html?processname=cat", 200)] {
        assert_eq!(
            site.ask_here(&format!("GET {path}"), lines, "").0,
            mode,
            "{path}"
        );
    }
    let lines = "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n";
    for path in ["/ok.html", "/stylesheets/supervisor.css"] {
        let (status, answer) = site.ask_here(&format!("GET {path}"), lines, "");
        let kept = "Cross-Origin-Resource-Policy: same-origin";
        assert!(status == 200 && answer.contains(kept), "{path}: {answer}");
    }
}

#[test]
fn acc_031_a_name_that_was_made_to_lead_here_reads_nothing() {
    ours_only!("ACC-031: an unknown name is refused");
    let site = Site::start("");
    let rebound = format!("Host: Rebind.evil.example:{}\r\n{BROWSER}", site.port);
    let own = "Origin: http://rebind.evil.example:9001\r\nContent-Type: text/xml\r\n";
    for request in [
        "GET /",
        "GET /tail.html?processname=cat",
        "GET /logtail/cat",
        "GET /mainlogtail",
        "GET /ok.html",
        "GET /?action=stopall",
        "POST /",
        "POST /RPC2",
    ] {
        let (status, answer) = site.ask(request, &format!("{rebound}{own}"), STOP);
        assert_eq!(status, 403, "{request}");
        let advice = "This supervisord does not go by the name 'Rebind.evil.example'. \
             Add allowed_hosts=Rebind.evil.example to its section, or set a password.";
        assert!(answer.contains(advice), "{answer}");
    }
    assert_eq!(site.daemon.state("cat"), "RUNNING");
    let line = "unknown host name 'rebind.evil.example' (allowed_hosts)";
    wait_until("a line", || site.told(line) > 0);
    assert_eq!(site.told(line), 1);
    assert_eq!(site.ask("GET /", BROWSER, "").0, 403);
    let machine = nix::unistd::gethostname().expect("a name");
    let machine = machine.to_string_lossy().into_owned();
    for host in [
        "127.0.0.1:9001",
        "10.1.2.3",
        "[::1]:9001",
        "localhost",
        "supervisor:9001",
        "box.local",
        "a.internal",
        "x.localhost.",
        &machine,
    ] {
        let (status, _) = site.ask("GET /", &format!("Host: {host}\r\n{BROWSER}"), "");
        assert_eq!(status, 200, "{host}");
    }
    // programs are not asked for names
    let script = "Host: anything.example.org\r\nUser-Agent: curl/8\r\n";
    assert_eq!(site.ask("GET /", script, "").0, 200);
    assert_eq!(site.ask("POST /RPC2", script, STOP).0, 200);
}

#[test]
fn acc_033_with_a_password_or_a_list_names_are_as_they_were() {
    ours_only!("ACC-030: allowed_hosts");
    let named = |host: &str, more: &str| format!("Host: {host}\r\n{BROWSER}{more}");
    let site = Site::start("username=u\npassword=p");
    let login = "Authorization: Basic dTpw\r\n";
    assert_eq!(site.ask("GET /", &named("any.example", login), "").0, 200);
    let site = Site::start("allowed_hosts=*");
    assert_eq!(site.ask("GET /", &named("any.example", ""), "").0, 200);
    let site = Site::start("allowed_hosts=sup.example.org, ::1");
    for (host, status) in [
        ("sup.example.org:9001", 200),
        ("[::1]:9001", 200),
        ("127.0.0.1", 403),
        ("localhost", 403),
    ] {
        assert_eq!(site.ask("GET /", &named(host, ""), "").0, status, "{host}");
        let script = format!("Host: {host}\r\n");
        assert_eq!(site.ask("GET /", &script, "").0, status, "{host}");
    }
    assert_eq!(site.told("unknown host name"), 2);
}

#[test]
fn dec_066_what_a_client_asks_of_its_connection_is_done() {
    ours_only!("DEC-066: the reference answers no Expect");
    let site = Site::start("");
    let mut stream = TcpStream::connect(("127.0.0.1", site.port)).expect("the port");
    stream.set_read_timeout(Some(DEADLINE)).expect("a socket");
    let call = STOP.replace("stopProcess", "getProcessInfo");
    let head = format!(
        "POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n\
         Connection: x, Close\r\nContent-Length: {}\r\n\r\n",
        call.len()
    );
    stream.write_all(head.as_bytes()).expect("a head");
    let mut answer = [0; 25];
    stream.read_exact(&mut answer).expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(call.as_bytes()).expect("a body");
    let mut answer = String::new();
    // it is closed, though the client goes on listening
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(
        answer.starts_with("HTTP/1.1 200 ") && answer.contains("RUNNING"),
        "{answer}"
    );
    // of whom nothing is wanted, no body is asked for
    let lines = "Host: localhost\r\nOrigin: null\r\nExpect: 100-continue\r\n";
    let (status, _) = site.ask("POST /RPC2", lines, STOP);
    assert_eq!(status, 403);
    // without a host the client knows best whom it asked
    let (status, answer) = site.ask("GET /?action=refresh", "", "");
    assert!(
        status == 301 && answer.contains("\r\nLocation: /?message="),
        "{answer}"
    );
}
