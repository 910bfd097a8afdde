//! Every file in `examples/` does what it says, with its paths moved into a test's folder.

use nix::unistd::{Group, User, getegid, geteuid};

use crate::common::daemon::Daemon;
use crate::common::example::{copy, start};
use crate::common::home::Home;
use crate::common::proc;

#[test]
fn quickstart_shows_a_clock_workers_and_a_program_that_fails() {
    let daemon = start("quickstart");
    daemon.wait_running("clock");
    daemon.wait_running("flaky");
    for name in ["workers:workers_0", "workers:workers_1"] {
        daemon.wait_running(name);
    }
    daemon.wait_file("file-clock.log", ":");
    let status = daemon.ctl(&["status"]);
    assert_eq!(status.lines().len(), 4);
    assert_eq!(status.code, Some(0));
}

#[test]
fn pool_numbers_its_processes() {
    let daemon = start("pool");
    let names = [
        "queue:queue_01",
        "queue:queue_02",
        "queue:queue_03",
        "queue:queue_04",
    ];
    assert_eq!(daemon.names_listed(), names);
    let pid = daemon.wait_running(names[2]);
    assert_eq!(proc::environment_of(pid)["WORKER"], "3");
    let said = daemon.wait_file("file-03.log", "\n");
    assert_eq!(said, "queue 3 listens on port 8003\n");
}

#[test]
fn groups_start_and_stop_together() {
    let daemon = start("groups");
    for name in ["database", "site:web", "site:jobs"] {
        daemon.wait_running(name);
    }
    assert_eq!(daemon.state("report"), "STOPPED");
    let stop = daemon.ctl(&["stop", "site:*"]);
    assert_eq!(stop.code, Some(0));
    assert_eq!(daemon.state("site:web"), "STOPPED");
    assert_eq!(daemon.state("site:jobs"), "STOPPED");
    assert_eq!(daemon.state("database"), "RUNNING");
    assert_eq!(
        daemon.ctl(&["start", "report"]).lines(),
        ["report: started"]
    );
}

#[test]
fn debian_is_the_layout_of_the_package() {
    let home = Home::new();
    let moves = [
        ("/var/run/supervisord.pid", "{dir}/pid"),
        ("/var/run/supervisor.sock", "{dir}/sock"),
        ("/var/log/supervisor/supervisord.log", "{dir}/main.log"),
        ("/var/log/supervisor", "{dir}"),
        ("/etc/supervisor", "{dir}"),
    ];
    copy(&home, "debian/supervisord.conf", "supervisord.conf", &moves);
    let moves = [
        ("/srv/shop", "{dir}/shop"),
        ("/var/log/supervisor", "{dir}"),
    ];
    copy(&home, "debian/conf.d/shop.conf", "conf.d/shop.conf", &moves);
    copy(
        &home,
        "debian/conf.d/mailer.conf",
        "conf.d/mailer.conf",
        &[],
    );
    home.script(
        "shop/app_env/bin/python",
        "#!/bin/sh\necho \"$1 in $PWD\"\nread line\n",
    );
    let daemon = Daemon::background(home, &[]);
    daemon.wait_running("shop");
    daemon.wait_running("mailer");
    let said = daemon.wait_file("shop.log", "\n");
    assert!(said.starts_with("server.py in /"), "{said}");
    assert!(said.ends_with("/shop\n"), "{said}");
    assert_eq!(daemon.ctl(&["stop", "mailer"]).lines(), ["mailer: stopped"]);
}

#[test]
fn webapp_runs_as_its_user_in_its_folder() {
    let own = User::from_uid(geteuid()).expect("a user database");
    let group = Group::from_gid(getegid()).expect("a group database");
    let (Some(own), Some(group)) = (own, group) else {
        return crate::common::skip("needs a name for the user and group who run the tests");
    };
    let (as_root, as_user, owner) = (
        format!("user={}\n", own.name),
        format!("user={}", own.name),
        format!("chown={}:{}", own.name, group.name),
    );
    let home = Home::new();
    let moves = [
        ("/run/supervisord.pid", "{dir}/pid"),
        ("/run/supervisor.sock", "{dir}/sock"),
        ("/var/log/supervisor/supervisord.log", "{dir}/main.log"),
        ("/var/log/supervisor", "{dir}"),
        ("/srv/webapp", "{dir}/webapp"),
        ("user=root\n", &as_root),
        ("user=www-data", &as_user),
        ("chown=root:adm", &owner),
    ];
    copy(&home, "webapp.conf", "supervisord.conf", &moves);
    home.script(
        "webapp/bin/serve",
        "#!/bin/sh\necho \"serving $2\"\nread line\n",
    );
    let daemon = Daemon::of(home, &[]);
    daemon.wait_file("webapp.log", "serving 127.0.0.1:8000\n");
    let pid = daemon.pid_of("webapp");
    let environment = proc::environment_of(pid);
    assert_eq!(environment["APP_ENV"], "production");
    assert!(environment["APP_NAME"].starts_with("webapp on "));
    assert_eq!(environment["HOME"], daemon.fill("{dir}/webapp"));
    assert_eq!(proc::status(pid, "Umask").as_deref(), Some("0027"));
    assert!(proc::directory_of(pid).ends_with("webapp"));
}
