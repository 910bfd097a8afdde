//! Automatic log files in `childlogdir`: making them, and removing those of an earlier run.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::place::{self, LogPath};

/// The characters of the random part, as the reference's.
const ALPHABET: &[u8; 37] = b"abcdefghijklmnopqrstuvwxyz0123456789_";
/// How long the random part is.
const RANDOM_CHARS: usize = 8;
/// How many names are tried; a second one is needed once in a trillion files.
const ATTEMPTS: usize = 100;

/// Makes an empty log file for one channel (`stdout` or `stderr`) of a process (LOG-133). It is new, ours, and
/// readable by us only.
pub(super) fn create(
    dir: &Path,
    process: &str,
    channel: &str,
    identifier: &str,
) -> io::Result<(PathBuf, File)> {
    let mut options = OpenOptions::new();
    options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .custom_flags(libc::O_NOFOLLOW);
    let mut taken = io::ErrorKind::AlreadyExists.into();
    for _ in 0..ATTEMPTS {
        let random = random_part();
        let path = dir.join(format!("{process}-{channel}---{identifier}-{random}.log"));
        match options.open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => taken = error,
            Err(error) => return Err(error),
        }
    }
    Err(taken)
}

/// Removes the automatic logs of that identifier and their backups (LOG-137), but for those that `is_used` finds
/// in use: a name does not say whether the daemon that made it lives. Returns the warnings for the main log (LOG-024,
/// LOG-025).
pub fn clean_up(dir: &Path, identifier: &str, is_used: impl Fn(&File) -> bool) -> Vec<String> {
    let Ok(entries) = fs::read_dir(dir) else {
        return vec!["Could not clear childlog dir".to_owned()];
    };
    let mut paths: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .filter(|entry| is_automatic(&entry.file_name().to_string_lossy(), identifier))
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    let used: HashSet<PathBuf> = paths
        .iter()
        .filter(|path| open_regular(path).is_some_and(|file| is_used(&file)))
        .cloned()
        .collect();
    paths
        .iter()
        .filter(|path| {
            !used.contains(*path) && !log_of_backup(path).is_some_and(|log| used.contains(&log))
        })
        .filter(|path| {
            fs::remove_file(path).is_err_and(|error| error.kind() != io::ErrorKind::NotFound)
        })
        .map(|path| format!("Failed to clean up '{}'", path.display()))
        .collect()
}

fn open_regular(path: &Path) -> Option<File> {
    let file = place::open_to_read(&LogPath::automatic(path)).ok()?;
    file.metadata().ok()?.is_file().then_some(file)
}

/// The log that a file is a backup of.
fn log_of_backup(path: &Path) -> Option<PathBuf> {
    let number = path.extension()?.to_str()?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| path.with_extension(""))
}

/// Whether a file of that name is an automatic log or a backup of one: something, the marker, something
/// without blanks, `.log`, anything. The identifier stands for itself (LOG-141).
fn is_automatic(name: &str, identifier: &str) -> bool {
    let marker = format!("---{identifier}-");
    let qualifies = |(at, _): (usize, char)| -> bool {
        let (before, from) = name.split_at(at);
        let word = from
            .strip_prefix(&marker)
            .and_then(|rest| rest.split(char::is_whitespace).next());
        !before.is_empty() && !before.contains('\n') && word.is_some_and(has_log_suffix)
    };
    name.char_indices().any(qualifies)
}

/// Whether `.log` follows on at least one character.
fn has_log_suffix(word: &str) -> bool {
    let mut chars = word.chars();
    chars.next().is_some() && chars.as_str().contains(".log")
}

/// Names need not be secret, as the file is made exclusively; the seed of std's hash maps is random enough
/// and there without `/dev`.
fn random_part() -> String {
    let mut number = RandomState::new().build_hasher().finish();
    let base = ALPHABET.len() as u64;
    let mut text = String::with_capacity(RANDOM_CHARS);
    for _ in 0..RANDOM_CHARS {
        let index = usize::try_from(number % base).unwrap_or(0);
        text.extend(ALPHABET.get(index).copied().map(char::from));
        number /= base;
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::fs;
    use std::os::unix::fs::{MetadataExt, symlink};

    use super::{ALPHABET, clean_up, create, is_automatic};
    use crate::base::scratch::Scratch;

    #[test]
    fn names_and_mode() {
        let scratch = Scratch::new();
        let mut names = HashSet::new();
        for _ in 0..50 {
            let (path, _) = create(scratch.path(), "web_00", "stdout", "supervisor").unwrap();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let random = name.strip_prefix("web_00-stdout---supervisor-").unwrap();
            let random = random.strip_suffix(".log").unwrap();
            assert_eq!(random.len(), 8, "{name}");
            assert!(
                random.bytes().all(|byte| ALPHABET.contains(&byte)),
                "{name}"
            );
            let metadata = fs::metadata(&path).unwrap();
            assert_eq!((metadata.mode() & 0o177, metadata.len()), (0, 0), "{name}");
            assert!(is_automatic(&name, "supervisor"), "{name}");
            names.insert(name);
        }
        assert_eq!(names.len(), 50);
        assert!(create(&scratch.file("missing"), "web", "stdout", "x").is_err());
    }

    #[test]
    fn which_names_are_cleaned_up() {
        let table = [
            ("x---id-a.log", true),
            ("web-stdout---id-ab12_cd3.log", true),
            ("web-stdout---id-ab12_cd3.log.10", true),
            ("x---id-a.log.12345", true),
            ("x---id-a.logs", true),
            ("x---id-a.txt.log", true),
            ("-------id-a.log", true),
            ("---id---id-a.log", true),
            ("é---id-é.log", true),
            ("---id-x.log", false),
            ("x---id-.log", false),
            ("x---id-a b.log", false),
            ("x---id-a\u{a0}b.log", false),
            ("x\n---id-a.log", false),
            ("x---id-a.txt", false),
            ("x---other-a.log", false),
            ("x--id-a.log", false),
            ("x---id.log", false),
            ("", false),
        ];
        for (name, wanted) in table {
            assert_eq!(is_automatic(name, "id"), wanted, "{name:?}");
        }
        assert!(is_automatic("x---a.b-c.log", "a.b"));
        assert!(!is_automatic("x---aXb-c.log", "a.b"));
    }

    #[test]
    fn what_is_used_stays_and_so_do_its_backups() {
        let scratch = Scratch::new();
        let names = [
            "a---id-x.log",
            "a---id-x.log.1",
            "a---id-x.log.12",
            "b---id-x.log",
            "b---id-x.log.1",
            "c---id-x.log.1",
        ];
        for name in names {
            fs::write(scratch.file(name), name.get(..1).unwrap()).unwrap();
        }
        let used = |file: &fs::File| std::io::read_to_string(file).unwrap() == "a";
        assert_eq!(clean_up(scratch.path(), "id", used), [""; 0]);
        assert_eq!(scratch.names(), names.get(..3).unwrap());
    }

    #[test]
    fn cleans_up() {
        let scratch = Scratch::new();
        let outside = scratch.file("outside");
        let dir = scratch.file("logs");
        fs::write(&outside, "stays").unwrap();
        fs::create_dir_all(dir.join("d---id-x.log")).unwrap();
        symlink(&outside, dir.join("s---id-x.log")).unwrap();
        for name in [
            "a---id-x.log",
            "a---id-x.log.1",
            "a---other-x.log",
            "notes.txt",
        ] {
            fs::write(dir.join(name), "").unwrap();
        }
        let warnings = clean_up(&dir, "id", |_| false);
        let path = dir.join("d---id-x.log");
        assert_eq!(
            warnings,
            [format!("Failed to clean up '{}'", path.display())]
        );
        let mut names: Vec<_> = fs::read_dir(&dir)
            .unwrap()
            .map(|e| e.unwrap().file_name())
            .collect();
        names.sort();
        assert_eq!(names, ["a---other-x.log", "d---id-x.log", "notes.txt"]);
        assert_eq!(scratch.read("outside"), b"stays");
        assert_eq!(
            clean_up(&scratch.file("missing"), "id", |_| false),
            ["Could not clear childlog dir"]
        );
    }
}
