//! What users of the Go supervisord bring along: their files and their words.

use crate::common::daemon::Daemon;
use crate::common::home::Home;

use super::examples::before;

/// All options that Go has for a program, as its readme and its users write them.
const FILE: &str = "[supervisord]\nlogfile={dir}/main.log\npidfile={dir}/pid\nchildlogdir={dir}\n\
     logfileMaxbytes=50MB\nlogfileBackups=10\nloglevel=info\n\
     [unix_http_server]\nfile={dir}/sock\n\
     [rpcinterface:supervisor]\n\
     supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n\
     [supervisorctl]\nserverurl=unix://{dir}/sock\n\
     [program-default]\nenvFiles={dir}/site.env\nenvironment=A=\"1\",B=\"1\"\n\
     [program:db]\ncommand=sleep 1000\nstartsecs=0\n\
     [program:web]\ncommand=/bin/sh -c 'echo $A$B$C > {dir}/out; exec sleep 1000'\nstartsecs=0\n\
     conf_file=/nowhere\ndepends_on=db\nenvironment=B=\"2\"\nstopsignal=TERM INT\nkillwaitsecs=2\n\
     restartPause=3\nstdout_logfile=/dev/null\n\
     liveness_check_script=http://127.0.0.1:8080/ping -H \"X-From: me\"\n\
     liveness_check_initial_delay=60\nliveness_check_period=60\nliveness_check_timeout=30\n\
     liveness_check_success_threshold=1\nliveness_check_failure_threshold=3\n\
     liveness_check_success_action=echo well\nliveness_check_failure_action=restart\n\
     cron=0 0 3 * * *\npre_start_hook=-true\npre_stop_hook=-true\n\
     restart_when_binary_changed=true\nrestart_cmd_when_binary_changed=true\n\
     restart_directory_monitor={dir}\nrestart_file_pattern=*.none\n";

#[test]
fn goc_061_a_file_for_go_loads_and_what_nobody_reads_is_named() {
    let home = Home::new();
    home.write("site.env", "C=3\n");
    home.write("supervisord.conf", FILE);
    let mut daemon = Daemon::of(home, &[]);
    daemon.wait_running("web");
    before(&daemon.log(), "spawned: 'db'", "spawned: 'web'");
    daemon.wait_file("out", "123\n");
    let unread = daemon.log_lines("unknown and ignored");
    let names = ["logfilemaxbytes", "logfilebackups", "conf_file"];
    assert_eq!(unread.len(), names.len(), "{unread:?}");
    for (line, name) in unread.iter().zip(names) {
        assert!(line.contains(&format!("option {name} ")), "{line}");
    }
    assert!(!daemon.log().contains("has no effect"), "{}", daemon.log());
    assert_eq!(daemon.stop().code(), Some(0));
    before(&daemon.log(), "stopped: web", "stopped: db");
}

#[test]
fn goc_104_words_of_its_ctl_are_not_taken_for_others() {
    let daemon = Daemon::start("[program:web]\ncommand=/bin/sleep 1000\nautostart=false\n");
    for words in ["start-group web", "stop-group web", "logtail web"] {
        let words: Vec<&str> = words.split(' ').collect();
        let said = daemon.ctl(&words);
        let line = format!("*** Unknown syntax: {}", words.join(" "));
        assert_eq!((said.lines(), said.code), (vec![line.as_str()], Some(1)));
    }
    assert_eq!(daemon.state("web"), "STOPPED");
    for option in ["-P", "-v"] {
        let said = daemon.ctl(&[option, "x", "status"]);
        assert!(
            said.err
                .starts_with(&format!("Error: option {option} not recognized\n")),
            "{}",
            said.err
        );
        assert_eq!(said.code, Some(2));
    }
}
