//! Error numbers of system calls and their symbolic names, as log lines show them.

use std::{fmt, io};

/// The number of a failed system call's error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Errno(pub i32);

impl Errno {
    /// What the last failed call of this thread left.
    pub fn last() -> Self {
        io::Error::last_os_error().into()
    }

    /// The symbolic name, if it has one; of two names for one number the one that the reference prints.
    pub fn name(self) -> Option<impl fmt::Display> {
        let known = nix::errno::Errno::from_raw(self.0);
        (known != nix::errno::Errno::UnknownErrno).then(|| {
            fmt::from_fn(move |f| match self.0 {
                // of two names Python keeps the one that it learns last
                libc::EDEADLK => f.write_str("EDEADLOCK"),
                libc::EOPNOTSUPP => f.write_str("ENOTSUP"),
                _ => write!(f, "{known:?}"),
            })
        })
    }

    /// The system's description, such as `No such file or directory`.
    pub fn description(self) -> String {
        let text = io::Error::from_raw_os_error(self.0).to_string();
        let end = text.rfind(" (os error ").unwrap_or(text.len());
        text[..end].to_owned()
    }

    /// Number and description, such as `[Errno 2] No such file or directory`, as the reference prints errors in
    /// full.
    pub fn in_full(self) -> String {
        format!("[Errno {}] {}", self.0, self.description())
    }
}

impl fmt::Display for Errno {
    /// The symbolic name, or the number where there is none. Allocates nothing, so that a child can use it between
    /// fork and exec.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => name.fmt(f),
            None => self.0.fmt(f),
        }
    }
}

impl std::error::Error for Errno {}

impl From<io::Error> for Errno {
    /// An error that no system call made counts as EIO.
    fn from(error: io::Error) -> Self {
        Self(error.raw_os_error().unwrap_or(libc::EIO))
    }
}

impl From<nix::errno::Errno> for Errno {
    fn from(error: nix::errno::Errno) -> Self {
        Self(error as i32)
    }
}

#[cfg(test)]
mod tests {
    use super::Errno;

    #[test]
    fn names_and_descriptions() {
        let table = [
            (libc::ENOENT, "ENOENT"),
            (libc::EWOULDBLOCK, "EAGAIN"),
            (libc::EDEADLK, "EDEADLOCK"),
            (libc::EOPNOTSUPP, "ENOTSUP"),
            (libc::ERFKILL, "ERFKILL"),
            (0, "0"),
            (4095, "4095"),
        ];
        for (number, name) in table {
            assert_eq!(Errno(number).to_string(), name);
        }
        assert_eq!(
            Errno(libc::ENOENT).description(),
            "No such file or directory"
        );
        assert_eq!(
            Errno(libc::EADDRINUSE).in_full(),
            "[Errno 98] Address already in use"
        );
    }
}
