//! The limits that the daemon raises for itself and its programs (daemon.md, section 8), and the one that it raises
//! for itself alone.

use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit, setrlimit};

/// What is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Open files, by `minfds`.
    Files,
    /// Processes of the user, by `minprocs`.
    Processes,
}

/// A limit that was raised; its text is a line for the main log (DMN-056).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Raised {
    limit: Limit,
    to: u64,
}

impl std::fmt::Display for Raised {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = match self.limit {
            Limit::Files => "RLIMIT_NOFILE",
            Limit::Processes => "RLIMIT_NPROC",
        };
        write!(f, "Increased {name} limit to {}", self.to)
    }
}

/// A limit that the system does not let us raise; its text is a usage error and names the hard limit as it is
/// (DMN-057 to DMN-059, DEC-044).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    /// Too few open files.
    #[error(
        "The minimum number of file descriptors required to run this process is {wanted} as per the \
         \"minfds\" command-line argument or config file setting. The current environment will only allow \
         you to open {allowed} file descriptors.  Either raise the number of usable file descriptors in \
         your environment (see README.rst) or lower the minfds setting in the config file to allow the \
         process to start."
    )]
    Files {
        /// `minfds`.
        wanted: u64,
        /// The hard limit.
        allowed: u64,
    },
    /// Too few processes.
    #[error(
        "The minimum number of available processes required to run this program is {wanted} as per the \
         \"minprocs\" command-line argument or config file setting. The current environment will only allow \
         you to open {allowed} processes.  Either raise the number of usable processes in your environment \
         (see README.rst) or lower the minprocs setting in the config file to allow the program to start."
    )]
    Processes {
        /// `minprocs`.
        wanted: u64,
        /// The hard limit.
        allowed: u64,
    },
}

/// Raises the soft limit to `wanted` where it is lower, and the hard one with it where that is lower, which
/// takes root (DMN-055). Says so if something changed.
pub fn raise(limit: Limit, wanted: i64) -> Result<Option<Raised>, LimitError> {
    let wanted = u64::try_from(wanted).unwrap_or(0);
    let resource = match limit {
        Limit::Files => Resource::RLIMIT_NOFILE,
        Limit::Processes => Resource::RLIMIT_NPROC,
    };
    let error = |allowed| match limit {
        Limit::Files => LimitError::Files { wanted, allowed },
        Limit::Processes => LimitError::Processes { wanted, allowed },
    };
    let (soft, hard) = getrlimit(resource).map_err(|_| error(0))?;
    let Some((new_soft, new_hard)) = raised(soft, hard, wanted) else {
        return Ok(None);
    };
    setrlimit(resource, new_soft, new_hard).map_err(|_| error(hard))?;
    Ok(Some(Raised { limit, to: wanted }))
}

/// A soft limit and the hard one above it, as the kernel takes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct Range {
    soft: u64,
    hard: u64,
}

/// Lets us open as many files as the hard limit allows, which takes no privilege. What the limits were is what
/// programs shall have: many go through all descriptors up to the soft one, or cannot use large ones (`select`).
/// None if nothing changed.
pub fn open_as_many_as_allowed() -> Option<Range> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).ok()?;
    if soft >= hard {
        return None;
    }
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard).ok()?;
    Some(Range { soft, hard })
}

/// The soft limit as it is; none if it cannot be told.
pub fn soft(limit: Limit) -> usize {
    let resource = match limit {
        Limit::Files => Resource::RLIMIT_NOFILE,
        Limit::Processes => Resource::RLIMIT_NPROC,
    };
    let (soft, _) = getrlimit(resource).unwrap_or((0, 0));
    usize::try_from(soft).unwrap_or(usize::MAX)
}

/// The limits to set, if the soft one is too low.
fn raised(soft: u64, hard: u64, wanted: u64) -> Option<(u64, u64)> {
    let enough = soft == RLIM_INFINITY || soft >= wanted;
    (!enough).then_some((wanted, hard.max(wanted)))
}

#[cfg(test)]
mod tests {
    use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit, setrlimit};

    use super::{Limit, LimitError, Range, open_as_many_as_allowed, raise, raised};
    use crate::sys::testing::{alone, in_child};

    #[test]
    fn what_is_set() {
        let table = [
            // soft, hard, wanted, set
            (1024, 4096, 1024, None),
            (1024, 4096, 0, None),
            (1024, 4096, 2048, Some((2048, 4096))),
            (1024, 4096, 8192, Some((8192, 8192))),
            (1024, RLIM_INFINITY, 8192, Some((8192, RLIM_INFINITY))),
            (RLIM_INFINITY, RLIM_INFINITY, 8192, None),
        ];
        for (soft, hard, wanted, set) in table {
            assert_eq!(raised(soft, hard, wanted), set, "{soft} {hard} {wanted}");
        }
    }

    /// In a process of its own, because it lowers limits.
    #[test]
    fn limits_are_raised_and_refusals_name_the_real_one() {
        if !alone() {
            let test = "sys::limits::tests::limits_are_raised_and_refusals_name_the_real_one";
            let outcome = in_child(test);
            assert!(outcome.status.success(), "{outcome:?}");
            return;
        }
        let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        setrlimit(Resource::RLIMIT_NOFILE, 200, hard).unwrap();
        assert_eq!(raise(Limit::Files, 100), Ok(None));
        assert_eq!(raise(Limit::Files, -1), Ok(None));
        let line = raise(Limit::Files, 300).unwrap().unwrap().to_string();
        assert_eq!(line, "Increased RLIMIT_NOFILE limit to 300");
        assert_eq!(getrlimit(Resource::RLIMIT_NOFILE), Ok((300, hard)));
        // above what the kernel allows to anybody
        let wanted = i64::MAX as u64;
        let error = LimitError::Files {
            wanted,
            allowed: hard,
        };
        assert_eq!(raise(Limit::Files, i64::MAX), Err(error));
        // for ourselves alone
        let before = Range { soft: 300, hard };
        assert_eq!(open_as_many_as_allowed(), Some(before));
        assert_eq!(getrlimit(Resource::RLIMIT_NOFILE), Ok((hard, hard)));
        assert_eq!(open_as_many_as_allowed(), None);
    }

    #[test]
    fn texts() {
        let (wanted, allowed) = (5000, 4096);
        let text = LimitError::Files { wanted, allowed }.to_string();
        assert_eq!(
            text,
            "The minimum number of file descriptors required to run this process is 5000 as per the \"minfds\" command-line argument or config file setting. The current environment will only allow you to open 4096 file descriptors.  Either raise the number of usable file descriptors in your environment (see README.rst) or lower the minfds setting in the config file to allow the process to start."
        );
        let text = LimitError::Processes { wanted, allowed }.to_string();
        assert_eq!(
            text,
            "The minimum number of available processes required to run this program is 5000 as per the \"minprocs\" command-line argument or config file setting. The current environment will only allow you to open 4096 processes.  Either raise the number of usable processes in your environment (see README.rst) or lower the minprocs setting in the config file to allow the program to start."
        );
    }
}
