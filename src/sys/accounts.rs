//! The users and groups of this machine.

use std::path::PathBuf;

use nix::unistd::{Gid, Group, Uid, User};

use crate::config::{Account, Accounts};

/// Looks users and groups up in the system's databases. An unreadable database has nobody in it.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemAccounts;

impl Accounts for SystemAccounts {
    fn user_by_name(&self, name: &str) -> Option<Account> {
        User::from_name(name).ok().flatten().map(account)
    }

    fn user_by_uid(&self, uid: u32) -> Option<Account> {
        User::from_uid(Uid::from_raw(uid))
            .ok()
            .flatten()
            .map(account)
    }

    fn group_by_name(&self, name: &str) -> Option<u32> {
        let group = Group::from_name(name).ok().flatten()?;
        Some(group.gid.as_raw())
    }

    fn group_exists(&self, gid: u32) -> bool {
        Group::from_gid(Gid::from_raw(gid)).is_ok_and(|group| group.is_some())
    }

    fn home_of_name(&self, name: &str) -> Option<PathBuf> {
        let user = User::from_name(name).ok().flatten()?;
        Some(user.dir)
    }

    fn home_of_uid(&self, uid: u32) -> Option<PathBuf> {
        let user = User::from_uid(Uid::from_raw(uid)).ok().flatten()?;
        Some(user.dir)
    }

    fn shell_of_uid(&self, uid: u32) -> Option<PathBuf> {
        let user = User::from_uid(Uid::from_raw(uid)).ok().flatten()?;
        Some(user.shell)
    }
}

fn account(user: User) -> Account {
    Account {
        uid: user.uid.as_raw(),
        gid: user.gid.as_raw(),
        name: user.name,
    }
}

/// The id of the user that we are.
pub fn current_uid() -> u32 {
    Uid::current().as_raw()
}

#[cfg(test)]
mod tests {
    use super::{Accounts, SystemAccounts};

    #[test]
    fn root_is_known_and_strangers_are_not() {
        let root = SystemAccounts.user_by_name("root").unwrap();
        assert_eq!((root.uid, root.gid, root.name.as_str()), (0, 0, "root"));
        assert_eq!(SystemAccounts.user_by_uid(0), Some(root));
        assert_eq!(SystemAccounts.group_by_name("root"), Some(0));
        assert!(SystemAccounts.group_exists(0));
        assert_eq!(SystemAccounts.user_by_name("no-such-user"), None);
        assert_eq!(SystemAccounts.user_by_uid(4_000_000_000), None);
        assert_eq!(SystemAccounts.group_by_name(""), None);
        assert!(!SystemAccounts.group_exists(4_000_000_000));
        let home = SystemAccounts.home_of_uid(0);
        assert_eq!(SystemAccounts.home_of_name("root"), home);
        assert!(home.is_some());
    }
}
