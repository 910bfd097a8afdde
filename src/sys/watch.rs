//! Being told when files lose their names.

use std::os::fd::OwnedFd;
use std::path::Path;

use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};

use crate::base::errno::Errno;

/// A descriptor that becomes readable once one of `files` was unlinked, replaced or renamed; a change of mode
/// or owner makes it readable too. The files themselves are watched and not their folders, so that a busy
/// folder wakes nobody. One that is missing is left out.
pub fn names_of<'a>(files: impl Iterator<Item = &'a Path>) -> Result<OwnedFd, Errno> {
    let watch = Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK)?;
    // to lose a name changes the count of links, which is an attribute
    let losses = AddWatchFlags::IN_ATTRIB | AddWatchFlags::IN_MOVE_SELF;
    for file in files {
        match watch.add_watch(file, losses | AddWatchFlags::IN_DONT_FOLLOW) {
            Ok(_) | Err(nix::errno::Errno::ENOENT | nix::errno::Errno::ENOTDIR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(watch.into())
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
            let mut fds = [PollFd::new(watch.as_fd(), PollFlags::POLLIN)];
            let ready = poll(&mut fds, PollTimeout::ZERO).unwrap();
            assert_eq!(ready > 0, noticed, "{what}");
        }
    }
}
