//! The only reader of files in this layer: configuration files, what `[include]` names, and whether a path exists.

mod bytes;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use glob::{MatchOptions, Pattern, glob_with};
use nix::unistd::{AccessFlags, access};

use super::error::ConfigError;
use crate::base::errno::Errno;
pub use bytes::ReadError;

/// What all files of one reading may have together.
pub(super) const LARGEST_SUM: usize = 64 << 20;

/// A configuration file in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its name as the user knows it, for error texts.
    pub name: String,
    /// What it contains.
    pub text: String,
}

/// Reads the main file. `name` is the path as given, `path` where it is (CFG-008). If it is a pipe, its writer may pause
/// for so long.
pub fn read_main(name: &str, path: &Path, patience: Duration) -> Result<Source, ConfigError> {
    if !exists(path) {
        return Err(ConfigError::NotFound(name.to_owned()));
    }
    let bytes = bytes::of_file_or_pipe(path, patience).map_err(|error| {
        let name = name.to_owned();
        match error {
            ReadError::System(_) => ConfigError::Unreadable(name),
            error => ConfigError::Unusable {
                name,
                reason: error.to_string(),
            },
        }
    })?;
    decode(name, bytes)
}

/// Reads an included file; none with the reason if it cannot be read (CFG-067). One that is too large is an error: to
/// go on without it would be to remove its programs.
pub fn read_included(path: &Path) -> Result<Result<Source, ReadError>, ConfigError> {
    let name = path.to_string_lossy();
    match bytes::of_file(path) {
        Ok(bytes) => decode(&name, bytes).map(Ok),
        Err(error @ ReadError::TooLarge) => Err(ConfigError::Unusable {
            name: name.into_owned(),
            reason: error.to_string(),
        }),
        Err(error) => Ok(Err(error)),
    }
}

/// The bytes of a small file that a configuration names.
pub(super) fn read_small(path: &Path, most: usize) -> Result<Vec<u8>, SmallFileError> {
    match bytes::of_file(path) {
        Ok(bytes) if bytes.len() > most => Err(SmallFileError::TooLarge(most)),
        Ok(bytes) => Ok(bytes),
        Err(ReadError::System(error)) => Err(SmallFileError::System(Errno(
            error.raw_os_error().unwrap_or_default(),
        ))),
        Err(error) => Err(SmallFileError::Other(error.to_string())),
    }
}

/// Why a small file cannot be used.
#[derive(Debug)]
pub(super) enum SmallFileError {
    /// The system says so.
    System(Errno),
    /// It has more than so many bytes.
    TooLarge(usize),
    /// It is no file.
    Other(String),
}

/// The text of a file, or the reference's words for the first byte that is no UTF-8 (CFG-012).
fn decode(name: &str, bytes: Vec<u8>) -> Result<Source, ConfigError> {
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let (good, bad) = error.as_bytes().split_at(at);
        ConfigError::Encoding {
            reason: undecodable(bad, at, error.utf8_error().error_len()),
            file: name.to_owned(),
            line: good.split(|byte| *byte == b'\n').count(),
        }
    })?;
    Ok(Source {
        name: name.to_owned(),
        text,
    })
}

/// `bytes` begins at `at` with a bad sequence of `length` bytes, or breaks off within one.
fn undecodable(bytes: &[u8], at: usize, length: Option<usize>) -> String {
    let first = bytes.first().copied().unwrap_or_default();
    let reason = match length {
        None => "unexpected end of data",
        Some(_) if (0xc2..=0xf4).contains(&first) => "invalid continuation byte",
        Some(_) => "invalid start byte",
    };
    match length.unwrap_or(bytes.len()) {
        0 | 1 => format!("byte {first:#04x} in position {at}: {reason}"),
        length => format!("bytes in position {at}-{}: {reason}", at + length - 1),
    }
}

/// Whether something is there (CFG-004).
pub fn exists(path: &Path) -> bool {
    path.exists()
}

/// Whether it is a directory.
pub fn is_directory(path: &Path) -> bool {
    path.is_dir()
}

/// Whether it is a directory in which we may make files.
pub fn is_writable_directory(path: &Path) -> bool {
    path.is_dir() && access(path, AccessFlags::W_OK | AccessFlags::X_OK).is_ok()
}

/// The paths that an item of `[include] files` names, sorted. The pattern is absolute (CFG-063, CFG-064).
pub fn included(pattern: &str) -> Vec<PathBuf> {
    let Some(magic) = pattern.find(['*', '?', '[']) else {
        let path = PathBuf::from(pattern);
        return Vec::from_iter(fs::symlink_metadata(&path).is_ok().then_some(path));
    };
    // the folder before the first wildcard stays as it is written, dots and all
    let folder = pattern.get(..magic).and_then(|text| text.rfind('/'));
    let (folder, rest) = pattern.split_at(folder.map_or(0, |slash| slash + 1));
    let options = MatchOptions {
        case_sensitive: true,
        require_literal_separator: true,
        require_literal_leading_dot: false,
    };
    let matches = glob_with(&(Pattern::escape(folder) + &translated(rest)), options);
    let mut paths: Vec<PathBuf> = matches
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|path| {
            let tail = path.strip_prefix(folder).ok()?.to_owned();
            shows_hidden_only_if_asked(rest, &tail).then_some(tail)
        })
        .map(|tail| {
            let mut path = OsString::from(folder);
            path.push(tail);
            path.into()
        })
        .collect();
    paths.sort_by(|a, b| a.as_os_str().cmp(b.as_os_str()));
    paths
}

/// Whether each part of the path that begins with a dot was asked for with a dot. The crate has an option for
/// this, but it hides such names even then.
fn shows_hidden_only_if_asked(pattern: &str, path: &Path) -> bool {
    let is_hidden = |part: &OsStr| part.as_encoded_bytes().starts_with(b".");
    let parts = pattern
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".");
    parts
        .zip(path)
        .all(|(wanted, part)| !is_hidden(part) || wanted.starts_with('.'))
}

/// The pattern as crate `glob` wants it: `**` is `*` here, a bracket that is never closed is a bracket.
fn translated(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        let (_, tail) = rest.split_at(c.len_utf8());
        rest = tail;
        match c {
            '*' => {
                out.push('*');
                rest = rest.trim_start_matches('*');
            }
            '[' => match class_length(rest) {
                Some(length) => {
                    let (class, tail) = rest.split_at(length);
                    out.push('[');
                    out.push_str(class);
                    rest = tail;
                }
                None => out.push_str("[[]"),
            },
            _ => out.push(c),
        }
    }
    out
}

/// The length of a character class behind its `[`, with the `]`, which is ordinary in the first place.
fn class_length(rest: &str) -> Option<usize> {
    let skipped = usize::from(rest.starts_with('!'));
    let first = rest.get(skipped..)?.chars().next()?.len_utf8();
    let from = skipped + first;
    Some(from + rest.get(from..)?.find(']')? + 1)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::time::Duration;

    use super::{ConfigError, decode, included, read_main, translated};
    use crate::base::scratch::Scratch;

    #[test]
    fn bytes_that_are_no_text() {
        let table: [(&[u8], &str); 8] = [
            (b"ab\xff", "byte 0xff in position 2: invalid start byte"),
            (b"\x80", "byte 0x80 in position 0: invalid start byte"),
            (b"\xc0\x80", "byte 0xc0 in position 0: invalid start byte"),
            (
                b"caf\xe9\n",
                "byte 0xe9 in position 3: invalid continuation byte",
            ),
            (
                b"\xe2\x82x",
                "bytes in position 0-1: invalid continuation byte",
            ),
            (
                b"\xed\xa0\x80",
                "byte 0xed in position 0: invalid continuation byte",
            ),
            (
                b"x\xe2\x82",
                "bytes in position 1-2: unexpected end of data",
            ),
            (b"x\xe2", "byte 0xe2 in position 1: unexpected end of data"),
        ];
        for (bytes, want) in table {
            let error = ConfigError::Encoding {
                reason: want.into(),
                file: "f".into(),
                line: 1,
            };
            assert_eq!(decode("f", bytes.to_vec()), Err(error), "{bytes:?}");
        }
    }

    #[test]
    fn missing_and_unreadable_files() {
        let folder = Scratch::new();
        let error = read_main("s.conf", &folder.path().join("s.conf"), Duration::ZERO);
        assert_eq!(error, Err(ConfigError::NotFound("s.conf".into())));
        let error = read_main(".", folder.path(), Duration::ZERO);
        assert_eq!(error, Err(ConfigError::Unreadable(".".into())));
        assert_eq!(
            read_main("/no/such", Path::new("/no/such"), Duration::ZERO)
                .map_err(|error| error.to_string()),
            Err("could not find config file /no/such".into())
        );
    }

    #[test]
    fn patterns_for_the_crate() {
        let table = [
            ("a**b/***", "a*b/*"),
            ("[ab]c", "[ab]c"),
            ("[!]]x", "[!]]x"),
            ("[]x", "[[]]x"),
            ("x[", "x[[]"),
            ("[!", "[[]!"),
            ("é*", "é*"),
        ];
        for (pattern, want) in table {
            assert_eq!(translated(pattern), want, "{pattern}");
        }
    }

    #[test]
    fn included_paths() {
        let folder = Scratch::new();
        let at = folder.path();
        for name in ["b.conf", "a.conf", ".h.conf", "c.txt", "sub/d.conf"] {
            folder.write(name, "");
        }
        fs::create_dir(at.join("dir.conf")).unwrap();
        std::os::unix::fs::symlink("nowhere", at.join("dangling.conf")).unwrap();
        let here = at.to_str().unwrap();
        let all = "a.conf b.conf dangling.conf dir.conf";
        let table = [
            ("*.conf", all.to_owned()),
            ("**.conf", all.to_owned()),
            ("[ab].conf", "a.conf b.conf".into()),
            ("[!a].conf", "b.conf".into()),
            (".*.conf", ".h.conf".into()),
            ("*/*.conf", "sub/d.conf".into()),
            ("**/d.conf", "sub/d.conf".into()),
            ("./?.conf", "./a.conf ./b.conf".into()),
            ("sub/../?.conf", "sub/../a.conf sub/../b.conf".into()),
            ("a.conf", "a.conf".into()),
            ("dangling.conf", "dangling.conf".into()),
            ("none.conf", String::new()),
            ("none/*.conf", String::new()),
            ("[a", String::new()),
        ];
        for (pattern, want) in table {
            let paths: Vec<String> = included(&format!("{here}/{pattern}"))
                .iter()
                .map(|path| path.to_str().unwrap()[here.len() + 1..].to_owned())
                .collect();
            assert_eq!(paths.join(" "), want, "{pattern}");
        }
    }
}
