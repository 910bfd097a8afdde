//! What the parts without system calls cost. `cargo bench`, or for counts of instructions, which do not depend
//! on what else the machine does, the built binary under callgrind as `docs/performance.md` says.

use std::fmt::Write as _;
use std::hint::black_box;

use bytes::Bytes;
use divan::Bencher;
use supervisor::base::clock::{Mono, Now, Wall};
use supervisor::base::exit::Exit;
use supervisor::base::pid::Pid;
use supervisor::base::signals::Signal;
use supervisor::config::ini::{Document, Page};
use supervisor::config::source::Source;
use supervisor::events::listener::Listener;
use supervisor::logs::ansi::Stripper;
use supervisor::logs::capture::Scanner;
use supervisor::process::durable::Process;
use supervisor::process::machine::{Input, Moment};
use supervisor::process::policy::{Autorestart, Policy};
use supervisor::rpc::reply::Reply;
use supervisor::rpc::wire::{Writer, decode_call, decode_response, encode_response, plain_call};

fn main() {
    divan::main();
}

/// A thousand lives: started, up, crashed.
#[divan::bench]
fn machine(bencher: Bencher<'_, '_>) {
    let policy = Policy {
        autostart: true,
        autorestart: Autorestart::Always,
        startsecs: 1,
        startretries: 3,
        exitcodes: vec![0],
        stopsignal: Signal::TERM,
        stopwaitsecs: 10,
        stopasgroup: false,
        killasgroup: false,
        lifecycle: None,
    };
    let pid = Pid::new(4711).expect("a pid");
    let at = |seconds: u32| Now {
        mono: Mono(u64::from(seconds) * 1_000_000_000),
        wall: Wall(1_795_348_800_000_000_000 + i64::from(seconds) * 1_000_000_000),
    };
    bencher.bench_local(|| {
        let mut effects = Vec::new();
        for _ in 0..1000 {
            let mut process = Process::new("cat");
            let lived = [
                (Input::Autostart, 0),
                (Input::Spawned(pid), 0),
                (Input::Due, 1),
                (Input::Exited(Exit::Code(1)), 2),
            ];
            for (input, seconds) in lived {
                let moment = Moment {
                    now: at(seconds),
                    may_spawn: true,
                    luck: 0.0,
                };
                process.step(&policy, input, moment, &mut effects);
                black_box(&effects);
                effects.clear();
            }
        }
    });
}

fn ini_text() -> String {
    let mut text = String::new();
    for number in 0..1000 {
        write!(
            text,
            "[program:p{number}]\ncommand=/bin/cat -u  ; a comment\nautorestart=true\nstartsecs=1\n\
             stdout_logfile=/var/log/p{number}.log\nstdout_logfile_maxbytes=50MB\n\
             environment=A=\"1\",\n  B=\"2\"\nredirect_stderr=true\n\n"
        )
        .expect("a String takes anything");
    }
    text
}

fn parse_ini(text: &str, wanted: fn(&str) -> bool) -> Document {
    let (name, text) = ("supervisord.conf".to_owned(), text.to_owned());
    let source = Source { name, text };
    Document::parse_only(
        [Ok(Page {
            source,
            here: None,
            again: false,
        })],
        wanted,
    )
    .expect("it is well-formed")
}

/// A file with a thousand programs, as the daemon reads it.
#[divan::bench]
fn ini(bencher: Bencher<'_, '_>) {
    let text = ini_text();
    bencher.bench_local(|| parse_ini(&text, |_| true));
}

/// The same as the client reads it.
#[divan::bench]
fn ini_of_the_client(bencher: Bencher<'_, '_>) {
    let text = ini_text();
    bencher.bench_local(|| parse_ini(&text, |section| section == "supervisorctl"));
}

/// The answer of `getAllProcessInfo` with a thousand processes.
fn infos() -> Bytes {
    let mut writer = Writer::with_room(1_280_000);
    writer.array(|writer| {
        for number in 0..1000 {
            let name = format!("p{number}");
            let log = format!("/var/log/supervisor/{name}.log");
            writer.structure(|writer| {
                writer.text("name", &name);
                writer.text("group", &name);
                writer.int("start", 1_795_348_800);
                writer.int("stop", 0);
                writer.int("now", 1_795_352_400);
                writer.int("state", 20);
                writer.text("statename", "RUNNING");
                writer.text("spawnerr", "");
                writer.int("exitstatus", 0);
                writer.text("logfile", &log);
                writer.text("stdout_logfile", &log);
                writer.text("stderr_logfile", "");
                writer.int("pid", 4711 + number);
                writer.text("description", "pid 4711, uptime 1:00:00");
            });
        }
    });
    encode_response(Reply::Encoded(writer.finish().expect("an answer")))
}

#[divan::bench]
fn encode_1000_infos() -> Bytes {
    infos()
}

#[divan::bench]
fn decode_1000_infos(bencher: Bencher<'_, '_>) {
    let body = infos();
    bencher.bench_local(|| black_box(decode_response(&body)).is_ok());
}

/// A thousand events acknowledged.
#[divan::bench]
fn listener(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| {
        let mut listener = Listener::default();
        let mut events = Vec::new();
        for _ in 0..1000 {
            listener.feed(b"READY\n", &mut events);
            listener.sent();
            listener.feed(b"RESULT 2\nOK", &mut events);
            black_box(&events);
            events.clear();
        }
    });
}

/// A mebibyte of lines, with something in every tenth.
fn output(something: &str) -> Vec<u8> {
    let mut text = String::new();
    while text.len() < 1 << 20 {
        for _ in 0..9 {
            text.push_str("2026-11-22 12:00:00,000 INFO an ordinary line of an ordinary program\n");
        }
        text.push_str(something);
    }
    text.into_bytes()
}

#[divan::bench]
fn capture(bencher: Bencher<'_, '_>) {
    let text = output("<!--XSUPERVISOR:BEGIN-->a message<!--XSUPERVISOR:END-->\n");
    bencher.bench_local(|| {
        let mut scanner = Scanner::new(1 << 20);
        for chunk in text.chunks(4096) {
            scanner.feed(chunk, &mut |piece| drop(black_box(piece)));
        }
    });
}

#[divan::bench]
fn ansi(bencher: Bencher<'_, '_>) {
    let text = output("\x1b[1;31mred\x1b[0m\n");
    bencher.bench_local(|| {
        let mut stripper = Stripper::default();
        for chunk in text.chunks(4096) {
            black_box(stripper.strip(chunk));
        }
    });
}

/// A call without arguments, as Python writes it.
const CALL: &[u8] =
    b"<?xml version='1.0'?>\n<methodCall>\n<methodName>supervisor.getState</methodName>\n\
    <params>\n</params>\n</methodCall>\n";

#[divan::bench]
fn plain_call_by_eye(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| plain_call(black_box(CALL)));
}

#[divan::bench]
fn plain_call_by_the_parser(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| decode_call(black_box(CALL)));
}
