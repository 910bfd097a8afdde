//! The machine's name.

/// As `uname -n` says it; empty if the system does not tell.
pub fn node_name() -> String {
    nix::unistd::gethostname()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}
