//! A test's own folder, its configuration file and its runs of the programs.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use super::leftovers::{self, MARK};
use super::program;

/// A folder of its own, removed together with every process that was started from it.
pub(crate) struct Home {
    folder: PathBuf,
    mark: String,
}

impl Home {
    /// Makes an empty folder with a short name, because socket paths are short.
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let mark = format!("svt-{}-{count}", std::process::id());
        let folder = std::env::temp_dir().join(&mark);
        fs::create_dir(&folder).expect("a new folder");
        fs::set_permissions(&folder, Permissions::from_mode(0o755)).expect("a mode");
        Self { folder, mark }
    }

    /// A path in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Replaces `{dir}` by the folder.
    pub(crate) fn fill(&self, text: &str) -> String {
        text.replace("{dir}", self.folder.to_str().expect("a UTF-8 path"))
    }

    /// Writes a file, with `{dir}` filled in, and makes the folders above it.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::write(&path, self.fill(text)).expect("a file");
        path
    }

    /// Writes a file that may be executed.
    pub(crate) fn script(&self, name: &str, text: &str) -> PathBuf {
        let path = self.write(name, text);
        fs::set_permissions(&path, Permissions::from_mode(0o755)).expect("a mode");
        path
    }

    /// The text of a file; empty if there is none. Bytes that are no UTF-8 are replaced.
    pub(crate) fn read(&self, name: &str) -> String {
        let bytes = fs::read(self.path(name)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// True if the path exists.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    /// The names in the folder, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.folder).expect("the folder");
        let mut names: Vec<_> = entries
            .map(|entry| entry.expect("an entry").file_name())
            .map(|name| name.into_string().expect("a UTF-8 name"))
            .collect();
        names.sort();
        names
    }

    /// Writes `supervisord.conf` with a Unix socket, quick clean-up and `body` after them.
    pub(crate) fn config(&self, body: &str) -> PathBuf {
        self.config_with("", body)
    }

    /// Like `config`, with more lines for `[supervisord]`.
    pub(crate) fn config_with(&self, supervisord: &str, body: &str) -> PathBuf {
        let text = format!(
            "[unix_http_server]\nfile={{dir}}/sock\n\n\
             [supervisord]\nlogfile={{dir}}/main.log\npidfile={{dir}}/pid\nchildlogdir={{dir}}\n\
             {supervisord}\n\n\
             [rpcinterface:supervisor]\n\
             supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n\n\
             [supervisorctl]\nserverurl=unix://{{dir}}/sock\n\n{body}\n"
        );
        self.write("supervisord.conf", &text)
    }

    /// A command of one of the programs: marked, in this folder, in a plain environment.
    pub(crate) fn command(&self, name: &str) -> Command {
        self.marked(program(name))
    }

    /// A marked command of any program, in this folder and in a plain environment.
    pub(crate) fn marked(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
            .env("HOME", &self.folder)
            .env("LANG", "C.UTF-8")
            .env(MARK, &self.mark);
        command
    }

    /// Runs `supervisord` with `arguments` to its end.
    pub(crate) fn supervisord(&self, arguments: &[&str]) -> Output {
        let output = self.command("supervisord").args(arguments).output();
        output.expect("supervisord can be run")
    }

    /// Runs `supervisorctl` on the configuration file with `arguments` to its end.
    pub(crate) fn ctl(&self, arguments: &[&str]) -> Reply {
        let mut command = self.command("supervisorctl");
        command.arg("-c").arg(self.path("supervisord.conf"));
        Reply::from(command.args(arguments).output().expect("supervisorctl"))
    }

    /// Runs the shell of `supervisorctl` with `lines` as its input.
    pub(crate) fn shell(&self, lines: &str) -> Reply {
        let input = self.write("shell.input", lines);
        let mut command = self.command("supervisorctl");
        command.arg("-c").arg(self.path("supervisord.conf"));
        command.stdin(fs::File::open(input).expect("the input"));
        Reply::from(command.output().expect("supervisorctl"))
    }

    /// The folder itself.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The living processes that were started from here, orphans included.
    pub(crate) fn processes(&self) -> Vec<i32> {
        leftovers::marked(&self.mark)
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        leftovers::clear(&self.mark);
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            // A second panic would hide the first; a folder left over is worth a line.
            eprintln!("cannot remove {}: {error}", self.folder.display());
        }
    }
}

/// What one run of a program printed, and its exit status.
#[derive(Debug)]
pub(crate) struct Reply {
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
    /// The exit status; none if a signal ended it.
    pub(crate) code: Option<i32>,
}

impl Reply {
    /// Standard output without blanks at the ends of its lines.
    pub(crate) fn lines(&self) -> Vec<&str> {
        self.out.lines().map(str::trim_end).collect()
    }
}

impl From<Output> for Reply {
    fn from(output: Output) -> Self {
        Self {
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
            code: output.status.code(),
        }
    }
}

/// Starts a command and does not wait for it.
#[expect(
    clippy::disallowed_methods,
    reason = "the rule is for the daemon; a test starts programs as anybody does"
)]
pub(crate) fn start(command: &mut Command) -> Child {
    command.spawn().expect("the program can be started")
}
