//! Being told when files lose their names.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify, WatchDescriptor};

use crate::base::errno::Errno;

/// Files whose names are watched.
#[derive(Debug)]
pub struct Names {
    inotify: Inotify,
    watched: Vec<WatchDescriptor>,
}

impl Names {
    /// A descriptor that becomes readable when something happened.
    pub fn news(&self) -> io::Result<OwnedFd> {
        self.inotify.as_fd().try_clone_to_owned()
    }

    /// Watches no longer. To close what watched a moment ago takes the system up to 20 ms, in which it waits for
    /// every processor to have seen the end of it; to say so beforehand takes nothing.
    pub fn forget(&self) {
        for watched in &self.watched {
            // one whose file is gone has ended by itself
            let _ = self.inotify.rm_watch(*watched);
        }
    }
}

/// Watches: [`Names::news`] become readable once one of `files` was unlinked, replaced or renamed; a change of mode
/// or owner makes them readable too. The files themselves are watched and not their folders, so that a busy folder wakes nobody. One
/// that is missing is left out.
pub fn names_of<'a>(files: impl Iterator<Item = &'a Path>) -> Result<Names, Errno> {
    let inotify = Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK)?;
    let mut watched = Vec::new();
    // to lose a name changes the count of links, which is an attribute
    let losses = AddWatchFlags::IN_ATTRIB | AddWatchFlags::IN_MOVE_SELF;
    for file in files {
        match inotify.add_watch(file, losses | AddWatchFlags::IN_DONT_FOLLOW) {
            Ok(file) => watched.push(file),
            Err(nix::errno::Errno::ENOENT | nix::errno::Errno::ENOTDIR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(Names { inotify, watched })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixListener;
    use std::path::Path;

    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

    use super::names_of;
    use crate::base::scratch::Scratch;

    #[test]
    fn a_lost_name_is_noticed_and_a_busy_folder_is_not() {
        type Change = fn(&Path, &Path);
        let table: [(&str, bool, Change); 5] = [
            ("nothing", false, |_, _| {}),
            ("others come and go", false, |_, other| {
                fs::write(other, "").unwrap();
                fs::remove_file(other).unwrap();
            }),
            ("unlinked", true, |path, _| fs::remove_file(path).unwrap()),
            ("renamed", true, |path, other| {
                fs::rename(path, other).unwrap();
            }),
            ("replaced", true, |path, other| {
                fs::write(other, "").unwrap();
                fs::rename(other, path).unwrap();
            }),
        ];
        for (what, noticed, change) in table {
            let folder = Scratch::new();
            let (path, other) = (folder.file("s"), folder.file("other"));
            let _listener = UnixListener::bind(&path).unwrap();
            let watch = names_of([&*path, &*folder.file("none")].into_iter()).unwrap();
            change(&path, &other);
            let mut fds = [PollFd::new(watch.inotify.as_fd(), PollFlags::POLLIN)];
            let ready = poll(&mut fds, PollTimeout::ZERO).unwrap();
            assert_eq!(ready > 0, noticed, "{what}");
        }
    }

    #[test]
    fn what_is_forgotten_is_not_noticed() {
        let folder = Scratch::new();
        let path = folder.file("s");
        let _listener = UnixListener::bind(&path).unwrap();
        let watch = names_of([&*path].into_iter()).unwrap();
        watch.forget();
        // the end of the watch is news, too
        let mut fds = [PollFd::new(watch.inotify.as_fd(), PollFlags::POLLIN)];
        assert_eq!(poll(&mut fds, PollTimeout::ZERO), Ok(1));
        let news = watch.inotify.read_events().unwrap();
        assert_eq!(news.len(), 1, "{news:?}");
        fs::remove_file(&path).unwrap();
        assert_eq!(poll(&mut fds, PollTimeout::ZERO), Ok(0));
    }
}
