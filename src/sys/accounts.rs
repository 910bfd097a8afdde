//! Users and groups of this machine, for the configuration.

use std::path::PathBuf;

use nix::unistd::{Gid, Group, Uid, User};

use crate::config::{Account, Accounts};

/// Asks the system's databases, each time anew: accounts may come while we run.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemAccounts;

/// A name with a zero byte is no name; the system libraries would refuse it.
fn by_name(name: &str) -> Option<User> {
    if name.contains('\0') {
        return None;
    }
    User::from_name(name).ok().flatten()
}

fn by_uid(uid: u32) -> Option<User> {
    User::from_uid(Uid::from_raw(uid)).ok().flatten()
}

fn account(user: User) -> Account {
    Account {
        uid: user.uid.as_raw(),
        gid: user.gid.as_raw(),
        name: user.name,
    }
}

impl Accounts for SystemAccounts {
    fn user_by_name(&self, name: &str) -> Option<Account> {
        by_name(name).map(account)
    }

    fn user_by_uid(&self, uid: u32) -> Option<Account> {
        by_uid(uid).map(account)
    }

    fn group_by_name(&self, name: &str) -> Option<u32> {
        if name.contains('\0') {
            return None;
        }
        let group = Group::from_name(name).ok().flatten();
        group.map(|group| group.gid.as_raw())
    }

    fn group_exists(&self, gid: u32) -> bool {
        matches!(Group::from_gid(Gid::from_raw(gid)), Ok(Some(_)))
    }

    fn home_of_name(&self, name: &str) -> Option<PathBuf> {
        by_name(name).map(|user| user.dir)
    }

    fn home_of_uid(&self, uid: u32) -> Option<PathBuf> {
        by_uid(uid).map(|user| user.dir)
    }
}

/// The id of the user that we are.
pub fn current_uid() -> u32 {
    Uid::current().as_raw()
}

#[cfg(test)]
mod tests {
    use super::SystemAccounts;
    use crate::config::Accounts;

    #[test]
    fn root_is_known_and_nobody_else_is_invented() {
        let root = SystemAccounts.user_by_uid(0).unwrap();
        assert_eq!(SystemAccounts.user_by_name(&root.name), Some(root.clone()));
        assert!(SystemAccounts.home_of_uid(0).is_some());
        assert_eq!(
            SystemAccounts.home_of_name(&root.name),
            SystemAccounts.home_of_uid(0)
        );
        assert!(SystemAccounts.group_exists(0));
        for name in ["", "no such user", "root\0"] {
            assert_eq!(SystemAccounts.user_by_name(name), None, "{name:?}");
            assert_eq!(SystemAccounts.group_by_name(name), None, "{name:?}");
        }
        assert_eq!(SystemAccounts.user_by_uid(u32::MAX), None);
    }
}
