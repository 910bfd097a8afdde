//! Files that restart programs when they change (LIF-280 to LIF-283). The system tells; where it cannot, they are
//! looked at each ten seconds. Whatever looks at a path does so on a worker.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf, absolute};
use std::rc::Rc;
use std::time::Duration;

use glob::Pattern;
use tokio::io::unix::AsyncFd;
use tokio::task::{JoinHandle, spawn_local};
use tokio::time::{Instant, sleep, sleep_until};

use crate::base::errno::Errno;
use crate::base::level::Level;
use crate::logs::activity;
use crate::process::command::Command;
use crate::process::lifecycle::Watched;
use crate::process::policy::ProcessConfig;
use crate::supervisor::member::ProcessId;
use crate::supervisor::ports::{self, WatchError};
use crate::sys::changes::{Change, ChangeKind, Changes, Stamp, Tree, TreeError, places_of};
use crate::sys::pipes;

use super::shared::Shared;
use super::surroundings::Reader;
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
    reader: Rc<Reader>,
    open: HashMap<ProcessId, Vec<JoinHandle<()>>>,
}

/// One thing that is watched.
#[derive(Clone)]
enum Watch {
    /// The first of these that can be executed.
    File(Vec<PathBuf>),
    /// A directory, and what is below it.
    Tree {
        path: PathBuf,
        /// What the last name of a file has to look like, one of them.
        patterns: Vec<Pattern>,
    },
}

impl Watches {
    pub(super) fn new(shared: Rc<Shared>, reader: Rc<Reader>) -> Self {
        Self {
            shared,
            reader,
            open: HashMap::new(),
        }
    }

    /// None if there is nothing to be watched.
    fn watch_of(&self, what: &Watched, config: &ProcessConfig) -> Option<Watch> {
        match what {
            Watched::Binary => {
                let path = config.environment.get("PATH").map(String::as_str);
                let own = self.reader.surroundings.path();
                let command = Command::parse(&config.command, path, own).ok()?;
                let files = command.places.candidates().iter();
                let files = files.map(|file| Path::new(OsStr::from_bytes(file.to_bytes())));
                Some(Watch::File(files.flat_map(absolute).collect()))
            }
            Watched::Directory { path, patterns } => {
                let pattern = |text: &String| {
                    // what is no pattern means itself
                    Pattern::new(text).or_else(|_| Pattern::new(&Pattern::escape(text)))
                };
                Some(Watch::Tree {
                    path: path.clone(),
                    patterns: patterns.iter().flat_map(pattern).collect(),
                })
            }
        }
    }
}

impl ports::Watches for Watches {
    fn watch(
        &mut self,
        id: ProcessId,
        index: usize,
        what: &Watched,
        config: &ProcessConfig,
    ) -> Result<(), WatchError> {
        let Some(watch) = self.watch_of(what, config) else {
            return Ok(());
        };
        let asked = watch.clone();
        let path = watch.path().to_owned();
        let topic = path.as_os_str().as_bytes();
        let aside = &self.reader.surroundings.aside;
        // where the answer takes its time the watch begins later
        let at_first = match aside.ask(topic, move || asked.look()).transpose() {
            Ok(seen) => seen,
            Err(error) => {
                let why = error.to_string();
                return Err(WatchError { path, why });
            }
        };
        let shared = Rc::clone(&self.shared);
        let workers = Rc::clone(&self.reader.surroundings.workers);
        let task = spawn_local(async move {
            let told = |path: &Path| {
                shared.with(|supervisor, now| supervisor.file_changed(id, index, path, now));
            };
            watch.keep(at_first, &workers, told).await;
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
    file: Option<(PathBuf, Stamp)>,
    /// The directory that is watched.
    tree: Tree,
}

/// What tells of changes.
struct Told {
    changes: Changes,
    news: AsyncFd<OwnedFd>,
    /// The names of links on the way to what is watched; of one file its own, too.
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
    /// What lines name.
    fn path(&self) -> &Path {
        match self {
            Self::File(candidates) => candidates.first().map_or(Path::new(""), PathBuf::as_path),
            Self::Tree { path, .. } => path,
        }
    }

    /// Looks at all of it, however long that takes.
    fn look(&self) -> Result<Seen, TreeError> {
        let mut seen = Seen::default();
        match self {
            Self::File(candidates) => {
                let stamp = |path: &PathBuf| {
                    let stamp = Stamp::of_executable(path)?;
                    Some((path.clone(), stamp))
                };
                seen.file = candidates.iter().find_map(stamp);
            }
            Self::Tree { path, patterns } => {
                seen.tree = Tree::look(path, |name| counts(patterns, name))?;
            }
        }
        Ok(seen)
    }

    /// What changed. A file that is gone is waited for: nothing can be started that is not there.
    fn difference(&self, before: &Seen, now: &Seen) -> Option<PathBuf> {
        match self {
            Self::File(_) => {
                let other = now.file.as_ref().filter(|_| now.file != before.file);
                other.map(|(path, _)| path.clone())
            }
            Self::Tree { .. } => now.tree.difference(&before.tree),
        }
    }

    async fn seen(&self, workers: &Workers) -> Option<Seen> {
        let watch = self.clone();
        let seen = workers.look(move || Ok(watch.look())).await;
        seen.ok()?.ok()
    }

    /// Tells of changes for as long as it is polled; since that look, if there was one.
    async fn keep(&self, at_first: Option<Seen>, workers: &Rc<Workers>, tell: impl Fn(&Path)) {
        let mut begins = at_first.is_some();
        let mut before = at_first;
        let mut warned = false;
        loop {
            // before the look, so that nothing happens unseen in between
            let told = self.begin(workers).await;
            if let Some(now) = self.seen(workers).await {
                let changed = before.as_ref().and_then(|was| self.difference(was, &now));
                if changed.is_some() && std::mem::take(&mut begins) {
                    // it changed before the system began to tell: that has to settle, too
                    sleep(SETTLE).await;
                    continue;
                }
                let gone = matches!(self, Self::File(_)) && now.file.is_none();
                if before.is_none() || !gone {
                    before = Some(now);
                }
                if let Some(path) = changed {
                    tell(&path);
                }
            }
            match told {
                Ok(told) => self.settled(&told).await,
                Err(why @ TreeError::TooMany) => {
                    // it was not known in time to be no start
                    let text = format!("watching {}: {why}", self.path().display());
                    return activity::log(Level::Warn, &text);
                }
                Err(why) => {
                    if !std::mem::replace(&mut warned, true) {
                        let path = self.path().display();
                        let text = format!("watching {path} by looking every 10 seconds: {why}");
                        activity::log(Level::Warn, &text);
                    }
                    sleep(LOOK).await;
                }
            }
        }
    }

    /// Has the system tell.
    async fn begin(&self, workers: &Rc<Workers>) -> Result<Told, TreeError> {
        let changes = Changes::open()?;
        let news = changes.news().and_then(|fd| Ok(pipes::watch(fd)?));
        let mut told = Told {
            changes,
            news: news.map_err(|error| TreeError::System(error.into()))?,
            names: Vec::new(),
            workers: Rc::clone(workers),
        };
        let (watch, changes) = (self.clone(), told.changes.clone());
        let added = workers.look(move || Ok(watch.add_to(&changes))).await;
        told.names = added.map_err(|error| TreeError::System(error.into()))??;
        Ok(told)
    }

    /// Watches the directories in which changes show; gives the names that matter there.
    fn add_to(&self, changes: &Changes) -> Result<Vec<OsString>, TreeError> {
        let (directories, names): (Vec<_>, Vec<_>) = match self {
            Self::File(candidates) => candidates.iter().flat_map(|path| places_of(path)).unzip(),
            Self::Tree { path, .. } => {
                let mut directories = Tree::look(path, |_| false)?.directories;
                // links on the way may lead elsewhere one day
                let (above, names) = match &places_of(path)[..] {
                    [] | [_] => (Vec::new(), Vec::new()),
                    links => links.iter().cloned().unzip(),
                };
                directories.extend(above);
                (directories, names)
            }
        };
        for directory in directories {
            match changes.add(&directory) {
                // some may be gone meanwhile
                Ok(()) | Err(Errno(libc::ENOENT | libc::ENOTDIR)) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(names)
    }

    /// Whether that may be a change of what is watched; the look that follows tells.
    fn matters(&self, change: &Change, names: &[OsString]) -> bool {
        let is_about = |known: &dyn Fn(&OsString) -> bool| change.name.as_ref().is_some_and(known);
        match (change.kind, self) {
            (ChangeKind::Moved | ChangeKind::Overflow, _) => true,
            (_, Self::File(_)) => is_about(&|name| names.contains(name)),
            (ChangeKind::File | ChangeKind::Attributes, Self::Tree { patterns, .. }) => {
                is_about(&|name| counts(patterns, name) || names.contains(name))
            }
            // what a new one contains is new
            (ChangeKind::Directory, Self::Tree { .. }) => change.name.is_some(),
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

fn counts(patterns: &[Pattern], name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    patterns.iter().any(|pattern| pattern.matches(&name))
}

#[cfg(test)]
mod tests;
