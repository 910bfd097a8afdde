use std::fs;
use std::os::fd::AsFd;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};

use super::{Blocked, Spawner, pointers};
use crate::base::exit::Exit;
use crate::base::scratch::Scratch;
use crate::base::signals::Signal;
use crate::sys::fds::ReservedFds;
use crate::sys::pipes::{Write, write};
use crate::sys::privileges::{PrivilegeError, ProgramUser, find_credentials};
use crate::sys::signals::{Target, kill};
use crate::sys::testing::{
    Program, c_path, is_root, proc_file, signal_bits, status_line, string, wait,
};

const NOBODY: u32 = 65534;
fn nobody() -> ProgramUser {
    ProgramUser::of(NOBODY, find_credentials(NOBODY))
}

const PIPE_AND_XFSZ: u64 = 1 << (libc::SIGPIPE - 1) | 1 << (libc::SIGXFSZ - 1);

#[test]
fn the_program_gets_its_words_its_environment_and_its_pipes() {
    let mut program = Program::shell("read line; echo \"$0 $1 $X $line\"; echo oops >&2; exit 3");
    program.argv.extend([string("zero"), string("a  b")]);
    program.environment.push(string("X=it's"));
    let running = program.start();
    let stdin = running.ends.stdin.as_ref().unwrap();
    crate::sys::pipes::write(stdin.as_fd(), b"hello\n");
    let outcome = running.outcome();
    assert_eq!(outcome.stdout, "zero a  b it's hello\n");
    assert_eq!(outcome.stderr, "oops\n");
    assert_eq!(outcome.exit, Exit::Code(3));
}

#[test]
fn redirected_stderr_keeps_the_order() {
    let mut program = Program::shell("echo 1; echo 2 >&2; echo 3");
    program.redirect_stderr = true;
    let outcome = program.run();
    assert_eq!(
        (outcome.stdout.as_str(), outcome.stderr.as_str()),
        ("1\n2\n3\n", "")
    );
}

#[test]
fn argv0_is_free_and_the_file_is_executed() {
    let mut program = Program::shell("echo $0");
    program.argv[0] = string("other-name");
    assert_eq!(program.run().stdout, "other-name\n");
}

/// PROC-074 to PROC-079: each failing step, its words, and the status.
#[test]
fn failures_are_told_on_stderr() {
    let folder = Scratch::new();
    let file = |name: &str, content: &str, mode: u32| {
        let path = folder.file(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let garbage = file("garbage", "hello", 0o755);
    let orphan = file("orphan", "#!/no/such/interpreter\n", 0o755);
    let plain = file("plain", "", 0o644);
    let long = "x".repeat(200_000);
    let refused = |error| ProgramUser::Refused { uid: 4711, error };
    let same = || ProgramUser::Same;
    let table = [
        // words, directory, user, what is said
        (
            vec!["/no/such"],
            None,
            same(),
            "exec /no/such: ENOENT".to_owned(),
        ),
        (
            vec!["/bin/sh/x"],
            None,
            same(),
            "exec /bin/sh/x: ENOTDIR".to_owned(),
        ),
        (vec!["/"], None, same(), "exec /: EACCES".to_owned()),
        (vec![&plain], None, same(), format!("exec {plain}: EACCES")),
        (
            vec![&garbage, "arg"],
            None,
            same(),
            format!("exec {garbage}: ENOEXEC"),
        ),
        (
            vec![&orphan],
            None,
            same(),
            format!("exec {orphan}: ENOENT"),
        ),
        (
            vec!["/bin/sh", &long],
            None,
            same(),
            "exec /bin/sh: E2BIG".to_owned(),
        ),
        (
            vec!["/no/such"],
            Some("/none"),
            same(),
            "chdir to /none: ENOENT".to_owned(),
        ),
        (
            vec!["/bin/sh"],
            Some("/bin/sh"),
            same(),
            "chdir to /bin/sh: ENOTDIR".to_owned(),
        ),
        (
            vec!["/bin/sh"],
            Some("/none"),
            refused(PrivilegeError::NotRoot),
            "setuid to 4711: Can't drop privilege as nonroot user".to_owned(),
        ),
        (
            vec!["/bin/sh"],
            None,
            refused(PrivilegeError::UnknownUid(4711)),
            "setuid to 4711: Can't find uid 4711".to_owned(),
        ),
    ];
    for (words, directory, user, said) in table {
        let mut program = Program::new(&words);
        program.directory = directory.map(string);
        program.user = user;
        let outcome = program.run();
        let lines =
            format!("supervisor: couldn't {said}\nsupervisor: child process was not spawned\n");
        assert_eq!(outcome.stderr, lines);
        assert_eq!(outcome.stdout, "", "{said}");
        assert_eq!(outcome.exit, Exit::Code(127), "{said}");
    }
}

#[test]
fn redirected_failures_come_on_stdout() {
    let mut program = Program::new(&["/no/such"]);
    program.redirect_stderr = true;
    let text = "supervisor: couldn't exec /no/such: ENOENT\n\
                supervisor: child process was not spawned\n";
    assert_eq!(program.run().stdout, text);
}

/// PROC-073, DMN-079: also not what somebody left open without close-on-exec.
#[test]
fn only_three_descriptors_are_open() {
    let stray = fs::OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_CLOEXEC)
        .open("/dev/null")
        .unwrap();
    let cleared = nix::fcntl::FcntlArg::F_SETFD(nix::fcntl::FdFlag::empty());
    nix::fcntl::fcntl(&stray, cleared).unwrap();
    for reserved in [true, false] {
        let mut program = Program::shell("ls /proc/$$/fd; :");
        program.reserved = reserved;
        assert_eq!(program.run().stdout, "0\n1\n2\n");
    }
}

/// The reserved are empty again after every child, so that ends of pipes are seen.
#[test]
fn one_spawner_makes_many_children() {
    let spawner = Spawner::new(ReservedFds::reserve());
    for _ in 0..3 {
        let mut program = Program::shell("read line; echo $line; echo err >&2; exit 7");
        program.environment.clear();
        let mut running = program.start_by(&spawner);
        let stdin = running.ends.stdin.take().unwrap();
        assert_eq!(write(stdin.as_fd(), b"hello\n"), Write::Bytes(6));
        drop(stdin);
        let outcome = running.outcome();
        assert_eq!(
            (outcome.stdout.as_str(), outcome.stderr.as_str()),
            ("hello\n", "err\n")
        );
        assert_eq!(outcome.exit, Exit::Code(7));
    }
}

/// DEC-027, whatever the thread that spawns has blocked or handles.
#[test]
fn signals_are_as_programs_expect_them() {
    let before = proc_file("/proc/thread-self/status");
    let outcome = {
        let _blocked = Blocked::everything();
        Program::new(&["/bin/cat", "/proc/self/status"]).run()
    };
    let status = outcome.stdout;
    assert_eq!(signal_bits(&status, "SigBlk"), 0);
    assert_eq!(signal_bits(&status, "SigCgt"), 0);
    let ignored = signal_bits(&before, "SigIgn") | PIPE_AND_XFSZ;
    assert_eq!(signal_bits(&status, "SigIgn"), ignored);
    let after = proc_file("/proc/thread-self/status");
    assert_eq!(
        signal_bits(&after, "SigBlk"),
        signal_bits(&before, "SigBlk")
    );
}

/// PROC-072, PROC-083.
#[test]
fn it_leads_a_process_group_in_our_session() {
    let outcome = Program::new(&["/bin/cat", "/proc/self/stat"]).run();
    let fields: Vec<&str> = outcome
        .stdout
        .rsplit(')')
        .next()
        .unwrap()
        .split(' ')
        .collect();
    assert_eq!(fields[3], outcome.pid.to_string(), "process group");
    let session = nix::unistd::getsid(None).unwrap();
    assert_eq!(fields[4], session.to_string(), "session");
}

#[test]
fn directory_and_umask_are_its_own() {
    let folder = Scratch::new();
    let real = folder.path().canonicalize().unwrap();
    let ours = (
        std::env::current_dir().unwrap(),
        proc_file("/proc/self/status"),
    );
    let mut program = Program::shell("pwd; umask");
    program.directory = Some(c_path(&real));
    program.umask = Some(0o137);
    let outcome = program.run();
    assert_eq!(outcome.stdout, format!("{}\n0137\n", real.display()));
    assert_eq!(std::env::current_dir().unwrap(), ours.0);
    let umask = |status: &str| status_line(status, "Umask").to_owned();
    assert_eq!(umask(&proc_file("/proc/self/status")), umask(&ours.1));
}

/// PROC-080, PROC-087.
#[test]
fn another_user_has_its_groups_and_no_more() {
    if !is_root("a program with a user") {
        return;
    }
    let mut program = Program::new(&["/bin/cat", "/proc/self/status"]);
    program.user = nobody();
    let ProgramUser::Switch(credentials) = &program.user else {
        panic!("no way to become nobody: {:?}", program.user);
    };
    let gid = credentials.gid;
    let outcome = program.run();
    let status = outcome.stdout;
    assert_eq!(
        status_line(&status, "Uid"),
        format!("{NOBODY}\t{NOBODY}\t{NOBODY}\t{NOBODY}")
    );
    assert_eq!(
        status_line(&status, "Gid"),
        format!("{gid}\t{gid}\t{gid}\t{gid}")
    );
    assert_eq!(status_line(&status, "Groups"), gid.to_string());
    assert_eq!(signal_bits(&status, "SigBlk"), 0);
    assert_eq!(status_line(&status, "CapEff"), "0000000000000000");
}

/// Steps after the change of user fail as that user, and the words still come.
#[test]
fn another_user_cannot_enter_our_directory() {
    if !is_root("a program with a user and a directory") {
        return;
    }
    let folder = Scratch::new();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let mut program = Program::new(&["/bin/true"]);
    program.user = nobody();
    program.directory = Some(c_path(folder.path()));
    let outcome = program.run();
    let text = format!(
        "supervisor: couldn't chdir to {}: EACCES\nsupervisor: child process was not spawned\n",
        folder.path().display()
    );
    assert_eq!((outcome.stderr, outcome.exit), (text, Exit::Code(127)));
}

#[test]
fn a_system_that_refuses_the_user_is_told_of() {
    if nix::unistd::Uid::current().is_root() {
        println!("skipped, needs a user that is not root: a refused change of user");
        return;
    }
    let mut program = Program::new(&["/bin/true"]);
    program.user = ProgramUser::Switch(crate::sys::privileges::Credentials {
        uid: 0,
        gid: 0,
        groups: vec![0],
    });
    let text = "supervisor: couldn't setuid to 0: Could not set groups of effective user\n\
                supervisor: child process was not spawned\n";
    assert_eq!(program.run().stderr, text);
}

#[test]
fn big_environments_arrive() {
    let mut program = Program::new(&["/usr/bin/env"]);
    program.environment = (0..3000)
        .map(|n| string(&format!("V{n}={}", "v".repeat(300))))
        .collect();
    let outcome = program.run();
    assert_eq!(outcome.stderr, "");
    assert_eq!(outcome.stdout.lines().count(), 3000);
    assert!(outcome.stdout.lines().all(|line| line.len() > 300));
}

/// A stop signal right after the start ends the program, however far it has come (DEC-027).
#[test]
fn no_signal_is_swallowed() {
    let users = if is_root("a stop of a program with a user") {
        vec![ProgramUser::Same, nobody()]
    } else {
        vec![ProgramUser::Same]
    };
    for user in users {
        let mut program = Program::new(&["/bin/sleep", "1000"]);
        program.user = user;
        for _ in 0..40 {
            let running = program.start();
            kill(Target::Process(running.pid), Signal::TERM).unwrap();
            let exit = running.outcome().exit;
            assert_eq!(exit.to_string(), "terminated by SIGTERM");
        }
    }
}

#[test]
fn many_at_once_leave_nothing_behind() {
    let spawn_some = || {
        for number in 0..25 {
            let outcome = Program::shell(&format!("exit {number}")).run();
            assert_eq!(outcome.exit, Exit::Code(number));
            let gone = kill(
                Target::Process(outcome.pid),
                Signal::from_number(0).unwrap(),
            );
            assert_eq!(gone.unwrap_err().to_string(), "ESRCH");
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(spawn_some);
        }
    });
}

#[test]
fn groups_can_be_signalled() {
    let running = Program::shell("sleep 1000 & wait").start();
    let pid = running.pid;
    kill(Target::Group(pid), Signal::KILL).unwrap();
    assert_eq!(wait(pid).to_string(), "terminated by SIGKILL");
}

#[test]
fn pointer_arrays_end_with_null() {
    let strings = [string("a"), string("")];
    let pointers = pointers(&strings);
    assert_eq!(pointers.len(), 3);
    assert!(pointers[2].is_null() && !pointers[1].is_null());
}

/// Where nobody knows which of the files is there, the child finds out (DEC-024).
#[test]
fn the_first_file_that_can_be_executed_is() {
    let table = [
        (
            vec!["/no/such", "/etc/passwd", "/", "/bin/echo"],
            "found\n",
            "",
        ),
        (
            vec!["/no/such", "/etc/passwd/x", "/etc/passwd"],
            "",
            "exec tool: ENOTDIR",
        ),
        (
            vec!["/no/such", "/etc/passwd", "/none"],
            "",
            "exec tool: EACCES",
        ),
        (vec![], "", "exec tool: ENOENT"),
    ];
    for (files, stdout, said) in table {
        let mut program = Program::new(&["tool", "found"]);
        program.files = files.into_iter().map(string).collect();
        let outcome = program.run();
        assert_eq!(outcome.stdout, stdout, "{said}");
        assert!(outcome.stderr.contains(said), "{said}: {}", outcome.stderr);
    }
}

/// What a child had in our memory is used again once it is out of there.
#[test]
fn one_stack_serves_many_children() {
    let spawner = Spawner::new(ReservedFds::reserve());
    for _ in 0..20 {
        let running = Program::shell("exit 4").start_by(&spawner);
        assert_eq!(running.outcome().exit, Exit::Code(4));
        spawner.take_back();
        assert!(spawner.lent.borrow().is_empty());
        assert_eq!(spawner.spare_stacks.borrow().len(), 1);
    }
}
