//! Tables of the value types: what is accepted, and the words of the refusal.

use super::*;
use crate::config::testing::Place;

/// What came out, or the error text.
fn shown<T: std::fmt::Debug, E: std::fmt::Display>(result: Result<T, E>) -> String {
    match result {
        Ok(value) => format!("{value:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn signals() {
    let table = [
        ("TERM", "Signal(15)"),
        (" sigusr1 ", "Signal(10)"),
        ("9", "Signal(9)"),
        (" 0_9 ", "Signal(9)"),
        ("0", "Signal(0)"),
        ("RTMIN", "Signal(34)"),
        ("RTMIN+2", "Signal(36)"),
        ("35", "Signal(35)"),
        ("NOSUCH", "value 'NOSUCH' is not a valid signal name"),
        ("", "value '' is not a valid signal name"),
        ("SIG_DFL", "value 'SIG_DFL' is not a valid signal name"),
        ("32", "value '32' is not a valid signal number"),
        ("-1", "value '-1' is not a valid signal number"),
        (
            "99999999999999999999",
            "value '99999999999999999999' is not a valid signal number",
        ),
    ];
    for (text, want) in table {
        assert_eq!(shown(signal(text)), want);
    }
}

#[test]
fn exit_code_lists() {
    let table = [
        ("", "[]"),
        ("0", "[0]"),
        (" 0 , 2,255", "[0, 2, 255]"),
        ("1,", "not a valid list of exit codes: '1,'"),
        ("256", "not a valid list of exit codes: '256'"),
        ("-1", "not a valid list of exit codes: '-1'"),
        ("0,x", "not a valid list of exit codes: '0,x'"),
    ];
    for (text, want) in table {
        assert_eq!(shown(exit_codes(text)), want);
    }
}

#[test]
fn words() {
    let table = [
        ("true", "Always"),
        ("NO", "Never"),
        ("Unexpected", "Unexpected"),
        ("Sometimes", "invalid 'autorestart' value 'sometimes'"),
    ];
    for (text, want) in table {
        assert_eq!(shown(autorestart(text)), want);
    }
    let table = [
        ("WARN", "Warn"),
        ("blather", "Blather"),
        ("Loud", "bad logging level name 'Loud'"),
    ];
    for (text, want) in table {
        assert_eq!(shown(level(text)), want);
    }
}

#[test]
fn paths() {
    let mut place = Place::new();
    place.folder.write("sub/file", "");
    let home = place.folder.path().to_str().unwrap().to_owned();
    place.environment.insert("HOME".into(), home.clone());
    let directories = [
        ("sub", "\"sub\"".to_owned()),
        ("~/sub", format!("{:?}", format!("{home}/sub"))),
        ("sub/file", "sub/file is not an existing directory".into()),
        ("~/none", "~/none is not an existing directory".into()),
        ("", " is not an existing directory".into()),
    ];
    for (text, want) in directories {
        assert_eq!(shown(existing_directory(text, &place.world())), want);
    }
    let missing = "The directory named as part of the path none/x does not exist";
    let files = [
        ("x", "\"x\"".to_owned()),
        ("", "\"\"".into()),
        ("sub/x", "\"sub/x\"".into()),
        ("/x", "\"/x\"".into()),
        ("~/x", format!("{:?}", format!("{home}/x"))),
        ("none/x", missing.into()),
    ];
    for (text, want) in files {
        assert_eq!(shown(file_in_directory(text, &place.world())), want);
    }
}

#[test]
fn users_and_groups() {
    let place = Place::new();
    let users = [
        ("root", "0"),
        ("web", "33"),
        (" 33 ", "33"),
        ("nosuch", "Invalid user name nosuch"),
        ("", "Invalid user name "),
        ("54321", "Invalid user id 54321"),
        ("-1", "Invalid user id -1"),
    ];
    for (text, want) in users {
        let uid = user(text, &place.world()).map(|account| account.uid);
        assert_eq!(shown(uid), want);
    }
    let owners = [
        ("web", "(Some(33), None)"),
        ("web:www", "(Some(33), Some(33))"),
        ("0:0", "(Some(0), Some(0))"),
        ("web:", "Invalid user:group definition web:"),
        (":www", "Invalid user:group definition :www"),
        ("web:7", "Invalid user:group definition web:7"),
    ];
    for (text, want) in owners {
        let owner = ownership(text, &place.world()).map(|owner| (owner.uid, owner.gid));
        assert_eq!(shown(owner), want);
    }
}

#[test]
fn ports() {
    let table = [
        ("9001", "(\"\", 9001)"),
        (":9001", "(\"\", 9001)"),
        ("*:9001", "(\"\", 9001)"),
        ("LocalHost:1", "(\"localhost\", 1)"),
        ("[::1]:9001", "(\"[::1]\", 9001)"),
        ("[::]:9001", "(\"[::]\", 9001)"),
        ("[FD00:0:0::1]:1", "(\"[fd00::1]\", 1)"),
        ("[fe80::1%Eth0]:1", "(\"[fe80::1%Eth0]\", 1)"),
        ("abc", "not a valid port number: 'abc' "),
        ("70000", "not a valid port number: '70000' "),
        ("0", "not a valid port number: '0' "),
        ("h:", "no port number specified in ''"),
        ("h:abc", "invalid literal for int() with base 10: 'abc'"),
        ("h:70000", "70000 is above upper bound (65535)"),
        ("h:0", "0 is below lower bound (1)"),
        ("h:-3", "-3 is below lower bound (1)"),
    ];
    for (text, want) in table {
        assert_eq!(shown(inet_address(text)), want);
    }
    for text in [
        "::1",
        "::1:9001",
        "[::1]",
        "[::1]:0",
        "[::1]:70000",
        "[::1]9001",
        "[x]:9001",
        "[127.0.0.1]:9001",
        "[fe80::1%]:9001",
        "[::1:9001",
        "a:b:9001",
    ] {
        let want =
            format!("not an IPv6 address in brackets and a port, as in '[::1]:9001': '{text}'");
        assert_eq!(shown(inet_address(text)), want);
    }
}

#[test]
fn names() {
    let table = [
        (" web ", "\"web\""),
        ("", "\"\""),
        ("naïve", "\"naïve\""),
        ("a b", "Invalid name: 'a b' because of character: ' '"),
        ("a:b", "Invalid name: 'a:b' because of character: ':'"),
        ("a/b c", "Invalid name: 'a/b c' because of character: ' '"),
    ];
    for (text, want) in table {
        assert_eq!(shown(name(text)), want);
    }
    let table = [
        ("süper", "\"süper\""),
        ("a b", "Invalid identifier: 'a b' because of character: ' '"),
        ("a:b", "Invalid identifier: 'a:b' because of character: ':'"),
    ];
    for (text, want) in table {
        assert_eq!(shown(identifier(text)), want);
    }
}

#[test]
fn urls() {
    for text in ["unix:///x", "http://h:1", "a:b", " http://x", "ftp://h"] {
        assert_eq!(url(text), Ok(text.to_owned()));
    }
    for text in [
        "foo",
        "/x",
        "http://",
        "unix://",
        ":x",
        "1a://x",
        "http://?x",
        "a;b:c",
        "http:;x",
    ] {
        assert_eq!(shown(url(text)), format!("value '{text}' is not a URL"));
    }
    assert_eq!(shown(url("http://[")), "Invalid IPv6 URL");
}

#[test]
fn clamped_numbers() {
    assert_eq!(at_least_zero::<u32>(Ok(-1)), Ok(0));
    assert_eq!(at_least_zero::<u32>(Ok(i64::MAX)), Ok(u32::MAX));
    assert_eq!(at_least_zero::<u64>(Ok(5)), Ok(5));
}
