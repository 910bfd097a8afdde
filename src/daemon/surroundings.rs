//! What the daemon was started with, kept so that every reading of the configuration sees the same (DEC-011).

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use crate::config::cli::DaemonArgs;
use crate::config::{self, Config, Refusal, World};
use crate::sys;
use crate::sys::aside::Aside;
use crate::sys::probe::Prober;

use super::users::Users;
use super::workers::Workers;

/// How long a start waits for whoever writes the configuration into a pipe.
const PATIENCE: Duration = Duration::from_secs(10);

/// Environment and place of this daemon.
pub(super) struct Surroundings {
    environment: BTreeMap<String, String>,
    /// The same as the system gave it, for programs.
    pub(super) inherited: Vec<(OsString, OsString)>,
    node_name: String,
    cwd: PathBuf,
    program: PathBuf,
    /// What asks without making the daemon wait.
    pub(super) aside: Rc<Aside>,
    pub(super) users: Users,
    pub(super) prober: Prober,
    pub(super) workers: Rc<Workers>,
}

impl Surroundings {
    /// Looks around. `program` is the first word of the command line.
    pub(super) fn look(program: &str) -> Self {
        let inherited: Vec<_> = std::env::vars_os().collect();
        let text = |text: &OsString| text.to_string_lossy().into_owned();
        let aside = Rc::new(Aside::default());
        Self {
            environment: inherited
                .iter()
                .map(|(name, value)| (text(name), text(value)))
                .collect(),
            inherited: inherited
                .into_iter()
                .filter(|(name, _)| !sys::notify::VARIABLES.iter().any(|ours| name == ours))
                .collect(),
            node_name: sys::host::node_name(),
            cwd: std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/")),
            program: sys::host::program_path(program),
            users: Users::new(Rc::clone(&aside)),
            aside,
            prober: Prober::default(),
            workers: Rc::default(),
        }
    }

    /// Our own PATH.
    pub(super) fn path(&self) -> Option<&OsStr> {
        let mut inherited = self.inherited.iter();
        let found = inherited.find(|(name, _)| name == "PATH");
        found.map(|(_, path)| &**path)
    }

    /// Takes more variables, which win over those that were there (LIF-308).
    pub(super) fn add(&mut self, variables: Vec<(String, String)>) {
        for (name, value) in variables {
            let own = OsString::from(&name);
            self.inherited.retain(|(other, _)| *other != own);
            self.inherited.push((own, OsString::from(&value)));
            self.environment.insert(name, value);
        }
    }

    /// The same for the configuration. Whoever writes the main file into a pipe may pause for `patience`.
    pub(super) fn world(&self, patience: Duration) -> World<'_> {
        World {
            environment: &self.environment,
            accounts: &self.users,
            node_name: self.node_name.clone(),
            cwd: self.cwd.clone(),
            program: self.program.clone(),
            in_container: sys::host::is_container(),
            uid: sys::accounts::current_uid(),
            patience,
        }
    }
}

/// Reads the configuration, always by the same command line in the same surroundings.
pub(super) struct Reader {
    pub(super) surroundings: Surroundings,
    pub(super) args: DaemonArgs,
}

impl Reader {
    /// Reads it for the start, when nobody waits for the daemon yet.
    pub(super) fn read_first(&self) -> Result<Config, Refusal> {
        self.read_with(PATIENCE)
    }

    /// Reads it again.
    pub(super) fn read(&self) -> Result<Config, Refusal> {
        self.read_with(Duration::ZERO)
    }

    fn read_with(&self, patience: Duration) -> Result<Config, Refusal> {
        let config = config::load(&self.args, &self.surroundings.world(patience))?;
        self.surroundings.users.learn(&config);
        Ok(config)
    }
}
