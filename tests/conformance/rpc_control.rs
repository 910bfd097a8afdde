//! Starting, stopping and signalling over XML-RPC: namespecs, faults, waiting, rows and their order, calls
//! around calls that wait, and the gate of a shutdown.

use std::collections::BTreeMap;

use xmlrpc::Value;

use crate::common::daemon::{Daemon, text};
use crate::common::home::Home;
use crate::common::{ours_only, rpc::Fault};

/// Three that run, one of them after a while, and a group.
const PROGRAMS: &str = "[program:cat]\ncommand=/bin/cat\nstartsecs=0\nautostart=false\n\
     [program:slow]\ncommand=/bin/cat\nstartsecs=1\nautostart=false\n\
     [program:dying]\ncommand=/bin/false\nautostart=false\nstartretries=0\n\
     [program:lost]\ncommand=/no/such/program\nautostart=false\n\
     [program:stubborn]\ncommand={dir}/stubborn\nautostart=false\nstartsecs=0\nstopwaitsecs=1\n\
     [program:pair]\ncommand=/bin/cat\nstartsecs=0\nautostart=false\nnumprocs=2\npriority=5\n\
     process_name=%(program_name)s_%(process_num)d\n";

fn daemon() -> Daemon {
    let home = Home::new();
    home.script(
        "stubborn",
        "#!/bin/sh\ntrap '' TERM\necho ready\nwhile :; do sleep 0.05; done\n",
    );
    home.config(PROGRAMS);
    Daemon::of(home, &[])
}

fn fault(code: i32, text: &str) -> Result<Value, Fault> {
    Err((code, text.to_owned()))
}

fn call(daemon: &Daemon, method: &str, args: &[Value]) -> Result<Value, Fault> {
    daemon.rpc(&format!("supervisor.{method}"), args.to_vec())
}

/// Rows as `name description`.
fn rows(result: Result<Value, Fault>) -> Vec<String> {
    let result = result.expect("rows");
    let rows = result.as_array().expect("an array").iter();
    rows.map(|row| {
        format!(
            "{} {} {}",
            text(row, "group"),
            text(row, "name"),
            text(row, "description")
        )
    })
    .collect()
}

#[test]
fn rpc_072_names_that_name_nothing() {
    let daemon = daemon();
    let one = [
        "getProcessInfo",
        "clearProcessLogs",
        "startProcess",
        "stopProcess",
    ];
    for name in [
        "none",
        "pair",
        "pair:none",
        "none:pair_0",
        "none:*",
        "",
        ":",
        "Cat",
        " cat",
        "cat:cat:cat",
    ] {
        for method in one {
            let got = call(&daemon, method, &[name.into()]);
            assert_eq!(got, fault(10, &format!("BAD_NAME: {name}")), "{method}");
        }
        let got = call(&daemon, "signalProcess", &[name.into(), "HURZ".into()]);
        assert_eq!(
            got,
            fault(10, &format!("BAD_NAME: {name}")),
            "the name comes first"
        );
    }
    for method in ["getProcessInfo", "clearProcessLogs"] {
        assert_eq!(
            call(&daemon, method, &["pair:*".into()]),
            fault(10, "BAD_NAME: pair:*")
        );
    }
    for method in [
        "startProcessGroup",
        "stopProcessGroup",
        "addProcessGroup",
        "removeProcessGroup",
    ] {
        assert_eq!(
            call(&daemon, method, &["pair:*".into()]),
            fault(10, "BAD_NAME: pair:*"),
            "{method}"
        );
    }
    assert!(call(&daemon, "getProcessInfo", &["cat:cat".into()]).is_ok());
    let pair = ["pair pair_0 OK", "pair pair_1 OK"];
    assert_eq!(rows(call(&daemon, "startProcess", &["pair:".into()])), pair);
    assert_eq!(
        rows(call(
            &daemon,
            "signalProcess",
            &["pair:*".into(), "CONT".into()]
        )),
        pair
    );
}

#[test]
fn dec_052_names_that_are_no_text_are_a_fault() {
    ours_only!("DEC-052");
    let daemon = daemon();
    let values = [
        5.into(),
        true.into(),
        Value::Nil,
        Value::Array(vec![]),
        Value::Struct(BTreeMap::new()),
        "x".repeat(100_000).into(),
    ];
    for value in values {
        for method in [
            "getProcessInfo",
            "startProcess",
            "stopProcessGroup",
            "removeProcessGroup",
        ] {
            let got = call(&daemon, method, std::slice::from_ref(&value));
            assert_eq!(got, fault(2, "INCORRECT_PARAMETERS"), "{method}");
        }
    }
}

#[test]
fn rpc_150_faults_of_start_and_stop() {
    let daemon = daemon();
    let table = [
        (
            "startProcess",
            "lost",
            fault(20, "NO_FILE: can't find command '/no/such/program'"),
        ),
        ("startProcess", "dying", fault(50, "SPAWN_ERROR: dying")),
        ("stopProcess", "dying", fault(70, "NOT_RUNNING: dying")),
        ("stopProcess", "cat", fault(70, "NOT_RUNNING: cat")),
        ("startProcess", "cat", Ok(true.into())),
        (
            "startProcess",
            "cat:cat",
            fault(60, "ALREADY_STARTED: cat:cat"),
        ),
        ("stopProcess", "cat:cat", Ok(true.into())),
        ("startProcess", "slow", Ok(true.into())),
    ];
    for (method, name, wanted) in table {
        assert_eq!(
            call(&daemon, method, &[name.into()]),
            wanted,
            "{method} {name}"
        );
    }
    assert_eq!(daemon.state("lost"), "STOPPED");
    assert_eq!(
        daemon.state("slow"),
        "RUNNING",
        "the answer waited for startsecs"
    );
}

#[test]
fn rpc_155_calls_that_do_not_wait() {
    let daemon = daemon();
    let no = Value::Bool(false);
    assert_eq!(
        call(&daemon, "startProcess", &["slow".into(), no.clone()]),
        Ok(true.into())
    );
    assert_eq!(daemon.state("slow"), "STARTING");
    assert_eq!(
        call(&daemon, "startProcess", &["stubborn".into(), no.clone()]),
        Ok(true.into())
    );
    daemon.wait_state("stubborn", "RUNNING");
    // its handler has to be there before it can ignore anything
    let log = text(&daemon.info("stubborn"), "stdout_logfile");
    daemon.wait_file(log.rsplit('/').next().expect("a name"), "ready");
    assert_eq!(
        call(&daemon, "stopProcess", &["stubborn".into(), no.clone()]),
        Ok(true.into())
    );
    assert_eq!(daemon.state("stubborn"), "STOPPING");
    // RPC-165, RPC-159, RPC-182
    let stopping = ["stubborn".into(), no];
    assert_eq!(
        call(&daemon, "stopProcess", &stopping),
        fault(70, "NOT_RUNNING: stubborn")
    );
    assert_eq!(
        call(
            &daemon,
            "signalProcess",
            &["stubborn".into(), "CONT".into()]
        ),
        Ok(true.into())
    );
    assert_eq!(
        call(&daemon, "startProcess", &stopping[..1]),
        fault(40, "ABNORMAL_TERMINATION: stubborn")
    );
    daemon.wait_state("stubborn", "STOPPED");
    // RPC-162: any text is true, and zero is false
    assert_eq!(
        call(&daemon, "stopProcess", &["slow".into(), "0".into()]),
        Ok(true.into())
    );
    assert_eq!(daemon.state("slow"), "STOPPED");
    assert_eq!(
        call(&daemon, "startProcess", &["slow".into(), 0.into()]),
        Ok(true.into())
    );
    assert_eq!(daemon.state("slow"), "STARTING");
}

#[test]
fn rpc_171_rows_in_the_order_of_priorities() {
    let daemon = daemon();
    let all = call(&daemon, "startAllProcesses", &[false.into()]);
    let wanted = [
        "pair pair_0 OK",
        "pair pair_1 OK",
        "cat cat OK",
        "dying dying OK",
        "lost lost NO_FILE: can't find command '/no/such/program'",
        "slow slow OK",
        "stubborn stubborn OK",
    ];
    assert_eq!(rows(all), wanted);
    daemon.wait_state("slow", "RUNNING");
    let signalled = call(&daemon, "signalAllProcesses", &["CONT".into()]);
    let wanted = [
        "pair pair_0 OK",
        "pair pair_1 OK",
        "cat cat OK",
        "slow slow OK",
        "stubborn stubborn OK",
    ];
    assert_eq!(rows(signalled), wanted);
    let signalled = call(
        &daemon,
        "signalProcessGroup",
        &["pair".into(), "HURZ".into()],
    );
    assert_eq!(
        rows(signalled),
        [
            "pair pair_0 BAD_SIGNAL: HURZ",
            "pair pair_1 BAD_SIGNAL: HURZ"
        ]
    );
    // nothing to do is an empty list; what needs no waiting comes first (RPC-172)
    assert_eq!(
        rows(call(&daemon, "startProcessGroup", &["pair".into()])),
        [""; 0]
    );
    let stopped = rows(call(&daemon, "stopAllProcesses", &[]));
    assert_eq!(stopped.len(), 5);
    assert_eq!(stopped[4], "stubborn stubborn OK", "it had to be killed");
    let started = rows(call(&daemon, "startAllProcesses", &[]));
    assert_eq!(started.len(), 7);
    assert_eq!(started[6], "slow slow OK", "{started:?}");
    assert_eq!(
        rows(call(&daemon, "signalAllProcesses", &["HURZ".into()])).len(),
        5
    );
}

#[test]
fn rpc_213_a_multicall_waits_for_each_of_its_calls() {
    let daemon = daemon();
    let one = |method: &str, params: &[Value]| {
        let members = [
            ("methodName".to_owned(), Value::from(method)),
            ("params".to_owned(), Value::Array(params.to_vec())),
        ];
        Value::Struct(members.into_iter().collect())
    };
    let bare = |method: &str| {
        Value::Struct(
            [("methodName".to_owned(), Value::from(method))]
                .into_iter()
                .collect(),
        )
    };
    let state = || one("supervisor.getProcessInfo", &["slow".into()]);
    let calls = vec![
        one("supervisor.startProcess", &["slow".into()]),
        state(),
        one("supervisor.stopProcess", &["slow".into()]),
        state(),
        one("supervisor.startProcess", &["dying".into()]),
        bare("supervisor.getAPIVersion"),
        bare("none"),
        bare(""),
        Value::Struct(BTreeMap::new()),
        one("system.multicall", &[Value::Array(vec![])]),
        one("supervisor.getState", &[1.into()]),
        bare("system.listMethods"),
    ];
    let results = daemon
        .rpc("system.multicall", vec![Value::Array(calls)])
        .expect("results");
    let failed = |at: usize| {
        (
            results[at]["faultCode"].as_i32(),
            results[at]["faultString"].as_str().map(str::to_owned),
        )
    };
    let fault = |code: i32, text: &str| (Some(code), Some(text.to_owned()));
    assert_eq!(results[0], Value::Bool(true));
    assert_eq!(text(&results[1], "statename"), "RUNNING");
    assert_eq!(results[2], Value::Bool(true));
    assert_eq!(text(&results[3], "statename"), "STOPPED");
    assert_eq!(failed(4), fault(50, "SPAWN_ERROR: dying"));
    assert_eq!(results[5], Value::from("3.0"), "not wrapped (RPC-212)");
    assert_eq!(failed(6), fault(1, "UNKNOWN_METHOD"));
    assert_eq!(failed(7), fault(1, "UNKNOWN_METHOD"));
    assert_eq!(failed(8), fault(2, "INCORRECT_PARAMETERS: No methodName"));
    assert_eq!(
        failed(9),
        fault(
            2,
            "INCORRECT_PARAMETERS: Recursive system.multicall forbidden"
        )
    );
    assert_eq!(failed(10), fault(2, "INCORRECT_PARAMETERS"));
    assert_eq!(reference_methods(&results[11]), 41);
}

/// How many of these names the reference has (RPC-100); a namespace of ours may be among them (API-223).
fn reference_methods(names: &Value) -> usize {
    let names = names.as_array().expect("an array").iter();
    let names = names.filter_map(Value::as_str);
    names.filter(|name| !name.starts_with("ext.")).count()
}

#[test]
fn rpc_080_a_daemon_that_goes_down_answers_little() {
    let mut daemon = daemon();
    daemon.start_process("stubborn");
    let log = text(&daemon.info("stubborn"), "stdout_logfile");
    daemon.wait_file(log.rsplit('/').next().expect("a name"), "ready");
    assert_eq!(call(&daemon, "shutdown", &[]), Ok(true.into()));
    let down = fault(6, "SHUTDOWN_STATE");
    for (method, args) in [
        ("getState", vec![]),
        ("getPID", vec![]),
        ("getVersion", vec![]),
        ("shutdown", vec![]),
        ("restart", vec![]),
        ("reloadConfig", vec![]),
        // the gate comes before names, and after counts (RPC-081)
        ("startProcess", vec!["none".into()]),
        ("readLog", vec!["x".into(), 0.into()]),
        ("signalAllProcesses", vec!["HURZ".into()]),
    ] {
        assert_eq!(call(&daemon, method, &args), down, "{method}");
    }
    assert_eq!(
        call(&daemon, "startProcess", &[]),
        fault(2, "INCORRECT_PARAMETERS")
    );
    assert_eq!(call(&daemon, "none", &[]), fault(1, "UNKNOWN_METHOD"));
    assert_eq!(
        call(&daemon, "sendRemoteCommEvent", &["a".into(), "b".into()]),
        Ok(true.into())
    );
    let names = daemon.rpc("system.listMethods", vec![]).expect("names");
    assert_eq!(reference_methods(&names), 41);
    assert!(daemon.wait().success());
}
