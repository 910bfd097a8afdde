//! The harness of the black-box tests: a folder, a configuration, the two programs, and no traces left.
//!
//! The programs under test are the ones that Cargo built. With `SUPERVISOR_TEST_PROGRAMS=DIR` in the
//! environment they are `DIR/supervisord` and `DIR/supervisorctl` instead, so that the same suite
//! judges another implementation of Supervisor. Tests of behaviour that is ours alone skip then.

pub(crate) mod daemon;
#[allow(dead_code, reason = "not every test program needs it")]
pub(crate) mod example;
pub(crate) mod home;
pub(crate) mod http;
pub(crate) mod leftovers;
pub(crate) mod proc;
#[allow(dead_code, reason = "not every test program needs it")]
pub(crate) mod random;
pub(crate) mod rpc;
#[allow(dead_code, reason = "not every test program needs it")]
pub(crate) mod terminal;
pub(crate) mod wait;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// The folder that replaces the built programs, if the environment names one.
pub(crate) fn foreign_programs() -> Option<PathBuf> {
    let folder = std::env::var_os("SUPERVISOR_TEST_PROGRAMS")?;
    Some(std::path::absolute(folder).expect("a path"))
}

/// The path of `supervisord` or `supervisorctl`.
pub(crate) fn program(name: &str) -> PathBuf {
    match (foreign_programs(), name) {
        (Some(folder), _) => folder.join(name),
        (None, "supervisord") => PathBuf::from(env!("CARGO_BIN_EXE_supervisord")),
        (None, "supervisorctl") => PathBuf::from(env!("CARGO_BIN_EXE_supervisorctl")),
        (None, other) => panic!("no program {other}"),
    }
}

/// The path of one of the reference's programs, where `tests/fetch-reference.sh` has put them.
pub(crate) fn reference(name: &str) -> Option<PathBuf> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent()?;
    let path = target.join("reference/bin").join(name);
    path.exists().then_some(path)
}

/// How many tests of this program have looked at nothing so far.
static SKIPPED: AtomicUsize = AtomicUsize::new(0);

/// Says in one line that the calling test looks at nothing, because this machine lacks something. Where everything
/// is present, as in CI, that is a failure: `SUPERVISOR_TEST_COMPLETE=1` says so.
pub(crate) fn skip(why: &str) {
    not_in_this_run(why);
    let complete = std::env::var_os("SUPERVISOR_TEST_COMPLETE");
    let complete = complete.is_some_and(|value| value == "1");
    assert!(
        !complete,
        "skipped where everything should be present: {why}"
    );
}

/// The same for a test that could not be in this run on any machine: it is for another user, for programs of
/// others, or was not asked for.
pub(crate) fn not_in_this_run(why: &str) {
    let name = std::thread::current().name().unwrap_or("test").to_owned();
    let count = 1 + SKIPPED.fetch_add(1, Ordering::Relaxed);
    let line = format!("skipped {name}: {why} (number {count} of this program)\n");
    // past the test runner's capture
    std::io::stderr()
        .write_all(line.as_bytes())
        .expect("stderr takes a line");
}

/// Makes sure that this process can open `most` files; says and returns false where it cannot. The usual soft limit
/// is less than some tests need, and raising it is what any program may do.
#[allow(dead_code, reason = "not every test program needs it")]
pub(crate) fn can_open(most: u64) -> bool {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).expect("a limit");
    if soft < most && hard >= most {
        setrlimit(Resource::RLIMIT_NOFILE, most, hard).expect("a limit below the hard one");
    }
    if hard < most {
        skip(&format!(
            "needs {most} open files, and the hard limit is {hard}"
        ));
    }
    hard >= most
}

/// Leaves the test when another implementation runs: the behaviour is a decision of ours.
macro_rules! ours_only {
    ($decision:literal) => {
        if $crate::common::foreign_programs().is_some() {
            $crate::common::not_in_this_run(concat!("only for our own programs, ", $decision));
            return;
        }
    };
}
pub(crate) use ours_only;

/// Leaves the test when it does not run as root.
#[allow(unused_macros, reason = "not every test program needs it")]
macro_rules! needs_root {
    () => {
        if !nix::unistd::geteuid().is_root() {
            $crate::common::skip("needs root; run the tests as root to include it");
            return;
        }
    };
}
#[allow(unused_imports, reason = "not every test program needs it")]
pub(crate) use needs_root;
