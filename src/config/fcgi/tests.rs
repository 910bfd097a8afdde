//! The sockets of FastCGI programs, and what is refused.

use crate::config::testing::Place;
use crate::process::policy::FcgiAddress;

#[test]
fn fcgi_sockets() {
    let mut place = Place::new();
    place.uid = 5;
    let socket = |place: &Place, options: &str| {
        let text = format!("[fcgi-program:f]\ncommand=1\n{options}");
        let config = place.load_more(&text).unwrap();
        config.groups[0].processes[0].socket.clone().unwrap()
    };
    let unix = |mode, owner| FcgiAddress::Unix {
        path: "/b/f".into(),
        mode,
        owner,
    };
    let table = [
        ("", unix(0o700, (None, None))),
        (
            "socket_mode=0666\nsocket_owner=web",
            unix(0o666, (Some(33), None)),
        ),
        ("user=web", unix(0o700, (Some(33), Some(33)))),
        (
            "user=web\nsocket_owner=root:www",
            unix(0o700, (Some(0), Some(33))),
        ),
    ];
    for (options, want) in table {
        let options = format!("socket=unix:///a/../b/%(program_name)s\n{options}");
        let socket = socket(&place, &options);
        assert_eq!(socket.address, want, "{options}");
        assert_eq!(socket.url, "unix:///b/f");
    }
    place.uid = 33;
    let own = socket(&place, "socket=unix:///b/f\nuser=web\nsocket_backlog=7");
    assert_eq!(
        (own.address, own.backlog),
        (unix(0o700, (None, None)), Some(7))
    );
    let tcp = socket(&place, "socket=tcp://LocalHost:9000");
    assert_eq!(tcp.url, "tcp://localhost:9000");
    let host = "localhost".into();
    assert_eq!(tcp.address, FcgiAddress::Tcp { host, port: 9000 });
    let tcp = socket(&place, "socket=tcp://[0:0::1]:9000");
    assert_eq!(tcp.url, "tcp://[::1]:9000");
    let host = "[::1]".into();
    assert_eq!(tcp.address, FcgiAddress::Tcp { host, port: 9000 });
}

#[test]
fn fcgi_sockets_that_are_refused() {
    let place = Place::new();
    let with = |text: &str| format!("{text} in [fcgi-program:f] socket");
    let table = [
        (
            "",
            "[fcgi-program:f] section requires a \"socket\" line".to_owned(),
        ),
        (
            "socket=",
            "[fcgi-program:f] section requires a \"socket\" line".into(),
        ),
        ("socket=udp://h:1", with("Bad socket format udp://h:1")),
        ("socket=TCP://h:1", with("Bad socket format TCP://h:1")),
        ("socket=tcp://a:b:1", with("Bad socket format tcp://a:b:1")),
        ("socket=tcp://::1:1", with("Bad socket format tcp://::1:1")),
        (
            "socket=tcp://[x:y]:1",
            with("Bad socket format tcp://[x:y]:1"),
        ),
        ("socket=tcp://h:+1", with("Bad socket format tcp://h:+1")),
        ("socket=tcp://:1", with("Bad socket format tcp://:1")),
        (
            "socket=unix://x",
            with("Unix socket path x is not an absolute path"),
        ),
        ("socket=tcp://h:0", with("0 is below lower bound (1)")),
        (
            "socket=tcp://h:99999",
            with("99999 is above upper bound (65535)"),
        ),
        (
            "socket=tcp://h:1\nsocket_mode=0700",
            with(
                "socket_owner and socket_mode params should only be used with a Unix domain socket",
            ),
        ),
        ("socket_backlog=0", "Invalid socket_backlog value 0".into()),
        (
            "socket_backlog=x",
            "invalid literal for int() with base 10: 'x'".into(),
        ),
        (
            "socket_owner=nosuch",
            "Invalid socket_owner value nosuch".into(),
        ),
        ("socket_mode=9", "Invalid socket_mode value 9".into()),
        (
            "user=nosuch\nsocket_mode=9",
            "Invalid user name nosuch".into(),
        ),
    ];
    for (options, want) in table {
        let text = format!("[fcgi-program:f]\ncommand=1\n{options}");
        assert_eq!(place.error(&text), want, "{options}");
    }
}
