//! Tables for the state machine.
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "the tables look for one kind of effect"
)]

use std::time::Duration;

use super::{Change, Effect, Input, Moment, State};
use crate::base::clock::{Mono, Now, Wall};
use crate::base::exit::Exit;
use crate::base::level::Level;
use crate::base::pid::Pid;
use crate::base::signals::Signal;
use crate::process::durable::Process;
use crate::process::policy::{Autorestart, Policy};

const SECOND: u64 = 1_000_000_000;

fn policy() -> Policy {
    Policy {
        autostart: true,
        autorestart: Autorestart::Unexpected,
        startsecs: 1,
        startretries: 3,
        exitcodes: vec![0],
        stopsignal: Signal::TERM,
        stopwaitsecs: 10,
        stopasgroup: false,
        killasgroup: false,
        lifecycle: None,
    }
}

fn at(seconds: u64) -> Now {
    let nanos = seconds * SECOND;
    Now {
        mono: Mono(nanos),
        wall: Wall(i64::try_from(nanos).unwrap()),
    }
}

fn pid() -> Pid {
    Pid::new(77).unwrap()
}

/// A process in that state, started at second 100.
fn process(state: State) -> Process {
    let alive = matches!(state, State::Starting | State::Running | State::Stopping);
    let mut process = Process::new("x");
    process.state = state;
    process.laststart = Some(at(100).wall);
    process.started = at(100).mono;
    process.pid = alive.then(pid);
    process.killing = state == State::Stopping;
    process
}

/// The effects of one input, with supervision running.
fn step(process: &mut Process, policy: &Policy, input: Input, now: Now) -> Vec<Effect> {
    step_if(process, policy, input, now, true)
}

fn step_if(
    process: &mut Process,
    policy: &Policy,
    input: Input,
    now: Now,
    may_spawn: bool,
) -> Vec<Effect> {
    let moment = Moment {
        now,
        may_spawn,
        luck: 0.0,
    };
    let mut effects = Vec::new();
    process.step(policy, input, moment, &mut effects);
    effects
}

fn states(effects: &[Effect]) -> Vec<State> {
    let state = |effect: &Effect| match effect {
        Effect::Changed(Change { to, .. }) => Some(*to),
        _ => None,
    };
    effects.iter().filter_map(state).collect()
}

fn signals(effects: &[Effect]) -> Vec<(Signal, bool)> {
    let signal = |effect: &Effect| match effect {
        Effect::Kill { signal, group } => Some((*signal, *group)),
        _ => None,
    };
    effects.iter().filter_map(signal).collect()
}

fn lines(effects: &[Effect], least: Level) -> Vec<&str> {
    let line = |effect: &'_ Effect| match effect {
        Effect::Log(level, _) if *level < least => None,
        Effect::Log(_, text) => Some(text.clone().leak() as &str),
        _ => None,
    };
    effects.iter().filter_map(line).collect()
}

#[test]
fn stops() {
    let table = [
        // from            to               signal sent
        (State::Running, State::Stopping, Some(Signal::TERM)),
        (State::Starting, State::Stopping, Some(Signal::TERM)),
        (State::Backoff, State::Stopped, None),
        (State::Stopping, State::Stopping, None),
        (State::Stopped, State::Stopped, None),
        (State::Exited, State::Exited, None),
        (State::Fatal, State::Fatal, None),
        (State::Unknown, State::Unknown, None),
    ];
    for (from, to, signal) in table {
        let mut process = process(from);
        let effects = step(&mut process, &policy(), Input::Stop, at(200));
        assert_eq!(process.state, to, "{from}");
        let sent: Vec<_> = signal.map(|signal| (signal, false)).into_iter().collect();
        assert_eq!(signals(&effects), sent, "{from}");
        let deadline = signal.map(|_| at(210).mono);
        assert_eq!(process.deadline, deadline, "{from}");
    }
}

#[test]
fn listeners_hear_of_stopping_before_the_signal() {
    let mut process = process(State::Running);
    let effects = step(&mut process, &policy(), Input::Stop, at(200));
    let place = |wanted: fn(&Effect) -> bool| effects.iter().position(wanted);
    let changed = place(|effect| matches!(effect, Effect::Changed(_)));
    let killed = place(|effect| matches!(effect, Effect::Kill { .. }));
    assert!(changed < killed && changed.is_some());
}

#[test]
fn goes_down() {
    let table = [
        (State::Running, State::Stopping),
        (State::Starting, State::Stopping),
        (State::Backoff, State::Fatal),
        (State::Exited, State::Exited),
        (State::Stopping, State::Stopping),
    ];
    for (from, to) in table {
        let mut process = process(from);
        process.backoff = 2;
        let effects = step(&mut process, &policy(), Input::Shutdown, at(200));
        assert_eq!(process.state, to, "{from}");
        assert_eq!(lines(&effects, Level::Info), Vec::<&str>::new(), "{from}");
    }
}

#[test]
fn starts_by_hand() {
    let table = [
        (State::Stopped, true),
        (State::Exited, true),
        (State::Fatal, true),
        (State::Running, false),
        (State::Starting, false),
        (State::Stopping, false),
        (State::Backoff, false),
    ];
    for (from, spawns) in table {
        let mut process = process(from);
        process.backoff = 2;
        process.spawnerr = Some("old".to_owned());
        process.exitstatus = Some(3);
        let effects = step(&mut process, &policy(), Input::Start, at(200));
        assert_eq!(effects.contains(&Effect::Spawn), spawns, "{from}");
        if spawns {
            assert_eq!(process.state, State::Starting, "{from}");
            // DEC-021
            assert_eq!((process.backoff, process.exitstatus), (0, None), "{from}");
            assert_eq!(
                (process.spawnerr, process.laststart),
                (None, Some(at(200).wall)),
                "{from}"
            );
        }
    }
}

#[test]
fn a_stopping_process_is_not_started() {
    let mut process = process(State::Stopping);
    let effects = step(&mut process, &policy(), Input::Start, at(200));
    assert_eq!(
        lines(&effects, Level::Warn),
        ["process 'x' already running"]
    );
}

#[test]
fn starts_by_itself_if_it_may() {
    let started = |process: &mut Process, may_spawn: bool| {
        process.backoff = 2;
        let effects = step_if(process, &policy(), Input::Autostart, at(1), may_spawn);
        effects.contains(&Effect::Spawn) && process.backoff == 0
    };
    assert!(started(&mut Process::new("x"), true));
    assert!(!started(&mut Process::new("x"), false));
    assert!(started(&mut process(State::Fatal), true));
    assert!(!started(&mut process(State::Running), true));
    assert!(!started(&mut process(State::Stopping), true));
}

#[test]
fn comes_up_after_startsecs() {
    let mut process = Process::new("x");
    step(&mut process, &policy(), Input::Start, at(100));
    step(&mut process, &policy(), Input::Spawned(pid()), at(100));
    assert_eq!(
        (process.state, process.deadline),
        (State::Starting, Some(at(101).mono))
    );
    assert_eq!(step(&mut process, &policy(), Input::Due, at(100)), []);
    let effects = step(&mut process, &policy(), Input::Due, at(101));
    assert_eq!((process.state, process.deadline), (State::Running, None));
    let line = "success: x entered RUNNING state, process has stayed up for > than 1 seconds \
                (startsecs)";
    assert_eq!(lines(&effects, Level::Info), [line]);
}

#[test]
fn startsecs_zero_is_due_at_once() {
    for startsecs in [0, -1] {
        let policy = Policy {
            startsecs,
            ..policy()
        };
        let mut process = Process::new("x");
        step(&mut process, &policy, Input::Start, at(100));
        step(&mut process, &policy, Input::Spawned(pid()), at(100));
        step(&mut process, &policy, Input::Due, at(100));
        assert_eq!(process.state, State::Running, "{startsecs}");
    }
}

#[test]
fn waits_longer_after_each_failure_and_gives_up() {
    let policy = Policy {
        startretries: 2,
        ..policy()
    };
    let mut process = Process::new("x");
    let mut now = 100;
    step(&mut process, &policy, Input::Start, at(now));
    for wait in [1, 2] {
        step(&mut process, &policy, Input::Spawned(pid()), at(now));
        let effects = step(&mut process, &policy, Input::Exited(Exit::Code(0)), at(now));
        assert_eq!(states(&effects), [State::Backoff]);
        assert_eq!(process.deadline, Some(at(now + wait).mono));
        assert_eq!(process.spawnerr.as_deref(), Some(super::exit::TOO_QUICK));
        assert_eq!(process.exitstatus, None);
        now += wait;
        let effects = step(&mut process, &policy, Input::Due, at(now));
        assert!(effects.contains(&Effect::Spawn), "{wait}");
    }
    let effects = step(
        &mut process,
        &policy,
        Input::SpawnFailed("no".into()),
        at(now),
    );
    assert_eq!(states(&effects), [State::Backoff, State::Fatal]);
    assert_eq!((process.state, process.deadline), (State::Fatal, None));
    let line = "gave up: x entered FATAL state, too many start retries too quickly";
    assert_eq!(lines(&effects, Level::Info), ["spawnerr: no", line]);
    assert_eq!(process.backoff, 0);
}

#[test]
fn exits() {
    use Autorestart::{Always, Never, Unexpected};
    let killed = Exit::from_wait_status(9);
    let table = [
        // autorestart  exit            expected  again
        (Never, Exit::Code(0), true, false),
        (Never, Exit::Code(1), false, false),
        (Unexpected, Exit::Code(0), true, false),
        (Unexpected, Exit::Code(2), true, false),
        (Unexpected, Exit::Code(1), false, true),
        (Unexpected, killed, false, true),
        (Always, Exit::Code(0), true, true),
        (Always, killed, false, true),
    ];
    for (autorestart, exit, expected, again) in table {
        let policy = Policy {
            autorestart,
            exitcodes: vec![0, 2],
            ..policy()
        };
        let mut process = process(State::Running);
        let effects = step(&mut process, &policy, Input::Exited(exit), at(200));
        let case = format!("{autorestart:?} {exit}");
        assert_eq!(
            (process.state, process.pid),
            (State::Exited, None),
            "{case}"
        );
        assert_eq!(process.exitstatus, Some(exit.status()), "{case}");
        assert_eq!(process.spawnerr.is_none(), expected, "{case}");
        let change = Effect::Changed(Change {
            from: State::Running,
            to: State::Exited,
            tries: 0,
            expected,
            pid: Some(pid()),
        });
        assert_eq!(effects[0], change, "{case}");
        let effects = step(&mut process, &policy, Input::Due, at(200));
        assert_eq!(effects.contains(&Effect::Spawn), again, "{case}");
    }
}

#[test]
fn an_exit_that_came_before_its_time_was_noticed_passes_through_running() {
    let mut process = process(State::Starting);
    let effects = step(
        &mut process,
        &policy(),
        Input::Exited(Exit::Code(0)),
        at(101),
    );
    assert_eq!(states(&effects), [State::Running, State::Exited]);
    assert_eq!(
        lines(&effects, Level::Info),
        ["exited: x (exit status 0; expected)"]
    );
}

#[test]
fn ends_after_a_stop() {
    let table = [
        (Exit::Code(0), Level::Info, "stopped: x (exit status 0)"),
        (Exit::Code(1), Level::Warn, "stopped: x (exit status 1)"),
        (
            Exit::from_wait_status(15),
            Level::Warn,
            "stopped: x (terminated by SIGTERM)",
        ),
    ];
    for (exit, level, line) in table {
        let mut process = process(State::Stopping);
        let effects = step(&mut process, &policy(), Input::Exited(exit), at(200));
        assert_eq!(
            (process.state, process.killing),
            (State::Stopped, false),
            "{line}"
        );
        assert!(
            effects.contains(&Effect::Log(level, line.to_owned())),
            "{line}"
        );
    }
}

#[test]
fn kills_what_does_not_stop_again_and_again() {
    let policy = Policy {
        stopasgroup: false,
        killasgroup: true,
        ..policy()
    };
    let mut process = process(State::Running);
    let effects = step(&mut process, &policy, Input::Stop, at(200));
    assert_eq!(signals(&effects), [(Signal::TERM, false)]);
    for now in [210, 220] {
        let effects = step(&mut process, &policy, Input::Due, at(now));
        assert_eq!(signals(&effects), [(Signal::KILL, true)], "{now}");
        assert_eq!(states(&effects), [], "{now}");
        assert_eq!(
            lines(&effects, Level::Warn),
            ["killing 'x' (77) with SIGKILL"],
            "{now}"
        );
    }
}

#[test]
fn stopwaitsecs_zero_kills_at_once_but_not_in_a_frenzy() {
    let policy = Policy {
        stopwaitsecs: 0,
        ..policy()
    };
    let mut process = process(State::Running);
    step(&mut process, &policy, Input::Stop, at(200));
    assert_eq!(process.deadline, Some(at(200).mono));
    step(&mut process, &policy, Input::Due, at(200));
    assert_eq!(
        process.deadline,
        Some(at(200).mono + Duration::from_millis(100))
    );
}

#[test]
fn nothing_is_spawned_while_going_down() {
    for from in [State::Backoff, State::Exited] {
        let mut process = process(from);
        process.deadline = Some(at(200).mono);
        let effects = step_if(&mut process, &policy(), Input::Due, at(200), false);
        assert_eq!(
            (effects, process.state, process.deadline),
            (vec![], from, None),
            "{from}"
        );
    }
}

#[test]
fn a_signal_that_cannot_be_sent_makes_it_unknown() {
    let mut process = process(State::Running);
    step(&mut process, &policy(), Input::Stop, at(200));
    let effects = step(
        &mut process,
        &policy(),
        Input::KillFailed("why".into()),
        at(200),
    );
    assert_eq!((process.state, process.deadline), (State::Unknown, None));
    assert_eq!(lines(&effects, Level::Critical), ["why"]);
    // DEC-025: its end, whenever it comes, is taken
    step(
        &mut process,
        &policy(),
        Input::Exited(Exit::Code(0)),
        at(300),
    );
    assert_eq!((process.state, process.pid), (State::Unknown, None));
}

/// DEC-021a: what ends at once is started again a second after its start; what lived longer, at once.
#[test]
fn a_floor_under_restarts() {
    let quick = Policy {
        startsecs: 0,
        autorestart: Autorestart::Always,
        ..policy()
    };
    let second = Duration::from_secs(1);
    let start = at(100);
    for (lived, waits) in [
        (0, second),
        (1, Duration::from_nanos(SECOND - 1)),
        (SECOND - 1, Duration::from_nanos(1)),
        (SECOND, Duration::ZERO),
        (90 * SECOND, Duration::ZERO),
    ] {
        for noticed in [false, true] {
            let mut process = Process::new("x");
            step(&mut process, &quick, Input::Start, start);
            step(&mut process, &quick, Input::Spawned(pid()), start);
            if noticed {
                step(&mut process, &quick, Input::Due, start);
            }
            let end = Now {
                mono: start.mono + Duration::from_nanos(lived),
                ..start
            };
            step(&mut process, &quick, Input::Exited(Exit::Code(1)), end);
            let due = end.mono + waits;
            assert_eq!(process.deadline, Some(due), "{lived} {noticed}");
            // who starts it by hand does not wait
            let mut by_hand = process.clone();
            let effects = step(&mut by_hand, &quick, Input::Start, end);
            assert!(effects.contains(&Effect::Spawn), "{lived} {noticed}");
            let due = Now { mono: due, ..start };
            let effects = step(&mut process, &quick, Input::Due, due);
            assert!(effects.contains(&Effect::Spawn), "{lived} {noticed}");
        }
    }
}

/// Whoever asks for a stop between two lives means the next one.
#[test]
fn a_restart_that_is_due_is_called_off() {
    let policy = Policy {
        autorestart: Autorestart::Always,
        ..policy()
    };
    for (input, starts) in [(None, true), (Some(Input::Stay), false)] {
        let mut process = process(State::Running);
        step(&mut process, &policy, Input::Exited(Exit::Code(0)), at(200));
        assert_eq!(process.state, State::Exited);
        if let Some(input) = input {
            assert!(step(&mut process, &policy, input, at(200)).is_empty());
        }
        let effects = step(&mut process, &policy, Input::Due, at(201));
        assert_eq!(effects.contains(&Effect::Spawn), starts);
    }
}

/// Only that: a retry goes on until it is stopped, a child until it is killed.
#[test]
fn stay_means_nothing_to_what_has_not_ended() {
    for state in [State::Starting, State::Backoff, State::Stopping] {
        let mut process = process(state);
        process.deadline = Some(at(150).mono);
        assert!(step(&mut process, &policy(), Input::Stay, at(120)).is_empty());
        assert_eq!(
            (process.state, process.deadline),
            (state, Some(at(150).mono))
        );
    }
}
