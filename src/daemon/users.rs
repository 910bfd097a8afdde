//! The users and groups of this machine, for a daemon that must not wait for them.
//!
//! Directory services take their time now and then. What was looked up when the configuration was read is enough
//! to start a program; a newer answer counts if it comes in time, so that a user's new group is there at the next
//! start.

use std::cell::RefCell;
use std::collections::HashMap;
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
    /// What was answered last.
    answers: RefCell<HashMap<Question, Answer>>,
}

/// What the databases are asked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Question {
    Credentials(u32),
    UserNamed(String),
    User(u32),
    GroupNamed(String),
    Group(u32),
    HomeOfName(String),
    HomeOfUid(u32),
    ShellOfUid(u32),
}

#[derive(Debug, Clone)]
enum Answer {
    /// Nobody has that name or number.
    Nobody,
    Credentials(Credentials),
    Account(Account),
    Group(u32),
    Path(PathBuf),
}

impl Question {
    /// Asks, however long that takes.
    fn answer(self) -> Answer {
        let system = SystemAccounts;
        let answer = match self {
            Self::Credentials(uid) => find_credentials(uid).map(Answer::Credentials),
            Self::UserNamed(name) => system.user_by_name(&name).map(Answer::Account),
            Self::User(uid) => system.user_by_uid(uid).map(Answer::Account),
            Self::GroupNamed(name) => system.group_by_name(&name).map(Answer::Group),
            Self::Group(gid) => system.group_exists(gid).then_some(Answer::Group(gid)),
            Self::HomeOfName(name) => system.home_of_name(&name).map(Answer::Path),
            Self::HomeOfUid(uid) => system.home_of_uid(uid).map(Answer::Path),
            Self::ShellOfUid(uid) => system.shell_of_uid(uid).map(Answer::Path),
        };
        answer.unwrap_or(Answer::Nobody)
    }
}

impl Users {
    pub(super) fn new(aside: Rc<Aside>) -> Self {
        let answers = RefCell::default();
        Self { aside, answers }
    }

    /// Looks up everybody whom programs run as.
    pub(super) fn learn(&self, config: &Config) {
        let processes = config.groups.iter().flat_map(|group| &group.processes);
        let mut uids: Vec<u32> = processes.filter_map(|process| process.uid).collect();
        uids.sort_unstable();
        uids.dedup();
        for uid in uids {
            self.ask(Question::Credentials(uid));
        }
    }

    /// Whom a program with that `user` runs as.
    pub(super) fn of(&self, uid: Option<u32>) -> ProgramUser {
        uid.map_or(ProgramUser::Same, |uid| {
            let credentials = match self.ask(Question::Credentials(uid)) {
                Answer::Credentials(credentials) => Some(credentials),
                _ => None,
            };
            ProgramUser::of(uid, credentials)
        })
    }

    /// The answer; where it takes too long, the one before, and only where there is none, however long it takes.
    fn ask(&self, question: Question) -> Answer {
        let asked = question.clone();
        let answer = match self.aside.ask(TOPIC, move || asked.answer()) {
            Some(answer) => answer,
            None => match self.answers.borrow().get(&question) {
                Some(answer) => return answer.clone(),
                None => question.clone().answer(),
            },
        };
        self.answers.borrow_mut().insert(question, answer.clone());
        answer
    }

    fn account(&self, question: Question) -> Option<Account> {
        match self.ask(question) {
            Answer::Account(account) => Some(account),
            _ => None,
        }
    }

    fn group(&self, question: Question) -> Option<u32> {
        match self.ask(question) {
            Answer::Group(gid) => Some(gid),
            _ => None,
        }
    }

    fn path(&self, question: Question) -> Option<PathBuf> {
        match self.ask(question) {
            Answer::Path(path) => Some(path),
            _ => None,
        }
    }
}

impl Accounts for Users {
    fn user_by_name(&self, name: &str) -> Option<Account> {
        self.account(Question::UserNamed(name.to_owned()))
    }

    fn user_by_uid(&self, uid: u32) -> Option<Account> {
        self.account(Question::User(uid))
    }

    fn group_by_name(&self, name: &str) -> Option<u32> {
        self.group(Question::GroupNamed(name.to_owned()))
    }

    fn group_exists(&self, gid: u32) -> bool {
        self.group(Question::Group(gid)).is_some()
    }

    fn home_of_name(&self, name: &str) -> Option<PathBuf> {
        self.path(Question::HomeOfName(name.to_owned()))
    }

    fn home_of_uid(&self, uid: u32) -> Option<PathBuf> {
        self.path(Question::HomeOfUid(uid))
    }

    fn shell_of_uid(&self, uid: u32) -> Option<PathBuf> {
        self.path(Question::ShellOfUid(uid))
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::{Accounts, Aside, Users};

    #[test]
    fn answers_are_those_of_the_system_and_of_the_kind_that_was_asked_for() {
        let users = Users::new(Rc::new(Aside::default()));
        for _ in 0..2 {
            assert_eq!(users.user_by_name("root").map(|root| root.uid), Some(0));
            assert_eq!(users.user_by_uid(0).map(|root| root.uid), Some(0));
            assert_eq!(users.group_by_name("root"), Some(0));
            assert!(users.group_exists(0) && !users.group_exists(3_999_999_999));
            assert_eq!(users.home_of_name("root"), users.home_of_uid(0));
            assert!(users.home_of_uid(0).is_some());
            assert!(users.user_by_name("no-such-user").is_none());
        }
        assert_eq!(users.answers.borrow().len(), 8);
    }
}
