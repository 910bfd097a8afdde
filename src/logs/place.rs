//! Where a log is, and opening it there: by whom a name was chosen says which links may lead on from it.
//!
//! A log's folder may belong to somebody else, often to the user of the program that it is the log of. Whoever
//! can put a link there could have a daemon that runs as root write, read or empty any file. So every opener of
//! a log, for whatever purpose, goes through [`LogPath`] (DEC-038).

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, AtFlags, OFlag, openat, readlinkat};
use nix::sys::stat::{FileStat, Mode, SFlag, fstat, fstatat};
use nix::sys::statfs::{PROC_SUPER_MAGIC, fstatfs};
use nix::unistd::geteuid;
use serde::{Deserialize, Serialize};

/// How many links in a row are followed, as by the kernel.
const LINKS: usize = 40;

/// The name of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogPath {
    path: PathBuf,
    origin: Origin,
}

/// Who chose a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Origin {
    /// The configuration.
    Named,
    /// We did, in a folder that may be shared (LOG-133).
    Automatic,
}

/// A link that somebody else put where a log was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("symbolic link of uid {uid} refused")]
pub struct LinkRefused {
    /// Whose it is.
    pub uid: u32,
}

impl LinkRefused {
    /// What an error of opening a log and of what builds on it means, if it is this.
    pub fn of(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref().copied()
    }
}

impl From<LinkRefused> for io::Error {
    fn from(refused: LinkRefused) -> Self {
        Self::new(io::ErrorKind::PermissionDenied, refused)
    }
}

impl LogPath {
    /// A name from the configuration. A daemon that runs as root follows a link in its last place if root owns
    /// the link, or if its owner also owns what it leads to; any other daemon can reach nothing that its user
    /// could not.
    pub fn named(path: impl Into<PathBuf>) -> Self {
        let (path, origin) = (path.into(), Origin::Named);
        Self { path, origin }
    }

    /// The name of an automatic log: no link is followed, and what is made is readable by us only.
    pub fn automatic(path: impl Into<PathBuf>) -> Self {
        let (path, origin) = (path.into(), Origin::Automatic);
        Self { path, origin }
    }

    /// The name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Another name of the same file, as far to be trusted.
    pub(super) fn renamed(&self, path: PathBuf) -> Self {
        let origin = self.origin;
        Self { path, origin }
    }

    /// Whether it is the name of an automatic log.
    pub fn is_automatic(&self) -> bool {
        self.origin == Origin::Automatic
    }

    /// Opens what has this name, without waiting for anybody.
    pub(super) fn open(&self, flags: OFlag) -> io::Result<File> {
        let flags = flags | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
        let opened = match self.origin {
            Origin::Automatic => {
                let flags = flags | OFlag::O_NOFOLLOW;
                let mode = Mode::from_bits_truncate(0o600);
                openat(AT_FDCWD, &self.path, flags, mode).map_err(|errno| self.refusal(errno))
            }
            Origin::Named => open_as(&self.path, flags, geteuid().as_raw()),
        };
        opened.map(File::from)
    }

    /// Whose link it was, if the kernel met one that it was not to follow.
    fn refusal(&self, errno: Errno) -> io::Error {
        match self.path.symlink_metadata() {
            Ok(found) if errno == Errno::ELOOP && found.is_symlink() => {
                LinkRefused { uid: found.uid() }.into()
            }
            _ => errno.into(),
        }
    }
}

/// Opens a file for reading through the links that a log's reader may follow.
pub fn open_to_read(place: &LogPath) -> io::Result<File> {
    place.open(OFlag::O_RDONLY)
}

/// Opens for a daemon of user `us`.
fn open_as(path: &Path, flags: OFlag, us: u32) -> io::Result<OwnedFd> {
    let mode = Mode::from_bits_truncate(0o666);
    if us != 0 {
        return Ok(openat(AT_FDCWD, path, flags, mode)?);
    }
    match openat(AT_FDCWD, path, flags | OFlag::O_NOFOLLOW, mode) {
        Err(Errno::ELOOP) => Walk::default().follow(path, flags, us),
        opened => Ok(opened?),
    }
}

/// The way from link to link. Each is looked at and read through one descriptor, so nobody can exchange it in
/// between.
#[derive(Default)]
struct Walk {
    /// Where the present name starts; none for the working directory.
    folder: Option<OwnedFd>,
    /// The owner of the links on the way that are not ours.
    stranger: Option<u32>,
}

impl Walk {
    fn follow(mut self, path: &Path, flags: OFlag, us: u32) -> io::Result<OwnedFd> {
        let mut name = path.to_owned();
        for _ in 0..LINKS {
            if let Some(opened) = self.try_open(&name, flags)? {
                return Ok(opened);
            }
            let link = self.open_at(&name, OFlag::O_PATH | OFlag::O_NOFOLLOW)?;
            let found = fstat(&link)?;
            if !is_link(&found) {
                // exchanged since, or the loop is further up
                continue;
            }
            if fstatfs(&link)?.filesystem_type() == PROC_SUPER_MAGIC {
                // it stands for an open file, and the kernel made it
                let opened = self.open_at(&name, flags)?;
                return self.admit(opened);
            }
            self.pass(found.st_uid, us)?;
            let target = PathBuf::from(readlinkat(&link, "")?);
            if target.is_absolute() {
                self.folder = None;
            } else if let Some(above) = name.parent().filter(|above| *above != Path::new("")) {
                let flags = OFlag::O_PATH | OFlag::O_DIRECTORY;
                self.folder = Some(self.open_at(above, flags)?);
            }
            name = target;
        }
        Err(Errno::ELOOP.into())
    }

    /// Opens what is no link; none if it is one.
    fn try_open(&self, name: &Path, flags: OFlag) -> io::Result<Option<OwnedFd>> {
        let mut flags = flags | OFlag::O_NOFOLLOW;
        if let Some(uid) = self.stranger {
            // looked at before, because already the opening of a device may do something
            let flag = AtFlags::AT_SYMLINK_NOFOLLOW;
            let found = fstatat(self.folder(), name, flag).map_err(|_| LinkRefused { uid })?;
            if !is_link(&found) && found.st_uid != uid {
                return Err(LinkRefused { uid }.into());
            }
            flags.remove(OFlag::O_CREAT);
        }
        match self.open_at(name, flags) {
            Ok(opened) => self.admit(opened).map(Some),
            Err(Errno::ELOOP) => Ok(None),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Notes a link's owner: ours, or one and the same stranger all the way.
    fn pass(&mut self, uid: u32, us: u32) -> Result<(), LinkRefused> {
        if uid == 0 || uid == us {
            return Ok(());
        }
        match self.stranger.replace(uid) {
            Some(before) if before != uid => Err(LinkRefused { uid }),
            _ => Ok(()),
        }
    }

    /// What links of a stranger lead to has to be the stranger's.
    fn admit(&self, opened: OwnedFd) -> io::Result<OwnedFd> {
        match self.stranger {
            Some(uid) if fstat(&opened)?.st_uid != uid => Err(LinkRefused { uid }.into()),
            _ => Ok(opened),
        }
    }

    fn folder(&self) -> BorrowedFd<'_> {
        self.folder.as_ref().map_or(AT_FDCWD, AsFd::as_fd)
    }

    fn open_at(&self, name: &Path, flags: OFlag) -> nix::Result<OwnedFd> {
        let mode = Mode::from_bits_truncate(0o666);
        openat(self.folder(), name, flags | OFlag::O_CLOEXEC, mode)
    }
}

fn is_link(found: &FileStat) -> bool {
    SFlag::from_bits_truncate(found.st_mode) & SFlag::S_IFMT == SFlag::S_IFLNK
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::io::{self, Read as _};
    use std::os::fd::AsRawFd as _;
    use std::os::unix::fs::{MetadataExt as _, lchown, symlink};

    use nix::fcntl::OFlag;

    use super::{LinkRefused, LogPath, open_as, open_to_read};
    use crate::base::scratch::Scratch;

    const OTHER: u32 = 65534;

    /// A folder with files and links of root (or of whoever runs the tests) and of somebody else.
    struct Folder {
        scratch: Scratch,
        /// Who runs the tests.
        us: u32,
    }

    impl Folder {
        fn new() -> Self {
            let scratch = Scratch::new();
            let us = fs::metadata(scratch.path()).unwrap().uid();
            let folder = Self { scratch, us };
            folder.scratch.write("ours", "ours");
            folder.scratch.write("sub/ours", "sub");
            folder
        }

        fn link(&self, name: &str, target: &str, foreign: bool) {
            let path = self.scratch.file(name);
            symlink(
                target.replace("{}", self.scratch.path().to_str().unwrap()),
                &path,
            )
            .unwrap();
            if foreign && self.us == 0 {
                lchown(&path, Some(OTHER), None).unwrap();
            }
        }

        /// What a daemon that runs as root reads there, or why it does not.
        fn read(&self, name: &str) -> String {
            match self.open(name, OFlag::O_RDONLY) {
                Ok(mut file) => {
                    let mut text = String::new();
                    file.read_to_string(&mut text).unwrap();
                    text
                }
                Err(error) => match LinkRefused::of(&error) {
                    Some(refused) => format!("link of {}", refused.uid),
                    None => error.kind().to_string(),
                },
            }
        }

        fn open(&self, name: &str, flags: OFlag) -> io::Result<File> {
            open_as(&self.scratch.file(name), flags, 0).map(File::from)
        }
    }

    /// Where the tests do not run as root, all links are those of a stranger, who owns the files as well.
    #[test]
    fn dec_038_links_of_root_are_followed() {
        let folder = Folder::new();
        folder.link("relative", "sub/ours", false);
        folder.link("sub/back", "../ours", false);
        folder.link("absolute", "{}/ours", false);
        folder.link("chain", "sub/back", false);
        folder.link("loop", "loop", false);
        folder.link("nowhere", "made", false);
        let table = [
            ("ours", "ours"),
            ("relative", "sub"),
            ("absolute", "ours"),
            ("chain", "ours"),
            (
                "loop",
                "filesystem loop or indirection limit (e.g. symlink loop)",
            ),
            ("missing", "entity not found"),
        ];
        for (name, wanted) in table {
            assert_eq!(folder.read(name), wanted, "{name}");
        }
        let made = folder.open("nowhere", OFlag::O_WRONLY | OFlag::O_CREAT);
        assert_eq!(made.is_ok(), folder.us == 0);
        assert_eq!(folder.scratch.file("made").exists(), folder.us == 0);
    }

    #[test]
    fn dec_038_links_of_others_lead_to_no_file_of_root() {
        if !nix::unistd::geteuid().is_root() {
            // whose the links are cannot be changed
            return;
        }
        let folder = Folder::new();
        let theirs = folder.scratch.write("theirs", "theirs");
        lchown(&theirs, Some(OTHER), None).unwrap();
        folder.link("to theirs", "theirs", true);
        folder.link("to ours", "ours", true);
        folder.link("nowhere", "made", true);
        folder.link("to nowhere", "nowhere", false);
        folder.link("through ours", "to theirs", false);
        folder.link("far", "through ours", true);
        folder.link("to device", "/dev/null", true);
        folder.link("to descriptor", "/proc/self/fd/0", true);
        folder.link("third", "to theirs", false);
        lchown(folder.scratch.file("third"), Some(OTHER - 1), None).unwrap();
        let table = [
            ("to theirs", "theirs"),
            ("through ours", "theirs"),
            ("far", "theirs"),
            ("to ours", "link of 65534"),
            ("nowhere", "link of 65534"),
            ("to nowhere", "link of 65534"),
            ("to device", "link of 65534"),
            ("to descriptor", "link of 65534"),
            ("third", "link of 65534"),
        ];
        for (name, wanted) in table {
            assert_eq!(folder.read(name), wanted, "{name}");
            let written = folder.open(name, OFlag::O_WRONLY | OFlag::O_CREAT);
            assert_eq!(written.is_ok(), wanted == "theirs", "{name}");
        }
        assert!(!folder.scratch.file("made").exists());
    }

    #[test]
    fn automatic_logs_follow_no_link_at_all() {
        let folder = Folder::new();
        folder.link("link", "ours", false);
        let place = LogPath::automatic(folder.scratch.file("link"));
        let error = open_to_read(&place).unwrap_err();
        assert_eq!(
            LinkRefused::of(&error),
            Some(LinkRefused { uid: folder.us })
        );
        assert!(open_to_read(&LogPath::automatic(folder.scratch.file("ours"))).is_ok());
    }

    #[test]
    fn names_of_descriptors_are_opened() {
        let folder = Folder::new();
        let file = File::open(folder.scratch.file("ours")).unwrap();
        let number = file.as_raw_fd();
        for name in [
            format!("/proc/self/fd/{number}"),
            format!("/dev/fd/{number}"),
        ] {
            let flags = OFlag::O_RDONLY;
            assert!(open_as(name.as_ref(), flags, 0).is_ok(), "{name}");
        }
    }
}
