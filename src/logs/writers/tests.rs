//! Several channels on one file: by which names they find each other, and what of their lines comes out.

use std::fs::{self, File, OpenOptions};
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, symlink};
use std::time::Duration;

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use proptest::prelude::*;

use super::{Branch, Handle, LogPath, Rotation, Writers};
use crate::base::scratch::Scratch;
use crate::logs::sink::{LINE_PAUSE, Outcome, Sink as _};

const fn rotation(maxbytes: u64, backups: u32) -> Rotation {
    Rotation { maxbytes, backups }
}

struct Logs {
    scratch: Scratch,
    writers: Writers,
}

impl Logs {
    fn new() -> Self {
        let (scratch, writers) = (Scratch::new(), Writers::default());
        Self { scratch, writers }
    }

    fn open(&self, name: &str) -> Branch {
        self.open_rotated(name, Rotation::default())
    }

    fn open_rotated(&self, name: &str, rotation: Rotation) -> Branch {
        let place = LogPath::named(self.scratch.file(name));
        self.writers.open(place, rotation).unwrap()
    }

    fn text(&self, name: &str) -> String {
        String::from_utf8(self.scratch.read(name)).unwrap()
    }

    fn inode(&self, name: &str) -> u64 {
        fs::metadata(self.scratch.file(name)).unwrap().ino()
    }

    /// How many files have a writer that can be found.
    fn listed(&self) -> usize {
        self.writers.map().len()
    }
}

fn write(branch: &mut Branch, text: &str) -> Outcome {
    let outcome = branch.write(text.as_bytes());
    assert!(outcome.troubles.is_empty(), "{outcome:?}");
    outcome
}

#[test]
fn dec_037_all_channels_of_a_file_rotate_it_as_one() {
    let logs = Logs::new();
    let mut branches: Vec<_> = (0..4)
        .map(|_| logs.open_rotated("log", rotation(20, 2)))
        .collect();
    assert_eq!(logs.listed(), 1);
    for round in 0..6 {
        for (number, branch) in branches.iter_mut().enumerate() {
            let _ = write(branch, &format!("{round}{number}\n"));
        }
    }
    // seven lines reach the limit
    let lines = |range: std::ops::Range<usize>| -> String {
        let line = |at: usize| format!("{}{}\n", at / 4, at % 4);
        range.map(line).collect::<Vec<_>>().concat()
    };
    assert_eq!(logs.text("log.2"), lines(7..14));
    assert_eq!(logs.text("log.1"), lines(14..21));
    assert_eq!(logs.text("log"), lines(21..24));
    drop(branches);
    assert_eq!(logs.listed(), 0);
}

#[test]
fn dec_037_a_file_is_one_by_whatever_names() {
    let logs = Logs::new();
    fs::create_dir(logs.scratch.file("sub")).unwrap();
    fs::write(logs.scratch.file("log"), "").unwrap();
    symlink("log", logs.scratch.file("link")).unwrap();
    symlink(".", logs.scratch.file("folder")).unwrap();
    fs::hard_link(logs.scratch.file("log"), logs.scratch.file("twin")).unwrap();
    for first in ["log", "link", "twin"] {
        let mut branches = Vec::new();
        for name in [first, "log", "link", "folder/log", "sub/../log", "twin"] {
            branches.push(logs.open_rotated(name, rotation(9, 3)));
        }
        assert_eq!(logs.listed(), 1);
        for _ in 0..3 {
            for branch in &mut branches {
                let _ = write(branch, "12\n");
            }
            let inode = logs.inode("log");
            for name in ["link", "twin", "folder/log"] {
                assert_eq!(logs.inode(name), inode, "{name}, first {first}");
            }
            assert!(logs.text("log").len() < 9);
        }
        assert!(logs.scratch.file("link").is_symlink());
        branches[2].clear().unwrap();
        let _ = write(&mut branches[0], "after\n");
        for name in ["log", "link", "twin"] {
            assert_eq!(logs.text(name), "after\n", "{name}, first {first}");
        }
        branches[1].clear().unwrap();
    }
}

#[test]
fn the_smallest_limit_and_the_largest_number_of_old_files_count() {
    let logs = Logs::new();
    let mut endless = logs.open("log");
    let mut small = logs.open_rotated("log", rotation(4, 1));
    let large = logs.open_rotated("log", rotation(1000, 2));
    for text in ["aaa\n", "bbb\n"] {
        let _ = write(&mut endless, text);
    }
    let _ = write(&mut small, "ccc\n");
    assert_eq!(
        (logs.text("log.1"), logs.text("log.2")),
        ("ccc\n".into(), "bbb\n".into())
    );
    drop((small, large));
    let _ = write(&mut endless, "dddd\n");
    assert_eq!(logs.text("log"), "dddd\n");
}

#[test]
fn one_channel_s_bytes_go_out_as_they_come_and_of_several_only_lines_do() {
    let logs = Logs::new();
    let mut one = logs.open("log");
    assert!(!write(&mut one, "pro").unfinished);
    assert!(!write(&mut one, "mpt\n").unfinished);
    assert_eq!(logs.text("log"), "prompt\n");
    let mut two = logs.open("log");
    assert!(write(&mut one, "a").unfinished);
    assert!(write(&mut two, "1\n2").unfinished);
    assert!(write(&mut one, "b").unfinished);
    assert!(!write(&mut one, "c\n").unfinished);
    assert!(!write(&mut two, "3\n").unfinished);
    assert_eq!(logs.text("log"), "prompt\n1\nabc\n23\n");
    // who shared it before may do so again
    drop(two);
    assert!(write(&mut one, "d").unfinished);
    assert_eq!(logs.text("log"), "prompt\n1\nabc\n23\n");
    assert!(!one.finish().unfinished);
    assert_eq!(logs.text("log"), "prompt\n1\nabc\n23\nd\n");
}

#[test]
fn what_has_no_end_passes_after_a_pause() {
    let logs = Logs::new();
    let (mut one, mut two) = (logs.open("log"), logs.open("log"));
    assert!(write(&mut one, "name: ").unfinished);
    assert!(one.pass(LINE_PAUSE / 2).unfinished);
    assert_eq!(logs.text("log"), "");
    assert!(!one.pass(LINE_PAUSE).unfinished);
    assert_eq!(logs.text("log"), "name: ");
    let _ = write(&mut two, "two\n");
    let _ = write(&mut one, "one\n");
    assert_eq!(logs.text("log"), "name: two\none\n");
}

#[test]
fn a_line_from_before_others_came_is_not_broken_and_not_waited_for_long() {
    let logs = Logs::new();
    for goes_on in [true, false] {
        let mut one = logs.open("log");
        let _ = write(&mut one, "begin ");
        let mut two = logs.open("log");
        let waits = write(&mut two, "two\n");
        assert!(waits.congested && waits.held > 0);
        if goes_on {
            let _ = write(&mut one, "end\n");
            assert_eq!(logs.text("log"), "begin end\ntwo\n");
        } else {
            assert!(!two.pass(LINE_PAUSE).congested);
            assert_eq!(logs.text("log"), "begin two\n");
        }
        one.clear().unwrap();
    }
}

#[test]
fn a_line_longer_than_what_is_kept_has_the_file_for_itself_within_bounds() {
    let logs = Logs::new();
    let (mut one, mut two) = (logs.open("log"), logs.open("log"));
    let part = "x".repeat(50_000);
    assert!(write(&mut one, &part).unfinished);
    assert_eq!(logs.text("log"), "");
    assert!(write(&mut one, &part).unfinished);
    assert_eq!(logs.text("log").len(), 100_000);
    let waits = write(&mut two, "two\n");
    assert!(waits.congested, "{waits:?}");
    assert!(!write(&mut one, "end\nmore\n").unfinished);
    let end = logs.text("log").split_off(100_000);
    assert_eq!(end, "end\ntwo\nmore\n");
    // one that never ends lets others through: after so many bytes, or after a while
    one.clear().unwrap();
    for _ in 0..30 {
        let _ = write(&mut one, &part);
        let _ = write(&mut two, "two\n");
    }
    assert!(logs.text("log").contains("two\n"));
    let _ = write(&mut one, "\n");
    let _ = write(&mut one, &part);
    let _ = write(&mut one, &part);
    assert!(write(&mut two, "late\n").congested);
    assert!(two.pass(Duration::from_secs(1)).congested);
    assert!(!two.pass(Duration::from_secs(2)).congested);
    assert!(logs.text("log").ends_with("late\n"));
    // the end of a channel is the end of its line
    let _ = write(&mut one, &part);
    let _ = write(&mut one, &part);
    let _ = write(&mut two, "last\n");
    let _ = one.finish();
    assert!(logs.text("log").ends_with("x\nlast\n"));
}

#[test]
fn a_line_is_not_broken_by_a_rotation() {
    let logs = Logs::new();
    let mut one = logs.open_rotated("log", rotation(10, 3));
    let mut two = logs.open_rotated("log", rotation(10, 3));
    let part = "x".repeat(70_000);
    let _ = write(&mut one, &part);
    assert!(write(&mut two, "two\n").congested);
    let _ = write(&mut one, "end\n");
    assert!(logs.text("log.1") == format!("{part}end\n"));
    assert_eq!(logs.text("log"), "two\n");
}

#[test]
fn reopening_takes_every_channel_to_where_its_name_leads() {
    let logs = Logs::new();
    symlink("log", logs.scratch.file("link")).unwrap();
    let mut one = logs.open("log");
    let (mut two, mut other) = (logs.open("log"), logs.open("link"));
    fs::rename(logs.scratch.file("log"), logs.scratch.file("old")).unwrap();
    let _ = write(&mut two, "old\n");
    for branch in [&mut one, &mut two, &mut other] {
        branch.reopen().unwrap();
    }
    assert_eq!(logs.listed(), 1);
    for branch in [&mut one, &mut two, &mut other] {
        let _ = write(branch, "new\n");
    }
    assert_eq!(
        (logs.text("old"), logs.text("log")),
        ("old\n".into(), "new\n".repeat(3))
    );
    // now the names part
    fs::remove_file(logs.scratch.file("link")).unwrap();
    other.reopen().unwrap();
    let _ = write(&mut other, "other\n");
    let _ = write(&mut one, "one\n");
    assert_eq!((logs.text("link"), logs.listed()), ("other\n".into(), 2));
    // and meet again
    fs::remove_file(logs.scratch.file("log")).unwrap();
    symlink("link", logs.scratch.file("log")).unwrap();
    one.reopen().unwrap();
    two.reopen().unwrap();
    let _ = write(&mut two, "two\n");
    assert_eq!(
        (logs.text("link"), logs.listed()),
        ("other\ntwo\n".into(), 1)
    );
}

#[test]
fn a_rotation_that_finds_another_writer_s_file_joins_it() {
    let logs = Logs::new();
    let mut one = logs.open_rotated("log", rotation(10, 1));
    let _ = write(&mut one, "123\n");
    fs::rename(logs.scratch.file("log"), logs.scratch.file("old")).unwrap();
    let mut two = logs.open_rotated("log", rotation(10, 1));
    assert_eq!(logs.listed(), 2);
    let _ = write(&mut one, "4567890\n");
    let _ = write(&mut one, "one\n");
    assert_eq!(logs.listed(), 1);
    let _ = write(&mut two, "two\n");
    assert_eq!(logs.text("log"), "one\ntwo\n");
    let _ = write(&mut one, "one\n");
    assert_eq!(logs.text("log.1"), "one\ntwo\none\n");
    assert_eq!(
        (logs.text("log"), logs.text("old")),
        (String::new(), "123\n4567890\n".into())
    );
}

#[test]
fn clearing_drops_what_waited_and_everybody_goes_on_in_the_new_file() {
    let logs = Logs::new();
    let (mut one, mut two) = (logs.open("log"), logs.open("log"));
    let _ = write(&mut one, "one\nrest");
    let before = logs.inode("log");
    one.clear().unwrap();
    assert_ne!(logs.inode("log"), before);
    let _ = write(&mut two, "two\n");
    let _ = write(&mut one, "new\n");
    assert_eq!(logs.text("log"), "two\nnew\n");
}

fn fifo(logs: &Logs) -> File {
    let path = logs.scratch.file("log");
    mkfifo(&path, Mode::S_IRWXU).unwrap();
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(libc::O_NONBLOCK);
    options.open(path).unwrap()
}

#[test]
fn a_pipe_that_takes_half_a_line_gets_the_other_half_next() {
    let logs = Logs::new();
    let mut reader = fifo(&logs);
    let (mut one, mut two) = (logs.open("log"), logs.open("log"));
    let line = format!("{}\n", "x".repeat(200_000));
    let first = one.write(line.as_bytes());
    assert!(first.congested && first.held > 0);
    assert!(two.write(b"two\n").congested);
    let mut seen = Vec::new();
    while seen.len() < line.len() + 4 {
        // none while it is full; the end is when nobody has more
        let _ = reader.read_to_end(&mut seen);
        let _ = two.flush();
    }
    assert_eq!(String::from_utf8(seen).unwrap(), format!("{line}two\n"));
}

#[test]
fn what_a_reader_misses_are_whole_lines() {
    let logs = Logs::new();
    let mut reader = fifo(&logs);
    let (mut one, mut two) = (logs.open("log"), logs.open("log"));
    let mut told = 0;
    for number in 0..12_000 {
        let line = format!("{number:05} {}\n", "y".repeat(40));
        let branch = if number % 2 == 0 { &mut one } else { &mut two };
        for trouble in branch.write(line.as_bytes()).troubles {
            told += trouble.to_string().len();
        }
    }
    assert!(told > 0);
    let mut seen = Vec::new();
    loop {
        let _ = reader.read_to_end(&mut seen);
        if one.flush().held == 0 {
            let _ = reader.read_to_end(&mut seen);
            break;
        }
    }
    let text = String::from_utf8(seen).unwrap();
    assert!(text.ends_with('\n'));
    let numbers: Vec<u32> = text
        .lines()
        .map(|line| {
            assert_eq!(line.len(), 46, "{line}");
            line[..5].parse().unwrap()
        })
        .collect();
    assert!(numbers.is_sorted());
    assert!(numbers.len() > 5000 && numbers.last() == Some(&11_999));
}

#[test]
fn standard_output_is_shared_by_its_descriptor_and_by_its_names() {
    let logs = Logs::new();
    let mut reader = fifo(&logs);
    let mut options = OpenOptions::new();
    let inherited = options.write(true).open(logs.scratch.file("log")).unwrap();
    let handle = Handle::inherited(&inherited).unwrap();
    let mut echo = logs.writers.attach(handle, None, Rotation::default());
    let mut log = logs.open("log");
    assert_eq!(logs.listed(), 1);
    assert!(write(&mut log, "half").unfinished);
    let _ = write(&mut echo, "echo\n");
    echo.reopen().unwrap();
    echo.clear().unwrap();
    let _ = write(&mut log, " a line\n");
    let mut seen = String::new();
    let _ = reader.read_to_string(&mut seen);
    assert_eq!(seen, "echo\nhalf a line\n");
}

#[test]
fn what_takes_all_from_anybody_is_not_shared() {
    let logs = Logs::new();
    let null = || {
        logs.writers
            .open(LogPath::named("/dev/null"), Rotation::default())
    };
    let (mut one, _two) = (null().unwrap(), null().unwrap());
    assert_eq!(logs.listed(), 0);
    assert!(!write(&mut one, "no line").unfinished);
}

/// What happens to one of three channels.
#[derive(Debug, Clone)]
enum Step {
    Write(usize, String),
    Flush(usize),
    Reopen(usize),
    Restart(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let chunk = "[a-c\n]{0,12}";
    prop_oneof![
        12 => (0..3_usize, chunk).prop_map(|(who, text)| Step::Write(who, text)),
        1 => (0..3_usize).prop_map(Step::Flush),
        1 => (0..3_usize).prop_map(Step::Reopen),
        1 => (0..3_usize).prop_map(Step::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// However their writes are cut and interleaved: all lines of all channels are there, each whole, in the order
    /// in which its channel wrote, and no file but the last is below the limit.
    #[test]
    fn no_byte_is_lost_or_torn(steps in proptest::collection::vec(step(), 0..60), maxbytes in 1..30_u64) {
        let logs = Logs::new();
        let open = || Some(logs.open_rotated("log", rotation(maxbytes, 500)));
        let mut branches = [open(), open(), open()];
        let mut wanted = [String::new(), String::new(), String::new()];
        // a channel's bytes are told from another's by their case and by a digit
        let own = |who: usize, text: &str| text.replace('a', &format!("{who}"));
        let only = |who: usize, text: &str| text.replace(['b', 'c'], &format!("{who}"));
        for step in steps {
            match step {
                Step::Write(who, text) => {
                    let text = only(who, &own(who, &text));
                    wanted[who] += &text;
                    let _ = write(branches[who].as_mut().unwrap(), &text);
                }
                Step::Flush(who) => drop(branches[who].as_mut().unwrap().flush()),
                Step::Reopen(who) => branches[who].as_mut().unwrap().reopen().unwrap(),
                Step::Restart(who) => {
                    let mut branch = branches[who].take().unwrap();
                    drop(branch.finish());
                    drop(branch);
                    if !wanted[who].is_empty() && !wanted[who].ends_with('\n') {
                        wanted[who].push('\n');
                    }
                    branches[who] = open();
                }
            }
        }
        for (branch, wanted) in branches.iter_mut().zip(&mut wanted) {
            drop(branch.as_mut().unwrap().finish());
            if !wanted.is_empty() && !wanted.ends_with('\n') {
                wanted.push('\n');
            }
        }
        let mut all = String::new();
        for number in (1..=500).rev() {
            let part = logs.text(&format!("log.{number}"));
            prop_assert!(part.is_empty() || part.len() as u64 >= maxbytes);
            all += &part;
        }
        all += &logs.text("log");
        prop_assert!((logs.text("log").len() as u64) < maxbytes);
        for (who, wanted) in wanted.iter().enumerate() {
            let digit = char::from_digit(u32::try_from(who).unwrap(), 10).unwrap();
            let got: Vec<_> = all.lines().filter(|line| line.contains(digit)).collect();
            let wanted: Vec<_> = wanted.lines().filter(|line| !line.is_empty()).collect();
            prop_assert_eq!(got, wanted);
        }
    }
}
