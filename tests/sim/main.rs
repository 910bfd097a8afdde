//! Random lives of the whole supervisor, with a fake operating system and clock.
//!
//! A seed reproduces a life to the last effect. `SIM_SEEDS=N` lives N of them, from `SIM_FIRST` on; `SIM_SEED=S`
//! just that one. Now and then the daemon replaces itself in between. A life that fails is shortened to a story,
//! which `SIM_STORY=..` tells again with its main log.

mod check;
mod lifecycle;
mod listener;
mod program;
#[path = "../common/random.rs"]
mod random;
mod story;
mod world;

use supervisor::base::signals::Signal;
use supervisor::base::states::SupervisorState;
use supervisor::events::pool::Serials;
use supervisor::supervisor::Supervisor;
use supervisor::supervisor::member::{Member, ProcessId};
use supervisor::supervisor::owner::Owner;
use supervisor::supervisor::snapshot::Snapshot;

use check::{Promises, check, check_list};
use random::Random;
use world::World;

/// How many things happen in one life before it is brought to its end.
const STEPS: usize = 300;

/// How many lives there are if nothing else is asked for.
const SEEDS: u64 = 400;

fn asked<T: std::str::FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn random_lives_keep_the_invariants() {
    if let Some(text) = std::env::var_os("SIM_STORY") {
        let told = story::read(text.to_str().expect("text"));
        let (seed, steps) = told.expect("SEED:STEP,STEP,..");
        return tell(seed, &steps);
    }
    let first = asked("SIM_FIRST").unwrap_or(0);
    let seeds = match asked("SIM_SEED") {
        Some(seed) => seed..seed + 1,
        None => first..first + asked("SIM_SEEDS").unwrap_or(SEEDS),
    };
    let (mut steps, mut reexecs) = (0, 0);
    for seed in seeds.clone() {
        let whole = story::whole(seed, STEPS);
        if story::fails(|| {
            let life = live(seed, &whole);
            steps += life.steps;
            reexecs += life.reexecs;
        }) {
            let short = story::shrink(whole, |steps| story::fails(|| drop(live(seed, steps))));
            panic!(
                "seed {seed} failed, and still does with {} steps: SIM_STORY={}",
                short.len(),
                story::write(seed, &short)
            );
        }
    }
    eprintln!("{steps} steps and {reexecs} re-execs in the lives {seeds:?}");
}

#[test]
fn a_seed_reproduces_its_life() {
    let life = |seed| live(seed, &story::whole(seed, STEPS)).lines;
    assert_eq!(life(7), life(7));
    assert_ne!(life(7), life(8));
}

#[test]
fn a_reexec_changes_nothing_of_what_comes_later() {
    for seed in 0..asked("SIM_SEEDS").unwrap_or(SEEDS) / 40 {
        let whole = story::whole(seed, STEPS);
        let life = |reexecs| live_in(&World::new(), seed, &whole, reexecs).lines;
        let (without, with) = (life(Reexecs::Never), life(Reexecs::AfterEachStep));
        let differ = without.iter().zip(&with).find(|(a, b)| a != b);
        assert_eq!(differ, None, "seed {seed}");
        assert_eq!(without.len(), with.len(), "seed {seed}");
    }
}

/// Lives it again and prints what the main log heard, up to the failure if there is one.
fn tell(seed: u64, steps: &[u64]) {
    let world = World::new();
    let end = story::end_of(|| drop(live_in(&world, seed, steps, Reexecs::Sometimes)));
    for line in world.lines() {
        eprintln!("{line}");
    }
    if let Err(failure) = end {
        std::panic::resume_unwind(failure);
    }
}

/// What there is to tell of a life.
struct Life {
    /// What the main log heard.
    lines: Vec<String>,
    /// How many things happened, the end included.
    steps: u64,
    /// How often the daemon replaced itself.
    reexecs: u64,
}

/// When the daemon replaces itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reexecs {
    Never,
    Sometimes,
    AfterEachStep,
}

/// One life by a configuration from `seed`, with these steps.
fn live(seed: u64, steps: &[u64]) -> Life {
    live_in(&World::new(), seed, steps, Reexecs::Sometimes)
}

fn live_in(world: &World, seed: u64, steps: &[u64], reexecs: Reexecs) -> Life {
    let mut random = Random::new(seed);
    world.deal(seed);
    let config = program::config(&mut random);
    world.set_config(config.clone());
    let mut supervisor = Supervisor::new(config, world.ports(), Serials::default());
    supervisor
        .add_all()
        .expect("the fake refuses no group here");
    let mut owner = Owner::new(supervisor, world::clock);
    let mut promises = Promises::default();
    owner.with(Supervisor::begin);
    let (mut count, mut reexeced) = (0, 0);
    for seed in steps {
        world.deal(*seed);
        step(&owner, world, &mut Random::new(*seed), &mut promises);
        owner.look(|supervisor, now| check(supervisor, world, now));
        check_list(&owner);
        promises.collect();
        count += 1;
        if world.is_finished() {
            break;
        }
        let sometimes = reexecs == Reexecs::Sometimes && Random::new(!seed).chance(20);
        if sometimes || reexecs == Reexecs::AfterEachStep {
            reexec(&mut owner, world, &mut promises);
            reexeced += 1;
        }
    }
    count += end(&owner, world, &mut promises);
    let lines = world.lines();
    Life {
        lines,
        steps: count,
        reexecs: reexeced,
    }
}

/// The daemon replaces itself: what must survive is written down, another supervisor goes on from it, and the
/// clients keep their tickets.
fn reexec(owner: &mut Owner, world: &World, promises: &mut Promises) {
    let write = |owner: &Owner| owner.snapshot().expect("it can be written");
    let before = write(owner);
    let now = world::clock();
    let wake = || world.deadline().map(|deadline| deadline.max(now.mono));
    let due = wake();
    world.forget_deadline();
    let written = Snapshot::from_text(before.as_str().to_owned());
    let resumed = Supervisor::resume(&written, world.ports(), now).expect("it goes on");
    *owner = Owner::new(resumed, world::clock);
    promises.go_over_to(owner);
    same(&before, &write(owner), "something was lost");
    assert_eq!(wake(), due, "it wakes at another time");
    if due.is_none_or(|due| due > now.mono) && world.takes_stdin() {
        owner.with(|_, _| ());
        same(&before, &write(owner), "it was not at rest");
        assert_eq!(wake(), due, "it was not at rest");
    }
}

/// Two snapshots have to be the same; shows where they are not.
fn same(before: &Snapshot, after: &Snapshot, what: &str) {
    let (before, after) = (before.as_str(), after.as_str());
    let differ = before.bytes().zip(after.bytes()).position(|(a, b)| a != b);
    let around = |text: &str, at: usize| {
        text[at.saturating_sub(300)..]
            .chars()
            .take(400)
            .collect::<String>()
    };
    if let Some(at) = differ {
        panic!("{what}:\n{}\n{}", around(before, at), around(after, at));
    }
    assert_eq!(before.len(), after.len(), "{what}");
}

/// One thing happens.
fn step(owner: &Owner, world: &World, random: &mut Random, promises: &mut Promises) {
    match random.below(31) {
        26..28 => world.end_some_helper(random),
        28..31 => answer(owner, world, random),
        25 => promises.leave(random),
        20 | 21 => speak(owner, world, random),
        22 => World::set_wall_clock(random),
        23 => {
            // refusals are as good as successes here
            let _ = owner
                .with(|supervisor, _| supervisor.send_stdin(&program::spec(random), b"words\n"));
        }
        24 => {
            let _ = owner.with(|supervisor, _| supervisor.clear_logs(&program::spec(random)));
        }
        0..6 => wait(owner, world, random),
        6..10 => world.end_some_child(random),
        10 => {
            world.set_troubles(random);
            // as the daemon does when a stdin takes something again
            owner.with(|_, _| ());
        }
        11 | 12 => start(owner, world, random, promises),
        13 | 14 => stop(owner, world, random, promises),
        15 => {
            let everybody = named(owner, "*:*");
            let answer = if random.chance(2) {
                world.hold(&everybody);
                owner.with(|supervisor, now| supervisor.stop_all(true, now))
            } else {
                world.by_hand(&everybody, || {
                    owner.with(|supervisor, now| supervisor.start_all(true, now))
                })
            };
            promises.add(owner, &answer);
        }
        16 => {
            let spec = program::spec(random);
            let signal = Signal::from_number(15);
            // refusals are as good as signals here
            let _ = owner.with(|supervisor, now| supervisor.signal(&spec, signal, "TERM", now));
        }
        17 => update(owner, world, random),
        18 if random.chance(20) => {
            // a refusal leaves everything as it is, which the invariants check
            let _ = owner.with(|supervisor, _| supervisor.restart());
        }
        19 if random.chance(20) => {
            world.note_exit_signal();
            owner.with(|supervisor, now| supervisor.exit_signal(Signal::TERM, now));
        }
        _ => reap(owner, world),
    }
}

/// Whom the text names: `*:*` is everybody.
fn named(owner: &Owner, spec: &str) -> Vec<ProcessId> {
    let fits = |member: &&Member| {
        let group = spec.strip_suffix(":*");
        spec == "*:*" || group == Some(&*member.group) || spec == member.namespec()
    };
    owner.peek(|supervisor| supervisor.members().filter(fits).map(|m| m.id).collect())
}

/// The gate of the RPC layer stands before what clients ask for.
fn is_closed(owner: &Owner) -> bool {
    owner.peek(Supervisor::state) != SupervisorState::Running
}

fn start(owner: &Owner, world: &World, random: &mut Random, promises: &mut Promises) {
    let (spec, wait) = (program::spec(random), random.chance(2));
    if is_closed(owner) {
        return;
    }
    let answer = world.by_hand(&named(owner, &spec), || {
        owner.with(|supervisor, now| supervisor.start(&spec, wait, now))
    });
    if let Ok(answer) = answer {
        promises.add(owner, &answer);
    }
}

/// Whatever the answer is: it does not start any more (DEC-019).
fn stop(owner: &Owner, world: &World, random: &mut Random, promises: &mut Promises) {
    let (spec, wait) = (program::spec(random), random.chance(2));
    if is_closed(owner) {
        return;
    }
    let idle = owner.peek(|supervisor| {
        let member = supervisor.find_process(&spec).ok();
        member.is_some_and(Member::is_between_lives)
    });
    world.hold(&named(owner, &spec));
    match owner.with(|supervisor, now| supervisor.stop(&spec, wait, now)) {
        Ok(answer) => promises.add(owner, &answer),
        Err(fault) => assert!(!idle, "{fault}: it was about to start"),
    }
}

/// A question over the network is answered.
fn answer(owner: &Owner, world: &World, random: &mut Random) {
    if let Some((check, result)) = world.answer_some_question(random) {
        owner.with(|supervisor, now| supervisor.checked(check, result, now));
    }
}

/// Some children say something.
fn speak(owner: &Owner, world: &World, random: &mut Random) {
    for _ in 0..=random.below(6) {
        if let Some((id, output)) = world.some_child_speaks(random) {
            owner.with(|supervisor, now| supervisor.heard(id, output, now));
        }
    }
}

/// The configuration changes and some of it is put into effect, as `supervisorctl update` does.
fn update(owner: &Owner, world: &World, random: &mut Random) {
    world.set_config(program::config(random));
    if owner.peek(|supervisor| supervisor.state().code() != 1) {
        return;
    }
    let Ok(changes) = owner.with(|supervisor, _| supervisor.reread()) else {
        return;
    };
    for name in changes.removed.iter().chain(&changes.changed) {
        // a group that still runs is refused; the next update takes it
        world.hold(&named(owner, &format!("{name}:*")));
        let _ = owner.with(|supervisor, now| supervisor.stop_group(name, false, now));
        reap(owner, world);
        let _ = owner.with(|supervisor, _| supervisor.remove_group(name));
    }
    for name in changes.added.iter().chain(&changes.changed) {
        // a changed group that could not be removed is there already
        let _ = owner.with(|supervisor, _| supervisor.add_group(name));
    }
}

/// Time passes, sometimes up to the next deadline, and what is due is done.
fn wait(owner: &Owner, world: &World, random: &mut Random) {
    world.advance(random);
    reap(owner, world);
    owner.with(Supervisor::due);
}

/// As the daemon does it: what was reaped is told in one visit, before anything else can happen.
fn reap(owner: &Owner, world: &World) {
    let ended = world.take_ended();
    owner.with(|supervisor, now| supervisor.reaped(&ended, now));
}

/// Everything goes down: each deadline leads somewhere, each child is reaped, each promise is kept. Returns how
/// many steps that took.
fn end(owner: &Owner, world: &World, promises: &mut Promises) -> u64 {
    world.be_healthy();
    world.note_exit_signal();
    owner.with(|supervisor, now| supervisor.exit_signal(Signal::TERM, now));
    let mut steps = 0;
    for _ in 0..20_000 {
        steps += 1;
        answer(owner, world, &mut Random::new(steps));
        reap(owner, world);
        owner.with(Supervisor::due);
        owner.look(|supervisor, now| check(supervisor, world, now));
        if world.is_finished() {
            break;
        }
        assert!(
            world.has_news() || world.advance_to_deadline(),
            "nothing is due, yet something is not stopped"
        );
    }
    assert!(world.is_finished(), "the shutdown does not come to its end");
    assert_eq!(world.children(), 0, "a child was left behind");
    promises.collect();
    promises.all_kept();
    steps
}

/// The dice reach what they are there for.
#[test]
fn lives_are_full_of_trouble() {
    let lives = (0..120).map(|seed| live(seed, &story::whole(seed, STEPS)).lines.join("\n"));
    let all = lives.collect::<Vec<_>>().join("\n");
    for sign in [
        "event was processed",
        "event was rejected",
        "bad result line",
        "has entered the UNKNOWN state",
        "event buffer overflowed",
        "gave up: ",
        "spawnerr: ",
        "exited: ",
        "stopped: ",
        "killing '",
        "_hook of ",
        "(ignored)",
        "ready: ",
        "check failed",
        "timed out after",
        "(startwaitsecs)",
        "(start_limit_burst)",
        "(fatal_retry_secs)",
        "cron: starting",
        "this run is left out",
        "depends on it",
        " waits for ",
        " cannot start yet: dependency ",
        " is not started: dependency ",
        " no longer waits to start",
    ] {
        assert!(all.contains(sign), "{sign:?} never happens");
    }
}
