//! The namespace `ext` of XML-RPC: what it lists, and what it tells of processes.

use xmlrpc::Value;

use crate::common::daemon::{Daemon, text};
use crate::common::home::Home;
use crate::common::wait::wait_until;

/// `ext.getProcessInfo` of a name.
fn status(daemon: &Daemon, name: &str) -> Value {
    daemon
        .rpc("ext.getProcessInfo", vec![name.into()])
        .unwrap_or_else(|fault| panic!("{name}: {fault:?}"))
}

fn names(value: &Value) -> Vec<String> {
    let items = value.as_array().expect("an array").iter();
    let name = |item: &Value| item.as_str().expect("a text").to_owned();
    items.map(name).collect()
}

#[test]
fn api_223_the_list_is_the_reference_s_and_ours() {
    let daemon = Daemon::start("");
    let all = daemon.rpc("system.listMethods", vec![]).expect("the list");
    let all = names(&all);
    assert!(all.is_sorted(), "{all:?}");
    let ours: Vec<_> = all.iter().filter(|name| name.starts_with("ext.")).collect();
    assert!(ours.len() >= 6, "{ours:?}");
    assert_eq!(all.len() - ours.len(), 41);
    for name in ours {
        let ask = |method: &str| {
            let answer = daemon.rpc(method, vec![name.as_str().into()]);
            answer.unwrap_or_else(|fault| panic!("{name}: {fault:?}"))
        };
        let signature = names(&ask("system.methodSignature"));
        assert!(!signature.is_empty(), "{name}");
        let help = ask("system.methodHelp");
        let parameters = help.as_str().expect("a text").matches("@param").count();
        assert_eq!(parameters, signature.len() - 1, "{name}");
    }
}

#[test]
fn api_221_without_the_supervisor_namespace_there_is_no_ext() {
    let home = Home::new();
    home.config("[program:x]\ncommand=/bin/cat\n");
    let text = home.read("supervisord.conf");
    let text = text.replace("[rpcinterface:supervisor]", "[rpcinterface:other]");
    home.write("supervisord.conf", &text);
    let daemon = Daemon::of(home, &[]);
    let fault = daemon.rpc("ext.getProcessInfo", vec!["x".into()]);
    assert_eq!(fault, Err((1, "UNKNOWN_METHOD".to_owned())));
}

#[test]
fn api_030_all_that_is_known_of_a_process() {
    let daemon = Daemon::start(
        "[program:web]\ncommand=/bin/cat\nprocess_name=%(program_name)s_%(process_num)02d\nnumprocs=1\n\
         startsecs=0\npriority=7\nstdout_logfile={dir}/web.log\nstopasgroup=true\nkillasgroup=true\n\
         [program:idle]\ncommand=/bin/cat\nautostart=false\n",
    );
    daemon.wait_running("web:web_00");
    let web = status(&daemon, "web:web_00");
    let words = [
        ("name", "web_00"),
        ("group", "web"),
        ("namespec", "web:web_00"),
        ("kind", "program"),
        ("type", "simple"),
        ("state", "RUNNING"),
        ("detail", ""),
        ("health", ""),
        ("exit", ""),
        ("exitsignal", ""),
        ("spawnerr", ""),
        ("essential", "false"),
        ("killmode", "group"),
        ("cgroup", ""),
    ];
    for (name, wanted) in words {
        assert_eq!(text(&web, name), wanted, "{name}");
    }
    let flags = [
        ("ready", true),
        ("wanted", true),
        ("autostart", true),
        ("enabled", true),
    ];
    for (name, wanted) in flags {
        assert_eq!(web[name], Value::Bool(wanted), "{name}");
    }
    let numbers = [
        ("statecode", 20),
        ("pid", daemon.pid_of("web:web_00")),
        ("exitstatus", 0),
        ("starts", 1),
        ("restarts", 0),
        ("tries", 0),
        ("priority", 7),
    ];
    for (name, wanted) in numbers {
        assert_eq!(web[name], Value::Int(wanted), "{name}");
    }
    assert!(web["started"].as_f64().expect("a double") > 1.7e9);
    assert!(web["uptime"].as_f64().expect("a double") >= 0.0);
    for name in ["stopped", "next_start", "log_lost"] {
        assert_eq!(web[name], Value::Double(0.0), "{name}");
    }
    for name in ["waits_for", "depends_on"] {
        assert_eq!(web[name], Value::Array(Vec::new()), "{name}");
    }
    assert_eq!(text(&web["usage"], "source"), "");
    assert!(text(&web, "stdout_logfile").ends_with("/web.log"));
    let idle = status(&daemon, "idle");
    assert_eq!(idle["wanted"], Value::Bool(false));
    assert_eq!(idle["ready"], Value::Bool(false));
    assert_eq!(idle["uptime"], Value::Double(0.0));
    let all = daemon.rpc("ext.getAllProcessInfo", vec![]).expect("all");
    let all = all.as_array().expect("an array");
    let listed: Vec<_> = all.iter().map(|each| text(each, "namespec")).collect();
    assert_eq!(listed, ["idle", "web:web_00"]);
    for wrong in ["web", "web:*", "none"] {
        let fault = daemon.rpc("ext.getProcessInfo", vec![wrong.into()]);
        assert_eq!(fault, Err((10, format!("BAD_NAME: {wrong}"))), "{wrong}");
    }
}

#[test]
fn api_041_lives_are_counted_by_how_they_ended() {
    let home = Home::new();
    // the first life ends badly, the second well, the third stays
    let script = "n=$(cat {dir}/n 2>/dev/null || echo 0)\necho $((n + 1)) >{dir}/n\n\
                  case $n in 0) exit 3;; 1) exit 0;; esac\nexec cat\n";
    home.write(
        "x.sh",
        &script.replace("{dir}", &home.path("").display().to_string()),
    );
    home.config("[program:x]\ncommand=/bin/sh {dir}/x.sh\nstartsecs=0\nautorestart=true\n");
    let daemon = Daemon::of(home, &[]);
    wait_until("the third life", || {
        status(&daemon, "x")["starts"] == Value::Int(3) && daemon.state("x") == "RUNNING"
    });
    let counts = |status: &Value| {
        ["expected", "unexpected", "requested"].map(|kind| {
            let number = &status["exits"][kind];
            number.as_i32().expect("a number")
        })
    };
    let up = status(&daemon, "x");
    assert_eq!(counts(&up), [1, 1, 0]);
    assert_eq!(up["restarts"], Value::Int(2));
    assert_eq!(text(&up, "exit"), "expected");
    daemon.stop_process("x");
    let down = status(&daemon, "x");
    assert_eq!(counts(&down), [1, 1, 1]);
    assert_eq!(text(&down, "exit"), "requested");
    assert_eq!(text(&down, "exitsignal"), "SIGTERM");
    assert_eq!(down["exitstatus"], Value::Int(-1));
    assert_eq!(down["wanted"], Value::Bool(false));
    assert!(down["stopped"].as_f64().expect("a double") > 1.7e9);
}

#[test]
fn api_203_a_stop_answers_with_rows() {
    let daemon = Daemon::start("[program:x]\ncommand=/bin/cat\nstartsecs=0\nautostart=false\n");
    let call = |method: &str| daemon.rpc(method, vec!["x".into()]);
    assert_eq!(call("ext.startProcess"), Ok(Value::Bool(true)));
    let rows = call("ext.stopProcess").expect("rows");
    let [row] = rows.as_array().expect("an array") else {
        panic!("{rows:?}");
    };
    assert_eq!(text(row, "name"), "x");
    assert_eq!(row["status"], Value::Int(80));
    assert_eq!(daemon.state("x"), "STOPPED");
    let again = call("ext.stopProcess");
    assert_eq!(again, Err((70, "NOT_RUNNING: x".to_owned())));
    let health = daemon.rpc("ext.getHealth", vec!["".into()]);
    assert_eq!(health, Ok(Value::Array(Vec::new())));
}

#[test]
fn lif_244_a_refresh_by_signal_or_by_command() {
    let home = Home::new();
    let script =
        "trap 'echo again >>again' HUP\necho ready\nwhile :; do read x || sleep 0.1; done\n";
    home.write("x.sh", script);
    home.config(
        "[program:signalled]\ncommand=/bin/sh x.sh\ndirectory={dir}\nstartsecs=0\nreloadsignal=HUP\n\
         stdout_logfile={dir}/out\n\
         [program:told]\ncommand=/bin/cat\nstartsecs=0\nreloadcommand=touch {dir}/told\n\
         [program:neither]\ncommand=/bin/cat\nstartsecs=0\n\
         [program:off]\ncommand=/bin/cat\nautostart=false\nreloadsignal=HUP\n",
    );
    let daemon = Daemon::of(home, &[]);
    daemon.wait_file("out", "ready");
    let pids = ["signalled", "told"].map(|name| daemon.wait_running(name));
    let refresh = |name: &str| daemon.rpc("ext.refreshProcess", vec![name.into()]);
    assert_eq!(refresh("signalled"), Ok(Value::Bool(true)));
    daemon.wait_file("again", "again");
    let line = daemon.wait_log("refreshing signalled");
    assert_eq!(line, "INFO refreshing signalled: SIGHUP");
    assert_eq!(refresh("told"), Ok(Value::Bool(true)));
    wait_until("the command to run", || daemon.has("told"));
    let line = daemon.wait_log("refreshing told");
    assert_eq!(line, "INFO refreshing told: reloadcommand");
    let line = daemon.wait_log("reloadcommand of told");
    assert_eq!(line, "INFO reloadcommand of told succeeded");
    assert_eq!(["signalled", "told"].map(|name| daemon.pid_of(name)), pids);
    let none = "FAILED: no reloadsignal or reloadcommand".to_owned();
    assert_eq!(refresh("neither"), Err((30, none)));
    assert_eq!(refresh("off"), Err((70, "NOT_RUNNING: off".to_owned())));
    assert_eq!(refresh("none"), Err((10, "BAD_NAME: none".to_owned())));
}

#[test]
fn lif_005_where_the_reference_says_nothing_the_detail_stands() {
    let daemon = Daemon::start(
        "[program:job]\ncommand=/bin/cat\ntype=oneshot\n\
         [program:plain]\ncommand=/bin/cat\nstartsecs=1000\n",
    );
    for name in ["job", "plain"] {
        daemon.wait_state(name, "STARTING");
    }
    assert_eq!(daemon.description("job"), "running once");
    // nothing that is new was asked for (BEY-001)
    assert_eq!(daemon.description("plain"), "");
    assert_eq!(text(&status(&daemon, "plain"), "detail"), "");
}

#[test]
fn api_046_what_is_waited_for_and_how_to_go_past_it() {
    let daemon = Daemon::start(
        "[program:db]\ncommand=/bin/cat\nstartsecs=1000\n\
         [program:web]\ncommand=/bin/cat\nstartsecs=0\ndepends_on=db\n",
    );
    daemon.wait_state("db", "STARTING");
    let list = |name: &str| names(&status(&daemon, "web")[name]);
    wait_until("web to wait", || list("waits_for") == ["db:running"]);
    assert_eq!(list("depends_on"), ["db:running"]);
    let web = status(&daemon, "web");
    assert_eq!(text(&web, "state"), "STOPPED");
    assert_eq!(text(&web, "detail"), "waiting for db:running (starting)");
    assert_eq!(web["wanted"], Value::Bool(true));
    // LIF-049
    let alone = vec!["web".into(), true.into(), false.into()];
    assert_eq!(daemon.rpc("ext.startProcess", alone), Ok(Value::Bool(true)));
    assert_eq!(daemon.state("web"), "RUNNING");
    assert_eq!(list("waits_for"), [""; 0]);
    // LIF-086
    let both = vec!["db".into(), true.into(), true.into()];
    let rows = daemon.rpc("ext.stopProcess", both).expect("rows");
    let rows = rows.as_array().expect("an array").iter();
    let mut stopped: Vec<_> = rows.map(|row| text(row, "name")).collect();
    stopped.sort();
    assert_eq!(stopped, ["db", "web"]);
}
