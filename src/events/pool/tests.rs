//! Tests of the event listener pool.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::event::{Output, Source, StateChange};
use super::super::tick::Period;
use super::*;
use crate::base::channel::Channel;
use crate::base::states::ProcessState;

const NOW: Mono = Mono(1_000);

fn pool(events: &[EventName], buffer_size: usize, processes: u32) -> Pool<u32> {
    let processes = (0..processes).map(|id| (id, format!("l{id}")));
    Pool::new(
        "pool",
        events,
        buffer_size,
        ResultHandler::Ordinary,
        processes,
    )
}

fn state() -> Event {
    let change = StateChange {
        from: ProcessState::Stopped,
        to: ProcessState::Starting,
        tries: 0,
        expected: true,
        pid: None,
    };
    Event::ProcessState(source("web"), change)
}

fn source(group: &str) -> Source {
    Source {
        process: "p".into(),
        group: group.into(),
    }
}

fn said(group: &str) -> Event {
    let output = Output {
        channel: Channel::Stdout,
        pid: None,
        data: b"x".to_vec(),
    };
    Event::ProcessLog(source(group), output)
}

fn tick() -> Event {
    Event::Tick {
        period: Period::FiveSeconds,
        when: 5,
    }
}

/// The texts without the `pool pool` and such that all share.
fn texts(lines: &Lines) -> Vec<&str> {
    lines.iter().map(|line| line.1.as_str()).collect()
}

/// Dispatches to listeners that all run; returns who got which serial.
fn dispatch(pool: &mut Pool<u32>, now: Mono, lines: &mut Lines) -> Vec<(u32, u64)> {
    let mut sent = Vec::new();
    let deliver = |id, bytes: &[u8]| {
        sent.push((id, serial(bytes)));
        Ok(())
    };
    pool.dispatch("supervisor", now, |_| true, deliver, lines);
    sent
}

fn serial(envelope: &[u8]) -> u64 {
    let text = std::str::from_utf8(envelope).unwrap();
    let token = text
        .split(' ')
        .find_map(|token| token.strip_prefix("serial:"));
    token.unwrap().parse().unwrap()
}

fn waiting(pool: &Pool<u32>) -> Vec<u64> {
    pool.buffer.iter().map(|accepted| accepted.serial).collect()
}

#[test]
fn subscriptions() {
    use EventName::{Event as Everything, ProcessLog, ProcessState, ProcessStateStarting, Tick60};
    let table: [(&[EventName], [bool; 4]); 6] = [
        // subscribed to                      state  tick  log    own log
        (&[Everything], [true, true, true, false]),
        (&[ProcessState], [true, false, false, false]),
        (
            &[ProcessStateStarting, ProcessState],
            [true, false, false, false],
        ),
        (&[Tick60], [false, false, false, false]),
        (&[ProcessLog], [false, false, true, false]),
        (&[], [false, false, false, false]),
    ];
    for (events, wanted) in table {
        let pool = pool(events, 10, 1);
        let wants = [state(), tick(), said("web"), said("pool")].map(|event| pool.wants(&event));
        assert_eq!(wants, wanted, "{events:?}");
    }
}

#[test]
fn serials() {
    let mut pools = [
        pool(&[EventName::ProcessState, EventName::Event], 10, 1),
        pool(&[EventName::Tick], 10, 1),
        pool(&[EventName::Tick60], 10, 1),
    ];
    let (mut serials, mut lines) = (Serials::default(), Lines::new());
    for event in [state(), tick(), said("pool"), tick()] {
        publish(&mut pools, event, &mut serials, &mut lines);
    }
    let numbers = |pool: &Pool<u32>| -> Vec<(u64, u64)> {
        pool.buffer
            .iter()
            .map(|event| (event.serial, event.pool_serial))
            .collect()
    };
    assert_eq!(numbers(&pools[0]), [(0, 0), (1, 1), (2, 2)]);
    assert_eq!(numbers(&pools[1]), [(1, 0), (2, 1)]);
    assert_eq!(numbers(&pools[2]), []);
    assert!(lines.is_empty());
    let mut last = Serials {
        next: i64::MAX as u64,
    };
    assert_eq!((last.take(), last.take()), (i64::MAX as u64, 0));
}

#[test]
fn what_a_full_buffer_discards() {
    type Numbers = &'static [u64];
    let table: [(usize, &[Event], Numbers, Numbers); 6] = [
        // size  events                                    kept         discarded
        (2, &[state(), state()], &[0, 1], &[]),
        (2, &[state(), state(), state()], &[1, 2], &[0]),
        (2, &[state(), tick(), state()], &[0, 2], &[1]),
        (2, &[tick(), said("web"), tick()], &[1, 2], &[0]),
        (2, &[state(), state(), tick()], &[0, 1], &[2]),
        (
            3,
            &[state(), said("web"), tick(), Event::SupervisorRunning],
            &[0, 2, 3],
            &[1],
        ),
    ];
    for (size, events, kept, discarded) in table {
        let mut pool = pool(&[EventName::Event], size, 1);
        let mut lines = Lines::new();
        for (serial, event) in (0..).zip(events) {
            pool.accept(Rc::new(event.clone()), serial, &mut lines);
        }
        assert_eq!(waiting(&pool), kept, "{events:?}");
        let text = |serial| format!("pool pool event buffer overflowed, discarding event {serial}");
        let wanted: Vec<_> = discarded
            .iter()
            .map(|serial| (Level::Error, text(serial)))
            .collect();
        assert_eq!(lines, wanted, "{events:?}");
    }
}

#[test]
fn the_first_running_and_ready_process_gets_the_oldest_event() {
    let mut pool = pool(&[EventName::Event], 10, 3);
    let mut lines = Lines::new();
    for serial in 0..4 {
        pool.accept(Rc::new(tick()), serial, &mut lines);
    }
    assert_eq!(dispatch(&mut pool, NOW, &mut lines), [], "nobody is ready");
    for id in 0..3 {
        pool.heard(id, b"READY\n", NOW, &mut lines);
    }
    lines.clear();
    let mut sent = Vec::new();
    let deliver = |id, bytes: &[u8]| {
        sent.push((id, String::from_utf8(bytes.to_vec()).unwrap()));
        Ok(())
    };
    pool.dispatch("here", NOW, |id| id != 0, deliver, &mut lines);
    let text = |serial| {
        format!(
            "ver:3.0 server:here serial:{serial} pool:pool poolserial:{serial} eventname:TICK_5 \
             len:6\nwhen:5"
        )
    };
    assert_eq!(sent, [(1, text(0)), (2, text(1))]);
    let wanted = [
        "event 0 sent to listener l1",
        "event 1 sent to listener l2",
        "rebuffering event 2 for pool pool (buf size=1, max=10)",
    ];
    assert_eq!(texts(&lines), wanted);
    assert!(lines.iter().all(|line| line.0 == Level::Debug));
    assert_eq!(pool.listener_state(1), Some(ListenerState::Busy));
    assert_eq!(pool.listener_state(0), Some(ListenerState::Ready));
    assert_eq!(pool.listener_state(9), None);
    assert_eq!(
        dispatch(&mut pool, NOW, &mut lines),
        [(0, 2)],
        "now it is running, too"
    );
}

#[test]
fn a_listener_that_cannot_be_sent_to_is_passed_over() {
    let mut pool = pool(&[EventName::Event], 10, 3);
    let mut lines = Lines::new();
    pool.accept(Rc::new(tick()), 7, &mut lines);
    for id in 0..3 {
        pool.heard(id, b"READY\n", NOW, &mut lines);
    }
    lines.clear();
    let send = |id, _: &[u8]| match id {
        0 => Err(SendError::Closed),
        1 => Err(SendError::Full),
        _ => Ok(()),
    };
    pool.dispatch("here", NOW, |_| true, send, &mut lines);
    let wanted = [
        "epipe occurred while sending event 7 to listener l0, listener state unchanged",
        "event 7 sent to listener l2",
    ];
    assert_eq!(texts(&lines), wanted);
    assert_eq!(pool.listener_state(0), Some(ListenerState::Ready));
    pool.accept(Rc::new(tick()), 8, &mut lines);
    lines.clear();
    pool.dispatch(
        "here",
        NOW,
        |_| true,
        |_, _| Err(SendError::Full),
        &mut lines,
    );
    assert_eq!(
        texts(&lines),
        ["rebuffering event 8 for pool pool (buf size=0, max=10)"]
    );
    assert_eq!(waiting(&pool), [8]);
}

#[test]
fn a_rejected_event_comes_again_first_and_later_with_a_delay() {
    let mut pool = pool(&[EventName::Event], 10, 1);
    let mut lines = Lines::new();
    pool.accept(Rc::new(state()), 0, &mut lines);
    pool.accept(Rc::new(state()), 1, &mut lines);
    pool.heard(0, b"READY\n", NOW, &mut lines);
    assert_eq!(dispatch(&mut pool, NOW, &mut lines), [(0, 0)]);
    lines.clear();
    pool.heard(0, b"RESULT 4\nFAILREADY\n", NOW, &mut lines);
    let wanted = [
        (Level::Warn, "l0: event was rejected"),
        (Level::Debug, "l0: BUSY -> ACKNOWLEDGED"),
        (
            Level::Debug,
            "rebuffering event 0 for pool pool (buf size=1, max=10)",
        ),
        (Level::Debug, "l0: ACKNOWLEDGED -> READY"),
    ];
    assert_eq!(lines, wanted.map(|(level, text)| (level, text.to_owned())));
    assert_eq!((waiting(&pool), pool.wake()), (vec![0, 1], None));
    assert_eq!(dispatch(&mut pool, NOW, &mut lines), [(0, 0)]);
    pool.heard(0, b"RESULT 4\nFAILREADY\n", NOW, &mut lines);
    assert_eq!(dispatch(&mut pool, NOW, &mut lines), []);
    let later = pool.wake().unwrap();
    assert_eq!(later, NOW + RETRY_DELAY);
    assert_eq!(dispatch(&mut pool, later, &mut lines), [(0, 0)]);
    assert_eq!(pool.wake(), None);
    pool.heard(0, b"RESULT 2\nOKREADY\n", later, &mut lines);
    assert_eq!(dispatch(&mut pool, later, &mut lines), [(0, 1)]);
}

#[test]
fn an_event_returns_when_its_listener_breaks_the_protocol_or_ends() {
    for breaks in [true, false] {
        let mut pool = pool(&[EventName::Event], 1, 1);
        let mut lines = Lines::new();
        pool.accept(Rc::new(state()), 0, &mut lines);
        pool.heard(0, b"READY\n", NOW, &mut lines);
        dispatch(&mut pool, NOW, &mut lines);
        pool.accept(Rc::new(state()), 1, &mut lines);
        lines.clear();
        if breaks {
            pool.heard(0, b"what?\n", NOW, &mut lines);
            assert_eq!(pool.listener_state(0), Some(ListenerState::Unknown));
        }
        pool.ended(0, &mut lines);
        pool.ended(0, &mut lines);
        let wanted = [
            "rebuffering event 0 for pool pool (buf size=1, max=1)",
            "pool pool event buffer overflowed, discarding event 1",
        ];
        assert!(texts(&lines).ends_with(&wanted), "{lines:?}");
        assert_eq!(waiting(&pool), [0]);
        pool.started(0);
        assert_eq!(pool.listener_state(0), Some(ListenerState::Acknowledged));
    }
}

#[test]
fn a_pool_survives_an_upgrade() {
    let mut pool = pool(&[EventName::Event], 3, 2);
    let mut lines = Lines::new();
    for (serial, event) in (0..).zip([state(), said("web"), tick()]) {
        pool.accept(Rc::new(event), serial, &mut lines);
    }
    pool.heard(0, b"READY\n", NOW, &mut lines);
    dispatch(&mut pool, NOW, &mut lines);
    pool.heard(0, b"RESULT 2\nO", NOW, &mut lines);
    let json = serde_json::to_string(&pool).unwrap();
    assert_eq!(serde_json::from_str::<Pool<u32>>(&json).unwrap(), pool);
}

/// Something that can happen to a pool of two listeners.
#[derive(Debug, Clone, Copy)]
enum Step {
    Happens(bool),
    Says(u32, &'static str),
    Ends(u32),
    Dispatch,
}

fn step() -> impl Strategy<Value = Step> {
    let words = [
        "READY\n",
        "RESULT 2\nOK",
        "RESULT 4\nFAIL",
        "RESULT 2\nOKREADY\n",
        "junk",
    ];
    prop_oneof![
        4 => any::<bool>().prop_map(Step::Happens),
        6 => (0..2_u32, proptest::sample::select(words.to_vec()))
            .prop_map(|(id, text)| Step::Says(id, text)),
        1 => (0..2_u32).prop_map(Step::Ends),
        6 => Just(Step::Dispatch),
    ]
}

proptest! {
    #[test]
    fn no_event_is_lost_or_doubled(
        steps in proptest::collection::vec(step(), 0..60),
        size in 1..6_usize,
    ) {
        let mut pool = pool(&[EventName::Event], size, 2);
        let mut lines = Lines::new();
        let (mut happened, mut now) = (0, NOW);
        let (mut done, mut held) = (0, BTreeMap::new());
        for step in steps {
            now = now + RETRY_DELAY;
            match step {
                Step::Happens(important) => {
                    let event = if important { state() } else { tick() };
                    pool.accept(Rc::new(event), happened, &mut lines);
                    happened += 1;
                }
                Step::Says(id, text) => {
                    pool.heard(id, text.as_bytes(), now, &mut lines);
                    if pool.listener_state(id) != Some(ListenerState::Busy) {
                        held.remove(&id);
                    }
                }
                Step::Ends(id) => {
                    pool.ended(id, &mut lines);
                    held.remove(&id);
                    pool.started(id);
                }
                Step::Dispatch => {
                    let oldest = pool.buffer.iter().next().map(|accepted| accepted.serial);
                    let sent = dispatch(&mut pool, now, &mut lines);
                    prop_assert!(sent.first().is_none_or(|first| Some(first.1) == oldest));
                    held.extend(sent);
                }
            }
            done += lines.iter().filter(|line| line.1.ends_with("event was processed")).count();
            done += lines.iter().filter(|line| line.1.contains("overflowed")).count();
            lines.clear();
            prop_assert!(pool.buffer.len() <= size);
            let mut all = waiting(&pool);
            all.extend(held.values());
            prop_assert_eq!(all.len() + done, usize::try_from(happened).unwrap());
            all.sort_unstable();
            all.dedup();
            prop_assert_eq!(all.len() + done, usize::try_from(happened).unwrap());
        }
    }
}

/// DEC-084: many pools with long events do not add up without end, and a talkative one pays first.
#[test]
fn all_pools_together_have_a_bound() {
    let mut pools = [
        pool(&[EventName::ProcessLog], 1_000_000, 1),
        pool(&[EventName::RemoteCommunication], 1_000_000, 1),
        pool(
            &[EventName::ProcessState, EventName::ProcessLog],
            1_000_000,
            1,
        ),
    ];
    let (mut serials, mut lines) = (Serials::default(), Lines::new());
    let mut publish = |event| publish(&mut pools, event, &mut serials, &mut lines);
    publish(state());
    for _ in 0..600 {
        let output = Output {
            channel: Channel::Stdout,
            pid: None,
            data: vec![b'x'; 100_000],
        };
        publish(Event::ProcessLog(source("web"), output));
    }
    publish(Event::RemoteCommunication {
        kind: "k".into(),
        data: "x".repeat(8_000_000),
    });
    let total: usize = pools.iter().map(|pool| pool.buffer.bytes()).sum();
    assert!(
        (BYTES_MAX - 200_000..=BYTES_MAX).contains(&total),
        "{total}"
    );
    assert_eq!(waiting(&pools[1]), [601]);
    assert_eq!(waiting(&pools[2])[0], 0, "a state stays");
    assert_eq!(waiting(&pools[0]).last(), Some(&600), "the oldest went");
    let kept = waiting(&pools[0]).len() + waiting(&pools[2]).len() - 1;
    assert_eq!(lines.len(), 2 * 600 - kept);
    let line = "pool pool event buffer overflowed, discarding event 1";
    assert_eq!(texts(&lines)[0], line);
}
