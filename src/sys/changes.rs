//! Being told of changes in directories, and looking for them where the system does not tell (LIF-281, LIF-283).

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, Metadata};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify, InotifyEvent};

use crate::base::errno::Errno;

/// How many directories are watched for one program (LIF-283).
pub const MOST: usize = 10_000;

/// How many links are followed on the way to a file, as the system does it.
const LINKS: usize = 40;

/// What tells of changes. Clones are handles to the same; the last one to go can take the system 20 ms.
#[derive(Debug, Clone)]
pub struct Changes(Arc<Inotify>);

/// Something that happened in one of the directories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// To what in it; none is the directory itself.
    pub name: Option<OsString>,
    /// What it is about.
    pub kind: ChangeKind,
}

/// What a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// The content of a file, or that there is one of that name.
    File,
    /// What is known of a file, perhaps its time.
    Attributes,
    /// There is another directory of that name, or none.
    Directory,
    /// The watched directory is not where it was.
    Moved,
    /// So much happened that some of it was not told.
    Overflow,
}

impl Changes {
    /// Nothing is watched yet.
    pub fn open() -> Result<Self, Errno> {
        let inotify = Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK)?;
        Ok(Self(Arc::new(inotify)))
    }

    /// A descriptor that becomes readable when something happened.
    pub fn news(&self) -> io::Result<OwnedFd> {
        self.0.as_fd().try_clone_to_owned()
    }

    /// Watches a directory, but nothing that is below it.
    pub fn add(&self, directory: &Path) -> Result<(), Errno> {
        let files = AddWatchFlags::IN_CREATE
            | AddWatchFlags::IN_DELETE
            | AddWatchFlags::IN_MODIFY
            | AddWatchFlags::IN_CLOSE_WRITE
            | AddWatchFlags::IN_MOVED_FROM
            | AddWatchFlags::IN_MOVED_TO
            | AddWatchFlags::IN_ATTRIB;
        let itself = AddWatchFlags::IN_DELETE_SELF | AddWatchFlags::IN_MOVE_SELF;
        let flags = files | itself | AddWatchFlags::IN_ONLYDIR;
        self.0.add_watch(directory, flags)?;
        Ok(())
    }

    /// What happened since it was asked last; nothing, if nothing did.
    pub fn read(&self) -> Vec<Change> {
        let events = self.0.read_events().unwrap_or_default();
        let change = |event: InotifyEvent| {
            let has = |flags| event.mask.intersects(flags);
            let itself = AddWatchFlags::IN_DELETE_SELF | AddWatchFlags::IN_MOVE_SELF;
            let kind = if has(AddWatchFlags::IN_Q_OVERFLOW) {
                ChangeKind::Overflow
            } else if has(AddWatchFlags::IN_IGNORED) {
                return None;
            } else if has(itself) {
                ChangeKind::Moved
            } else if event.name.is_none() {
                return None;
            } else if has(AddWatchFlags::IN_ISDIR) {
                // its time says nothing but what is told of its files
                if has(AddWatchFlags::IN_ATTRIB) {
                    return None;
                }
                ChangeKind::Directory
            } else if has(AddWatchFlags::IN_ATTRIB) {
                ChangeKind::Attributes
            } else {
                ChangeKind::File
            };
            Some(Change {
                name: event.name,
                kind,
            })
        };
        events.into_iter().filter_map(change).collect()
    }
}

/// By what a file is known to be another one, or to have been written (LIF-281).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    size: u64,
    modified: (i64, i64),
    inode: (u64, u64),
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self {
            size: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            inode: (metadata.dev(), metadata.ino()),
        }
    }

    /// That of a file that can be executed; none if it cannot.
    pub fn of_executable(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok()?;
        let executable = metadata.is_file() && metadata.mode() & 0o111 != 0;
        executable.then(|| Self::of(&metadata))
    }
}

/// The directories in which changes of that file show, each with the name to look at: the file itself, and each link
/// on the way to it.
pub fn places_of(file: &Path) -> Vec<(PathBuf, OsString)> {
    let mut places = Vec::new();
    let mut add = |path: &Path| {
        if let (Some(parent), Some(name)) = (path.parent(), path.file_name()) {
            let place = (parent.to_owned(), name.to_owned());
            if !places.contains(&place) {
                places.push(place);
            }
        }
    };
    let mut path = file.to_owned();
    for _ in 0..LINKS {
        let links = path.ancestors().skip(1).filter(|above| above.is_symlink());
        links.for_each(&mut add);
        add(&path);
        match fs::read_link(&path) {
            Ok(target) => path = path.parent().unwrap_or(Path::new("/")).join(target),
            Err(_) => break,
        }
    }
    places
}

/// Why a tree cannot be watched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// LIF-283.
    #[error("more than {MOST} directories")]
    TooMany,
    /// The directory itself cannot be read.
    #[error("{}", .0.description())]
    System(#[from] Errno),
}

/// A directory and what is below it; links are not followed, and what cannot be read is left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tree {
    /// The directories, each before those in it.
    pub directories: Vec<PathBuf>,
    /// The files that were asked for.
    pub files: HashMap<PathBuf, Stamp>,
}

impl Tree {
    /// Looks at all of it. `wanted` says by its last name whether a file counts.
    pub fn look(root: &Path, wanted: impl Fn(&OsStr) -> bool) -> Result<Self, TreeError> {
        let mut tree = Self::default();
        let mut waiting = vec![root.to_owned()];
        while let Some(directory) = waiting.pop() {
            if tree.directories.len() == MOST {
                return Err(TreeError::TooMany);
            }
            let entries = match fs::read_dir(&directory) {
                Ok(entries) => entries,
                Err(error) if directory == root => return Err(TreeError::System(error.into())),
                Err(_) => continue,
            };
            tree.directories.push(directory);
            for entry in entries.flatten() {
                let Ok(kind) = entry.file_type() else {
                    continue;
                };
                if kind.is_dir() {
                    waiting.push(entry.path());
                } else if wanted(&entry.file_name())
                    && let Ok(metadata) = entry.metadata()
                {
                    tree.files.insert(entry.path(), Stamp::of(&metadata));
                }
            }
        }
        Ok(tree)
    }

    /// A file that is not as it was.
    pub fn difference(&self, before: &Self) -> Option<PathBuf> {
        let mut changed = self.files.iter();
        let changed = changed.find(|(path, stamp)| before.files.get(*path) != Some(stamp));
        let mut gone = before.files.keys();
        let gone = || gone.find(|path| !self.files.contains_key(*path));
        changed.map(|(path, _)| path).or_else(gone).cloned()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use super::{ChangeKind, Changes, Stamp, Tree, TreeError, places_of};
    use crate::base::scratch::Scratch;

    #[test]
    fn lif_281_changes_are_told() {
        type Deed = fn(&Path);
        let table: [(&str, Deed, ChangeKind); 6] = [
            (
                "new",
                |at| fs::write(at.join("new"), "").unwrap(),
                ChangeKind::File,
            ),
            (
                "old",
                |at| fs::write(at.join("old"), "x").unwrap(),
                ChangeKind::File,
            ),
            (
                "old",
                |at| fs::remove_file(at.join("old")).unwrap(),
                ChangeKind::File,
            ),
            (
                "other",
                |at| fs::rename(at.join("old"), at.join("other")).unwrap(),
                ChangeKind::File,
            ),
            (
                "old",
                |at| {
                    let mut permissions = fs::metadata(at.join("old")).unwrap().permissions();
                    permissions.set_readonly(true);
                    fs::set_permissions(at.join("old"), permissions).unwrap();
                },
                ChangeKind::Attributes,
            ),
            (
                "sub",
                |at| fs::create_dir(at.join("sub")).unwrap(),
                ChangeKind::Directory,
            ),
        ];
        for (name, deed, kind) in table {
            let folder = Scratch::new();
            fs::write(folder.file("old"), "").unwrap();
            let changes = Changes::open().unwrap();
            changes.add(folder.path()).unwrap();
            assert_eq!(changes.read(), []);
            deed(folder.path());
            let told = changes.read();
            let wanted = |change: &super::Change| {
                let named = change.name.as_deref() == Some(name.as_ref());
                named && change.kind == kind
            };
            assert!(told.iter().any(wanted), "{name}: {told:?}");
        }
    }

    #[test]
    fn lif_281_a_directory_that_goes_is_told() {
        let folder = Scratch::new();
        let below = folder.file("below");
        fs::create_dir(&below).unwrap();
        let changes = Changes::open().unwrap();
        changes.add(&below).unwrap();
        assert!(changes.add(&folder.file("none")).is_err());
        fs::rename(&below, folder.file("elsewhere")).unwrap();
        let told = changes.read();
        assert!(told.iter().all(|change| change.kind == ChangeKind::Moved));
        assert!(!told.is_empty());
    }

    #[test]
    fn links_on_the_way_to_a_file_are_places_too() {
        let folder = Scratch::new();
        fs::create_dir(folder.file("v1")).unwrap();
        fs::write(folder.file("v1/app"), "").unwrap();
        symlink("v1", folder.file("current")).unwrap();
        symlink("current/app", folder.file("app")).unwrap();
        let places = places_of(&folder.file("app"));
        let at = |directory: &str, name: &str| {
            let directory = match directory {
                "" => folder.path().to_owned(),
                directory => folder.file(directory),
            };
            (directory, name.into())
        };
        for place in [at("", "app"), at("", "current"), at("current", "app")] {
            assert!(places.contains(&place), "{place:?} in {places:?}");
        }
        // a circle ends
        symlink("b", folder.file("a")).unwrap();
        symlink("a", folder.file("b")).unwrap();
        assert_eq!(places_of(&folder.file("a")).len(), 2);
    }

    #[test]
    fn lif_283_a_look_finds_what_changed() {
        let folder = Scratch::new();
        fs::create_dir_all(folder.file("a/b")).unwrap();
        fs::write(folder.file("a/b/x.py"), "1").unwrap();
        fs::write(folder.file("a/y.txt"), "1").unwrap();
        let look = || {
            let python = |name: &std::ffi::OsStr| name.to_string_lossy().ends_with(".py");
            Tree::look(folder.path(), python).unwrap()
        };
        let before = look();
        assert_eq!((before.directories.len(), before.files.len()), (3, 1));
        fs::write(folder.file("a/y.txt"), "22").unwrap();
        assert_eq!(look().difference(&before), None);
        fs::write(folder.file("a/b/x.py"), "22").unwrap();
        assert_eq!(look().difference(&before), Some(folder.file("a/b/x.py")));
        fs::remove_file(folder.file("a/b/x.py")).unwrap();
        assert_eq!(look().difference(&before), Some(folder.file("a/b/x.py")));
        let missing = Tree::look(&folder.file("none"), |_| true);
        assert!(matches!(missing, Err(TreeError::System(_))));
        assert_eq!(Stamp::of_executable(&folder.file("a/y.txt")), None);
        assert!(Stamp::of_executable(Path::new("/bin/sh")).is_some());
    }
}
