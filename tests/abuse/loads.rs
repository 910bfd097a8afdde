//! What the daemon carries: many events for a pool, and much output that raises events.
//!
//! By default in a size that takes seconds. `SUPERVISOR_TEST_LOAD=full` in the environment makes it 100,000
//! events and 200 MB; then build with `--release`, and add `-- --nocapture` to see the figures.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::ops::Range;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use crate::common::daemon::Daemon;
use crate::common::home::Home;
use crate::common::wait::{DEADLINE, now, wait_until};
use crate::common::{proc, skip};

/// A listener that notes the number and the data of each event and says OK.
const LISTENER: &str = "
import os, sys
noted = open('noted-' + os.environ['SUPERVISOR_PROCESS_NAME'], 'w')
while True:
    print('READY', flush=True)
    header = dict(token.split(':', 1) for token in sys.stdin.readline().split())
    payload = sys.stdin.read(int(header['len']))
    if header['eventname'] == 'REMOTE_COMMUNICATION':
        noted.write('%s %s\\n' % (header['serial'], payload.split('\\n')[1]))
        noted.flush()
    if header['eventname'] == 'PROCESS_COMMUNICATION_STDOUT':
        noted.write(payload)
        noted.flush()
    print('RESULT 2\\nOK', end='', flush=True)
";

/// A program that writes a pattern without line ends, as many MiB as it is told.
const WRITER: &str = "
import os, sys
block = b''.join(b'%07d ' % number for number in range(131072))
for _ in range(int(sys.argv[1])):
    sent = 0
    while sent < len(block):
        sent += os.write(1, block[sent:])
os.write(1, b'<!--XSUPERVISOR:BEGIN-->done<!--XSUPERVISOR:END-->')
sys.stdin.read()
";

/// The pattern of [`WRITER`].
fn block() -> Vec<u8> {
    (0..131_072)
        .flat_map(|number| format!("{number:07} ").into_bytes())
        .collect()
}

/// The size of a load.
fn size(usual: usize, full: usize) -> usize {
    let wanted = std::env::var("SUPERVISOR_TEST_LOAD");
    if wanted.is_ok_and(|wanted| wanted == "full") {
        full
    } else {
        usual
    }
}

fn has_python(home: &Home) -> bool {
    let found = home.marked("python3").args(["-c", ""]).status();
    let found = found.is_ok_and(|status| status.success());
    if !found {
        skip("needs python3");
    }
    found
}

/// Memory of the daemon, in KiB.
fn memory(daemon: &Daemon) -> u64 {
    let text = proc::status(daemon.pid, "VmRSS").expect("a living daemon");
    text.trim_end_matches(" kB").parse().expect("a number")
}

/// Calls methods one after another over one connection.
struct Caller(BufReader<UnixStream>);

impl Caller {
    fn connect(socket: &Path) -> Self {
        let stream = UnixStream::connect(socket).expect("the daemon's socket");
        stream
            .set_read_timeout(Some(DEADLINE))
            .expect("a time limit");
        Self(BufReader::new(stream))
    }

    /// Sends events with these numbers as their data, all in one request.
    fn send(&mut self, numbers: Range<usize>) {
        let call = |number: usize| {
            format!(
                "<value><struct><member><name>methodName</name><value>\
                 supervisor.sendRemoteCommEvent</value></member><member><name>params</name><value>\
                 <array><data><value>load</value><value>{number}</value></data></array></value>\
                 </member></struct></value>"
            )
        };
        let calls: String = numbers.clone().map(call).collect();
        let calls = format!("<param><value><array><data>{calls}</data></array></value></param>");
        let answer = self.call("system.multicall", &calls);
        assert_eq!(
            answer.matches("<boolean>1</boolean>").count(),
            numbers.len(),
            "{answer}"
        );
    }

    /// Calls a method with these parameters and returns the answer's body.
    fn call(&mut self, method: &str, parameters: &str) -> String {
        let body = format!(
            "<?xml version='1.0'?><methodCall><methodName>{method}</methodName>\
             <params>{parameters}</params></methodCall>"
        );
        let request = format!(
            "POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.0
            .get_mut()
            .write_all(request.as_bytes())
            .expect("a request");
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).expect("a head");
            if line == "\r\n" {
                break;
            }
            if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length");
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).expect("a body");
        String::from_utf8(body).expect("UTF-8")
    }
}

/// What the listeners noted, in order: the serial and the data of each event.
fn noted(daemon: &Daemon, process: &str) -> Vec<(usize, usize)> {
    let text = daemon.read(&format!("noted-{process}"));
    let number = |word: &str| word.parse().expect("a number");
    let line = |line: &str| {
        line.split_once(' ')
            .map(|(serial, data)| (number(serial), number(data)))
    };
    text.lines()
        .map(|text| line(text).expect("two numbers"))
        .collect()
}

/// How many events one request makes.
const BURST: usize = 20;
/// After so many events the listeners may catch up with half of them.
const WINDOW: usize = 1000;

/// Every event reaches one listener, once, in order, and is acknowledged once.
#[test]
fn events_to_a_pool_of_four() {
    const PROCESSES: [&str; 4] = ["ears_0", "ears_1", "ears_2", "ears_3"];
    let events = size(10_000, 100_000);
    let home = Home::new();
    if !has_python(&home) {
        return;
    }
    home.write("listener.py", LISTENER);
    home.config_with(
        "loglevel=debug\nlogfile_maxbytes=0",
        &format!(
            "[eventlistener:ears]\ncommand=python3 -S -E {{dir}}/listener.py\nnumprocs=4\n\
             process_name=%(program_name)s_%(process_num)d\nstartsecs=0\ndirectory={{dir}}\n\
             events=REMOTE_COMMUNICATION\nbuffer_size={}\nstdout_logfile=NONE\n\
             stderr_logfile={{dir}}/ears.err\n",
            2 * WINDOW
        ),
    );
    let daemon = Daemon::of(home, &[]);
    for process in PROCESSES {
        daemon.wait_log(&format!("{process}: ACKNOWLEDGED -> READY"));
    }
    let mut caller = Caller::connect(&daemon.path("sock"));
    let start = now();
    let processed = || {
        daemon
            .read("main.log")
            .matches("event was processed")
            .count()
    };
    let received = || -> usize {
        let lines = |process| daemon.read(&format!("noted-{process}")).lines().count();
        PROCESSES.into_iter().map(lines).sum()
    };
    let mut send = |from: usize, to: usize| {
        for first in (from..to).step_by(BURST) {
            let last = to.min(first + BURST);
            caller.send(first..last);
            if last.is_multiple_of(WINDOW) {
                wait_until("the listeners", || received() + WINDOW / 2 >= last);
            }
        }
        wait_until("the answers of the listeners", || processed() >= to);
    };
    // the daemon has seen everything once, and has the memory that it needs
    send(0, events / 5);
    let before = memory(&daemon);
    send(events / 5, events);
    let after = memory(&daemon);
    let span = start.elapsed();
    println!(
        "{events} events in {span:?}; {before} KiB of memory after a fifth, {after} at the end"
    );
    assert!(after < before + 4096, "{before} KiB became {after} KiB");

    let mut all = Vec::new();
    for process in PROCESSES {
        let noted = noted(&daemon, process);
        assert!(noted.is_sorted_by(|one, next| one.0 < next.0), "{process}");
        assert!(!noted.is_empty(), "{process} did nothing");
        all.extend(noted);
    }
    all.sort_unstable();
    assert!(
        all.iter()
            .copied()
            .eq((0..events).map(|number| (number, number)))
    );
    assert_eq!(processed(), events);
    assert_eq!(daemon.log_lines("overflowed"), [""; 0]);
}

/// No byte is missing from the log, and the daemon answers meanwhile.
#[test]
fn output_without_line_ends_that_raises_events() {
    let mebibytes = size(20, 200);
    let home = Home::new();
    if !has_python(&home) {
        return;
    }
    home.write("listener.py", LISTENER);
    home.write("writer.py", WRITER);
    home.config(&format!(
        "[eventlistener:ears]\ncommand=python3 -S -E {{dir}}/listener.py\nstartsecs=0\n\
         directory={{dir}}\nevents=PROCESS_LOG,PROCESS_COMMUNICATION\nstdout_logfile=NONE\n\
         stderr_logfile={{dir}}/ears.err\n\n\
         [program:writer]\ncommand=python3 -S -E {{dir}}/writer.py {mebibytes}\nstartsecs=0\n\
         autostart=false\nstdout_logfile={{dir}}/writer.log\nstdout_logfile_maxbytes=0\n\
         stdout_events_enabled=true\nstdout_capture_maxbytes=1MB\n"
    ));
    let daemon = Daemon::of(home, &[]);
    daemon.wait_running("ears");
    let bytes = mebibytes * 1024 * 1024;
    let written = || {
        let log = daemon.path("writer.log");
        usize::try_from(log.metadata().map_or(0, |log| log.len())).expect("a length")
    };
    let start = now();
    daemon.start_process("writer");
    let (mut answers, mut longest) = (0, Duration::ZERO);
    let mut caller = Caller::connect(&daemon.path("sock"));
    wait_until("the whole output", || {
        let asked = now();
        let answer = caller.call("supervisor.getAllProcessInfo", "");
        assert!(answer.contains("RUNNING"), "{answer}");
        answers += 1;
        longest = longest.max(asked.elapsed());
        written() >= bytes
    });
    let span = start.elapsed();
    let status = daemon.ctl(&["status", "writer"]);
    assert!(status.out.contains("RUNNING"), "{}", status.out);
    println!(
        "{mebibytes} MiB in {span:?}; {answers} answers meanwhile, the slowest after {longest:?}; {} \
         KiB of memory",
        memory(&daemon)
    );
    assert!(
        longest < Duration::from_secs(1),
        "an answer took {longest:?}"
    );
    daemon.wait_file("noted-ears", "done");
    assert_eq!(written(), bytes);
    let mut log = File::open(daemon.path("writer.log")).expect("the log");
    let (block, mut found) = (block(), vec![0; 1024 * 1024]);
    for number in 0..mebibytes {
        log.read_exact(&mut found).expect("a block");
        assert!(found == block, "block {number} is not what was written");
    }
}
