//! The machine's name, and where programs are on it.

use std::path::{Path, PathBuf};

/// As `uname -n` says it; empty if the system does not tell.
pub fn node_name() -> String {
    nix::unistd::gethostname()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
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
