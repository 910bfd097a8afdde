//! What takes several sections: groups, pools, and what is said of a file as a whole.

use proptest::prelude::{prop, proptest};

use super::*;
use crate::base::event_names::EventName;
use crate::config::testing::Place;

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
        [
            "In s.conf, line 5, [program:b] makes a group b, as [group:b] in s.conf, line 7 does; only the latter \
          counts"
        ]
    );
    let text = "[program:a]\ncommand=1\nprocess_name=p\n[program:b]\ncommand=1\nprocess_name=p\n\
                [group:g]\nprograms=a,b\n";
    assert_eq!(
        says(&place.load_more(text).unwrap()),
        [
            "In s.conf, line 5, [program:b] has a process p in group g, as [program:a] in s.conf, line 2 has; only \
          the former counts"
        ]
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

/// What the Go supervisord's own files have (go.md), in other words.
const OF_GO: &str = "\
[unix_http_server]\nfile=%(here)s/go.sock\nusername=me\npassword={SHA}82ab876d1387bfafe46cc1c8a2ef074eae50cb1d\n\
[inet_http_server]\nport=127.0.0.1:9001\nusername=me\npassword=secret\n\
[supervisord]\nlogfile=%(here)s/go.log\nlogfileMaxbytes=50MB\nlogfileBackups=10\nloglevel=info\n\
pidfile=%(here)s/go.pid\nidentifier=go\n\
[program-default]\nenvironment=REGION=\"north\"\nrestartPause=2\nstopwaitsecs=5\n\
[program:db]\ncommand=/bin/cat\nprocess_name=%(program_name)s\nnumprocs=1\nautostart=true\nstartsecs=3\n\
startretries=3\nautorestart=true\nexitcodes=0,2\nstopsignal=TERM INT\nstopasgroup=true\nkillasgroup=true\n\
killwaitsecs=2\nuser=web\nredirect_stderr=false\nstdout_logfile=AUTO\nstdout_logfile_maxbytes=50MB\n\
stdout_logfile_backups=10\nstdout_capture_maxbytes=0\nstdout_events_enabled=true\nenvFiles=-common.env,-local.env\n\
environment=KEY=\"val\",OTHER=\"2\"\ndirectory=/tmp\nserverurl=AUTO\nconf_file=/etc/db.conf\n\
liveness_check_script=http://127.0.0.1:8080/ping -H 'X-Check: 1'\nliveness_check_initial_delay=60\n\
liveness_check_period=60\nliveness_check_timeout=30\nliveness_check_success_threshold=1\n\
liveness_check_failure_threshold=3\nliveness_check_success_action=touch /tmp/good\n\
liveness_check_failure_action=restart\npre_start_hook=-true\npre_stop_hook=tcp://127.0.0.1:80\n\
[program:web]\ncommand=/bin/cat\ndepends_on=db\nrestart_when_binary_changed=true\n\
restart_directory_monitor=/tmp\nrestart_file_pattern=*.html\nrestart_signal_when_file_changed=HUP\n\
[program:job]\ncommand=/bin/true\ncron=0 30 3 * * *\n\
[group:site]\nprograms=db,web\npriority=999\n\
[eventlistener:l]\ncommand=/bin/cat\nevents=PROCESS_STATE\nbuffer_size=100\n";

#[test]
fn a_file_of_the_go_supervisord() {
    let config = Place::new().load(OF_GO).unwrap();
    let unknown = |line: &str| line.contains("is unknown and ignored");
    let (unknown, others): (Vec<&str>, Vec<&str>) =
        says(&config).into_iter().partition(|line| unknown(line));
    // GOC-061, GOC-045
    let want = [
        "option logfilemaxbytes of [supervisord] is unknown and ignored; did you mean logfile_maxbytes?",
        "option logfilebackups of [supervisord] is unknown and ignored; did you mean logfile_backups?",
        "option conf_file of [program:db] is unknown and ignored",
    ];
    assert_eq!(unknown.len(), want.len(), "{unknown:?}");
    for (line, want) in unknown.iter().zip(want) {
        assert!(line.ends_with(want), "{line}");
    }
    assert_eq!(others, [""; 0]);
    let processes = config.groups.iter().flat_map(|group| &group.processes);
    let lives: BTreeMap<&str, _> = processes
        .map(|process| (process.name.as_str(), process.policy.lifecycle.as_deref()))
        .collect();
    let db = lives["db"].expect("a life");
    assert_eq!(db.restarts.pause.as_secs(), 2);
    assert_eq!(db.stopping.more_signals.len(), 1);
    assert!(db.liveness_check.is_some() && db.hooks.pre_start.is_some());
    let web = lives["web"].expect("a life");
    assert_eq!((web.depends_on.len(), web.watches.len()), (1, 2));
    assert!(lives["job"].is_some_and(|job| job.schedule.is_some()));
    assert!(lives["l"].is_none());
}
