//! Headers to verdicts, row by row of the table in ACC-013 to ACC-021.

use hyper::Method;
use hyper::header::{HeaderMap, HeaderName};

use super::{Deed, Exposure, Gate, Refusal, SentBy};
use crate::http::host::Names;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// What Firefox sends with a link.
const FIREFOX: &str = "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0|\
     Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8|\
     Accept-Language: en-US,en;q=0.5|Upgrade-Insecure-Requests: 1";

/// Lines with bars between them. `Host: x:9001` comes before, unless there is one.
fn headers(text: &str) -> HeaderMap {
    let host = if text.contains("Host: ") {
        ""
    } else {
        "Host: x:9001"
    };
    let mut headers = HeaderMap::new();
    let lines = text.split('|').chain([host]);
    for line in lines.filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(": ").unwrap();
        let name: HeaderName = name.trim_start().parse().unwrap();
        headers.append(name, value.parse().unwrap());
    }
    headers
}

/// On TCP.
fn gate(names: Names) -> Gate {
    Gate {
        names,
        is_unix: false,
    }
}

fn judged(text: &str, exposure: Exposure) -> Result<SentBy, Refusal> {
    gate(Names::Any).judge(&headers(text), exposure, |token| token == SECRET)
}

/// Who asks for a page, which is told apart for everybody.
fn caller(text: &str) -> SentBy {
    judged(text, Exposure::Page).unwrap()
}

const LOOKS: SentBy = SentBy::Foreign { looks: true };
const FOREIGN: SentBy = SentBy::Foreign { looks: false };

#[test]
fn acc_010_who_shows_a_browser() {
    let scripts = [
        "",
        "User-Agent: curl/8.5.0|Accept: */*",
        "User-Agent: Wget/1.21|Accept: */*|Accept-Encoding: identity",
        "User-Agent: Python-xmlrpc/3.11|Content-Type: text/xml|Accept-Encoding: gzip",
        "User-Agent: python-requests/2.31|Accept: */*|Accept-Encoding: gzip, deflate",
        "User-Agent: Go-http-client/1.1|Accept-Encoding: gzip",
        "User-Agent: Apache XML RPC 3.0|Accept: text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2",
        "User-Agent: libwww-perl/6.72 Mozilla/5.0",
        "Accept: text/html",
        "Accept: application/xml",
        "X-Sec-Fetch-Site: cross-site",
    ];
    for text in scripts {
        assert_eq!(caller(text), SentBy::Program, "{text}");
    }
    let browsers = [
        FIREFOX,
        "Accept-Language: *",
        "Accept-Language: ",
        "Upgrade-Insecure-Requests: 1",
        "Accept: text/html,application/xhtml+xml",
        "Accept: text/html|Accept: APPLICATION/XHTML+XML",
        "Accept: image/avif,image/webp,*/*;q=0.8",
        "User-Agent: Mozilla/5.0",
        "User-Agent: Opera/9.80 (X11)",
        "Sec-Purpose: prefetch",
        "Sec-GPC: 1",
        "Sec-Fetch-Mode: no-cors",
    ];
    for text in browsers {
        assert_eq!(caller(text), SentBy::Silent, "{text}");
    }
}

#[test]
fn acc_011_who_is_foreign() {
    let table = [
        ("Sec-Fetch-Site: same-origin", SentBy::Own),
        ("Sec-Fetch-Site: none", SentBy::Typed),
        ("Sec-Fetch-Site: same-site", FOREIGN),
        ("Sec-Fetch-Site: cross-site", FOREIGN),
        ("Sec-Fetch-Site: cross-site|Sec-Fetch-Mode: navigate", LOOKS),
        (
            "Sec-Fetch-Site: cross-site|Sec-Fetch-Mode: no-cors",
            FOREIGN,
        ),
        ("Sec-Fetch-Site: Same-Origin", FOREIGN),
        ("Sec-Fetch-Site: new-word", FOREIGN),
        ("Sec-Fetch-Site: ", FOREIGN),
        // behind a proxy that names another host the browser still knows best; a page without a referrer
        // has the origin null
        (
            "Host: y|Sec-Fetch-Site: same-origin|Origin: http://x",
            SentBy::Own,
        ),
        ("Sec-Fetch-Site: same-origin|Origin: null", SentBy::Own),
        ("Sec-Fetch-Site: cross-site|Origin: http://x:9001", FOREIGN),
        ("Origin: http://x:9001", SentBy::Own),
        ("Host: X:9001|Origin: http://x:9001", SentBy::Own),
        ("Origin: HTTP://X:9001", SentBy::Own),
        ("Host: x:80|Origin: http://x", SentBy::Own),
        ("Host: x|Origin: http://x:80", SentBy::Own),
        ("Host: x|Origin: https://x", SentBy::Own),
        ("Host: x:443|Origin: https://x", SentBy::Own),
        ("Host: x:|Origin: http://x", SentBy::Own),
        ("Host: [::1]:9001|Origin: http://[::1]:9001", SentBy::Own),
        ("Host: [::1]|Origin: http://[::1]", SentBy::Own),
        ("Host: [::1]:9001|Origin: http://[::2]:9001", LOOKS),
        ("Host: [::1]:9001|Origin: http://[::1]", LOOKS),
        ("Host: x:443|Origin: http://x", LOOKS),
        ("Origin: http://x:9002", LOOKS),
        ("Origin: http://x", LOOKS),
        ("Origin: http://x:9001.evil.org", LOOKS),
        ("Host: x|Origin: http://x.evil.org", LOOKS),
        ("Origin: null", LOOKS),
        ("Origin: ", LOOKS),
        ("Origin: x:9001", LOOKS),
        ("Origin: ftp://x:9001", LOOKS),
        ("Origin: moz-extension://x:9001", LOOKS),
        ("Origin: http://", LOOKS),
        (
            "Origin: http://x:9001|Referer: http://evil.org/",
            SentBy::Own,
        ),
        ("Referer: http://x:9001/index.html?a=b", SentBy::Program),
        ("Referer: http://x:9001?y", SentBy::Program),
        ("Referer: http://evil.org/?http://x:9001/", LOOKS),
        ("Referer: http://x:9001@evil.org/", LOOKS),
        ("Referer: about:blank", LOOKS),
        ("Referer: ", LOOKS),
        // what is there twice is nobody's
        ("Origin: http://x:9001|Origin: http://x:9001", LOOKS),
        ("Referer: http://x:9001/|Referer: http://x:9001/", LOOKS),
        (
            "Sec-Fetch-Site: same-origin|Sec-Fetch-Site: same-origin",
            FOREIGN,
        ),
        (
            "Sec-Fetch-Site: same-origin|Origin: http://x:9001|Origin: http://x:9001",
            FOREIGN,
        ),
    ];
    for (text, expected) in table {
        assert_eq!(caller(text), expected, "{text}");
    }
    // without a host nothing is ours
    let nowhere = |text: &str| {
        let mut headers = headers(text);
        headers.remove("host");
        let gate = gate(Names::Any);
        gate.judge(&headers, Exposure::Page, |_| false).unwrap()
    };
    assert_eq!(nowhere("Origin: http://"), LOOKS);
    assert_eq!(nowhere("Origin: http://x:9001"), LOOKS);
    assert_eq!(nowhere(""), SentBy::Program);
}

#[test]
fn acc_012_the_token_is_stronger_than_what_a_browser_says() {
    let evil = "Origin: http://evil.example|Sec-Fetch-Site: cross-site";
    let with = |token: &str| format!("{FIREFOX}|{evil}|X-Supervisor-Token: {token}");
    assert_eq!(judged(&with(SECRET), Exposure::Calls), Ok(SentBy::Program));
    for token in ["", "x", &SECRET[1..], &SECRET.to_uppercase()] {
        let refused = judged(&with(token), Exposure::Calls);
        assert!(refused.is_err(), "{token}");
    }
    let twice = format!("{}|X-Supervisor-Token: {SECRET}", with(SECRET));
    assert!(judged(&twice, Exposure::Calls).is_err());
}

/// The table itself.
#[test]
fn acc_013_what_is_served_to_whom() {
    use Exposure::{Calls, Data, Open, Page};
    let json = format!("{FIREFOX}|Content-Type: application/json");
    let table = [
        // who, calls, page, data, open
        ("", [true, true, true, true]),
        ("Content-Type: text/plain", [true; 4]),
        (FIREFOX, [false, true, true, true]),
        (json.as_str(), [true; 4]),
        ("Origin: http://x:9001|Content-Type: text/plain", [true; 4]),
        ("Sec-Fetch-Site: same-origin", [true; 4]),
        ("Sec-Fetch-Site: none", [true; 4]),
        (
            "Sec-Fetch-Site: cross-site|Content-Type: text/xml",
            [false, true, false, true],
        ),
        (
            "Sec-Fetch-Site: same-site|Sec-Fetch-Mode: cors",
            [false, true, false, true],
        ),
        (
            "Sec-Fetch-Site: cross-site|Sec-Fetch-Mode: navigate",
            [false, true, true, true],
        ),
        (
            "Origin: http://evil.example|Content-Type: text/xml",
            [false, true, true, true],
        ),
        ("Origin: null", [false, true, true, true]),
        ("Referer: http://evil.example/", [false, true, true, true]),
    ];
    for (text, row) in table {
        let served = [Calls, Page, Data, Open].map(|exposure| judged(text, exposure).is_ok());
        assert_eq!(served, row, "{text}");
    }
}

#[test]
fn acc_013_a_browser_that_keeps_quiet_sends_no_form() {
    let table = [
        ("text/plain", false),
        ("TEXT/Plain ; charset=UTF-8", false),
        ("application/x-www-form-urlencoded", false),
        ("multipart/form-data; boundary=x", false),
        ("", false),
        ("text/ping", false),
        ("application/csp-report", false),
        ("application/reports+json", false),
        ("text/plain, text/xml", false),
        ("text/xml", true),
        ("application/json", true),
        ("application/xml; charset=utf-8", true),
    ];
    for (kind, served) in table {
        let text = format!("{FIREFOX}|Content-Type: {kind}");
        assert_eq!(judged(&text, Exposure::Calls).is_ok(), served, "{kind}");
        // a script may send what it likes
        let text = format!("Content-Type: {kind}");
        assert!(judged(&text, Exposure::Calls).is_ok(), "{kind}");
    }
}

#[test]
fn acc_016_what_becomes_of_an_action() {
    use Deed::{Ask, Do, Show};
    let callers = [
        SentBy::Program,
        SentBy::Own,
        SentBy::Typed,
        SentBy::Silent,
        FOREIGN,
        LOOKS,
    ];
    let table = [
        (Method::GET, true, [Do, Do, Do, Do, Ask, Ask]),
        (Method::POST, true, [Do, Do, Do, Do, Ask, Ask]),
        (Method::GET, false, [Do, Ask, Ask, Ask, Ask, Ask]),
        (Method::POST, false, [Do, Do, Ask, Ask, Ask, Ask]),
        (Method::HEAD, true, [Show; 6]),
        (Method::HEAD, false, [Show; 6]),
    ];
    for (method, is_refresh, row) in table {
        let deeds = callers.map(|caller| caller.deed(&method, is_refresh));
        assert_eq!(deeds, row, "{method} {is_refresh}");
    }
}

#[test]
fn acc_026_the_host_comes_first_and_says_why() {
    let listed = Names::Listed(vec!["x".to_owned()]);
    let gate = gate(listed);
    let judged = |text: &str| gate.judge(&headers(text), Exposure::Calls, |_| false);
    assert_eq!(judged("Host: a b|Origin: null"), Err(Refusal::BadHost));
    assert_eq!(judged("Host: x|Host: x"), Err(Refusal::BadHost));
    let unknown = Refusal::UnknownName {
        name: "evil.example".to_owned(),
        listed: true,
    };
    assert_eq!(judged("Host: evil.example:9001|Origin: null"), Err(unknown));
    let table = [
        ("Origin: null|Referer: http://a/", "null"),
        (
            "Referer: http://a/b?c|Sec-Fetch-Site: cross-site",
            "http://a/b?c",
        ),
        ("Sec-Fetch-Site: same-site", "same-site"),
        ("Accept-Language: en", "no Origin"),
    ];
    for (text, evidence) in table {
        let refusal = Refusal::OtherSite(evidence.to_owned());
        assert_eq!(judged(text), Err(refusal), "{text}");
    }
}

#[test]
fn dec_061_clients_of_unix_sockets_give_paths_and_nothing_for_a_host() {
    let gate = |is_unix, names| Gate { names, is_unix };
    let judged = |gate: &Gate, host: &str, exposure| {
        gate.judge(&headers(&format!("Host: {host}")), exposure, |_| false)
    };
    let path = "/run/supervisor.sock";
    let (unix, tcp) = (gate(true, Names::Any), gate(false, Names::Any));
    for exposure in [Exposure::Calls, Exposure::Data, Exposure::Open] {
        assert_eq!(judged(&unix, path, exposure), Ok(SentBy::Program));
        assert_eq!(judged(&tcp, path, exposure), Err(Refusal::BadHost));
    }
    for gate in [&unix, &tcp] {
        assert_eq!(judged(gate, path, Exposure::Page), Err(Refusal::BadHost));
        assert_eq!(judged(gate, "", Exposure::Page), Ok(SentBy::Program));
        assert_eq!(judged(gate, "", Exposure::Calls), Ok(SentBy::Program));
    }
    let listed = gate(true, Names::Listed(vec!["x".to_owned()]));
    assert!(judged(&listed, path, Exposure::Calls).is_err());
}
