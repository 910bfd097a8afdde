//! What the user asked for: command line and `[supervisorctl]`, read once at the start.

use std::collections::BTreeMap;
use std::env;
use std::path::PathBuf;
use std::time::Duration;

use crate::config::cli::{CtlArgs, CtlCommand};
use crate::config::ctl::{self, CtlSettings};
use crate::config::{ConfigError, World};
use crate::sys::accounts::{self, SystemAccounts};
use crate::sys::host;

/// What to do.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one value, once, at start"
)]
pub enum Start {
    /// Carry out a command, or run the shell.
    Run {
        /// The command line.
        args: CtlArgs,
        /// Command line over configuration over defaults (CTL-009).
        settings: CtlSettings,
    },
    /// Print this usage.
    Help(String),
}

/// How long whoever writes a configuration into a pipe may pause.
const PATIENCE: Duration = Duration::from_secs(10);

/// Reads the command line, the program's own name first, and the configuration. The error is what follows
/// `Error: ` (CTL-003, CTL-006).
pub fn read(words: &[String]) -> Result<Start, String> {
    match CtlArgs::parse(words).map_err(|error| error.to_string())? {
        CtlCommand::Help(text) => Ok(Start::Help(text)),
        CtlCommand::Run(args) => {
            let program = words.first().map_or("", String::as_str);
            let settings = load(&args, program).map_err(|error| error.to_string())?;
            Ok(Start::Run { args, settings })
        }
    }
}

fn load(args: &CtlArgs, program: &str) -> Result<CtlSettings, ConfigError> {
    let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
    let environment: BTreeMap<String, String> = env::vars_os()
        .map(|(name, value)| (text(name), text(value)))
        .collect();
    let world = World {
        environment: &environment,
        accounts: &SystemAccounts,
        node_name: host::node_name(),
        cwd: env::current_dir().unwrap_or_else(|_| PathBuf::from("/")),
        program: host::program_path(program),
        in_container: false,
        uid: accounts::current_uid(),
        patience: PATIENCE,
    };
    ctl::load(args, &world)
}
