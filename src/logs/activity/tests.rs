//! The main log as a whole: what is written, in which form, and where.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::Path;

use tracing_subscriber::layer::SubscriberExt;

use super::{Activity, Destination, Handle, Level, LogPath, Rotation, Settings, enabled, log};
use crate::base::calendar::{LocalClock, LocalTime};
use crate::base::clock::Wall;
use crate::base::scratch::Scratch;

const CLOCK: LocalClock = LocalClock {
    wall: || Wall(1_732_275_099_042_999_999),
    local: |_| LocalTime {
        year: 2024,
        month: 11,
        day: 22,
        hour: 11,
        minute: 31,
        second: 39,
        weekday: 6,
    },
};

fn settings(path: &Path, level: Level) -> Settings {
    let destination = Destination::File(path.to_owned(), Rotation::default());
    Settings {
        destination,
        level,
        echo: false,
    }
}

/// Runs `act` with a log that is installed for this thread.
fn with_log(act: impl FnOnce(&Activity)) {
    let activity = Activity::new(CLOCK);
    let subscriber = tracing_subscriber::registry().with(activity.layer());
    tracing::subscriber::with_default(subscriber, || act(&activity));
}

/// The lines of a log without date and time.
fn lines(scratch: &Scratch, name: &str) -> Vec<String> {
    let text = String::from_utf8(scratch.read(name)).unwrap();
    text.lines()
        .map(|line| line.replace("2024-11-22 11:31:39,042 ", ""))
        .collect()
}

#[test]
fn every_level_has_its_code_and_place() {
    use Level::{Blather, Critical, Debug, Error, Info, Trace, Warn};
    let all = [Critical, Error, Warn, Info, Debug, Trace, Blather];
    for (count, threshold) in (1..).zip(all) {
        let scratch = Scratch::new();
        with_log(|activity| {
            activity
                .open(&settings(&scratch.file("log"), threshold))
                .unwrap();
            for level in all {
                log(level, "text");
            }
        });
        let wanted: Vec<_> = all
            .iter()
            .map(|level| format!("{} text", level.code()))
            .collect();
        assert_eq!(lines(&scratch, "log"), wanted[..count], "{threshold:?}");
    }
}

#[test]
fn the_form_of_a_line() {
    let scratch = Scratch::new();
    with_log(|activity| {
        activity
            .open(&settings(&scratch.file("log"), Level::Info))
            .unwrap();
        log(Level::Info, "naïve {text}\nsecond line");
        tracing::warn!(pid = 7, "plain event");
        tracing::error!(target: "hyper", "not ours");
        tracing::error!(target: "supervisory", "not ours either");
        assert!(enabled(Level::Info) && !enabled(Level::Debug));
    });
    let text = String::from_utf8(scratch.read("log")).unwrap();
    let wanted = "2024-11-22 11:31:39,042 INFO naïve {text}\nsecond line\n\
                  2024-11-22 11:31:39,042 WARN plain event pid=7\n";
    assert_eq!(text, wanted);
}

#[test]
fn control_characters_are_shown_but_in_programs_output() {
    let scratch = Scratch::new();
    with_log(|activity| {
        let log_file = settings(&scratch.file("log"), Level::Debug);
        activity.open(&log_file).unwrap();
        log(Level::Info, "spawned: 'a\u{1b}c\u{9b}'\tüber\r\u{7}");
        log(Level::Debug, "'a' stdout output:\n\u{1b}[1mbold");
    });
    let wanted = [
        "INFO spawned: 'a\\x1bc\\x9b'\tüber\\r\\x07",
        "DEBG 'a' stdout output:",
        "\u{1b}[1mbold",
    ];
    assert_eq!(lines(&scratch, "log"), wanted);
}

#[test]
fn early_lines_come_by_importance() {
    let scratch = Scratch::new();
    with_log(|activity| {
        for (level, text) in [
            (Level::Info, "i1"),
            (Level::Warn, "w1"),
            (Level::Debug, "d"),
            (Level::Critical, "c1"),
            (Level::Info, "i2"),
            (Level::Critical, "c2"),
        ] {
            log(level, text);
        }
        assert!(
            activity
                .open(&settings(scratch.path(), Level::Info))
                .is_err()
        );
        activity
            .open(&settings(&scratch.file("log"), Level::Info))
            .unwrap();
        log(Level::Info, "later");
        activity.close();
        log(Level::Info, "between");
        activity
            .open(&settings(&scratch.file("next"), Level::Warn))
            .unwrap();
        log(Level::Warn, "again");
    });
    let wanted = [
        "CRIT c1",
        "CRIT c2",
        "WARN w1",
        "INFO i1",
        "INFO i2",
        "INFO later",
    ];
    assert_eq!(lines(&scratch, "log"), wanted);
    assert_eq!(lines(&scratch, "next"), ["WARN again"]);
}

#[test]
fn the_echo_gets_the_same_lines_and_survives_reopen_and_clear() {
    let scratch = Scratch::new();
    with_log(|activity| {
        let echo = Handle::open(&LogPath::named(scratch.file("echo"))).unwrap();
        let settings = settings(&scratch.file("log"), Level::Info);
        activity.open_with(&settings, Some(echo)).unwrap();
        log(Level::Info, "one");
        fs::rename(scratch.file("log"), scratch.file("old")).unwrap();
        activity.reopen().unwrap();
        log(Level::Info, "two");
        assert_eq!(lines(&scratch, "log"), ["INFO two"]);
        activity.clear().unwrap();
        assert_eq!(scratch.read("log"), b"");
        log(Level::Info, "three");
    });
    assert_eq!(lines(&scratch, "old"), ["INFO one"]);
    assert_eq!(lines(&scratch, "log"), ["INFO three"]);
    let clearing = "INFO reopening log file";
    let wanted = ["INFO one", "INFO two", clearing, clearing, "INFO three"];
    assert_eq!(lines(&scratch, "echo"), wanted);
}

#[test]
fn a_full_disk_is_told_to_the_echo_once() {
    let scratch = Scratch::new();
    with_log(|activity| {
        let echo = Handle::open(&LogPath::named(scratch.file("echo"))).unwrap();
        let settings = settings(Path::new("/dev/full"), Level::Info);
        activity.open_with(&settings, Some(echo)).unwrap();
        log(Level::Info, "one");
        log(Level::Info, "two");
        assert!(activity.flush() > 0);
    });
    let trouble = "CRIT log '/dev/full': cannot write: No space left on device (os error 28); \
                   keeping what fits and trying again";
    assert_eq!(lines(&scratch, "echo"), ["INFO one", trouble, "INFO two"]);
}

#[test]
fn syslog_gets_every_line_with_its_prefix() {
    let scratch = Scratch::new();
    let daemon = UnixDatagram::bind(scratch.file("socket")).unwrap();
    with_log(|activity| {
        let destination = Destination::Syslog(scratch.file("socket"));
        activity
            .open(&Settings {
                destination,
                level: Level::Info,
                echo: false,
            })
            .unwrap();
        log(Level::Warn, "one\ntwo\n");
    });
    let mut buffer = [0; 200];
    for text in ["one", "two"] {
        let size = daemon.recv(&mut buffer).unwrap();
        let message = String::from_utf8_lossy(&buffer[..size]).into_owned();
        let stamp = "2024-11-22 11:31:39,042 WARN";
        assert_eq!(
            message,
            format!("<14>Nov 22 11:31:39 supervisord: {stamp} {text}\n")
        );
    }
}
