//! `[supervisord]`: values, defaults, refusals, and the command line over them.

use std::path::PathBuf;
use std::time::Duration;

use crate::base::level::Level;
use crate::config::cli::DaemonArgs;
use crate::config::testing::{Place, words};
use crate::config::{Ends, MainLog, Supervisord, load};

fn read(place: &Place, options: &str) -> Supervisord {
    place.load_more(options).unwrap().supervisord
}

#[test]
fn defaults() {
    let mut place = Place::new();
    let at = place.folder.path().to_owned();
    let temporary = at.join("tmp");
    std::fs::create_dir(&temporary).unwrap();
    let text = temporary.to_str().unwrap().to_owned();
    place.environment.insert("TMPDIR".into(), text);
    let daemon = read(&place, "");
    let want = Supervisord {
        ends: Ends::default(),
        container: false,
        logfile: MainLog::File(at.join("supervisord.log")),
        logfile_maxbytes: 50 << 20,
        logfile_backups: 10,
        loglevel: Level::Info,
        pidfile: Some(at.join("supervisord.pid")),
        umask: 0o22,
        nodaemon: false,
        silent: false,
        minfds: 1024,
        minprocs: 200,
        nocleanup: false,
        childlogdir: temporary,
        user: None,
        directory: None,
        strip_ansi: false,
        environment: [].into(),
        identifier: "supervisor".into(),
    };
    assert_eq!(daemon, want);
    place.environment.insert("TMPDIR".into(), "/no/such".into());
    place.environment.insert("TEMP".into(), String::new());
    assert_eq!(read(&place, "").childlogdir, PathBuf::from("/tmp"));
}

#[test]
fn values() {
    let place = Place::new();
    let at = place.folder.path().to_owned();
    place.folder.write("sub/x", "");
    let daemon = read(
        &place,
        "logfile=sub/../x.log\nlogfile_maxbytes=1KB\nlogfile_backups=-3\nLogLevel=WARN\n\
         pidfile=%(here)s/sub/p\numask=0o77\nnodaemon=on\nsilent=1\nminfds=5\nminprocs=6\nnocleanup=yes\n\
         childlogdir=sub\nuser=33\ndirectory=%(here)s\nstrip_ansi=TRUE\nidentifier=%(ENV_FLAVOUR)s\n\
         environment=A=\"%(host_node_name)s\",B=\"100%%\",C=\"%(ENV_RATE)s\"",
    );
    let environment = [("A", "node"), ("B", "100%"), ("C", "50%")];
    let want = Supervisord {
        ends: Ends::default(),
        container: false,
        logfile: MainLog::File(at.join("x.log")),
        logfile_maxbytes: 1024,
        logfile_backups: 0,
        loglevel: Level::Warn,
        pidfile: Some(at.join("sub/p")),
        umask: 0o77,
        nodaemon: true,
        silent: true,
        minfds: 5,
        minprocs: 6,
        nocleanup: true,
        // made absolute: the log files are opened later, from another folder perhaps
        childlogdir: at.join("sub"),
        user: daemon.user.clone(),
        directory: Some(at.clone()),
        strip_ansi: true,
        environment: environment
            .map(|(name, value)| (name.into(), value.into()))
            .into(),
        identifier: "sweet".into(),
    };
    assert_eq!(daemon, want);
    assert_eq!(daemon.user.map(|user| user.name), Some("web".into()));
    assert_eq!(read(&place, "logfile=syslog").logfile, MainLog::Syslog);
    // CFG-104: only this spelling; an empty name is the directory itself
    let file = |options: &str| match read(&place, options).logfile {
        MainLog::File(path) => path,
        MainLog::Syslog => panic!("{options}"),
    };
    assert_eq!(file("logfile=SYSLOG"), at.join("SYSLOG"));
    assert_eq!(file("logfile=NONE"), at.join("NONE"));
    assert_eq!(file("logfile="), at);
}

#[test]
fn refusals() {
    let place = Place::new();
    let nowhere = "The directory named as part of the path /no/such/x does not exist";
    let table = [
        ("logfile=/no/such/x", nowhere),
        ("pidfile=/no/such/x", nowhere),
        (
            "childlogdir=/no/such",
            "/no/such is not an existing directory",
        ),
        ("directory=", " is not an existing directory"),
        ("user=nosuch", "Invalid user name nosuch"),
        ("user=", "Invalid user name "),
        ("user=54321", "Invalid user id 54321"),
        ("umask=9z", "9z can not be converted to an octal type"),
        ("loglevel=loud", "bad logging level name 'loud'"),
        (
            "logfile_maxbytes=10XB",
            "invalid literal for int() with base 10: '10xb'",
        ),
        (
            "logfile_backups=ten",
            "invalid literal for int() with base 10: 'ten'",
        ),
        (
            "minfds=1.5",
            "invalid literal for int() with base 10: '1.5'",
        ),
        ("minprocs=", "invalid literal for int() with base 10: ''"),
        ("nodaemon=maybe", "not a valid boolean value: 'maybe'"),
        ("silent=2", "not a valid boolean value: '2'"),
        ("nocleanup=y", "not a valid boolean value: 'y'"),
        ("strip_ansi=", "not a valid boolean value: ''"),
        (
            "environment=KEY",
            "Unexpected end of key/value pairs in value 'KEY'",
        ),
        (
            "identifier=a b",
            "Invalid identifier: 'a b' because of character: ' '",
        ),
        (
            "identifier=%(host_node_name)s",
            "Format string '%(host_node_name)s' for 'supervisord.identifier' contains names \
             ('host_node_name') which cannot be expanded. Available names: ENV_FLAVOUR, ENV_RATE, here",
        ),
        (
            "environment=A=%(nope)s",
            "Format string 'A=%(nope)s' for 'supervisord.environment' contains names ('nope') which \
             cannot be expanded. Available names: ENV_FLAVOUR, ENV_RATE, here",
        ),
        // the order of reading is not that of the lines (CFG-075)
        (
            "strip_ansi=x\nlogfile=/no/such/x\nminprocs=p\nminfds=f",
            "invalid literal for int() with base 10: 'f'",
        ),
        // the user comes after everything else (CFG-076)
        (
            "user=nosuch\n[unix_http_server]",
            "section [unix_http_server] has no file value",
        ),
    ];
    for (options, want) in table {
        assert_eq!(place.error(options), want, "{options}");
    }
}

#[test]
fn the_command_line_wins() {
    let place = Place::new();
    let at = place.folder.path().to_owned();
    let file =
        "[supervisord]\nlogfile=a\npidfile=b\nuser=root\nloglevel=warn\nminfds=1\nsilent=true\n";
    place.folder.write("s.conf", file);
    let mut args = DaemonArgs {
        file: Some("s.conf".into()),
        nodaemon: true,
        user: Some("web".into()),
        umask: Some(7),
        directory: Some("/".into()),
        logfile: Some("x".into()),
        logfile_maxbytes: Some(1),
        logfile_backups: Some(2),
        loglevel: Some(Level::Trace),
        pidfile: Some(String::new()),
        identifier: Some("me".into()),
        childlogdir: Some("/var".into()),
        minfds: Some(3),
        minprocs: Some(4),
        strip_ansi: true,
        nocleanup: true,
        ..DaemonArgs::default()
    };
    let daemon = load(&args, &place.world()).unwrap().supervisord;
    let want = Supervisord {
        ends: Ends::default(),
        container: false,
        logfile: MainLog::File(at.join("x")),
        logfile_maxbytes: 1,
        logfile_backups: 2,
        loglevel: Level::Trace,
        // an empty name counts as none
        pidfile: Some(at.join("b")),
        umask: 7,
        nodaemon: true,
        silent: true,
        minfds: 3,
        minprocs: 4,
        nocleanup: true,
        childlogdir: "/var".into(),
        user: daemon.user.clone(),
        directory: Some("/".into()),
        strip_ansi: true,
        environment: [].into(),
        identifier: "me".into(),
    };
    assert_eq!(daemon, want);
    assert_eq!(daemon.user.map(|user| user.uid), Some(33));
    args.user = Some("nosuch".into());
    let error = load(&args, &place.world()).unwrap_err();
    assert_eq!(error.to_string(), "Invalid user name nosuch");
    // CFG-077: the file must be right even where it does not count
    place
        .folder
        .write("s.conf", "[supervisord]\nloglevel=loud\n");
    let error = load(&args, &place.world()).unwrap_err();
    assert_eq!(words(&error.to_string()), "bad logging level name 'loud'");
}

#[test]
fn an_environment_that_only_4_3_0_can_read() {
    let place = Place::new();
    let config = place
        .load_more("environment=A=\"x y\".\n B=\"%(host_node_name)s\"")
        .unwrap();
    let pairs = [("A", "x y"), ("B", "node")];
    let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(config.supervisord.environment, pairs.into());
    let says: Vec<&str> = config
        .notices
        .iter()
        .map(|notice| notice.text.as_str())
        .collect();
    let want = "In s.conf, line 2, environment of [supervisord] is read as Supervisor 4.3.0 reads it, because of A; \
                write environment=A=\"x y\",B=\"%(host_node_name)s\"";
    assert_eq!(says, [want]);
}

#[test]
fn ends_of_the_daemon() {
    let place = Place::new();
    let ends = |options: &str| read(&place, options).ends;
    assert!(ends("exit_on_fatal=ANY").on_fatal && ends("exit_when_done=true").when_done);
    assert_eq!(ends("exit_code_on_failure=255").code_on_failure, Some(255));
    assert_eq!(
        ends("shutdown_timeout=1500ms").shutdown_timeout,
        Some(Duration::from_millis(1_500))
    );
    assert_eq!(ends("shutdown_timeout=0"), Ends::default());
    let table = [
        (
            "exit_on_fatal=yes",
            "'exit_on_fatal' value 'yes': allowed are none, any",
        ),
        (
            "exit_when_done=2",
            "'exit_when_done' value '2': not a valid boolean value",
        ),
        (
            "exit_code_on_failure=0",
            "'exit_code_on_failure' value '0': must be between 1 and 255",
        ),
        (
            "container=maybe",
            "'container' value 'maybe': allowed are false, auto, true",
        ),
    ];
    for (options, want) in table {
        let error = place.whole_error(options);
        assert_eq!(
            error,
            format!("invalid {want} in section 'supervisord' (file: 's.conf')")
        );
    }
}

#[test]
fn the_preset_for_containers() {
    let mut place = Place::new();
    let plain = read(&place, "");
    assert!(!plain.container && !plain.nodaemon);
    // auto looks around (LIF-227)
    assert_eq!(read(&place, "container=auto"), plain);
    place.in_container = true;
    assert!(read(&place, "container=auto").container);
    assert_eq!(read(&place, ""), plain);
    // LIF-228 to LIF-233
    let preset = read(&place, "container=true");
    let want = Supervisord {
        container: true,
        nodaemon: true,
        silent: true,
        pidfile: None,
        logfile: MainLog::File("/dev/stderr".into()),
        logfile_maxbytes: 0,
        ends: Ends {
            on_fatal: true,
            shutdown_timeout: Some(Duration::from_secs(8)),
            ..Ends::default()
        },
        ..plain.clone()
    };
    assert_eq!(preset, want);
    // what is set wins (LIF-235)
    let set = "container=true\nnodaemon=false\npidfile=x\nlogfile=y\nexit_on_fatal=none\nshutdown_timeout=0";
    let want = Supervisord {
        container: true,
        ..read(&place, "pidfile=x\nlogfile=y")
    };
    assert_eq!(read(&place, set), want);
    let args = DaemonArgs {
        container: true,
        file: Some("s.conf".into()),
        pidfile: Some("/p".into()),
        ..DaemonArgs::default()
    };
    place.folder.write("s.conf", "[supervisord]\n");
    let settings = load(&args, &place.world()).unwrap().supervisord;
    assert!(settings.container && settings.pidfile == Some("/p".into()));
}
