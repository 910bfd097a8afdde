//! What is said about mistakes in configuration files: where they are, and what to write instead.

use nix::sys::signal::Signal;

use crate::common::daemon::Daemon;
use crate::common::home::Home;
use crate::common::ours_only;
use crate::common::wait::wait_until;

/// The sections that each configuration of these tests begins with; three lines.
const HEAD: &str = "[supervisord]\nlogfile={dir}/main.log\npidfile={dir}/pid\n";
/// A program; its own options begin in line 6.
const PROGRAM: &str = "[program:x]\ncommand=/bin/cat\n";

/// What `supervisord` says on stderr when it refuses `supervisord.conf`, with the folder as `{dir}`.
fn refused(home: &Home) -> String {
    let output = home.supervisord(&["-n", "-c", "supervisord.conf"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    said.replace(home.folder().to_str().expect("UTF-8"), "{dir}")
}

#[test]
fn cfg_074_a_refused_value_is_told_with_option_section_file_and_line() {
    ours_only!("the reference names neither option nor line");
    let number = |text: &str| format!("invalid literal for int() with base 10: '{text}'");
    let program = |option: &str| format!("{HEAD}{PROGRAM}{option}\n");
    let section = |name: &str, option: &str| format!("{HEAD}[{name}]\n; a comment\n{option}\n");
    let table = [
        (
            format!("{HEAD}minfds=1000;(descriptors)"),
            number("1000;(descriptors)"),
            ("minfds", "supervisord", 4),
        ),
        (
            format!("{HEAD}nodaemon=maybe"),
            "not a valid boolean value: 'maybe'".into(),
            ("nodaemon", "supervisord", 4),
        ),
        (
            format!("{HEAD}umask=9z"),
            "9z can not be converted to an octal type".into(),
            ("umask", "supervisord", 4),
        ),
        (
            format!("{HEAD}user=no-such-user-here"),
            "Invalid user name no-such-user-here".into(),
            ("user", "supervisord", 4),
        ),
        (
            format!("{HEAD}environment=A=\"x"),
            "No closing quotation".into(),
            ("environment", "supervisord", 4),
        ),
        (
            format!("{HEAD}identifier=100%"),
            "Format string '100%' for 'supervisord.identifier' is badly formatted: incomplete format"
                .into(),
            ("identifier", "supervisord", 4),
        ),
        (program("startsecs=1s"), number("1s"), ("startsecs", "program:x", 6)),
        (program("priority=high"), number("high"), ("priority", "program:x", 6)),
        (
            program("stopsignal=HURZ"),
            "value 'HURZ' is not a valid signal name".into(),
            ("stopsignal", "program:x", 6),
        ),
        (
            program("exitcodes=0,256"),
            "not a valid list of exit codes: '0,256'".into(),
            ("exitcodes", "program:x", 6),
        ),
        (
            program("process_name=%(nothing"),
            "Format string '%(nothing' for 'process_name' is badly formatted: incomplete format key"
                .into(),
            ("process_name", "program:x", 6),
        ),
        (
            section("inet_http_server", "port=localhost:x"),
            number("x"),
            ("port", "inet_http_server", 6),
        ),
        (
            section("unix_http_server", "file=/tmp/s\nchmod=9"),
            "Invalid chmod value 9".into(),
            ("chmod", "unix_http_server", 7),
        ),
        (
            section("group:g", "programs=nobody"),
            "[group:g] names unknown program or fcgi-program nobody".into(),
            ("programs", "group:g", 6),
        ),
        (
            section("eventlistener:e", "command=/bin/cat\nevents=TICK_7"),
            "Unknown event type TICK_7 in [eventlistener:e] events".into(),
            ("events", "eventlistener:e", 7),
        ),
        (
            section("fcgi-program:f", "command=/bin/cat\nsocket=x://y"),
            "Bad socket format x://y in [fcgi-program:f] socket".into(),
            ("socket", "fcgi-program:f", 7),
        ),
        (
            section("rpcinterface:y", "supervisor.rpcinterface_factory=a:b"),
            "a:b cannot be resolved within [rpcinterface:y]".into(),
            ("supervisor.rpcinterface_factory", "rpcinterface:y", 6),
        ),
    ];
    for (config, words, (option, section, line)) in table {
        let home = Home::new();
        home.write("supervisord.conf", &config);
        let said = refused(&home);
        let place = format!(
            " for option '{option}' in section '{section}' (file: 'supervisord.conf', line {line})"
        );
        assert!(
            said.starts_with(&format!("Error: {words}{place}")),
            "{said}"
        );
    }
}

#[test]
fn cfg_080_a_refused_size_is_told_with_the_suffixes_that_there_are() {
    ours_only!("the reference names neither option nor suffixes");
    let home = Home::new();
    home.config("[include]\nfiles={dir}/x.d/*.conf\n");
    let daemon = Daemon::of(home, &[]);
    let option = "stdout_logfile_maxbytes";
    daemon.write(
        "x.d/b.conf",
        &format!("[program:b]\ncommand=/bin/cat\n{option}=1M\n"),
    );
    let error = daemon
        .rpc("supervisor.reloadConfig", vec![])
        .expect_err("a bad size");
    let expected = format!(
        "CANT_REREAD: invalid literal for int() with base 10: '1m' for option '{option}' in section \
         'program:b' (file: '{{dir}}/x.d/b.conf', line 3); a size is a number of bytes, or a number with \
         KB, MB or GB"
    );
    assert_eq!(error.1, daemon.fill(&expected));
}

/// Two files that both make program b, and a third that makes it twice.
const TWICE: [(&str, &str); 3] = [
    (
        "x.d/1.conf",
        "[program:b]\ncommand=/bin/sleep 1001\nautostart=false\n",
    ),
    ("x.d/2.conf", "[program:b]\ncommand=/bin/sleep 1002\n"),
    (
        "x.d/3.conf",
        "[eventlistener:e]\nevents=TICK_5\ncommand=/bin/cat\ncommand=/bin/sleep 1\n\n[eventlistener:e]\n",
    ),
];

#[test]
fn dec_013_what_stands_there_twice_is_told_with_both_places() {
    ours_only!("DEC-013: silent mistakes become WARN lines");
    let home = Home::new();
    home.config("[include]\nfiles={dir}/x.d/*.conf {dir}/x.d/1.conf\n");
    home.write("x.d/1.conf", "");
    let daemon = Daemon::of(home, &[]);
    for (name, text) in TWICE {
        daemon.write(name, text);
    }
    let first = [
        "WARN File \"{dir}/x.d/1.conf\" is included though it was read before",
        "WARN In {dir}/x.d/2.conf, line 1, section [program:b] stands also in {dir}/x.d/1.conf, line 1; the later \
         values win",
        "WARN In {dir}/x.d/3.conf, line 4, option command of [eventlistener:e] stands also in {dir}/x.d/3.conf, \
         line 3; the later values win",
        "WARN In {dir}/x.d/3.conf, line 6, section [eventlistener:e] stands also in {dir}/x.d/3.conf, line 1; the \
         later values win",
    ];
    let told = || first.map(|line| daemon.log_lines(&daemon.fill(line)).len());
    // the empty file, at the start
    assert_eq!(told(), [1, 0, 0, 0]);
    assert_eq!(
        daemon.ctl(&["reread"]).lines(),
        ["b: available", "e: available"]
    );
    assert_eq!(told(), [2, 1, 1, 1]);
    daemon.ctl(&["update"]);
    assert_eq!(told(), [3, 2, 2, 2]);
    daemon.signal(Signal::SIGHUP);
    wait_until("the next start", || {
        daemon.log_lines("supervisord started").len() == 2
    });
    assert_eq!(told(), [4, 3, 3, 3]);
    // what is accepted does not change: the file that is read again wins
    assert_eq!(daemon.state("b"), "STOPPED");
}

#[test]
fn dec_013_names_of_others_are_no_mistakes_and_wishes_are_loud() {
    ours_only!("DEC-013: silent mistakes become WARN lines");
    let program = "[program:zebra]\ncommand=/bin/cat\ndependent_startup=true\nx-owner=me\ndepends=db\n\
                   [supvisors]\nrules_files=rules.xml\n";
    let daemon = Daemon::start(program);
    let loud = daemon.wait_log("option depends of [program:zebra] has no effect: ");
    assert!(
        loud.starts_with("ERRO In supervisord.conf, line "),
        "{loud}"
    );
    for name in ["dependent_startup", "supvisors", "x-owner"] {
        assert_eq!(daemon.log_lines(name), [""; 0]);
    }
}

/// A list with a full stop where a comma should be, as a widely used image has it.
const STRAY: &str =
    "environment=NAME=\"%(program_name)s\".\n            TUNNEL=\"http://localhost:11112\"\n";

#[test]
fn dec_016_a_list_that_only_4_3_0_can_read_is_read_so() {
    let program = format!(
        "[program:portal]\n{STRAY}command=/usr/bin/env\nstartsecs=0\nautorestart=false\n\
         stdout_logfile={{dir}}/env.log\n"
    );
    let daemon = Daemon::start(&program);
    let environment = daemon.wait_file("env.log", "PATH=");
    for variable in ["NAME=portal", "TUNNEL=http://localhost:11112"] {
        assert!(
            environment.lines().any(|line| line == variable),
            "{environment}"
        );
    }
    ours_only!("DEC-016: a WARN names the variable and shows the list as it should be written");
    let warning = daemon.wait_log("is read as Supervisor 4.3.0 reads it");
    assert!(
        warning.starts_with("WARN In supervisord.conf, line "),
        "{warning}"
    );
    let end = "environment of [program:portal] is read as Supervisor 4.3.0 reads it, because of NAME; write \
               environment=NAME=\"%(program_name)s\",TUNNEL=\"http://localhost:11112\"";
    assert!(warning.ends_with(end), "{warning}");
}

#[test]
fn cfg_101_a_list_that_is_refused_is_told_with_variable_sign_and_cure() {
    ours_only!("the reference shows the whole list only");
    let list = "DEBUG=0,URL=postgres://u:p@db:5432/app,LANG=C.UTF-8";
    let home = Home::new();
    for (section, line) in [("", 4), ("[program:x]\ncommand=/bin/cat\n", 6)] {
        home.write(
            "supervisord.conf",
            &format!("{HEAD}{section}environment={list}\n"),
        );
        let said = refused(&home);
        let start = format!(
            "Error: Unexpected end of key/value pairs in value '{list}' for option 'environment' in section '"
        );
        assert!(said.starts_with(&start), "{said}");
        let end = format!(
            "' (file: 'supervisord.conf', line {line}); URL: '@' needs quotes: \
             URL=\"postgres://u:p@db:5432/app\"\n"
        );
        assert!(said.contains(&end), "{said}");
    }
    home.config("[include]\nfiles={dir}/x.d/*.conf\n");
    let daemon = Daemon::of(home, &[]);
    daemon.write(
        "x.d/b.conf",
        "[program:b]\ncommand=/bin/cat\nenvironment=A=\"x y,B=2\n",
    );
    let reread = daemon.ctl(&["reread"]);
    assert!(
        reread
            .out
            .starts_with("ERROR: CANT_REREAD: No closing quotation for"),
        "{reread:?}"
    );
    let end = ", line 3); A: the quote \" is not closed: A=\"x y\"\n";
    assert!(reread.out.ends_with(end), "{reread:?}");
}

/// Mistakes that are passed over, beside a name for each: an option, a section, a quotation that a comment cuts.
const SILENT: &str =
    "[program:q]\ncommand=/bin/sh -c 'a ; b'\nautostart=false\nautostrat=false\n[progam:y]\n";
/// What is said about them.
const SAID: [&str; 3] = [
    "option autostrat of [program:q] is unknown and ignored; did you mean autostart?",
    "section [progam:y] is unknown and ignored; did you mean [program:y]?",
    "a comment begins within quotes; what counts is: command=/bin/sh -c 'a",
];

/// How often each of them was said in the main log, at that level.
fn counts(daemon: &Daemon) -> [usize; 3] {
    SAID.map(|text| {
        let lines = daemon.log_lines(text);
        assert!(
            lines.iter().all(|line| line.starts_with("WARN In ")),
            "{lines:?}"
        );
        lines.len()
    })
}

#[test]
fn dec_013_hints_come_with_the_error_that_ends_the_start() {
    ours_only!("DEC-013: silent mistakes become WARN lines");
    let home = Home::new();
    let broken = [
        (
            "[program:p]\ncomand=/bin/cat\n",
            "program section program:p does not specify a command",
        ),
        (
            "[program:p]\nnonsense\n",
            "Source contains parsing errors: 'supervisord.conf'",
        ),
        (
            "[group:g]\nprograms=nobody\n",
            "[group:g] names unknown program or fcgi-program nobody",
        ),
        (
            "[unix_http_server]\nfille=/tmp/s\n",
            "section [unix_http_server] has no file value",
        ),
        (
            "[include]\nfile=/tmp/s\n",
            ".ini file has [include] section, but no files setting",
        ),
    ];
    for (text, error) in broken {
        home.write("supervisord.conf", &format!("{HEAD}{SILENT}{text}"));
        let said = refused(&home);
        let (hints, error_line) = said.split_at(said.find("Error: ").expect("an error"));
        assert!(error_line.starts_with(&format!("Error: {error}")), "{said}");
        assert!(error_line.contains("\nFor help, use "), "{said}");
        for hint in SAID {
            let lines: Vec<_> = hints.lines().filter(|line| line.ends_with(hint)).collect();
            let start = "Warning: In supervisord.conf, line ";
            assert!(
                matches!(lines[..], [line] if line.starts_with(start)),
                "{said}"
            );
        }
    }
    // the user cannot be taken on, so there is no log either
    home.write(
        "supervisord.conf",
        &format!("{HEAD}minfds=9000000000000000000\n{SILENT}"),
    );
    let output = home.supervisord(&["-n", "-c", "supervisord.conf"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(SAID.iter().all(|hint| said.contains(hint)), "{said}");
}

#[test]
fn clx_103_hints_reach_the_main_log_once_at_each_reading() {
    ours_only!("DEC-013: silent mistakes become WARN lines");
    let home = Home::new();
    home.config("[include]\nfiles={dir}/x.d/*.conf\n");
    let daemon = Daemon::of(home, &[]);
    assert_eq!(counts(&daemon), [0; 3]);
    daemon.write("x.d/q.conf", SILENT);
    assert_eq!(daemon.ctl(&["reread"]).lines(), ["q: available"]);
    assert_eq!(counts(&daemon), [1; 3]);
    assert_eq!(daemon.ctl(&["update"]).lines(), ["q: added process group"]);
    assert_eq!(counts(&daemon), [2; 3]);
    for (number, again) in [(3, Signal::SIGHUP), (4, Signal::SIGHUP)] {
        daemon.signal(again);
        wait_until("the next start", || {
            daemon.log_lines("supervisord started").len() == number - 1
        });
        assert_eq!(counts(&daemon), [number; 3]);
    }
    // what breaks the reading does not take them away
    daemon.write("x.d/z.conf", "[program:z]\n");
    let failed = daemon.ctl(&["reread"]);
    assert!(
        failed
            .out
            .starts_with("ERROR: CANT_REREAD: program section program:z does"),
        "{failed:?}"
    );
    assert_eq!(counts(&daemon), [5; 3]);
    daemon.ctl(&["update"]);
    assert_eq!(counts(&daemon), [6; 3]);
    daemon.ctl(&["reload"]);
    assert_eq!(counts(&daemon), [7; 3]);
    daemon.signal(Signal::SIGHUP);
    wait_until("the refusal", || {
        daemon.log_lines("restart refused").len() == 2
    });
    assert_eq!(counts(&daemon), [8; 3]);
    // the reference's own warnings are for the start (CFG-231)
    daemon.write(
        "x.d/z.conf",
        "[program:z]\ncommand=/bin/cat\nautostart=false\nstderr_logfile=syslog\n",
    );
    daemon.ctl(&["reread"]);
    assert_eq!(
        daemon.log_lines("stderr_logfile=syslog but this is deprecated"),
        [""; 0]
    );
}
