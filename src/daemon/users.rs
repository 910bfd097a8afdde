//! The users and groups of this machine, for a daemon that must not wait for them.
//!
//! Directory services take their time now and then. What was looked up when the configuration was read is enough
//! to start a program; a newer answer counts if it comes in time, so that a user's new group is there at the next
//! start.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::Hash;
use std::path::PathBuf;
use std::rc::Rc;

use crate::config::{Account, Accounts, Config};
use crate::sys::accounts::SystemAccounts;
use crate::sys::aside::Aside;
use crate::sys::privileges::{Credentials, ProgramUser, find_credentials};

/// All questions to the databases wait for the same services.
const TOPIC: &[u8] = b"users";

/// Looks users and groups up, and remembers the answers for the time when none come.
#[derive(Debug)]
pub(super) struct Users {
    aside: Rc<Aside>,
    credentials: Answers<u32, Credentials>,
    names: Answers<String, Account>,
    uids: Answers<u32, Account>,
    groups: Answers<String, u32>,
    gids: Answers<u32, ()>,
    homes_of_names: Answers<String, PathBuf>,
    homes_of_uids: Answers<u32, PathBuf>,
}

/// What was answered last; nobody has that name where it is none.
type Answers<K, T> = RefCell<HashMap<K, Option<T>>>;

impl Users {
    pub(super) fn new(aside: Rc<Aside>) -> Self {
        Self {
            aside,
            credentials: Answers::default(),
            names: Answers::default(),
            uids: Answers::default(),
            groups: Answers::default(),
            gids: Answers::default(),
            homes_of_names: Answers::default(),
            homes_of_uids: Answers::default(),
        }
    }

    /// Looks up everybody whom programs run as.
    pub(super) fn learn(&self, config: &Config) {
        let processes = config.groups.iter().flat_map(|group| &group.processes);
        let mut uids: Vec<u32> = processes.filter_map(|process| process.uid).collect();
        uids.sort_unstable();
        uids.dedup();
        for uid in uids {
            self.ask(&self.credentials, uid, find_credentials);
        }
    }

    /// Whom a program with that `user` runs as.
    pub(super) fn of(&self, uid: Option<u32>) -> ProgramUser {
        uid.map_or(ProgramUser::Same, |uid| {
            let credentials = self.ask(&self.credentials, uid, find_credentials);
            ProgramUser::of(uid, credentials)
        })
    }

    /// The answer; where it takes too long, the one before, and only where there is none, however long it takes.
    fn ask<K, T>(&self, answers: &Answers<K, T>, key: K, question: fn(K) -> Option<T>) -> Option<T>
    where
        K: Clone + Eq + Hash + Send + 'static,
        T: Clone + Send + 'static,
    {
        let asked = key.clone();
        let answer = match self.aside.ask(TOPIC, move || question(asked)) {
            Some(answer) => answer,
            None => match answers.borrow().get(&key) {
                Some(answer) => return answer.clone(),
                None => question(key.clone()),
            },
        };
        answers.borrow_mut().insert(key, answer.clone());
        answer
    }
}

impl Accounts for Users {
    fn user_by_name(&self, name: &str) -> Option<Account> {
        self.ask(&self.names, name.to_owned(), |name| {
            SystemAccounts.user_by_name(&name)
        })
    }

    fn user_by_uid(&self, uid: u32) -> Option<Account> {
        self.ask(&self.uids, uid, |uid| SystemAccounts.user_by_uid(uid))
    }

    fn group_by_name(&self, name: &str) -> Option<u32> {
        self.ask(&self.groups, name.to_owned(), |name| {
            SystemAccounts.group_by_name(&name)
        })
    }

    fn group_exists(&self, gid: u32) -> bool {
        let exists = |gid| SystemAccounts.group_exists(gid).then_some(());
        self.ask(&self.gids, gid, exists).is_some()
    }

    fn home_of_name(&self, name: &str) -> Option<PathBuf> {
        self.ask(&self.homes_of_names, name.to_owned(), |name| {
            SystemAccounts.home_of_name(&name)
        })
    }

    fn home_of_uid(&self, uid: u32) -> Option<PathBuf> {
        self.ask(&self.homes_of_uids, uid, |uid| {
            SystemAccounts.home_of_uid(uid)
        })
    }
}
