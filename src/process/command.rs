//! From a program's command line to the file to execute and its arguments (process.md, section 6).
//!
//! Looks at no file itself: what is at a path is told by the caller.

use std::ffi::{CStr, CString, OsStr};
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
    /// The file to execute; several if it is not known yet which of them is there.
    pub files: Vec<CString>,
    /// Its arguments, beginning with the first word as it was written (PROC-078).
    pub argv: Vec<CString>,
}

/// A command whose words are known, but not yet what file they execute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    argv: Vec<CString>,
    /// Where its file may be.
    pub places: Places,
}

/// Where the file of a command may be. To look there can take for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    word: PathBuf,
    /// The word has no slash, and the candidates are from a PATH.
    searched: bool,
    candidates: Vec<CString>,
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

impl Command {
    /// Takes a command apart. A first word with a slash is a path; any other is searched in `program_path`, the
    /// PATH of the program's merged `environment` option, else in `daemon_path`, the daemon's own, else in a
    /// default (PROC-058, PROC-059). Paths are relative to the daemon's working directory, and an empty entry of a
    /// PATH is that directory.
    pub fn parse(
        command: &str,
        program_path: Option<&str>,
        daemon_path: Option<&OsStr>,
    ) -> Result<Self, CommandError> {
        let unreadable = |reason| CommandError::Unreadable {
            command: command.to_owned(),
            reason,
        };
        let words = split(command).map_err(|error| unreadable(error.into()))?;
        Self::of_words(&words, program_path, daemon_path)
    }

    /// The same for a command that is taken apart already.
    pub fn of_words(
        words: &[String],
        program_path: Option<&str>,
        daemon_path: Option<&OsStr>,
    ) -> Result<Self, CommandError> {
        let argv = words
            .iter()
            .map(|word| CString::new(word.as_str()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| CommandError::Unreadable {
                command: words.join(" "),
                reason: Unreadable::Nul,
            })?;
        let first = argv.first().ok_or(CommandError::Empty)?;
        let word = OsStr::from_bytes(first.to_bytes());
        let searched = !word.as_bytes().contains(&b'/');
        let candidates = if searched {
            let daemon_path = daemon_path.filter(|path| !path.is_empty());
            let path = program_path.map(OsStr::new).or(daemon_path);
            let path = path.unwrap_or(OsStr::new(DEFAULT_PATH)).as_bytes();
            let folders = path.split(|byte| *byte == b':');
            let files = folders.map(|folder| Path::new(OsStr::from_bytes(folder)).join(word));
            // there is no file with a NUL in its name
            files
                .filter_map(|file| CString::new(file.into_os_string().into_vec()).ok())
                .collect()
        } else {
            vec![first.clone()]
        };
        let places = Places {
            word: PathBuf::from(word),
            searched,
            candidates,
        };
        Ok(Self { argv, places })
    }

    /// The command with the file that [`Places::find`] found.
    pub fn with(self, file: CString) -> Resolved {
        Resolved {
            files: vec![file],
            argv: self.argv,
        }
    }

    /// The command with every file that it may be: which one, the child has to find out.
    pub fn with_any(self) -> Resolved {
        Resolved {
            files: self.places.candidates,
            argv: self.argv,
        }
    }
}

impl Places {
    /// Finds the file. The search goes on past a file that cannot be executed; when nothing better turns up, the
    /// first such file is the error (DEC-024).
    /// `kinds` says what is at each candidate.
    pub fn find(&self, kinds: impl IntoIterator<Item = FileKind>) -> Result<CString, CommandError> {
        let mut first_error = None;
        for (file, kind) in self.candidates.iter().zip(kinds) {
            match check(file, kind) {
                Ok(()) => return Ok(file.clone()),
                Err(CommandError::NotFound(_)) if self.searched => {}
                Err(error) => drop(first_error.get_or_insert(error)),
            }
        }
        Err(first_error.unwrap_or_else(|| CommandError::NotFound(self.word.clone())))
    }

    /// The files that it may be.
    pub fn candidates(&self) -> &[CString] {
        &self.candidates
    }

    /// What they have in common with other commands: the folder, or all folders of a PATH.
    pub fn folders(&self) -> Vec<u8> {
        let folder = |file: &CString| {
            let file = file.to_bytes();
            let end = file.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
            file.get(..end).unwrap_or_default().to_vec()
        };
        let folders: Vec<_> = self.candidates.iter().map(folder).collect();
        folders.join(&b':')
    }
}

fn check(file: &CStr, kind: FileKind) -> Result<(), CommandError> {
    let file = Path::new(OsStr::from_bytes(file.to_bytes()));
    match kind {
        FileKind::Executable => Ok(()),
        FileKind::Missing => Err(CommandError::NotFound(file.to_owned())),
        FileKind::Directory => Err(CommandError::Directory(file.to_owned())),
        FileKind::NoExecuteBit => Err(CommandError::NotExecutable(file.to_owned())),
        FileKind::NoPermission => Err(CommandError::NoPermission(file.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::path::Path;

    use super::{Command, CommandError, FileKind, Resolved};

    fn resolve(
        command: &str,
        program_path: Option<&str>,
        daemon_path: Option<&OsStr>,
        probe: &dyn Fn(&Path) -> FileKind,
    ) -> Result<Resolved, CommandError> {
        let command = Command::parse(command, program_path, daemon_path)?;
        let places = command.places.candidates().iter();
        let kinds = places.map(|file| probe(Path::new(file.to_str().unwrap())));
        let file = command.places.find(kinds)?;
        Ok(command.with(file))
    }

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
            assert_eq!(resolved.files.len(), 1);
            assert_eq!(resolved.files[0].to_str(), Ok(file), "{command}");
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
