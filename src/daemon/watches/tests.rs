//! Files and directories that change while they are watched.

use std::cell::RefCell;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
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
            watch.keep(None, &workers, tell).await;
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
    let install = |name: &str, text: &str| {
        fs::write(folder.file(name), text).unwrap();
        fs::set_permissions(folder.file(name), Permissions::from_mode(0o755)).unwrap();
    };
    fs::create_dir(folder.file("v1")).unwrap();
    fs::create_dir(folder.file("v2")).unwrap();
    install("v1/app", "one");
    install("v2/app", "two");
    symlink("v1", folder.file("current")).unwrap();
    let path = folder.file("current/app");
    let watch = Watch::File(vec![folder.file("nowhere/app"), path.clone()]);
    let written = || fs::write(folder.file("v1/app"), "other").unwrap();
    let linked = || {
        symlink("v2", folder.file("next")).unwrap();
        fs::rename(folder.file("next"), folder.file("current")).unwrap();
    };
    let replaced = || {
        // while it is gone there is nothing to start
        fs::remove_file(folder.file("v2/app")).unwrap();
        install("v2/app", "three");
    };
    assert_eq!(told(watch, &[&written, &linked, &replaced]), vec![path; 3]);
}

#[test]
fn lif_281_a_link_that_leads_elsewhere_is_a_change_of_the_tree() {
    let folder = Scratch::new();
    for version in ["v1", "v2"] {
        fs::create_dir(folder.file(version)).unwrap();
        fs::write(folder.file(version).join("app.py"), version).unwrap();
    }
    symlink("v1", folder.file("current")).unwrap();
    let path = folder.file("current");
    let watch = Watch::Tree {
        path: path.clone(),
        patterns: vec![Pattern::new("*").unwrap()],
    };
    let linked = || {
        symlink("v2", folder.file("next")).unwrap();
        fs::rename(folder.file("next"), folder.file("current")).unwrap();
    };
    assert_eq!(told(watch, &[&linked]), [path.join("app.py")]);
}

#[test]
fn lif_281_files_of_a_tree_are_told_by_their_names() {
    let folder = Scratch::new();
    fs::write(folder.file("old.py"), "").unwrap();
    let watch = Watch::Tree {
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
