//! Files that are written, rotated, shared with others and cleared.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use proptest::prelude::*;

use super::{LogFile, LogPath, Rotation, empty};
use crate::base::scratch::Scratch;
use crate::logs::retry::Target;

fn open(scratch: &Scratch, maxbytes: u64, backups: u32) -> LogFile {
    LogFile::open(
        LogPath::named(scratch.file("log")),
        Rotation { maxbytes, backups },
    )
    .unwrap()
}

fn put(log: &mut LogFile, text: &str) {
    let put = log.put(text.as_bytes());
    assert!(put.error.is_none() && put.rotation.is_none(), "{put:?}");
    assert_eq!(put.written, text.len());
}

fn text(scratch: &Scratch, name: &str) -> String {
    String::from_utf8(scratch.read(name)).unwrap()
}

#[test]
fn rotates_after_the_write_that_reaches_the_limit() {
    type Files = &'static [(&'static str, &'static str)];
    let table: [(u64, u32, &[&str], Files); 5] = [
        (0, 3, &["aaaaaaaaaa", "b"], &[("log", "aaaaaaaaaab")]),
        (5, 2, &["aaaa"], &[("log", "aaaa")]),
        (
            5,
            2,
            &["aaaa", "bb", "c"],
            &[("log", "c"), ("log.1", "aaaabb")],
        ),
        (
            3,
            2,
            &["aaa", "bbb", "ccc"],
            &[("log", ""), ("log.1", "ccc"), ("log.2", "bbb")],
        ),
        (3, 0, &["aaa", "b"], &[("log", "b")]),
    ];
    for (maxbytes, backups, writes, files) in table {
        let scratch = Scratch::new();
        let mut log = open(&scratch, maxbytes, backups);
        for write in writes {
            put(&mut log, write);
        }
        let names: Vec<_> = files.iter().map(|file| file.0).collect();
        assert_eq!(scratch.names(), names, "{writes:?}");
        for (name, content) in files {
            assert_eq!(&text(&scratch, name), content, "{name} of {writes:?}");
        }
    }
}

#[test]
fn a_file_over_the_limit_takes_one_write_and_old_backups_stay() {
    let scratch = Scratch::new();
    fs::write(scratch.file("log"), "old content").unwrap();
    fs::write(scratch.file("log.7"), "seven").unwrap();
    let mut log = open(&scratch, 5, 1);
    put(&mut log, "+");
    assert_eq!(text(&scratch, "log.1"), "old content+");
    assert_eq!(text(&scratch, "log.7"), "seven");
    assert_eq!(text(&scratch, "log"), "");
}

#[test]
fn what_others_did_to_the_file_is_respected() {
    let scratch = Scratch::new();
    let mut log = open(&scratch, 10, 0);
    put(&mut log, "123456789");
    fs::write(scratch.file("log"), "").unwrap();
    put(&mut log, "abc");
    assert_eq!(text(&scratch, "log"), "abc", "truncated outside: not full");
    fs::rename(scratch.file("log"), scratch.file("moved")).unwrap();
    fs::write(scratch.file("log"), "theirs").unwrap();
    put(&mut log, "1234567");
    assert_eq!(
        text(&scratch, "moved"),
        "abc1234567",
        "not ours to truncate any more"
    );
    put(&mut log, "+");
    assert_eq!(text(&scratch, "log"), "theirs+");
}

#[test]
fn two_writers_lose_nothing() {
    let scratch = Scratch::new();
    let mut logs = [open(&scratch, 8, 9), open(&scratch, 8, 9)];
    for number in 0..20 {
        put(&mut logs[number % 2], &format!("{number:02}\n"));
    }
    let mut lines: Vec<String> = Vec::new();
    for name in scratch.names() {
        lines.extend(text(&scratch, &name).lines().map(str::to_owned));
    }
    lines.sort();
    let wanted: Vec<_> = (0..20).map(|number| format!("{number:02}")).collect();
    assert_eq!(lines, wanted);
}

#[test]
fn a_rotation_that_fails_is_said_once_and_writing_goes_on() {
    let scratch = Scratch::new();
    // a folder that is not empty cannot be replaced, whoever we are
    fs::create_dir_all(scratch.file("log.1/in the way")).unwrap();
    let mut log = open(&scratch, 4, 1);
    assert!(log.put(b"aaaa").rotation.is_some());
    for _ in 0..5 {
        put(&mut log, "bbb");
    }
    assert_eq!(text(&scratch, "log"), "aaaabbbbbbbbbbbbbbb");
    fs::remove_dir_all(scratch.file("log.1")).unwrap();
    put(&mut log, "cccc");
    assert_eq!(scratch.names(), ["log", "log.1"]);
}

#[test]
fn reopens_by_name() {
    let scratch = Scratch::new();
    let mut log = open(&scratch, 0, 0);
    put(&mut log, "a");
    fs::rename(scratch.file("log"), scratch.file("moved")).unwrap();
    put(&mut log, "b");
    log.reopen().unwrap();
    put(&mut log, "c");
    assert_eq!(
        (text(&scratch, "moved"), text(&scratch, "log")),
        ("ab".into(), "c".into())
    );
    fs::remove_file(scratch.file("log")).unwrap();
    fs::create_dir(scratch.file("log")).unwrap();
    assert!(log.reopen().is_err());
    put(&mut log, "still there");
}

#[test]
fn clearing_starts_an_empty_file() {
    let scratch = Scratch::new();
    let mut log = open(&scratch, 0, 0);
    put(&mut log, "a");
    let before = fs::metadata(scratch.file("log")).unwrap();
    fs::hard_link(scratch.file("log"), scratch.file("kept")).unwrap();
    log.clear().unwrap();
    put(&mut log, "b");
    let after = fs::metadata(scratch.file("log")).unwrap();
    assert_ne!(before.ino(), after.ino());
    assert_eq!(
        (text(&scratch, "kept"), text(&scratch, "log")),
        ("a".into(), "b".into())
    );
    fs::remove_file(scratch.file("log")).unwrap();
    log.clear().unwrap();
    assert_eq!(text(&scratch, "log"), "");
}

#[test]
fn automatic_logs_follow_no_link_and_stay_private() {
    let scratch = Scratch::new();
    let private = || LogFile::open(LogPath::automatic(scratch.file("log")), Rotation::default());
    fs::write(scratch.file("other"), "theirs").unwrap();
    symlink(scratch.file("other"), scratch.file("log")).unwrap();
    assert!(private().is_err());
    fs::remove_file(scratch.file("log")).unwrap();
    let mut log = private().unwrap();
    put(&mut log, "a");
    let mode = || fs::metadata(scratch.file("log")).unwrap().mode() & 0o777;
    assert_eq!(mode(), 0o600);
    log.clear().unwrap();
    assert_eq!(mode(), 0o600);
    fs::remove_file(scratch.file("log")).unwrap();
    symlink(scratch.file("other"), scratch.file("log")).unwrap();
    assert!(log.reopen().is_err());
    put(&mut log, "into the old one");
    assert_eq!(text(&scratch, "other"), "theirs");
}

#[test]
fn devices_are_neither_cleared_nor_rotated() {
    let scratch = Scratch::new();
    symlink("/dev/null", scratch.file("log")).unwrap();
    let mut log = open(&scratch, 1, 1);
    put(&mut log, "gone");
    log.clear().unwrap();
    empty(&LogPath::named(scratch.file("log"))).unwrap();
    assert_eq!(scratch.names(), ["log"]);
}

#[test]
fn empties_files_of_stopped_programs() {
    let scratch = Scratch::new();
    fs::write(scratch.file("log"), "text").unwrap();
    empty(&LogPath::named(scratch.file("log"))).unwrap();
    empty(&LogPath::named(scratch.file("missing"))).unwrap();
    assert_eq!(scratch.names(), ["log"]);
    assert_eq!(text(&scratch, "log"), "");
}

#[test]
fn children_do_not_inherit_it() {
    let scratch = Scratch::new();
    let log = open(&scratch, 0, 0);
    let flags = fcntl(log.handle.descriptor(), FcntlArg::F_GETFD).unwrap();
    assert!(FdFlag::from_bits_truncate(flags).contains(FdFlag::FD_CLOEXEC));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_byte_stays_and_in_order(
        writes in proptest::collection::vec("[a-z]{0,12}", 0..30),
        maxbytes in 1..20_u64,
    ) {
        let scratch = Scratch::new();
        let mut log = open(&scratch, maxbytes, 100);
        for write in &writes {
            put(&mut log, write);
        }
        let mut all = String::new();
        for number in (1..=100).rev() {
            let part = text(&scratch, &format!("log.{number}"));
            prop_assert!(part.is_empty() || part.len() as u64 >= maxbytes);
            all += &part;
        }
        let current = text(&scratch, "log");
        prop_assert!((current.len() as u64) < maxbytes);
        prop_assert_eq!(all + &current, writes.concat());
    }
}
