//! `[program:x]`: every option, its default and its refusal; the warnings; several processes.

use std::time::Duration;

use super::*;
use crate::base::signals::Signal;
use crate::config::testing::Place;
use crate::process::policy::{Autorestart, LogFormat, Policy};

const COMMAND: &str = "[program:x]\ncommand=/bin/cat\n";

fn all(place: &Place, text: &str) -> Vec<ProcessConfig> {
    let config = place.load_more(text).unwrap();
    let groups = config.groups.into_iter();
    let processes = groups.flat_map(|group| group.processes);
    processes.map(Rc::unwrap_or_clone).collect()
}

fn one(place: &Place, options: &str) -> ProcessConfig {
    let mut processes = all(place, &format!("{COMMAND}{options}\n"));
    assert_eq!(processes.len(), 1, "{options}");
    processes.remove(0)
}

fn warnings(place: &Place, text: &str) -> Vec<String> {
    let config = place.load_more(text).unwrap();
    config
        .notices
        .into_iter()
        .map(|notice| notice.text)
        .collect()
}

fn plain() -> ProcessConfig {
    let channel = ChannelConfig {
        logfile: LogTarget::Auto,
        maxbytes: 50 << 20,
        backups: 10,
        capture_maxbytes: 0,
        events_enabled: false,
        syslog: false,
        format: LogFormat::Raw,
    };
    ProcessConfig {
        name: "x".into(),
        program: "x".into(),
        command: "/bin/cat".into(),
        directory: None,
        umask: None,
        priority: 999,
        policy: Policy {
            autostart: true,
            autorestart: Autorestart::Unexpected,
            startsecs: 1,
            startretries: 3,
            exitcodes: vec![0],
            stopsignal: Signal::TERM,
            stopwaitsecs: 10,
            stopasgroup: false,
            killasgroup: false,
            lifecycle: None,
        },
        stdout: channel.clone(),
        stderr: channel,
        redirect_stderr: false,
        environment: [].into(),
        serverurl: None,
        uid: None,
        socket: None,
    }
}

#[test]
fn defaults() {
    assert_eq!(one(&Place::new(), ""), plain());
}

/// What an option does to the process that has nothing else.
type Change = fn(&mut ProcessConfig);

#[test]
fn options() {
    let place = Place::new();
    let table: [(&str, Change); 34] = [
        ("priority=-5", |p| p.priority = -5),
        ("autostart=no", |p| p.policy.autostart = false),
        ("autorestart=1", |p| {
            p.policy.autorestart = Autorestart::Always;
        }),
        ("autorestart=off", |p| {
            p.policy.autorestart = Autorestart::Never;
        }),
        ("startsecs=-1", |p| p.policy.startsecs = -1),
        ("startretries=0", |p| p.policy.startretries = 0),
        ("stopsignal=usr2", |p| p.policy.stopsignal = Signal::USR2),
        ("stopwaitsecs=1_0", |p| p.policy.stopwaitsecs = 10),
        ("stopasgroup=on", |p| {
            p.policy.stopasgroup = true;
            p.policy.killasgroup = true;
        }),
        ("killasgroup=on", |p| p.policy.killasgroup = true),
        ("exitcodes=0, 2,255", |p| {
            p.policy.exitcodes = vec![0, 2, 255];
        }),
        ("exitcodes=", |p| p.policy.exitcodes = vec![]),
        ("user=web", |p| p.uid = Some(33)),
        ("umask=027", |p| p.umask = Some(0o27)),
        ("directory=~/%(program_name)s", |p| {
            p.directory = Some("~/x".into());
        }),
        ("directory=", |p| p.directory = Some(String::new())),
        ("serverurl= auto", |_| ()),
        ("serverurl=", |p| p.serverurl = Some(String::new())),
        ("serverurl=http://h:1", |p| {
            p.serverurl = Some("http://h:1".into());
        }),
        ("redirect_stderr=true", |p| {
            p.redirect_stderr = true;
            p.stderr.logfile = LogTarget::None;
        }),
        ("stdout_logfile=NONE", |p| {
            p.stdout.logfile = LogTarget::None;
        }),
        ("stderr_logfile=off", |p| p.stderr.logfile = LogTarget::None),
        ("stdout_logfile=", |p| p.stdout.logfile = LogTarget::None),
        ("stdout_logfile=a%%%%.log", |p| {
            p.stdout.logfile = LogTarget::File("a%.log".into());
        }),
        ("stderr_logfile=\"q\"", |p| {
            p.stderr.logfile = LogTarget::File("\"q\"".into());
        }),
        ("stdout_logfile=Syslog", |p| {
            p.stdout.logfile = LogTarget::None;
            p.stdout.syslog = true;
        }),
        ("stdout_logfile_maxbytes=1MB", |p| {
            p.stdout.maxbytes = 1 << 20;
        }),
        ("stderr_logfile_maxbytes=-1", |p| p.stderr.maxbytes = 0),
        ("stderr_logfile_backups=0", |p| p.stderr.backups = 0),
        ("stdout_capture_maxbytes=2KB", |p| {
            p.stdout.capture_maxbytes = 2048;
        }),
        ("stderr_events_enabled=yes", |p| {
            p.stderr.events_enabled = true;
        }),
        ("stderr_syslog=1", |p| p.stderr.syslog = true),
        ("environment=B=2,A=\"%(process_num)d%%\"", |p| {
            p.environment = [("A", "0%"), ("B", "2")]
                .map(|(name, value)| (name.into(), value.into()))
                .into();
        }),
        ("process_name= y ", |p| p.name = "y".into()),
    ];
    for (option, change) in table {
        let mut want = plain();
        change(&mut want);
        assert_eq!(one(&place, option), want, "{option}");
    }
}

#[test]
fn spans_are_never_negative() {
    let policy = one(&Place::new(), "startsecs=-1\nstopwaitsecs=3").policy;
    assert_eq!(policy.start_span(), Duration::ZERO);
    assert_eq!(policy.stop_span(), Duration::from_secs(3));
}

#[test]
fn refusals() {
    let place = Place::new();
    let number = |text: &str| format!("invalid literal for int() with base 10: '{text}'");
    let nowhere = "The directory named as part of the path /no/such/x does not exist".to_owned();
    let table = [
        ("startsecs=1s", number("1s")),
        ("startretries=", number("")),
        ("stopwaitsecs=ten", number("ten")),
        ("numprocs=two", number("two")),
        ("numprocs_start=-x", number("-x")),
        ("stdout_logfile_maxbytes=1TB", number("1tb")),
        ("stdout_logfile_backups=x", number("x")),
        ("stderr_capture_maxbytes=big", number("big")),
        ("autostart=sometimes", "not a valid boolean value: 'sometimes'".into()),
        ("redirect_stderr=2", "not a valid boolean value: '2'".into()),
        ("stderr_events_enabled=", "not a valid boolean value: ''".into()),
        ("stdout_syslog=x", "not a valid boolean value: 'x'".into()),
        ("autorestart=Maybe", "invalid 'autorestart' value 'maybe'".into()),
        ("stopsignal=NOSUCH", "value 'NOSUCH' is not a valid signal name".into()),
        ("exitcodes=0,256", "not a valid list of exit codes: '0,256'".into()),
        ("user=nosuch", "Invalid user name nosuch".into()),
        ("umask=8", "8 can not be converted to an octal type".into()),
        ("environment=A=1,B", "Unexpected end of key/value pairs in value 'A=1,B'".into()),
        ("environment=A='", "No closing quotation".into()),
        ("stdout_logfile=/no/such/x", nowhere.clone()),
        ("stderr_logfile=/no/such/x", nowhere),
        ("process_name=a/b", "Invalid name: 'a/b' because of character: '/'".into()),
        (
            "numprocs=2",
            "%(process_num) must be present within process_name when numprocs > 1".into(),
        ),
        (
            "numprocs=4000000000\nprocess_name=%(process_num)d",
            "numprocs is 4000000000, and no daemon can have more than 524288 processes".into(),
        ),
        (
            "stopasgroup=true\nkillasgroup=false",
            "Cannot set stopasgroup=true and killasgroup=false".into(),
        ),
        (
            "stdout_logfile=a%%x",
            "Format string 'a%x' for 'stdout_logfile' is badly formatted: %x format: an integer is \
             required, not dict"
                .into(),
        ),
    ];
    for (options, want) in table {
        let error = place.whole_error(&format!("{COMMAND}{options}"));
        let (option, _) = options.split_once('=').unwrap();
        let place = match option {
            // two options that do not fit each other
            "numprocs" if !error.starts_with("inv") => {
                " in section 'program:x' (file: 's.conf')".into()
            }
            "stopasgroup" => " in section 'program:x' (file: 's.conf')".into(),
            option => {
                format!(" for option '{option}' in section 'program:x' (file: 's.conf', line 4)")
            }
        };
        let shown = error
            .split_once("; ")
            .map_or(error.as_str(), |parts| parts.0);
        assert_eq!(shown, format!("{want}{place}"), "{options}");
    }
    let error = place.error("[program:x]\npriority=1");
    assert_eq!(
        error,
        "program section program:x does not specify a command in section 'program:x' (file: 's.conf')"
    );
    // read at the level of the group (CFG-074)
    assert_eq!(
        place.whole_error(&format!("{COMMAND}priority=high")),
        number("high") + " for option 'priority' in section 'program:x' (file: 's.conf', line 4)"
    );
}

#[test]
fn several_processes() {
    let place = Place::new();
    let text = "[program:x]\nnumprocs=12\nnumprocs_start=-1\nprocess_name=%(group_name)s-%(process_num)d\n\
                command=%(program_name)s %(process_num)03d/%(numprocs)d %(host_node_name)s\n\
                stdout_logfile=%(process_num)d.log\nenvironment=N=%(process_num)d\n";
    let processes = all(&place, text);
    let names: Vec<&str> = processes
        .iter()
        .map(|process| process.name.as_str())
        .collect();
    // by name, not by number (CFG-165)
    let sorted = [
        "--1", "-0", "-1", "-10", "-2", "-3", "-4", "-5", "-6", "-7", "-8", "-9",
    ];
    assert_eq!(names, sorted.map(|name| format!("x{name}")));
    let ten = &processes[3];
    assert_eq!(ten.command, "x 010/12 node");
    assert_eq!(ten.stdout.logfile, LogTarget::File("10.log".into()));
    assert_eq!(ten.environment["N"], "10");
    for numprocs in ["0", "-1"] {
        let text = format!("{COMMAND}numprocs={numprocs}");
        assert_eq!(all(&place, &text), [], "{numprocs}");
    }
    // what counts is the text (CFG-139); of equal names one process will run (CFG-166)
    let text = format!("{COMMAND}numprocs=2\nprocess_name=%%(process_num)d\n");
    let names: Vec<String> = all(&place, &text)
        .into_iter()
        .map(|process| process.name)
        .collect();
    assert_eq!(names, ["%(process_num)d", "%(process_num)d"]);
    let says = warnings(&place, &text);
    assert_eq!(
        says,
        [
            "In s.conf, line 2, several processes of [program:x] in group x are named %(process_num)d; one counts"
        ]
    );
}

#[test]
fn environments() {
    let place = Place::new();
    let text = "environment=A=global,B=global\n[program:x]\n\
                command=%(ENV_A)s %(ENV_B)s %(ENV_C)s %(ENV_FLAVOUR)s\n\
                environment=B=\"%(ENV_A)s+\",C=mine,FLAVOUR=sour\nautostart=%(ENV_YES)s\n";
    let error = place.whole_error(text);
    let names = "Available names: ENV_A, ENV_B, ENV_FLAVOUR, ENV_RATE, group_name, here, host_node_name, \
                 program_name for option 'autostart' in section";
    assert!(error.contains(names), "{error}");
    let process = all(&place, &text.replace("%(ENV_YES)s", "yes")).remove(0);
    assert_eq!(process.command, "global global+ mine sour");
    let want = [
        ("A", "global"),
        ("B", "global+"),
        ("C", "mine"),
        ("FLAVOUR", "sour"),
    ];
    let pairs = process.environment.iter();
    let pairs: Vec<_> = pairs
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(pairs, want);
}

#[test]
fn warnings_for_the_log() {
    let place = Place::new();
    let table = [
        ("stdout_logfile=/tmp/x\nstdout_logfile_maxbytes=0", vec![]),
        (
            "stderr_logfile=syslog",
            vec![
                "For [program:x], stderr_logfile=syslog but this is deprecated and will be removed.  Use \
                 stderr_syslog=true to enable syslog instead.",
            ],
        ),
        (
            "stdout_logfile_maxbytes=0",
            vec![
                "For [program:x], AUTO logging used for stdout_logfile without rollover, set maxbytes > 0 to \
                 avoid filling up filesystem unintentionally",
            ],
        ),
        (
            "redirect_stderr=true\nstderr_logfile=/tmp/x",
            vec![
                "For [program:x], redirect_stderr=true but stderr_logfile has also been set to a filename, the \
                 filename has been ignored",
            ],
        ),
        ("redirect_stderr=true\nstderr_logfile=NONE", vec![]),
        (
            "environment=A=$HOME",
            vec![
                "In s.conf, line 4, environment of [program:x] contains HOME where a comma is expected; A: \
                 '$' needs quotes: A=\"$HOME\"",
            ],
        ),
        (
            // the file's own text is shown, not the secret
            "environment=A=\"%(ENV_RATE)s\".\n B=x\nnumprocs=2\nprocess_name=%(process_num)d",
            vec![
                "In s.conf, line 4, environment of [program:x] is read as Supervisor 4.3.0 reads it, because \
                 of A; write environment=A=\"%(ENV_RATE)s\",B=\"x\"",
            ],
        ),
        (
            "environment=A=%(ENV_FLAVOUR)s,B=\"1\".\n C=x y",
            vec![
                "In s.conf, line 4, environment of [program:x] is read as Supervisor 4.3.0 reads it, because \
                 of B; write environment=A=\"sweet\",B=\"1\",C=\"x\"",
            ],
        ),
    ];
    for (options, want) in table {
        let text = format!("{COMMAND}{options}\n");
        assert_eq!(warnings(&place, &text), want, "{options}");
    }
}

#[test]
fn variables_of_files_and_of_a_login() {
    let place = Place::new();
    place.folder.write(
        "common.env",
        "A=file\nB=file\nPASSWORD=\"a#b\"\nURL=http://x/?a=%20b\n",
    );
    place.folder.write("more.env", "B=more\nHOME=/file\n");
    place.folder.write("secret", "s3cret\n\n");
    // LIF-304: later wins
    let text = format!(
        "environment=A=\"daemon\",C=\"daemon\",SHELL=\"daemon\"\n{COMMAND}user=web\nlogin_environment=true\n\
         env_file=common.env, -local.env, more.env\nenvironment_from_file=KEY=secret,NONE=-nosuch\n\
         environment=D=\"%(ENV_A)s\",KEY2=\"%(ENV_KEY)s\"\ndirectory=%(ENV_URL)s%(ENV_USER)s%(ENV_SHELL)s\n"
    );
    let process = all(&place, &text).remove(0);
    let variables: Vec<String> = process
        .environment
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let want = [
        "A=file",
        "B=more",
        "C=daemon",
        "D=file",
        "HOME=/file",
        "KEY=s3cret\n",
        "KEY2=s3cret\n",
        "LOGNAME=web",
        "PASSWORD=a#b",
        "SHELL=daemon",
        "URL=http://x/?a=%20b",
        "USER=web",
    ];
    assert_eq!(variables, want);
    assert_eq!(
        process.directory.as_deref(),
        Some("http://x/?a=%20bwebdaemon")
    );
}

#[test]
fn variables_that_are_refused() {
    let place = Place::new();
    place.folder.write("bad.env", "A=1\nnonsense\n");
    let table = [
        (
            "envfiles=nosuch.env",
            "'envfiles' value 'nosuch.env': cannot read {}/nosuch.env: ENOENT",
        ),
        (
            "env_file=bad.env",
            "'env_file' value 'bad.env': {}/bad.env, line 2: not NAME=value",
        ),
        (
            "envfiles=-.",
            "'envfiles' value '-.': cannot read {}/.: EISDIR",
        ),
        (
            "environment_from_file=A",
            "'environment_from_file' value 'A': not NAME=path",
        ),
        (
            "environment_from_file=A=x",
            "'environment_from_file' value 'A=x': cannot read {}/x: ENOENT",
        ),
        // BEY-004
        (
            "envfiles=-a\nenvfile=-b",
            "'envfile' value '-b': is an alias of envfiles, which is set too",
        ),
    ];
    for (options, want) in table {
        let error = place.whole_error(&format!("{COMMAND}{options}\n"));
        assert_eq!(
            error,
            format!("invalid {want} in section 'program:x' (file: 's.conf')"),
            "{options}"
        );
    }
    // the same value twice is none
    assert_eq!(one(&place, "envfiles=-a\nenvfile=-a"), plain());
    let mut nobody = Place::new();
    nobody.uid = 7;
    assert_eq!(
        nobody.whole_error(&format!("{COMMAND}login_environment=true\n")),
        "invalid 'login_environment' value 'true': no user with uid 7 in section 'program:x' (file: 's.conf')"
    );
}

#[test]
fn logs_in_a_container() {
    // LIF-231
    let place = Place::new();
    let text = "container=true\n[program:a]\ncommand=a\nstdout_logfile=AUTO\n\
                [program:b]\ncommand=b\nredirect_stderr=true\n[program:c]\ncommand=c\nstdout_logfile=NONE\n\
                stderr_logfile=/tmp/x\n[eventlistener:d]\ncommand=d\nevents=TICK_5\n";
    assert_eq!(warnings(&place, text), [""; 0]);
    let logs: Vec<_> = all(&place, text)
        .into_iter()
        .map(|process| {
            let log = |channel: ChannelConfig| match channel.logfile {
                LogTarget::File(path) => format!("{} {:?}", path.display(), channel.format),
                other => format!("{other:?}"),
            };
            [process.name, log(process.stdout), log(process.stderr)]
        })
        .collect();
    let (stdout, stderr) = ("/dev/stdout Text", "/dev/stderr Text");
    let want = [
        ["d", "None", stderr],
        ["a", stdout, stderr],
        ["b", stdout, "None"],
        ["c", "None", "/tmp/x Raw"],
    ];
    assert_eq!(logs, want);
}
