//! What takes several sections: groups, pools, sockets, servers, plugins, and where errors are said to be.

use proptest::prelude::{prop, proptest};

use super::*;
use crate::base::event_names::EventName;
use crate::config::testing::Place;
use crate::config::{Ownership, ServerAddress, url_for_children};
use crate::process::policy::FcgiAddress;

const TWO: &str = "[program:a]\ncommand=1\npriority=7\n[program:b]\ncommand=2\n";

/// Groups and their processes in one line.
fn shown(config: &Config) -> String {
    let mut out = Vec::new();
    for group in &config.groups {
        let names: Vec<&str> = group
            .processes
            .iter()
            .map(|process| process.name.as_str())
            .collect();
        out.push(format!(
            "{}({}): {}",
            group.name,
            group.priority,
            names.join(",")
        ));
    }
    out.join(" | ")
}

fn says(config: &Config) -> Vec<&str> {
    config
        .notices
        .iter()
        .map(|notice| notice.text.as_str())
        .collect()
}

#[test]
fn groups() {
    let place = Place::new();
    let many = "[program:a]\ncommand=1\nnumprocs=2\nprocess_name=z%(process_num)d\n[program:b]\ncommand=2\n";
    let table = [
        (TWO.to_owned(), "a(7): a | b(999): b"),
        (
            format!("{TWO}[group:g]\nprograms=b, a\npriority=3\n"),
            "g(3): b,a",
        ),
        // CFG-171: in the order of the list
        (format!("{many}[group:g]\nprograms=a,b"), "g(999): z0,z1,b"),
        // CFG-170
        (
            format!("{TWO}[group:g]\nprograms=a\n[group:h]\nprograms=a,a"),
            "b(999): b | g(999): a | h(999): a,a",
        ),
        (
            format!("{TWO}[group:g]\n[group:h]\nprograms="),
            "a(7): a | b(999): b | g(999):  | h(999): ",
        ),
        // CFG-173
        (
            format!("{TWO}[group:b]\nprograms=a\npriority=1"),
            "b(1): a | b(999): b",
        ),
        (
            "[program:]\ncommand=1\n[program: s ]\ncommand=1".into(),
            "(999):  | s(999): s",
        ),
        (
            "[eventlistener: e]\ncommand=1\nevents=TICK".into(),
            " e(-1): e",
        ),
    ];
    for (text, want) in table {
        let config = place.load_more(&text).unwrap();
        assert_eq!(shown(&config), want, "{text}");
    }
    let config = place
        .load_more(&format!("{TWO}[group:b]\nprograms=a\n"))
        .unwrap();
    assert_eq!(
        says(&config),
        ["Several sections make a group b; one counts"]
    );
    let member = &place
        .load_more(&format!("{TWO}[group:g]\nprograms=a"))
        .unwrap()
        .groups[1];
    assert_eq!((member.priority, member.processes[0].priority), (999, 7));
}

#[test]
fn groups_that_are_refused() {
    let place = Place::new();
    let table = [
        (
            format!("{TWO}[group:g]\nprograms=a,nope"),
            "[group:g] names unknown program or fcgi-program nope",
        ),
        (
            format!("{TWO}[group:g]\nprograms=a,"),
            "[group:g] names unknown program or fcgi-program ",
        ),
        (
            "[program: s]\ncommand=1\n[group:g]\nprograms=s".into(),
            "[group:g] names unknown program or fcgi-program s",
        ),
        (
            format!("{TWO}[fcgi-program:a]\n[group:g]\nprograms=a"),
            "[group:g] name a is ambiguous (exists as program and fcgi-program)",
        ),
        (
            format!("{TWO}[group:g]\npriority=low"),
            "invalid literal for int() with base 10: 'low'",
        ),
        (
            "[group:a/b]".into(),
            "Invalid name: 'a/b' because of character: '/'",
        ),
        (
            "[program:a:b]\ncommand=1".into(),
            "Invalid name: 'a:b' because of character: ':'",
        ),
        (
            "[eventlistener:a b]\ncommand=1\nevents=TICK".into(),
            "Invalid name: 'a b' because of character: ' ' in section 'eventlistener:a b' (file: 's.conf')",
        ),
        (
            format!("{TWO}[group:g]\nprograms=%(program_name)s"),
            "Format string '%(program_name)s' for 'group:g.programs' contains names ('program_name') which \
             cannot be expanded. Available names: ENV_FLAVOUR, ENV_RATE, here",
        ),
    ];
    for (text, want) in table {
        assert_eq!(place.error(&text), want, "{text}");
    }
}

#[test]
fn pools() {
    let place = Place::new();
    let text = "[eventlistener:e]\ncommand=1\nevents=tick_5, PROCESS_STATE,Tick_5\nbuffer_size=3\n\
                numprocs=2\nprocess_name=%(process_num)d\n";
    let group = &place.load_more(text).unwrap().groups[0];
    let GroupKind::EventListener(pool) = &group.kind else {
        panic!("{group:?}");
    };
    assert_eq!(pool.events, [EventName::ProcessState, EventName::Tick5]);
    assert_eq!(pool.buffer_size, 3);
    assert_eq!((group.priority, group.processes[0].priority), (-1, 999));
    let table = [
        ("", "[eventlistener:e] section requires an \"events\" line"),
        (
            "events=",
            "[eventlistener:e] section requires an \"events\" line",
        ),
        (
            "events=TICK,nope",
            "Unknown event type NOPE in [eventlistener:e] events",
        ),
        (
            "events=TICK,",
            "Unknown event type  in [eventlistener:e] events",
        ),
        (
            "events=TICK\nbuffer_size=0",
            "[eventlistener:e] section sets invalid buffer_size (0)",
        ),
        (
            "events=TICK\nbuffer_size=x",
            "invalid literal for int() with base 10: 'x'",
        ),
        (
            "result_handler=no.such:thing",
            "no.such:thing cannot be resolved within [eventlistener:e]",
        ),
        (
            "events=TICK\nredirect_stderr=true",
            "[eventlistener:e] section sets redirect_stderr=true but this is not allowed because it will \
             interfere with the eventlistener protocol",
        ),
        (
            "events=%(program_name)s",
            "Format string '%(program_name)s' for 'eventlistener:e.events' contains names \
             ('program_name') which cannot be expanded. Available names: ENV_FLAVOUR, ENV_RATE, here",
        ),
    ];
    for (options, want) in table {
        let text = format!("[eventlistener:e]\ncommand=1\n{options}");
        assert_eq!(place.error(&text), want, "{options}");
    }
}

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

/// DEC-017.
#[test]
fn fcgi_programs_in_groups_keep_their_sockets() {
    let place = Place::new();
    let text = "[program:p]\ncommand=1\n[fcgi-program:f]\ncommand=2\nsocket=tcp://h:1\n\
                [fcgi-program:bare]\ncommand=3\n[group:g]\nprograms=p,f,bare";
    let config = place.load_more(text).unwrap();
    let urls: Vec<Option<&str>> = config.groups[0]
        .processes
        .iter()
        .map(|process| process.socket.as_ref().map(|socket| socket.url.as_str()))
        .collect();
    assert_eq!(urls, [None, Some("tcp://h:1"), None]);
    assert_eq!(config.groups[0].kind, GroupKind::Program);
    assert_eq!(
        says(&config),
        ["[fcgi-program:bare] of [group:g] has no socket"]
    );
}

#[test]
fn servers() {
    let place = Place::new();
    let at = place.folder.path().to_owned();
    let text = "[unix_http_server]\nfile= %(here)s/a/../s \n[inet_http_server:x]\nport=*:9001\n\
                username=u\npassword={SHA}p\nallowed_hosts=Box, localhost,\n\
                [unix_http_serverb]\nfile=t\nchmod=0777\nchown=web:www\nusername=\npassword=p\n";
    let config = place.load_more(text).unwrap();
    let [inet, unix, other] = config.servers.as_slice() else {
        panic!("{:?}", config.servers);
    };
    assert_eq!(inet.section, "inet_http_server:x");
    assert_eq!(
        inet.address,
        ServerAddress::Inet {
            host: String::new(),
            port: 9001
        }
    );
    let credentials = inet.credentials.as_ref().unwrap();
    assert_eq!(
        (credentials.username.as_str(), credentials.password.as_str()),
        ("u", "{SHA}p")
    );
    assert_eq!(inet.allowed_hosts, ["box", "localhost"]);
    let (uid, gid) = (Some(33), Some(33));
    let address = |file, chmod, chown| ServerAddress::Unix { file, chmod, chown };
    assert_eq!(
        unix.address,
        address(at.join("s"), 0o700, Ownership::default())
    );
    assert_eq!(
        other.address,
        address(at.join("t"), 0o777, Ownership { uid, gid })
    );
    // CFG-128
    assert_eq!(other.credentials, None);
    let url = url_for_children(&config.servers);
    assert_eq!(url, Some(format!("unix://{}", at.join("s").display())));
    assert_eq!(
        url_for_children(&config.servers[..1]),
        Some("http://localhost:9001".into())
    );
    let config = place.load_more("[inet_http_server]\nport=Box:1").unwrap();
    assert_eq!(
        url_for_children(&config.servers),
        Some("http://box:1".into())
    );
    assert_eq!(url_for_children(&[]), None);
}

#[test]
fn servers_that_are_refused() {
    let place = Place::new();
    let login = "Section [unix_http_server] contains incomplete authentication: If a username or a password \
                 is specified, both the username and password must be specified";
    let table = [
        (
            "[inet_http_server]",
            "section [inet_http_server] has no port value",
        ),
        (
            "[inet_http_server:a]\nport=abc",
            "not a valid port number: 'abc' ",
        ),
        (
            "[inet_http_server]\nport=h:",
            "no port number specified in ''",
        ),
        (
            "[unix_http_server:b]",
            "section [unix_http_server:b] has no file value",
        ),
        (
            "[unix_http_server]\nfile=s\nchmod=9",
            "Invalid chmod value 9",
        ),
        (
            "[unix_http_server]\nfile=s\nchown=nosuch",
            "Invalid sockchown value nosuch",
        ),
        ("[unix_http_server]\nfile=s\nusername=u", login),
        ("[unix_http_server]\nfile=s\npassword=u\nchmod=9", login),
        (
            "[inet_http_server]\nport=%(here)s",
            "Format string '%(here)s' for 'inet_http_server.port' contains names ('here') which cannot be \
             expanded. Available names: ENV_FLAVOUR, ENV_RATE",
        ),
        // inet servers come first (CFG-075)
        (
            "[unix_http_server]\n[inet_http_server]",
            "section [inet_http_server] has no port value",
        ),
    ];
    for (text, want) in table {
        assert_eq!(place.error(text), want, "{text}");
    }
}

#[test]
fn plugins() {
    let place = Place::new();
    let factory =
        "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n";
    let config = place.load_more(&format!(
        "[rpcinterface:a:b]\n{factory}[rpcinterface:]\n{factory}"
    ));
    assert_eq!(config.unwrap().rpc_interfaces, ["a:b", ""]);
    let server = "[inet_http_server]\nport=1\n";
    let table = [
        (
            "[rpcinterface:x]\n".to_owned(),
            "section [rpcinterface:x] does not specify a supervisor.rpcinterface_factory",
        ),
        (
            "[rpcinterface:x]\nsupervisor.rpcinterface_factory=no.such:thing\n".into(),
            "no.such:thing cannot be resolved within [rpcinterface:x]",
        ),
        (
            format!("{server}[rpcinterface:x]\n{factory}extra=1\n"),
            "Could not make x rpc interface",
        ),
        (
            format!("{server}[DEFAULT]\nextra=1\n[rpcinterface:supervisor]\n{factory}"),
            "Could not make supervisor rpc interface",
        ),
    ];
    for (text, want) in table {
        assert_eq!(place.error(&text), want, "{text}");
    }
    // without a server nothing is made
    assert!(
        place
            .load_more(&format!("[rpcinterface:x]\n{factory}extra=1\n"))
            .is_ok()
    );
}

#[test]
fn a_file_without_the_section() {
    let place = Place::new();
    for text in ["", "[Supervisord]\n", "[program:x]\ncommand=1\n"] {
        let error = place.load(text).unwrap_err().to_string();
        assert_eq!(
            error, ".ini file does not include supervisord section",
            "{text}"
        );
    }
}

#[test]
fn plain_facts() {
    let place = Place::new();
    let config = place.load_more("").unwrap();
    assert_eq!(config.file, place.folder.path().join("s.conf"));
    assert_eq!(config.here, place.folder.path());
    assert_eq!(
        (
            config.groups.len(),
            config.servers.len(),
            config.notices.len()
        ),
        (0, 0, 0)
    );
}

proptest! {
    #[test]
    fn never_panics(lines in prop::collection::vec(
        "(\\[|\\[(program|group|eventlistener|fcgi-program):[ab ]\\]|\\[(unix|inet)_http_server\\]\
         |\\[supervisord\\]|\\[rpcinterface:x\\]|command=%?.{0,4}|process_name=.{0,3}%\\(process_num\\)d\
         |numprocs=-?[0-9]|socket=(unix|tcp)://.{0,5}|programs=[ab,]{0,3}|events=TICK|port=.{0,4}\
         |file=.{0,3}|environment=[A=,'\"]{0,6}|stdout_logfile=.{0,5}|[a-z_]{0,5}[=: ]?.{0,5})",
        0..12,
    )) {
        let place = Place::new();
        let _ = place.load_more(&lines.join("\n")).map_err(|error| error.to_string());
    }
}
