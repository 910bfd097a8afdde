//! What is read: defaults, variables of files, dependencies, and what is refused.

use std::process::{Output, Stdio};

use crate::common::daemon::Daemon;
use crate::common::home::{Home, start};
use crate::common::wait::wait_until;

/// What a daemon says that cannot start: its first line, after which comes where to find help.
fn refusal(output: Output) -> String {
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    let lines: Vec<&str> = said
        .lines()
        .filter(|line| !line.contains("Warning"))
        .collect();
    let (last, lines) = lines.split_last().expect("lines");
    assert!(last.starts_with("For help, use "), "{said}");
    lines.join("\n")
}

#[test]
fn lif_018_a_cycle_through_three_files_is_refused() {
    let home = Home::new();
    home.config("[include]\nfiles={dir}/x.d/*.conf\n");
    let section = |name: &str, needs: &str| {
        format!("[program:{name}]\ncommand=/bin/cat\nautostart=false\n{needs}\n")
    };
    home.write("x.d/1.conf", &section("db", "depends_on=cache"));
    home.write("x.d/2.conf", &section("cache", "depends_on=web"));
    home.write("x.d/3.conf", &section("web", "depends_on=db"));
    let cycle = home.fill(
        "dependency cycle: cache -> web -> db -> cache in section 'program:cache' (file: '{dir}/x.d/2.conf')",
    );
    assert_eq!(
        refusal(home.supervisord(&["-n"])),
        format!("Error: {cycle}")
    );
    home.write("x.d/3.conf", &section("web", ""));
    let daemon = Daemon::of(home, &[]);
    let old = daemon.names_listed();
    daemon.write("x.d/3.conf", &section("web", "depends_on=db"));
    let said = daemon.ctl(&["reread"]);
    assert_eq!(said.lines(), [format!("ERROR: CANT_REREAD: {cycle}")]);
    assert_eq!(daemon.names_listed(), old);
    assert_eq!(daemon.state("db"), "STOPPED");
}

#[test]
fn lif_017_an_unknown_name_is_refused_with_a_hint() {
    let home = Home::new();
    home.config("[program:database]\ncommand=/bin/cat\n[program:web]\ncommand=/bin/cat\ndepends_on=databse\n");
    let said = refusal(home.supervisord(&["-n"]));
    let want = "Error: invalid 'depends_on' value 'databse': no program, group or process 'databse'; did you mean \
                'database'? in section 'program:web' (file: '";
    assert!(said.starts_with(want), "{said}");
}

#[test]
fn lif_300_variables_of_files_are_read_with_the_configuration() {
    let home = Home::new();
    home.config(
        "[program:web]\ncommand=/usr/bin/env\nstartsecs=0\nautorestart=false\nenvfiles=common.env, -local.env\n\
         stdout_logfile={dir}/env.log\n",
    );
    home.write("common.env", "# ours\nnonsense\n");
    let said = refusal(home.supervisord(&["-n"]));
    let want =
        home.fill("{dir}/common.env, line 2: not NAME=value in section 'program:web' (file: ");
    assert!(said.contains(&want), "{said}");
    home.write("common.env", "PASSWORD=\"a#b\"\nURL=http://x/?a=%20b\n");
    let daemon = Daemon::of(home, &[]);
    let variables = daemon.wait_file("env.log", "URL=http://x/?a=%20b");
    assert!(variables.contains("PASSWORD=a#b\n"), "{variables}");
    // LIF-305
    assert_eq!(
        daemon.ctl(&["reread"]).lines(),
        ["No config updates to processes"]
    );
    daemon.write("common.env", "PASSWORD=new\n");
    assert_eq!(daemon.ctl(&["reread"]).lines(), ["web: changed"]);
    daemon.ctl(&["update"]);
    daemon.wait_file("env.log", "PASSWORD=new\n");
}

#[test]
fn lif_310_defaults_go_from_the_nearest_section_to_the_farthest() {
    let home = Home::new();
    home.config(
        "[program-default]\nstopwaitsecs=3\nenvironment=A=\"1\",B=\"1\"\ncommand=/usr/bin/env\nstartsecs=0\n\
         autorestart=false\nstdout_logfile={dir}/%(program_name)s.log\n\
         [group:g]\nprograms=x,y\nstopwaitsecs=4\n[program:x]\n[program:y]\nstopwaitsecs=5\n\
         [program:z]\nenvironment=B=\"2\"\n",
    );
    let daemon = Daemon::of(home, &[]);
    let variables = daemon.wait_file("z.log", "B=2\n");
    assert!(variables.contains("A=1\n"), "{variables}");
    let infos = daemon
        .rpc("supervisor.getAllConfigInfo", vec![])
        .expect("infos");
    let infos = infos.as_array().expect("an array").iter();
    let mut waits: Vec<(String, i32)> = infos
        .map(|info| {
            let wait = info.get("stopwaitsecs").and_then(xmlrpc::Value::as_i32);
            (
                crate::common::daemon::text(info, "name"),
                wait.expect("a number"),
            )
        })
        .collect();
    waits.sort();
    assert_eq!(waits, [("x".into(), 4), ("y".into(), 5), ("z".into(), 3)]);
    assert!(!daemon.log().contains("unknown and ignored"));
}

#[test]
fn lif_308_files_of_the_command_line_win_over_the_environment() {
    let home = Home::new();
    home.config(
        "[program:web]\ncommand=/usr/bin/env\nstartsecs=0\nautorestart=false\nstdout_logfile={dir}/env.log\n\
         environment=COPY=\"%(ENV_FLAVOUR)s\"\n",
    );
    home.write("a.env", "FLAVOUR=sweet\nOTHER=1\n");
    home.write("b.env", "OTHER=2\n");
    let (a, b) = (home.fill("{dir}/a.env"), home.fill("{dir}/b.env"));
    let missing = home.fill("{dir}/nosuch.env");
    assert_eq!(
        refusal(home.supervisord(&["-n", "--env-file", &missing])),
        format!("Error: cannot read {missing}: ENOENT")
    );
    let daemon = Daemon::of(home, &["--env-file", &a, "--env-file", &b]);
    let variables = daemon.wait_file("env.log", "COPY=sweet\n");
    assert!(variables.contains("FLAVOUR=sweet\n"), "{variables}");
    assert!(variables.contains("OTHER=2\n"), "{variables}");
}

#[test]
fn goc_083_words_of_the_go_supervisord_are_told_apart() {
    let home = Home::new();
    home.config("");
    let table: [(&[&str], &str); 3] = [
        (
            &["version"],
            "Error: positional arguments are not supported: ['version']\n'version' is a command of the Go supervisord; \
             use supervisord --version",
        ),
        (
            &["ctl", "start-group", "g"],
            "Error: positional arguments are not supported: ['ctl', 'start-group', 'g']\n'ctl' is a command of the Go \
             supervisord; use supervisorctl start g:*",
        ),
        (
            &["--daemon"],
            "Error: option --daemon not recognized\nsupervisord goes into the background by itself; -n keeps it in \
             the foreground",
        ),
    ];
    for (words, want) in table {
        let mut command = home.command("supervisord");
        let output = command.args(words).output().expect("an output");
        assert_eq!(refusal(output), want, "{words:?}");
    }
}

#[test]
fn lif_227_the_preset_for_containers_writes_no_file() {
    let home = Home::new();
    let file = home.write(
        "app.conf",
        "[supervisord]\n[program:app]\ncommand=/bin/sh -c \"echo hello; printf there >&2; exec sleep 100\"\n\
         startsecs=0\n",
    );
    let before = home.names();
    let mut command = home.command("supervisord");
    command.args(["--container", "-c"]).arg(file);
    command.current_dir(home.folder());
    let (out, err) = (home.path("out"), home.path("err"));
    command.stdout(Stdio::from(std::fs::File::create(&out).expect("a file")));
    command.stderr(Stdio::from(std::fs::File::create(&err).expect("a file")));
    let mut child = start(&mut command);
    let read = |path: &std::path::Path| std::fs::read_to_string(path).unwrap_or_default();
    wait_until("the output of the program", || {
        read(&out).ends_with(" app stdout | hello\n") && read(&err).contains(" app stderr | there")
    });
    let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).expect("a pid"));
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).expect("a signal");
    assert!(child.wait().expect("an end").success());
    let (out, err) = (read(&out), read(&err));
    assert_eq!(out.lines().count(), 1, "{out}");
    let lines: Vec<&str> = err.lines().collect();
    let started = lines
        .iter()
        .position(|line| line.contains("supervisord started with pid"));
    let started = started.expect("the line of the start");
    assert!(
        lines[started + 1].ends_with("INFO container preset is on"),
        "{err}"
    );
    let mut after = home.names();
    after.retain(|name| name != "out" && name != "err");
    assert_eq!(after, before);
}
