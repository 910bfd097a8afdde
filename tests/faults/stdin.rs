//! Programs that do not read what clients send them.

use xmlrpc::Value;

use crate::common::daemon::Daemon;
use crate::common::proc;
use crate::common::rpc::Fault;
use crate::common::wait::wait_until;
use crate::health::{Watch, start};

fn send(daemon: &Daemon, name: &str, text: &str) -> Result<Value, Fault> {
    daemon.rpc(
        "supervisor.sendProcessStdin",
        vec![name.into(), text.into()],
    )
}

/// What waits for programs has one bound for all, whoever reads gets its input all the same, and what nobody will
/// read any more makes room.
#[test]
fn dec_084_stdins_that_nobody_reads_have_one_bound() {
    let daemon = start(
        "[program:deaf]\ncommand=/bin/sleep 1000\nnumprocs=50\nprocess_name=%(process_num)s\n\
         startsecs=0\nstdout_logfile=NONE\nstderr_logfile=NONE\n\
         [program:reads]\ncommand=/bin/cat\nstartsecs=0\nstdout_logfile={dir}/reads\n",
    );
    let names: Vec<_> = (0..50).map(|number| format!("deaf:{number}")).collect();
    for name in &names {
        daemon.wait_running(name);
    }
    daemon.wait_running("reads");
    let watch = Watch::over(&daemon);
    let mut unfed = names.iter();
    let mut fill = |size: usize| {
        let text = "z".repeat(size);
        loop {
            let name = unfed.next().expect("a bound");
            let mut refused = std::iter::from_fn(|| Some(send(&daemon, name, &text)));
            let (code, reason) = refused.find_map(Result::err).expect("a bound");
            assert_eq!(code, 30, "{reason}");
            if !reason.contains("the queue is full") {
                assert!(
                    reason.contains("too much waits for programs that do not read"),
                    "{reason}"
                );
                return;
            }
        }
    };
    fill(7_500_000);
    // room for a reader is left, and when small pieces have filled that, its pipe has
    let long = format!("{}\n", "x".repeat(999_999));
    assert_eq!(send(&daemon, "reads", &long), Ok(Value::Bool(true)));
    wait_until("a million bytes", || {
        daemon.read("reads").len() == long.len()
    });
    for size in [3_000_000, 500_000, 50_000] {
        fill(size);
    }
    let before = proc::status(daemon.pid, "VmHWM").expect("a size");
    let kilobytes: u64 = before.trim_end_matches(" kB").parse().expect("a number");
    assert!(kilobytes < 220_000, "{before}");
    let line = format!("{}\n", "y".repeat(63_000));
    for number in 1..=5 {
        assert_eq!(send(&daemon, "reads", &line), Ok(Value::Bool(true)));
        let length = long.len() + number * line.len();
        wait_until("the line", || daemon.read("reads").len() == length);
    }
    // what was accepted for the dead is gone
    let all = || vec!["deaf".into()];
    daemon
        .rpc("supervisor.stopProcessGroup", all())
        .expect("stopped");
    daemon.start_process("deaf:0");
    let text = "z".repeat(7_500_000);
    assert_eq!(send(&daemon, "deaf:0", &text), Ok(Value::Bool(true)));
    daemon.stop_process("deaf:0");
    daemon
        .rpc("supervisor.startProcessGroup", all())
        .expect("started");
    watch.check(&daemon);
}
