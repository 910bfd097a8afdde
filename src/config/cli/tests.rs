//! Command lines: what they set, and the reference's words for what is wrong with them.

use super::*;
use crate::config::testing::Place;

fn daemon(place: &Place, words: &[&str]) -> Result<DaemonCommand, String> {
    let argv: Vec<String> = [&["prog"], words]
        .concat()
        .into_iter()
        .map(str::to_owned)
        .collect();
    DaemonArgs::parse(&argv, &place.world()).map_err(|error| error.to_string())
}

fn client(words: &[&str]) -> Result<CtlCommand, String> {
    let argv: Vec<String> = [&["prog"], words]
        .concat()
        .into_iter()
        .map(str::to_owned)
        .collect();
    CtlArgs::parse(&argv).map_err(|error| error.to_string())
}

#[test]
fn clap_accepts_the_tables() {
    daemon_command().debug_assert();
    ctl_command().debug_assert();
}

/// What an option does to an empty command line.
type Change = fn(&mut DaemonArgs);

#[test]
fn options() {
    let place = Place::new();
    let table: [(&[&str], Change); 36] = [
        (&[], |_| ()),
        (&["--"], |_| ()),
        (&["-c", "f"], |a| a.file = Some("f".into())),
        (&["-cf"], |a| a.file = Some("f".into())),
        (&["--configuration", "-x"], |a| a.file = Some("-x".into())),
        (&["--conf="], |a| a.file = Some(String::new())),
        (&["-n"], |a| a.nodaemon = true),
        (&["--nod"], |a| a.nodaemon = true),
        (&["-s"], |a| a.silent = true),
        (&["-u", "who"], |a| a.user = Some("who".into())),
        (&["-m077"], |a| a.umask = Some(0o77)),
        (&["-d/"], |a| a.directory = Some("/".into())),
        (&["-l", "x"], |a| a.logfile = Some("x".into())),
        (&["--logfile=a=b"], |a| a.logfile = Some("a=b".into())),
        (&["--logfile="], |a| a.logfile = Some(String::new())),
        (&["--logfile", "x"], |a| a.logfile = Some("x".into())),
        (&["-y", "1KB"], |a| a.logfile_maxbytes = Some(1024)),
        (&["-z3"], |a| a.logfile_backups = Some(3)),
        (&["-e", "DEBUG"], |a| a.loglevel = Some(Level::Debug)),
        (&["--logl=debug"], |a| a.loglevel = Some(Level::Debug)),
        (&["-j", "p"], |a| a.pidfile = Some("p".into())),
        (&["-i", "me"], |a| a.identifier = Some("me".into())),
        (&["-q/tmp"], |a| a.childlogdir = Some("/tmp".into())),
        (&["-k"], |a| a.nocleanup = true),
        (&["-a", " 5 "], |a| a.minfds = Some(5)),
        (&["-t"], |a| a.strip_ansi = true),
        (&["--minp=7"], |a| a.minprocs = Some(7)),
        (&["--profile_options=Calls,x"], |a| {
            a.profile_options = Some(vec!["calls".into(), "x".into()]);
        }),
        (&["-nskt"], |a| {
            (a.nodaemon, a.silent, a.nocleanup, a.strip_ansi) = (true, true, true, true);
        }),
        (&["-ntlx"], |a| {
            (a.nodaemon, a.strip_ansi, a.logfile) = (true, true, Some("x".into()));
        }),
        (&["-ntl", "x"], |a| {
            (a.nodaemon, a.strip_ansi, a.logfile) = (true, true, Some("x".into()));
        }),
        (&["-l-n"], |a| a.logfile = Some("-n".into())),
        (&["-l", "-n"], |a| a.logfile = Some("-n".into())),
        (&["-i", "é"], |a| a.identifier = Some("é".into())),
        (&["-e=info", "--"], |_| ()),
        (&["--silent", "--"], |a| a.silent = true),
    ];
    for (words, change) in table {
        let mut want = DaemonArgs::default();
        change(&mut want);
        if words == ["-e=info", "--"] {
            let error = "invalid value for -e '=info': bad logging level name '=info'";
            assert_eq!(daemon(&place, words), Err(error.into()));
        } else {
            assert_eq!(
                daemon(&place, words),
                Ok(DaemonCommand::Run(want)),
                "{words:?}"
            );
        }
    }
}

#[test]
fn refused_words() {
    let place = Place::new();
    let table: [(&[&str], String); 23] = [
        (&["-x"], "option -x not recognized".into()),
        (&["-é"], "option -é not recognized".into()),
        (&["-:"], "option -: not recognized".into()),
        (&["-nx"], "option -x not recognized".into()),
        (&["--foo"], "option --foo not recognized".into()),
        (&["--foo=1"], "option --foo not recognized".into()),
        (&["--HELP"], "option --HELP not recognized".into()),
        (&["-c"], "option -c requires argument".into()),
        (&["-ntc"], "option -c requires argument".into()),
        (
            &["--conf"],
            "option --configuration requires argument".into(),
        ),
        (&["--log", "x"], "option --log not a unique prefix".into()),
        (
            &["--logfile_"],
            "option --logfile_ not a unique prefix".into(),
        ),
        (&["--=x"], "option -- not a unique prefix".into()),
        (&["--no"], "option --no not a unique prefix".into()),
        (
            &["--nod=1"],
            "option --nodaemon must not have an argument".into(),
        ),
        (
            &["--help="],
            "option --help must not have an argument".into(),
        ),
        (
            &["foo", "b'r"],
            "positional arguments are not supported: ['foo', \"b'r\"]".into(),
        ),
        (
            &["-v", "foo"],
            "positional arguments are not supported: ['foo']".into(),
        ),
        (
            &["-"],
            "positional arguments are not supported: ['-']".into(),
        ),
        (
            &["--", "-x"],
            "positional arguments are not supported: ['-x']".into(),
        ),
        (
            &["-n", "--nodaemon"],
            "conflicting command line option '--nodaemon'".into(),
        ),
        (&["-nn"], "conflicting command line option '-n'".into()),
        (
            &["-ca", "--conf=b"],
            "conflicting command line option '--configuration'".into(),
        ),
    ];
    for (words, want) in table {
        assert_eq!(daemon(&place, words), Err(want), "{words:?}");
    }
}

#[test]
fn refused_values() {
    let place = Place::new();
    let nowhere = "The directory named as part of the path /no/such/x does not exist";
    let table: [(&[&str], String); 17] = [
        (
            &["-e", "bogus"],
            "invalid value for -e 'bogus': bad logging level name 'bogus'".into(),
        ),
        (
            &["--logl", "bogus"],
            "invalid value for --loglevel 'bogus': bad logging level name 'bogus'".into(),
        ),
        (
            &["-m9"],
            "invalid value for -m '9': 9 can not be converted to an octal type".into(),
        ),
        (
            &["-y1K"],
            "invalid value for -y '1K': invalid literal for int() with base 10: '1k'".into(),
        ),
        (
            &["-zmany"],
            "invalid value for -z 'many': invalid literal for int() with base 10: 'many'".into(),
        ),
        (
            &["-a", ""],
            "invalid value for -a '': invalid literal for int() with base 10: ''".into(),
        ),
        (
            &["--minprocs=x"],
            "invalid value for --minprocs 'x': invalid literal for int() with base 10: 'x'".into(),
        ),
        (
            &["-d", "/no/such"],
            "invalid value for -d '/no/such': /no/such is not an existing directory".into(),
        ),
        (
            &["-q", ""],
            "invalid value for -q '':  is not an existing directory".into(),
        ),
        (
            &["-l/no/such/x"],
            format!("invalid value for -l '/no/such/x': {nowhere}"),
        ),
        (
            &["--pidfile=/no/such/x"],
            format!("invalid value for --pidfile '/no/such/x': {nowhere}"),
        ),
        (
            &["-ia:b"],
            "invalid value for -i 'a:b': Invalid identifier: 'a:b' because of character: ':'"
                .into(),
        ),
        // from left to right (CFG-217)
        (
            &["-einfo", "-ewarn", "-d/no/such"],
            "conflicting command line option '-e'".into(),
        ),
        (
            &["-einfo", "-ebogus"],
            "invalid value for -e 'bogus': bad logging level name 'bogus'".into(),
        ),
        (
            &["-e", "bogus", "-v"],
            "invalid value for -e 'bogus': bad logging level name 'bogus'".into(),
        ),
        (&["-v", "-x"], "option -x not recognized".into()),
        (&["-h", "-c"], "option -c requires argument".into()),
    ];
    for (words, want) in table {
        assert_eq!(daemon(&place, words), Err(want), "{words:?}");
    }
}

#[test]
fn help_and_version() {
    let place = Place::new();
    for words in [
        &["-v"] as &[&str],
        &["--vers"],
        &["-v", "-e", "bogus"],
        &["-vh"],
        &["-n", "-v"],
    ] {
        assert_eq!(
            daemon(&place, words),
            Ok(DaemonCommand::Version),
            "{words:?}"
        );
    }
    for words in [
        &["-h"] as &[&str],
        &["-?"],
        &["--he"],
        &["-hv"],
        &["-h", "-nn"],
    ] {
        let Ok(DaemonCommand::Help(text)) = daemon(&place, words) else {
            panic!("{words:?}");
        };
        let head = "supervisord -- run a set of applications as daemons.\n\nUsage: prog [options]\n\nOptions:\n";
        assert!(text.starts_with(head), "{text}");
    }
    let Ok(CtlCommand::Help(text)) = client(&["-i", "--help"]) else {
        panic!("no help");
    };
    assert!(
        text.contains("\nUsage: prog [options] [action [arguments]]\n"),
        "{text}"
    );
}

/// Options that Supervisor has not. The manual tells them: `-h` is Supervisor's own to the letter.
const BEYOND: [&str; 2] = ["container", "env-file"];

/// The help names every option in the order of CFG-220.
#[test]
fn help_lists_every_option() {
    let tables = [
        (daemon_command(), daemon_help("p")),
        (ctl_command(), ctl_help("p")),
    ];
    for (command, help) in tables {
        for arg in command.get_arguments() {
            let long = arg.get_long_and_visible_aliases().unwrap_or_default();
            if long.iter().any(|long| BEYOND.contains(long)) {
                continue;
            }
            let heads = long.iter().map(|long| match arg.get_short() {
                Some(short) => format!("\n-{short}/--{long}"),
                None => format!("\n--{long}"),
            });
            assert!(
                heads.into_iter().any(|head| help.contains(&head)),
                "{long:?}"
            );
        }
    }
    let order: String = daemon_help("p")
        .lines()
        .filter_map(|line| line.strip_prefix('-')?.chars().next())
        .collect();
    assert_eq!(order, "cnshvumdlyzejiqkat--");
}

#[test]
fn clients() {
    let run = |args| Ok(CtlCommand::Run(args));
    let none = CtlArgs::default;
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let table: [(&[&str], Result<CtlCommand, String>); 12] = [
        (&[], run(none())),
        (
            &["status", "-i"],
            run(CtlArgs {
                action: words(&["status", "-i"]),
                ..none()
            }),
        ),
        (
            &["--", "-i"],
            run(CtlArgs {
                action: words(&["-i"]),
                ..none()
            }),
        ),
        (
            &["-", "x"],
            run(CtlArgs {
                action: words(&["-", "x"]),
                ..none()
            }),
        ),
        (
            &["-iuq", "x"],
            run(CtlArgs {
                interactive: true,
                username: Some("q".into()),
                action: words(&["x"]),
                ..none()
            }),
        ),
        (
            &["-c", "f"],
            run(CtlArgs {
                file: Some("f".into()),
                ..none()
            }),
        ),
        (
            &["--server", "http://h"],
            run(CtlArgs {
                serverurl: Some("http://h".into()),
                ..none()
            }),
        ),
        (
            &["--password="],
            run(CtlArgs {
                password: Some(String::new()),
                ..none()
            }),
        ),
        (
            &["-rh"],
            run(CtlArgs {
                history_file: Some("h".into()),
                ..none()
            }),
        ),
        (
            &["--history_file=h"],
            run(CtlArgs {
                history_file: Some("h".into()),
                ..none()
            }),
        ),
        (
            &["--history-file=h"],
            run(CtlArgs {
                history_file: Some("h".into()),
                ..none()
            }),
        ),
        (
            &["--hist", "h"],
            run(CtlArgs {
                history_file: Some("h".into()),
                ..none()
            }),
        ),
    ];
    for (words, want) in table {
        assert_eq!(client(words), want, "{words:?}");
    }
}

#[test]
fn clients_refused() {
    let table: [(&[&str], &str); 6] = [
        (&["-v"], "option -v not recognized"),
        (&["--vers"], "option --vers not recognized"),
        (&["-cx", "-c", "y"], "conflicting command line option '-c'"),
        (
            &["-s", "foo"],
            "invalid value for -s 'foo': value 'foo' is not a URL",
        ),
        (
            &["-s", "unix://"],
            "invalid value for -s 'unix://': value 'unix://' is not a URL",
        ),
        (&["-i", "-s"], "option -s requires argument"),
    ];
    for (words, want) in table {
        assert_eq!(client(words), Err(want.to_owned()), "{words:?}");
    }
}

#[test]
fn words_of_the_go_supervisord() {
    // GOC-081 to GOC-087
    let place = Place::new();
    let go = |word: &str, instead: &str| {
        format!("'{word}' is a command of the Go supervisord; use {instead}")
    };
    let table: [(&[&str], String); 8] = [
        (&["version"], go("version", "supervisord --version")),
        (
            &["init", "-o", "x"],
            go("init", "echo_supervisord_conf > FILE"),
        ),
        (
            &["service", "install"],
            go("service", "the systemd unit of the package"),
        ),
        (&["ctl"], go("ctl", "supervisorctl")),
        (&["ctl", "status", "a"], go("ctl", "supervisorctl status a")),
        (
            &["ctl", "stop-group", "g"],
            go("ctl", "supervisorctl stop g:*"),
        ),
        (&["ctl", "reload"], go("ctl", "supervisorctl update")),
        (
            &["ctl", "logtail", "-t", "stderr", "a"],
            go("ctl", "supervisorctl tail -f a stderr"),
        ),
    ];
    for (words, want) in table {
        let error = daemon(&place, words).expect_err("an error");
        let (first, second) = error.split_once('\n').expect("two lines");
        assert!(
            first.starts_with("positional arguments are not supported: ['"),
            "{first}"
        );
        assert_eq!(second, want, "{words:?}");
    }
    assert_eq!(
        daemon(&place, &["--daemon"]),
        Err(
            "option --daemon not recognized\nsupervisord goes into the background by itself; -n keeps it in the \
             foreground"
                .into()
        )
    );
}

#[test]
fn our_own_options_of_the_daemon() {
    let place = Place::new();
    let run = |words: &[&str]| match daemon(&place, words) {
        Ok(DaemonCommand::Run(args)) => args,
        other => panic!("{words:?}: {other:?}"),
    };
    let args = run(&["--container", "--env-file", "a", "--env-file=b"]);
    assert!(args.container);
    assert_eq!(args.env_files, ["a", "b"]);
    // a beginning still means what it means to Supervisor (BEY-001)
    let args = run(&["--con", "x"]);
    assert_eq!(args.file.as_deref(), Some("x"));
}
