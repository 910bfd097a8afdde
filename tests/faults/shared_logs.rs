//! Several channels on one log (DEC-037): one writer, one rotation, whole lines.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Read as _;
use std::os::unix::fs::{OpenOptionsExt as _, symlink};

use nix::sys::signal::Signal;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use xmlrpc::Value;

use crate::common::daemon::Daemon;
use crate::common::home::Home;
use crate::common::wait::wait_until;
use crate::health::{Watch, config, start};

/// Writes that many numbered lines, then waits. The lines come one by one.
fn counting(lines: u32) -> String {
    format!(
        "/bin/sh -c 'i=0; while [ $i -lt {lines} ]; do echo \"%(process_num)02d $i of a line\"; i=$((i+1)); done; \
         echo \"%(process_num)02d end of a line\"; exec sleep 1000'"
    )
}

/// All that is in a log and its old files, oldest first; none of these may be larger than that.
fn whole(daemon: &Daemon, name: &str, largest: u64) -> String {
    let names = daemon.names();
    let number = |file: &String| -> Option<u32> {
        let rest = file.strip_prefix(name)?;
        if rest.is_empty() {
            Some(0)
        } else {
            rest.strip_prefix('.')?.parse().ok()
        }
    };
    let mut files: Vec<_> = names
        .iter()
        .filter_map(|file| Some((number(file)?, file)))
        .collect();
    files.sort_by(|a, b| b.cmp(a));
    for (_, file) in &files {
        let size = fs::metadata(daemon.path(file)).expect("a file").len();
        assert!(size <= largest, "{file} has {size} bytes");
    }
    files.iter().map(|(_, file)| daemon.read(file)).collect()
}

/// Every line of every process is there once, whole and in order.
fn check_lines(text: &str, processes: u32, lines: u32) {
    let mut next: BTreeMap<&str, u32> = BTreeMap::new();
    for line in text.lines() {
        let (who, number) = line
            .strip_suffix(" of a line")
            .and_then(|line| line.split_once(' '))
            .unwrap_or_else(|| panic!("torn: {line:?}"));
        let next = next.entry(who).or_default();
        let wanted = if *next == lines {
            "end".to_owned()
        } else {
            next.to_string()
        };
        assert_eq!(number, wanted, "of {who}");
        *next += 1;
    }
    let counts: Vec<_> = next.into_values().collect();
    let all = usize::try_from(processes).expect("a small number");
    assert_eq!(counts, vec![lines + 1; all]);
}

#[test]
fn dec_037_copies_of_a_program_rotate_their_log_as_one() {
    const LINES: u32 = 2000;
    let command = counting(LINES);
    let daemon = start(&format!(
        "[program:w]\ncommand={command}\nnumprocs=5\nprocess_name=w%(process_num)d\nstartsecs=0\n\
         redirect_stderr=true\nstdout_logfile={{dir}}/log\nstdout_logfile_maxbytes=20KB\nstdout_logfile_backups=50\n"
    ));
    // the largest write is what one read of a pipe gives
    let largest = 20 * 1024 + 128 * 1024;
    wait_until("the end of all", || {
        let text = whole(&daemon, "log", largest);
        text.matches("end of a line").count() == 5
    });
    check_lines(&whole(&daemon, "log", largest), 5, LINES);
    let opened = crate::common::proc::descriptors(daemon.pid);
    let logs = opened
        .values()
        .filter(|path| path.starts_with(daemon.path("log")));
    assert_eq!(logs.count(), 1, "{opened:?}");
}

#[test]
fn dec_037_names_of_one_file_are_one_log_through_reopening_clearing_and_rotation() {
    let home = Home::new();
    let cat = |name: &str, log: &str| {
        format!(
            "[program:{name}]\ncommand=/bin/cat\nstartsecs=0\nstdout_logfile={log}\n\
                 stdout_logfile_maxbytes=36\nstdout_logfile_backups=3\n"
        )
    };
    let body = [
        cat("link", "{dir}/link"),
        cat("file", "{dir}/log"),
        cat("relative", "sub/../log"),
        cat("hard", "{dir}/hard"),
    ];
    config(&home, &body.concat());
    fs::create_dir(home.path("sub")).expect("a folder");
    home.write("log", "");
    symlink("log", home.path("link")).expect("a link");
    fs::hard_link(home.path("log"), home.path("hard")).expect("a link");
    let daemon = Daemon::of(home, &[]);
    let names = ["link", "file", "relative", "hard"];
    for name in names {
        daemon.wait_running(name);
    }
    let read = |name: &str| {
        let arguments = vec![name.into(), 0.into(), 0.into()];
        let text = daemon
            .rpc("supervisor.readProcessStdoutLog", arguments)
            .expect("a log");
        text.as_str().expect("a text").to_owned()
    };
    for round in 0..3 {
        // nine bytes each, so the fourth brings the rotation
        for (at, name) in names.iter().enumerate() {
            daemon.feed(name, &format!("{round} {at} 1234\n"));
            let part = format!("{round} {at} 1234\n");
            let file = if at == 3 { "log.1" } else { "log" };
            daemon.wait_file(file, &part);
        }
        for name in names {
            assert_eq!(read(name), "", "{name}");
        }
    }
    let line = |round: u32, at: u32| {
        format!(
            "{round} {at} 1234
"
        )
    };
    let all: Vec<_> = (0..12).map(|number| line(number / 4, number % 4)).collect();
    assert_eq!(
        daemon.read("log.3") + &daemon.read("log.2") + &daemon.read("log.1"),
        all.concat()
    );
    // somebody else rotates
    fs::rename(daemon.path("log"), daemon.path("moved")).expect("a name");
    fs::remove_file(daemon.path("hard")).expect("a name");
    daemon.signal(Signal::SIGUSR2);
    daemon.wait_log("supervisord logreopen");
    for name in ["link", "file", "relative"] {
        daemon.feed(name, &format!("{name}\n"));
        daemon.wait_file("log", &format!("{name}\n"));
    }
    assert_eq!(daemon.read("moved"), "");
    daemon.feed("hard", "alone\n");
    daemon.wait_file("hard", "alone\n");
    let cleared = daemon.rpc("supervisor.clearProcessLogs", vec!["link".into()]);
    assert_eq!(cleared, Ok(Value::Bool(true)));
    daemon.feed("file", "after\n");
    daemon.wait_file("log", "after\n");
    assert_eq!(
        (daemon.read("log"), read("link")),
        ("after\n".into(), "after\n".into())
    );
    watch_descriptors(&daemon);
}

/// One descriptor for each file that is written.
fn watch_descriptors(daemon: &Daemon) {
    let opened = crate::common::proc::descriptors(daemon.pid);
    let mut logs: Vec<_> = opened
        .values()
        .filter(|path| path.parent() == Some(daemon.folder()))
        .filter_map(|path| path.file_name()?.to_str())
        .filter(|name| ["log", "hard", "link"].contains(name))
        .collect();
    logs.sort_unstable();
    assert_eq!(logs, ["hard", "log"]);
}

#[test]
fn dec_037_both_streams_of_a_program_and_the_main_log_are_one_file_of_whole_lines() {
    let home = Home::new();
    // half a line on one stream, a whole one on the other
    let script = "printf half; echo other >&2; sleep 0.02; echo ' a line'; ";
    config(
        &home,
        &format!(
            "[program:a]\ncommand=/bin/sh -c \"{} echo done; exec sleep 1000\"\nstartsecs=0\n\
             stdout_logfile={{dir}}/main.log\nstderr_logfile={{dir}}/main.log\n\
             stdout_logfile_maxbytes=4KB\nstdout_logfile_backups=9\n",
            script.repeat(50)
        ),
    );
    let daemon = Daemon::of(home, &[]);
    wait_until("the end", || {
        whole(&daemon, "main.log", 8 * 1024).contains("done\n")
    });
    let text = whole(&daemon, "main.log", 8 * 1024);
    assert!(
        text.contains("spawned: 'a'") && text.contains("success: a entered"),
        "{text}"
    );
    for line in text.lines() {
        let ours = line.len() > 24 && line.as_bytes()[4] == b'-';
        assert!(
            ours || ["half a line", "other", "done"].contains(&line),
            "{line:?}"
        );
    }
    assert_eq!(text.matches("half a line\n").count(), 50);
    assert_eq!(text.matches("other\n").count(), 50);
}

fn reader_of(home: &Home) -> File {
    mkfifo(&home.path("log"), Mode::S_IRWXU).expect("a FIFO");
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(nix::libc::O_NONBLOCK);
    options.open(home.path("log")).expect("a reader")
}

#[test]
fn dec_037_a_shared_pipe_gets_whole_lines_and_an_unfinished_one_after_a_pause() {
    let home = Home::new();
    let mut reader = reader_of(&home);
    let cat =
        "command=/bin/cat\nstartsecs=0\nstdout_logfile={dir}/log\nstdout_logfile_maxbytes=0\n";
    config(&home, &format!("[program:a]\n{cat}[program:b]\n{cat}"));
    let daemon = Daemon::of(home, &[]);
    daemon.wait_running("a");
    daemon.wait_running("b");
    let watch = Watch::over(&daemon);
    let mut text = String::new();
    let mut wait = |wanted: &str| {
        wait_until(wanted, || {
            let _ = reader.read_to_string(&mut text);
            text == wanted
        });
    };
    daemon.feed("a", "prompt> ");
    daemon.feed("b", "line\n");
    wait("line\nprompt> ");
    daemon.feed("a", "answer\n");
    wait("line\nprompt> answer\n");
    // the end of a program is the end of its line
    daemon.feed("b", "last words");
    daemon.stop_process("b");
    daemon.feed("a", "next\n");
    let mut all = String::new();
    wait_until("both", || {
        let _ = reader.read_to_string(&mut all);
        all.len() >= "last words\nnext\n".len()
    });
    assert!(
        ["last words\nnext\n", "last wordsnext\n"].contains(&all.as_str()),
        "{all:?}"
    );
    daemon.start_process("b");
    daemon.wait_running("b");
    watch.check(&daemon);
}

#[test]
fn dec_037_programs_that_flood_a_shared_pipe_lose_and_tear_nothing() {
    const LINES: u32 = 20_000;
    let home = Home::new();
    let mut reader = reader_of(&home);
    let command = counting(LINES);
    config(
        &home,
        &format!(
            "[program:w]\ncommand={command}\nnumprocs=3\nprocess_name=w%(process_num)d\nstartsecs=0\n\
             stdout_logfile={{dir}}/log\nstdout_logfile_maxbytes=0\n"
        ),
    );
    let daemon = Daemon::of(home, &[]);
    let mut text = String::new();
    wait_until("the end of all", || {
        let _ = reader.read_to_string(&mut text);
        text.matches("end of a line").count() == 3
    });
    check_lines(&text, 3, LINES);
    drop(daemon);
}
