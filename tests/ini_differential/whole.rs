//! Whole configurations: what 4.3.0 starts must start here too (DEC-016), and what both refuse is told in its words. The
//! reference reads them in its own Python; without it the test says so and passes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use supervisor::config::cli::DaemonArgs;
use supervisor::config::{World, load};
use supervisor::sys::accounts::SystemAccounts;

use crate::random::Random;
use crate::text_of;

/// How many random configurations there are.
const CASES: usize = 3_000;

/// Prints, for each configuration, what the reference says when it refuses it.
const REALIZE: &str = r"
import json, sys
from supervisor.options import ServerOptions
class Refused(Exception): pass
def refuse(message): raise Refused(message)
for line in open(sys.argv[1]):
    with open(sys.argv[2], 'wb') as file:
        file.write(bytes.fromhex(line.strip()))
    options = ServerOptions()
    options.usage = refuse
    try:
        options.realize(['-c', sys.argv[2]])
        result = None
    except Refused as error:
        result = str(error)
    except Exception as error:
        result = 'crash: ' + repr(error)
    print(json.dumps(result))
";

/// What a section needs beside the option that is tried, and options that it may have.
const SECTIONS: [(&str, &[&str]); 7] = [
    (
        "[supervisord]\n",
        &[
            "minfds",
            "minprocs",
            "umask",
            "logfile",
            "logfile_maxbytes",
            "logfile_backups",
            "loglevel",
            "pidfile",
            "identifier",
            "nodaemon",
            "silent",
            "nocleanup",
            "strip_ansi",
            "user",
            "directory",
            "childlogdir",
            "environment",
            "environment",
            "environment",
            "unheard_of",
        ],
    ),
    (
        "[program:x]\ncommand=/bin/cat\n",
        &[
            "command",
            "process_name",
            "numprocs_start",
            "directory",
            "umask",
            "priority",
            "autostart",
            "autorestart",
            "startsecs",
            "startretries",
            "stopsignal",
            "stopwaitsecs",
            "stopasgroup",
            "killasgroup",
            "exitcodes",
            "redirect_stderr",
            "user",
            "serverurl",
            "stdout_logfile",
            "stderr_logfile",
            "stdout_logfile_maxbytes",
            "stdout_logfile_backups",
            "stdout_capture_maxbytes",
            "stdout_events_enabled",
            "stdout_syslog",
            "environment",
            "environment",
            "environment",
            "environment",
            "unheard_of",
        ],
    ),
    (
        "[eventlistener:e]\ncommand=/bin/cat\nevents=TICK_5\n",
        &[
            "events",
            "buffer_size",
            "priority",
            "redirect_stderr",
            "environment",
        ],
    ),
    (
        "[fcgi-program:f]\ncommand=/bin/cat\nsocket=tcp://localhost:9\n",
        &["socket", "socket_backlog", "user", "priority"],
    ),
    (
        "[fcgi-program:f]\ncommand=/bin/cat\nsocket=unix:///tmp/f\n",
        &["socket_owner", "socket_mode", "socket"],
    ),
    (
        "[program:y]\ncommand=/bin/cat\n[group:g]\nprograms=y\n",
        &["programs", "priority"],
    ),
    ("[inet_http_server]\nport=9001\n", &["port"]),
];

/// Pieces of values.
const PIECES: &[&str] = &[
    "0",
    "77777777777777",
    "1",
    "7",
    "22",
    "-",
    "+",
    "_",
    " ",
    "0o",
    "KB",
    "mb",
    "GB",
    "K",
    ".",
    ",",
    ",",
    "\t",
    "\n ",
    "true",
    "No",
    "ON",
    "unexpected",
    "TERM",
    "sig",
    "hup",
    "RTMIN",
    "64",
    "255",
    "256",
    "root",
    "nobody",
    ":",
    "/tmp",
    "/no/such",
    "/x.log",
    "AUTO",
    "none",
    "Syslog",
    "info",
    "WARN",
    "critical",
    "TICK_60",
    "PROCESS_STATE",
    "EVENT",
    "y",
    "x",
    "%%",
    "%(here)s",
    "%(program_name)s",
    "%(ENV_A)s",
    "%(process_num)02d",
    "%(nothing)s",
    "%s",
    "%",
    "(",
    "tcp://",
    "unix://",
    "localhost:80",
    "*",
    "é",
    "я",
    "\u{663}",
    "\u{a0}",
    ";",
    " ;",
    "#",
    "'",
    "\"",
    "\\",
    "=",
    "A=",
    "B=",
    "A=\"x y\"",
    ",B='z'",
    "C=don't",
    "\".\n  D=1",
    "$HOME",
    "~",
    "~/x",
    "@",
    "[",
    "{",
    "|",
    "!",
];

/// Configurations that 4.3.0 starts and we refuse on purpose.
fn refused_on_purpose(text: &str, words: &str) -> bool {
    // no host: the reference finds out when it opens the server, and ends too
    text.contains("\nport=")
        // DEC-015: what breaks the header of events
        || words.starts_with("Invalid identifier")
        // DEC-018: a negative mode
        || words.ends_with("can not be converted to an octal type") && text.contains('-')
}

/// What both refuse and we tell otherwise.
fn said_in_other_words(text: &str, theirs: &str) -> bool {
    // lists are refused by another lexing, which may find another reason
    text.contains("environment=")
        // the order of a set, and hosts that are none
        || theirs.starts_with("Unknown event type")
        || text.contains("port=")
        // a Python tuple (CFG-182)
        || theirs.starts_with("('")
        || theirs.starts_with("crash")
        // the whole dictionary (CFG-043)
        || text.contains("%s")
        || theirs.contains("{'ENV_A'")
        // our widths have a bound
        || text.contains("%7777")
}

#[test]
fn dec_016_what_the_reference_starts_starts_here() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let python = target.join("reference/bin/python3");
    if !python.exists() {
        eprintln!(
            "skipped: needs Python's Supervisor to compare with; run tests/fetch-reference.sh"
        );
        return;
    }
    let mut random = Random::new(0x0dec_0016);
    let cases: Vec<String> = (0..CASES).map(|_| configuration(&mut random)).collect();
    let base = std::env::temp_dir().join(format!("differential-whole-{}", std::process::id()));
    let (list, conf) = (base.with_extension("list"), base.with_extension("conf"));
    let mut hex = String::new();
    for case in &cases {
        for byte in case.bytes() {
            write!(hex, "{byte:02x}").unwrap();
        }
        hex.push('\n');
    }
    std::fs::write(&list, hex).unwrap();
    let output = Command::new(python)
        .args(["-W", "ignore", "-c", REALIZE])
        .args([&list, &conf])
        .stdin(Stdio::null())
        .env_clear()
        .env("A", "1")
        .env("HOME", "/tmp")
        .env("LC_CTYPE", "C.UTF-8")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let theirs = String::from_utf8(output.stdout).unwrap();
    let environment = BTreeMap::from(
        [("A", "1"), ("HOME", "/tmp"), ("LC_CTYPE", "C.UTF-8")]
            .map(|(a, b)| (a.to_owned(), b.to_owned())),
    );
    let world = World {
        environment: &environment,
        accounts: &SystemAccounts,
        node_name: "node".to_owned(),
        cwd: std::env::current_dir().unwrap(),
        program: "/usr/bin/supervisord".into(),
        in_container: false,
        uid: nix::unistd::geteuid().as_raw(),
        patience: Duration::ZERO,
    };
    let file = Some(conf.to_string_lossy().into_owned());
    let args = DaemonArgs {
        file,
        ..DaemonArgs::default()
    };
    let mut faults = String::new();
    assert_eq!(theirs.lines().count(), cases.len());
    for (case, theirs) in cases.iter().zip(theirs.lines()) {
        let theirs: Option<String> = serde_json::from_str(theirs).unwrap();
        std::fs::write(&conf, case).unwrap();
        let ours = load(&args, &world).err().map(|refusal| refusal.to_string());
        match (theirs, ours) {
            (None, Some(ours)) if !refused_on_purpose(case, words(&ours)) => {
                writeln!(faults, "{case:?}\n  is refused here only: {ours}").unwrap();
            }
            (Some(theirs), Some(ours))
                if words(&ours) != words(&theirs) && !said_in_other_words(case, &theirs) =>
            {
                writeln!(faults, "{case:?}\n  theirs: {theirs}\n  ours: {ours}").unwrap();
            }
            _ => {}
        }
    }
    for file in [list, conf] {
        std::fs::remove_file(file).unwrap();
    }
    let count = faults.lines().count();
    let first: Vec<_> = faults.lines().take(60).collect();
    assert_eq!(count, 0, "{}", first.join("\n"));
}

/// A configuration with one option of which the value is random.
fn configuration(random: &mut Random) -> String {
    let (section, options) = SECTIONS[random.place(SECTIONS.len())];
    let option = options[random.place(options.len())];
    let value = text_of(random, PIECES, 5);
    let head = if section.starts_with("[supervisord]") {
        ""
    } else {
        "[supervisord]\n"
    };
    format!("{head}{section}{option}={value}\n")
}

/// The reference's words, without the place.
fn words(text: &str) -> &str {
    let text = text
        .split_once(" for option '")
        .map_or(text, |parts| parts.0);
    text.split_once(" in section '")
        .map_or(text, |parts| parts.0)
}
