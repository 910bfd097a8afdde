//! Commands and flags that the reference has not, and servers that do not know them.

use super::fake::{
    Reply, Request, array, array_xml, fault, process, row, run, value, with_version,
};

/// A server with a database, a program that depends on it, and one that is alone.
fn answer(request: &Request) -> Reply {
    with_version(request, |request| match request.method() {
        "getAllProcessInfo" => array(&[
            process("db", "db", "20", "RUNNING", ""),
            process("site", "web", "20", "RUNNING", ""),
            process("site", "jobs", "0", "STOPPED", ""),
        ]),
        "ext.startProcess" if request.has_argument("site:*") => array(&[
            row("site", "web", "80", "OK"),
            row("site", "jobs", "50", ""),
        ]),
        "ext.stopProcess" => array(&[
            row("site", "jobs", "70", "NOT_RUNNING"),
            row("site", "web", "80", "OK"),
            row("db", "db", "80", "OK"),
        ]),
        "ext.refreshProcess" | "ext.getHealth" if request.has_argument("none") => {
            fault("10", "BAD_NAME: none")
        }
        "ext.refreshProcess" if request.has_argument("site:jobs") => fault("70", "NOT_RUNNING: x"),
        "ext.refreshProcess" if request.has_argument("db") => fault("30", "FAILED"),
        "startProcess" if request.has_argument("off") => {
            fault("50", "SPAWN_ERROR: off is disabled")
        }
        "ext.getHealth" if request.has_argument("db") => array(&[check("db", "db", "healthy")]),
        "ext.getHealth" => array(&[
            check("site", "web", "unhealthy"),
            check("db", "db", "healthy"),
        ]),
        _ => value("<boolean>1</boolean>"),
    })
}

fn check(group: &str, name: &str, verdict: &str) -> String {
    let reason = if verdict == "healthy" {
        ""
    } else {
        "status 500"
    };
    let members = [
        ("group", group),
        ("name", name),
        ("check", "liveness"),
        ("verdict", verdict),
        ("reason", reason),
    ];
    let members = members.map(|(name, text)| {
        format!("<member><name>{name}</name><value><string>{text}</string></value></member>")
    });
    format!("<struct>{}</struct>", members.concat())
}

/// The methods that were called with their text arguments, without the version.
fn calls(requests: &[Request]) -> Vec<String> {
    let calls = requests.iter().map(|request| {
        let texts = request.body.split("<string>").skip(1);
        let texts = texts.filter_map(|text| text.split('<').next());
        let flags = request.body.split("<boolean>").skip(1);
        let flags = flags.filter_map(|text| text.split('<').next());
        let words: Vec<&str> = [request.method()]
            .into_iter()
            .chain(texts)
            .chain(flags)
            .collect();
        words.join(" ")
    });
    calls
        .filter(|call| !call.starts_with("getVersion"))
        .collect()
}

#[test]
fn lif_049_start_whatever_it_depends_on() {
    let ran = run(&["start", "--no-deps", "web", "site:*"], answer);
    let lines = "web: started\nsite:web: started\nsite:jobs: ERROR (spawn error)\n";
    assert_eq!((ran.out.as_str(), ran.status), (lines, 7));
    let wanted = ["ext.startProcess web 1 0", "ext.startProcess site:* 1 0"];
    assert_eq!(calls(&ran.requests), wanted);
    // the reference's call where nothing else is asked for
    let ran = run(&["start", "web"], answer);
    assert_eq!(calls(&ran.requests), ["startProcess web"]);
}

#[test]
fn lif_086_dependents_stop_first_and_start_again_if_they_were_up() {
    let ran = run(&["stop", "--with-dependents", "db"], answer);
    let stopped = "site:jobs: ERROR (not running)\nsite:web: stopped\ndb: stopped\n";
    assert_eq!((ran.out.as_str(), ran.status), (stopped, 0));
    assert_eq!(calls(&ran.requests), ["ext.stopProcess db 1 1"]);
    let ran = run(&["restart", "db", "--with-dependents"], answer);
    let lines = format!("{stopped}db: started\nsite:web: started\n");
    assert_eq!((ran.out, ran.status), (lines, 0));
    let wanted = [
        "getAllProcessInfo",
        "ext.stopProcess db 1 1",
        "startProcess db",
        "startProcess site:web",
    ];
    assert_eq!(calls(&ran.requests), wanted);
}

#[test]
fn lif_244_refresh() {
    let ran = run(&["refresh", "web", "db", "none", "site:*", "zz:*"], answer);
    let lines = "web: refreshed\n\
         db: ERROR (no reloadsignal or reloadcommand)\n\
         none: ERROR (no such process)\n\
         site:web: refreshed\n\
         site:jobs: ERROR (not running)\n\
         zz: ERROR (no such group)\n";
    assert_eq!((ran.out.as_str(), ran.status), (lines, 1));
    let ran = run(&["refresh"], answer);
    assert!(
        ran.out
            .starts_with("Error: refresh requires a process name\nrefresh <name>")
    );
    assert_eq!(ran.status, 2);
}

#[test]
fn lif_290_a_disabled_process_says_so() {
    let ran = run(&["start", "off"], answer);
    assert_eq!(
        (ran.out.as_str(), ran.status),
        ("off: ERROR (disabled)\n", 1)
    );
}

#[test]
fn hlt_103_health_by_name() {
    let all = "db        liveness  healthy\nsite:web  liveness  unhealthy  status 500\n";
    let table: [(&[&str], &str, i32); 5] = [
        (&["health"], all, 1),
        (&["health", "db"], "db  liveness  healthy\n", 0),
        (&["health", "site:*", "db"], all, 1),
        (&["health", "zz:*"], "zz: ERROR (no such group)\n", 1),
        (&["health", "none"], "none: ERROR (no such process)\n", 1),
    ];
    for (words, out, status) in table {
        let ran = run(words, answer);
        assert_eq!((ran.out.as_str(), ran.status), (out, status), "{words:?}");
    }
}

#[test]
fn clx_004_a_server_of_the_reference_is_left_alone() {
    let old = |request: &Request| {
        with_version(request, |request| match request.method() {
            method if method.starts_with("ext.") => fault("1", "UNKNOWN_METHOD"),
            "getAllProcessInfo" => value(&array_xml(&[])),
            method => panic!("{method} was called"),
        })
    };
    let table: [(&[&str], &str); 5] = [
        (&["health"], "getHealth"),
        (&["refresh", "a", "b"], "refreshProcess"),
        (&["start", "--no-deps", "a", "b"], "startProcess"),
        (&["stop", "--with-dependents", "a"], "stopProcess"),
        (&["restart", "--with-dependents", "a"], "stopProcess"),
    ];
    for (words, method) in table {
        let ran = run(words, old);
        let line = format!("ERROR: this supervisord cannot do that (no ext.{method})\n");
        assert_eq!((ran.out, ran.status), (line, 1), "{words:?}");
    }
}

#[test]
fn clx_006_help_tells_of_more() {
    let ran = run(&["help"], answer);
    assert!(!ran.out.contains("more commands"), "{}", ran.out);
    let ran = run(&["help more"], answer);
    let more = "\nmore commands (type help <topic>):\n\
         ==================================\nhealth  refresh\n";
    assert!(ran.out.contains("default commands") && ran.out.contains(more));
    let ran = run(&["help refresh"], answer);
    assert!(ran.out.starts_with("refresh <name>"));
}
