//! Configuration files as people write them, and what is said when they are wrong.

use std::process::Output;

use crate::common::daemon::{Daemon, text};
use crate::common::home::Home;
use crate::common::{foreign_programs, ours_only, proc};

/// The sections that every configuration of these tests begins with.
const HEAD: &str = "[supervisord]\nlogfile={dir}/main.log\npidfile={dir}/pid\nchildlogdir={dir}\n";

/// Runs `supervisord` on `text` and expects a refusal; returns what it said.
fn refused(text: &str) -> String {
    let home = Home::new();
    home.write("supervisord.conf", text);
    refusal(&home, home.supervisord(&["-n", "-c", "supervisord.conf"]))
}

/// What a refusing `supervisord` said, without its last line and with the folder as `{dir}`.
fn refusal(home: &Home, output: Output) -> String {
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    let said = said.replace(home.folder().to_str().expect("UTF-8"), "{dir}");
    let (text, help) = said.split_once("\nFor help, use ").expect("two lines");
    assert!(help.ends_with("supervisord -h\n"), "{said}");
    assert!(!home.has("sock") && !home.has("pid"));
    text.to_owned()
}

/// The reference's words in an error text: ours go on with option, section, file and line.
fn words(text: &str) -> &str {
    text.split_once(" for option '")
        .map_or(text, |parts| parts.0)
}

#[test]
fn the_well_known_tutorial_runs_unchanged() {
    let home = Home::new();
    home.script(
        "app_env/bin/python",
        "#!/bin/sh\necho \"serving $1\"\nread line\n",
    );
    home.write(
        "supervisord.conf",
        "; supervisor config file\n\n\
         [unix_http_server]\nfile={dir}/sock   ; (the path to the socket file)\n\
         chmod=0700                       ; sockef file mode (default 0700)\n\n\
         [supervisord]\nlogfile={dir}/main.log ; (main log file;default $CWD/supervisord.log)\n\
         pidfile={dir}/pid ; (supervisord pidfile;default supervisord.pid)\n\
         childlogdir={dir}            ; ('AUTO' child log dir, default $TEMP)\n\n\
         ; the below section must remain in the config file for RPC\n\
         [rpcinterface:supervisor]\n\
         supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n\n\
         [supervisorctl]\nserverurl=unix://{dir}/sock ; use a unix:// URL  for a unix socket\n\n\
         [include]\nfiles = {dir}/conf.d/*.conf\n",
    );
    home.write(
        "conf.d/app.conf",
        "[program:app]\ncommand=python server.py ; команда запуска\n\
         directory={dir} ; 工作目录\nautorestart=True ; перезапуск\nredirect_stderr=True\n\
         environment=PATH=\"{dir}/app_env/bin\" ; 环境变量\n\
         stdout_logfile = {dir}/app.log ; журнал\n\
         stdout_logfile_maxbytes = 20MB\nstdout_logfile_backups = 20\n",
    );
    let daemon = Daemon::of(home, &[]);
    let first = daemon.wait_running("app");
    assert_eq!(daemon.wait_file("app.log", "\n"), "serving server.py\n");
    let line = daemon.wait_log("Included extra file");
    let expected = "INFO Included extra file \"{dir}/conf.d/app.conf\" during parsing";
    assert_eq!(line, daemon.fill(expected));
    proc::signal(first, nix::sys::signal::Signal::SIGKILL);
    let second = daemon.wait_replaced("app", first);
    let status = daemon.ctl(&["status"]);
    assert_eq!(status.code, Some(0), "{status:?}");
    let [row] = status.lines()[..] else {
        panic!("{status:?}");
    };
    let start = format!("{:33}{:10}pid {second}, uptime 0:00:", "app", "RUNNING");
    assert!(row.starts_with(&start), "{row}");
}

#[test]
fn cfg_008_a_file_that_is_not_there_is_named() {
    let home = Home::new();
    let said = refusal(&home, home.supervisord(&["-c", "none.conf"]));
    assert_eq!(said, "Error: could not find config file none.conf");
    let said = refusal(&home, home.supervisord(&["-c", "."]));
    assert_eq!(said, "Error: could not read config file .");
}

#[test]
fn cfg_002_without_c_the_first_of_the_usual_places_wins() {
    let home = Home::new();
    let places = [
        "inst/etc/supervisord.conf",
        "inst/supervisord.conf",
        "work/supervisord.conf",
        "work/etc/supervisord.conf",
    ];
    let conf = |number: usize| format!("{HEAD}identifier=place{number}\nloglevel=wrong{number}\n");
    for (number, place) in places.iter().enumerate() {
        home.write(place, &conf(number));
    }
    home.write("inst/bin/note", "");
    let installed = home.path("inst/bin/supervisord");
    std::os::unix::fs::symlink(crate::common::program("supervisord"), &installed).expect("a link");
    for (number, place) in places.iter().enumerate() {
        let mut command = home.marked(&installed);
        let output = command.arg("-n").current_dir(home.path("work")).output();
        let output = output.expect("supervisord can be run");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let expected = format!("Error: bad logging level name 'wrong{number}'");
        assert!(said.contains(&expected), "{place}: {said}");
        let warned =
            said.contains("UserWarning: Supervisord is running as root and it is searching ");
        assert_eq!(warned, nix::unistd::geteuid().is_root(), "{said}");
        std::fs::remove_file(home.path(place)).expect("the file");
    }
}

#[test]
fn cfg_073_and_others_one_clear_error_for_each_mistake() {
    let with = |program: &str| format!("{HEAD}[program:x]\n{program}\n");
    let suffix = " in section 'program:x' (file: 'supervisord.conf')";
    // where the value of one option is wrong, ours name it before the section
    let ours = foreign_programs().is_none();
    let option = if ours { "" } else { suffix };
    let table = [
        (
            "[program:x]\ncommand=/bin/cat\n".to_owned(),
            ".ini file does not include supervisord section".to_owned(),
        ),
        (
            "a=1\n".to_owned(),
            "File contains no section headers.\nfile: 'supervisord.conf', line: 1\n'a=1\\n'"
                .to_owned(),
        ),
        (
            "[supervisord]\nnonsense\n".to_owned(),
            "Source contains parsing errors: 'supervisord.conf'\n\t[line  2]: 'nonsense\\n'"
                .to_owned(),
        ),
        (
            "[supervisord]\nloglevel=loud\n".to_owned(),
            "bad logging level name 'loud'".to_owned(),
        ),
        (
            "[supervisord]\nuser=no-such-user-here\n".to_owned(),
            "Invalid user name no-such-user-here".to_owned(),
        ),
        (
            with("priority=1"),
            format!("program section program:x does not specify a command{suffix}"),
        ),
        (
            with("command=/bin/cat\nautostart=maybe"),
            format!("not a valid boolean value: 'maybe'{option}"),
        ),
        (
            with("command=/bin/cat\nstopsignal=HURZ"),
            format!("value 'HURZ' is not a valid signal name{option}"),
        ),
        (
            with("command=/bin/cat\nexitcodes=0,256"),
            format!("not a valid list of exit codes: '0,256'{option}"),
        ),
        (
            with("command=/bin/cat\nnumprocs=2"),
            format!("%(process_num) must be present within process_name when numprocs > 1{suffix}"),
        ),
        (
            with("command=/bin/cat\nstopasgroup=true\nkillasgroup=false"),
            format!("Cannot set stopasgroup=true and killasgroup=false{suffix}"),
        ),
        (
            with("command=/bin/cat\nstdout_logfile={dir}/none/x.log"),
            format!(
                "The directory named as part of the path {{dir}}/none/x.log does not exist{option}"
            ),
        ),
        (
            format!("{HEAD}[group:g]\nprograms=nobody\n"),
            "[group:g] names unknown program or fcgi-program nobody".to_owned(),
        ),
        (
            format!("{HEAD}[unix_http_server]\nchmod=0700\n"),
            "section [unix_http_server] has no file value".to_owned(),
        ),
        (
            format!("{HEAD}[inet_http_server]\nport=127.0.0.1:0\n"),
            "0 is below lower bound (1)".to_owned(),
        ),
        (
            format!("{HEAD}[include]\n"),
            ".ini file has [include] section, but no files setting".to_owned(),
        ),
    ];
    for (config, expected) in table {
        let said = refused(&config);
        assert_eq!(words(&said), format!("Error: {expected}"), "{config}");
    }
}

#[test]
fn cfg_070_a_mistake_in_an_included_file_names_that_file() {
    let home = Home::new();
    home.config("[include]\nfiles=conf.d/*.conf\n");
    home.write(
        "conf.d/a.conf",
        "[program:a]\ncommand=/bin/cat\nstartsecs=soon\n",
    );
    let said = refusal(&home, home.supervisord(&["-n", "-c", "supervisord.conf"]));
    let said = said.replace("'conf.d/", "'{dir}/conf.d/");
    let expected = "Error: invalid literal for int() with base 10: 'soon'";
    assert!(said.starts_with(expected), "{said}");
    assert!(
        said.contains(" in section 'program:a' (file: '{dir}/conf.d/a.conf'"),
        "{said}"
    );
}

#[test]
fn cfg_037_an_unknown_name_in_a_value_is_told_with_those_that_there_are() {
    let said = refused(&format!("{HEAD}[program:x]\ncommand=%(nothing)s\n"));
    let expected = "Error: Format string '%(nothing)s' for 'program:x.command' contains names \
                    ('nothing') which cannot be expanded. Available names: ";
    assert!(said.starts_with(expected), "{said}");
    assert!(said.contains("process_num, program_name"), "{said}");
}

#[test]
fn cfg_034_names_are_expanded_in_commands_and_logs() {
    let home = Home::new();
    home.config(
        "[group:g]\nprograms=x\n\
         [program:x]\nprocess_name=%(program_name)s_%(process_num)02d\nnumprocs=2\nnumprocs_start=7\n\
         command=/bin/sh -c 'read line' %(group_name)s %(process_num)d 100%% %(ENV_COLOUR)s %(here)s\n\
         startsecs=0\nstdout_logfile=%(here)s/%(program_name)s-%(process_num)d.log\n",
    );
    let mut command = home.command("supervisord");
    command
        .args(["-n", "-c", "supervisord.conf"])
        .env("COLOUR", "b%u");
    let daemon = Daemon::from_command(home, command);
    for number in [7, 8] {
        let name = format!("g:x_0{number}");
        let words = proc::words_of(daemon.wait_running(&name));
        let folder = daemon.fill("{dir}");
        assert_eq!(
            words[3..],
            ["g", &number.to_string(), "100%", "b%u", &folder]
        );
        let log = text(&daemon.info(&name), "stdout_logfile");
        assert_eq!(log, daemon.fill(&format!("{{dir}}/x-{number}.log")));
    }
}

#[test]
fn cfg_064_files_are_included_in_sorted_order_and_later_values_win() {
    let home = Home::new();
    home.config("[include]\nfiles = conf.d/*.conf none/*.ini\n\tmore.conf\n");
    home.write(
        "conf.d/b.conf",
        "[program:x]\ncommand=/bin/sleep 200\n[program:b]\ncommand=/bin/cat\n",
    );
    home.write(
        "conf.d/a.conf",
        "[program:x]\ncommand=/bin/sleep 100\nstartsecs=0\n",
    );
    home.write("more.conf", "[program:more]\ncommand=/bin/cat\n");
    home.write("conf.d/c.conf.off", "nonsense\n");
    let daemon = Daemon::of(home, &[]);
    let words = proc::words_of(daemon.wait_running("x"));
    assert_eq!(words, ["/bin/sleep", "200"]);
    assert_eq!(daemon.names_listed(), ["b:b", "more:more", "x:x"]);
    let lines = daemon.log_lines("Included extra file");
    let expected = ["conf.d/a.conf", "conf.d/b.conf", "more.conf"].map(|name| {
        daemon.fill(&format!(
            "INFO Included extra file \"{{dir}}/{name}\" during parsing"
        ))
    });
    assert_eq!(lines, expected);
    let warning = daemon.wait_log("No file matches");
    assert_eq!(
        warning,
        daemon.fill("WARN No file matches via include \"{dir}/none/*.ini\"")
    );
}

#[test]
fn cfg_023_comments_end_values_only_after_a_blank() {
    let daemon = Daemon::start(
        "# a comment\n[program:x] ; another\ncommand=/bin/sh -c 'read line' a;b #c ; d\n\
         startsecs: 0\n  ; between\nprocess_name = x;y\n",
    );
    let words = proc::words_of(daemon.wait_running("x:x;y"));
    assert_eq!(words[3..], ["a;b"]);
}

#[test]
fn cfg_219_the_command_line_overrules_the_file() {
    let home = Home::new();
    home.config_with("identifier=file\nloglevel=debug", "");
    let daemon = Daemon::of(home, &["-i", "line", "--loglevel=warn", "-l", "other.log"]);
    let identifier = daemon.rpc("supervisor.getIdentification", vec![]);
    assert_eq!(identifier, Ok("line".into()));
    assert!(!daemon.has("main.log"));
    assert!(!daemon.read("other.log").contains(" INFO "));
}

#[test]
fn cfg_213_mistakes_on_the_command_line_are_told() {
    let home = Home::new();
    let table: [(&[&str], &str); 6] = [
        (&["-x"], "option -x not recognized"),
        (&["--foo"], "option --foo not recognized"),
        (&["-c"], "option -c requires argument"),
        (
            &["-n", "foo", "bar"],
            "positional arguments are not supported: ['foo', 'bar']",
        ),
        (
            &["-e", "bogus"],
            "invalid value for -e 'bogus': bad logging level name 'bogus'",
        ),
        (
            &["-n", "--nodaemon"],
            "conflicting command line option '--nodaemon'",
        ),
    ];
    for (arguments, expected) in table {
        let said = refusal(&home, home.supervisord(arguments));
        assert_eq!(said, format!("Error: {expected}"), "{arguments:?}");
    }
}

#[test]
fn cfg_195_help_and_version_are_answers_not_errors() {
    let home = Home::new();
    let help = home.supervisord(&["-h"]);
    assert!(help.status.success());
    let said = String::from_utf8(help.stdout).expect("UTF-8");
    assert!(said.starts_with("supervisord -- run a set of applications as daemons.\n\nUsage: "));
    assert!(said.contains("\n-c/--configuration FILENAME -- "), "{said}");
    let version = home.supervisord(&["--version"]);
    assert!(version.status.success());
    let said = String::from_utf8(version.stdout).expect("UTF-8");
    assert!(said.starts_with("4.3.0"), "{said}");
}

#[test]
fn dec_001_the_version_names_both_supervisors() {
    ours_only!("DEC-001: the version ends in our own");
    let home = Home::new();
    let version = home.supervisord(&["-v"]);
    let expected = concat!("4.3.0+rs.", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(String::from_utf8_lossy(&version.stdout), expected);
}

#[test]
fn dec_013_a_mistyped_option_is_a_warning_with_the_nearest_name() {
    ours_only!("DEC-013: silent mistakes become WARN lines at load");
    let daemon = Daemon::start(
        "[program:x]\ncommand=/bin/cat\nstartsecs=0\nautostrat=true\n[Program:y]\ncommand=/bin/cat\n",
    );
    daemon.wait_running("x");
    let line = daemon.wait_log("autostrat");
    assert!(
        line.starts_with("WARN ") && line.contains("autostart"),
        "{line}"
    );
    let line = daemon.wait_log("Program:y");
    assert!(line.starts_with("WARN "), "{line}");
}
