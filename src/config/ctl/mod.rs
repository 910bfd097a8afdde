//! `[supervisorctl]`: how the client reaches the daemon (config.md, section 9). The client reads its section from the
//! main file alone; it knows no includes (CFG-060).

use std::path::PathBuf;

use super::cli::CtlArgs;
use super::error::ConfigError;
use super::expand::Names;
use super::files;
use super::options::{Opt, Scope, keep, opt, unset};
use super::plugin;
pub use super::plugin::Missing;
use super::world::World;

const SECTION: &str = "supervisorctl";
const DEFAULT_URL: &str = "http://localhost:9001";
const DEFAULT_PROMPT: &str = "supervisor";

/// What the client goes by: command line over file over defaults (CTL-009).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CtlSettings {
    /// Where the daemon listens; checked when it is used (CTL-010).
    pub serverurl: String,
    /// User name for the daemon.
    pub username: Option<String>,
    /// Password, plain.
    pub password: Option<String>,
    /// What the shell shows before `> `.
    pub prompt: String,
    /// Where the shell keeps its history.
    pub history_file: Option<PathBuf>,
    /// The file that `serverurl` comes from, unless the command line has it.
    pub file: Option<PathBuf>,
    /// Plugins that we do not have: their commands are missing, and nothing else is (DEC-083).
    pub missing: Vec<Missing>,
}

impl Default for CtlSettings {
    fn default() -> Self {
        Self {
            serverurl: DEFAULT_URL.into(),
            username: None,
            password: None,
            prompt: DEFAULT_PROMPT.into(),
            history_file: None,
            file: None,
            missing: Vec::new(),
        }
    }
}

/// Options that may use `here` (CFG-049), read before [`WORDS`].
pub(super) static URL: [Opt<CtlSettings>; 1] = [opt(
    "serverurl",
    DEFAULT_URL,
    "unix:///path or http://host:port",
    |s, v, scope| {
        s.serverurl = match v.strip_prefix("unix://") {
            Some(path) => format!("unix://{}", scope.world.normalise(path)),
            None => v.to_owned(),
        };
        Ok(())
    },
)];

/// Options that may use the environment only (CFG-050).
pub(super) static WORDS: [Opt<CtlSettings>; 3] = [
    opt(
        "prompt",
        DEFAULT_PROMPT,
        "word that the shell asks with",
        |s, v, _| keep(&mut s.prompt, v),
    ),
    unset(
        "username",
        "user",
        "as in the server's section",
        |s, v, _| keep(&mut s.username, v),
    ),
    unset(
        "password",
        "123",
        "as in the server's section, but always plain",
        |s, v, _| keep(&mut s.password, v),
    ),
];

/// Read after [`WORDS`]; may use `here`.
pub(super) static HISTORY: [Opt<CtlSettings>; 1] = [unset(
    "history_file",
    "~/.sc_history",
    "where the shell keeps its history",
    |s, v, scope| {
        let path = Some(v).filter(|path| !path.is_empty());
        s.history_file = path.map(|path| scope.world.normalise(path).into());
        Ok(())
    },
)];

/// Reads the client's settings. Without a file the defaults hold (CFG-006).
pub fn load(args: &CtlArgs, world: &World<'_>) -> Result<CtlSettings, ConfigError> {
    let main = match files::named(args.file.as_deref(), world) {
        Some(main) => Some(main?),
        None => files::search(world).ok(),
    };
    let mut settings = CtlSettings::default();
    if let Some(main) = main {
        let document = files::only(&main, world, is_ours)?;
        if !document.has(SECTION) {
            return Err(ConfigError::NoSection(SECTION));
        }
        let mut environment = Names::default();
        environment.set_environment(world.environment);
        let names = Names::over(&environment).with("here", &main.here(world));
        let scope = |names| Scope {
            document: &document,
            section: SECTION,
            world,
            names,
            above: &[],
            prefix: "",
        };
        scope(&names).fill(&URL, &mut settings)?;
        scope(&environment).fill(&WORDS, &mut settings)?;
        scope(&names).fill(&HISTORY, &mut settings)?;
        settings.missing = plugin::missing(&plugin::CTL, &document, &environment)?;
        settings.file = Some(main.path);
    }
    Ok(settings.under(args, world))
}

/// Whether the client has a use for the section: most of the file is about programs.
fn is_ours(section: &str) -> bool {
    section == SECTION || section.starts_with(plugin::CTL.prefix)
}

impl CtlSettings {
    fn under(mut self, args: &CtlArgs, world: &World<'_>) -> Self {
        self.username = args.username.clone().or(self.username);
        self.password = args.password.clone().or(self.password);
        if let Some(url) = &args.serverurl {
            self.serverurl.clone_from(url);
            self.file = None;
        }
        if let Some(path) = &args.history_file {
            self.history_file = Some(world.normalise(path).into());
        }
        self
    }
}

#[cfg(test)]
mod tests;
