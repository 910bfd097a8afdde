//! What the daemon was started with, kept so that every reading of the configuration sees the same (DEC-011).

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::config::cli::DaemonArgs;
use crate::config::error::ConfigError;
use crate::config::world::World;
use crate::config::{self, Config};
use crate::sys;
use crate::sys::accounts::SystemAccounts;

/// Arguments, environment and place of this daemon.
pub(super) struct Surroundings {
    args: DaemonArgs,
    environment: BTreeMap<String, String>,
    /// The same as the system gave it, for programs.
    pub(super) inherited: Vec<(OsString, OsString)>,
    node_name: String,
    cwd: PathBuf,
    program: PathBuf,
}

impl Surroundings {
    /// Looks around. `program` is the first word of the command line.
    pub(super) fn look(args: DaemonArgs, program: &OsStr) -> Self {
        let inherited: Vec<_> = std::env::vars_os().collect();
        let text = |text: &OsString| text.to_string_lossy().into_owned();
        Self {
            args,
            environment: inherited.iter().map(|(name, value)| (text(name), text(value))).collect(),
            inherited,
            node_name: sys::host::node_name(),
            cwd: std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/")),
            program: named_in_path(program).unwrap_or_else(|| PathBuf::from(program)),
        }
    }

    /// Reads the configuration.
    pub(super) fn read(&self) -> Result<Config, ConfigError> {
        let world = World {
            environment: &self.environment,
            accounts: &SystemAccounts,
            node_name: self.node_name.clone(),
            cwd: self.cwd.clone(),
            program: self.program.clone(),
            uid: sys::accounts::current_uid(),
        };
        config::load(&self.args, &world)
    }

    /// The configuration file was not named on the command line.
    pub(super) fn searches(&self) -> bool {
        self.args.file.is_none()
    }
}

/// The path of a command that was found through PATH, as a script would see it in its argv[0] (CFG-003).
fn named_in_path(program: &OsStr) -> Option<PathBuf> {
    if Path::new(program).components().count() > 1 {
        return None;
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(program)).find(|file| file.is_file())
}
