//! What the tests of this layer share: a made-up world.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::cli::DaemonArgs;
use super::error::ConfigError;
use super::world::World;
use super::{Account, Accounts, Config, load};
use crate::base::scratch::Scratch;

/// Two users: root, and web (33) whose home is `/srv/web`; two groups: root, and www (33).
pub(crate) struct Users;

impl Accounts for Users {
    fn user_by_name(&self, name: &str) -> Option<Account> {
        [0, 33]
            .into_iter()
            .filter_map(|uid| self.user_by_uid(uid))
            .find(|user| user.name == name)
    }

    fn user_by_uid(&self, uid: u32) -> Option<Account> {
        let name = match uid {
            0 => "root",
            33 => "web",
            _ => return None,
        };
        Some(Account {
            uid,
            gid: uid,
            name: name.into(),
        })
    }

    fn group_by_name(&self, name: &str) -> Option<u32> {
        match name {
            "root" => Some(0),
            "www" => Some(33),
            _ => None,
        }
    }

    fn group_exists(&self, gid: u32) -> bool {
        matches!(gid, 0 | 33)
    }

    fn home_of_name(&self, name: &str) -> Option<PathBuf> {
        match name {
            "root" => Some("/root".into()),
            "web" => Some("/srv/web".into()),
            _ => None,
        }
    }

    fn home_of_uid(&self, uid: u32) -> Option<PathBuf> {
        self.home_of_name(&self.user_by_uid(uid)?.name)
    }
}

/// A world with a folder of its own as working directory, and two variables.
pub(crate) struct Place {
    pub(crate) folder: Scratch,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) uid: u32,
    pub(crate) in_container: bool,
}

impl Place {
    pub(crate) fn new() -> Self {
        let environment = [("FLAVOUR", "sweet"), ("RATE", "50%")];
        Self {
            folder: Scratch::new(),
            environment: environment
                .map(|(name, value)| (name.into(), value.into()))
                .into(),
            uid: 0,
            in_container: false,
        }
    }

    pub(crate) fn world(&self) -> World<'_> {
        World {
            environment: &self.environment,
            accounts: &Users,
            node_name: "node".into(),
            cwd: self.folder.path().to_owned(),
            program: self.folder.path().join("bin/supervisord"),
            in_container: self.in_container,
            uid: self.uid,
            patience: Duration::ZERO,
        }
    }

    /// Loads `text` as the file `s.conf`.
    pub(crate) fn load(&self, text: &str) -> Result<Config, ConfigError> {
        self.folder.write("s.conf", text);
        let args = DaemonArgs {
            file: Some("s.conf".into()),
            ..DaemonArgs::default()
        };
        load(&args, &self.world()).map_err(|refusal| *refusal.error)
    }

    /// Loads a `[supervisord]` section followed by `text`.
    pub(crate) fn load_more(&self, text: &str) -> Result<Config, ConfigError> {
        self.load(&format!("[supervisord]\n{text}\n"))
    }

    /// The reference's words for what is wrong with the text, without the place, and the folder as `{}`.
    pub(crate) fn error(&self, text: &str) -> String {
        words(&self.whole_error(text))
    }

    /// The error text of `load_more`, with the folder shown as `{}`.
    pub(crate) fn whole_error(&self, text: &str) -> String {
        match self.load_more(text) {
            Ok(config) => panic!("accepted: {text}\n{config:?}"),
            Err(error) => self.shown(&error.to_string()),
        }
    }

    /// The text with the folder shown as `{}`.
    pub(crate) fn shown(&self, text: &str) -> String {
        text.replace(self.folder.path().to_str().unwrap(), "{}")
    }
}

/// An error text without the place of its option.
pub(crate) fn words(text: &str) -> String {
    let words = text
        .split_once(" for option '")
        .map_or(text, |parts| parts.0);
    words.to_owned()
}
