//! What a configuration depends on besides its files: the caller reads it once at start and hands it to every reading,
//! so that a reread after a `chdir` or a change of user still sees the same world (DEC-011).

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Accounts;

/// The surroundings of one reading.
#[derive(Clone)]
pub struct World<'a> {
    /// The process's own environment, verbatim (CFG-040).
    pub environment: &'a BTreeMap<String, String>,
    /// Users and groups.
    pub accounts: &'a dyn Accounts,
    /// What `%(host_node_name)s` stands for, as `uname -n` says it.
    pub node_name: String,
    /// The working directory at start, absolute. Relative paths start there.
    pub cwd: PathBuf,
    /// The path of the executable as the caller named it, found in `PATH` where it has no slash; symbolic
    /// links are not resolved (CFG-003).
    pub program: PathBuf,
    /// The user that we run as.
    pub uid: u32,
    /// We are the first process of a container (LIF-227).
    pub in_container: bool,
    /// How long the writer of a main file that is a pipe may pause; none while programs are looked after.
    pub patience: Duration,
}

impl fmt::Debug for World<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World")
            .field("node_name", &self.node_name)
            .field("cwd", &self.cwd)
            .field("program", &self.program)
            .field("uid", &self.uid)
            .finish_non_exhaustive()
    }
}

impl World<'_> {
    /// Where a path is, relative ones under the working directory.
    pub fn at(&self, path: &str) -> PathBuf {
        self.cwd.join(path)
    }

    /// `~` and `~user` at the beginning replaced by the home directory, where it is known.
    pub fn expand_user(&self, path: &str) -> String {
        let Some(rest) = path.strip_prefix('~') else {
            return path.to_owned();
        };
        let (user, tail) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let home = if user.is_empty() {
            let home = self.environment.get("HOME").cloned();
            home.or_else(|| self.accounts.home_of_uid(self.uid).map(text))
        } else {
            self.accounts.home_of_name(user).map(text)
        };
        match home {
            Some(home) => {
                let path = format!("{}{tail}", home.trim_end_matches('/'));
                if path.is_empty() { "/".into() } else { path }
            }
            None => path.to_owned(),
        }
    }

    /// `~` expanded, absolute, without `.`, `..` and double slashes; a matter of text only.
    pub fn normalise(&self, path: &str) -> String {
        self.absolute(&self.expand_user(path))
    }

    /// Absolute, without `.`, `..` and double slashes; a matter of text only.
    pub fn absolute(&self, path: &str) -> String {
        if path.starts_with('/') {
            simplify(path)
        } else {
            simplify(&format!("{}/{path}", self.cwd.to_string_lossy()))
        }
    }
}

fn text(path: PathBuf) -> String {
    path.into_os_string().to_string_lossy().into_owned()
}

/// The part of a path before its last slash, as Python cuts it: no slashes at its end, unless it
/// consists of slashes.
pub(super) fn directory_of(path: &str) -> &str {
    let (head, _) = path.split_at(path.rfind('/').map_or(0, |slash| slash + 1));
    match head.trim_end_matches('/') {
        "" => head,
        trimmed => trimmed,
    }
}

/// An absolute path without empty parts, dots and double dots. Exactly two slashes at the beginning stay.
fn simplify(path: &str) -> String {
    let root = if path.starts_with("//") && !path.starts_with("///") {
        "//"
    } else {
        "/"
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("{root}{}", parts.join("/"))
}

/// The path as text; bytes that are no text are replaced.
pub(super) fn path_text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::{directory_of, simplify};
    use crate::config::testing::Place;

    #[test]
    fn directories() {
        let table = [
            ("a", ""),
            ("a/b", "a"),
            ("/a", "/"),
            ("//a", "//"),
            ("/a//b", "/a"),
            ("a/", "a"),
            ("", ""),
        ];
        for (path, want) in table {
            assert_eq!(directory_of(path), want, "{path}");
        }
    }

    #[test]
    fn simple_paths() {
        let table = [
            ("/", "/"),
            ("//a/./b//c/../d/", "//a/b/d"),
            ("///a", "/a"),
            ("/../..", "/"),
        ];
        for (path, want) in table {
            assert_eq!(simplify(path), want, "{path}");
        }
    }

    #[test]
    fn homes() {
        let mut place = Place::new();
        let table = [
            ("~", "/home/me"),
            ("~/x", "/home/me/x"),
            ("~web/x", "/srv/web/x"),
            ("~nobody-there/x", "~nobody-there/x"),
            ("a~", "a~"),
        ];
        place.environment.insert("HOME".into(), "/home/me/".into());
        for (path, want) in table {
            assert_eq!(place.world().expand_user(path), want, "{path}");
        }
        place.environment.remove("HOME");
        assert_eq!(place.world().expand_user("~/x"), "/root/x");
        place.environment.insert("HOME".into(), "/".into());
        assert_eq!(place.world().expand_user("~"), "/");
    }
}
