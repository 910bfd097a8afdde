//! The HTTP servers and the plugins that they serve, and what is refused.

use crate::config::testing::Place;
use crate::config::{Ownership, ServerAddress, url_for_children};

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
    for (port, url) in [
        ("[::1]:9001", "http://[::1]:9001"),
        ("[::]:9001", "http://[::1]:9001"),
        ("[FD00::7]:1", "http://[fd00::7]:1"),
    ] {
        let config = place
            .load_more(&format!("[inet_http_server]\nport={port}"))
            .unwrap();
        assert_eq!(url_for_children(&config.servers), Some(url.into()));
    }
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
