//! A file system that does not answer, under what a program needs for its start.

use std::fs::Permissions;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use xmlrpc::Value;

use crate::common::daemon::{Daemon, text};
use crate::common::home::Home;
use crate::common::wait::{self, DEADLINE, wait_until};
use crate::common::{needs_root, proc, skip};
use crate::health::{Watch, config};

/// A file system whose server says that it is there, and nothing more. Whoever looks at anything there waits until
/// this is dropped, and can be killed meanwhile.
struct Hung {
    server: Option<File>,
    place: PathBuf,
}

impl Hung {
    /// Puts it there; none where that is not possible.
    fn at(place: &Path) -> Option<Self> {
        std::fs::create_dir(place).expect("a new folder");
        let server = OpenOptions::new().read(true).write(true).open("/dev/fuse");
        let mut server = server.ok()?;
        let options = format!(
            "fd={},rootmode=40000,user_id=0,group_id=0,allow_other",
            server.as_raw_fd()
        );
        let (kind, flags) = (Some("fuse"), MsFlags::MS_NOSUID | MsFlags::MS_NODEV);
        mount(Some("hung"), place, kind, flags, Some(options.as_str())).ok()?;
        greet(&mut server);
        Some(Self {
            server: Some(server),
            place: place.to_owned(),
        })
    }

    /// The server is gone for good, and who waits there gets an error.
    fn give_up(&mut self) {
        self.server = None;
    }
}

impl Drop for Hung {
    fn drop(&mut self) {
        self.give_up();
        // what is left of it is not ours to mend
        let _ = umount2(&self.place, MntFlags::MNT_DETACH);
    }
}

/// Answers the first request, which asks for nothing but a greeting: length, no error, its number; the version and
/// a size of 64 KiB.
fn greet(server: &mut File) {
    let mut request = vec![0; 1 << 17];
    let length = server.read(&mut request).expect("a request");
    assert!(length >= 16, "{length}");
    let mut answer = [0_u32; 20];
    answer[0] = 80;
    answer[4..6].copy_from_slice(&[7, 31]);
    // look-ups in one folder do not wait for each other, as with the servers that people use
    answer[7] = 1 << 18;
    answer[9] = 65536;
    let mut answer: Vec<u8> = answer.into_iter().flat_map(u32::to_ne_bytes).collect();
    answer[8..16].copy_from_slice(&request[8..16]);
    server.write_all(&answer).expect("an open mount");
}

/// One program for each way to wait, each for a name of its own: of those who look for one name the kernel lets
/// only the first be killed.
const PROGRAMS: &str = "
[program:folder]
command=/bin/sleep 1000
directory={dir}/hung/folder
[program:user]
command=/bin/sleep 1000
user=nobody
umask=022
directory={dir}/hung/folder-of-nobody
[program:command]
command={dir}/hung/command
[program:commanduser]
command={dir}/hung/command-of-nobody
user=nobody
[program:search]
command=sleep 1000
environment=PATH=\"{dir}/hung/bin:/bin\"
[program:both]
command={dir}/hung/sbin/tool
directory={dir}/hung
[program:missing]
command=/no/such/tool
";
const NAMES: [&str; 6] = ["folder", "user", "command", "commanduser", "search", "both"];

/// The folder comes last, so that it goes before what it is in is cleared away.
fn with_hung_folder(settings: &str) -> Option<(Daemon, Hung)> {
    let home = Home::new();
    let Some(hung) = Hung::at(&home.path("hung")) else {
        skip("needs the right to mount a file system of /dev/fuse");
        return None;
    };
    let open = Permissions::from_mode(0o755);
    std::fs::set_permissions(home.folder(), open).expect("our folder");
    config(
        &home,
        &PROGRAMS.replace("command=", &format!("{settings}\ncommand=")),
    );
    Some((Daemon::of(home, &[]), hung))
}

/// An answer comes as if nothing were the matter.
fn answers(daemon: &Daemon) {
    let start = wait::now();
    let state = daemon.rpc("supervisor.getState", vec![]);
    assert!(state.is_ok());
    assert!(start.elapsed() < DEADLINE / 4, "{:?}", start.elapsed());
}

fn start_without_waiting(daemon: &Daemon, name: &str) {
    let started = daemon.rpc("supervisor.startProcess", vec![name.into(), false.into()]);
    assert_eq!(started, Ok(Value::Bool(true)), "{name}");
}

#[test]
fn a_program_that_waits_for_a_file_system_holds_nobody_else() {
    needs_root!();
    let settings =
        "autostart=false\nstartsecs=0\nstopwaitsecs=1\nstartretries=0\nautorestart=false";
    let Some((mut daemon, mut hung)) = with_hung_folder(settings) else {
        return;
    };
    let watch = Watch::over(&daemon);
    for name in NAMES {
        start_without_waiting(&daemon, name);
        answers(&daemon);
        daemon.wait_state(name, "RUNNING");
        assert!(proc::alive(daemon.pid_of(name)), "{name}");
    }
    // what is missing elsewhere is told at once
    let missing = daemon.rpc(
        "supervisor.startProcess",
        vec!["missing".into(), false.into()],
    );
    let fault = "NO_FILE: can't find command '/no/such/tool'".to_owned();
    assert_eq!(missing, Err((20, fault)));
    // each waits and can be stopped, though it has not become its program yet
    for name in NAMES {
        let pid = daemon.pid_of(name);
        // a copy of the daemon, as far as anybody can see
        assert_eq!(proc::words_of(pid), proc::words_of(daemon.pid), "{name}");
        daemon.stop_process(name);
        answers(&daemon);
    }
    watch.check(&daemon);
    // and is told of it when the file system is given up
    for name in NAMES {
        start_without_waiting(&daemon, name);
        daemon.wait_state(name, "RUNNING");
    }
    hung.give_up();
    let said = [
        ("folder", "couldn't chdir to "),
        ("user", "couldn't chdir to "),
        ("command", "couldn't exec "),
        ("both", "couldn't chdir to "),
    ];
    for (name, complaint) in said {
        daemon.wait_state(name, "EXITED");
        let log = text(&daemon.info(name), "stderr_logfile");
        let log = std::fs::read_to_string(log).expect("the log");
        assert!(log.contains(complaint), "{name}: {log}");
    }
    // the search went on in the next folder
    let pid = daemon.pid_of("search");
    wait_until("the program of the next folder", || {
        proc::words_of(pid)
            .first()
            .is_some_and(|word| word == "sleep")
    });
    assert!(daemon.stop().success());
}

#[test]
fn a_shutdown_does_not_wait_for_a_file_system() {
    needs_root!();
    let settings = "startsecs=0\nstopwaitsecs=1";
    let Some((mut daemon, hung)) = with_hung_folder(settings) else {
        return;
    };
    for name in NAMES {
        daemon.wait_state(name, "RUNNING");
    }
    answers(&daemon);
    let start = wait::now();
    assert!(daemon.stop().success());
    assert!(start.elapsed() < DEADLINE / 2, "{:?}", start.elapsed());
    drop(hung);
}
