//! The grammar of checks and hooks (HLT-020 to HLT-029, LIF-254).

use proptest::prelude::*;

use super::*;

fn words(text: &str) -> Script {
    Script::Command(text.split(' ').map(str::to_owned).collect())
}

fn tcp(host: &str, port: u16) -> Script {
    Script::Network(Probe::Tcp {
        host: host.into(),
        port,
    })
}

fn http(text: &str) -> Request {
    match script(text) {
        Ok(Script::Network(Probe::Http(request))) => *request,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn commands_and_addresses() {
    let table = [
        ("test -f /run/ok", words("test -f /run/ok")),
        ("script://restart", words("restart")),
        ("script:// restart now", words("restart now")),
        ("tcp://127.0.0.1:80", tcp("127.0.0.1", 80)),
        ("TCP://[::1]:80", tcp("::1", 80)),
        (
            "unix:///run/x.sock",
            Script::Network(Probe::Unix("/run/x.sock".into())),
        ),
        // no scheme of ours
        ("ftp://x", words("ftp://x")),
    ];
    for (text, want) in table {
        assert_eq!(script(text), Ok(want), "{text}");
    }
    assert_eq!(
        script("sh -c 'a b; c'"),
        Ok(Script::Command(vec![
            "sh".into(),
            "-c".into(),
            "a b; c".into()
        ]))
    );
}

#[test]
fn requests() {
    let plain = http("http://h");
    assert_eq!(
        (plain.tls, plain.port, plain.path.as_str()),
        (false, 80, "/")
    );
    assert_eq!(
        (plain.method.as_str(), plain.authority.as_str()),
        ("GET", "h")
    );
    let url = http("https://us%65r:p%40ss@[::1]:8443/a/b?c=d#e");
    assert_eq!((url.tls, url.host.as_str(), url.port), (true, "::1", 8443));
    assert_eq!(url.authority, "[::1]:8443");
    assert_eq!(url.path, "/a/b?c=d");
    assert_eq!(url.credentials, Some(("user".into(), "p@ss".into())));
    assert_eq!(http("http://h?x").path, "/?x");
    let all = http(
        "https://h/ -H 'A: b c' --header X:y -d @/tmp/f -X PUT --key-file k --cert-file c --ca-file a -k",
    );
    assert_eq!(
        all.headers,
        [("A".into(), "b c".into()), ("X".into(), "y".into())]
    );
    assert_eq!(all.data, Some(Data::File("/tmp/f".into())));
    assert_eq!((all.method.as_str(), all.insecure), ("PUT", true));
    let identity = all.identity.expect("an identity");
    assert_eq!(
        (identity.key, identity.certificate),
        ("k".into(), "c".into())
    );
    assert_eq!(all.ca_file, Some("a".into()));
    let posted = http("http://h/ --data a=b");
    assert_eq!(posted.method, "POST");
    assert_eq!(posted.data, Some(Data::Text("a=b".into())));
}

#[test]
fn what_is_refused() {
    let table = [
        ("", "empty"),
        ("script://", "empty"),
        ("sh -c 'x", "No closing quotation"),
        ("tcp://h", "no port in 'h'"),
        ("tcp://h:0", "a port is a number from 1 to 65535, not '0'"),
        (
            "tcp://h:99999",
            "a port is a number from 1 to 65535, not '99999'",
        ),
        ("tcp://h:+1", "a port is a number from 1 to 65535, not '+1'"),
        ("tcp://:80", "no host in ':80'"),
        ("tcp://[x]:80", "not an IPv6 address: '[x]:80'"),
        ("tcp://h:1 x", "nothing can stand behind the address: 'x'"),
        ("unix://x", "not an absolute path: 'x'"),
        ("http:///x", "no host in ''"),
        ("http://h:x/", "a port is a number from 1 to 65535, not 'x'"),
        (
            "'http://h/a b'",
            "a blank or a control character in 'h/a b'",
        ),
        ("http://h/ -H", "-H needs a value"),
        ("http://h/ -H x", "not a header, NAME: VALUE: 'x'"),
        ("http://h/ -X 'G T'", "not a method: 'G T'"),
        (
            "http://h/ --key-file a",
            "--key-file and --cert-file belong together",
        ),
    ];
    for (text, want) in table {
        let error = script(text).map_err(|error| error.to_string());
        assert_eq!(error, Err(want.into()), "{text}");
    }
    let flag = script("http://h/ --frob x").map_err(|error| error.to_string());
    assert!(
        flag.is_err_and(
            |text| text.starts_with("unknown flag '--frob'; allowed are -H, --header, ")
        )
    );
    // HLT-040
    assert_eq!(check("-true"), Err(ScriptError::MayFail));
}

#[test]
fn marks_before_hooks() {
    let table = [
        ("true", (false, false)),
        ("-true", (true, false)),
        ("+true", (false, true)),
        ("-+true", (true, true)),
    ];
    for (text, want) in table {
        let hook = hook(text).expect("a hook");
        assert_eq!((hook.may_fail, hook.as_daemon), want, "{text}");
        assert_eq!(hook.script, words("true"), "{text}");
    }
    assert_eq!(check("+true"), Ok((words("true"), true)));
}

proptest! {
    /// No text makes it panic, and what is accepted fits into a request.
    #[test]
    fn any_text(text in "(https?|tcp|unix|script)?(://)?[\\PC\r\n]{0,40}( (-H|-d|-X|-k) \\PC{0,8}){0,3}") {
        match script(&text) {
            Ok(Script::Command(words)) => prop_assert!(!words.is_empty()),
            Ok(Script::Network(Probe::Tcp { host, port })) => {
                prop_assert!(!host.is_empty() && port > 0);
            }
            Ok(Script::Network(Probe::Unix(path))) => prop_assert!(path.is_absolute()),
            Ok(Script::Network(Probe::Http(request))) => {
                prop_assert!(!request.host.is_empty() && request.port > 0);
                prop_assert!(request.path.starts_with('/'));
                let lines = [&request.path, &request.method, &request.authority];
                prop_assert!(lines.iter().all(|line| !line.contains(['\r', '\n', ' '])));
                let fits = |(name, value): &(String, String)| {
                    !name.is_empty() && !value.contains(['\r', '\n'])
                };
                prop_assert!(request.headers.iter().all(fits));
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }
}
