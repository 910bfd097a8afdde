//! From a program's command line to the file to execute and its arguments (process.md, section 6).
//!
//! Looks at no file itself: what is at a path tells the `probe` that the caller brings.

use std::ffi::{CString, OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use crate::base::fault::Fault;
use crate::base::file_kind::FileKind;
use crate::base::quote::{QuoteError, split};
use crate::base::repr::repr;

/// Where words are searched when nobody has a PATH (PROC-059).
const DEFAULT_PATH: &str = "/bin:/usr/bin:/usr/local/bin";

/// A command that can be executed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The file to execute.
    pub file: CString,
    /// Its arguments, beginning with the first word as it was written (PROC-078).
    pub argv: Vec<CString>,
}

/// Why a command cannot be executed. The texts are what users see as `spawnerr`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// The words cannot be told apart (PROC-057).
    #[error("can't parse command {}: {reason}", repr(.command))]
    Unreadable {
        /// The whole command.
        command: String,
        /// What is wrong with it.
        reason: Unreadable,
    },
    /// There are no words (PROC-057).
    #[error("command is empty")]
    Empty,
    /// No such file (PROC-060).
    #[error("can't find command '{}'", .0.display())]
    NotFound(PathBuf),
    /// PROC-061.
    #[error("command at '{}' is a directory", .0.display())]
    Directory(PathBuf),
    /// PROC-062.
    #[error("command at '{}' is not executable", .0.display())]
    NotExecutable(PathBuf),
    /// PROC-063.
    #[error("no permission to run command '{}'", .0.display())]
    NoPermission(PathBuf),
}

/// What is wrong with a command that cannot be split into words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The quoting.
    #[error(transparent)]
    Quote(#[from] QuoteError),
    /// No argument of a program can hold a NUL.
    #[error("embedded null byte")]
    Nul,
}

impl CommandError {
    /// What a client sees when it asks to start such a program (PROC-060 to PROC-064).
    pub fn fault(&self) -> Fault {
        let text = self.to_string();
        match self {
            Self::NotFound(_) => Fault::NoFile(Some(text)),
            _ => Fault::NotExecutable(text),
        }
    }
}

/// Finds what `command` executes. A first word with a slash is a path; any other is searched in
/// `program_path`, the PATH of the program's merged `environment` option, else in `daemon_path`, the
/// daemon's own, else in a default (PROC-058, PROC-059). The search goes on past a file that cannot be
/// executed; when nothing better turns up, the first such file is the error (DEC-024). Paths are relative to
/// the daemon's working directory, and an empty entry of a PATH is that directory.
pub fn resolve(
    command: &str,
    program_path: Option<&str>,
    daemon_path: Option<&OsStr>,
    probe: &dyn Fn(&Path) -> FileKind,
) -> Result<Resolved, CommandError> {
    let unreadable = |reason| CommandError::Unreadable {
        command: command.to_owned(),
        reason,
    };
    let words = split(command).map_err(|error| unreadable(error.into()))?;
    let argv = words
        .into_iter()
        .map(CString::new)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| unreadable(Unreadable::Nul))?;
    let first = argv.first().ok_or(CommandError::Empty)?;
    let word = OsStr::from_bytes(first.to_bytes());
    let found = if word.as_bytes().contains(&b'/') {
        check(PathBuf::from(word), probe)?
    } else {
        let daemon_path = daemon_path.filter(|path| !path.is_empty());
        let path = program_path.map(OsStr::new).or(daemon_path);
        let path = path.unwrap_or(OsStr::new(DEFAULT_PATH));
        search(word, path, probe)?
    };
    let file =
        CString::new(OsString::from(found).into_vec()).map_err(|_| unreadable(Unreadable::Nul))?;
    Ok(Resolved { file, argv })
}

fn search(
    word: &OsStr,
    path: &OsStr,
    probe: &dyn Fn(&Path) -> FileKind,
) -> Result<PathBuf, CommandError> {
    let mut first_error = None;
    for directory in path.as_bytes().split(|byte| *byte == b':') {
        match check(Path::new(OsStr::from_bytes(directory)).join(word), probe) {
            Ok(file) => return Ok(file),
            Err(CommandError::NotFound(_)) => {}
            Err(error) => drop(first_error.get_or_insert(error)),
        }
    }
    Err(first_error.unwrap_or_else(|| CommandError::NotFound(PathBuf::from(word))))
}

fn check(file: PathBuf, probe: &dyn Fn(&Path) -> FileKind) -> Result<PathBuf, CommandError> {
    match probe(&file) {
        FileKind::Executable => Ok(file),
        FileKind::Missing => Err(CommandError::NotFound(file)),
        FileKind::Directory => Err(CommandError::Directory(file)),
        FileKind::NoExecuteBit => Err(CommandError::NotExecutable(file)),
        FileKind::NoPermission => Err(CommandError::NoPermission(file)),
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::path::Path;

    use super::{FileKind, resolve};

    /// A file system with one of everything.
    fn probe(path: &Path) -> FileKind {
        match path.to_str() {
            Some(
                "/bin/cat" | "/opt/tool" | "tool" | "bin/tool" | "/usr/local/bin/far" | "/x/déjà",
            ) => FileKind::Executable,
            Some("/opt" | "/data/cat" | "/d/both") => FileKind::Directory,
            Some("/bin/plain" | "/data/plain" | "/data/tool" | "/n/both") => FileKind::NoExecuteBit,
            Some("/root/secret") => FileKind::NoPermission,
            _ => FileKind::Missing,
        }
    }

    #[test]
    fn finds() {
        let table = [
            // command          program's PATH      daemon's PATH       file
            ("/bin/cat -u", None, None, "/bin/cat"),
            ("bin/tool", Some("/bin"), None, "bin/tool"),
            ("cat", None, None, "/bin/cat"),
            ("far", None, None, "/usr/local/bin/far"),
            ("cat", None, Some(""), "/bin/cat"),
            ("tool", None, Some("/opt"), "/opt/tool"),
            ("tool", Some("/opt"), Some("/bin"), "/opt/tool"),
            ("tool", Some(""), Some("/opt"), "tool"),
            ("tool", Some("/none::/opt"), None, "tool"),
            ("tool", None, Some("/opt/"), "/opt/tool"),
            ("'/x/d\u{e9}j\u{e0}'", None, None, "/x/déjà"),
            ("tool", Some("/data:/opt"), None, "/opt/tool"),
            ("cat", Some("/data:/bin"), None, "/bin/cat"),
        ];
        for (command, program, daemon, file) in table {
            let resolved = resolve(command, program, daemon.map(OsStr::new), &probe).unwrap();
            assert_eq!(resolved.file.to_str(), Ok(file), "{command}");
        }
    }

    #[test]
    fn arguments_are_the_words() {
        let resolved = resolve("cat 'a b' \"\" c\\ d", None, None, &probe).unwrap();
        let words: Vec<_> = resolved.argv.iter().map(|word| word.to_str()).collect();
        assert_eq!(words, [Ok("cat"), Ok("a b"), Ok(""), Ok("c d")]);
    }

    #[test]
    fn refuses() {
        let table = [
            ("", 21, "NOT_EXECUTABLE", "command is empty"),
            (" \t", 21, "NOT_EXECUTABLE", "command is empty"),
            (
                "cat 'x",
                21,
                "NOT_EXECUTABLE",
                "can't parse command \"cat 'x\": No closing quotation",
            ),
            (
                "cat \\",
                21,
                "NOT_EXECUTABLE",
                "can't parse command 'cat \\\\': No escaped character",
            ),
            (
                "cat \0",
                21,
                "NOT_EXECUTABLE",
                "can't parse command 'cat \\x00': embedded null byte",
            ),
            ("nosuch", 20, "NO_FILE", "can't find command 'nosuch'"),
            ("''", 20, "NO_FILE", "can't find command ''"),
            ("/no/such", 20, "NO_FILE", "can't find command '/no/such'"),
            (
                "/opt",
                21,
                "NOT_EXECUTABLE",
                "command at '/opt' is a directory",
            ),
            (
                "plain",
                21,
                "NOT_EXECUTABLE",
                "command at '/bin/plain' is not executable",
            ),
            (
                "/root/secret",
                21,
                "NOT_EXECUTABLE",
                "no permission to run command '/root/secret'",
            ),
        ];
        for (command, code, name, text) in table {
            let error = resolve(command, None, None, &probe).unwrap_err();
            assert_eq!(error.to_string(), text);
            let fault = error.fault();
            assert_eq!(fault.code(), code, "{text}");
            assert_eq!(fault.to_string(), format!("{name}: {text}"));
        }
    }

    #[test]
    fn the_first_unusable_file_is_the_error() {
        let error = resolve("both", Some("/n:/d"), None, &probe).unwrap_err();
        assert_eq!(error.to_string(), "command at '/n/both' is not executable");
        let error = resolve("both", Some("/none:/d:/n"), None, &probe).unwrap_err();
        assert_eq!(error.to_string(), "command at '/d/both' is a directory");
    }
}
