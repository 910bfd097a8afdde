//! Automatic log files in `childlogdir`: making them, and removing those of an earlier run.

use std::fs::{self, OpenOptions};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The characters of the random part, as the reference's.
const ALPHABET: &[u8; 37] = b"abcdefghijklmnopqrstuvwxyz0123456789_";
/// How long the random part is.
const RANDOM_CHARS: usize = 8;
/// How many names are tried; a second one is needed once in a trillion files.
const ATTEMPTS: usize = 100;

/// Makes an empty log file for one channel (`stdout` or `stderr`) of a process and returns its path
/// (LOG-133). It is new, ours, and readable by us only.
pub fn create(dir: &Path, process: &str, channel: &str, identifier: &str) -> io::Result<PathBuf> {
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
            Ok(_) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => taken = error,
            Err(error) => return Err(error),
        }
    }
    Err(taken)
}

/// Removes the automatic logs of that identifier and their backups (LOG-137). Returns the warnings for the
/// main log (LOG-024, LOG-025).
pub fn clean_up(dir: &Path, identifier: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(dir) else {
        return vec!["Could not clear childlog dir".to_owned()];
    };
    let mut paths: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .filter(|entry| is_automatic(&entry.file_name().to_string_lossy(), identifier))
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    paths
        .iter()
        .filter(|path| {
            fs::remove_file(path).is_err_and(|error| error.kind() != io::ErrorKind::NotFound)
        })
        .map(|path| format!("Failed to clean up '{}'", path.display()))
        .collect()
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
            let path = create(scratch.path(), "web_00", "stdout", "supervisor").unwrap();
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
        let warnings = clean_up(&dir, "id");
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
            clean_up(&scratch.file("missing"), "id"),
            ["Could not clear childlog dir"]
        );
    }
}
