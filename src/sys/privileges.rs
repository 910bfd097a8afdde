//! Users: becoming another one, in the daemon for good or in a child (process.md, section 8).

use std::ffi::CString;

use nix::unistd::{Gid, Uid, User, getgrouplist, setgid, setgroups, setuid};

/// Why a user cannot be taken on (PROC-085 to PROC-087).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PrivilegeError {
    /// Only root can become somebody else.
    #[error("Can't drop privilege as nonroot user")]
    NotRoot,
    /// Nobody has that id.
    #[error("Can't find uid {0}")]
    UnknownUid(u32),
    /// The system refused the list of groups.
    #[error("{}", Step::Groups.refusal())]
    Groups,
    /// The system refused the primary group.
    #[error("{}", Step::Group.refusal())]
    Group,
    /// The system refused the user.
    #[error("{}", Step::User.refusal())]
    User,
}

/// One of the three calls that change who we are, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Groups,
    Group,
    User,
}

impl Step {
    /// What is said when the system refuses it; static, for use between fork and exec.
    pub(super) const fn refusal(self) -> &'static str {
        match self {
            Self::Groups => "Could not set groups of effective user",
            Self::Group => "Could not set group id of effective user",
            Self::User => "Could not set user id of effective user",
        }
    }
}

/// Everything that a process needs to become another user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user.
    pub uid: u32,
    /// The user's primary group.
    pub gid: u32,
    /// All groups of the user, the primary one first (PROC-087).
    pub groups: Vec<u32>,
}

/// Whom a child runs as, found out before it exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProgramUser {
    /// The daemon's own user (PROC-084).
    Same,
    /// Another one.
    Switch(Credentials),
    /// Another one, which cannot be; the child says so on its stderr (PROC-074).
    Refused {
        /// The user as configured.
        uid: u32,
        /// The reason.
        error: PrivilegeError,
    },
}

impl ProgramUser {
    /// A program whose `user` is `uid`, by what [`find_credentials`] said.
    pub fn of(uid: u32, credentials: Option<Credentials>) -> Self {
        match needed(uid, credentials) {
            Ok(None) => Self::Same,
            Ok(Some(credentials)) => Self::Switch(credentials),
            Err(error) => Self::Refused { uid, error },
        }
    }
}

/// Makes the daemon itself that user, for good: groups, then group, then user (DMN-051). Does nothing if it is
/// that user already (DMN-050, DMN-052). Must come before anything is opened.
pub fn become_user(uid: u32) -> Result<(), PrivilegeError> {
    let Some(credentials) = needed(uid, find_credentials(uid))? else {
        return Ok(());
    };
    let groups: Vec<Gid> = credentials
        .groups
        .iter()
        .map(|gid| Gid::from_raw(*gid))
        .collect();
    setgroups(&groups).map_err(|_| PrivilegeError::Groups)?;
    setgid(Gid::from_raw(credentials.gid)).map_err(|_| PrivilegeError::Group)?;
    setuid(Uid::from_raw(credentials.uid)).map_err(|_| PrivilegeError::User)
}

/// What it takes to become that user, as the databases say, which may take their time. None if they know nobody
/// with that id.
pub fn find_credentials(uid: u32) -> Option<Credentials> {
    let user = User::from_uid(Uid::from_raw(uid)).ok().flatten()?;
    let gid = user.gid.as_raw();
    let mut groups = vec![gid];
    // others cannot set groups
    if Uid::current().is_root() {
        let listed = CString::new(user.name).ok();
        let listed = listed.and_then(|name| getgrouplist(&name, user.gid).ok());
        let listed = listed.into_iter().flatten().map(Gid::as_raw);
        groups.extend(listed.filter(|group| *group != gid));
    }
    Some(Credentials { uid, gid, groups })
}

/// The credentials to take on; nothing if we are that user.
fn needed(
    uid: u32,
    credentials: Option<Credentials>,
) -> Result<Option<Credentials>, PrivilegeError> {
    let credentials = credentials.ok_or(PrivilegeError::UnknownUid(uid))?;
    let current = Uid::current();
    if current.as_raw() == uid {
        Ok(None)
    } else if current.is_root() {
        Ok(Some(credentials))
    } else {
        Err(PrivilegeError::NotRoot)
    }
}

#[cfg(test)]
mod tests {
    use super::{PrivilegeError, ProgramUser, become_user, find_credentials};
    use crate::sys::testing::{alone, in_child, is_root, proc_file, status_line};

    const NOBODY: u32 = 65534;

    #[test]
    fn texts() {
        let table = [
            (
                PrivilegeError::NotRoot,
                "Can't drop privilege as nonroot user",
            ),
            (PrivilegeError::UnknownUid(7), "Can't find uid 7"),
            (
                PrivilegeError::Groups,
                "Could not set groups of effective user",
            ),
            (
                PrivilegeError::Group,
                "Could not set group id of effective user",
            ),
            (
                PrivilegeError::User,
                "Could not set user id of effective user",
            ),
        ];
        for (error, text) in table {
            assert_eq!(error.to_string(), text);
        }
    }

    #[test]
    fn who_a_program_runs_as() {
        let me = nix::unistd::Uid::current().as_raw();
        assert_eq!(ProgramUser::of(me, find_credentials(me)), ProgramUser::Same);
        assert_eq!(become_user(me), Ok(()));
        let stranger = 4_000_000_000;
        let error = PrivilegeError::UnknownUid(stranger);
        assert_eq!(become_user(stranger), Err(error));
        let refused = ProgramUser::Refused {
            uid: stranger,
            error,
        };
        assert_eq!(
            ProgramUser::of(stranger, find_credentials(stranger)),
            refused
        );
    }

    /// In a process of its own, because there is no way back.
    #[test]
    fn the_daemon_becomes_another_user() {
        if !is_root("a change of the daemon's user") {
            return;
        }
        if alone() {
            become_user(NOBODY).unwrap();
            let status = proc_file("/proc/self/status");
            for name in ["Uid", "Gid"] {
                let ids = status_line(&status, name);
                assert!(!ids.split('\t').any(|id| id == "0"), "{name}: {ids}");
            }
            assert_eq!(become_user(NOBODY), Ok(()));
            assert_eq!(become_user(0), Err(PrivilegeError::NotRoot));
            return;
        }
        let outcome = in_child("sys::privileges::tests::the_daemon_becomes_another_user");
        assert!(outcome.status.success(), "{outcome:?}");
    }
}
