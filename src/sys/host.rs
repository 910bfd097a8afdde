//! The machine's name, and where programs are on it.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// How much of the file of hosts is read, in bytes: the machine itself stands at its beginning.
const HOSTS_BYTES: u64 = 64 * 1024;

/// As `uname -n` says it; empty if the system does not tell.
pub fn node_name() -> String {
    nix::unistd::gethostname()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// Whether we are the first process of a container, as far as that can be seen.
pub fn is_container() -> bool {
    let marks = ["/.dockerenv", "/run/.containerenv"];
    std::process::id() == 1
        && (std::env::var_os("container").is_some()
            || marks.iter().any(|mark| Path::new(mark).exists()))
}

/// What the machine is called: its name, and its full one as the file of hosts has it. No name server is asked,
/// which could let the start wait, or let a network choose.
pub fn names() -> Vec<String> {
    let name = node_name();
    let full = read_hosts("/etc/hosts").and_then(|hosts| full_name(&hosts, &name));
    let names = [Some(name), full].into_iter().flatten();
    names.filter(|name| !name.is_empty()).collect()
}

/// The beginning of the file; none of one that would let us wait.
fn read_hosts(path: &str) -> Option<String> {
    let mut options = File::options();
    let file = options.read(true).custom_flags(libc::O_NONBLOCK);
    let mut bytes = Vec::new();
    let file = file.open(path).ok()?;
    file.take(HOSTS_BYTES).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The first name with a dot in the first line that has this name, as `hostname -f` finds it.
fn full_name(hosts: &str, name: &str) -> Option<String> {
    let lines = hosts.lines().map(|line| line.split('#').next());
    let mut lines = lines.map(|line| line.unwrap_or_default().split_whitespace().skip(1));
    let line = lines.find(|words| words.clone().any(|word| word.eq_ignore_ascii_case(name)));
    line?.find(|word| word.contains('.')).map(str::to_owned)
}

/// The path of a program as a script would see it in its `argv[0]`: found through PATH if it has no slash
/// (CFG-003, CTL-005).
pub fn program_path(program: &str) -> PathBuf {
    let bare = Path::new(program).components().count() <= 1;
    let path = std::env::var_os("PATH").filter(|_| bare);
    let folders = path.iter().flat_map(std::env::split_paths);
    let mut files = folders.map(|folder| folder.join(program));
    files
        .find(|file| file.is_file())
        .unwrap_or_else(|| PathBuf::from(program))
}

#[cfg(test)]
mod tests {
    use super::{full_name, names, node_name, read_hosts};

    #[test]
    fn full_names() {
        let hosts = "127.0.0.1 localhost\n# 10.0.0.9 no.example.org web1\n\n\
             127.0.1.1\tWeb1.example.org web1 # other.example.org\n10.0.0.1 late.example.org web1\n\
             10.0.0.2 db cache\n10.0.0.3 x y.example.net";
        let table = [
            ("web1", Some("Web1.example.org")),
            ("WEB1.EXAMPLE.ORG", Some("Web1.example.org")),
            ("localhost", None),
            ("db", None),
            ("x", Some("y.example.net")),
            ("10.0.0.2", None),
            ("nobody", None),
            ("", None),
        ];
        for (name, full) in table {
            assert_eq!(full_name(hosts, name).as_deref(), full, "{name}");
        }
    }

    #[test]
    fn the_machine_has_a_name() {
        assert_eq!(names().first(), Some(&node_name()));
        assert_eq!(read_hosts("/no/such/file"), None);
        assert!(read_hosts("/dev/zero").is_some_and(|text| text.len() == 64 * 1024));
    }
}
