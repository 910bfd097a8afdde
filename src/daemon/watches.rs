//! Files that restart programs when they change (LIF-280 to LIF-283). The system tells; where it cannot, they are
//! looked at each ten seconds. Whatever looks at a path does so on a worker.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use glob::Pattern;
use tokio::io::unix::AsyncFd;
use tokio::task::{JoinHandle, spawn_local};
use tokio::time::{Instant, sleep, sleep_until};

use crate::base::errno::Errno;
use crate::base::level::Level;
use crate::logs::activity;
use crate::supervisor::member::ProcessId;
use crate::supervisor::ports;
use crate::sys::aside::Aside;
use crate::sys::changes::{Change, ChangeKind, Changes, Stamp, Tree, TreeError, places_of};
use crate::sys::pipes;

use super::shared::Shared;
use super::workers::Workers;

/// How long nothing may happen after a change until it counts (LIF-281).
const SETTLE: Duration = Duration::from_secs(1);

/// How long changes gather: a busy directory must not keep us busy.
const GATHER: Duration = Duration::from_millis(200);

/// How often files are looked at of which the system does not tell (LIF-283).
const LOOK: Duration = Duration::from_secs(10);

/// What is watched at present.
pub(super) struct Watches {
    shared: Rc<Shared>,
    workers: Rc<Workers>,
    aside: Rc<Aside>,
    open: HashMap<ProcessId, Vec<JoinHandle<()>>>,
}

/// One thing that is watched.
#[derive(Clone)]
struct Watch {
    path: PathBuf,
    /// What the last name of a file has to look like, one of them; none where it is one file that is watched.
    patterns: Vec<Pattern>,
}

impl Watches {
    pub(super) fn new(shared: Rc<Shared>, workers: Rc<Workers>, aside: Rc<Aside>) -> Self {
        Self {
            shared,
            workers,
            aside,
            open: HashMap::new(),
        }
    }
}

impl ports::Watches for Watches {
    fn watch(
        &mut self,
        id: ProcessId,
        index: usize,
        path: &Path,
        patterns: &[String],
    ) -> Result<(), String> {
        let pattern = |text: &String| {
            // what is no pattern means itself
            Pattern::new(text).or_else(|_| Pattern::new(&Pattern::escape(text)))
        };
        let watch = Watch {
            path: path.to_owned(),
            patterns: patterns.iter().flat_map(pattern).collect(),
        };
        let asked = watch.clone();
        let topic = path.as_os_str().as_encoded_bytes();
        // where the answer takes its time the watch begins later, and who is too large says so in the log
        if let Some(Err(error)) = self.aside.ask(topic, move || asked.look().map(drop)) {
            return Err(format!("watching {}: {error}", path.display()));
        }
        let shared = Rc::clone(&self.shared);
        let workers = Rc::clone(&self.workers);
        let task = spawn_local(async move {
            let told = |path: &Path| {
                shared.with(|supervisor, now| supervisor.file_changed(id, index, path, now));
            };
            watch.keep(&workers, told).await;
        });
        self.open.entry(id).or_default().push(task);
        Ok(())
    }

    fn unwatch(&mut self, id: ProcessId) {
        for task in self.open.remove(&id).unwrap_or_default() {
            task.abort();
        }
    }
}

impl Drop for Watches {
    fn drop(&mut self) {
        for task in self.open.drain().flat_map(|(_, tasks)| tasks) {
            task.abort();
        }
    }
}

/// What a look at all that is watched found.
#[derive(Debug, Default)]
struct Seen {
    /// The file that is watched; none if there is none now.
    file: Option<Stamp>,
    /// The directory that is watched.
    tree: Tree,
}

/// What tells of changes.
struct Told {
    changes: Changes,
    news: AsyncFd<OwnedFd>,
    /// Where it is one file that is watched: its name and those of links on the way to it.
    names: Vec<OsString>,
    workers: Rc<Workers>,
}

impl Drop for Told {
    fn drop(&mut self) {
        // to end it takes the system its time
        let changes = self.changes.clone();
        self.workers.put_aside(move || drop(changes));
    }
}

impl Watch {
    fn is_file(&self) -> bool {
        self.patterns.is_empty()
    }

    fn counts(&self, name: &OsStr) -> bool {
        let name = name.to_string_lossy();
        self.patterns.iter().any(|pattern| pattern.matches(&name))
    }

    /// Looks at all of it, however long that takes.
    fn look(&self) -> Result<Seen, TreeError> {
        if self.is_file() {
            let file = Stamp::at(&self.path);
            return Ok(Seen {
                file,
                tree: Tree::default(),
            });
        }
        let tree = Tree::look(&self.path, |name| self.counts(name))?;
        Ok(Seen { file: None, tree })
    }

    /// What changed. A file that is gone is waited for: nothing can be started that is not there.
    fn difference(&self, before: &Seen, now: &Seen) -> Option<PathBuf> {
        if self.is_file() {
            let other = now.file.is_some() && now.file != before.file;
            return other.then(|| self.path.clone());
        }
        now.tree.difference(&before.tree)
    }

    async fn seen(&self, workers: &Workers) -> Option<Seen> {
        let watch = self.clone();
        let seen = workers.look(move || Ok(watch.look())).await;
        seen.ok()?.ok()
    }

    /// Tells of changes for as long as it is polled.
    async fn keep(&self, workers: &Rc<Workers>, tell: impl Fn(&Path)) {
        let mut before: Option<Seen> = None;
        let mut warned = false;
        loop {
            // before the look, so that nothing happens unseen in between
            let told = self.begin(workers).await;
            if let Some(now) = self.seen(workers).await {
                let changed = before.as_ref().and_then(|was| self.difference(was, &now));
                if before.is_none() || now.file.is_some() || !self.is_file() {
                    before = Some(now);
                }
                if let Some(path) = changed {
                    tell(&path);
                }
            }
            match told {
                Ok(told) => self.settled(&told).await,
                Err(why) => {
                    if !std::mem::replace(&mut warned, true) {
                        let (path, why) = (self.path.display(), why.description());
                        let text = format!("watching {path} by looking every 10 seconds: {why}");
                        activity::log(Level::Warn, &text);
                    }
                    sleep(LOOK).await;
                }
            }
        }
    }

    /// Has the system tell.
    async fn begin(&self, workers: &Rc<Workers>) -> Result<Told, Errno> {
        let changes = Changes::open()?;
        let news = changes.news().and_then(|fd| Ok(pipes::watch(fd)?));
        let mut told = Told {
            changes,
            news: news.map_err(Errno::from)?,
            names: Vec::new(),
            workers: Rc::clone(workers),
        };
        let (watch, changes) = (self.clone(), told.changes.clone());
        let added = workers.look(move || Ok(watch.add_to(&changes))).await;
        told.names = added.map_err(Errno::from)??;
        Ok(told)
    }

    /// Watches the directories in which changes show; gives the names that matter there.
    fn add_to(&self, changes: &Changes) -> Result<Vec<OsString>, Errno> {
        let (directories, names) = if self.is_file() {
            places_of(&self.path).into_iter().unzip()
        } else {
            match Tree::look(&self.path, |_| false) {
                Ok(tree) => (tree.directories, Vec::new()),
                Err(TreeError::System(errno)) => return Err(errno),
                Err(TreeError::TooMany) => return Err(Errno(libc::ENOSPC)),
            }
        };
        for directory in directories {
            match changes.add(&directory) {
                // some may be gone meanwhile
                Ok(()) | Err(Errno(libc::ENOENT | libc::ENOTDIR)) => {}
                Err(errno) => return Err(errno),
            }
        }
        Ok(names)
    }

    /// Whether that may be a change of what is watched; the look that follows tells.
    fn matters(&self, change: &Change, names: &[OsString]) -> bool {
        match (change.kind, &change.name) {
            (ChangeKind::Moved | ChangeKind::Overflow, _) => true,
            (_, Some(name)) if self.is_file() => names.contains(name),
            // what a new one contains is new
            (ChangeKind::Directory, _) => true,
            (ChangeKind::File | ChangeKind::Attributes, Some(name)) => self.counts(name),
            (ChangeKind::File | ChangeKind::Attributes, None) => false,
        }
    }

    /// Waits for a change that matters, and until nothing more has happened for a while.
    async fn settled(&self, told: &Told) {
        let mut settled: Option<Instant> = None;
        loop {
            let quiet = async {
                match settled {
                    Some(at) => sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = quiet => return,
                ready = told.news.readable() => {
                    let Ok(mut ready) = ready else {
                        // an error would come again at once
                        return sleep(LOOK).await;
                    };
                    ready.clear_ready();
                }
            }
            sleep(GATHER).await;
            let mut matters = false;
            loop {
                let changes = told.changes.read();
                if changes.is_empty() {
                    break;
                }
                let mut changes = changes.iter();
                matters |= changes.any(|change| self.matters(change, &told.names));
            }
            if matters {
                settled = Some(Instant::now() + SETTLE - GATHER);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::{Path, PathBuf};
    use std::rc::Rc;
    use std::time::Duration;

    use tokio::runtime::{Builder, LocalOptions};
    use tokio::sync::Notify;
    use tokio::task::spawn_local;
    use tokio::time::timeout;

    use super::{Pattern, Watch, Workers};
    use crate::base::scratch::Scratch;

    /// Makes `changes`, one after the other, and gives what was told after each.
    fn told(watch: Watch, changes: &[&dyn Fn()]) -> Vec<PathBuf> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build_local(LocalOptions::default());
        runtime.unwrap().block_on(async {
            let told = Rc::new(RefCell::new(Vec::new()));
            let news = Rc::new(Notify::new());
            let workers = Rc::new(Workers::default());
            let (heard, bell) = (Rc::clone(&told), Rc::clone(&news));
            // it has begun when the look is over that the worker makes after it
            let begun = Rc::clone(&workers);
            let task = spawn_local(async move {
                let tell = |path: &Path| {
                    heard.borrow_mut().push(path.to_owned());
                    bell.notify_one();
                };
                watch.keep(&workers, tell).await;
            });
            for change in changes {
                for _ in 0..3 {
                    begun.look(|| Ok(())).await.unwrap();
                    tokio::task::yield_now().await;
                }
                change();
                let patience = Duration::from_secs(20);
                timeout(patience, news.notified()).await.expect("a change");
            }
            task.abort();
            told.take()
        })
    }

    #[test]
    fn lif_281_a_file_that_is_another_one_is_told_once_it_is_quiet() {
        let folder = Scratch::new();
        fs::create_dir(folder.file("v1")).unwrap();
        fs::create_dir(folder.file("v2")).unwrap();
        fs::write(folder.file("v1/app"), "one").unwrap();
        fs::write(folder.file("v2/app"), "two").unwrap();
        symlink("v1", folder.file("current")).unwrap();
        let path = folder.file("current/app");
        let watch = Watch {
            path: path.clone(),
            patterns: Vec::new(),
        };
        let written = || fs::write(folder.file("v1/app"), "other").unwrap();
        let linked = || {
            symlink("v2", folder.file("next")).unwrap();
            fs::rename(folder.file("next"), folder.file("current")).unwrap();
        };
        let replaced = || {
            // while it is gone there is nothing to start
            fs::remove_file(folder.file("v2/app")).unwrap();
            fs::write(folder.file("v2/app"), "three").unwrap();
        };
        assert_eq!(told(watch, &[&written, &linked, &replaced]), vec![path; 3]);
    }

    #[test]
    fn lif_281_files_of_a_tree_are_told_by_their_names() {
        let folder = Scratch::new();
        fs::write(folder.file("old.py"), "").unwrap();
        let watch = Watch {
            path: folder.path().to_owned(),
            patterns: vec![Pattern::new("*.py").unwrap(), Pattern::new("conf").unwrap()],
        };
        let below = || {
            fs::create_dir(folder.file("below")).unwrap();
            fs::write(folder.file("below/other.txt"), "").unwrap();
            fs::write(folder.file("below/new.py"), "").unwrap();
        };
        let again = || fs::write(folder.file("below/new.py"), "more").unwrap();
        let gone = || fs::remove_file(folder.file("old.py")).unwrap();
        let wanted = ["below/new.py", "below/new.py", "old.py"].map(|name| folder.file(name));
        assert_eq!(told(watch, &[&below, &again, &gone]), wanted);
    }
}
